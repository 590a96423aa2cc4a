// TryResult.jsx: the result of a simulated call.
import { Note } from "../../components/support/parts.jsx";
import { decides, planWords } from "../../components/support/words.js";
import { clockSpan } from "../../parts/time.jsx";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import styles from "./rules.module.css";

const outcomes = () => ({
  connected: ["good", t("The caller talks to someone")], message: ["warn", t("The caller leaves a message")],
  rejected: ["warn", t("The call is rejected")], abandoned: ["warn", t("The caller hangs up before anybody answers")],
  told: ["warn", t("The caller hears an announcement, and the call ends")], error: ["bad", t("The call ends in an error")],
});
const parties = () => ({ caller: t("Caller"), callee: t("Phone"), call: t("Call|noun") });

// Indents the TwiML; text that doesn't parse stays as it is.
function pretty(xml) {
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
      <summary>{t("What Twilio gets ({count})", { count: documents.length })}</summary>
      <ol>
        {documents.map((document, at) => (
          <li key={at}>
            <p><span className={styles.time}>{clockSpan(document.at)}</span> {parties()[document.who] ?? document.who}{" "}
              <code className={styles.url}>{document.url.replace(/^https?:\/\/[^/]+/, "")}</code></p>
            <pre tabIndex={0} aria-label={t("TwiML of step {step}", { step: at + 1 })}>{pretty(document.twiml)}</pre>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Decision({ decision, words, draft, onLine }) {
  return (
    <p>
      {decides(decision)}
      {decision.line && (
        <> (<button type="button" className={styles.lineLink} onClick={() => onLine(decision.line)}>
          {t("{file}, line {line}", { file: decision.file ?? "forwarding.lua", line: decision.line })}</button>)</>
      )}: {t("the call {plan}.", { plan: planWords(words) })} {draft && t("Tried with your unsaved text.")}
    </p>
  );
}

export function TryResult({ result, draft, onLine, ref }) {
  const [tone, title] = outcomes()[result.outcome] ?? ["plain", result.outcome];
  return (
    <section aria-labelledby="try-result">
      <h2 id="try-result" tabIndex={-1} ref={ref} className={styles.resultTitle}>{t("What happens")}</h2>
      <Note tone={tone} title={t("{outcome}, after {time}", { outcome: title, time: clockSpan(result.seconds) })}>
        <Decision decision={result.decision} words={result.plan_words} draft={draft} onLine={onLine} />
        {result.decision.error && <p>{rich("The rules failed: {error}", { error: <Foreign>{result.decision.error}</Foreign> })}</p>}
      </Note>
      <ol className={styles.timeline} aria-label={t("What happens, second by second")}>
        {result.timeline.map((event, at) => (
          <li key={at} data-kind={event.kind}>
            <span className={styles.time}>{clockSpan(event.at)}</span>
            <span className={styles.who}>{parties()[event.who] ?? event.who}</span>
            <span><Foreign>{event.text}</Foreign></span>
          </li>
        ))}
      </ol>
      <Documents documents={result.documents} />
    </section>
  );
}
