// edit.jsx: edit a row that a colleague may be editing too. Only changed fields are
// sent, with the tag of the row as it was read (If-Match). If the row has changed
// since, both values are shown side by side and the user chooses.
//
//   const edit = useEdit({ row, given, bodyOf, send, stale, onSaved, onClose });
//   edit.form, edit.set(name, value), edit.submit, edit.error, edit.saving
//   if (edit.clash) return <Clash edit={edit} labels={{ name: "Name" }} show={(name, value) => …} />;
import { Radio, Stack } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ifMatch } from "../../api.js";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";
import { FormActions } from "./dialog.jsx";
import styles from "./edit.module.css";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const pick = (names, values) => Object.fromEntries(names.map((name) => [name, values[name]]));

// Fields where a colleague's value conflicts with `changes`, or that only the colleague changed.
function clashing(before, theirs, changes) {
  const mine = { ...before, ...changes };
  return Object.keys(before).filter((name) => !same(theirs[name], before[name]) && !same(theirs[name], mine[name]));
}

/**
 * @param {object} options
 * @param {object} options.row as it was read; a new one has no id
 * @param {(row: object) => object} options.given a row's values in the form
 * @param {(form: object) => object} options.bodyOf the form's values for the API
 * @param {(api: object, row: object, body: object, options: object) => Promise<object>} options.send
 * @param {string[]} options.stale resources that depend on the row
 */
export function useEdit({ row, given, bodyOf, send, stale, onSaved, onClose }) {
  const [base, setBase] = useState(row);
  const [form, setForm] = useState(() => given(row));
  const [clash, setClash] = useState(null);
  const latest = useRef(form);
  useEffect(() => {
    latest.current = form;
  });
  const values = (of) => bodyOf(given(of));

  const change = useChange((api, { from, body }) => send(api, from, body, ifMatch(from)), stale, {
    // What was typed while it was being saved stays in the form.
    onSuccess: (saved, { sent }) => (latest.current === sent ? onSaved(saved) : setBase(saved)),
    onError: (problem, { from, body }) => {
      if (!problem.current) return false;
      const [before, theirs] = [values(from), values(problem.current)];
      const next = { base: problem.current, before, theirs, mine: body, names: clashing(before, theirs, body) };
      if (next.names.length === 0) settle(next, []);
      else setClash(next);
      return next.names.length === 0;
    },
  });

  function save(from, wanted, sent) {
    const before = values(from);
    const names = Object.keys(wanted).filter((name) => !from.id || !same(wanted[name], before[name]));
    if (names.length === 0) onClose();
    else change.mutate({ from, body: pick(names, wanted), sent });
  }

  // Start again from the colleague's row, with the user's values that were kept.
  function settle({ base: from, before, theirs, mine, names }, kept) {
    const free = Object.keys(mine).filter((name) => !names.includes(name));
    const wanted = { ...theirs, ...pick(free, mine), ...pick(kept, { ...before, ...mine }) };
    const next = given({ ...from, ...wanted });
    setClash(null);
    setBase(from);
    setForm(next);
    save(from, wanted, next);
  }

  return {
    form, clash, onClose, error: clash || change.error?.current ? null : change.error, saving: change.isPending,
    set: (name, value) => setForm((was) => ({ ...was, [name]: value })),
    submit: (event) => {
      event.preventDefault();
      if (!change.isPending) save(base, bodyOf(form), form);
    },
    keep: (names) => settle(clash, names),
  };
}

const plain = () => ({ true: t("On"), false: t("Off"), null: t("(empty)"), "": t("(empty)") });

// A value in words, unless the form has its own.
export function inWords(value) {
  if (Array.isArray(value)) return value.join(", ") || plain()[""];
  return plain()[value ?? null] ?? String(value);
}

/** Both values of each field; the colleague's stay unless the user chooses their own. */
export function Clash({ edit, labels, show = (name, value) => inWords(value) }) {
  const { names, before, theirs, mine } = edit.clash;
  const [own, setOwn] = useState([]);
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const choose = (name, whose) => setOwn((was) => [...was.filter((one) => one !== name), ...(whose === "own" ? [name] : [])]);
  const submit = (event) => {
    event.preventDefault();
    edit.keep(own);
  };
  return (
    <form onSubmit={submit} aria-labelledby="edit-clash">
      <h3 id="edit-clash" tabIndex={-1} ref={heading} className={styles.heading}>{t("A colleague changed this while you were editing")}</h3>
      <p className={styles.says}>{t("Your changes aren’t saved yet. Choose what to keep.")}</p>
      <Stack gap="md">
        {names.map((name) => (
          <Radio.Group key={name} label={labels[name] ?? name} value={own.includes(name) ? "own" : "theirs"}
            onChange={(whose) => choose(name, whose)}>
            <div className={styles.choices}>
              <Radio value="theirs" label={show(name, theirs[name])} description={t("Theirs, in use now")} />
              <Radio value="own" label={show(name, name in mine ? mine[name] : before[name])}
                description={name in mine ? t("Yours") : t("As it was before")} />
            </div>
          </Radio.Group>
        ))}
      </Stack>
      <FormActions onCancel={edit.onClose} busy={edit.saving}>{t("Save the choice")}</FormActions>
    </form>
  );
}
