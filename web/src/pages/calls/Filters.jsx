// Filters.jsx: the call log's filters. They live in the page's address, so a
// filtered log can be shared and survives a reload.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { t } from "../../text/text.js";
import { dayStart, dayText, periodOf, periods } from "./period.js";
import { Search } from "./Search.jsx";
import styles from "./calls.module.css";

const directions = () => [
  { value: "", label: t("In and out") }, { value: "inbound", label: t("Incoming") }, { value: "outbound", label: t("Outgoing") },
];
// The API's outcomes, and its end reasons where an outcome has several.
const outcomes = () => [["", t("Any outcome")], ["talked", t("Answered or forwarded")], ["missed", t("Missed, for any reason")],
  ["answered", t("Answered")], ["forwarded", t("Forwarded")], ["voicemail", t("Voicemail")], ["no_message", t("No message")],
  ["no_answer", t("No answer")], ["busy", t("Busy")], ["declined", t("Declined")], ["failed", t("Failed")],
  ["abandoned", t("Caller hung up")], ["blocked", t("Blocked")], ["rejected", t("Rejected")]].map(([value, label]) => ({ value, label }));
const OF_SEVERAL = ["talked", "missed"];

// The API's filters for the address's parameters.
export function queryOf(params) {
  const outcome = params.get("outcome") ?? undefined;
  const { start, end } = periodOf(params);
  const until = dayStart(params.get("until"), 1); // "jump to" a day
  const ends = [end, until].filter((at) => at !== undefined);
  const end_date = ends.length > 0 ? Math.min(...ends) : undefined;
  return {
    q: params.get("q") ?? undefined, number: params.get("number") ?? undefined, direction: params.get("direction") ?? undefined,
    ...(OF_SEVERAL.includes(outcome) ? { outcome } : { end_reason: outcome }),
    start_date: end_date < start ? end_date : start, end_date, // a day before the period: no call
  };
}

function Days({ params, change }) {
  const { problem } = periodOf(params);
  const input = (name, label, error) => (
    <TextInput type="date" label={label} value={params.get(name) ?? ""} max={dayText(Date.now())} error={error}
      onChange={(event) => change({ [name]: event.target.value })} />
  );
  return <>{input("from", t("First day"))}{input("to", t("Last day"), problem)}</>;
}

/** `refusal`: of the calls that match. */
export function Filters({ params, setParams, refusal }) {
  // Changing any other filter goes back to the newest call.
  const change = (changes) => setParams((old) => {
    const next = new URLSearchParams(old);
    for (const [name, value] of Object.entries({ until: "", ...changes })) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    return next;
  });
  const select = (name, label, data, more = {}) => (
    <NativeSelect label={label} data={data} value={params.get(name) ?? ""}
      onChange={(event) => change({ ...more, [name]: event.target.value })} />
  );
  return (
    <div className={styles.filters}>
      <Search q={params.get("q")} number={params.get("number")} refusal={refusal}
        search={(found) => change({ q: "", number: "", ...found })} />
      {select("days", t("When"), periods(), { from: "", to: "" })}
      {params.get("days") === "range" && <Days params={params} change={change} />}
      {select("direction", t("Direction"), directions())}
      {select("outcome", t("Outcome"), outcomes())}
      <TextInput type="date" label={t("Jump to")} value={params.get("until") ?? ""} max={dayText(Date.now())}
        onChange={(event) => change({ until: event.target.value })} />
      {params.size > 0 && <Button variant="subtle" onClick={() => setParams({})}>{t("Clear")}</Button>}
    </div>
  );
}
