// Alerts.jsx: things that somebody should look at. Nothing is shown when there are none.
import { Button } from "@mantine/core";
import { ifMatch } from "../../api.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { LinkedText } from "../../parts/number_link.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange, useResource } from "../../resource.js";
import { plural, t } from "../../text/text.js";
import styles from "./today.module.css";

export function Alerts() {
  const notify = useNotice();
  const { data } = useResource("/api/twilio/alerts");
  const close = useChange((api, row) => api.post(`/api/twilio/alerts/${row.id}/close`, undefined, ifMatch(row)), ["alerts"], {
    onSuccess: () => notify(t("The alert is closed.")),
    onError: (problem) => notify.problem(problem.current?.closed_at === null && problem.current
      ? { message: t("It happened again: {what}", { what: problem.current.detail || problem.current.subject }) } : problem),
  });
  if (!data?.alerts.length) return null;
  return (
    <ul className={styles.alerts} aria-label={t("Alerts")}>
      {data.alerts.map((alert) => (
        <li key={alert.id} className={styles.alert}>
          <Icon name="warning" />
          <div>
            <p><strong><bdi lang="en"><LinkedText text={alert.subject} /></bdi></strong> {alert.count > 1 && plural(alert.count, "({n} time)", "({n} times)")}</p>
            <p><bdi lang="en"><LinkedText text={alert.detail} /></bdi> <Time at={alert.last_at} relative /></p>
          </div>
          <Button size="compact-sm" variant="default" aria-label={t("Seen to: {what}", { what: alert.subject })}
            onClick={() => close.mutate(alert)}>
            {t("Seen to")}
          </Button>
        </li>
      ))}
      {data.next && <li>{t("There are more: older ones appear as you close these.")}</li>}
    </ul>
  );
}
