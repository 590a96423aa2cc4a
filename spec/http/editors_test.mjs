// editors_test.mjs: `hookswitch lsp` as an editor speaks to it, and `hookswitch mcp` driven by the public client.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { newFolder } from "../support/command.mjs";
import { waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
const LIVE = `local JOE = "+13035550142"\nreturn {\n  { "all", go = ring(JOE):otherwise(voicemail()) },\n}\n`;
const BROKEN = LIVE.replace("ring(JOE)", "rign(JOE)");

function place() {
  const folder = newFolder(), lua = path.join(folder, "lua");
  cpSync(path.join(ROOT, "lua"), lua, { recursive: true });
  writeFileSync(path.join(lua, "forwarding.lua"), LIVE);
  writeFileSync(path.join(folder, "app.conf"), "");
  return { folder, lua: realpathSync(lua), env: { ...process.env, HOOKSWITCH_LUA: lua, HOOKSWITCH_DATABASE: path.join(folder, "none.db") } };
}

// The arguments that docs/editors.md gives to VS Code and to an assistant, with this folder's settings.
const PAGE = readFileSync(path.join(ROOT, "docs/editors.md"), "utf8");
const [vscode, assistant] = [...PAGE.matchAll(/```json\n([^]*?)```/g)].map((match) => JSON.parse(match[1]));
const argumentsFor = (list, folder) => list.map((one) => one.replace("/opt/hookswitch", folder));

// An editor's side of the Language Server Protocol. VS Code starts a server in any folder.
const editors = [];
after(() => editors.forEach((editor) => editor.child.kill())); // those of a test that failed
class Editor {
  constructor({ folder, env }) {
    editors.push(this);
    this.child = spawn(BINARY, argumentsFor(vscode["glspc.server.commandArguments"], folder), { cwd: "/", env, stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => { this.child.on("exit", resolve); });
    this.messages = [];
    this.waiting = [];
    this.id = 0;
    let data = Buffer.alloc(0);
    this.child.stdout.on("data", (part) => {
      data = Buffer.concat([data, part]);
      for (;;) {
        const head = data.indexOf("\r\n\r\n");
        const length = head >= 0 && Number(/Content-Length: (\d+)/.exec(data.subarray(0, head))[1]);
        if (head < 0 || data.length < head + 4 + length) return;
        this.messages.push(JSON.parse(data.subarray(head + 4, head + 4 + length)));
        data = data.subarray(head + 4 + length);
        this.waiting.splice(0).forEach((wake) => wake());
      }
    });
  }
  send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
  async take(wanted) {
    for (;;) {
      const at = this.messages.findIndex(wanted);
      if (at >= 0) return this.messages.splice(0, at + 1).at(-1);
      await new Promise((resolve) => { this.waiting.push(resolve); });
    }
  }
  request(method, params) {
    const id = ++this.id;
    this.send({ id, method, params });
    return this.take((one) => one.id === id);
  }
  notify(method, params) { this.send({ method, params }); }
  async diagnostics(uri) {
    const told = await this.take((one) => one.method === "textDocument/publishDiagnostics" && one.params.uri === uri);
    return told.params.diagnostics;
  }
}

describe("hookswitch lsp", () => {
  let where, editor, uri;
  before(async () => {
    where = place();
    editor = new Editor(where);
    uri = pathToFileURL(path.join(where.lua, "forwarding.lua")).href;
  });

  it("says what it can do", async () => {
    const { result } = await editor.request("initialize", { processId: null, rootUri: null, capabilities: {} });
    assert.deepEqual(result.capabilities.textDocumentSync, { openClose: true, change: 1, save: { includeText: true } });
    editor.notify("initialized", {});
    assert.equal((await editor.request("no/such", {})).error.code, -32601);
  });

  it("shows what a save would be refused for, on open and on change, and takes it back", async () => {
    editor.notify("textDocument/didOpen", { textDocument: { uri, languageId: "lua", version: 1, text: BROKEN } });
    const [found] = await editor.diagnostics(uri);
    assert.deepEqual([found.range.start.line, found.severity, found.source], [2, 1, "hookswitch"]);
    assert.match(found.message, /rign.*did you mean "ring"/);
    editor.notify("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ text: LIVE }] });
    assert.deepEqual((await editor.diagnostics(uri)).filter((one) => one.severity === 1), []);
    editor.notify("textDocument/didChange", { textDocument: { uri, version: 3 }, contentChanges: [{ text: "return {\n  oops oops\n}\n" }] });
    assert.equal((await editor.diagnostics(uri))[0].range.start.line, 1);
    editor.notify("textDocument/didSave", { textDocument: { uri }, text: LIVE });
    assert.deepEqual((await editor.diagnostics(uri)).filter((one) => one.severity === 1), []);
    assert.equal(readFileSync(path.join(where.lua, "forwarding.lua"), "utf8"), LIVE, "the server writes nothing");
  });

  it("shows what is wrong in a list or in the phrases in that file", async () => {
    const open = (name, text) => {
      const at = uri.replace(/[^/]*$/, name);
      editor.notify("textDocument/didOpen", { textDocument: { uri: at, languageId: "text", version: 1, text } });
      return at;
    };
    const change = (at, text) => editor.notify("textDocument/didChange", { textDocument: { uri: at, version: 9 }, contentChanges: [{ text }] });
    const vips = open("vips.txt", "+13035550188  Grace\nabc  Linus\n");
    await editor.diagnostics(vips);
    change(uri, 'local VIPS = contacts("vips.txt")\nreturn {\n  { "a", when = function(call) return VIPS[call.from] ~= nil end, go = voicemail() },\n}\n');
    const [list] = await editor.diagnostics(vips);
    assert.equal(list.range.start.line, 1);
    assert.match(list.message, /^"abc" isn't a phone number/);
    change(vips, "+13035550188  Grace\n");
    assert.deepEqual(await editor.diagnostics(vips), []);
    const phrases = open("phrases.lua", "return { en = {} }\n");
    assert.match((await editor.diagnostics(phrases))[0].message, /"en" lacks greeting/);
    editor.notify("textDocument/didClose", { textDocument: { uri: phrases } });
    await editor.diagnostics(phrases);
  });

  it("shows what is wrong in people, groups, hours and rotas on the line of that file, on a save too", async () => {
    const wrong = {
      "people.txt": ["# us\n[joe]\nphone: 12\n", 2, /^joe, phone: "12" isn't a phone number/],
      "groups.txt": ["\n# all\ncrew: joe, ana\n", 2, /^crew: people\.txt has no person "ana"/],
      "hours.txt": ["[office]\nzone: America/Denver\nmon: 8am-5pm\nmoon: closed\n", 3, /^office, moon: /],
      "oncall.txt": ["[nights]\nzone: America/Denver\ncalendar: nights\notherwise: joe\n", 2, /^nights, calendar: can't read "nights"/],
    };
    for (const [name, [text, line, message]] of Object.entries(wrong)) {
      const at = uri.replace(/[^/]*$/, name);
      const good = name === "people.txt" ? "[joe]\nphone: +13035550142\n" : "";
      editor.notify("textDocument/didOpen", { textDocument: { uri: at, languageId: "text", version: 1, text: good } });
      assert.deepEqual((await editor.diagnostics(at)).filter((one) => one.severity === 1), []);
      editor.notify("textDocument/didSave", { textDocument: { uri: at }, text });
      const [found] = await editor.diagnostics(at);
      assert.deepEqual([found.range.start.line, found.severity], [line, 1], name);
      assert.match(found.message, message);
      editor.notify("textDocument/didSave", { textDocument: { uri: at }, text: good });
      assert.deepEqual((await editor.diagnostics(at)).filter((one) => one.severity === 1), []);
    }
    for (const name of Object.keys(wrong)) editor.notify("textDocument/didClose", { textDocument: { uri: uri.replace(/[^/]*$/, name) } });
  });

  it("checks the draft as well, and ends when it is told to", async () => {
    const draft = pathToFileURL(path.join(where.lua, "forwarding.next.lua")).href;
    editor.notify("textDocument/didOpen", { textDocument: { uri: draft, languageId: "lua", version: 1, text: BROKEN } });
    assert.equal((await editor.diagnostics(draft))[0].range.start.line, 2);
    assert.equal((await editor.request("shutdown")).result, null);
    editor.notify("exit");
    assert.equal(await editor.ended, 0);
  });
});

// What editors do and the one above doesn't.
describe("hookswitch lsp, as other editors speak", () => {
  const uriOf = (where, name = "forwarding.lua") => pathToFileURL(path.join(where.lua, name)).href;
  const opened = (uri, text, version = 1) => ({ textDocument: { uri, languageId: "lua", version, text } });
  const start = (where) => {
    const editor = new Editor(where);
    editor.write = (text) => editor.child.stdin.write(text);
    return editor;
  };
  const framed = (message, head = "Content-Length: ", end = "\r\n") => {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    return `${head}${Buffer.byteLength(text)}${end}${end}${text}`;
  };

  it("heads in other letters, with other fields, without carriage returns, and in single bytes", async () => {
    const editor = start(place());
    await editor.request("initialize", {});
    const heads = [["content-length: "], ["CONTENT-LENGTH:"], ["Content-Length : "], ["Content-Length: ", "\n"],
      ["Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: "], ["X-Content-Length: 5\r\nContent-Length: "]];
    for (const [position, [head, end]] of heads.entries()) {
      editor.write(framed({ id: `h${position}`, method: "nothing" }, head, end));
      assert.equal((await editor.take((one) => one.id === `h${position}`)).error.code, -32601, head);
    }
    for (const byte of Buffer.from(framed({ id: "bytes", method: "nothing" }))) editor.write(Buffer.from([byte]));
    assert.equal((await editor.take((one) => one.id === "bytes")).error.code, -32601);
    editor.write(framed({ id: "two", method: "nothing" }) + framed({ method: "$/cancelRequest", params: { id: "two" } }) + framed({ id: "three", method: "nothing" }));
    await editor.take((one) => one.id === "two");
    await editor.take((one) => one.id === "three");
    editor.child.stdin.end();
    assert.equal(await editor.ended, 0);
  });

  it("a head that tells no length ends it", async () => {
    for (const head of ["Content-Length: many\r\n\r\n", "Content-Length: -5\r\n\r\n", "Content-Length: 99999999999\r\n\r\n", "Hello\r\n\r\n{}", "x".repeat(10_000)]) {
      const editor = start(place());
      editor.write(head);
      await editor.ended;
    }
  });

  it("a message that is too long is left out, and what an editor opens through a link is the folder's", async () => {
    const where = place(), link = path.join(where.folder, "link");
    symlinkSync(where.lua, link);
    const editor = start(where), uri = pathToFileURL(path.join(link, "forwarding.lua")).href;
    await editor.request("initialize", {});
    editor.notify("textDocument/didOpen", opened(uri, "-".repeat(9 << 20)));
    assert.equal((await editor.take((one) => one.id === null)).error.code, -32600);
    assert.equal((await editor.request("textDocument/didChange", {})).error.code, -32602);
    editor.notify("textDocument/didOpen", opened(uri, BROKEN));
    assert.equal((await editor.diagnostics(uri)).length, 1);
    editor.child.stdin.end();
    await editor.ended;
  });

  it("nothing before initialize, nothing after shutdown, and exit says which came first", async () => {
    const early = start(place());
    assert.equal((await early.request("shutdown")).error.code, -32002);
    early.notify("exit");
    assert.equal(await early.ended, 1);
    const editor = start(place());
    await editor.request("initialize", {});
    assert.equal((await editor.request("initialize", {})).error.code, -32600);
    await editor.request("shutdown");
    assert.equal((await editor.request("nothing")).error.code, -32600);
    editor.notify("exit");
    assert.equal(await editor.ended, 0);
  });

  it("changes of parts, counted as UTF-16", async () => {
    const where = place(), editor = start(where), uri = uriOf(where);
    await editor.request("initialize", {});
    const text = LIVE.replace("return {", 'return { -- 😀é "ring"');
    editor.notify("textDocument/didOpen", opened(uri, text));
    assert.deepEqual(await editor.diagnostics(uri), []);
    const change = (line, from, to, put, version) => editor.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [
      { range: { start: { line, character: from }, end: { line, character: to } }, text: put },
    ] });
    // Behind the comment's emoji, which is two units: the rest of the line, and then a line of its own.
    change(1, 'return { -- 😀'.length, 999, "\n  oops oops", 2);
    const told = await editor.take((one) => one.method === "textDocument/publishDiagnostics" && one.params.version === 2);
    assert.deepEqual([...new Set(told.params.diagnostics.map((one) => one.range.start.line))], [2]);
    change(2, 0, 999, "", 3);
    const mended = await editor.take((one) => one.method === "textDocument/publishDiagnostics" && one.params.version === 3);
    assert.deepEqual(mended.params.diagnostics, []);
    editor.child.stdin.end();
    await editor.ended;
  });

  it("a folder whose name has blanks and letters of any language, and two editors at once", async () => {
    const where = place(), folder = path.join(where.folder, "Bürö & 100% 電話");
    mkdirSync(folder);
    cpSync(where.lua, path.join(folder, "lua"), { recursive: true });
    where.lua = path.join(realpathSync(folder), "lua");
    where.env.HOOKSWITCH_LUA = where.lua;
    writeFileSync(path.join(where.lua, "vips.txt"), "12\n");
    const uri = uriOf(where), text = `local VIPS = contacts("vips.txt")\n${LIVE}`;
    await Promise.all([1, 2].map(async () => {
      const editor = start(where);
      await editor.request("initialize", {});
      editor.notify("textDocument/didOpen", opened(uri, text));
      // Which marks of a path are written as they are is the writer's choice.
      const told = await editor.take((one) => one.params?.uri && fileURLToPath(one.params.uri) === path.join(where.lua, "vips.txt"));
      assert.equal(told.params.diagnostics[0].range.start.line, 0);
      editor.child.stdin.end();
      await editor.ended;
    }));
  });

  it("a document of a megabyte", async () => {
    const where = place(), editor = start(where), uri = uriOf(where);
    await editor.request("initialize", {});
    editor.notify("textDocument/didOpen", opened(uri, `${LIVE}${"-- a long comment\n".repeat(55_000)}`));
    assert.deepEqual(await editor.diagnostics(uri), []);
    editor.child.stdin.end();
    await editor.ended;
  });
});

// Real editors, set up with nothing but what the page shows, in a team's folder outside git.
describe("docs/editors.md, done as it says", () => {
  const [neovim, emacs] = [...PAGE.matchAll(/```text\n([^]*?)```/g)].map((match) => match[1]);
  const has = (program) => (spawnSync("which", [program]).status === 0 ? false : `${program} isn't installed`);
  const files = { "forwarding.lua": LIVE.replace("return {", "return {\n  oops oops"), "people.txt": "[joe]\nphone: 12\n" };
  const expected = { "forwarding.lua": [3, /a comma is missing before oops/], "people.txt": [2, /^(?:hookswitch: )?joe, phone: "12" isn't a phone number/] };
  let home, lua, env;
  before(() => {
    home = realpathSync(newFolder());
    lua = path.join(home, "team", "lua");
    cpSync(path.join(ROOT, "lua"), lua, { recursive: true });
    writeFileSync(path.join(home, "team", "app.conf"), "database = none.db\ntimezone = America/Denver\n");
    mkdirSync(path.join(home, "hookswitch", "build"), { recursive: true });
    symlinkSync(BINARY, path.join(home, "hookswitch", "build", "hookswitch"));
    mkdirSync(path.join(home, ".config", "nvim"), { recursive: true });
    writeFileSync(path.join(home, ".config", "nvim", "init.lua"), neovim);
    writeFileSync(path.join(home, ".emacs"), emacs);
    env = { PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm", HOME: home, XDG_RUNTIME_DIR: home };
  });
  // One file at a time is wrong: the check names what it meets first.
  const write = (wrong) => {
    for (const name of Object.keys(files)) writeFileSync(path.join(lua, name), name === wrong ? files[name] : name === "people.txt" ? "" : LIVE);
  };

  for (const [name, [line, message]] of Object.entries(expected)) {
    it(`Neovim shows what is wrong in ${name}`, { skip: has("nvim") }, () => {
      write(name);
      const shown = "lua vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 50) print(vim.fn.json_encode(vim.diagnostic.get(0)))";
      const { stderr } = spawnSync("nvim", ["--headless", path.join(lua, name), "-c", shown, "-c", "qa!"], { cwd: "/", env, encoding: "utf8", timeout: 60_000 });
      const [first] = JSON.parse(stderr);
      assert.equal(first.lnum, line - 1);
      assert.match(first.message, message);
    });

    it(`Emacs shows what is wrong in ${name}`, { skip: has("emacs") || has("emacsclient") }, async () => {
      write(name);
      const server = spawn("emacs", ["--fg-daemon=spec"], { cwd: "/", env, stdio: "ignore" });
      const ask = (lisp) => execFileSync("emacsclient", ["-s", "spec", "--eval", lisp], { cwd: "/", env, encoding: "utf8", timeout: 60_000 });
      try {
        // Its socket is there before it listens.
        const answers = () => spawnSync("emacsclient", ["-s", "spec", "--eval", "t"], { cwd: "/", env, timeout: 60_000 }).status === 0;
        await waitUntil(() => existsSync(path.join(home, "emacs", "spec")) && answers(), 60_000, "Emacs");
        const told = ask(`(with-current-buffer (find-file "${path.join(lua, name)}")
          (call-interactively 'eglot)
          (with-timeout (30) (while (null (flymake-diagnostics)) (sit-for 0.1)))
          (mapcar (lambda (one) (list (line-number-at-pos (flymake-diagnostic-beg one)) (flymake-diagnostic-text one))) (flymake-diagnostics)))`);
        // In no order that Emacs promises.
        const all = [...told.matchAll(/\((\d+) ("(?:[^"\\]|\\.)*")\)/g)].map(([, at, text]) => [Number(at), JSON.parse(text)]);
        assert.ok(all.some(([at, text]) => at === line && message.test(text)), told);
      } finally {
        server.kill();
        await once(server, "exit");
        rmSync(path.join(home, "emacs", "spec"), { force: true });
      }
    });
  }
});

describe("hookswitch mcp", () => {
  let where, client, transport;
  // Ticks of CPU that it has used.
  const used = () => Number(readFileSync(`/proc/${transport.pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ")[11]);
  const call = async (name, args = {}) => {
    const result = await client.callTool({ name, arguments: args });
    return { text: result.content[0].text, failed: result.isError === true };
  };
  before(async () => {
    where = place();
    client = new Client({ name: "spec", version: "1" });
    const args = argumentsFor(assistant.mcpServers.hookswitch.args, where.folder);
    transport = new StdioClientTransport({ command: BINARY, args, cwd: "/", env: where.env, stderr: "inherit" });
    await client.connect(transport);
  });
  after(() => client.close());

  it("speaks the newest protocol, answers batches, and says what isn't a request", () => {
    const ask = (...lines) => spawnSync(BINARY, ["mcp"], { cwd: where.folder, env: where.env, input: lines.join("\n"), encoding: "utf8" })
      .stdout.trim().split("\n").map((line) => JSON.parse(line));
    for (const [wanted, given] of [["2025-11-25", "2025-11-25"], ["2024-11-05", "2024-11-05"], ["2099-01-01", "2025-11-25"], [5, "2025-11-25"]]) {
      const [answer] = ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: wanted } }));
      assert.equal(answer.result.protocolVersion, given);
    }
    const ping = (id) => ({ jsonrpc: "2.0", id, method: "ping" });
    const answers = ask(JSON.stringify([ping(1), { jsonrpc: "2.0", method: "notifications/cancelled" }, ping(2)]), "[]", "{}", "5", "no JSON", JSON.stringify(ping(3)));
    assert.deepEqual(answers[0].map((one) => one.id), [1, 2]);
    assert.deepEqual(answers.slice(1, 5).map((one) => one.error.code), [-32600, -32600, -32600, -32700]);
    assert.equal(answers[5].id, 3); // though its line has no end
    const [refused, next] = ask(JSON.stringify({ ...ping("x".repeat(9 << 20)) }), JSON.stringify(ping(4)));
    assert.deepEqual([refused.error.code, next.id], [-32600, 4]);
  });

  it("refuses arguments that a tool doesn't have, or of another type", async () => {
    for (const { name, inputSchema } of (await client.listTools()).tools) {
      assert.match((await call(name, { nonsense: 1 })).text, new RegExp(`^${name} has no argument "nonsense"`));
      for (const [key, { type }] of Object.entries(inputSchema.properties)) {
        const wrong = await call(name, { [key]: type === "string" ? 5 : "x" });
        assert.equal(wrong.text, `${name}: ${key} must be of type ${type}`);
        assert.ok(wrong.failed);
      }
    }
  });

  it("has tools to look, to try and to propose, and none that makes anything live", async () => {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((one) => one.name), ["check", "simulate", "replay", "why", "coverage", "propose"]);
    assert.deepEqual(tools.filter((one) => !one.annotations.readOnlyHint).map((one) => one.name), ["propose"]);
    await assert.rejects(client.callTool({ name: "promote", arguments: {} }));
  });

  it("checks and simulates", async () => {
    assert.match((await call("check")).text, /^It passes: 1 rules/);
    const refused = await call("check", { source: BROKEN });
    assert.ok(refused.failed);
    assert.match(refused.text, /forwarding\.lua:3: .*did you mean "ring"/);
    const played = await call("simulate", { from: "+14155550123", at: "2026-03-09 09:30", legs: [{ does: "no-answer" }], source: LIVE });
    assert.match(played.text, /rule "all" \(proposed\.lua:3\)[^]*\+13035550142[^]*left a message/);
    assert.ok((await call("why", {})).failed);
    for (const [tool, args, wanted] of [["simulate", { legs: [{ does: "dance" }] }, /^legs must be .*one of answer, busy/],
      ["simulate", { at: "gestern" }, /^at: can't read "gestern"/], ["coverage", { days: 99 }, /^days takes 1 to 31/],
      ["why", { call_sid: "CA1" }, /^There is no database yet/], ["replay", {}, /^There is no database yet/]]) {
      const { text, failed } = await call(tool, args);
      assert.ok(failed);
      assert.match(text, wanted);
    }
  });

  it("proposes a draft, and leaves what is live and a draft of someone else alone", async () => {
    const proposed = LIVE.replace('"all"', '"proposed"');
    assert.ok((await call("propose", { source: BROKEN })).failed);
    assert.ok((await call("propose", { source: proposed.replace("return {", 'return {\n  try_for = { "+14155550123" },') })).failed);
    const draft = path.join(where.lua, "forwarding.next.lua");
    assert.equal(existsSync(draft), false);
    const done = await call("propose", { source: proposed });
    assert.match(done.text, /A person makes it live/);
    assert.equal(readFileSync(draft, "utf8"), proposed);
    assert.equal(readFileSync(path.join(where.lua, "forwarding.lua"), "utf8"), LIVE);
    assert.match((await call("propose", { source: LIVE })).text, /another draft/);
    assert.equal(readFileSync(draft, "utf8"), proposed);
    // One that comes while the proposal is tried.
    const slow = `do local n = 0; for i = 1, ${process.env.SAN ? "40000000" : "150000000"} do n = n + i end end\n${LIVE}`;
    rmSync(draft);
    const before = used();
    const answer = call("propose", { source: slow });
    await waitUntil(() => used() > before + 1, 5000, "a trial");
    writeFileSync(draft, BROKEN);
    assert.match((await answer).text, /another draft/);
    assert.equal(readFileSync(draft, "utf8"), BROKEN);
    assert.ok(!(await call("propose", { source: proposed, replace: true })).failed);
    assert.equal(readFileSync(draft, "utf8"), proposed);
  });
});
