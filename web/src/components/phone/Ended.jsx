// Ended.jsx: how the last call went, and calling again.
import { Button, CloseButton } from "@mantine/core";
import { clockSpan } from "../../parts/time.jsx";
import { otherEnd } from "./words.js";
import styles from "./phone.module.css";

const CALLABLE = /^(\+[1-9]\d{6,14}|(client:)?user_\w+)$/;

export function Ended({ ended, phone, onAgain, canDial }) {
  const talked = ended.tone !== "bad" && Number.isInteger(ended.seconds);
  const again = ended.direction === "in" ? "Call back" : "Call again";
  return (
    <section className={styles.ended} data-tone={ended.tone} aria-label="The last call">
      <div className={styles.endedHead}>
        <p><strong>{ended.text}</strong>{talked && <> after {clockSpan(ended.seconds)}</>}</p>
        <CloseButton size="sm" aria-label="Close" onClick={() => phone.dismiss()} />
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
