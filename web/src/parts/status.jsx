// status.jsx: what became of a call, in a word and a colour.
import styles from "./status.module.css";

const WORDS = {
  queued: ["Waiting", "live"], initiated: ["Dialling", "live"], ringing: ["Ringing", "live"],
  "in-progress": ["Talking", "live"], completed: ["Completed", "good"], answered: ["Answered", "good"],
  forwarded: ["Forwarded", "good"], voicemail: ["Voicemail", "warn"], busy: ["Busy", "warn"],
  "no-answer": ["No answer", "bad"], no_answer: ["No answer", "bad"], missed: ["Missed", "bad"],
  canceled: ["Hung up", "bad"], abandoned: ["Hung up", "bad"], caller_hung_up: ["Hung up", "bad"],
  failed: ["Failed", "bad"], error: ["Error", "bad"], declined: ["Declined", "warn"],
  blocked: ["Blocked", "plain"], rejected: ["Rejected", "plain"], no_message: ["No message", "bad"],
};

const LIVE = ["queued", "initiated", "ringing", "in-progress"];

export const isLive = (call) => !call.ended_at && LIVE.includes(call.status);

export function Pill({ tone = "plain", children }) {
  return <span className={styles.pill} data-tone={tone}>{children}</span>;
}

// Of a call or a leg: while it lasts its status, afterwards why it ended.
export function CallStatus({ call }) {
  const word = isLive(call) ? call.status : call.end_reason ?? (call.outcome === "missed" ? "missed" : call.status);
  const [text, tone] = WORDS[word] ?? [word.replace(/[_-]/g, " "), "plain"];
  return <Pill tone={tone}>{text}</Pill>;
}
