// use_team.js: people, groups, hours and rotas: what is on the server, what is edited, its check, and saving.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useResource } from "../../resource.js";
import { useApi, useSession } from "../../session.jsx";
import { useSettled } from "../rules/use_rules.js";
import { changed, KINDS, merged } from "./edit.js";

const TEAM = "/api/twilio/team";
const KEY = ["team", TEAM, {}];
const TYPED_MS = 500; // after which an edit is checked
const AGAIN_MS = 15_000; // somebody may edit the files

const entriesOf = (team) => Object.fromEntries(KINDS.map((kind) => [kind, team[kind]]));

// What is edited survives a look at another page.
const kept = new Map();

/**
 * `entries` are what the forms show. An edit has its `base`, the team that it began with; `conflicts` are entries
 * that a colleague has changed, too.
 */
export function useTeamEdit() {
  const team = useResource(TEAM, { refetchInterval: AGAIN_MS });
  const user = useSession().me.data?.user.id;
  const [edit, setEdit] = useState(() => kept.get(user) ?? null);
  useEffect(() => {
    kept.set(user, edit);
  }, [user, edit]);
  const entries = edit?.entries ?? (team.data && entriesOf(team.data));
  const body = edit ? changed(edit.base, edit.entries) : {};
  return {
    team, entries, body, edit, setEdit, dirty: Object.keys(body).length > 0, conflicts: edit?.conflicts ?? [],
    // `settled`: a conflict that this change is about.
    change(fields, settled) {
      const { base, conflicts } = edit ?? { base: team.data, conflicts: [] };
      setEdit({ base, conflicts: conflicts.filter((one) => one !== settled), entries: { ...entries, ...fields } });
    },
    settle: (conflict) => setEdit({ ...edit, conflicts: edit.conflicts.filter((one) => one !== conflict) }),
    drop: () => setEdit(null),
  };
}

/** What a save of the edit would meet: { state, gate, error, problem }. */
export function useTeamCheck({ body, dirty }) {
  const api = useApi();
  const text = JSON.stringify(body);
  const settled = useSettled(text, TYPED_MS);
  const check = useQuery({
    queryKey: ["team-check", settled], enabled: dirty && settled === text, retry: false, staleTime: 30_000, gcTime: 60_000,
    queryFn: ({ signal }) => api.post(`${TEAM}/check`, JSON.parse(settled), { signal }),
  });
  if (!dirty) return { state: "none" };
  if (settled !== text || check.isFetching) return { state: "checking" };
  if (check.error) return { state: "failed", problem: check.error };
  if (!check.data) return { state: "checking" };
  return check.data.ok ? { state: "good", gate: check.data.gate } : { state: "bad", error: check.data.error };
}

/** mutate({ note, accept }); `onAsked`: somebody must agree to what changes; `onMerged`: a colleague was faster. */
export function useTeamSave({ edit, setEdit, body }, { onSaved, onAsked, onMerged }) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ note, accept }) => api.put(TEAM, { ...body, hash: edit.base.hash, note: note || undefined, accept }),
    onSuccess: (team) => {
      queries.setQueryData(KEY, team);
      for (const name of ["coverage", "simulate", "rules"]) queries.invalidateQueries({ queryKey: [name] });
      // What was typed while it was being saved stays.
      setEdit((now) => (now === edit ? null : { base: team, ...merged(edit.entries, now.entries, team) }));
      onSaved(team);
    },
    onError: (problem, asked) => {
      if (problem.code === "unconfirmed") return onAsked({ ...asked, way: "save", gate: problem.details?.gate });
      onAsked(null);
      if (!problem.current) return undefined;
      queries.setQueryData(KEY, problem.current);
      setEdit((now) => ({ base: problem.current, ...merged(now.base, now.entries, problem.current) }));
      return onMerged();
    },
  });
}
