// Timeline.jsx: a call from first ring to end: which rule decided, and how each
// step went.
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { NumberLink } from "../../parts/numbers/number_link.jsx";
import { spoken, usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { Player } from "../../parts/recordings/player.jsx";
import { isLive } from "../../parts/status.jsx";
import { clockSpan, fullMoment } from "../../parts/time.jsx";
import { useNames } from "../../parts/numbers/who.jsx";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import styles from "./calls.module.css";
import { addressText, outcome, source, stepText, targetText } from "./words.js";

const SECOND = 1000;

function Event({ tone, at, begin, title, children }) {
  return (
    <li className={styles.event}>
      <span className={styles.mark} data-tone={tone} />
      <div><h3>{title}</h3>{children}</div>
      {typeof at === "number" && (
        <time className={styles.when} dateTime={new Date(at).toISOString()} title={fullMoment(at)}>
          +{clockSpan((at - begin) / SECOND)}
        </time>
      )}
    </li>
  );
}

const MATCHED = { true: "✓", false: "✗", null: "·" };
const matchedWords = () => ({ true: t("decided"), false: t("did not match"), null: t("not reached") });

function Rules({ rules }) {
  return (
    <ol className={styles.rules} aria-label={t("Rules, in order")}>
      {rules.map((rule) => (
        <li key={rule.index} data-matched={rule.matched}>
          <span aria-hidden>{MATCHED[rule.matched]}</span>
          <span>
            {rule.name}
            <span className={styles.line}>{rule.file ?? "forwarding.lua"}:{rule.line}, {matchedWords()[rule.matched]}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function Decision({ trace, begin, lib }) {
  const first = trace.plan?.steps?.[trace.plan.start - 1];
  const where = trace.rule_line && `${trace.file ?? "forwarding.lua"}:${trace.rule_line}`;
  return (
    <Event tone={trace.error ? "bad" : "accent"} at={trace.decided_at} begin={begin}
      title={trace.rule ? t("“{rule}” decided", { rule: trace.rule }) : source(trace.source)}>
      <p>
        {where && <><Anchor component={Link} href={`/rules?line=${trace.rule_line}`}>{where}</Anchor>. </>}
        {first && t("First: {step}.", { step: stepText(first, lib) })}{" "}
        {trace.rule_version && t("Version {version} of the rules.", { version: trace.rule_version })}
      </p>
      {trace.error && <p role="note"><Foreign>{trace.error}</Foreign></p>}
      {trace.rules?.length > 0 && <Rules rules={trace.rules} />}
    </Event>
  );
}

const leftOut = () => ({
  offline: t("Not online in the browser, so it did not ring."), own_number: t("It is the number that was called, so it did not ring."),
});

function Skipped({ step, begin, lib }) {
  const left = Array.isArray(step.detail) ? step.detail : [];
  return left.map(({ target, code, message }) => (
    <Event key={target} tone="warn" at={step.at} begin={begin}
      title={rich("Left out: {who}", { who: <NumberLink number={target}>{addressText(target, lib)}</NumberLink> })}>
      <p>{leftOut()[code] ?? <Foreign>{message ?? code}</Foreign>}</p>
    </Event>
  ));
}

// Events other than rings: keys pressed, consent to a recording, a text to the caller.
function titleOf(step) {
  if (step.leg.startsWith("menu")) return step.outcome ? t("The caller pressed {key}", { key: step.outcome }) : t("The caller pressed nothing");
  if (step.leg === "consent") return step.outcome === "agreed" ? t("The caller agreed to be recorded") : t("The caller did not agree to be recorded");
  if (step.leg === "again") return t("Twilio got no answer and asked again");
  return step.leg === "text" ? texts()[step.outcome] ?? t("A text to the caller is waiting") : undefined;
}

const texts = () => ({ sent: t("A text was sent to the caller"), refused: t("The text to the caller was refused"),
  failed: t("The text to the caller failed"), skipped: t("No text was sent: someone had talked to the caller") });

// [[address, text], …] → "Ana and +1 510 555 0142".
function People({ targets }) {
  if (targets.length === 0) return t("Step");
  return targets.map(([address, text]) => <NumberLink key={text} number={address}>{text}</NumberLink>)
    .reduce((first, next) => rich("{first} and {next}", { first, next }));
}

function Step({ step, plan, begin, lib, names }) {
  if (step.leg === "skipped") return <Skipped step={step} begin={begin} lib={lib} />;
  const title = titleOf(step);
  if (title) return <Event at={step.at} begin={begin} title={title} />;
  const planned = plan?.steps?.[step.n - 1];
  const targets = step.target?.split(" ").map((address) => [address, names(address) ?? addressText(address, lib)])
    ?? (planned?.targets ?? []).map((target) => [target.phone, targetText(target, lib)]);
  const [said, tone] = outcome(step.outcome, <People targets={targets} />);
  return (
    <Event tone={tone} at={step.at} begin={begin} title={said}>
      {planned?.seconds && <p>{t("It rang for {seconds} s at most.", { seconds: planned.seconds })}</p>}
      {step.dial_duration > 0 && <p>{t("{time} on the line.", { time: clockSpan(step.dial_duration) })}</p>}
    </Event>
  );
}

// Legs of calls that have no recorded steps.
function Leg({ leg, begin, lib, names }) {
  const [title, tone] = outcome(leg.status, <People targets={[[leg.to, names(leg.to) ?? spoken(leg.to, lib)]]} />);
  return (
    <Event tone={tone} at={leg.ended_at ?? leg.started_at} begin={begin}
      title={title}>
      {leg.duration ? <p>{t("{time} on the line.", { time: clockSpan(leg.duration) })}</p> : null}
      {leg.error_code && <p>{t("Twilio error {code}.", { code: leg.error_code })}</p>}
    </Event>
  );
}

const ends = () => ({
  voicemail: t("The caller left a message"), answered: t("The call was answered"), forwarded: t("The call was forwarded"),
  abandoned: t("The caller hung up"), blocked: t("The caller was not put through"), rejected: t("The call was rejected"),
  no_answer: t("Nobody answered"), busy: t("The line was busy"), declined: t("The call was declined"), failed: t("The call failed"),
  hangup: t("Hookswitch hung up"), no_message: t("The caller left no message"),
});
const BAD_OUTCOMES = ["missed", "unanswered"];

export function Timeline({ call }) {
  const lib = usePhoneLibrary(false);
  const names = useNames();
  const begin = call.started_at;
  const textOf = (address) => names(address) ?? spoken(address, lib);
  const party = (address) => <NumberLink number={address}>{textOf(address)}</NumberLink>;
  const message = call.recordings.find(({ kind, status }) => kind === "voicemail" && status === "completed");
  const steps = call.trace?.steps ?? [];
  const told = new Set(steps.flatMap((step) => [step.dial_call_sid, step.target]));
  const legs = call.legs.filter((leg) => !told.has(leg.call_sid) && !told.has(leg.to));
  return (
    <ol className={styles.timeline}>
      <Event at={begin} begin={begin} tone="accent"
        title={rich("{from} called {to}", { from: party(call.from), to: party(call.to) })} />
      {call.trace && <Decision trace={call.trace} begin={begin} lib={lib} />}
      {steps.map((step) => (
        <Step key={`${step.n} ${step.leg}`} step={step} plan={call.trace.plan} begin={begin} lib={lib} names={names} />
      ))}
      {legs.map((leg) => <Leg key={leg.call_sid} leg={leg} begin={begin} lib={lib} names={names} />)}
      {isLive(call) ? <Event tone="good" title={t("The call is going on")} /> : (
        <Event at={call.ended_at} begin={begin} tone={BAD_OUTCOMES.includes(call.outcome) ? "bad" : "good"}
          title={ends()[call.end_reason] ?? t("The call ended ({reason})", { reason: (call.end_reason ?? call.status).replaceAll("_", " ") })}>
          {message && <Player sid={message.recording_sid} isMessage name={t("message of {who}", { who: textOf(call.from) })} />}
        </Event>
      )}
    </ol>
  );
}
