// outage_test.mjs: the database can't be reached: what callers hear, what is stored, and what becomes of it.
// Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { copied } from "../support/callers.mjs";
import { command } from "../support/command.mjs";
import { givenNumber, rows, takeBack } from "../support/database.mjs";
import { openGate } from "../support/gate.mjs";
import { dropSchema, POSTGRES, rowsOfMeanwhile, schemaFor } from "../support/postgres.mjs";
import { jwt, launch, patient, raw, request, sign, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, newSid, one, report, rung, target, twiml, verbs } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const NUMBER = "+15105550100", CALLER = "+14155550123", TARGET = "+13035550142";
const SLOWEST_MS = 1000;
const STEADY_MS = 5000; // of a line in the log

let gate, direct, config;

// A server whose way to the database leads through the gate.
async function serve(more = {}, options = {}) {
  return startServer({ ...options, config: { ...config, ...more } });
}

const metric = async (server, name) => Number(new RegExp(`^hookswitch_${name} (\\S+)$`, "m").exec((await server.get("/metrics")).body)[1]);
const near = (server, sql) => rows(path.join(server.folder, "state/near.db"), sql);
const delivered = (server, ms = 5000) => waitUntil(async () => await metric(server, "spool_batches") === 0 && await metric(server, "database_down") === 0, ms, "an empty spool");

// Post as Twilio does; how long it took is kept.
class Times {
  list = [];
  async post(server, target, params, status = 200) {
    const answer = await server.post(target, params);
    assert.equal(answer.status, status, `${target}: ${answer.body}`);
    this.list.push(Math.round(answer.ms));
    return answer;
  }
  get slowest() { return Math.max(...this.list); }
}

// A call from its first webhook to the last report, in the steps of one that nobody answers.
function call(server, times) {
  const form = inbound(CALLER, NUMBER);
  const sid = form.CallSid;
  let next;
  return {
    sid,
    async begin() {
      const document = twiml(await times.post(server, VOICE, form));
      if (rung(document).length) next = target(server, one(document, "Dial"));
      return document;
    },
    async unanswered(on = server) {
      return twiml(await times.post(on, next, { ...form, CallStatus: "in-progress", DialCallStatus: "no-answer", DialCallSid: newSid() }));
    },
    async end(on = server) { return times.post(on, STATUS, report(sid, "completed", { From: CALLER, To: NUMBER, Direction: "inbound", CallDuration: "7" }), 204); },
  };
}

describe("an outage of the database", { skip }, () => {
  before(async () => {
    const database = schemaFor(`outage_${process.pid}`);
    gate = await openGate(Number(/:(\d+)\//.exec(POSTGRES)[1]));
    direct = database;
    config = { database: database.replace(/:\d+\//, `:${gate.port}/`), workers: 16 };
    const first = await serve(); // makes the tables
    givenNumber(direct, { settings: { always: TARGET } });
    await first.stop();
  });
  beforeEach(() => gate.open());
  after(async () => {
    await gate?.close();
    if (direct) dropSchema(direct);
  });

  it("keeps no caller waiting, loses nothing, survives a crash of the host, and is made up for afterwards", async (test) => {
    let server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const times = new Times(), calls = [];
    const early = call(server, times);
    assert.deepEqual(rung(await early.begin()), [TARGET]);
    await waitUntil(() => near(server, `SELECT 1 AS yes FROM near_recent WHERE name = '${early.sid}'`).length, 5000, "the call's plan in the near file");
    const usual = times.slowest;

    gate.refuse();
    for (let round = 0; round < 12; round++) {
      const each = call(server, times);
      calls.push(each);
      assert.deepEqual(rung(await each.begin()), [TARGET]);
      if (round % 2) assert.ok(verbs(await each.unanswered()).length);
      if (round % 4 === 3) await each.end();
    }
    const ready = await server.get("/readyz");
    assert.equal(ready.status, 200);
    const state = JSON.parse(ready.body);
    assert.equal(state.status, "degraded");
    const alarm = await server.get("/readyz?strict");
    assert.equal(alarm.status, 503);
    assert.deepEqual(JSON.parse(alarm.body).warnings.map(({ code }) => code), ["database"]);
    assert.ok(state.spool.batches >= calls.length + 9 && state.spool.bytes > 0, ready.body);
    assert.ok(await metric(server, "spool_batches") >= calls.length + 9);
    const write = await request(server.port, { method: "POST", target: "/api/twilio/contacts", body: JSON.stringify({ number: CALLER, name: "A caller" }),
      headers: { Authorization: `Bearer ${jwt({ sub: "42" })}`, "Content-Type": "application/json" } });
    assert.equal(write.status, 503, write.body);
    assert.ok(write.headers["retry-after"]);

    // Its near file is its own. A crash lets go of it.
    const second = await launch({ config, folder: server.folder });
    await waitUntil(() => second.ended, 10_000, "the end of a second process on the near file");
    assert.equal((await second.stop({ code: 1, keep: true })).code, 1);
    assert.match(second.err + second.out, new RegExp(`near file state/near\\.db: process ${server.pid} uses it\\. Stop .*, or give .* near_file`));
    await server.stop({ signal: "SIGKILL", code: null, keep: true });
    server = await serve({ request_timeout_ms: 60_000 }, { folder: server.folder, port: server.port });
    assert.match(server.logs("started_from_near_file")[0].message, /./);
    for (const each of calls.filter((_, round) => round % 2 === 0)) assert.ok(verbs(await each.unanswered(server)).length);
    assert.deepEqual(verbs(await early.unanswered(server)), verbs(await calls[0].unanswered(server)));
    const late = call(server, times);
    calls.push(late);
    assert.deepEqual(rung(await late.begin()), [TARGET]);
    for (const each of calls) await each.end(server);

    gate.open();
    const began = Date.now();
    await delivered(server, 15_000);
    test.diagnostic(`measured: slowest answer ${times.slowest} ms (${usual} ms before), spool empty after ${Date.now() - began} ms`);
    assert.ok(times.slowest < patient(SLOWEST_MS), `slowest answer ${times.slowest} ms`);
    for (const { sid } of [...calls, early]) {
      const [row] = rows(direct, `SELECT status, user_id FROM twilio_call_logs WHERE call_sid = '${sid}'`);
      if (sid !== early.sid) assert.deepEqual(row, { status: "completed", user_id: "42" }, sid);
      const steps = rows(direct, `SELECT outcome FROM call_steps WHERE call_sid = '${sid}' AND leg = 'fwd'`);
      assert.equal(steps.length, sid === late.sid ? 0 : 1, sid);
      assert.equal(rows(direct, `SELECT source FROM call_decisions WHERE call_sid = '${sid}'`).length, 1, sid);
    }
    const again = call(server, times);
    assert.deepEqual(rung(await again.begin()), [TARGET]);
    await waitUntil(async () => JSON.parse((await server.get("/readyz")).body).status === "ready", 10_000, "a server that is ready");
    assert.equal((await server.get("/readyz?strict")).status, 200);

    // One that still answers a request is waited for, and what it stores meanwhile isn't lost.
    gate.refuse();
    const slow = call(server, times);
    const params = inbound(CALLER, NUMBER, { CallSid: slow.sid, Long: "x".repeat(20_000) }); // too long to be waited for without a worker
    const body = new URLSearchParams(params).toString();
    let next;
    const isAwaited = () => waitUntil(() => next?.logs("near_file_awaited")[0], 20_000, "a start that waits for the near file");
    const held = raw(server.port, [[`POST ${VOICE} HTTP/1.1`, "Host: h", "Content-Type: application/x-www-form-urlencoded", `Content-Length: ${body.length}`,
      `X-Twilio-Signature: ${sign(server.base + VOICE, params)}`, "", ""].join("\r\n"), isAwaited, body], { most: 60_000 });
    await waitUntil(async () => await metric(server, "busy_workers") > 1, 5000, "the request"); // and this one
    const stopping = server.stop({ keep: true });
    next = await launch({ config, folder: server.folder });
    test.after(() => next.ended ?? next.stop({ code: null }));
    assert.match((await held).text, /^HTTP\/1\.1 200 /);
    await stopping;
    assert.equal((await isAwaited()).pid, String(server.pid));
    await waitUntil(() => / answers on .*\n/.test(next.out), 30_000, "the start");
    gate.open();
    await delivered(next, 15_000);
    assert.equal(rows(direct, `SELECT 1 AS yes FROM twilio_call_logs WHERE call_sid = '${slow.sid}'`).length, 1);
    await next.stop();
  });

  it("is noticed within a second when the database only falls silent", async (test) => {
    const server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const times = new Times(), calls = [];
    gate.hold();
    test.after(() => gate.open());
    const ring = async () => {
      const each = call(server, times);
      calls.push(each);
      assert.deepEqual(rung(await each.begin()), [TARGET]);
      await each.unanswered();
      await each.end();
    };
    await Promise.all([ring(), ring(), ring()]);
    for (let i = 0; i < 5; i++) await ring();
    await sleep(300);
    gate.open();
    const began = Date.now();
    await delivered(server, 20_000);
    test.diagnostic(`measured: slowest answer ${times.slowest} ms, spool empty after ${Date.now() - began} ms`);
    assert.ok(times.slowest < patient(SLOWEST_MS), `slowest answer ${times.slowest} ms`);
    for (const { sid } of calls) {
      const [row] = rows(direct, `SELECT status FROM twilio_call_logs WHERE call_sid = '${sid}'`);
      assert.equal(row?.status, "completed", sid);
    }

    // A write that isn't answered in time comes late, so a report from elsewhere may be stored before it.
    const overtaken = call(server, times);
    const other = rowsOfMeanwhile(direct, `BEGIN; LOCK TABLE call_decisions IN SHARE MODE; SELECT pg_sleep(2);
      INSERT INTO twilio_call_logs (call_sid, status, status_rank, started_at, ended_at, updated_at)
      VALUES ('${overtaken.sid}', 'completed', 4, ${Date.now()}, ${Date.now() + 7000}, 1); COMMIT`);
    await waitUntil(() => rows(direct, "SELECT 1 AS yes FROM pg_locks WHERE relation = 'call_decisions'::regclass AND mode = 'ShareLock'").length, 5000, "the lock");
    await overtaken.begin();
    await other;
    await delivered(server, 20_000);
    const [{ end_reason }] = rows(direct, `SELECT end_reason FROM twilio_call_logs WHERE call_sid = '${overtaken.sid}'`);
    assert.ok(end_reason, "the verdict lacks the decision");
    await server.stop();
  });

  it("that comes and goes many times is in the log once", async (test) => {
    const server = await serve({ maintenance_seconds: 0 });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(direct, { phone: "+15105550103", settings: { always: TARGET } });
    await server.settled();
    await copied(server, "+15105550103");
    const ring = async () => rung(twiml(await server.post(VOICE, inbound(CALLER, "+15105550103"))));
    const ROUNDS = 8, OUTAGE = ["near_file_answers", "database_failed", "bus_failed"],
      AFTER = ["database_answers", "database_works_again", "bus_works_again", "spool_delivered"];
    const count = (events) => Object.fromEntries(events.map((event) => [event, server.logs(event).length]));
    // On a busy machine a time between two may be so long that the log says it is over.
    let opened = Infinity, said = 0;
    for (let round = 0; round < ROUNDS; round++) {
      gate.refuse();
      assert.deepEqual(await ring(), [TARGET]);
      await waitUntil(async () => await metric(server, "database_down") === 1, 5000, "the outage");
      said += performance.now() - opened >= STEADY_MS;
      gate.open();
      opened = performance.now();
      await delivered(server, 15_000);
      assert.deepEqual(await ring(), [TARGET]);
    }
    const during = count([...OUTAGE, ...AFTER]);
    if (performance.now() - opened < STEADY_MS) {
      for (const event of OUTAGE) assert.ok(during[event] <= 1 + said, JSON.stringify(during));
      assert.ok(during.near_file_answers >= 1);
      for (const event of AFTER) assert.ok(during[event] <= said, JSON.stringify(during));
    }
    const sum = (event, field) => server.logs(event).reduce((all, line) => all + line[field], 0);
    await waitUntil(() => ["database_answers", "spool_delivered"].every((event) => server.logs(event).length) && sum("spool_delivered", "count") >= ROUNDS,
      15_000, "what the log says afterwards");
    assert.ok(said > 0 || sum("database_answers", "ms") > ROUNDS * 100, JSON.stringify(server.logs("database_answers")));
    await server.stop();
    const all = count([...OUTAGE, ...AFTER]);
    for (const event of Object.keys(all)) assert.ok(all[event] <= 1 + said, JSON.stringify(all));
  });

  it("that lasts until the spool is full costs the log, and no caller", async (test) => {
    const server = await serve({ near_file_mb: 1 });
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const times = new Times(), acknowledged = [];
    gate.refuse();
    test.after(() => gate.open());
    let full;
    for (let i = 0; i < 2000 && !full; i++) {
      const each = call(server, times);
      assert.deepEqual(rung(await each.begin()), [TARGET]);
      full = server.logs("not_stored").find((line) => line.code === "full");
      if (!full) acknowledged.push(each.sid);
    }
    assert.ok(full, "never full");
    const last = call(server, times);
    assert.deepEqual(rung(await last.begin()), [TARGET]);
    await waitUntil(() => server.logs("spool_alert").length >= 2, 5000, "two alerts");
    gate.open();
    await delivered(server, 30_000);
    const [{ n }] = rows(direct, `SELECT COUNT(*) AS n FROM call_decisions WHERE call_sid IN (${acknowledged.map((sid) => `'${sid}'`).join(",")})`);
    assert.equal(n, acknowledged.length);
    const alerts = rows(direct, "SELECT subject FROM alerts WHERE kind = 'spool' ORDER BY subject");
    assert.deepEqual(alerts.map((alert) => alert.subject), ["full", "half full"]);
    await server.stop();
  });

  // What administrators do by mistake, and how they undo it.
  const MISTAKES = {
    "a table is renamed": ["ALTER TABLE call_decisions RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO call_decisions",
      /FAILED .*lacks tables: call_decisions\n/],
    "a column is renamed": ["ALTER TABLE twilio_call_logs RENAME COLUMN status TO elsewhere", "ALTER TABLE twilio_call_logs RENAME COLUMN elsewhere TO status"],
    "rights are missing": ["REVOKE ALL ON ALL TABLES IN SCHEMA @ FROM CURRENT_USER", "GRANT ALL ON ALL TABLES IN SCHEMA @ TO CURRENT_USER",
      /FAILED +credentials[^]*permission denied for table schema_migrations\n +fix: GRANT OWNER TO \w+, .*GRANT ALL ON ALL TABLES IN SCHEMA \w+ TO \w+ \(public[^]*ok +rules/],
    "a right is missing": ["REVOKE INSERT ON call_steps FROM CURRENT_USER", "GRANT INSERT ON call_steps TO CURRENT_USER",
      /FAILED .*may not read and write: call_steps\n +fix: GRANT OWNER TO/],
    "the generations are missing": ["ALTER TABLE hs_generations RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO hs_generations"],
  };
  for (const [what, [trouble, repair, said]] of Object.entries(MISTAKES)) it(`is also that ${what}: callers are answered, and calls stored afterwards`, async (test) => {
    const server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const schema = /search_path%3D(\w+)/.exec(direct)[1], times = new Times(), calls = [];
    const come = async () => {
      for (let i = 0; i < 4; i++) {
        calls.push(call(server, times));
        assert.deepEqual(rung(await calls.at(-1).begin()), [TARGET]);
      }
    };
    await come();
    rows(direct, trouble.replace("@", schema));
    try {
      await come();
      const doctor = said && await command(["doctor"], { config: { database: direct } });
      if (said) assert.match(doctor.out + doctor.err, said);
      await come();
    } finally {
      rows(direct, repair.replace("@", schema));
    }
    await come();
    const stored = () => rows(direct, `SELECT call_sid FROM call_decisions WHERE call_sid IN (${calls.map(({ sid }) => `'${sid}'`).join(",")})`).length;
    await waitUntil(() => stored() === calls.length, 20_000, "all calls").catch((error) => assert.fail(`${error.message}: ${stored()} of ${calls.length}\n${server.err}`));
    await delivered(server);
    await server.stop();
  });

  // What is refused: one thing for good, then what is possible again.
  it("isn't a batch that is refused for good: others are stored, and it is reported once", async (test) => {
    const server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const times = new Times(), calls = [call(server, times), call(server, times)];
    const rename = (from, to) => rows(direct, `ALTER TABLE ${from} RENAME TO ${to}`);
    const stored = () => rows(direct, `SELECT call_sid FROM call_decisions WHERE call_sid = '${calls[1].sid}'`).length;
    const refused = () => near(server, "SELECT id FROM near_spool WHERE refused = 1").length;
    await calls[0].begin();
    rows(direct, "ALTER TABLE recordings RENAME COLUMN channels TO elsewhere");
    try {
      const { sid } = calls[0];
      for (let i = 0; i < 3; i++) {
        await times.post(server, "/api/twilio/recording-callback", { AccountSid: inbound(CALLER, NUMBER).AccountSid, CallSid: sid, RecordingSid: newSid("RE"), RecordingStatus: "completed", RecordingDuration: "3", RecordingChannels: "1", RecordingSource: "RecordVerb" }, 204);
      }
      await waitUntil(refused, 5000, "a refusal");
      const first = refused();
      rename("call_decisions", "away_decisions");
      rename("alerts", "away_alerts");
      try {
        await calls[1].begin();
        await waitUntil(() => refused() > first, 5000, "another refusal");
        await sleep(6000); // it is tried again
        assert.ok(refused() < 10, `${refused()} refused batches: an alert that is refused raises others`);
      } finally {
        rename("away_decisions", "call_decisions");
        rename("away_alerts", "alerts");
      }
      await waitUntil(stored, 15_000, "the call").catch((error) => assert.fail(`${error.message}\n${server.err}`));
      for (const end = performance.now() + 6000; performance.now() < end;) { // it is tried again
        const { body } = await server.get("/readyz?strict");
        assert.match(body, /"code":"spool_refused"/);
      }
      const said = server.logs("spool_refused").map(({ id }) => id);
      assert.equal(new Set(said).size, said.length, said.join(" "));
    } finally {
      rows(direct, "ALTER TABLE recordings RENAME COLUMN elsewhere TO channels");
    }
    await waitUntil(() => refused() === 0, 15_000, "all of them");
    await delivered(server);
    await server.stop();
  });

  it("leaves nothing behind in the near file, though it can't be removed at first", async (test) => {
    const server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const left = () => near(server, "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n;
    gate.refuse();
    await call(server, new Times()).begin();
    assert.equal(left(), 1);
    near(server, "ALTER TABLE dial_days RENAME TO dial_away");
    gate.open();
    await waitUntil(() => server.logs("spooled_calls_kept").length > 0, 20_000, "a failure");
    near(server, "ALTER TABLE dial_away RENAME TO dial_days");
    await waitUntil(() => left() === 0, 20_000, "an empty file");
    await server.stop();
  });

  it("finds the newest settings in the near file, though one of their tables couldn't be copied", async (test) => {
    const server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    rows(direct, "ALTER TABLE overrides RENAME TO overrides_away");
    try {
      rows(direct, `INSERT INTO contacts (user_id, number, name, created_at, updated_at) VALUES ('42', '+14155550177', 'Ada', 0, 0)`);
      await waitUntil(() => near(server, "SELECT 1 AS yes FROM contacts WHERE number = '+14155550177'").length, 20_000, "the contact");
      await waitUntil(() => server.logs("settings_not_copied").length > 0, 10_000, "the log's word of the other");
    } finally {
      rows(direct, "ALTER TABLE overrides_away RENAME TO overrides");
    }
    await server.stop();
  });

  it("loses nothing while a host is upgraded, and beside one that has been", async (test) => {
    let server = await serve();
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.settled();
    await copied(server);
    const times = new Times(), sids = [], later = "9999_later.sql";
    const whole = async () => {
      const one = call(server, times);
      assert.equal(rung(await one.begin()).length, 1);
      await one.end();
      sids.push(one.sid);
    };
    gate.refuse();
    await whole();
    await server.stop({ keep: true, code: null });
    const { folder, port } = server, file = path.join(folder, "state/near.db");
    takeBack(file, "0029"); // as an older program leaves it
    server = await serve({}, { folder, port });
    await whole();
    assert.ok(await metric(server, "spool_batches") >= 4);
    gate.open();
    await delivered(server, 20_000);
    // Another host brings the schema further.
    rows(direct, `ALTER TABLE call_forwarding ADD COLUMN later BIGINT NOT NULL DEFAULT 1; ALTER TABLE twilio_call_logs ADD COLUMN later TEXT;
      INSERT INTO schema_migrations VALUES ('${later}', '00', 0)`);
    try {
      rows(direct, "UPDATE call_forwarding SET ring_timeout = 33");
      await waitUntil(() => near(server, "SELECT ring_timeout AS s FROM call_forwarding")[0].s === 33, 20_000, "the setting");
      await whole();
      gate.refuse();
      await whole();
      gate.open();
      await delivered(server, 20_000);
      const stored = `SELECT COUNT(*) AS n FROM twilio_call_logs WHERE status = 'completed' AND call_sid IN (${sids.map((sid) => `'${sid}'`).join(",")})`;
      assert.equal(rows(direct, stored)[0].n, sids.length);
      await server.stop({ keep: true });
    } finally {
      rows(direct, `ALTER TABLE call_forwarding DROP COLUMN later; ALTER TABLE twilio_call_logs DROP COLUMN later; DELETE FROM schema_migrations WHERE name = '${later}'`);
    }
    rows(file, `INSERT INTO schema_migrations VALUES ('${later}', '00', 0)`);
    server = await launch({ folder, port, config });
    await server.end;
    assert.match(server.err, /the near file state\/near\.db: .*9999_later\.sql.*; if nothing waits in it .*, move it away/);
    await server.stop({ code: 1 });
  });

  // Even if there are more of them than connections.
  it("isn't told from a lookup's slow queries", async (test) => {
    const phone = "+15105550101", slow = `return { slow = function() return require("db"):one("SELECT CAST(pg_sleep(5) AS TEXT) AS slept, 'late' AS answer").answer end }\n`;
    const server = await serve({ workers: 32, lookup_time_ms: 700 });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(direct, { phone });
    await server.settled();
    await copied(server);
    writeFileSync(path.join(server.lua, "lookups.lua"), slow);
    writeFileSync(path.join(server.lua, "forwarding.lua"), `return { { "without an answer",
      when = function(call) return call.lookups.slow == nil end, go = function() return ring("${TARGET}") end } }\n`);
    await waitUntil(() => server.logs("reloaded").some((line) => line.version > 1), 5000, "the lookup");
    const sids = await Promise.all(Array.from({ length: 12 }, async () => {
      const params = inbound(CALLER, phone);
      assert.deepEqual(rung(twiml(await server.post(VOICE, params))), [TARGET]);
      return params.CallSid;
    }));
    assert.deepEqual(server.logs("near_file_answers").filter((line) => line.code === "time"), []);
    const asked = rows(direct, `SELECT inputs FROM call_decisions WHERE call_sid IN (${sids.map((sid) => `'${sid}'`).join(",")})`);
    const errors = asked.map((row) => JSON.parse(row.inputs).lookup_runs[0].error ?? "");
    assert.deepEqual(errors.filter((error) => !/time/.test(error)), []);
    assert.equal(errors.length, sids.length);
    const sleeping = () => rows(direct, "SELECT 1 AS yes FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(5)%' AND query NOT LIKE '%pg_stat_activity%'");
    await waitUntil(() => sleeping().length === 0, 500, "the end of the queries");
    await server.stop();
  });
});
