// list.js: reading what the API has page by page; the first load needs none of it.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { afterReads } from "./cache.js";
import { keyOf } from "./resource_key.js";
import { useApi } from "./session.jsx";

// A list that comes in pages by `next`; `items` has all rows so far.
export function useList(path, field, { query, ...options } = {}) {
  const api = useApi();
  const queries = useQueryClient();
  const key = [...keyOf(path, query), "pages"];
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.get(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...options,
  });
  const fetchNextPage = () => afterReads(queries, key, list.fetchNextPage);
  return { ...list, fetchNextPage, items: list.data?.pages.flatMap((page) => page[field]) };
}
