// resource.js: reading and changing the API's resources. A query's key begins with
// the resource's name (resource_key.js), so that events and changes can say what to
// fetch again (live.jsx, useChange).
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { outdate } from "./cache.js";
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

// A change, and the resources it makes stale.
//   const dismiss = useChange((api, id) => api.post(`/api/twilio/missed-calls/${id}/dismiss`), ["missed-calls"]);
export function useChange(change, stale, options = {}) {
  const api = useApi();
  const queries = useQueryClient();
  const refresh = () => Promise.all(stale.map((name) => outdate(queries, { queryKey: [name] })));
  return useMutation({
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
