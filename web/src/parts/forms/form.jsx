// form.jsx: what every form does with a field that is empty or half typed, and after a
// refusal: it is said beside the field, and the first such field gets the focus. A browser
// would say it in its own language, in a bubble that goes away. What the form itself has said
// goes when the field is written in again.
//
//   const { error, form } = useForm(change.error, send);
//   <form {...form}><TextInput name="ends_at" required error={fieldError(error, "ends_at")} … /></form>
//
// A required field has a placeholder that shows how it is written, or `data-missing`: what to enter.
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../api.js";
import { t } from "../../text/text.js";
import { waitForLibrary } from "../numbers/phone_number.jsx";
import { dateText } from "../time.jsx";

const EXAMPLE = () => dateText(Date.now() + 3_600_000, { dateStyle: "short", timeStyle: "short" });

function problemOf({ dataset, type, placeholder, required, validity, value }) {
  const isEmpty = required && value.trim() === "";
  // Browsers tell nothing of a half-typed time but that it is one.
  if (type === "datetime-local" && (isEmpty || validity.badInput))
    return t("Enter both a date and a time, such as {example}.", { example: EXAMPLE() });
  if (!isEmpty) return undefined;
  if (dataset.missing) return dataset.missing;
  return placeholder ? t("This can’t be empty. Enter it like {example}.", { example: placeholder }) : t("This can’t be empty.");
}

function problemsOf(form) {
  const named = [...form.elements].filter((element) => element.name && element.validity);
  const problems = named.map((element) => [element.name, problemOf(element)]).filter(([, problem]) => problem);
  return problems.length > 0 ? Object.fromEntries(problems) : undefined;
}

const wrong = (fields) => (Object.keys(fields).length > 0
  ? new ApiError(422, "invalid", t("Some fields are invalid."), { fields, foreignFields: [] }) : null);

function without(error, name) {
  if (!error?.fields[name]) return error;
  const { [name]: Written, ...others } = error.fields;
  return wrong(others);
}

/**
 * @param {ApiError|null} refusal what the host says of the last try
 * @param {(event: Event) => Record<string, string>|void} send called if nothing is missing; returns what else is
 *   wrong, by field
 */
export function useForm(refusal, send) {
  const form = useRef(null);
  const answers = useRef(true); // not of a query that is refused again whenever it is repeated
  const [own, setOwn] = useState(null);
  const error = own ?? refusal;
  useEffect(() => {
    if (!error || !answers.current) return;
    answers.current = false;
    form.current?.querySelector('[aria-invalid="true"]')?.focus();
  }, [error]);
  const waiting = useRef(""); // until typed numbers can be read: "", "yes" or "over"
  const submitAgain = (sent) => {
    waiting.current = "over";
    if (sent.isConnected) sent.requestSubmit();
    waiting.current = "";
  };
  const onSubmit = (event) => {
    event.preventDefault();
    const sent = event.currentTarget;
    if (waiting.current === "yes") return;
    const wait = waiting.current === "over" ? undefined : waitForLibrary();
    if (wait) {
      waiting.current = "yes";
      wait.then(() => setTimeout(submitAgain, 0, sent));
      return;
    }
    answers.current = true;
    const fields = problemsOf(sent) ?? send(event);
    setOwn(wrong(fields ?? {}));
  };
  const onInput = ({ target }) => setOwn((now) => without(now, target.name));
  return { error, form: { ref: form, noValidate: true, onSubmit, onInput } };
}
