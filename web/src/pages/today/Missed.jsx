// Missed.jsx: callers to get back to. One stays until somebody has talked to that
// number, or puts it aside.
import { Anchor, Button } from "@mantine/core";
import { Link } from "wouter";
import { ifMatch } from "../../api.js";
import { CallButton } from "../../parts/dial.jsx";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { spoken } from "../../parts/phone_number.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Row, Rows } from "../../parts/table.jsx";
import { Time } from "../../parts/time.jsx";
import { Who } from "../../parts/who.jsx";
import { useChange, useList } from "../../resource.js";

const SHOWN = 20;

function Caller({ row, dismiss }) {
  const who = row.name ?? spoken(row.number);
  return (
    <Row icon={<Icon name={row.voicemail_recording_sid ? "voicemail" : "incoming"} />}
      title={<Who address={row.number} name={row.name} />}
      detail={<>
        <Anchor component={Link} href={`/calls/${row.last_call_sid}`} size="sm">
          {row.calls > 1 ? `${row.calls} calls` : "One call"}
        </Anchor>
        <Time at={row.last_at} relative />
        {row.voicemail_recording_sid && (
          <Anchor component={Link} href={`/recordings?play=${row.voicemail_recording_sid}`} size="sm">
            Left a message
          </Anchor>
        )}
      </>}>
      <CallButton number={row.number} />
      <Button size="compact-sm" variant="default" aria-label={`Done with ${who}`} onClick={() => dismiss.mutate(row)}>
        Done
      </Button>
    </Row>
  );
}

export function Missed() {
  const notify = useNotice();
  const missed = useList("/api/twilio/missed-calls", "missed_calls", { query: { state: "open", limit: SHOWN } });
  const dismiss = useChange((api, row) => api.post(`/api/twilio/missed-calls/${row.id}/dismiss`, undefined, ifMatch(row)),
    ["missed-calls"], {
      onSuccess: (_, row) => notify(`${row.name ?? spoken(row.number)} is done.`),
      onError: (problem, row) => notify.problem(problem.current?.calls > row.calls
        ? { message: `${row.name ?? spoken(row.number)} has called again meanwhile.` } : problem),
    });
  return (
    <Panel title="To call back" count={missed.data?.pages[0].open ?? missed.items?.length} flush>
      <Ready query={missed} what="the missed calls">
        {() => (missed.items.length ? (
          <>
            <Rows>{missed.items.map((row) => <Caller key={row.id} row={row} dismiss={dismiss} />)}</Rows>
            {missed.hasNextPage && (
              <Button variant="subtle" fullWidth loading={missed.isFetchingNextPage} onClick={() => missed.fetchNextPage()}>
                Show more
              </Button>
            )}
          </>
        ) : (
          <Empty icon="check" title="Nobody is waiting">
            Whoever was not put through stays here until somebody has talked to them.
          </Empty>
        ))}
      </Ready>
    </Panel>
  );
}
