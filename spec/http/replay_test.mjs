// replay_test.mjs: real calls, decided once more: by the API and by `hookswitch replay`.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { minuteLeft, startServer, TOKEN } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";

const [JOE, ANA, GRACE, LINUS] = ["+13035550142", "+13035550177", "+14155550123", "+14155550124"];
const OURS = "+15105550100";
const rule = (name, when, go) => `  { "${name}", when = function(call) return ${when} end, go = ${go} },\n`;
const RULES = `return {\n${rule("grace", `call.from == "${GRACE}"`, `ring("${JOE}"):otherwise(voicemail())`)}}\n`;
const EDITED = `return {\n${rule("grace", `call.from == "${GRACE}"`, `ring("${ANA}"):otherwise(voicemail())`)}${
  rule("linus", `call.from == "${LINUS}" and call.line.busy == false and call.caller.prior_calls == 0`, "voicemail()")}}\n`;

let server;
let ana;
let ben;
let number;
let calls;
const replay = (body, who = ana) => who.post("/api/twilio/replay", { since: "1d", ...body });
const files = (name, text) => {
  const file = path.join(server.folder, name);
  writeFileSync(file, text);
  return file;
};
const cli = (args, run = commandJson) => run(["replay", ...args],
  { config: { database: server.database, lua: server.lua, timezone: "America/Denver" } });

before(async () => {
  server = await startServer({ rules: RULES });
  ana = user(server, "42");
  ben = user(server, "43");
  number = givenNumber(server.database, { phone: OURS, user: "42", settings: { always: ANA } });
  givenNumber(server.database, { phone: "+15105550101", user: "43" });
  await server.settled();
  await minuteLeft(3_600_000); // the odds are by the hour
  const phone = new Twilio({ base: server.base, token: TOKEN });
  const call = (from, legs, to = OURS) => phone.call({ from, to, legs });
  calls = [
    await call(GRACE, [{ press: "1", does: "answer", talk: 30 }]),
    await call(GRACE, ["no-answer"]),
    await call(LINUS, [{ press: "1", does: "answer", talk: 20 }]),
    await call(LINUS, ["no-answer"]),
    await call("+14155550999", ["no-answer"], "+15105550101"),
  ].map((one) => one.callSid);
  await server.post("/api/twilio/twiml", { CallSid: `CA${"9".repeat(32)}`, From: "client:user_42", To: JOE, Direction: "inbound" });
});
after(() => server?.stop());

describe("POST /replay", () => {
  it("with the live rules: every call goes where it went", async () => {
    const { status, body } = await replay({});
    assert.equal(status, 200);
    assert.deepEqual([body.total, body.replayed, body.same, body.not_replayable, body.failed, body.next], [4, 4, 4, 0, 0, null]);
    assert.deepEqual(body.changed, []);
  });

  it("with other rules: says which calls would have gone elsewhere, and what would have come of them", async () => {
    const { body } = await replay({ source: EDITED });
    assert.deepEqual([body.replayed, body.same], [4, 1]);
    const [first, second, third] = body.changed;
    assert.deepEqual(body.changed.map((one) => one.call_sid), calls.slice(0, 3));
    assert.deepEqual(first.before, { words: `ring ${JOE} 20 s > voicemail`, source: "rules", rule: "grace", line: 2, error: null });
    assert.deepEqual(first.after, { words: `ring ${ANA} 20 s > voicemail`, source: "rules", rule: "grace", line: 2, error: null });
    // Ana was rung twice by the console's settings, and answered once.
    assert.equal(first.outcome, "unknown");
    assert.deepEqual({ ...first.odds, hour: 0 }, { target: ANA, answered: 1, rung: 2, hour: 0 });
    assert.equal(second.outcome, "unknown");
    assert.deepEqual([third.outcome, third.before.source, third.after.rule, third.after.line], ["voicemail", "settings", "linus", 3]);
  });

  it("knows who answered, when the same people ring in another way", async () => {
    const source = `return {\n${rule("all", "true", `ring({ "${JOE}", "${ANA}" }):otherwise(voicemail())`)}}\n`;
    const { body } = await replay({ source });
    assert.deepEqual(body.changed.map((one) => one.outcome), [`answered by ${JOE}`, "unknown", `answered by ${ANA}`, "unknown"]);
  });

  it("goes on where a batch ended", async () => {
    const seen = [];
    let total = 0;
    for (let cursor, turns = 0; cursor !== null; turns++) {
      assert.ok(turns < 10);
      const { body } = await replay({ source: EDITED, limit: 1, ...(cursor ? { cursor } : {}) });
      assert.equal(body.total, 4);
      total += body.replayed;
      seen.push(...body.changed.map((one) => one.call_sid));
      cursor = body.next;
    }
    assert.equal(total, 4);
    assert.deepEqual(seen, calls.slice(0, 3));
  });

  it("shows everybody their own calls only", async () => {
    assert.equal((await replay({}, ben)).body.total, 1);
    assert.equal((await replay({ phone_number_id: number }, ben)).status, 404);
    assert.equal((await replay({ phone_number_id: number })).body.total, 4);
  });

  it("takes a span", async () => {
    const now = Date.now();
    assert.equal((await replay({ since: String(now - 3_600_000), until: "30m" })).body.total, 0);
    assert.equal((await replay({ since: now - 3_600_000 })).body.total, 4);
    assert.equal((await replay({ since: "2026-01-01", until: "2026-01-02T00:00:00Z" })).body.total, 0);
  });

  for (const [what, body, field] of [["no since", { since: undefined }, "since"], ["words", { since: "yesterday" }, "since"],
    ["a span that ends before it begins", { since: "1d", until: "2d" }, "until"], ["the future", { since: "2100-01-01" }, "since"],
    ["too many at once", { limit: 5001 }, "limit"], ["an unknown field", { rules: "x" }, "rules"], ["a foreign cursor", { cursor: "x" }, "cursor"]])
    it(`refuses ${what}`, async () => {
      const { status, body: answer } = await replay(body);
      assert.equal(status, 422);
      assert.ok(answer.error.fields[field], JSON.stringify(answer));
    });

  it("refuses rules with a mistake, by file and line", async () => {
    const { status, body } = await replay({ source: "return {\n  { \"x\", go = rong(1) },\n}\n" });
    assert.equal(status, 422);
    assert.equal(body.error.code, "refused");
    assert.match(body.error.fields.source, /^forwarding\.lua:2: .*did you mean \"ring\"/);
  });

  it("gives up on rules that take too long", async () => {
    const source = 'return { { "never", go = function() while true do end end } }';
    const { status, body } = await replay({ source });
    assert.equal(status, 422);
    assert.match(body.error.fields.source, /time budget/);
  });

  it("says that rules fail, and what the caller would have heard then", async () => {
    const source = `return { { "bad", go = function(call) return call.from.x.y end } }`;
    const { body } = await replay({ source });
    assert.equal(body.failed, 4);
    assert.match(body.first_error, /^forwarding\.lua:1: rule "bad": /);
    assert.equal(body.changed.length, 2); // the others were decided by the settings, too
    assert.equal(body.changed[0].after.source, "fallback");
  });
});

describe("hookswitch replay", () => {
  it("decides everybody's calls with the rules of the folder", async () => {
    const { status, value } = await cli(["--since", "1d"]);
    assert.equal(status, 0);
    assert.deepEqual([value.total, value.replayed, value.same, value.changed_count, value.not_replayable], [5, 5, 5, 0, 0]);
    const { out, err } = await cli([], command);
    assert.match(out, /^5 calls from \w{3} \S+ \S+ to .* \(America\/Denver\), decided with forwarding\.lua\.\n\nNone of them would change\.\n$/);
    assert.equal(err, "");
  });

  it("lists what would go elsewhere with other rules", async () => {
    const file = files("edited.lua", EDITED);
    const { status, out } = await cli(["--rules", file], command);
    assert.equal(status, 0);
    assert.match(out, /^3 calls would have gone elsewhere:$/m);
    assert.match(out, /^ +2 {2}rule "grace", line 2 -> rule "grace", line 2$/m);
    assert.match(out, /^ {4}before {2}ring \+13035550142 20 s > voicemail {2}\(rule "grace", line 2\)$/m);
    assert.match(out, /^ {4}outcome unknown: \+13035550177 wasn't rung; it answers 1 of 2 calls around \d\d:00$/m);
    assert.match(out, /^2 calls go where they went\.$/m);
    const { value } = await cli(["--rules", file, "--number", OURS]);
    assert.deepEqual([value.total, value.changed_count, value.changed.length, value.rules], [4, 3, 3, file]);
    assert.deepEqual(value.moves.map((move) => move.count), [2, 1]);
  });

  it("counts calls that nothing is stored of", async () => {
    const id = insert(server.database, "twilio_call_logs", { call_sid: "CAold", user_id: "42", from: GRACE, to: OURS, status: "completed", started_at: Date.now() - 1000 });
    const { out } = await cli([], command);
    rows(server.database, `DELETE FROM twilio_call_logs WHERE id = ${id}`);
    assert.match(out, /^None of them would change\. 1 call can't be replayed: no decision was stored\.$/m);
  });

  it("says that there were no calls", async () => {
    const { status, out } = await cli(["--since", "2026-01-01", "--until", "2026-01-02 15:00"], command);
    assert.equal(status, 0);
    assert.match(out, /^0 calls from Thu 2026-01-01 00:00:00 to Fri 2026-01-02 15:00:00 \(America\/Denver\).*\n\nThere were no calls\.\n$/);
  });

  for (const [what, args, status, words] of [
    ["a time that is none", ["--since", "soon"], 2, /--since: can't read "soon" as a time/],
    ["an end that is none", ["--until", "soon"], 2, /--until: can't read "soon" as a time/],
    ["an end before the beginning", ["--since", "1d", "--until", "2d"], 2, /later than --since/],
    ["an unknown option", ["--sinse", "7d"], 2, /did you mean --since/],
    ["a number that is not ours", ["--number", "+15105550199"], 1, /\+15105550199 isn't one of our numbers/],
    ["rules that are not there", ["--rules", "nothing.lua"], 1, /nothing\.lua/],
  ])
    it(`refuses ${what}`, async () => {
      const result = await cli(args, command);
      assert.equal(result.status, status);
      assert.equal(result.out, "");
      assert.match(result.err, words);
    });

  it("names file and line of rules with a mistake", async () => {
    const file = files("broken.lua", "return {\n  { 5 },\n}\n");
    const { status, err } = await cli(["--rules", file], command);
    assert.equal(status, 1);
    assert.match(err, /^hookswitch replay: .*broken\.lua:\d: rule 1 must begin with its name/);
    const { value } = await cli(["--rules", file]);
    assert.equal(value.error.code, "refused");
  });
});

describe("lookups", () => {
  it("are told with the call, and a replay decides by the answers of then", async () => {
    const rules = `return {\n${rule("crew", 'call.lookups.crew == "ana"', `ring("${ANA}"):otherwise(voicemail())`)}}\n`;
    const other = await startServer({ rules });
    try {
      writeFileSync(path.join(other.lua, "lookups.lua"), 'return { crew = function() return "ana" end, crm = function() error("closed") end }\n');
      await other.logged("reloaded", 20_000);
      givenNumber(other.database, { phone: OURS, user: "42", settings: { always: JOE } });
      await other.settled();
      const { callSid } = await new Twilio({ base: other.base, token: TOKEN }).call({ from: GRACE, to: OURS, legs: ["no-answer"] });
      const mine = user(other, "42");
      const { trace } = (await mine.get(`/api/twilio/call-logs/${callSid}`)).body;
      assert.deepEqual(trace.lookups.map((one) => [one.name, one.value]), [["crew", "ana"], ["crm", null]]);
      assert.match(trace.lookups[1].error, /closed/);
      writeFileSync(path.join(other.lua, "lookups.lua"), 'return { crew = function() return "joe" end }\n');
      const { body } = await replay({}, mine);
      assert.deepEqual([body.same, body.changed.length], [1, 0]);
      const changed = (await replay({ source: rules.replace("ana", "joe") }, mine)).body.changed;
      assert.deepEqual([changed[0].before.rule, changed[0].after.source, changed[0].outcome], ["crew", "settings", "unknown"]);
    } finally {
      await other.stop();
    }
  });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));

describe("rules that take what a table gives first", () => {
  it("ring the same phone in each of 20 workers, and in a replay by another process", async () => {
    const CALLS = 60;
    const team = [JOE, ANA, "+13035550178", "+13035550179", "+13035550180"].map((phone, i) => `m${i * 7 % 5} = "${phone}"`);
    const one = await startServer({ rules: `local TEAM = { ${team.join(", ")} }
return { { "team", go = function() for _, phone in pairs(TEAM) do return ring(phone):otherwise(voicemail()) end end } }`, config: { workers: 20 } });
    try {
      givenNumber(one.database, { phone: OURS, user: "42" });
      await one.settled();
      const phone = new Twilio({ base: one.base, token: TOKEN });
      const played = await Promise.all([...Array(CALLS).keys()].map((i) => phone.call({ from: `+1415555${1000 + i}`, to: OURS, legs: ["no-answer"] })));
      assert.equal(new Set(played.map(({ rung }) => rung.join())).size, 1);
      const config = { database: one.database, lua: one.lua, timezone: "America/Denver" };
      for (let i = 0; i < 3; i++) {
        const { value } = await commandJson(["replay", "--since", "1d"], { config });
        assert.deepEqual([value.replayed, value.same, value.changed], [CALLS, CALLS, []]);
      }
    } finally {
      await one.stop();
    }
  });
});

describe("rings with an order", () => {
  const PHONES = [JOE, ANA, "+13035550166"];
  const ordered = (name, order) => rule(name, `call.from == "${name}"`,
    `ring({ ${PHONES.map((phone) => `"${phone}"`).join(", ")} }, { order = "${order}", seconds = 10, confirm = false })`);
  const [TURNS, IDLE, LOTS] = ["+14155550131", "+14155550132", "+14155550133"];
  const text = `return {\n${ordered(TURNS, "round_robin")}${ordered(IDLE, "longest_idle")}${ordered(LOTS, "random")}}\n`;
  let own, eve;
  before(async () => {
    own = await startServer({ rules: text });
    eve = user(own, "42");
    givenNumber(own.database, { phone: OURS, user: "42" });
    await own.settled();
  });
  after(() => own?.stop());

  it("take turns, ring whoever hasn't talked for longest, draw lots, and a replay finds the same", async () => {
    const phone = new Twilio({ base: own.base, token: TOKEN });
    const first = async (from) => {
      const { callSid } = await phone.call({ from, to: OURS, legs: [{ does: "answer", talk: 5 }] });
      const [row] = rows(own.database, `SELECT plan, inputs FROM call_decisions WHERE call_sid = '${callSid}'`);
      const plan = JSON.parse(row.plan);
      assert.equal(plan.orders, undefined);
      assert.equal(plan.steps.filter((step) => step.kind === "ring").length, 3);
      return { phone: plan.steps[plan.start - 1].targets[0].phone, order: JSON.parse(row.inputs).call.order };
    };
    const turns = [await first(TURNS), await first(TURNS), await first(TURNS)];
    assert.deepEqual(turns.map((one) => one.phone).sort(), [...PHONES].sort());
    assert.equal(turns[2].order.turn, turns[0].order.turn + 2);
    // Each has talked now; the next is whoever did so first, and of those at the same second the first in the list.
    const idle = await first(IDLE);
    assert.deepEqual(Object.keys(idle.order.idle).sort(), [...PHONES].sort());
    assert.equal(idle.order.idle[idle.phone], Math.min(...Object.values(idle.order.idle)));
    await first(LOTS);
    const { body } = await eve.post("/api/twilio/replay", { since: "1d", source: text });
    assert.deepEqual([body.replayed, body.same, body.failed], [5, 5, 0]);
  });
});
