// NumberCard.jsx: one number: what it is, what it does, how it goes.
import { Button, Group, Text } from "@mantine/core";
import { Pill } from "../../parts/status.jsx";
import { wordSpan } from "../../parts/time.jsx";
import { FORWARDING_TYPES, nameOf, NUMBER_TYPES, phone } from "../support/words.js";
import styles from "../support/panels.module.css";

const SINCE = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const RECORDING = { off: "Calls are not recorded", on: "Calls are recorded", ask: "Callers are asked before recording" };

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
    <dl className={styles.figures} aria-label="The last 30 days">
      <Figure name="Calls" value={s.calls} />
      <Figure name="Answered" value={s.answered} />
      <Figure name="Missed" value={s.missed} />
      <Figure name="Voicemail" value={s.voicemail} />
      <Figure name="Talk time" value={wordSpan(s.talk_seconds)} />
    </dl>
  );
}

// What somebody should know before a caller finds out.
function warnings(number) {
  const list = [];
  if (!number.is_active) list.push("It is switched off: callers hear that it is closed and can leave a message.");
  if (!number.twilio_sid) list.push("Twilio’s list does not have it; calls may not arrive.");
  if (number.capabilities && number.capabilities.voice === false) list.push("It cannot take voice calls.");
  if (number.recording !== "off" && !number.recording_announcement) {
    list.push("Calls may be recorded and nothing is announced; many places require that.");
  }
  return list;
}

function forwardingWords(number) {
  const active = number.forwarding.filter((setting) => setting.is_active);
  if (active.length === 0) return "No forwarding: the browser rings, then voicemail";
  return active.map((setting) =>
    `${FORWARDING_TYPES[setting.forwarding_type].name}: ${phone(setting.forward_to_number)}`).join(" · ");
}

/** `usualZone`: of a number without one of its own. */
export function NumberCard({ number, usualZone, onEdit, onRelease }) {
  const shown = phone(number.phone_number);
  const name = nameOf(number);
  const heading = `hs-number-${number.id}`;
  return (
    <article className={styles.card} aria-labelledby={heading}>
      <div className={styles.cardHead}>
        <div>
          <h3 id={heading} className={styles.cardTitle}><bdi>{name || shown}</bdi></h3>
          <Text className={styles.number}>{name && <><bdi>{shown}</bdi> · </>}
            {NUMBER_TYPES[number.number_type] ?? number.number_type}{number.country && `, ${number.country}`}</Text>
        </div>
        <Pill tone={number.is_active ? "good" : "warn"}>{number.is_active ? "Takes calls" : "Switched off"}</Pill>
      </div>
      <Statistics statistics={number.statistics} />
      <ul className={styles.plain}>
        <li>{forwardingWords(number)}</li>
        <li>{RECORDING[number.recording]}</li>
        <li>Time zone {number.timezone ?? `${usualZone} (none is set for this number)`}</li>
        <li>Yours since {SINCE.format(number.purchased_at)}</li>
      </ul>
      {warnings(number).map((text) => <p key={text} className={styles.warning}><strong>Note:</strong> {text}</p>)}
      <Group gap="sm" mt="sm">
        <Button size="compact-sm" variant="default" onClick={() => onEdit(number)}
          aria-label={`Edit ${shown}`}>Edit</Button>
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => onRelease(number)}
          aria-label={`Release ${shown}`} >Release…</Button>
      </Group>
    </article>
  );
}
