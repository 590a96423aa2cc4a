// forget_test.mjs: a caller who is forgotten, and calls past their days: no row, no blob and no string of them is left,
// in no table and in no file of the database. The files are read as bytes, as someone with the disk would.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, newSid, patient, recording, report } from "../support/voice.mjs";

const DAY = 86_400_000;
const NUMBER = "+15105550100";
const GONE = { phone: "+14155550123", name: "Zenobia Quark", said: "this is zenobia, about the purple roof" };
const OTHER = { phone: "+14155550124", name: "Linus" };
const RULES = `return { { "all", go = ring("+13035550142"):otherwise(voicemail()) } }`;

// Which files of the database's folder hold one of these texts.
function holding(server, texts) {
  const found = [];
  const folder = path.dirname(server.database);
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    for (const text of texts) if (bytes.includes(text)) found.push(`${name}: ${text}`);
  }
  return found;
}
const HELD = POSTGRES ? /\nPostgreSQL's files may hold the deleted rows/ : /\nOther rows still hold the digits, as part of something else\.\n/;
const TEXTS = [GONE.phone, GONE.phone.slice(1), GONE.name, GONE.said];

// Rows that hold the digits, in whatever column.
const COLUMNS = POSTGRES ? `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND data_type IN ('text', 'bytea')`
  : `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT'`;
const columns = (database) => rows(database, COLUMNS);
// Rules are kept as they were written, in whatever encoding.
const RULE_TEXT = POSTGRES ? "convert_from(text, 'UTF8')" : "text";
const sought = ({ table, column }) => (table === "rule_texts" && column === "text" ? RULE_TEXT : `"${column}"`);
const standing = (database) => rows(database, columns(database).map((place) => `SELECT '${place.table}.${place.column}' AS place
  WHERE EXISTS (SELECT 1 FROM "${place.table}" WHERE ${sought(place)} LIKE '%${GONE.phone.slice(1)}%')`).join(" UNION ALL "))
  .map(({ place }) => place);

async function call(server, who, more = {}) {
  const form = inbound(who.phone, NUMBER, { CallerName: who.name });
  assert.equal((await patient(server, "/api/twilio/twiml", form)).status, 200);
  const RecordingSid = newSid("RE");
  await patient(server, "/api/twilio/recording-callback?kind=voicemail", recording(form.CallSid, "completed", { RecordingSid, RecordingDuration: "9" }));
  rows(server.database, `UPDATE recordings SET transcript = '${GONE.said} ${who.name}' WHERE recording_sid = '${RecordingSid}'`);
  insert(server.database, "twilio_call_logs", { call_sid: newSid(), parent_call_sid: form.CallSid, user_id: "ana", direction: "outbound-dial",
    from: who.phone, to: "+13035550142", status: "completed", started_at: Date.now(), ended_at: Date.now(), ...more });
  await patient(server, "/api/twilio/status-callback", report(form.CallSid, "completed", { CallDuration: "20", From: who.phone, To: NUMBER }));
  return { sid: form.CallSid, recording: RecordingSid };
}

describe("a caller who is forgotten", () => {
  let server, twilio, ana, config, mine, theirs;
  before(async () => {
    twilio = await TwilioRest.start();
    server = await startServer({ rules: RULES, config: { ...twilio.config, maintenance_seconds: 0 } });
    config = { ...twilio.config, database: server.database, server_url: server.base, lua: server.lua };
    givenNumber(server.database, { phone: NUMBER, user: "ana" });
    await server.settled();
    ana = user(server, "ana");
    // So many calls that pages of every index were split.
    rows(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO twilio_call_logs
      (call_sid, user_id, direction, "from", "to", status, started_at, ended_at)
      SELECT 'CA' || ((i * 2654435761) % 4294967296), CASE i % 3 WHEN 0 THEN 'ben' ELSE 'ana' END, 'inbound',
        CASE WHEN i % 20 = 0 THEN '${GONE.phone}' ELSE '+1415' || (2000000 + (i * 7919) % 3000000) END, '${NUMBER}', 'completed', 1000 * i, 1000 * i + 1 FROM n`);
    await ana.post("/api/twilio/contacts", { number: GONE.phone, name: GONE.name, tags: ["vip"] });
    await ana.post("/api/twilio/contacts", { number: OTHER.phone, name: OTHER.name });
    [mine, theirs] = [await call(server, GONE), await call(server, OTHER)];
    twilio.recordings.set(mine.recording, "sound").set(theirs.recording, "sound");
    await waitUntil(async () => {
      await ana.get("/api/twilio/missed-calls");
      return rows(server.database, "SELECT 1 FROM missed_calls").length > 0;
    }, 10_000, "a missed call");
    const at = Date.now();
    const put = (table, values) => insert(server.database, table, { user_id: "ana", ...values });
    put("alerts", { kind: "rule_failed", subject: "late", detail: `no way for ${GONE.name}`, first_at: at, last_at: at });
    put("alerts", { kind: "text_failed", subject: GONE.phone, detail: "x", first_at: at, last_at: at });
    put("overrides", { forward_to_number: GONE.phone, starts_at: 1, ends_at: 2 });
    put("call_forwarding", { phone_number_id: 1, forward_to_number: GONE.phone, is_active: 0 });
    put("missed_dismissals", { number: GONE.phone, up_to: at, at });
    rows(server.database, `INSERT INTO rule_texts VALUES ('old', 'return { { "x", go = ring("${GONE.phone}") } } -- 914155550123 14155550123')`);
    // It may be in any text about someone else: as whom a plan rings, and in people's own words.
    rows(server.database, columns(server.database).filter(({ table }) => !/^rule_|migrations/.test(table)).map(({ table, column }) => {
      const free = /^(note|transcript|error_message|friendly_name|voicemail_greeting|recording_announcement)$/.test(column);
      const text = `REPLACE("${column}", '+13035550142', '${GONE.phone}')`;
      return `UPDATE "${table}" SET "${column}" = ${text}${free ? ` || ' to=%2B14155550123&x (14155550123)'` : ""}
        WHERE "${column}" IS NOT NULL`;
    }).join(";\n"));
  });
  after(async () => {
    await server?.stop();
    await twilio?.stop();
  });
  const forget = (phone) => commandJson(["forget", phone], { config });
  const erase = (phone, who = ana) => who.post("/api/twilio/callers/forget", { number: phone });

  it("is refused with a reason while the number is in use, and nothing changes", async () => {
    const before = rows(server.database, "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n;
    const refusals = [];
    const refused = async (phone, words) => {
      const answer = await erase(phone);
      assert.equal(answer.status, 409, answer.text);
      assert.match(answer.body.error.message, words);
      const { status, value } = await forget(phone);
      assert.deepEqual([status, value.error.code], [1, answer.body.error.code]);
      refusals.push(phone);
    };
    await refused(NUMBER, /one of your own/);
    await refused("+13035550142", /forwarding\.lua names it/);
    rows(server.database, "UPDATE call_forwarding SET is_active = 1");
    await refused(GONE.phone, /forwarded to it/);
    rows(server.database, "UPDATE call_forwarding SET is_active = 0");
    rows(server.database, `UPDATE overrides SET ends_at = ${Date.now() + DAY} WHERE id = (SELECT MIN(id) FROM overrides)`);
    await refused(GONE.phone, /override/);
    rows(server.database, "UPDATE overrides SET ends_at = 2");
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = NULL WHERE call_sid = '${mine.sid}'`);
    await refused(GONE.phone, /under way/);
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = started_at + 1 WHERE call_sid = '${mine.sid}'`);
    for (const odd of ["x", "+1", "+0123456789", "303-555-0142"]) {
      assert.equal((await erase(odd)).status, 422, odd);
      assert.notEqual((await forget(odd)).status, 0, odd);
    }
    twilio.once("DELETE Recordings", { status: 500, body: { code: 20500, message: "x", status: 500 } });
    assert.ok((await erase(GONE.phone)).status >= 500, "Twilio keeps the recording");
    assert.equal(rows(server.database, "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n, before);
  });

  it("loses what belongs to the user who asks, and no more", async () => {
    const of = (who) => rows(server.database, `SELECT COUNT(*) AS n FROM twilio_call_logs WHERE user_id = '${who}' AND "from" = '${GONE.phone}'`)[0].n;
    const before = of("ben");
    assert.ok(before > 0);
    const { status, body, text } = await erase(GONE.phone);
    assert.equal(status, 200, text);
    assert.ok(body.calls > 50 && body.recordings === 1 && body.rows >= 5 && body.crossed_out >= 4, text);
    assert.equal(body.complete, false, "the other user's calls are still there");
    assert.deepEqual([of("ana"), of("ben")], [0, before]);
    assert.deepEqual([twilio.recordings.has(mine.recording), twilio.recordings.has(theirs.recording)], [false, true]);
    assert.equal((await ana.get(`/api/twilio/call-logs/${mine.sid}`)).status, 404);
  });

  it(`is in no column of any table after the command, ${POSTGRES ? "which says what PostgreSQL may keep" : "and in no byte of any file"}`, async () => {
    const { status, value } = await forget(GONE.phone);
    assert.equal(status, 0, JSON.stringify(value));
    assert.deepEqual(standing(server.database), ["rule_texts.text"], "as a part of 914155550123");
    assert.match((await command(["forget", GONE.phone], { config })).out, HELD);
    const cut = `REPLACE(${RULE_TEXT}, '914155550123', '')`;
    rows(server.database, `UPDATE rule_texts SET text = ${POSTGRES ? `convert_to(${cut}, 'UTF8')` : cut}`);
    const again = await forget(GONE.phone);
    assert.equal(again.status, 0);
    assert.equal(again.value.complete, !POSTGRES, JSON.stringify(again.value));
    if (!POSTGRES) {
      assert.deepEqual(holding(server, TEXTS.slice(0, 3)), []);
      const old = `${server.database}.before-restore`;
      writeFileSync(old, "");
      assert.equal((await forget(GONE.phone)).value.complete, false);
      assert.match((await command(["forget", GONE.phone], { config })).out, /\.before-restore, from before the last restore, may still hold them: delete it\.\n/);
      rmSync(old);
    }
    assert.match(rows(server.database, `SELECT ${RULE_TEXT} AS text FROM rule_texts WHERE hash = 'old'`)[0].text, /ring\("\+00000000000"\)/);
  });

  it("leaves everybody else's calls whole, and the server at work", async () => {
    const { status, body, text } = await ana.get(`/api/twilio/call-logs/${theirs.sid}`);
    assert.equal(status, 200, text + JSON.stringify(rows(server.database, `SELECT * FROM twilio_call_logs WHERE "from" = '${OTHER.phone}'`)));
    assert.equal(body.from, OTHER.phone);
    assert.deepEqual([body.legs.length, body.recordings.length], [1, 1]);
    await call(server, OTHER);
    if (!POSTGRES) assert.equal(rows(server.database, "PRAGMA integrity_check")[0].integrity_check, "ok");
  });
});

describe("call_days", () => {
  it("deletes calls past their days with all that hung on them, by maintenance, and is off by default", async () => {
    const twilio = await TwilioRest.start();
    const server = await startServer({ rules: RULES, config: { ...twilio.config, maintenance_seconds: 0 } });
    try {
      givenNumber(server.database, { phone: NUMBER, user: "ana" });
      await server.settled();
      const [old, young] = [await call(server, GONE), await call(server, OTHER)];
      twilio.recordings.set(old.recording, "sound").set(young.recording, "sound");
      const ago = Date.now() - 31 * DAY;
      for (const sql of [`UPDATE twilio_call_logs SET started_at = ${ago}, ended_at = ${ago} WHERE call_sid = '${old.sid}' OR parent_call_sid = '${old.sid}'`,
        `UPDATE missed_marks SET at = ${ago} WHERE call_sid = '${old.sid}'`, `UPDATE missed_calls SET last_at = ${ago} WHERE number = '${GONE.phone}'`,
        `INSERT INTO alerts (user_id, kind, subject, detail, first_at, last_at) VALUES ('ana', 'bad_target', '${GONE.phone}', 'x', 1, ${ago})`,
        // One that never ended, and one whose first report was lost.
        `INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, started_at) VALUES ('CA${"e".repeat(32)}', 'ana', 'inbound', '${GONE.phone}', '${NUMBER}', 'ringing', ${ago})`,
        `INSERT INTO call_steps (call_sid, n, leg, outcome, target, at) VALUES ('CA${"f".repeat(32)}', 1, 'fwd', 'busy', '${GONE.phone}', ${ago})`]) rows(server.database, sql);
      const maintain = (more) => commandJson(["maintain"], { config: { ...twilio.config, database: server.database, server_url: server.base, lua: server.lua, ...more } });
      assert.equal((await maintain({})).status, 0);
      assert.ok(standing(server.database).length > 3, "nothing is deleted without the setting");
      assert.equal((await maintain({ call_days: 32 })).status, 0);
      assert.ok(standing(server.database).length > 3, "it is not yet time");
      const { status, value } = await maintain({ call_days: 30 });
      assert.equal(status, 0, JSON.stringify(value));
      assert.deepEqual(standing(server.database), []);
      if (!POSTGRES) assert.deepEqual(holding(server, TEXTS.slice(0, 2)), []);
      assert.deepEqual([twilio.recordings.has(old.recording), twilio.recordings.has(young.recording)], [false, true]);
      const kept = await user(server, "ana").get(`/api/twilio/call-logs/${young.sid}`);
      assert.deepEqual([kept.status, kept.body.recordings.length], [200, 1]);
    } finally {
      await server.stop();
      await twilio.stop();
    }
  });

  it("deletes the others when Twilio doesn't delete a call's recording", async (test) => {
    const twilio = await TwilioRest.start();
    test.after(() => twilio.stop());
    const server = await startServer({ rules: RULES, config: { ...twilio.config, maintenance_seconds: 0 } });
    test.after(() => server.stop());
    givenNumber(server.database, { phone: NUMBER, user: "ana" });
    await server.settled();
    const [stuck, other] = [await call(server, GONE), await call(server, OTHER)];
    for (const [one, days] of [[stuck, 32], [other, 31]]) {
      twilio.recordings.set(one.recording, "sound");
      const ago = Date.now() - days * DAY;
      rows(server.database, `UPDATE twilio_call_logs SET started_at = ${ago}, ended_at = ${ago} WHERE call_sid = '${one.sid}' OR parent_call_sid = '${one.sid}'`);
    }
    for (let n = 0; n < 3; n++) twilio.once(`DELETE Recordings/${stuck.recording}`, { status: 409, body: { code: 20409, message: "in use", status: 409 } });
    await commandJson(["maintain"], { config: { ...twilio.config, database: server.database, server_url: server.base, lua: server.lua, call_days: 30 } });
    assert.deepEqual(rows(server.database, "SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid IS NULL"), [{ call_sid: stuck.sid }]);
    assert.equal(twilio.seen(`DELETE Recordings/${stuck.recording}`).length, 1);
  });
});
