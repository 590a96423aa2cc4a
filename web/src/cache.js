// cache.js: changing what the queries have read, whatever reads are under way: their answers may be older.

/** What a change returned becomes the query's data. */
export function put(queries, key, data) {
  queries.cancelQueries({ queryKey: key, exact: true });
  queries.setQueryData(key, data);
}

/** Calls fn once nothing reads the query any more: what fn does would be undone, or undo what is being read. */
export function afterReads(queries, key, fn) {
  const { promise } = queries.getQueryCache().find({ queryKey: key, exact: true, fetchStatus: "fetching" }) ?? {};
  if (promise) promise.then(() => afterReads(queries, key, fn), () => afterReads(queries, key, fn));
  else fn();
}

const repeated = new WeakSet(); // promises of first reads that another read follows

/** Fetches again what is outdated. A first read isn't cancelled for that, or it might never end: it is repeated. */
export function outdate(queries, filters) {
  for (const { promise, queryKey, state } of queries.getQueryCache().findAll({ ...filters, fetchStatus: "fetching" })) {
    if (state.data !== undefined || !promise || repeated.has(promise)) continue;
    repeated.add(promise);
    promise.then(() => queries.invalidateQueries({ queryKey, exact: true }), () => {});
  }
  return queries.invalidateQueries(filters);
}
