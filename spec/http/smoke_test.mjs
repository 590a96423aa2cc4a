// smoke_test.mjs: start, load, reload, stop: everything that several threads do
// at once, in a few seconds; also run under ThreadSanitizer.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { describe, it } from "node:test";
import { givenNumber, rows } from "../support/database.mjs";
import { MINI } from "../support/mini.mjs";
import { raw, sleep, startServer, waitUntil } from "../support/server.mjs";

const SECONDS = 4;

describe("a server", () => {
  it("starts, answers many at once, reloads meanwhile, and stops", async (test) => {
    const server = await startServer({ lua: MINI, config: { workers: 8, request_timeout_ms: 1000 } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    const until = Date.now() + SECONDS * 1000;
    let answered = 0;
    const repeat = async (act) => {
      for (; Date.now() < until; answered++) await act();
    };
    const expect = (status) => (answer) => assert.equal(answer.status, status);
    await Promise.all([
      repeat(() => server.post("/api/twilio/twiml", { From: "+1" }).then(expect(200))),
      repeat(() => server.post("/api/twilio/status-callback", { CallSid: "CA1" }).then(expect(200))),
      repeat(() => server.post("/api/twilio/twiml", { From: "+1" }, { token: "wrong" }).then(expect(403))),
      repeat(() => server.get("/api/echo").then(expect(200))),
      repeat(() => server.get("/readyz").then(expect(200))),
      repeat(() => server.get("/metrics").then(expect(200))),
      repeat(() => server.get("/healthz").then(expect(200))),
      repeat(() => raw(server.port, "nonsense\r\n\r\n")),
      // more connections than workers, for the supervisor
      ...Array.from({ length: 12 }, () => repeat(() => raw(server.port, "GET /api/echo HTTP/1.1\r\nHost: h\r\n", { limit: 1500 }))),
      (async () => {
        for (let i = 0; Date.now() < until; i++) {
          writeFileSync(path.join(server.lua, "forwarding.lua"), i % 3 ? `return {} -- ${i}\n` : "return {\n");
          await sleep(200);
        }
      })(),
    ]);
    test.diagnostic(`${answered} requests`);
    assert.ok(answered > 100);
    const stopped = await server.stop({ keep: true });
    server.remove();
    assert.equal(stopped.code, 0);
    assert.doesNotMatch(server.err, /Sanitizer/);
  });

  it("answers 300 calls on 8 connections, with a rule saved in the middle, and has them all in its log", async (test) => {
    const NUMBER = "+15105550100", A = "+13035550142", B = "+13035550177", CALLS = 300;
    const rules = (phone) => `return { { "all", go = ring("${phone}", { seconds = 10 }):otherwise(voicemail()) } }\n`;
    // More workers than connections: none is taken from a client that pauses.
    const server = await startServer({ rules: rules(A), config: { workers: 16, keep_alive_timeout_ms: 5000 } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(server.database, { phone: NUMBER });
    await server.settled();
    const sid = (prefix, n) => prefix + String(n).padStart(32, "0");
    const rung = { [A]: 0, [B]: 0 };
    let next = 0;
    const connection = async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const post = async (target, params, status) => {
        const answer = await server.post(target, params, { agent });
        assert.equal(answer.status, status, answer.body);
        return answer.body;
      };
      for (let n = next++; n < CALLS; n = next++) {
        const form = { CallSid: sid("CA", n), From: `+1415555${1000 + n}`, To: NUMBER, CallStatus: "ringing", Direction: "inbound" };
        const leg = { ...form, CallSid: sid("CB", n), ParentCallSid: form.CallSid };
        const document = await post("/api/twilio/twiml", form, 200);
        const [, phone] = /<Number [^>]*>([^<]*)<\/Number>/.exec(document);
        const action = /action="([^"]*)"/.exec(document)[1].replaceAll("&amp;", "&").slice(server.base.length);
        rung[phone]++;
        await post("/api/twilio/status-callback", { ...leg, To: phone, CallStatus: "no-answer", SequenceNumber: "2" }, 204);
        assert.match(await post(action, { ...form, CallStatus: "in-progress", DialCallStatus: "no-answer" }, 200), /<Record /);
        await post("/api/twilio/recording-callback", { CallSid: form.CallSid, RecordingSid: sid("RE", n), RecordingStatus: "completed",
          RecordingDuration: "5", RecordingSource: "RecordVerb" }, 204);
        await post("/api/twilio/status-callback", { ...form, CallStatus: "completed", CallDuration: "9" }, 204);
        if (n === CALLS / 3) {
          writeFileSync(path.join(server.lua, "forwarding.lua"), rules(B));
          await waitUntil(async () => JSON.parse((await server.get("/healthz")).body).rules.version === 2, 5000, "the saved rules");
        }
      }
      agent.destroy();
    };
    await Promise.all(Array.from({ length: 8 }, connection));
    test.diagnostic(`${rung[A]} by the first rules, ${rung[B]} by the second`);
    assert.ok(rung[A] > 0 && rung[B] > 0 && rung[A] + rung[B] === CALLS);
    const [counts] = rows(server.database, `SELECT
      (SELECT COUNT(*) FROM twilio_call_logs WHERE parent_call_sid IS NULL AND status = 'completed' AND end_reason = 'voicemail') AS calls,
      (SELECT COUNT(*) FROM twilio_call_logs WHERE parent_call_sid IS NOT NULL AND status = 'no-answer') AS legs,
      (SELECT COUNT(*) FROM call_steps) AS steps, (SELECT COUNT(*) FROM recordings WHERE user_id = '42') AS recordings`);
    assert.deepEqual(counts, { calls: CALLS, legs: CALLS, steps: CALLS, recordings: CALLS });
    await server.stop();
  });
});
