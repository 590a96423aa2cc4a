// Incoming.jsx: somebody calls. With a call going on, answering ends that one.
import { Button } from "@mantine/core";
import { Icon } from "../../parts/icon.jsx";
import { PhoneNumber, spoken } from "../../parts/phone_number.jsx";
import { GREEN, otherEnd, RED } from "./words.js";
import styles from "./phone.module.css";

export function Incoming({ call, phone, busy }) {
  const who = otherEnd(call);
  return (
    <section className={styles.incoming} aria-label={`Incoming call from ${who}`}>
      <p className={styles.small}>Incoming call{call.to && <> for <PhoneNumber value={call.to} /></>}</p>
      <p className={styles.who}>{who}</p>
      {who !== spoken(call.other) && <p className={styles.small}><PhoneNumber value={call.other} /></p>}
      {call.verified && (
        <p className={styles.small}><Icon name="check" size={14} /> The number is confirmed by its carrier</p>
      )}
      <div className={styles.buttons}>
        <Button color={GREEN} leftSection={<Icon name="calls" size={18} />} onClick={() => phone.answer(call.id)}>
          {busy ? "End this call and answer" : "Answer"}
        </Button>
        <Button color={RED} onClick={() => phone.reject(call.id)}>Decline</Button>
        <Button variant="default" onClick={() => phone.ignore(call.id)} title="It rings on elsewhere">Ignore</Button>
      </div>
    </section>
  );
}
