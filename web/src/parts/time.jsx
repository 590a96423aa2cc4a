// time.jsx: moments and spans in the reader's own language and time zone.
import { useSyncExternalStore } from "react";

const TICK_MS = 1000;
const LOCALE = undefined; // the browser's
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "short" });
const FULL = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

let now = Date.now();
let timer;
const watching = new Set();
function subscribe(fn) {
  watching.add(fn);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of watching) tell();
  }, TICK_MS);
  return () => {
    watching.delete(fn);
    if (watching.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

// The time, coarse: the component is drawn again only when `step` ms have passed.
export function useNow(step = 1000) {
  return useSyncExternalStore(subscribe, () => Math.floor(Math.max(now, Date.now() - TICK_MS) / step) * step);
}

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);

// "14:05", "Yesterday 14:05", "Mon 14:05", "3 Nov 14:05", "3 Nov 2025".
export function moment(at, current = Date.now()) {
  const days = Math.round((midnight(current) - midnight(at)) / 86_400_000);
  if (days === 0) return CLOCK.format(at);
  if (days === 1) return `Yesterday ${CLOCK.format(at)}`;
  if (days === -1) return `Tomorrow ${CLOCK.format(at)}`;
  if (Math.abs(days) < 7) return `${WEEKDAY.format(at)} ${CLOCK.format(at)}`;
  const year = new Date(at).getFullYear();
  return year === new Date(current).getFullYear() ? `${DAY.format(at)} ${CLOCK.format(at)}` : `${DAY.format(at)} ${year}`;
}

// "now", "5 minutes ago", "in 2 hours".
export function ago(at, current = Date.now()) {
  const seconds = Math.round((at - current) / 1000);
  const size = Math.abs(seconds);
  if (size < 45) return "just now";
  if (size < 3600) return RELATIVE.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return RELATIVE.format(Math.round(seconds / 3600), "hour");
  return RELATIVE.format(Math.round(seconds / 86_400), "day");
}

// Seconds as "0:42" or "1:02:07".
export function clockSpan(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// Seconds in words: "42 s", "5 min", "2 h 10 min", "12 h".
export function wordSpan(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes >= 600) return `${Math.round(minutes / 60)} h`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function fullMoment(at) {
  return FULL.format(at);
}

// A moment; the whole of it when pointed at. `relative`: as "5 minutes ago".
export function Time({ at, relative = false }) {
  const current = useNow(30_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={fullMoment(at)} className="number">
      {relative ? ago(at, current) : moment(at, current)}
    </time>
  );
}

// How long it has been since: counts by itself.
export function Running({ since }) {
  return <span className="number">{clockSpan((useNow(1000) - since) / 1000)}</span>;
}
