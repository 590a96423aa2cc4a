// problems.js: why an edit of the team is refused, in the words of its forms and by their fields. The host speaks of
// files and lines, which whoever uses a form never sees.
import { t } from "../../text/text.js";
import { DAYS } from "./edit.js";

const KINDS = { "people.txt": "people", "groups.txt": "groups", "hours.txt": "hours", "oncall.txt": "oncall" };
const KEYS = { phone: "phones", except: "holidays" };
const LISTS = ["phones", "dates", "swaps"];

/** "mon-wed,fri" → the days it names; none for a date. */
function daysOfKey(key) {
  const numbers = (text) => text.split("-").map((day) => DAYS.indexOf(day.trim().slice(0, 3).toLowerCase()));
  return key.split(",").flatMap((part) => {
    const [first, last = first] = numbers(part);
    return first < 0 || last < first ? [] : DAYS.slice(first, last + 1);
  });
}

// What the files' reader says: the key of a line is a field of the form, a weekday or a date.
function ofLine({ file, entry, field, code, position, message, line }, entries) {
  const kind = KINDS[file];
  if (!kind || !entry) return { file, line, message };
  const problem = { kind, entry, code, message };
  const missing = /^no_(\w+)$/.exec(code)?.[1];
  if (missing) return { ...problem, field: { phone: "phones", hours: "week" }[missing] ?? missing };
  if (code === "pin_unasked") return { ...problem, field: "phones" };
  if (kind === "groups") return { ...problem, field: "people" };
  const key = field?.toLowerCase();
  const name = KEYS[key] ?? key;
  // A colleague may have added the entry, or the line, after the forms were read.
  const own = entries[kind].find(({ id }) => id === entry) ?? {};
  if (!key || name in own) return { ...problem, field: name, at: LISTS.includes(name) ? position - 1 : undefined };
  const days = kind === "hours" ? daysOfKey(key) : [];
  if (days.length > 0) return { ...problem, field: "week", days };
  const list = kind === "hours" ? "dates" : "swaps";
  if (!own[list]) return { ...problem, field: name };
  return { ...problem, field: list, at: own[list].findIndex(({ date }) => date === key) };
}

// What the API says of a request: { position, field, inner } for each list, down to a value.
function ofReason(kind, reason, entries, message) {
  const { position, field } = reason?.values ?? {};
  const entry = entries[kind]?.[position - 1]?.id;
  if (!entry) return { message: `${kind} ${message}` };
  const [name, day] = (field ?? "").split(".");
  const within = reason.inner?.values?.position;
  const problem = { kind, entry, field: name, message };
  if (name === "week") return { ...problem, days: [day] };
  if (name === "phones" && !within) return { ...problem, code: "most_phones" };
  return { ...problem, at: LISTS.includes(name) && within ? within - 1 : undefined };
}

/**
 * @param {{ errors?: object[], file?: string, line?: number, message: string } | null} refused the answer of a check
 * @param {object | null} invalid an ApiError of the request
 * @returns {{ kind?: string, entry?: string, field?: string, at?: number, days?: string[], code?: string,
 *   file?: string, line?: number, message: string }[]} without a kind: of a rule, or of the request as a whole
 */
export function problemsOf(refused, invalid, entries) {
  const { errors = [], file } = refused ?? {};
  if (refused) return (errors.length > 0 ? errors : [refused]).map((one) => ofLine({ file, ...one }, entries));
  const { fields = {}, reasons = {} } = invalid ?? {};
  return Object.entries(fields).map(([kind, text]) => ofReason(kind, reasons[kind], entries, text));
}

const byCode = () => ({
  phone_twice: t("This phone is in the list twice."),
  phone_refused: t("Calls to this number aren’t allowed."),
  most_phones: t("A person can have up to 10 phones."),
  no_phone: t("Add a phone, or the console user whose browser is to ring."),
  pin_unasked: t("No phone asks for the PIN. Tick “Asks for a PIN” for one of them, or remove the PIN."),
  no_hours: t("Open it on at least one day."),
  same_name: t("A person has this name, too. Add the group under another name."),
  unknown: t("Choose someone who’s on the team."),
});

const byField = () => ({
  name: t("Enter a shorter name that doesn’t begin with #."),
  phones: t("Enter a whole phone number, such as +1 303 555 0142."),
  user: t("Enter the ID of one user, without commas or #."),
  away: t("Choose an end that’s later than the beginning."),
  people: t("Choose at least one person."),
  week: t("Enter times such as 08:00-12:00, 13:00-17:00 that don’t overlap."),
  dates: t("Choose a day that exists, a last day after the first, and times that don’t overlap."),
  greeting: t("Enter a text that doesn’t begin with #."),
  zone: t("Choose a time zone from the list, such as America/Denver."),
  from: t("Choose when the first turn begins."),
  every: t("Choose 1 to 366 days."),
  calendar: t("Enter an address such as https://example.com/nights.ics, or the name of a file such as nights.ics."),
  otherwise: t("Choose who’s on call when the calendar names nobody."),
  swaps: t("Choose a day that exists, and a last day after the first."),
});

/** What a form says of a problem; undefined where only the host's own words do. */
export const problemWords = ({ kind, code, field }) => (kind ? byCode()[code] ?? byField()[field] : undefined);

/** Has it a field beside which an open entry says it? */
export const isPlaced = (problem) => Boolean(problem.field && problem.at !== -1 && problemWords(problem));

/** wrongIn(problems of an entry)("phones", 0): what is said beside that field. */
export const wrongIn = (problems) => (field, key) => {
  const found = problems.find((one) => one.field === field && (one.days ? one.days.includes(key) : one.at === key));
  return found && isPlaced(found) ? problemWords(found) : undefined;
};
