// Coverage.jsx: who would be reached in the next two weeks, at every quarter of
// an hour: a calendar to look at and to walk through with the arrow keys, and
// the same as a table.
import { Checkbox, NativeSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { Note } from "../../components/support/parts.jsx";
import { count, planWords } from "../../components/support/words.js";
import { Empty, Ready } from "../../parts/states.jsx";
import { useResource } from "../../resource.js";
import { Calendar } from "./Calendar.jsx";
import { CoverageTable } from "./CoverageTable.jsx";
import { clock, dayName, days } from "./days.js";
import { NumberSelect } from "./NumberSelect.jsx";
import styles from "./rules.module.css";

const CALLERS = { unknown: "somebody unknown", known: "one of your contacts", anonymous: "a withheld number",
  blocked: "a blocked number" };
const TONES = 5;

// Whoever is rung gets a colour, in the order of appearance.
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
  const shown = new Map();
  for (const span of spans) if (!shown.has(span.words)) shown.set(span.words, span);
  return (
    <ul className={styles.legend} aria-label="Legend">
      {[...shown.values()].map((span) => (
        <li key={span.words}><span className={styles.swatch} data-tone={tone(span)} aria-hidden="true" />
          {planWords(span.words)}{span.gap && " (nobody)"}</li>
      ))}
    </ul>
  );
}

/** "by the rule “…” (line 12)". */
export function Why({ span, onLine }) {
  if (span.source !== "rules") return <>by the {span.source === "settings" ? "settings under Forwarding" : span.source}</>;
  return (
    <>by the rule “<bdi>{span.rule}</bdi>”{span.line && onLine && (
      <> (<button type="button" className={styles.lineLink} onClick={() => onLine(span.line)}>line {span.line}</button>)</>
    )}</>
  );
}

function Chosen({ span, zone, onLine }) {
  if (!span) return <p className={styles.soft}>Choose a time in the calendar to see who decides it.</p>;
  return (
    <p><strong>{dayName(span.from, zone)} {clock(span.from, zone)} to {dayName(span.to - 1, zone)}{" "}
      {clock(span.to, zone, true)}</strong>: the call {planWords(span.words)}, <Why span={span} onLine={onLine} />.
      {span.gap && <strong> Nobody is reached then, and no message is taken.</strong>}</p>
  );
}

function Changes({ dst, zone }) {
  return dst.map((change) => {
    const forward = change.to_offset > change.from_offset;
    const minutes = Math.round(Math.abs(change.to_offset - change.from_offset) / 60);
    return (
      <Note key={change.at} tone="warn" title={`The clocks ${forward ? "go forward" : "go back"} on ${dayName(change.at, zone)}`}>
        <p>By {minutes} minutes: that day has {forward ? 23 : 25} hours in the calendar.</p>
      </Note>
    );
  });
}

function OfNumber({ data, number, caller, onLine }) {
  const [chosen, setChosen] = useState(null);
  const spans = useMemo(() => number.classes.find((entry) => entry.class === caller)?.spans ?? [], [number, caller]);
  const list = useMemo(() => days(data.from, data.to, number.zone, spans, number.dst), [data, number, spans]);
  const tone = useMemo(() => tones(spans), [spans]);
  const gaps = spans.filter((span) => span.gap);
  return (
    <>
      {gaps.length > 0 ? (
        <Note tone="bad" title={`${count(gaps.length, "time")} when nobody is reached, and no message is taken`}>
          <p>{gaps.slice(0, 3).map((gap) => `${dayName(gap.from, number.zone)} ${clock(gap.from, number.zone)}`).join(", ")}
            {gaps.length > 3 && " and more"}</p>
        </Note>
      ) : (
        <p className={styles.soft}>No gap: every call reaches a person or a mailbox. The clock is that of
          {" "}{number.zone}.</p>
      )}
      <Changes dst={number.dst ?? []} zone={number.zone} />
      <Legend spans={spans} tone={tone} />
      <Calendar days={list} zone={number.zone} tone={tone} chosen={chosen} onChoose={setChosen}
        label={`Who is reached when ${CALLERS[caller]} calls ${number.phone_number}`} />
      <div role="status" aria-live="polite" className={styles.chosen}>
        <Chosen span={chosen?.span} zone={number.zone} onLine={onLine} />
      </div>
      <CoverageTable days={list} zone={number.zone} onLine={onLine} />
    </>
  );
}

export function Coverage({ numbers, onLine }) {
  const [id, setId] = useState("");
  const [caller, setCaller] = useState("unknown");
  const [online, setOnline] = useState(true);
  const wanted = id || String(numbers[0]?.id ?? "");
  const coverage = useResource("/api/twilio/coverage", { query: { phone_number_id: wanted, online, zone: ownZone() }, enabled: wanted !== "",
    staleTime: 60_000 });
  if (wanted === "") return <Empty icon="numbers" title="There is no number yet">Buy one under Numbers.</Empty>;
  return (
    <div className={styles.stack}>
      <div className={styles.inline}>
        <NumberSelect label="Calls to" numbers={numbers} value={wanted} onChange={setId} />
        <NativeSelect label="From" value={caller} onChange={(event) => setCaller(event.currentTarget.value)}
          data={Object.entries(CALLERS).map(([value, label]) => ({ value, label }))} />
        <Checkbox className={styles.tick} label="Your browsers are open" checked={online}
          onChange={(event) => setOnline(event.currentTarget.checked)} />
      </div>
      <Ready query={coverage} what="the next two weeks">
        {(data) => (data.numbers[0] ? (
          <OfNumber key={`${wanted} ${caller}`} data={data} number={data.numbers[0]} caller={caller} onLine={onLine} />
        ) : <Empty title="There is nothing to show for this number" />)}
      </Ready>
    </div>
  );
}
