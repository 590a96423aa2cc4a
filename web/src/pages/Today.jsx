// Today.jsx: the page to keep open all day: who is on the phone, whom to call
// back, who can be reached, and any override.
import { useMemo } from "react";
import { FIRST, sinceMidnight } from "../first_reads.js";
import { useResource } from "../resource.js";
import { Page } from "../parts/page.jsx";
import { dateText, wordSpan } from "../parts/time.jsx";
import { number, t } from "../text/text.js";
import { Alerts } from "./today/Alerts.jsx";
import { LiveCalls } from "./today/LiveCalls.jsx";
import { Missed } from "./today/Missed.jsx";
import { Now } from "./today/Now.jsx";
import { Override } from "./today/Override.jsx";
import { Reachable } from "./today/Reachable.jsx";
import styles from "./today/today.module.css";

const TODAY = { weekday: "long", day: "numeric", month: "long" };

function Figure({ name, value, tone }) {
  return (
    <div className={styles.figure} data-tone={tone}>
      <dt>{name}</dt>
      <dd>{typeof value === "number" ? number(value) : value ?? "–"}</dd>
    </div>
  );
}

function Figures() {
  const query = useMemo(sinceMidnight, []);
  const { data } = useResource(FIRST.stats[0], { query });
  return (
    <dl className={styles.figures} aria-label={t("Today so far")}>
      <Figure name={t("Calls")} value={data?.calls} />
      <Figure name={t("Answered|count")} value={data?.answered} tone="good" />
      <Figure name={t("Voicemail")} value={data?.voicemail} tone="warn" />
      <Figure name={t("Missed|count")} value={data?.missed} tone="bad" />
      <Figure name={t("Talked")} value={data && wordSpan(data.talk_seconds)} />
    </dl>
  );
}

export function Today() {
  return (
    <Page title={t("Today")} intro={dateText(Date.now(), TODAY)}>
      <Alerts />
      <Figures />
      <div className={styles.columns}>
        <div className={styles.column}>
          <LiveCalls />
          <Missed />
        </div>
        <div className={styles.column}>
          <Now />
          <Override />
          <Reachable />
        </div>
      </div>
    </Page>
  );
}
