// status.jsx: how a call ended, in a word and a colour; and how long it took.
import { t } from "../text/text.js";
import styles from "./status.module.css";
import { clockSpan, Running } from "./time.jsx";

const words = () => ({
  queued: [t("Waiting"), "live"], initiated: [t("Dialling"), "live"], ringing: [t("Ringing"), "live"],
  "in-progress": [t("Talking"), "live"], completed: [t("Completed"), "good"], answered: [t("Answered"), "good"],
  forwarded: [t("Forwarded"), "good"], voicemail: [t("Voicemail"), "warn"], busy: [t("Busy"), "warn"],
  "no-answer": [t("No answer"), "bad"], no_answer: [t("No answer"), "bad"], missed: [t("Missed"), "bad"],
  canceled: [t("Hung up"), "bad"], abandoned: [t("Hung up"), "bad"], caller_hung_up: [t("Hung up"), "bad"],
  failed: [t("Failed"), "bad"], error: [t("Error"), "bad"], declined: [t("Declined"), "warn"],
  blocked: [t("Blocked"), "plain"], rejected: [t("Rejected"), "plain"], no_message: [t("No message"), "bad"],
});

const LIVE = ["queued", "initiated", "ringing", "in-progress"];

export const isLive = (call) => !call.ended_at && LIVE.includes(call.status);

export function Pill({ tone = "plain", children }) {
  return <span className={styles.pill} data-tone={tone}>{children}</span>;
}

/** How long it has lasted, or lasted. */
export function CallLength({ call }) {
  if (isLive(call)) return <Running since={call.answered_at ?? call.started_at} />;
  return call.duration ? clockSpan(call.duration) : "–";
}

// A call's or leg's status while it lasts, and afterwards why it ended.
export function CallStatus({ call }) {
  const word = isLive(call) ? call.status : call.end_reason ?? (call.outcome === "missed" ? "missed" : call.status);
  const [text, tone] = words()[word] ?? [word.replace(/[_-]/g, " "), "plain"];
  return <Pill tone={tone}>{text}</Pill>;
}
