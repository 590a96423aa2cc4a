// Incoming.jsx: an incoming call. Answering it ends a call in progress.
import { Button } from "@mantine/core";
import { Icon } from "../../parts/icon.jsx";
import { PhoneNumber, spoken } from "../../parts/numbers/phone_number.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { GREEN, otherEnd, RED } from "./words.js";
import styles from "./phone.module.css";

export function Incoming({ call, phone, answer, busy }) {
  const who = otherEnd(call);
  return (
    <section className={styles.incoming} aria-label={t("Incoming call from {who}", { who })}>
      <p className={styles.small}>{call.to ? rich("Incoming call for {number}", { number: <PhoneNumber value={call.to} /> }) : t("Incoming call")}</p>
      <p className={styles.who}>{who}</p>
      {who !== spoken(call.other) && <p className={styles.small}><PhoneNumber value={call.other} /></p>}
      {call.verified && (
        <p className={styles.small}><Icon name="check" size={14} /> {t("The number is confirmed by its carrier")}</p>
      )}
      <div className={styles.buttons}>
        <Button color={GREEN} leftSection={<Icon name="calls" size={18} />} onClick={() => answer(call.id)}>
          {busy ? t("End this call and answer") : t("Answer")}
        </Button>
        <Button color={RED} onClick={() => phone.reject(call.id)}>{t("Decline")}</Button>
        <Button variant="default" onClick={() => phone.ignore(call.id)} title={t("It keeps ringing elsewhere")}>{t("Ignore")}</Button>
      </div>
    </section>
  );
}
