// judgement_test.mjs: how a call ended, from what was reported of it: each report
// lost in turn, and the others in any order, make the same row.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { shuffled } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";
import { inbound, newSid, recording, report } from "../support/voice.mjs";

const STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback", VOICE = "/api/twilio/twiml";
const PHONE = "+13035550142", CALLER = "+14155550123", THEIRS = "+13035550199";
const NUMBERS = { forwarded: "+15105550101", browser: "+15105550102", direct: "+15105550103", line: "+15105550104" };
const RULES = `return {
  { "direct", when = function(call) return call.to == "${NUMBERS.direct}" end, go = ring("${PHONE}", { confirm = false }) },
}`;

let server;
before(async () => {
  server = await startServer({ rules: RULES });
  givenNumber(server.database, { phone: NUMBERS.forwarded, user: "u1", settings: { always: PHONE } });
  for (const [name, user] of [["browser", "u2"], ["direct", "u3"], ["line", "u4"]]) givenNumber(server.database, { phone: NUMBERS[name], user });
  for (const user of ["u2", "u4"]) givenOnline(server.database, user);
  await server.settled();
});
after(() => server?.stop());

const row = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];

// The reports of one call by name: how it is told to us.
function told(from, to, { leg, callee, status = "completed", screened = false, bridged = status === "completed", parent = "completed" }) {
  const first = inbound(from, to), sid = first.CallSid, child = newSid();
  const own = { ...first, CallStatus: "in-progress" };
  const of = (word, n, more) => [STATUS, report(child, word, { ParentCallSid: sid, Direction: "outbound-dial", From: from, To: callee,
    SequenceNumber: String(n), ...more })];
  const dial = `leg=${leg}${leg === "out" ? "" : "&n=1"}`;
  const reports = { initiated: of("initiated", 0), ringing: of("ringing", 1) };
  if (status === "completed") reports.answered = of("in-progress", 2);
  if (screened) reports.screened = [`${VOICE}?step=screened&${dial}`, { ...own, CallSid: child, ParentCallSid: sid, To: callee, Digits: "1" }];
  reports.child = of(status, 3, status === "completed" ? { CallDuration: "30" } : {});
  reports.after = [`${VOICE}?step=after&${dial}`, { ...own, DialCallStatus: status, DialCallSid: child, DialBridged: String(bridged),
    ...(bridged ? { DialCallDuration: "30" } : {}), CallStatus: parent === "gone" ? "completed" : "in-progress" }];
  reports.parent = [STATUS, report(sid, "completed", { From: from, To: to, Direction: "inbound", CallDuration: "31" })];
  return { sid, child, first: [VOICE, first], reports, own };
}

const CALLS = {
  "a forwarded talk": () => ({ ...told(CALLER, NUMBERS.forwarded, { leg: "fwd", callee: PHONE, screened: true }), ends: "forwarded" }),
  "a talk in the browser": () => ({ ...told(CALLER, NUMBERS.browser, { leg: "line", callee: "client:user_u2" }), ends: "answered" }),
  "a talk without pressing 1": () => ({ ...told(CALLER, NUMBERS.direct, { leg: "fwd", callee: PHONE }), ends: "forwarded" }),
  "a call from the browser": () => ({ ...told("client:user_u1", THEIRS, { leg: "out", callee: THEIRS }), ends: "answered" }),
  "a call from the browser, busy": () => ({ ...told("client:user_u1", THEIRS, { leg: "out", callee: THEIRS, status: "busy" }), ends: "busy" }),
  "a caller who gives up": () => ({ ...told(CALLER, NUMBERS.line, { leg: "line", callee: "client:user_u4", status: "no-answer", parent: "gone" }), ends: "abandoned" }),
  "a message": () => {
    const call = told(CALLER, NUMBERS.line, { leg: "line", callee: "client:user_u4", status: "no-answer" });
    call.reports.recording = [RECORDING, recording(call.sid, "completed", { RecordingSource: "RecordVerb", RecordingDuration: "7" })];
    return { ...call, ends: "voicemail", alone: "recording" };
  },
};

async function post([target, params]) {
  const answer = await server.post(target, params);
  assert.ok(answer.status < 300, `${target}: ${answer.body}`);
}

const ORDERS = 4;

for (const [what, made] of Object.entries(CALLS)) {
  describe(what, () => {
    const names = Object.keys(made().reports);
    for (const lost of [undefined, ...names.filter((name) => name !== "parent" && name !== made().alone)]) {
      it(lost ? `without the report "${lost}"` : "with all reports", async () => {
        for (let seed = 0; seed < ORDERS; seed++) {
          const call = made();
          await post(call.first);
          const order = shuffled(names.filter((name) => name !== lost), seed);
          for (const name of order) await post(call.reports[name]);
          const { end_reason: reason, ended_at: ended, answered_at: answered } = row(call.sid);
          assert.equal(reason, call.ends, order.join(", "));
          assert.ok(ended);
          assert.equal(answered !== null, ["answered", "forwarded"].includes(reason), order.join(", "));
        }
      });
    }
  });
}
