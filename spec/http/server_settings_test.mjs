// server_settings_test.mjs: what an administrator sets for the role or the database changes nothing that Hookswitch stores or answers,
// or is refused by name. The cases are made from the settings that the server has. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { copied } from "../support/callers.mjs";
import { command, newFolder } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES, psql, rowsOf } from "../support/postgres.mjs";
import { generator, shuffled } from "../support/random.mjs";
import { launch, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, one, report, rung, target, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const ADMIN = process.env.HS_POSTGRES_ADMIN;
const ROUNDS = Number(process.env.HS_SETTINGS_ROUNDS ?? 2), SEED = Number(process.env.HS_SETTINGS_SEED ?? 1);
const CALLER = "+14155550123", NUMBER = "+15105550100", TARGET = "+13035550142";
const AWKWARD = "it's \"quoted\" \\ back \\x41 größer 🙂 {a,NULL}";

// Times are long enough for one statement; beneath that, nobody can work.
const TIMES = { statement_timeout: ["10ms"], idle_session_timeout: ["300ms"], idle_in_transaction_session_timeout: ["50ms"], lock_timeout: ["1ms"],
  tcp_user_timeout: ["3s"], client_connection_check_interval: ["10ms"] };
const TEXTS = { datestyle: ["German", "SQL, DMY", "Postgres, YMD"], timezone: ["Asia/Kathmandu", "America/St_Johns"], lc_numeric: ["C"],
  default_text_search_config: ["simple"], timezone_abbreviations: ["Australia"], application_name: ["theirs"], client_encoding: ["LATIN1", "SQL_ASCII"] };
const NOT = {
  "they name files or tablespaces that aren't there": ["local_preload_libraries", "default_tablespace", "temp_tablespaces", "default_table_access_method",
    "lc_monetary", "lc_time", "restrict_nonsystem_relation_kind"],
  "they have a test of their own below": ["default_transaction_read_only", "search_path"],
  "they can't be set so": ["transaction_isolation", "transaction_read_only", "transaction_deferrable"],
  "they wait on purpose": ["post_auth_delay"],
};

function valuesOf({ name, vartype, setting, min_val, max_val, enumvals }) {
  const key = name.toLowerCase();
  if (TIMES[key] ?? TEXTS[key]) return TIMES[key] ?? TEXTS[key];
  if (vartype === "bool") return [setting === "on" ? "off" : "on"];
  if (vartype === "enum") return enumvals.filter((value) => value !== setting);
  if (vartype === "string") return [];
  return [min_val, max_val].filter((value) => value !== setting && Number(value) < 1e9 && Number(value) > -1e9);
}

const made = [];
function database(name) {
  psql(ADMIN, `CREATE ROLE ${name} LOGIN PASSWORD 'a secret'`);
  psql(ADMIN, `CREATE DATABASE ${name} OWNER ${name}`);
  made.push(name);
  return { theirs: POSTGRES.replace("//hookswitch:", `//${name}:`).replace(/\/[^/]*$/, `/${name}`), admin: `${ADMIN.replace(/\/[^/]*$/, `/${name}`)}?options=-cDateStyle%3DISO%20-cstatement_timeout%3D0` };
}
const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

// A call, what is written by hand and read back, a version of the rules, sums, a copy: what can be told from others by what it leaves.
async function work(test, urls) {
  const ask = (sql) => rows(urls.admin, sql);
  const server = await startServer({ config: { database: urls.theirs, maintenance_seconds: 0 } });
  test.after(() => server.ended ?? server.stop({ code: null }));
  const id = givenNumber(urls.admin, { settings: { always: TARGET } });
  psql(urls.admin, `INSERT INTO twilio_call_logs (user_id, call_sid, phone_number_id, direction, status, started_at, ended_at, end_reason, price, price_unit)
    VALUES ('42', 'CA0', ${id}, 'inbound', 'completed', 1790000000000, 1790000009000, 'answered', '-0.5', 'USD')`);
  const form = inbound(CALLER, NUMBER, { CallSid: `CA${"1".repeat(32)}` });
  const ring = () => server.post("/api/twilio/twiml", form);
  await server.settled();
  let answer = await ring();
  assert.equal(answer.status, 200);
  assert.deepEqual(rung(twiml(answer)), [TARGET]);
  answer = await server.post(target(server, one(twiml(answer), "Dial")), { ...form, CallStatus: "in-progress", DialCallStatus: "completed",
    DialCallSid: `CA${"2".repeat(32)}`, DialCallDuration: "7" });
  assert.equal(answer.status, 200);
  answer = await server.post("/api/twilio/status-callback", report(form.CallSid, "completed", { From: CALLER, To: NUMBER, Direction: "inbound", CallDuration: "9" }));
  assert.equal(answer.status, 204);
  const ana = user(server, "42");
  const contact = await ana.post("/api/twilio/contacts", { number: CALLER, name: AWKWARD });
  assert.equal(contact.status, 201, contact.text);
  const list = await ana.get("/api/twilio/contacts");
  const calls = await ana.get("/api/twilio/call-logs");
  assert.equal(calls.status, 200, calls.text);
  const { hash } = (await ana.get("/api/twilio/rules")).body;
  const saved = await ana.put("/api/twilio/rules", { source: `-- ${AWKWARD}\nreturn {}\n`, hash });
  const found = {
    contacts: JSON.stringify(list.body).includes(JSON.stringify(AWKWARD).slice(1, -1)), saved: saved.status,
    calls: ask("SELECT call_sid, status, direction, duration, end_reason FROM twilio_call_logs"),
    legs: ask("SELECT COUNT(*) AS n FROM call_steps"), totals: ask("SELECT user_id, span, calls, inbound, answered, talk_seconds FROM call_totals ORDER BY 1, 2, 3"),
    texts: ask("SELECT md5(text) AS text FROM rule_texts ORDER BY 1"),
  };
  // A setting by hand reaches the host.
  psql(urls.admin, `UPDATE call_forwarding SET forward_to_number = '+13035550177'`);
  await waitUntil(async () => rung(twiml(await server.post("/api/twilio/twiml", inbound(CALLER, NUMBER)))).includes("+13035550177"), 5000, "the setting");
  await sleep(700);
  const told = server.err.split("\n").filter((line) => /"level":"(warn|error)"/.test(line) && !/"database_setup"|"file_limit"|"code":"(time|busy)"/.test(line));
  assert.deepEqual(told, []);
  const folder = newFolder(), copy = await command(["backup", `${folder}/copy.db`], { config: { database: urls.theirs } });
  assert.equal(copy.status, 0, copy.err);
  const doctor = await command(["doctor", "--json"], { config: { database: urls.theirs } });
  found.doctor = JSON.parse(doctor.out).report.filter(({ about, state }) => about === "database" && state !== "info").map(({ state, message }) => `${state} ${message}`);
  await server.stop();
  const out = await command(["copy", urls.theirs, `${folder}/whole.db`]);
  assert.equal(out.status, 0, out.err);
  return found;
}

describe("the server's settings", { skip }, () => {
  after(() => {
    for (const name of made) psql(ADMIN, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`), psql(ADMIN, `DROP ROLE IF EXISTS ${name}`);
  });
  let usual;
  it("are Debian's: what a call, a contact, a saved rule and a copy leave", async (test) => {
    usual = await work(test, database(`settings_usual_${process.pid}`));
    assert.equal(usual.contacts, true);
    assert.equal(usual.saved, 200);
    for (const what of ["calls", "totals", "texts"]) assert.ok(usual[what].length, what);
  });

  for (let round = 0; round < ROUNDS; round++) it(`of any value change nothing (${round + 1})`, async (test) => {
    const below = generator(SEED * 1000 + round), skipped = Object.values(NOT).flat();
    const settings = rowsOf(ADMIN, "SELECT name, vartype, setting, min_val, max_val, enumvals FROM pg_settings WHERE context = 'user'")
      .filter(({ name }) => !skipped.includes(name.toLowerCase()));
    const chosen = shuffled(settings, SEED * 1000 + round).map((setting) => [setting.name, valuesOf(setting)]).filter(([, values]) => values.length)
      .map(([name, values]) => [name, values[below(values.length)]]).filter((_, i) => ROUNDS === 1 || (i + round) % 2);
    const name = `settings_${round}_${process.pid}`, urls = database(name);
    for (const [setting, value] of chosen)
      psql(ADMIN, `ALTER ${["ROLE", "DATABASE"][below(2)]} ${name} SET ${setting} = ${setting.toLowerCase() === "datestyle" ? value : quoted(value)}`);
    assert.deepEqual(await work(test, urls), usual, JSON.stringify(chosen));
  });

  it("a role that becomes another one at its login works", async (test) => {
    const name = `settings_member_${process.pid}`, urls = database(name);
    psql(ADMIN, `CREATE ROLE ${name}_owner; GRANT ${name}_owner TO ${name}; ALTER DATABASE ${name} OWNER TO ${name}_owner; ALTER ROLE ${name} SET role = '${name}_owner'`);
    test.after(() => { psql(ADMIN, `DROP DATABASE ${name} WITH (FORCE)`); psql(ADMIN, `DROP ROLE ${name}_owner`); });
    assert.deepEqual(await work(test, urls), usual);
  });

  it("of the replication role local, with which triggers run, work", async (test) => {
    const name = `settings_local_${process.pid}`, urls = database(name);
    psql(ADMIN, `ALTER ROLE ${name} SET session_replication_role = local`);
    assert.deepEqual(await work(test, urls), usual);
  });

  // The start and doctor say it; a host that is running answers from its near file and says it in the log.
  const MISTAKES = {
    "default_transaction_read_only": ["SET default_transaction_read_only = on", /read-only: default_transaction_read_only is on for it, the database or the role/],
    "session_replication_role": ["SET session_replication_role = replica", /session_replication_role is replica, so that no trigger runs: reset it/],
    "a search_path to another schema": ["SET search_path = elsewhere",
      /search_path leads to the empty schema elsewhere, and Hookswitch's tables are in public: reset it for the role and the database, or name a schema in the URL \(\?options=-csearch_path%3Dpublic\)/],
    "a search_path to no schema": ["SET search_path = nowhere", /search_path names no schema that exists/],
  };
  for (const [of, level] of [["its role", "ROLE"], ["the database", "DATABASE"]]) it(`that nobody can work with are refused by name: of ${of}`, async (test) => {
    const name = `settings_${level.toLowerCase()}_${process.pid}`, urls = database(name);
    const config = { database: urls.theirs };
    const server = await startServer({ config });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(urls.admin, { settings: { always: TARGET } });
    await server.settled();
    const ring = async () => rung(twiml(await server.post("/api/twilio/twiml", inbound(CALLER, NUMBER))));
    await waitUntil(async () => (await ring()).includes(TARGET), 10_000, "the number");
    await copied(server);
    psql(urls.admin, `CREATE SCHEMA elsewhere AUTHORIZATION ${name}`);
    let calls = 0;
    for (const [what, [setting, said]] of Object.entries(MISTAKES)) {
      psql(ADMIN, `ALTER ${level} ${name} ${setting}`);
      psql(ADMIN, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${name}'`);
      const second = await launch({ config });
      await second.end;
      await second.stop({ code: 1 });
      assert.match(second.err, said, what);
      const doctor = await command(["doctor"], { config });
      assert.match(doctor.out, said, what);
      for (let n = 0; n < 3; n++, calls++) assert.deepEqual(await ring(), [TARGET], what);
      psql(ADMIN, `ALTER ${level} ${name} RESET ${setting.split(" ")[1]}`);
      assert.equal(psql(urls.admin, "SELECT count(*) FROM pg_class WHERE relnamespace = 'elsewhere'::regnamespace").trim(), "0", what);
    }
    assert.match(server.err, /"near_file_answers"/);
    const stored = () => Number(psql(urls.admin, "SELECT count(*) FROM call_decisions"));
    await waitUntil(() => stored() > calls, 20_000, "all calls in the database");
    // Another schema that is meant.
    const meant = await startServer({ config: { database: `${urls.theirs}?options=-csearch_path%3Delsewhere` } });
    test.after(() => meant.ended ?? meant.stop({ code: null }));
    await meant.stop();
    await server.stop();
  });
});
