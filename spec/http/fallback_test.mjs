// fallback_test.mjs: an answer of ours is lost and Twilio asks the fallback
// address: the call goes on where it stood, whichever step failed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as table from "../support/after_table.mjs";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { startServer, TOKEN } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";
import { all, inbound, lockDatabase, newSid, one, recording, report, rung, said, twiml, verbs } from "../support/voice.mjs";

const STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback", VOICE = "/api/twilio/twiml";
const A = "+13035550142", B = "+13035550177", CALLER = "+14155550123", THEIRS = "+13035550199";
const NUMBERS = { hunt: "+15105550101", line: "+15105550102", menu: "+15105550103", ask: "+15105550104", mailbox: "+15105550105",
  direct: "+15105550106" };
const when = (name) => `when = function(call) return call.to == "${NUMBERS[name]}" end`;
const RULES = `return {
  { "hunt", ${when("hunt")}, go = ring("${A}"):otherwise(ring("${B}")) },
  { "menu", ${when("menu")}, go = menu("Press 1.", { ["1"] = ring("${A}"), ["2"] = voicemail() }) },
  { "ask", ${when("ask")}, go = ring("${A}") },
  { "mailbox", ${when("mailbox")}, go = voicemail() },
  { "direct", ${when("direct")}, go = ring("${A}", { confirm = false }) },
}`;

let server;
before(async () => {
  server = await startServer({ rules: RULES });
  for (const [name, phone] of Object.entries(NUMBERS)) givenNumber(server.database, { phone, user: name, ...(name === "ask" ? { recording: "ask" } : {}),
    ...(name === "line" ? { settings: { busy: B } } : {}) });
  for (const user of ["line", "caller"]) givenOnline(server.database, user);
  givenNumber(server.database, { phone: "+15105550109", user: "caller" });
  await server.settled();
});
after(() => server?.stop());

const endReason = (sid) => rows(server.database, `SELECT end_reason FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0].end_reason;

// A call after its first document, and what may be reported of it.
async function begun(name, from = CALLER) {
  const first = inbound(from, NUMBERS[name] ?? name);
  const call = { sid: first.CallSid, first, document: twiml(await server.post(VOICE, first)) };
  call.leg = async (to, status, more = {}) => {
    const leg = { CallSid: newSid(), ParentCallSid: call.sid, Direction: "outbound-dial", From: from, To: to, ...more };
    const answer = await server.post(STATUS, report(leg.CallSid, status, leg));
    assert.equal(answer.status, 204);
    return leg.CallSid;
  };
  call.press = async (to, query = "leg=fwd&n=1") => {
    const sid = newSid();
    twiml(await server.post(`${VOICE}?step=screened&${query}`, { ...first, CallSid: sid, ParentCallSid: call.sid, To: to, Digits: "1" }));
    return sid;
  };
  call.step = async (query, more = {}) => twiml(await server.post(`${VOICE}?${query}`, { ...first, CallStatus: "in-progress", ...more }));
  // failed: the query of the request whose answer was lost; undefined: Twilio does not say.
  call.fallback = (failed, more = {}) => call.step("step=fallback", { ErrorCode: "11205",
    ...(failed === undefined ? {} : { ErrorUrl: `${server.base}${VOICE}${failed && `?${failed}`}` }), ...more });
  call.end = async () => {
    await server.post(STATUS, report(call.sid, "completed", { From: from, To: first.To, CallDuration: "40" }));
    return endReason(call.sid);
  };
  return call;
}

const AFTER = "step=after&leg=fwd&n=1&v=1";
const NAMED = [["and Twilio says which request failed", true], ["and Twilio does not say", false]];

describe("after a talk whose end was not answered", () => {
  for (const [how, named] of NAMED) {
    it(`the fallback hangs up, ${how}`, async () => {
      for (const told of ["pressed", "pressed and ended"]) {
        const call = await begun("hunt");
        const sid = await call.press(A);
        if (told !== "pressed") await call.leg(A, "completed", { CallSid: sid, CallDuration: "20" });
        const pressed = Date.now() - 30_000; // the talk began then, whenever the fallback is asked
        rows(server.database, `UPDATE call_acceptances SET at = ${pressed} WHERE child_call_sid = '${sid}'`);
        rows(server.database, `UPDATE twilio_call_logs SET started_at = ${pressed - 9000} WHERE call_sid = '${call.sid}'`);
        rows(server.database, `UPDATE twilio_call_logs SET started_at = ${pressed - 5000}, answered_at = ${pressed - 1000} WHERE call_sid = '${sid}'`);
        assert.deepEqual(verbs(await call.fallback(named ? AFTER : undefined)), ["Hangup"], told);
        assert.equal(await call.end(), "forwarded");
        assert.deepEqual(rows(server.database, `SELECT answered_at FROM twilio_call_logs WHERE call_sid = '${call.sid}'`), [{ answered_at: pressed }], told);
      }
    });
    it(`so it does of a browser's and of a phone that need not press 1, ${how}`, async () => {
      for (const [name, to, leg, reason] of [["line", "client:user_line", "line", "answered"], ["direct", A, "fwd", "forwarded"]]) {
        const call = await begun(name);
        assert.deepEqual(rung(call.document), [to]);
        await call.leg(to, "completed", { CallDuration: "20" });
        assert.deepEqual(verbs(await call.fallback(named ? `step=after&leg=${leg}&n=1` : undefined)), ["Hangup"]);
        assert.equal(await call.end(), reason);
      }
    });
    it(`and of one made in the browser, ${how}`, async () => {
      const call = await begun(THEIRS, "client:user_caller");
      await call.leg(THEIRS, "completed", { CallDuration: "20" });
      assert.deepEqual(verbs(await call.fallback(named ? "step=after&leg=out" : undefined)), ["Hangup"]);
      assert.equal(await call.end(), "answered");
    });
  }
});

describe("after a ring that nobody answered", () => {
  for (const [how, named] of NAMED) {
    it(`the next phone rings, ${how}`, async () => {
      for (const word of ["no-answer", "busy", "failed", "completed", ...(named ? [undefined] : [])]) {
        const call = await begun("hunt");
        if (word) await call.leg(A, word);
        assert.deepEqual(rung(await call.fallback(named ? AFTER : undefined)), [B], word);
        await call.leg(B, "no-answer");
        const last = await call.fallback(named ? AFTER.replace("n=1", "n=2") : undefined);
        assert.deepEqual([rung(last), all(last, "Record").length], [[], 1], word);
        assert.equal(await call.end(), "no_message");
      }
    });
    it(`the word of the leg decides, ${how}`, async () => {
      for (const [word, next] of [["busy", [B]], ["no-answer", []]]) {
        const call = await begun("line");
        await call.leg("client:user_line", word);
        assert.deepEqual(rung(await call.fallback(named ? "step=after&leg=line&n=1" : undefined)), next, word);
      }
    });
    it(`a call from the browser is told, ${how}`, async () => {
      const call = await begun(THEIRS, "client:user_caller");
      await call.leg(THEIRS, "busy");
      const answer = await call.fallback(named ? "step=after&leg=out" : undefined);
      assert.match(said(answer), /line is busy/);
      assert.deepEqual(rung(answer), []);
      assert.equal(await call.end(), "busy");
    });
  }

  it("what Twilio says itself counts", async () => {
    const call = await begun("hunt");
    assert.deepEqual(verbs(await call.fallback(AFTER, { DialCallStatus: "completed", DialBridged: "true", DialCallDuration: "9" })), ["Hangup"]);
    assert.equal(await call.end(), "forwarded");
  });

  it("a second request gets the same answer, and a report that was only late still counts", async () => {
    const call = await begun("hunt");
    const first = await call.fallback(AFTER);
    assert.equal(String(await call.fallback(AFTER)), String(first));
    assert.deepEqual(rung(await call.fallback(AFTER)), [B]);
    await call.step(AFTER, { DialCallStatus: "completed", DialBridged: "true", DialCallDuration: "9" });
    assert.equal(await call.end(), "forwarded");
  });
});

describe("the step that failed is answered again:", () => {
  it("the first, of a call that is known or not", async () => {
    const known = await begun("hunt");
    assert.deepEqual(rung(await known.fallback("", { CallStatus: "ringing" })), [A]);
    assert.deepEqual(rung(await known.fallback(undefined, { CallStatus: "ringing" })), [A]);
    for (const failed of ["", undefined]) {
      const params = { ...inbound(CALLER, NUMBERS.hunt), ErrorCode: "11200", ...(failed === undefined ? {} : { ErrorUrl: server.base + VOICE }) };
      assert.deepEqual(rung(twiml(await server.post(`${VOICE}?step=fallback`, params))), [A]);
      assert.deepEqual(rung(twiml(await server.post(`${VOICE}?step=fallback`, params))), [A]);
    }
  });

  it("the first, but not when a phone has rung since", async () => {
    const call = await begun("hunt");
    await call.leg(A, "ringing");
    assert.deepEqual(rung(await call.fallback("")), [B]);
  });

  it("a call from the browser", async () => {
    for (const failed of ["", undefined]) {
      const params = { ...inbound("client:user_caller", THEIRS), ErrorCode: "11200", ...(failed === undefined ? {} : { ErrorUrl: server.base + VOICE }) };
      for (let n = 0; n < 2; n++) assert.deepEqual(rung(twiml(await server.post(`${VOICE}?step=fallback`, params))), [THEIRS]);
    }
  });

  it("a menu", async () => {
    for (const failed of ["step=menu&n=1&try=1", undefined]) {
      const call = await begun("menu");
      assert.match(said(await call.fallback(failed)), /Press 1/);
      const chosen = await call.step("step=menu&n=1&try=1", { Digits: "1" });
      assert.deepEqual(rung(chosen), [A]);
      assert.deepEqual(rung(await call.fallback("step=menu&n=1&try=1", { Digits: "1" })), [A]);
    }
  });

  it("consent to a recording: none is taken that was not given", async () => {
    for (const failed of ["step=consent&n=1", undefined]) {
      const call = await begun("ask");
      const answer = await call.fallback(failed);
      assert.deepEqual(rung(answer), [A]);
      assert.equal(one(answer, "Dial").hasAttribute("record"), false);
    }
    const call = await begun("ask");
    assert.ok(one(await call.fallback("step=consent&n=1", { Digits: "1" }), "Dial").hasAttribute("record"));
  });

  it("what a callee hears", async () => {
    const call = await begun("hunt");
    const child = { CallSid: newSid(), ParentCallSid: call.sid, To: A };
    for (const failed of ["step=screen&leg=fwd&n=1", "step=screened&leg=fwd&n=1", undefined])
      assert.match(said(await call.fallback(failed, child)), /Press 1/, failed);
    assert.deepEqual(verbs(await call.fallback("step=screened&leg=fwd&n=1", { ...child, Digits: "1" })), []);
    assert.deepEqual(verbs(await call.fallback(AFTER)), ["Hangup"], "the press counts");
    const out = await begun(THEIRS, "client:user_caller");
    for (const failed of ["step=announce", undefined])
      assert.deepEqual(rung(await out.fallback(failed, { CallSid: newSid(), ParentCallSid: out.sid, From: "+15105550109" })), []);
  });

  it("a message that was left is not asked for again", async () => {
    const known = await begun("mailbox");
    await server.post(RECORDING, recording(known.sid, "completed", { RecordingSource: "RecordVerb", RecordingDuration: "7" }));
    const unknown = await begun("mailbox");
    for (const [call, failed] of [[known, "step=vm_done&n=1"], [known, undefined], [known, ""], [unknown, "step=vm_done&n=1"]]) {
      const answer = await call.fallback(failed);
      assert.match(said(answer), /Thank you/);
      assert.deepEqual(all(answer, "Record"), []);
    }
  });

  it("a mailbox that nothing is known of is offered", async () => {
    const call = await begun("mailbox");
    assert.equal(all(await call.fallback(undefined), "Record").length, 1);
    assert.equal(await call.end(), "no_message");
  });

  it("a mailbox whose greeting can't be played is offered, however long that took", async () => {
    const call = await begun("mailbox");
    rows(server.database, `UPDATE call_decisions SET decided_at = decided_at - 30000 WHERE call_sid = '${call.sid}'`);
    assert.equal(all(await call.fallback(undefined, { ErrorUrl: "https://files.example/greeting.mp3" }), "Record").length, 1);
    assert.equal(await call.end(), "no_message");
  });

  it("a transcript, which is kept", async () => {
    const call = await begun("mailbox"), RE = newSid("RE");
    const answer = await call.fallback("step=transcript&n=1", { RecordingSid: RE, TranscriptionStatus: "completed", TranscriptionText: "Hello" });
    assert.deepEqual(verbs(answer), []);
    assert.equal(rows(server.database, `SELECT transcript FROM recordings WHERE recording_sid = '${RE}'`)[0].transcript, "Hello");
  });
});

describe("an address that cannot be read", () => {
  it("counts as none: a talk still ends, and no phone rings twice", async () => {
    const base = server.base + VOICE;
    const odd = ["", "?", "https://", "x".repeat(5000), `${base}?step=teapot`, `${base}?step=fallback`, `${base}?step=${"a".repeat(300)}`,
      "https://elsewhere.example/voice?step=after&n=1", `${base}/?step=%61fter`, `${base}?step=AFTER`, `${base}?step=after;n=1`];
    const partial = [`${base}?step=after`, `${base}?step=after&n=99&leg=fwd`, `${base}?step=after&n=-1`, `${base}?step=after&n=1e3&leg=%00`,
      `${base}?step=after&n=1&n=2&leg=fwd`, `${base}?step=after&amp;leg=fwd&amp;n=1`, `${base}?step=after&leg=fwd&n=1#rc=2&rp=all`,
      `http://other.example/path${VOICE}?step=after&leg=fwd&n=1`];
    for (const ErrorUrl of [...odd, ...partial]) {
      const talk = await begun("hunt");
      await talk.press(A);
      assert.deepEqual(verbs(await talk.fallback(undefined, { ErrorUrl })), ["Hangup"], ErrorUrl);
      const call = await begun("hunt");
      await call.leg(A, "no-answer");
      assert.ok(!rung(await call.fallback(undefined, { ErrorUrl })).includes(A), ErrorUrl);
    }
  });
});

// What Twilio may say of the address that failed.
const ERROR_URLS = {
  ours: (url) => url,
  absent: () => undefined,
  foreign: (url) => url.replace(/^[^?]*/, "https://elsewhere.example/voice"),
  garbage: (url) => url.slice(0, 7).repeat(3) + "\u0007%",
};

describe("a caller for whom every document comes from the fallback address", () => {
  let firm, phone;
  before(async () => {
    firm = await startServer({ rules: table.RULES });
    table.givenFirm(firm.database);
    await firm.settled();
    phone = new Twilio({ base: firm.base, token: TOKEN });
  });
  after(() => firm?.stop());

  for (const [name, named] of Object.entries(ERROR_URLS))
    for (const seen of [false, true])
      for (const whole of [false, true])
        it(`gets what the after-table says: ErrorUrl ${name}, ${seen ? "answers" : "requests"} lost, ${whole ? "all fields" : "bare"}`, async () => {
          for (const [what, number, legs, rang, ending, reason] of table.CELLS) {
            const call = await phone.call({ from: CALLER, to: table.NUMBERS[number], legs,
              variant: { hangupStatus: "no-answer", fallback: { named, seen, whole } } });
            assert.deepEqual(call.rung, rang, `${what}: ${call.documents.join("\n")}`);
            assert.equal(call.heard.filter((heard) => heard === "record").length, ending === "record" ? 1 : 0, what);
            const [row] = rows(firm.database, `SELECT end_reason FROM twilio_call_logs WHERE call_sid = '${call.callSid}'`);
            assert.equal(row.end_reason, reason, what);
          }
        });

  for (const name of ["absent", "foreign", "garbage"])
    it(`never rings again who rang first, though no leg was reported: ErrorUrl ${name}`, async () => {
      const ErrorUrl = ERROR_URLS[name](`${firm.base}${VOICE}?step=after&n=1`);
      const next = { hunt: [table.B], none: [], busy: [], noAnswer: [A], both: [B], always: [], ring2: [], off: [] };
      for (const [number, to] of Object.entries(table.NUMBERS))
        for (const CallStatus of ["in-progress", "completed"]) {
          const first = inbound(CALLER, to);
          twiml(await firm.post(VOICE, first));
          const answer = twiml(await firm.post(`${VOICE}?step=fallback`,
            { ...first, CallStatus, ErrorCode: "11205", ...(ErrorUrl ? { ErrorUrl } : {}) }));
          assert.deepEqual(rung(answer), CallStatus === "completed" ? [] : next[number], `${number} ${CallStatus}`);
        }
    });
});

describe("a first document that was asked for again and arrived", () => {
  it("doesn't ring a second time", async () => {
    const call = await begun("hunt");
    assert.deepEqual(rung(await call.fallback("", { CallStatus: "ringing" })), [A]);
    assert.deepEqual(rung(await call.fallback(undefined)), [B]);
  });
});

describe("the time that has passed says which request failed", () => {
  const longAgo = (call) => rows(server.database, `UPDATE call_decisions SET decided_at = decided_at - 18000 WHERE call_sid = '${call.sid}'`);
  it("a phone may have rung by then", async () => {
    const call = await begun("hunt");
    longAgo(call);
    assert.deepEqual(rung(await call.fallback(undefined, { CallStatus: "ringing" })), [B]);
  });
  it("a message must have been recorded by then", async () => {
    const call = await begun("mailbox");
    longAgo(call);
    const answer = await call.fallback(undefined);
    assert.deepEqual([/Thank you/.test(said(answer)), all(answer, "Record").length], [true, 0]);
  });
});

describe("fields that Twilio repeats say which request failed", () => {
  it("a dial whose end was answered before gets that answer again", async () => {
    const call = await begun("hunt"), ended = { DialCallStatus: "busy", DialBridged: "false", DialCallSid: newSid() };
    assert.deepEqual(rung(await call.step(AFTER, ended)), [B]);
    assert.deepEqual(rung(await call.fallback(undefined, ended)), [B]);
    assert.equal(all(await call.fallback(undefined, { ...ended, DialCallSid: newSid() }), "Record").length, 1);
  });
  it("a talk has ended, even of a call that is not known", async () => {
    const ended = { DialCallStatus: "completed", DialBridged: "true", DialCallSid: newSid(), DialCallDuration: "9" };
    const unknown = { ...inbound(CALLER, NUMBERS.hunt), CallStatus: "in-progress", ErrorCode: "11200" };
    assert.deepEqual(verbs(await (await begun("hunt")).fallback(undefined, ended)), ["Hangup"]);
    assert.deepEqual(verbs(twiml(await server.post(`${VOICE}?step=fallback`, { ...unknown, ...ended }))), ["Hangup"]);
  });
  it("a key was pressed, a message left", async () => {
    assert.deepEqual(rung(await (await begun("menu")).fallback(undefined, { Digits: "1" })), [A]);
    const answer = await (await begun("mailbox")).fallback(undefined, { RecordingSid: newSid("RE"), RecordingDuration: "4" });
    assert.deepEqual([/Thank you/.test(said(answer)), all(answer, "Record").length], [true, 0]);
  });
});

describe("a call of which nothing could be stored", { skip: POSTGRES && "it locks the file; spooled_test does the like" }, () => {
  it("goes on from memory, where it stood", async () => {
    const unlock = await lockDatabase(server.database);
    try {
      const call = await begun("hunt");
      assert.deepEqual(rung(await call.fallback(undefined, { CallStatus: "ringing" })), [A]);
      assert.deepEqual(rung(await call.fallback(undefined)), [B]);
      assert.deepEqual(rung(await call.fallback(undefined)), [B], "its answer may have been lost");
      const last = await call.step("step=after&leg=fwd&n=2&v=1", { DialCallStatus: "busy", DialBridged: "false" });
      assert.equal(all(last, "Record").length, 1);
      const lost = await call.fallback(undefined);
      assert.deepEqual([rung(lost), all(lost, "Record").length], [[], 1]);
      const talk = await begun("direct");
      await talk.step(AFTER, { DialCallStatus: "completed", DialBridged: "true", DialCallDuration: "9" });
      assert.deepEqual(verbs(await talk.fallback(undefined)), ["Hangup"]);
    } finally {
      await unlock();
    }
  });
});
