// bad_files_test.mjs: whatever is wrong with the Lua folder, a start, a save and
// `hookswitch check` say the same of it, and the last good version of every
// file answers meanwhile.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync,
  writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { MINI } from "../support/mini.mjs";
import { asText, dropSchema, POSTGRES } from "../support/postgres.mjs";
import { launch, SLOW, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const NOBODY = 65534;
const ROOT = process.getuid() === 0;

// Its one rule is named as vips.txt says: what answers comes from the data, too.
const WITH_DATA = {
  ...MINI,
  "calls/rules/ruleset.lua": MINI["calls/rules/ruleset.lua"].replace("rules.open(text, name)", "rules.open(text, name, options)")
    .replace("return { list = {}", 'local vip = assert(options.data("vips.txt"), "there is no vips.txt")\n'
      + "  return { list = { { name = vip, line = 1 } }"),
  "hookswitch/router.lua": MINI["hookswitch/router.lua"].replace("version = rules.version()",
    "version = rules.version(), vip = rules.list()[1] and rules.list()[1].name"),
  "vips.txt": "+13035550123",
  "deep/list.txt": "one",
};

// What can be wrong, each with what undoes it. Paths are in the Lua folder.
function kinds(lua) {
  const at = (name) => path.join(lua, name);
  // In one step: without the file for a moment, the folder may be good, too, and another version.
  const undo = (name) => () => {
    const whole = `${lua}.${path.basename(name)}`;
    const own = WITH_DATA[name];
    if (own === undefined || lstatSync(at(name), { throwIfNoEntry: false })?.isDirectory()) rmSync(at(name), { recursive: true, force: true });
    if (own === undefined) return;
    writeFileSync(whole, own);
    renameSync(whole, at(name));
  };
  const text = (name, bytes) => [() => writeFileSync(at(name), bytes), undo(name)];
  const instead = (name, make) => [() => { rmSync(at(name)); make(at(name)); }, undo(name)];
  const mode = (name, bits) => [() => chmodSync(at(name), 0o000), () => chmodSync(at(name), bits)];
  const many = Array.from({ length: 1001 }, (_, i) => `many${i}.txt`);
  let socket;
  return Object.entries({
    "a Latin-1 byte in a data file": text("vips.txt", Buffer.from("caf\xe9", "latin1")),
    "a data file is missing": [() => rmSync(at("vips.txt")), undo("vips.txt")],
    "a data file is too large": text("vips.txt", "x".repeat(2 << 20)),
    "a Latin-1 byte in a data file of a folder": text("deep/list.txt", Buffer.from("caf\xe9", "latin1")),
    "a syntax error": text("forwarding.lua", "return {\n oops oops }\n"),
    "an error while it loads": text("forwarding.lua", "\nerror('no')\n"),
    "an example that fails": text("forwarding.lua", 'return { examples = { { expect = "x", fails = "it rings" } } }\n'),
    "it returns nothing": text("forwarding.lua", "-- nothing\n"),
    "it is empty": text("forwarding.lua", ""),
    "it never ends": text("forwarding.lua", "while true do end\n"),
    "it is bytecode": text("forwarding.lua", "\x1bLua\x54\x00"),
    "a NUL in it": text("forwarding.lua", "return {\0}"),
    "it is over 1 MiB": text("forwarding.lua", `return {}${" ".repeat(1 << 20)}`),
    "it is missing": [() => rmSync(at("forwarding.lua")), undo("forwarding.lua")],
    "it is a folder": instead("forwarding.lua", (name) => mkdirSync(name)),
    "it is a FIFO": instead("forwarding.lua", (name) => spawnSync("mkfifo", [name])),
    "it is a device": instead("forwarding.lua", (name) => symlinkSync("/dev/zero", name)),
    "it is a socket": [() => { rmSync(at("forwarding.lua")); socket = net.createServer().listen(at("forwarding.lua")); },
      () => { socket.close(); undo("forwarding.lua")(); }],
    "a link to nowhere": instead("forwarding.lua", (name) => symlinkSync("nowhere.lua", name)),
    "a link to itself": instead("forwarding.lua", (name) => symlinkSync("forwarding.lua", name)),
    "it cannot be read (EIO)": instead("forwarding.lua", (name) => symlinkSync("/proc/self/mem", name)),
    "it must not be read": mode("forwarding.lua", 0o644),
    "a data file must not be read": mode("vips.txt", 0o644),
    "a broken copy beside it": text("copy of forwarding.lua", "return {\n"),
    "a text of 2 MiB beside it": text("notes.txt", "x".repeat(2 << 20)),
    "a folder must not be read": mode("deep", 0o755),
    "the folder must not be read": mode(".", 0o755),
    "a loop of folders": [() => symlinkSync("..", at("deep/up")), () => unlinkSync(at("deep/up"))],
    "too many folders deep": [() => mkdirSync(at("deep/1/2/3/4/5/6/7/8/9"), { recursive: true }),
      () => rmSync(at("deep/1"), { recursive: true })],
    "a name with a colon": text("a:b.lua", "return 1"),
    "a name that is not UTF-8": [() => writeFileSync(Buffer.concat([Buffer.from(at("caf")), Buffer.from([0xe9]), Buffer.from(".txt")]), "x"),
      () => unlinkSync(Buffer.concat([Buffer.from(at("caf")), Buffer.from([0xe9]), Buffer.from(".txt")]))],
    "a name that is too long": text(`${"n".repeat(130)}.txt`, "x"),
    "too many files": [() => many.forEach((name) => writeFileSync(at(name), "")), () => many.forEach((name) => unlinkSync(at(name)))],
    "a mistake in lookups.lua": text("lookups.lua", "return 1\n"),
    "a mistake in the program": text("app.lua", "return nil .. 'x'\n"),
    "a mistake in a file of the program": text("hookswitch/router.lua", "return {\n"),
    "a module of the program is missing": [() => rmSync(at("calls/rules/ruleset.lua")), undo("calls/rules/ruleset.lua")],
    "a route twice": text("app.lua", WITH_DATA["app.lua"].replace("/api/item/:id/toggle", "/api/echo").replace("PATCH", "GET")),
    "the folder is missing": [() => renameSync(lua, `${lua}.away`), () => renameSync(`${lua}.away`, lua)],
    "the folder is a file": [() => { renameSync(lua, `${lua}.away`); writeFileSync(lua, ""); },
      () => { rmSync(lua); renameSync(`${lua}.away`, lua); }],
  }).map(([what, [harm, mend]]) => ({ what, harm, mend }));
}

const json = async (server, target) => JSON.parse((await server.get(target)).body);
const rulesOf = async (server) => (await json(server, "/healthz")).rules;
// What a start on PostgreSQL puts aside has an alert of its own, which stays.
const openAlerts = (server) => rows(server.database, "SELECT kind, detail FROM alerts WHERE closed_at IS NULL")
  .filter(({ kind }) => !POSTGRES || kind !== "rules_kept");

// An entry of `check --json` as a server writes it.
function worded(error, lua) {
  const file = error.file.replace(`${lua}/`, "");
  return `${file ? `${file}:` : ""}${error.line ? `${error.line}:` : ""}${file ? " " : ""}${error.message}`;
}

describe("a bad Lua folder", () => {
  let server;
  // Modes hold for other users than root only.
  const uid = ROOT ? NOBODY : undefined;
  const give = (name) => {
    chownSync(name, NOBODY, NOBODY);
    for (const entry of readdirSync(name, { withFileTypes: true }))
      entry.isDirectory() ? give(path.join(name, entry.name)) : chownSync(path.join(name, entry.name), NOBODY, NOBODY);
  };
  const up = async (next) => {
    await waitUntil(() => next.get("/healthz").then((answer) => answer.status === 200, () => next.ended), 20_000, "a start");
    assert.equal(next.ended, null, next.err);
    return next;
  };

  it("is refused by a save, by check and by a start in the same words, and the last good version answers", async (test) => {
    const first = await startServer({ lua: WITH_DATA, config: { maintenance_seconds: 0 } });
    await first.stop({ keep: true });
    if (ROOT) give(first.folder);
    const again = async () => up(await launch({ folder: first.folder, port: first.port, uid, config: { maintenance_seconds: 0 } }));
    server = await again();
    const good = await rulesOf(server);
    const { vip } = await json(server, "/api/echo");
    assert.equal(vip, "+13035550123");
    const check = async () => (await commandJson(["check"], { cwd: server.folder, uid,
      config: { lua: server.lua, database: server.database, jwt_secret: null } })).value;
    const wrong = [];
    after(() => server.stop());
    const sound = async (what) => {
      if (server.ended) server = await again();
      await waitUntil(async () => {
        const { error, hash } = await rulesOf(server);
        return error === null && hash === good.hash;
      }, 4000 * SLOW, `${what}: mended`).catch((problem) => wrong.push(problem.message));
      await waitUntil(() => openAlerts(server).length === 0, 3000 * SLOW, `${what}: the alert is closed`)
        .catch((problem) => wrong.push(problem.message));
      assert.deepEqual((await json(server, "/readyz")).warnings, [], what);
    };
    for (const { what, harm, mend } of kinds(server.lua)) {
      try {
        harm();
        // A save.
        const saved = await waitUntil(async () => {
          const now = await rulesOf(server);
          return now.error && now;
        }, 4000 * SLOW, `${what}: refused`);
        // Check.
        const checked = await check();
        assert.equal(checked.ok, false, what);
        const saidByCheck = worded(checked.errors[0], server.lua);
        await waitUntil(async () => (await rulesOf(server)).error === saidByCheck, 3000, `${what}: a save says what check does: ${saidByCheck}`);
        saved.error = saidByCheck;
        await waitUntil(() => openAlerts(server).length === 1, 3000 * SLOW, `${what}: an alert`);
        assert.ok(openAlerts(server)[0].detail.startsWith(saved.error), what);
        // A start.
        await server.stop({ keep: true });
        server = await again();
        const started = await rulesOf(server);
        if (POSTGRES) { // where a start begins with the database's rules and puts other files aside
          assert.deepEqual([started.hash, started.version, started.defaults], [good.hash, good.version, false], what);
          assert.equal((await json(server, "/api/echo")).vip, vip, what);
          continue;
        }
        assert.equal(started.error, saved.error, `${what}: a start and a save`);
        for (const now of [saved, started]) {
          assert.deepEqual([now.hash, now.version, now.defaults], [good.hash, good.version, false], what);
          assert.match(now.instead, /The last good version answers calls/);
        }
        assert.equal((await json(server, "/api/echo")).vip, vip, what);
        const { status, warnings } = await json(server, "/readyz");
        assert.deepEqual([status, warnings.map((warning) => warning.code)], ["ready", ["rules_refused"]]);
        assert.ok(warnings[0].message.startsWith(started.error), what);
        assert.equal((await server.logged("reload_refused")).level, "error");
        await waitUntil(() => server.out.includes(" is refused: "), 3000 * SLOW, `${what}: the terminal`);
        assert.equal(openAlerts(server).length, 1, what);
      } catch (problem) {
        wrong.push(`${what}: ${problem.message}`);
      } finally {
        mend();
        await sound(what);
      }
    }
    test.diagnostic(`${kinds(server.lua).length} kinds`);
    assert.deepEqual(wrong, []);
  });
});

describe("the last good version", () => {
  const VIP = "+13035550123", OTHER = "+13035550199";
  const RULES = 'local VIPS = contacts("vips.txt")\nreturn {\n  { "VIPs", when = function(call) return VIPS[call.from] ~= nil end, go = ring("+13035550101"):otherwise(say("Sorry.")) },\n'
    + '  { "others", go = say("Nobody is here.") },\n}\n';
  const rings = async (server, from) => rung(twiml(await server.post("/api/twilio/twiml", inbound(from, "+15105550100"))));
  const save = (server, name, text) => writeFileSync(path.join(server.lua, name), text);
  const restart = async (server, harm) => {
    await server.stop({ keep: true });
    await harm();
    return startServer({ folder: server.folder, port: server.port });
  };
  const doctor = async (server, over) => (await commandJson(["doctor"], { cwd: server.folder, config: { lua: server.lua,
    database: server.database, jwt_secret: null, listen: `127.0.0.1:${server.port}`, ...over } })).value;

  async function withVips(work) {
    let server = await startServer();
    try {
      givenNumber(server.database);
      save(server, "vips.txt", `${VIP} Vic\n`);
      save(server, "forwarding.lua", RULES);
      await waitUntil(async () => (await rings(server, VIP))[0] === "+13035550101", 4000 * SLOW, "the rules");
      assert.deepEqual(await rings(server, OTHER), []);
      await work(server, (harm) => restart(server, harm).then((next) => (server = next)));
    } finally {
      await server.stop();
    }
  }

  it("decides from its own data files, whichever file was broken, and doctor says so", () => withVips(async (first, again) => {
    const { version } = await rulesOf(first);
    for (const harm of [
      () => save(first, "vips.txt", Buffer.from(`${OTHER} caf\xe9\n`, "latin1")),
      () => (save(first, "vips.txt", `${OTHER} Oz\n`), rmSync(path.join(first.lua, "forwarding.lua"))),
      () => save(first, "routes/voice.lua", "return {\n"),
      () => rmSync(first.lua, { recursive: true }),
    ]) {
      const server = await again(harm);
      assert.deepEqual(await rings(server, VIP), ["+13035550101"]);
      assert.deepEqual(await rings(server, OTHER), []);
      assert.equal((await rulesOf(server)).version, version);
      // A start on PostgreSQL has put the database's files back.
      if (POSTGRES && (await rulesOf(server)).error === null) continue;
      const { ok, report } = await doctor(server);
      assert.equal(ok, false);
      const said = report.find((entry) => entry.about === "rules");
      // The server may have tried the database's files first.
      const error = (await rulesOf(server)).error.replace(/the rules from \S+ can't be used here: /, "");
      assert.deepEqual([said.state, said.message], ["failed", error]);
      assert.match(report.find((entry) => entry.about === "server").message, /The last good version answers calls/);
    }
  }));

  it("stands in for a file whose problems are all told, everywhere that people read of them", () => withVips(async (server) => {
    save(server, "forwarding.lua", `local JOE = "+130355501"
local open = function(call) return call.weekday == "mon" end
return {
  { "one", when = open, go = ring("+13035550101", { second = 10 }):otherwise(voicemail()) },
  { "two", go = function(call) return ring(call.nobody):otherwise(voicemail()) end },
}
`);
    await waitUntil(async () => (await rulesOf(server)).error, 4000 * SLOW, "the refusal");
    const { value } = await commandJson(["check"], { cwd: server.folder,
      config: { lua: server.lua, database: server.database, jwt_secret: null } });
    const all = value.errors.map((error) => worded(error, server.lua));
    assert.ok(all.length >= 3, all.join("\n"));
    assert.equal((await rulesOf(server)).error, all[0]);
    const page = (await user(server, "1").get("/api/twilio/rules")).body.error;
    assert.deepEqual(page.errors.map((error) => worded(error, server.lua)), all);
    const [{ detail }] = await waitUntil(() => openAlerts(server).length > 0 && openAlerts(server), 3000 * SLOW, "the alert");
    assert.equal(detail, `${all.join("\n")}\nThe last good version answers calls.`);
  }));

  it("after an upgrade, its rules run with the new program", () => withVips(async (first, again) => {
    const server = await again(() => {
      rows(first.database, "UPDATE rule_versions SET program = 'of an older release'");
      appendFileSync(path.join(first.lua, "routes/voice.lua"), "-- newer\n");
      save(first, "vips.txt", Buffer.from("caf\xe9\n", "latin1"));
    });
    assert.deepEqual(await rings(server, VIP), ["+13035550101"]);
    const { version } = await rulesOf(server);
    const files = JSON.parse(rows(server.database, `SELECT files FROM rule_versions WHERE id = ${version}`)[0].files);
    const [{ text }] = rows(server.database, `SELECT ${asText("text")} AS text FROM rule_texts WHERE hash = '${files["routes/voice.lua"]}'`);
    assert.match(text, /-- newer\n$/);
  }));

  it("is not what stood in for it while nothing was known", () => withVips(async (first, again) => {
    const { version } = await rulesOf(first);
    rows(first.database, `INSERT INTO rule_activations (version, live_at, result) SELECT MIN(id), ${Date.now()}, 'forwarding.lua: refused' FROM rule_versions`);
    const server = await again(() => save(first, "forwarding.lua", "return {\n"));
    assert.equal((await rulesOf(server)).version, version);
  }));
});

describe("without any version", () => {
  for (const [what, harm] of [["the folder is missing", (lua) => rmSync(lua, { recursive: true })],
    ["the program's files are broken", (lua) => writeFileSync(path.join(lua, "calls/rules/ruleset.lua"), "return {\n")],
    ["the rules are a folder", (lua) => (rmSync(path.join(lua, "forwarding.lua")), mkdirSync(path.join(lua, "forwarding.lua")))],
    ["a text is too large", (lua) => writeFileSync(path.join(lua, "a.txt"), "x".repeat(2 << 20))]]) {
    it(`${what}: the console's settings decide, loudly`, async () => {
      const made = await startServer();
      await made.stop({ keep: true });
      for (const name of ["hookswitch.db", "hookswitch.db-wal", "hookswitch.db-shm", "state"])
        rmSync(path.join(made.folder, name), { recursive: true, force: true });
      if (POSTGRES) dropSchema(made.database);
      harm(made.lua);
      const server = await startServer({ folder: made.folder, port: made.port });
      try {
        givenNumber(server.database, { settings: { always: "+13035550111" } });
        await server.settled();
        assert.deepEqual(rung(twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", "+15105550100")))), ["+13035550111"]);
        const now = await rulesOf(server);
        assert.equal(now.defaults, true);
        assert.match(now.instead, /the console's settings decide/);
        assert.equal((await server.logged("reload_refused")).level, "error");
        await waitUntil(() => openAlerts(server).length === 1, 3000 * SLOW, "an alert");
      } finally {
        await server.stop();
      }
    });
  }
});
