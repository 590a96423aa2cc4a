// live.jsx: keeps the page up to date. The host's events say what to fetch again;
// `useLive()` says whether they arrive.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { outdate } from "./cache.js";
import { useApi, useMe } from "./session.jsx";
import { streamOf } from "./stream.js";

// Everything that was read, except who is signed in.
const known = ({ queryKey, state }) => queryKey[0] !== "me" && state.data !== undefined;
const failing = ({ state }) => state.fetchFailureCount > 0 || state.status === "error";

// A stream that comes again may have ended with a change of the user's role.
function readRole(api, queries, signal) {
  api.get("/api/auth/me", { signal }).then(({ role, manages_users }) => queries.setQueryData(["me"],
    (me) => (me && me.role !== role ? { ...me, role, manages_users } : me)), () => {});
}

const GATHER_MS = 100; // one call makes several events

// Resources that an event makes stale; an event not named here, the resource of its name.
const STALE = {
  ready: [],
  phone: [],
  call: ["call-logs", "stats", "missed-calls", "my-numbers", "presence", "alerts", "leaks", "now"],
  recording: ["recordings", "call-logs", "missed-calls"],
  presence: ["presence", "now"],
  settings: ["call-forwarding", "overrides", "my-numbers", "coverage", "simulate", "now"],
  missed: ["missed-calls", "recordings"],
  alerts: ["alerts", "rules"],
  rules: ["rules", "team", "pin", "coverage", "simulate", "now"],
};

const Live = createContext({ state: "connecting", subscribe: () => () => {} });

// { state, subscribe(fn) }: fn(type, data) is called with every event.
export function useLive() {
  return useContext(Live);
}

// Call fn(type, data) for every event while the component is there.
export function useEvents(fn) {
  const { subscribe } = useLive();
  const latest = useRef(fn);
  useEffect(() => {
    latest.current = fn;
  });
  useEffect(() => subscribe((...event) => latest.current(...event)), [subscribe]);
}

export function LiveProvider({ children }) {
  const api = useApi();
  const me = useMe().data;
  const queries = useQueryClient();
  const [state, setState] = useState("connecting");
  const [subscribers] = useState(() => new Set());
  const [subscribe] = useState(() => (fn) => {
    subscribers.add(fn);
    return () => subscribers.delete(fn);
  });
  const userId = me?.user.id;
  const since = me?.event_id;

  useEffect(() => {
    if (userId === undefined) return undefined;
    const stale = new Set();
    let opened = false;
    let timer;
    let role = new AbortController(); // of the last read of it
    const refresh = () => {
      timer = undefined;
      if (stale.has("*")) queries.invalidateQueries({ predicate: known });
      else for (const name of stale) outdate(queries, { queryKey: [name] });
      stale.clear();
    };
    const onEvent = (type, data) => {
      for (const name of type === "reset" ? ["*"] : STALE[type] ?? [type]) stale.add(name);
      if (stale.size > 0) timer ??= setTimeout(refresh, GATHER_MS);
      for (const fn of subscribers) fn(type, data);
    };
    // What waits for the host need wait no longer.
    const onState = (next) => {
      setState(next);
      if (next !== "open") return;
      queries.refetchQueries({ predicate: failing });
      role.abort();
      role = new AbortController();
      if (opened) readRole(api, queries, role.signal);
      opened = true;
    };
    const stop = streamOf(api, userId).subscribe(api, { since, onEvent, onState });
    return () => {
      clearTimeout(timer);
      role.abort();
      stop();
    };
  }, [api, userId, since, queries, subscribers]);

  return <Live.Provider value={{ state, subscribe }}>{children}</Live.Provider>;
}
