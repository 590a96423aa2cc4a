// LiveCalls.jsx: calls in progress.
import { Anchor } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { VisuallyHidden } from "@mantine/core";
import { FIRST } from "../../first_reads.js";
import { Icon } from "../../parts/icon.jsx";
import { Panel } from "../../parts/page.jsx";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { CallStatus, isLive } from "../../parts/status.jsx";
import { Row, Rows } from "../../parts/tables/table.jsx";
import { Running } from "../../parts/time.jsx";
import { useNames, useNumbers, Who } from "../../parts/numbers/who.jsx";
import { useResource } from "../../resource.js";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";

const [CALLS, NEWEST] = FIRST.calls;

// What screen readers say when a call begins.
function useNews(live) {
  const names = useNames();
  const known = useRef(null);
  const [news, setNews] = useState("");
  useEffect(() => {
    if (!live) return;
    const begun = live.filter((call) => known.current && !known.current.has(call.call_sid));
    known.current = new Set(live.map((call) => call.call_sid));
    const words = begun.map((call) => (call.direction === "inbound"
      ? t("Call from {who}", { who: names(call.from) ?? spoken(call.from) }) : t("Call to {who}", { who: names(call.to) ?? spoken(call.to) })));
    if (words.length) setNews(words.join(". "));
  }, [live, names]);
  return news;
}

function Line({ call }) {
  const inbound = call.direction === "inbound";
  const { data } = useNumbers();
  const ours = data?.phone_numbers.find((number) => number.id === call.phone_number_id);
  const our = ours ? <bdi>{ours.friendly_name}</bdi> : <Who address={inbound ? call.to : call.from} />;
  return (
    <Row icon={<Icon name={inbound ? "incoming" : "outgoing"} />}
      title={<Who address={inbound ? call.from : call.to} />}
      detail={inbound ? rich("to {number}", { number: our }) : rich("from {number}", { number: our })}>
      <CallStatus call={call} />
      <Running since={call.answered_at ?? call.started_at} />
      <Anchor component={Link} href={`/calls/${call.call_sid}`} size="sm"
        aria-label={t("Details of the call with {who}", { who: spoken(inbound ? call.from : call.to) })}>
        {t("Details")}
      </Anchor>
    </Row>
  );
}

export function LiveCalls() {
  const calls = useResource(CALLS, { query: NEWEST });
  const live = calls.data?.call_logs.filter(isLive);
  const news = useNews(live);
  return (
    <Panel title={t("On the phone now")} count={live?.length} flush>
      <VisuallyHidden role="status">{news}</VisuallyHidden>
      <Ready query={calls} what={t("the calls")}>
        {() => (live.length
          ? <Rows>{live.map((call) => <Line key={call.call_sid} call={call} />)}</Rows>
          : <Empty icon="calls" title={t("Nobody is on the phone")}>{t("A call appears here as soon as it rings.")}</Empty>)}
      </Ready>
    </Panel>
  );
}
