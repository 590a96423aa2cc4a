// People.jsx: people who can be rung: names, phones in order, absences.
import { Button, Checkbox, TextInput } from "@mantine/core";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { dateText } from "../../parts/time.jsx";
import { list, t } from "../../text/text.js";
import { nextMonday, wallText, withoutPerson } from "./edit.js";
import { Absences } from "./Absences.jsx";
import { Entries, Places, Wrong } from "./Entries.jsx";
import { Pin } from "./Pin.jsx";
import styles from "./team.module.css";

const MONDAY = "08:00";
const NEW_PHONE = { number: "", confirm: true };

/** "2026-12-07 08:00" in words; the year only if it is another. */
const wallWords = (text) => {
  const at = Date.parse(`${text.replace(" ", "T")}Z`);
  if (Number.isNaN(at)) return text;
  const year = Number(text.slice(0, 4)) === new Date().getFullYear() ? {} : { year: "numeric" };
  return dateText(at, { weekday: "short", day: "numeric", month: "short", ...year, hour: "numeric", minute: "2-digit", timeZone: "UTC" });
};

const isOver = ({ to, zone }) => to <= wallText(Date.now(), zone);
const isLater = ({ from, zone }) => Boolean(from) && from > wallText(Date.now(), zone);

function summaryOf({ phones, away, user }) {
  const numbers = list(phones.map(({ number }) => spoken(number)));
  const time = away && wallWords(away.to);
  if (away && isLater(away)) return t("away from {from} until {time}", { from: wallWords(away.from), time });
  if (away && !isOver(away)) return t("away until {time}", { time });
  return phones.length > 0 ? numbers : user ? t("in the browser") : t("no phone yet");
}

function Away({ name, away, change, wrong }) {
  const zone = away?.zone ?? ownZone();
  const monday = () => until(`${nextMonday(Date.now(), zone)} ${MONDAY}`);
  const until = (to) => change({ away: { from: away ? away.from : wallText(Date.now(), zone), to, zone } });
  const moment = (event) => event.currentTarget.value.slice(0, 16).replace("T", " ");
  return (
    <div className={styles.stack}>
      <Checkbox label={t("{name} is away", { name })} checked={Boolean(away)}
        onChange={(event) => (event.currentTarget.checked ? monday() : change({ away: null }))} />
      {away && (
        <div className={styles.inline}>
          <TextInput type="datetime-local" label={t("Away from")} description={zone} value={(away.from ?? "").replace(" ", "T")}
            onChange={(event) => change({ away: { ...away, from: moment(event) || null } })} />
          <TextInput type="datetime-local" label={t("Away until")} description={zone} error={wrong("away")} value={away.to.replace(" ", "T")}
            onChange={(event) => event.currentTarget.value && until(moment(event))} />
          <Button variant="default" onClick={monday}>{t("Until Monday")}</Button>
        </div>
      )}
      {away && (
        <p className={styles.soft}>{isOver(away) ? t("This absence is over: {name} is rung again.", { name })
          : t("{name} isn’t rung during this time, not even in groups or on call. Calls go on as if nobody had answered.", { name })}</p>
      )}
    </div>
  );
}

function Phones({ phones, hasPin, change, wrong }) {
  const set = (at, fields) => change({
    phones: phones.map((phone, n) => (n === at ? { ...phone, ...fields } : phone)),
  });
  return (
    <div className={styles.stack}>
      <h2 className={styles.part}>{t("Phones, in the order they ring")}</h2>
      <Wrong text={wrong("phones")} />
      <ol className={styles.list} aria-label={t("Phones")}>
        {phones.map((phone, at) => (
          <li key={at}>
            <TextInput type="tel" aria-label={t("Phone {n}", { n: at + 1 })} placeholder="+1 510 555 0100" value={phone.number} error={wrong("phones", at)}
              onChange={(event) => set(at, { number: event.currentTarget.value })} />
            <Checkbox label={hasPin ? t("Asks for a PIN") : t("Press 1 to answer")} checked={phone.confirm}
              onChange={(event) => set(at, { confirm: event.currentTarget.checked })} />
            <Places list={phones} at={at} name={t("Phone {n}", { n: at + 1 })} onChange={(next) => change({ phones: next })} />
          </li>
        ))}
      </ol>
      <div className={styles.inline}>
        <Button size="compact-sm" variant="default" onClick={() => change({ phones: [...phones, NEW_PHONE] })}>{t("Add a phone")}</Button>
      </div>
    </div>
  );
}

export function People({ team }) {
  return (
    <>
      <Absences />
      <Entries kind="people" team={team} label={t("People")} empty={t("Nobody yet")} addLabel={t("Name of a new colleague")} addVerb={t("Add a colleague")}
        nameOf={({ id, name }) => name || id} summary={summaryOf}
        remove={({ id }) => team.change(withoutPerson(team.entries, id))}
        make={(id, name) => ({ id, name, user: null, phones: [NEW_PHONE], has_pin: false, away: null })}>
        {(person, change, wrong) => (
          <>
            <TextInput label={t("Name")} description={t("Name in the rules: {id}", { id: person.id })} value={person.name ?? ""} maxLength={100} error={wrong("name")}
              onChange={(event) => change({ name: event.currentTarget.value || null })} />
            <Phones phones={person.phones} hasPin={person.has_pin} change={change} wrong={wrong} />
            <Pin person={person} had={team.hadPin(person.id)} change={change} />
            <TextInput label={t("Console user (optional)")} description={t("ID of the user whose browser rings with the first phone")} value={person.user ?? ""}
              error={wrong("user")} maxLength={128} onChange={(event) => change({ user: event.currentTarget.value || null })} />
            <Away name={person.name || person.id} away={person.away} change={change} wrong={wrong} />
          </>
        )}
      </Entries>
    </>
  );
}
