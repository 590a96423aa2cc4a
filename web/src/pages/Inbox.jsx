// Inbox.jsx: callers to get back to, and messages that nobody has heard.
import { Button, SegmentedControl } from "@mantine/core";
import { useSearchParams } from "wouter";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { useList } from "../resource.js";
import { Entries } from "./inbox/Entries.jsx";
import styles from "./inbox/inbox.module.css";

const SHOWN = 50;
const VIEWS = {
  open: { label: "Open", query: { state: "open" }, empty: ["Nobody is waiting", "Missed callers stay here until somebody has talked to them, and messages until they are heard."] },
  mine: { label: "Mine", query: { state: "open", assigned: "me" }, empty: ["Nothing is assigned to you", "Choose yourself beside an open entry to take it on."] },
  unassigned: { label: "Unassigned", query: { state: "open", assigned: "nobody" }, empty: ["Everything is assigned", "Open entries that nobody has taken on appear here."] },
  done: { label: "Done", query: { state: "closed" }, empty: ["Nothing is done yet", "Entries that are done can be reopened here."] },
};

export function Inbox() {
  const [params, setParams] = useSearchParams();
  const name = VIEWS[params.get("show")] ? params.get("show") : "open";
  const view = VIEWS[name];
  const inbox = useList("/api/twilio/missed-calls", "missed_calls", { query: { ...view.query, limit: SHOWN } });
  const [title, text] = view.empty;
  return (
    <Page title="Inbox" intro="Callers to get back to, and messages that nobody has heard.">
      <div className={styles.bar}>
        <SegmentedControl aria-label="Show" value={name} data={Object.entries(VIEWS).map(([value, { label }]) => ({ value, label }))}
          onChange={(show) => setParams(show === "open" ? {} : { show })} />
      </div>
      <Panel title={view.label} count={name === "open" ? inbox.data?.pages[0].open : undefined} flush>
        <Ready query={inbox} what="the inbox">
          {() => (
            <>
              <Entries rows={inbox.items} empty={<Empty icon="check" title={title}>{text}</Empty>} />
              {inbox.hasNextPage && (
                <div className={styles.more}>
                  <Button variant="default" loading={inbox.isFetchingNextPage} onClick={() => inbox.fetchNextPage()}>Show more</Button>
                </div>
              )}
            </>
          )}
        </Ready>
      </Panel>
    </Page>
  );
}
