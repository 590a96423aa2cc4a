// parts.jsx: small pieces the panels share.
import { Button, VisuallyHidden } from "@mantine/core";
import { Icon } from "../../parts/icon.jsx";
import { FieldText, Foreign } from "../../text/language.jsx";
import { t } from "../../text/text.js";
import styles from "./panels.module.css";
import { explain } from "./words.js";

/** A highlighted remark; `tone`: plain, good, warn or bad. */
export function Note({ tone = "plain", title, children, ...rest }) {
  return (
    <div className={styles.note} data-tone={tone} {...rest}>
      {title && <p className={styles.noteTitle}>{(tone === "warn" || tone === "bad") && <Icon name="warning" size={18} />}
        {title}</p>}
      {children}
    </div>
  );
}

/**
 * An error in plain words, what to do about it, and a button to try again.
 * `known`: fields that show their own errors.
 */
export function Problem({ error, title, known = [], onRetry }) {
  if (!error) return null;
  const { message, advice, fields } = explain(error);
  return (
    <Note tone="bad" role="alert" title={title}>
      <p>{error.foreign ? <Foreign spaced>{message}</Foreign> : message}{advice && ` ${advice}`}</p>
      {Object.keys(fields).filter((name) => !known.includes(name)).map((name) => (
        <p key={name}><FieldText error={error} name={name} named /></p>
      ))}
      {error.requestId && error.status >= 500 && <p className={styles.small}>{t("Request {id}", { id: error.requestId })}</p>}
      {onRetry && <Button size="compact-sm" variant="default" onClick={() => onRetry()}>{t("Try again")}</Button>}
    </Note>
  );
}

/** Screen readers announce it when it changes; `visible`: shown to everyone. */
export function Said({ children, visible = false }) {
  const Region = visible ? "div" : VisuallyHidden;
  return <Region role="status" aria-live="polite">{children}</Region>;
}

/** What was done ({ words, warnings }), with its warnings below. */
export function Done({ done }) {
  return (
    <Said visible>
      {done && <p className={styles.done}>{done.words}</p>}
      {done?.warnings?.map((text) => <Note key={text} tone="warn" title={t("Saved, but note")}><Foreign spaced>{text}</Foreign></Note>)}
    </Said>
  );
}
