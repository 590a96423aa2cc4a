// postgres_test.mjs: what a server on PostgreSQL says and does that one on a file
// need not: a URL with a password, a database that doesn't fit, connections that
// end. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { command } from "../support/command.mjs";
import { givenNumber, rows, takeBack } from "../support/database.mjs";
import { startPair } from "../support/failover.mjs";
import { POSTGRES, psql, schemaFor, startCluster, unprivileged } from "../support/postgres.mjs";
import { freePort, launch, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const ADMIN = process.env.HS_POSTGRES_ADMIN;
const VOICE = "/api/twilio/twiml";
const SECRET = /a%20secret|a secret|wrong-word/;
const named = (url, name) => url.replace(/\/[^/]*$/, `/${name}`);

describe("on PostgreSQL", { skip }, () => {
  it("a password is in no log, greeting, setting or doctor's line", async (test) => {
    const server = await startServer();
    test.after(() => server.ended ?? server.stop({ code: null }));
    assert.match(server.out, /database: postgresql:\/\/hookswitch:\*\*\*@127\.0\.0\.1:\d+\/hookswitch\)/);
    const config = { database: server.database };
    for (const words of [["config"], ["config", "--json"], ["config", "database"], ["doctor"], ["doctor", "--json"], ["migrate"],
      ["restore", "copy.db"]]) {
      const { out, err } = await command(words, { config });
      assert.doesNotMatch(out + err, SECRET, words.join(" "));
    }
    assert.match((await command(["config", "database"], { config })).out, /^postgresql:\/\/hookswitch:\*\*\*@/);
    assert.match((await command(["restore", "copy.db"], { config })).err, /hookswitch copy FILE URL/);
    await server.stop();
    assert.doesNotMatch(server.out + server.err, SECRET);
  });

  it("a URL that can't be used is refused at the start, and says why", async () => {
    psql(ADMIN, "CREATE DATABASE latin OWNER hookswitch ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    const cases = [
      [named(POSTGRES, "latin"), /encoding is LATIN1, expected UTF8/],
      [named(POSTGRES, "nowhere"), /"nowhere" does not exist/],
      [POSTGRES.replace(/:\d+\//, ":1/").replace("a%20secret", "wrong-word"), /refused/],
      [`${POSTGRES}?options=-csearch_path%3Dnone`, /search_path/],
      [`${POSTGRES}?sslmode=nonsense`, /HOOKSWITCH_DATABASE: database has another sslmode than/],
      [POSTGRES.replace(/:\d+\//, ":70000/"), /database gives server 1 a port that isn't a number from 1 to 65535/],
      [POSTGRES.replace("a%20secret", "a secret"), /write it as %20/],
      [POSTGRES.replace(/@[^/]*/, "@127.0.0.1:1,127.0.0.1:2"), /no primary: 127\.0\.0\.1:1: Connection refused; 127\.0\.0\.1:2: Connection refused/],
    ];
    for (const [database, why] of cases) {
      const server = await launch({ config: { database } });
      await server.end;
      await server.stop({ code: 1 });
      assert.match(server.err, why);
      assert.doesNotMatch(server.out + server.err, SECRET);
    }
  });

  // Such as PgBouncer: it makes up the key of a connection that the server sends with the number of its process.
  it("a pooler is refused: its connections keep no settings, locks and LISTEN", async (test) => {
    const { port } = new URL(POSTGRES), KEY = Buffer.from([0x4b, 0, 0, 0, 12]);
    const pooler = createServer((client) => {
      const server = connect(port, "127.0.0.1").on("data", (data) => {
        const at = data.indexOf(KEY);
        if (at >= 0) data.writeInt32BE(data.readInt32BE(at + KEY.length) ^ 0x4000_0000, at + KEY.length);
        client.write(data);
      });
      client.pipe(server).on("error", () => {}).on("close", () => client.destroy());
      client.on("error", () => server.destroy());
    });
    await new Promise((resolve) => pooler.listen(0, "127.0.0.1", resolve));
    test.after(() => pooler.close());
    const server = await launch({ config: { database: POSTGRES.replace(/:\d+\//, `:${pooler.address().port}/`) } });
    await server.end;
    await server.stop({ code: 1 });
    assert.match(server.err, /a connection pooler, such as PgBouncer, answers instead of the server: name the server itself in the URL/);
  });

  for (const mode of ["session", "transaction", "statement"]) it(`so is PgBouncer itself, in ${mode} mode, by every command`, async (test) => {
    const program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find(existsSync);
    if (!program) return test.skip("PgBouncer isn't installed");
    const { port: far } = new URL(POSTGRES), port = await freePort(), as = unprivileged();
    const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-pooler-"));
    writeFileSync(path.join(folder, "users"), '"hookswitch" "a secret"\n');
    writeFileSync(path.join(folder, "ini"), `[databases]\nhookswitch = host=127.0.0.1 port=${far}\n[pgbouncer]\nlisten_addr = 127.0.0.1
listen_port = ${port}\nunix_socket_dir =\nauth_type = trust\nauth_file = ${folder}/users\npool_mode = ${mode}\n`);
    if (as) for (const name of ["", "users", "ini"]) chownSync(path.join(folder, name), as.uid, as.gid);
    const pooler = spawn(program, ["-q", path.join(folder, "ini")], { ...as, stdio: "ignore" });
    test.after(() => { pooler.kill(); rmSync(folder, { recursive: true }); });
    const database = POSTGRES.replace(/:\d+\//, `:${port}/`);
    const answers = () => { try { return psql(database, "SELECT 1"); } catch { return null; } };
    await waitUntil(answers, 10_000, "the pooler");
    for (const words of [["migrate"], ["doctor"], ["backup", "copy.db"], ["hosts"], ["copy", database, "copy.db"]]) {
      const { out, err } = await command(words, { config: words[0] === "copy" ? {} : { database } });
      assert.match(out + err, /a connection pooler, such as PgBouncer, answers instead of the server: name the server itself in the URL/, words.join(" "));
    }
    const server = await launch({ config: { database } });
    await server.end;
    await server.stop({ code: 1 });
    assert.match(server.err, /a connection pooler, such as PgBouncer, answers instead of the server/);
    // Whoever gets the connection next gets what was set on it.
    assert.equal(psql(database, "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout')").trim(), "off|0");
  });

  it("what an administrator has set for the role ends no connection and changes no transaction", async (test) => {
    psql(ADMIN, "CREATE ROLE bound LOGIN PASSWORD 'a secret' IN ROLE hookswitch CONNECTION LIMIT 11");
    for (const [name, value] of Object.entries({ idle_session_timeout: "300ms", idle_in_transaction_session_timeout: "20ms", statement_timeout: "400ms",
      default_transaction_isolation: "serializable", timezone: "Asia/Kathmandu", datestyle: "German", bytea_output: "escape",
      standard_conforming_strings: "off" })) psql(ADMIN, `ALTER ROLE bound SET ${name} = '${value}'`);
    const server = await startServer({ config: { database: schemaFor("bound").replace("//hookswitch:", "//bound:"), maintenance_seconds: 0 } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    await server.logged("database_setup");
    await sleep(1500);
    for (const event of ["bus_failed", "settings_not_copied", "not_stored"]) assert.deepEqual(server.logs(event), [], event);
    assert.match(server.logs("database_setup").at(-1).message, /room for \d+ more connections, .* the limit of the role/);
  });

  it("a command that uses the file where a server has been on PostgreSQL says so", async (test) => {
    const server = await startServer();
    test.after(() => server.ended ?? server.stop({ code: null }));
    const said = /uses hookswitch\.db, but a server in this folder has been on PostgreSQL \(state\/near\.db is here\)/;
    const migrate = (config) => command(["migrate"], { cwd: server.folder, config });
    writeFileSync(path.join(server.folder, "hookswitch.db"), "");
    // Each was written last, in turn.
    await server.stop({ code: null, keep: true });
    const [near, wal] = ["near.db", "near.db-wal"].map((name) => path.join(server.folder, "state", name));
    for (const [s, hints] of [[-60, false], [60, true]]) {
      for (const file of [near, wal].filter(existsSync)) utimesSync(file, Date.now() / 1000 + s, Date.now() / 1000 + s);
      assert.equal(said.test((await migrate({ database: null })).err), hints, `the near file was written ${s} s later`);
    }
    assert.doesNotMatch((await migrate({ database: server.database })).err, said);
    rmSync(path.join(server.folder, "state"), { recursive: true });
    assert.doesNotMatch((await migrate({ database: null })).err, said);
    server.remove();
  });

  it("a migration keeps what tells hosts that a table has changed; a database of a newer version is refused", async (test) => {
    const server = await startServer();
    test.after(() => server.ended ?? server.stop({ code: null }));
    const triggers = () => rows(server.database, `SELECT tgname FROM pg_trigger WHERE tgname LIKE 'hs_generation_%'
      AND tgrelid = 'call_forwarding'::regclass ORDER BY tgname`).map(({ tgname }) => tgname);
    const before = triggers();
    assert.deepEqual(before, ["hs_generation_empties", "hs_generation_moves"]);
    takeBack(server.database, "0026"); // which rebuilds call_forwarding
    assert.equal((await command(["migrate"], { config: { database: server.database } })).status, 0);
    assert.deepEqual(triggers(), before);
    psql(server.database, "INSERT INTO schema_migrations VALUES ('9999_later.sql', '00', 0)");
    const { status, err } = await command(["migrate"], { config: { database: server.database } });
    assert.equal(status, 1);
    assert.match(err, /9999_later\.sql, which this version of Hookswitch does not know/);
  });

  it("what another host changes while a migration sums it up is in the sums", async (test) => {
    const server = await startServer({ config: { maintenance_seconds: 0 } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(server.database, { user: "42", phone: "+15105550100" });
    psql(server.database, `INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, status_rank, started_at)
      VALUES ('CA1', '42', 'inbound', '+14155550123', '+15105550100', 'completed', 4, 1750000000000)`);
    takeBack(server.database, "0029");
    const sums = () => rows(server.database, "SELECT span, SUM(calls) AS calls, SUM(talk_seconds) AS seconds FROM call_totals"
      + " WHERE user_id = '42' AND phone_number_id = 0 GROUP BY span ORDER BY span");
    const other = spawn("psql", ["-XqAt", "-d", server.database], { stdio: ["pipe", "pipe", "inherit"] });
    other.stdin.write("BEGIN; UPDATE twilio_call_logs SET end_reason = 'answered', duration = 60; SELECT 'changed';\n");
    await once(other.stdout, "data");
    const migrating = command(["migrate"], { config: { database: server.database } });
    await Promise.race([migrating, sleep(1000)]);
    other.stdin.end("COMMIT;\n");
    await once(other, "close");
    assert.equal((await migrating).status, 0);
    assert.deepEqual(sums().map((sum) => [sum.span, Number(sum.calls), Number(sum.seconds)]),
      [[900_000, 1, 60], [1_800_000, 1, 60], [3_600_000, 1, 60]]);
  });

  it("a server without memory for a statement: the near file answers the call", async (test) => {
    const server = await startServer({ rules: `return { { "all", go = ring("+13035550142") } }\n` });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(server.database, { user: "42", phone: "+15105550100" });
    await server.settled();
    const near = (sql) => rows(path.join(server.folder, "state/near.db"), sql);
    await waitUntil(() => near("SELECT 1 AS yes FROM near_state, user_phone_numbers WHERE near_state.name = 'filled'").length, 10_000, "the near file");
    psql(server.database, `CREATE FUNCTION starve() RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'out of memory' USING ERRCODE = '53200'; END $$`);
    psql(server.database, "CREATE POLICY starved ON user_phone_numbers USING (starve())");
    psql(server.database, "ALTER TABLE user_phone_numbers FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY");
    assert.deepEqual(rung(twiml(await server.post(VOICE, inbound("+14155550123", "+15105550100")))), ["+13035550142"]);
    await server.logged("near_file_answers");
  });

  it("a superuser and a server without room are warned about", async (test) => {
    const server = await startServer({ config: { database: ADMIN } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    assert.match((await server.logged("database_setup")).message, /superuser/);
    const { out } = await command(["doctor"], { config: { database: ADMIN } });
    assert.match(out, /warn.*database.*superuser/);
    // An ordinary role isn't told what others' connections are for.
    const small = await startCluster({ settings: "max_connections = 20\n" });
    if (small.missing) return test.skip(small.missing);
    test.after(() => small.stop());
    const others = Array.from({ length: 8 }, () => spawn("psql", ["-Xq", "-d", small.admin, "-c", "SELECT pg_sleep(600)"], { stdio: "ignore" }));
    test.after(() => others.forEach((other) => other.kill()));
    await waitUntil(() => Number(psql(small.admin, "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'")) === others.length,
      10_000, "others that are connected");
    assert.equal((await command(["migrate"], { config: { database: small.url } })).status, 0);
    assert.match((await command(["doctor"], { config: { database: small.url } })).out, /warn.*room for [0-9] more connections/);
  });

  it("doctor warns of a clock that is wrong: the database's as seen from here, and each host's", async (test) => {
    const right = await startServer();
    test.after(() => right.ended ?? right.stop({ code: null }));
    const doctor = async (database) => (await command(["doctor"], { config: { database } })).out;
    assert.doesNotMatch(await doctor(right.database), /clocks of this machine|has a clock/);
    // For whoever looks into that schema first, the database's clock is an hour ahead.
    psql(right.database, `CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
      AS 'SELECT pg_catalog.clock_timestamp() + interval ''1 hour'''`);
    const database = `${right.database},pg_catalog`;
    assert.match(await doctor(database), /warn.*the clocks of this machine and of the database differ by 3(599|600) s: run NTP/);
    const wrong = await startServer({ config: { database } });
    test.after(() => wrong.ended ?? wrong.stop({ code: null }));
    const said = new RegExp(`warn.*host .*:${wrong.port}: has a clock 3(599|600)\\.\\d s behind the database's: run NTP`);
    let told;
    await waitUntil(async () => said.test(told = await doctor(right.database)), 10_000, "what the host says of itself")
      .catch((error) => assert.fail(`${error.message}:\n${told}${JSON.stringify(rows(right.database, "SELECT * FROM hosts"))}`));
    assert.doesNotMatch(told, new RegExp(`:${right.port}: has a clock|clocks of this machine`));
    await wrong.stop();
  });

  it("another cluster in the URL isn't used: it may be empty; callers are answered from the near file", async (test) => {
    const TARGET = "+13035550142", form = () => inbound("+14155550123", "+15105550100");
    const clusters = [await startCluster(), await startCluster()];
    test.after(() => Promise.all(clusters.map((cluster) => cluster.stop())));
    const [usual, wrong] = clusters;
    const before = await startServer({ config: { database: usual.url } });
    test.after(() => before.ended ?? before.stop({ code: null }));
    givenNumber(usual.url, { settings: { always: TARGET } });
    await before.settled();
    await waitUntil(() => rows(path.join(before.folder, "state/near.db"), "SELECT 1 AS yes FROM call_forwarding").length, 10_000, "the copy");
    await before.stop({ keep: true });
    const server = await startServer({ folder: before.folder, config: { database: wrong.url } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    assert.deepEqual(rung(twiml(await server.post("/api/twilio/twiml", form()))), [TARGET]);
    assert.match(server.logs("started_from_near_file")[0].message, /another cluster than was used before: .*delete state\/near\.db\.timeline/);
    assert.equal(psql(wrong.url, "SELECT count(*) FROM pg_class WHERE relname = 'call_forwarding'").trim(), "0");
    await server.stop({ code: null, keep: true });
    rmSync(path.join(before.folder, "state/near.db.timeline"));
    const meant = await startServer({ folder: before.folder, config: { database: wrong.url } });
    test.after(() => meant.ended ?? meant.stop({ code: null }));
    assert.equal(psql(wrong.url, "SELECT count(*) FROM pg_class WHERE relname = 'call_forwarding'").trim(), "1");
    await meant.stop();
  });

  it("doctor warns of two primaries: a second one on the same timeline, and an old one that nobody has stopped", async (test) => {
    const pair = await startPair();
    if (pair.missing) return test.skip(pair.missing);
    test.after(() => pair.stop());
    const { primary, standby } = pair, signal = path.join(standby.data, "standby.signal");
    const doctor = async () => (await command(["doctor"], { config: { database: pair.url } })).out;
    const line = (node, text) => new RegExp(`127\\.0\\.0\\.1:${node.port} ${text}`, "m");
    await primary.psql("ALTER SYSTEM RESET synchronous_standby_names");
    await primary.psql("SELECT pg_reload_conf()");
    assert.equal((await command(["migrate"], { config: { database: pair.url } })).status, 0);
    assert.doesNotMatch(await doctor(), /can be written to, too/);
    // Started as if it weren't a standby.
    await standby.stop();
    rmSync(signal);
    await standby.start();
    const twins = await doctor();
    const [used, other] = line(primary, "is the primary, timeline 1").test(twins) ? [primary, standby] : [standby, primary];
    assert.match(twins, line(used, "is the primary, timeline 1"));
    assert.match(twins, line(other, "can be written to, too, on timeline 1: stop one of them$"));
    assert.match(twins, /warn.*can be written to, too/);
    await standby.stop();
    standby.settings(); // it follows nobody: both have written
    writeFileSync(signal, "");
    await standby.start();
    await standby.promote();
    const both = await doctor();
    assert.match(both, line(standby, "is the primary, timeline 2"));
    assert.match(both, line(primary, "can be written to, too, on timeline 1: stop it$"));
    assert.match(both, /warn.*can be written to, too/);
  });

  it("calls are answered from it, before and after its connections are cut", async (test) => {
    const database = `${schemaFor("cut_off")}&application_name=cut_off`;
    const server = await startServer({ config: { database } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(database, { settings: { always: "+13035550142" } });
    await server.settled();
    const ring = async () => rung(twiml(await server.post(VOICE, inbound("+14155550123", "+15105550100"))));
    const before = await ring();
    assert.ok(before.length);
    for (let round = 0; round < 3; round++) {
      psql(POSTGRES, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut_off' AND pid <> pg_backend_pid()");
      assert.deepEqual(await waitUntil(() => ring().catch(() => null), 10_000, "an answer"), before);
    }
    // What came while a connection was gone is delivered a moment later.
    await waitUntil(() => rows(database, "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n >= 4, 10_000, "all calls");
  });

  // A row that changes n times in a transaction is read over n times by each of them.
  it("a transaction changes each sum of the call log once, however many calls it writes", async (test) => {
    const server = await startServer({ config: { maintenance_seconds: 0 } });
    test.after(() => server.ended ?? server.stop({ code: null }));
    const id = givenNumber(server.database);
    const hour = Math.floor(Date.now() / 3_600_000 - 30) * 3_600_000;
    const sums = () => rows(server.database, "SELECT t.span, phone_number_id, t.user_id, calls, answered, millionths, price_unit"
      + " FROM call_totals AS t LEFT JOIN call_costs AS c ON (c.user_id, c.span, c.start, 0) = (t.user_id, t.span, t.start, phone_number_id)"
      + " WHERE calls <> 0 ORDER BY 1, 2, 3");
    const spans = [[900_000, 0, ""], [900_000, 0, "42"], [1_800_000, 0, ""], [1_800_000, 0, "42"], [3_600_000, 0, ""], [3_600_000, 0, "42"],
      [3_600_000, id, "42"], [86_400_000, id, "42"]];
    const each = (calls, answered, millionths) => spans.map(([span, phone_number_id, user_id]) => ({ span, phone_number_id, user_id, calls, answered,
      millionths: phone_number_id ? null : millionths, price_unit: phone_number_id ? null : "USD" }));
    const transaction = (...list) => psql(server.database, `BEGIN; ${list.join("; ")}; SET CONSTRAINTS ALL IMMEDIATE;
      SELECT n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables WHERE relid = 'call_totals'::regclass; COMMIT`).trim();
    const call = (n) => `INSERT INTO twilio_call_logs (user_id, call_sid, phone_number_id, direction, status, started_at, ended_at, end_reason, price, price_unit)
      VALUES ('42', 'CA${n}', ${id}, 'inbound', 'completed', ${hour + n}, ${hour + 9000}, 'answered', '-0.5', 'USD')`;
    assert.equal(transaction(...Array.from({ length: 200 }, (_, n) => call(n))), String(spans.length));
    assert.deepEqual(sums(), each(200, 200, -100_000_000));
    assert.equal(transaction(...Array.from({ length: 100 }, (_, n) => `UPDATE twilio_call_logs SET price = '-0.25', end_reason = 'no_answer' WHERE call_sid = 'CA${n}'`),
      "SAVEPOINT one", "DELETE FROM twilio_call_logs", "ROLLBACK TO one", "DELETE FROM twilio_call_logs WHERE call_sid = 'CA199'"), String(spans.length));
    assert.deepEqual(sums(), each(199, 99, -74_500_000));
    psql(server.database, "DELETE FROM twilio_call_logs");
    assert.deepEqual(sums(), []);
    for (const table of ["hs_call_changes", "hs_call_changes_due"]) assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM ${table}`)[0].n, 0);
  });
});
