// ActiveOverride.jsx: an active or upcoming override, and ending it.
import { Button } from "@mantine/core";
import { ifMatch } from "../../api.js";
import { useNotice } from "../../parts/notice.jsx";
import { PhoneNumber } from "../../parts/numbers/phone_number.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { destinationWords } from "./destination.js";

function Whereto({ only, row }) {
  const to = row.forward_to_number, isPhone = /^\+\d+$/.test(to);
  const values = { ours: only && <bdi>{only.friendly_name}</bdi>, start: <Time at={row.starts_at} within />,
    number: <strong>{isPhone ? <PhoneNumber value={to} /> : <bdi>{destinationWords(to)}</bdi>}</strong>,
    end: <strong><Time at={row.ends_at} until /></strong> };
  if (row.in_force) {
    return only ? rich("Calls to {ours} go to {number} until {end}.", values)
    : rich("All calls go to {number} until {end}.", values);
  }
  return only ? rich("Calls to {ours} go to {number} from {start} until {end}.", values)
    : rich("All calls go to {number} from {start} until {end}.", values);
}

export function ActiveOverride({ row, numbers }) {
  const notify = useNotice();
  const may = useMay();
  const end = useChange((api) => api.delete(`/api/twilio/overrides/${row.id}`, ifMatch(row)), ["overrides", "coverage", "now"], {
    onSuccess: () => notify(t("Calls follow the rules again.")), onError: notify.problem,
  });
  const only = numbers.find((number) => number.id === row.phone_number_id);
  return (
    <div>
      <p><Whereto only={only} row={row} /></p>
      {row.note && <p><bdi>{row.note}</bdi></p>}
      {may("editor") && <Button mt="xs" size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate()}
        aria-label={t("End it now: calls to {number}", { number: destinationWords(row.forward_to_number) })}>
        {t("End it now")}
      </Button>}
    </div>
  );
}
