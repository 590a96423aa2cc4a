// install_test.mjs: what an installed program does: its settings and folders, a team's folder anywhere, the unit, and
// systemd's part of it, played by spec/support/systemd.py. `make deb-test` does the same with the package and systemd.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { BINARY, freePort, JWT_SECRET, request, sign, sleep, startServer, TOKEN, waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(import.meta.dirname, "../..");
const UNIT = path.join(ROOT, "vendor/debian/hookswitch.service");
const SAY = (words) => `return { { "all", go = voicemail("${words}") } }\n`;
const CALL = { CallSid: `CA${"0".repeat(32)}`, From: "+14155550123", To: "+15105550100", Direction: "inbound", CallStatus: "ringing" };

let home;
before(() => { home = mkdtempSync(path.join(tmpdir(), "hookswitch-install-")); });
after(() => rmSync(home, { recursive: true, force: true }));

const install = (prefix) => execFileSync("make", ["-s", "-o", "all", "install", `DESTDIR=${home}`, `PREFIX=${prefix}`,
  `BUILD=${path.dirname(BINARY)}`], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });

describe("make install", () => {
  const share = (name) => path.join(home, "usr/share/hookswitch", name);

  it("installs what the program needs", () => {
    install("/usr");
    for (const name of ["app.conf", "lua/forwarding.lua", "lua/lookups.lua", "lua/app.lua", "lua/types/call.lua"])
      assert.ok(existsSync(share(name)), name);
  });

  it("leaves the team's files alone later, and nothing old of the program's", () => {
    writeFileSync(share("lua/forwarding.lua"), SAY("ours"));
    writeFileSync(share("lua/vips.txt"), "+14155550123\n");
    writeFileSync(share("lua/routes/gone.lua"), "return {}\n");
    install("/usr");
    assert.equal(readFileSync(share("lua/forwarding.lua"), "utf8"), SAY("ours"));
    assert.ok(existsSync(share("lua/vips.txt")));
    assert.ok(!existsSync(share("lua/routes/gone.lua")));
  });

  it("finds the machine's settings from anywhere, unless the working folder has its own", () => {
    const cwd = mkdtempSync(path.join(home, "cwd-"));
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HOOKSWITCH|TWILIO|JWT)_/.test(name)));
    const company = () => JSON.parse(execFileSync(path.join(home, "usr/bin/hookswitch"), ["config", "--json"], { cwd, env })).company;
    assert.equal(company().from, "default");
    for (const etc of ["etc", "usr/etc"]) { // of the prefix /usr, and of any other
      const file = path.join(home, etc, "hookswitch/app.conf");
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `company = ${etc}\n`);
      assert.deepEqual(company(), { value: etc, from: `${file}:1` });
    }
    writeFileSync(path.join(cwd, "app.conf"), "company = here\n");
    assert.deepEqual(company(), { value: "here", from: "app.conf:1" });
  });
});

describe("a team's folder", () => {
  let server;
  before(async () => { server = await startServer({ lua: { "forwarding.lua": SAY("our rules"), "vips.txt": "+14155550123\n" } }); });
  after(() => server.stop());
  const rules = async () => JSON.parse((await server.get("/healthz")).body).rules;

  it("holds the rules alone, and every save of them is live", async () => {
    const { hash, error } = await rules();
    assert.equal(error ?? null, null);
    assert.equal((await server.get("/api/openapi.json")).status, 200);
    writeFileSync(path.join(server.lua, "forwarding.lua"), SAY("a second version"));
    await waitUntil(async () => (await rules()).hash !== hash, 5000, "the save is live");
    writeFileSync(path.join(server.lua, "forwarding.lua"), "return {\n");
    await waitUntil(async () => (await rules()).error, 5000, "a mistake is refused");
    assert.equal((await server.post("/api/twilio/twiml", CALL)).status, 200);
  });
});

// systemd's part: `got` are the messages that came, in order.
class Systemd {
  constructor(address, port, env = {}) {
    this.got = [];
    this.exits = [];
    this.port = port;
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HOOKSWITCH|TWILIO|JWT|WATCHDOG)_/.test(name)));
    this.child = spawn("python3", [path.join(ROOT, "spec/support/systemd.py"), address, BINARY, "serve"], {
      cwd: home, stdio: ["pipe", "pipe", "ignore"],
      env: { ...own, HOOKSWITCH_LISTEN: `127.0.0.1:${port}`, HOOKSWITCH_DATABASE: path.join(home, "service.db"),
        HOOKSWITCH_LUA: path.join(home, "team"), HOOKSWITCH_WORKERS: "8", SERVER_URL: `http://127.0.0.1:${port}`,
        TWILIO_AUTH_TOKEN: TOKEN, JWT_SECRET, ...env } });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const { got, kept, exit } = JSON.parse(line);
      if (got) this.got.push(...got);
      if (kept !== undefined) this.kept = kept;
      if (exit !== undefined) this.exits.push(exit);
    });
    this.ended = new Promise((resolve) => this.child.on("close", resolve));
  }

  heard(message, from = 0) {
    return waitUntil(() => this.got.indexOf(message, from) >= 0, 20_000, message);
  }

  // Until the next process is ready.
  async again(order) {
    const from = this.got.length;
    this.child.stdin.write(`${order}\n`);
    await this.heard("READY=1", from);
  }

  async stop() {
    this.child.stdin.write("stop\n");
    await this.ended;
  }
}

// Calls, one after the other, each on a connection of its own; resolves to how they were answered.
async function caller(port, state) {
  const url = "/api/twilio/twiml";
  for (let n = 1; !state.over; n++) {
    const params = { ...CALL, CallSid: `CA${String(n).padStart(8, "0")}${state.name.padStart(24, "0")}` };
    const answer = await request(port, { method: "POST", target: url, body: new URLSearchParams(params).toString(), timeout: 30_000,
      tries: 0, headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": sign(`http://127.0.0.1:${port}${url}`, params) },
    }).catch((error) => ({ status: error.code ?? error.message }));
    state.answers.push(answer.status);
    await sleep(5);
  }
}

describe("under systemd", () => {
  before(() => {
    mkdirSync(path.join(home, "team"));
    writeFileSync(path.join(home, "team/forwarding.lua"), SAY("hello"));
  });

  it("says when it is ready, alive, reloading and stopping, and leaves its socket there", async () => {
    const systemd = new Systemd(path.join(home, "notify"), await freePort(), { WATCHDOG_USEC: "400000" });
    try {
      await systemd.heard("FDSTORE=1");
      assert.ok(systemd.got.indexOf("READY=1") < systemd.got.indexOf("FDSTORE=1"));
      assert.equal(systemd.kept, 1);
      const from = systemd.got.length;
      await systemd.heard("WATCHDOG=1", from);
      systemd.child.stdin.write("reload\n");
      await systemd.heard("RELOADING=1", from);
      assert.ok(systemd.got.some((line) => /^MONOTONIC_USEC=\d+$/.test(line)));
      await systemd.heard("READY=1", systemd.got.indexOf("RELOADING=1"));
    } finally {
      await systemd.stop();
    }
    assert.ok(systemd.got.includes("STOPPING=1"));
    assert.ok(systemd.got.includes("EXTEND_TIMEOUT_USEC=24000000"));
    assert.deepEqual(systemd.exits, [0]);
  });

  it("answers every call while it is restarted and killed", async () => {
    const port = await freePort();
    const systemd = new Systemd(`@hookswitch-${process.pid}`, port);
    await systemd.heard("FDSTORE=1"); // in the abstract name space, too
    const callers = ["1", "2", "3"].map((name) => ({ name, answers: [], over: false }));
    const calls = callers.map((state) => caller(port, state));
    const some = (list) => waitUntil(() => list.every(({ answers }, i) => answers.length > 3 + (callers[i].mark ?? 0)), 20_000, "calls are answered");
    try {
      for (const order of ["restart", "restart"]) {
        await some(callers);
        await systemd.again(order);
        for (const state of callers) state.mark = state.answers.length;
      }
      await some(callers);
      for (const state of callers) state.over = true;
      await Promise.all(calls);
      assert.deepEqual([...new Set(callers.flatMap(({ answers }) => answers))], [200]);
      assert.deepEqual(systemd.exits, [0, 0]);
      // Killed, it takes with it what it was answering, and no call that comes later.
      const killed = systemd.again("kill");
      await waitUntil(() => systemd.exits.length === 3, 20_000, "its end");
      const late = { name: "9", answers: [], over: false };
      const call = caller(port, late);
      await waitUntil(() => late.answers.length > 2, 20_000, "calls are answered");
      late.over = true;
      await Promise.all([call, killed]);
      assert.deepEqual([...new Set(late.answers)], [200]);
    } finally {
      for (const state of callers) state.over = true;
      await systemd.stop();
    }
  });

  it("gives the socket back when it cannot serve", async () => {
    const port = await freePort();
    const systemd = new Systemd(path.join(home, "notify-2"), port);
    await systemd.heard("FDSTORE=1");
    rmSync(path.join(home, "service.db"), { force: true });
    for (const end of ["-wal", "-shm"]) rmSync(path.join(home, `service.db${end}`), { force: true });
    writeFileSync(path.join(home, "service.db"), "not a database ".repeat(500));
    const from = systemd.got.length;
    systemd.child.stdin.write("restart\n");
    await systemd.heard("FDSTOREREMOVE=1", from);
    const refused = () => request(port, { tries: 0 }).then(() => false, ({ code }) => code === "ECONNREFUSED");
    await waitUntil(refused, 5000, "callers are refused");
    systemd.child.kill("SIGKILL");
    await systemd.ended;
    rmSync(path.join(home, "service.db"));
  });
});

describe("the unit", () => {
  const analyze = (...args) => spawnSync("systemd-analyze", args, { encoding: "utf8" });
  const skip = analyze("--version").error ? "systemd-analyze isn't installed" : false;

  it("is valid, and exposes little", { skip }, () => {
    const there = path.join(home, "hookswitch.service");
    writeFileSync(there, readFileSync(UNIT, "utf8").replace("/usr/bin/hookswitch", BINARY));
    const { stderr, stdout } = analyze("verify", "--man=no", there);
    assert.doesNotMatch(stderr + stdout, /hookswitch\.service/);
    const security = analyze("security", "--offline=yes", "--no-pager", "--threshold=25", there);
    assert.equal(security.status, 0, security.stdout.slice(-300));
  });
});
