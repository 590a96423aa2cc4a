// Login.jsx: sign in with a local account or a token.
import { Anchor, Button, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useForm } from "../parts/forms/form.jsx";
import { Password } from "../parts/forms/password.jsx";
import { FormProblem } from "../parts/states.jsx";
import { useSession } from "../session.jsx";
import { rich } from "../text/rich.jsx";
import { t } from "../text/text.js";
import styles from "./login.module.css";

const FIELDS = ["name", "password", "token"];

// `send` gets the fields by name; `children` what is wrong with them.
function SignInForm({ send, children }) {
  const login = useMutation({ mutationFn: send });
  const { error, form } = useForm(login.error, ({ target }) => login.mutate(Object.fromEntries(new FormData(target))));
  return (
    <form {...form}>
      <Stack gap="sm">
        {children(error?.fields ?? {})}
        <FormProblem error={error} known={FIELDS} />
        <Button type="submit" loading={login.isPending} fullWidth>{t("Sign in")}</Button>
      </Stack>
    </form>
  );
}

function PasswordForm() {
  const { signIn } = useSession();
  return (
    <SignInForm send={({ name, password }) => signIn(name, password)}>
      {(wrong) => (
        <>
          <TextInput name="name" label={t("Name")} autoComplete="username" required autoFocus withAsterisk={false}
            data-missing={t("Enter the name you sign in with.")} error={wrong.name} />
          <Password name="password" label={t("Password")} autoComplete="current-password"
            data-missing={t("Enter your password.")} error={wrong.password}
            eye={t("Show the password")} />
        </>
      )}
    </SignInForm>
  );
}

function TokenForm() {
  const { signInWithToken } = useSession();
  return (
    <SignInForm send={({ token }) => signInWithToken(token.trim())}>
      {(wrong) => (
        <Password name="token" label={t("Access token")} autoComplete="off" autoFocus
          data-missing={t("Enter an access token.")} error={wrong.token} eye={t("Show the token")}
          description={t("A token of your application, or of “hookswitch token NAME”. This tab forgets it when it is closed.")} />
      )}
    </SignInForm>
  );
}

export function Login() {
  const { reason } = useSession();
  const [byToken, setByToken] = useState(false);
  useEffect(() => {
    document.title = `${t("Sign in")} · Hookswitch`;
  });
  return (
    <main className={styles.page} data-login>
      <div className={styles.card}>
        <div className={styles.brand}>
          <img src="/favicon.svg" alt="" width="44" height="44" />
          <Title order={1}>Hookswitch</Title>
        </div>
        {reason && <p className={styles.reason} role="status">{reason}</p>}
        {byToken ? <TokenForm /> : <PasswordForm />}
        <Anchor component="button" type="button" size="sm" onClick={() => setByToken(!byToken)}>
          {byToken ? t("Sign in with a name and a password") : t("Sign in with a token instead")}
        </Anchor>
        <p className={styles.hint}>
          {rich("No account yet? Ask whoever runs Hookswitch to create one with {command}.", { command: <code>hookswitch user add NAME</code> })}
        </p>
      </div>
    </main>
  );
}
