// Draft.jsx: forwarding.next.lua, the draft that real calls are tried on: edit it, compare it with the live rules,
// promote or discard it.
import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import { Note, Problem } from "../../components/support/parts.jsx";
import { Confirm } from "../../parts/forms/dialog.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Who } from "../../parts/numbers/who.jsx";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { CallLink, Complaint } from "./Complaint.jsx";
import { Editor, Keys } from "./Editor.jsx";
import { Compared } from "./Gate.jsx";
import styles from "./rules.module.css";
import { Checked, complaint, Conflict, wasRefused } from "./Source.jsx";

const FILE = "forwarding.next.lua";
const TRY_FOR = "try_for = { \"+1…\" },";

// The check treats the draft as if it were the live file.
const fileOf = (file) => (file && file !== "forwarding.lua" ? file : FILE);
const inFile = (one) => ({ ...one, file: fileOf(one.file) });
const inDraft = (bad) => bad && { ...inFile(bad), errors: bad.errors?.map(inFile) };

function Status({ draft, typed, check, bad, refused, onGoTo }) {
  if (typed.dirty) return <Checked check={check} bad={bad} refused={refused} file={FILE} onGoTo={onGoTo} />;
  switch (draft.state) {
    case "refused": return <Complaint title={t("The draft is refused")} file={FILE} onGoTo={onGoTo}
      bad={{ message: draft.reason, line: draft.line, errors: draft.errors }} />;
    case "off": return (
      <Note tone="bad" title={t("The draft is switched off.")}>
        <p className={styles.complaint}><Foreign>{draft.reason}</Foreign></p>
        <CallLink text={draft.reason} />
        <p>{t("The live rules answered that call. Save an edited draft to switch it on again.")}</p>
      </Note>
    );
    case "on": return (
      <Note tone="good" title={t("The draft is on")}>
        <p>{t("It decides each real call beside the live rules, after the caller was answered.")}</p>
      </Note>
    );
    default: return <p className={styles.checking}>{t("Checking…")}</p>;
  }
}

function TryFor({ callers }) {
  return (
    <div className={styles.tryFor}>
      <h2 className={styles.part}>{t("Callers who get the draft already")}</h2>
      {callers.length > 0 ? <ul>{callers.map((caller) => <li key={caller}><Who address={caller} /></li>)}</ul>
        : <p className={styles.soft}>{rich("None yet. To hear it yourself, add {code} below its rules.", { code: <code>{TRY_FOR}</code> })}</p>}
    </div>
  );
}

function Bar({ draft, typed, saving, onDiscard, onPromote, onThrow }) {
  return (
    <div className={styles.buttons}>
      {typed.dirty && <>
        <span className={styles.soft}>{t("Not saved yet")}</span>
        <Button variant="default" onClick={onDiscard}>{t("Discard changes")}</Button>
        <Button type="submit" loading={saving}>{t("Save draft")}</Button>
      </>}
      {!typed.dirty && draft.state === "on" && <Button onClick={onPromote}>{t("Promote")}</Button>}
      {draft.hash !== "" && <Button variant="default" color="red" onClick={onThrow}>{t("Throw away")}</Button>}
    </div>
  );
}

function Begun({ draft, typed, check, editable, change, onAsk, onThrow }) {
  const editor = useRef(null);
  const source = change.variables?.source;
  const bad = typed.dirty ? inDraft(complaint(check, change.error, source, typed)) : undefined;
  const refused = wasRefused(change.error, source, typed);
  const save = (hash) => {
    if (!change.isPending) change.mutate({ source: typed.text, hash });
  };
  const { form } = useForm(change.error, () => {
    if (typed.dirty) save(typed.base.hash);
  });
  const isWrong = typed.dirty ? bad !== undefined : draft.state === "refused";
  const goTo = (line) => editor.current.goTo(line);
  return (
    <div className={styles.source}>
      {typed.outdated && (
        <Conflict server={draft} typed={typed} saving={change.isPending} onTheirs={typed.drop}
          onMine={() => save(draft.hash)} />
      )}
      <form className={styles.columns} {...form}>
        <div className={styles.editorColumn}>
          <Editor value={typed.text} onChange={typed.setText} readOnly={!editable} handle={editor} invalid={isWrong}
            label={t("Source of forwarding.next.lua")} badLine={typed.dirty ? bad?.line : draft.line}
            describedBy={isWrong ? "draft-status draft-keys" : "draft-keys"} />
          <Keys id="draft-keys" />
        </div>
        <div className={styles.side}>
          <div id="draft-status" role="status" aria-live="polite">
            <Status draft={draft} typed={typed} check={check} bad={bad} refused={refused} onGoTo={goTo} />
          </div>
          {change.error && !["refused", "conflict"].includes(change.error.code)
            && <Problem error={change.error} title={t("It was not saved")} />}
          {editable ? <Bar draft={draft} typed={typed} saving={change.isPending} onDiscard={typed.drop}
            onThrow={onThrow} onPromote={() => onAsk({ way: "promote", hash: draft.hash })} />
            : <p className={styles.soft}>{t("The file can be changed on the server only.")}</p>}
          {draft.state !== "none" && <TryFor callers={draft.try_for} />}
        </div>
      </form>
      {draft.since && (draft.state === "on" || draft.calls > 0) && <Compared draft={draft} onLine={goTo} />}
    </div>
  );
}

/** `query`, `typed`, `check` and `change` are the draft's; `onAsk`: the user wants to promote it. */
export function Draft({ query, rules, typed, check, change, onAsk }) {
  const [throwing, setThrowing] = useState(false);
  return (
    <Ready query={query} what={t("the draft")}>
      {(draft) => (
        <>
          {draft.hash === "" && !typed.dirty ? (
            <Empty icon="rules" title={t("There is no draft.")} action={rules?.editable
              && <Button onClick={() => typed.begin(rules.source)}>{t("Begin with the live rules")}</Button>}>
              {t("A draft decides each real call beside the live rules. Here you see which would go elsewhere before you make it live.")}
            </Empty>
          ) : (
            <Begun draft={draft} typed={typed} check={check} editable={rules?.editable} change={change} onAsk={onAsk}
              onThrow={() => { change.reset(); setThrowing(true); }} />
          )}
          <Confirm open={throwing} onClose={() => setThrowing(false)} title={t("Throw the draft away?")} verb={t("Throw away")}
            change={change} value={{ discarded: typed.text }}>
            <p>{t("Its text and what it has decided since are gone. The live rules stay as they are.")}</p>
          </Confirm>
        </>
      )}
    </Ready>
  );
}
