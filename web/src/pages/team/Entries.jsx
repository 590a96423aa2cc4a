// Entries.jsx: a list of people, groups, hours or rotas, one open at a time, with the fields they share.
import { Button, Input, NativeSelect, TextInput } from "@mantine/core";
import { useId, useMemo, useState } from "react";
import { Note } from "../../components/support/parts.jsx";
import { KeptForm } from "../../parts/forms/kept_form.jsx";
import { Empty } from "../../parts/states.jsx";
import { Foreign } from "../../text/language.jsx";
import { t } from "../../text/text.js";
import { idOf } from "./edit.js";
import { isPlaced, problemWords, wrongIn } from "./problems.js";
import styles from "./team.module.css";

function AddForm({ kind, label, verb, onAdd }) {
  const add = (event) => {
    event.preventDefault();
    onAdd(new FormData(event.target).get("name").trim());
    event.target.reset();
  };
  return (
    <KeptForm kept={`new ${kind}`} className={styles.inline} onSubmit={add}>
      <TextInput name="name" label={label} required withAsterisk={false} pattern=".*\S.*" maxLength={60} autoComplete="off" />
      <Button type="submit" variant="light">{verb}</Button>
    </KeptForm>
  );
}

/** A problem that belongs to no single field of a form. */
export const Wrong = ({ text }) => text && <Input.Error>{text}</Input.Error>;

function Entry({ entry, name, summary, open, toggle, remove, problems, editable, children }) {
  const own = problems.filter((problem) => problem.entry === entry.id);
  const loose = own.filter((problem) => !open || !isPlaced(problem));
  return (
    <li className={styles.entry}>
      <div className={styles.entryHead}>
        <Button size="compact-md" variant={open ? "light" : "default"} aria-expanded={open} onClick={toggle}><bdi>{name}</bdi></Button>
        <span>{summary}</span>
      </div>
      {(open || loose.length > 0) && (
        <div className={`${styles.stack} ${styles.entryBody}`}>
          {loose.map((problem, at) => (
            <Note key={at} tone="bad"><p>{problemWords(problem) ?? <Foreign>{problem.message}</Foreign>}</p></Note>
          ))}
          {open && (
            <fieldset className={styles.stack} disabled={!editable}>
              {children(wrongIn(own))}
              <div><Button size="compact-sm" variant="subtle" color="red" onClick={remove}>{t("Remove {name}", { name })}</Button></div>
            </fieldset>
          )}
        </div>
      )}
    </li>
  );
}

/**
 * @param {object} props
 * @param {"people"|"groups"|"hours"|"oncall"} props.kind
 * @param {object} props.team { entries, editable, change, problems, taken }
 * @param {(id: string, name: string) => object} props.make a new entry
 * @param {(entry: object, change: (fields: object) => void, wrong: Function) => any} props.children the open entry's
 *   fields; `wrong`: of wrongIn()
 */
export function Entries({ kind, team, label, empty, addLabel, addVerb, summary, make, ...more }) {
  const { children, nameOf = ({ id }) => id } = more;
  const list = team.entries[kind];
  const { remove = ({ id }) => team.change({ [kind]: list.filter((one) => one.id !== id) }) } = more;
  const [open, setOpen] = useState(list.length === 1 ? list[0].id : null);
  const change = (id, fields) => team.change({
    [kind]: list.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry)),
  });
  const problems = team.problems.filter((problem) => problem.kind === kind);
  const add = (name) => {
    const id = idOf(name, team.taken(kind));
    team.change({ [kind]: [...list, make(id, name)] });
    setOpen(id);
  };
  return (
    <div className={styles.stack}>
      {list.length === 0 ? <Empty icon="person" title={empty} /> : (
        <ul className={styles.list} aria-label={label}>
          {list.map((entry) => (
            <Entry key={entry.id} entry={entry} name={nameOf(entry)} summary={summary(entry)} problems={problems}
              open={open === entry.id} toggle={() => setOpen(open === entry.id ? null : entry.id)}
              editable={team.editable} remove={() => remove(entry)}>
              {(wrong) => children(entry, (fields) => change(entry.id, fields), wrong)}
            </Entry>
          ))}
        </ul>
      )}
      {team.editable && <AddForm kind={kind} label={addLabel} verb={addVerb} onAdd={add} />}
    </div>
  );
}

/** Buttons that move a person up or down an ordered list, or remove them. */
export function Places({ list, at, name, onChange, least = 0 }) {
  const moved = (to) => {
    const next = [...list];
    next.splice(to, 0, ...next.splice(at, 1));
    onChange(next);
  };
  return (
    <span className={styles.places}>
      <Button size="compact-sm" variant="default" disabled={at === 0} aria-label={t("Move {name} up", { name })} onClick={() => moved(at - 1)}>↑</Button>
      <Button size="compact-sm" variant="default" disabled={at === list.length - 1} aria-label={t("Move {name} down", { name })} onClick={() => moved(at + 1)}>↓</Button>
      <Button size="compact-sm" variant="subtle" color="red" disabled={list.length <= least} aria-label={t("Remove {name}", { name })}
        onClick={() => onChange(list.filter((_, n) => n !== at))}>{t("Remove")}</Button>
    </span>
  );
}

/** An ordered list of names, and a select to add more. */
export function Names({ label, names, choices, nameOf, onChange, wrong }) {
  const others = choices.filter((id) => !names.includes(id));
  return (
    <div className={styles.stack}>
      <h2 className={styles.part}>{label}</h2>
      <Wrong text={wrong} />
      <ol className={styles.list} aria-label={label}>
        {names.map((id, at) => (
          <li key={id}>
            <span><bdi>{nameOf(id)}</bdi></span>
            <Places list={names} at={at} name={nameOf(id)} onChange={onChange} least={1} />
          </li>
        ))}
      </ol>
      {others.length > 0 && (
        <NativeSelect label={t("Add someone")} value="" onChange={(event) => onChange([...names, event.currentTarget.value])}
          data={[{ value: "", label: t("Choose…") }, ...others.map((id) => ({ value: id, label: nameOf(id) }))]} />
      )}
    </div>
  );
}

/** A time zone: typed, or chosen from those the browser knows. */
export function Zone({ zone, change, wrong }) {
  const known = useId();
  const zones = useMemo(() => Intl.supportedValuesOf?.("timeZone") ?? [], []);
  return (
    <>
      <TextInput label={t("Time zone")} list={known} autoComplete="off" value={zone ?? ""} error={wrong}
        onChange={(event) => change({ zone: event.currentTarget.value })} />
      <datalist id={known}>{zones.map((name) => <option key={name} value={name} />)}</datalist>
    </>
  );
}
