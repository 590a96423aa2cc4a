// Hours.jsx: opening hours: the week, a region's holidays, and special days.
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { KeptForm } from "../../parts/forms/kept_form.jsx";
import { Ready } from "../../parts/states.jsx";
import { dateText } from "../../parts/time.jsx";
import { useResource } from "../../resource.js";
import { list, t } from "../../text/text.js";
import { isPast, wallText } from "./edit.js";
import { Entries, Wrong, Zone } from "./Entries.jsx";
import styles from "./team.module.css";
import { WeekGrid } from "./WeekGrid.jsx";

const DATE = /^(?:(\d{4})-)?(\d\d)-(\d\d)$/;
const dayWords = (text) => {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const at = month && Date.UTC(year ?? 2024, month - 1, day);
  if (!at) return text;
  return dateText(at, { day: "numeric", month: "long", ...(year ? { year: "numeric", weekday: "short" } : {}), timeZone: "UTC" });
};

/** "12-24..12-26" in words. */
export const dateWords = (text) => text.split("..").map(dayWords).join(" – ");
/** Said behind a date that nobody needs any more. */
export const overWords = (text) => (isPast(text, wallText(Date.now(), ownZone()).slice(0, 10)) ? ` ${t("(over)")}` : "");
const rangeWords = (ranges) => (ranges.length === 0 ? t("closed") : ranges.join(", "));

function Holiday({ day, chosen, change }) {
  const others = chosen.except.filter((name) => name !== day.name);
  const set = (closed) => change({ holidays: { ...chosen, except: closed ? others : [...others, day.name] } });
  return (
    <Checkbox label={<bdi>{day.name}</bdi>} description={list(day.days.map(dayWords))}
      checked={others.length === chosen.except.length}
      onChange={(event) => set(event.currentTarget.checked)} />
  );
}

function Holidays({ chosen, change }) {
  const places = useResource("/api/twilio/holidays", { staleTime: Infinity });
  const days = useResource(`/api/twilio/holidays/${chosen?.place}`, { enabled: Boolean(chosen) });
  const known = places.data?.places ?? (chosen ? [{ code: chosen.place, name: chosen.place }] : []);
  const choices = [{ value: "", label: t("No holidays") }, ...known.map(({ code, name }) => ({ value: code, label: name }))];
  const choose = (place) => change({ holidays: place ? { place, except: [] } : null });
  return (
    <div className={styles.stack}>
      <NativeSelect label={t("Holidays in")} value={chosen?.place ?? ""} data={choices} onChange={(event) => choose(event.currentTarget.value)} />
      {chosen && (
        <Ready query={days} what={t("the holidays")}>
          {(data) => (
            <fieldset className={styles.stack}>
              <legend className={styles.part}>{t("Closed on these days")}</legend>
              <div className={styles.ticks}>
                {data.holidays.map((day) => <Holiday key={day.name} day={day} chosen={chosen} change={change} />)}
              </div>
            </fieldset>
          )}
        </Ready>
      )}
    </div>
  );
}

/** A form's dates as the file writes them: first day, last day if any, every year or once. */
export function dateOfForm(form) {
  const yearly = form.get("yearly") ? (text) => text.slice(5) : (text) => text;
  const [from, to] = [form.get("from"), form.get("to")];
  return to && to !== from ? `${yearly(from)}..${yearly(to)}` : yearly(from);
}

function AddDay({ id, dates, change }) {
  const [timed, setTimed] = useState(false); // one time alone would mean closed
  const look = ({ currentTarget: { elements } }) => setTimed(Boolean(elements.opens.value || elements.closes.value));
  const add = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const date = dateOfForm(form);
    const [opens, closes] = [form.get("opens"), form.get("closes")];
    const ranges = opens && closes ? [`${opens}-${closes}`] : [];
    change({ dates: [...dates.filter((one) => one.date !== date), { date, ranges }] });
    event.target.reset();
    setTimed(false);
  };
  return (
    <KeptForm kept={`day ${id}`} className={styles.inline} onSubmit={add} onChange={look}>
      <TextInput type="date" name="from" label={t("Day")} required withAsterisk={false} />
      <TextInput type="date" name="to" label={t("Last day (optional)")} />
      <TextInput type="time" name="opens" label={t("Opens (empty: closed)")} required={timed} withAsterisk={false} />
      <TextInput type="time" name="closes" label={t("Closes")} required={timed} withAsterisk={false} />
      <Checkbox name="yearly" label={t("Every year")} />
      <Button type="submit" variant="light">{t("Add day")}</Button>
    </KeptForm>
  );
}

function Days({ id, dates, change, wrong }) {
  return (
    <div className={styles.stack}>
      <h2 className={styles.part}>{t("Special days")}</h2>
      <ul className={styles.list} aria-label={t("Special days")}>
        {dates.map(({ date, ranges }, at) => (
          <li key={date}><span>{dateWords(date)}: {rangeWords(ranges)}{overWords(date)}<Wrong text={wrong("dates", at)} /></span>
            <Button size="compact-sm" variant="subtle" color="red" aria-label={t("Remove {name}", { name: dateWords(date) })}
              onClick={() => change({ dates: dates.filter((one) => one.date !== date) })}>{t("Remove")}</Button></li>
        ))}
      </ul>
      <AddDay id={id} dates={dates} change={change} />
    </div>
  );
}

const NINE = ["09:00-17:00"];
const newHours = (id) => ({ id, zone: ownZone(), greeting: null, holidays: null, dates: [],
  week: { mon: NINE, tue: NINE, wed: NINE, thu: NINE, fri: NINE, sat: [], sun: [] } });

export function Hours({ team }) {
  return (
    <Entries kind="hours" team={team} label={t("Opening hours")} empty={t("No hours yet")} addLabel={t("Name of the new hours, such as office")}
      addVerb={t("Add hours")} summary={({ zone }) => zone} make={newHours}>
      {(hours, change, wrong) => (
        <>
          <Wrong text={wrong("week")} />
          <WeekGrid wrong={wrong} label={t("Hours of {name}", { name: hours.id })} week={hours.week} onChange={(week) => change({ week })} readOnly={!team.editable} />
          <Holidays chosen={hours.holidays} change={change} />
          <Days id={hours.id} dates={hours.dates} change={change} wrong={wrong} />
          <TextInput label={t("What callers hear while it is closed (optional)")} value={hours.greeting ?? ""} maxLength={1000} error={wrong("greeting")}
            onChange={(event) => change({ greeting: event.currentTarget.value || null })} />
          <Zone zone={hours.zone} change={change} wrong={wrong("zone")} />
        </>
      )}
    </Entries>
  );
}
