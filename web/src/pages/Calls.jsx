// Calls.jsx: the call log, with filters, search and CSV export.
import { Button } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { useSearchParams } from "wouter";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { t } from "../text/text.js";
import { CallTable } from "./calls/CallTable.jsx";
import { Filters, queryOf } from "./calls/Filters.jsx";
import { SaveCalls } from "./calls/SaveCalls.jsx";
import { useCalls } from "./calls/use_calls.js";
import styles from "./calls/calls.module.css";

function None({ filtered, clear }) {
  return filtered ? (
    <Empty icon="search" title={t("No call matches")} action={<Button variant="light" onClick={clear}>{t("Clear the filters")}</Button>}>
      {t("Choose a longer period or another outcome.")}
    </Empty>
  ) : (
    <Empty icon="calls" title={t("No calls yet")}>{t("Calls to your numbers, and from this browser, are listed here.")}</Empty>
  );
}

export function Calls() {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const query = useMemo(() => queryOf(new URLSearchParams(address)), [address]);
  const calls = useCalls(query);
  useEffect(() => {
    import("./Call.jsx"); // so that a click opens it immediately
  }, []);
  return (
    <Page title={t("Calls")} intro={t("Every call, and why it went where it went.")} actions={<SaveCalls query={query} />}>
      <Filters params={params} setParams={setParams} refusal={calls.error} />
      <Panel flush>
        <Ready query={calls} what={t("the calls")} known={["q", "number"]}>
          {() => (calls.items.length === 0
            ? <None filtered={params.size > 0} clear={() => setParams({})} />
            : (
              <>
                <CallTable calls={calls} />
                {calls.hasNextPage && (
                  <div className={styles.more}>
                    <Button variant="default" loading={calls.isFetchingNextPage} onClick={calls.more}>
                      {t("Show earlier calls")}
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
