// use_inbox.js: actions on inbox entries.
import { ifMatch } from "../../api.js";
import { useNotice } from "../../parts/notice.jsx";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { useChange, useResource } from "../../resource.js";
import { useSession } from "../../session.jsx";
import { number, t } from "../../text/text.js";

const STALE = ["missed-calls", "callers", "recordings"];

export const whoIs = (row) => row.name ?? spoken(row.number ?? row.from ?? "anonymous");

// { done, reopen, assign }: mutations that take a row; assign takes { row, to }.
export function useInbox() {
  const notify = useNotice();
  const step = (verb) => (api, row) => api.post(`/api/twilio/missed-calls/${row.id}/${verb}`, undefined, ifMatch(row));
  const problem = (found, row) => notify.problem(found.current?.calls > row.calls
    ? { message: t("{who} has called again since.", { who: whoIs(row) }) } : found);
  const reopen = useChange(step("reopen"), STALE, {
    onSuccess: (row) => notify(t("{who} is open again.", { who: whoIs(row) })), onError: problem,
  });
  const done = useChange(step("dismiss"), STALE, {
    onSuccess: (now, row) => notify(t("{who} is done.", { who: whoIs(row) }), { label: t("Undo"), run: () => reopen.mutate(now) }), onError: problem,
  });
  const assign = useChange((api, { row, to }) => api.patch(`/api/twilio/missed-calls/${row.id}`, { assigned_to: to }, ifMatch(row)),
    STALE, { onError: (found, { row }) => problem(found, row) });
  return { done, reopen, assign };
}

// Who can be assigned an entry: [{ id, name }], the user first.
export function usePeople() {
  const { me } = useSession();
  const { data } = useResource("/api/twilio/presence");
  const own = me.data.user.id;
  const all = (data?.people ?? []).map(({ user_id: id, name }) => ({ id, name: id === own ? t("Me") : name ?? id }));
  const words = t("There are more: the first {count} are shown.", { count: number(all.length) });
  const more = data?.more ? [{ id: "…", name: words, disabled: true }] : [];
  return [...all.filter(({ id }) => id === own), ...all.filter(({ id }) => id !== own), ...more];
}
