// Coverage.jsx: who would be reached in the next two weeks, every quarter of an
// hour, as a calendar and as a table.
import { Checkbox, NativeSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { Note } from "../../components/support/parts.jsx";
import { usePlanWords } from "../../components/support/plan_names.jsx";
import { phone } from "../../components/support/words.js";
import { Empty, Ready } from "../../parts/states.jsx";
import { minutesText } from "../../parts/time.jsx";
import { useResource } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { rich } from "../../text/rich.jsx";
import { plural, t } from "../../text/text.js";
import { Calendar } from "./Calendar.jsx";
import { CoverageTable } from "./CoverageTable.jsx";
import { clock, dayName, days } from "../../parts/days.js";
import { NumberSelect } from "./NumberSelect.jsx";
import styles from "./rules.module.css";

export const callers = () => ({ unknown: t("an unknown caller"), known: t("one of your contacts"), anonymous: t("a withheld number"),
  blocked: t("a blocked number") });
const TONES = 5;

// Colours, handed out in order of first appearance.
function tones(spans) {
  const known = new Map();
  for (const span of spans) {
    if (span.reaches === "person" && !known.has(span.words)) known.set(span.words, known.size % TONES);
  }
  return (span) => {
    if (span.gap || span.reaches === "none") return "none";
    return span.reaches === "voicemail" ? "voicemail" : `person${known.get(span.words) ?? 0}`;
  };
}

function Legend({ spans, tone }) {
  const planWords = usePlanWords();
  const shown = new Map();
  for (const span of spans) if (!shown.has(span.words)) shown.set(span.words, span);
  return (
    <ul className={styles.legend} aria-label={t("Legend")}>
      {[...shown.values()].map((span) => (
        <li key={span.words}><span className={styles.swatch} data-tone={tone(span)} aria-hidden="true" />
          {span.gap ? t("{plan} (nobody)", { plan: planWords(span.words) }) : planWords(span.words)}</li>
      ))}
    </ul>
  );
}

/** "by an override": what decides, if it isn't a rule. */
export function by(source) {
  switch (source) {
    case "settings": return t("by the settings under Forwarding");
    case "override": return t("by an override");
    case "blocked": return t("by the blocklist");
    case "inactive": return t("because the number is switched off");
    case "fallback": return t("because the rules failed");
    default: return source;
  }
}

/** "by the rule “…” (line 12)". */
export function Why({ span, onLine }) {
  if (span.source !== "rules") return by(span.source);
  return (
    <>{rich("by the rule “{rule}”", { rule: <bdi>{span.rule}</bdi> })}{span.line && onLine && (
      <> (<button type="button" className={styles.lineLink} onClick={() => onLine(span.line)}>{t("line {line}", { line: span.line })}</button>)</>
    )}</>
  );
}

function Chosen({ span, zone, onLine }) {
  const planWords = usePlanWords();
  if (!span) return <p className={styles.soft}>{t("Choose a time in the calendar to see who decides it.")}</p>;
  return (
    <p>{rich("{when}: the call {plan}, {why}.", { plan: planWords(span.words), why: <Why span={span} onLine={onLine} />,
      when: <strong>{t("{from} to {to}", { from: `${dayName(span.from, zone)} ${clock(span.from, zone)}`,
        to: `${dayName(span.to - 1, zone)} ${clock(span.to, zone, true)}` })}</strong> })}
      {span.gap && <strong> {t("Nobody is reached then, and no message is taken.")}</strong>}
      {span.before && <> {t("Until now it {plan}.", { plan: planWords(span.before.words) })}</>}</p>
  );
}

function Changes({ dst, zone }) {
  return dst.map((change) => {
    const forward = change.to_offset > change.from_offset;
    const minutes = Math.round(Math.abs(change.to_offset - change.from_offset) / 60);
    return (
      <Note key={change.at} tone="warn" title={forward ? t("The clocks go forward on {day}", { day: dayName(change.at, zone) })
        : t("The clocks go back on {day}", { day: dayName(change.at, zone) })}>
        <p>{t("By {minutes}: that day has {hours} hours in the calendar.", { minutes: minutesText(minutes), hours: forward ? 23 : 25 })}</p>
      </Note>
    );
  });
}

/** `changes`: spans also say where calls go now, without the edit. */
export function OfNumber({ data, number, caller, onLine, changes = false }) {
  const [chosen, setChosen] = useState(null);
  const spans = useMemo(() => number.classes.find((entry) => entry.class === caller)?.spans ?? [], [number, caller]);
  const list = useMemo(() => days(data.from, data.to, number.zone, spans, number.dst), [data, number, spans]);
  const tone = useMemo(() => tones(spans), [spans]);
  const gaps = spans.filter((span) => span.gap);
  const begins = gaps.slice(0, 3).map((gap) => `${dayName(gap.from, number.zone)} ${clock(gap.from, number.zone)}`).join(", ");
  return (
    <>
      {gaps.length > 0 ? (
        <Note tone="bad" title={plural(gaps.length, "{n} time when nobody is reached, and no message is taken",
          "{n} times when nobody is reached, and no message is taken")}>
          <p>{gaps.length > 3 ? t("{times} and more", { times: begins }) : begins}</p>
        </Note>
      ) : (
        <p className={styles.soft}>{t("No gap: every call reaches a person or voicemail. Times are in {zone}.", { zone: number.zone })}</p>
      )}
      <Changes dst={number.dst ?? []} zone={number.zone} />
      <Legend spans={spans} tone={tone} />
      <Calendar days={list} zone={number.zone} tone={tone} chosen={chosen} onChoose={setChosen}
        label={t("Who is reached when {caller} calls {number}", { caller: callers()[caller], number: phone(number.phone_number) })} />
      <div role="status" aria-live="polite" className={styles.chosen}>
        <Chosen span={chosen?.span} zone={number.zone} onLine={onLine} />
      </div>
      <CoverageTable days={list} zone={number.zone} onLine={onLine} changes={changes} />
    </>
  );
}

export function Coverage({ numbers, onLine }) {
  const may = useMay();
  const [id, setId] = useState("");
  const [caller, setCaller] = useState("unknown");
  const [online, setOnline] = useState(true);
  const wanted = id || String(numbers[0]?.id ?? "");
  const coverage = useResource("/api/twilio/coverage", { query: { phone_number_id: wanted, online, zone: ownZone() }, enabled: wanted !== "",
    staleTime: 60_000 });
  if (wanted === "") return <Empty icon="numbers" title={t("No numbers yet")}>{may("admin") && t("Buy one under Numbers.")}</Empty>;
  return (
    <div className={styles.stack}>
      <div className={styles.inline}>
        <NumberSelect label={t("Calls to")} numbers={numbers} value={wanted} onChange={setId} />
        <NativeSelect label={t("From")} value={caller} onChange={(event) => setCaller(event.currentTarget.value)}
          data={Object.entries(callers()).map(([value, label]) => ({ value, label }))} />
        <Checkbox className={styles.tick} label={t("Your browsers are open")} checked={online}
          onChange={(event) => setOnline(event.currentTarget.checked)} />
      </div>
      <Ready query={coverage} what={t("the next two weeks")}>
        {(data) => (data.numbers[0] ? (
          <OfNumber key={`${wanted} ${caller}`} data={data} number={data.numbers[0]} caller={caller} onLine={onLine} />
        ) : <Empty title={t("Nothing to show for this number")} />)}
      </Ready>
    </div>
  );
}
