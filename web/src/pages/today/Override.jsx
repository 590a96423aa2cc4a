// Override.jsx: "all calls to X until 15:00", which ends by itself.
import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { ifMatch } from "../../api.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { PhoneNumber } from "../../parts/phone_number.jsx";
import { Ready } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { useNumbers } from "../../parts/who.jsx";
import { useChange, useResource } from "../../resource.js";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { destinationWords } from "./destination.js";
import styles from "./today.module.css";

// A dialog is no part of the first load.
const OverrideDialog = lazy(() => import("./OverrideForm.jsx").then((module) => ({ default: module.OverrideDialog })));

function Whereto({ only, row }) {
  const to = row.forward_to_number, isPhone = /^\+\d+$/.test(to);
  const values = { ours: only && <bdi>{only.friendly_name}</bdi>, start: <Time at={row.starts_at} within />,
    number: <strong>{isPhone ? <PhoneNumber value={to} /> : <bdi>{destinationWords(to)}</bdi>}</strong>,
    end: <strong><Time at={row.ends_at} within /></strong> };
  if (row.in_force) {
    return only ? rich("Calls to {ours} go to {number} until {end}.", values)
    : rich("All calls go to {number} until {end}.", values);
  }
  return only ? rich("Calls to {ours} go to {number} from {start} until {end}.", values)
    : rich("All calls go to {number} from {start} until {end}.", values);
}

function Active({ row, numbers }) {
  const notify = useNotice();
  const end = useChange((api) => api.delete(`/api/twilio/overrides/${row.id}`, ifMatch(row)), ["overrides", "coverage"], {
    onSuccess: () => notify(t("Calls follow the rules again.")), onError: notify.problem,
  });
  const only = numbers.find((number) => number.id === row.phone_number_id);
  return (
    <div>
      <p>
        <Whereto only={only} row={row} />
      </p>
      {row.note && <p><bdi>{row.note}</bdi></p>}
      <Button mt="xs" size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate()}
        aria-label={t("End it now: calls to {number}", { number: destinationWords(row.forward_to_number) })}>
        {t("End it now")}
      </Button>
    </div>
  );
}

export function Override() {
  const [open, setOpen] = useState(false);
  const overrides = useResource("/api/twilio/overrides");
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const close = () => setOpen(false);
  return (
    <Panel title={t("Where calls go")}>
      <Ready query={overrides} what={t("the overrides")}>
        {(data) => (
          <div className={styles.override}>
            {data.overrides.length === 0 && <p>{t("Calls follow the rules and the forwarding settings.")}</p>}
            {data.overrides.map((row) => <Active key={row.id} row={row} numbers={numbers} />)}
            {data.next && <p>{t("There are more: the first {count} are shown.", { count: data.overrides.length })}</p>}
            <div>
              <Button variant="light" leftSection={<Icon name="clock" size={18} />} onClick={() => setOpen(true)}>
                {t("Send all calls to…")}
              </Button>
            </div>
          </div>
        )}
      </Ready>
      {open && <Suspense fallback={null}><OverrideDialog onClose={close} /></Suspense>}
    </Panel>
  );
}
