// opening.js: whether a dialog is open, and for what; without the dialog itself, which is fetched when it's opened.
import { createContext, useState } from "react";

/**
 * What a change is made in that the user may leave meanwhile: { title, begin }. A dialog has begin(), which it calls
 * for each change and which returns a function to call at its end (dialog_host.jsx).
 */
export const AroundChange = createContext({});

/**
 * What a dialog is open for: [value, open, close]; null while it's closed. The answer to a save may come once the
 * dialog was closed and opened again: each `close` closes only the opening it was made for.
 */
export function useOpening() {
  const [opening, setOpening] = useState(null);
  const open = (value = true) => setOpening({ value });
  const close = () => setOpening((now) => (now === opening ? null : now));
  return [opening?.value ?? null, open, close];
}
