// use_rules.js: the rule file and its draft: unsaved text, its check, and making rules live.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { put } from "../../cache.js";
import { useResource, useSending } from "../../resource.js";
import { ifMatch } from "../../api.js";
import { useApi, useSession } from "../../session.jsx";
import { useKept } from "../../parts/forms/unsaved.js";
import { useSettled } from "../../parts/settled.js";

const RULES = "/api/twilio/rules";
const DRAFT = `${RULES}/draft`;
const KEY = ["rules", RULES, {}];
const DRAFT_KEY = ["rules", DRAFT, {}];
const TYPED_MS = 500; // pause in typing before the text is checked
const AGAIN_MS = 15_000; // the file may be saved in another editor

export function useRules() {
  return useResource(RULES, { refetchInterval: AGAIN_MS });
}

/** `shown`: refetch the draft's counts of calls while it is on screen. */
export function useDraft(shown) {
  return useResource(DRAFT, { refetchInterval: shown && AGAIN_MS });
}

const isTyped = (value) => ["text", "source", "hash"].every((field) => typeof value?.[field] === "string");

/**
 * The text in a file's editor. `base` is the server's text it started from.
 * @param {string} file
 * @param {{ source: string, hash: string }} [server] the file on the server
 */
export function useTyped(file, server) {
  const { me } = useSession();
  const [typed, keep] = useKept(`hookswitch_typed ${me.data?.user.id} ${file}`, isTyped);
  const isDirty = (now) => now !== null && now.text !== now.source;
  const dirty = isDirty(typed);
  const note = typed?.note ?? "";
  const set = (next) => keep(isDirty(next) || next.note ? next : null);
  // Unedited text follows the file.
  const base = dirty || !server ? typed : { text: server.source, source: server.source, hash: server.hash };
  return {
    text: base?.text ?? "", base, dirty, note,
    outdated: dirty && server !== undefined && server.hash !== base.hash,
    setText: (text) => set({ ...base, note, text }),
    setNote: (words) => set({ ...base, note: words }),
    begin: (text) => set({ source: "", hash: "", text }),
    drop: () => keep(null),
    /** `text` is what the file holds now; what was typed since it was sent stays. */
    saved: (text, { source, hash }) => keep((now) => (
      now && now.text !== text ? { source, hash, text: now.text } : null)),
  };
}

/** Warns before leaving the page with unsaved text. */
export function useUnsaved(dirty) {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}

/** The server's check of this text; only asked for if `wanted`. */
export function useCheck(text, wanted) {
  const api = useApi();
  const settled = useSettled(text, TYPED_MS);
  const check = useQuery({
    queryKey: ["rules-check", settled], enabled: wanted && settled === text, retry: false, staleTime: 30_000, gcTime: 60_000,
    queryFn: ({ signal }) => api.post(`${RULES}/check`, { source: settled }, { signal }),
  });
  if (!wanted) return { state: "none" };
  if (settled !== text || check.isFetching) return { state: "checking", error: undefined };
  if (check.error) return { state: "failed", problem: check.error, again: check.refetch };
  if (!check.data) return { state: "checking" };
  return check.data.ok ? { state: "good", ...check.data } : { state: "bad", error: check.data.error };
}

// What a user agrees to: the files whose effect was shown, not those that a colleague saved meanwhile.
const consentOf = ({ note, accept, shown }) => ({ note, accept, shown });

/** The refusal of a save as what to ask the user. */
export const askedOf = (asked, { details }) => ({
  ...asked, gate: details?.gate, shown: details?.hash, again: asked.accept === true,
});

// The ways to make rules live. Each returns the file as it then is.
const WAYS = {
  save: (api, { source, hash, ...consent }) => api.put(RULES, { source, hash, ...consentOf(consent) }),
  restore: (api, { version, ...consent }, rules) => api.post(`${RULES}/versions/${version}/restore`, undefined,
    { query: consentOf(consent), ...ifMatch(rules) }),
  promote: (api, { hash, ...consent }) => api.post(`${DRAFT}/promote`, { hash, ...consentOf(consent) }),
  accept: (api, { hash, note, shown }) => api.post(`${RULES}/accept`, { hash, note, shown }),
};

/**
 * mutate({ way, …, note, accept, forget }). Its `gate` isn't sent; it is what the user confirms. `forget` is called
 * once the note isn't needed any more.
 * `onAsked`: real calls would change, so the user must confirm.
 */
export function useGoLive({ onLive, onAsked, onFailed }) {
  const api = useApi();
  const queries = useQueryClient();
  return useSending({
    mutationFn: (asked) => WAYS[asked.way](api, { ...asked, note: asked.note || undefined }, queries.getQueryData(KEY)),
    onMutate: () => queries.getQueryData(KEY)?.version,
    onSuccess: (rules, asked, before) => {
      put(queries, KEY, rules);
      queries.invalidateQueries({ queryKey: ["rules"], predicate: ({ queryKey }) => queryKey[1] !== RULES });
      for (const name of ["coverage", "simulate"]) queries.invalidateQueries({ queryKey: [name] });
      asked.forget?.();
      onLive(rules, asked, before);
    },
    onError: (problem, asked) => {
      if (problem.current) put(queries, KEY, problem.current);
      const isAsked = problem.code === "unconfirmed";
      if (isAsked) onAsked(askedOf(asked, problem));
      else onFailed(asked);
      if (problem.code === "conflict") queries.invalidateQueries({ queryKey: ["rules"] });
      return isAsked;
    },
  });
}

/**
 * mutate({ source, hash }) saves the draft, mutate({ discarded }) discards it, and that text with it; both return it.
 */
export function useDraftChange(onDone) {
  const api = useApi();
  const queries = useQueryClient();
  return useSending({
    mutationFn: ({ discarded, ...body }) => (discarded === undefined ? api.put(DRAFT, body)
      : api.delete(DRAFT, ifMatch(queries.getQueryData(DRAFT_KEY)))),
    onSuccess: (draft, asked) => {
      put(queries, DRAFT_KEY, draft);
      onDone(draft, asked);
    },
    onError: (problem) => {
      if (problem.code === "conflict" || problem.current) queries.invalidateQueries({ queryKey: DRAFT_KEY });
    },
  });
}
