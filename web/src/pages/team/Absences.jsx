// Absences.jsx: users who said themselves that they are away; an admin may end that.
import { Button } from "@mantine/core";
import { useState } from "react";
import { Confirm } from "../../parts/dialog.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { moment } from "../../parts/time.jsx";
import { useChange, useResource } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { t } from "../../text/text.js";
import styles from "./team.module.css";

const STALE = ["presence", "now", "coverage", "simulate"];
const nameOf = ({ name, user_id }) => name ?? user_id;

export function Absences() {
  const may = useMay();
  const notify = useNotice();
  const presence = useResource("/api/twilio/presence");
  const [asked, setAsked] = useState(null);
  const end = useChange((api, { user_id }) => api.delete(`/api/twilio/away/${encodeURIComponent(user_id)}`), STALE);
  const away = (presence.data?.people ?? []).filter(({ away_until }) => away_until);
  const back = t("{name} is back: calls ring them again.", { name: asked ? nameOf(asked) : "" });
  return (
    <>
      {away.length > 0 && (
        <div>
          <h2 className={styles.part}>{t("Away, as they said themselves")}</h2>
          <ul className={styles.list} aria-label={t("Away, as they said themselves")}>
            {away.map((person) => (
              <li key={person.user_id}>
                <span><bdi>{nameOf(person)}</bdi> · {t("away until {time}", { time: moment(person.away_until, { within: true }) })}</span>
                {may("admin") && (
                  <Button size="compact-sm" variant="default" aria-label={t("End absence: {name}", { name: nameOf(person) })}
                    onClick={() => setAsked(person)}>{t("End absence")}</Button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Confirm open={asked !== null} onClose={() => setAsked(null)} title={t("End this absence?")} verb={t("End absence")}
        change={end} value={asked} onDone={() => notify(back)}>
        <p>{t("Their browser and phones ring again from the next call on.")}</p>
      </Confirm>
    </>
  );
}
