// not_checked_test.mjs: files that can't be tried at the moment, because someone writes one of them or the disk doesn't
// give it, aren't refused: whoever asks is told so, nothing is changed, and the same goes through when that is over.
import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { patient, SLOW, startServer, waitUntil } from "../support/server.mjs";

const [RULES, DRAFT, TEAM, PIN] = ["/api/twilio/rules", "/api/twilio/rules/draft", "/api/twilio/team", "/api/twilio/pin"];
const JOE = "+13035550142", OURS = "+15105550100", PATIENT = { timeout: patient(40_000) };
const LIVE = 'return { { "all", go = ring(person "joe") } }\n', NEXT = `${LIVE}-- next\n`;
const PEOPLE = `[joe]\nphone: ${JOE}\nuser: ana\n`;
const hashOf = async (who, target) => (await who.get(target)).body.hash;
const people = [{ id: "joe", name: "Joe", user: "ana", phones: [{ number: JOE, confirm: true }] }];

// What keeps the files from being tried; each returns how it ends.
const TROUBLES = {
  "a file that is being written"(lua) {
    const file = path.join(lua, "vips.txt"), fd = openSync(file, "w");
    const writing = setInterval(() => writeSync(fd, "+13035550143\n"), 20);
    return () => { clearInterval(writing); closeSync(fd); };
  },
  "a file that the disk doesn't give"(lua) {
    const file = path.join(lua, "vips.txt");
    symlinkSync("/proc/self/mem", file); // EIO at its first byte
    return () => rmSync(file);
  },
};

const ROUTES = {
  "PUT /rules": async (who) => who.put(RULES, { hash: await hashOf(who, RULES), source: NEXT }, PATIENT),
  "POST /rules/check": (who) => who.post(`${RULES}/check`, { source: NEXT }, PATIENT),
  "POST /rules/accept": async (who) => who.post(`${RULES}/accept`, { hash: await hashOf(who, RULES) }, PATIENT),
  "POST /rules/versions/1/restore": (who) => who.post(`${RULES}/versions/1/restore`, undefined, PATIENT),
  "PUT /rules/draft": async (who) => who.put(DRAFT, { hash: await hashOf(who, DRAFT), source: `${NEXT}--\n` }, PATIENT),
  "POST /rules/draft/promote": async (who) => who.post(`${DRAFT}/promote`, { hash: await hashOf(who, DRAFT) }, PATIENT),
  "PUT /team": async (who) => who.put(TEAM, { hash: await hashOf(who, TEAM), people }, PATIENT),
  "POST /team/check": (who) => who.post(`${TEAM}/check`, { people }, PATIENT),
  "POST /pin": (who) => who.post(PIN, { pin: "48219375" }, PATIENT),
};

// How a command, given as words or as an editor's or assistant's messages, says it.
const framed = (...messages) => messages.map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }))
  .map((text) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`).join("");
const COMMANDS = [["check"], ["check", "--json"], ["rules", "accept"], ["rules", "restore", "1"], ["rules", "promote"]];

const onDisk = (lua) => JSON.stringify(readdirSync(lua).filter((name) => /^[^.].*\.(lua|txt)$/.test(name) && name !== "vips.txt").sort()
  .map((name) => [name, readFileSync(path.join(lua, name), "utf8")]));

async function serverOf(test) {
  const server = await startServer({ lua: { "forwarding.lua": LIVE, "people.txt": PEOPLE },
    config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team" } });
  test.after(() => server.stop());
  givenNumber(server.database, { user: "ana", phone: OURS });
  await server.settled();
  const who = user(server, "ana", { role: "admin" });
  const draft = await ROUTES["PUT /rules/draft"](who);
  assert.equal(draft.status, 200, draft.text);
  return { server, who, run: (words, more) => command(words, { config: { lua: server.lua, database: server.database }, ...more }) };
}

describe("files that can't be tried", { concurrency: 6 }, () => {
  for (const [what, begin] of Object.entries(TROUBLES)) {
    for (const [route, ask] of Object.entries(ROUTES)) {
      it(`${route}: ${what} is a 503, and no refusal`, async (test) => {
        const { server, who } = await serverOf(test), before = onDisk(server.lua), end = begin(server.lua);
        const { status, body, headers } = await ask(who);
        assert.deepEqual([status, body.error?.code, headers["retry-after"]], [503, "not_checked", "2"], JSON.stringify(body));
        assert.match(body.error.message, /^The files couldn't be checked: vips\.txt: [^.]+\. Try again in a moment\.$/);
        assert.equal(onDisk(server.lua), before);
        end();
        await waitUntil(async () => (await ask(who)).status === 200, 20_000 * SLOW, "the same request to go through");
      });
    }
    for (const words of COMMANDS) {
      it(`hookswitch ${words.join(" ")}: ${what} is an exit of its own`, async (test) => {
        const { server, run } = await serverOf(test), before = onDisk(server.lua), end = begin(server.lua);
        const { status, out, err } = await run(words);
        assert.equal(status, 75, out + err);
        assert.match(out + err, /vips\.txt/);
        assert.equal(onDisk(server.lua), before);
        end();
        await waitUntil(async () => (await run(words)).status === 0, 20_000 * SLOW, "the same command to go through");
      });
    }
    it(`hookswitch lsp and mcp: ${what} is no diagnostic`, async (test) => {
      const { server, run } = await serverOf(test), end = begin(server.lua);
      const uri = `file://${server.lua}/forwarding.lua`;
      const lsp = run(["lsp"], { input: framed({ id: 1, method: "initialize", params: {} }, { method: "textDocument/didOpen",
        params: { textDocument: { uri, text: LIVE, version: 1, languageId: "lua" } } }, { id: 2, method: "shutdown" }) });
      const mcp = await run(["mcp"], { input: `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call",
        params: { name: "check", arguments: { source: LIVE } } })}\n` });
      assert.doesNotMatch(mcp.out, /Refused/);
      assert.match(mcp.out, /The files couldn't be checked/);
      assert.doesNotMatch((await lsp).out, /"message":/);
      end();
    });
    it(`the draft: ${what} isn't its refusal`, async (test) => {
      const { server, who } = await serverOf(test), end = begin(server.lua);
      const text = `${LIVE}-- another draft\n`;
      writeFileSync(path.join(server.lua, "forwarding.next.lua"), text);
      const shown = async () => (await who.get(DRAFT)).body;
      await waitUntil(async () => (await shown()).source === text, 10_000 * SLOW, "the draft on disk");
      const until = Date.now() + 8000; // longer than the files are waited for
      while (Date.now() < until) assert.notEqual((await shown()).state, "refused");
      end();
      await waitUntil(async () => (await shown()).state === "on", 20_000 * SLOW, "the draft");
    });
  }
});

describe("saves at once", () => {
  it("six users' own PINs are all saved", async (test) => {
    const ids = ["ana", "ben", "cleo", "dora", "emil", "fay"], phone = (i) => `+1303555014${i}`;
    const server = await startServer({ lua: { "forwarding.lua": LIVE.replace("joe", "ana"),
      "people.txt": ids.map((id, i) => `[${id}]\nphone: ${phone(i)}\nuser: ${id}\n`).join("\n") },
    config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team", workers: 32 } });
    test.after(() => server.stop());
    await server.settled();
    const agents = ids.map((id) => user(server, id, { role: "agent" }));
    const answers = await Promise.all(agents.map((agent, i) => agent.post(PIN, { pin: `4821937${i}` }, PATIENT)));
    assert.deepEqual(answers.map(({ status, text }) => (status === 200 ? status : text)), ids.map(() => 200));
    for (const agent of agents) assert.equal((await agent.get(PIN)).body.has_pin, true);
  });
});
