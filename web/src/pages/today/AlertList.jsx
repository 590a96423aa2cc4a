// AlertList.jsx: open alerts, newest first.
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { ifMatch } from "../../api.js";
import { Icon } from "../../parts/icon.jsx";
import { isolate } from "../../parts/numbers/isolate.js";
import { useNotice } from "../../parts/notice.jsx";
import { LinkedText, withSpaces } from "../../parts/numbers/phone_number.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { getLanguage, hostWords, plural, t } from "../../text/text.js";
import styles from "./today.module.css";

// An alert's text, in the reader's language where there is a translation.
function Words({ alert, words }) {
  const [own, isAll] = words?.alertWords({ ...alert, subject: isolate(alert.subject) }) ?? [];
  const host = (text) => <bdi lang="en"><LinkedText text={text} /></bdi>;
  return (
    <>
      <p>
        <strong>{own ? <LinkedText text={own} /> : host(alert.subject)}</strong>{" "}
        {alert.count > 1 && plural(alert.count, "({n} time)", "({n} times)")}
      </p>
      <p>{!isAll && host(alert.detail)} <Time at={alert.last_at} relative /></p>
    </>
  );
}

export function AlertList({ data }) {
  const notify = useNotice();
  const may = useMay();
  const [words, setWords] = useState();
  const { language } = getLanguage();
  useEffect(() => {
    let wanted = true;
    hostWords().then((found) => wanted && setWords(found));
    return () => {
      wanted = false;
    };
  }, [language]);
  const close = useChange((api, row) => api.post(`/api/twilio/alerts/${row.id}/close`, undefined, ifMatch(row)), ["alerts"], {
    onSuccess: () => notify(t("The alert is closed.")),
    onError: (problem) => notify.problem(problem.current?.closed_at === null && problem.current
      ? { message: t("It happened again: {what}", { what: problem.current.detail || problem.current.subject }) } : problem),
  });
  return (
    <ul className={styles.alerts} aria-label={t("Alerts")}>
      {data.alerts.map((alert) => (
        <li key={alert.id} className={styles.alert}>
          <Icon name="warning" />
          <div><Words alert={alert} words={words} /></div>
          {may("editor") && <Button size="compact-sm" variant="default" aria-label={t("Seen to: {what}", { what: withSpaces(alert.subject) })}
            onClick={() => close.mutate(alert)}>
            {t("Seen to")}
          </Button>}
        </li>
      ))}
      {data.next && <li>{t("There are more: older ones appear as you close these.")}</li>}
    </ul>
  );
}
