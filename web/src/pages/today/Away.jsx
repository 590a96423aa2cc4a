// Away.jsx: mark yourself away: your browser and phones don't ring until then.
import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { hostNow } from "../../clock.js";
import { fieldError } from "../../components/support/words.js";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { localText, moment } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";

const STALE = ["presence", "now", "coverage", "simulate"];

function useAway(done, options) {
  const notify = useNotice();
  return useChange((api, ends_at) => api.post("/api/twilio/away", { ends_at }), STALE, {
    onSuccess: ({ ends_at }) => {
      notify(ends_at ? t("You are away until {time}.", { time: moment(ends_at, { until: true }) }) : t("You are back."));
      done?.();
    },
    ...options,
  });
}

// Monday 08:00, local time.
function monday() {
  const day = new Date(hostNow());
  day.setDate(day.getDate() + ((8 - day.getDay()) % 7 || 7));
  return localText(day.setHours(8, 0, 0, 0));
}

function Form({ onClose }) {
  const [until, setUntil] = useState(monday);
  const leave = useAway(onClose);
  const { error, form } = useForm(leave.error, () => leave.mutate(new Date(until).getTime()));
  return (
    <form {...form}>
      <Stack gap="sm">
        <TextInput name="ends_at" type="datetime-local" label={t("Away until")} required withAsterisk={false} data-autofocus value={until}
          min={localText(hostNow())} onChange={(event) => setUntil(event.currentTarget.value)} error={fieldError(error, "ends_at")}
          description={t("Your browser and the phones people.txt gives you don’t ring until then, not even in groups or on call.")} />
        <div><Button variant="default" onClick={() => setUntil(monday())}>{t("Until Monday")}</Button></div>
        <FormProblem error={error} known={["ends_at"]} />
      </Stack>
      <FormActions onCancel={onClose} busy={leave.isPending}>{t("Set as away")}</FormActions>
    </form>
  );
}

export function AwayDialog({ onClose }) {
  return <Dialog open onClose={onClose} title={t("Away for a while")} kept="away">{(close) => <Form onClose={close} />}</Dialog>;
}

export function BackButton() {
  const notify = useNotice();
  const back = useAway(undefined, { onError: notify.problem });
  return <Button size="compact-sm" variant="default" loading={back.isPending} onClick={() => back.mutate(null)}>{t("I’m back")}</Button>;
}
