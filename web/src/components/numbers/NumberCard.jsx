// NumberCard.jsx: one number: name, settings, forwarding and use.
import { Button, Group, Text } from "@mantine/core";
import { Pill } from "../../parts/status.jsx";
import { dateText, wordSpan } from "../../parts/time.jsx";
import { number as numberText, t } from "../../text/text.js";
import { FORWARDING_TYPES, nameOf, NUMBER_TYPES, phone } from "../support/words.js";
import styles from "../support/panels.module.css";

const recordings = () => ({ off: t("Calls are not recorded"), on: t("Calls are recorded"), ask: t("Callers are asked before recording") });

function Figure({ name, value }) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Statistics({ statistics: s }) {
  return (
    <dl className={styles.figures} aria-label={t("The last 30 days")}>
      <Figure name={t("Calls")} value={numberText(s.calls)} />
      <Figure name={t("Answered|count")} value={numberText(s.answered)} />
      <Figure name={t("Missed|count")} value={numberText(s.missed)} />
      <Figure name={t("Voicemail")} value={numberText(s.voicemail)} />
      <Figure name={t("Talk time")} value={wordSpan(s.talk_seconds)} />
    </dl>
  );
}

// Problems to fix before a caller meets them.
function warnings(number) {
  const list = [];
  if (!number.is_active) list.push(t("It is switched off: callers hear that it is closed and can leave a message."));
  if (!number.twilio_sid) list.push(t("Twilio’s list does not have it; calls may not arrive."));
  if (number.capabilities && number.capabilities.voice === false) list.push(t("It can’t take voice calls."));
  if (number.recording !== "off" && !number.recording_announcement) {
    list.push(t("Calls may be recorded and nothing is announced; many places require that."));
  }
  return list;
}

function forwardingWords(number) {
  const active = number.forwarding.filter((setting) =>
    setting.is_active && !(setting.ends_at && setting.ends_at <= Date.now()));
  if (active.length === 0) return t("No forwarding: the browser rings, then voicemail");
  return active.map((setting) =>
    t("{type}: {number}", { type: FORWARDING_TYPES[setting.forwarding_type].name, number: phone(setting.forward_to_number) })).join(" · ");
}

/** `usualZone`: the time zone of numbers that have none of their own. */
export function NumberCard({ number, usualZone, onEdit, onRelease }) {
  const shown = phone(number.phone_number);
  const name = nameOf(number);
  const heading = `hs-number-${number.id}`;
  return (
    <article className={styles.card} aria-labelledby={heading}>
      <div className={styles.cardHead}>
        <div>
          <h3 id={heading} className={styles.cardTitle}><bdi>{name || shown}</bdi></h3>
          <Text>{name && <><bdi className={styles.number}>{shown}</bdi> · </>}
            {NUMBER_TYPES[number.number_type] ?? number.number_type}{number.country && `, ${number.country}`}</Text>
        </div>
        <Pill tone={number.is_active ? "good" : "warn"}>{number.is_active ? t("Takes calls") : t("Switched off")}</Pill>
      </div>
      <Statistics statistics={number.statistics} />
      <ul className={styles.plain}>
        <li>{forwardingWords(number)}</li>
        <li>{recordings()[number.recording]}</li>
        <li>{number.timezone ? t("Time zone {zone}", { zone: number.timezone })
          : t("Time zone {zone} (none is set for this number)", { zone: usualZone })}</li>
        <li>{t("Yours since {date}", { date: dateText(number.purchased_at, { dateStyle: "long" }) })}</li>
      </ul>
      {warnings(number).map((text) => <p key={text} className={styles.warning}><strong>{t("Note:")}</strong> {text}</p>)}
      <Group gap="sm" mt="sm">
        <Button size="compact-sm" variant="default" onClick={() => onEdit(number)}
          aria-label={t("Edit {number}", { number: shown })}>{t("Edit")}</Button>
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => onRelease(number)}
          aria-label={t("Release {number}", { number: shown })} >{t("Release…")}</Button>
      </Group>
    </article>
  );
}
