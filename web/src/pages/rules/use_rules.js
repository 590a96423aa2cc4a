// use_rules.js: the rule file, the draft of it, its check and its saving.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useResource } from "../../resource.js";
import { ifMatch } from "../../api.js";
import { useApi } from "../../session.jsx";

const RULES = "/api/twilio/rules";
const KEY = ["rules", RULES, {}];
const TYPED_MS = 500; // after which a draft is checked
const AGAIN_MS = 15_000; // somebody may save the file in an editor

export function useRules() {
  return useResource(RULES, { refetchInterval: AGAIN_MS });
}

// What was typed survives a look at another page.
let kept = null;

/** { text, setText, base, dirty, begin }: `base` is the text on the server that the draft began with. */
export function useDraft(rules) {
  const [draft, setDraft] = useState(kept);
  useEffect(() => {
    kept = draft;
  }, [draft]);
  const dirty = draft !== null && draft.text !== draft.source;
  // An untouched draft follows the file.
  const base = dirty || !rules ? draft : { text: rules.source, source: rules.source, hash: rules.hash };
  return {
    text: base?.text ?? "", base, dirty,
    outdated: dirty && rules !== undefined && rules.hash !== base.hash,
    setText: (text) => setDraft({ ...base, text }),
    begin: (source, hash, text = source) => setDraft({ source, hash, text }),
    drop: () => setDraft(null),
  };
}

/** Warns before the page is left with something unsaved. */
export function useUnsaved(dirty) {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}

function useSettled(value, ms) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** What a saved file with this text would meet; nothing is asked while it is not a draft. */
export function useCheck(text, dirty) {
  const api = useApi();
  const settled = useSettled(text, TYPED_MS);
  const check = useQuery({
    queryKey: ["rules-check", settled], enabled: dirty && settled === text, retry: false, staleTime: 30_000, gcTime: 60_000,
    queryFn: ({ signal }) => api.post(`${RULES}/check`, { source: settled }, { signal }),
  });
  if (!dirty) return { state: "none" };
  if (settled !== text || check.isFetching) return { state: "checking", error: undefined };
  if (check.error) return { state: "failed", problem: check.error };
  if (!check.data) return { state: "checking" };
  return check.data.ok ? { state: "good", ...check.data } : { state: "bad", error: check.data.error };
}

/** Saving, and restoring a version: both answer with the file as it is then. */
export function useSave({ onSaved, onConflict }) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ source, hash, version }) => (version === undefined ? api.put(RULES, { source, hash })
      : api.post(`${RULES}/versions/${version}/restore`, undefined, ifMatch(queries.getQueryData(KEY)))),
    onSuccess: (rules, asked) => {
      queries.setQueryData(KEY, rules);
      for (const name of ["rules-versions", "coverage", "simulate"]) queries.invalidateQueries({ queryKey: [name] });
      onSaved(rules, asked);
    },
    onError: async (problem) => {
      if (problem.current) queries.setQueryData(KEY, problem.current);
      if (problem.code !== "conflict") return;
      onConflict(await queries.fetchQuery({ queryKey: KEY, staleTime: 0, queryFn: () => api.get(RULES) }));
    },
  });
}
