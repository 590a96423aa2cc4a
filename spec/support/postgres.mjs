// postgres.mjs: a database for each server on PostgreSQL, for specs that run on
// either engine. HS_POSTGRES is the URL of a database in which we may make
// schemas; without it everything is on SQLite.
import { execFile, execFileSync, spawn } from "node:child_process";
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { freePort } from "./ports.mjs";

export const POSTGRES = process.env.HS_POSTGRES;
export const isUrl = (database) => /^postgres(ql)?:\/\//.test(database);

const asked = (url, sql) => ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql];
const parsed = (out) => (out.trim().startsWith("[") ? JSON.parse(out) : []);

// The statement, such that its rows come as one JSON text.
function asJson(sql) {
  const text = sql.trim().replace(/;$/, "");
  const agg = "SELECT coalesce(json_agg(row_to_json(t)), '[]') FROM";
  if (/^(SELECT|VALUES|WITH)\b/i.test(text) && !/\b(INSERT|UPDATE|DELETE)\b/i.test(text)) return `${agg} (${text}) AS t`;
  if (/\bRETURNING\b/i.test(text) && !text.includes(";")) return `WITH t AS (${text}) ${agg} t`;
  return text;
}

// Columns that are bytes there: the text of a column as SQL.
export const asText = (column) => (POSTGRES ? `convert_from(${column}, 'UTF8')` : column);

export function psql(url, sql) {
  return execFileSync("psql", asked(url, sql), { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export const rowsOf = (url, sql) => parsed(psql(url, asJson(sql)));
export async function rowsOfMeanwhile(url, sql) {
  return parsed((await promisify(execFile)("psql", asked(url, asJson(sql)), { encoding: "utf8" })).stdout);
}

// A schema of its own, by a name that is the same for the same folder.
export function schemaFor(name) {
  const schema = name.toLowerCase().replace(/[^a-z0-9]/g, "_");
  psql(POSTGRES, `SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS ${schema}`);
  return `${POSTGRES}?options=-csearch_path%3D${schema}`;
}

export function dropSchema(url) {
  const schema = /search_path%3D(\w+)/.exec(url)?.[1];
  if (schema) psql(POSTGRES, `SET client_min_messages = error; DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

// ---- a cluster of our own ----

const VERSIONS = "/usr/lib/postgresql";

// Where Debian keeps the server's programs; the newest that is there.
export function programs() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number).filter((version) => version >= 14) : [];
  const folders = versions.sort((a, b) => b - a).map((version) => path.join(VERSIONS, String(version), "bin"));
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(path.join(folder, name))));
}

// The server refuses to be root: its package has made a user for it.
export function unprivileged() {
  if (process.getuid() !== 0) return null;
  const ids = execFileSync("getent", ["passwd", "postgres"], { encoding: "utf8" }).split(":");
  return { uid: Number(ids[2]), gid: Number(ids[3]) };
}

// What is tested is not the disk.
const IN_A_HURRY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";

// Start one in a folder of its own. { url, pid, stop() }, or { missing } that says why there is none. `settings` are lines of its
// configuration; `standbyOf` is another one that this is to follow, which waits for it then at each commit.
export async function startCluster({ settings = IN_A_HURRY, standbyOf } = {}) {
  const bin = programs();
  if (!bin) return { missing: `no PostgreSQL server of version 14 or later in ${VERSIONS}: install the package postgresql` };
  const as = unprivileged();
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-pg-"));
  if (as) chownSync(folder, as.uid, as.gid);
  const data = path.join(folder, "data");
  const port = await freePort();
  const env = { ...process.env, LC_ALL: "C" };
  const made = standbyOf ? ["pg_basebackup", "-D", data, "-R", "--no-sync", "-d", `${standbyOf.admin}?application_name=standby`]
    : ["initdb", "-D", data, "-U", "admin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  execFileSync(path.join(bin, made[0]), made.slice(1), { ...as, env, cwd: folder, stdio: "pipe" });
  appendFileSync(path.join(data, "postgresql.auto.conf"), `listen_addresses = '127.0.0.1'\nport = ${port}
unix_socket_directories = '${folder}'\nmax_connections = 120\n${settings}`);
  // It ends when we do, however that happens.
  const who = as ? [`--reuid=${as.uid}`, `--regid=${as.gid}`, "--clear-groups"] : [];
  const server = spawn("setpriv", [...who, "--pdeathsig=INT", path.join(bin, "postgres"), "-D", data],
    { env, cwd: folder, stdio: "ignore" });
  const ended = new Promise((resolve) => server.on("close", resolve));
  const admin = `postgresql://admin@127.0.0.1:${port}/postgres`;
  const ready = () => {
    try {
      return psql(admin, "SELECT 1") !== "";
    } catch {
      return false;
    }
  };
  for (let tries = 0; !ready(); tries++) {
    if (tries > 600 || server.exitCode !== null) throw new Error("the database server did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (standbyOf) {
    psql(standbyOf.admin, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    psql(standbyOf.admin, "SELECT pg_reload_conf()");
    const inStep = () => psql(standbyOf.admin, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'") !== "";
    for (let tries = 0; !inStep(); tries++) {
      if (tries > 300) throw new Error("the standby does not follow");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } else {
    psql(admin, "CREATE ROLE hookswitch LOGIN PASSWORD 'a secret'");
    psql(admin, "CREATE DATABASE hookswitch OWNER hookswitch");
  }
  return {
    url: `postgresql://hookswitch:a%20secret@127.0.0.1:${port}/hookswitch`, admin, pid: server.pid, data,
    async stop() {
      server.kill("SIGINT"); // fast: it ends who is connected
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
