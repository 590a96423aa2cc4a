// CallTable.jsx: a table of calls: who, how it ended, when. Click a row for the
// call, a number for its caller.
import { Anchor } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { CallButton } from "../../parts/numbers/dial.jsx";
import { Icon } from "../../parts/icon.jsx";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { Player } from "../../parts/recordings/player.jsx";
import { CallLength, CallStatus } from "../../parts/status.jsx";
import { LongTable } from "../../parts/tables/long_table.jsx";
import { moment, Time } from "../../parts/time.jsx";
import { useNames, Who } from "../../parts/numbers/who.jsx";
import { t } from "../../text/text.js";
import styles from "./calls.module.css";

const head = () => [t("With"), { text: t("Our side"), wide: true }, t("Outcome"), { text: t("When"), wide: true },
  { text: t("Length"), end: true, wide: true }, { text: t("What to do"), hidden: true, wide: true }];

const keyOf = (call) => call.call_sid;

function Opens({ call, who }) {
  return (
    <Anchor component={Link} href={`/calls/${call.call_sid}`} c="inherit"
      aria-label={t("{when}: call with {who}", { when: moment(call.started_at), who })}>
      <Time at={call.started_at} />
    </Anchor>
  );
}

function Line({ call, row }) {
  const inbound = call.direction === "inbound";
  const names = useNames();
  const [, go] = useLocation();
  const [other, ours] = inbound ? [call.from, call.to] : [call.to, call.from];
  const who = names(other) ?? spoken(other);
  // Keyboard users have the link on the time.
  const open = (event) => {
    if (!event.target.closest("a, button, audio, input") && !window.getSelection()?.toString()) go(`/calls/${call.call_sid}`);
  };
  return (
    <tr {...row} className={styles.line} onClick={open}>
      <td>
        <span className={styles.party}>
          <span className={styles.direction} role="img" aria-label={inbound ? t("From") : t("To")}
            title={inbound ? t("Incoming") : t("Outgoing")}>
            <Icon name={inbound ? "incoming" : "outgoing"} size={18} />
          </span>
          <span className={styles.who}><Who address={other} /></span>
        </span>
      </td>
      <td data-wide><Who address={ours} brief /></td>
      <td>
        <CallStatus call={call} />
        {call.outcome === "message" && call.recording_sid && (
          <div className={styles.message}>
            <Player sid={call.recording_sid} isMessage name={t("message of {who}, {when}", { who, when: moment(call.started_at, { within: true }) })} />
          </div>
        )}
        <span className={styles.shortWhen}><Opens call={call} who={who} /></span>
      </td>
      <td data-wide><Opens call={call} who={who} /></td>
      <td data-end data-wide><CallLength call={call} /></td>
      <td data-wide><CallButton number={other} label={t("Call|verb")} aria-label={t("Call {number}", { number: spoken(other) })} /></td>
    </tr>
  );
}

// calls: from useCalls.
export function CallTable({ calls, label = t("Calls") }) {
  return (
    <LongTable label={label} head={head()} items={calls.items} keyOf={keyOf} onEnd={calls.more}
      total={calls.hasNextPage ? -1 : undefined}>
      {(call, row) => <Line call={call} row={row} />}
    </LongTable>
  );
}
