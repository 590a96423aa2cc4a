// commands_test.mjs: check, run and routes, as someone types them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
let folder;

const file = (name) => path.join(folder, name);
const write = (name, text) => writeFileSync(file(name), text);

function hookswitch(args, env = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HOOKSWITCH|TWILIO|JWT)_/.test(name)));
  const result = spawnSync(BINARY, args, { cwd: folder, encoding: "utf8",
    env: { ...clean, HOOKSWITCH_LUA: "lua", HOOKSWITCH_DATABASE: "test.db", ...env } });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "hookswitch-commands-"));
  cpSync(path.join(ROOT, "lua"), file("lua"), { recursive: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe("check", () => {
  it("accepts what is shipped, and changes nothing", () => {
    const plain = hookswitch(["check"]);
    assert.equal(plain.code, 0, plain.err);
    assert.match(plain.out, /^ok: settings, \d+ files, \d+ routes, rules and their examples;\nno dead end in \d+ made-up calls? and \d+ plans\n$/);
    const json = JSON.parse(hookswitch(["check", "--json"]).out);
    assert.equal(json.ok, true);
    assert.deepEqual(json.errors, []);
    assert.match(json.hash, /^[0-9a-f]{64}$/);
    assert.equal(existsSync(file("test.db")), false);
  });

  for (const [what, rules, line, reason] of [
    ["a syntax error", "return {\n  { = }\n}\n", 2, /= doesn't fit here/],
    ["an unknown outcome", 'local p = ring("+13035550142")\n\nreturn { { "x", go = p:on("bussy", voicemail()) } }\n', 3, /bussy/],
    ["a global", "count = 1\nreturn {}\n", 1, /count/],
    ["an endless loop", "local n = 0\nwhile true do n = n + 1 end\n", 2, /time budget/],
    ["an example that does not hold", 'return {\n  { "all", go = voicemail() },\n  examples = {\n'
      + '    -- { from = "+13035550100", expect = "reject" },\n'
      + '    { from = "+13035550188", at = "2026-11-22 03:00", expect = "voicemail" },\n'
      + '    { from = "+13035550100", expect = "ring +13035550142" },\n  },\n}\n', 6, /example 2: .*goes to "voicemail" by rule "all"/],
    ["an example at no time", 'return {\n  { "all", go = voicemail() },\n'
      + '  examples = { { at = "yesterday", expect = "voicemail" } },\n}\n', 3, /yesterday/],
  ]) {
    it(`names file and line of ${what}`, () => {
      write("edited.lua", rules);
      const plain = hookswitch(["check", "--rules", "edited.lua"]);
      assert.equal(plain.code, 1);
      assert.equal(plain.out, "");
      assert.ok(plain.err.startsWith(`edited.lua:${line}: `), plain.err);
      assert.match(plain.err, reason);
      const json = hookswitch(["check", "--json", "--rules", "edited.lua"]);
      assert.equal(json.code, 1);
      const [error] = JSON.parse(json.out).errors;
      assert.equal(error.file, "edited.lua");
      assert.equal(error.line, line);
      assert.match(error.message, reason);
    });
  }

  it("takes rules and examples that hold", () => {
    write("edited.lua", `
local OFFICE = hours { zone = "America/Denver", ["mon-fri"] = "07:00-17:30" }
return {
  { "closed", when = function(call) return not OFFICE:open_at(call.at) end, go = voicemail() },
  { "gold", when = function(call) return call.caller.tags[1] == "gold" end, go = ring("+13035550142") },
  examples = {
    { at = "2026-11-22 03:00", expect = "voicemail" },
    { at = "2026-11-23 09:00 America/Denver", expect = "settings" },
    { at = "2026-11-23 09:00:30 America/Denver", caller = { tags = { "gold" } }, expect = "ring +13035550142" },
    { at = 1795449600, expect = "settings" },
  },
}`);
    const result = hookswitch(["check", "--rules", "edited.lua"]);
    assert.equal(result.err, "");
    assert.equal(result.code, 0);
  });

  it("finds what is wrong elsewhere in the folder", () => {
    write("lua/zz.lua", "local a = 1\nlocal b = }\n");
    const syntax = hookswitch(["check"]);
    assert.equal(syntax.code, 1);
    assert.match(syntax.err, /^lua\/zz\.lua:2: /);
    rmSync(file("lua/zz.lua"));
    write("app.conf", "listn = 127.0.0.1:1\n");
    const setting = hookswitch(["check"]);
    rmSync(file("app.conf"));
    assert.equal(setting.code, 1);
    assert.match(setting.err, /app\.conf:1: .*listen/);
    mkdirSync(file("alone/hookswitch"), { recursive: true });
    write("alone/forwarding.lua", "return {}\n");
    write("alone/hookswitch/router.lua", "return {}\n");
    const half = hookswitch(["check"], { HOOKSWITCH_LUA: "alone" });
    assert.equal(half.code, 1);
    assert.match(half.err, /some of the program's own files are missing here \(app\.lua and others\): set `lua` to a folder with all of them, or to one with your rules alone/);
    const missing = hookswitch(["check"], { HOOKSWITCH_LUA: "nowhere" });
    assert.equal(missing.code, 1);
    assert.match(missing.err, /nowhere/);
    assert.equal(hookswitch(["check", "--rules", "nothing.lua"]).code, 1);
    mkdirSync(file("tried"), { recursive: true });
    write("tried/try.lua", 'local VIPS = contacts("vips.txt")\nreturn {}\n');
    const told = /contacts: can't find vips\.txt in the folder lua"?\b/;
    assert.match(hookswitch(["check", "--rules", "tried/try.lua"]).err, told);
    assert.match(hookswitch(["check", "--json", "--rules", "tried/try.lua"]).out, told);
    assert.match(hookswitch(["simulate", "--rules", "tried/try.lua"]).err, told);
  });
});

describe("a folder with the team's files alone", () => {
  const check = (...more) => hookswitch(["check", ...more], { HOOKSWITCH_LUA: "team" });
  before(() => {
    mkdirSync(file("team"));
    write("team/vips.txt", "+14155550188  Grace\n");
    write("team/forwarding.lua", 'local VIPS = contacts("vips.txt")\nreturn {\n  { "VIPs", when = function(call) return VIPS[call.from] ~= nil end,' +
      ' go = ring("+13035550142") },\n}\n');
  });

  it("runs with the program's own Lua, and nothing of the program is written there", () => {
    const { code, out } = check();
    assert.equal(code, 0);
    assert.match(out, /^ok: settings, \d{3} files, \d+ routes, rules/);
    assert.deepEqual(readdirSync(file("team")).sort(), ["forwarding.lua", "vips.txt"]);
    assert.match(hookswitch(["simulate", "--from", "+14155550188"], { HOOKSWITCH_LUA: "team" }).out, /decided by rule "VIPs" \(forwarding\.lua:3\)/);
  });

  it("is checked like any other", () => {
    write("team/lookups.lua", "return {\n");
    assert.match(check().err, /^team\/lookups\.lua:\d: /);
    rmSync(file("team/lookups.lua"));
    write("team/forwarding.lua", 'return { { "x", go = rign("+13035550142") } }\n');
    assert.match(check().err, /^team\/forwarding\.lua:1: .*rign/);
    rmSync(file("team/forwarding.lua"));
    assert.match(check().err, /forwarding\.lua/);
    assert.equal(check().code, 1);
  });
});

describe("routes", () => {
  it("lists method, path, who may ask and where", () => {
    const { code, out } = hookswitch(["routes"]);
    assert.equal(code, 0);
    assert.match(out, /^POST +\/api\/twilio\/twiml +twilio +voice\/webhook\.lua:\d+$/m);
    const { routes } = JSON.parse(hookswitch(["routes", "--json"]).out);
    assert.equal(routes.length, out.trim().split("\n").length);
    for (const route of routes) assert.deepEqual(Object.keys(route), ["method", "path", "auth", "role", "where"]);
  });
});

describe("run", () => {
  it("runs a script with arguments, modules and the database", () => {
    write("once.lua", `#!/usr/bin/env hookswitch
local db, json = require("db"), require("json")
local id = db:one("INSERT INTO user_phone_numbers(user_id, phone_number) VALUES(?, ?) RETURNING id", ...).id
print(json.encode(db:one("SELECT id, user_id, phone_number FROM user_phone_numbers WHERE id = ?", id)))
print(require("calls.parties.caller").classify("anonymous").anonymous, select("#", ...))
`);
    const { code, out, err } = hookswitch(["run", "once.lua", "42", "+13035550142"]);
    assert.equal(err, "");
    assert.equal(code, 0);
    assert.deepEqual(out.split("\n"), ['{"id":1,"phone_number":"+13035550142","user_id":"42"}', "true\t2", ""]);
  });

  it("hands options behind the file to the script", () => {
    write("args.lua", "print(...)");
    assert.equal(hookswitch(["run", "args.lua", "--json", "-x"]).out, "--json\t-x\n");
  });

  it("says where a script failed", () => {
    write("bad.lua", "local function f()\n  error('boom')\nend\nprint('before')\nf()\n");
    const { code, out, err } = hookswitch(["run", "bad.lua"]);
    assert.equal(code, 1);
    assert.equal(out, "before\n");
    assert.match(err, /^bad\.lua:2: boom\n/);
    assert.match(err, /bad\.lua:5: in the file/);
    write("bad.lua", "return =");
    assert.match(hookswitch(["run", "bad.lua"]).err, /^bad\.lua:1: /);
  });

  it("refuses what is not a script", () => {
    assert.equal(hookswitch(["run"]).code, 2);
    const missing = hookswitch(["run", "none.lua"]);
    assert.equal(missing.code, 1);
    assert.match(missing.err, /none\.lua/);
    assert.equal(hookswitch(["run", "lua"]).code, 1);
  });
});

describe("help", () => {
  it("is there for every command, whatever is wrong with the Lua folder and the settings", () => {
    write("app.conf", "nonsense\n");
    const broken = { HOOKSWITCH_LUA: "nowhere", HOOKSWITCH_DATABASE: "/nowhere/x.db" };
    const list = hookswitch(["help"], broken);
    assert.equal(list.code, 0, list.err);
    const verbs = [...list.out.matchAll(/^ {2}(\w+) {2,}\S/gm)].map((match) => match[1]);
    assert.ok(verbs.length > 20, list.out);
    for (const verb of verbs) {
      const asked = hookswitch(["help", verb], broken);
      assert.equal(asked.code, 0, asked.err);
      assert.match(asked.out, new RegExp(`^usage: hookswitch ${verb} \\[options\\]`));
      assert.equal(hookswitch([verb, "--help"], broken).out, asked.out);
      assert.deepEqual(asked.out.split("\n").filter((line) => line.length > 88), []);
    }
    rmSync(file("app.conf"));
    assert.equal(hookswitch(["help", "wyh"]).code, 2);
  });
});
