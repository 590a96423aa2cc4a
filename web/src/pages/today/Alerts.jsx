// Alerts.jsx: things that somebody should look at. Nothing is shown when there are none.
import { Button } from "@mantine/core";
import { ifMatch } from "../../api.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { LinkedText } from "../../parts/number_link.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange, useResource } from "../../resource.js";
import styles from "./today.module.css";

export function Alerts() {
  const notify = useNotice();
  const { data } = useResource("/api/twilio/alerts");
  const close = useChange((api, row) => api.post(`/api/twilio/alerts/${row.id}/close`, undefined, ifMatch(row)), ["alerts"], {
    onSuccess: () => notify("The alert is closed."),
    onError: (problem) => notify.problem(problem.current?.closed_at === null && problem.current
      ? { message: `It happened again: ${problem.current.detail || problem.current.subject}` } : problem),
  });
  if (!data?.alerts.length) return null;
  return (
    <ul className={styles.alerts} aria-label="Alerts">
      {data.alerts.map((alert) => (
        <li key={alert.id} className={styles.alert}>
          <Icon name="warning" />
          <div>
            <p><strong><bdi><LinkedText text={alert.subject} /></bdi></strong> {alert.count > 1 && `(${alert.count} times)`}</p>
            <p><bdi><LinkedText text={alert.detail} /></bdi> <Time at={alert.last_at} relative /></p>
          </div>
          <Button size="compact-sm" variant="default" aria-label={`Seen to: ${alert.subject}`}
            onClick={() => close.mutate(alert)}>
            Seen to
          </Button>
        </li>
      ))}
      {data.next && <li>There are more: older ones appear as you close these.</li>}
    </ul>
  );
}
