// EditDialog.jsx: edit a number's settings.
import { Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useId, useMemo } from "react";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { Clash, inWords, useEdit } from "../../parts/forms/edit.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { t } from "../../text/text.js";
import { Problem } from "../support/parts.jsx";
import { fieldError, phone } from "../support/words.js";
import { STALE } from "./use_numbers.js";

const recordings = () => [
  ["off", t("Off"), t("Calls are not recorded; voicemail is.")],
  ["on", t("On"), t("Every call is recorded, after the announcement if there is one.")],
  ["ask", t("Ask the caller"), t("The caller hears the announcement and chooses; in the browser you choose for each call.")],
];

const FIELDS = ["friendly_name", "voicemail_greeting", "timezone", "recording", "recording_announcement"];

const given = (number) => ({
  friendly_name: number.friendly_name ?? "", is_active: number.is_active,
  voicemail_greeting: number.voicemail_greeting ?? "",
  timezone: number.timezone ?? "", recording: number.recording, recording_announcement: number.recording_announcement ?? "",
});

// An empty text becomes null.
const bodyOf = (form) => Object.fromEntries(Object.entries(form)
  .map(([name, value]) => [name, value === "" && name !== "friendly_name" ? null : value]));

const labels = () => ({ friendly_name: t("Name"), is_active: t("Takes calls"), voicemail_greeting: t("Voicemail greeting"),
  timezone: t("Time zone"), recording: t("Recording of calls"), recording_announcement: t("Announcement") });

// A field's value in words.
function words(name, value) {
  return name === "recording" ? recordings().find(([kind]) => kind === value)[1] : inWords(value);
}

/** A number's settings, field by field. */
export const facts = (number) => Object.entries(labels()).map(([name, label]) => [label, words(name, number[name])]);

function Recording({ form, set, error }) {
  return (
    <>
      <Radio.Group label={t("Recording of calls")} value={form.recording} onChange={(value) => set("recording", value)}
        error={fieldError(error, "recording")}>
        <Stack gap={6} mt={6}>
          {recordings().map(([value, label, says]) => (
            <Radio key={value} value={value} label={label} description={says} />
          ))}
        </Stack>
      </Radio.Group>
      {form.recording !== "off" && (
        <Textarea label={t("Announcement")} autosize minRows={2} value={form.recording_announcement}
          description={t("Said before the recording begins. Many places require that everybody on the call agrees.")}
          onChange={(event) => set("recording_announcement", event.currentTarget.value)}
          error={fieldError(error, "recording_announcement")} />
      )}
    </>
  );
}

function Form({ number, usualZone, onClose, onSaved }) {
  const list = useId();
  const zones = useMemo(() => Intl.supportedValuesOf?.("timeZone") ?? [], []);
  const edit = useEdit({ row: number, given, bodyOf, stale: STALE, onSaved, onClose,
    send: (api, { id }, body, options) => api.put(`/api/twilio/my-numbers/${id}`, body, options) });
  const { form, set } = edit;
  const { error, form: props } = useForm(edit.error, edit.submit);
  const text = (name) => ({
    value: form[name], onChange: (event) => set(name, event.currentTarget.value),
  });
  if (edit.clash) return <Clash edit={edit} labels={labels()} show={words} />;
  return (
    <form {...props}>
      <Stack gap="md">
        <TextInput name="friendly_name" label={t("Name")} required withAsterisk={false} placeholder={t("Front desk")} data-autofocus {...text("friendly_name")}
          error={fieldError(error, "friendly_name")} />
        <Switch label={t("Takes calls")} checked={form.is_active}
          onChange={(event) => set("is_active", event.currentTarget.checked)}
          description={t("Off: callers hear that it is closed and can leave a message. The number stays yours.")} />
        <Textarea label={t("Voicemail greeting")} autosize minRows={2} {...text("voicemail_greeting")}
          description={t("Said before the beep; empty: the usual greeting. The https address of a recording is played.")}
          error={fieldError(error, "voicemail_greeting")} />
        <TextInput label={t("Time zone")} {...text("timezone")} list={list} autoComplete="off" placeholder={usualZone}
          description={t("For the coverage calendar, and for rules that ask for the number’s zone; empty: {zone}", { zone: usualZone })}
          error={fieldError(error, "timezone")} />
        <datalist id={list}>{zones.map((zone) => <option key={zone} value={zone} />)}</datalist>
        <Recording form={form} set={set} error={error} />
        {error && <Problem error={error} title={t("It was not saved")} known={FIELDS} />}
      </Stack>
      <FormActions onCancel={onClose} busy={edit.saving}>{t("Save")}</FormActions>
    </form>
  );
}

/** `usualZone`: the time zone of numbers that have none of their own. */
export function EditDialog({ number, usualZone, onClose, onSaved }) {
  return (
    <Dialog title={number ? t("Edit {number}", { number: phone(number.phone_number) }) : ""} open={number !== null} onClose={onClose}
      kept={`number ${number?.id}`}>
      {(close) => <Form number={number} usualZone={usualZone} onClose={close} onSaved={(saved) => {
        close();
        onSaved(saved);
      }} />}
    </Dialog>
  );
}
