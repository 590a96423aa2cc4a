// use_calls.js: the call log, as many pages as have been read. An event about a
// call refetches that call alone, which shows whether it still matches.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { afterReads } from "../../cache.js";
import { useEvents } from "../../live.jsx";
import { useApi } from "../../session.jsx";

const PATH = "/api/twilio/call-logs";
const FIRST = 100; // calls on the first page
const FURTHER = 500;
const GATHER_MS = 150; // a call sends several events at a time

// Newest first.
const isBefore = (a, b) => a.started_at > b.started_at || (a.started_at === b.started_at && a.id > b.id);

// The pages with `row` in its place, or without the call if it no longer matches.
function placed(data, sid, row) {
  const others = (calls) => calls.filter((call) => call.call_sid !== sid);
  const pages = data.pages.map((page) => ({ ...page, call_logs: others(page.call_logs) }));
  if (!row) return { ...data, pages };
  const at = pages.findIndex((page, n) => n === pages.length - 1 || page.call_logs.length === 0
    || !isBefore(page.call_logs.at(-1), row));
  const { call_logs: calls, next } = pages[at];
  const place = calls.findIndex((call) => isBefore(row, call));
  // Older than what was read: it will come with its page.
  if (place < 0 && next !== null && at === pages.length - 1) return { ...data, pages };
  pages[at] = { ...pages[at], call_logs: calls.toSpliced(place < 0 ? calls.length : place, 0, row) };
  return { ...data, pages };
}

const firstPage = (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) };

// { items, hasNextPage, fetchNextPage, … }: the matching calls, newest first.
// `query`: the API's filters; pass the same object until they change.
export function useCalls(query) {
  const api = useApi();
  const queries = useQueryClient();
  const key = useMemo(() => ["calls", query], [query]);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.get(PATH, {
      query: { ...query, limit: pageParam ? FURTHER : FIRST, cursor: pageParam }, signal,
    }),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

  const waiting = useRef(new Map());
  const reading = useRef(new Map()); // by SID, the AbortController of a call's newest request: an older one may be late
  const refresh = useCallback(async (sid) => {
    waiting.current.delete(sid);
    reading.current.get(sid)?.abort();
    const abort = new AbortController();
    reading.current.set(sid, abort);
    try {
      const { call_logs: [row] } = await api.get(PATH, {
        query: { ...query, call_sid: sid, limit: 1 }, signal: abort.signal,
      });
      afterReads(queries, key, () => {
        if (!abort.signal.aborted) queries.setQueryData(key, (data) => data && placed(data, sid, row));
      });
    } catch {
      if (!abort.signal.aborted) queries.invalidateQueries({ queryKey: key });
    }
  }, [api, key, queries, query]);
  useEffect(() => {
    const [timers, requests] = [waiting.current, reading.current];
    return () => {
      timers.forEach(clearTimeout);
      timers.clear();
      requests.forEach((abort) => abort.abort());
      requests.clear();
    };
  }, [key]);
  useEvents((type, data) => {
    // Missed events may concern any page: refetch the first now, the others when they are shown.
    if (type === "reset") queries.setQueryData(key, firstPage);
    const sid = (type === "call" || type === "recording") && (data.parent_call_sid ?? data.call_sid);
    if (!sid || waiting.current.has(sid)) return;
    waiting.current.set(sid, setTimeout(() => refresh(sid), GATHER_MS));
  });

  const items = useMemo(() => list.data?.pages.flatMap((page) => page.call_logs), [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) afterReads(queries, key, fetchNextPage);
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, key, queries]);
  return { ...list, items, more };
}
