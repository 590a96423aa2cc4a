// backup_test.mjs: backup while calls come in, and restore.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { command, commandJson, newFolder } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { startServer } from "../support/server.mjs";

const numbers = (database) => rows(database, "SELECT phone_number FROM user_phone_numbers ORDER BY id").map((n) => n.phone_number);

async function made() {
  const cwd = newFolder();
  const options = { cwd };
  assert.equal((await command(["migrate"], options)).status, 0);
  const database = path.join(cwd, "hookswitch.db");
  givenNumber(database, { phone: "+15105550100" });
  return { cwd, options, database, copy: path.join(cwd, "copy.db") };
}

describe("backup", () => {
  it("writes a copy that is whole, while the server writes", async () => {
    const server = await startServer();
    const copy = path.join(newFolder(), "copy.db");
    let going = true;
    let stored = 0;
    const writing = (async () => {
      for (let n = 0; going; n++) {
        const answer = await server.post("/api/twilio/status-callback", { CallSid: `CA${String(n).padStart(32, "0")}`, CallStatus: "completed", From: "+14155550123", To: "+15105550100" });
        assert.equal(answer.status, 204);
        stored++;
      }
    })();
    try {
      const { status, value } = await commandJson(["backup", copy], { config: { database: server.database } });
      assert.deepEqual([status, value], [0, { ok: true, file: copy }]);
      going = false;
      await writing;
      assert.equal(rows(copy, "PRAGMA integrity_check")[0].integrity_check, "ok");
      assert.ok(rows(copy, "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n <= stored);
      const again = await command(["backup", copy], { config: { database: server.database } });
      assert.equal(again.status, 1);
      assert.match(again.err, /exists already/);
    } finally {
      going = false;
      await server.stop();
    }
  });

  it("says what it needs", async () => {
    assert.equal((await command(["backup"])).status, 2);
    assert.equal((await command(["backup", "a", "b"])).status, 2);
    assert.equal((await command(["restore"])).status, 2);
    for (const name of ["backup", "restore"]) assert.match((await command([name, "--help"])).out, new RegExp(`usage: hookswitch ${name} .*FILE`));
    const { options, cwd } = await made();
    assert.equal((await command(["backup", path.join(cwd, "no", "folder")], options)).status, 1);
  });
});

describe("restore", () => {
  it("brings the copy back and keeps what was there", async () => {
    const { options, database, copy } = await made();
    assert.equal((await command(["backup", copy], options)).status, 0);
    givenNumber(database, { phone: "+15105550101" });
    const { status, value } = await commandJson(["restore", copy], options);
    assert.deepEqual([status, value], [0, { ok: true, file: database }]);
    assert.deepEqual(numbers(database), ["+15105550100"]);
    assert.deepEqual(numbers(`${database}.before-restore`), ["+15105550100", "+15105550101"]);
    assert.deepEqual(numbers(copy), ["+15105550100"]);
    assert.ok(!existsSync(`${database}.restoring`));
    // and once more, over the one that was kept
    assert.equal((await command(["restore", copy], options)).status, 0);
    assert.deepEqual(numbers(`${database}.before-restore`), ["+15105550100"]);
  });

  it("makes a database where there is none", async () => {
    const { options, copy } = await made();
    await command(["backup", copy], options);
    const elsewhere = path.join(newFolder(), "new.db");
    assert.equal((await command(["restore", copy], { config: { database: elsewhere } })).status, 0);
    assert.deepEqual(numbers(elsewhere), ["+15105550100"]);
  });

  it("replaces a damaged database", async () => {
    const { options, database, copy } = await made();
    await command(["backup", copy], options);
    writeFileSync(database, "this is no database at all, but long enough to look at".repeat(100));
    assert.equal((await command(["restore", copy], options)).status, 0);
    assert.deepEqual(numbers(database), ["+15105550100"]);
  });

  it("is refused while a server uses the database", async () => {
    const server = await startServer();
    const copy = path.join(newFolder(), "copy.db");
    const options = { config: { database: server.database } };
    try {
      assert.equal((await command(["backup", copy], options)).status, 0);
      givenNumber(server.database, { phone: "+15105550109" });
      const { status, value } = await commandJson(["restore", copy], options);
      assert.deepEqual([status, value.error.code], [1, POSTGRES ? "unsupported" : "in_use"]);
      assert.deepEqual(numbers(server.database), ["+15105550109"]);
      assert.equal((await server.get("/readyz")).status, 200);
      const answer = await server.post("/api/twilio/status-callback", { CallSid: `CA${"0".repeat(32)}`, CallStatus: "completed", From: "+14155550123", To: "+15105550109" });
      assert.equal(answer.status, 204);
    } finally {
      await server.stop();
    }
  });

  it("refuses a damaged or foreign copy, and leaves the database alone", async () => {
    const { cwd, options, database, copy } = await made();
    await command(["backup", copy], options);
    const bad = (name, make) => { const file = path.join(cwd, name); make(file); return file; };
    const whole = readFileSync(copy);
    const spoilt = Buffer.from(whole);
    for (let at = 4096; at < spoilt.length; at += 4096) spoilt.fill(0xff, at, at + 512);
    const cases = [
      bad("text.db", (file) => writeFileSync(file, "hello ".repeat(2000))),
      bad("short.db", (file) => writeFileSync(file, whole.subarray(0, whole.length >> 1))),
      bad("spoilt.db", (file) => writeFileSync(file, spoilt)),
      bad("empty.db", (file) => writeFileSync(file, "")),
      bad("foreign.db", (file) => rows(file, "CREATE TABLE songs (name TEXT)")),
      bad("newer.db", (file) => { writeFileSync(file, whole); rows(file, "INSERT INTO schema_migrations (name, sha256, applied_at) VALUES ('9999_future.sql', 'x', 1)"); }),
      path.join(cwd, "missing.db"), database,
    ];
    for (const file of cases) {
      const { status, err } = await command(["restore", file], options);
      assert.equal(status, 1, file);
      assert.match(err, /hookswitch restore: \S/);
      assert.deepEqual(numbers(database), ["+15105550100"], file);
      assert.ok(!existsSync(`${database}.restoring`));
    }
  });
});
