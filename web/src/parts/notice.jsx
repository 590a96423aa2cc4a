// notice.jsx: short notices: something was done, needs attention, or failed. Screen
// readers announce them (the live region is always in the page). Successes disappear
// by themselves; warnings and errors stay until they are closed.
//   const notify = useNotice();
//   notify("The recording is deleted.");  notify.warn("…");  notify.problem(error);
//   notify.warn(text, { foreign: true });    the host's words, in English
//   notify("Grace is done.", { label: "Undo", run: () => … });
//   notify.undone("Edit contact", error, { label: "Open again", run, drop });    a dialog that was closed before its
//       change failed; drop(): the notice was closed
import { Button, CloseButton } from "@mantine/core";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Foreign } from "../text/language.jsx";
import { t } from "../text/text.js";
import { Icon } from "./icon.jsx";
import styles from "./notice.module.css";

const SHOWN_MS = 6000;
const MOST = 4;
const Notices = createContext(() => {});
const ICONS = { done: "check", warning: "warning", problem: "problem" };
let count = 0;

export function useNotice() {
  return useContext(Notices);
}

// Adds a notice at the bottom; successes make room first, and what was typed stays. The same text appears once.
function withNotice(all, notice) {
  const isSame = (one) => ["what", "text", "kind"].every((name) => one[name] === notice[name]) && !one.action?.drop;
  const rest = all.filter((one) => !isSame(one));
  while (rest.length >= MOST) {
    const done = rest.findIndex(({ kind }) => kind === "done");
    const at = done >= 0 ? done : rest.findIndex(({ action }) => !action?.drop);
    if (at < 0) break;
    rest.splice(at, 1);
  }
  return [...rest, notice];
}

const CONTROLS = "a, button, input, select, textarea, summary";

// Tells pages and dialogs how much of the window they take, and keeps the control that has the focus in sight.
function useHeight(place) {
  const box = useRef(null);
  useEffect(() => {
    const { style } = place ?? document.documentElement;
    const observer = new ResizeObserver(([{ target }]) => {
      style.setProperty("--notices", `${target.offsetHeight}px`);
      const focused = document.activeElement;
      if (!place && focused.matches(CONTROLS) && !target.contains(focused)) focused.scrollIntoView({ block: "nearest" });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [place]);
  return box;
}

/** `place`: the element to show them in, if not here. */
export function NoticeProvider({ place, children }) {
  const [notices, setNotices] = useState([]);
  const box = useHeight(place);
  const drop = (id) => setNotices((all) => all.filter((notice) => notice.id !== id));
  const notify = useMemo(() => {
    const add = (text, kind, { action, what, foreign = false } = {}) => {
      const id = ++count;
      setNotices((all) => withNotice(all, { id, what, text, kind, action, foreign }));
      if (kind === "done") setTimeout(() => setNotices((all) => all.filter((notice) => notice.id !== id)), SHOWN_MS);
    };
    const say = (text, action) => add(text, "done", { action });
    say.warn = (text, { foreign = false } = {}) => add(text, "warning", { foreign });
    say.undone = (title, { message, foreign }, action) =>
      add(message, "warning", { what: t("Not done: “{what}”.", { what: title }), foreign, action });
    say.problem = (error) => add(error.message, "problem", error);
    return say;
  }, []);
  const list = (
    <div className={styles.notices} ref={box} role="status" aria-live="polite" aria-label={t("Notices")} data-above-dialogs>
      {notices.map(({ id, what, text, kind, action, foreign }) => (
        <div key={id} className={styles.notice} data-kind={kind}>
          <Icon name={ICONS[kind]} size={18} />
          <span>{what && `${what} `}{foreign ? <Foreign spaced>{text}</Foreign> : text}</span>
          {action && (
            <Button className={styles.action} size="compact-sm" variant="light" onClick={() => { drop(id); action.run(); }}>{action.label}</Button>
          )}
          <CloseButton size="sm" aria-label={t("Close this notice")} onClick={() => { drop(id); action?.drop?.(); }} />
        </div>
      ))}
    </div>
  );
  return <Notices.Provider value={notify}>{children}{place ? createPortal(list, place) : list}</Notices.Provider>;
}
