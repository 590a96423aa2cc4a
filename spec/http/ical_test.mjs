// ical_test.mjs: calendars that say who is on call: against ical.js in random and hostile files, fetched by a
// server, and kept when they can't be.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import ICAL from "ical.js";
import { user } from "../support/api.mjs";
import { startCalendars } from "../support/calendars.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { generator } from "../support/random.mjs";
import { startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

// EVENTS=10000 INSTANTS=100000 looks at all; most of the time is ical.js's own, so a run of the suite takes a part.
const EVENTS = Number(process.env.EVENTS ?? 1000), INSTANTS = Number(process.env.INSTANTS ?? 10_000);
const BUILD = path.resolve(process.env.BUILD ?? "build");
const HOUR = 3600, DAY = 24 * HOUR;
// Each file is read for two months around a change of clocks.
const WINDOWS = [[Date.UTC(2026, 1, 20) / 1000, Date.UTC(2026, 3, 20) / 1000], [Date.UTC(2026, 8, 20) / 1000, Date.UTC(2026, 10, 20) / 1000]];
let [FROM, TO] = WINDOWS[0];

const below = generator(20261129);
const pick = (list) => list[below(list.length)];
const chance = (of) => below(of) === 0;

function read(files) {
  const run = spawnSync("lua5.4", ["spec/support/ical.lua"], { encoding: "utf8", maxBuffer: 1 << 28,
    input: files.map((file) => `${JSON.stringify(file)}\n`).join(""),
    env: { ...process.env, LUA_PATH: "lua/?.lua;;", HS_NATIVE: `${BUILD}/native.so` } });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split("\n").map((line) => JSON.parse(line));
}

// ---- random calendars ----

const vtimezone = (tzid, [winter, summer], begins, ends) => `BEGIN:VTIMEZONE\r\nTZID:${tzid}\r\n`
  + `BEGIN:DAYLIGHT\r\nDTSTART:20070101T${begins[1]}\r\nTZOFFSETFROM:${winter}\r\nTZOFFSETTO:${summer}\r\nRRULE:FREQ=YEARLY;${begins[0]}\r\nEND:DAYLIGHT\r\n`
  + `BEGIN:STANDARD\r\nDTSTART:20070101T${ends[1]}\r\nTZOFFSETFROM:${summer}\r\nTZOFFSETTO:${winter}\r\nRRULE:FREQ=YEARLY;${ends[0]}\r\nEND:STANDARD\r\n`
  + "END:VTIMEZONE\r\n";
const US = [["BYMONTH=3;BYDAY=2SU", "020000"], ["BYMONTH=11;BYDAY=1SU", "020000"]];
// Zones with the clocks of 2026 as the files themselves describe them, by the names that programs write.
const ZONES = Object.fromEntries([
  ["America/Denver", ["-0700", "-0600"], ...US],
  ["America/New_York", ["-0500", "-0400"], ...US],
  ["Europe/Berlin", ["+0100", "+0200"], ["BYMONTH=3;BYDAY=-1SU", "020000"], ["BYMONTH=10;BYDAY=-1SU", "030000"]],
  ["W. Europe Standard Time", ["+0100", "+0200"], ["BYMONTH=3;BYDAY=-1SU", "020000"], ["BYMONTH=10;BYDAY=-1SU", "030000"]],
  ["Our own", ["-0330", "-0230"], ...US],
  ["Australia/Sydney", ["+1000", "+1100"], ["BYMONTH=10;BYDAY=1SU", "020000"], ["BYMONTH=4;BYDAY=1SU", "030000"]],
  ["Australia/Lord_Howe", ["+1030", "+1100"], ["BYMONTH=10;BYDAY=1SU", "020000"], ["BYMONTH=4;BYDAY=1SU", "020000"]],
  ["Pacific/Chatham", ["+1245", "+1345"], ["BYMONTH=9;BYDAY=-1SU", "024500"], ["BYMONTH=4;BYDAY=1SU", "034500"]],
].map((zone) => [zone[0], vtimezone(...zone)]));
// Zones without a rule for their changes, or with none: [wall time before the change, offset before, and after].
const dated = (tzid, ...changes) => `BEGIN:VTIMEZONE\r\nTZID:${tzid}\r\n${changes.map(([at, from, to]) =>
  `BEGIN:STANDARD\r\nDTSTART:${at}\r\nTZOFFSETFROM:${from}\r\nTZOFFSETTO:${to}\r\nEND:STANDARD\r\n`).join("")}END:VTIMEZONE\r\n`;
Object.assign(ZONES, Object.fromEntries([
  ["Asia/Kathmandu", ["20070101T000000", "+0545", "+0545"]],
  ["Africa/Casablanca", ["20181028T030000", "+0000", "+0100"], ["20250223T030000", "+0100", "+0000"], ["20250406T020000", "+0000", "+0100"],
    ["20260215T030000", "+0100", "+0000"], ["20260322T020000", "+0000", "+0100"], ["20270207T030000", "+0100", "+0000"]],
  ["America/Santiago", ["20240908T000000", "-0400", "-0300"], ["20250406T000000", "-0300", "-0400"], ["20250907T000000", "-0400", "-0300"],
    ["20260405T000000", "-0300", "-0400"], ["20260906T000000", "-0400", "-0300"]],
].map((zone) => [zone[0], dated(...zone)])));

// When one of these zones changes its clocks.
const CHANGES = ["2025-03-09", "2025-03-30", "2025-04-06", "2025-09-07", "2025-09-28", "2025-10-05", "2025-10-26", "2025-11-02", "2026-02-15", "2026-03-08",
  "2026-03-22", "2026-03-29", "2026-04-05", "2026-09-06", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01"].map((day) => Date.parse(day));
const CHANGED = [23, 0, 1, 2, 3]; // hours in which one of them does
const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const some = (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => pick(list)))];

// A few hours between two turns. BYHOUR and finer are in a test of their own: with them ical.js forgets the INTERVAL.
const SHORT = { HOURLY: 3600, MINUTELY: 60, SECONDLY: 1 };
function short(freq) {
  const parts = [`INTERVAL=${pick([4, 6, 7, 12, 36]) * 3600 / SHORT[freq]}`], days = some(DAYS, 5), by_day = chance(3);
  if (by_day) parts.push(`BYDAY=${days}`);
  return { freq, parts, fits: (day) => !by_day || days.includes(DAYS[(day.getUTCDay() + 6) % 7]) };
}

// A rule, and the condition on DTSTART (a Date in UTC that shows wall time) that makes it the rule's first.
function rule() {
  const parts = [];
  let fits = () => true;
  const freq = pick(["DAILY", "DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "HOURLY", "MINUTELY", "SECONDLY"]);
  if (SHORT[freq]) return short(freq);
  if (chance(2)) parts.push(`INTERVAL=${1 + below(5)}`);
  if (freq === "WEEKLY" && !chance(3)) {
    const days = some(DAYS, 4);
    parts.push(`BYDAY=${days}`);
    fits = (day) => days.includes(DAYS[(day.getUTCDay() + 6) % 7]);
    if (chance(3)) parts.push(`WKST=${pick(DAYS)}`);
  } else if (freq === "MONTHLY" && chance(3)) {
    const month_days = some([1, 2, 10, 15, 28, 30, 31, -1, -5], 3);
    parts.push(`BYMONTHDAY=${month_days}`);
    fits = (day) => {
      const length = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
      return month_days.some((n) => n === day.getUTCDate() || n === day.getUTCDate() - length - 1);
    };
  } else if (freq === "MONTHLY" && chance(2)) {
    const place = pick([1, 2, 3, 4, -1, -2]), name = pick(DAYS);
    parts.push(`BYDAY=${place}${name}`);
    fits = (day) => DAYS[(day.getUTCDay() + 6) % 7] === name && (place > 0
      ? Math.ceil(day.getUTCDate() / 7) === place
      : Math.ceil((new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate() - day.getUTCDate() + 1) / 7) === -place);
  } else if (freq === "DAILY" && chance(4)) {
    const months = some([1, 2, 3, 6, 10, 11, 12], 4);
    parts.push(`BYMONTH=${months}`);
    fits = (day) => months.includes(day.getUTCMonth() + 1);
  }
  return { freq, parts, fits };
}

const stamp = (date, whole) => date.toISOString().replace(/[-:]|\.\d+Z/g, "").slice(0, whole ? 8 : 15);

// One event with its rule, exceptions and changes, as lines; and how many VEVENTs these are.
function series(uid, names) {
  const { freq, parts, fits } = rule();
  const whole = !SHORT[freq] && chance(5);
  const tzid = whole ? undefined : SHORT[freq] ? "Z" : pick([...Object.keys(ZONES), "Z"]);
  const day = new Date(FROM * 1000 - (300 - below(340)) * DAY * 1000);
  day.setUTCHours(whole ? 0 : below(24), whole ? 0 : pick([0, 15, 30]));
  for (let tries = 0; !fits(day) && tries < 3000; tries++) day.setUTCDate(day.getUTCDate() + 1);
  const at = (name, date) => whole ? `${name};VALUE=DATE:${stamp(date, true)}`
    : tzid === "Z" ? `${name}:${stamp(date)}Z` : `${name};TZID=${tzid}:${stamp(date)}`;
  const hours = whole ? 24 * (1 + below(7)) : pick([1, 8, 9, 12, 24, 72]);
  // In times that clocks skip, and where the first turn sees a change of clocks, RFC 5545 and ical.js differ.
  const last = () => day.getTime() + hours * HOUR * 1000;
  while (!whole && CHANGES.some((at) => at > day.getTime() - DAY * 1000 && at < last() + DAY * 1000)) day.setUTCDate(day.getUTCDate() + 7);
  for (let tries = 0; !fits(day) && tries < 3000; tries++) day.setUTCDate(day.getUTCDate() + 1);
  while (!whole && tzid !== "Z" && [day.getUTCHours(), (day.getUTCHours() + hours) % 24].some((hour) => CHANGED.includes(hour))) day.setUTCHours(4 + below(19));
  const later = (date, n) => new Date(date.getTime() + n * 3600e3);
  const repeated = !chance(8);
  if (repeated) {
    const how = below(4);
    if (how === 0) parts.push(`COUNT=${1 + below(300)}`);
    if (how === 1) parts.push(whole ? `UNTIL=${stamp(later(day, below(500) * 24), true)}` : `UNTIL=${stamp(later(day, below(500) * 24 + 3))}Z`);
  }
  const lines = ["BEGIN:VEVENT", `UID:${uid}`, `SUMMARY:${pick(names)}`, at("DTSTART", day),
    // Hours of a DURATION are hours on the watch; ical.js moves clocks by them. So it gets days here.
    hours % 24 === 0 && chance(3) ? `DURATION:P${hours / 24}D` : at("DTEND", later(day, hours))];
  if (repeated) lines.push(`RRULE:FREQ=${freq};${parts.join(";")}`.replace(/;$/, ""));
  const known = repeated ? occurrences([...lines, "END:VEVENT"], whole ? "" : tzid) : [];
  for (const date of new Set(Array.from({ length: known.length && chance(2) ? 1 + below(5) : 0 }, () => pick(known)))) {
    lines.push(at("EXDATE", date));
  }
  lines.push("END:VEVENT");
  let count = 1;
  if (known.length && chance(2)) {
    for (const date of new Set(Array.from({ length: 1 + below(3) }, () => pick(known)))) {
      const moved = chance(3) ? date : later(date, 24 * (below(5) - 2));
      const sees = CHANGES.some((change) => change > moved.getTime() - DAY * 1000 && change < moved.getTime() + hours * HOUR * 1000 + DAY * 1000);
      lines.push("BEGIN:VEVENT", `UID:${uid}`, at(`RECURRENCE-ID${chance(3) && !sees ? ";RANGE=THISANDFUTURE" : ""}`, date), `SUMMARY:${pick(names)}`, at("DTSTART", moved),
        at("DTEND", later(moved, hours)), ...(chance(6) ? ["STATUS:CANCELLED"] : []), "END:VEVENT");
      count++;
    }
  }
  return { lines, count };
}

// What an editor's calendar shows: wall times of the first few, so that exceptions are of what there is.
function occurrences(lines, tzid) {
  const component = parsed(`BEGIN:VCALENDAR\r\n${lines.join("\r\n")}\r\nEND:VCALENDAR\r\n`);
  const iterator = new ICAL.Event(component.getFirstSubcomponent("vevent")).iterator();
  const list = [];
  for (let next; list.length < 500 && (next = iterator.next());) {
    const wall = new Date(Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute));
    if (wall.getTime() / 1000 > TO) break;
    if (wall.getTime() / 1000 > FROM - 30 * 86400) list.push(wall);
  }
  return tzid === undefined ? [] : list;
}

const folded = (line) => line.replace(/(.{60})(?=.)/g, "$1\r\n ");
function fileOf(lines) {
  const text = lines.join("\r\n"), zones = Object.keys(ZONES).filter((tzid) => text.includes(`TZID=${tzid}:`)).map((tzid) => ZONES[tzid]);
  return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${zones.join("")}${lines.map(folded).join("\r\n")}\r\nEND:VCALENDAR\r\n`;
}
const parsed = (text) => new ICAL.Component(ICAL.parse(text));
for (const [tzid, text] of Object.entries(ZONES)) {
  const component = new ICAL.Component(ICAL.parse(`BEGIN:VCALENDAR\r\n${text}END:VCALENDAR\r\n`));
  ICAL.TimezoneService.register(tzid, new ICAL.Timezone(component.getFirstSubcomponent("vtimezone")));
}

// ---- what ical.js makes of them ----

const instant = (time, zone) => {
  const placed = time.clone();
  if (time.isDate || time.zone === ICAL.Timezone.localTimezone) {
    placed.isDate = false;
    placed.zone = zone;
  }
  return placed.toUnixTime();
};

// Every occurrence, in the order of the file: [from, till, who].
function instances(text, zoneName) {
  const zone = ICAL.TimezoneService.get(zoneName);
  const all = parsed(text).getAllSubcomponents("vevent"), list = [];
  const cancelled = (component) => component.getFirstPropertyValue("status") === "CANCELLED";
  const masters = all.filter((component) => !component.hasProperty("recurrence-id"));
  for (const component of masters) {
    const uid = component.getFirstPropertyValue("uid");
    const event = new ICAL.Event(component, { exceptions: all.filter((other) => other.hasProperty("recurrence-id") && other.getFirstPropertyValue("uid") === uid) });
    const add = (start, end, item) => {
      if (!cancelled(item.component)) list.push({ from: instant(start, zone), till: instant(end, zone), who: item.summary, order: all.indexOf(item.component) });
    };
    if (!event.isRecurring()) add(event.startDate, event.endDate, event);
    const iterator = event.isRecurring() && event.iterator();
    for (let next; iterator && (next = iterator.next());) {
      const { startDate, endDate, item } = event.getOccurrenceDetails(next);
      if (instant(next, zone) > TO + 40 * 86400) break;
      add(startDate, endDate, item);
    }
  }
  return list.filter(({ from, till }) => till > FROM && from < TO && till > from);
}

const better = (a, b) => !b || a.from > b.from || (a.from === b.from && (a.till < b.till || (a.till === b.till && a.order > b.order)));
function whoAt(list, at) {
  let best;
  for (const one of list) if (one.from <= at && at < one.till && better(one, best)) best = one;
  return best?.who;
}

function flattened(list) {
  const edges = [...new Set([FROM, TO, ...list.flatMap(({ from, till }) => [from, till])])].filter((at) => at >= FROM && at <= TO).sort((a, b) => a - b);
  const coming = list.toSorted((a, b) => a.from - b.from), out = [];
  let active = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    while (coming.length && coming[0].from <= edges[i]) active.push(coming.shift());
    active = active.filter(({ till }) => till > edges[i]);
    const who = whoAt(active, edges[i]), last = out.at(-1);
    if (who === undefined) continue;
    if (last && last[2] === who && last[1] === edges[i]) last[1] = edges[i + 1];
    else out.push([edges[i], edges[i + 1], who]);
  }
  return out;
}

const skip = process.env.SAN && "a plain Lua does not load what a sanitizer built";

describe("calendars against ical.js", { skip }, () => {
  it("random events give the same turns: rules, exceptions, changes, zones over summer time", () => {
    const cases = [];
    for (let count = 0; count < EVENTS;) {
      [FROM, TO] = pick(WINDOWS);
      const { lines, count: more } = series(`series-${cases.length}`, ["Joe", "Ana"]);
      count += more;
      cases.push({ text: fileOf(lines), zone: pick(["America/Denver", "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu", "Pacific/Chatham",
        "Australia/Lord_Howe", "Africa/Casablanca"]), from: FROM, to: TO });
    }
    let turns = 0;
    read(cases).forEach((answer, i) => {
      [FROM, TO] = [cases[i].from, cases[i].to];
      assert.deepEqual(answer.problems, [], cases[i].text);
      assert.deepEqual(answer.turns, flattened(instances(cases[i].text, cases[i].zone)), `${cases[i].zone}\n${cases[i].text}`);
      turns += answer.turns.length;
    });
    assert.ok(turns > EVENTS * 3, String(turns));
  });

  it("instants have the person of the event that began last", () => {
    const cases = [], instants = [];
    for (let n = 0; n < INSTANTS / 2000; n++) {
      [FROM, TO] = pick(WINDOWS);
      const lines = Array.from({ length: 4 + below(17) }, (_, i) => series(`s${i}`, ["Joe", "Ana", "Sue", "Eve"]).lines).flat();
      cases.push({ text: fileOf(lines), zone: "America/Denver", from: FROM, to: TO,
        ask: Array.from({ length: 2000 }, () => FROM + below(TO - FROM)) });
    }
    read(cases).forEach((answer, i) => {
      [FROM, TO] = [cases[i].from, cases[i].to];
      const list = instances(cases[i].text, cases[i].zone);
      cases[i].ask.forEach((at, k) => instants.push([answer.who[k], whoAt(list, at) ?? "nobody", at]));
      const wrong = instants.findIndex(([ours, theirs]) => ours !== theirs);
      assert.equal(wrong, -1, `${instants[wrong]}\n${cases[i].text}`);
    });
    assert.equal(instants.length, INSTANTS);
    assert.ok(new Set(instants.map(([who]) => who)).size === 5);
  });
});

// Beginnings of a rule by the hour or finer, by a walk through every second that may be one.
function walked(start, { freq, interval, count, by }, to) {
  const list = [], length = SHORT[freq];
  const counted = (at) => (Math.floor(at / length) - Math.floor(start / length)) % interval === 0;
  const own = { hours: (at) => Math.floor(at / 3600) % 24, minutes: (at) => Math.floor(at / 60) % 60, seconds: (at) => at % 60,
    days: (at) => DAYS[(Math.floor(at / DAY) + 3) % 7], months: (at) => new Date(at * 1000).getUTCMonth() + 1 };
  // What neither the rule nor its frequency names is as in DTSTART.
  const named = { ...(length > 1 && { seconds: [start % 60] }), ...(length > 60 && { minutes: [own.minutes(start)] }), ...by };
  const parts = Object.entries(named);
  for (let at = start; at < to && list.length < count; at++)
    if (counted(at) && parts.every(([name, values]) => values.includes(own[name](at)))) list.push(at);
  return list;
}

describe("a rule by the hour, the minute or the second", { skip }, () => {
  it("has the beginnings that a walk through every second finds, on the wall clock", () => {
    const NAMES = { hours: "BYHOUR", minutes: "BYMINUTE", seconds: "BYSECOND", days: "BYDAY", months: "BYMONTH" };
    const WAYS = { HOURLY: [1, 2, 5, 24, 25], MINUTELY: [7, 60, 90, 1440, 1441], SECONDLY: [3600, 5400, 86_399, 86_400, 100_801] };
    const cases = Array.from({ length: 60 }, (_, i) => {
      const freq = Object.keys(WAYS)[i % 3], interval = pick(WAYS[freq]), start = Date.UTC(2026, 5, 1) / 1000 + below(3 * DAY), by = {};
      if (chance(2)) by.hours = some([...Array(24).keys()], 12);
      if (freq !== "SECONDLY" && chance(2)) by.minutes = some([0, 7, 20, 30, 59], 3);
      if (freq === "HOURLY" && chance(3)) by.seconds = some([0, 30], 2);
      if (chance(3)) by.days = some(DAYS, 5);
      if (chance(4)) by.months = [6];
      const rule = { freq, interval, by, count: chance(3) ? 1 + below(40) : Infinity };
      const text = [`FREQ=${freq}`, `INTERVAL=${interval}`, ...(rule.count < Infinity ? [`COUNT=${rule.count}`] : []),
        ...Object.entries(by).map(([name, values]) => `${NAMES[name]}=${values}`)].join(";");
      const from = Date.UTC(2026, 5, 1) / 1000, to = from + 20 * DAY;
      return { rule, start, from, to, zone: "UTC", text: `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Joe\r\nDTSTART:${stamp(new Date(start * 1000))}Z\r\n`
        + `DURATION:PT1S\r\nRRULE:${text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n` };
    });
    let found = 0;
    read(cases.map(({ text, from, to, zone }) => ({ text, from, to, zone }))).forEach((answer, i) => {
      const { rule, start, to, text } = cases[i], expected = walked(start, rule, to);
      assert.deepEqual(answer.problems, [], text);
      assert.deepEqual(answer.turns.map(([at]) => at), expected, text);
      found += expected.length;
    });
    assert.ok(found > 2000, String(found));
  });

  it("goes by the clock on the wall where it changes, once for an hour that is skipped; whole days can't have one", () => {
    const event = (...lines) => `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Joe\r\n${lines.join("\r\n")}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
    const [from, to] = [Date.UTC(2026, 2, 8, 7) / 1000, Date.UTC(2026, 2, 8, 12) / 1000]; // midnight to six in Denver
    const every = "RRULE:FREQ=HOURLY", at = (text) => Date.parse(text) / 1000;
    const [hourly, twelve, days, ignored] = read([
      { text: event("DTSTART;TZID=America/Denver:20260301T003000", "DTEND;TZID=America/Denver:20260301T004500", every), zone: "UTC", from, to },
      { text: event("DTSTART;TZID=America/Denver:20260301T070000", "DTEND;TZID=America/Denver:20260301T190000", `${every};INTERVAL=24`), zone: "UTC", from: from - DAY, to: to + DAY },
      { text: event("DTSTART;VALUE=DATE:20260301", every), zone: "UTC", from, to },
      { text: event("DTSTART;VALUE=DATE:20260308", "RRULE:FREQ=DAILY;BYHOUR=9;BYMINUTE=5"), zone: "UTC", from, to },
    ]);
    assert.deepEqual(hourly.turns.map(([begin]) => begin), ["07:30", "08:30", "09:30", "10:30", "11:30"].map((time) => at(`2026-03-08T${time}Z`)));
    assert.deepEqual(twelve.turns.map(([begin, end]) => [begin, end]),
      [["2026-03-07T14:00Z", "2026-03-08T02:00Z"], ["2026-03-08T13:00Z", "2026-03-09T01:00Z"]].map((turn) => turn.map(at)));
    assert.deepEqual(days.problems, ['the event "Joe" of 2026-03-01: an event of whole days can\'t repeat hourly']);
    assert.deepEqual(ignored.turns, [[from, to, "Joe"]]);
  });
});

// ---- files that nobody should write ----

describe("a hostile calendar", { skip }, () => {
  const event = (...lines) => ["BEGIN:VEVENT", "UID:a", "SUMMARY:Joe", "DTSTART:20260301T080000Z", "DTEND:20260301T090000Z", ...lines, "END:VEVENT"];
  const [from] = WINDOWS[0];
  const file = (text) => ({ text, zone: "UTC", from, to: from + 480 * DAY });
  const calendar = (...lines) => `BEGIN:VCALENDAR\r\n${lines.join("\r\n")}\r\nEND:VCALENDAR\r\n`;
  const good = calendar(...event("RRULE:FREQ=WEEKLY;BYDAY=SU,WE"));
  const many = (count, ...more) => calendar(...Array.from({ length: count }, (_, i) => event(...more).map((line) => line.replace("UID:a", `UID:${i}`))).flat());

  it("is read in a bounded time, or said to be unreadable; it never brings anything down", () => {
    const files = [
      ...[1, 20, 100, 150, 200].map((bytes) => good.slice(0, bytes)), "", "\0", good.replace("Joe", "J\0e"), "BEGIN:VCALENDAR",
      "BEGIN:VEVENT\r\n".repeat(70_000), calendar("BEGIN:VEVENT\r\n".repeat(70_000)), "BEGIN:VCALENDAR\r\n".repeat(60_000),
      "END:VEVENT\r\n".repeat(90_000), calendar(...event("RRULE:FREQ=SECONDLY;COUNT=1000000")), many(10_001), many(2000, "RRULE:FREQ=DAILY"),
      many(5000, "RRULE:FREQ=DAILY;COUNT=100000000", "DTSTART:19000101T080000Z"), many(2000, "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO"),
      many(5000, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), many(2000, "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;COUNT=9999999"),
      calendar(...event("RRULE:FREQ=DAILY;BYHOUR=" + Array.from({ length: 24 }, (_, i) => i) + ";BYMINUTE=" + Array.from({ length: 60 }, (_, i) => i)
        + ";BYSECOND=" + Array.from({ length: 60 }, (_, i) => i))),
      calendar(...event(`RRULE:${"FREQ=DAILY;".repeat(80_000)}`)), calendar(...event(`RRULE:FREQ=DAILY;BYDAY=${"MO,".repeat(300_000)}MO`)),
      calendar(...event(`EXDATE:${"20260301T080000Z,".repeat(60_000)}20260301T080000Z`)), calendar(...event(`SUMMARY:${"x".repeat(1_000_000)}`)),
      calendar(...event(`ATTENDEE;${"CN=a,b;".repeat(100_000)}:mailto:x`)), calendar(...event(`ATTENDEE;CN="${"\"".repeat(400_000)}:x`)),
      calendar("X:1\r\n".repeat(160_000)), calendar("\r\n ".repeat(300_000)), `${"\\".repeat(1_000_000)}`, "\xff\xfe".repeat(200_000),
      calendar(`BEGIN:A${" ".repeat(1_000_000)}B`), calendar(...event(`EXDATE:20260301${" ".repeat(1_000_000)}x`)),
      calendar(...event(`RDATE:20260301T080000Z/P${"1".repeat(1_000_000)}x`)), calendar(...event(`RDATE:20260301T080000Z/P${"1".repeat(1_000_000)}`)),
      calendar(...event(`RRULE:FREQ=DAILY;X-A=a${" ".repeat(1_000_000)}b`)), calendar(...event(`RRULE:FREQ=MONTHLY;BYDAY=${"5MO,-5TU,".repeat(110_000)}1MO`)),
      calendar(...event(`RRULE:FREQ=DAILY;COUNT=100000000;BYSETPOS=${Array.from({ length: 366 }, (_, i) => `${i + 1},${-i - 1}`)}`).map((line) => line.replace("DTSTART:2026", "DTSTART:0001"))),
      many(1900, `RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=${[...Array(24).keys()]};BYMINUTE=${[...Array(60).keys()]};BYSECOND=${[...Array(60).keys()]}`),
      calendar("BEGIN:VTIMEZONE", "TZID:Z", "BEGIN:STANDARD", "DTSTART:00010101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100", `RDATE:${"20260301T080000,".repeat(30_000)}20260301T080000`,
        "RRULE:FREQ=DAILY", "END:STANDARD", "END:VTIMEZONE", ...Array.from({ length: 4000 }, () => event("EXDATE;TZID=Z:20260301T080000")).flat()),
      calendar("BEGIN:VTIMEZONE", "TZID:Z", "BEGIN:STANDARD", "DTSTART:00010101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100",
        "RRULE:FREQ=DAILY", "END:STANDARD", "END:VTIMEZONE", ...event().map((line) => line.replace("DTSTART:20260301T080000Z", "DTSTART;TZID=Z:20260301T080000"))),
      // Thousands of changes of all that follow, and one that moves everything by millennia.
      calendar(...Array.from({ length: 9000 }, (_, i) => event(i ? `RECURRENCE-ID;RANGE=THISANDFUTURE:${stamp(new Date((from - i * 61) * 1000))}Z` : "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8")).flat()),
      calendar(...event("RRULE:FREQ=DAILY"), ...event("RECURRENCE-ID;RANGE=THISANDFUTURE:00010101T000000Z").map((line) => line.replace("DTSTART:2026", "DTSTART:9999"))),
    ].map(file);
    read(files).forEach((answer, i) => {
      const what = JSON.stringify(files[i].text.slice(0, 120));
      assert.ok(answer.ms < 8000, `${answer.ms} ms: ${what}`);
      assert.ok(typeof answer.why === "string" || answer.turns.length <= 20_000, what);
    });
  });

  it("leaves out the events that can't be read, and says which and why", () => {
    const bad = {
      "RRULE:FREQ=OFTEN": /FREQ=OFTEN/, "RRULE:FREQ=SECONDLY;COUNT=1000000": null, "RRULE:FREQ=DAILY;BYDAY=XX": /BYDAY=XX/, "RRULE:COUNT=2": /no FREQ/,
      "RRULE:FREQ=DAILY;INTERVAL=0": /INTERVAL=0/, "RRULE:FREQ=DAILY;COUNT=1e9": /COUNT=1E9/, "RRULE:FREQ=DAILY;UNTIL=soon": /UNTIL=SOON/,
      "EXDATE:tomorrow": /tomorrow/, "EXDATE;TZID=Nowhere/Else:20260301T080000": /unknown time zone Nowhere/, "DURATION:P": null, "RRULE:FREQ=WEEKLY;BYDAY=2MO": /2MO/, "RRULE:FREQ=MONTHLY;BYDAY=99999999999999999999MO": /9MO|9999/,
    };
    const cases = Object.entries(bad).filter(([, pattern]) => pattern);
    const answers = read(cases.map(([line]) => file(calendar(...event(line), ...event("SUMMARY:Ana", "DTSTART:20260305T080000Z", "DTEND:20260305T090000Z")
      .map((each) => each.replace("UID:a", "UID:b"))))));
    answers.forEach((answer, i) => {
      assert.equal(answer.problems.length, 1, cases[i][0]);
      assert.match(answer.problems[0], cases[i][1]);
      assert.match(answer.problems[0], /^the event "Joe" of 2026-03-01: /);
      assert.equal(answer.turns.length, 1, cases[i][0]);
    });
  });
});

// ---- a server that follows calendars ----

describe("a rota that a calendar fills", () => {
  const NUMBER = "+15105550100", JOE = "+13035550142", ANA = "+13035550177";
  const stamp = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
  const START = Date.now() - 3 * 7 * DAY * 1000;
  const weeks = (names, from = START) => `BEGIN:VCALENDAR\r\n${names.map((name, i) => `BEGIN:VEVENT\r\nUID:${i}\r\nSUMMARY:${name}\r\n`
    + `DTSTART:${stamp(from + i * 7 * DAY * 1000)}\r\nDTEND:${stamp(from + (i + 1) * 7 * DAY * 1000)}\r\n`
    + `RRULE:FREQ=WEEKLY;INTERVAL=${names.length}\r\nEND:VEVENT\r\n`).join("")}END:VCALENDAR\r\n`;
  let server, calendars, page, config, ana;
  const kept = () => readFileSync(path.join(server.lua, "calendars.txt"), "utf8");
  const maintain = async () => {
    const { value } = await commandJson(["maintain"], { config });
    assert.equal(value.calendars.error, null, JSON.stringify(value));
    return value.calendars.done;
  };
  // A quarter of an hour, or more, has passed.
  const later = (ms = 16 * 60e3, column = "checked_at") => rows(server.database, `UPDATE calendars SET ${column} = ${column} - ${ms}`);
  const alerts = async () => (await ana.get("/api/twilio/alerts")).body.alerts.filter(({ kind }) => kind.startsWith("calendar_"));
  const called = async () => rung(twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER))));
  const live = async () => {
    await waitUntil(async () => (await ana.get("/api/twilio/rules/versions")).body.versions[0].changed.includes("calendars.txt"), 10_000, "the turns are live");
    await server.settled();
  };

  before(async () => {
    page = { body: weeks(["Joe Brown"]), headers: { ETag: '"one"', "Last-Modified": "Sun, 01 Nov 2026 08:00:00 GMT" } };
    calendars = await startCalendars((asked) => (typeof page === "function" ? page(asked) : page));
    server = await startServer({ config: { maintenance_seconds: 0, lookup_hosts: "127.0.0.1", rate_limits: "no", jwt_role_claim: "role" }, lua: {
      "forwarding.lua": 'return { { "nights", go = function(call) return ring(oncall("nights", call.at)) end } }\n',
      "people.txt": `[joe]\nname: Joe Brown\nphone: ${JOE}\n\n[ana]\nphone: ${ANA}\n`,
      "oncall.txt": `[nights]\nzone: America/Denver\nCalendar: ${calendars.origin}/secret-1/nights.ics\notherwise: ana\n`,
    } });
    givenNumber(server.database, { user: "ana", phone: NUMBER });
    await server.settled();
    ana = user(server, "ana", { role: "admin" });
    config = { lua: server.lua, database: server.database, lookup_hosts: "127.0.0.1" };
  });
  after(async () => {
    calendars?.stop();
    await server?.stop();
  });

  it("rings whoever the calendar names; its turns are a version with an author, and fetched again in 15 minutes", async () => {
    assert.deepEqual(await called(), [ANA]);
    assert.equal(await maintain(), 1);
    await live();
    assert.deepEqual(await called(), [JOE]);
    assert.match(kept(), /^\[nights\]\n[\d-]+T[\d:]+Z\.\.[\d-]+T[\d:]+Z: Joe Brown\n$/m);
    const [version] = (await ana.get("/api/twilio/rules/versions")).body.versions;
    assert.deepEqual([version.author, version.note], ["hookswitch", "the calendar of nights"]);
    assert.equal(await maintain(), 0);
    const { hash, oncall } = (await ana.get("/api/twilio/team")).body, text = readFileSync(path.join(server.lua, "oncall.txt"), "utf8");
    assert.equal(oncall[0].otherwise, "ana");
    for (const otherwise of ["joe", "ana"]) { // as a form saves it
      oncall[0].otherwise = otherwise;
      const saved = await ana.put("/api/twilio/team", { hash: otherwise === "joe" ? hash : (await ana.get("/api/twilio/team")).body.hash, oncall });
      assert.equal(saved.status, 200, saved.text);
    }
    assert.equal(readFileSync(path.join(server.lua, "oncall.txt"), "utf8"), text);
    const { out } = await command(["simulate", "--from", "+14155550123"], { config });
    assert.match(out, /^on call: nights, joe until/m);
  });

  it("asks whether it has changed, and makes no version when it has not", async () => {
    await later();
    const text = kept(), asked = calendars.asked.length;
    page = { status: 304 };
    assert.equal(await maintain(), 1);
    assert.deepEqual(calendars.asked.slice(asked).map((one) => [one["if-none-match"], one["if-modified-since"]]),
      [['"one"', "Sun, 01 Nov 2026 08:00:00 GMT"]]);
    assert.equal(kept(), text);
    page = { body: weeks(["Joe Brown"]).replace("SUMMARY", "DESCRIPTION:x\r\nSUMMARY") };
    await later();
    await maintain();
    assert.equal(kept(), text);
  });

  it("follows what redirects to the calendar, as often as three times, and nothing else", async () => {
    const { origin } = calendars, good = { body: weeks(["Joe Brown"]) };
    const away = (status, Location) => ({ status, headers: { Location } });
    const hops = (count) => ({ url }) => (Number(/hop-(\d)/.exec(url)?.[1] ?? 0) < count
      ? away(302, `/hop-${Number(/hop-(\d)/.exec(url)?.[1] ?? 0) + 1}.ics`) : good);
    const to = (status, Location) => ({ url }) => (url.includes("secret-1") ? away(status, Location) : good);
    const cases = [
      ...[301, 302, 303, 307, 308].map((status) => [to(status, `${origin}/moved.ics`), true]),
      [to(302, "/moved.ics"), true], [to(302, "../moved.ics?a=b#c"), true],
      [hops(3), true], [hops(4), false], [to(302, `${origin.replace("http:", "HTTP:")}/x`), true],
      [() => away(302, "/again.ics"), false], [to(300, "/moved.ics"), true], [to(302, ""), false],
      ...["http://169.254.169.254/", "http://10.0.0.1/n.ics", "http://[::1]/n.ics", "file:///etc/passwd", "ftp://127.0.0.1/n.ics", "gopher://127.0.0.1/x",
        `http://user:word@127.0.0.1:1/n.ics`, "http://0x7f000001:1/", "http://127.0.0.1:1/n.ics", "javascript:0"].map((where) => [to(302, where), false]),
    ];
    for (const [what, isRead] of cases) {
      page = what;
      await later();
      assert.equal(await maintain(), 1);
      const [{ problem, checked_at: at, good_at: good_at }] = rows(server.database, "SELECT * FROM calendars");
      assert.deepEqual([problem === null, at === good_at], [isRead, isRead], `${cases.findIndex(([one]) => one === what)}: ${problem}`);
    }
    page = good;
    await later();
    await maintain();
  });

  it("keeps its last turns whatever comes instead; tells it after 6 hours, and stops when it can be read again", async () => {
    const text = kept(), bodies = [
      { status: 500 }, { status: 404, body: "nothing" }, { body: "" }, { body: "<html>Sign in</html>" }, { body: weeks(["Ana"]).slice(0, 120) },
      { body: "x".repeat(1024 * 1024 + 1) }, { status: 302, headers: { Location: "http://169.254.169.254/latest/" } }, { status: 410 }, { status: 401 }, { status: 204 },
      { status: 304 }, { body: gzipSync(weeks(["Ana"])), headers: { "Content-Encoding": "gzip" } }, { body: gzipSync(weeks(["Ana"])) },
      { body: Buffer.from(weeks(["Ana"]), "utf16le") }, { body: Buffer.from(`\uFEFF${weeks(["Ana"])}`, "utf16le") },
      { body: weeks(["Ana"]).slice(0, 200), headers: { "Content-Length": 5000 } }, { body: "{}", headers: { "Content-Type": "application/json" } },
      { body: weeks(["Ana"]), headers: { "Content-Length": 20 * 1024 * 1024 } }, { body: "BEGIN:VCALENDAR\r\n\0" },
      { body: brotliCompressSync(weeks(["Ana"])), headers: { "Content-Encoding": "br" } },
    ];
    for (const each of bodies) {
      page = each;
      await later();
      assert.equal(await maintain(), 1);
      assert.equal(kept(), text, JSON.stringify(each).slice(0, 80));
    }
    assert.deepEqual(await alerts(), []);
    await later(7 * 3600e3, "good_at");
    await later();
    await maintain();
    const [alert] = await alerts();
    assert.deepEqual([alert.kind, alert.subject], ["calendar_failed", "nights"]);
    assert.match(alert.detail, /can't be read: the server sends it compressed \("br"\), which isn't read\./);
    assert.doesNotMatch(alert.detail, /secret-1/);
    const { out } = await command(["doctor"], { config });
    assert.match(out, /calendar nights: can't be read for \d+ min: the server sends it compressed/);
    assert.deepEqual(await called(), [JOE]);
    // With a BOM, lone CRs and the type of something else it is a calendar, too.
    page = { body: `\uFEFF${weeks(["Joe Brown"])}`.replaceAll("\r\n", "\r"), headers: { "Content-Type": "text/html" } };
    await later();
    await maintain();
    assert.deepEqual(await alerts(), []);
    assert.equal(kept(), text);
  });

  it("has an address that only its editors see", async () => {
    const secret = /secret-1/, agent = user(server, "eve", { role: "agent" });
    for (const { method, path: at } of operations(describeApi()))
      if (method === "GET" && !at.includes("{") && !at.endsWith("/events")) assert.doesNotMatch((await agent.get(at)).text, secret, at);
    for (const { id } of (await ana.get("/api/twilio/rules/versions")).body.versions)
      for (const more of ["", "/diff"]) assert.equal((await agent.get(`/api/twilio/rules/versions/${id}${more}`)).status, 403);
    for (const words of [["doctor"], ["check"], ["now"], ["maintain"]]) {
      const { out, err } = await command(words, { config });
      assert.doesNotMatch(out + err, secret, words[0]);
    }
    for (const table of ["alerts", "audit", "calendars", "call_decisions"]) assert.doesNotMatch(JSON.stringify(rows(server.database, `SELECT * FROM ${table}`)), secret, table);
    assert.doesNotMatch(server.out + server.err, secret);
    const { hash, oncall } = (await ana.get("/api/twilio/team")).body;
    for (const [written, read] of [["WEBCAL://Example.com/secret-1/N.ics", "https://Example.com/secret-1/N.ics"], ["webcals://example.com/a", "https://example.com/a"],
      ["HTTPS://example.com/a", "https://example.com/a"]]) {
      const { body } = await ana.post("/api/twilio/team/check", { oncall: [{ ...oncall[0], calendar: written }] });
      assert.equal(body.ok, true, written);
      writeFileSync(path.join(server.lua, "oncall.txt"), `[nights]\nzone: America/Denver\nCalendar: ${written}\notherwise: ana\n`);
      assert.equal((await ana.get("/api/twilio/team")).body.oncall[0].calendar, read);
    }
    writeFileSync(path.join(server.lua, "oncall.txt"), `[nights]\nzone: America/Denver\nCalendar: ${calendars.origin}/secret-1/nights.ics\notherwise: ana\n`);
    await waitUntil(async () => (await ana.get("/api/twilio/team")).body.hash === hash, 10_000, "the address is back");
    await server.settled();
  });

  it("tells of names that nobody has until someone has them", async () => {
    page = { body: weeks(["Bob"]) };
    await later();
    await maintain();
    await waitUntil(async () => (await called())[0] === ANA, 10_000, "Ana is rung instead");
    const [alert] = await alerts();
    assert.equal(alert.kind, "calendar_doubts");
    assert.match(alert.detail, /names "Bob".*ana is on call then/);
    const { out, err } = await command(["check"], { config });
    assert.match(out + err, /oncall\.txt:1: nights: the calendar names "Bob"/);
    writeFileSync(path.join(server.lua, "people.txt"), `[joe]\nname: Bob\nphone: ${JOE}\n\n[ana]\nphone: ${ANA}\n`);
    await waitUntil(async () => (await called())[0] === JOE, 10_000, "Bob is Joe");
    await later();
    await maintain();
    assert.deepEqual(await alerts(), []);
  });

  it("reads a file beside the rules as soon as it has changed, and is refused an address in a private network", async () => {
    writeFileSync(path.join(server.lua, "nights.ics"), weeks(["ana"]));
    writeFileSync(path.join(server.lua, "oncall.txt"), "[nights]\nzone: UTC\ncalendar: nights.ics\notherwise: joe\n");
    assert.equal(await maintain(), 1);
    await waitUntil(async () => (await called())[0] === ANA, 10_000, "Ana is on call");
    writeFileSync(path.join(server.lua, "nights.ics"), weeks(["joe"]));
    assert.equal(await maintain(), 1);
    await waitUntil(async () => (await called())[0] === JOE, 10_000, "Joe is on call");
    const asked = calendars.asked.length;
    writeFileSync(path.join(server.lua, "oncall.txt"), `[nights]\nzone: UTC\ncalendar: ${calendars.origin}/n.ics\notherwise: joe\n`);
    const { value } = await commandJson(["maintain"], { config: { ...config, lookup_hosts: null } });
    assert.equal(value.calendars.done, 1);
    assert.equal(calendars.asked.length, asked);
    assert.deepEqual(await called(), [JOE]);
  });
});
