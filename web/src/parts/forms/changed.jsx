// changed.jsx: shows how a colleague has changed a row while a dialog about it was
// open, such as the one that deletes it.
import { t } from "../../text/text.js";
import styles from "./edit.module.css";

/** `facts(row)`: [label, text] of each field, always in the same order. */
export function Changed({ was, now, facts }) {
  const before = facts(was);
  const rows = facts(now).map(([label, text], at) => [label, before[at][1], text])
    .filter(([, old, text]) => old !== text);
  return (
    <div role="alert" className={styles.changed}>
      <p><strong>{t("A colleague changed this meanwhile.")}</strong> {t("Look again before you go on.")}</p>
      {rows.length > 0 && (
        <table className={styles.table}>
          <thead><tr><th scope="col">{t("What")}</th><th scope="col">{t("You saw")}</th><th scope="col">{t("Now")}</th></tr></thead>
          <tbody>
            {rows.map(([label, old, text]) => (
              <tr key={label}><th scope="row">{label}</th><td>{old}</td><td>{text}</td></tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
