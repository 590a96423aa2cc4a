// server.mjs: the real binary on a free port, with a database and a Lua folder
// of its own that vanish with it.
//
//   const server = await startServer({ rules: "return {}", config: { workers: 4 } });
//   server.base, server.port, server.pid, server.database, server.lua
//   await server.post("/api/twilio/status-callback", { CallSid: "CA1" });   signed
//   await server.stop();   SIGTERM; throws when it did not end well, or when a
//                          sanitizer it was built with found something
//
// The binary is $BUILD/hookswitch, or $HOOKSWITCH_BINARY.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, unlinkSync,
  writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { StringDecoder } from "node:string_decoder";
import { theJudge } from "./openapi.mjs";
import { freePort } from "./ports.mjs";
import { dropSchema, isUrl, POSTGRES, schemaFor } from "./postgres.mjs";
import { counted, patient, SLOW, within } from "./slow.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
export { freePort } from "./ports.mjs";
export { patient, SANITIZED, SLOW } from "./slow.mjs";
// Files that a process may have open here, sockets included: at some places no more than 256.
export const FILES = Number(readFileSync("/proc/self/limits", "utf8").match(/^Max open files +(\d+)/m)[1]);
const START_MS = 30_000;
const STOP_MS = 20_000;
const HELLO = / answers on .*\n/; // written as a whole, and the last thing of a start
const SEEN_MS = 250; // the writer looks for other processes' writes every 100 ms
const LOOKS = 3;

export const TOKEN = "12345678901234567890123456789012";
export const JWT_SECRET = "a secret of the tests, long enough for HS256";
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// X-Twilio-Signature for a URL and form parameters (pairs or an object).
export function sign(url, params = {}, token = TOKEN) {
  const byName = new Map();
  for (const [name, value] of params instanceof Array ? params : Object.entries(params))
    byName.set(name, [...(byName.get(name) ?? []), String(value)]);
  const order = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const names = [...byName.keys()].sort(order);
  const text = names.map((name) => [...new Set(byName.get(name))].sort(order).map((value) => name + value).join("")).join("");
  return createHmac("sha1", token).update(url + text).digest("base64");
}

// A JWT, HS256.
export function jwt(claims, secret = JWT_SECRET) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

// On a busy machine it waits longer.
export async function waitUntil(probe, ms = 5000, what = "the condition") {
  for (const began = Date.now(); ;) {
    const value = await probe();
    if (value) return value;
    const waited = Date.now() - began;
    if (waited > ms && waited > patient(ms)) throw new Error(`${typeof what === "function" ? what() : what} did not come true within ${patient(ms)} ms`);
    await sleep(10);
  }
}

// Wait until the hour or the day (in UTC, its milliseconds) goes on for a minute: for what is counted by it.
export const minuteLeft = (period) => waitUntil(() => period - Date.now() % period >= 60_000, 65_000, "its turn");

// Ports of servers with the repository's own Lua: what they answer is checked
// against the API's description.
const described = new Set();

// One request over node:http; resolves to { status, headers, body, ms }.
export function request(port, { method = "GET", target = "/", headers = {}, body, agent, timeout = 8000, tries = 3 } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const call = http.request({ host: "127.0.0.1", port, method, path: target, headers, agent: agent ?? false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const got = { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString(),
          ms: performance.now() - began };
        try {
          if (described.has(port)) theJudge().check(method, target, got);
          resolve(got);
        } catch (problem) {
          reject(problem);
        }
      });
      answer.on("error", reject);
    });
    call.setTimeout(patient(timeout));
    call.on("timeout", () => {
      // The machine may have become busy since.
      if (performance.now() - began < patient(timeout)) call.setTimeout(patient(timeout));
      else call.destroy(new Error("timeout"));
    });
    let kept = false; // the connection has served a request before
    call.on("socket", (socket) => { kept = socket.bytesRead > 0; });
    call.on("error", (problem) => {
      // A connection that was kept may be closed while we write to it: then nobody has read the request,
      // and every client asks again. On a fresh connection that is never so, unless a busy machine makes
      // us so slow that the server lets us go for others who wait; Twilio, too, asks again then.
      const lost = ["ECONNRESET", "EPIPE"].includes(problem.code) && (kept || (SLOW > 1 && tries > 0));
      if (lost) request(port, { method, target, headers, body, agent, timeout, tries: tries - !kept }).then(resolve, reject);
      else reject(problem);
    });
    call.end(body);
  });
}

// Write bytes on a fresh connection (strings and Buffers at once; numbers are pauses in ms, functions give what
// is waited for) and read until the other side ends it, `limit` ms are over (or `most`, which are more on a busy
// machine), or nothing came for `quiet` ms after what came.
export function raw(port, parts, { limit, most = 4000, quiet } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const got = [];
    let error = null;
    const socket = net.connect({ host: "127.0.0.1", port });
    let silence;
    const finish = (closed) => {
      endWaiting();
      clearTimeout(silence);
      socket.destroy();
      resolve({ text: Buffer.concat(got).toString("latin1"), closed, error, ms: performance.now() - began });
    };
    const late = limit && setTimeout(() => finish(false), limit);
    const endWaiting = limit ? () => clearTimeout(late) : within(most, () => finish(false));
    socket.on("data", (part) => {
      got.push(part);
      clearTimeout(silence);
      if (quiet) silence = setTimeout(() => finish(false), quiet);
    });
    socket.on("end", () => finish(true));
    socket.on("error", (problem) => { error = problem.code; });
    socket.on("close", () => finish(true));
    const write = async () => {
      for (const part of [parts].flat()) {
        if (typeof part === "number") await sleep(part);
        else if (typeof part === "function") await part();
        else if (!socket.destroyed) socket.write(part);
      }
    };
    socket.on("connect", () => write().catch((problem) => {
      reject(problem);
      finish(false);
    }));
  });
}

// The responses in what `raw` read: [{ status, headers, body }].
export function responses(text) {
  const list = [];
  while (text.startsWith("HTTP/1.")) {
    const end = text.indexOf("\r\n\r\n");
    const lines = text.slice(0, end < 0 ? text.length : end).split("\r\n");
    const headers = Object.fromEntries(lines.slice(1).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const length = Number(headers["content-length"] ?? 0);
    const rest = end < 0 ? "" : text.slice(end + 4);
    list.push({ status: Number(lines[0].slice(9, 12)), headers, body: rest.slice(0, length) });
    text = rest.slice(length);
  }
  return list;
}

// The environment without settings of whoever runs the tests.
function environment(more) {
  const own = /^(HOOKSWITCH_|TWILIO_|JWT_|SERVER_URL$|NOTIFY_SOCKET$|WATCHDOG_)/;
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))), ...more };
}

function prepare({ lua, rules, web }) {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-"));
  const luaFolder = path.join(folder, "lua");
  if (lua === undefined) cpSync(path.join(ROOT, "lua"), luaFolder, { recursive: true });
  const put = (root, files) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
  };
  if (lua !== undefined) put(luaFolder, lua);
  if (rules !== undefined) put(luaFolder, { "forwarding.lua": rules });
  if (web !== undefined) put(path.join(folder, "web"), web);
  return folder;
}

// What a process writes, in a file without a name: unlike with a pipe, what it
// wrote before it answered is there when the answer is.
class Output {
  constructor() {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "hookswitch-out-")), "output");
    this.fd = openSync(file, "ax+");
    unlinkSync(file);
    rmSync(path.dirname(file), { recursive: true });
    Object.assign(this, { text: "", read: 0, decoder: new StringDecoder("utf8"), part: Buffer.alloc(65_536) });
  }

  toString() {
    for (let count = 1; this.fd !== null && count > 0; this.read += count) {
      count = readSync(this.fd, this.part, 0, this.part.length, this.read);
      this.text += this.decoder.write(this.part.subarray(0, count));
    }
    return this.text;
  }

  close() {
    this.toString();
    closeSync(this.fd);
    this.fd = null;
  }
}

// How often a process's thread of that name went to sleep.
function sleeps(pid, name) {
  const tasks = `/proc/${pid}/task`;
  const comm = (task) => {
    try {
      return readFileSync(`${tasks}/${task}/comm`, "utf8");
    } catch (error) {
      if (error.code === "ENOENT" || error.code === "ESRCH") return ""; // a thread that has just ended
      throw error;
    }
  };
  const id = readdirSync(tasks).find((task) => comm(task) === `${name}\n`);
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${tasks}/${id}/status`, "utf8"))[1]);
}

const running = new Set();
process.on("exit", () => {
  for (const server of running) server.child.kill("SIGKILL");
  for (const server of running) {
    try {
      server.remove();
    } catch {
      // its database server may be gone, and what is being killed may still write a file
    }
  }
});

class Server {
  constructor(folder, port, child, outputs, database) {
    Object.assign(this, { folder, port, child, pid: child.pid, base: `http://127.0.0.1:${port}`, database, lua: path.join(folder, "lua"), web: path.join(folder, "web"),
      outputs, ended: null });
    this.closed = new Promise((resolve) => child.on("close", (code, signal) => {
      for (const output of outputs) output.close();
      running.delete(this);
      this.ended = { code, signal };
      resolve(this.ended);
    }));
    running.add(this);
    child.unref(); // a test that failed and left it running does not hold up the file's end
  }

  // Its exit status, once it has ended.
  get end() {
    this.child.ref();
    return this.closed;
  }

  // A file that is kept beside the database, or in the working folder when that is on PostgreSQL.
  beside(suffix) {
    return isUrl(this.database) ? path.join(this.folder, `hookswitch${suffix}`) : `${this.database}${suffix}`;
  }

  // All that it wrote until now.
  get out() {
    return this.outputs[0].toString();
  }

  get err() {
    return this.outputs[1].toString();
  }

  // Log lines as objects, of one event when it is given.
  logs(event) {
    const lines = this.err.split("\n").slice(0, -1).filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    return event ? lines.filter((line) => line.event === event) : lines;
  }

  logged(event, ms = 5000) {
    return waitUntil(() => this.logs(event).at(-1), ms, `a log line ${event}`);
  }

  get(target, options = {}) {
    return request(this.port, { target, ...options });
  }

  // A webhook as Twilio sends it; `url` is what Twilio was told.
  post(target, params = {}, { headers = {}, url = this.base, token, ...more } = {}) {
    const body = new URLSearchParams(params).toString();
    return request(this.port, { method: "POST", target, body, ...more,
      headers: { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "Content-Length": Buffer.byteLength(body),
        "X-Twilio-Signature": sign(url + target, params, token), ...headers } });
  }

  // What another process wrote into the database has been noticed: the thread
  // that looks for it went to sleep again and again.
  async settled() {
    const slept = () => (this.ended ? Infinity : sleeps(this.pid, "hs-writer"));
    const enough = slept() + LOOKS;
    await sleep(SEEN_MS);
    await waitUntil(() => slept() >= enough, 10_000, "a look at the database");
  }

  // End it. `code` is the exit status that it must have; null for any.
  async stop({ signal = "SIGTERM", code = 0, keep = false } = {}) {
    if (!this.ended) this.child.kill(signal);
    const endWaiting = within(STOP_MS, () => this.child.kill("SIGKILL"));
    const ended = await this.end;
    endWaiting();
    if (!keep) this.remove();
    const found = this.err.search(/(Thread|Address|Leak|UndefinedBehavior)Sanitizer|^\S+:\d+:\d+: runtime error:/m);
    if (found >= 0) throw new Error(`a sanitizer reports:\n${this.err.slice(Math.max(0, found - 200), found + 6000)}`);
    if (code !== null && ended.code !== code)
      throw new Error(`the server ended with ${JSON.stringify(ended)}:\n${this.err.slice(-4000)}`);
    return ended;
  }

  remove() {
    if (isUrl(this.database) && existsSync(this.folder)) dropSchema(this.database);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Start without waiting for readiness; options as for startServer.
export async function launch({ binary = BINARY, config = {}, env = {}, lua, rules, web, folder, port, uid } = {}) {
  const home = folder ?? prepare({ lua, rules, web });
  const at = port ?? await freePort();
  const database = POSTGRES ? schemaFor(path.basename(home)) : path.join(home, "hookswitch.db");
  const settings = { listen: `127.0.0.1:${at}`, database, lua: path.join(home, "lua"),
    web: path.join(home, "web"), workers: 8, server_url: `http://127.0.0.1:${at}`, twilio_auth_token: TOKEN,
    jwt_secret: JWT_SECRET, rate_limits: "no",
    keep_alive_timeout_ms: 500, // many specs read until the server closes
    concurrent_calls: 10_000, ...config };
  const named = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)
    .map(([key, value]) => [`HOOKSWITCH_${key.toUpperCase()}`, String(value)]));
  const outputs = [new Output(), new Output()];
  const child = counted(spawn(binary, ["serve"], { cwd: home, env: environment({ ...named, ...env }),
    stdio: ["ignore", ...outputs.map((output) => output.fd)], uid }));
  if (existsSync(path.join(home, "lua", "routes"))) described.add(at), theJudge();
  else described.delete(at);
  return new Server(home, at, child, outputs, database);
}

// rules: text of forwarding.lua · lua: { "file": "text" } instead of the
// repository's folder · web: files of the console · config: settings by key
// (null = unset) · env: more environment · uid: the user that it runs as ·
// binary: another program.
export async function startServer(options = {}) {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: run make first`);
  for (let attempt = 1; ; attempt++) {
    const server = await launch(options);
    const began = Date.now();
    while (!server.ended && Date.now() - began < patient(START_MS)) {
      const answer = await server.get("/healthz", { timeout: 2000 }).catch(() => null);
      if (answer?.status === 200 && HELLO.test(server.out)) return server;
      await sleep(20);
    }
    const { code } = await server.stop({ signal: "SIGKILL", code: null });
    const taken = code === 1 && server.err.includes("is taken");
    if (!taken || options.port || attempt === 3) throw new Error(`the server did not start:\n${server.err}${server.out}`);
  }
}
