// mishaps_test.mjs: what happens to a database that people administer, while calls come in: who calls is answered, and what was
// acknowledged is stored. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CALLER, copied, NUMBER, play, TARGET } from "../support/callers.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { POSTGRES, programs, psql, startCluster } from "../support/postgres.mjs";
import { sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const LASTS_MS = 3000, HEALS_MS = 6000; // what the database refused is tried again every five seconds

async function serve(cluster) {
  const server = await startServer({ config: { database: cluster.url, workers: 16, daily_minutes: 1_000_000, concurrent_calls: 1_000_000 } });
  givenNumber(cluster.url, { settings: { always: TARGET } });
  await server.settled();
  await waitUntil(async () => (await server.post("/api/twilio/twiml", inbound(CALLER, NUMBER))).body.includes(TARGET), 10_000, "the number");
  await copied(server);
  return server;
}

// A cluster as an administrator has it: `psql` is the superuser's, in the database.
async function administered() {
  const cluster = await startCluster();
  if (cluster.missing) return cluster;
  const database = cluster.admin.replace(/postgres$/, "hookswitch");
  const psqlThere = (sql) => psql(database, sql).trim();
  const others = "FROM pg_stat_activity WHERE usename = 'hookswitch' AND pid <> pg_backend_pid()";
  return { ...cluster, database, psql: psqlThere, primary: { psql: async (sql) => psqlThere(sql) },
    connections: () => psqlThere(`SELECT pid ${others}`).split("\n").filter(Boolean),
    endAll: () => psqlThere(`SELECT count(pg_terminate_backend(pid)) ${others}`),
    // psql that holds something until it is ended.
    hold: (sql, by = database) => spawn("psql", ["-Xq", "-d", by, "-c", `BEGIN; ${sql}; SELECT pg_sleep(600)`], { stdio: "ignore" }),
    release: () => psqlThere("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'BEGIN;%pg_sleep(600)'") };
}

describe("a database that is administered while calls come in", { skip }, () => {
  let db, server;
  before(async () => {
    db = await administered();
    if (!db.missing) server = await serve(db);
  });
  after(async () => {
    await server?.stop({ code: null });
    await db?.stop?.();
  });
  const healed = () => ({ primary: db.primary, healed_at: Date.now() });
  const during = (what, trouble, repair) => it(what, async (test) => {
    if (db.missing) return test.skip(db.missing);
    await play(test, what, server, async () => {
      await trouble();
      await sleep(LASTS_MS);
      await repair();
      return healed();
    }, HEALS_MS);
  });

  during("each connection is terminated in turn", async () => {
    for (const pid of db.connections()) {
      db.psql(`SELECT pg_terminate_backend(${pid})`);
      await sleep(100);
    }
  }, () => {});

  during("all connections are terminated, and others have taken the room", () => {
    db.psql("ALTER ROLE hookswitch CONNECTION LIMIT 0");
    db.endAll();
  }, () => db.psql("ALTER ROLE hookswitch CONNECTION LIMIT -1"));

  during("the database's connections are used up", async () => {
    db.psql("CREATE ROLE other LOGIN");
    for (let i = 0; i < 5; i++) db.hold("SELECT 1", db.database.replace("admin", "other"));
    await waitUntil(() => db.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'other'") === "5", 10_000, "the others");
    db.psql("ALTER DATABASE hookswitch CONNECTION LIMIT 5");
    db.endAll();
  }, () => {
    db.release();
    db.psql("ALTER DATABASE hookswitch CONNECTION LIMIT -1");
  });

  for (const table of ["call_decisions", "user_phone_numbers", "leases"]) {
    during(`somebody's psql locks ${table}`, async () => {
      db.hold(`LOCK TABLE ${table}`);
      await waitUntil(() => db.psql(`SELECT count(*) FROM pg_locks WHERE relation = '${table}'::regclass AND mode = 'AccessExclusiveLock' AND granted`) === "1", 5000, "the lock");
    }, () => db.release());
  }

  during("a transaction is left open", () => { db.hold("SELECT count(*) FROM twilio_call_logs"); }, () => db.release());

  during("the tables are away, and come back", () => db.psql("ALTER SCHEMA public RENAME TO away; CREATE SCHEMA public"),
    () => db.psql("DROP SCHEMA public; ALTER SCHEMA away RENAME TO public"));

  it("the role's password is changed: the host says so, and goes on when it fits again", async (test) => {
    if (db.missing) return test.skip(db.missing);
    const hba = path.join(db.data, "pg_hba.conf"), trusts = readFileSync(hba, "utf8");
    writeFileSync(hba, `host all hookswitch 127.0.0.1/32 scram-sha-256\n${trusts}`);
    db.psql("SELECT pg_reload_conf()");
    await play(test, "another password", server, async () => {
      db.psql("ALTER ROLE hookswitch PASSWORD 'another'");
      db.endAll();
      await waitUntil(() => /password authentication failed/.test(server.err), 20_000, "what the log says");
      const { out } = await command(["doctor"], { config: { database: db.url } });
      assert.match(out, /^FAILED +database .*password authentication failed/m);
      db.psql("ALTER ROLE hookswitch PASSWORD 'a secret'");
      return healed();
    }, HEALS_MS);
    assert.doesNotMatch(server.err, /a secret|a%20secret/);
  });

  it("the schema is dropped by mistake: what was acknowledged since is stored once the backup is there", async (test) => {
    if (db.missing) return test.skip(db.missing);
    const dump = path.join(db.data, "..", "dump");
    await play(test, "a dropped schema", server, async () => {
      execFileSync(path.join(programs(), "pg_dump"), ["-Fc", "-f", dump, db.database], { stdio: "pipe" });
      const gone = db.psql("SELECT call_sid FROM call_decisions"); // with what came between the dump and this
      db.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO hookswitch");
      await sleep(LASTS_MS);
      const { status, body } = await server.get("/readyz?strict");
      assert.equal(status, 503, body);
      execFileSync(path.join(programs(), "pg_restore"), ["-d", db.database, "--clean", "--if-exists", dump], { stdio: "pipe" });
      return { primary: { psql: async (sql) => `${db.psql(sql)}\n${gone}` }, healed_at: Date.now() };
    }, HEALS_MS);
  });
});

describe("a database whose disk is full", { skip }, () => {
  it("answers calls from the near file, and has them when there is room", async (test) => {
    if (process.getuid() !== 0) return test.skip("only root can mount a small disk");
    const disk = mkdtempSync(path.join(tmpdir(), "hookswitch-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m,mode=0777", "tmpfs", disk]);
    const usual = process.env.TMPDIR;
    let cluster;
    test.after(async () => {
      await cluster?.stop?.();
      execFileSync("umount", ["-l", disk]);
      rmSync(disk, { recursive: true });
    });
    process.env.TMPDIR = disk;
    try {
      cluster = await startCluster();
    } finally {
      if (usual === undefined) delete process.env.TMPDIR; else process.env.TMPDIR = usual;
    }
    if (cluster.missing) return test.skip(cluster.missing);
    const server = await serve(cluster);
    test.after(() => server.stop({ code: null }));
    const database = cluster.admin.replace(/postgres$/, "hookswitch"), filler = path.join(disk, "filler");
    await play(test, "a full disk", server, async () => {
      assert.throws(() => writeFileSync(filler, Buffer.alloc(200 << 20)), { code: "ENOSPC" });
      await waitUntil(() => /near_file_answers|database_refuses/.test(server.err), 30_000, "a full disk");
      await sleep(LASTS_MS);
      rmSync(filler);
      const room = () => psql(database, "CREATE TABLE room (); DROP TABLE room; SELECT 1");
      await waitUntil(() => { try { return room(); } catch { return false; } }, 30_000, "room");
      return { primary: { psql: async (sql) => psql(database, sql) }, healed_at: Date.now() };
    }, HEALS_MS);
  });
});
