// Missed.jsx: the top of the inbox.
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { FIRST } from "../../first_reads.js";
import { Panel } from "../../parts/page.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { useResource } from "../../resource.js";
import { t } from "../../text/text.js";
import { Entries } from "../inbox/Entries.jsx";

const [MISSED, OPEN] = FIRST.missed;

export function Missed() {
  const missed = useResource(MISSED, { query: OPEN });
  return (
    <Panel title={t("To call back")} count={missed.data?.open} flush
      actions={<Anchor component={Link} href="/inbox" size="sm">{t("Open the inbox")}</Anchor>}>
      <Ready query={missed} what={t("the missed calls")}>
        {({ missed_calls: rows }) => (
          <Entries rows={rows} empty={(
            <Empty icon="check" title={t("Nobody is waiting")}>
              {t("Callers who didn’t get through stay here until someone has talked to them.")}
            </Empty>
          )} />
        )}
      </Ready>
    </Panel>
  );
}
