// list.js: reading what the API has page by page; the first load needs none of it.
import { useInfiniteQuery } from "@tanstack/react-query";
import { keyOf } from "./resource_key.js";
import { useApi } from "./session.jsx";

// A list that comes in pages by `next`; `items` has all rows so far.
export function useList(path, field, { query, ...options } = {}) {
  const api = useApi();
  const list = useInfiniteQuery({
    queryKey: [...keyOf(path, query), "pages"],
    queryFn: ({ pageParam, signal }) => api.get(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...options,
  });
  return { ...list, items: list.data?.pages.flatMap((page) => page[field]) };
}
