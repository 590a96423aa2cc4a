// outgoing_test.mjs: calls that people make from the browser: what is dialled,
// with which number, what is refused, and what is in the log.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { command } from "../support/command.mjs";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";
import { all, attribute, inbound, newSid, one, report, rung, said, target, twiml, verbs } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const FIRST = "+15105550100", SECOND = "+15105550101", OFF = "+15105550102", THEIRS = "+15105550103", RECORDED = "+15105550104",
  ASKED = "+15105550105";
const CALLEE = "+13035550142";
const ANNOUNCEMENT = "This call is recorded.";

let server, phone, ids;
before(async () => {
  server = await startServer({ rules: "return {}", config: { concurrent_calls: 20 } });
  const { database } = server;
  ids = { first: givenNumber(database, { user: "ana", phone: FIRST }), second: givenNumber(database, { user: "ana", phone: SECOND }) };
  givenNumber(database, { user: "ana", phone: OFF, is_active: 0 });
  givenNumber(database, { user: "bob", phone: THEIRS });
  givenNumber(database, { user: "rec", phone: RECORDED, recording: "on", recording_announcement: ANNOUNCEMENT });
  givenNumber(database, { user: "ask", phone: ASKED, recording: "ask" });
  givenOnline(database, "bob");
  await server.settled();
  phone = new Twilio({ base: server.base, token: TOKEN });
});
after(() => server?.stop());

const outbound = (user, to, more = {}) => inbound(`client:${user}`, to ?? "", { Caller: `client:${user}`, ...(to === undefined ? { To: "" } : {}), ...more });
const legs = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}' OR parent_call_sid = '${sid}' ORDER BY id`);
const decision = (sid) => rows(server.database, `SELECT * FROM call_decisions WHERE call_sid = '${sid}'`)[0];

// A request that must be refused: spoken, hung up, nobody dialled, and logged with the reason.
async function refused(params, words, code) {
  const response = twiml(await server.post(VOICE, params));
  assert.deepEqual(verbs(response), ["Say", "Hangup"]);
  assert.match(said(response), /^Your call was not made\. /);
  assert.match(said(response), words);
  const [row] = legs(params.CallSid);
  assert.deepEqual([row.direction, row.end_reason], ["outbound", `refused: ${code}`]);
  assert.match(decision(params.CallSid).error, words);
}

describe("a call from the browser to a telephone", () => {
  it("is dialled with the user's first number", async () => {
    const params = outbound("user_ana", CALLEE);
    const response = twiml(await server.post(VOICE, params));
    assert.deepEqual(verbs(response), ["Dial"]);
    const dial = one(response, "Dial"), number = one(response, "Number");
    assert.equal(number.textContent, CALLEE);
    assert.deepEqual(["callerId", "answerOnBridge", "method"].map((name) => attribute(dial, name)), [FIRST, "true", "POST"]);
    assert.match(target(server, dial), /^\/api\/twilio\/twiml\?step=after&leg=out(&v=\d+)?$/);
    assert.equal(target(server, number, "statusCallback"), STATUS);
    assert.equal(attribute(number, "statusCallbackEvent"), "initiated ringing answered completed");
    assert.equal(attribute(number, "url"), undefined, "nobody has to press 1");
    assert.equal(attribute(dial, "record"), undefined);
    const [row] = legs(params.CallSid);
    assert.deepEqual([row.direction, row.user_id, row.phone_number_id, row.from, row.to, row.status, row.parent_call_sid],
      ["outbound", "ana", ids.first, "client:user_ana", CALLEE, "ringing", null]);
    assert.equal(decision(params.CallSid).source, "outgoing");
  });

  it("shows the number that the page chose, when it is the user's", async () => {
    for (const name of ["CallerId", "callerId"]) {
      const params = outbound("user_ana", CALLEE, { [name]: SECOND });
      assert.equal(attribute(one(twiml(await server.post(VOICE, params)), "Dial"), "callerId"), SECOND);
      assert.equal(legs(params.CallSid)[0].phone_number_id, ids.second);
    }
  });

  for (const [what, number] of [["another user's", THEIRS], ["a stranger's", "+13035550199"], ["one that is switched off", OFF],
    ["none at all", "anonymous"], ["XML", `${FIRST}"/><Number>+19005550142</Number>`], ["one with a space in front", ` ${FIRST}`]]) {
    it(`is refused with a number that is ${what}`, async () => {
      await refused(outbound("user_ana", CALLEE, { CallerId: number }), /not one of your numbers/, "caller_id");
    });
  }

  it("is refused when the user has no number", async () => {
    await refused(outbound("user_bare", CALLEE), /no phone number to call from/, "no_number");
  });

  for (const [what, number, words, code] of [
    ["a premium number", "+19005550142", /premium/, "premium"],
    ["a premium exchange", "+13039765555", /premium/, "premium"],
    ["a satellite phone", "+881612345678", /satellite/, "premium"],
    ["an emergency number", "911", /emergency/, "emergency"],
    ["one in another spelling", "+1911", /emergency/, "emergency"],
    ["one that begins as one", "+19115550142", /service code/, "emergency"],
    ["a European emergency number", "112", /emergency/, "emergency"],
    ["an own number", SECOND, /one of your own numbers/, "own_number"],
    ["another user's number here", THEIRS, /own numbers/, "own_number"],
    ["another country", "+442071838750", /United Kingdom|does not call/, "country"],
    ["a short code", "12345", /short code/, "malformed"],
    ["nine digits", "+1303555014", /isn't a phone number/, "malformed"],
    ["no E.164", "303-555-0142", /isn't a phone number/, "malformed"],
    ["a SIP address", "sip:x@example.com", /isn't a phone number/, "malformed"],
    ["words", "my aunt", /isn't a phone number/, "malformed"],
    ["XML", `${CALLEE}</Number><Number>+19005550142`, /isn't a phone number/, "malformed"],
    ["two numbers", `${CALLEE},+13035550177`, /isn't a phone number/, "malformed"],
    ["a number and digits to dial", `${CALLEE}wwww1928`, /isn't a phone number/, "malformed"],
  ]) {
    it(`to ${what} is refused before it is dialled`, () => refused(outbound("user_ana", number), words, code));
  }

  for (const [what, to] of [["an empty To", ""], ["blanks", "   "], ["none", undefined]]) {
    it(`with ${what} is refused`, async () => {
      const params = outbound("user_ana", to);
      if (to === undefined) delete params.To;
      await refused(params, /No number was given/, "empty");
    });
  }

  for (const identity of ["", "ana", "user_", "user_<b>", "user_a b", "userx_zz", "userx_6", "userx_616e61", "USER_ana"]) {
    it(`of an identity that is none of ours (${JSON.stringify(identity)}) is refused`, async () => {
      const params = outbound(identity, CALLEE);
      await refused(params, /not known here/, "unknown_user");
      assert.equal(legs(params.CallSid)[0].user_id, null);
    });
  }

  it("takes blanks around the number", async () => {
    assert.deepEqual(rung(twiml(await server.post(VOICE, outbound("user_ana", `  ${CALLEE} `)))), [CALLEE]);
  });

  it("of a user whose calls are limited is refused at the limit", async () => {
    for (let i = 0; i < 20; i++) {
      await server.post(STATUS, report(newSid(), "in-progress", { From: FIRST, To: `+130355501${10 + i}`, ParentCallSid: newSid() }));
    }
    await refused(outbound("user_ana", CALLEE), /calls/, "too_many_calls");
    rows(server.database, "DELETE FROM twilio_call_logs WHERE direction = 'outbound-dial'");
    await waitUntil(async () => rung(twiml(await server.post(VOICE, outbound("user_ana", CALLEE))))[0] === CALLEE, 5000, "a call that is let through");
  });

  it("requested twice is dialled the same way and is one row", async () => {
    const params = outbound("user_ana", CALLEE);
    const first = await server.post(VOICE, params), second = await server.post(VOICE, params);
    assert.equal(first.body, second.body);
    assert.equal(legs(params.CallSid).length, 1);
  });

  it("that is recorded says so to the callee before they are connected", async () => {
    const params = outbound("user_rec", CALLEE);
    const response = twiml(await server.post(VOICE, params));
    const dial = one(response, "Dial"), number = one(response, "Number");
    assert.equal(attribute(dial, "record"), "record-from-answer-dual");
    assert.equal(target(server, dial, "recordingStatusCallback"), "/api/twilio/recording-callback");
    assert.equal(attribute(dial, "recordingStatusCallbackEvent"), "completed absent");
    const child = { ...inbound(RECORDED, CALLEE), ParentCallSid: params.CallSid, CallStatus: "in-progress" };
    const announced = twiml(await server.post(target(server, number, "url"), child));
    assert.deepEqual(verbs(announced), ["Say"]);
    assert.equal(said(announced), ANNOUNCEMENT);
  });

  it("is recorded when the page asks for it and the number allows it, and not otherwise", async () => {
    for (const [user, more, recorded] of [["ask", { Record: "true" }, true], ["ask", { Record: "1" }, true], ["ask", {}, false],
      ["ask", { Record: "false" }, false], ["ana", { Record: "true" }, false]]) {
      const params = outbound(`user_${user}`, CALLEE, more);
      const dial = one(twiml(await server.post(VOICE, params)), "Dial");
      assert.equal(attribute(dial, "record"), recorded ? "record-from-answer-dual" : undefined, `${user} ${JSON.stringify(more)}`);
      assert.equal(JSON.parse(decision(params.CallSid).inputs).recorded, recorded || undefined);
    }
  });
});

describe("a call from browser to browser", () => {
  for (const to of ["user_bob", "client:user_bob"]) {
    it(`to ${to} rings that user's browsers, and they see who calls`, async () => {
      const params = outbound("user_ana", to);
      const response = twiml(await server.post(VOICE, params));
      assert.deepEqual(rung(response), ["client:user_bob"]);
      assert.equal(attribute(one(response, "Dial"), "callerId"), "client:user_ana");
      const [parameter] = all(response, "Parameter");
      assert.deepEqual([attribute(parameter, "name"), attribute(parameter, "value")], ["from_name", "user_ana"]);
      assert.deepEqual([legs(params.CallSid)[0].direction, legs(params.CallSid)[0].user_id], ["outbound", "ana"]);
    });
  }

  it("works for a user without a number", async () => {
    assert.deepEqual(rung(twiml(await server.post(VOICE, outbound("user_bare", "user_bob")))), ["client:user_bob"]);
  });

  it("to oneself, and to someone who is not online, is refused", async () => {
    await refused(outbound("user_ana", "user_ana"), /cannot call yourself/, "self");
    await refused(outbound("user_ana", "client:user_ana"), /cannot call yourself/, "self");
    await refused(outbound("user_bob", "user_ana"), /not online/, "offline");
    await refused(outbound("user_ana", "user_nobody"), /not online/, "offline");
  });
});

describe("while both sides talk", () => {
  it("the call is under way in the log, though Twilio says so of the callee alone", async () => {
    for (const to of [CALLEE, "user_bob"]) {
      const params = outbound("user_ana", to);
      await server.post(VOICE, params);
      assert.deepEqual([legs(params.CallSid)[0].status, legs(params.CallSid)[0].answered_at], ["ringing", null]);
      await server.post(STATUS, report(newSid(), "in-progress", { ParentCallSid: params.CallSid, To: to, SequenceNumber: "2" }));
      assert.equal(legs(params.CallSid)[0].status, "in-progress");
      assert.ok(legs(params.CallSid)[0].answered_at);
      await server.post(STATUS, report(params.CallSid, "completed", { SequenceNumber: "0", CallDuration: "3" }));
      assert.equal(legs(params.CallSid)[0].status, "completed");
    }
  });

  it("a telephone that was picked up is not, before 1 is pressed", async () => {
    givenOnline(server.database, "ana");
    await server.settled();
    const params = inbound("+14155550123", FIRST);
    await server.post(VOICE, params);
    const child = { ParentCallSid: params.CallSid, From: FIRST };
    await server.post(STATUS, report(newSid(), "in-progress", { ...child, To: CALLEE, SequenceNumber: "2" }));
    assert.equal(legs(params.CallSid)[0].status, "ringing");
    await server.post(`${VOICE}?step=screened&leg=fwd&n=1`, { ...inbound(FIRST, CALLEE), ...child, Digits: "1" });
    assert.equal(legs(params.CallSid)[0].status, "in-progress");
    const other = inbound("+14155550123", FIRST);
    await server.post(VOICE, other);
    await server.post(STATUS, report(newSid(), "in-progress", { ParentCallSid: other.CallSid, To: "client:user_ana", SequenceNumber: "2" }));
    assert.equal(legs(other.CallSid)[0].status, "in-progress");
  });
});

describe("how it ends", () => {
  const after = async (params, more) => {
    const dial = one(twiml(await server.post(VOICE, params)), "Dial");
    return twiml(await server.post(target(server, dial), { ...params, CallStatus: "in-progress", ...more }));
  };

  for (const [status, words] of [["busy", "The line is busy. Goodbye."], ["no-answer", "There is no answer. Goodbye."],
    ["failed", "The call could not be connected. Goodbye."], ["canceled", "There is no answer. Goodbye."], ["teapot", "There is no answer. Goodbye."],
    ["", "There is no answer. Goodbye."]]) {
    it(`${status || "no word"}: is spoken`, async () => {
      const params = outbound("user_ana", CALLEE);
      const response = await after(params, { DialCallStatus: status });
      assert.deepEqual(verbs(response), ["Say", "Hangup"]);
      assert.equal(said(response), words);
      const steps = rows(server.database, `SELECT * FROM call_steps WHERE call_sid = '${params.CallSid}'`);
      assert.deepEqual(steps.map((step) => step.leg), ["out"]);
    });
  }

  it("after a talk: is hung up without a word, and was answered", async () => {
    for (const more of [{ DialBridged: "true" }, {}]) {
      const params = outbound("user_ana", CALLEE);
      const response = await after(params, { DialCallStatus: "completed", DialCallDuration: "30", ...more });
      assert.deepEqual(verbs(response), ["Hangup"]);
      assert.equal(legs(params.CallSid)[0].end_reason, "answered");
    }
  });

  it("asked for twice: the same words, one step", async () => {
    const params = outbound("user_ana", CALLEE);
    const dial = one(twiml(await server.post(VOICE, params)), "Dial");
    const form = { ...params, CallStatus: "in-progress", DialCallStatus: "busy" };
    const first = await server.post(target(server, dial), form);
    const second = await server.post(target(server, dial), { ...form, DialCallStatus: "no-answer" });
    assert.equal(first.body, second.body);
  });

  it("played to the end: a row of the call and one of the leg, both closed", async () => {
    const call = await phone.call({ from: "client:user_ana", to: CALLEE, legs: [{ talk: 30 }] });
    assert.deepEqual(call.rung, [CALLEE]);
    const [parent, child] = legs(call.callSid);
    assert.deepEqual([parent.direction, parent.status, parent.end_reason, parent.user_id], ["outbound", "completed", "answered", "ana"]);
    assert.deepEqual([child.direction, child.status, child.duration, child.user_id, child.from, child.to],
      ["outbound-dial", "completed", 30, "ana", FIRST, CALLEE]);
    assert.ok(parent.ended_at && child.ended_at);
    assert.ok(parent.answered_at);
  });

  it("played with nobody there, with every callback twice and in the wrong order", async () => {
    for (const status of ["busy", "no-answer", "failed", "canceled"]) {
      const call = await phone.call({ from: "client:user_ana", to: CALLEE, legs: [status], variant: { repeat: true, disorder: true } });
      assert.equal(call.heard.at(-1), "hangup");
      const [parent, child] = legs(call.callSid);
      assert.deepEqual([parent.status, child.status], ["completed", status]);
      assert.equal(legs(call.callSid).length, 2);
    }
  });

  it("given up by the caller: was abandoned", async () => {
    const call = await phone.call({ from: "client:user_ana", to: CALLEE, legs: ["caller-hangs-up"] });
    assert.equal(legs(call.callSid)[0].end_reason, "abandoned");
  });
});

describe("a browser whose account is disabled or removed", () => {
  const PASSWORD = "correct horse";
  const run = async (...args) => {
    const made = await command(["user", ...args], { config: { database: server.database }, input: `${PASSWORD}\n` });
    assert.equal(made.status, 0, made.err);
  };
  const ringing = async () => rung(twiml(await server.post(VOICE, inbound("+14155550123", "+15105550120"))));

  for (const verb of ["disable", "remove"]) {
    it(`neither calls nor rings from then on, though Twilio still takes its access token: ${verb}`, async () => {
      const name = `kim-${verb}`;
      if (verb === "disable") await run("add", "boss", "--role", "admin");
      await run("add", name, "--role", "agent");
      const [{ id }] = rows(server.database, `SELECT id FROM users WHERE name = '${name}'`);
      if (verb === "disable") givenNumber(server.database, { user: id, phone: "+15105550120" });
      else rows(server.database, `UPDATE user_phone_numbers SET user_id = '${id}' WHERE phone_number = '+15105550120'`);
      givenOnline(server.database, id);
      await server.settled();
      assert.deepEqual(await ringing(), [`client:user_${id}`]);
      assert.deepEqual(verbs(twiml(await server.post(VOICE, outbound(`user_${id}`, CALLEE)))), ["Dial"]);
      await run(verb, name);
      await server.settled();
      assert.deepEqual(await ringing(), []);
      for (const to of [CALLEE, "client:user_bob"]) await refused(outbound(`user_${id}`, to), /Your account is disabled\./, "disabled");
      if (verb === "remove") return;
      await run("enable", name);
      await server.settled();
      assert.deepEqual(verbs(twiml(await server.post(VOICE, outbound(`user_${id}`, CALLEE)))), ["Dial"]);
    });
  }
});
