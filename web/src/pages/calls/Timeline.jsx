// Timeline.jsx: a call from its first ring to its end: the decision with its rule,
// and what came of each step.
import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import { Link } from "wouter";
import { NumberLink } from "../../parts/number_link.jsx";
import { spoken, usePhoneLibrary } from "../../parts/phone_number.jsx";
import { Player } from "../../parts/player.jsx";
import { isLive } from "../../parts/status.jsx";
import { clockSpan, fullMoment } from "../../parts/time.jsx";
import { useNames } from "../../parts/who.jsx";
import styles from "./calls.module.css";
import { addressText, OUTCOMES, SOURCES, stepText, targetText } from "./words.js";

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
const MATCHED_WORDS = { true: "decided", false: "did not hold", null: "not reached" };

function Rules({ rules }) {
  return (
    <ol className={styles.rules} aria-label="Rules, in order">
      {rules.map((rule) => (
        <li key={rule.index} data-matched={rule.matched}>
          <span aria-hidden>{MATCHED[rule.matched]}</span>
          <span>
            {rule.name}
            <span className={styles.line}>{rule.file ?? "forwarding.lua"}:{rule.line}, {MATCHED_WORDS[rule.matched]}</span>
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
      title={trace.rule ? `“${trace.rule}” decided` : SOURCES[trace.source] ?? trace.source}>
      <p>
        {where && <><Anchor component={Link} href={`/rules?line=${trace.rule_line}`}>{where}</Anchor>. </>}
        {first && `First: ${stepText(first, lib)}.`} {trace.rule_version && `Version ${trace.rule_version} of the rules.`}
      </p>
      {trace.error && <p role="note">{trace.error}</p>}
      {trace.rules?.length > 0 && <Rules rules={trace.rules} />}
    </Event>
  );
}

const LEFT_OUT = {
  offline: "Not online in the browser, so it did not ring.", own_number: "It is the number that was called, so it did not ring.",
};

function Skipped({ step, begin, lib }) {
  const left = Array.isArray(step.detail) ? step.detail : [];
  return left.map(({ target, code, message }) => (
    <Event key={target} tone="warn" at={step.at} begin={begin} title={<>Left out: <NumberLink number={target}>{addressText(target, lib)}</NumberLink></>}>
      <p>{LEFT_OUT[code] ?? message ?? code}</p>
    </Event>
  ));
}

// What is no ring: keys that were pressed, consent to a recording, a text to the caller.
function titleOf(step) {
  if (step.leg.startsWith("menu")) return step.outcome ? `The caller pressed ${step.outcome}` : "The caller pressed nothing";
  if (step.leg === "consent") return `The caller ${step.outcome === "agreed" ? "agreed" : "did not agree"} to be recorded`;
  if (step.leg === "again") return "Twilio did not get an answer, and asked again";
  return step.leg === "text" ? TEXTS[step.outcome] ?? "A text to the caller is waiting" : undefined;
}

const TEXTS = { sent: "A text was sent to the caller", refused: "The text to the caller was refused",
  failed: "The text to the caller failed", skipped: "No text was sent: somebody had talked to the caller" };

// "Ana and +1 510 555 0142", of [address, text] each.
function People({ targets }) {
  if (targets.length === 0) return "Step";
  return targets.map(([address, text], at) => (
    <Fragment key={text}>{at > 0 && " and "}<NumberLink number={address}>{text}</NumberLink></Fragment>
  ));
}

function Step({ step, plan, begin, lib, names }) {
  if (step.leg === "skipped") return <Skipped step={step} begin={begin} lib={lib} />;
  const title = titleOf(step);
  if (title) return <Event at={step.at} begin={begin} title={title} />;
  const [words, tone] = OUTCOMES[step.outcome] ?? [step.outcome.replaceAll("_", " "), undefined];
  const planned = plan?.steps?.[step.n - 1];
  const targets = step.target?.split(" ").map((address) => [address, names(address) ?? addressText(address, lib)])
    ?? (planned?.targets ?? []).map((target) => [target.phone, targetText(target, lib)]);
  return (
    <Event tone={tone} at={step.at} begin={begin} title={<><People targets={targets} /> {words}</>}>
      {planned?.seconds && <p>It rang for {planned.seconds} s at most.</p>}
      {step.dial_duration > 0 && <p>{clockSpan(step.dial_duration)} on the line.</p>}
    </Event>
  );
}

// Legs of calls that have no steps to tell of them.
function Leg({ leg, begin, lib, names }) {
  const [words, tone] = OUTCOMES[leg.status] ?? [leg.status, undefined];
  return (
    <Event tone={tone} at={leg.ended_at ?? leg.started_at} begin={begin}
      title={<><People targets={[[leg.to, names(leg.to) ?? spoken(leg.to, lib)]]} /> {words}</>}>
      {leg.duration ? <p>{clockSpan(leg.duration)} on the line.</p> : null}
      {leg.error_code && <p>Twilio’s error {leg.error_code}.</p>}
    </Event>
  );
}

const ENDS = {
  voicemail: "The caller left a message", answered: "The call was answered", forwarded: "The call was forwarded",
  abandoned: "The caller hung up", blocked: "The caller was not put through", rejected: "The call was refused",
  no_answer: "Nobody answered", busy: "The line was busy", declined: "The call was declined", failed: "The call failed",
  hangup: "Hookswitch hung up", no_message: "The caller left no message",
};
const BAD_OUTCOMES = ["missed", "unanswered"];

export function Timeline({ call }) {
  const lib = usePhoneLibrary();
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
        title={<>{party(call.from)} called {party(call.to)}</>} />
      {call.trace && <Decision trace={call.trace} begin={begin} lib={lib} />}
      {steps.map((step) => (
        <Step key={`${step.n} ${step.leg}`} step={step} plan={call.trace.plan} begin={begin} lib={lib} names={names} />
      ))}
      {legs.map((leg) => <Leg key={leg.call_sid} leg={leg} begin={begin} lib={lib} names={names} />)}
      {isLive(call) ? <Event tone="good" title="The call is going on" /> : (
        <Event at={call.ended_at} begin={begin} tone={BAD_OUTCOMES.includes(call.outcome) ? "bad" : "good"}
          title={ENDS[call.end_reason] ?? `The call ended (${(call.end_reason ?? call.status).replaceAll("_", " ")})`}>
          {message && <Player sid={message.recording_sid} isMessage name={`message of ${textOf(call.from)}`} />}
        </Event>
      )}
    </ol>
  );
}
