// rules_test.mjs: the rule file over HTTP and by command: see it, edit it, what
// is refused and why, every version, and the way back to one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const A = "+13035550142", B = "+13035550177", NUMBER = "+15105550100";
const rings = (phone) => `return {\n  { "all", go = ring("${phone}") },\n}\n`;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

let server, ana;
const start = async (options = {}) => {
  server = await startServer({ rules: rings(A), ...options });
  givenNumber(server.database, { user: "ana", phone: NUMBER });
  await server.settled();
  ana = user(server, "ana");
};
const file = (name = "forwarding.lua") => path.join(server.lua, name);
const onDisk = () => readFileSync(file(), "utf8");
const get = async () => (await ana.get("/api/twilio/rules")).body;
const put = (source, hash) => ana.put("/api/twilio/rules", { source, hash });
const whoRings = async () => rung(twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER))));

describe("the rule file over HTTP", () => {
  before(() => start());
  after(() => server.stop());

  it("is shown with what answers", async () => {
    const state = await get();
    assert.equal(state.source, rings(A));
    assert.equal(state.hash, sha256(state.source));
    assert.deepEqual(state.rules, [{ index: 1, name: "all", line: 2 }]);
    assert.deepEqual([state.version, state.file, state.error, state.editable], [1, "forwarding.lua", null, true]);
    assert.equal(state.live_source, null);
    assert.ok(state.files.some((one) => one.name === "forwarding.lua" && one.bytes === state.source.length));
    assert.ok(Math.abs(Date.now() - state.live_at) < 60_000);
  });

  it("is saved, and the next call follows it", async () => {
    chmodSync(file(), 0o640);
    const answer = await put(rings(B), (await get()).hash);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.source, rings(B));
    assert.equal(answer.body.version, 2);
    assert.equal(answer.body.live_source, null);
    assert.deepEqual(await whoRings(), [B]);
    assert.equal(onDisk(), rings(B));
    assert.equal(statSync(file()).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(server.lua).filter((name) => name.startsWith(".")), [], "nothing is left behind");
  });

  it("is not saved over someone else's edit", async () => {
    const { hash } = await get();
    writeFileSync(file(), `${rings(A)}-- by hand\n`);
    const answer = await put(rings(B), hash);
    assert.deepEqual([answer.status, answer.body.error.code], [409, "conflict"]);
    assert.match(onDisk(), /by hand/);
    await waitUntil(async () => (await get()).version === 3);
  });

  for (const [what, source, line, message] of [
    ["a word that is none", `return {\n  { "x", go = rign("${A}") },\n}\n`, 2, /rign.*did you mean "ring"/],
    ["a syntax error", "return {\n\n  oops oops\n}\n", 3, /a comma is missing before oops/],
    ["an example that fails", `return {\n  { "x", go = voicemail() },\n  examples = {\n    { expect = "reject" },\n  },\n}\n`, 4, /example 1/],
    ["an endless loop", "while true do end\n", 1, /time/],
    ["no list", "return 42\n", 1, /list of rules/],
    ["nothing", "", 1, /list of rules/],
    ["a condition that always holds", `return {\n  { "x", when = function(call) return call.from == "${A}" or "${B}" end,\n    go = reject() },\n}\n`,
      2, /this always holds/],
    ["a rule behind one that decides all", `return {\n  { "x", go = ring("${A}") },\n  { "y", when = function(call) return call.line.busy end, go = reject() },\n}\n`,
      3, /rule "y" never decides a call: rule "x" on line 2 has no when/],
  ]) {
    it(`is refused with ${what}, by PUT and by check alike, with file and line`, async () => {
      const before = await get();
      const answer = await put(source, before.hash);
      assert.equal(answer.status, 422, answer.text);
      const { code, fields, details } = answer.body.error;
      assert.equal(code, "refused");
      assert.deepEqual([details.file, details.line], ["forwarding.lua", line]);
      assert.match(details.message, message);
      assert.equal(fields.source, `forwarding.lua:${line}: ${details.message}`);
      const checked = await ana.post("/api/twilio/rules/check", { source });
      assert.equal(checked.status, 200);
      assert.deepEqual(checked.body, { ok: false, rules: null, examples: null, warnings: null, proof: null, gate: null, hash: null, error: { path: null, ...details } });
      assert.deepEqual(await get(), before, "nothing has changed");
    });
  }

  it("is checked without being saved", async () => {
    const before = await get();
    const source = `return {\n  { "one", when = function(call) return call.from == "${A}" end, go = reject() },\n`
      + `  { "two", go = ring("${B}"):otherwise(voicemail()) },\n  examples = { { expect = "ring ${B}" } },\n}\n`;
    const { body } = await ana.post("/api/twilio/rules/check", { source });
    assert.equal(body.ok, true, JSON.stringify(body));
    assert.deepEqual(body.rules.map(({ index, name, line }) => [index, name, line]), [[1, "one", 2], [2, "two", 3]]);
    assert.deepEqual(body.rules.map((rule) => [rule.calls > 0, rule.does, rule.never]),
      [[true, "reject", null], [true, `ring ${B} 20 s > voicemail`, null]]);
    assert.match(body.rules[0].example, new RegExp(`caller \\${A}`));
    assert.deepEqual(body.warnings, []);
    assert.equal(body.examples, 1);
    assert.deepEqual(Object.keys(body.proof).sort(), ["calls", "plans"]);
    assert.deepEqual(await get(), before);
  });

  it("tells all mistakes at once, and what may be one", async () => {
    const wrong = `return {\n  { "a", go = hangup("Sorry") },\n  { "b", go = ring("${A}", { secs = 5 }):otherwise(voicemail(), 2) },\n`
      + `  { "c", when = function(call) return call.form == "${B}" end, go = play("https://example.com/a.mp3", {}) },\n}\n`;
    const { body } = await ana.post("/api/twilio/rules/check", { source: wrong });
    assert.deepEqual(body.error.errors.map((error) => error.line), [2, 3, 3, 4, 4]);
    assert.equal(body.error.message, body.error.errors[0].message);
    const doubtful = `return {\n  { "a", when = function(call) return call.from:find("1234$") ~= nil end, go = reject() },\n  { "b", go = ring("${A}") },\n}\n`;
    const checked = await ana.post("/api/twilio/rules/check", { source: doubtful });
    assert.deepEqual(checked.body.warnings.map((warning) => warning.line), [2]);
    assert.match(checked.body.warnings[0].message, /rule "a" decided none of \d+ made-up calls/);
    assert.equal(checked.body.rules[0].never, "no call came to it");
    const loop = `local LIST = {}\nfor i = 1, 30 do LIST[i] = { "r" .. i, when = function(call) return call.from == "x" .. i end, go = reject() } end\nLIST[31] = { "rest", go = ring("${A}") }\nreturn LIST\n`;
    const made = await ana.post("/api/twilio/rules/check", { source: loop });
    assert.deepEqual(made.body.warnings.map((warning) => warning.message.slice(0, 36)), ['rule "r1" and 29 more of this line d']);
    assert.equal(made.body.rules.length, 31);
    // A call of the past comes to it, so it has its use.
    await server.post("/api/twilio/twiml", inbound("+99955501234", NUMBER));
    await server.settled();
    const again = await ana.post("/api/twilio/rules/check", { source: doubtful });
    assert.deepEqual([again.body.warnings, again.body.rules[0].past, again.body.rules[0].never], [[], 1, null]);
  });

  it("that was saved with a mistake is shown beside what answers, until it is fixed", async () => {
    const { version, source } = await get();
    writeFileSync(file(), "return {\n  oops oops\n}\n");
    const refused = await waitUntil(async () => { const now = await get(); return now.error && now; });
    assert.deepEqual([refused.error.file, refused.error.line], ["forwarding.lua", 2]);
    assert.ok(refused.error.message && Math.abs(Date.now() - refused.error.at) < 60_000);
    assert.equal(refused.source, "return {\n  oops oops\n}\n");
    assert.equal(refused.live_source, source);
    assert.equal(refused.version, version);
    assert.deepEqual(refused.rules, [{ index: 1, name: "all", line: 2 }]);
    assert.deepEqual(await whoRings(), [A]);
    // Saving what answers fixes it.
    const answer = await put(source, refused.hash);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.body.error, answer.body.version], [null, version]);
  });

  it("may begin with a mark, be a link, or be missing", async () => {
    const marked = await put(`\uFEFF${rings(B)}-- marked\n`, (await get()).hash);
    assert.equal(marked.status, 200, marked.text);
    assert.equal(onDisk(), `${rings(B)}-- marked\n`);
    mkdirSync(path.join(server.folder, "elsewhere"));
    renameSync(file(), path.join(server.folder, "elsewhere", "rules.lua"));
    symlinkSync("../elsewhere/rules.lua", file());
    const linked = await put(`${rings(A)}-- linked\n`, (await get()).hash);
    assert.equal(linked.status, 200, linked.text);
    assert.ok(lstatSync(file()).isSymbolicLink());
    assert.equal(onDisk(), `${rings(A)}-- linked\n`);
    rmSync(file());
    const missing = await waitUntil(async () => { const now = await get(); return now.error && now; });
    assert.deepEqual([missing.source, missing.hash], ["", ""]);
    assert.match(missing.error.message, /no such file: forwarding\.lua/);
    assert.equal((await put(rings(A), "")).status, 200);
    assert.equal((await put(rings(B), "")).status, 409);
  });

  it("reads contacts that a spreadsheet saved in UTF-16 or Windows-1252, and gives them back as UTF-8", async () => {
    const before = await get();
    const table = "Name;Phone\r\nM\u00fcller;(415) 555-0123\r\n";
    const rules = `local VIPS = contacts("vips.csv")\nreturn {\n`
      + `  { "vips", when = function(call) return VIPS[call.from] == "M\u00fcller" end, go = ring("${B}") },\n`
      + `  { "all", go = ring("${A}") },\n}\n`;
    for (const [encoding, bytes] of [["utf16le", Buffer.from(`\ufeff${table}`, "utf16le")],
      ["utf16be", Buffer.from(`\ufeff${table}`, "utf16le").swap16()], ["latin1", Buffer.from(table, "latin1")]]) {
      writeFileSync(file("vips.csv"), bytes);
      writeFileSync(file(), rules);
      await waitUntil(async () => (await get()).live_source === null && (await get()).source === rules, 5000, encoding);
      assert.equal((await get()).error, null, encoding);
      await waitUntil(async () => (await whoRings()).includes(B), 5000, encoding);
      const shown = await command(["rules", "show", "--file", "vips.csv"], {
        cwd: server.folder, config: { lua: server.lua, database: server.database } });
      assert.equal(shown.out, table, encoding);
      const diff = await command(["rules", "diff"], { cwd: server.folder, config: { lua: server.lua, database: server.database } });
      assert.match(diff.out, /files on disk are the same/, encoding);
      rmSync(file("vips.csv"));
      writeFileSync(file(), before.source);
      await waitUntil(async () => (await whoRings()).includes(A), 5000, encoding);
    }
  });

  it("is one that the body must hold", async () => {
    for (const [body, field] of [[{ source: "return {}" }, "hash"], [{ hash: "00" }, "source"], [{ source: 5, hash: "" }, "source"],
      [{ source: "return {}", hash: "no hash" }, "hash"], [{ source: "return {}\0", hash: "" }, "source"]]) {
      const answer = await ana.put("/api/twilio/rules", body);
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field], answer.text);
    }
  });
});

describe("versions", () => {
  before(async () => {
    await start();
    for (const source of [rings(B), `-- who rings\n${rings(B)}`, rings(A)]) {
      assert.equal((await put(source, (await get()).hash)).status, 200);
    }
  });
  after(() => server.stop());

  it("are listed once each, the newest first, with what each changed", async () => {
    const { versions, next } = (await ana.get("/api/twilio/rules/versions")).body;
    assert.deepEqual(versions.map((one) => [one.id, one.live, one.added, one.removed, one.result, one.changed]), [
      [1, true, 1, 2, "ok", ["forwarding.lua"]],
      [3, false, 1, 0, "ok", ["forwarding.lua"]],
      [2, false, 1, 1, "ok", ["forwarding.lua"]],
    ]);
    assert.equal(next, null);
    assert.ok(versions[0].first_live_at < versions[2].live_at && versions[2].live_at < versions[0].live_at);
    const first = (await ana.get("/api/twilio/rules/versions?limit=2")).body;
    assert.deepEqual(first.versions.map((one) => one.id), [1, 3]);
    const rest = (await ana.get(`/api/twilio/rules/versions?limit=2&cursor=${first.next}`)).body;
    assert.deepEqual([rest.versions.map((one) => one.id), rest.next], [[2], null]);
  });

  it("show their files and their difference to any other", async () => {
    const { body } = await ana.get("/api/twilio/rules/versions/3");
    assert.equal(body.sources["forwarding.lua"], `-- who rings\n${rings(B)}`);
    assert.ok(!Object.keys(body.sources).some((name) => name.includes("/") || name === "app.lua"));
    const before = (await ana.get("/api/twilio/rules/versions/3/diff")).body;
    assert.deepEqual(before, { id: 3, against: 2, diff: "--- version 2/forwarding.lua\n+++ version 3/forwarding.lua\n"
      + `@@ -1,3 +1,4 @@\n+-- who rings\n return {\n   { "all", go = ring("${B}") },\n }\n` });
    const other = (await ana.get("/api/twilio/rules/versions/3/diff?against=1")).body;
    assert.equal(other.against, 1);
    assert.match(other.diff, /^-  \{ "all", go = ring\("\+13035550142"\) \},$/m);
    assert.equal((await ana.get("/api/twilio/rules/versions/3/diff?against=3")).body.diff, "");
    for (const target of ["99", "99/diff", "3/diff?against=99"])
      assert.equal((await ana.get(`/api/twilio/rules/versions/${target}`)).status, 404, target);
  });

  it("are restored by id", async () => {
    const answer = await ana.post("/api/twilio/rules/versions/2/restore");
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.body.version, answer.body.source], [2, rings(B)]);
    assert.deepEqual(await whoRings(), [B]);
    assert.equal((await ana.post("/api/twilio/rules/versions/99/restore")).status, 404);
    const history = rows(server.database, "SELECT version FROM rule_activations ORDER BY id").map((row) => row.version);
    assert.deepEqual(history, [1, 2, 3, 1, 2]);
  });

  it("survive a restart, which makes no new version", async () => {
    const { folder, port } = server;
    await server.stop({ keep: true });
    server = await startServer({ folder, port });
    ana = user(server, "ana");
    assert.equal((await get()).version, 2);
    assert.equal(rows(server.database, "SELECT COUNT(*) AS n FROM rule_activations")[0].n, 5);
  });
});

describe("hookswitch rules", () => {
  let options;
  before(async () => {
    await start();
    for (const source of [rings(B), `-- who rings\n${rings(B)}`]) {
      assert.equal((await put(source, (await get()).hash)).status, 200);
    }
    options = { cwd: server.folder, config: { lua: server.lua, database: server.database, timezone: "America/Denver" } };
  });
  after(() => server.stop());

  it("lists and shows", async () => {
    const log = await command(["rules", "log"], options);
    assert.equal(log.status, 0, log.err);
    assert.match(log.out, /^ +id +live since .*\(times in America\/Denver\)\n +3 .* forwarding\.lua {2}\(live\)\n +2 .*\n +1 /);
    assert.deepEqual((await commandJson(["rules", "log", "--limit", "1"], options)).value.versions.map((one) => one.id), [3]);
    assert.equal((await command(["rules", "show"], options)).out, `-- who rings\n${rings(B)}`);
    assert.equal((await command(["rules", "show", "1"], options)).out, rings(A));
    assert.match((await command(["rules", "show", "1", "--file", "app.lua"], options)).out, /routes\.voice/);
  });

  it("compares", async () => {
    assert.match((await command(["rules", "diff", "2"], options)).out, /^--- version 1\/forwarding\.lua\n\+\+\+ version 2\//);
    assert.match((await command(["rules", "diff", "3", "1"], options)).out, /^\+-- who rings$/m);
    assert.match((await command(["rules", "diff"], options)).out, /on disk are the same as version 3/);
    writeFileSync(file(), "return {\n  oops oops\n}\n");
    const edit = await commandJson(["rules", "diff"], options);
    assert.deepEqual(edit.value.changed, ["forwarding.lua"]);
    assert.match(edit.value.diff, /^\+ {2}oops oops$/m);
  });

  it("restores by id, also in the place of a file with a mistake, and the server follows", async () => {
    const done = await command(["rules", "restore", "1"], options);
    assert.equal(done.status, 0, done.err);
    assert.match(done.out, /^Restored version 1, live from .*: .*forwarding\.lua/);
    await waitUntil(async () => (await get()).version === 1, 5000);
    assert.deepEqual(await whoRings(), [A]);
  });

  it("restores by time", async () => {
    const [, second] = rows(server.database, "SELECT live_at FROM rule_activations ORDER BY id");
    const at = new Date(second.live_at + 1).toISOString();
    rows(server.database, `UPDATE rule_activations SET live_at = live_at - 7200000 WHERE id <= 2`);
    const past = new Date(Date.parse(at) - 7_200_000 + 60_000).toISOString();
    assert.equal((await command(["rules", "restore", "--at", past], options)).status, 0);
    await waitUntil(async () => (await get()).version === 2, 5000);
    assert.deepEqual(await whoRings(), [B]);
    assert.equal((await commandJson(["rules", "show", "--at", past], options)).value.id, 2);
  });

  it("says what is wrong", async () => {
    for (const [args, status, message] of [
      [["restore", "99"], 1, /no version 99/], [["show", "--at", "2001-01-01"], 1, /nothing was live/],
      [["show", "--at", "noon"], 2, /can't read "noon" as a time/], [["show", "1", "--file", "x.lua"], 1, /no file x\.lua/],
      [["restore"], 2, /not enough arguments for restore\nusage: hookswitch rules/], [["show", "x"], 2, /not an ID: x/],
      [["restore", "1", "2"], 2, /too many arguments for restore/], [["lgo"], 2, /unknown action lgo/],
      [["restore", "1", "--at", "2026-01-01"], 2, /too many arguments for restore/], [["log", "--limit", "x"], 2, /--limit takes/],
    ]) {
      const result = await command(["rules", ...args], options);
      assert.equal(result.status, status, args.join(" "));
      assert.match(result.err, message);
      assert.equal(result.out, "");
    }
    const json = await commandJson(["rules", "restore", "99"], options);
    assert.deepEqual([json.status, json.value.error.code], [1, "unknown_version"]);
  });
});

describe("a folder with the team's files alone", () => {
  before(() => start({ lua: {} }));
  after(() => server.stop());

  // As a file they would outlive the next upgrade of the program.
  it("has no phrases of its own after a restore, and none that are gone", async () => {
    assert.equal((await put(rings(B), (await get()).hash)).status, 200);
    const options = { cwd: server.folder, config: { lua: server.lua, database: server.database } };
    assert.match((await command(["rules", "diff"], options)).out, /^The files on disk are the same as version 2\.$/m);
    assert.equal((await ana.post("/api/twilio/rules/versions/1/restore")).status, 200);
    assert.deepEqual(await whoRings(), [A]);
    const done = await command(["rules", "restore", "2"], options);
    assert.match(done.out, /^Restored version 2, live from [^,]*: forwarding\.lua\./, done.err);
    assert.deepEqual(readdirSync(server.lua), ["forwarding.lua"]);
  });

  it("gets phrases of its own back", async () => {
    const own = readFileSync(path.join(import.meta.dirname, "../../lua/phrases.lua"), "utf8").replace("Thank you. Goodbye.", "Thanks.");
    writeFileSync(file("phrases.lua"), own);
    await waitUntil(async () => (await get()).version === 3, 5000);
    rmSync(file("phrases.lua"));
    await waitUntil(async () => (await get()).version === 2, 5000);
    assert.equal((await ana.post("/api/twilio/rules/versions/3/restore")).status, 200);
    assert.equal(readFileSync(file("phrases.lua"), "utf8"), own);
  });
});

describe("where the file may not be edited", () => {
  it("rules_editable = no: it is shown and checked, not saved", async () => {
    await start({ config: { rules_editable: "no" } });
    try {
      const state = await get();
      assert.equal(state.editable, false);
      const answer = await put(rings(B), state.hash);
      assert.deepEqual([answer.status, answer.body.error.code], [409, "read_only"]);
      assert.equal((await ana.post("/api/twilio/rules/versions/1/restore")).status, 409);
      assert.equal((await ana.post("/api/twilio/rules/check", { source: rings(B) })).body.ok, true);
      assert.equal(onDisk(), rings(A));
      const telling = `return { { "x", when = function(call) error(call.to) end, go = ring("${A}") } }`;
      const told = await user(server, "bob").post("/api/twilio/rules/check", { source: telling });
      assert.equal(told.body.ok, false);
      assert.ok(!told.text.includes(NUMBER), "a number of someone else's");
    } finally {
      await server.stop();
    }
  });

  it("a folder that cannot be written says so", async (test) => {
    if (process.getuid() === 0) return test.skip("root may write everywhere");
    await start();
    try {
      chmodSync(server.lua, 0o555);
      const state = await get();
      assert.equal(state.editable, false);
      assert.equal((await put(rings(B), state.hash)).body.error.code, "read_only");
    } finally {
      chmodSync(server.lua, 0o755);
      await server.stop();
    }
  });
});
