// Settings.jsx: health checks, users, the user's own account, and contacts.
import { Page } from "../parts/page.jsx";
import { useMay, useSession } from "../session.jsx";
import { t } from "../text/text.js";
import { Account } from "./settings/Account.jsx";
import { Contacts } from "./settings/Contacts.jsx";
import { Doctor } from "./settings/Doctor.jsx";
import { Users } from "./settings/Users.jsx";
import styles from "./settings/settings.module.css";

export function Settings() {
  const may = useMay();
  const { me } = useSession();
  return (
    <Page title={t("Settings")}>
      {may("admin") && <Doctor />}
      {me.data.manages_users && <Users />}
      <div className={styles.columns}>
        <Contacts />
        <Account />
      </div>
    </Page>
  );
}
