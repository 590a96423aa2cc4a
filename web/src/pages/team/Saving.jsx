// Saving.jsx: what an edit of the team would change, why it is refused, and saving it.
import { Button } from "@mantine/core";
import { Note, Said } from "../../components/support/parts.jsx";
import { Panel } from "../../parts/page.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { Foreign } from "../../text/language.jsx";
import { list, t } from "../../text/text.js";
import { CallLink } from "../rules/Complaint.jsx";
import { Gate } from "../rules/Gate.jsx";
import { NoteField } from "../rules/GoLive.jsx";
import { changedNames, DAYS } from "./edit.js";
import { problemWords } from "./problems.js";
import styles from "./team.module.css";
import { weekday } from "./WeekGrid.jsx";

export const kinds = () => ({ people: t("People"), groups: t("Groups"), hours: t("Hours"), oncall: t("On call") });

const Line = ({ file, line, message }) => (
  <Foreign>{line && !message.startsWith(`${file}:`) ? `${file}:${line}: ` : ""}{message}</Foreign>
);

/** Why the files are refused; a rule's mistake with its line. */
export function Refused({ bad, title }) {
  const mistakes = bad.errors?.length ? bad.errors : [bad];
  return (
    <Note tone="bad" title={title} role="alert">
      {mistakes.map(({ file = bad.file, line, message }, at) => (
        <p key={at}><Line file={file} line={line} message={message} /></p>
      ))}
      <CallLink text={bad.message} />
    </Note>
  );
}

/** Why an edit can't be saved, in the words of its forms; a rule's mistake with its line. */
function Problems({ team, message }) {
  const rules = team.problems.filter(({ kind }) => !kind);
  const nameOf = ({ kind, entry }) => (kind === "people" ? team.nameOf(entry) : entry);
  return (
    <Note tone="bad" title={t("This can’t be saved yet")} role="alert">
      {team.problems.filter(({ kind }) => kind).map((problem, at) => (
        <p key={at}><bdi>{nameOf(problem)}</bdi>: {problemWords(problem) ?? <Foreign>{problem.message}</Foreign>}</p>
      ))}
      {rules.some(({ line }) => line) && <p>{t("A rule doesn’t work with this change:")}</p>}
      {rules.map((problem, at) => <p key={at}><Line {...problem} /></p>)}
      <CallLink text={message} />
    </Note>
  );
}

// Any others follow in the order given.
const FIRST = ["name", "people", "number", "confirm", "phones", "user", "away", "from", "to", "zone", ...DAYS];
const place = (name) => FIRST.indexOf(name) + 1 || FIRST.length + 1;

const leaves = (value, name, hasPin) => {
  if (name === "pin") return value === undefined ? [] : [t("new PIN")];
  if (name === "confirm") return value ? [hasPin ? t("Asks for a PIN") : t("Press 1 to answer")] : [];
  if (DAYS.includes(name)) return value.length > 0 ? [`${weekday(DAYS.indexOf(name), "short")} ${value.join(", ")}`] : [];
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (typeof value !== "object") return [String(value)];
  const fields = Array.isArray(value) ? Object.entries(value)
    : Object.entries(value).sort(([a], [b]) => place(a) - place(b));
  return fields.flatMap(([key, inner]) => (key === "id" ? [] : leaves(inner, key, hasPin)));
};
const words = (entry) => (entry ? leaves(entry, "", entry.has_pin).join(", ") : t("removed"));

/** An entry both the user and a colleague have changed, shown side by side. */
function Conflict({ conflict, team }) {
  const { kind, id, theirs } = conflict;
  const mine = team.entries[kind];
  const own = mine.find((one) => one.id === id);
  const taken = own ? mine.flatMap((one) => (one === own ? theirs ?? [] : one)) : [...mine, theirs];
  const take = () => team.change({ [kind]: taken }, conflict);
  return (
    <Note tone="warn" title={t("A colleague changed this while you were editing")} role="alert">
      <dl className={styles.sides}>
        <dt>{t("Yours")}</dt><dd>{kinds()[kind]}, <bdi>{id}</bdi>: {words(own)}</dd>
        <dt>{t("Theirs")}</dt><dd>{kinds()[kind]}, <bdi>{id}</bdi>: {words(theirs)}</dd>
      </dl>
      <div className={styles.inline}>
        <Button variant="default" onClick={() => team.settle(conflict)}>{t("Keep yours")}</Button>
        <Button variant="default" onClick={take}>{t("Use theirs")}</Button>
      </div>
    </Note>
  );
}

export function Saving({ team, edit, check, save, note, setNote, drop }) {
  const changes = Object.keys(kinds()).flatMap((kind) => {
    const names = changedNames(edit.base, edit.entries, kind);
    return names.length > 0 ? [t("{kind}: {names}", { kind: kinds()[kind], names: list(kind === "people" ? names.map(team.nameOf) : names) })] : [];
  });
  const other = ["refused", "unconfirmed", "changed_meanwhile"].includes(save.error?.code) ? null : save.error;
  const { unfinished } = team;
  return (
    <Panel title={t("Before it goes live")}>
      <div className={styles.stack}>
        {team.conflicts.map((conflict) => <Conflict key={`${conflict.kind} ${conflict.id}`} conflict={conflict} team={team} />)}
        <p className={styles.soft}>{t("You changed {what}. Callers notice nothing until you save.", { what: list(changes) })}</p>
        <Said visible>{check.state === "checking" ? t("Checking…") : check.state === "good" && unfinished.length === 0 ? t("This can be saved") : ""}</Said>
        {team.problems.length > 0 && <Problems team={team} message={team.refused?.message} />}
        {unfinished.length > 0 && <Note tone="warn">{t("Type a PIN for {names} first.", { names: list(unfinished.map(({ id }) => team.nameOf(id))) })}</Note>}
        {check.state === "failed" && team.problems.length === 0 && <FormProblem error={check.problem} />}
        {check.state === "good" && <Gate gate={check.gate} />}
        {team.problems.length === 0 && <FormProblem error={other} />}
        <NoteField value={note} onChange={setNote} />
        <div className={styles.inline}>
          <Button loading={save.isPending} disabled={check.state === "bad" || team.conflicts.length > 0 || unfinished.length > 0}
            onClick={() => save.mutate({ edit, note })}>{t("Save and use")}</Button>
          <Button variant="default" onClick={drop}>{t("Discard changes")}</Button>
        </div>
      </div>
    </Panel>
  );
}
