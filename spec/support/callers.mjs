// callers.mjs: calls without a pause while something happens to the database, and what became of each of them.
//
//   await play(test, "a restart", server, async () => ({ primary, healed_at }))
import assert from "node:assert/strict";
import path from "node:path";
import { rows } from "./database.mjs";
import { patient, sleep, waitUntil } from "./server.mjs";
import { inbound } from "./voice.mjs";

export const NUMBER = "+15105550100", CALLER = "+14155550123", TARGET = "+13035550142";
const SLOWEST_MS = 1000, EMPTY_MS = 5000, GAP_MS = 2000, CLIENTS = 8, PAUSE_MS = 25;

export const metric = async (server, name) => Number(new RegExp(`^hookswitch_${name} (\\S+)$`, "m").exec((await server.get("/metrics")).body)[1]);
export const calm = async (server) => await metric(server, "spool_batches") === 0 && await metric(server, "database_down") === 0;

// The near file has a number with its forwarding.
export const copied = (server, phone = NUMBER) => waitUntil(() => rows(path.join(server.folder, "state/near.db"), `SELECT 1 AS yes
  FROM near_state AS s, user_phone_numbers AS n JOIN call_forwarding AS f ON f.phone_number_id = n.id
  WHERE s.name = 'filled' AND n.phone_number = '${phone}'`).length, 10_000, "the copy of the settings");

// Callers, without a pause: { acknowledged, slowest, failed, end() }.
function callers(server) {
  const load = { acknowledged: [], slowest: 0, failed: [], stopping: false };
  const caller = async () => {
    while (!load.stopping) {
      const form = inbound(CALLER, NUMBER);
      const answer = await server.post("/api/twilio/twiml", form).catch((error) => ({ status: error.code, body: "", ms: 0 }));
      if (answer.status === 200 && answer.body.includes(TARGET)) load.acknowledged.push(form.CallSid);
      else load.failed.push(`${answer.status} ${answer.body.slice(0, 100)}`);
      load.slowest = Math.max(load.slowest, Math.round(answer.ms));
      await sleep(PAUSE_MS);
    }
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, caller));
  load.end = () => { load.stopping = true; return all; };
  return load;
}

// When the database answered again for good: 0 if it always did. The log says so when that has lasted.
async function answeredAt(server) {
  const lines = (event) => server.logs(event).map((line) => ({ at: Date.parse(line.at), ms: line.ms }));
  const down = () => lines("near_file_answers").filter(({ at }) => at > (lines("database_answers").at(-2)?.at ?? 0));
  await waitUntil(() => (lines("near_file_answers").at(-1)?.at ?? 0) <= (lines("database_answers").at(-1)?.at ?? 0), 10_000, "what the log says");
  return down().length ? down()[0].at + lines("database_answers").at(-1).ms : 0;
}

// Play `trouble` while callers come, then look for each of them on the primary that it returns. `healed_at` is when that
// could be written to; `heals_ms` later at the latest the host stores there again.
export async function play(test, what, server, trouble, heals_ms = GAP_MS) {
  const load = callers(server);
  let primary, healed_at, empty;
  try {
    await sleep(500);
    ({ primary, healed_at } = await trouble());
    await waitUntil(() => calm(server), 20_000, "an empty spool").catch((error) => {
      throw new Error(`${error.message}\n${server.err.slice(-3000)}`);
    });
    empty = Date.now() - healed_at;
    await sleep(300);
  } finally {
    await load.end();
  }
  await waitUntil(() => calm(server), 10_000, "an empty spool");
  const gap = Math.max(0, await answeredAt(server) - healed_at);
  const there = new Set((await primary.psql("SELECT call_sid FROM call_decisions", "hookswitch")).split("\n"));
  const lost = load.acknowledged.filter((sid) => !there.has(sid));
  test.diagnostic(`measured: ${what}: ${load.acknowledged.length} acknowledged, ${lost.length} lost, ${load.failed.length} not 200, ` +
    `slowest ${load.slowest} ms, gap ${gap} ms, spool empty after ${empty} ms`);
  assert.deepEqual(load.failed, []);
  assert.deepEqual(lost, []);
  assert.ok(load.acknowledged.length > CLIENTS, "too few calls");
  assert.ok(load.slowest <= patient(SLOWEST_MS), `slowest answer ${load.slowest} ms`);
  assert.ok(gap <= patient(heals_ms), `gap ${gap} ms`);
  assert.ok(empty <= patient(Math.max(EMPTY_MS, heals_ms)), `spool empty after ${empty} ms`);
}
