// Source.jsx: edit the rule file: what is live, whether the typed text would be accepted and which calls it would
// change, saving it, and conflicts with a colleague's change.
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Note, Problem } from "../../components/support/parts.jsx";
import { focusUnlessTyping } from "../../parts/focus.js";
import { useForm } from "../../parts/forms/form.jsx";
import { Waiting } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { plural, t } from "../../text/text.js";
import { Complaint } from "./Complaint.jsx";
import { diffLines } from "./diff.js";
import { Editor, Keys } from "./Editor.jsx";
import { Gate } from "./Gate.jsx";
import { NoteField } from "./GoLive.jsx";
import styles from "./rules.module.css";
import { SideBySide } from "./SideBySide.jsx";

export const wasRefused = (problem, source, typed) => problem?.code === "refused" && source === typed.text;

/** Why the typed text can't be, or wasn't, saved: { file, line, message }. */
export function complaint(check, problem, source, typed) {
  if (check.state === "bad") return check.error;
  if (!wasRefused(problem, source, typed)) return undefined;
  return problem.details ?? { message: Object.values(problem.fields)[0] ?? problem.message };
}

/** The result of checking the typed text. */
export function Checked({ check, bad, refused, file, onGoTo }) {
  if (bad) {
    const title = refused ? t("Not saved: it is refused") : t("This would be refused");
    return <Complaint title={title} bad={bad} file={file} onGoTo={onGoTo} />;
  }
  if (check.state === "checking") return <p className={styles.checking}>{t("Checking…")}</p>;
  if (check.state === "failed") return <Problem error={check.problem} title={t("It could not be checked")} onRetry={check.again} />;
  const examples = check.examples ? `, ${plural(check.examples, "{n} example holds", "{n} examples hold")}` : "";
  const proof = check.proof?.calls ? `, ${plural(check.proof.calls, "{n} call tried and none lost", "{n} calls tried and none lost")}` : "";
  return (
    <Note tone="good" title={t("This can be saved")}>
      <p>{plural(check.rules.length, "{n} rule", "{n} rules")}{examples}{proof}.</p>
      {check.warnings?.map(({ line, message }) => (
        <p key={`${line} ${message}`} className={styles.complaint}><Foreign>{`${file}:${line}: ${message}`}</Foreign></p>
      ))}
      <Gate gate={check.gate} onLine={onGoTo} />
    </Note>
  );
}

// Files on disk that passed and wait for someone to confirm.
function Held({ rules, check, onAsk, onGoTo }) {
  return (
    <Note tone="warn" title={t("The file on the server is not live yet")}>
      <p>{t("It sends real calls elsewhere, so someone must agree. Calls follow the version before it.")}</p>
      <Gate gate={check.gate} onLine={onGoTo} />
      {rules.editable && <Button loading={check.state === "checking"}
        onClick={() => onAsk({ way: "accept", hash: rules.hash, gate: check.gate, shown: check.hash })}>{t("Make it live")}</Button>}
    </Note>
  );
}

function Live({ rules, saved, onAsk, onGoTo }) {
  return (
    <>
      <p className={styles.checking}>
        {rules.rules.length === 0 ? t("No rules: the settings under Forwarding decide.")
          : plural(rules.rules.length, "{n} rule live.", "{n} rules live.")}{" "}
        {rich("Version {version}, live since {since}.", { version: rules.version, since: <Time at={rules.live_at} within /> })}
      </p>
      {saved?.version === rules.version && (
        <>
          <Gate gate={saved.gate} onLine={onGoTo} />
          {saved.before && <Button size="compact-sm" variant="default" onClick={() => onAsk({ way: "restore", version: saved.before })}>
            {t("One step back, to version {version}", { version: saved.before })}</Button>}
        </>
      )}
    </>
  );
}

function Status({ rules, typed, check, bad, refused, saved, onAsk, onGoTo }) {
  if (typed.dirty) return <Checked check={check} bad={bad} refused={refused} file="forwarding.lua" onGoTo={onGoTo} />;
  if (rules.error?.held) return <Held rules={rules} check={check} onAsk={onAsk} onGoTo={onGoTo} />;
  if (rules.error) {
    return (
      <Complaint title={t("The file on the server is refused")} bad={rules.error} onGoTo={onGoTo}>
        <p>{t("Calls follow the last good version meanwhile.")}</p>
      </Complaint>
    );
  }
  return <Live rules={rules} saved={saved} onAsk={onAsk} onGoTo={onGoTo} />;
}

export function Conflict({ server, typed, onMine, onTheirs, saving }) {
  const heading = useRef(null);
  useEffect(() => focusUnlessTyping(heading.current), []);
  return (
    <section className={styles.conflict} aria-labelledby="rules-conflict">
      <h2 id="rules-conflict" tabIndex={-1} ref={heading}>{t("The file was changed on the server meanwhile")}</h2>
      <p role="alert">{t("Someone saved it after you began. Both texts are here; nothing of yours is lost. Choose one. To keep some of each, copy it into the editor below first, then save yours over it.")}</p>
      <SideBySide lines={diffLines(server.source, typed.text)} left={t("On the server")} right={t("Yours")} />
      <div className={styles.buttons}>
        <Button variant="default" onClick={onTheirs}>{t("Use the server’s text, drop mine")}</Button>
        <Button color="red" loading={saving} onClick={onMine}>{t("Save mine over it")}</Button>
      </div>
    </section>
  );
}

function Rules({ list, onGoTo }) {
  if (list.length === 0) return null;
  return (
    <nav aria-label={t("Rules in the file")} className={styles.outline}>
      <h2>{t("In order|rules")}</h2>
      <ol>
        {list.map((rule) => (
          <li key={rule.index}><button type="button" onClick={() => onGoTo(rule.line)}><bdi>{rule.name}</bdi>
            <span className={styles.soft}> {t("line {line}", { line: rule.line })}</span></button></li>
        ))}
      </ol>
      <p className={styles.soft}>{t("The first that matches decides; none: the settings under Forwarding.")}</p>
    </nav>
  );
}

function Bar({ typed, rules, change, problem, onDiscard, onDraft }) {
  if (!rules.editable) return <p className={styles.soft}>{t("The file can be changed on the server only.")}</p>;
  return (
    <div className={styles.bar}>
      {typed.dirty && <NoteField value={typed.note} onChange={typed.setNote} error={problem} />}
      <div className={styles.buttons}>
        {typed.dirty && <span className={styles.soft}>{t("Not saved yet")}</span>}
        <Button variant="default" disabled={!typed.dirty} onClick={onDiscard}>{t("Discard changes")}</Button>
        <Button type="submit" disabled={!typed.dirty} loading={change.isPending}>{t("Save and use")}</Button>
        {typed.dirty && onDraft && <Button variant="default" onClick={onDraft}>{t("Try it as a draft")}</Button>}
      </div>
    </div>
  );
}

/** @param {{ query: object, rules: object, typed: object, check: object, change: object, line?: number }} props */
export function Source({ query, rules, typed, check, change, saved, onAsk, onDraft, line }) {
  const editor = useRef(null);
  const asked = change.variables;
  const problem = asked?.way === "save" ? change.error : null;
  const save = (hash) => {
    if (!change.isPending) change.mutate({ way: "save", source: typed.text, hash, note: typed.note });
  };
  const { form } = useForm(problem, () => {
    if (typed.dirty) save(typed.base.hash);
  });
  if (!rules) return <Waiting queries={[query]} what={t("the rule file")} />;
  const bad = typed.dirty ? complaint(check, problem, asked?.source, typed) : undefined;
  const wrong = bad ?? (typed.dirty || rules.error?.held ? undefined : rules.error);
  const goTo = (to) => editor.current.goTo(to);
  return (
    <div className={styles.source}>
      {typed.outdated && (
        <Conflict server={rules} typed={typed} saving={change.isPending} onTheirs={typed.drop}
          onMine={() => save(rules.hash)} />
      )}
      <form className={styles.columns} {...form}>
        <div className={styles.editorColumn}>
          <Editor value={typed.text} onChange={typed.setText} readOnly={!rules.editable} handle={editor}
            invalid={wrong !== undefined} badLine={wrong?.line} markedLine={line} label={t("Source of forwarding.lua")}
            describedBy={wrong ? "rules-status rules-keys" : "rules-keys"} />
          <Keys id="rules-keys" />
        </div>
        <div className={styles.side}>
          <div id="rules-status" role="status" aria-live="polite">
            <Status rules={rules} typed={typed} check={check} bad={bad} saved={saved} onAsk={onAsk} onGoTo={goTo}
              refused={wasRefused(problem, asked?.source, typed)} />
          </div>
          {problem && !["refused", "conflict", "unconfirmed"].includes(problem.code)
            && <Problem error={problem} title={t("It was not saved")} known={["note"]} />}
          <Bar typed={typed} rules={rules} change={change} problem={problem} onDraft={onDraft}
            onDiscard={typed.drop} />
          <Rules list={typed.dirty && check.state === "good" ? check.rules : rules.rules} onGoTo={goTo} />
        </div>
      </form>
    </div>
  );
}
