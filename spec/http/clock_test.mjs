// clock_test.mjs: the machine's clock is set forward, back, and right again while calls are under way. Every call
// is answered and stored with times in order, tokens are taken or clearly refused, and a wrong clock deletes nothing.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { jwt, SANITIZED, sleep, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, newSid, report, rung, twiml, verbs } from "../support/voice.mjs";

const FAKETIME = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
  .map((folder) => `${folder}/faketime/libfaketimeMT.so.1`).find(existsSync);
const skip = SANITIZED ? "faketime and a sanitizer do not go together" : !FAKETIME ? "faketime is not installed" : false;
const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const NUMBER = "+15105550100", A = "+13035550142", B = "+13035550177", CALLER = "+14155550123";
const HOUR = 3_600_000, DAY = 24 * HOUR;
const RULES = `return { { "hunt", go = ring("${A}", { confirm = false }):otherwise(ring("${B}")) } }`;
const JUMPS = { "an hour forward": HOUR, "an hour back": -HOUR, "a day forward": DAY, "a day back": -DAY, "a year forward": 365 * DAY,
  "back to 1970": () => 30 * DAY - Date.now() };

let server, twilio, folder, shift = 0;
// The machine's clock from now on, compared with ours.
function set(ms) {
  shift = typeof ms === "function" ? ms() : ms;
  writeFileSync(path.join(folder, "clock"), `${shift < 0 ? "-" : "+"}${Math.abs(Math.round(shift / 1000))}s\n`);
}
const logged = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
const api = (target, claims = {}) => server.get(target, { headers: { Authorization:
  `Bearer ${jwt({ sub: "42", exp: Math.floor((Date.now() + shift) / 1000) + 600, ...claims })}` } });

before(async () => {
  if (skip) return;
  folder = mkdtempSync(path.join(tmpdir(), "hookswitch-clock-"));
  set(0);
  twilio = await TwilioRest.start();
  server = await startServer({ rules: RULES, config: { workers: 4, maintenance_seconds: 1, recording_days: 30, call_days: 40, audit_days: 50,
    rate_limits: "yes", ...twilio.config },
    env: { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: path.join(folder, "clock"), FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" } });
  givenNumber(server.database, { user: "42", phone: NUMBER });
  await server.settled();
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

async function begin() {
  const params = inbound(CALLER, NUMBER);
  assert.deepEqual(rung(twiml(await server.post(VOICE, params))), [A]);
  return params;
}
const leg = (call, to, status, more = {}) => {
  const params = { CallSid: newSid(), ParentCallSid: call.CallSid, From: CALLER, To: to, ...more };
  return server.post(STATUS, report(params.CallSid, status, params));
};
// Nobody answers, B talks for 20 s, and Twilio's clock is right throughout.
async function goOn(call) {
  assert.equal((await leg(call, A, "no-answer")).status, 204);
  const next = await server.post(`${VOICE}?step=after&leg=fwd&n=1`, { ...call, DialCallStatus: "no-answer", DialBridged: "false" });
  assert.deepEqual(rung(twiml(next)), [B]);
}
async function end(call) {
  assert.equal((await leg(call, B, "completed", { CallDuration: "20" })).status, 204);
  const last = await server.post(`${VOICE}?step=after&leg=fwd&n=2`, { ...call, CallStatus: "in-progress", DialCallStatus: "completed",
    DialBridged: "true", DialCallDuration: "20" });
  assert.deepEqual(verbs(twiml(last)), ["Hangup"]);
  assert.equal((await server.post(STATUS, report(call.CallSid, "completed", { From: CALLER, To: NUMBER, CallDuration: "45" }))).status, 204);
}
function assertInOrder(call, what) {
  const row = logged(call.CallSid);
  assert.deepEqual([row.status, row.end_reason], ["completed", "forwarded"], what);
  assert.ok(row.started_at <= row.answered_at && row.answered_at <= row.ended_at, `${what}: ${JSON.stringify(row)}`);
  assert.ok(row.duration >= 0 && row.duration <= 60, `${what}: ${row.duration} s`);
  for (const child of rows(server.database, `SELECT * FROM twilio_call_logs WHERE parent_call_sid = '${call.CallSid}'`))
    assert.ok(child.started_at <= child.ended_at && (child.duration ?? 0) >= 0, `${what}: ${JSON.stringify(child)}`);
}

describe("a clock that jumps while calls are under way", { skip }, () => {
  for (const [what, jump] of Object.entries(JUMPS))
    it(`${what}, and is right again: calls are answered and stored with times in order`, async () => {
      const [before, between] = [await begin(), await begin()];
      await goOn(between);
      set(jump);
      await goOn(before);
      await end(before);
      const within = await begin();
      await goOn(within);
      await end(within);
      const later = await begin();
      const missed = inbound("+14155550188", NUMBER);
      twiml(await server.post(VOICE, missed));
      await server.post(STATUS, report(missed.CallSid, "completed", { From: missed.From, To: NUMBER, CallDuration: "3" }));
      for (const target of ["call-logs", "missed-calls", "stats", "my-numbers", "presence", "alerts", "recordings"]) {
        const answer = await api(`/api/twilio/${target}`);
        assert.equal(answer.status, 200, `${target}: ${answer.body}`);
        assert.ok(!/"(duration|talk_seconds|talk_time|seconds)":-/.test(answer.body), `${target}: ${answer.body}`);
      }
      const ended = await api("/api/twilio/call-logs", { exp: Math.floor((Date.now() + shift) / 1000) - 600 });
      assert.equal(ended.status, 401);
      set(0);
      assert.equal((await api("/api/twilio/call-logs")).status, 200);
      await end(between);
      await goOn(later);
      await end(later);
      for (const [call, words] of [[before, "began before"], [within, "within"], [between, "ended after"], [later, "began within"]])
        assertInOrder(call, `${what}, ${words}`);
    });

  it("forgets browsers that were there while it was ahead", async () => {
    rows(server.database, `INSERT INTO presence (user_id, device, seen_at) VALUES ('43', 'tab', ${Date.now() + 2 * HOUR})`);
    await server.settled();
    const { people } = JSON.parse((await api("/api/twilio/presence")).body);
    assert.notEqual(people.find((one) => one.user_id === "43")?.online, true);
  });
});

describe("a clock that is wrong", { skip }, () => {
  const old = newSid();
  const counts = () => rows(server.database, `SELECT (SELECT COUNT(*) FROM twilio_call_logs WHERE call_sid = '${old}') AS calls,
    (SELECT COUNT(*) FROM recordings WHERE call_sid = '${old}' AND status = 'completed') AS recordings,
    (SELECT COUNT(*) FROM audit WHERE about = 'kept') AS entries`)[0];
  const alert = () => rows(server.database, "SELECT detail, closed_at FROM alerts WHERE kind = 'clock_wrong'")[0];
  before(() => {
    if (skip) return;
    const at = Date.now() - 20 * DAY;
    insert(server.database, "twilio_call_logs", { call_sid: old, user_id: "42", status: "completed", status_rank: 4, direction: "inbound",
      started_at: at, answered_at: at, ended_at: at + 60_000, duration: 60, end_reason: "answered" });
    insert(server.database, "recordings", { recording_sid: `RE${"7".repeat(32)}`, call_sid: old, user_id: "42", kind: "call", status: "completed",
      started_at: at, duration: 60 });
    insert(server.database, "audit", { at, author: "42", author_kind: "user", kind: "note", action: "made", about: "kept" });
    twilio.recordings.set(`RE${"7".repeat(32)}`, "sound");
  });

  for (const [ahead, words] of [[30 * DAY, "30 days"], [365 * DAY, "365 days"], [1.25 * DAY, "1 day"]])
    it(`by ${words} deletes nothing and says so, until it is right`, async () => {
      const kept = counts();
      assert.deepEqual(kept, { calls: 1, recordings: 1, entries: 1 });
      const postponed = () => server.logs("maintenance_postponed").filter(({ message }) => message === alert()?.detail).length;
      set(ahead);
      await waitUntil(() => alert()?.detail.startsWith(`The server's clock is ${words} ahead of Twilio's`) && !alert().closed_at, 20_000,
        () => `an alert about ${words}, not ${JSON.stringify(alert())}`);
      await waitUntil(() => postponed() >= 3, 20_000, "the jobs that delete");
      await sleep(1500);
      assert.deepEqual(counts(), kept);
      set(0);
      await waitUntil(() => alert().closed_at, 30_000, "an alert that is closed");
      assert.deepEqual(counts(), kept);
    });

  it("and what is old by a right one is deleted", async () => {
    twilio.clockOffset = 60 * 86_400;
    set(60 * DAY);
    await waitUntil(() => Object.values(counts()).every((count) => count === 0), 40_000, "a deletion");
  });
});
