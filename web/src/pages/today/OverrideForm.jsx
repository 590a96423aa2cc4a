// OverrideForm.jsx: where all calls go for a while, and until when.
import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldError } from "../../components/support/words.js";
import { Choice } from "../../parts/choice.jsx";
import { Dialog, FormActions } from "../../parts/dialog.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { countryOf, spoken, toE164, usePhoneLibrary } from "../../parts/phone_number.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { moment } from "../../parts/time.jsx";
import { useNumbers } from "../../parts/who.jsx";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";

const HOUR = 3_600_000;
const spans = () => [["0.5", t("30 min")], ["1", t("1 hour")], ["3", t("3 hours")], ["day", t("End of day")], ["own", t("Other")]];

// The end that was chosen, in ms; NaN while a time of one's own is not whole.
function endOf(span, own) {
  if (span === "day") return new Date().setHours(23, 59, 0, 0);
  return span === "own" ? new Date(own).getTime() : Date.now() + Number(span) * HOUR;
}

// For <input type="datetime-local">: a moment in local time.
function localText(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Until({ span, setSpan, own, setOwn, error }) {
  return (
    <div>
      <Choice label={t("For how long")} data={spans()} value={span} onChange={setSpan} />
      {span === "own" && (
        <TextInput mt="sm" type="datetime-local" label={t("Until")} value={own} onChange={(e) => setOwn(e.target.value)}
          min={localText(Date.now())} required error={error} />
      )}
    </div>
  );
}

function OverrideForm({ onClose }) {
  const lib = usePhoneLibrary();
  const notify = useNotice();
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const [span, setSpan] = useState("1");
  const [own, setOwn] = useState(() => localText(Date.now() + 2 * HOUR));
  const create = useChange((api, body) => api.post("/api/twilio/overrides", body), ["overrides", "coverage"], {
    onSuccess: (made) => {
      notify(t("Until {end}, calls go to {number}.", { end: moment(made.ends_at, { within: true }), number: spoken(made.forward_to_number) }));
      for (const text of made.warnings) notify.warn(text);
      onClose();
    },
  });
  const send = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const target = form.get("target");
    const only = form.get("number");
    const ours = numbers.find((number) => String(number.id) === only) ?? numbers[0];
    create.mutate({
      forward_to_number: toE164(target, lib, countryOf(ours, lib)) ?? target,
      ends_at: endOf(span, own), note: form.get("note"),
      ...(only ? { phone_number_id: Number(only) } : {}),
    });
  };
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <TextInput name="target" type="tel" label={t("Send calls to")} placeholder="+1 510 555 0100" required data-autofocus
          withAsterisk={false} error={fieldError(create.error, "forward_to_number")} autoComplete="tel" />
        <Until span={span} setSpan={setSpan} own={own} setOwn={setOwn} error={fieldError(create.error, "ends_at")} />
        {numbers.length > 1 && (
          <NativeSelect name="number" label={t("Calls to")} data={[{ value: "", label: t("All our numbers") },
            ...numbers.map((number) => ({ value: String(number.id), label: number.friendly_name }))]} />
        )}
        <TextInput name="note" label={t("Note")} description={t("Reason (optional), shown to your team")} maxLength={200} />
        <FormProblem error={create.error} known={["forward_to_number", "ends_at"]} />
      </Stack>
      <FormActions onCancel={onClose} busy={create.isPending}>{t("Send calls there")}</FormActions>
    </form>
  );
}

export function OverrideDialog({ onClose }) {
  return (
    <Dialog open onClose={onClose} title={t("Send all calls somewhere for a while")}>
      <OverrideForm onClose={onClose} />
    </Dialog>
  );
}
