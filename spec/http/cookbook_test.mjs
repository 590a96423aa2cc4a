// cookbook_test.mjs: the recipes of docs/forwarding.md, run from the document
// itself: each file is checked as a save checks it (rule VM, examples, proof), and
// the calls of the table below it are played to their end.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const TEXT = readFileSync(path.join(ROOT, "docs/forwarding.md"), "utf8");
const TOPICS = ["Business hours and holidays", "Ring group", "One after the other", "Press 1 to accept", "VIPs", "Blocklist",
  "Screening unknown callers", "A text to missed callers", "On-call rota", "The crew of the day, from a lookup", "Seasonal hours",
  "Two offices in two time zones", "Menu"];

const cells = (line) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

// The table behind the rules, as objects by its head.
function table(text) {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  const head = cells(lines[0] ?? "");
  return lines.slice(2).map((line) => Object.fromEntries(cells(line).map((cell, i) => [head[i], cell])));
}

// The files that all recipes have beside them.
const TEAM = "People, groups, hours and on-call as data";

// { title, files: { "forwarding.lua": text, … }, calls }
function recipes() {
  const found = TEXT.split(/^## /m).slice(1).map((section) => {
    const blocks = [...section.matchAll(/^```(lua|text)(?: (\S+))?\n([\s\S]*?)^```/gm)];
    const files = Object.fromEntries(blocks.map(([, , name, text]) => [name ?? "forwarding.lua", text]));
    const rules = blocks.findLast(([, , name]) => !name);
    return { title: section.split("\n")[0], files, blocks,
      calls: rules ? table(section.slice(rules.index + rules[0].length)) : [] };
  }).filter((recipe) => recipe.blocks.length > 0);
  const team = found.find(({ title }) => title === TEAM);
  return found.filter((recipe) => recipe !== team).map((recipe) => ({ ...recipe, files: { ...team.files, ...recipe.files } }));
}

const quoted = (text) => JSON.stringify(text);
const list = (text) => (text ? text.split(/,\s*/) : []);

function order(call) {
  const fields = ["at", "from", "to"].filter((name) => call[name]).map((name) => `${name} = ${quoted(call[name])}`);
  return { example: [...fields, ...(call.also ? [call.also] : [])].join(", "), legs: list(call["the phones"]), digits: list(call.keys) };
}

const COLUMNS = new Set(["at", "from", "to", "also", "keys", "the phones", "what happens", "text"]);
const all = recipes();

describe("the cookbook", () => {
  it("has a recipe for each topic", () => {
    assert.deepEqual(all.map((recipe) => recipe.title), TOPICS);
  });
});

for (const recipe of all)
  describe(recipe.title, () => {
    const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-cookbook-"));
    const lua = path.join(folder, "lua");
    const config = { lua, database: path.join(folder, "hookswitch.db") };
    before(() => {
      cpSync(path.join(ROOT, "lua"), lua, { recursive: true });
      for (const [name, text] of Object.entries(recipe.files)) writeFileSync(path.join(lua, name), text);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it("is accepted, with its examples and the proof", async () => {
      assert.equal(recipe.blocks.filter(([, , name]) => !name).length, 1, "one file of rules");
      const { status, out, value } = await commandJson(["check"], { config, cwd: folder });
      assert.equal(status, 0, out);
      assert.equal(value.examples, recipe.files["forwarding.lua"].match(/expect = /g).length);
      assert.ok(value.proof.plans > 0);
    });

    it("does what is said beside it", async () => {
      assert.ok(recipe.calls.length > 0, "a table of calls");
      for (const name of Object.keys(recipe.calls[0])) assert.ok(COLUMNS.has(name), `a column "${name}"`);
      const script = path.join(ROOT, "spec/support/cookbook.lua");
      const { status, out, err } = await command(["run", script, JSON.stringify(recipe.calls.map(order))], { config, cwd: folder });
      assert.equal(status, 0, err);
      JSON.parse(out).forEach((played, i) => {
        const call = recipe.calls[i];
        const timeline = played.timeline.join("\n");
        let at = 0;
        for (const part of call["what happens"].split(" → ")) {
          const found = timeline.indexOf(part, at);
          assert.ok(found >= 0, `${JSON.stringify(call)}: "${part}" does not come in\n${timeline}`);
          at = found + part.length;
        }
        if (call.text) assert.ok(played.missed_text?.startsWith(call.text), played.missed_text);
      });
    });
  });

// The same calls as Twilio makes them, against one that is simulated at that moment (the hours of a recipe aren't
// those of its table then).
describe("the recipes, asked by Twilio's webhooks,", () => {
  const NUMBER = "+15105550100", CALLER = "+14155550123";
  const LEGS = { answered: { press: "1" }, voicemail: "declined" };
  const LOOKUPS = readFileSync(path.join(ROOT, "lua/lookups.lua"), "utf8");
  let server, owner, phone;
  before(async () => {
    server = await startServer({ rules: "return {}\n", config: { timezone: "America/Denver", rate_limits: "no" } });
    givenNumber(server.database, { user: "42", phone: NUMBER });
    await server.settled();
    owner = user(server, "42");
    phone = new Twilio({ base: server.base, token: TOKEN });
  });
  after(() => server?.stop());

  const plain = (xml) => xml.replace(/ [\w:]+="[^"]*"/g, "").replace(/>\s+</g, "><").trim();
  async function simulated(call) {
    const { status, body, text } = await owner.post("/api/twilio/simulate", {
      from: call.from || CALLER, to: NUMBER, answers: list(call["the phones"]), digits: list(call.keys), messages: [5],
    });
    assert.equal(status, 200, text);
    return [...new Set(body.documents.map(({ twiml }) => plain(twiml)))].sort();
  }

  for (const recipe of all)
    it(`say what a simulated call hears: ${recipe.title}`, async () => {
      const rules = recipe.files["forwarding.lua"];
      const files = { "lookups.lua": LOOKUPS, ...recipe.files, "forwarding.lua": rules };
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(server.lua, name), text);
      await waitUntil(async () => {
        const { error, source, live_source: other, lookups } = (await owner.get("/api/twilio/rules")).body;
        return !error && source === rules && !other && (lookups.length > 0) === ("lookups.lua" in recipe.files);
      }, 20_000, "the recipe's files");
      for (const call of recipe.calls.filter(({ also }) => !also)) {
        const wanted = [await simulated(call)];
        const played = await phone.call({ from: call.from || CALLER, to: NUMBER, digits: list(call.keys),
          legs: list(call["the phones"]).map((leg) => LEGS[leg] ?? leg) });
        await server.settled();
        const heard = [...new Set(played.documents.map(plain))].sort();
        // Hours may have begun or ended in between.
        if (JSON.stringify(heard) !== JSON.stringify(wanted[0])) wanted.push(await simulated(call));
        assert.ok(wanted.some((documents) => JSON.stringify(documents) === JSON.stringify(heard)),
          `${JSON.stringify(call)}\n${heard.join("\n")}\nnot\n${wanted[0].join("\n")}`);
      }
    });
});
