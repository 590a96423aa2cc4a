// gate_test.mjs: an edit is judged by the last real calls before it goes live: what it refuses, what it lists,
// who must agree, and what a version knows of its making.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { startServer, waitUntil } from "../support/server.mjs";
import { SANITIZED } from "../support/slow.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const [JOE, SUE] = ["+13035550142", "+13035550177"];
const [GRACE, LINUS] = ["+14155550123", "+14155550124"];
const OURS = "+15105550100";
const HEAD = `local JOE, SUE = "${JOE}", "${SUE}"\n`;
const all = (go, more = "") => `${HEAD}return {\n${more}  { "all", go = ${go} },\n}\n`;
const LOOKUPS = `return { tier = function(call)\n  if call.from == "${GRACE}" then return { name = "gold" } end\n`
  + `  return { name = 5 }\nend }\n`;

let server, ana, serial = 0;
const start = async (options = {}) => {
  server = await startServer({ rules: all("ring(JOE)"), ...options });
  givenNumber(server.database, { user: "ana", phone: OURS });
  await server.settled();
  ana = user(server, "ana");
};
const file = (name = "forwarding.lua") => path.join(server.lua, name);
const get = async () => (await ana.get("/api/twilio/rules")).body;
const put = async (source, more = {}) => ana.put("/api/twilio/rules", { source, hash: (await get()).hash, ...more });
const called = async (from) => {
  const params = inbound(from, OURS, { CallSid: `CA${String(++serial).padStart(32, "0")}` });
  return rung(twiml(await server.post("/api/twilio/twiml", params)));
};
const version = async (id) => (await ana.get(`/api/twilio/rules/versions/${id}`)).body;
const cli = (args, run = commandJson) => run(args, {
  cwd: server.folder, config: { lua: server.lua, database: server.database, ...server.confirm },
});

describe("the gate", () => {
  before(async () => {
    await start();
    writeFileSync(file("lookups.lua"), LOOKUPS);
    await waitUntil(async () => (await get()).lookups.length === 1);
    for (const from of [GRACE, LINUS, LINUS]) assert.deepEqual(await called(from), [JOE]);
  });
  after(() => server.stop());

  it("lists which real calls an edit sends elsewhere, with names, to check and save alike", async () => {
    const edit = all("ring(JOE)", `  { "linus", when = function(call) return call.from == "${LINUS}" end, go = ring(SUE, { seconds = 10 }) },\n`);
    const { body } = await ana.post("/api/twilio/rules/check", { source: edit });
    assert.equal(body.ok, true, JSON.stringify(body));
    const { gate } = body;
    assert.deepEqual([gate.calls, gate.changed, gate.failing], [3, 2, 0]);
    assert.deepEqual(gate.groups.map((one) => [one.count, one.before.words, one.before.rule, one.after.words, one.after.rule]),
      [[2, "ring JOE 20 s > voicemail", "all", "ring SUE 10 s > voicemail", "linus"]]);
    assert.match(gate.text, /^2 of last week's 3 calls change:\n {2}2: ring JOE 20 s > voicemail \(rule "all", line 3\) → ring SUE 10 s > voicemail \(rule "linus", line 3\)$/);
    assert.match(gate.groups[0].call_sid, /^CA0+3$/);
    const saved = await put(edit, { note: "Linus is Sue's" });
    assert.equal(saved.status, 200, saved.text);
    assert.equal(saved.body.gate.text, gate.text);
    const made = await version(saved.body.version);
    assert.deepEqual([made.author, made.author_kind, made.note, made.accepted_by], ["ana", "user", "Linus is Sue's", null]);
    assert.equal(made.gate.changed, 2);
    assert.ok(made.checks.calls > 0 && made.checks.rules === 2);
    await waitUntil(() => server.logs("reloaded").some((line) => /2 of last week/.test(line.changes ?? "")), 5000, "the log's word of it");
  });

  it("does not list a change twice: what counts is the version that is live", async () => {
    const { source } = await get();
    const again = await put(`-- the same\n${source}`);
    assert.deepEqual([again.status, again.body.gate.changed], [200, 0]);
    assert.equal(again.body.gate.text, "None of last week's 3 calls change.");
  });

  it("knows what a version changed since it went live", async () => {
    assert.deepEqual(await called(LINUS), [SUE]);
    assert.deepEqual(await called(GRACE), [JOE]);
    const { versions } = (await ana.get("/api/twilio/rules/versions")).body;
    const made = await version(versions[0].id);
    assert.deepEqual([made.since.calls, made.since.changed], [2, 0], "the version before was the same but for a comment");
    const about = await cli(["rules", "about"]);
    assert.deepEqual([about.value.id, about.value.since.calls], [versions[0].id, 2]);
    assert.match((await cli(["rules", "log"], command)).out, / ana +forwarding\.lua\n +Linus is Sue's\n/);
  });

  const tier = (field) => all("ring(JOE)", `  { "gold", when = function(call) return call.lookups.tier and call.lookups.tier.${field} end, go = ring(SUE) },\n`);
  for (const [what, edit, line, message] of [
    ["fails for a real call with what its lookup gave then", tier("name:find('gold')"), 3, /attempt to index a number value.*for a real call \(\+14155550124, .* CA0+/],
    ["comes to a dead end for a real call", all("ring(JOE)", `  { "gold", when = function(call) return call.lookups.tier and call.lookups.tier.name == "gold" end,\n`
      + `    go = function(call) return ring(SUE):otherwise(hangup()) end },\n`), 3, /without a word.*for a real call \(\+14155550123, .* CA0+/]]) {
    it(`refuses an edit that ${what}`, async () => {
      const before = await get();
      const answer = await put(edit);
      assert.equal(answer.status, 422, answer.text);
      assert.equal(answer.body.error.details.line, line);
      assert.match(answer.body.error.details.message, message);
      assert.deepEqual(await get(), before, "nothing has changed");
      writeFileSync(path.join(server.folder, "edit.lua"), edit);
      const checked = await cli(["check", "--rules", "edit.lua"]);
      assert.deepEqual([checked.status, checked.value.ok, checked.value.errors[0].code, checked.value.errors[0].line], [1, false, "gate", line]);
      assert.match(checked.value.errors[0].message, message);
      writeFileSync(file(), edit);
      const refused = await waitUntil(async () => (await get()).error);
      assert.match(refused.message, /^a real call \(CA0+\d\) would fail or come to a dead end/, "users don't see each other's calls");
      await waitUntil(() => message.test(server.logs("reload_refused").at(-1)?.message), 5000, "the log's word of it");
      assert.equal((await put(before.source)).status, 200);
      await waitUntil(async () => !(await get()).error, 5000, "the good file");
    });
  }

  it("keeps no edit back for a call that failed before as well, and says so", async () => {
    const failing = (go) => all(go, `  { "x", when = function(call) return call.from == "${LINUS}" and call.lookups.tier and call.lookups.tier.name:find("x") end, go = ring(SUE) },\n`);
    // Before its lookup gave a number, nothing was wrong with these rules.
    rows(server.database, `UPDATE call_decisions SET inputs = REPLACE(inputs, '"name":5', '"name":"five"')`);
    const good = await put(failing("ring(JOE)"));
    assert.equal(good.status, 200, good.text);
    rows(server.database, `UPDATE call_decisions SET inputs = REPLACE(inputs, '"name":"five"', '"name":5')`);
    const { body, status, text } = await put(failing("ring(JOE, { seconds = 30 })"));
    assert.equal(status, 200, text);
    assert.equal(body.gate.failing, rows(server.database, `SELECT COUNT(*) AS n FROM call_decisions WHERE inputs LIKE '%"name":5%'`)[0].n);
    assert.match(body.gate.text, /The rules fail for \d of them, as they did then\.$/);
  });
});

describe("1,000 real calls", () => {
  before(async () => {
    await start();
    for (const from of [GRACE, LINUS]) await called(from);
    const copy = (table, columns) => `INSERT INTO ${table} (call_sid, ${columns}) SELECT 'CB' || n || substr(call_sid, 34), ${columns}
      FROM ${table}, (WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 600) SELECT n FROM up) AS numbers`;
    rows(server.database, copy("twilio_call_logs", `user_id, phone_number_id, direction, "from", "to", status, started_at`));
    rows(server.database, copy("call_decisions", "decided_at, source, rule, rule_line, rule_version, plan, inputs, reads"));
  });
  after(() => server.stop());

  it("are the most that a save decides, and add little to it", async () => {
    const edit = (name) => all("ring(JOE)", `  { "${name}", when = function(call) return call.from == "${LINUS}" and call.caller.prior_calls >= 0 end, go = ring(SUE) },\n`);
    const { body } = await ana.post("/api/twilio/rules/check", { source: edit("linus") });
    assert.deepEqual([body.gate.calls, body.gate.changed], [1000, 601]);
    // CPU time, since the machine may be busy; clock ticks are 10 ms.
    const cpu = () => readFileSync(`/proc/${server.pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ").slice(11, 13)
      .reduce((sum, ticks) => sum + 10 * Number(ticks), 0);
    const spent = async (source) => {
      const began = cpu();
      for (let turn = 0; turn < 5; turn++) assert.equal((await ana.post("/api/twilio/rules/check", { source })).body.ok, true);
      return (cpu() - began) / 5;
    };
    const { source } = await get(); // the live file: no call is decided with it
    const without = await spent(source);
    const added = await spent(edit("linus")) - without;
    assert.ok(added < (SANITIZED ? 1500 : 150), `${added} ms`);
  });
});

describe("rules_confirm = yes", () => {
  const edit = all("ring(SUE)");
  before(async () => {
    await start({ config: { rules_confirm: "yes" } });
    server.confirm = { rules_confirm: "yes" };
    assert.deepEqual(await called(GRACE), [JOE]);
  });
  after(() => server.stop());

  it("asks before a save over the API", async () => {
    assert.equal((await get()).confirm, true);
    const asked = await put(edit);
    assert.deepEqual([asked.status, asked.body.error.code], [409, "unconfirmed"]);
    assert.match(asked.body.error.message, /^The last call changes: 1: ring JOE 20 s .* → ring SUE 20 s .*accept = true/);
    assert.equal(asked.body.error.details.gate.changed, 1);
    assert.deepEqual(await called(LINUS), [JOE]);
    assert.equal((await put(`-- no change\n${all("ring(JOE)")}`)).status, 200, "what changes nothing needs nobody");
    const saved = await put(edit, { accept: true });
    assert.equal(saved.status, 200, saved.text);
    assert.deepEqual(await called(LINUS), [SUE]);
    assert.equal((await version(saved.body.version)).accepted_by, "ana");
  });

  it("holds a file that was saved on disk until it is accepted", async () => {
    writeFileSync(file(), all("ring(JOE)"));
    const held = await waitUntil(async () => { const now = await get(); return now.error && now; });
    assert.equal(held.error.held, true);
    const [, hash] = held.error.message.match(/not live until `hookswitch rules accept (\w{12})`.*calls change/);
    assert.deepEqual(await called(LINUS), [SUE]);
    assert.match(JSON.stringify((await server.get("/healthz")).body), /hookswitch rules accept/);
    const asked = await cli(["rules", "accept"], command);
    assert.equal(asked.status, 1);
    assert.match(asked.err, new RegExp(`calls change.*rules accept. with ${hash}$`, "ms"));
    // Another's edit isn't what was agreed to.
    writeFileSync(file(), all("ring({ JOE, SUE })"));
    const refused = await cli(["rules", "accept", hash], command);
    assert.match(refused.err, new RegExp(`${hash} isn't the hash of these files.*JOE SUE`, "s"));
    assert.deepEqual(await called(LINUS), [SUE]);
    writeFileSync(file(), all("ring(JOE)"));
    for (const other of ["yes", hash.slice(1), hash.slice(0, 11)])
      assert.equal((await cli(["rules", "accept", other])).status, 1, other);
    const accepted = await cli(["rules", "accept", hash.toUpperCase(), "--note", "back to Joe"]);
    assert.equal(accepted.status, 0, JSON.stringify(accepted));
    assert.ok(accepted.value.changed > 0);
    const live = await waitUntil(async () => { const now = await get(); return !now.error && now; });
    assert.deepEqual(await called(LINUS), [JOE]);
    const made = await version(live.version);
    assert.deepEqual([made.author, made.author_kind, made.note, made.accepted_by],
      [userInfo().username, "os", "back to Joe", userInfo().username]);
  });

  it("holds it over a restart, and takes a click", async () => {
    writeFileSync(file(), all("ring({ JOE, SUE })"));
    await waitUntil(async () => (await get()).error);
    if (!POSTGRES) { // where a start begins with the database's rules and puts other files aside
      const { folder, port, confirm } = server;
      await server.stop({ keep: true });
      server = await startServer({ folder, port, config: confirm });
      server.confirm = confirm;
      ana = user(server, "ana");
    }
    const held = await get();
    assert.equal(held.error.held, true);
    assert.deepEqual(await called(LINUS), [JOE]);
    assert.equal((await ana.post("/api/twilio/rules/accept", { hash: "00" })).status, 409);
    // Agreement without saying to what is none: it is answered with what would change.
    const asked = await ana.post("/api/twilio/rules/accept", { hash: held.hash });
    assert.deepEqual([asked.status, asked.body.error.code], [409, "unconfirmed"], asked.text);
    assert.match(asked.body.error.message, /calls change: .* Accept it with shown = the hash to make it live\.$/s);
    assert.ok(asked.body.error.details.gate.changed > 0);
    assert.deepEqual(await called(LINUS), [JOE]);
    const clicked = await ana.post("/api/twilio/rules/accept", { hash: held.hash, shown: asked.body.error.details.hash });
    assert.equal(clicked.status, 200, clicked.text);
    assert.equal(clicked.body.error, null);
    assert.deepEqual((await called(LINUS)).sort(), [JOE, SUE]);
  });

  it("asks `rules restore` for --accept", async () => {
    const asked = await cli(["rules", "restore", "1"]);
    assert.notEqual(asked.status, 0);
    const [, hash] = JSON.stringify(asked.value).match(/--accept (\w{12})/);
    const other = await cli(["rules", "restore", "2", "--accept", hash]);
    assert.deepEqual([other.status, other.value.error.code], [1, "conflict"], "it was shown for version 1");
    assert.equal((await cli(["rules", "restore", "1", "--accept", hash])).status, 0);
    await waitUntil(async () => (await get()).version === 1);
    assert.deepEqual(await called(LINUS), [JOE]);
  });

  it("asks `rules promote` for --accept with the hash of the draft that was shown", async () => {
    const draft = file("forwarding.next.lua");
    writeFileSync(draft, all("ring(SUE)"));
    const asked = await cli(["rules", "promote"]);
    assert.deepEqual([asked.status, asked.value.error.code], [1, "unconfirmed"]);
    const [, hash] = asked.value.error.message.match(/change.*; to make it live, add --accept (\w{12})$/s);
    writeFileSync(draft, all("ring({ JOE, SUE })"));
    const refused = await cli(["rules", "promote", "--accept", hash], command);
    assert.match(refused.err, /isn't the hash of these files: they may have changed since you looked\. Now: .*JOE SUE/s);
    assert.deepEqual(await called(LINUS), [JOE]);
    writeFileSync(draft, all("ring(SUE)"));
    const promoted = await cli(["rules", "promote", "--accept", hash]);
    assert.equal(promoted.status, 0, JSON.stringify(promoted.value));
    await waitUntil(async () => (await called(LINUS))[0] === SUE);
  });

  // A colleague who saves between the list and the click changes what goes live.
  describe("is agreement to what was shown:", () => {
    const [TEAM, DRAFT] = ["/api/twilio/team", "/api/twilio/rules/draft"];
    const ANA = "+13035550166";
    const byName = all('ring(person "ops")');
    const ops = (number) => writeFileSync(file("people.txt"), `[ops]\nphone: ${number}\n`);
    const refused = async (answer, phone) => {
      assert.deepEqual([answer.status, answer.body.error.code], [409, "unconfirmed"], answer.text);
      assert.match(answer.body.error.message, /^The files have changed since you looked\. Now: .*(accept = true|shown = the hash) to make it live\.$/s);
      assert.deepEqual(await called(LINUS), [phone]);
      return answer.body.error.details.hash;
    };
    const ways = {
      "a save": { click: (shown) => put(byName, { accept: true, shown }) },
      "a draft": {
        begin: () => writeFileSync(file("forwarding.next.lua"), byName),
        click: async (shown) => ana.post(`${DRAFT}/promote`, { hash: (await ana.get(DRAFT)).body.hash, accept: true, shown }),
      },
      "a file on disk": {
        begin: async () => {
          writeFileSync(file(), byName);
          await waitUntil(async () => (await get()).error?.held);
        },
        click: async (shown) => ana.post("/api/twilio/rules/accept", { hash: (await get()).hash, shown }),
      },
    };
    for (const [what, { begin, click }] of Object.entries(ways))
      it(what, async () => {
        ops(JOE);
        assert.equal((await put(all("ring(SUE)"), { accept: true })).status, 200);
        await begin?.();
        const { hash, gate } = (await ana.post("/api/twilio/rules/check", { source: byName })).body;
        assert.ok(gate.changed > 0);
        ops(ANA);
        const now = await refused(await click(hash), SUE);
        assert.notEqual(now, hash);
        const agreed = await click(now);
        assert.equal(agreed.status, 200, agreed.text);
        assert.deepEqual(await called(LINUS), [ANA]);
      });

    it("a change of the team", async () => {
      const change = async (more) => ana.put(TEAM, {
        hash: (await ana.get(TEAM)).body.hash, people: [{ id: "ops", phones: [{ number: SUE }] }], ...more,
      });
      const asked = await change();
      assert.equal(asked.body.error.code, "unconfirmed", asked.text);
      assert.equal((await put(all('ring(person "ops", { seconds = 10 })'), { accept: true })).status, 200);
      const now = await refused(await change({ accept: true, shown: asked.body.error.details.hash }), ANA);
      assert.equal((await change({ accept: true, shown: now.toUpperCase() })).status, 200);
      assert.deepEqual(await called(LINUS), [SUE]);
    });

    it("a version that is restored", async () => {
      const id = (await ana.get("/api/twilio/rules/versions")).body.versions[1].id;
      await refused(await ana.post(`/api/twilio/rules/versions/${id}/restore?accept=true&shown=00`), SUE);
    });
  });
});

describe("the author of a file on disk", () => {
  before(() => start());
  after(() => server.stop());
  const git = (...args) => execFileSync("git", ["-C", server.lua, "-c", "user.name=Grace Hopper", "-c", "user.email=grace@example.com", ...args]);
  const newest = async (id) => waitUntil(async () => {
    const made = (await ana.get("/api/twilio/rules/versions")).body.versions[0];
    return made.id >= id && made;
  });

  it("is its owner, until a commit names another", async () => {
    writeFileSync(file(), all("ring(SUE)"));
    const saved = await newest(2);
    assert.deepEqual([saved.author, saved.author_kind, saved.note], [userInfo().username, "os", null]);
    git("init", "-q");
    git("add", "forwarding.lua");
    git("commit", "-q", "-m", "Sue takes all calls");
    const made = await waitUntil(async () => { const one = await newest(2); return one.author_kind === "git" && one; });
    assert.deepEqual([made.author, made.note], ["Grace Hopper", "Sue takes all calls"]);
    rmSync(path.join(server.lua, ".git"), { recursive: true });
  });

  it("is named by the commit once the database takes it", async () => {
    writeFileSync(file(), all("ring({ JOE, SUE })"));
    const saved = await newest(3);
    rows(server.database, "ALTER TABLE rule_activations RENAME TO activations_away");
    git("init", "-q");
    git("add", "forwarding.lua");
    git("commit", "-q", "-m", "Both take all calls");
    await waitUntil(() => server.logs("version_not_stored").length > 0, 10_000, "a failure");
    rows(server.database, "ALTER TABLE activations_away RENAME TO rule_activations");
    const made = await waitUntil(async () => { const one = await newest(3); return one.author_kind === "git" && one; }, 10_000, "the author");
    assert.deepEqual([made.id, made.author, made.note], [saved.id, "Grace Hopper", "Both take all calls"]);
    rmSync(path.join(server.lua, ".git"), { recursive: true });
  });
});
