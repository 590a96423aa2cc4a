// EditDialog.jsx: what can be changed about a number.
import { Button, Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useId, useMemo } from "react";
import { Dialog, DialogActions } from "../../parts/dialog.jsx";
import { Clash, inWords, useEdit } from "../../parts/edit.jsx";
import { Problem } from "../support/parts.jsx";
import { fieldError, phone } from "../support/words.js";
import { STALE } from "./use_numbers.js";

const RECORDING = [
  ["off", "Off", "Calls are not recorded; voicemail is."],
  ["on", "On", "Every call is recorded, after the announcement if there is one."],
  ["ask", "Ask the caller", "The caller hears the announcement and chooses; in the browser you choose for each call."],
];

const FIELDS = ["friendly_name", "voicemail_greeting", "timezone", "recording", "recording_announcement"];

const given = (number) => ({
  friendly_name: number.friendly_name ?? "", is_active: number.is_active,
  voicemail_greeting: number.voicemail_greeting ?? "",
  timezone: number.timezone ?? "", recording: number.recording, recording_announcement: number.recording_announcement ?? "",
});

// An emptied text is null.
const bodyOf = (form) => Object.fromEntries(Object.entries(form)
  .map(([name, value]) => [name, value === "" && name !== "friendly_name" ? null : value]));

const LABELS = { friendly_name: "Name", is_active: "Takes calls", voicemail_greeting: "Voicemail greeting",
  timezone: "Time zone", recording: "Recording of calls", recording_announcement: "Announcement" };

// A field's value in words.
function words(name, value) {
  return name === "recording" ? RECORDING.find(([kind]) => kind === value)[1] : inWords(value);
}

/** What a number is set to, field by field. */
export const facts = (number) => Object.keys(LABELS).map((name) => [LABELS[name], words(name, number[name])]);

function Recording({ form, set, error }) {
  return (
    <>
      <Radio.Group label="Recording of calls" value={form.recording} onChange={(value) => set("recording", value)}
        error={fieldError(error, "recording")}>
        <Stack gap={6} mt={6}>
          {RECORDING.map(([value, label, says]) => (
            <Radio key={value} value={value} label={label} description={says} />
          ))}
        </Stack>
      </Radio.Group>
      {form.recording !== "off" && (
        <Textarea label="Announcement" autosize minRows={2} maxLength={1000} value={form.recording_announcement}
          description="Said before the recording begins. Many places require that everybody on the call agrees."
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
  const { form, set, error } = edit;
  const text = (name) => ({
    value: form[name], onChange: (event) => set(name, event.currentTarget.value),
  });
  if (edit.clash) return <Clash edit={edit} labels={LABELS} show={words} />;
  return (
    <form onSubmit={edit.submit}>
      <Stack gap="md">
        <TextInput label="Name" required maxLength={64} data-autofocus {...text("friendly_name")}
          error={fieldError(error, "friendly_name")} />
        <Switch label="Takes calls" checked={form.is_active}
          onChange={(event) => set("is_active", event.currentTarget.checked)}
          description="Off: callers hear that it is closed and can leave a message. The number stays yours." />
        <Textarea label="Voicemail greeting" autosize minRows={2} maxLength={1000} {...text("voicemail_greeting")}
          description="Said before the beep; empty: the usual greeting. The https address of a recording is played."
          error={fieldError(error, "voicemail_greeting")} />
        <TextInput label="Time zone" {...text("timezone")} list={list} autoComplete="off" placeholder={usualZone}
          description={`For the coverage calendar, and for rules that ask for the number’s zone; empty: ${usualZone}`}
          error={fieldError(error, "timezone")} />
        <datalist id={list}>{zones.map((zone) => <option key={zone} value={zone} />)}</datalist>
        <Recording form={form} set={set} error={error} />
        {error && <Problem error={error} title="It was not saved" known={FIELDS} />}
      </Stack>
      <DialogActions>
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button type="submit" loading={edit.saving}>Save</Button>
      </DialogActions>
    </form>
  );
}

/** `usualZone`: of a number without one of its own. */
export function EditDialog({ number, usualZone, onClose, onSaved }) {
  return (
    <Dialog title={number ? `Edit ${phone(number.phone_number)}` : ""} open={number !== null} onClose={onClose}>
      {number && <Form key={number.id} number={number} usualZone={usualZone} onClose={onClose} onSaved={onSaved} />}
    </Dialog>
  );
}
