// Editor.jsx: a textarea with line numbers, syntax colours behind it, and a mark
// on the wrong line.
//
// Tab and Shift+Tab indent after a click or typing; after Escape, or when just
// tabbing past, Tab moves to the next control. Ctrl+S submits its form.
import { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from "react";
import { t } from "../../text/text.js";
import { pieces } from "./highlight.js";
import styles from "./rules.module.css";

const INDENT = "  ";

// Edits through the browser, so that undo works.
function insert(area, text, from, to) {
  area.setSelectionRange(from, to);
  const done = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
  if (done) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function indent(area, back) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const first = value.lastIndexOf("\n", start - 1) + 1;
  if (start === end && !back) return insert(area, INDENT, start, end);
  const lines = value.slice(first, end).split("\n");
  const changed = lines.map((line) => (back ? line.replace(/^ {1,2}|^\t/, "") : INDENT + line)).join("\n");
  const before = area.value.length;
  if (changed === value.slice(first, end)) return undefined;
  insert(area, changed, first, end);
  const added = area.value.length - before;
  if (lines.length > 1) area.setSelectionRange(first, end + added);
  else area.setSelectionRange(Math.max(first, start + added), Math.max(first, end + added));
  return undefined;
}

// A new line keeps the indentation of the one above.
function newLine(area) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const line = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
  insert(area, `\n${/^\s*/.exec(line)[0]}`, start, end);
}

function useKeys() {
  const leaving = useRef(true);
  return {
    onFocus: () => { leaving.current = true; },
    onClick: () => { leaving.current = false; },
    onKeyDown: (event) => {
      const area = event.currentTarget;
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        area.form.requestSubmit();
      } else if (event.key === "Tab" && plain && !leaving.current && !area.readOnly) {
        event.preventDefault();
        indent(area, event.shiftKey);
      } else if (event.key === "Enter" && plain && !event.shiftKey && !area.readOnly && !event.nativeEvent.isComposing) {
        event.preventDefault();
        newLine(area);
      }
      if (event.key !== "Shift" && event.key !== "Tab") leaving.current = event.key === "Escape";
    },
  };
}

function Colours({ source, areaStyle }) {
  const list = useMemo(() => pieces(source), [source]);
  return (
    <pre className={styles.colours} aria-hidden="true" style={areaStyle}>
      {list.map((piece, at) => (piece.kind ? <span key={at} data-kind={piece.kind}>{piece.text}</span> : piece.text))}
      {"\n"}
    </pre>
  );
}

/** How its keys work; `id`: for the editor's `describedBy`. */
export function Keys({ id }) {
  return (
    <p id={id} className={styles.keys}>
      {t("Tab indents; press Escape, then Tab, to leave the editor. Ctrl+S saves.")}
    </p>
  );
}

/** An anchor on a line: to mark it and scroll to it. */
function place(line) {
  return { top: `calc(var(--pad) + ${line - 1} * var(--line-height))` };
}

/**
 * @param {object} props
 * @param {string} props.label the name screen readers say
 * @param {boolean} [props.invalid] does the text have a mistake?
 * @param {number} [props.badLine] its line, if known
 * @param {number} [props.markedLine] the line that was asked for
 * @param {{ current: { goTo: (line: number) => void } }} [props.handle]
 */
export function Editor({ value, onChange, readOnly, label, invalid, badLine, markedLine, describedBy, handle }) {
  const area = useRef(null);
  const frame = useRef(null);
  const keys = useKeys();
  const lines = useMemo(() => value.split("\n"), [value]);
  const longest = useMemo(() => lines.reduce((most, line) => Math.max(most, line.length), 40), [lines]);
  const areaStyle = { width: `calc(${longest + 2}ch + 2 * var(--pad))`,
    height: `calc(${lines.length + 1} * var(--line-height) + 2 * var(--pad))` };
  useImperativeHandle(handle, () => ({
    goTo(line) {
      const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
      area.current.focus({ preventScroll: true });
      area.current.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
      frame.current.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: "center", inline: "start" });
    },
  }), [lines]);
  useLayoutEffect(() => {
    if (markedLine) frame.current.querySelector(`[data-line="${markedLine}"]`)?.scrollIntoView({ block: "center" });
  }, [markedLine]);
  // The textarea must not scroll by itself: text and colours would come apart.
  useEffect(() => {
    const element = area.current;
    const still = () => element.scrollTo(0, 0);
    element.addEventListener("scroll", still);
    return () => element.removeEventListener("scroll", still);
  }, []);
  return (
    <div className={styles.editor} ref={frame}>
      <div className={styles.gutter} aria-hidden="true">
        {lines.map((_, at) => (
          <div key={at} data-line={at + 1} data-bad={badLine === at + 1 || undefined}>{at + 1}</div>
        ))}
      </div>
      <div className={styles.sheet}>
        {markedLine > 0 && <div className={styles.marked} style={place(markedLine)} />}
        {badLine > 0 && <div className={styles.bad} style={place(badLine)} />}
        <Colours source={value} areaStyle={areaStyle} />
        <textarea ref={area} className={styles.area} style={areaStyle} value={value} readOnly={readOnly} wrap="off"
          aria-label={label} aria-describedby={describedBy} aria-invalid={invalid || undefined}
          spellCheck={false} autoCapitalize="off" autoCorrect="off" autoComplete="off"
          onChange={(event) => onChange(event.currentTarget.value)} {...keys} />
      </div>
    </div>
  );
}
