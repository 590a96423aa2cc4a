// newer_react.jsx: what Mantine needs of React 19.2, for applications with 19.0 and
// 19.1 (tools/oldest_react.js). Used with every version: one behaviour to test.
import { useCallback, useInsertionEffect, useRef } from "react";

/** A stable function for effects that always calls the newest `fn`. */
export function useEffectEvent(fn) {
  const latest = useRef(fn);
  useInsertionEffect(() => {
    latest.current = fn;
  });
  return useCallback((...values) => latest.current(...values), []);
}

/** Hides its children but keeps their state. */
export function Activity({ mode = "visible", children }) {
  return <div style={{ display: mode === "hidden" ? "none" : "contents" }}>{children}</div>;
}
