// Source.jsx: the rule file in the editor: what is live, whether the draft
// would be accepted, saving, and what to do about somebody else's change.
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Note, Problem } from "../../components/support/parts.jsx";
import { Loading } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { plural, t } from "../../text/text.js";
import { diffLines } from "./diff.js";
import { Editor } from "./Editor.jsx";
import styles from "./rules.module.css";
import { SideBySide } from "./SideBySide.jsx";

// This very text was.
function wasRefused(save, draft) {
  return save.error?.code === "refused" && save.variables?.source === draft.text;
}

// Why the file cannot be, or was not, accepted: { file, line, message }.
function complaint(check, save, rules, draft) {
  if (check.state === "bad") return check.error;
  if (wasRefused(save, draft)) {
    return save.error.details ?? { message: Object.values(save.error.fields)[0] ?? save.error.message };
  }
  return draft.dirty ? undefined : rules.error ?? undefined;
}

function CheckResult({ check, rules, draft, bad, refused, onGoTo }) {
  if (bad) {
    const title = refused ? t("Not saved: it is refused") : draft.dirty ? t("This would be refused")
      : t("The file on the server is refused");
    const where = bad.line ? `${bad.file ?? "forwarding.lua"}:${bad.line}: ` : "";
    const text = bad.message?.startsWith(where) ? bad.message : where + bad.message;
    return (
      <Note tone="bad" title={title}>
        <p className={styles.complaint}><Foreign>{text}</Foreign></p>
        {bad.path && <p>{t("A call that gets there: {path}", { path: [bad.path].flat().join(" → ") })}</p>}
        {!draft.dirty && <p>{t("Calls follow the last good version meanwhile.")}</p>}
        {bad.line > 0 && <Button size="compact-sm" variant="default" onClick={() => onGoTo(bad.line)}>{t("Go to line {line}", { line: bad.line })}</Button>}
      </Note>
    );
  }
  if (check.state === "checking") return <p className={styles.checking}>{t("Checking…")}</p>;
  if (check.state === "failed") return <Problem error={check.problem} title={t("It could not be checked")} />;
  if (check.state === "good") {
    const examples = check.examples ? `, ${plural(check.examples, "{n} example holds", "{n} examples hold")}` : "";
    const proof = check.proof?.calls ? `, ${plural(check.proof.calls, "{n} call tried and none lost", "{n} calls tried and none lost")}` : "";
    return (
      <Note tone="good" title={t("This can be saved")}>
        <p>{plural(check.rules.length, "{n} rule", "{n} rules")}{examples}{proof}.</p>
      </Note>
    );
  }
  return (
    <p className={styles.checking}>
      {rules.rules.length === 0 ? t("No rules: the settings under Forwarding decide.")
        : plural(rules.rules.length, "{n} rule live.", "{n} rules live.")}{" "}
      {rich("Version {version}, live since {since}.", { version: rules.version, since: <Time at={rules.live_at} within /> })}
    </p>
  );
}

export function Conflict({ server, draft, onMine, onTheirs, saving }) {
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  return (
    <section className={styles.conflict} aria-labelledby="rules-conflict">
      <h2 id="rules-conflict" tabIndex={-1} ref={heading}>{t("The file was changed on the server meanwhile")}</h2>
      <p>{t("Somebody saved it after you began. Both texts are here; nothing of yours is lost. Choose one. To keep some of each, copy it into the editor below first, then save yours over it.")}</p>
      <SideBySide lines={diffLines(server.source, draft.text)} left={t("On the server")} right={t("Yours")} />
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

function Bar({ draft, rules, save, onSave, onDiscard }) {
  if (!rules.editable) return <p className={styles.soft}>{t("The file can be changed on the server only.")}</p>;
  return (
    <div className={styles.buttons}>
      {draft.dirty && <span className={styles.soft}>{t("Not saved yet")}</span>}
      <Button variant="default" disabled={!draft.dirty} onClick={onDiscard}>{t("Discard changes")}</Button>
      <Button onClick={onSave} disabled={!draft.dirty} loading={save.isPending}>{t("Save and use")}</Button>
    </div>
  );
}

/** @param {{ rules: object, draft: object, check: object, save: object, line?: number }} props */
export function Source({ rules, draft, check, save, conflict, setConflict, line }) {
  const editor = useRef(null);
  if (!rules) return <Loading what={t("the rule file")} />;
  const bad = complaint(check, save, rules, draft);
  const refused = wasRefused(save, draft);
  const onSave = () => draft.dirty && !save.isPending && save.mutate({ source: draft.text, hash: draft.base.hash });
  const goTo = (to) => editor.current.goTo(to);
  const server = conflict ?? (draft.outdated ? rules : null);
  const failed = save.error && !["refused", "conflict"].includes(save.error.code);
  return (
    <div className={styles.source}>
      {server && draft.dirty && (
        <Conflict server={server} draft={draft} saving={save.isPending}
          onTheirs={() => { setConflict(null); draft.drop(); }}
          onMine={() => { setConflict(null); save.mutate({ source: draft.text, hash: server.hash }); }} />
      )}
      <div className={styles.columns}>
        <div className={styles.editorColumn}>
          <Editor value={draft.text} onChange={draft.setText} onSave={onSave} readOnly={!rules.editable} handle={editor}
            badLine={bad?.line} markedLine={line} describedBy="rules-keys" />
          <p id="rules-keys" className={styles.keys}>{t("Tab indents; press Escape, then Tab, to leave the editor. Ctrl+S saves.")}</p>
        </div>
        <div className={styles.side}>
          <div role="status" aria-live="polite">
            <CheckResult check={check} rules={rules} draft={draft} bad={bad} refused={refused} onGoTo={goTo} />
          </div>
          {failed && <Problem error={save.error} title={t("It was not saved")} />}
          <Bar draft={draft} rules={rules} save={save} onSave={onSave}
            onDiscard={() => { setConflict(null); draft.drop(); }} />
          <Rules list={check.state === "good" ? check.rules : rules.rules} onGoTo={goTo} />
        </div>
      </div>
    </div>
  );
}
