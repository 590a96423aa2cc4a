// failover.mjs: a primary and a synchronous standby of PostgreSQL that a spec kills, cuts off, promotes and freezes.
//
//   const pair = await startPair({ network: true });
//   pair.url          names both, for a server; its role owns the database
//   pair.primary, pair.standby   { host, port, url, kill(), stop(), freeze(on), cut(on), promote(), psql(sql) }
//   await pair.stop()
// With `network` each of them is in a network namespace of its own; `pair.missing` says why that can't be.
import { execFile, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { freePort } from "./ports.mjs";
import { programs, unprivileged } from "./postgres.mjs";

const run = (command, ...words) => execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
// While callers come, nothing may keep their answers waiting here.
const meanwhile = async (command, ...words) => (await promisify(execFile)(command, words, { encoding: "utf8" })).stdout;
const quiet = (command, ...words) => { try { run(command, ...words); } catch { /* it is gone already */ } };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A bridge in this network, and a namespace behind it for each server. Addresses are of 198.18.0.0/15, which RFC 2544 keeps for tests.
class Network {
  constructor() {
    this.id = (process.pid % 46_656).toString(36) + Math.floor(Math.random() * 1296).toString(36);
    this.names = [];
    this.subnet = `198.18.${process.pid % 250}`;
    run("ip", "link", "add", `hsb${this.id}`, "type", "bridge");
    run("ip", "addr", "add", `${this.subnet}.1/24`, "dev", `hsb${this.id}`);
    run("ip", "link", "set", `hsb${this.id}`, "up");
  }
  add() {
    const n = this.names.length + 1, name = `hs${this.id}${n}`, address = `${this.subnet}.${n + 1}`;
    this.names.push(name);
    run("ip", "netns", "add", name);
    run("ip", "link", "add", `v${name}`, "type", "veth", "peer", "name", "eth0", "netns", name);
    run("ip", "link", "set", `v${name}`, "master", `hsb${this.id}`, "up");
    run("ip", "-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
    run("ip", "-n", name, "link", "set", "eth0", "up");
    run("ip", "-n", name, "link", "set", "lo", "up");
    return { name, address, cut: (on) => meanwhile("ip", "link", "set", `v${name}`, on ? "down" : "up") };
  }
  remove() {
    for (const name of this.names) quiet("ip", "link", "del", `v${name}`), quiet("ip", "netns", "del", name);
    quiet("ip", "link", "del", `hsb${this.id}`);
  }
}

function makeNetwork() {
  if (process.getuid() !== 0) return { missing: "network namespaces need root" };
  let network;
  try {
    network = new Network();
    network.add();
    network.remove();
    return { network: new Network() };
  } catch (error) {
    network?.remove();
    return { missing: `no network namespaces can be made here (${String(error.stderr ?? error.message).trim()})` };
  }
}

const as = unprivileged;
const bin = (name) => path.join(programs(), name);
const env = { ...process.env, LC_ALL: "C" };

class Node {
  constructor(folder, name, { host, port, space }) {
    Object.assign(this, { name, host, port, space, data: path.join(folder, name), socket: folder });
    this.url = `postgresql://hookswitch@${host}:${port}/hookswitch`;
  }
  in(...words) { return this.space ? ["ip", "netns", "exec", this.space.name, ...words] : words; }
  // Without the network, so that it also works for one that is cut off.
  async psql(sql, database = "postgres") {
    return (await meanwhile("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", this.socket, "-p", String(this.port), "-U", "admin", "-d", database, "-c", sql)).trim();
  }
  settings(more = "") {
    writeFileSync(path.join(this.data, "postgresql.auto.conf"), `listen_addresses = '${this.host}'\nport = ${this.port}
unix_socket_directories = '${this.socket}'\nmax_connections = 80\nfsync = off\nfull_page_writes = on
wal_sender_timeout = 5s\nwal_receiver_timeout = 5s\nshared_buffers = 16MB\n${more}`);
  }
  async start() {
    const ids = as();
    const who = ids ? [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, "--clear-groups"] : [];
    const [command, ...words] = this.in("setpriv", ...who, "--pdeathsig=INT", bin("postgres"), "-D", this.data);
    this.server = spawn(command, words, { env, cwd: this.socket, stdio: process.env.HS_FAILOVER_LOG ? "inherit" : "ignore" });
    this.ended = new Promise((resolve) => this.server.on("close", resolve));
    for (let tries = 0; ; tries++) {
      try { return await this.psql("SELECT 1"); } catch (error) {
        if (tries > 300 || this.server.exitCode !== null) throw new Error(`${this.name} did not start: ${error.stderr}`);
      }
      await pause(100);
    }
  }
  get running() { return this.server && this.server.exitCode === null && this.server.signalCode === null; }
  // Of the postmaster and its children, which notice its death themselves.
  async kill() { this.server.kill("SIGKILL"); await this.ended; }
  async stop() {
    if (!this.running) return;
    this.freeze(false);
    this.server.kill("SIGQUIT");
    await this.ended;
  }
  get children() {
    try { return run("ps", "-o", "pid=", "--ppid", String(this.server.pid)).trim().split(/\s+/).map(Number).filter(Boolean); } catch { return []; }
  }
  freeze(on) {
    for (const pid of [this.server.pid, ...this.children]) {
      try { process.kill(pid, on ? "SIGSTOP" : "SIGCONT"); } catch { /* one that has just ended */ }
    }
  }
  cut(on) { return this.space.cut(on); }
  // Until it can be written to: what an operator, or Patroni, waits for.
  async promote() {
    await this.psql("SELECT pg_promote(false)");
    while (await this.psql("SELECT pg_is_in_recovery()") !== "f") await pause(20);
  }
}

export async function startPair({ network: wanted = false } = {}) {
  if (!programs()) return { missing: "no PostgreSQL server of version 14 or later: install the package postgresql" };
  const { network, missing } = wanted ? makeNetwork() : {};
  if (missing) return { missing };
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-fo-")), ids = as();
  if (ids) chownSync(folder, ids.uid, ids.gid);
  const nodes = [];
  const stop = async () => {
    for (const node of nodes) await node.stop();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const name of ["a", "b"]) {
      const space = network?.add();
      nodes.push(new Node(folder, name, { space, host: space?.address ?? "127.0.0.1", port: space ? 5432 + nodes.length : await freePort() }));
    }
    const [primary, standby] = nodes;
    execFileSync(bin("initdb"), ["-D", primary.data, "-U", "admin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
      { ...ids, env, cwd: folder, stdio: "pipe" });
    writeFileSync(path.join(primary.data, "pg_hba.conf"), "local all all trust\nhost all all all trust\nlocal replication all trust\nhost replication all all trust\n");
    primary.settings();
    await primary.start();
    await primary.psql("CREATE ROLE hookswitch LOGIN");
    await primary.psql("CREATE DATABASE hookswitch OWNER hookswitch");
    mkdirSync(standby.data, { mode: 0o700 });
    if (ids) chownSync(standby.data, ids.uid, ids.gid);
    const [command, ...words] = primary.in(bin("pg_basebackup"), "-D", standby.data, "-h", primary.host, "-p", String(primary.port), "-U", "admin", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync");
    const { uid, gid } = ids ?? {};
    execFileSync(command, primary.space && ids ? [...words.slice(0, 3), "setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...words.slice(3)] : words,
      { ...(primary.space ? {} : ids), env, cwd: folder, stdio: "pipe" });
    standby.settings(`primary_conninfo = 'host=${primary.host} port=${primary.port} user=admin application_name=b'\n`);
    await standby.start();
    const synchronous = async () => await primary.psql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") === "1";
    await primary.psql("ALTER SYSTEM SET synchronous_standby_names = 'b'");
    await primary.psql("SELECT pg_reload_conf()");
    for (let tries = 0; !await synchronous(); tries++) {
      if (tries > 300) throw new Error("the standby did not connect");
      await pause(100);
    }
    const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(",");
    return { primary, standby, url: `postgresql://hookswitch@${hosts}/hookswitch`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
