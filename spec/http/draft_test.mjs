// draft_test.mjs: forwarding.next.lua is checked like a save, decides every real call beside the live rules, and
// becomes live in one step; whatever is wrong with it, no caller notices.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

// SQLite counts on from the largest id by itself.
const NEXT_ID = POSTGRES ? "; SELECT setval(pg_get_serial_sequence('rule_drafts', 'id'), (SELECT MAX(id) FROM rule_drafts))" : "";
const [JOE, SUE] = ["+13035550142", "+13035550177"];
const [GRACE, LINUS] = ["+14155550123", "+14155550124"];
const OURS = "+15105550100";
const rule = (name, when, go) => `  { "${name}", when = function(call) return ${when} end, go = ${go} },\n`;
const file = (rules, more = "") => `local JOE, SUE = "${JOE}", "${SUE}"\nreturn {\n${rules}${more}}\n`;
const LIVE = file(`  { "all", go = ring(JOE) },\n`);
const DRAFT = file(`${rule("linus", `call.from == "${LINUS}"`, "ring(SUE, { seconds = 10 })")}  { "all", go = ring(JOE) },\n`);

let server, ana, serial = 0;
const begin = async () => {
  server = await startServer({ rules: LIVE });
  givenNumber(server.database, { user: "ana", phone: OURS });
  await server.settled();
  ana = user(server, "ana");
};
const at = (name) => path.join(server.lua, name);
const draft = async () => (await ana.get("/api/twilio/rules/draft")).body;
const decided = (calls) => waitUntil(async () => { const now = await draft(); return now.calls === calls && now; });
const called = async (from) => {
  const CallSid = `CA${String(++serial).padStart(32, "0")}`;
  return { sid: CallSid, rings: rung(twiml(await server.post("/api/twilio/twiml", inbound(from, OURS, { CallSid })))) };
};
const cli = (args, run = commandJson) => run(args, { cwd: server.folder, config: { lua: server.lua, database: server.database } });
const alerts = async () => (await ana.get("/api/twilio/alerts")).body.alerts.filter((one) => one.kind === "draft_off");

describe("a draft", () => {
  let since;
  before(begin);
  after(() => server.stop());

  it("is none until there is a file", async () => {
    assert.deepEqual([(await draft()).state, (await draft()).hash], ["none", ""]);
    await called(LINUS); // before the draft: not its call
  });

  // The 19th field of proc(5)'s stat is the nice value.
  it("is decided by a thread that lets those that answer callers go first", () => {
    const tasks = `/proc/${server.pid}/task`;
    const nice = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/stat`, "utf8").split(") ")[1].split(" ")[16]));
    const ours = Number(readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ")[16]);
    assert.deepEqual(nice.filter((value) => value > ours), ours < 10 ? [10] : []);
  });

  it("is checked like a save, on disk and over the API", async () => {
    const broken = file(`  { "all", go = rign(JOE) },\n`);
    writeFileSync(at("forwarding.next.lua"), broken);
    const refused = await waitUntil(async () => { const now = await draft(); return now.state === "refused" && now; });
    assert.equal(refused.line, 3);
    assert.match(refused.reason, /^forwarding\.next\.lua:3: .*rign.*did you mean "ring"/);
    const more = file(`  { "a", when = function(call) return call.frm == "x" end, go = rign(JOE) },\n  { "b", go = ring("+1303") },\n`);
    writeFileSync(at("forwarding.next.lua"), more);
    const all = await waitUntil(async () => { const now = await draft(); return now.source === more && now.state === "refused" && now; });
    assert.deepEqual(all.errors.map((one) => [one.file, one.line]), [3, 3, 4].map((line) => ["forwarding.next.lua", line]));
    assert.equal(all.reason, `forwarding.next.lua:3: ${all.errors[0].message}`);
    writeFileSync(at("forwarding.next.lua"), broken);
    await waitUntil(async () => (await draft()).line === 3 && (await draft()).errors.length === 1);
    assert.deepEqual((await called(GRACE)).rings, [JOE]);
    assert.equal((await ana.get("/api/twilio/rules")).body.error, null, "the live rules have nothing to do with it");
    const put = await ana.put("/api/twilio/rules/draft", { source: broken, hash: refused.hash });
    assert.deepEqual([put.status, put.body.error.details.file, put.body.error.details.line], [422, "forwarding.next.lua", 3]);
  });

  it("decides each real call afterwards, and its differences are those of a replay", async () => {
    since = Date.now();
    const put = await ana.put("/api/twilio/rules/draft", { source: DRAFT, hash: (await draft()).hash });
    assert.equal(put.status, 200, put.text);
    assert.deepEqual([put.body.state, put.body.author, put.body.calls], ["on", "ana", 0]);
    assert.equal(readFileSync(at("forwarding.next.lua"), "utf8"), DRAFT);
    for (const from of [GRACE, LINUS, GRACE, LINUS, LINUS]) assert.deepEqual((await called(from)).rings, [JOE], "it is never live");
    const shown = await decided(5);
    assert.deepEqual([shown.same, shown.changed], [2, 3]);
    assert.deepEqual(shown.groups.map((one) => [one.count, one.before.words, one.before.rule, one.after.words, one.after.rule]),
      [[3, "ring JOE 20 s > voicemail", "all", "ring SUE 10 s > voicemail", "linus"]]);
    assert.match(shown.text, /^3 of 5 calls since .* go elsewhere with the draft:\n {2}3: ring JOE .* → ring SUE 10 s/);
    const replay = (await ana.post("/api/twilio/replay", { since, source: DRAFT })).body;
    const listed = rows(server.database, "SELECT call_sid FROM draft_calls ORDER BY call_sid").map((one) => one.call_sid);
    assert.deepEqual(listed, replay.changed.map((one) => one.call_sid).sort());
    assert.equal(replay.replayed, shown.calls);
    const said = await cli(["rules", "draft"], command);
    assert.match(said.out, /^It decides every call beside the live rules\.\n3 of 5 calls since/);
    assert.equal((await cli(["rules", "draft"])).value.changed, 3);
    const broken = await ana.put("/api/twilio/rules/draft", { source: DRAFT.replace("ring", "rign"), hash: shown.hash });
    assert.deepEqual([broken.status, broken.body.error.details.errors[0].line], [422, 3]);
    assert.deepEqual(await draft(), shown, "a save that is refused leaves the draft as it was");
  });

  it("is seen by each user for their own calls", async () => {
    const theirs = (await user(server, "ben").get("/api/twilio/rules/draft")).body;
    assert.deepEqual([theirs.calls, theirs.groups], [0, []]);
  });

  it("becomes live in one step, and the version before is one step away", async () => {
    const { hash } = await draft();
    assert.equal((await ana.post("/api/twilio/rules/draft/promote", { hash: "00" })).status, 409);
    const live = await ana.post("/api/twilio/rules/draft/promote", { hash, note: "Linus is Sue's" });
    assert.equal(live.status, 200, live.text);
    assert.equal(live.body.source, DRAFT);
    assert.deepEqual((await called(LINUS)).rings, [SUE]);
    assert.equal(existsSync(at("forwarding.next.lua")), false);
    assert.equal((await draft()).state, "none");
    assert.equal((await ana.post("/api/twilio/rules/versions/1/restore")).status, 200);
    assert.deepEqual((await called(LINUS)).rings, [JOE]);
  });

  it("names whom people.txt names, for the operator", async () => {
    writeFileSync(at("people.txt"), `[sue]\nname: Sue Green\nphone: +13035550166\n[pat]\nphone: (303) 555-0155\n`);
    writeFileSync(at("forwarding.next.lua"), file(rule("linus", `call.from == "${LINUS}"`, 'ring { person "sue", person "pat" }')));
    await waitUntil(async () => { const now = await draft(); return now.state === "on" && now; });
    await called(LINUS);
    assert.match((await decided(1)).groups[0].after.words, /^ring \+13035550166 \+13035550155 20 s/);
    assert.match((await cli(["rules", "draft"], command)).out, /ring Sue\u00a0Green pat 20 s/);
    assert.equal((await ana.delete("/api/twilio/rules/draft")).status, 200);
    rmSync(at("people.txt"));
  });

  it("is promoted and discarded by command as well", async () => {
    writeFileSync(at("forwarding.next.lua"), DRAFT);
    for (const note of ["\u001b[31mred", "\u202e", "x".repeat(501)]) {
      const refused = await cli(["rules", "promote", "--note", note], command);
      assert.deepEqual([refused.status, /^hookswitch rules: --note /.test(refused.err)], [2, true], refused.err);
    }
    const promoted = await cli(["rules", "promote", "--note", "by\ncommand"]);
    assert.equal(promoted.status, 0, JSON.stringify(promoted));
    await waitUntil(async () => (await called(LINUS)).rings[0] === SUE);
    assert.match((await cli(["rules", "about"], command)).out, /^note: +by command$/m);
    assert.equal(existsSync(at("forwarding.next.lua")), false);
    writeFileSync(at("forwarding.next.lua"), LIVE);
    assert.equal((await cli(["rules", "draft", "--discard"])).status, 0);
    assert.equal(existsSync(at("forwarding.next.lua")), false);
    assert.notEqual((await cli(["rules", "promote"])).status, 0);
    writeFileSync(at("forwarding.next.lua"), file(`  { "linus", when = function(call) return call.form == SUE end, go = rign(JOE) },\n  { "all", go = ring(JEO) },\n`));
    const wrong = /:\nforwarding\.next\.lua:3: .*"rign".*\nforwarding\.next\.lua:3: .*"form".*\nforwarding\.next\.lua:4: .*"JEO"/s;
    assert.match((await cli(["rules", "promote"], command)).err, wrong);
    assert.match((await cli(["rules", "draft"], command)).out, wrong);
    assert.equal((await cli(["rules", "draft", "--discard"])).status, 0);
    // Also while the server tries it.
    const ways = [async () => assert.equal((await ana.delete("/api/twilio/rules/draft")).status, 200),
      async () => assert.equal((await cli(["rules", "draft", "--discard"])).status, 0)];
    for (const discard of ways)
      for (const after of [0, 30, 60, 100, 150, 250]) {
        writeFileSync(at("forwarding.next.lua"), `${DRAFT}-- ${after}\n`);
        await sleep(after);
        await discard();
        await waitUntil(async () => (await draft()).state === "none");
      }
    await called(LINUS);
    assert.deepEqual(await alerts(), []);
  });
});

const noBind = process.getuid() !== 0 && "only root can mount";
describe("a draft that is promoted", () => {
  before(begin);
  after(() => server.stop());
  const text = (n) => file(`  { "all", go = ring(SUE, { seconds = ${n} }) },\n`);
  const saveDraft = async (source) => assert.equal((await ana.put("/api/twilio/rules/draft", { source, hash: (await draft()).hash })).status, 200);

  it("by several at once is live for all of them, and once more when one asks again", async () => {
    for (let round = 0; round < 6; round++) {
      await saveDraft(text(20 + round));
      const { hash } = await draft();
      const promote = () => ana.post("/api/twilio/rules/draft/promote", { hash });
      for (const answer of [...await Promise.all([promote(), promote(), promote()]), await promote()]) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.source, text(20 + round));
      }
      assert.equal((await draft()).state, "none");
    }
    assert.equal((await ana.get("/api/twilio/rules/versions")).body.versions.length, 7);
  });

  it("by command and over the API at once is live for both", async () => {
    for (let round = 0; round < 4; round++) {
      await saveDraft(text(30 + round));
      const { hash } = await draft();
      const [answer, said] = await Promise.all([ana.post("/api/twilio/rules/draft/promote", { hash }),
        cli(["rules", "promote"], command)]);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(said.status, 0, said.err);
      assert.match(said.out, /The draft is promoted/);
      assert.deepEqual([(await draft()).state, readFileSync(at("forwarding.lua"), "utf8")], ["none", text(30 + round)]);
      const late = await cli(["rules", "promote"]);
      assert.deepEqual([late.status, late.value.changed], [0, 0]);
    }
  });

  it("over the API and by command says so when its file can't be removed", { skip: noBind }, async () => {
    const stuck = at("forwarding.next.lua");
    await saveDraft(text(40));
    execFileSync("mount", ["--bind", stuck, stuck]);
    try {
      const answer = await ana.post("/api/twilio/rules/draft/promote", { hash: (await draft()).hash });
      assert.deepEqual([answer.status, answer.body.error?.code], [409, "draft_left"], answer.text);
      assert.match(answer.body.error.message, /^The draft is live, but .*forwarding\.next\.lua.*Remove it yourself/);
      assert.equal(readFileSync(at("forwarding.lua"), "utf8"), text(40));
      assert.deepEqual((await called(GRACE)).rings, [SUE]);
      const said = await cli(["rules", "promote"], command);
      assert.notEqual(said.status, 0);
      assert.match(said.err, /the draft is live, but its file stays.*forwarding\.next\.lua/);
      assert.notEqual((await ana.delete("/api/twilio/rules/draft")).status, 200);
    } finally {
      execFileSync("umount", [stuck]);
    }
    assert.equal((await ana.delete("/api/twilio/rules/draft")).status, 200);
  });
});

describe("a draft for chosen callers", () => {
  before(begin);
  after(() => server.stop());
  const forGrace = (go, when = "true") => file(rule("tried", when, go), `  try_for = { "${GRACE}" },\n`);
  const trying = async (text) => {
    writeFileSync(at("forwarding.next.lua"), text);
    await waitUntil(async () => { const now = await draft(); return now.source === text && now.state === "on"; });
  };

  it("answers them, which their trace says, and nobody else", async () => {
    await trying(forGrace("ring(SUE)"));
    assert.deepEqual((await draft()).try_for, [GRACE]);
    const { sid, rings } = await called(GRACE);
    assert.deepEqual(rings, [SUE]);
    assert.deepEqual((await called(LINUS)).rings, [JOE]);
    const { trace, timeline } = (await ana.get(`/api/twilio/call-logs/${sid}`)).body;
    assert.deepEqual([trace.draft, trace.file, trace.rule, trace.rule_line], [true, "forwarding.next.lua", "tried", 3]);
    assert.ok(timeline.some((one) => one.text.includes('rule "tried" (forwarding.next.lua:3) decides')), JSON.stringify(timeline));
    assert.match((await cli(["why", sid], command)).out, /forwarding\.next\.lua:3/);
  });

  it("that is badly written says so with the line", async () => {
    for (const [text, message] of [[`  try_for = { "+1303" },\n`, /"\+1303" isn't a phone number; write it like/],
      [`  try_for = "${GRACE}",\n`, /try_for must be a list of numbers/], [`  try_for = { a = 1 },\n`, /must be a list, not a table/],
      [`  try_fro = {},\n`, /did you mean "try_for"/]]) {
      const { body } = await ana.post("/api/twilio/rules/check", { source: file(`  { "all", go = ring(JOE) },\n`, text) });
      assert.match(body.error.message, message);
      assert.ok(body.error.line > 0);
    }
  });

  for (const [what, when, seconds] of [["fails", `call.from == "${GRACE}" and call.lookups.tier.name == "x"`, 12],
    ["is slow", `call.from == "${GRACE}" and (function() while true do end end)()`, 13]]) {
    it(`is switched off with an alert when it ${what}, and the live rules answer the caller`, async () => {
      // What the checks would have found has not been there when they ran.
      await trying(forGrace(`ring(SUE, { seconds = ${seconds} })`, `call.from == "${GRACE}"`));
      const bad = forGrace("ring(SUE)", when);
      rows(server.database, `DELETE FROM draft_progress; DELETE FROM draft_calls;
        UPDATE rule_drafts SET text = '${bad.replaceAll("'", "''")}', id = (SELECT MAX(id) FROM rule_drafts) + 100 WHERE state = 'on'${NEXT_ID}`);
      const { rings, sid } = await called(GRACE);
      assert.deepEqual(rings, [JOE]);
      const [alert] = await waitUntil(async () => { const open = await alerts(); return open.length && open; });
      assert.match(alert.detail, new RegExp(sid));
      assert.equal((await draft()).state, "off");
      assert.deepEqual((await called(GRACE)).rings, [JOE]);
      await ana.post(`/api/twilio/alerts/${alert.id}/close`);
      rmSync(at("forwarding.next.lua"));
    });
  }

  it("stays on while the whole folder is away, such as a mount", async () => {
    await trying(forGrace("ring(SUE, { seconds = 14 })"));
    renameSync(server.lua, `${server.lua}.away`);
    await sleep(4000); // a file that is gone for so long is missed
    renameSync(`${server.lua}.away`, server.lua);
    await sleep(1500);
    assert.deepEqual([await alerts(), (await draft()).state], [[], "on"]);
    assert.deepEqual((await called(GRACE)).rings, [SUE]);
  });

  it("is switched off with an alert when its file leaves", async () => {
    await trying(forGrace("ring(SUE, { seconds = 11 })"));
    assert.deepEqual((await called(GRACE)).rings, [SUE]);
    rmSync(at("forwarding.next.lua"));
    const [alert] = await waitUntil(async () => { const open = await alerts(); return open.length && open; });
    assert.match(alert.detail, /forwarding\.next\.lua is gone/);
    assert.deepEqual((await called(GRACE)).rings, [JOE]);
  });
});

describe("a draft beside the live rules", () => {
  before(begin);
  after(() => server.stop());

  // Each is fine for the calls that the checks make up or know, and meets one call for which it isn't.
  for (const [what, when] of [["fails", `call.caller.name == "Rare" and call.lookups.x.y`],
    ["is slow", `call.caller.name == "Rare" and (function() while true do end end)()`],
    ["takes too much memory", `call.caller.name == "Rare" and #(("x"):rep(900000)):rep(200) > 0`]]) {
    it(`is switched off with an alert when it ${what}; the caller was answered long before`, async () => {
      writeFileSync(at("forwarding.next.lua"), file(rule("rare", when, "ring(SUE)"), `  { "all", go = ring(JOE) },\n`));
      await waitUntil(async () => (await draft()).state === "on");
      assert.deepEqual((await called(GRACE)).rings, [JOE]);
      await decided(1);
      assert.equal((await ana.post("/api/twilio/contacts", { number: LINUS, name: "Rare" })).status < 300, true);
      const began = Date.now();
      const { rings, sid } = await called(LINUS);
      assert.deepEqual(rings, [JOE]);
      const off = await waitUntil(async () => { const now = await draft(); return now.state === "off" && now; });
      assert.match(off.reason, new RegExp(`it fails for the call ${sid}`));
      const told = await cli(["rules", "draft"], command);
      assert.match(told.out, new RegExp(`^It is switched off: (forwarding.next.lua:3: )?rule "rare": .*${sid}`), "what the others may not read");
      const alert = await waitUntil(async () => (await alerts()).find(({ detail }) => detail.includes(sid)), 5000, "the alert");
      assert.ok( alert.last_at >= began - 1000);
      assert.match((await server.logged("draft_fails")).message, /^forwarding\.next\.lua:3: rule "rare": /);
      assert.deepEqual((await called(LINUS)).rings, [JOE]);
      const contact = (await ana.get("/api/twilio/contacts")).body.contacts[0];
      await ana.delete(`/api/twilio/contacts/${contact.id}`);
      rmSync(at("forwarding.next.lua"));
      rows(server.database, "DELETE FROM call_decisions WHERE inputs LIKE '%\"Rare\"%'");
      await waitUntil(async () => rows(server.database, "SELECT ended_at FROM rule_drafts ORDER BY id DESC LIMIT 1")[0].ended_at);
    });
  }
});

const noFuse = (!existsSync("/dev/fuse") || spawnSync("bindfs", ["--version"]).status !== 0) && "no bindfs or /dev/fuse";
describe("a draft in a folder that is slow to write", { skip: noFuse }, () => {
  it("keeps no call from being stored while it is saved", async (test) => {
    const slow = await startServer({ lua: { "forwarding.lua": `return { { "all", go = ring("+13035550142") } }\n` }, config: { rate_limits: "no", jwt_role_claim: "role" } });
    test.after(() => slow.ended ?? slow.stop({ code: null }));
    givenNumber(slow.database, { user: "ana", phone: "+15105550100" });
    await slow.settled();
    execFileSync("bindfs", ["--write-rate=4k", slow.lua, slow.lua, "-o", "nonempty"]);
    try {
      const editor = user(slow, "ana", { role: "editor" });
      const { hash } = (await editor.get("/api/twilio/rules/draft")).body;
      let isSaved = false;
      const saving = editor.put("/api/twilio/rules/draft", { hash, source: `return { { "all", go = ring("+13035550142") } }\n-- ${"x".repeat(10_000)}\n` })
        .finally(() => { isSaved = true; });
      for (let calls = 0; !isSaved && calls < 100; calls++) {
        assert.equal((await slow.post("/api/twilio/twiml", inbound("+14155550123", "+15105550100"))).status, 200);
        await sleep(100);
      }
      await saving;
      assert.deepEqual(slow.logs("not_stored"), []);
    } finally {
      execFileSync("fusermount", ["-u", "-z", slow.lua]);
    }
  });
});
