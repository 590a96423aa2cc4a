// days.js: cuts spans of time into a zone's days, which may have 23 or 25 hours.
import { clockText, dateText } from "./time.jsx";

const formats = new Map();

function format(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric",
      day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }));
  }
  return formats.get(zone);
}

/** The zone's wall clock: { year, month, day, hour, minute }. */
export function wallClock(at, zone) {
  const parts = {};
  for (const { type, value } of format(zone).formatToParts(at)) parts[type] = Number(value);
  return parts;
}

// The zone's offset from UTC, in milliseconds.
function ahead(at, zone) {
  const w = wallClock(at, zone);
  return Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second) - Math.floor(at / 1000) * 1000;
}

/** When a day begins in the zone; `day` may run past the end of the month. */
export function midnight(year, month, day, zone) {
  const wall = Date.UTC(year, month - 1, day);
  const guess = wall - ahead(wall, zone);
  return wall - ahead(guess, zone);
}

/**
 * @param {{ from: number, to: number }[]} spans in order
 * @returns {{ from: number, to: number, hours: number, pieces: object[], changes: object[] }[]}
 */
export function days(from, to, zone, spans, dst = []) {
  const first = wallClock(from, zone);
  const list = [];
  for (let n = 0; ; n++) {
    const begin = midnight(first.year, first.month, first.day + n, zone);
    if (begin >= to) return list;
    const end = midnight(first.year, first.month, first.day + n + 1, zone);
    list.push({
      from: begin, to: end, hours: (end - begin) / 3_600_000,
      pieces: spans.filter((span) => span.from < end && span.to > begin).map((span) => ({
        ...span, span, from: Math.max(span.from, begin), to: Math.min(span.to, end),
      })),
      changes: dst.filter((change) => change.at >= begin && change.at < end),
    });
  }
}

/** "07:30" or "7:30 AM" on the zone's clock; a day ends at "24:00" where midnight is written "00:00". */
export function clock(at, zone, end = false) {
  const { hour, minute } = wallClock(at, zone);
  const text = clockText(at, zone);
  return end && hour === 0 && minute === 0 ? text.replace(/^0?0:00$/, "24:00") : text;
}

export function dayName(at, zone) {
  return dateText(at, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
}
