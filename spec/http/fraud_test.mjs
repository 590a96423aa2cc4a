// fraud_test.mjs: never more telephones at once than concurrent_calls, however
// many webhooks arrive together, at whatever step; and all of them while there
// is demand. Who finds no room hears the next step of the plan.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { minuteLeft, startServer, waitUntil } from "../support/server.mjs";
import { attribute, inbound, newSid, one, patient, report, rung, said, target, twiml, verbs } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const A = "+13035550142", B = "+13035550177", C = "+13035550188", CALLER = "+14155550123";
const FULL = "All lines are taken.";
const RULES = `
return {
  { "one", when = function(call) return call.to == "+15105550100" end, go = ring("${A}", { seconds = 20 }):otherwise(say("${FULL}")) },
  { "group", when = function(call) return call.to == "+15105550101" end,
    go = ring({ "${A}", "${B}", "${C}" }, { seconds = 20 }):otherwise(say("${FULL}")) },
  { "menu", when = function(call) return call.to == "+15105550102" end,
    go = menu("Press 1.", { ["1"] = ring("${A}", { seconds = 20 }):otherwise(say("${FULL}")) }) },
  { "hunt", when = function(call) return call.to == "+15105550103" end,
    go = ring("${A}", { seconds = 20 }):otherwise(ring("${B}", { seconds = 20 })):otherwise(say("${FULL}")) },
  { "asked", when = function(call) return call.to == "+15105550104" end, go = ring("${A}", { seconds = 20 }) },
}`;
const [ONE, GROUP, MENU, HUNT, ASKED] = [0, 1, 2, 3, 4].map((n) => `+1510555010${n}`);

const all = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));
const phones = (answers) => answers.reduce((sum, answer) => sum + rung(twiml(answer)).length, 0);

describe("the limit of calls at the same time", () => {
  let server;
  const LIMIT = 7;
  before(async () => {
    server = await startServer({ rules: RULES, config: { workers: 64, concurrent_calls: LIMIT } });
    for (const phone of [ONE, GROUP, MENU, HUNT, ASKED])
      givenNumber(server.database, { user: "42", phone, recording: phone === ASKED ? "ask" : "off" });
    await server.settled();
  });
  after(() => server.stop());

  const hangUp = async (call) => assert.equal((await patient(server, STATUS,
    report(call.CallSid, "completed", { From: CALLER, To: call.To, CallDuration: "3" }))).status, 204);
  const burst = async (n, to) => {
    const calls = Array.from({ length: n }, () => inbound(CALLER, to));
    return { calls, answers: await Promise.all(calls.map((call) => patient(server, VOICE, call))) };
  };

  for (const k of [1, LIMIT, LIMIT + 1, 40]) it(`holds for ${k} first webhooks at once, and is used up`, async () => {
    for (let round = 0; round < 3; round++) {
      const { calls, answers } = await burst(k, ONE);
      assert.equal(phones(answers), Math.min(k, LIMIT));
      for (const answer of answers.map(twiml).filter((answer) => rung(answer).length === 0)) assert.equal(said(answer), FULL);
      await Promise.all(calls.map(hangUp));
    }
  });

  it("leaves simulations out: nobody's telephone rings", async () => {
    const ana = user(server, "42");
    for (const call of [{ direction: "outbound", to: B }, ...[ONE, GROUP, HUNT].map(() => ({ from: CALLER }))])
      assert.equal((await ana.post("/api/twilio/simulate", { answers: ["answered"], ...call })).status, 200);
    const { calls, answers } = await burst(LIMIT, ONE);
    assert.equal(phones(answers), LIMIT);
    assert.equal((await ana.post("/api/twilio/simulate", { direction: "outbound", to: B, answers: ["answered"] })).body.outcome, "connected");
    await Promise.all(calls.map(hangUp));
  });

  it("says in the trace why a call rang nobody", async () => {
    const { calls, answers } = await burst(LIMIT + 1, ONE);
    const left = calls[answers.findIndex((answer) => rung(twiml(answer)).length === 0)];
    const [step] = rows(server.database, `SELECT * FROM call_steps WHERE call_sid = '${left.CallSid}'`);
    assert.equal(step.outcome, "failed");
    assert.match(step.detail, /too_many_calls/);
    await Promise.all(calls.map(hangUp));
  });

  it("counts each phone of a group", async () => {
    const { calls, answers } = await burst(20, GROUP);
    assert.equal(phones(answers), LIMIT);
    await Promise.all(calls.map(hangUp));
  });

  it("holds for later steps: menus, the next phone, consent to a recording", async () => {
    const menus = await burst(20, MENU), asked = await burst(20, ASKED);
    assert.equal(phones([...menus.answers, ...asked.answers]), 0, "nothing is dialled yet");
    const pressed = await Promise.all([...menus.answers.map((answer, i) => [answer, menus.calls[i]]),
      ...asked.answers.map((answer, i) => [answer, asked.calls[i]])].map(([answer, call]) =>
      patient(server, target(server, one(twiml(answer), "Gather")), { ...call, CallStatus: "in-progress", Digits: "1" })));
    assert.equal(phones(pressed), LIMIT);
    await Promise.all([...menus.calls, ...asked.calls].map(hangUp));
    // A call that goes on to its next phone gives up the first, and takes no second place.
    const hunts = await burst(LIMIT, HUNT);
    assert.equal(phones(hunts.answers), LIMIT);
    const next = await Promise.all(hunts.answers.map((answer, i) => patient(server, target(server, one(twiml(answer), "Dial")),
      { ...hunts.calls[i], CallStatus: "in-progress", DialCallStatus: "no-answer", DialBridged: "false" })));
    assert.deepEqual(next.map((answer) => rung(twiml(answer))), Array(LIMIT).fill([B]));
    assert.equal(phones((await burst(3, ONE)).answers), 0);
    await Promise.all(hunts.calls.map(hangUp));
  });

  it("counts calls from the browser with those from outside", async () => {
    const before = await burst(LIMIT - 2, ONE);
    const made = Array.from({ length: 10 }, () => inbound("client:user_42", "+13035550111"));
    const answers = await Promise.all(made.map((call) => patient(server, VOICE, call)));
    assert.equal(phones(answers), 2);
    assert.match(said(twiml(answers.find((answer) => rung(twiml(answer)).length === 0))), /under way already/);
    await Promise.all([...before.calls, ...made].map(hangUp));
  });

  it("gives a place back when its leg ends, whatever is repeated, late or lost", async () => {
    const leg = (call, child, status, to = A) => patient(server, STATUS, report(child, status, { ParentCallSid: call.CallSid,
      From: CALLER, To: to, CallDuration: status === "completed" ? "1" : "0" }));
    const group = await burst(2, GROUP), rest = await burst(1, ONE);
    assert.equal(phones([...group.answers, ...rest.answers]), 7);
    // One answers; Twilio cancels the two others.
    const children = Object.fromEntries([A, B, C].map((phone) => [phone, newSid()]));
    for (const phone of [A, B, C]) await leg(group.calls[0], children[phone], "ringing", phone);
    await leg(group.calls[0], children[A], "in-progress");
    for (const phone of [B, C, B, C]) await leg(group.calls[0], children[phone], "canceled", phone);
    await leg(group.calls[0], children[B], "ringing", B);
    const two = await burst(4, ONE);
    assert.equal(phones(two.answers), 2);
    await Promise.all([...group.calls, ...rest.calls, ...two.calls].map(hangUp));
    // The last report of a call is lost; the log learns of its end in another way.
    const lost = await burst(LIMIT, ONE);
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = ${Date.now()} WHERE call_sid = '${lost.calls[0].CallSid}'`);
    await waitUntil(async () => phones((await burst(1, ONE)).answers) === 1, 5000, "a place");
    assert.equal(phones((await burst(3, ONE)).answers), 0);
    await Promise.all(lost.calls.map(hangUp));
    rows(server.database, "UPDATE twilio_call_logs SET ended_at = started_at WHERE ended_at IS NULL");
  });

  it("counts a repeated webhook once", async () => {
    await waitUntil(async () => { const all = await burst(LIMIT, ONE); await Promise.all(all.calls.map(hangUp));
      return phones(all.answers) === LIMIT; }, 5000, "all places");
    const call = inbound(CALLER, ONE);
    const again = await all(20, () => patient(server, VOICE, call));
    assert.deepEqual(again.map((answer) => rung(twiml(answer))), Array(20).fill([A]));
    const others = await burst(20, ONE);
    assert.equal(phones(others.answers), LIMIT - 1);
    await Promise.all([call, ...others.calls].map(hangUp));
  });

  it("is kept across a restart", async () => {
    const begun = await burst(3, ONE), talking = await burst(2, ONE);
    for (const call of talking.calls)
      await patient(server, STATUS, report(newSid(), "in-progress", { ParentCallSid: call.CallSid, From: CALLER, To: A }));
    await server.stop({ keep: true });
    server = await startServer({ folder: server.folder, port: server.port, config: { workers: 64, concurrent_calls: LIMIT } });
    const more = await burst(20, ONE);
    assert.equal(phones(more.answers), LIMIT - 5);
    await Promise.all([...begun.calls, ...talking.calls, ...more.calls].map(hangUp));
    assert.equal(phones((await burst(20, ONE)).answers), LIMIT);
  });
});

describe("the limit of minutes a day", () => {
  it("counts talk that is going on, and ends calls when it is reached", async (test) => {
    const server = await startServer({ rules: RULES, config: { daily_minutes: 60, concurrent_calls: 1000 } });
    test.after(() => server.stop());
    givenNumber(server.database, { user: "42", phone: ONE });
    await server.settled();
    await minuteLeft(86_400_000);
    const limit = async () => Number(attribute(one(twiml(await patient(server, VOICE, inbound(CALLER, ONE))), "Dial"), "timeLimit"));
    assert.ok(Math.abs(await limit() - 3600) <= 1);
    const now = Date.now(), midnight = now - now % 86_400_000;
    const began = Math.max(midnight, now - 50 * 60_000), minutes = (now - began) / 60_000;
    insert(server.database, "twilio_call_logs", { call_sid: newSid(), parent_call_sid: newSid(), user_id: "42", direction: "outbound-dial",
      from: CALLER, to: A, status: "in-progress", status_rank: 3, started_at: began, answered_at: began, updated_at: began });
    await waitUntil(async () => Math.abs(await limit() - (60 - minutes) * 60) <= 30, 5000, "the talk counts");
    insert(server.database, "twilio_call_logs", { call_sid: newSid(), parent_call_sid: newSid(), user_id: "42", direction: "outbound-dial",
      from: CALLER, to: A, status: "completed", status_rank: 4, started_at: now, answered_at: now, ended_at: now, duration: 3600, updated_at: now });
    await waitUntil(async () => verbs(twiml(await patient(server, VOICE, inbound(CALLER, ONE)))).includes("Say"), 5000, "no minutes are left");
  });
});
