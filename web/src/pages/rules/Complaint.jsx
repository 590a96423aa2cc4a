// Complaint.jsx: why rules are refused: each mistake with its line, or the real call that would be lost.
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { Note } from "../../components/support/parts.jsx";
import { Foreign } from "../../text/language.jsx";
import { t } from "../../text/text.js";
import styles from "./rules.module.css";

const CALL = /\bCA[0-9a-f]{32}\b/;

function textOf(file, { line, message }) {
  const where = line ? `${file}:${line}: ` : "";
  return message?.startsWith(where) ? message : where + message;
}

/** A link to the call a message names. */
export function CallLink({ text }) {
  const call = CALL.exec(text)?.[0];
  return call && <p><Link href={`~/calls/${call}`}>{t("Open this call")}</Link></p>;
}

/**
 * @param {object} props
 * @param {{ file?: string, line?: number, message: string, path?: string, errors?: object[] }} props.bad
 * @param {(line: number) => void} [props.onGoTo]
 */
export function Complaint({ title, bad, file = "forwarding.lua", onGoTo, children }) {
  const mistakes = bad.errors?.length > 1 ? bad.errors : [bad];
  // Another user's call can't be opened, and has no path.
  return (
    <Note tone="bad" title={title}>
      {mistakes.map((one, at) => (
        <div key={at}>
          <p className={styles.complaint}><Foreign>{textOf(one.file ?? bad.file ?? file, one)}</Foreign></p>
          {onGoTo && one.line > 0 && (one.file ?? file) === file && <Button size="compact-sm" variant="default" onClick={() => onGoTo(one.line)}>
            {t("Go to line {line}", { line: one.line })}</Button>}
        </div>
      ))}
      {bad.path && <p>{t("A call that gets there: {path}", { path: [bad.path].flat().join(" → ") })}</p>}
      {bad.path && <CallLink text={bad.message} />}
      {children}
    </Note>
  );
}
