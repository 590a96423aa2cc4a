// CallHistory.jsx: a user's or team's calls, newest first: with whom, how they
// ended, when, how long. Calls in progress are listed and kept up to date.
//
//   <CallHistory baseUrl="https://phone.example.com" token={() => jwt} callHref={(call) => `/calls/${call.call_sid}`} />
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { CallButton, useDial } from "../parts/numbers/dial.jsx";
import { Icon } from "../parts/icon.jsx";
import { PhoneNumber, spoken, usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Empty } from "../parts/states.jsx";
import { CallLength, CallStatus } from "../parts/status.jsx";
import { Table } from "../parts/tables/table.jsx";
import { Time } from "../parts/time.jsx";
import { useNames, Who } from "../parts/numbers/who.jsx";
import { useList } from "../list.js";
import { t } from "../text/text.js";
import { standalone } from "./HookswitchProvider.jsx";
import { Listing } from "./support/listing.jsx";
import styles from "./support/panels.module.css";

const head = (canCall) => [t("With"), { text: t("Our side"), wide: true }, t("Outcome"), { text: t("When"), wide: true },
  { text: t("Length"), end: true, wide: true }, ...(canCall ? [{ text: t("What to do"), hidden: true, wide: true }] : [])];
const directions = () => [{ value: "", label: t("In and out") }, { value: "inbound", label: t("Incoming") },
  { value: "outbound", label: t("Outgoing") }];

function Line({ call, href, canCall }) {
  const names = useNames();
  const inbound = call.direction === "inbound";
  const [other, ours] = inbound ? [call.from, call.to] : [call.to, call.from];
  const who = <Who address={other} />;
  return (
    <tr>
      <td>
        <span className={styles.party}>
          <span role="img" aria-label={inbound ? t("From") : t("To")} className={styles.dimmed}>
            <Icon name={inbound ? "incoming" : "outgoing"} size={18} />
          </span>
          {href ? <a className={styles.link} href={href}>{who}</a> : who}
        </span>
      </td>
      <td data-wide>{names(ours) ?? <PhoneNumber value={ours} />}</td>
      <td>
        <CallStatus call={call} />
        <span className={styles.narrowOnly}><Time at={call.started_at} /></span>
      </td>
      <td data-wide><Time at={call.started_at} /></td>
      <td data-end data-wide><CallLength call={call} /></td>
      {canCall && <td data-wide><CallButton number={other} label={t("Call|verb")} aria-label={t("Call {number}", { number: spoken(other) })} /></td>}
    </tr>
  );
}

function Panel({ number, pageSize = 25, callHref }) {
  usePhoneLibrary();
  const [direction, setDirection] = useState("");
  const canCall = useDial().ready;
  const calls = useList("/api/twilio/call-logs", "call_logs", { query: { number, direction, limit: pageSize } });
  return (
    <Listing title={t("Calls")} list={calls} what={t("the calls")} more={t("Show earlier calls")}
      empty={<Empty icon="calls" title={t("No calls yet")}>{t("Calls to your numbers, and from this browser, are listed here.")}</Empty>}
      filter={<NativeSelect aria-label={t("Direction")} data={directions()} value={direction}
        onChange={(event) => setDirection(event.currentTarget.value)} />}
      draw={(items) => (
        <Table label={direction ? directions().find(({ value }) => value === direction).label : t("All calls")}
          head={head(canCall)}>
          {items.map((call) => <Line key={call.call_sid} call={call} href={callHref?.(call)} canCall={canCall} />)}
        </Table>
      )} />
  );
}

Panel.displayName = "CallHistory";

/** @type {import("./support/types.js").Standalone<import("./support/types.js").CallHistoryProps>} */
export const CallHistory = standalone(Panel);
export default CallHistory;
