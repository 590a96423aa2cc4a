// voice_test.mjs: incoming calls, step by step: what the caller hears, what the
// callee hears before being connected, and what is left out for whom.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { givenNumber, givenOnline, insert, rows } from "../support/database.mjs";
import { SANITIZED, startServer, waitUntil } from "../support/server.mjs";
import { all, attribute, inbound, newSid, one, report, rung, said, target, twiml, verbs } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const CALLER = "+14155550123", A = "+13035550142", B = "+13035550177";
const N = { plain: "+15105550100", menu: "+15105550101", recorded: "+15105550102", announced: "+15105550103", asked: "+15105550104",
  off: "+15105550105", hunt: "+15105550106", group: "+15105550107", reject: "+15105550108", say: "+15105550109", line: "+15105550110" };
const RULES = `
return {
  { "menu", when = function(call) return call.to == "${N.menu}" end,
    go = menu("Press 1 for sales, 2 for service.", { ["1"] = ring("${A}"), ["2"] = ring("${B}"), ["9"] = reject() },
      { seconds = 7, tries = 3 }):otherwise(voicemail("Leave a message.")) },
  { "hunt", when = function(call) return call.to == "${N.hunt}" or call.to == "${N.asked}" end,
    go = ring("${A}", { seconds = 10 }):otherwise(ring("${B}", { seconds = 10 })) },
  { "group", when = function(call) return call.to == "${N.group}" end, go = ring({ "${A}", user "on" }, { confirm = false }) },
  { "reject", when = function(call) return call.to == "${N.reject}" end, go = reject("busy") },
  { "say", when = function(call) return call.to == "${N.say}" end, go = say("Hello."):otherwise(hangup()) },
}`;

let server;
before(async () => {
  server = await startServer({ rules: RULES, config: { company: "Junk Removal" } });
  const { database } = server;
  const number = (user, phone, more = {}) => givenNumber(database, { user, phone, ...more });
  number("plain", N.plain, { settings: { always: A }, friendly_name: "Main" });
  for (const name of ["menu", "hunt", "group", "reject", "say", "line"]) number(name, N[name]);
  number("rec", N.recorded, { settings: { always: A }, recording: "on" });
  number("ann", N.announced, { settings: { always: A }, recording: "on", recording_announcement: "This call is recorded." });
  number("ask", N.asked, { recording: "ask" });
  number("off", N.off, { settings: { always: A }, is_active: 0, voicemail_greeting: "Nobody here." });
  givenOnline(database, "on");
  givenOnline(database, "line");
  await server.settled();
});
after(() => server?.stop());

const call = async (to, from = CALLER, more = {}) => {
  const params = inbound(from, to, more);
  return { params, response: twiml(await server.post(VOICE, params)) };
};
const step = async (url, params, more = {}) => twiml(await server.post(url, { ...params, CallStatus: "in-progress", ...more }));
const decision = (sid) => rows(server.database, `SELECT * FROM call_decisions WHERE call_sid = '${sid}'`)[0];
const callRow = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
const isVoicemail = (response, before = []) => assert.deepEqual(verbs(response), [...before, "Say", "Record", "Say", "Hangup"]);

describe("the whisper", () => {
  // A call that rings a telephone, and the callee's side of it.
  async function ringing(from = CALLER, to = N.plain) {
    const { params, response } = await call(to, from);
    const number = one(response, "Number");
    const child = { ...inbound(attribute(one(response, "Dial"), "callerId"), number.textContent), Direction: "outbound-dial",
      ParentCallSid: params.CallSid, CallStatus: "in-progress" };
    return { params, child, action: target(server, one(response, "Dial")), screen: target(server, number, "url") };
  }

  it("says who calls whom, twice, and waits for 1", async () => {
    const { child, screen } = await ringing();
    const heard = twiml(await server.post(screen, child));
    assert.deepEqual(verbs(heard), ["Gather", "Hangup"]);
    const gather = one(heard, "Gather");
    assert.deepEqual(["numDigits", "timeout", "actionOnEmptyResult"].map((name) => attribute(gather, name)), ["1", "8", "true"]);
    const sentence = "Call for Junk Removal from 4 1 5, 5 5 5, 0 1 2 3. Press 1.";
    assert.deepEqual(all(gather, "Say").map((say) => say.textContent), [sentence, sentence]);
    assert.match(target(server, gather), /step=screened/);
  });

  it("connects whoever presses 1, and notes it; asked twice as well", async () => {
    const { child, screen, params } = await ringing();
    const gather = one(twiml(await server.post(screen, child)), "Gather");
    for (let i = 0; i < 2; i++)
      assert.deepEqual(verbs(twiml(await server.post(target(server, gather), { ...child, Digits: "1" }))), []);
    const accepted = rows(server.database, `SELECT * FROM call_acceptances WHERE parent_call_sid = '${params.CallSid}'`);
    assert.deepEqual(accepted.map((row) => row.child_call_sid), [child.CallSid]);
  });

  for (const digits of ["", "2", "0", "*", "#", "11", "1#", " 1", "one", "1".repeat(200), "<1>"]) {
    it(`hangs up on ${JSON.stringify(digits.slice(0, 12))}`, async () => {
      const { child, screen, params } = await ringing();
      const gather = one(twiml(await server.post(screen, child)), "Gather");
      assert.deepEqual(verbs(twiml(await server.post(target(server, gather), { ...child, Digits: digits }))), ["Hangup"]);
      assert.deepEqual(rows(server.database, `SELECT * FROM call_acceptances WHERE parent_call_sid = '${params.CallSid}'`), []);
    });
  }

  it("decides what a finished dial means where Twilio does not say that they were connected", async () => {
    const done = { DialCallStatus: "completed", DialCallDuration: "20" };
    const declined = await ringing();
    isVoicemail(await step(declined.action, declined.params, done));
    const taken = await ringing();
    const gather = one(twiml(await server.post(taken.screen, taken.child)), "Gather");
    await server.post(target(server, gather), { ...taken.child, Digits: "1" });
    assert.deepEqual(verbs(await step(taken.action, taken.params, done)), ["Hangup"]);
    assert.equal(callRow(taken.params.CallSid).end_reason, "forwarded");
  });

  for (const from of ["anonymous", "Anonymous", "", "+266696687", "+7378742833", "Restricted", "sip:anonymous@example.com"]) {
    it(`announces ${JSON.stringify(from)} as a hidden number, and shows ours`, async () => {
      const { child, screen } = await ringing(from);
      assert.equal(child.From, N.plain, "the caller id of the leg");
      assert.match(said(twiml(await server.post(screen, child))), /from a hidden number\. Press 1/);
    });
  }

  it("reads a foreign number digit by digit, and calls a stranger one", async () => {
    for (const [from, spoken] of [["+442071838750", "4 4 2 0 7 1 8 3 8 7 5 0"], ["911", "an unknown caller"], ["sip:joe@example.com", "an unknown caller"]]) {
      const { child, screen } = await ringing(from);
      assert.match(said(twiml(await server.post(screen, child))), new RegExp(`from ${spoken}\\. Press 1`));
    }
  });

  it("names a contact", async () => {
    insert(server.database, "contacts", { user_id: "plain", number: "+14155550177", name: "Grace & <Sons>", tags: "[]" });
    await server.settled();
    const { child, screen } = await ringing("+14155550177");
    assert.match(said(twiml(await server.post(screen, child))), /from Grace & <Sons>\. Press 1/);
  });

  it("is left out where the rule says so, and for browsers", async () => {
    const { response } = await call(N.group);
    assert.deepEqual(rung(response), [A, "client:user_on"]);
    for (const noun of [...all(response, "Number"), ...all(response, "Client")]) assert.equal(attribute(noun, "url"), undefined);
  });
});

describe("a menu", () => {
  it("asks, with the time and the keys of the rule", async () => {
    const { response } = await call(N.menu);
    assert.deepEqual(verbs(response), ["Gather"]);
    const gather = one(response, "Gather");
    assert.deepEqual(["numDigits", "timeout", "actionOnEmptyResult"].map((name) => attribute(gather, name)), ["1", "7", "true"]);
    assert.equal(said(response), "Press 1 for sales, 2 for service.");
  });

  it("leads where each key leads", async () => {
    for (const [digits, phone] of [["1", A], ["2", B]]) {
      const { params, response } = await call(N.menu);
      assert.deepEqual(rung(await step(target(server, one(response, "Gather")), params, { Digits: digits })), [phone]);
    }
  });

  it("cannot reject a call that was answered: says a word and hangs up", async () => {
    const { params, response } = await call(N.menu);
    const heard = await step(target(server, one(response, "Gather")), params, { Digits: "9" });
    assert.deepEqual(verbs(heard), ["Say", "Hangup"]);
  });

  it("asks again after a wrong key and after silence, as often as the rule says; then what comes otherwise", async () => {
    for (const answers of [["7", "8", "5"], ["", "", ""], ["7", "", "*"]]) {
      const { params, response } = await call(N.menu);
      let heard = response;
      for (const [i, digits] of answers.entries()) {
        heard = await step(target(server, one(heard, "Gather")), params, { Digits: digits });
        if (i === 2) break;
        assert.deepEqual(verbs(heard), digits ? ["Say", "Gather"] : ["Gather"]);
        assert.match(said(heard), digits ? /^That is not one of the choices\. Press 1/ : /^Press 1/);
      }
      isVoicemail(heard);
      assert.match(said(heard), /^Leave a message\./);
    }
  });

  it("takes a right key at the second try", async () => {
    const { params, response } = await call(N.menu);
    const again = await step(target(server, one(response, "Gather")), params, { Digits: "7" });
    assert.deepEqual(rung(await step(target(server, one(again, "Gather")), params, { Digits: "2" })), [B]);
  });

  it("asked for twice answers the same, whatever the second says", async () => {
    const { params, response } = await call(N.menu);
    const url = target(server, one(response, "Gather"));
    const form = { ...params, CallStatus: "in-progress" };
    const first = await server.post(url, { ...form, Digits: "1" });
    assert.equal((await server.post(url, { ...form, Digits: "1" })).body, first.body);
    assert.equal((await server.post(url, { ...form, Digits: "2" })).body, first.body);
  });

  it("takes no key that is none", async () => {
    for (const digits of ["1 ", "01", "١", "1\u0000", "1".repeat(500), "<Dial>"]) {
      if (digits.includes("\u0000")) continue; // refused as a form
      const { params, response } = await call(N.menu);
      assert.deepEqual(verbs(await step(target(server, one(response, "Gather")), params, { Digits: digits })), ["Say", "Gather"]);
    }
  });
});

describe("recording", () => {
  const RECORD = ["record", "recordingStatusCallback", "recordingStatusCallbackEvent"];
  const recorded = (dial) => RECORD.map((name) => attribute(dial, name));
  const YES = () => ["record-from-answer-dual", `${server.base}/api/twilio/recording-callback`, "completed absent"];
  const NO = [undefined, undefined, undefined];

  it("off: nothing is recorded", async () => {
    const { response } = await call(N.plain);
    assert.deepEqual(verbs(response), ["Dial"]);
    assert.deepEqual(recorded(one(response, "Dial")), NO);
  });

  it("on: from the answer, both sides", async () => {
    const { response } = await call(N.recorded);
    assert.deepEqual(verbs(response), ["Dial"]);
    assert.deepEqual(recorded(one(response, "Dial")), YES());
  });

  it("on with an announcement: it is said first, once for the call", async () => {
    const { params, response } = await call(N.announced);
    assert.deepEqual(verbs(response), ["Say", "Dial"]);
    assert.equal(said(response), "This call is recorded.");
    assert.deepEqual(recorded(one(response, "Dial")), YES());
    isVoicemail(await step(target(server, one(response, "Dial")), params, { DialCallStatus: "busy" }));
  });

  it("ask: who agrees is recorded, also at the next telephone", async () => {
    const { params, response } = await call(N.asked);
    assert.deepEqual(verbs(response), ["Gather"]);
    const gather = one(response, "Gather");
    assert.equal(attribute(gather, "actionOnEmptyResult"), "true");
    assert.match(said(response), /like to record this call\. Press 1 to agree/);
    const agreed = await step(target(server, gather), params, { Digits: "1" });
    assert.deepEqual(rung(agreed), [A]);
    assert.deepEqual(recorded(one(agreed, "Dial")), YES());
    const second = await step(target(server, one(agreed, "Dial")), params, { DialCallStatus: "no-answer" });
    assert.deepEqual(rung(second), [B]);
    assert.deepEqual(recorded(one(second, "Dial")), YES());
  });

  for (const digits of ["", "2", "11", "yes"]) {
    it(`ask: ${JSON.stringify(digits)} is no agreement, and nobody is asked again`, async () => {
      const { params, response } = await call(N.asked);
      const heard = await step(target(server, one(response, "Gather")), params, { Digits: digits });
      assert.deepEqual(rung(heard), [A]);
      assert.deepEqual(recorded(one(heard, "Dial")), NO);
      const second = await step(target(server, one(heard, "Dial")), params, { DialCallStatus: "no-answer" });
      assert.deepEqual(rung(second), [B]);
      assert.deepEqual(recorded(one(second, "Dial")), NO);
    });
  }

  it("a message is recorded in any case", async () => {
    const { params, response } = await call(N.plain);
    const record = one(await step(target(server, one(response, "Dial")), params, { DialCallStatus: "busy" }), "Record");
    assert.equal(target(server, record, "recordingStatusCallback"), "/api/twilio/recording-callback");
    assert.match(target(server, record), /step=vm_done/);
    assert.deepEqual(verbs(await step(target(server, record), params, { RecordingUrl: "https://api.twilio.com/x", Digits: "#" })), ["Say", "Hangup"]);
  });
});

describe("a caller's name", () => {
  it("is that of a contact with one, else the network's, and never empty", async () => {
    insert(server.database, "contacts", { user_id: "plain", number: "+14155550176", name: "", tags: "[]" });
    await server.settled();
    const name = async (network) => JSON.parse(decision((await call(N.plain, "+14155550176", { CallerName: network })).params.CallSid).inputs).call.caller.name;
    assert.deepEqual([await name("GRACE H"), await name("")], ["GRACE H", null]);
  });
});

describe("before any rule", () => {
  it("a number that is switched off says so and takes a message", async () => {
    const { params, response } = await call(N.off);
    isVoicemail(response, ["Say"]);
    assert.match(said(response), /not taking calls.*Nobody here\./);
    assert.equal(decision(params.CallSid).source, "inactive");
  });

  it("a blocked caller is rejected, first of all, and nobody pays", async () => {
    insert(server.database, "contacts", { user_id: "plain", number: "+14155550199", name: "Spam", tags: "[]", blocked: 1 });
    await server.settled();
    const { params, response } = await call(N.plain, "+14155550199");
    assert.deepEqual(verbs(response), ["Reject"]);
    assert.equal(attribute(one(response, "Reject"), "reason"), "rejected");
    assert.equal(decision(params.CallSid).source, "blocked");
    assert.equal(callRow(params.CallSid).end_reason, "blocked");
    assert.deepEqual(rung((await call(N.hunt, "+14155550199")).response), [A], "another user has not blocked them");
  });

  it("a rule's reject is the first verb, too", async () => {
    const { params, response } = await call(N.reject);
    assert.deepEqual(verbs(response), ["Reject"]);
    assert.equal(attribute(one(response, "Reject"), "reason"), "busy");
    assert.equal(callRow(params.CallSid).end_reason, "rejected");
  });

  it("an override goes first while it lasts, for its number or for all, the newest first", async () => {
    const now = Date.now(), hour = 3600_000, C = "+13035550155", D = "+13035550166";
    const [{ id }] = rows(server.database, `SELECT id FROM user_phone_numbers WHERE phone_number = '${N.hunt}'`);
    const override = async (fields) => {
      const made = insert(server.database, "overrides", { user_id: "hunt", forward_to_number: C, starts_at: now - hour, ends_at: now + hour, ...fields });
      await server.settled();
      return made;
    };
    const rings = async () => rung((await call(N.hunt)).response);
    await override({ starts_at: now - 2 * hour, ends_at: now - 1 });
    await override({ starts_at: now + hour, ends_at: now + 2 * hour });
    await override({ phone_number_id: id + 1 });
    await override({ user_id: "plain" });
    assert.deepEqual(await rings(), [A], "expired, to come, of another number, of another user");
    await override({});
    const { params, response } = await call(N.hunt);
    assert.deepEqual(rung(response), [C]);
    assert.equal(decision(params.CallSid).source, "override");
    isVoicemail(await step(target(server, one(response, "Dial")), params, { DialCallStatus: "no-answer" }));
    for (let ms = 1500; ; ms *= 2) { // time enough to ask for it
      const ends_at = Date.now() + ms;
      await override({ phone_number_id: id, forward_to_number: D, ends_at });
      const rung = await rings();
      await waitUntil(() => Date.now() > ends_at + 100, 2 * ms, "its end");
      if (rung[0] === D) break;
      assert.ok(ms < 20_000, `it rings ${rung}`);
    }
    assert.deepEqual(await rings(), [C], "the newer one has ended by itself");
    rows(server.database, "DELETE FROM overrides");
    await server.settled();
    assert.deepEqual(await rings(), [A]);
  });

  it("tells the caller of an unknown number so, politely, and logs the call as nobody's", async () => {
    for (const to of ["", "911", "+", "client:user_1", "<Dial/>"]) {
      const { params, response } = await call(to);
      assert.deepEqual(verbs(response), ["Say", "Hangup"]);
      assert.match(said(response), /not in service.*Goodbye/);
      assert.deepEqual([callRow(params.CallSid).user_id, callRow(params.CallSid).to], [null, to]);
    }
  });
});

describe("the same webhook again", () => {
  it("gets the same answer, from every worker, and stays one call", async () => {
    for (const to of [N.hunt, N.menu, N.plain, N.line, N.announced, N.off, N.reject, N.say, "+15105550999"]) {
      const params = inbound(CALLER, to);
      const bodies = new Set();
      for (const answer of await Promise.all(Array.from({ length: 8 }, () => server.post(VOICE, params)))) bodies.add(answer.body);
      bodies.add((await server.post(VOICE, params)).body);
      assert.equal(bodies.size, 1, to);
      assert.equal(rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${params.CallSid}'`).length, 1);
    }
  });

  it("gets it also when the settings have changed, and after a restart with other rules", async () => {
    const first = await startServer({ rules: RULES });
    givenNumber(first.database, { user: "hunt", phone: N.hunt });
    givenNumber(first.database, { user: "plain", phone: N.plain, settings: { always: A } });
    await first.settled();
    const hunted = inbound(CALLER, N.hunt), forwarded = inbound(CALLER, N.plain);
    const bare = (answer) => answer.body.replace(/&amp;v=\d+/g, ""); // the version of the rules that answers
    const answers = [bare(await first.post(VOICE, hunted)), bare(await first.post(VOICE, forwarded))];
    rows(first.database, `UPDATE call_forwarding SET forward_to_number = '${B}'`);
    await first.settled();
    assert.equal(bare(await first.post(VOICE, forwarded)), answers[1]);
    await first.stop({ keep: true });
    writeFileSync(path.join(first.lua, "forwarding.lua"), `return { { "other", go = say("Another plan.") } }`);
    const second = await startServer({ folder: first.folder, port: first.port });
    try {
      for (let i = 0; i < 2; i++) {
        assert.equal(bare(await second.post(VOICE, hunted)), answers[0]);
        assert.equal(bare(await second.post(VOICE, forwarded)), answers[1]);
      }
      // And what follows is the first plan's, too.
      const dial = one(twiml(await second.post(VOICE, hunted)), "Dial");
      const next = twiml(await second.post(target(second, dial), { ...hunted, CallStatus: "in-progress", DialCallStatus: "no-answer" }));
      assert.deepEqual(rung(next), [B]);
      assert.equal(rows(second.database, `SELECT * FROM call_decisions WHERE call_sid = '${hunted.CallSid}'`)[0].rule, "hunt");
    } finally {
      await second.stop();
    }
  });

  it("of a step gets the step's first answer, whatever the second says", async () => {
    const { params, response } = await call(N.hunt);
    const url = target(server, one(response, "Dial"));
    const form = { ...params, CallStatus: "in-progress", DialCallStatus: "no-answer" };
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.post(url, form)));
    const again = await server.post(url, { ...form, DialCallStatus: "completed", DialBridged: "true" });
    assert.equal(new Set([...answers, again].map((answer) => answer.body)).size, 1);
    assert.equal(rows(server.database, `SELECT * FROM call_steps WHERE call_sid = '${params.CallSid}'`).length, 1);
  });
});

describe("hostile strings", () => {
  const STRINGS = ["<", "&", "\"", "'", "]]>", "<![CDATA[", "</Say><Dial>+19005550142</Dial>", `"/><Redirect>http://evil.example</Redirect><x a="`,
    "&amp;&#60;&lt;", "<!--", "<?xml version=\"1.0\"?>", "\u0001\u0008\u001b\u007f", "\r\n\t", "漢字 🙂 é", "\uFFFE\uFFFF\uFFFD", "\u2028\u0085",
    "%s%n%1$0", "x".repeat(5000), "&".repeat(3000), "${1+1} {{7*7}}", "'; DROP TABLE twilio_call_logs; --", "client:<b>", "+1415555\"0123"];
  const shape = (node) => `${node.tagName}(${Array.from(node.childNodes).filter((child) => child.nodeType === 1).map(shape).join(" ")})`;

  it("from the network leave documents as they are, at every step", async () => {
    const harmless = (await call(N.line, "+14155550100", { CallerName: "Joe" })).response;
    for (const text of STRINGS) {
      for (const from of [text, `sip:${text}@x`]) {
        if (from.startsWith("client:")) continue;
        const { params, response } = await call(N.line, from, { CallerName: text, FromCity: text, StirVerstat: text, CallStatus: text });
        assert.equal(shape(response), shape(harmless), from);
        assert.equal(one(response, "Identity").textContent, "user_line");
        const stored = decision(params.CallSid);
        assert.equal(JSON.parse(stored.inputs).call.caller.name, text);
        isVoicemail(await step(target(server, one(response, "Dial")), params, { DialCallStatus: text, DialCallSid: text, DialCallDuration: text }));
      }
    }
  });

  it("as digits are no choice", async () => {
    for (const text of STRINGS) {
      const { params, response } = await call(N.menu);
      const heard = await step(target(server, one(response, "Gather")), params, { Digits: text });
      assert.equal(shape(heard), "Response(Say() Gather(Say()))", text);
    }
  });

  it("in the whisper are spoken as what they are, or not at all", async () => {
    STRINGS.forEach((text, i) => insert(server.database, "contacts", { user_id: "plain", number: `+1415555${2000 + i}`, name: text, tags: "[]" }));
    await server.settled();
    for (const [i, text] of STRINGS.entries()) {
      const from = `+1415555${2000 + i}`;
      const { params, response } = await call(N.plain, from);
      const child = { ...inbound(from, A), ParentCallSid: params.CallSid };
      const heard = twiml(await server.post(target(server, one(response, "Number"), "url"), child));
      assert.equal(shape(heard), "Response(Gather(Say() Pause() Say()) Hangup())", text);
    }
  });

  it("as someone's own number of steps and legs are answered like any other", async () => {
    for (const text of STRINGS.map((text) => text.slice(0, 400))) {
      const query = new URLSearchParams({ step: text, leg: text, n: text, rule: text, v: text, rec: text, try: text });
      const params = inbound(CALLER, N.line);
      twiml(await server.post(`${VOICE}?${query}`, params));
      for (const known of ["after", "menu", "consent", "screen", "screened", "vm_done", "transcript", "announce", "fallback"]) {
        query.set("step", known);
        twiml(await server.post(`${VOICE}?${query}`, { ...params, Digits: text, DialCallStatus: text, TranscriptionText: text }));
      }
    }
  });

  it("as a CallSid are answered, too: a caller is on the line", async () => {
    for (const CallSid of STRINGS) twiml(await server.post(VOICE, inbound(CALLER, N.hunt, { CallSid })));
    const { CallSid, ...none } = inbound(CALLER, N.hunt);
    for (const params of [none, {}, { From: CALLER }, { To: N.hunt }, { CallSid: newSid() }]) {
      twiml(await server.post(VOICE, params));
      for (const known of ["after", "menu", "consent", "screen", "screened", "vm_done", "transcript", "announce", "fallback"])
        twiml(await server.post(`${VOICE}?step=${known}&n=1`, params));
    }
  });
});

// Which minutes are open: asked of ours, and worked out from the wall clock that
// JavaScript's own time zones tell.
describe("opening hours", () => {
  const OPEN = { "mon-fri": "07:00-17:30", sat: "22:00-03:30", sun: "01:45-02:15, 08:00-13:00" };
  const SPANS = { Mon: [[420, 1050]], Tue: [[420, 1050]], Wed: [[420, 1050]], Thu: [[420, 1050]], Fri: [[420, 1050]],
    Sat: [[1320, 1440 + 210]], Sun: [[105, 135], [480, 780]] };
  const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const clocks = new Map();

  function wall(zone, at) {
    if (!clocks.has(zone)) clocks.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
    const parts = Object.fromEntries(clocks.get(zone).formatToParts(at * 1000).map((part) => [part.type, part.value]));
    return { day: parts.weekday, minute: Number(parts.hour) * 60 + Number(parts.minute) };
  }

  function isOpen(zone, at) {
    const { day, minute } = wall(zone, at);
    const yesterday = DAYS[(DAYS.indexOf(day) + 6) % 7];
    return SPANS[day].some(([from, to]) => minute >= from && minute < to) || SPANS[yesterday].some(([, to]) => minute + 1440 < to);
  }

  // Nights in which the clock changes, and ordinary ones.
  const NIGHTS = [["America/Denver", "2026-03-08T09:00Z"], ["America/Denver", "2026-11-01T08:00Z"], ["Europe/Berlin", "2026-03-29T01:00Z"],
    ["Europe/Berlin", "2026-10-25T01:00Z"], ["Australia/Lord_Howe", "2026-04-04T15:00Z"], ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
    ["America/St_Johns", "2026-03-08T05:30Z"], ["Asia/Kathmandu", "2026-06-06T18:15Z"], ["UTC", "2026-06-06T23:00Z"]];

  it("agree with another clock in every quarter of an hour around the nights in which it changes", () => {
    const binary = process.env.HOOKSWITCH_BINARY ?? path.resolve(process.env.BUILD ?? "build", "hookswitch");
    const cases = NIGHTS.flatMap(([zone, change]) =>
      Array.from({ length: 4 * 72 }, (_, i) => [zone, Date.parse(change) / 1000 + (i - 4 * 36) * 900 + (i % 3) - 1]));
    const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-hours-"));
    const days = Object.entries(OPEN).map(([day, text]) => `["${day}"] = "${text}"`).join(", ");
    writeFileSync(path.join(folder, "hours.lua"), `local hours, out, made = require("calls.hours.hours"), {}, {}
      for zone, at in ([[${cases.map((one) => one.join(" ")).join("\n")}]]):gmatch("(%S+) (%d+)") do
        made[zone] = made[zone] or hours.new { zone = zone, ${days} }
        out[#out + 1] = made[zone]:open_at(math.tointeger(at)) and "1" or "0"
      end
      print(table.concat(out))`);
    const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
    const result = spawnSync(binary, ["run", path.join(folder, "hours.lua")], { encoding: "utf8", cwd: root,
      env: { ...process.env, HOOKSWITCH_DATABASE: path.join(folder, "hours.db") } });
    rmSync(folder, { recursive: true });
    assert.equal(result.status, 0, result.stderr);
    cases.forEach(([zone, at], i) => assert.equal(result.stdout[i], isOpen(zone, at) ? "1" : "0", `${zone} at ${new Date(at * 1000).toISOString()}`));
  });

  const FAKETIME = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
    .map((folder) => `${folder}/faketime/libfaketimeMT.so.1`).find(existsSync);
  const cannot = SANITIZED ? "faketime and a sanitizer do not go together" : !FAKETIME ? "faketime is not installed" : false;

  it("decide calls in the night in which the clock changes, zone by zone", { skip: cannot }, async () => {
    const zones = { "+15105550111": "America/Denver", "+15105550112": "Europe/Berlin", "+15105550113": "Australia/Lord_Howe" };
    const days = Object.entries(OPEN).map(([day, text]) => `["${day}"] = "${text}"`).join(", ");
    const rules = `${Object.values(zones).map((zone, i) => `local H${i} = hours { zone = "${zone}", ${days} }`).join("\n")}
      return { ${Object.keys(zones).map((phone, i) => `{ "open ${i}", when = function(call) return call.to == "${phone}" and H${i}:open_at(call.at) end,
        go = ring("${A}") }`).join(", ")}, { "closed", go = voicemail("We are closed.") } }`;
    const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-clock-"));
    const clock = path.join(folder, "clock");
    // The clock goes on from there, and again each time that the file changes.
    const set = (text) => writeFileSync(clock, `@${new Date(text).toISOString().slice(0, 19).replace("T", " ")}\n`);
    set("2026-03-08T08:00:00Z");
    const night = await startServer({ rules, env: { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1", TZ: "UTC" } });
    try {
      for (const phone of Object.keys(zones)) givenNumber(night.database, { user: phone.slice(1), phone });
      await night.settled();
      for (const at of ["2026-03-08T08:44:30Z", "2026-03-08T08:45:30Z", "2026-03-08T08:59:30Z", "2026-03-08T09:00:30Z", "2026-03-08T09:29:30Z",
        "2026-03-08T09:30:30Z", "2026-11-01T07:50:00Z", "2026-11-01T08:10:00Z", "2026-11-01T09:10:00Z", "2026-11-01T10:20:00Z",
        "2026-10-25T00:10:00Z", "2026-10-25T00:20:00Z", "2026-10-25T01:10:00Z", "2026-10-25T02:20:00Z", "2026-10-25T02:40:00Z",
        "2026-04-04T14:50:00Z", "2026-04-04T15:10:00Z", "2026-04-04T15:40:00Z", "2026-10-03T15:20:00Z", "2026-10-03T15:40:00Z"]) {
        set(at);
        const seconds = Date.parse(at) / 1000;
        for (const [phone, zone] of Object.entries(zones)) {
          // A machine so slow that a call was answered and not stored gets another.
          const { decided_at: decided } = await waitUntil(async () => {
            const params = inbound(CALLER, phone);
            const response = twiml(await night.post(VOICE, params));
            assert.deepEqual(verbs(response).includes("Dial"), isOpen(zone, seconds), `${zone} at ${at}`);
            return rows(night.database, `SELECT decided_at FROM call_decisions WHERE call_sid = '${params.CallSid}'`)[0];
          }, 5000, "a stored decision");
          assert.ok(Math.abs(decided - seconds * 1000) < 30_000, `decided ${(decided / 1000 - seconds).toFixed(1)} s after the time that was set, ${at}`);
        }
      }
    } finally {
      await night.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a status callback about a call under way", () => {
  it("with a hostile word does not end it", async () => {
    const { params } = await call(N.hunt);
    await server.post(STATUS, report(params.CallSid, "<completed>"));
    assert.equal(callRow(params.CallSid).ended_at, null);
  });
});
