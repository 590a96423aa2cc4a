// spooled_test.mjs: what calls store while the database can't be reached: every webhook is stored, on whichever
// host it arrives, and it makes no difference in which order, and how often, it is delivered.
// Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CALLER, CELLS, givenFirm, NUMBERS, RULES, VARIANTS } from "../support/after_table.mjs";
import { command, newFolder } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { openGate } from "../support/gate.mjs";
import { dropSchema, POSTGRES, psql, schemaFor } from "../support/postgres.mjs";
import { shuffled } from "../support/random.mjs";
import { jwt, patient, request, startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { script, spooled } from "../support/spool.mjs";
import { Twilio } from "../support/twilio.mjs";
import { inbound, newSid, recording, report, rung, twiml, verbs } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const VOICE = "/api/twilio/twiml", SLOWEST_MS = 1000;
const MENU = "+15105550110", LONG = "+15105550111", TARGET = "+13035550142";
const MORE_RULES = RULES.replace("return {", `return {
  { "keys", when = function(call) return call.to == "${MENU}" end, go = menu("Press 1.", { ["1"] = ring("${TARGET}") }) },
  { "long", when = function(call) return call.to == "${LONG}" end, go = say("${"word ".repeat(300)}"):otherwise(ring("${TARGET}")) },`);

let gate, direct, first, other;

const metric = async (server, name) => Number(new RegExp(`^hookswitch_${name} (\\S+)$`, "m").exec((await server.get("/metrics")).body)[1]);
const near = (server, sql) => rows(path.join(server.folder, "state/near.db"), sql);
const isDown = (server) => waitUntil(async () => await metric(server, "database_down") === 1, 10_000, "a host that knows that the database is down");
const delivered = (server) => waitUntil(async () => await metric(server, "spool_batches") === 0 && await metric(server, "database_down") === 0, 30_000, "an empty spool");

// The first request of a call goes to one host, all others to another. A call takes milliseconds here: reports say
// neither a time, which is to the second, nor seconds that have not passed.
class Between extends Twilio {
  post(url, { Timestamp, ...params }) {
    this.base = url === VOICE ? first.base : other.base;
    return super.post(url, params.CallDuration ? { ...params, CallDuration: "0" } : params);
  }
}

// One request for each webhook, and the row that it leaves: [target, form, sql]; without SQL it stores nothing.
const steps = (target, form) => (more, query, sql) => [`${VOICE}?step=${target}${query}`, { ...form, CallStatus: "in-progress", ...more }, sql];
const stepOf = (form, leg) => `SELECT 1 AS yes FROM call_steps WHERE call_sid = '${form.CallSid}' AND leg = '${leg}'`;
const STEPS = {
  after: (form, step) => step({ DialCallStatus: "no-answer", DialCallSid: newSid() }, "&leg=fwd&n=1", stepOf(form, "fwd")),
  menu: (form, step) => step({ Digits: "1" }, "&n=1", stepOf(form, "menu1")),
  consent: (form, step) => step({ Digits: "1" }, "&n=1", stepOf(form, "consent")),
  screen: (form, step) => step({ ParentCallSid: newSid() }, "&leg=fwd&n=1"),
  screened: (form, step) => step({ ParentCallSid: newSid(), Digits: "1" }, "&leg=fwd&n=1",
    `SELECT 1 AS yes FROM call_acceptances WHERE child_call_sid = '${form.CallSid}'`),
  vm_done: (form, step) => step({ RecordingSid: newSid("RE"), RecordingDuration: "5" }, "&n=2",
    `SELECT 1 AS yes FROM recordings WHERE call_sid = '${form.CallSid}'`),
  transcript: (form, step) => step({ RecordingSid: newSid("RE"), TranscriptionStatus: "completed", TranscriptionText: "Hello" }, "&n=2",
    `SELECT 1 AS yes FROM recordings WHERE call_sid = '${form.CallSid}' AND transcript = 'Hello'`),
  announce: (form, step) => step({}, ""),
  fallback: (form, step) => step({ ErrorCode: "11200", ErrorUrl: `${first.base}${VOICE}` }, "",
    `SELECT 1 AS yes FROM call_decisions WHERE call_sid = '${form.CallSid}'`),
};
const ROUTES = {
  "/api/twilio/twiml": (form) => [
    [VOICE, form, `SELECT 1 AS yes FROM call_decisions WHERE call_sid = '${form.CallSid}'`],
    ...STEP_NAMES.map((name) => {
      const own = { ...form, CallSid: newSid() };
      assert.ok(STEPS[name], `no request is known for step=${name}: add one to this file`);
      return STEPS[name](own, steps(name, own));
    })],
  "/api/twilio/status-callback": (form) => [["/api/twilio/status-callback", report(form.CallSid, "completed", { From: form.From, To: form.To, CallDuration: "7" }),
    `SELECT 1 AS yes FROM twilio_call_logs WHERE call_sid = '${form.CallSid}' AND status = 'completed'`]],
  "/api/twilio/recording-callback": (form) => [["/api/twilio/recording-callback", recording(form.CallSid, "completed", { RecordingSource: "RecordVerb", RecordingDuration: "5" }),
    `SELECT 1 AS yes FROM recordings WHERE call_sid = '${form.CallSid}' AND status = 'completed'`]],
  "/api/twilio/message-callback": () => texted().map((sid) => [`/api/twilio/message-callback?call_sid=${sid}`,
    { AccountSid: `AC${"a".repeat(32)}`, MessageSid: newSid("SM"), MessageStatus: "delivered" },
    `SELECT 1 AS yes FROM call_steps WHERE call_sid = '${sid}' AND leg = 'text' AND outcome = 'delivered'`]),
};
// As the program has them: the steps that voice/webhook.lua answers.
const STEP_NAMES = [...readFileSync("lua/voice/webhook.lua", "utf8").matchAll(/^function STEPS\.(\w+)/gm)].map(([, name]) => name);

// Calls whose text is on its way, from before the outage.
const texts = [];
function texted() {
  return texts.splice(0, 1);
}
function givenText(database, sid, at) {
  rows(database, `INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, status_rank, started_at, ended_at, end_reason, updated_at)
    VALUES ('${sid}', 'u1', 'inbound', '${CALLER}', '${NUMBERS.none}', 'completed', 4, ${at}, ${at}, 'abandoned', ${at})`);
  rows(database, `INSERT INTO call_steps (call_sid, n, leg, outcome, target, detail, at) VALUES ('${sid}', 0, 'text', 'not_confirmed', '${CALLER}', '{"text":"Say \\"message_sid\\":\\"x\\""}', ${at})`);
}

describe("a database that can't be reached", { skip }, () => {
  const lasting = []; // texts of all tests
  const began = Date.now();
  before(async () => {
    direct = schemaFor(`spooled_${process.pid}`);
    gate = await openGate(Number(/:(\d+)\//.exec(POSTGRES)[1]));
    const config = { database: direct.replace(/:\d+\//, `:${gate.port}/`), workers: 8, maintenance_seconds: 0 };
    first = await startServer({ config, rules: MORE_RULES });
    givenFirm(direct);
    for (const phone of [MENU, LONG]) givenNumber(direct, { user: "u9", phone });
    for (let n = 0; n < 8; n++) lasting.push(newSid());
    for (const sid of lasting) givenText(direct, sid, began);
    texts.push(...lasting);
    other = await startServer({ config: { ...config, server_url: first.base }, rules: MORE_RULES });
    await first.settled();
    for (const server of [first, other])
      await waitUntil(() => near(server, `SELECT 1 AS yes FROM near_state, user_phone_numbers WHERE near_state.name = 'filled' AND phone_number = '${LONG}'`).length
        && near(server, "SELECT 1 AS yes FROM presence WHERE user_id = 'u5'").length, 10_000, "a copy of the settings");
  });
  after(async () => {
    gate?.open();
    for (const server of [first, other]) await server?.stop({ code: null });
    await gate?.close();
    if (direct) dropSchema(direct);
  });

  const FAULTS = { "is down": () => gate.refuse(), "is silent": () => gate.hold(), "is slow": () => gate.delay(1500) };
  for (const [what, begin] of Object.entries(FAULTS)) {
    it(`and ${what} loses no webhook`, async (test) => {
      const { paths } = JSON.parse((await first.get("/api/openapi.json")).body);
      const webhooks = Object.keys(paths).filter((where) => paths[where].post?.tags.includes("Webhooks"));
      assert.ok(webhooks.length >= 4, webhooks.join());
      begin();
      const sent = [];
      let slowest = 0;
      try {
        for (const where of webhooks) {
          assert.ok(ROUTES[where], `no request is known for ${where}: add one to this file`);
          for (const [target, form, sql] of ROUTES[where](inbound(CALLER, NUMBERS.always))) {
            const answer = await first.post(target, form);
            assert.ok([200, 204].includes(answer.status), `${target}: ${answer.status} ${answer.body}`);
            slowest = Math.max(slowest, answer.ms);
            sent.push([target, sql]);
          }
        }
      } finally {
        gate.delay(0);
        gate.open();
      }
      await delivered(first);
      await delivered(other);
      for (const [target, sql] of sent)
        if (sql) assert.equal(rows(direct, sql).length, 1, `${target} isn't stored`);
      assert.deepEqual(first.logs("not_stored"), []);
      test.diagnostic(`measured: ${sent.length} webhooks, slowest answer ${Math.round(slowest)} ms`);
      assert.ok(slowest < patient(SLOWEST_MS), `slowest answer ${slowest} ms`);
    });
  }

  it("lets every cell of the after-table go on at another host, and stores the same in any order", async (test) => {
    const before = await tables(direct);
    gate.refuse();
    for (const server of [first, other]) {
      await server.post(VOICE, inbound(CALLER, NUMBERS.none), { url: first.base }); // it finds out
      await isDown(server);
    }
    const phone = new Between({ base: first.base, publicUrl: first.base, token: TOKEN });
    const calls = [];
    for (const cell of CELLS) {
      const [what, number, legs, rang] = cell;
      const call = await phone.call({ from: CALLER, to: NUMBERS[number], legs, variant: VARIANTS[0] });
      assert.deepEqual(call.rung, rang, `${what}: ${call.documents.join("\n")}`);
      calls.push([call, cell]);
    }
    for (const keys of ["1", "9"]) {
      const call = await phone.call({ from: CALLER, to: MENU, digits: [keys, keys], legs: ["no-answer"] });
      assert.deepEqual(call.rung, keys === "1" ? [TARGET] : [], call.documents.join("\n"));
    }
    // What is asked of the fallback address knows the plan, too.
    const form = inbound(CALLER, NUMBERS.hunt);
    const document = await first.post(VOICE, form);
    const [action] = /(?<=action=")[^"]*/.exec(document.body);
    const on = await other.post(`${VOICE}?step=fallback`, { ...form, CallStatus: "in-progress", DialCallStatus: "busy", ErrorCode: "11200",
      ErrorUrl: action.replaceAll("&amp;", "&") }, { url: first.base });
    assert.deepEqual(rung(twiml(on)), ["+13035550177"]);
    for (const sid of lasting)
      for (const status of ["sent", sid < lasting[3] ? "undelivered" : "delivered"])
        await other.post(`/api/twilio/message-callback?call_sid=${sid}`, { MessageSid: `SM${sid.slice(2)}`, MessageStatus: status, ErrorCode: "30007" }, { url: first.base });

    // A plan that is too long stays here, and the trace says so.
    const long = inbound(CALLER, LONG);
    assert.doesNotMatch((await first.post(VOICE, long)).body, /plan=/);

    const batches = [first, other].flatMap((server) => spooled(path.join(server.folder, "state/near.db")));
    gate.open();
    await delivered(first);
    await delivered(other);
    const live = await tables(direct);
    for (const [call, [what, , , rang, , reason]] of calls) {
      const row = live.twilio_call_logs.find((one) => one.call_sid === call.callSid);
      assert.deepEqual([row?.end_reason, row?.status], [reason, "completed"], what);
      const legs = live.twilio_call_logs.filter((one) => one.parent_call_sid === call.callSid);
      assert.equal(legs.length, rang.length, what);
      for (const leg of legs) assert.ok(leg.ended_at && leg.user_id, `${what}: ${JSON.stringify(leg)}`);
    }
    const shown = await request(first.port, { target: `/api/twilio/call-logs/${long.CallSid}`, headers: { Authorization: `Bearer ${jwt({ sub: "u9" })}` } });
    assert.ok(JSON.parse(shown.body).trace.inputs.not_carried > 1500, shown.body);
    const usual = await first.post(VOICE, inbound(CALLER, NUMBERS.hunt));
    assert.doesNotMatch(usual.body, /plan=/);

    await property(test, batches, before, live);
  });

  // What is stored by batches that run in some order, on either engine.
  async function property(test, batches, before, live) {
    const seen = new Set(batches.flat().map((statement) => statement.sql));
    test.diagnostic(`measured: ${batches.length} batches, ${seen.size} statements`);
    for (const sql of seen) {
      assert.ok(!/^\s*INSERT/.test(sql) || /ON CONFLICT/.test(sql), `can't run twice: ${sql}`);
      assert.ok(!/(\w+) = (\w+\.)?\1 [-+|]/.test(sql) || /NOT EXISTS|s\.outcome = 'not_confirmed'/.test(sql), `counts twice: ${sql}`);
    }
    const orders = { "in order": batches, twice: [...batches, ...batches], "backwards": [...batches].reverse() };
    for (let n = 1; n <= 2; n++) orders[`shuffled ${n}`] = shuffled([...batches, ...batches.filter((_, i) => i % 3 === 0)], n);
    const folder = newFolder(), base = path.join(folder, "base.db");
    assert.equal((await command(["migrate"], { config: { database: base } })).status, 0);
    const values = (row) => Object.values(row).map((value) => (value === null ? "NULL" : typeof value === "number" ? value : `'${String(value).replaceAll("'", "''")}'`));
    const fill = Object.entries(before).flatMap(([table, list]) => list.map((row) =>
      `INSERT INTO ${table} (${Object.keys(row).map((name) => `"${name}"`)}) VALUES (${values(row)}) ON CONFLICT DO NOTHING;`)).join("\n");
    givenFirm(base);
    for (const phone of [MENU, LONG]) givenNumber(base, { user: "u9", phone });
    const results = {};
    for (const [name, order] of Object.entries(orders)) {
      const file = path.join(folder, `${name.replace(" ", "")}.db`);
      copyFileSync(base, file);
      execFileSync("sqlite3", ["-bail", file], { input: `PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;\n${fill}\n${script(order)}`, maxBuffer: 1 << 26 });
      results[`SQLite, ${name}`] = await tables(file);
    }
    for (const name of ["shuffled 2"]) {
      psql(direct, `TRUNCATE ${Object.keys(before).join(", ")}`);
      execFileSync("psql", ["-Xq", "-v", "ON_ERROR_STOP=1", "-d", direct], { input: `SET client_min_messages = error;\n${fill}\n${script(orders[name])}`, maxBuffer: 1 << 26 });
      results[`PostgreSQL, ${name}`] = await tables(direct);
    }
    const wanted = results["SQLite, in order"];
    for (const [name, found] of Object.entries(results))
      for (const table of Object.keys(wanted)) assert.deepEqual(found[table], wanted[table], `${table}: ${name}`);
    // What the hosts delivered themselves has the calls of other tests, too.
    for (const row of wanted.call_steps) assert.ok(live.call_steps.some((one) => JSON.stringify(one) === JSON.stringify(row)), JSON.stringify(row));
  }

  it("believes a plan only as one of its own hosts wrote it", async () => {
    const text = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
    const ring = { kind: "ring", leg: "fwd", seconds: 20, targets: [{ phone: TARGET }] };
    const state = (more = {}) => ({ plan: { start: 1, steps: [{ ...ring, next: { otherwise: 2 } }, ring], ...more }, number: NUMBERS.always, from: CALLER, source: "rules" });
    const ask = (server, plan, options) => server.post(`${VOICE}?step=after&leg=fwd&n=1&plan=${plan}`, { ...inbound(CALLER, NUMBERS.always), CallStatus: "in-progress", DialCallStatus: "busy" }, options);
    assert.deepEqual(rung(twiml(await ask(first, text(state())))), [TARGET], "the plan itself is sound");
    assert.equal((await ask(first, text(state()), { token: "another" })).status, 403);
    const bad = ["", "!!!!", text("not JSON"), text("[]"), text("7"), text({ plan: 7 }), text({ plan: { start: 1, steps: 1 } }),
      text(state({ start: 9 })), text(state({ steps: [{ ...ring, next: { otherwise: 1 } }] })), text(state({ steps: [{ kind: "ring" }] })),
      text(state({ steps: Array(65).fill(ring) })), text({ ...state(), number: 7 }), text({ ...state(), from: [] }), text({ ...state(), forwarded_from: {} }),
      text({ ...state(), from: "x".repeat(300) }), text({ ...state(), more: "x".repeat(1500) }), text(`${"[".repeat(1000)}`)];
    for (const plan of bad) {
      const document = twiml(await ask(first, plan));
      assert.ok(verbs(document).includes("Record"), plan);
      assert.deepEqual(rung(document), [], plan);
    }
    const open = await startServer({ config: { insecure_webhooks: "yes" } });
    try {
      assert.deepEqual(rung(twiml(await ask(open, text(state())))), []);
    } finally {
      await open.stop();
    }
  });
});

const TABLES = ["twilio_call_logs", "call_decisions", "call_steps", "call_acceptances", "recordings", "alerts", "missed_pending", "call_totals", "call_costs",
  "dial_days", "dial_totals"];

// All rows of the tables that calls write, without what numbers them.
async function tables(database) {
  const found = {};
  for (const table of TABLES) {
    found[table] = rows(database, `SELECT * FROM ${table}`).map(({ id, ...row }) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return found;
}
