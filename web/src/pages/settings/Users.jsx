// Users.jsx: who may sign in, and with which role.
import { Anchor, Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { ifMatch } from "../../api.js";
import { fieldError } from "../../components/support/words.js";
import { Confirm, Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { useOpening } from "../../parts/forms/opening.js";
import { useForm } from "../../parts/forms/form.jsx";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { FormProblem, Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { Table } from "../../parts/tables/table.jsx";
import { useChange, useResource } from "../../resource.js";
import { roles } from "../../text/roles.js";
import { t } from "../../text/text.js";
import styles from "./settings.module.css";

const STALE = ["users", "audit"];
const choices = () => Object.entries(roles()).map(([value, [label]]) => ({ value, label }));

function Line({ user, change, disable, renew }) {
  const { name } = user;
  const role = (
    <NativeSelect aria-label={t("Role of {name}", { name })} data={choices()} value={user.role}
      onChange={(event) => change({ user, body: { role: event.currentTarget.value } })} />
  );
  return (
    <tr>
      <td><bdi>{name}</bdi> {!user.is_active && <Pill>{t("Disabled")}</Pill>}<div className={styles.below}>{role}</div></td>
      <td data-wide>{role}</td>
      <td>
        <span className={styles.buttons}>
          <Button size="compact-sm" variant="default" aria-label={t("New password for {name}", { name })} onClick={() => renew(user)}>
            {t("New password")}
          </Button>
          {user.is_active ? (
            <Button size="compact-sm" variant="subtle" color="red" aria-label={t("Disable {name}", { name })} onClick={() => disable(user)}>
              {t("Disable")}
            </Button>
          ) : (
            <Button size="compact-sm" variant="subtle" aria-label={t("Enable {name}", { name })}
              onClick={() => change({ user, body: { is_active: true } })}>
              {t("Enable")}
            </Button>
          )}
        </span>
      </td>
    </tr>
  );
}

function Invitation({ onClose, onInvited }) {
  const [role, setRole] = useState("agent");
  const invite = useChange((api, body) => api.post("/api/users", body), STALE, { onSuccess: onInvited });
  const { error, form } = useForm(invite.error, (event) => invite.mutate({ name: new FormData(event.target).get("name"), role }));
  return (
    <form {...form}>
      <Stack gap="sm">
        <TextInput name="name" label={t("Name")} required withAsterisk={false} autoComplete="off"
          data-missing={t("Enter a name to sign in with, such as joe.")}
          description={t("What they sign in with, such as joe or joe@example.com")} error={fieldError(error, "name")} />
        <NativeSelect label={t("Role")} data={choices()} value={role} description={roles()[role][1]} error={fieldError(error, "role")}
          onChange={(event) => setRole(event.currentTarget.value)} />
        <FormProblem error={error} known={["name", "role"]} />
        <FormActions onCancel={onClose} busy={invite.isPending}>{t("Invite")}</FormActions>
      </Stack>
    </form>
  );
}

// Shows a new password; it can't be shown again.
function Password({ user, onClose }) {
  return (
    <Stack gap="sm">
      <p>{t("Give this password to {name}. It isn’t shown again, and can be changed under Settings.", { name: user.name })}</p>
      <TextInput label={t("Password of {name}", { name: user.name })} value={user.password} readOnly onFocus={(event) => event.target.select()} />
      <div><Button onClick={onClose}>{t("Done")}</Button></div>
    </Stack>
  );
}

export function Users() {
  const users = useResource("/api/users");
  const notify = useNotice();
  const [inviting, invite, closeInviting] = useOpening();
  const [doomed, doom, closeDoomed] = useOpening();
  const [renewed, renewFor, closeRenewed] = useOpening();
  const [made, setMade] = useState([]); // users with a new password, each shown until it is closed
  const [shown] = made;
  const show = (user) => setMade((all) => [...all, user]);
  const next = () => setMade((all) => all.slice(1));
  const change = useChange((api, { user, body }) => api.patch(`/api/users/${user.id}`, body, ifMatch(user)), STALE, {
    onSuccess: (user) => notify(t("{name} was saved.", { name: user.name })), onError: notify.problem,
  });
  const disable = useChange((api, user) => api.patch(`/api/users/${user.id}`, { is_active: false }, ifMatch(user)), STALE);
  const renew = useChange((api, user) => api.post(`/api/users/${user.id}/password`, undefined, ifMatch(user)), STALE,
    { onSuccess: show });
  return (
    <Panel title={t("Users")} count={users.data?.users.length} flush actions={(
      <>
        <Anchor component={Link} href="/audit">{t("Who changed what")}</Anchor>
        <Button size="compact-md" variant="light" leftSection={<Icon name="plus" size={16} />} onClick={() => invite()}>
          {t("Invite")}
        </Button>
      </>
    )}>
      <Ready query={users} what={t("the users")}>
        {(data) => (
          <Table label={t("Users")} head={[t("Name"), { text: t("Role"), wide: true }, { text: t("What to do"), hidden: true }]}>
            {data.users.map((user) => (
              <Line key={user.id} user={user} change={change.mutate} disable={doom} renew={renewFor} />
            ))}
          </Table>
        )}
      </Ready>
      <Dialog open={Boolean(inviting)} onClose={closeInviting} title={t("Invite a user")} kept="user">
        {(close) => <Invitation onClose={close} onInvited={(user) => {
          close();
          show(user);
        }} />}
      </Dialog>
      <Dialog open={Boolean(shown)} onClose={next} title={t("The password")}>
        {shown && <Password user={shown} onClose={next} />}
      </Dialog>
      <Confirm open={Boolean(doomed)} onClose={closeDoomed} title={t("Disable this user?")} verb={t("Disable")} change={disable}
        stay={t("Cancel")} value={doomed} onDone={({ name }) => notify(t("{name} is disabled.", { name }))}>
        <p>{t("{name} is signed out everywhere and can’t sign in until you enable the account again.", { name: doomed?.name })}</p>
      </Confirm>
      <Confirm open={Boolean(renewed)} onClose={closeRenewed} title={t("Make a new password?")} verb={t("New password")} change={renew}
        stay={t("Cancel")} value={renewed}>
        <p>{t("The password of {name} stops working, and all logins end.", { name: renewed?.name })}</p>
      </Confirm>
    </Panel>
  );
}
