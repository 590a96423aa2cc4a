// Account.jsx: the signed-in user: what they can see, and their password.
import { Button, NativeSelect, Stack, useMantineColorScheme } from "@mantine/core";
import { fieldError } from "../../components/support/words.js";
import { AroundChange } from "../../parts/forms/opening.js";
import { useForm } from "../../parts/forms/form.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Password } from "../../parts/forms/password.jsx";
import { Panel } from "../../parts/page.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { useSession } from "../../session.jsx";
import { plural, t } from "../../text/text.js";
import { LanguageChoice } from "./LanguageChoice.jsx";
import { OwnPin } from "./OwnPin.jsx";
import styles from "./settings.module.css";

const scopes = () => ({ user: t("Only your own numbers and calls"), team: t("Everybody here shares all numbers and calls") });
const schemes = () => [
  { value: "auto", label: t("As the system says") }, { value: "light", label: t("Light") }, { value: "dark", label: t("Dark") },
];
const SHORTEST = 8;

function PasswordForm() {
  const notify = useNotice();
  const change = useChange((api, { current_password, new_password }) =>
    api.post("/api/auth/password", { current_password, new_password }), []);
  const { error, form } = useForm(change.error, ({ target }) => {
    const values = Object.fromEntries(new FormData(target));
    if (values.new_password !== values.again) return { again: t("The passwords don’t match") };
    return change.mutate(values, { onSuccess: () => {
      target.reset();
      notify(t("The password is changed. Your other logins have ended."));
    } });
  });
  const wrong = (name) => fieldError(error, name);
  return (
    <form {...form} aria-label={t("Change password")}>
      <h3 className={styles.section}>{t("Change password")}</h3>
      <Stack gap="sm">
        <Password name="current_password" label={t("Current password")} autoComplete="current-password"
          data-missing={t("Enter the password you have now.")} error={wrong("current_password")} eye={t("Show the current password")} />
        <Password name="new_password" label={t("New password")} data-missing={t("Enter a new password.")}
          description={plural(SHORTEST, "At least {n} character", "At least {n} characters")} autoComplete="new-password" error={wrong("new_password")}
          eye={t("Show the new password")} />
        <Password name="again" label={t("New password, again")} autoComplete="new-password"
          data-missing={t("Enter the new password again.")} error={wrong("again")} eye={t("Show the new password again")} />
        <FormProblem error={error} known={["current_password", "new_password", "again"]} />
        <div><Button type="submit" variant="light" loading={change.isPending}>{t("Change password")}</Button></div>
      </Stack>
    </form>
  );
}

export function Account() {
  const { me, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { user, local_account: local, data_scope: scope, expires_at: until } = me.data;
  return (
    <Panel title={t("You")}>
      <dl className={styles.facts}>
        {user.name && <><dt>{t("Name")}</dt><dd><bdi>{user.name}</bdi></dd></>}
        <dt>{t("User")}</dt><dd>{user.id}</dd>
        <dt>{t("You see")}</dt><dd>{scopes()[scope]}</dd>
        {until && <><dt>{t("Signed in until")}</dt><dd><Time at={until} /></dd></>}
      </dl>
      <Stack gap="sm" align="flex-start">
        <NativeSelect label={t("Colours")} data={schemes()} value={colorScheme} onChange={(e) => setColorScheme(e.target.value)} />
        <LanguageChoice />
        <Button variant="default" onClick={signOut}>{t("Sign out")}</Button>
      </Stack>
      <OwnPin />
      {local ? <AroundChange value={{ title: t("Change password") }}><PasswordForm /></AroundChange> : <p>{t("You signed in with another application’s token, so you can’t change a password here.")}</p>}
    </Panel>
  );
}
