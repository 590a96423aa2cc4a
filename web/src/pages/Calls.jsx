// Calls.jsx: the call log: filtered, searched, page by page, and as a CSV file.
import { Anchor, Button } from "@mantine/core";
import { Link, useSearchParams } from "wouter";
import { CallButton } from "../parts/dial.jsx";
import { Icon } from "../parts/icon.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { PhoneNumber, spoken } from "../parts/phone_number.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { CallStatus, isLive } from "../parts/status.jsx";
import { Table } from "../parts/table.jsx";
import { clockSpan, Running, Time } from "../parts/time.jsx";
import { useNames, Who } from "../parts/who.jsx";
import { useList } from "../resource.js";
import { Filters, queryOf } from "./calls/Filters.jsx";
import { SaveCalls } from "./calls/SaveCalls.jsx";
import styles from "./calls/calls.module.css";

const PAGE = 50;
const HEAD = ["With", { text: "Our side", wide: true }, "Ended as", { text: "When", wide: true }, { text: "Length", end: true, wide: true },
  { text: "What to do", hidden: true, wide: true }];

function Line({ call }) {
  const inbound = call.direction === "inbound";
  const names = useNames();
  const [other, ours] = inbound ? [call.from, call.to] : [call.to, call.from];
  return (
    <tr>
      <td>
        <span className={styles.party}>
          <span className={styles.direction} role="img" aria-label={inbound ? "From" : "To"}
            title={inbound ? "Incoming" : "Outgoing"}>
            <Icon name={inbound ? "incoming" : "outgoing"} size={18} />
          </span>
          <Anchor component={Link} href={`/calls/${call.call_sid}`} fw={550} c="inherit"><Who address={other} /></Anchor>
        </span>
      </td>
      <td data-wide>{names(ours) ?? <PhoneNumber value={ours} />}</td>
      <td>
        <CallStatus call={call} />
        <span className={styles.shortWhen}><Time at={call.started_at} /></span>
      </td>
      <td data-wide><Time at={call.started_at} /></td>
      <td data-end data-wide>
        {isLive(call) ? <Running since={call.answered_at ?? call.started_at} /> : call.duration ? clockSpan(call.duration) : "–"}
      </td>
      <td data-wide><CallButton number={other} label="Call" aria-label={`Call ${spoken(other)}`} /></td>
    </tr>
  );
}

function None({ filtered, clear }) {
  return filtered ? (
    <Empty icon="search" title="No call matches" action={<Button variant="light" onClick={clear}>Clear the filters</Button>}>
      Take a longer time, or another outcome.
    </Empty>
  ) : (
    <Empty icon="calls" title="No calls yet">Calls to your numbers, and from this browser, are listed here.</Empty>
  );
}

export function Calls() {
  const [params, setParams] = useSearchParams();
  const query = queryOf(params);
  const calls = useList("/api/twilio/call-logs", "call_logs", { query: { ...query, limit: PAGE } });
  return (
    <Page title="Calls" intro="Every call, and why it went where it went." actions={<SaveCalls query={query} />}>
      <Filters params={params} setParams={setParams} />
      <Panel flush>
        <Ready query={calls} what="the calls">
          {() => (calls.items.length === 0
            ? <None filtered={params.size > 0} clear={() => setParams({})} />
            : (
              <>
                <Table label="Calls" head={HEAD}>
                  {calls.items.map((call) => <Line key={call.call_sid} call={call} />)}
                </Table>
                {calls.hasNextPage && (
                  <div className={styles.more}>
                    <Button variant="default" loading={calls.isFetchingNextPage} onClick={() => calls.fetchNextPage()}>
                      Show earlier calls
                    </Button>
                  </div>
                )}
              </>
            ))}
        </Ready>
      </Panel>
    </Page>
  );
}
