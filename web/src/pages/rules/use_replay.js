// use_replay.js: replays past calls in batches, to show progress and to be able
// to stop.
import { useCallback, useEffect, useRef, useState } from "react";
import { useApi } from "../../session.jsx";

const BATCH = 500;
const NOTHING = { state: "idle", total: 0, replayed: 0, same: 0, not_replayable: 0, failed: 0, changed: [] };

function added(sum, batch) {
  return {
    ...sum, total: batch.total,
    replayed: sum.replayed + batch.replayed, same: sum.same + batch.same,
    not_replayable: sum.not_replayable + (batch.not_replayable ?? 0), failed: sum.failed + (batch.failed ?? 0),
    first_error: sum.first_error ?? batch.first_error, changed: [...sum.changed, ...batch.changed],
  };
}

/** { sum, start(body), stop() }; sum.state: idle, running, done, stopped, failed. */
export function useReplay() {
  const api = useApi();
  const [sum, setSum] = useState(NOTHING);
  const running = useRef(null);
  const stop = useCallback(() => {
    running.current?.abort();
    setSum((was) => (was.state === "running" ? { ...was, state: "stopped" } : was));
  }, []);
  const start = useCallback(async (body) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    let so_far = { ...NOTHING, state: "running", draft: Boolean(body.source) };
    setSum(so_far);
    try {
      // `until` stays fixed: new calls would shift the pages.
      const span = { ...body, until: Date.now(), limit: BATCH };
      for (let cursor, first = true; first || cursor; first = false) {
        const batch = await api.post("/api/twilio/replay", { ...span, cursor: cursor ?? undefined }, { signal: abort.signal });
        so_far = added(so_far, batch);
        cursor = batch.next;
        if (!abort.signal.aborted) setSum({ ...so_far, state: cursor ? "running" : "done" });
      }
    } catch (error) {
      if (!abort.signal.aborted) setSum({ ...so_far, state: "failed", error });
    }
  }, [api]);
  useEffect(() => () => running.current?.abort(), []);
  return { sum, start, stop };
}
