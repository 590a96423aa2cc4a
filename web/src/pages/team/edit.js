// edit.js: the Team page's edit as plain data: hours as cells of a day, turns, and merging a colleague's changes.
import { wallClock } from "../../parts/days.js";

export const KINDS = ["people", "groups", "hours", "oncall"];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MS = 86_400_000;
const two = (n) => String(n).padStart(2, "0");

// Fields the server leaves out or reorders don't count as changes.
function comparable(value) {
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== "object") return value ?? null;
  const keys = Object.keys(value).filter((key) => (value[key] ?? null) !== null).sort();
  return keys.map((key) => [key, comparable(value[key])]);
}
export const same = (a, b) => JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
const byId = (list) => new Map(list.map((entry) => [entry.id, entry]));

/** What can be edited, in the API's form. */
export const changed = (base, entries) => Object.fromEntries(KINDS.filter((kind) => !same(base[kind], entries[kind]))
  .map((kind) => [kind, entries[kind]]));

const withoutPin = ({ pin, ...person }) => (pin === undefined ? person : { ...person, has_pin: true });

/** The same for a check, which needs to know only that there will be a PIN. */
export const checkable = (body) => (body.people ? { ...body, people: body.people.map(withoutPin) } : body);

/** The names of a kind's edited entries. */
export function changedNames(base, entries, kind) {
  const [before, after] = [byId(base[kind]), byId(entries[kind])];
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => !same(before.get(id), after.get(id)));
}

/**
 * Puts the user's edits on top of a colleague's. An entry both have changed keeps the user's version and is reported
 * as a conflict, and so is any of `open`, earlier conflicts, unless both now agree.
 * @returns {{ entries: object, conflicts: { kind: string, id: string, theirs?: object }[] }}
 */
export function merged(base, mine, theirs, open = []) {
  const conflicts = [];
  const entries = {};
  for (const kind of KINDS) {
    const [before, own, other] = [base, mine, theirs].map((side) => byId(side[kind]));
    entries[kind] = [...new Set([...other.keys(), ...own.keys()])].map((id) => {
      const [b, m, o] = [before.get(id), own.get(id), other.get(id)];
      if (same(m, b)) return o;
      const isOpen = open.some((one) => one.kind === kind && one.id === id);
      if ((isOpen || !same(o, b)) && !same(o, m)) conflicts.push({ kind, id, theirs: o });
      return m;
    }).filter(Boolean);
    // If only one of them changed the order, keep that order.
    if (same(theirs[kind].map(({ id }) => id), base[kind].map(({ id }) => id))) {
      const place = new Map(mine[kind].map(({ id }, at) => [id, at]));
      entries[kind].sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
    }
  }
  return { entries, conflicts };
}

/** The team without a person, groups and rotas included. */
export function withoutPerson(entries, id) {
  const others = (list) => list.filter((name) => name !== id);
  return {
    ...entries,
    people: entries.people.filter((person) => person.id !== id),
    groups: entries.groups.map((group) => ({ ...group, people: others(group.people) })),
    oncall: entries.oncall.map((rota) => ({
      ...rota, people: others(rota.people), swaps: rota.swaps.filter(({ person }) => person !== id),
    })),
  };
}

/** Who each phone and user is, for sentences about calls. */
export const namesOf = (people) => Object.fromEntries(people.flatMap(({ id, name, user, phones }) => [
  ...(user ? [[`user:${user}`, name || id]] : []), ...phones.map(({ number }) => [number, name || id])]));

const LONGEST_ID = 50; // bytes: the files take 60, and a number may follow
const utf8 = new TextEncoder();
const cut = (text) => [...text].reduce((all, one) => (utf8.encode(all + one).length <= LONGEST_ID ? all + one : all), "");

/** "Sue Miller" → "sue-miller", or another name that isn't taken. */
export function idOf(name, taken) {
  const plain = cut(name.trim().toLowerCase().replace(/[\s[\]:,#"]+/g, "-").replace(/^-+|-+$/g, "")) || "new";
  let id = plain;
  for (let n = 2; taken.includes(id); n++) id = `${plain}-${n}`;
  return id;
}

// ---- PINs ----

const PIN = /^[0-9]{4,12}$/;
const UP = "01234567890", DOWN = "09876543210";
const YEAR = /^(19|20)\d\d$/, DAY = /^((0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))/;

export const isPin = (text) => PIN.test(text);

/** Those who are to get a PIN that isn't typed yet, or not as a PIN. */
export const withoutDigits = (people) => people.filter(({ pin }) => pin !== undefined && !isPin(pin));

/** Is it among those that are tried first: 0000, 1212, 1234, a year or day of birth, digits of one's own number? */
export function isWeakPin(pin, phones) {
  if (!isPin(pin)) return false;
  const isDate = [4, 6, 8].includes(pin.length)
    && (YEAR.test(pin.slice(0, 4)) || YEAR.test(pin.slice(-4)) || (pin.length < 8 && DAY.test(pin)));
  return isDate || /^(\d{1,4}?)\1+$/.test(pin) || UP.includes(pin) || DOWN.includes(pin)
    || phones.some(({ number }) => number.replace(/\D/g, "").includes(pin));
}

// ---- hours ----

const RANGE = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/;
const minutesOf = (range) => {
  const [, a, b, c, d] = RANGE.exec(range).map(Number);
  return [a * 60 + b, c * 60 + d];
};
const spansOf = (ranges) => ranges.filter((range) => RANGE.test(range)).map(minutesOf);
const timeText = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

/** Minutes per grid cell: 30, or 15 where the hours need it. */
export const stepOf = (week) => (spansOf(Object.values(week).flat()).flat().some((at) => at % 30) ? 15 : 30);

/** For each cell of a day: open or not. */
export function cellsOf(ranges, step) {
  const spans = spansOf(ranges);
  const isOpen = (at) => spans.some(([from, to]) => at >= from && at < (to <= from ? 1440 : to));
  return Array.from({ length: 1440 / step }, (_, n) => isOpen(n * step));
}

/**
 * A day's cells as hours. Ends that haven't moved keep their exact minutes, and hours past midnight still run past it
 * if the day is open at its end.
 */
export function rangesOf(cells, step, before) {
  const list = [];
  for (let n = 0; n < cells.length; n++) {
    if (!cells[n]) continue;
    const from = n;
    while (cells[n + 1]) n++;
    list.push([from * step, (n + 1) * step]);
  }
  const spans = spansOf(before);
  const shown = (minutes) => Math.ceil(minutes / step) * step;
  const opens = (at) => spans.find(([from]) => shown(from) === at)?.[0] ?? at;
  const closes = (at) => spans.find(([from, to]) => (to <= from ? 1440 : shown(to)) === at)?.[1] ?? at;
  return list.map(([from, to]) => `${timeText(opens(from))}-${timeText(closes(to))}`);
}

/**
 * Reads typed hours such as "8:00-12:00, 13-17"; anything else stays as it is, for the check to refuse.
 * @param {string} text
 * @param {string} closed the word for a day without hours
 */
export function typedRanges(text, closed) {
  const read = (part) => {
    if (/^24h$/i.test(part)) return "00:00-24:00";
    const [from, to] = part.split(/\s*[-–]\s*/).map((time) => /^(\d{1,2})(?::(\d\d))?$/.exec(time));
    return from && to ? `${two(from[1])}:${from[2] ?? "00"}-${two(to[1])}:${to[2] ?? "00"}` : part;
  };
  const isClosed = (part) => ["closed", closed.toLowerCase()].includes(part.toLowerCase());
  return text.split(",").map((part) => part.trim()).filter((part) => part && !isClosed(part)).map(read);
}

// ---- time ----

/** The zone's wall clock: "2026-11-29 14:05". */
export function wallText(at, zone) {
  const w = wallClock(at, zone);
  return `${w.year}-${two(w.month)}-${two(w.day)} ${two(w.hour)}:${two(w.minute)}`;
}

const dateOf = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
const numberOf = (date) => Date.parse(`${date}T00:00Z`) / DAY_MS;

// The next date of "12-25" or "2026-12-24..2027-01-02" from a day on; undefined for "4th thu nov".
function nextOn(text, today) {
  const [first, last = first] = text.split("..");
  if (/^\d\d-\d\d$/.test(first)) {
    return [0, 1].map((more) => `${Number(today.slice(0, 4)) + more}-${first}`).find((date) => date >= today);
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(first) || last < today) return undefined;
  return first > today ? first : today;
}

/** Is "2026-12-24..2026-12-26" over? What comes every year never is. */
export const isPast = (text, today) => /^\d{4}-\d\d-\d\d/.test(text) && text.split("..").at(-1) < today;

/** The first day on which an edit of special days, swapped turns or absences matters. */
export function firstDay(base, entries, today) {
  const dated = (side) => [
    ...side.hours.flatMap(({ id, dates }) => dates.map((one) => [`hours ${id}`, one.date, one])),
    ...side.oncall.flatMap(({ id, swaps }) => swaps.map((one) => [`oncall ${id}`, one.date, one])),
    ...side.people.flatMap(({ id, away }) => (
      away ? [[`people ${id}`, `${(away.from ?? today).slice(0, 10)}..${away.to.slice(0, 10)}`, away]] : [])),
  ].map(([of, date, one]) => ({ date, text: JSON.stringify([of, comparable(one)]) }));
  const [before, after] = [dated(base), dated(entries)];
  const only = (list, other) => list.filter(({ text }) => !other.some((one) => one.text === text));
  const edited = [...only(after, before), ...only(before, after)];
  return edited.map(({ date }) => nextOn(date, today)).filter(Boolean).sort()[0];
}

/** The Monday after today: "2026-12-07". */
export function nextMonday(at, zone) {
  const today = numberOf(wallText(at, zone).slice(0, 10));
  return dateOf(today + 7 - ((today + 3) % 7));
}

export const daysOf = (every) => {
  const [, count, unit] = /^(\d*)\s*(day|week)s?$/.exec(every ?? "") ?? [];
  return unit ? Number(count || 1) * (unit === "week" ? 7 : 1) : 7;
};

function isZone(name) {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** The current turn and the next ones, each with its first and last day; none while the zone is incomplete. */
export function turnsOf(rota, at, count) {
  const [date, time] = (rota.from ?? "").split(" ");
  const [first, length, people] = [numberOf(date), daysOf(rota.every), rota.people];
  if (Number.isNaN(first) || people.length === 0 || !isZone(rota.zone)) return [];
  const now = wallText(at, rota.zone);
  const today = numberOf(now.slice(0, 10)) - (now.slice(11) < time ? 1 : 0);
  const running = Math.floor((today - first) / length);
  return Array.from({ length: count }, (_, n) => {
    const turn = running + n;
    const from = dateOf(first + turn * length);
    const to = dateOf(first + (turn + 1) * length - 1);
    const own = people[((turn % people.length) + people.length) % people.length];
    const key = length === 1 ? from : `${from}..${to}`;
    const swap = rota.swaps.find((one) => one.date === key);
    return { from, to, key, own, person: swap?.person ?? own };
  });
}
