// CurrentCall.jsx: the call in progress: who, how long, mute, keypad, hang up.
import { Button } from "@mantine/core";
import { useState } from "react";
import { atHost } from "../../clock.js";
import { Icon } from "../../parts/icon.jsx";
import { PhoneNumber, spoken } from "../../parts/numbers/phone_number.jsx";
import { Running } from "../../parts/time.jsx";
import { t } from "../../text/text.js";
import { Keypad } from "./Keypad.jsx";
import { otherEnd, RED, STATUSES } from "./words.js";
import styles from "./phone.module.css";

export function CurrentCall({ call, phone }) {
  const [keypad, setKeypad] = useState(false);
  const talking = call.status === "open" || call.status === "reconnecting";
  const who = otherEnd(call);
  const onKey = ({ key, ctrlKey, metaKey, altKey }) => {
    if (talking && /^[0-9*#]$/.test(key) && !ctrlKey && !metaKey && !altKey) phone.press(key);
  };
  return (
    <section className={styles.call} data-status={call.status} aria-label={t("Call with {who}", { who })} onKeyDown={onKey}>
      <p className={styles.who}>{who}</p>
      {who !== spoken(call.other) && <p className={styles.small}><PhoneNumber value={call.other} /></p>}
      <p className={styles.status}>
        {STATUSES[call.status]} {call.openedAt && <Running since={atHost(call.openedAt)} />}
      </p>
      {call.recorded && <p className={styles.recorded}><Icon name="recordings" size={16} /> {t("This call is recorded")}</p>}
      {call.notice && <p className={styles.warning}><Icon name="warning" size={16} /> {call.notice}</p>}
      {call.warning && <p className={styles.warning}><Icon name="warning" size={16} /> {call.warning}</p>}
      {keypad && <Keypad digits={call.digits} onPress={(key) => phone.press(key)} disabled={!talking} />}
      <div className={styles.buttons}>
        <Button variant={call.muted ? "filled" : "default"} aria-pressed={call.muted ?? false} disabled={!talking}
          onClick={() => phone.mute(!call.muted)}>
          {t("Mute")}
        </Button>
        <Button variant="default" aria-expanded={keypad} disabled={!talking} onClick={() => setKeypad(!keypad)}>{t("Keypad")}</Button>
        <Button color={RED} data-hang-up onClick={() => phone.hangUp()}>{t("Hang up")}</Button>
      </div>
    </section>
  );
}
