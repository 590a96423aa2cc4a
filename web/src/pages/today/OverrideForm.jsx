// OverrideForm.jsx: where all calls go for a while, and from when until when.
import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { hostNow } from "../../clock.js";
import { fieldError } from "../../components/support/words.js";
import { Choice } from "../../parts/forms/choice.jsx";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { countryOf, usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { localText, moment } from "../../parts/time.jsx";
import { useNumbers } from "../../parts/numbers/who.jsx";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";
import { destinationWords, typedDestination } from "./destination.js";

const HOUR = 3_600_000;
const spans = () => [["0.5", t("30 min")], ["1", t("1 hour")], ["3", t("3 hours")], ["day", t("End of day")], ["own", t("Other")]];

// The chosen span in ms; it starts now unless a start was chosen.
function timesOf(span, own) {
  if (span === "day") return { ends_at: new Date(hostNow()).setHours(24, 0, 0, 0) };
  if (span !== "own") return { ends_at: hostNow() + Number(span) * HOUR };
  const starts = new Date(own.starts_at).getTime();
  return { ends_at: new Date(own.ends_at).getTime(), ...(starts > hostNow() ? { starts_at: starts } : {}) };
}

// A custom span: from now until later today, or a coming holiday.
function Span({ span, setSpan, own, setOwn, error }) {
  const input = (name, label, min) => (
    <TextInput mt="sm" name={name} type="datetime-local" label={label} min={min} required withAsterisk={false}
      value={own[name]} onChange={(e) => setOwn({ ...own, [name]: e.target.value })}
      error={fieldError(error, name)} />
  );
  return (
    <div>
      <Choice label={t("For how long")} data={spans()} value={span} onChange={setSpan} />
      {span === "own" && <>{input("starts_at", t("From|time"))}{input("ends_at", t("Until"), localText(hostNow()))}</>}
    </div>
  );
}

function OverrideForm({ onClose }) {
  const lib = usePhoneLibrary();
  const notify = useNotice();
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const [span, setSpan] = useState("1");
  const [own, setOwn] = useState(() => {
    const now = hostNow();
    return { starts_at: localText(now), ends_at: localText(now + 2 * HOUR) };
  });
  const create = useChange((api, body) => api.post("/api/twilio/overrides", body), ["overrides", "coverage", "now"], {
    onSuccess: (made) => {
      const words = { start: moment(made.starts_at, { within: true }), end: moment(made.ends_at, { until: true }),
        number: destinationWords(made.forward_to_number) };
      notify(made.in_force ? t("Until {end}, calls go to {number}.", words)
        : t("From {start} until {end}, calls go to {number}.", words));
      for (const text of made.warnings) notify.warn(text, { foreign: true });
      onClose();
    },
  });
  const { error, form: props } = useForm(create.error, (event) => {
    const form = new FormData(event.target);
    const target = form.get("forward_to_number");
    const only = form.get("number");
    const ours = numbers.find((number) => String(number.id) === only) ?? numbers[0];
    create.mutate({
      forward_to_number: typedDestination(target, lib, countryOf(ours, lib)),
      ...timesOf(span, own), note: form.get("note"),
      ...(only ? { phone_number_id: Number(only) } : {}),
    });
  });
  return (
    <form {...props}>
      <Stack gap="sm">
        <TextInput name="forward_to_number" label={t("Send calls to")} placeholder="+1 510 555 0100" required data-autofocus
          description={t("A number, several with commas, or voicemail")}
          withAsterisk={false} error={fieldError(error, "forward_to_number")} autoComplete="tel" />
        <Span span={span} setSpan={setSpan} own={own} setOwn={setOwn} error={error} />
        {numbers.length > 1 && (
          <NativeSelect name="number" label={t("Calls to")} error={fieldError(error, "phone_number_id")} data={[{ value: "", label: t("All our numbers") },
            ...numbers.map((number) => ({ value: String(number.id), label: number.friendly_name }))]} />
        )}
        <TextInput name="note" label={t("Note")} description={t("Reason (optional), shown to your team")}
          error={fieldError(error, "note")} />
        <FormProblem error={error} known={["forward_to_number", "starts_at", "ends_at", "phone_number_id", "note"]} />
      </Stack>
      <FormActions onCancel={onClose} busy={create.isPending}>{t("Send calls there")}</FormActions>
    </form>
  );
}

export function OverrideDialog({ onClose }) {
  return (
    <Dialog open onClose={onClose} title={t("Send all calls somewhere for a while")} kept="override">
      {(close) => <OverrideForm onClose={close} />}
    </Dialog>
  );
}
