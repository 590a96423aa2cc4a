// errors.jsx: errors the application should know about: its token was refused, or
// the phone can't make or receive calls. `report(error)` tells all listeners.
import { createContext, useContext, useEffect, useRef } from "react";

const Errors = createContext({ report: () => {}, listen: () => () => {} });

/** report(error), a stable function; does nothing in the console. */
export function useReport() {
  return useContext(Errors).report;
}

/** Calls fn(error) for every error reported while the component is mounted. */
export function useErrors(fn) {
  const { listen } = useContext(Errors);
  const latest = useRef(fn);
  useEffect(() => {
    latest.current = fn;
  });
  useEffect(() => listen((error) => latest.current?.(error)), [listen]);
}

export function createErrors() {
  const listeners = new Set();
  return {
    report: ({ code, message, status }) => {
      for (const fn of [...listeners]) fn({ code, message, ...(status ? { status } : {}) });
    },
    listen: (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
  };
}

function Listener({ onError }) {
  useErrors(onError);
  return null;
}

// The listener comes before the children, so its effects run before theirs, which may report.
export function ErrorsProvider({ errors, onError, children }) {
  return <Errors.Provider value={errors}><Listener onError={onError} />{children}</Errors.Provider>;
}
