// unconfirmed_test.mjs: the disk takes longer over a commit than anybody waits. A caller is answered from memory,
// and nobody hears that a change is lost which is stored a moment later.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { SANITIZED, SLOW, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, recording, report, rung, target, twiml, verbs } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback";
const NUMBER = "+15105550100", CALLER = "+14155550123", PHONE = "+13035550142";
const CALL_MS = 3000, API_MS = 8000; // longer than a webhook waits, and than the API does

const skip = SANITIZED ? "what slows the disk and a sanitizer do not go together" : POSTGRES && "it holds up the file's sync";

describe("a commit that takes longer than anybody waits", { skip }, () => {
  let server, disk, ana;
  const since = (sid) => rows(server.database, `SELECT status, end_reason FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
  // Do `work` while each sync takes so long; then the disk is itself again.
  const slowly = async (ms, work) => {
    writeFileSync(disk, String(ms));
    try {
      return await work();
    } finally {
      rmSync(disk);
      await waitUntil(async () => (await ana.post("/api/twilio/presence", {})).status < 300,
        2 * ms, "the disk");
    }
  };
  before(async () => {
    if (skip) return;
    disk = path.join(process.env.TMPDIR ?? "/tmp", `hs-slow-disk-${process.pid}`);
    server = await startServer({ env: { LD_PRELOAD: path.resolve(process.env.BUILD ?? "build", "spec/native/disk_shim.so"),
      HS_DISK_SLOW: disk } });
    givenNumber(server.database, { user: "42", phone: NUMBER, settings: { no_answer: PHONE } });
    ana = user(server, "42");
    await server.settled();
  });
  after(() => server?.stop());

  it("leaves a caller with the plan, through all its steps, and is stored afterwards", async () => {
    const call = inbound(CALLER, NUMBER);
    let ended;
    await slowly(CALL_MS, async () => {
      const began = performance.now();
      const first = twiml(await server.post(VOICE, call));
      assert.ok(performance.now() - began < 1500 * SLOW, `${performance.now() - began} ms`);
      // The line is offline: the settings' phone rings.
      assert.deepEqual(rung(first), [PHONE]);
      const after = { ...call, CallStatus: "in-progress", DialCallStatus: "no-answer" };
      const action = target(server, first.getElementsByTagName("Dial")[0]);
      // Asked twice, it is the same answer.
      const second = await server.post(action, after);
      assert.deepEqual(verbs(twiml(second)).at(-1), verbs(twiml(await server.post(action, after))).at(-1));
      assert.match(second.body, /<Record/);
      ended = second.body;
    });
    await waitUntil(() => since(call.CallSid), 5000 * SLOW, "the call's row");
    const [decision] = rows(server.database, `SELECT COUNT(*) AS n FROM call_decisions WHERE call_sid = '${call.CallSid}'`);
    assert.equal(decision.n, 1);
    assert.equal(server.logs("webhook_failed").length, 0, ended);
  });

  it("gives reports a 503 that doesn't say they weren't stored; sent again they are stored once", async () => {
    const call = inbound(CALLER, NUMBER);
    twiml(await server.post(VOICE, call));
    const told = report(call.CallSid, "completed", { From: CALLER, To: NUMBER, CallDuration: "9" });
    const kept = recording(call.CallSid, "completed", { RecordingDuration: "4", RecordingSource: "DialVerb" });
    for (const [where, params] of [[STATUS, told], [RECORDING, kept]]) {
      const first = await slowly(CALL_MS, () => server.post(where, params));
      assert.equal(first.status, 503, first.body);
      assert.equal(JSON.parse(first.body).error.code, "outcome_unknown");
      await waitUntil(async () => (await server.post(where, params)).status === 204, 5000 * SLOW, "it");
    }
    assert.equal(since(call.CallSid).status, "completed");
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM recordings WHERE call_sid = '${call.CallSid}'`)[0].n, 1);
  });

  it("gives an API write a 503 that says to look first, and it is there when one looks", async () => {
    const writes = [
      ["/api/twilio/contacts", { number: "+13035550160", name: "Grace" },
        async () => (await ana.get("/api/twilio/contacts")).text.includes("+13035550160")],
      ["/api/twilio/overrides", { forward_to_number: "+13035550161", ends_at: Date.now() + 3_600_000 },
        async () => (await ana.get("/api/twilio/overrides")).text.includes("+13035550161")],
    ];
    for (const [where, body, isThere] of writes) {
      const answer = await slowly(API_MS, () => ana.post(where, body));
      assert.equal(answer.status, 503, answer.text);
      const { error } = answer.body;
      assert.equal(error.code, "outcome_unknown", answer.text);
      assert.doesNotMatch(error.message, /nothing|cannot be written|Not stored/i);
      assert.equal(answer.headers["retry-after"], undefined, "a client that comes again by itself makes it twice");
      await sleep(50);
      assert.ok(await isThere(), where);
    }
  });
});
