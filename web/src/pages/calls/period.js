// period.js: "today", "last 7 days" and date ranges, in the reader's time zone.
import { t } from "../../text/text.js";

export const periods = () => [
  { value: "", label: t("Any time") }, { value: "1", label: t("Today") }, { value: "yesterday", label: t("Yesterday") },
  { value: "7", label: t("Last 7 days") }, { value: "30", label: t("Last 30 days") }, { value: "365", label: t("Last year") },
  { value: "range", label: t("From … to …") },
];

// Midnight today, plus or minus whole days, even ones of 23 or 25 hours.
function midnight(days = 0, now = Date.now()) {
  const at = new Date(now);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
}

// "2026-11-28" → that day's midnight in ms, or the next day's; undefined for a day that doesn't exist.
export function dayStart(text, after = 0) {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "")?.map(Number) ?? [];
  const at = new Date(year, month - 1, day);
  if (at.getMonth() !== month - 1 || at.getDate() !== day) return undefined;
  return new Date(year, month - 1, day + after).getTime();
}

// A moment → "2026-11-28".
export function dayText(at) {
  const date = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// { start, end, problem } in ms, end excluded. Parameters: days, from, to.
export function periodOf(params, now = Date.now()) {
  const days = params.get("days") ?? "";
  if (days === "yesterday") return { start: midnight(-1, now), end: midnight(0, now) };
  if (days === "range") {
    const [start, end] = [dayStart(params.get("from")), dayStart(params.get("to"), 1)];
    const wrong = (name) => params.get(name) && dayStart(params.get(name)) === undefined;
    if (wrong("from") || wrong("to")) return { problem: t("Enter a day that exists, such as {day}.", { day: dayText(now) }) };
    if (start !== undefined && end !== undefined && end <= start) {
      return { start, problem: t("The last day is before the first, {day}.", { day: params.get("from") }) };
    }
    return { start, end };
  }
  return /^\d{1,4}$/.test(days) && Number(days) > 0 ? { start: midnight(1 - Number(days), now) } : {};
}
