// Announcer.jsx: what happens on the phone, for screen readers. Somebody calling
// interrupts; everything else waits for its turn.
import { LINES, otherEnd, STATUSES } from "./words.js";
import styles from "./phone.module.css";

function said({ call, ended, line }) {
  if (call) return `Call with ${otherEnd(call)}: ${STATUSES[call.status]}${call.muted ? " Muted." : ""}`;
  if (ended) return `${ended.text}: ${otherEnd(ended)}`;
  return LINES[line];
}

export function Announcer({ state }) {
  return (
    <>
      <div className={styles.hidden} role="status" aria-live="polite">{said(state)}</div>
      <div className={styles.hidden} role="alert">
        {state.incoming.map((call) => <p key={call.id}>Incoming call from {otherEnd(call)}</p>)}
      </div>
    </>
  );
}
