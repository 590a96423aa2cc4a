// Account.jsx: who is signed in, what they see, and their password.
import { Button, NativeSelect, PasswordInput, Stack, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { useSession } from "../../session.jsx";
import styles from "./settings.module.css";

const SCOPES = {
  user: "Only your own numbers and calls", team: "Everybody here shares all numbers and calls",
};
const SCHEMES = [
  { value: "auto", label: "As the system says" }, { value: "light", label: "Light" }, { value: "dark", label: "Dark" },
];
const SHORTEST = 8;

function Password() {
  const notify = useNotice();
  const [mismatch, setMismatch] = useState(null);
  const change = useChange((api, { current_password, new_password }) =>
    api.post("/api/auth/password", { current_password, new_password }), []);
  const send = (event) => {
    event.preventDefault();
    const form = event.target;
    const values = Object.fromEntries(new FormData(form));
    const same = values.new_password === values.again;
    setMismatch(same ? null : "The two are not the same");
    if (same) change.mutate(values, { onSuccess: () => {
      form.reset();
      notify("The password is changed. Your other logins have ended.");
    } });
  };
  const wrong = change.error?.fields ?? {};
  const eye = (what) => ({ visibilityToggleButtonProps: { "aria-label": `Show the ${what}`, tabIndex: 0 } });
  return (
    <form onSubmit={send} aria-label="Change the password">
      <h3 className={styles.section}>Change the password</h3>
      <Stack gap="sm">
        <PasswordInput name="current_password" label="Current password" required withAsterisk={false}
          autoComplete="current-password" error={wrong.current_password} {...eye("current password")} />
        <PasswordInput name="new_password" label="New password" required withAsterisk={false} minLength={SHORTEST}
          description={`At least ${SHORTEST} characters`} autoComplete="new-password" error={wrong.new_password}
          {...eye("new password")} />
        <PasswordInput name="again" label="New password, again" required withAsterisk={false} autoComplete="new-password"
          error={mismatch} {...eye("new password again")} />
        <FormProblem error={change.error} known={["current_password", "new_password"]} />
        <div><Button type="submit" variant="light" loading={change.isPending}>Change password</Button></div>
      </Stack>
    </form>
  );
}

export function Account() {
  const { me, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { user, local_account: local, data_scope: scope, expires_at: until } = me.data;
  return (
    <Panel title="You">
      <dl className={styles.facts}>
        {user.name && <><dt>Name</dt><dd><bdi>{user.name}</bdi></dd></>}
        <dt>User</dt><dd>{user.id}</dd>
        <dt>You see</dt><dd>{SCOPES[scope]}</dd>
        {until && <><dt>Signed in until</dt><dd><Time at={until} /></dd></>}
      </dl>
      <Stack gap="sm" align="flex-start">
        <NativeSelect label="Colours" data={SCHEMES} value={colorScheme} onChange={(e) => setColorScheme(e.target.value)} />
        <Button variant="default" onClick={signOut}>Sign out</Button>
      </Stack>
      {local ? <Password /> : <p>You came with a token of another application, so there is no password here.</p>}
    </Panel>
  );
}
