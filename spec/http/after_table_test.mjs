// after_table_test.mjs: every cell of the after-table, played over HTTP to the
// end of the call, under each behaviour of Twilio's that nobody outside knows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { A, CALLER, CELLS, givenFirm, NUMBERS, RULES, TALK, VARIANTS } from "../support/after_table.mjs";
import { rows } from "../support/database.mjs";
import { startServer, TOKEN } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";

let server, phone;
before(async () => {
  server = await startServer({ rules: RULES });
  givenFirm(server.database);
  await server.settled();
  phone = new Twilio({ base: server.base, token: TOKEN });
});
after(() => server?.stop());

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

test("the stored decision names the rule and its line, the plan and what was read", async () => {
  const call = await phone.call({ from: CALLER, to: NUMBERS.hunt, legs: [TALK] });
  const [row] = rows(server.database, `SELECT * FROM call_decisions WHERE call_sid = '${call.callSid}'`);
  assert.deepEqual([row.source, row.rule, row.rule_line], ["rules", "hunt", 3]);
  assert.equal(JSON.parse(row.reads).to, NUMBERS.hunt);
  assert.equal(JSON.parse(row.plan).steps.length, 4);
  assert.equal(JSON.parse(row.inputs).call.from, CALLER);
});
