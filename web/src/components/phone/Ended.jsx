// Ended.jsx: how the last call ended, and calling again.
import { Button, CloseButton } from "@mantine/core";
import { clockSpan } from "../../parts/time.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { otherEnd } from "./words.js";
import styles from "./phone.module.css";

const CALLABLE = /^(\+[1-9]\d{6,14}|(client:)?user_\w+)$/;

export function Ended({ ended, phone, onAgain, canDial }) {
  const talked = ended.tone !== "bad" && Number.isInteger(ended.seconds);
  const again = ended.direction === "in" ? t("Call back") : t("Call again");
  return (
    <section className={styles.ended} data-tone={ended.tone} aria-label={t("The last call")}>
      <div className={styles.endedHead}>
        <p>{talked ? rich("{what} after {time}", { what: <strong>{ended.text}</strong>, time: clockSpan(ended.seconds) })
          : <strong>{ended.text}</strong>}</p>
        <CloseButton size="sm" aria-label={t("Close")} onClick={() => phone.dismiss()} />
      </div>
      <p>{otherEnd(ended)}</p>
      {ended.more && <p className={styles.small}>{ended.more}</p>}
      {canDial && CALLABLE.test(ended.other ?? "") && (
        <Button size="compact-sm" variant="default" onClick={() => onAgain(ended.other.replace(/^client:/, ""))}>
          {again}
        </Button>
      )}
    </section>
  );
}
