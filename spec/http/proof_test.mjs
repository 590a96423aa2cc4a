// proof_test.mjs: a rule file that leads a caller to a dead end never decides a
// call: at a save, in the editor's check, and at the command line.
import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { request, startServer, waitUntil } from "../support/server.mjs";
import { inbound, twiml } from "../support/voice.mjs";

const NUMBER = "+15105550100";
const OTHER = "+15105550111";
const [A, B] = ["+13035550142", "+13035550177"];
const GOOD = `return {\n  { "all", go = ring("${A}") },\n}\n`;

// What is wrong, on which line, and the way that leads there.
const BAD = {
  "silence after ringing": [`return {\n  { "all",\n    go = ring("${B}"):otherwise(hangup()) },\n}\n`, 2,
    /rule "all": the call ends without a word/, /any call → ring \+13035550177 \(no answer\) → hangup/],
  "a hidden number without a name": [`return {\n  { "x", when = function(call) return call.caller.name:find("J") end,
    go = voicemail() },\n}\n`, 2, /rule "x": call\.caller\.name is nil here/, /caller unknown/],
  "a caller written without a country code": ['return {\n  { "x", when = function(call) return call.from == phone "(303) 555-0142" end,\n    go = function() return ring(nil) end },\n}\n', 2,
    /rule "x": ring needs a phone or a user, not nil/, /caller \+13035550142/],
  "a caller of a file, in the rules' country": ['local LIST = contacts("list.txt")\nreturn {\n  { "x", when = function(call) return LIST[call.from] end, go = function() return ring(nil) end },\n  { "y", when = function(call) return call.from == "+442079460958" end, go = reject() },\n}\n', 3,
    /rule "x": ring needs a phone or a user, not nil/, /caller \+442079460111/],
  "a number of the account": [`return {\n  { "all", go = ring("${OTHER}") },\n}\n`, 2, /\+15105550111 is one of your own numbers/,
    /ring \+15105550111/],
  "a number of the account, made in the call": ["return {\n  { \"all\", go = function(call) return ring(call.to) end },\n}\n", 2,
    /the number that was called/, /to \+1510555\d+ → ring \+1510555\d+/],
  "ringing that takes too long": [`return {\n  { "all", go = function() return ring("${A}", { seconds = 45 }):otherwise(ring("${B}")) end },\n}\n`, 2,
    /85 seconds of ringing, 60 is the limit/, /any call/],
  "nobody at all": ["return {\n  { \"all\", go = function() return ring({}) end },\n}\n", 2, /the list is empty/, /any call/],
  "a circle of documents": ['return {\n  { "all", go = twiml { twiml.redirect { "/api/twilio/twiml" } } },\n}\n', 2,
    /<Redirect> leads back to the start/, /any call → twiml/],
};

describe("a rule file with a dead end", () => {
  let server, ana;
  const save = (text) => {
    writeFileSync(path.join(server.lua, "forwarding.lua.new"), text);
    renameSync(path.join(server.lua, "forwarding.lua.new"), path.join(server.lua, "forwarding.lua"));
  };
  const health = async () => JSON.parse((await request(server.port, { target: "/healthz" })).body).rules;
  before(async () => {
    server = await startServer({ rules: GOOD });
    writeFileSync(path.join(server.lua, "list.txt"), "020 7946 0111  Linus\n");
    ana = user(server, "ana");
    for (const phone of [NUMBER, OTHER]) givenNumber(server.database, { user: "ana", phone });
    await server.settled();
  });
  after(() => server?.stop());

  for (const [what, [text, line, reason, way]] of Object.entries(BAD)) {
    it(`is refused for ${what}, wherever it comes from`, async () => {
      const checked = await ana.post("/api/twilio/rules/check", { source: text });
      assert.equal(checked.body.ok, false, checked.text);
      assert.equal(checked.body.error.line, line);
      assert.match(checked.body.error.message, reason);
      assert.match(checked.body.error.path, way);

      const { status, value } = await commandJson(["check"], { config: { lua: server.lua, database: server.database } });
      assert.deepEqual([status, value.ok], [0, true], "what is saved is good");

      const { version } = await health();
      save(text);
      const { error } = await waitUntil(async () => {
        const rules = await health();
        return rules.error && reason.test(JSON.stringify(rules.error).replaceAll('\\"', '"')) && rules;
      }, 10_000, "the refusal in /healthz");
      assert.ok(error);
      assert.equal((await health()).version, version);
      const broken = await command(["check"], { config: { lua: server.lua, database: server.database } });
      assert.equal(broken.status, 1);
      assert.match(broken.err, new RegExp(`forwarding\\.lua:${line}: `));
      assert.match(broken.err, way);

      const response = twiml(await server.post("/api/twilio/twiml", inbound("+13035550188", NUMBER)));
      assert.ok(response.toString().includes(A), "the last good rules answer");
      save(GOOD);
      await waitUntil(async () => (await health()).error === null, 10_000, "the refusal to end");
    });
  }

  it("that doesn't parse has the files beside it", async () => {
    const { cwd } = await command(["version"]);
    const file = path.join(cwd, "slip.lua");
    writeFileSync(file, `local LIST = contacts("list.txt")\nreturn {\n  { "x", when = function(call) return LIST[call.from] != nil or call.from == "+442079460958" end,\n    go = ring(person "joe") },\n}\n`);
    writeFileSync(path.join(server.lua, "people.txt"), `[joe]\nphone: ${A}\n`);
    const check = () => command(["check", "--rules", file], { config: { lua: server.lua, database: server.database } });
    const checks = [await check()];
    for (const name of ["phrases.lua", "lookups.lua"]) writeFileSync(path.join(server.lua, name), "return { = }\n");
    checks.push(await check()); // beside others that don't parse, too
    for (const name of ["people.txt", "phrases.lua", "lookups.lua"]) rmSync(path.join(server.lua, name));
    for (const { status, err } of checks) {
      assert.equal(status, 1);
      assert.deepEqual(err.match(/slip\.lua:.*/g), ["slip.lua:3: Lua has no !=: write ~="]);
    }
  });
});

// Each word is given each part of a call. What it looks for in there is its own business: the
// proof must not say that the author asked for a field that no call has.
describe("what a word looks for in a part of a call", () => {
  const PARTS = ["call", "call.number", "call.forwarding", "call.forwarding.always", "call.owner", "call.caller", "call.caller.tags",
    "call.line", "call.override", "call.lookups", "call.lookups.crew"];
  const WORDS = ["ring", "user", "voicemail", "say", "play", "reject", "menu", "twiml", "twiml.say", "twiml.dial", "hours", "contacts"];
  const uses = (part) => [...WORDS.map((word) => `pcall(${word}, ${part})`), `pcall(ring, { ${part}, A })`, `pcall(ring, A, ${part})`,
    `pcall(say, "x", ${part})`, `pcall(menu, "x", ${part})`, `pcall(menu, "x", { ["1"] = voicemail() }, ${part})`,
    `pcall(H.open_at, H, ${part})`, `pcall(ring(A).on, ring(A), "busy", ${part})`, `pcall(ring(A).otherwise, ring(A), ${part})`];
  for (const part of PARTS)
    it(`is not what the author read: ${part}`, async () => {
      const { cwd } = await command(["version"]);
      const file = path.join(cwd, "words.lua");
      writeFileSync(file, `local A = "${A}"\nlocal H = hours { zone = "America/Denver", ["mon-fri"] = "09:00-17:00" }
return { { "all", go = function(call)\n  ${uses(part).join("\n  ")}\n  return ring(call.owner):otherwise(voicemail()) end } }\n`);
      const { status, err, out } = await command(["check", "--rules", file], { cwd });
      assert.equal(status, 0, err + out);
    });
  // Each of these decides or fails all calls, so none comes to the rules behind it.
  const HIDING = ["return call.caller.prior_calls", "return call.time.hour", "return call.from", "return call.caller.tags",
    "return call.line.busy and 1 or 0", "local name = nil return name.x", "return call.lookups.job.urgent", "return ({})[1] > 2"];
  it("and rules that give a number or a text, or fail, don't hide what is wrong behind them", async () => {
    const { cwd } = await command(["version"]);
    const file = path.join(cwd, "hiding.lua");
    const rule = (body, i) => `  { "rule ${i}", when = function(call) ${body} end, go = ring("${A}") },\n`;
    writeFileSync(file, `return {\n${HIDING.map(rule).join("")}  { "all", go = voicemail() } }\n`);
    const { status, err } = await command(["check", "--rules", file], { cwd });
    assert.equal(status, 1);
    const lines = [...err.matchAll(/hiding\.lua:(\d+): rule "rule (\d)": /g)].map(([, line, i]) => `${line} ${i}`);
    assert.deepEqual([...new Set(lines)], HIDING.map((_, i) => `${i + 2} ${i}`), err);
    for (const [i, what] of [[0, "when returns 12"], [2, "when always returns"], [3, "when always returns a table"], [4, "when returns"], [5, "name is nil here"]]) {
      assert.match(err, new RegExp(`hiding\\.lua:${i + 2}: rule "rule ${i}": ${what}`));
    }
  });

  it("and what reading finds isn't told again by running it", async () => {
    const { cwd } = await command(["version"]);
    const file = path.join(cwd, "once.lua");
    const early = (hour, go) => `  { "before ${hour}", when = function(call) return call.time.hour < ${hour} end, go = ${go} },\n`;
    writeFileSync(file, `local function doctor(call) return "${A}" end\nreturn {\n`
      + early(3, `function() return ring("${A}", 15) end`) + early(6, "function() return ring(doctor) end")
      + early(9, 'function(call) return voicemail("Hello " + call.from) end')
      + '  { "noon", when = function(call) return 9 <= call.time.hour <= 12 end, go = voicemail() },\n}\n');
    const { err } = await command(["check", "--rules", file], { cwd });
    assert.deepEqual([...err.matchAll(/once\.lua:(\d+): /g)].map(([, line]) => Number(line)), [3, 4, 5, 6], err);
    assert.match(err, /:3: ring: options are a table.*\n.*:4: .*not a function: call it, as in doctor\(call\)\n.*:5: to join texts write \.\./);
  });

  it("while a field that the author names is", async () => {
    const { cwd } = await command(["version"]);
    const file = path.join(cwd, "words.lua");
    writeFileSync(file, `-- call.owner.phone is not there\nreturn { { "all", go = function(call)\n  return ring(call.owner.phone or "${A}") end } }\n`);
    const { status, err } = await command(["check", "--rules", file], { cwd });
    assert.equal(status, 1);
    assert.match(err, /words\.lua:3: .*call\.owner has no field "phone"/);
  });
});
