// dialog.jsx: dialogs. Focus goes in, stays in and comes back. Escape or a click
// outside closes one, after asking if something was typed. dialog_host.jsx holds them.
import { Button, CloseButton, Portal } from "@mantine/core";
import { Fragment, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Changed } from "./changed.jsx";
import { PlanNames, usePlanNames } from "../../components/support/plan_names.jsx";
import { t } from "../../text/text.js";
import { controlsIn, focusedFrom, goTo, placeOf } from "../focus.js";
import { Dialogs } from "./dialog_host.jsx";
import { useForm } from "./form.jsx";
import { guardLeaving } from "./leaving.js";
import { AroundChange } from "./opening.js";
import { FormProblem } from "../states.jsx";
import { useTyped } from "./typed.js";
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
function useLeaving(typed, shown, ask) {
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
    window.addEventListener("beforeunload", hold);
    const leave = shown ? guardLeaving(stay) : undefined;
    return () => {
      leave?.();
      window.removeEventListener("beforeunload", hold);
    };
  }, [typed, shown]);
}

// The focus goes in when the dialog is shown, and back when it isn't.
function useFocus(box, shown) {
  useLayoutEffect(() => {
    if (!shown) return undefined;
    const inside = box.current;
    const opener = placeOf(focusedFrom(inside));
    const begin = () => (inside.querySelector('[aria-invalid="true"], [data-autofocus]') ?? controlsIn(inside)[1] ?? inside).focus();
    // The content may come later.
    const observer = new MutationObserver(() => focusedFrom(inside) === inside && begin());
    observer.observe(inside, { childList: true, subtree: true });
    begin();
    return () => {
      observer.disconnect();
      goTo(opener);
    };
  }, [box, shown]);
}

// What was typed before a reload or crash is in the form.
function Back({ onDiscard }) {
  return (
    <div className={styles.earlier} role="status">
      <p>{t("You typed this earlier and haven’t saved it.")}</p>
      <Button size="compact-sm" variant="default" onClick={onDiscard}>{t("Discard")}</Button>
    </div>
  );
}

function Box({ title, children, names, kept, shown, id, dialogs }) {
  const heading = useId();
  const onClose = () => dialogs.close(id);
  const box = useRef(null);
  const typed = useRef(false);
  const pressed = useRef(false); // a press that began outside: a text that is marked ends there, too
  const [asking, setAsking] = useState(false);
  const [round, setRound] = useState(0); // counts how often the form began anew
  const { isBack, onType, forget } = useTyped(kept, box);
  useLayoutEffect(() => dialogs.forgetWith(id, forget), [dialogs, id, forget]);
  const restart = () => {
    forget();
    typed.current = false;
    setRound(round + 1);
    box.current.focus();
  };
  const leave = () => {
    if (typed.current) setAsking(true);
    else onClose();
  };
  const discard = () => {
    setAsking(false);
    onClose();
  };
  useLeaving(typed, shown, () => setAsking(true));
  const stay = () => {
    setAsking(false);
    box.current.focus();
  };
  useFocus(box, shown);
  const onKey = useRef();
  useEffect(() => {
    onKey.current = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === "Tab") goRound(event, box.current);
      else if (event.key === "Escape") (asking ? stay : leave)();
    };
  });
  useEffect(() => {
    if (!shown) return undefined;
    const listen = (event) => onKey.current(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [shown]);
  const around = useMemo(() => ({ title, begin: () => dialogs.begin(id) }), [title, dialogs, id]);
  return (
    <div className={styles.back} hidden={!shown} data-dialog={shown || undefined}
      onMouseDown={(event) => { pressed.current = event.target === event.currentTarget; }}
      onClick={(event) => event.target === event.currentTarget && pressed.current && leave()}>
      <section role="dialog" aria-modal="true" aria-labelledby={heading} className={styles.box} ref={box} tabIndex={-1}
        onInput={({ target }) => {
          typed.current = true;
          onType(target);
        }}>
        <div className={styles.head}>
          <h2 id={heading} className={styles.title}>{title}</h2>
          <CloseButton aria-label={t("Close")} onClick={onClose} />
        </div>
        <div className={styles.body}>
          <AroundChange value={around}>
            {isBack && <Back onDiscard={restart} />}
            <Fragment key={round}>
              <PlanNames value={names}>{typeof children === "function" ? children(onClose) : children}</PlanNames>
            </Fragment>
          </AroundChange>
        </div>
        {asking && <Discard onStay={stay} onDiscard={discard} />}
      </section>
    </div>
  );
}

const InPortal = (props) => <Portal><Box {...props} /></Portal>;

/**
 * `children`: what is in it, or (close) => …, if something is typed there. `kept`: what that is about, such as
 * "contact 12": it is kept until it is saved or discarded (typed.js).
 */
export function Dialog({ open, ...props }) {
  const dialogs = useContext(Dialogs);
  const names = usePlanNames(); // of the page, within which it isn't drawn
  const id = useRef(null); // of this opening
  useLayoutEffect(() => {
    if (open) dialogs.put(id.current ??= dialogs.newId(), InPortal, { ...props, names });
    else if (id.current && dialogs.leave(id.current)) id.current = null;
  });
  useLayoutEffect(() => () => {
    if (id.current && dialogs.leave(id.current)) id.current = null;
  }, [dialogs]);
  return null;
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
