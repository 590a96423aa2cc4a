// errors.jsx: what an application wants to hear of: its token was refused, or the
// phone can't take or make calls. `report(error)` tells everyone who listens.
import { createContext, useContext, useEffect, useRef } from "react";

const Errors = createContext({ report: () => {}, listen: () => () => {} });

/** report(error), the same function all the time; does nothing in the console. */
export function useReport() {
  return useContext(Errors).report;
}

/** Call fn(error) for every error that is reported while the component is there. */
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

// The listener comes first: its effects run before those of what may report.
export function ErrorsProvider({ errors, onError, children }) {
  return <Errors.Provider value={errors}><Listener onError={onError} />{children}</Errors.Provider>;
}
