// Try.jsx: simulate a call: who calls when, what each phone does, and what the
// caller hears, second by second. Nothing is dialled or stored.
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "../../components/support/parts.jsx";
import { fieldError } from "../../components/support/words.js";
import { useForm } from "../../parts/forms/form.jsx";
import { countryOf, toE164, usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { useApi } from "../../session.jsx";
import { t } from "../../text/text.js";
import { NumberSelect } from "./NumberSelect.jsx";
import styles from "./rules.module.css";
import { TryResult } from "./TryResult.jsx";

const choices = (list) => list.map(([value, label]) => ({ value, label }));
const deeds = () => choices([
  ["no-answer", t("does not answer")], ["answered", t("answers and talks")], ["busy", t("is busy")], ["declined", t("declines")],
  ["failed", t("cannot be reached")], ["voicemail", t("is answered by its own voicemail")],
  ["caller-hangs-up", t("rings, and the caller hangs up")],
]);
const browsers = () => choices([["", t("as it is now")], ["online", t("open and free")], ["busy", t("open and talking")],
  ["offline", t("closed")]]);
const LINES = {
  online: { online: true, busy: false }, busy: { online: true, busy: true }, offline: { online: false, busy: false },
};
const MOST_ANSWERS = 6;
const EMPTY = { number: "", from: "", at: "", answers: ["no-answer"], digits: "", line: "" };
const FIELDS = ["phone_number_id", "to", "from", "at", "line", "digits"];
const KEYS = /^[0-9*#]+$/;
// What carriers send instead of a number.
const WORDS = /^(anonymous|restricted|unknown|unavailable|private)$|^(client|sips?):./i;

// "1, 42, #" → the caller's answer to each question in turn.
const keys = (text) => text.split(/[\s,]+/).filter(Boolean);

const numberOf = (form, numbers) => numbers.find((number) => String(number.id) === form.number) ?? numbers[0];

// The caller as the API has it; undefined if it is neither a number nor what carriers send instead.
const callerOf = (text, library, to) => toE164(text, library, countryOf(to, library))
  ?? (WORDS.test(text) ? text : undefined);

// What the API would take as it stands, but nobody can mean.
function doubts(form, { library, numbers }) {
  const from = form.from.trim();
  if (from && !callerOf(from, library, numberOf(form, numbers)))
    return { from: t("This isn’t a phone number. Enter it with the country code, such as +1 510 555 0100.") };
  return keys(form.digits).every((part) => KEYS.test(part)) ? undefined
    : { digits: t("Only 0 to 9, * and # are keys. Write them like 1, 2.") };
}

function request(form, { library, source, numbers }) {
  const from = form.from.trim();
  const to = numberOf(form, numbers);
  return {
    phone_number_id: to?.id,
    from: from ? callerOf(from, library, to) : undefined,
    at: form.at ? new Date(form.at).getTime() : undefined,
    answers: form.answers, digits: form.digits ? keys(form.digits) : undefined,
    line: LINES[form.line], source,
  };
}

function Answers({ answers, onChange }) {
  const set = (at, value) => onChange(answers.map((answer, n) => (n === at ? value : answer)));
  return (
    <fieldset className={styles.answers}>
      <legend>{t("What the phones and browsers do, in the order they ring")}</legend>
      {answers.map((answer, at) => (
        <div key={at} className={styles.answer}>
          <NativeSelect aria-label={t("Phone or browser {n}", { n: at + 1 })} data={deeds()} value={answer}
            onChange={(event) => set(at, event.currentTarget.value)} />
          {answers.length > 1 && (
            <Button size="compact-sm" variant="subtle" aria-label={t("Remove phone or browser {n}", { n: at + 1 })}
              onClick={() => onChange(answers.filter((_, n) => n !== at))}>{t("Remove")}</Button>
          )}
        </div>
      ))}
      {answers.length < MOST_ANSWERS && (
        <Button size="compact-sm" variant="default" onClick={() => onChange([...answers, "no-answer"])}>{t("Add another")}</Button>
      )}
    </fieldset>
  );
}

function Form({ form, setForm, numbers, refusal, pending, onSubmit, children }) {
  const { error, form: props } = useForm(refusal, onSubmit);
  const set = (name) => (event) => setForm({ ...form, [name]: event.currentTarget.value });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <form className={styles.form} {...props} aria-label={t("Try a call")}>
      <NumberSelect label={t("Someone calls")} numbers={numbers} value={form.number} onChange={(number) => setForm({ ...form, number })}
        error={fieldError(error, "phone_number_id", "to")} />
      <TextInput label={t("From")} placeholder="+1 303 555 0123" value={form.from} onChange={set("from")} error={fieldError(error, "from")}
        description={t("A number, or anonymous; empty: an unknown caller")} />
      <TextInput label={t("When")} name="at" type="datetime-local" value={form.at} onChange={set("at")} error={fieldError(error, "at")}
        description={t("Empty: now. In your time zone, {zone}", { zone })} />
      <NativeSelect label={t("Your browsers are")} data={browsers()} value={form.line} onChange={set("line")} error={fieldError(error, "line")} />
      <Answers answers={form.answers} onChange={(answers) => setForm({ ...form, answers })} />
      <TextInput label={t("Keys the caller presses in menus")} placeholder="1, 2" value={form.digits} onChange={set("digits")}
        error={fieldError(error, "digits")} />
      {children}
      <Button type="submit" loading={pending}>{t("Try this call")}</Button>
    </form>
  );
}

/** `typed.dirty`: there is unsaved text, which can be tried too. */
export function Try({ typed, numbers, onLine }) {
  const api = useApi();
  const library = usePhoneLibrary();
  const [form, setForm] = useState(EMPTY);
  const [unsaved, setUnsaved] = useState(true);
  const result = useRef(null);
  const attempt = useMutation({ mutationFn: (body) => api.post("/api/twilio/simulate", body) });
  const tryTyped = typed.dirty && unsaved;
  useEffect(() => {
    if (attempt.data) result.current?.focus();
  }, [attempt.data]);
  return (
    <div className={styles.try}>
      <Form form={form} setForm={setForm} numbers={numbers} refusal={attempt.error} pending={attempt.isPending}
        onSubmit={() => doubts(form, { library, numbers })
          ?? attempt.mutate(request(form, { library, numbers, source: tryTyped ? typed.text : undefined }))}>
        {typed.dirty && <Checkbox label={t("With my unsaved text")} checked={unsaved}
          onChange={(event) => setUnsaved(event.currentTarget.checked)} />}
      </Form>
      <div>
        {attempt.error && <Problem error={attempt.error} title={t("Could not try a call")} known={FIELDS} />}
        {attempt.data && (
          <TryResult ref={result} result={attempt.data} draft={Boolean(attempt.variables?.source)} onLine={onLine} />
        )}
        {!attempt.data && !attempt.error && (
          <p className={styles.soft}>{t("You then see here who decides, on which line, what the caller hears, and what Twilio gets at each step.")}</p>
        )}
      </div>
    </div>
  );
}
