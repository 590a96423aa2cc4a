// Absences.jsx: users who have marked themselves away; an admin can end an absence.
import { Button } from "@mantine/core";
import { useState } from "react";
import { ifMatch } from "../../api.js";
import { Confirm } from "../../parts/forms/dialog.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { moment } from "../../parts/time.jsx";
import { useChange, useResource } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { t } from "../../text/text.js";
import styles from "./team.module.css";

const STALE = ["presence", "now", "coverage", "simulate"];
const nameOf = ({ name, user_id }) => name ?? user_id;

const facts = ({ ends_at }) => [[t("Away until"), moment(ends_at, { until: true })]];

/** Ends the absence that was shown when the dialog opened; if it has changed since, shows the new one first. */
function End({ person, onClose }) {
  const notify = useNotice();
  const path = `/api/twilio/away/${encodeURIComponent(person.user_id)}`;
  const absence = useResource(path, { gcTime: 0, staleTime: Infinity });
  const end = useChange((api, row) => api.delete(path, ifMatch(row)), STALE);
  const back = t("{name} is back: calls ring them again.", { name: nameOf(person) });
  return (
    <Confirm open onClose={onClose} title={t("End this absence?")} verb={t("End absence")} disabled={!absence.data}
      change={end} value={absence.data} facts={facts} onDone={() => notify(back)}>
      <p>{t("Their browser and phones ring again from the next call on.")}</p>
      <FormProblem error={absence.error} />
    </Confirm>
  );
}

export function Absences() {
  const may = useMay();
  const presence = useResource("/api/twilio/presence");
  const [asked, setAsked] = useState(null);
  const away = (presence.data?.people ?? []).filter(({ away_until }) => away_until);
  return (
    <>
      {away.length > 0 && (
        <div>
          <h2 className={styles.part}>{t("Set themselves away")}</h2>
          <ul className={styles.list} aria-label={t("Set themselves away")}>
            {away.map((person) => (
              <li key={person.user_id}>
                <span><bdi>{nameOf(person)}</bdi> · {t("away until {time}", { time: moment(person.away_until, { until: true }) })}</span>
                {may("admin") && (
                  <Button size="compact-sm" variant="default" aria-label={t("End absence: {name}", { name: nameOf(person) })}
                    onClick={() => setAsked(person)}>{t("End absence")}</Button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
      {asked && <End person={asked} onClose={() => setAsked(null)} />}
    </>
  );
}
