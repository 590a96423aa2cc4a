// why_test.mjs: `hookswitch why`, and what the API says of a call's reasons.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";
import { inbound, newSid, recording, report } from "../support/voice.mjs";

const [JOE, GRACE, OURS] = ["+13035550142", "+14155550123", "+15105550100"];
const RULES = `return {
  { "nobody", when = function(call) return call.from == "+14155550999" end, go = voicemail() },
  { "friends first", when = function(call) return call.from == "${GRACE}" end, go = ring("${JOE}"):otherwise(voicemail()) },
  { "broken", when = function(call) return call.from:sub(-4) == "0129" and call.lookups.b.c end, go = voicemail() },
}
`;
let server;
let ana;
let phone;
const api = async (sid) => (await ana.get(`/api/twilio/call-logs/${sid}`)).body;
const options = () => ({ config: { database: server.database, lua: server.lua } });
const why = (sid, run = command) => run(["why", sid], options());

before(async () => {
  server = await startServer({ rules: RULES });
  ana = user(server, "42");
  phone = new Twilio({ base: server.base, token: TOKEN });
  givenNumber(server.database, { phone: OURS, user: "42", timezone: "America/Denver", settings: { always: "+13035550177" } });
  insert(server.database, "contacts", { user_id: "42", number: GRACE, name: "Grace" });
  await server.settled();
});
after(() => server?.stop());

describe("a call that a rule decided", () => {
  let call;
  before(async () => { call = await phone.call({ from: GRACE, to: OURS, legs: [{ does: "answer", press: "1", talk: 30 }] }); });

  it("has the rules that were tried, the values that were read, and what happened", async () => {
    const { trace, timeline } = await api(call.callSid);
    assert.deepEqual(trace.rules.map((rule) => [rule.index, rule.name, rule.line, rule.file, rule.matched]), [
      [1, "nobody", 2, "forwarding.lua", false], [2, "friends first", 3, "forwarding.lua", true], [3, "broken", 4, "forwarding.lua", null]]);
    assert.equal(trace.file, "forwarding.lua");
    assert.deepEqual(trace.reads, { from: GRACE });
    assert.deepEqual(trace.lookups, []);
    assert.equal(trace.override, null);
    const words = timeline.map((moment) => moment.text);
    assert.equal(words[0], `${GRACE} (Grace) calls ${OURS}`);
    assert.match(words[1], /^rule "friends first" \(forwarding\.lua:3\) decides: ring \+13035550142 20 s > voicemail$/);
    for (const text of [`${JOE} rings`, `${JOE} picks up`, "1 is pressed: the call is accepted", `${JOE} answers`])
      assert.ok(words.includes(text), words.join("\n"));
    assert.deepEqual(timeline.map((moment) => moment.at), timeline.map((moment) => moment.at).sort((a, b) => a - b));
  });

  it("is explained on the command line, by the clocks of its number", async () => {
    const { status, out, err } = await why(call.callSid);
    assert.equal(err, "");
    assert.equal(status, 0);
    assert.match(out, new RegExp(`^${call.callSid}  \\w{3} \\S+ \\S+ America/Denver\n\nWhy \\(version 1\\)\n`));
    assert.match(out, /^ {2}decided +rule "friends first" \(forwarding\.lua:3\) decides$/m);
    assert.match(out, /^ {2}no match +"nobody" \(forwarding\.lua:2\)$/m);
    assert.match(out, /^What happened\n {2}\d\d:\d\d:\d\d +\+0 s {2}\+14155550123 \(Grace\) calls/m);
    const { value } = await why(call.callSid, commandJson);
    assert.equal(value.call_sid, call.callSid);
    assert.equal(value.trace.rules.length, 3);
  });

  it("is found by one of its legs, too", async () => {
    const [{ call_sid: leg }] = rows(server.database, `SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid = '${call.callSid}'`);
    const { status, out } = await why(leg);
    assert.equal(status, 0);
    assert.match(out, new RegExp(`^${call.callSid} .*\n${leg} is the leg of this call to \\${JOE}\\.\n`));
  });

  it("is explained with the rules of that time when the file has changed", async () => {
    writeFileSync(path.join(server.lua, "forwarding.lua"), 'return {\n  { "all new", go = voicemail() },\n}\n');
    await waitUntil(async () => (await server.get("/healthz")).body.includes('"rule_version":2')
      || rows(server.database, "SELECT 1 FROM rule_versions WHERE id = 2").length > 0, 10_000, "the new version");
    const names = async () => (await api(call.callSid)).trace.rules.map((rule) => rule.name);
    assert.deepEqual(await names(), ["nobody", "friends first", "broken"]);
    const later = await waitUntil(async () => {
      const next = await phone.call({ from: GRACE, to: OURS, legs: [] });
      const { trace } = await api(next.callSid);
      return trace.rule === "all new" && trace;
    }, 10_000, "a call by the new rules");
    assert.deepEqual(later.rules.map((rule) => rule.name), ["all new"]);
    writeFileSync(path.join(server.lua, "forwarding.lua"), RULES);
    await waitUntil(async () => (await api((await phone.call({ from: GRACE, to: OURS, legs: ["busy"] })).callSid)).trace.rule === "friends first",
      10_000, "the first rules again");
  });
});

describe("calls that no rule decided", () => {
  it("says that none matched", async () => {
    const call = await phone.call({ from: "+14155550124", to: OURS, legs: ["no-answer"] });
    const { trace } = await api(call.callSid);
    assert.deepEqual(trace.rules.map((rule) => rule.matched), [false, false, false]);
    assert.match((await why(call.callSid)).out, /decided +no rule matches, so the console's settings decide/);
  });

  it("says which rule failed, and why", async () => {
    const call = await phone.call({ from: "+14155550129", to: OURS, legs: ["no-answer"] });
    assert.deepEqual((await api(call.callSid)).trace.rules.map((rule) => rule.matched), [false, false, null]);
    const { out } = await why(call.callSid);
    assert.match(out, /decided +the rules fail, so the console's settings decide/);
    assert.match(out, /error +forwarding\.lua:4: rule "broken": /);
  });

  it("shows the override that was in force", async () => {
    const id = insert(server.database, "overrides", { user_id: "42", forward_to_number: JOE, note: "lunch", starts_at: Date.now() - 1000,
      ends_at: Date.now() + 3_600_000 });
    await server.settled();
    const call = await phone.call({ from: GRACE, to: OURS, legs: ["busy"] });
    rows(server.database, `DELETE FROM overrides WHERE id = ${id}`);
    await server.settled();
    const { trace } = await api(call.callSid);
    assert.deepEqual([trace.source, trace.override.forward_to_number, trace.override.note], ["override", JOE, "lunch"]);
    assert.deepEqual(trace.rules.map((rule) => rule.matched), [null, null, null]);
    assert.match((await why(call.callSid)).out, /override +all calls to \+13035550142 until .* \(lunch\)/);
  });

  it("tells calls from the browser, and calls to numbers of nobody", async () => {
    const browser = `CA${"8".repeat(32)}`;
    await server.post("/api/twilio/twiml", { CallSid: browser, From: "client:user_42", To: JOE, Direction: "inbound" });
    assert.match((await why(browser)).out, /decided +allowed, shown as \+15105550100/);
    const { trace, timeline } = await api(browser);
    assert.deepEqual([trace.rules, timeline[0].text], [[], `user 42's browser calls ${JOE}`]);
    const lost = `CA${"7".repeat(32)}`;
    await server.post("/api/twilio/twiml", { CallSid: lost, From: GRACE, To: "+15105550199", Direction: "inbound" });
    assert.match((await why(lost)).out, /decided +the number belongs to no user/);
    const none = `CA${"6".repeat(32)}`;
    await server.post("/api/twilio/twiml", { CallSid: none, From: GRACE, To: "client:nobody", Direction: "inbound" });
    assert.match((await why(none)).out, /Nothing was decided: the called number belonged to nobody here\./);
  });
});

describe("hookswitch why", () => {
  it("refuses what isn't a call", async () => {
    const unknown = await why("CA404");
    assert.equal(unknown.status, 1);
    assert.match(unknown.err, /no call CA404 in the log\n$/);
    assert.equal((await why("CA404", commandJson)).value.error.code, "call_not_found");
    assert.equal((await command(["why"], options())).status, 2);
    assert.equal((await command(["why", "CA1", "CA2"], options())).status, 2);
    assert.match((await command(["why", "--help"], options())).out, /usage: hookswitch why/);
  });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));

describe("what is counted", () => {
  const counted = async () => {
    const { body } = await server.get("/metrics");
    return ["calls", "fallbacks"].map((name) => Number(new RegExp(`^hookswitch_${name}_total (\\d+)$`, "m").exec(body)[1]));
  };
  const VOICE = "/api/twilio/twiml";
  for (const [what, calls, fallbacks, ask] of [
    ["a call that is decided", 1, 0, () => server.post(VOICE, inbound("+14155550170", OURS))],
    ["the same webhook twice", 1, 0, async () => {
      const form = inbound("+14155550171", OURS);
      await server.post(VOICE, form);
      return server.post(VOICE, form);
    }],
    ["a call on which the rules fail", 1, 1, () => server.post(VOICE, inbound("+14155550129", OURS))],
    ["a call from the browser", 1, 0, () => server.post(VOICE, inbound("client:user_42", "+13035550142"))],
    ["an answer that was lost on the way to Twilio", 0, 1, () => server.post(`${VOICE}?step=fallback`,
      { ...inbound("+14155550172", OURS), ErrorCode: "11200", ErrorUrl: `${server.base}${VOICE}?step=after&leg=fwd&n=1` })],
    ["a report", 0, 0, () => server.post("/api/twilio/status-callback", report(newSid(), "completed"))],
  ]) {
    it(`${what}: ${calls} calls, ${fallbacks} fallbacks`, async () => {
      const before = await counted();
      await ask();
      const after = await counted();
      assert.deepEqual(after.map((count, at) => count - before[at]), [calls, fallbacks]);
    });
  }
});

describe("a recording without a sound", () => {
  for (const [status, said] of [["absent", /no message: nothing was said/], ["failed", /no message: Twilio could not record it/],
    ["completed", /message of 5 s: RE/]]) {
    it(`that is ${status}`, async () => {
      const form = inbound("+14155550173", OURS);
      await server.post("/api/twilio/twiml", form);
      await server.post("/api/twilio/recording-callback", recording(form.CallSid, status, { RecordingSource: "RecordVerb", RecordingDuration: status === "completed" ? "5" : "0" }));
      const { out } = await why(form.CallSid);
      assert.match(out, said);
      if (status !== "completed") assert.doesNotMatch(out, /message[^\n]*: RE/);
    });
  }
});
