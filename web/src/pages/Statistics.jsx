// Statistics.jsx: calls by day, hour and number, as charts and as tables.
import { useMemo, useState } from "react";
import { Choice } from "../parts/forms/choice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Table } from "../parts/tables/table.jsx";
import { clockText, dateText, Time, wordSpan } from "../parts/time.jsx";
import { useNumbers, Who } from "../parts/numbers/who.jsx";
import { useResource } from "../resource.js";
import { intl, number, percent, t } from "../text/text.js";
import { Bars, Legend } from "./statistics/Bars.jsx";
import styles from "./statistics/statistics.module.css";

const DAY = 86_400_000;
const spans = () => [["7", t("7 days")], ["30", t("30 days")], ["90", t("90 days")]];
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const SHORT = { day: "numeric", month: "short", timeZone: "UTC" };
const LONG = { weekday: "short", ...SHORT };
const dayText = (day, options) => dateText(new Date(`${day.date}T12:00:00Z`), options);
const hourOf = (hour) => clockText(Date.UTC(2024, 0, 1, hour.hour), "UTC");

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
      <Total name={t("Calls")} note={t("{inbound} in, {outbound} out", { inbound: number(data.inbound), outbound: number(data.outbound) })}>
        {number(data.calls)}
      </Total>
      <Total name={t("Answered|count")} note={wanted ? t("{share} of them", { share: percent(data.answered / wanted) }) : null}>
        {number(data.answered)}
      </Total>
      <Total name={t("Voicemail")}>{number(data.voicemail)}</Total>
      <Total name={t("Missed|count")}>{number(data.missed)}</Total>
      <Total name={t("Talked")}>{wordSpan(data.talk_seconds)}</Total>
      {(data.costs.length > 1 ? data.costs : [data]).map(({ cost, price_unit: unit }) => (
        <Total key={unit} name={unit ? t("Cost in {unit}", { unit }) : t("Cost")}
          note={data.calls_not_yet_priced ? t("{n} without a price yet", { n: number(data.calls_not_yet_priced) }) : null}>
          {intl("NumberFormat", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cost)}
        </Total>
      ))}
    </dl>
  );
}

function Counts({ label, first, rows, nameOf }) {
  return (
    <Table label={label} head={[first, { text: t("Answered|count"), end: true }, { text: t("Voicemail"), end: true },
      { text: t("Missed|count"), end: true }, { text: t("All"), end: true }]}>
      {rows.map((row) => (
        <tr key={nameOf(row)}>
          <td>{nameOf(row)}</td><td data-end>{number(row.answered)}</td><td data-end>{number(row.voicemail)}</td>
          <td data-end>{number(row.missed)}</td><td data-end>{number(row.calls)}</td>
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
    return <Panel><Empty icon="statistics" title={t("No calls in this period")}>{t("Choose a longer period, or wait for the first call.")}</Empty></Panel>;
  }
  const days = [...data.days].reverse();
  return (
    <>
      <Plot title={t("By day")} bars={<Bars label={t("Calls by day")} rows={data.days} nameOf={(day) => dayText(day, LONG)}
        tickOf={(day) => dayText(day, SHORT)} />}>
        <Counts label={t("Calls by day")} first={t("Day")} rows={days} nameOf={(day) => dayText(day, LONG)} />
      </Plot>
      <Plot title={t("By hour of the day ({zone})", { zone: data.zone.replaceAll("_", " ") })} bars={<Bars label={t("Calls by hour of the day")} rows={data.hours} nameOf={hourOf}
        tickOf={(hour) => (hour.hour % 3 === 0 ? hourOf(hour) : null)} />}>
        <Counts label={t("Calls by hour of the day")} first={t("Hour")} rows={data.hours.filter((hour) => hour.calls)}
          nameOf={hourOf} />
      </Plot>
    </>
  );
}

function ByNumber() {
  const numbers = useNumbers();
  return (
    <Panel title={t("By number, last 30 days")} flush>
      <Ready query={numbers} what={t("your numbers")}>
        {({ phone_numbers: rows }) => (rows.length === 0
          ? <Empty icon="numbers" title={t("No numbers yet")}>{t("Buy one on the Numbers page.")}</Empty>
          : (
            <Table label={t("Calls by number")} head={[t("Number"), { text: t("Answered|count"), end: true },
              { text: t("Voicemail"), end: true },
              { text: t("Missed|count"), end: true }, { text: t("Talked"), end: true, wide: true }]}>
              {rows.map(({ id, phone_number: address, friendly_name: name, statistics: s }) => (
                <tr key={id}>
                  <td><Who address={address} name={name} /></td>
                  <td data-end>{number(s.answered)}</td>
                  <td data-end>{number(s.voicemail)}</td>
                  <td data-end>{number(s.missed)}</td>
                  <td data-end data-wide>{wordSpan(s.talk_seconds)}</td>
                </tr>
              ))}
            </Table>
          ))}
      </Ready>
    </Panel>
  );
}

// Forwarded calls that ended in a mobile's own voicemail.
function Leaks({ from }) {
  const leaks = useResource("/api/twilio/leaks", { query: { from } });
  return (
    <Panel title={t("Calls lost to a phone’s own voicemail")} flush>
      <Ready query={leaks} what={t("the lost calls")}>
        {({ leaks: rows, total }) => (rows.length === 0
          ? <Empty icon="check" title={t("None")}>{t("No phone’s own voicemail answered a forwarded call.")}</Empty>
          : (
            <Table label={t("Phones whose voicemail answered calls")} head={[t("Phone"), { text: t("Answered|count"), end: true },
              { text: t("Lost"), end: true }, { text: t("Share"), end: true }, { text: t("Last"), wide: true }]}>
              {rows.map((leak) => (
                <tr key={leak.target}>
                  <td><Who address={leak.target} /></td><td data-end>{number(leak.answered)}</td>
                  <td data-end>{number(leak.leaked)}</td>
                  <td data-end>{percent(leak.share)}</td>
                  <td data-wide>{leak.last_at && <Time at={leak.last_at} />}</td>
                </tr>
              ))}
              {total > rows.length && <tr><td colSpan={5}>{t("The {shown} worst of {total} phones.", { shown: rows.length, total })}</td></tr>}
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
    <Page title={t("Statistics")} actions={<Choice label={t("Period")} hideLabel data={spans()} value={span} onChange={setSpan} />}>
      <Ready query={stats} what={t("the statistics")}>
        {(data) => <><Totals data={data} /><Plots data={data} /></>}
      </Ready>
      <div className={styles.columns}>
        <ByNumber />
        <Leaks from={from} />
      </div>
    </Page>
  );
}
