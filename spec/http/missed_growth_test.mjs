// missed_growth_test.mjs: the list of callers to get back to is kept up call by
// call. It equals what the whole history says, in whatever order things become
// known; and one caller with a long history costs neither memory nor the lock.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { generator } from "../support/random.mjs";
import { SANITIZED, sleep, startServer } from "../support/server.mjs";
import { SLOW } from "../support/slow.mjs";
import { inbound, twiml } from "../support/voice.mjs";

const NUMBER = "+15105550100", CALLER = "+14155550123", OTHER = "+14155550199";
const MISSED = "/api/twilio/missed-calls";
const BASE = 1_700_000_000_000;

// What the whole history says: missed calls up to a talk, or up to where they
// were put aside, are one row.
function whole(calls, dismissals) {
  const list = [];
  for (const number of [CALLER, OTHER]) {
    const endings = [...calls.filter((call) => call.number === number && call.talked && !call.reopened).map((call) => ({ at: call.at, by: "talked" })),
      ...dismissals.filter((one) => one.number === number).map((one) => ({ at: one.up_to, by: "dismissed" }))].sort((a, b) => a.at - b.at);
    const rows = new Map();
    for (const call of calls.filter((one) => one.number === number && !one.talked).sort((a, b) => a.at - b.at)) {
      const ending = endings.find((one) => one.at >= call.at);
      const row = rows.get(ending) ?? { number, calls: 0, first_at: call.at, closed_by: ending?.by ?? null };
      rows.set(ending, Object.assign(row, { calls: row.calls + 1, last_at: call.at, last_call_sid: call.sid }));
    }
    list.push(...rows.values());
  }
  return list.sort((a, b) => b.last_at - a.last_at || (a.last_call_sid < b.last_call_sid ? 1 : -1));
}

const KEYS = ["number", "calls", "first_at", "last_at", "last_call_sid", "closed_by"];
const only = (row) => Object.fromEntries(KEYS.map((key) => [key, row[key] ?? null]));

async function shown(ana) {
  const open = (await ana.get(`${MISSED}?limit=200`)).body.missed_calls;
  const closed = (await ana.get(`${MISSED}?state=closed&limit=200`)).body.missed_calls;
  const order = (a, b) => b.last_at - a.last_at || (a.last_call_sid < b.last_call_sid ? 1 : -1);
  return [...open, ...closed].sort(order);
}

describe("the list of missed callers", () => {
  for (const scope of ["user", "team"]) it(`says what the whole history says, in whatever order it becomes known (${scope})`, async (test) => {
    const server = await startServer({ config: { data_scope: scope, maintenance_seconds: 0 } });
    test.after(() => server.stop());
    givenNumber(server.database, { user: "42", phone: NUMBER });
    const ana = user(server, "42"), pick = generator(scope.length + 7);
    const calls = [], dismissals = [];
    const put = (call) => rows(server.database, `INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, status_rank,
        started_at, answered_at, ended_at, end_reason) VALUES ('${call.sid}', '42', '${call.out ? "outbound" : "inbound"}',
        '${call.out ? "client:user_42" : call.number}', '${call.out ? call.number : NUMBER}', 'completed', 4, ${call.at},
        ${call.talked ? call.at : "NULL"}, ${call.at + 10}, ${call.talked ? "'answered'" : "'abandoned'"})
      ON CONFLICT (call_sid) DO UPDATE SET answered_at = excluded.answered_at, started_at = excluded.started_at,
        end_reason = excluded.end_reason;
      INSERT INTO missed_pending (call_sid) VALUES ('${call.sid}') ON CONFLICT (call_sid) DO NOTHING;`);
    const times = new Set();
    const moment = () => { let at; do at = BASE + pick(5000) * 1000; while (times.has(at)); times.add(at); return at; };
    const ops = [
      () => { for (let i = pick(3); i >= 0; i--) { const call = { sid: `CA${calls.length}`, number: pick(4) ? CALLER : OTHER, at: moment() };
        calls.push(call); put(call); } return "missed"; },
      () => { const call = { sid: `CA${calls.length}`, number: pick(4) ? CALLER : OTHER, at: moment(), talked: true, out: pick(2) === 1 };
        calls.push(call); put(call); return "talked"; },
      () => { const call = calls[pick(calls.length)]; if (!call || call.out) return "nothing";
        call.talked = !call.talked; put(call); return `${call.sid} turns`; },
      () => { const call = calls[pick(calls.length)]; if (!call) return "nothing"; call.at = moment(); put(call); return `${call.sid} moves`; },
      async () => { const [row] = (await shown(ana)).filter((one) => !one.closed_by); if (!row) return "nothing";
        dismissals.push({ number: row.number, up_to: row.last_at });
        assert.equal((await ana.post(`${MISSED}/${row.id}/dismiss`)).body.closed_by, "dismissed"); return "dismissed"; },
      async () => { const closed = (await shown(ana)).filter((one) => one.closed_by); const row = closed[pick(closed.length)]; if (!row) return "nothing";
        for (const call of calls) if (call.number === row.number && call.talked && call.at >= row.first_at) call.reopened = true;
        for (let i = dismissals.length - 1; i >= 0; i--)
          if (dismissals[i].number === row.number && dismissals[i].up_to >= row.first_at) dismissals.splice(i, 1);
        assert.equal((await ana.post(`${MISSED}/${row.id}/reopen`)).body.closed_at ?? null, null); return "reopened"; },
    ];
    for (let step = 0; step < 60; step++) {
      const what = await ops[[0, 0, 0, 1, 1, 2, 2, 3, 4, 5][pick(10)]]();
      assert.deepEqual((await shown(ana)).map(only), whole(calls, dismissals).map(only), `step ${step}: ${what}`);
    }
    assert.ok(calls.length > 35);
  });

  for (const scope of ["user", "team"]) it(`looks up the names of a page's callers only, of 12,000 callers and contacts (${scope})`, async (test) => {
    const server = await startServer({ config: { data_scope: scope, maintenance_seconds: 0 } });
    test.after(() => server.stop());
    const some = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 12000)";
    rows(server.database, `${some} INSERT INTO contacts (user_id, number, name) SELECT '42', '+1415' || (5561999 + i), 'Customer ' || i FROM n;
      ${some} INSERT INTO missed_calls (user_id, number, calls, first_at, last_at, last_call_sid)
        SELECT CASE i % 2 WHEN 0 THEN '42' ELSE '43' END, '+1415' || (5550000 + i), 1, ${BASE} + i, ${BASE} + i, 'CA' || i FROM n;
      ${some} INSERT INTO recordings (recording_sid, call_sid, user_id, kind, status, status_rank, started_at, heard_at)
        SELECT 'RE' || i, 'CA' || i, '42', 'voicemail', 'completed', 3, ${BASE} + i, ${BASE} FROM n`);
    if (POSTGRES) rows(server.database, "ANALYZE"); // as autovacuum does within a minute
    const ana = user(server, "42");
    let best = Infinity;
    for (let i = 0; i < 9; i++) {
      const { status, body, ms } = await ana.get(MISSED);
      assert.deepEqual([status, body.missed_calls[0].name, body.open], [200, "Customer 1", scope === "user" ? 6000 : 12_000]);
      best = Math.min(best, ms);
    }

    assert.ok(best < 300 * SLOW, `${best.toFixed(1)} ms`); // each caller's name among all contacts: seconds
  });

  it("takes the calls of a history of 100,000 by one caller at the price of few", async (test) => {
    const server = await startServer({ config: { maintenance_seconds: 0, workers: 8 } });
    test.after(() => server.stop());
    givenNumber(server.database, { user: "42", phone: NUMBER, settings: { always: "+13035550142" } });
    const many = 100_000;
    // As the log of a while ago: worked in by then, all but the newest.
    rows(server.database, `
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
      INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, status_rank, started_at, ended_at, end_reason)
      SELECT 'CAmany' || i, '42', 'inbound', '${CALLER}', '${NUMBER}', 'no-answer', 4, ${BASE} + i, ${BASE} + i + 1, 'abandoned' FROM n;
      INSERT INTO missed_marks (call_sid, user_id, number, kind, at)
      SELECT call_sid, user_id, "from", 'missed', started_at FROM twilio_call_logs;
      INSERT INTO missed_calls (user_id, number, calls, first_at, last_at, last_call_sid)
      VALUES ('42', '${CALLER}', ${many}, ${BASE + 1}, ${BASE + many}, 'CAmany${many}');`);
    await server.settled();
    const ana = user(server, "42");
    await ana.get(MISSED);
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
    const before = memory();
    let slowest = 0;
    for (let i = 0; i < 30; i++) {
      rows(server.database, `INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, status_rank, started_at, ended_at, end_reason)
        VALUES ('CAnew${i}', '42', 'inbound', '${CALLER}', '${NUMBER}', 'no-answer', 4, ${BASE + many + 10 + i}, ${BASE + many + 10 + i}, 'abandoned');
        INSERT INTO missed_pending (call_sid) VALUES ('CAnew${i}')`);
      const [list, answer] = await Promise.all([ana.get(MISSED), server.post("/api/twilio/twiml", inbound(OTHER, NUMBER))]);
      twiml(answer);
      assert.deepEqual(list.body.missed_calls.map((row) => row.calls), [many + i + 1]);
      slowest = Math.max(slowest, list.ms);
    }
    // One in the middle was talked to after all; it is put aside, and opened again.
    rows(server.database, `UPDATE twilio_call_logs SET end_reason = 'answered', answered_at = started_at WHERE call_sid = 'CAmany${many - 5}';
      INSERT INTO missed_pending (call_sid) VALUES ('CAmany${many - 5}')`);
    const [open] = (await ana.get(MISSED)).body.missed_calls;
    assert.deepEqual([open.calls, open.first_at], [5 + 30, BASE + many - 4]);
    assert.equal((await ana.post(`${MISSED}/${open.id}/dismiss`)).body.closed_by, "dismissed");
    const [aside] = (await ana.get(`${MISSED}?state=closed`)).body.missed_calls;
    assert.equal((await ana.post(`${MISSED}/${aside.id}/reopen`)).body.closed_at ?? null, null);
    await sleep(100);
    test.diagnostic(`slowest list ${slowest.toFixed(0)} ms, memory ${before.toFixed(0)} to ${memory().toFixed(0)} MB`);
    assert.equal(server.logs("not_stored").length, 0);
    // Under a sanitizer what is freed stays in its quarantine.
    if (!SANITIZED) assert.ok(memory() - before < 12, `${before} to ${memory()} MB`);
  });
});
