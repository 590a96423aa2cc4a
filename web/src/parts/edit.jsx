// edit.jsx: changing a row that a colleague may be changing too. Only what was
// changed in the form is sent, with the state it was read in (If-Match). When the
// row has changed since, both values stand side by side and the editor chooses.
//
//   const edit = useEdit({ row, given, bodyOf, send, stale, onSaved, onClose });
//   edit.form, edit.set(name, value), edit.submit, edit.error, edit.saving
//   if (edit.clash) return <Clash edit={edit} labels={{ name: "Name" }} show={(name, value) => …} />;
import { Radio, Stack } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ifMatch } from "../api.js";
import { useChange } from "../resource.js";
import { t } from "../text/text.js";
import { FormActions } from "./dialog.jsx";
import styles from "./edit.module.css";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const pick = (names, values) => Object.fromEntries(names.map((name) => [name, values[name]]));

// Fields of `changes` where a colleague's value is in the way, or that only the colleague changed.
function clashing(before, theirs, changes) {
  const mine = { ...before, ...changes };
  return Object.keys(before).filter((name) => !same(theirs[name], before[name]) && !same(theirs[name], mine[name]));
}

/**
 * @param {object} options
 * @param {object} options.row as it was read; without an id, a new one
 * @param {(row: object) => object} options.given what the form shows of a row
 * @param {(form: object) => object} options.bodyOf what the API takes, all fields of the form
 * @param {(api: object, row: object, body: object, options: object) => Promise<object>} options.send
 * @param {string[]} options.stale resources that depend on the row
 */
export function useEdit({ row, given, bodyOf, send, stale, onSaved, onClose }) {
  const [base, setBase] = useState(row);
  const [form, setForm] = useState(() => given(row));
  const [clash, setClash] = useState(null);
  const values = (of) => bodyOf(given(of));

  const change = useChange((api, { from, body }) => send(api, from, body, ifMatch(from)), stale, {
    onSuccess: onSaved,
    onError: (problem, { from, body }) => {
      if (!problem.current) return;
      const [before, theirs] = [values(from), values(problem.current)];
      const next = { base: problem.current, before, theirs, mine: body, names: clashing(before, theirs, body) };
      if (next.names.length > 0) setClash(next);
      else settle(next, []);
    },
  });

  function save(from, wanted) {
    const before = values(from);
    const names = Object.keys(wanted).filter((name) => !from.id || !same(wanted[name], before[name]));
    if (names.length === 0) onClose();
    else change.mutate({ from, body: pick(names, wanted) });
  }

  // Go on from the colleague's row with what is kept of one's own.
  function settle({ base: from, before, theirs, mine, names }, kept) {
    const free = Object.keys(mine).filter((name) => !names.includes(name));
    const wanted = { ...theirs, ...pick(free, mine), ...pick(kept, { ...before, ...mine }) };
    setClash(null);
    setBase(from);
    setForm(given({ ...from, ...wanted }));
    save(from, wanted);
  }

  return {
    form, clash, onClose, error: clash || change.error?.current ? null : change.error, saving: change.isPending,
    set: (name, value) => setForm((was) => ({ ...was, [name]: value })),
    submit: (event) => {
      event.preventDefault();
      if (!change.isPending) save(base, bodyOf(form));
    },
    keep: (names) => settle(clash, names),
  };
}

const plain = () => ({ true: t("On"), false: t("Off"), null: t("(empty)"), "": t("(empty)") });

// A value in words, where the form has none of its own for it.
export function inWords(value) {
  if (Array.isArray(value)) return value.join(", ") || plain()[""];
  return plain()[value ?? null] ?? String(value);
}

/** Both values of each field; the colleague's stand unless one's own are chosen. */
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
