// Settings.jsx: is everything in order, who am I, and who are our callers.
import { Page } from "../parts/page.jsx";
import { t } from "../text/text.js";
import { Account } from "./settings/Account.jsx";
import { Contacts } from "./settings/Contacts.jsx";
import { Doctor } from "./settings/Doctor.jsx";
import styles from "./settings/settings.module.css";

export function Settings() {
  return (
    <Page title={t("Settings")}>
      <Doctor />
      <div className={styles.columns}>
        <Contacts />
        <Account />
      </div>
    </Page>
  );
}
