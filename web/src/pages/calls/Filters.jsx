// Filters.jsx: what the call log is asked for. The filters stand in the page's
// address, so that they can be sent to somebody and survive a reload.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { Icon } from "../../parts/icon.jsx";
import { toE164, usePhoneLibrary } from "../../parts/phone_number.jsx";
import { useContacts, useNumbers } from "../../parts/who.jsx";
import styles from "./calls.module.css";

const DAY = 86_400_000;
const PERIODS = [
  { value: "", label: "Any time" }, { value: "1", label: "Today" }, { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" }, { value: "365", label: "Last year" },
];
const DIRECTIONS = [
  { value: "", label: "In and out" }, { value: "inbound", label: "Incoming" }, { value: "outbound", label: "Outgoing" },
];
const OUTCOMES = [
  { value: "", label: "Any outcome" },
  ...["answered", "forwarded", "voicemail", "no_message", "no_answer", "busy", "declined", "failed", "abandoned", "blocked", "rejected"]
    .map((value) => ({ value, label: { no_answer: "No answer", no_message: "No message", abandoned: "Caller hung up" }[value]
      ?? value[0].toUpperCase() + value.slice(1) })),
];

function sinceOf(days) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return days ? midnight - (Number(days) - 1) * DAY : undefined;
}

// The API's filters of an address's parameters.
export function queryOf(params) {
  return {
    number: params.get("number") ?? undefined, direction: params.get("direction") ?? undefined,
    end_reason: params.get("outcome") ?? undefined, start_date: sinceOf(params.get("days")),
  };
}

// What was typed, as a number: a number in any spelling, or a contact's name.
function numberFor(text, contacts, lib, country) {
  const wanted = text.trim().toLowerCase();
  const named = contacts.filter((contact) => contact.name.toLowerCase().includes(wanted));
  const exact = named.find((contact) => contact.name.toLowerCase() === wanted);
  return exact?.number ?? toE164(text, lib, country) ?? (named.length === 1 ? named[0].number : undefined);
}

function Search({ value, change }) {
  const lib = usePhoneLibrary();
  const contacts = useContacts().data?.contacts;
  const country = useNumbers().data?.phone_numbers[0]?.country;
  const named = useMemo(() => (contacts ?? []).filter((contact) => contact.name), [contacts]);
  const shown = named.find((contact) => contact.number === value)?.name ?? value ?? "";
  const [error, setError] = useState(null);
  const send = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("who");
    const number = text.trim() ? numberFor(text, named, lib, country) : "";
    setError(number === undefined ? "A whole phone number, or the name of one contact" : null);
    if (number !== undefined) change(number);
  };
  return (
    <form role="search" onSubmit={send} className={styles.search}>
      <TextInput key={shown} name="who" label="With whom" placeholder="Number or name" defaultValue={shown} error={error}
        list="contacts" type="search" autoComplete="off" />
      <datalist id="contacts">{named.map((contact) => <option key={contact.id} value={contact.name} />)}</datalist>
      <Button type="submit" variant="default" leftSection={<Icon name="search" size={18} />}>Find</Button>
    </form>
  );
}

export function Filters({ params, setParams }) {
  const change = (name) => (value) => setParams((old) => {
    const next = new URLSearchParams(old);
    if (value) next.set(name, value);
    else next.delete(name);
    return next;
  });
  const select = (name, label, data) => (
    <NativeSelect label={label} data={data} value={params.get(name) ?? ""} onChange={(e) => change(name)(e.target.value)} />
  );
  return (
    <div className={styles.filters}>
      <Search value={params.get("number")} change={change("number")} />
      {select("days", "When", PERIODS)}
      {select("direction", "Direction", DIRECTIONS)}
      {select("outcome", "Outcome", OUTCOMES)}
      {params.size > 0 && <Button variant="subtle" onClick={() => setParams({})}>Clear</Button>}
    </div>
  );
}
