// newer_react.jsx: what Mantine takes from React 19.2, for applications with 19.0
// and 19.1 (tools/oldest_react.js). The same code runs on every React, so that
// there is one behaviour to test.
import { useCallback, useInsertionEffect, useRef } from "react";

/** A function for effects: always the newest one, and no reason to run the effect again. */
export function useEffectEvent(fn) {
  const latest = useRef(fn);
  useInsertionEffect(() => {
    latest.current = fn;
  });
  return useCallback((...values) => latest.current(...values), []);
}

/** Hides its children and keeps their state. */
export function Activity({ mode = "visible", children }) {
  return <div style={{ display: mode === "hidden" ? "none" : "contents" }}>{children}</div>;
}
