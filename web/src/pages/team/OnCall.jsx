// OnCall.jsx: who is on call: a rota with its next turns and swaps, or a calendar.
import { Button, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { KeptForm } from "../../parts/forms/kept_form.jsx";
import { rich } from "../../text/rich.jsx";
import { list, t } from "../../text/text.js";
import { daysOf, nextMonday, turnsOf } from "./edit.js";
import { Entries, Names, Wrong, Zone } from "./Entries.jsx";
import { dateOfForm, dateWords, overWords } from "./Hours.jsx";
import styles from "./team.module.css";

const SHOWN = 6;
const everyOf = (days) => (days === 1 ? "day" : days === 7 ? "week" : `${days} days`);

// Giving a turn away adds a dated exception; giving it back removes the exception.
function Turns({ rota, who, nameOf, change }) {
  const others = (key) => rota.swaps.filter((swap) => swap.date !== key);
  const give = ({ key, own }, person) => change({
    swaps: [...others(key), ...(person === own ? [] : [{ date: key, person }])],
  });
  const choices = who.map((id) => ({ value: id, label: nameOf(id) }));
  return (
    <div className={styles.stack}>
      <h2 className={styles.part}>{t("Upcoming turns")}</h2>
      <ol className={styles.list} aria-label={t("Upcoming turns")}>
        {turnsOf(rota, Date.now(), SHOWN).map((turn) => (
          <li key={turn.key}>
            <span>{dateWords(turn.key)}
              {turn.person !== turn.own && <> · {rich("instead of {name}", { name: <bdi>{nameOf(turn.own)}</bdi> })}</>}</span>
            <NativeSelect aria-label={t("On call {days}", { days: dateWords(turn.key) })} value={turn.person} data={choices}
              onChange={(event) => give(turn, event.currentTarget.value)} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Swaps({ rota, who, nameOf, change, wrong }) {
  const add = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const date = dateOfForm(form);
    change({ swaps: [...rota.swaps.filter((swap) => swap.date !== date), { date, person: form.get("person") }] });
    event.target.reset();
  };
  return (
    <div className={styles.stack}>
      <h2 className={styles.part}>{t("Swapped turns")}</h2>
      <ul className={styles.list} aria-label={t("Swapped turns")}>
        {rota.swaps.map(({ date, person }, at) => (
          <li key={date}><span>{dateWords(date)}: <bdi>{nameOf(person)}</bdi>{overWords(date)}<Wrong text={wrong("swaps", at)} /></span>
            <Button size="compact-sm" variant="subtle" color="red" aria-label={t("Remove {name}", { name: dateWords(date) })}
              onClick={() => change({ swaps: rota.swaps.filter((swap) => swap.date !== date) })}>{t("Remove")}</Button></li>
        ))}
      </ul>
      <KeptForm kept={`swap ${rota.id}`} className={styles.inline} onSubmit={add}>
        <TextInput type="date" name="from" label={t("Day")} required withAsterisk={false} />
        <TextInput type="date" name="to" label={t("Last day (optional)")} />
        <NativeSelect name="person" label={t("Who’s on call")} data={who.map((id) => ({ value: id, label: nameOf(id) }))} />
        <Button type="submit" variant="light">{t("Add swap")}</Button>
      </KeptForm>
    </div>
  );
}

// Calendars are connected in oncall.txt, not here.
function Calendar({ rota, who, nameOf, change, wrong }) {
  return (
    <div className={styles.inline}>
      <TextInput label={t("Address of the calendar, or its file")} value={rota.calendar} error={wrong("calendar")} onChange={(event) => change({ calendar: event.currentTarget.value })} />
      <NativeSelect label={t("On call when it names nobody")} error={wrong("otherwise")} value={rota.otherwise ?? ""} data={who.map((id) => ({ value: id, label: nameOf(id) }))}
        onChange={(event) => change({ otherwise: event.currentTarget.value })} />
      <Zone zone={rota.zone} change={change} wrong={wrong("zone")} />
    </div>
  );
}

const summaryOf = (rota, nameOf) => (typeof rota.calendar === "string"
  ? t("By a calendar, otherwise {name}", { name: nameOf(rota.otherwise) }) : list(rota.people.map(nameOf)));

const newRota = (people) => (id) => ({
  id, zone: ownZone(), every: "week", from: `${nextMonday(Date.now(), ownZone())} 08:00`, people: people.slice(0, 1), swaps: [],
});

export function OnCall({ team }) {
  const people = team.entries.people.map(({ id }) => id);
  const who = [...people, ...team.entries.groups.map(({ id }) => id)];
  const { nameOf } = team;
  return (
    <Entries kind="oncall" team={team} label={t("Rotas")} empty={t("No rotas yet")} addLabel={t("Name of a new rota, such as nights")} addVerb={t("Add a rota")}
      summary={(rota) => summaryOf(rota, nameOf)} make={newRota(people)}>
      {(rota, change, wrong) => (typeof rota.calendar === "string" ? <Calendar {...{ rota, who, nameOf, change, wrong }} /> : (
        <>
          <Turns rota={rota} who={who} nameOf={nameOf} change={change} />
          <Swaps {...{ rota, who, nameOf, change, wrong }} />
          <Names label={t("Who takes turns, in order")} names={rota.people} choices={who} nameOf={nameOf} onChange={(next) => change({ people: next })} wrong={wrong("people")} />
          <div className={styles.inline}>
            <TextInput type="datetime-local" label={t("First hand-over")} error={wrong("from")} value={(rota.from ?? "").replace(" ", "T")}
              onChange={(event) => event.currentTarget.value && change({ from: event.currentTarget.value.slice(0, 16).replace("T", " ") })} />
            <NumberInput label={t("Days per turn")} min={1} max={366} allowDecimal={false} value={daysOf(rota.every)}
              onChange={(days) => Number(days) >= 1 && change({ every: everyOf(Number(days)) })} />
            <Zone zone={rota.zone} change={change} wrong={wrong("zone")} />
          </div>
        </>
      ))}
    </Entries>
  );
}
