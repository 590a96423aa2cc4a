// docs_test.mjs: what README, docs and templates show, done as a reader would do it:
// every alternative of a template is uncommented in turn, every word of the rule
// language that is written out is checked as a save checks it, every command is run,
// every setting of app.conf is uncommented. (The recipes, the tour and the components
// have specs of their own: cookbook, readme, seed, and components in a browser.)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { jwt, JWT_SECRET, startServer, TOKEN } from "../support/server.mjs";
import { readTemplate } from "../support/template.mjs";
import { Twilio } from "../support/twilio.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const read = (name) => readFileSync(path.join(ROOT, name), "utf8");
const PAGES = ["README.md", "CONTRIBUTING.md", "web/README.md", "bench/README.md",
  ...readdirSync(path.join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
const spans = (text) => [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1]);

// A Lua folder as a team has it, with some files of its own.
function folderWith(files) {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-docs-"));
  cpSync(path.join(ROOT, "lua"), path.join(folder, "lua"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, "lua", name), text);
  return folder;
}

async function check(files) {
  const folder = folderWith(files);
  try {
    const config = { lua: path.join(folder, "lua"), timezone: "America/Denver" };
    return await commandJson(["check"], { config, cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const accepted = async (files) => {
  const { status, out, value } = await check(files);
  assert.equal(status, 0, `${out}\n${Object.values(files)[0]}`);
  return value;
};

describe("the template of the rules", () => {
  const template = readTemplate(read("lua/forwarding.lua"));
  const rules = template.alternatives.filter((a) => !a.definition && a.name !== "examples");

  it("has alternatives to uncomment", () => {
    assert.ok(rules.length >= 3, JSON.stringify(template.alternatives));
    assert.ok(template.alternatives.some((a) => a.name === "examples"));
  });
  for (const rule of rules)
    it(`works with "${rule.name}" alone`, async () => {
      const value = await accepted({ "forwarding.lua": template.with([rule]) });
      assert.ok(value.proof.plans > 0);
    });
  it("works with all of it", async () => {
    const value = await accepted({ "forwarding.lua": template.with(template.alternatives) });
    assert.ok(value.examples >= 2);
  });
  it("is refused for a typing error in any of them", async () => {
    for (const rule of rules) {
      const broken = template.with([rule]).replaceAll("voicemail(", "voicemial(");
      assert.equal((await check({ "forwarding.lua": broken })).status, 1, broken);
    }
  });
});

describe("the template of the lookups", () => {
  const template = readTemplate(read("lua/lookups.lua"));
  const lookups = template.alternatives.filter((a) => !a.definition);
  const NUMBER = "+15105550100", CALLER = "+14155550123";
  const RULES = `return { { "all", go = function(call)
    return say("I know: " .. tostring(call.lookups.NAME ~= nil)):otherwise(voicemail()) end } }`;
  let board, port, asked;
  before(async () => {
    board = http.createServer((req, res) => {
      asked = req.url;
      res.setHeader("Content-Type", "application/json");
      res.end('{"crew_phone":"+13035550142"}');
    });
    await new Promise((resolve) => board.listen(0, "127.0.0.1", resolve));
    port = board.address().port;
  });
  after(() => board.close());

  it("has alternatives to uncomment", () => assert.ok(lookups.length >= 2));
  for (const lookup of lookups)
    it(`answers a rule with "${lookup.name}" alone`, async () => {
      const text = template.with([lookup]).replaceAll("https://jobs.example.com", `http://127.0.0.1:${port}`);
      const folder = folderWith({ "lookups.lua": text, "forwarding.lua": RULES.replace("NAME", lookup.name) });
      const server = await startServer({ folder, config: { lookup_hosts: "127.0.0.1" } });
      try {
        givenNumber(server.database, { user: "u1", phone: NUMBER });
        await server.settled();
        const phone = new Twilio({ base: server.base, token: TOKEN });
        await phone.call({ from: CALLER, to: NUMBER });
        const second = await phone.call({ from: CALLER, to: NUMBER });
        const [decision] = rows(server.database, `SELECT inputs FROM call_decisions WHERE call_sid = '${second.callSid}'`);
        const inputs = JSON.parse(decision.inputs);
        assert.deepEqual(inputs.lookup_runs.map((run) => [run.name, run.error]), [[lookup.name, undefined]]);
        assert.ok(inputs.call.lookups[lookup.name], decision.inputs);
        if (text.includes("127.0.0.1")) assert.equal(asked, "/today?phone=14155550123");
      } finally {
        await server.stop();
      }
    });
});

// What a page leaves open in a line of code, filled in.
const filled = (code) => code
  .replace(/function\(call\) … end/g, "function(call) return true end")
  .replace(/hours \{ … \}/g, 'hours { zone = "America/Denver", ["mon-fri"] = "09:00-17:00" }')
  .replace(/say \{ … \}/g, 'say { "Hello" }')
  .replace(/(:on\("\w+", |:otherwise\()…/g, "$1voicemail()").replace(/,\s*…/g, "").replace(/https:\/\/…/g, "https://example.com/hello.mp3")
  .replace(/\{ several \}/g, "{ JOE, ANA }").replace(/\bplan\b/g, "voicemail()")
  .replace(/ring\(phone or user or /g, "ring(").replace(/\bwhom\b/g, "JOE");
const WORD = /^(ring|voicemail|say|play|reject|hangup|menu|twiml|hours|contacts|user|:on|:otherwise|:text)\b\s*[({"]/;

// Lines of the rule language in a text: code in backticks, or in the head of the template.
function written(text) {
  return spans(text).filter((code) => WORD.test(code) && !/^\w+\([a-z_, ?]*\)?$|\) → /.test(code) || code === "hangup()");
}

// A plan as the whole of a rule; what is only part of a rule is put into one.
function ruleOf(code) {
  const line = filled(code);
  const head = 'local JOE, ANA = "+13035550142", "+13035550177"\n';
  if (line.startsWith("hours")) return `${head}local H = ${line}\nreturn { { "x", when = function(call) return H:open_at(call.at) end, go = ring(JOE) } }`;
  if (line.startsWith("contacts")) return `${head}local C = ${line}\nreturn { { "x", when = function(call) return C[call.from] ~= nil end, go = ring(JOE) } }`;
  if (line.startsWith("user")) return `${head}return { { "x", go = ring(${line}) } }`;
  if (line.startsWith(":on") && line.split('", "').length === 1 && line.includes("|"))
    return line.match(/"(\w+)"/g).map((word) => `ring(JOE):on(${word}, voicemail())`)
      .map((plan, i) => `${i ? "" : `${head}return {\n`}{ "${i}", when = function(call) return call.from == "+1415555010${i}" end, go = ${plan} },`).join("\n") + "\n}";
  return `${head}return { { "x", go = ${line.startsWith(":") ? "ring(JOE)" : ""}${line} } }`;
}

describe("the words of the rules, as the pages write them", () => {
  const head = read("lua/forwarding.lua").split("\n\n")[0].split("\n")
    .filter((line) => /^-- {3}(\w+[({ ]|:on)/.test(line) && !line.includes("hookswitch"))
    .flatMap((line) => line.slice(5).split(/ {3,}/)).map((code) => `\`${code}\``).join("\n");
  const all = [...new Set([...PAGES.map(read), head].flatMap(written))];

  it("are found", () => {
    for (const word of ["ring", "voicemail", "say", "play", "reject", "hangup", "menu", "twiml", ":on", ":otherwise", ":text", "hours", "contacts"])
      assert.ok(all.some((code) => code.startsWith(word)), `${word} in ${all.join("\n")}`);
  });
  for (const code of all)
    it(code, () => accepted({ "forwarding.lua": ruleOf(code), "file.txt": "+14155550123 Grace\n",
      "vips.csv": "Name,Phone\nGrace,+14155550123\n" }));
});

describe("what `call` has", () => {
  const names = read("docs/forwarding.md").match(/`call` has ([\s\S]*?);/)[1];
  const caller = names.match(/`caller` \(([^)]*)\)/)[1];
  const line = names.match(/`line` \(([^)]*)\)/)[1];
  const fields = [
    ...spans(names.replace(/\([^)]*\)/g, "")), ...spans(caller).map((name) => `caller.${name}`), ...spans(line).map((name) => `line.${name}`),
    ...[...read("lua/types/call.lua").matchAll(/^---@class (\w+)[^\n]*\n((?:---@field [^\n]*\n)+)/gm)].flatMap(([, name, list]) => {
      const at = { Call: "", CallerRecord: "caller.", LineRecord: "line.", OwnerRecord: "owner." }[name];
      return at === undefined ? [] : [...list.matchAll(/^---@field (\w+)/gm)].map(([, field]) => at + field);
    }),
  ];
  it("can be read by a rule, and is what ring may be given", async () => {
    assert.ok(fields.length > 15, fields.join());
    const reads = [...new Set(fields)].map((field) => `local _ = call.${field}`).join("\n    ");
    await accepted({ "forwarding.lua": `return { { "x", when = function(call)\n    ${reads}\n    return true end, go = voicemail() } }` });
    for (const whom of ["call.owner", "{ call.owner, JOE }", "call.lookups.crew or call.owner"])
      await accepted({ "forwarding.lua": `local JOE = "+13035550142"\nreturn { { "x", go = function(call) return ring(${whom}) end } }` });
  });
});

// Commands of the pages, as they are typed. Those of the README's tours run there.
describe("the commands", () => {
  const SERVES = /^(serve|run )/;
  let server, folder, config, sid;
  before(async () => {
    server = await startServer({ rules: "return {}", config: { sandbox: "yes", twilio_auth_token: null, server_url: null,
      keep_alive_timeout_ms: 20_000 } }); // fetch keeps connections for 4 s
    for (const [, name, text] of read("docs/forwarding.md").matchAll(/^```text (\w+\.txt)\n([^]*?)^```/gm))
      writeFileSync(path.join(server.lua, name), text);
    folder = mkdtempSync(path.join(tmpdir(), "hookswitch-commands-"));
    mkdirSync(path.join(folder, "build"));
    writeFileSync(path.join(folder, "edited.lua"), "return {}");
    // The stand-in's credentials: on PostgreSQL they aren't beside the database.
    if (POSTGRES) copyFileSync(server.beside(".sandbox"), path.join(folder, "hookswitch.sandbox"));
    config = { lua: server.lua, database: server.database, sandbox: "yes", listen: `127.0.0.1:${server.port}`, jwt_secret: JWT_SECRET };
    const post = (target, body) => fetch(server.base + target, { method: "POST", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${jwt({ sub: "demo" })}` } });
    const { phone_number: to } = await (await post("/api/twilio/buy-number", { areaCode: "303" })).json();
    assert.ok((await post("/sandbox/calls", { from: "+14155550123", to })).ok);
    const password = "correct horse battery staple\n";
    await command(["user", "add", "ana"], { config, cwd: folder, input: password + password });
    sid = rows(server.database, "SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid IS NULL")[0].call_sid;
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const shown = PAGES.flatMap((page) => {
    const blocks = [...read(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, text]) => text.split("\n"));
    const lines = page === "README.md" ? spans(read(page)) : [...blocks, ...spans(read(page))];
    return lines.map((line) => line.replace(/\s+#.*/, "").trim());
  });
  const template = read("lua/forwarding.lua").split("\n").map((line) => line.match(/^--\s+(build\/hookswitch .*)/)?.[1] ?? "");
  const all = [...new Set([...shown, ...template].map((line) => line.match(/^(?:build\/)?hookswitch (.+)$/)?.[1]).filter(Boolean))];
  // The database is restored while no server runs (backup_test.mjs), and copied where PostgreSQL runs (copy_test.mjs).
  const typed = all.filter((line) => !SERVES.test(line) && !/^(restore|copy) /.test(line));

  const words = (line) => (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
  const FILL = { NAME: "grace", USER: "grace", FILE: "copy.db", CALLSID: () => sid, 12: "1", 11: "1", ID: "1" };
  const fill = (word) => { const known = FILL[word]; return typeof known === "function" ? known() : known ?? word; };

  it("are found", () => assert.ok(typed.length > 15, typed.join("\n")));
  for (const line of typed)
    it(`hookswitch ${line}`, async () => {
      const args = words(line).map(fill);
      if (args[0] === "backup" && !args[1]) args.push("bare.db");
      if (args[0] === "why" && !args[1]) args.push(sid);
      const { status, out, err } = await command(args, { config, cwd: folder, input: "correct horse battery staple\ncorrect horse battery staple\n" });
      // 1 is an answer of a command that looks for something: there is no such version, nothing was changed on disk.
      // On PostgreSQL the server does the maintenance.
      const answers = /^(rules (diff|show|restore|promote)|missed dismiss|doctor|coverage|simulate)/.test(line) || (POSTGRES && line === "maintain") ? [0, 1] : [0];
      assert.ok(answers.includes(status), `${status}: ${out}${err}`);
      if (status === 1) assert.match(out + err, /\S/);
    });

  it("and options in backticks are those that the program has", async () => {
    const { out } = await command(["help"], { cwd: folder });
    const verbs = [...out.matchAll(/^ {2}(\w+) {2,}/gm)].map((match) => match[1]);
    const helps = await Promise.all(verbs.map(async (verb) => (await command([verb, "--help"], { cwd: folder })).out));
    const options = new Set(helps.join("\n").match(/--[a-z][a-z-]*/g));
    // Colours of the style sheet, and an option of busted.
    const foreign = new Set(["--surface", "--text", "--accent", "--lpath"]);
    for (const page of PAGES.filter((name) => name.startsWith("docs/") || name === "README.md"))
      for (const [option] of spans(read(page)).flatMap((code) => [...code.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)]))
        assert.ok(options.has(option) || foreign.has(option), `${page}: ${option}`);
  });

  it("make's targets exist", () => {
    const targets = new Set(PAGES.flatMap((page) => [...read(page).matchAll(/(?:`|^)make ([a-z-]+)/gm)].map((match) => match[1])));
    assert.ok(targets.size > 5, [...targets].join());
    for (const target of targets) execFileSync("make", ["-n", target], { cwd: ROOT, stdio: "pipe" });
  });
});

describe("app.conf", () => {
  const text = read("app.conf");
  const settings = [...text.matchAll(/^#([a-z_]+) = ?(.*)$/gm)].map(([line, key, value]) => ({ line, key, value }));
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-conf-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const loaded = (content) => {
    const file = path.join(folder, `app${content.length}.conf`);
    writeFileSync(file, content);
    return command(["config", "--config", file], { config: { lua: null, database: null }, cwd: folder });
  };

  it("works with each setting uncommented", async () => {
    assert.ok(settings.length > 40);
    for (const { line, key } of settings) {
      const { status, out, err } = await loaded(text.replace(line, line.slice(1)));
      assert.equal(status, 0, `${line}: ${err}`);
      assert.match(out, new RegExp(`^${key} = `, "m"), line);
    }
  });
  it("works with all of them", async () => {
    const { status, err } = await loaded(text.replace(/^#(?=[a-z_]+ = ?)/gm, ""));
    assert.equal(status, 0, err);
  });
  it("has every assignment that a page shows", async () => {
    const keys = new Set(settings.map((one) => one.key));
    const shown = PAGES.flatMap((page) => spans(read(page))).filter((code) => /^[a-z_]+ = \S/.test(code) && keys.has(code.split(" ")[0]));
    assert.ok(shown.length > 0);
    for (const line of shown) {
      const { status, err } = await loaded(`${line}\n`);
      assert.equal(status, 0, `${line}: ${err}`);
    }
  });
});
