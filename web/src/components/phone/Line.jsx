// Line.jsx: can somebody call here? If not, why, and what to do about it.
import { Button, Switch } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { Icon } from "../../parts/icon.jsx";
import { LINES } from "./words.js";
import styles from "./phone.module.css";

// A browser lets a page make a sound only after a click or a key.
function subscribe(fn) {
  const names = ["pointerdown", "keydown"];
  for (const name of names) window.addEventListener(name, fn);
  return () => names.forEach((name) => window.removeEventListener(name, fn));
}
const mayRing = () => navigator.userActivation?.hasBeenActive ?? true;

export function Line({ phone, state }) {
  const { line, problem } = state;
  const audible = useSyncExternalStore(subscribe, mayRing);
  return (
    <div className={styles.line}>
      <div className={styles.lineHead}>
        <p className={styles.lineState} data-line={line}>{LINES[line]}</p>
        <Switch size="sm" label="Take calls here" labelPosition="left" checked={line !== "paused"}
          disabled={line === "failed"} onChange={(event) => phone.receive(event.currentTarget.checked)} />
      </div>
      {line === "ready" && !audible && <p className={styles.hint}>Click anywhere on this page so that it may ring.</p>}
      {problem && (
        <div className={styles.problem} role="alert">
          <Icon name="warning" size={18} />
          <div>
            <p className={styles.problemTitle}>{problem.title}</p>
            <p>{problem.text}</p>
            {line === "failed"
              ? <Button size="compact-sm" variant="default" onClick={() => phone.retry()}>Try again</Button>
              : <Button size="compact-sm" variant="default" onClick={() => phone.dismiss()}>Close</Button>}
          </div>
        </div>
      )}
    </div>
  );
}
