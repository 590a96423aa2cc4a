// Keypad.jsx: sends digits ("press 1 for …"). The keyboard works too, while the
// focus is in the call.
import { t } from "../../text/text.js";
import styles from "./phone.module.css";

const KEYS = [["1"], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"], ["7", "PQRS"], ["8", "TUV"],
  ["9", "WXYZ"], ["*"], ["0"], ["#"]];
const names = () => ({ "*": t("Star"), "#": t("Hash") });

export function Keypad({ digits, onPress, disabled }) {
  return (
    <div className={styles.keypad} role="group" aria-label={t("Keypad")}>
      <output className={styles.digits} aria-label={t("Pressed so far")}>{digits || " "}</output>
      {KEYS.map(([key, letters]) => (
        <button key={key} type="button" className={styles.key} disabled={disabled} aria-label={names()[key] ?? key}
          data-letters={letters} onClick={() => onPress(key)}>
          {key}
        </button>
      ))}
    </div>
  );
}
