// dialog.jsx: dialogs. Focus goes in, stays in and comes back. Escape or a click
// outside closes one, after asking if something was typed.
import { Button, CloseButton, Portal } from "@mantine/core";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Changed } from "./changed.jsx";
import { t } from "../../text/text.js";
import { controlsIn, focusedFrom, goTo, placeOf } from "../focus.js";
import { useForm } from "./form.jsx";
import { guardLeaving } from "./leaving.js";
import { DialogTitle } from "./opening.js";
import { FormProblem } from "../states.jsx";
import styles from "./dialog.module.css";

// Tab cycles through the dialog and what lies above it (a call bar).
function goRound(event, box) {
  const around = [...document.querySelectorAll("[data-above-dialogs]")].flatMap(controlsIn);
  const controls = [...controlsIn(box), ...around];
  const focused = focusedFrom(box);
  const at = controls.indexOf(focused);
  const next = controls.at(event.shiftKey ? (at <= 0 ? -1 : at - 1) : (at + 1) % controls.length);
  // Between neighbours, leave it to the browser, which handles radio groups.
  const [first, last] = [controlsIn(box)[0], controlsIn(box).at(-1)];
  const edge = event.shiftKey ? focused === first : focused === last;
  if (box.contains(focused) && !edge && focused !== box) return;
  event.preventDefault();
  next?.focus();
}

function Discard({ onStay, onDiscard }) {
  const stay = useRef(null);
  useEffect(() => stay.current.focus(), []);
  return (
    <div className={styles.discard} role="alert">
      <p>{t("Discard what you typed?")}</p>
      <div className={styles.actions}>
        <Button variant="default" onClick={onStay} ref={stay}>{t("Keep editing")}</Button>
        <Button color="red" onClick={onDiscard}>{t("Discard")}</Button>
      </div>
    </div>
  );
}

// While something is typed, the Back button asks first, and so does a reload; `ask` shows the question.
function useLeaving(typed, ask) {
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const { href } = location;
    const stay = (event) => {
      if (!typed.current) return;
      event.stopImmediatePropagation();
      history.pushState(null, "", href);
      latest.current();
    };
    const hold = (event) => typed.current && event.preventDefault();
    const leave = guardLeaving(stay);
    window.addEventListener("beforeunload", hold);
    return () => {
      leave();
      window.removeEventListener("beforeunload", hold);
    };
  }, [typed]);
}

function Box({ onClose, title, children }) {
  const id = useId();
  const box = useRef(null);
  const typed = useRef(false);
  const pressed = useRef(false); // a press that began outside: a text that is marked ends there, too
  const [asking, setAsking] = useState(false);
  const leave = () => {
    if (typed.current) setAsking(true);
    else onClose();
  };
  useLeaving(typed, () => setAsking(true));
  const stay = () => {
    setAsking(false);
    box.current.focus();
  };
  useLayoutEffect(() => {
    const inside = box.current;
    const opener = placeOf(focusedFrom(inside));
    const begin = () => (inside.querySelector("[data-autofocus]") ?? controlsIn(inside)[1] ?? inside).focus();
    // The content may come later.
    const observer = new MutationObserver(() => focusedFrom(inside) === inside && begin());
    observer.observe(inside, { childList: true, subtree: true });
    begin();
    return () => {
      observer.disconnect();
      goTo(opener);
    };
  }, []);
  const onKey = useRef();
  useEffect(() => {
    onKey.current = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === "Tab") goRound(event, box.current);
      else if (event.key === "Escape") (asking ? stay : leave)();
    };
  });
  useEffect(() => {
    const listen = (event) => onKey.current(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  return (
    <div className={styles.back} data-dialog
      onMouseDown={(event) => { pressed.current = event.target === event.currentTarget; }}
      onClick={(event) => event.target === event.currentTarget && pressed.current && leave()}>
      <section role="dialog" aria-modal="true" aria-labelledby={id} className={styles.box} ref={box} tabIndex={-1}
        onInput={() => { typed.current = true; }}>
        <div className={styles.head}>
          <h2 id={id} className={styles.title}>{title}</h2>
          <CloseButton aria-label={t("Close")} onClick={onClose} />
        </div>
        <div className={styles.body}><DialogTitle.Provider value={title}>{children}</DialogTitle.Provider></div>
        {asking && <Discard onStay={stay} onDiscard={onClose} />}
      </section>
    </div>
  );
}

export function Dialog({ open, ...props }) {
  return open && <Portal><Box {...props} /></Portal>;
}

// The buttons below a dialog's form.
export function DialogActions({ children }) {
  return <div className={styles.actions}>{children}</div>;
}

/** Cancel and the submit button, which `children` label. */
export function FormActions({ onCancel, busy = false, children }) {
  return (
    <DialogActions>
      <Button variant="default" onClick={onCancel}>{t("Cancel")}</Button>
      <Button type="submit" loading={busy}>{children}</Button>
    </DialogActions>
  );
}

// "Delete this recording?" `change` is a mutation (useChange). `facts`, [label, text] of
// each field, are for a row (`value`) that colleagues may change: if one did, the dialog
// shows the difference, and the next click applies to the new row. `stay`: the label of
// the button that does nothing. `known`: fields in `children`
// that show their own errors.
export function Confirm({ open, onClose, title, children, verb, stay = t("Keep it"), change, value, onDone, facts,
  known, disabled = false }) {
  const current = facts && change.error?.current;
  const { leave } = change;
  const latest = useRef(title);
  useEffect(() => {
    latest.current = title;
  });
  useEffect(() => () => leave(latest.current), [leave]);
  const close = () => {
    leave(title);
    change.reset();
    onClose();
  };
  const act = () => change.mutate(current ? { ...value, ...current } : value, { onSuccess: (answer) => {
    onClose();
    onDone?.(answer);
  } });
  const { form } = useForm(change.error, act);
  return (
    <Dialog open={open} onClose={close} title={title}>
      <form {...form}>
        <div className={styles.text}>{children}</div>
        {current && value ? <Changed was={value} now={current} facts={facts} />
          : <FormProblem error={change.error} known={known} />}
        <DialogActions>
          <Button variant="default" onClick={close} data-autofocus>{stay}</Button>
          <Button type="submit" color="red" loading={change.isPending} disabled={disabled}>{verb}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
