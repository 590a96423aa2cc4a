// postgres.mjs: what PostgreSQL costs next to the file, what its synchronous standby and a second host cost, how soon a
// change on one host counts on the other, and whether limits hold over both.
//
// Everything runs on this machine, PostgreSQL and the load included, in turn in each round. A request's CPU is that of
// the hosts and that of the database servers. The servers' data is on disk, with fsync and synchronous_commit.
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { startCluster } from "../spec/support/postgres.mjs";
import { CONNECTIONS, WARM_SECONDS, checkAnswers, checkRows, median, noneFailed, wrk } from "./lib/measure.mjs";
import { ROUNDS, SECONDS, ready } from "./lib/parts.mjs";
import { cpuTime, sleep } from "./lib/process.mjs";
import { saveMore } from "./lib/report.mjs";
import { JWT_SECRET, call, haveHookswitch, sql, start, stop } from "./lib/servers.mjs";

const SETTINGS = Number(process.env.BENCH_CHANGES ?? 20); // changes of a setting, and
const SAVES = Math.ceil(SETTINGS / 2); // of the rules, whose way to the other host is timed
const PATIENCE_MS = 20_000;
const LOGINS = 24;
const PER_MINUTE = 10; // tries to log in (lua/hookswitch/limits.lua)

let serial = 0;

// A schema of the cluster, which is dropped afterwards: leftover tables cost PostgreSQL CPU.
async function withSchema(cluster, work) {
  const name = `bench_${++serial}`;
  sql(cluster.url, `CREATE SCHEMA ${name};`);
  try {
    return await work(`${cluster.url}?options=-csearch_path%3D${name}`);
  } finally {
    sql(cluster.url, `SET client_min_messages = error; DROP SCHEMA ${name} CASCADE;`);
  }
}

// Load on all hosts at once, the connections shared out among them.
async function loadAll(hosts, clusters, seconds, first) {
  const spent = (list) => list.reduce((sum, pid) => sum + cpuTime(pid), 0);
  const [ours, theirs] = [hosts.map((s) => s.child.pid), clusters.map(({ pid }) => pid)];
  const before = [spent(ours), spent(theirs)];
  const share = CONNECTIONS / hosts.length;
  const apart = 1_000_000; // far enough, whatever the number of prepared calls
  const results = await Promise.all(hosts.map((s, i) => wrk(s, seconds, first + i * apart, share)));
  const used = [spent(ours) - before[0], spent(theirs) - before[1]];
  results.forEach((result, i) => noneFailed(hosts[i], result));
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  return {
    requests,
    req_s: results.reduce((sum, result) => sum + result.requests / (result.us / 1e6), 0),
    p99_ms: Math.max(...results.map((result) => result.p99_us)) / 1000,
    host_us: used[0] / requests,
    pg_us: used[1] / requests,
    all_us: (used[0] + used[1]) / requests,
  };
}

// `count` hosts on a database: checked, warmed up, measured, checked again.
async function measured(count, clusters, database) {
  const hosts = [];
  try {
    for (let i = 0; i < count; i++) {
      hosts.push(await start("hookswitch", { database, shared: i > 0 }));
    }
    for (const s of hosts) {
      await checkAnswers(s);
    }
    const warm = await loadAll(hosts, clusters, WARM_SECONDS, 0);
    const result = await loadAll(hosts, clusters, SECONDS, warm.requests + CONNECTIONS);
    checkRows(hosts[0], result.requests);
    return result;
  } finally {
    for (const s of hosts) {
      await stop(s);
    }
  }
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
function token() {
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "1", exp: Math.floor(Date.now() / 1000) + 3600 })}`;
  return `${text}.${createHmac("sha256", JWT_SECRET).update(text).digest("base64url")}`;
}

// A request with JSON; resolves to the status.
function send(s, method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: s.port, path: target, method, agent: false };
    const request = http.request({ ...options, headers: { "Content-Type": "application/json", ...headers } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

// Until a call to that host rings `phone`, from `began` on, in ms.
async function untilRings(s, phone, began) {
  const agent = new http.Agent({ keepAlive: true });
  try {
    for (;;) {
      const answer = await call(s, { agent });
      if (answer.body.includes(`>${phone}<`)) {
        return answer.at - began;
      }
      if (performance.now() - began > PATIENCE_MS) {
        throw new Error(`${phone} does not ring on the other host: ${answer.status} ${answer.body}`);
      }
      await sleep(2);
    }
  } finally {
    agent.destroy();
  }
}

const phoneOf = (n) => `+1303555${String(1000 + n)}`;

async function settings(a, b) {
  const times = [];
  for (let i = 0; i < SETTINGS; i++) {
    const [here, there] = i % 2 ? [b, a] : [a, b];
    const status = await send(here, "PUT", "/api/call-forwarding/1", { forward_to_number: phoneOf(i) },
      { Authorization: `Bearer ${token()}` });
    if (status !== 200) {
      throw new Error(`a setting got ${status}`);
    }
    times.push(await untilRings(there, phoneOf(i), performance.now()));
    await sleep(50);
  }
  return times;
}

async function saves(a, b) {
  const times = [];
  for (let i = 0; i < SAVES; i++) {
    const [here, there] = i % 2 ? [b, a] : [a, b];
    const phone = phoneOf(500 + i);
    const began = performance.now();
    writeFileSync(path.join(here.lua, "forwarding.lua"), `return { { "all", go = ring("${phone}") } }\n`);
    times.push(await untilRings(there, phone, began));
    await sleep(500);
  }
  return times;
}

// How far the tries to log in that two hosts let through together are from what one would.
async function limits(a, b) {
  const began = performance.now();
  let tried = 0;
  for (let i = 0; i < LOGINS; i++) {
    const status = await send(i % 2 ? b : a, "POST", "/api/auth/login", { name: "nobody", password: "a guess" });
    if (status !== 401 && status !== 429) {
      throw new Error(`a login got ${status}`);
    }
    tried += status === 401;
  }
  const refilled = Math.floor((performance.now() - began) / (60_000 / PER_MINUTE));
  return Math.max(0, tried - PER_MINUTE - refilled, PER_MINUTE - tried);
}

async function across(database) {
  const options = { database, limits: true, lua: () => {} };
  const a = await start("hookswitch", options);
  const b = await start("hookswitch", { ...options, shared: true });
  try {
    const off = await limits(a, b);
    const setting = await settings(a, b);
    const saved = await saves(a, b);
    return {
      limit_off: off,
      changes: SETTINGS,
      setting_ms: median(setting),
      setting_max_ms: Math.max(...setting),
      saves: SAVES,
      save_ms: median(saved),
      save_max_ms: Math.max(...saved),
    };
  } finally {
    await stop(b);
    await stop(a);
  }
}

function print(name, r) {
  console.log(`${name.padEnd(28)} ${Math.round(r.req_s)} req/s   p99 ${r.p99_ms.toFixed(1)} ms   CPU host ${
    r.host_us.toFixed(0)} + PostgreSQL ${r.pg_us.toFixed(0)} µs`);
}

const middle = (rounds) => Object.fromEntries(["req_s", "p99_ms", "host_us", "pg_us", "all_us"]
  .map((key) => [key, median(rounds.map((one) => one[key]))]));

export async function runPostgres() {
  if (!haveHookswitch()) {
    throw new Error("postgres needs build/hookswitch");
  }
  await ready(["hookswitch"]);
  const alone = await startCluster({ settings: "" });
  if (alone.missing) {
    throw new Error(alone.missing);
  }
  const led = await startCluster({ settings: "" });
  let standby;
  try {
    standby = await startCluster({ settings: "", standbyOf: led });
    const runs = {
      file: () => measured(1, [], undefined),
      postgres: () => withSchema(alone, (database) => measured(1, [alone], database)),
      standby: () => withSchema(led, (database) => measured(1, [led, standby], database)),
      two: () => withSchema(alone, (database) => measured(2, [alone], database)),
    };
    const names = Object.keys(runs);
    const rounds = Object.fromEntries(names.map((name) => [name, []]));
    for (let i = 0; i < ROUNDS; i++) {
      const turn = i % names.length;
      for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
        const result = await runs[name]();
        print(name, result);
        rounds[name].push(result);
      }
    }
    const found = await withSchema(alone, across);
    console.log(found);
    const version = sql(alone.url, "SHOW server_version;");
    saveMore({ postgres: { version, ...Object.fromEntries(names.map((name) => [name, middle(rounds[name])])), ...found } });
  } finally {
    await standby?.stop();
    await led.stop();
    await alone.stop();
  }
}
