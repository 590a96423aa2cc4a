// use_team.js: people, groups, hours and rotas: the server's state, the unsaved edit, its check, and saving.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { put } from "../../cache.js";
import { useResource, useSending } from "../../resource.js";
import { useApi, useSession } from "../../session.jsx";
import { useKept } from "../../parts/forms/unsaved.js";
import { useSettled } from "../../parts/settled.js";
import { askedOf } from "../rules/use_rules.js";
import { changed, checkable, KINDS, merged, withoutDigits } from "./edit.js";

const TEAM = "/api/twilio/team";
const KEY = ["team", TEAM, {}];
const TYPED_MS = 500; // pause in typing before an edit is checked
const AGAIN_MS = 15_000; // the files may be edited elsewhere

const onTop = (team) => (now) => now && { ...now, base: team, ...merged(now.base, now.entries, team, now.conflicts) };
const entriesOf = (team) => Object.fromEntries(KINDS.map((kind) => [kind, team[kind]]));

const isWhole = (edit) => typeof edit?.base?.hash === "string" && Array.isArray(edit.conflicts)
  && [edit.base, edit.entries].every((side) => KINDS.every((kind) => Array.isArray(side?.[kind])));

/**
 * `entries` are what the forms show. An edit has its `base`, the team it started from; `conflicts` are entries a
 * colleague has changed as well. Without an edit, the forms follow the server.
 */
export function useTeamEdit() {
  const team = useResource(TEAM, { refetchInterval: AGAIN_MS });
  const user = useSession().me.data?.user.id;
  const [edit, keep] = useKept(`hookswitch_team ${user}`, isWhole);
  const update = (change) => keep((now) => {
    const next = change(now);
    return next && Object.keys(changed(next.base, next.entries)).length > 0 ? next : null;
  });
  const body = edit ? checkable(changed(edit.base, edit.entries)) : {};
  const dirty = Object.keys(body).length > 0;
  const entries = dirty ? edit.entries : team.data && entriesOf(team.data);
  return {
    team, entries, body, edit, update, dirty, unfinished: dirty ? withoutDigits(entries.people) : [],
    conflicts: dirty ? edit.conflicts : [], note: (dirty && edit.note) || "",
    setNote: (note) => update((now) => now && { ...now, note }),
    // `settled`: the conflict this change resolves.
    change(fields, settled) {
      const { base, conflicts, note } = dirty ? edit : { base: team.data, conflicts: [] };
      const left = conflicts.filter((one) => one !== settled);
      update(() => ({ base, conflicts: left, note, entries: { ...entries, ...fields } }));
    },
    settle: (conflict) => update((now) => ({ ...now, conflicts: now.conflicts.filter((one) => one !== conflict) })),
    drop: () => update(() => null),
  };
}

/** The server's check of the edit: { state, gate, error, problem }. */
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

/**
 * mutate({ edit, note, accept }). `onAsked`: real calls would change, so the user must confirm; `onMerged`: a colleague
 * saved first. Their team is merged as soon as it is read: without it, the check may refuse what a save would accept.
 */
export function useTeamSave({ team: { data }, edit, update }, { onSaved, onAsked, onMerged }) {
  const api = useApi();
  const queries = useQueryClient();
  const save = useSending({
    mutationFn: ({ edit: { base, entries }, note, accept, shown }) => api.put(TEAM, {
      ...changed(base, entries), hash: base.hash, note: note || undefined, accept, shown,
    }),
    onSuccess: (team, { edit: saved }) => {
      put(queries, KEY, team);
      for (const name of ["coverage", "simulate", "rules"]) queries.invalidateQueries({ queryKey: [name] });
      // Keep what was typed during the save.
      update((now) => (now && now !== saved
        ? { base: team, entries: merged(saved.entries, now.entries, team).entries, conflicts: [] } : null));
      onSaved(team);
    },
    onError: (problem, asked) => {
      // An edit that was discarded or changed meanwhile isn't what the user would confirm.
      const isAsked = problem.code === "unconfirmed" && edit?.entries === asked.edit.entries;
      onAsked(isAsked ? { ...askedOf(asked, problem), way: "save" } : null);
      if (problem.current) {
        put(queries, KEY, problem.current);
        update(onTop(problem.current));
        onMerged();
      }
      return isAsked;
    },
  });
  const isOld = edit && data?.errors.length === 0 && data.hash !== edit.base.hash && !save.isPending;
  useEffect(() => {
    if (!isOld) return;
    save.reset();
    onAsked(null);
    update(onTop(data));
    onMerged();
  });
  return save;
}
