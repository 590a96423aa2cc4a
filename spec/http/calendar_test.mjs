// calendar_test.mjs: hours, rotas and absences against luxon, 100,000 moments in 36 zones. What is
// held against ours is worked out from luxon's wall clocks and calendar alone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { DateTime, IANAZone } from "luxon";
import { generator } from "../support/random.mjs";

const BUILD = path.resolve(process.env.BUILD ?? "build");
const ZONES = ["America/Denver", "America/New_York", "America/Los_Angeles", "America/Phoenix", "America/St_Johns", "America/Halifax",
  "America/Havana", "America/Sao_Paulo", "America/Santiago", "America/Anchorage", "Atlantic/Azores", "Europe/London", "Europe/Dublin",
  "Europe/Berlin", "Europe/Madrid", "Europe/Helsinki", "Europe/Lisbon", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
  "Asia/Jerusalem", "Asia/Beirut", "Australia/Sydney", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland",
  "Australia/Eucla", "Pacific/Chatham", "Antarctica/Troll", "Africa/Johannesburg", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza",
  "America/Nuuk", "Pacific/Easter", "UTC"];
const MOMENTS = Math.ceil(100_000 / ZONES.length), NEXT = 60;
const FIRST = Date.UTC(2025, 0, 10) / 1000, LAST = Date.UTC(2030, 11, 20) / 1000;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const PEOPLE = Array.from({ length: 7 }, (_, i) => `+1303555014${i}`);

const below = generator(20261129);
const pick = (list) => list[below(list.length)];
const two = (n) => String(n).padStart(2, "0");

// ---- opening hours: what is written, and the minutes that are meant ----

function clock(minute) {
  if (minute === 1440) return "24:00";
  const hour = Math.floor(minute / 60), rest = minute % 60;
  if (below(3)) return `${two(hour)}:${two(rest)}`;
  return `${hour % 12 || 12}${rest ? `:${two(rest)}` : ""}${pick(["", " "])}${hour < 12 ? "am" : "pm"}`;
}

// The ranges of a day, in order and apart; the last may run past midnight.
function dayRanges() {
  if (below(6) === 0) return { text: '"closed"', ranges: [] };
  if (below(8) === 0) return { text: '"24h"', ranges: [[0, 1440]] };
  const cuts = [...new Set(Array.from({ length: 4 }, () => below(96) * 15))].sort((a, b) => a - b).slice(0, pick([2, 4]) === 2 ? 2 : 4);
  if (cuts.length % 2) cuts.pop();
  const ranges = [];
  for (let i = 0; i < cuts.length; i += 2) ranges.push([cuts[i], cuts[i + 1]]);
  const ends = [1440, 1440 + Math.min(ranges[0][0], 15 * below(30))].filter((end) => end - ranges.at(-1)[0] < 1440);
  if (ends.length && below(3) === 0) ranges.at(-1)[1] = pick(ends);
  const parts = ranges.map(([from, to]) => `${clock(from)}${pick(["-", " - "])}${clock(to > 1440 ? to - 1440 : to)}`);
  return { ranges, text: below(2) ? JSON.stringify(parts.join(", ")) : `{ ${parts.map((p) => JSON.stringify(p)).join(", ")} }` };
}

// Easter Sunday by the church's own tables: the golden number, the epact, the moon.
function easter(year) {
  const a = year % 19, b = Math.floor(year / 100), c = year % 100, d = Math.floor(b / 4), e = b % 4;
  const g = Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3), h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4), k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = Math.floor((a + 11 * h + 22 * l) / 451);
  const sum = h + l - 7 * m + 114;
  return DateTime.utc(year, Math.floor(sum / 31), (sum % 31) + 1);
}

function nth(place, weekday, month) {
  return (year) => {
    const days = Array.from({ length: DateTime.utc(year, month).daysInMonth }, (_, i) => DateTime.utc(year, month, i + 1))
      .filter((day) => day.weekday === weekday);
    return place === 0 ? days.at(-1) : days[place - 1];
  };
}

// A function of the year, asked once for each; the day as milliseconds, 0 when there is none.
function once(of) {
  const known = new Map();
  return (year) => {
    if (!known.has(year)) known.set(year, +(of(year) ?? 0));
    return known.get(year);
  };
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// A date of every year, as text and as a function of the year; by weekday and Easter where `movable`.
function yearly(movable) {
  if (movable && below(2)) {
    const shift = below(60) - 20, place = below(6), weekday = below(7), month = below(12);
    const words = [["last", "1st", "2nd", "third", "4th", "5th"][place], pick([DAYS[weekday], DateTime.utc(2024, 1, 1 + weekday).weekdayLong]),
      pick([MONTHS[month], `of ${DateTime.utc(2024, month + 1).monthLong}`])].join(" ");
    const [text, base] = below(3) === 0 ? ["easter", easter] : [words, nth(place, weekday + 1, month + 1)];
    if (below(2)) return { text, of: once(base) };
    return { text: `${text}${shift < 0 ? "-" : "+"}${Math.abs(shift)}`, of: once((year) => base(year)?.plus({ days: shift })) };
  }
  const day = DateTime.utc(2025, 1, 1).plus({ days: below(365) });
  return { text: day.toFormat("MM-dd"), of: once((year) => DateTime.utc(year, day.month, day.day)) };
}

const covers = (from, to, day) => day >= from && day <= to;
const DAY = 86_400_000;
const yearOf = (day) => new Date(day).getUTCFullYear();
const named = (date, day) => [-1, 0, 1].some((by) => date.of(yearOf(day) + by) === day);

// One date of each kind, those that count more first. Days are midnights in UTC, in milliseconds.
function datedEntries() {
  const start = DateTime.utc(2025, 1, 15).plus({ days: below(1300) }), length = 1 + below(20);
  const own = DateTime.utc(2025, 1, 15).plus({ days: below(1300) }), single = yearly(true), from = yearly(false), to = yearly(false);
  return [
    { key: own.toISODate(), holds: (day) => day === +own },
    { key: `${start.toISODate()}..${start.plus({ days: length }).toISODate()}`,
      holds: (day) => covers(+start, +start.plus({ days: length }), day) },
    { key: single.text, holds: (day) => named(single, day) },
    { key: `${from.text}..${to.text}`, holds: (day) => [-1, 0].some((by) => {
      const year = yearOf(day) + by, first = from.of(year);
      return covers(first, to.of(year) < first ? to.of(year + 1) : to.of(year), day);
    }) },
  ];
}

function openingHours(zone) {
  const week = DAYS.map(dayRanges);
  const dated = datedEntries().map((entry) => ({ ...entry, ...dayRanges() }));
  const keys = DAYS.map((name, i) => `[${JSON.stringify(pick([name, DateTime.utc(2024, 1, 1 + i).weekdayLong]))}] = ${week[i].text}`);
  const text = `hours { zone = "${zone}", ${keys.join(", ")}, ${dated.map((e) => `["${e.key}"] = ${e.text}`).join(", ")} }`;
  const known = new Map();
  const rangesOn = (day) => {
    const usual = week[(new Date(day).getUTCDay() + 6) % 7];
    if (!known.has(day)) known.set(day, (dated.find((entry) => entry.holds(day)) ?? usual).ranges);
    return known.get(day);
  };
  const within = (ranges, minute) => ranges.some(([from, to]) => minute >= from && minute < to);
  return { text, open(at) {
    const now = DateTime.fromSeconds(at, { zone }), minute = now.hour * 60 + now.minute;
    const day = Date.UTC(now.year, now.month - 1, now.day);
    return within(rangesOn(day), minute) || within(rangesOn(day - DAY), minute + 1440);
  } };
}

// ---- rotas: every hand-over of the years in question, by luxon's arithmetic ----

function rota(zone, turning) {
  const [every, days] = pick([['"week"', 7], ['"day"', 1], ["{ days = 14 }", 14], ["{ days = 3 }", 3]]);
  const people = PEOPLE.slice(0, 2 + below(6)), hour = pick([0, 1, 2, 8, 17]), minute = pick([0, 30]);
  const first = DateTime.utc(2026, 1, 5).plus({ days: below(300) });
  const swap = DateTime.utc(2025, 2, 1).plus({ days: below(1200) }), swapped = pick(PEOPLE), yearlySwap = yearly(true), other = pick(PEOPLE);
  const text = `rota { zone = "${zone}", every = ${every}, from = "${first.toISODate()} ${two(hour)}:${two(minute)}", `
    + `${people.map((p) => JSON.stringify(p)).join(", ")}, ["${swap.toISODate()}"] = "${swapped}", ["${yearlySwap.text}"] = "${other}" }`;
  const turns = [];
  // Between changes of the clock a day has 24 hours; beside one, luxon tells every moment that shows the time.
  for (let day = Date.UTC(2024, 11, 20), begins; day < Date.UTC(2032, 0, 20); day += DAY) {
    const near = !begins || turning.some((change) => Math.abs(change * 1000 - day) < 3 * DAY);
    const date = new Date(day), fields = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour, minute };
    begins = near ? Math.min(...DateTime.fromObject(fields, { zone }).getPossibleOffsets().map((each) => each.toSeconds())) : begins + 86400;
    const turn = Math.floor((day - first) / DAY / days);
    const usual = people[((turn % people.length) + people.length) % people.length];
    turns.push({ begins, whom: day === +swap ? swapped : named(yearlySwap, day) ? other : usual });
  }
  const place = (at) => {
    let low = 0, high = turns.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (turns[middle].begins <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return { text, at: (at) => turns[place(at)].whom, next(at) {
    const here = place(at);
    return turns.slice(here + 1).find((turn) => turn.whom !== turns[here].whom)?.begins ?? 0;
  } };
}

// ---- the moments: anywhere, and around the changes of the clock ----

const STEP = 14 * 86400;

function changes(zone) {
  const found = [], iana = IANAZone.create(zone);
  for (let at = FIRST - 30 * 86400; at < LAST + 400 * 86400; at += STEP) {
    if (iana.offset(at * 1000) === iana.offset((at + STEP) * 1000)) continue;
    let low = at, high = at + STEP;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (iana.offset(middle * 1000) === iana.offset(low * 1000)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

function moments(turning) {
  return Array.from({ length: MOMENTS }, () => (turning.length && below(4) === 0
    ? pick(turning) + 900 * (below(400) - 200) - below(2) : FIRST + below(LAST - FIRST)));
}

// Until when someone is away, every quarter of an hour around some changes of the clock, and at noon where there are none. A time that the
// clocks show twice is the first, one that they leave out is as long after the change.
function absences(zone, turning) {
  const list = [];
  for (const change of turning.length ? turning.slice(0, 6) : [FIRST])
    for (let step = -16; step <= 16; step++) {
      const shown = DateTime.fromSeconds(change + step * 900, { zone }).set({ second: 0 });
      for (const wall of [shown, shown.setZone("UTC", { keepLocalTime: true }).plus({ minutes: 30 })]) {
        const fields = { year: wall.year, month: wall.month, day: wall.day, hour: wall.hour, minute: wall.minute };
        list.push({ text: `until ${wall.toFormat("yyyy-MM-dd HH:mm")} ${zone}`,
          to: Math.min(...DateTime.fromObject(fields, { zone }).getPossibleOffsets().map((each) => each.toSeconds())) });
      }
    }
  return list;
}

const skip = process.env.SAN && "a plain Lua does not load what a sanitizer built";

describe("hours and rotas agree with luxon", { skip }, () => {
  if (skip) return;
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-calendar-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const cases = ZONES.map((zone) => {
    const turning = changes(zone), at = moments(turning);
    return { zone, hours: openingHours(zone), rota: rota(zone, turning), at, next: at.slice(0, NEXT), away: absences(zone, turning) };
  });
  const file = path.join(folder, "cases.json");
  writeFileSync(file, cases.map((one) => `${JSON.stringify({ hours: one.hours.text, rota: one.rota.text, at: one.at, next: one.next, away: one.away.map(({ text }) => text) })}\n`).join(""));
  const out = execFileSync("lua5.4", ["spec/support/calendar.lua", file], { encoding: "utf8", maxBuffer: 1 << 26,
    env: { ...process.env, HS_NATIVE: path.join(BUILD, "native.so"), LUA_PATH: "lua/?.lua;spec/?.lua;;" } });
  const answers = out.trim().split("\n").map((line) => JSON.parse(line));

  it("asks about enough of them", () => {
    assert.equal(answers.length, ZONES.length);
    assert.ok(cases.reduce((sum, one) => sum + one.at.length, 0) >= 100_000);
  });

  for (const [i, one] of cases.entries())
    it(one.zone, () => {
      const answer = answers[i];
      for (const [k, at] of one.at.entries()) {
        const right = (answer.open[k] === "1") === one.hours.open(at) && answer.rota[k] === one.rota.at(at).slice(-1);
        if (right) continue;
        const when = DateTime.fromSeconds(at, { zone: one.zone }).toISO();
        assert.equal(answer.open[k] === "1", one.hours.open(at), `open at ${when} (${at})? ${one.hours.text}`);
        assert.equal(answer.rota[k], one.rota.at(at).slice(-1), `on call at ${when} (${at}): ${one.rota.text}`);
      }
      for (const [k, { text, to }] of one.away.entries()) assert.equal(answer.away[k], to, text);
      for (const [k, at] of one.next.entries()) {
        assert.equal(answer.next_rota[k], one.rota.next(at), `hand-over after ${at}: ${one.rota.text}`);
        const next = answer.next_hours[k], open = one.hours.open(at);
        assert.ok(next > at, `a change after ${at}: ${one.hours.text}`);
        assert.notEqual(one.hours.open(next), open, `${next} is a change`);
        for (let step = 0; step <= 3; step++) {
          const between = step === 3 ? next - 1 : at + Math.floor(((next - at) * step) / 3);
          assert.equal(one.hours.open(between), open, `no change at ${between}, before ${next}: ${one.hours.text}`);
        }
      }
    });
});
