// resource.js: reading and changing the API's resources. A query's key begins with
// the resource's name (resource_key.js), so that events and changes can say what to
// fetch again (live.jsx, useChange).
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useContext, useEffect, useLayoutEffect, useRef } from "react";
import { outdate } from "./cache.js";
import { AroundChange } from "./parts/forms/opening.js";
import { useNotice } from "./parts/notice.jsx";
import { keyOf } from "./resource_key.js";
import { useApi } from "./session.jsx";

// A GET. const numbers = useResource("/api/twilio/my-numbers");
export function useResource(path, { query, ...options } = {}) {
  const api = useApi();
  return useQuery({
    queryKey: keyOf(path, query),
    queryFn: ({ signal }) => api.get(path, { query, signal }),
    ...options,
  });
}

const OUTDATED = [404, 409, 412]; // the page shows something the server no longer has

// Changes that nobody sees any more while they are under way. `begin()` is called for each, and returns what is known
// of it; `leave(title)` when the newest is left.
function useLeft() {
  const { title, begin: beginIn } = useContext(AroundChange);
  const latest = useRef(title);
  const newest = useRef({});
  const gone = useRef(null);
  useEffect(() => {
    latest.current = title;
  });
  const leave = useCallback((from) => {
    newest.current.left = from;
  }, []);
  // A layout effect: it ends as soon as the page is hidden, while the next one is still being fetched.
  useLayoutEffect(() => {
    gone.current = null;
    return () => {
      if (!latest.current) return;
      gone.current = latest.current;
      leave(latest.current);
    };
  }, [leave]);
  const begin = () => {
    newest.current = { left: gone.current, end: beginIn?.() };
    return newest.current;
  };
  return { begin, leave };
}

/**
 * A mutation. If it fails once its dialog or form is left, a notice says so, unless onError returns true: it goes on
 * by itself, or asks.
 */
export function useSending({ onMutate, onSuccess, onError, ...options }) {
  const notify = useNotice();
  const { begin, leave } = useLeft();
  const mutation = useMutation({
    ...options,
    onMutate: (value) => Object.assign(begin(), { before: onMutate?.(value) }),
    onSuccess: async (answer, value, { before, end }) => {
      await onSuccess?.(answer, value, before);
      end?.();
    },
    onError: (problem, value, { left, end }) => {
      const isSeen = onError?.(problem, value) === true;
      if (end) end(isSeen ? undefined : problem);
      else if (left && !isSeen) notify.undone(left, problem);
    },
  });
  return { ...mutation, leave };
}

// A change, and the resources it makes stale.
//   const dismiss = useChange((api, id) => api.post(`/api/twilio/missed-calls/${id}/dismiss`), ["missed-calls"]);
export function useChange(change, stale, options = {}) {
  const api = useApi();
  const queries = useQueryClient();
  const refresh = () => Promise.all(stale.map((name) => outdate(queries, { queryKey: [name] })));
  return useSending({
    mutationFn: (value) => change(api, value),
    ...options,
    onSuccess: async (...done) => {
      await refresh();
      return options.onSuccess?.(...done);
    },
    onError: (problem, ...more) => {
      if (OUTDATED.includes(problem.status)) refresh();
      return options.onError?.(problem, ...more);
    },
  });
}
