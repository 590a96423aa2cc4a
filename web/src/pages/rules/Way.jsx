// Way.jsx: where a call goes, and which rule or setting decides it.
import { usePlanWords } from "../../components/support/plan_names.jsx";
import { t } from "../../text/text.js";
import { by } from "./Coverage.jsx";
import styles from "./rules.module.css";

/** `onLine`: makes the rule's line a button. */
export function Way({ way, onLine }) {
  const planWords = usePlanWords();
  return (
    <>
      {planWords(way.words)}
      {way.rule && (
        <div className={styles.soft}>“<bdi>{way.rule}</bdi>”
          {way.line && onLine && <> (<button type="button" className={styles.lineLink} onClick={() => onLine(way.line)}>
            {t("line {line}", { line: way.line })}</button>)</>}
        </div>
      )}
      {!way.rule && way.source && <div className={styles.soft}>{way.source === "rules" ? t("by the rules") : by(way.source)}</div>}
    </>
  );
}
