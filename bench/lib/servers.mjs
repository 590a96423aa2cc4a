// servers.mjs: how each measured server is built, started and inspected.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, run, sleep } from "./process.mjs";
import {
  ACCOUNT,
  FORWARD,
  OWNED,
  SERVER_URL,
  TARGET,
  TOKEN,
  encode,
  newCallSid,
  sign,
  voiceRequest,
} from "./workload.mjs";

export const BENCH = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const ROOT = path.dirname(BENCH);
export const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
export const OUT = path.join(BUILD, "bench");
export const TEXTS_FOLDER = path.join(OUT, "workload");
export const LUA = path.resolve(ROOT, process.env.BENCH_LUA ?? "lua");
export const HOOKSWITCH = path.join(BUILD, "hookswitch");

export const JWT_SECRET = "a secret of the benchmark, long enough";
const SECRETS = { SERVER_URL, TWILIO_AUTH_TOKEN: TOKEN, TWILIO_ACCOUNT_SID: ACCOUNT };

function limit(letter, ...more) {
  return {
    check: letter !== "a",
    writes: letter === "c",
    command: (s) => [
      path.join(OUT, `limit_${letter}`),
      ["--port", s.port, "--database", s.database, "--workload", TEXTS_FOLDER, ...more].map(String),
      SECRETS,
    ],
  };
}

function node(folder) {
  return {
    check: true,
    writes: true,
    command: (s) => [
      process.execPath,
      [path.join(BENCH, folder, "server.mjs")],
      {
        ...SECRETS,
        NODE_ENV: "production",
        BENCH_PORT: String(s.port),
        BENCH_DATABASE: s.database,
        BENCH_WORKLOAD: TEXTS_FOLDER,
      },
    ],
  };
}

function nginx(s) {
  const built = run("sh", ["-c", "nginx -V 2>&1"]);
  const modules = /--modules-path=(\S+)/.exec(built)?.[1] ?? "modules";
  const text = JSON.stringify;
  const conf = `${process.getuid() === 0 ? "user root;" : ""}
load_module ${modules}/ndk_http_module.so;
load_module ${modules}/ngx_http_lua_module.so;
worker_processes 2;
daemon off;
pid ${s.folder}/nginx.pid;
error_log ${s.folder}/nginx.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${s.folder}/body;
  proxy_temp_path ${s.folder}/proxy;
  fastcgi_temp_path ${s.folder}/fastcgi;
  uwsgi_temp_path ${s.folder}/uwsgi;
  scgi_temp_path ${s.folder}/scgi;
  client_body_buffer_size 16k;
  keepalive_requests 1000000;
  lua_package_path ${text(`${BENCH}/nginx_lua/?.lua;;`)};
  init_worker_by_lua_block {
    require("webhook").open({ database = ${text(s.database)}, workload = ${text(TEXTS_FOLDER)},
      token = ${text(TOKEN)}, url = ${text(SERVER_URL + TARGET)} })
  }
  server {
    listen 127.0.0.1:${s.port};
    location = ${TARGET} { content_by_lua_block { require("webhook").serve() } }
  }
}
`;
  writeFileSync(path.join(s.folder, "nginx.conf"), conf);
  return ["nginx", ["-c", path.join(s.folder, "nginx.conf"), "-e", path.join(s.folder, "nginx.log")], {}];
}

function hookswitch(s) {
  return [
    HOOKSWITCH,
    ["serve"],
    {
      ...SECRETS,
      HOOKSWITCH_LISTEN: `127.0.0.1:${s.port}`,
      HOOKSWITCH_DATABASE: s.database,
      HOOKSWITCH_LUA: s.lua ?? LUA,
      HOOKSWITCH_RATE_LIMITS: s.limits ? "on" : "off",
      JWT_SECRET,
      HOOKSWITCH_CONCURRENT_CALLS: "1000000", // its calls never end
      HOOKSWITCH_WORKERS: process.env.BENCH_WORKERS ?? "64",
    },
  ];
}

export const SERVERS = {
  limit_a: limit("a"),
  limit_b: limit("b"),
  limit_c: limit("c"),
  hookswitch: { check: true, writes: true, command: hookswitch },
  fastify: node("fastify"),
  express: node("express"),
  nginx_lua: { check: true, writes: true, command: nginx },
};
export const LIMIT_C_NORMAL = limit("c", "--normal");
export const LIMIT_C_REMEMBERED = limit("c", "--remember");

export function haveHookswitch() {
  return existsSync(HOOKSWITCH);
}

// Names the programs that are missing and asks the project's installer for
// them; npm's packages are installed from the lock.
export function install(names) {
  const nodePeers = names.some((name) => name === "fastify" || name === "express");
  const needed = { wrk: "wrk", sqlite3: "sqlite3", gcc: "gcc" };
  if (names.includes("nginx_lua")) {
    needed.nginx = "nginx-light libnginx-mod-http-lua";
  }
  if (nodePeers) {
    Object.assign(needed, { npm: "npm", "g++": "g++", python3: "python3", make: "make" });
  }
  const missing = Object.entries(needed).filter(([program]) => !onPath(program));
  if (missing.length) {
    const packages = missing.flatMap(([, packed]) => packed.split(" "));
    const command = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
    console.log(`installing ${packages.join(" ")}`);
    const [first, ...rest] = process.getuid() === 0 ? command : ["sudo", ...command];
    run(first, rest);
  }
  if (nodePeers && !existsSync(path.join(BENCH, "node_modules/better-sqlite3/build/Release/better_sqlite3.node"))) {
    installNode();
  }
}

function onPath(program) {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(path.join(folder, program)));
}

// better-sqlite3 is compiled here: no prebuilt binary is downloaded. Node's own
// headers are used when they lie beside it.
function installNode() {
  const prefix = path.dirname(path.dirname(process.execPath));
  const env = { ...process.env, npm_config_build_from_source: "true" };
  if (existsSync(path.join(prefix, "include/node/node.h"))) {
    env.npm_config_nodedir = prefix;
  }
  console.log("installing the Node peers (npm ci in bench, compiles better-sqlite3)");
  run("npm", ["ci", "--no-fund", "--no-audit"], { cwd: BENCH, env });
  if (!existsSync(path.join(BENCH, "node_modules/better-sqlite3/build/Release/better_sqlite3.node"))) {
    run("npm", ["rebuild", "better-sqlite3", "--no-fund"], { cwd: BENCH, env });
  }
}

export function buildLimits() {
  mkdirSync(OUT, { recursive: true });
  for (const letter of ["a", "b", "c"]) {
    const parts = letter === "c" ? ["limit_write.c"] : [];
    const files = [`limit_${letter}.c`, "limit_common.c", "limit_form.c", ...parts];
    const sources = files.map((file) => path.join(BENCH, file));
    const libraries = ["-lcivetweb", "-lsqlite3", "-lcrypto", "-lpthread"];
    const flags = ["-std=c17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"];
    run("gcc", [...flags, "-o", path.join(OUT, `limit_${letter}`), ...sources, ...libraries]);
  }
}

const isUrl = (database) => database.startsWith("postgresql://");

export function sql(database, text) {
  if (isUrl(database)) {
    return run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database], { input: text }).trim();
  }
  return run("sqlite3", ["-bail", database], { input: `.timeout 5000\n${text}` }).trim();
}

// An empty database of the product's own schema with one owned number and one
// "always" setting. Hookswitch migrates its own.
function makeDatabase(name, database) {
  if (name === "hookswitch") {
    const env = { PATH: process.env.PATH, ...SECRETS, HOOKSWITCH_DATABASE: database, HOOKSWITCH_LUA: LUA };
    run(HOOKSWITCH, ["migrate"], { env, cwd: OUT });
  } else {
    const folder = path.join(ROOT, "schema");
    const files = readdirSync(folder).filter((file) => file.endsWith(".sql")).sort();
    const text = files.map((file) => readFileSync(path.join(folder, file), "utf8")).join("\n");
    sql(database, `PRAGMA journal_mode=WAL;\n${text}`);
  }
  sql(
    database,
    `INSERT INTO user_phone_numbers (id, user_id, phone_number, twilio_sid, friendly_name, country, timezone)
       VALUES (1, '1', '${OWNED}', 'PN${"0".repeat(31)}1', 'Front desk', 'US', 'America/Denver');
     INSERT INTO call_forwarding (id, user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout,
         is_active)
       VALUES (1, '1', 1, '${FORWARD}', 'always', 20, 1);`,
  );
}

let started = 0;

// A server with a folder and database of its own, started and answering. `database`: the URL of an empty one, or of one
// that another server `shared` already uses.
export async function start(name, { server = SERVERS[name], prepare, lua, database, shared, limits } = {}) {
  const folder = path.join(OUT, "run", `${name}-${process.pid}-${++started}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const s = { name, server, folder, limits, database: database ?? path.join(folder, "bench.db"), port: await freePort() };
  if (lua) {
    s.lua = path.join(folder, "lua");
    cpSync(LUA, s.lua, { recursive: true });
    await lua(s.lua);
  }
  if (!shared) {
    makeDatabase(name, s.database);
  }
  if (prepare) {
    await prepare(s.database);
  }
  const [command, args, env] = server.command(s);
  const log = openSync(path.join(folder, "server.log"), "w");
  // A group of its own, so that a terminal's interrupt does not end it first.
  s.child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  s.child.on("error", () => {});
  s.ended = new Promise((resolve) => s.child.once("exit", resolve));
  live.add(s);
  for (let i = 0; i < 200; i++) {
    await sleep(50);
    if (s.child.exitCode !== null) {
      break;
    }
    const answered = await call(s, { timeout: 1000 }).catch(() => null);
    if (answered?.status === 200) {
      return s;
    }
  }
  const said = readFileSync(path.join(folder, "server.log"), "utf8").slice(-2000);
  await stop(s);
  throw new Error(`${name} did not start:\n${said}`);
}

const live = new Set();

export async function stop(s, keep = false) {
  if (s.child.exitCode === null && s.child.signalCode === null && s.child.pid) {
    s.child.kill("SIGTERM");
    const late = setTimeout(() => s.child.kill("SIGKILL"), 20_000);
    await s.ended;
    clearTimeout(late);
  }
  live.delete(s);
  if (!keep) {
    rmSync(s.folder, { recursive: true, force: true });
  }
}

// Whatever ends this program ends its servers.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await Promise.all([...live].map((s) => stop(s)));
    process.exit(1);
  });
}
process.on("exit", () => {
  for (const s of live) {
    s.child.kill("SIGKILL");
  }
});

// One signed voice webhook on a connection of its own.
export function call(s, { params, signature, timeout = 15_000, agent = false } = {}) {
  params ??= voiceRequest(newCallSid(), "+13035550177");
  const body = encode(params);
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    "Content-Length": Buffer.byteLength(body),
    "User-Agent": "TwilioProxy/1.1",
    "I-Twilio-Idempotency-Token": params.CallSid,
  };
  if (signature !== null) {
    headers["X-Twilio-Signature"] = signature ?? sign(params);
  }
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: s.port, path: TARGET, method: "POST", headers, agent, timeout };
    const request = http.request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (data) => (text += data));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          type: response.headers["content-type"] ?? "",
          body: text,
          ms: performance.now() - started,
          at: performance.now(),
        }),
      );
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", reject);
    request.end(body);
  });
}
