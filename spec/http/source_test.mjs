// source_test.mjs: the text of a rule file, wherever it is given: one limit, and
// what doesn't compile is named with its line.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { patient, startServer } from "../support/server.mjs";

const MIB = 1024 * 1024;
const NUMBER = "+15105550100";
const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-source-"));
let server, ana;
before(async () => {
  server = await startServer({ rules: "return {}", config: { rule_time_ms: 1500 } }); // a busy machine needs it
  givenNumber(server.database, { user: "ana", phone: NUMBER });
  await server.settled();
  ana = user(server, "ana");
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

// Each way to give a text over the API: to { status, place, message }.
const since = new Date(Date.now() - 3_600_000).toISOString();
const LONG = { timeout: 60_000 };
const API = {
  check: async (source) => {
    const { status, body } = await ana.post("/api/twilio/rules/check", { source }, LONG);
    return status === 200 ? { status: body.ok ? 200 : 422, place: body.error } : { status, body };
  },
  save: async (source) => {
    const { body: { hash } } = await ana.get("/api/twilio/rules");
    const { status, body } = await ana.put("/api/twilio/rules", { source, hash }, LONG);
    return { status, place: body.error?.details, body };
  },
  simulate: async (source) => {
    const { status, body } = await ana.post("/api/twilio/simulate", { source, to: NUMBER, from: "+14155550123" }, LONG);
    return { status, place: body.error?.details, body };
  },
  replay: async (source) => {
    const { status, body } = await ana.post("/api/twilio/replay", { source, since }, LONG);
    return { status, place: body.error?.details, body };
  },
};

// What is wrong, to be put into one line.
const MISTAKES = {
  "a symbol that isn't expected": "return { ) }",
  "a string without an end": 'local x = "abc',
  "an escape that isn't one": 'local x = "\\q"',
  "a number that isn't one": "local x = 0x",
  "a jump to nowhere": "goto nowhere",
  "a break outside a loop": "break",
  "a constant that is assigned": "local x <const> = 1; x = 2",
  "an attribute that isn't one": "local x <foo> = 1",
  "a jump into a block of a local": "do goto a; local b; ::a:: b = 1 end",
  "tables in tables, too deep": `local x = ${"{".repeat(300)}${"}".repeat(300)}`,
  "parentheses, too deep": `local x = ${"(".repeat(300)}1${")".repeat(300)}`,
  "too many locals": Array.from({ length: 210 }, (_, i) => `local a${i}`).join(" "),
};
const LINES = { "the first": [0, "\n"], "a later one": [40, "\n"], "one behind CR LF": [3, "\r\n"], "one behind CR": [3, "\r"] };
const around = (mistake, before, end) => `${`-- ${"x".repeat(300)}${end}`.repeat(before)}${mistake}${end}${end}return {}${end}`;

describe("what doesn't compile", () => {
  for (const [way, give] of Object.entries(API))
    it(`is named with its line by ${way}`, async () => {
      for (const [what, mistake] of Object.entries(MISTAKES))
        for (const [where, [before, end]] of Object.entries(way === "check" ? LINES : { "a later one": LINES["a later one"] })) {
          const { status, place } = await give(around(mistake, before, end));
          assert.equal(status, 422, what);
          assert.deepEqual([place.file, place.line], ["forwarding.lua", before + 1], `${what} in ${where}: ${JSON.stringify(place)}`);
        }
    });

  it("is named in the words of check by the other commands, and when the file itself is written", async () => {
    const config = { lua: server.lua, database: server.database };
    const mistakes = { ...MISTAKES, "a bracket that is missing": 'local rule = { go = ring("+13035550142" }' };
    for (const [what, mistake] of Object.entries(mistakes)) {
      const file = path.join(folder, "edited.lua");
      writeFileSync(file, around(mistake, 40, "\n"));
      const [first] = (await command(["check", "--rules", file], { config })).err.split("\n");
      assert.match(first, /edited\.lua:41: /, what);
      for (const args of [["simulate", "--from", "+14155550123", "--rules", file], ["replay", "--since", "1h", "--rules", file]]) {
        const { status, err } = await command(args, { config });
        assert.deepEqual([status, err], [1, `hookswitch ${args[0]}: ${first}\n`], `${args[0]}, ${what}`);
      }
    }
    writeFileSync(path.join(server.lua, "forwarding.lua"), around(MISTAKES["tables in tables, too deep"], 40, "\n"));
    assert.deepEqual([(await server.logged("reload_refused")).line], [41]);
    const check = await command(["check"], { config: { lua: server.lua } });
    assert.match(check.err, /forwarding\.lua:41: C stack overflow/);
    writeFileSync(path.join(server.lua, "forwarding.lua"), "return {}");
  });
});

describe("a text of 1 MiB", () => {
  // Comment lines of 8 bytes, 16 in JSON, and one that fills up to the last byte.
  const text = (bytes) => {
    const lines = `return {}\n${'--"é"x\n'.repeat(Math.floor(bytes / 8) - 2)}`;
    return `${lines}--${"x".repeat(bytes - Buffer.byteLength(lines) - 2)}`;
  };

  for (const [way, give] of Object.entries(API))
    it(`is taken by ${way}, and one byte more is refused`, async () => {
      assert.equal(Buffer.byteLength(text(MIB)), MIB);
      const good = await give(text(MIB));
      assert.equal(good.status, 200, JSON.stringify(good).slice(0, 400));
      const bad = await give(text(MIB + 1));
      assert.equal(bad.status, 422);
      assert.deepEqual(bad.body.error.fields, { source: `must have 0 to ${MIB} bytes` });
    });

  const HEAD = "return {} --", RULE = '\nreturn { { "night", go = voicemail() } }', NONE = "return 5";
  const SHAPES = {
    "one line": HEAD + "x".repeat(MIB - HEAD.length),
    "one line of a word that is looked for": HEAD + "tags".repeat((MIB - HEAD.length) / 4),
    "empty lines": "\n".repeat(MIB - 9) + "return {}",
    "quotes": HEAD + '"'.repeat(MIB - HEAD.length),
    "a rule behind it all": `--${"x".repeat(MIB - 2 - RULE.length)}${RULE}`,
    "a list that is none": "\n".repeat(MIB - NONE.length) + NONE,
  };
  it("may have any shape", async () => {
    for (const [what, source] of Object.entries(SHAPES)) {
      const { status, place } = await API.check(source);
      assert.equal(source.length, MIB);
      assert.equal(status, what === "a list that is none" ? 422 : 200, `${what}: ${JSON.stringify(place)}`);
      if (place) assert.equal(place.line, MIB - NONE.length + 1, JSON.stringify(place));
    }
  });

  it("is what the API's description says", async () => {
    const { body } = await ana.get("/api/openapi.json");
    const found = [];
    const look = (value, name) => {
      if (value === null || typeof value !== "object") return;
      if (name === "source" && value.maxLength) found.push(value.maxLength);
      for (const [key, one] of Object.entries(value)) look(one, key);
    };
    look(body.paths, "");
    assert.deepEqual(found, [MIB, MIB, MIB, MIB, MIB]); // and of the draft
  });

  it("is the only body that may be so large", async () => {
    const { status } = await ana.post("/api/twilio/contacts", { name: "x".repeat(300 * 1024) }, { timeout: patient(8000) });
    assert.equal(status, 413);
  });
});
