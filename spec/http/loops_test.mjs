// loops_test.mjs: a phone that the call comes from is not rung again, whoever
// wants it rung; and a number of the account that nobody has takes messages.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { all, inbound, newSid, one, report, said, twiml, verbs } from "../support/voice.mjs";

const JOE = "+13035550142", ANA = "+13035550177", CALLER = "+14155550123";
const RULES = `local JOE, ANA = "${JOE}", "${ANA}"
return {
  { "from the shop", when = function(call) return call.forwarded_from == "+13035550111" end, go = voicemail("The shop is closed.") },
  { "group", when = function(call) return call.to == "+15105550101" end, go = ring({ JOE, ANA }, { seconds = 20 }):otherwise(voicemail()) },
  { "hunt", when = function(call) return call.to == "+15105550102" end, go = ring(JOE):otherwise(ring(ANA)):otherwise(voicemail()) },
  examples = { { forwarded_from = "+13035550111", expect = "voicemail" } },
}`;

let server;
before(async () => {
  server = await startServer({ rules: RULES });
  for (const phone of ["+15105550101", "+15105550102"]) givenNumber(server.database, { phone });
  givenNumber(server.database, { phone: "+15105550100", settings: { always: JOE } });
  givenNumber(server.database, { phone: "+15105550103" });
  insert(server.database, "overrides", { user_id: "42", phone_number_id: 4, forward_to_number: JOE, starts_at: 1, ends_at: Date.now() + 3_600_000 });
  await server.settled();
});
after(() => server.stop());

const rung = (response) => all(response, "Number").map((number) => number.textContent);
async function call(to, from, more) {
  const params = inbound(from, to, more);
  return { params, response: twiml(await server.post("/api/twilio/twiml", params)) };
}
const target = (response) => { const url = new URL(one(response, "Dial").getAttribute("action")); return url.pathname + url.search; };

describe("a phone that the call comes from", () => {
  const COMES = [["calls", JOE, {}], ["calls over SIP", "sip:3035550142@pbx.example.com", {}], ...[JOE, "3035550142", "13035550142", "+1 (303) 555-0142",
    "sip:+13035550142@carrier.example", "tel:+13035550142", "whatsapp:+13035550142", "+13035550142;phone-context=x", "001 3035550142"].map((text) => [`forwarded it as ${text}`, CALLER, { ForwardedFrom: text }])];
  for (const [words, from, more] of COMES) it(`is not rung again when it ${words}`, async () => {
    for (const to of ["+15105550100", "+15105550103"]) {
      const { params, response } = await call(to, from, more);
      assert.deepEqual([rung(response), all(response, "Record").length], [[], 1], to);
      const { body } = await user(server, "42").get(`/api/twilio/call-logs/${params.CallSid}`);
      assert.match(JSON.stringify(body.timeline), /the call comes from/);
    }
    assert.deepEqual(rung((await call("+15105550101", from, more)).response), [ANA], "the others of a group ring");
    assert.deepEqual(rung((await call("+15105550102", from, more)).response), [ANA], "the next one rings");
    const { params, response } = await call("+15105550102", from === JOE ? ANA : CALLER, from === JOE ? {} : { ForwardedFrom: ANA });
    assert.deepEqual(rung(response), [JOE]);
    const next = twiml(await server.post(target(response), { ...params, DialCallStatus: "no-answer", CallStatus: "in-progress" }));
    assert.deepEqual([rung(next), all(next, "Record").length], [[], 1], "nor at a later step");
  });

  it("is anybody else's business not", async () => {
    for (const text of ["", "anonymous", "+", "0".repeat(5000), "3035550142x", "+13035550143", "<Number>", "\u0000", "555"]) {
      const { response } = await call("+15105550100", CALLER, { ForwardedFrom: text });
      assert.deepEqual(rung(response), [JOE], text);
    }
  });

  it("is seen by rules, kept with the call, and simulated", async () => {
    const { params, response } = await call("+15105550102", CALLER, { ForwardedFrom: "3035550111" });
    assert.match(said(response), /shop is closed/);
    const { inputs } = rows(server.database, `SELECT inputs FROM call_decisions WHERE call_sid = '${params.CallSid}'`)[0];
    assert.equal(JSON.parse(inputs).call.forwarded_from, "+13035550111");
    const { body } = await user(server, "42").post("/api/twilio/simulate", { to: "+15105550102", forwarded_from: "+13035550111" });
    assert.equal(body.decision.rule, "from the shop");
    const { value } = await commandJson(["simulate", "--to", "+15105550101", "--forwarded-from", "(303) 555-0142"], { config: { lua: server.lua, database: server.database } });
    assert.deepEqual(value.not_rung.map((entry) => [entry.target, entry.code]), [[JOE, "loop"]]);
    const replayed = await user(server, "42").post("/api/twilio/replay", { since: "1d", source: RULES.replace("0111", "0199") });
    assert.match(JSON.stringify(replayed.body), /from the shop/);
  });
});

describe("a number of the account that nobody has", () => {
  it("takes a message for the first user, and says so", async () => {
    const { params, response } = await call("+15105550999", CALLER);
    assert.deepEqual(verbs(response).slice(-3), ["Record", "Say", "Hangup"]);
    const recorded = { ...params, RecordingSid: newSid("RE"), RecordingDuration: "7", RecordingUrl: "https://api.twilio.com/x" };
    twiml(await server.post("/api/twilio/twiml?step=vm_done", recorded));
    await server.post("/api/twilio/status-callback", report(params.CallSid, "completed", { From: CALLER, To: "+15105550999", CallDuration: "12" }));
    const ana = user(server, "42");
    const { body } = await ana.get(`/api/twilio/call-logs/${params.CallSid}`);
    assert.deepEqual([body.end_reason, body.recordings.length, body.trace.source], ["voicemail", 1, "unadopted"]);
    const alert = (await ana.get("/api/twilio/alerts")).body.alerts.find((one) => one.kind === "not_adopted");
    assert.equal(alert.subject, "+15105550999");
    assert.match(alert.detail, /sync --adopt/);
    assert.equal((await ana.get("/api/twilio/missed-calls")).body.missed_calls.some((row) => row.number === CALLER), true);
  });
  it("is refused to callers on the blocklist, as any number is", async () => {
    await user(server, "42").post("/api/twilio/blocklist", { number: "+14155550188" });
    assert.deepEqual(verbs((await call("+15105550999", "+14155550188")).response), ["Reject"]);
  });
});
