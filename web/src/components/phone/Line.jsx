// Line.jsx: can this browser receive calls? If not, why, and what to do about it.
import { Button, Switch } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { Icon } from "../../parts/icon.jsx";
import { useNotificationPermission } from "./use_attention.js";
import { Foreign } from "../../text/language.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { LINES } from "./words.js";
import styles from "./phone.module.css";

// Browsers let a page make a sound only after a click or a key press.
function subscribe(fn) {
  const names = ["pointerdown", "keydown"];
  for (const name of names) window.addEventListener(name, fn);
  return () => names.forEach((name) => window.removeEventListener(name, fn));
}
const mayRing = () => navigator.userActivation?.hasBeenActive ?? true;

// Asks for permission on a click, never when the page opens.
function Notify() {
  const permission = useNotificationPermission();
  if (permission !== "default") return null;
  return (
    <p className={styles.hint}>
      {t("Working in another window?")}{" "}
      <button type="button" className={styles.link} onClick={() => Notification.requestPermission()}>{t("Notify me of calls")}</button>
    </p>
  );
}

// Without a phone network: simulates a caller.
function Sandbox({ phone, state }) {
  const busy = state.call !== null || state.incoming.length > 0;
  return (
    <div className={styles.sandbox}>
      <p>
        {rich("<b>Sandbox:</b> no telephone network is involved. Callers and callees are played, and your microphone stays off.",
          { b: (text) => <strong>{text}</strong> })}
      </p>
      <Button size="compact-md" variant="default" disabled={busy || state.line !== "ready"} onClick={() => phone.ringMe()}>
        {t("Ring me")}
      </Button>
    </div>
  );
}

export function Line({ phone, state }) {
  const { line, problem, sandbox } = state;
  const audible = useSyncExternalStore(subscribe, mayRing);
  return (
    <div className={styles.line}>
      <div className={styles.lineHead}>
        <p className={styles.lineState} data-line={line}>{LINES[line]}</p>
        <Switch size="sm" label={t("Take calls here")} labelPosition="left" checked={line !== "paused"}
          disabled={line === "failed"} onChange={(event) => phone.receive(event.currentTarget.checked)} />
      </div>
      {sandbox && <Sandbox phone={phone} state={state} />}
      {line === "ready" && <Notify />}
      {line === "ready" && !audible && <p className={styles.hint}>{t("Click anywhere on this page so that it can ring.")}</p>}
      {problem && (
        <div className={styles.problem} role="alert">
          <Icon name="warning" size={18} />
          <div>
            <p className={styles.problemTitle}>{problem.title}</p>
            <p>{problem.foreign ? <Foreign>{problem.text}</Foreign> : problem.text}</p>
            {line === "failed"
              ? <Button size="compact-sm" variant="default" onClick={() => phone.retry()}>{t("Try again")}</Button>
              : <Button size="compact-sm" variant="default" onClick={() => phone.dismiss()}>{t("Close")}</Button>}
          </div>
        </div>
      )}
    </div>
  );
}
