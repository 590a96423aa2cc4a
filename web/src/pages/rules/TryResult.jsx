// TryResult.jsx: what became of a call that was tried out.
import { Note } from "../../components/support/parts.jsx";
import { decidedBy, planWords } from "../../components/support/words.js";
import { clockSpan } from "../../parts/time.jsx";
import styles from "./rules.module.css";

const OUTCOMES = {
  connected: ["good", "The caller talks to somebody"], message: ["warn", "The caller leaves a message"],
  rejected: ["warn", "The call is refused"], abandoned: ["warn", "The caller hangs up before anybody answers"],
  told: ["warn", "The caller is told something, and the call ends"], error: ["bad", "The call ends in an error"],
};
const WHO = { caller: "Caller", callee: "Phone", call: "Call" };

// Indents what Twilio is told; a text that is no document stays as it is.
export function pretty(xml) {
  let depth = 0;
  return (xml ?? "").replace(/>\s*</g, ">\n<").split("\n").map((line) => {
    if (line.startsWith("</")) depth = Math.max(0, depth - 1);
    const text = "  ".repeat(depth) + line;
    if (/^<[^!?/]/.test(line) && !/\/>$/.test(line) && !/<\/[^>]+>$/.test(line)) depth++;
    return text;
  }).join("\n");
}

function Documents({ documents }) {
  if (!documents?.length) return null;
  return (
    <details className={styles.documents}>
      <summary>What Twilio is told ({documents.length})</summary>
      <ol>
        {documents.map((document, at) => (
          <li key={at}>
            <p><span className={styles.time}>{clockSpan(document.at)}</span> {WHO[document.who] ?? document.who}{" "}
              <code className={styles.url}>{document.url.replace(/^https?:\/\/[^/]+/, "")}</code></p>
            <pre tabIndex={0} aria-label={`TwiML of step ${at + 1}`}>{pretty(document.twiml)}</pre>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Decision({ decision, words, draft, onLine }) {
  return (
    <p>
      {decidedBy(decision)} decide{decision.source === "settings" || decision.source === "fallback" ? "" : "s"}
      {decision.line && (
        <> (<button type="button" className={styles.lineLink} onClick={() => onLine(decision.line)}>
          {decision.file ?? "forwarding.lua"}, line {decision.line}</button>)</>
      )}: the call {planWords(words)}.{draft && " Tried with your unsaved text."}
    </p>
  );
}

export function TryResult({ result, draft, onLine, ref }) {
  const [tone, title] = OUTCOMES[result.outcome] ?? ["plain", result.outcome];
  return (
    <section aria-labelledby="try-result">
      <h3 id="try-result" tabIndex={-1} ref={ref} className={styles.resultTitle}>What happens</h3>
      <Note tone={tone} title={`${title}, after ${clockSpan(result.seconds)}`}>
        <Decision decision={result.decision} words={result.plan_words} draft={draft} onLine={onLine} />
        {result.decision.error && <p>The rules failed: {result.decision.error}</p>}
      </Note>
      <ol className={styles.timeline} aria-label="What happens, second by second">
        {result.timeline.map((event, at) => (
          <li key={at} data-kind={event.kind}>
            <span className={styles.time}>{clockSpan(event.at)}</span>
            <span className={styles.who}>{WHO[event.who] ?? event.who}</span>
            <span>{event.text}</span>
          </li>
        ))}
      </ol>
      <Documents documents={result.documents} />
    </section>
  );
}
