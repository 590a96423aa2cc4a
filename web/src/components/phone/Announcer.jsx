// Announcer.jsx: tells screen readers what happens on the phone. An incoming call
// interrupts; everything else waits its turn.
import { VisuallyHidden } from "@mantine/core";
import { t } from "../../text/text.js";
import { LINES, otherEnd, STATUSES } from "./words.js";

function said({ call, ended, line }) {
  if (call) {
    const values = { who: otherEnd(call), status: STATUSES[call.status] };
    return call.muted ? t("Call with {who}: {status} Muted.", values) : t("Call with {who}: {status}", values);
  }
  if (ended) return t("{what}: {who}", { what: ended.text, who: otherEnd(ended) });
  return LINES[line];
}

export function Announcer({ state }) {
  return (
    <>
      <VisuallyHidden role="status" aria-live="polite">{said(state)}</VisuallyHidden>
      <VisuallyHidden role="alert">
        {state.incoming.map((call) => <p key={call.id}>{t("Incoming call from {who}", { who: otherEnd(call) })}</p>)}
      </VisuallyHidden>
    </>
  );
}
