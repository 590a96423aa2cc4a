// session.jsx: who is signed in, and the API as that user.
//
// There are two ways in. A local account signs in with its password; the host then
// sets a cookie that no script can read, and nothing is kept here. Or someone pastes
// a token of the host application (or of `hookswitch token`), which is kept until the
// tab is closed.
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createApi, retrying } from "./api.js";
import { FIRST } from "./first_reads.js";
import { keptToken } from "./kept_token.js";
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

// { me, signIn, signInWithToken, signOut, reason }: for the console's own pages.
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

// The query for who is signed in: null if nobody is.
const meQuery = (api) => ({
  queryKey: ["me"], staleTime: Infinity,
  queryFn: ({ signal }) => api.get(FIRST.me[0], { signal }).catch((problem) => {
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

function SessionState({ api, holder, children }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState(null);
  const me = useMe();

  const forget = useCallback((why) => {
    holder.token = undefined;
    keptToken.set(undefined);
    setReason(why);
    queries.setQueryData(["me"], null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
  }, [holder, queries]);
  const tell = useOtherTabs(({ out }) => {
    const here = queries.getQueryData(["me"]);
    if (here === null && out === undefined) queries.resetQueries({ queryKey: ["me"] });
    if (here && here.user.id === out) forget(t("You signed out in another tab."));
  });
  holder.onSignedOut = () => {
    if (queries.getQueryData(["me"])) forget(t("Your session has ended. Please sign in again."));
  };

  const session = useMemo(() => ({
    me, reason,
    async signIn(name, password) {
      holder.token = undefined;
      keptToken.set(undefined);
      await api.post("/api/auth/login", { name, password }, { quiet: true });
      setReason(null);
      await queries.resetQueries({ queryKey: ["me"] });
      tell({});
    },
    async signInWithToken(token) {
      holder.token = token;
      try {
        const who = await api.get("/api/auth/me", { quiet: true });
        keptToken.set(token);
        setReason(null);
        queries.setQueryData(["me"], who);
      } catch (problem) {
        holder.token = undefined;
        throw problem;
      }
    },
    async signOut() {
      const userId = me.data?.user.id;
      await Promise.all([...api.farewells].map((fn) => fn()));
      let reached = true;
      if (!holder.token) {
        await api.post("/api/auth/logout", undefined, { quiet: true }).catch((problem) => {
          reached = problem.status === 401; // the login had ended already
        });
      }
      tell({ out: userId });
      forget(reached ? t("You are signed out.")
        : t("Hookswitch couldn’t be reached, so your login may still be open. Sign in and out again to end it."));
    },
  }), [api, forget, holder, me, queries, reason, tell]);
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
    const box = { token: keptToken.get(), onSignedOut: () => {} };
    const gather = window.location.pathname === "/";
    const made = {
      holder: box, queryClient: createQueryClient(),
      api: createApi({ gather, early, token: () => box.token, onSignedOut: () => box.onSignedOut() }),
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
