// Inbox.jsx: callers to call back, and messages nobody has heard yet.
import { Button } from "@mantine/core";
import { useSearchParams } from "wouter";
import { Choice } from "../parts/forms/choice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { useList } from "../list.js";
import { t } from "../text/text.js";
import { Entries } from "./inbox/Entries.jsx";
import styles from "./inbox/inbox.module.css";

const SHOWN = 50;
const VIEWS = {
  open: { state: "open" }, mine: { state: "open", assigned: "me" }, unassigned: { state: "open", assigned: "nobody" },
  done: { state: "closed" },
};
// Each view's name, and what it says when it is empty.
const words = () => ({
  open: [t("Open"), t("Nobody is waiting"),
    t("Missed callers stay here until someone has talked to them, and messages until someone has heard them.")],
  mine: [t("Mine"), t("Nothing is assigned to you"), t("To take an entry, assign it to yourself.")],
  unassigned: [t("Unassigned"), t("Everything is assigned"), t("Open entries that aren’t assigned to anyone appear here.")],
  done: [t("Done"), t("Nothing is done yet"), t("You can reopen finished entries here.")],
});

export function Inbox() {
  const [params, setParams] = useSearchParams();
  const name = VIEWS[params.get("show")] ? params.get("show") : "open";
  const inbox = useList("/api/twilio/missed-calls", "missed_calls", { query: { ...VIEWS[name], limit: SHOWN } });
  const [label, title, text] = words()[name];
  return (
    <Page title={t("Inbox")} intro={t("Callers to get back to, and messages that nobody has heard.")}>
      <div className={styles.bar}>
        <Choice label={t("Show")} hideLabel value={name} data={Object.entries(words()).map(([value, [view]]) => [value, view])}
          onChange={(show) => setParams(show === "open" ? {} : { show })} />
      </div>
      <Panel title={label} count={name === "open" ? inbox.data?.pages[0].open : undefined} flush>
        <Ready query={inbox} what={t("the inbox")}>
          {() => (
            <>
              <Entries key={name} rows={inbox.items} empty={<Empty icon="check" title={title}>{text}</Empty>} />
              {inbox.hasNextPage && (
                <div className={styles.more}>
                  <Button variant="default" loading={inbox.isFetchingNextPage} onClick={() => inbox.fetchNextPage()}>{t("Show more")}</Button>
                </div>
              )}
            </>
          )}
        </Ready>
      </Panel>
    </Page>
  );
}
