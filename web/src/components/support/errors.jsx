// errors.jsx: errors the application should know about: its token was refused, or
// the phone can't make or receive calls. `report(error)` tells all listeners.
import { createContext, useContext, useEffect, useRef } from "react";

const Errors = createContext({ report: () => {}, reportProblem: () => {}, listen: () => () => {} });

/** reportProblem(problem or null) of the phone, a stable function; does nothing in the console. */
export function useProblemReport() {
  return useContext(Errors).reportProblem;
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
  const report = ({ code, message, status }) => {
    for (const fn of [...listeners]) fn({ code, message, ...(status ? { status } : {}) });
  };
  let known = null;
  return {
    report,
    // The same phone may be there several times: its problem counts once each time it comes up.
    reportProblem: (problem) => {
      if (problem === known) return;
      known = problem;
      // A refused token has been reported by the API.
      if (problem && problem.code !== "invalid_token") report({ code: problem.code, message: `${problem.title}. ${problem.text}` });
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
