// after_table_test.mjs: every cell of the after-table, played over HTTP to the
// end of the call, under each behaviour of Twilio's that nobody outside knows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { startServer, TOKEN } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";

const A = "+13035550142", B = "+13035550177", C = "+13035550166";
const CALLER = "+14155550123";
const NUMBERS = { none: "+15105550100", busy: "+15105550101", noAnswer: "+15105550102", both: "+15105550103",
  always: "+15105550104", hunt: "+15105550105", ring2: "+15105550106", off: "+15105550107" };
const RULES = `
return {
  { "hunt", when = function(call) return call.to == "${NUMBERS.hunt}" end,
    go = ring("${A}", { seconds = 10 }):otherwise(ring("${B}", { seconds = 10 })):otherwise(ring("${C}", { seconds = 10 })) },
  { "both ring", when = function(call) return call.to == "${NUMBERS.ring2}" end, go = ring { "${A}", "${B}" } },
}`;

let server, phone;
before(async () => {
  server = await startServer({ rules: RULES });
  const { database } = server;
  // A user each, so that a call under way to one does not make the others busy.
  givenNumber(database, { user: "u1", phone: NUMBERS.none });
  givenNumber(database, { user: "u2", phone: NUMBERS.busy, settings: { busy: A } });
  givenNumber(database, { user: "u3", phone: NUMBERS.noAnswer, settings: { no_answer: A } });
  givenNumber(database, { user: "u4", phone: NUMBERS.both, settings: { busy: A, no_answer: B } });
  givenNumber(database, { user: "u5", phone: NUMBERS.always, settings: { always: A } });
  givenNumber(database, { user: "u6", phone: NUMBERS.hunt });
  givenNumber(database, { user: "u7", phone: NUMBERS.ring2 });
  givenNumber(database, { user: "u8", phone: NUMBERS.off, is_active: 0 });
  for (const user of ["u1", "u2", "u3", "u4", "u5"]) givenOnline(database, user);
  await server.settled();
  phone = new Twilio({ base: server.base, token: TOKEN });
});
after(() => server?.stop());

// What Twilio does where only Twilio knows.
const VARIANTS = [
  { declined: "bridged-false", hangupStatus: "no-answer" },
  { declined: "bridged-absent", hangupStatus: "canceled", noBridged: true },
  { declined: "no-answer", hangupStatus: "canceled", repeat: true },
  { declined: "busy", hangupStatus: "no-answer", repeat: true, disorder: true },
];
const TALK = { press: "1", talk: 30 };
const line = (user) => `client:user_${user}`;

// [what, number, legs, targets that rang, how it ends, end_reason]
const CELLS = [
  ["line, connected", "none", [TALK], [line("u1")], "talk", "answered"],
  ["line, busy, no setting", "none", ["busy"], [line("u1")], "record", "voicemail"],
  ["line, busy, busy setting", "busy", ["busy", TALK], [line("u2"), A], "talk", "forwarded"],
  ["line, busy, only a no_answer setting", "noAnswer", ["busy"], [line("u3")], "record", "voicemail"],
  ["line, no answer, no setting", "none", ["no-answer"], [line("u1")], "record", "voicemail"],
  ["line, no answer, no_answer setting", "noAnswer", ["no-answer", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, no answer, only a busy setting", "busy", ["no-answer"], [line("u2")], "record", "voicemail"],
  ["line, no answer, both settings", "both", ["no-answer", TALK], [line("u4"), B], "talk", "forwarded"],
  ["line, busy, both settings", "both", ["busy", TALK], [line("u4"), A], "talk", "forwarded"],
  ["line, failed", "noAnswer", ["failed", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, failed, no setting", "none", ["failed"], [line("u1")], "record", "voicemail"],
  ["line, canceled but the caller is there", "noAnswer", ["canceled", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, the caller hangs up", "none", ["caller-hangs-up"], [line("u1")], "gone", "abandoned"],
  ["line, an unknown word", "noAnswer", ["teapot", TALK], [line("u3"), A], "talk", "forwarded"],
  ["always, connected", "always", [TALK], [A], "talk", "forwarded"],
  ["always, busy", "always", ["busy"], [A], "record", "voicemail"],
  ["always, no answer", "always", ["no-answer"], [A], "record", "voicemail"],
  ["always, failed", "always", ["failed"], [A], "record", "voicemail"],
  ["always, declined", "always", ["declined"], [A], "record", "voicemail"],
  ["always, the caller hangs up", "always", ["caller-hangs-up"], [A], "gone", "abandoned"],
  ["hunt, first connected", "hunt", [TALK], [A], "talk", "forwarded"],
  ["hunt, each word leads to the next", "hunt", ["busy", "no-answer", TALK], [A, B, C], "talk", "forwarded"],
  ["hunt, failed and declined lead to the next", "hunt", ["failed", "declined", TALK], [A, B, C], "talk", "forwarded"],
  ["hunt, canceled leads to the next", "hunt", ["canceled", TALK], [A, B], "talk", "forwarded"],
  ["hunt, the last busy", "hunt", ["busy", "busy", "busy"], [A, B, C], "record", "voicemail"],
  ["hunt, the last declined", "hunt", ["no-answer", "declined", "declined"], [A, B, C], "record", "voicemail"],
  ["hunt, the caller hangs up at the second", "hunt", ["busy", "caller-hangs-up"], [A, B], "gone", "abandoned"],
  ["simulring, the second connects", "ring2", ["no-answer", TALK], [A, B], "talk", "answered"],
  ["simulring, nobody", "ring2", ["no-answer", "busy"], [A, B], "record", "voicemail"],
  ["simulring, failed", "ring2", ["failed", "failed"], [A, B], "record", "voicemail"],
  ["simulring, declined", "ring2", ["no-answer", "declined"], [A, B], "record", "voicemail"],
  ["simulring, the caller hangs up", "ring2", ["caller-hangs-up"], [A], "gone", "abandoned"],
  ["a number that is switched off", "off", [], [], "record", "voicemail"],
];

for (const [index, variant] of VARIANTS.entries()) {
  test(`the after-table under variant ${index + 1}: ${JSON.stringify(variant)}`, async (t) => {
    for (const [what, number, legs, rang, ending, reason] of CELLS) {
      await t.test(what, async () => {
        const call = await phone.call({ from: CALLER, to: NUMBERS[number], legs, variant });
        assert.deepEqual(call.rung, rang, call.documents.join("\n"));
        if (ending === "talk") assert.match(call.heard.at(-2) ?? "", /^talk to/, call.heard.join("; "));
        if (ending === "record") assert.ok(call.heard.includes("record"), call.heard.join("; "));
        if (ending === "gone") assert.equal(call.end, "caller hung up");
        const [row] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${call.callSid}'`);
        assert.equal(row.end_reason, reason);
        assert.equal(row.status, "completed");
        assert.ok(row.ended_at, "the row is closed");
        const children = rows(server.database, `SELECT * FROM twilio_call_logs WHERE parent_call_sid = '${call.callSid}'`);
        assert.equal(children.length, rang.length, "one row a leg");
        for (const child of children) assert.ok(child.ended_at, JSON.stringify(child));
      });
    }
  });
}

test("a caller who leaves no message hears a goodbye", async () => {
  const call = await phone.call({ from: CALLER, to: NUMBERS.none, legs: ["no-answer"], message: 0 });
  assert.equal(call.heard.at(-2), "say: Nothing was recorded. Goodbye.");
  assert.equal(call.end, "hangup");
});

test("a message is kept with its duration and transcript, though the caller hung up", async () => {
  const call = await phone.call({ from: CALLER, to: NUMBERS.none, legs: ["no-answer"], message: 7 });
  const [row] = rows(server.database, `SELECT * FROM recordings WHERE call_sid = '${call.callSid}'`);
  assert.deepEqual([row.kind, row.status, row.duration, row.transcript, row.user_id],
    ["voicemail", "completed", 7, "Please call me back.", "u1"]);
  const [log] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${call.callSid}'`);
  assert.equal(log.recording_sid, row.recording_sid);
});

test("an offline browser is not rung", async () => {
  rows(server.database, "UPDATE presence SET seen_at = 0 WHERE user_id IN ('u1', 'u3')");
  await server.settled();
  const straight = await phone.call({ from: CALLER, to: NUMBERS.noAnswer, legs: [TALK] });
  assert.deepEqual(straight.rung, [A]);
  const message = await phone.call({ from: CALLER, to: NUMBERS.none });
  assert.deepEqual(message.rung, []);
  assert.ok(message.heard.includes("record"));
});

test("a line that is talking goes to the busy setting at once", async () => {
  rows(server.database, `INSERT INTO twilio_call_logs (call_sid, user_id, status, status_rank, started_at, answered_at)
    VALUES ('CAlive', 'u2', 'in-progress', 3, ${Date.now()}, ${Date.now()})`);
  const call = await phone.call({ from: CALLER, to: NUMBERS.busy, legs: [TALK] });
  assert.deepEqual(call.rung, [A]);
  rows(server.database, "DELETE FROM twilio_call_logs WHERE call_sid = 'CAlive'");
});

test("a number nobody has takes a message for the first user", async () => {
  const call = await phone.call({ from: CALLER, to: "+15105550999" });
  assert.match(call.heard[0], /^say: /);
  const [row] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${call.callSid}'`);
  assert.equal(row.user_id, "u1");
});

test("the stored decision names the rule and its line, the plan and what was read", async () => {
  const call = await phone.call({ from: CALLER, to: NUMBERS.hunt, legs: [TALK] });
  const [row] = rows(server.database, `SELECT * FROM call_decisions WHERE call_sid = '${call.callSid}'`);
  assert.deepEqual([row.source, row.rule, row.rule_line], ["rules", "hunt", 3]);
  assert.equal(JSON.parse(row.reads).to, NUMBERS.hunt);
  assert.equal(JSON.parse(row.plan).steps.length, 4);
  assert.equal(JSON.parse(row.inputs).call.from, CALLER);
});
