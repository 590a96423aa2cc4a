// opening.js: whether a dialog is open, and for what; without the dialog itself, which is fetched when it's opened.
import { createContext, useState } from "react";

/** The title of the dialog around. */
export const DialogTitle = createContext(null);

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
