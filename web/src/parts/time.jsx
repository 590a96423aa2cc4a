// time.jsx: times and durations in the page's language and the user's time zone.
import { useSyncExternalStore } from "react";
import { hostNow } from "../clock.js";
import { intl, t } from "../text/text.js";

const TICK_MS = 1000;
const DAY_MS = 86_400_000;
const CLOCK = { hour: "numeric", minute: "2-digit" };
const DAY = { day: "numeric", month: "short" };

let now = hostNow();
let timer;
const watching = new Set();
function subscribe(fn) {
  watching.add(fn);
  timer ??= setInterval(() => {
    now = hostNow();
    for (const tell of watching) tell();
  }, TICK_MS);
  return () => {
    watching.delete(fn);
    if (watching.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

// The current time; redraws the component only every `step` ms.
function useNow(step = 1000) {
  return useSyncExternalStore(subscribe, () => Math.floor(Math.max(now, hostNow() - TICK_MS) / step) * step);
}

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);

/** A date or time with Intl's options: dateText(at, { weekday: "long", day: "numeric", timeZone: "UTC" }). */
export function dateText(at, options) {
  return intl("DateTimeFormat", options).format(at);
}

/** "14:05" or "2:05 PM". */
export function clockText(at, timeZone) {
  return dateText(at, { ...CLOCK, timeZone });
}

// "14:05", "Yesterday 14:05", "Mon 14:05", "3 Nov, 14:05", "3 Nov 2025"; `within` a sentence "yesterday 14:05"; after
// `until`, the same, but the end of today is "midnight": "until tomorrow 00:00" would sound like a day later.
export function moment(at, { current = hostNow(), until = false, within = until } = {}) {
  if (until && at === new Date(current).setHours(24, 0, 0, 0)) return t("midnight");
  const days = Math.round((midnight(current) - midnight(at)) / DAY_MS);
  const time = clockText(at);
  if (days === 0) return time;
  if (days === 1) return within ? t("yesterday {time}", { time }) : t("Yesterday {time}", { time });
  if (days === -1) return within ? t("tomorrow {time}", { time }) : t("Tomorrow {time}", { time });
  if (Math.abs(days) < 7) return dateText(at, { weekday: "short", ...CLOCK });
  const year = new Date(at).getFullYear();
  return dateText(at, year === new Date(current).getFullYear() ? { ...DAY, ...CLOCK } : { ...DAY, year: "numeric" });
}

/** A moment in local time, for <input type="datetime-local">. */
export function localText(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// "just now", "5 minutes ago", "in 2 hours".
function ago(at, current = hostNow()) {
  const seconds = Math.round((at - current) / 1000);
  const size = Math.abs(seconds);
  const relative = intl("RelativeTimeFormat", { numeric: "auto" });
  if (size < 45) return t("just now");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}

// Seconds → "0:42" or "1:02:07".
export function clockSpan(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const unit = (n, name, unitDisplay = "short") => intl("NumberFormat", { style: "unit", unit: name, unitDisplay }).format(n);

/** "1 minute", "20 seconds", "2 hours". */
export const secondsText = (seconds) => unit(seconds, "second", "long");
export const minutesText = (minutes) => unit(minutes, "minute", "long");

// Seconds in words: "42 sec", "5 min", "2 hr 10 min", "12 hr".
export function wordSpan(seconds) {
  if (seconds < 60) return unit(Math.round(seconds), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute");
  if (minutes >= 600) return unit(Math.round(minutes / 60), "hour");
  const hours = unit(Math.floor(minutes / 60), "hour");
  return minutes % 60 ? `${hours} ${unit(minutes % 60, "minute")}` : hours;
}

export function fullMoment(at) {
  return dateText(at, { dateStyle: "full", timeStyle: "medium" });
}

// A time; hovering shows it in full. `relative`: as "5 minutes ago"; `within`, `until`: as moment() has it.
export function Time({ at, relative = false, within, until }) {
  const current = useNow(30_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={fullMoment(at)} className="number">
      {relative ? ago(at, current) : moment(at, { current, within, until })}
    </time>
  );
}

// The time since a moment; keeps counting.
export function Running({ since }) {
  return <span className="number">{clockSpan((useNow(1000) - since) / 1000)}</span>;
}
