// Statistics.jsx: calls by day, by hour and by number, drawn and as tables.
import { useMemo, useState } from "react";
import { Choice } from "../parts/choice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Table } from "../parts/table.jsx";
import { Time, wordSpan } from "../parts/time.jsx";
import { useNumbers, Who } from "../parts/who.jsx";
import { useResource } from "../resource.js";
import { Bars, Legend } from "./statistics/Bars.jsx";
import styles from "./statistics/statistics.module.css";

const DAY = 86_400_000;
const SPANS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"]];
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const SHORT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const MONEY = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const dateOf = (day) => new Date(`${day.date}T12:00:00Z`);
const hourOf = (hour) => `${String(hour.hour).padStart(2, "0")}:00`;

function Total({ name, children, note }) {
  return (
    <div className={styles.total}>
      <dt>{name}</dt><dd>{children}</dd>{note && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}

function Totals({ data }) {
  const wanted = data.answered + data.missed + data.voicemail;
  return (
    <dl className={styles.totals}>
      <Total name="Calls" note={`${data.inbound} in, ${data.outbound} out`}>{data.calls}</Total>
      <Total name="Answered" note={wanted ? `${Math.round((100 * data.answered) / wanted)} % of them` : null}>{data.answered}</Total>
      <Total name="Voicemail">{data.voicemail}</Total>
      <Total name="Missed">{data.missed}</Total>
      <Total name="Talked">{wordSpan(data.talk_seconds)}</Total>
      <Total name={data.price_unit ? `Cost in ${data.price_unit}` : "Cost"}
        note={data.calls_not_yet_priced ? `${data.calls_not_yet_priced} without a price yet` : null}>
        {MONEY.format(data.cost)}
      </Total>
    </dl>
  );
}

function Counts({ label, first, rows, nameOf }) {
  return (
    <Table label={label} head={[first, { text: "Answered", end: true }, { text: "Voicemail", end: true },
      { text: "Missed", end: true }, { text: "All", end: true }]}>
      {rows.map((row) => (
        <tr key={nameOf(row)}>
          <td>{nameOf(row)}</td><td data-end>{row.answered}</td><td data-end>{row.voicemail}</td>
          <td data-end>{row.missed}</td><td data-end>{row.calls}</td>
        </tr>
      ))}
    </Table>
  );
}

function Plot({ title, bars, children }) {
  return (
    <Panel title={title} flush actions={<Legend />}>
      <div className={styles.plot}>
        {bars}
        <div className={styles.table}>{children}</div>
      </div>
    </Panel>
  );
}

function Plots({ data }) {
  if (data.calls === 0) {
    return <Panel><Empty icon="statistics" title="No calls in this time">Choose a longer period, or wait for the first call.</Empty></Panel>;
  }
  const days = [...data.days].reverse();
  return (
    <>
      <Plot title="By day" bars={<Bars label="Calls by day" rows={data.days} nameOf={(day) => LONG.format(dateOf(day))}
        tickOf={(day) => SHORT.format(dateOf(day))} />}>
        <Counts label="Calls by day" first="Day" rows={days} nameOf={(day) => LONG.format(dateOf(day))} />
      </Plot>
      <Plot title={`By hour of the day (${data.zone.replaceAll("_", " ")})`} bars={<Bars label="Calls by hour of the day" rows={data.hours} nameOf={hourOf}
        tickOf={(hour) => (hour.hour % 3 === 0 ? hourOf(hour) : null)} />}>
        <Counts label="Calls by hour of the day" first="Hour" rows={data.hours.filter((hour) => hour.calls)}
          nameOf={hourOf} />
      </Plot>
    </>
  );
}

function ByNumber() {
  const numbers = useNumbers();
  return (
    <Panel title="By number, last 30 days" flush>
      <Ready query={numbers} what="your numbers">
        {({ phone_numbers: rows }) => (rows.length === 0
          ? <Empty icon="numbers" title="No numbers yet">Numbers are bought on the page Numbers.</Empty>
          : (
            <Table label="Calls by number" head={["Number", { text: "Answered", end: true }, { text: "Voicemail", end: true },
              { text: "Missed", end: true }, { text: "Talked", end: true, wide: true }]}>
              {rows.map((number) => (
                <tr key={number.id}>
                  <td><Who address={number.phone_number} name={number.friendly_name} /></td>
                  <td data-end>{number.statistics.answered}</td><td data-end>{number.statistics.voicemail}</td>
                  <td data-end>{number.statistics.missed}</td>
                  <td data-end data-wide>{wordSpan(number.statistics.talk_seconds)}</td>
                </tr>
              ))}
            </Table>
          ))}
      </Ready>
    </Panel>
  );
}

// Forwarded calls that a mobile's own voicemail took away.
function Leaks({ from }) {
  const leaks = useResource("/api/twilio/leaks", { query: { from } });
  return (
    <Panel title="Calls lost to a phone’s own mailbox" flush>
      <Ready query={leaks} what="the lost calls">
        {({ leaks: rows, total }) => (rows.length === 0
          ? <Empty icon="check" title="None">No phone that calls are forwarded to took one into its own mailbox.</Empty>
          : (
            <Table label="Phones that took calls into their mailbox" head={["Phone", { text: "Answered", end: true },
              { text: "Lost", end: true }, { text: "Share", end: true }, { text: "Last", wide: true }]}>
              {rows.map((leak) => (
                <tr key={leak.target}>
                  <td><Who address={leak.target} /></td><td data-end>{leak.answered}</td><td data-end>{leak.leaked}</td>
                  <td data-end>{Math.round(100 * leak.share)} %</td>
                  <td data-wide>{leak.last_at && <Time at={leak.last_at} />}</td>
                </tr>
              ))}
              {total > rows.length && <tr><td colSpan={5}>The {rows.length} worst of {total} phones.</td></tr>}
            </Table>
          ))}
      </Ready>
    </Panel>
  );
}

export function Statistics() {
  const [span, setSpan] = useState("30");
  const from = useMemo(() => new Date().setHours(0, 0, 0, 0) - (Number(span) - 1) * DAY, [span]);
  const stats = useResource("/api/twilio/stats", {
    query: { from, by: "day", zone: ZONE }, placeholderData: (before) => before,
  });
  return (
    <Page title="Statistics" actions={<Choice label="Time" hideLabel data={SPANS} value={span} onChange={setSpan} />}>
      <Ready query={stats} what="the statistics">
        {(data) => <><Totals data={data} /><Plots data={data} /></>}
      </Ready>
      <div className={styles.columns}>
        <ByNumber />
        <Leaks from={from} />
      </div>
    </Page>
  );
}
