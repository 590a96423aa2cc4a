// copy_test.mjs: `hookswitch copy` between a file and PostgreSQL, and `backup`
// from PostgreSQL. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { command, commandJson, newFolder } from "../support/command.mjs";
import { givenNumber, rows, takeBack } from "../support/database.mjs";
import { dropSchema, POSTGRES, psql, schemaFor } from "../support/postgres.mjs";
import { startServer } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const SECRET = /a%20secret|a secret/;
const ROWS = 5;
// What texts may hold, and numbers of 64 bits.
const AWKWARD = ["", "plain", "it's \"quoted\" \\ back", "größer 🙂 \u{10ffff}", "two\nlines\ttab"];
const BIG = [0, -1, "9223372036854775807", "-9223372036854775808", 4_102_444_800_000];

const made = [];
function schema(name) {
  made.push(schemaFor(`${name}_${process.pid}`));
  return made.at(-1);
}
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const sqlite = (file, sql) => execFileSync("sqlite3", ["-cmd", ".timeout 60000", file], { input: Buffer.from(sql), encoding: "latin1", maxBuffer: 1 << 28 });

// A value for a column that its constraints allow, different for each row where it must be.
function valueFor(sql, { name, type, notnull, pk }, i) {
  const among = new RegExp(`\\b${name} [^,]*CHECK \\(${name} IN \\(([^)]*)\\)`).exec(sql);
  if (among) {
    const list = among[1].split(",");
    return list[i % list.length];
  }
  const between = new RegExp(`CHECK \\(${name} BETWEEN (\\d+)`).exec(sql);
  if (between) return Number(between[1]) + i;
  if (new RegExp(`\\b${name} INTEGER[^,]* REFERENCES`).test(sql)) return i + 1;
  if (!notnull && !pk && i % ROWS === 3) return "NULL";
  if (name === "text" && /TABLE "?rule_(texts|drafts)/.test(sql)) return `CAST(x'${Buffer.from(`${name}${i}`).toString("hex")}ff00c328' AS TEXT)`;
  if (type === "REAL") return [0.1, -1e300, 5e-324, 12, 1 / 3][i % ROWS];
  if (type === "INTEGER") return pk || /id$|^n$|^seq$/.test(name) ? i + 1 : BIG[i % ROWS];
  return quoted(`${AWKWARD[i % ROWS]}${i}`);
}

const COLUMNS = `SELECT m.name AS "table", m.sql, p.name, p.type, p."notnull", p.pk FROM sqlite_schema AS m, pragma_table_info(m.name) AS p
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('schema_migrations', 'rule_current', 'hosts', 'leases')
  ORDER BY m.sql LIKE '%REFERENCES%', m.rowid, p.cid`;
function grouped(list, by) {
  const groups = {};
  for (const item of list) (groups[by(item)] ??= []).push(item);
  return groups;
}
const byTable = (file) => Object.entries(grouped(rows(file, COLUMNS), (column) => column.table));

// Rows in every table, and those that its triggers add.
function fill(file) {
  const lines = ["BEGIN;"];
  for (const [table, columns] of byTable(file)) {
    for (let i = 0; i < ROWS; i++)
      lines.push(`INSERT OR IGNORE INTO ${table} (${columns.map((c) => `"${c.name}"`)}) VALUES (${columns.map((c) => valueFor(c.sql, c, i))});`);
  }
  sqlite(file, `${lines.join("\n")}\nCOMMIT;`);
}

// All rows, in an order of their own; every byte of every value.
function contents(file) {
  const values = (columns) => columns.map(({ name }) => `typeof("${name}") || ':' || coalesce(hex(CAST("${name}" AS BLOB)), '')`);
  const tables = byTable(file);
  const out = sqlite(file, tables.map(([table, columns]) => `SELECT '${table} ' || ${values(columns).join(" || '|' || ")} FROM ${table};`).join("\n"));
  const found = grouped(out.trim().split("\n").sort(), (line) => line.split(" ", 1)[0]);
  for (const [table] of tables) assert.ok(found[table]?.length > 0, `${table} has no rows`);
  return found;
}

async function migrated(database) {
  const { status, err } = await command(["migrate"], { config: { database } });
  assert.equal(status, 0, err);
  return database;
}

describe("copy", { skip }, () => {
  after(() => made.forEach(dropSchema));

  it("carries everything to PostgreSQL and back, byte for byte", async () => {
    const folder = newFolder();
    const file = await migrated(path.join(folder, "full.db"));
    fill(file);
    const url = schema("copy_full");
    const there = await command(["copy", file, url]);
    assert.equal(there.status, 0, there.err);
    assert.match(there.out, /^Copied \d+ rows of \d+ tables from .*full\.db to postgresql:\/\/hookswitch:\*\*\*@/);
    // Numbers go on, triggers work.
    const most = rows(file, "SELECT MAX(id) AS id FROM user_phone_numbers")[0].id;
    const counted = () => Number(rows(url, "SELECT SUM(calls) AS n FROM call_totals")[0].n);
    psql(url, "ALTER TABLE user_phone_numbers ADD COLUMN spare INTEGER"); // another shape is seen
    const other = await command(["copy", url, path.join(folder, "other.db")]);
    assert.match(other.err, /user_phone_numbers: the two databases don't have the same columns/);
    psql(url, "ALTER TABLE user_phone_numbers DROP COLUMN spare");
    const back = await commandJson(["copy", url, path.join(folder, "back.db")]);
    assert.equal(back.status, 0);
    assert.deepEqual(contents(path.join(folder, "back.db")), contents(file));
    const before = counted();
    assert.equal(givenNumber(url, { phone: "+15105550199", user: "new" }), most + 1);
    psql(url, "INSERT INTO twilio_call_logs (user_id, call_sid, phone_number_id, status, started_at) VALUES ('new', 'CAnew', 1, 'completed', 1)");
    assert.ok(counted() > before);
    assert.deepEqual(readdirSync(folder).filter((name) => /partial|-wal|-shm/.test(name)), []);
  });

  it("is typed as the page has it", async () => {
    const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
    const [, file, url] = page.match(/^hookswitch copy (\S+) '(postgresql:\S+)'$/m);
    const cwd = newFolder();
    await migrated(path.join(cwd, file));
    const there = await command(["copy", file, schema("copy_page")], { cwd });
    assert.deepEqual([there.status, new URL(url).searchParams.get("sslmode")], [0, "verify-full"], there.err);
  });

  it("takes a database that was only migrated, and refuses one with rows, whole or not at all", async () => {
    const folder = newFolder();
    const file = await migrated(path.join(folder, "one.db"));
    givenNumber(file);
    const url = await migrated(schema("copy_migrated"));
    const first = await commandJson(["copy", file, url]);
    assert.deepEqual([first.status, first.value.ok], [0, true]);
    const again = await command(["copy", file, url]);
    assert.equal(again.status, 1);
    assert.match(again.err, /hookswitch:\*\*\*@.* isn't empty: user_phone_numbers has 1 rows/);
    const taken = await command(["copy", url, file]);
    assert.match(taken.err, /one\.db exists already/);
    // A text that PostgreSQL can't hold: nothing of the rest stays.
    sqlite(file, "UPDATE user_phone_numbers SET friendly_name = CAST(x'ff' AS TEXT)");
    const fresh = schema("copy_fresh");
    const broken = await command(["copy", file, fresh]);
    assert.equal(broken.status, 1);
    assert.match(broken.err, /user_phone_numbers, row 1: a text with a NUL byte or invalid UTF-8/);
    assert.equal(rows(fresh, "SELECT COUNT(*) AS n FROM user_phone_numbers")[0].n, 0);
    sqlite(file, "UPDATE user_phone_numbers SET friendly_name = 'good'");
    assert.equal((await command(["copy", file, fresh])).status, 0);
  });

  it("a table that a migration rebuilds keeps its rows, and goes on numbering", async () => {
    for (const database of [path.join(newFolder(), "old.db"), schema("copy_renewed")]) {
      await migrated(database);
      const id = givenNumber(database);
      for (const n of [41, 57]) rows(database, `INSERT INTO call_forwarding (id, user_id, phone_number_id, forward_to_number, is_active)
        VALUES (${n}, '42', ${id}, '+13035550142', 0)`);
      takeBack(database, "0026"); // which rebuilds call_forwarding
      await migrated(database);
      rows(database, "INSERT INTO call_forwarding (user_id, forward_to_number) VALUES ('42', '+13035550143')");
      assert.deepEqual(rows(database, "SELECT id, phone_number_id FROM call_forwarding ORDER BY id"),
        [{ id: 41, phone_number_id: id }, { id: 57, phone_number_id: id }, { id: 58, phone_number_id: null }]);
    }
  });

  it("says what can't be copied, without a password", async () => {
    const folder = newFolder();
    const file = await migrated(path.join(folder, "one.db"));
    const cases = [
      [[path.join(folder, "none.db"), schema("copy_none")], /can't read .*none\.db: No such file/],
      [[schema("copy_none"), path.join(folder, "x.db")], /holds no tables of Hookswitch/],
      [[file, file], /into itself/],
      [[file, POSTGRES.replace(/\/[^/]*$/, "/nowhere")], /"nowhere" does not exist/],
      [[file, POSTGRES.replace(/:\d+\//, ":1/")], /refused/],
      [[POSTGRES.replace("postgresql", "Postgres"), file], /FROM is neither a file nor a URL like/],
      [[file, "host=127.0.0.1 password='a secret'"], /TO is neither a file nor a URL like/],
    ];
    for (const [words, why] of cases) {
      const { status, out, err } = await command(["copy", ...words]);
      assert.equal(status, 1, words.join(" "));
      assert.match(err, why);
      assert.doesNotMatch(out + err, SECRET);
    }
    for (const verb of ["backup", "restore"]) {
      const { status, out, err } = await command([verb, POSTGRES]);
      assert.deepEqual([status, out], [1, ""]);
      assert.match(err, /FILE isn't a file: to copy from or to PostgreSQL, use `hookswitch copy FROM TO`/);
    }
    sqlite(file, "INSERT INTO schema_migrations VALUES ('9999_later.sql', '00', 0)");
    assert.match((await command(["copy", file, schema("copy_none")])).err, /one\.db: the database has 9999_later\.sql, which this version/);
    sqlite(file, "DELETE FROM schema_migrations WHERE name > '0016'");
    assert.match((await command(["copy", file, schema("copy_none")])).err, /schema of an older version: run `hookswitch migrate`/);
    assert.equal((await command(["copy", file])).status, 2);
    assert.ok(!existsSync(path.join(folder, "x.db")));
  });

  it("waits for nobody: a database in use is refused, and backup takes a snapshot of it", async (test) => {
    const server = await startServer();
    test.after(() => server.ended ?? server.stop({ code: null }));
    givenNumber(server.database, { settings: { always: "+13035550142" } });
    const folder = newFolder();
    const copy = path.join(folder, "copy.db");
    const used = await command(["copy", server.database, copy]);
    assert.match(used.err, /in use: stop every host first/);
    const inUse = path.join(folder, "busy.db");
    const busy = await startServer({ config: { database: inUse } });
    test.after(() => busy.ended ?? busy.stop({ code: null }));
    assert.match((await command(["copy", inUse, schema("copy_busy")])).err, /busy\.db is in use/);
    await busy.stop({ keep: true });
    const { status, value } = await commandJson(["backup", copy], { config: { database: server.database } });
    assert.deepEqual([status, value], [0, { ok: true, file: copy }]);
    await server.stop();
    // A server starts with it, and it goes into an empty database.
    const again = await startServer({ config: { database: copy } });
    test.after(() => again.ended ?? again.stop({ code: null }));
    assert.deepEqual(rung(twiml(await again.post("/api/twilio/twiml", inbound("+14155550123", "+15105550100")))), ["+13035550142"]);
    await again.stop({ keep: true });
    const other = schema("copy_restored");
    assert.equal((await command(["copy", copy, other])).status, 0);
    assert.equal(rows(other, "SELECT COUNT(*) AS n FROM call_forwarding")[0].n, 1);
  });
});
