// locked_test.mjs: another process holds the database's write lock while calls
// come in at a rate at which threads that wait in turn would soon all be taken.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { sleep, SLOW, startServer, waitUntil } from "../support/server.mjs";
import { inbound, lockDatabase, newSid, patient, report, rung, twiml } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const NUMBER = "+15105550100", CALLER = "+14155550123", PHONE = "+13035550142";
const RATE = 150, SECONDS = 2.5;

// Send what `next` makes at an even rate, whatever becomes of it.
async function evenly(rate, seconds, next) {
  const began = performance.now(), sent = [];
  for (let i = 0; i < rate * seconds; i++) {
    sent.push(next(i));
    await sleep(Math.max(0, began + (i + 1) * 1000 / rate - performance.now()));
  }
  return Promise.all(sent);
}

// Take the lock; it is let go of in any case.
async function locked(test, server) {
  const unlock = await lockDatabase(server.database);
  test.after(unlock);
  return unlock;
}

function p99(answers) {
  const times = answers.map((answer) => answer.ms).sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)];
}

describe("a database that is locked while 150 calls a second come in", () => {
  it("keeps nobody waiting for long, loses nothing it acknowledged, and goes on by itself", async (test) => {
    const server = await startServer({ config: { workers: 64 } });
    test.after(() => server.stop({ signal: "SIGKILL", code: null }));
    givenNumber(server.database, { user: "42", phone: NUMBER, settings: { always: PHONE } });
    await server.settled();
    const ana = user(server, "42"), acknowledged = [], refused = [];
    const contact = (n) => ({ number: `+1303555${String(n).padStart(4, "0")}`, name: "Grace" });
    const calls = (seconds) => evenly(RATE, seconds, () => patient(server, VOICE, inbound(CALLER, NUMBER)));
    // What this machine takes when nothing is locked.
    const usual = p99(await calls(1));
    const unlock = await locked(test, server);
    const voice = calls(SECONDS);
    const reports = evenly(RATE / 3, SECONDS, async () => {
      const params = report(newSid(), "completed", { From: CALLER, To: NUMBER });
      const answer = await patient(server, STATUS, params);
      (answer.status === 204 ? acknowledged : refused).push(params.CallSid);
      return answer;
    });
    const edits = evenly(10, SECONDS, (n) => ana.post("/api/twilio/contacts", contact(n)));
    for (const answer of await voice) assert.deepEqual(rung(twiml(answer)), [PHONE]);
    for (const answer of [...await reports, ...await edits]) {
      assert.equal(answer.status, 503);
      assert.match(answer.headers["retry-after"], /^[1-9]\d?$/);
    }
    const times = { voice: p99(await voice), reports: p99(await reports), edits: p99(await edits) };
    test.diagnostic(`p99 ${JSON.stringify(times)} ms; ${usual} ms when nothing is locked`);
    for (const [what, ms] of Object.entries(times)) assert.ok(ms <= 1000 * SLOW + usual, `${what}: p99 ${ms.toFixed(0)} ms`);
    // Reading goes on.
    assert.equal((await ana.get("/api/twilio/contacts")).status, 200);
    await unlock();
    const freed = performance.now();
    await waitUntil(async () => (await ana.post("/api/twilio/contacts", contact(999))).status === 201, 3000 * SLOW, "recovery");
    test.diagnostic(`written again after ${(performance.now() - freed).toFixed(0)} ms`);
    await waitUntil(async () => (await server.get("/readyz")).status === 200, 3000 * SLOW, "ready again");
    const params = inbound(CALLER, NUMBER);
    twiml(await patient(server, VOICE, params));
    const stored = new Set(rows(server.database, "SELECT call_sid FROM twilio_call_logs").map((row) => row.call_sid));
    assert.ok(stored.has(params.CallSid));
    assert.deepEqual(acknowledged.filter((sid) => !stored.has(sid)), [], "acknowledged, and not stored");
    assert.deepEqual(refused.filter((sid) => stored.has(sid)), [], "refused, and stored");
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM contacts WHERE user_id = '42'`)[0].n, 1);
    await server.stop();
  });

  it("answers a read that has something to write down on the way", async (test) => {
    const server = await startServer();
    test.after(() => server.stop({ signal: "SIGKILL", code: null }));
    givenNumber(server.database, { user: "42", phone: NUMBER });
    const call_sid = newSid(), at = Date.now() - 60_000;
    insert(server.database, "twilio_call_logs", { call_sid, user_id: "42", direction: "inbound", from: CALLER, to: NUMBER,
      status: "no-answer", status_rank: 4, started_at: at, ended_at: at + 1000, end_reason: null, updated_at: at });
    rows(server.database, `INSERT INTO missed_pending (call_sid) VALUES ('${call_sid}')`);
    const unlock = await locked(test, server);
    const answer = await user(server, "42").get("/api/twilio/missed-calls");
    assert.equal(answer.status, 200);
    assert.ok(answer.ms < 1000 * SLOW, `${answer.ms.toFixed(0)} ms`);
    await unlock();
    await server.stop();
  });
});
