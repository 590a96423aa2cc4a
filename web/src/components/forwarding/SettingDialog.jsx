// SettingDialog.jsx: add or edit a forwarding setting.
import { NativeSelect, NumberInput, Radio, Stack, Switch, TextInput } from "@mantine/core";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { Clash, inWords, useEdit } from "../../parts/forms/edit.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { countryOf, toE164, usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { localText, moment, secondsText } from "../../parts/time.jsx";
import { countryName, list, t } from "../../text/text.js";
import { ownZone, STALE } from "../numbers/use_numbers.js";
import { Problem } from "../support/parts.jsx";
import { fieldError, FORWARDING_TYPES, labelOf, phone, unusedWords } from "../support/words.js";
import styles from "../support/panels.module.css";

const FIELDS = ["phone_number_id", "forward_to_number", "forwarding_type", "ring_timeout", "ends_at"];

const ALL = ""; // all numbers

const given = (setting, numbers) => ({
  phone_number_id: setting?.phone_number_id === null ? ALL : String(setting?.phone_number_id ?? numbers[0]?.id ?? ALL),
  forward_to_number: setting?.forward_to_number ?? "",
  forwarding_type: setting?.forwarding_type ?? "no_answer",
  ring_timeout: setting?.ring_timeout ?? 20,
  is_active: setting?.is_active ?? true,
  ends_at: setting?.ends_at ? localText(setting.ends_at) : "",
});

// The country of the number being called: a number typed without a country code is one of that country.
const countryIn = (form, numbers, library) =>
  countryOf(numbers.find((number) => String(number.id) === String(form.phone_number_id)) ?? numbers[0], library);

// Text that isn't a number is sent as typed, for the server to report.
const bodyWith = (library, numbers) => (form) => {
  const typed = form.forward_to_number;
  return { ...form, phone_number_id: form.phone_number_id === ALL ? null : Number(form.phone_number_id),
    ring_timeout: Number(form.ring_timeout),
    ends_at: form.ends_at ? new Date(form.ends_at).getTime() : null,
    forward_to_number: toE164(typed, library, countryIn(form, numbers, library)) ?? typed.trim() };
};

const send = (api, { id }, body, options) => (id ? api.put(`/api/call-forwarding/${id}`, body, options)
  : api.post("/api/call-forwarding", body));

const labels = () => ({ phone_number_id: t("Calls to"), forwarding_type: t("When"), forward_to_number: t("Forward to"),
  ring_timeout: t("Ring for"), is_active: t("Switched on"), ends_at: t("Until") });

// A field's value in words.
function words(name, value, numbers) {
  if (name === "phone_number_id" && value === null) return t("All our numbers");
  if (name === "phone_number_id") return labelOf(numbers.find((number) => number.id === value) ?? { phone_number: String(value) });
  if (name === "forwarding_type") return FORWARDING_TYPES[value].name;
  if (name === "forward_to_number") return phone(value);
  if (name === "ends_at" && value) return moment(value, { until: true });
  return name === "ring_timeout" ? secondsText(value) : inWords(value);
}

/** A setting field by field, in words. */
export const factsOf = (numbers) => (row) => Object.entries(labels())
  .map(([name, label]) => [label, words(name, row[name], numbers)]);

// Warns when "Always" and another setting would both be on: the other never applies.
function deadWords(form, settings) {
  const beside = settings.filter((one) => one.is_active && one.unused !== "ended" && one.id !== form.id
    && (one.phone_number_id === null || String(one.phone_number_id) === form.phone_number_id));
  if (!form.is_active) return undefined;
  if (form.forwarding_type !== "always") {
    const each = beside.filter((one) => one.forwarding_type === "always");
    const always = each.find((one) => one.phone_number_id !== null) ?? each[0]; // a number's own comes first
    return always && unusedWords(form, "always", always);
  }
  // Settings for all numbers still apply to the other numbers.
  const others = beside.filter((one) => one.forwarding_type !== "always" && String(one.phone_number_id ?? ALL) === form.phone_number_id)
    .map((one) => t("“{text}”", { text: FORWARDING_TYPES[one.forwarding_type].name }));
  return others.length && !form.ends_at ? t("With this on, {others} will never apply.", { others: list(others) }) : undefined;
}

function Fields({ form, set, numbers, settings, country, error }) {
  return (
    <Stack gap="md">
      <NativeSelect label={t("Calls to")} value={form.phone_number_id}
        data={[...numbers.map((number) => ({ value: String(number.id), label: labelOf(number) })), { value: ALL, label: t("All our numbers") }]}
        description={form.phone_number_id === ALL ? t("A number with its own setting of this type keeps it.") : undefined}
        onChange={(event) => set("phone_number_id", event.currentTarget.value)} error={fieldError(error, "phone_number_id")} />
      <Radio.Group label={t("When")} value={form.forwarding_type} onChange={(value) => set("forwarding_type", value)}
        error={fieldError(error, "forwarding_type")}>
        <Stack gap={6} mt={6}>
          {Object.entries(FORWARDING_TYPES).map(([value, { name, says }]) => (
            <Radio key={value} value={value} label={name} description={says} />
          ))}
        </Stack>
      </Radio.Group>
      <p role="status" className={styles.unused}>{deadWords(form, settings)}</p>
      <TextInput name="forward_to_number" label={t("Forward to")} type="tel" required withAsterisk={false} placeholder="+1 303 555 0142" value={form.forward_to_number}
        data-autofocus onChange={(event) => set("forward_to_number", event.currentTarget.value)}
        description={t("With + and its country code, or as it is dialled in {country}", { country: countryName(country) })}
        error={fieldError(error, "forward_to_number")} />
      <NumberInput label={t("Ring for")} suffix={` ${t("seconds")}`} min={5} max={600} allowDecimal={false} clampBehavior="none" value={form.ring_timeout}
        onChange={(value) => set("ring_timeout", value)} error={fieldError(error, "ring_timeout")}
        description={t("A mobile’s own voicemail often answers after 25 seconds")} />
      <TextInput label={t("Until")} name="ends_at" type="datetime-local" value={form.ends_at} min={localText(Date.now())}
        onChange={(event) => set("ends_at", event.currentTarget.value)}
        error={fieldError(error, "ends_at")}
        description={t("In your time zone, {zone}. Leave empty to keep it until someone switches it off", { zone: ownZone() })} />
      <Switch label={t("Switched on")} checked={form.is_active} onChange={(event) => set("is_active", event.currentTarget.checked)} />
    </Stack>
  );
}

function Form({ setting, numbers, settings, onClose, onSaved }) {
  const library = usePhoneLibrary();
  const edit = useEdit({ row: setting, given: (row) => given(row, numbers), bodyOf: bodyWith(library, numbers), send,
    stale: STALE, onSaved, onClose });
  const { error, form } = useForm(edit.error, edit.submit);
  if (edit.clash) return <Clash edit={edit} labels={labels()} show={(name, value) => words(name, value, numbers)} />;
  return (
    <form {...form}>
      <Fields form={{ ...edit.form, id: setting?.id }} set={edit.set} numbers={numbers} settings={settings}
        country={countryIn(edit.form, numbers, library)} error={error} />
      {error && <div className={styles.gap}><Problem error={error} title={t("It was not saved")} known={FIELDS} /></div>}
      <FormActions onCancel={onClose} busy={edit.saving}>{setting?.id ? t("Save") : t("Add")}</FormActions>
    </form>
  );
}

/** `setting`: null: closed; {}: a new one; { phone_number_id }: a new one for that number, or for all if it is null. */
export function SettingDialog({ setting, numbers, settings, onClose, onSaved }) {
  return (
    <Dialog title={setting?.id ? t("Edit forwarding") : t("Forward calls")} open={setting !== null} onClose={onClose}
      kept={`forwarding ${setting?.id ?? `of ${setting?.phone_number_id ?? "all"}`}`}>
      {(close) => <Form setting={setting} numbers={numbers} settings={settings} onClose={close} onSaved={(saved) => {
        close();
        onSaved(saved);
      }} />}
    </Dialog>
  );
}
