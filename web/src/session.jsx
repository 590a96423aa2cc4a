// session.jsx: who is signed in, and the API as that user.
//
// There are two ways in. A local account signs in with its password; the host then
// sets a cookie that no script can read, and nothing is kept here. Or someone pastes
// a token of the host application (or of `hookswitch token`), which is kept until the
// tab is closed.
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createApi, retrying } from "./api.js";
import { put } from "./cache.js";
import { FIRST } from "./first_reads.js";
import { keptToken } from "./kept_token.js";
import { forgetForms, forgetOthers } from "./parts/forms/typed_store.js";
import { keyOf } from "./resource_key.js";
import { t } from "./text/text.js";

const Api = createContext(null);
const Session = createContext(null);

const KEPT_MS = typeof window === "undefined" ? Infinity : 10 * 60_000; // on a server, no timer stays behind

function createQueryClient() {
  return new QueryClient({
    defaultOptions: {
      queries: { ...retrying, staleTime: 15_000, gcTime: KEPT_MS, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

// The API of this page: api.get, api.post, … (api.js).
export function useApi() {
  const api = useContext(Api);
  if (!api) throw new Error("useApi needs an ApiProvider around it");
  return api;
}

// { me, isOver, signIn, signInWithToken, signOut, reason }: for the console's own pages. `isOver`: the session of
// `me` has ended by itself; what they typed waits until they sign in again.
export function useSession() {
  return useContext(Session);
}

// What each component needs around it, in any React application.
export function ApiProvider({ api, queryClient, children }) {
  const [own] = useState(() => queryClient ?? createQueryClient());
  return (
    <Api.Provider value={api}>
      <QueryClientProvider client={own}>{children}</QueryClientProvider>
    </Api.Provider>
  );
}

const readMe = (api, options) => api.get(FIRST.me[0], options);
const isRead = ({ queryKey }) => queryKey[0] !== "me"; // with someone's login

// The query for who is signed in: null if nobody is.
export const meQuery = (api) => ({
  queryKey: ["me"], staleTime: Infinity,
  queryFn: ({ signal }) => readMe(api, { signal }).catch((problem) => {
    if (problem.status === 401) return null;
    throw problem;
  }),
});

export function useMe() {
  return useQuery(meQuery(useApi()));
}

const ROLES = ["agent", "editor", "admin"];

// May the user do what this role may? const may = useMay(); may("editor")
export function useMay() {
  const role = useMe().data?.role ?? "admin";
  return (least) => ROLES.indexOf(role) >= ROLES.indexOf(least);
}

// Tabs tell each other who has signed out, and when someone signs in.
function useOtherTabs(hear) {
  const channel = useRef(null);
  const latest = useRef(hear);
  useEffect(() => {
    latest.current = hear;
  });
  useEffect(() => {
    const opened = channel.current = new BroadcastChannel("hookswitch session");
    opened.onmessage = ({ data }) => latest.current(data);
    return () => opened.close();
  }, []);
  return useCallback((message) => channel.current?.postMessage(message), []);
}

// Signing in and out take their time, here and in other tabs. Each takes a turn when it begins; the function that
// returns says whether its answer still counts: not if one that began later has been answered already.
function createTurns() {
  let begun = 0;
  let newest = 0; // of those that were answered
  return () => {
    const mine = ++begun;
    return () => {
      newest = Math.max(newest, mine);
      return newest === mine;
    };
  };
}

// Who is signed in here, as the page has it: `forget(why)` and `welcome(who)` change it, `expire(why)` keeps what
// was read and typed for whoever signs in again.
function usePresence(holder) {
  const queries = useQueryClient();
  const [reason, setReason] = useState(null);
  const [isOver, setOver] = useState(false);
  const setIsOver = useCallback((over) => {
    holder.isOver = over;
    setOver(over);
  }, [holder]);
  const drop = useCallback((why) => {
    holder.token = undefined;
    keptToken.set(undefined);
    setReason(why);
  }, [holder]);
  const clear = useCallback(() => queries.removeQueries({ predicate: isRead }), [queries]);
  const forget = useCallback((why, { here = false } = {}) => {
    forgetForms(queries.getQueryData(["me"])?.user.id, { here });
    drop(why);
    setIsOver(false);
    put(queries, ["me"], null);
    clear();
  }, [clear, drop, queries, setIsOver]);
  // What another user read isn't shown, not even for a moment.
  const welcome = useCallback((who) => {
    holder.since = performance.now();
    forgetOthers(who.user.id);
    if (queries.getQueryData(["me"])?.user.id !== who.user.id) clear();
    put(queries, ["me"], who);
    setReason(null);
    setIsOver(false);
  }, [clear, holder, queries, setIsOver]);
  const expire = (why) => {
    drop(why);
    setIsOver(true);
    // A hidden page watches no query, and without what it read it would lose what was typed.
    for (const query of queries.getQueryCache().findAll({ predicate: isRead })) {
      query.setOptions({ ...query.options, gcTime: Infinity });
    }
    queries.invalidateQueries({ predicate: isRead, refetchType: "none" });
  };
  return { reason, isOver, forget, welcome, expire };
}

function SessionState({ api, holder, children }) {
  const queries = useQueryClient();
  const me = useMe();
  const { reason, isOver, forget, welcome, expire } = usePresence(holder);
  const userHere = () => queries.getQueryData(["me"])?.user.id;
  const tell = useOtherTabs(({ out }) => {
    const isNewest = holder.turn();
    // A cookie is every tab's, also of one that hasn't noticed that its session ended.
    if (out === undefined && !holder.token) {
      holder.ending?.abort(); // its answer would take away the new login's cookie
      readMe(api, { quiet: true }).then((who) => {
        if ((holder.isOver || userHere() !== who.user.id) && isNewest()) welcome(who);
      }, () => {});
    }
    if (out !== undefined && out === userHere() && isNewest()) forget(t("You signed out in another tab."));
  });
  holder.onSignedOut = (_, sent) => {
    if (sent?.at < holder.since) return; // what was sent with the login before tells nothing of this one
    if (!holder.isOver && userHere() !== undefined) expire(t("Your session has ended. Please sign in again."));
  };

  const session = useMemo(() => ({
    me, isOver, reason,
    async signIn(name, password) {
      const isNewest = holder.turn();
      holder.token = undefined;
      keptToken.set(undefined);
      await api.post("/api/auth/login", { name, password }, { quiet: true });
      const who = await readMe(api, { quiet: true });
      if (isNewest()) welcome(who);
      tell({});
    },
    async signInWithToken(token) {
      const isNewest = holder.turn();
      const who = await readMe(api, { quiet: true, headers: { Authorization: `Bearer ${token}` } });
      if (!isNewest()) return;
      holder.token = token;
      keptToken.set(token);
      welcome(who);
    },
    async signOut() {
      const isNewest = holder.turn();
      const userId = me.data?.user.id;
      await Promise.all([...api.farewells].map((fn) => fn()));
      if (!isNewest()) return; // the login is another's by now
      let reached = true;
      const { signal } = holder.ending = new AbortController();
      if (!holder.token) {
        await api.post("/api/auth/logout", undefined, { quiet: true, signal }).catch((problem) => {
          reached = problem.status === 401; // the login had ended already
        });
      }
      tell({ out: userId });
      if (signal.aborted || !isNewest()) return;
      forget(reached ? t("You are signed out.")
        : t("Hookswitch couldn’t be reached, so your login may still be open. Sign in and out again to end it."), { here: true });
    },
  }), [api, forget, holder, isOver, me, reason, tell, welcome]);
  return <Session.Provider value={session}>{children}</Session.Provider>;
}

// Who is signed in, and what Today reads, at once.
function readFirst(api, queryClient) {
  queryClient.prefetchQuery(meQuery(api));
  for (const [path, query] of Object.values(FIRST).slice(1)) {
    queryClient.prefetchQuery({ queryKey: keyOf(path, query), queryFn: () => api.get(path, { query }) });
  }
}

// `early`: answers that are on their way (early.js).
export function SessionProvider({ early, children }) {
  const [{ api, holder, queryClient }] = useState(() => {
    const box = { token: keptToken.get(), since: 0, isOver: false, turn: createTurns(), onSignedOut: () => {} };
    const gather = window.location.pathname === "/";
    const made = {
      holder: box, queryClient: createQueryClient(),
      api: createApi({ gather, early, token: () => box.token, onSignedOut: (...what) => box.onSignedOut(...what) }),
    };
    if (gather) readFirst(made.api, made.queryClient);
    return made;
  });
  return (
    <ApiProvider api={api} queryClient={queryClient}>
      <SessionState api={api} holder={holder}>{children}</SessionState>
    </ApiProvider>
  );
}
