// simulate_test.mjs: one call, played without a telephone: the command and the API.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { command, commandJson, newFolder } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { user as userOf } from "../support/api.mjs";

const NUMBER = "+15105550100";
const [A, B] = ["+13035550142", "+13035550177"];
const CALLER = "+13035550123";
const RULES = `local OPEN = hours { zone = "America/Denver", ["mon-fri"] = "08:00-17:00" }
return {
  { "closed", when = function(call) return not OPEN:open_at(call.at) end, go = voicemail("We are closed.") },
  { "menu", when = function(call) return call.from == "+13035550199" end,
    go = menu("Press 1 for Ana.", { ["1"] = ring("${B}") }) },
  { "crew", when = function(call) return call.lookups.crew ~= nil end,
    go = function(call) return ring(call.lookups.crew.phone) end },
  { "browser", when = function(call) return call.line.online end, go = ring(user "42", { seconds = 10 }):otherwise(ring("${A}")) },
  { "hunt", go = ring("${A}", { seconds = 10 }):otherwise(ring("${B}", { seconds = 10 })) },
}
`;
const OPEN = "2026-03-09 09:30 America/Denver";
const heard = (value) => value.timeline.map((event) => event.text);

describe("hookswitch simulate, without a database", () => {
  const cwd = newFolder();
  const file = path.join(cwd, "rules.lua");
  writeFileSync(file, RULES);
  const simulate = (...args) => command(["simulate", "--rules", file, "--from", CALLER, "--at", OPEN, ...args], { cwd });
  const play = async (...args) => {
    const found = await commandJson(["simulate", "--rules", file, "--from", CALLER, "--at", OPEN, ...args], { cwd });
    return { ...found.value, status: found.status };
  };

  it("prints what the caller hears, who decided, and every document; and leaves nothing behind", async () => {
    const { status, out, err } = await simulate("--no-answer", "--answer", "5");
    assert.equal(status, 0, err);
    for (const line of [
      `${CALLER} calls +15005550006, Mon 2026-03-09 09:30 America/Denver`, `decided by rule "hunt" (${file}:9)`,
      `plan: ring ${A} 10 s > ring ${B} 10 s > voicemail`, "assumed: there is no database yet",
      `0:00  the caller hears it ring: ${A}`, `0:10  the caller hears it ring: ${B}`, `0:15  ${B} picks up`, `the caller talks to ${B}`,
      "the caller talked to someone, after", `<Number `, "for the callee, POST http://127.0.0.1:8080/api/twilio/twiml?step=screen&leg=fwd&n=2",
    ]) assert.ok(out.includes(line), `${line} is not in\n${out}`);
    assert.deepEqual(readdirSync(cwd), ["rules.lua"]);
  });

  // What each leg does -> how it ends, and something that is heard or seen of it.
  for (const [legs, outcome, sign] of [
    [["--answered"], "connected", `the caller talks to ${A}`],
    [["--answer=3"], "connected", `the caller talks to ${A}`],
    [["--busy", "--answered"], "connected", `${A} is busy`],
    [["--no-answer", "--no-answer"], "message", `${B} does not answer`],
    [["--failed", "--answered"], "connected", `${A} cannot be reached`],
    [["--canceled", "--answered"], "connected", `${A} is called off`],
    [["--declined", "--answered"], "connected", `${A} presses nothing`],
    [["--voicemail", "--answered"], "connected", `${A} is answered by its own voicemail`],
    [["--voicemail", "--voicemail"], "message", `${B} is answered by its own voicemail`],
    [["--caller-hangs-up"], "abandoned", "the caller hangs up"],
    [["--no-answer", "--caller-hangs-up", "4"], "abandoned", "the caller hangs up"],
    [[], "message", "the caller leaves a message of 8 s"],
    [["--message", "20"], "message", "the caller leaves a message of 20 s"],
    [["--message", "0"], "told", "the caller hears: Nothing was recorded. Goodbye."],
  ]) {
    it(`plays ${legs.join(" ") || "nobody answering"}: ${outcome}`, async () => {
      const result = await play(...legs);
      assert.equal(result.outcome, outcome, heard(result).join("\n"));
      assert.ok(heard(result).includes(sign), heard(result).join("\n"));
      assert.equal(result.status, 0);
      assert.equal(result.decision.rule, "hunt");
    });
  }

  for (const variant of ["declined=bridged-false", "declined=bridged-absent", "declined=no-answer", "bridged=absent"]) {
    it(`comes to the same where Twilio is not settled: ${variant}`, async () => {
      const declined = await play("--declined", "--answered", "--variant", variant);
      assert.equal(declined.outcome, "connected");
      assert.deepEqual(declined.legs.map((leg) => [leg.target, leg.connected]), [[A, false], [B, true]]);
      const mailbox = await play("--voicemail", "--voicemail", "--variant", variant);
      assert.equal(mailbox.outcome, "message");
    });
  }
  for (const variant of ["hangup=no-answer", "hangup=canceled"]) {
    it(`knows a caller who hangs up: ${variant}`, async () => {
      const result = await play("--caller-hangs-up", "--variant", variant);
      assert.deepEqual([result.outcome, result.ending], ["abandoned", "gone"]);
    });
  }
  for (const [variant, winner] of [["closed_browser=busy", A], ["closed_browser=no-answer", A], ["dial_buffer=5", A]]) {
    it(`goes on from a browser that does not take the call: ${variant}`, async () => {
      const result = await play("--online", "--no-answer", "--answered", "--variant", variant);
      assert.equal(result.decision.rule, "browser");
      assert.deepEqual(result.legs.map((leg) => leg.target), ["client:user_42", winner]);
      assert.equal(result.outcome, "connected");
    });
  }

  it("takes the keys of a menu, lookups, and browsers that are there or not", async () => {
    const menu = await play("--from", "+13035550199", "--digits", "1", "--answered");
    assert.deepEqual([menu.decision.rule, menu.outcome], ["menu", "connected"]);
    assert.ok(heard(menu).includes("the caller presses 1"));
    const crew = await play("--lookup", `crew={"phone":"${B}"}`, "--answered");
    assert.deepEqual([crew.decision.rule, crew.legs[0].target], ["crew", B]);
    const offline = await play("--offline");
    assert.deepEqual(offline.decision.rule, "hunt");
    const closed = await play("--at", "2026-03-08 09:30 America/Denver");
    assert.deepEqual([closed.decision.rule, closed.decision.line], ["closed", 3]);
    assert.ok(heard(closed).includes("the caller hears: We are closed."));
  });

  it("reads times as people write them", async () => {
    for (const [at, ms] of [["2026-03-08 09:30 America/Denver", Date.parse("2026-03-08T15:30:00Z")],
      ["2026-03-09T09:30:00Z", Date.parse("2026-03-09T09:30:00Z")], ["2026-03-09 09:30", Date.parse("2026-03-09T09:30:00Z")],
      ["1795425300", 1795425300000]]) {
      assert.equal((await play("--at", at)).at, ms, at);
    }
  });

  for (const [what, args, reason] of [
    ["a time that is none", ["--at", "yesterday"], /--at: can't read "yesterday" as a time/],
    ["a zone that is none", ["--at", "2026-03-08 09:30 America/Denvr"], /America\/Denver/],
    ["a number that is none", ["--to", "12"], /--to: /],
    ["a lookup without a name", ["--lookup", "{}"], /--lookup \{\}: write NAME=JSON/],
    ["a lookup that is no JSON", ["--lookup", "crm={"], /--lookup crm=\{: /],
    ["keys that are none", ["--digits", "x y"], /--digits takes the keys/],
    ["a variant that takes a number", ["--variant", "dial_buffer=x"], /--variant dial_buffer takes a number/],
    ["an unknown variant", ["--variant", "moon=full"], /--variant moon=full/],
    ["both online and offline", ["--online", "--offline"], /can't be used together/],
    ["an unknown option", ["--answred"], /did you mean --answered\?/],
    ["a value that is missing", ["--digits"], /a value is missing after --digits/],
    ["seconds that are none", ["--answer=soon"], /--answer takes seconds/],
  ]) {
    it(`is used wrongly with ${what}`, async () => {
      const { status, err } = await simulate(...args);
      assert.equal(status, 2, err);
      assert.match(err, reason);
    });
  }

  it("mentions the text to a caller nobody talked to", async () => {
    const name = path.join(cwd, "text.lua");
    writeFileSync(name, `return { { "x", go = ring("${A}"):text("Sorry we missed you.") } }`);
    const missed = await command(["simulate", "--rules", name], { cwd });
    assert.match(missed.out, /Then the caller gets a text: Sorry we missed you\./);
    const hidden = await commandJson(["simulate", "--rules", name, "--from", "anonymous"], { cwd });
    assert.equal(hidden.value.text, null);
    const talked = await commandJson(["simulate", "--rules", name, "--answered"], { cwd });
    assert.equal(talked.value.text, null);
  });

  it("fails at a dead end, for rules that fail, and for a file that is refused", async () => {
    const fails = async (text, ...args) => {
      const name = path.join(cwd, "bad.lua");
      writeFileSync(name, text);
      return command(["simulate", "--rules", name, ...args], { cwd });
    };
    const silent = await fails(`return { { "x", go = ring("${A}"):otherwise(hangup()) } }`);
    assert.equal(silent.status, 1);
    assert.match(silent.out, /A dead end: the caller is cut off without a word, after 0:20/);
    assert.equal((await fails(`return { { "x", go = ring("${A}"):otherwise(hangup()) } }`, "--answered")).status, 0);
    const failing = await fails('return { { "x", when = function(call) return call.caller.name:find("J") end, go = voicemail() } }');
    assert.equal(failing.status, 1);
    const bad = path.join(cwd, "bad.lua");
    assert.ok(failing.out.includes(`the rules fail, so the console's settings decide: ${bad}:1: rule "x": attempt to index`), failing.out);
    const refused = await fails("return {");
    assert.equal(refused.status, 1);
    assert.ok(refused.err.includes(`simulate: ${bad}:1: `), refused.err);
    const hungry = await fails('local t = {} for i = 1, 1e9 do t[i] = { i } end\nreturn {}');
    assert.ok(hungry.err.includes(`${bad}:1: not enough memory: the rules need more than rule_memory_mb, 16 MB`), hungry.err);
    assert.equal((await command(["simulate", "--rules", path.join(cwd, "none.lua")], { cwd })).status, 1);
  });

  it("judges the end of a call as the check does", async () => {
    const name = path.join(cwd, "ending.lua");
    for (const [plan, good, sign] of [
      ['twiml { twiml.enqueue { "sales" } }', true, "handed over to <Enqueue>"],
      ['twiml { twiml.connect { twiml.stream { url = "wss://example.com/x" } } }', true, "handed over to <Connect>"],
      ["hangup()", true, "the call is ended, as the plan says"],
      [`ring("${A}"):otherwise(hangup())`, false, "A dead end"],
      [`ring("${A}"):otherwise(twiml { twiml.hangup {} })`, false, "A dead end"],
      [`ring("${A}"):otherwise(twiml { twiml.enqueue { "sales" } })`, true, "handed over to <Enqueue>"],
      ["twiml { twiml.pause {}, twiml.hangup {} }", false, "A dead end"],
      ['menu("Press 1.", { ["1"] = hangup() }):otherwise(hangup())', false, "A dead end"],
    ]) {
      writeFileSync(name, `return { { "x", go = ${plan} } }\n`);
      const checked = await command(["check", "--sandbox", "--rules", name], { cwd });
      const played = await command(["simulate", "--sandbox", "--rules", name, "--from", CALLER], { cwd });
      assert.equal(checked.status, good ? 0 : 1, `${plan}: ${checked.out}${checked.err}`);
      assert.equal(played.status, good ? 0 : 1, `${plan}: ${played.out}${played.err}`);
      assert.ok(played.out.includes(sign), played.out);
    }
  });

  it("explains itself", async () => {
    const { status, out } = await command(["simulate", "--help"], { cwd });
    assert.equal(status, 0);
    for (const option of ["--from", "--at", "--answer [SECONDS]", "--caller-hangs-up", "--lookup NAME=JSON", "--rules FILE", "--json"])
      assert.ok(out.includes(option), option);
  });
});

describe("simulating with a database", () => {
  let server, ana, other, id;
  before(async () => {
    server = await startServer({ rules: RULES });
    ana = userOf(server, "ana");
    other = userOf(server, "linus");
    id = givenNumber(server.database, { user: "ana", phone: NUMBER, settings: { always: A }, timezone: "America/Denver",
      friendly_name: "Main line" });
    insert(server.database, "contacts", { user_id: "ana", number: "+13035550111", name: "Grace", blocked: 1 });
    await server.settled();
  });
  after(() => server?.stop());

  const simulate = async (body, user = ana, status = 200) => {
    const answer = await user.post("/api/twilio/simulate", body);
    assert.equal(answer.status, status, answer.text);
    return answer.body;
  };
  const count = () => rows(server.database, `SELECT (SELECT COUNT(*) FROM twilio_call_logs) AS calls,
    (SELECT COUNT(*) FROM call_decisions) AS decisions, (SELECT COUNT(*) FROM recordings) AS recordings`)[0];

  it("plays a call to a number of the user's, and writes nothing", async () => {
    const result = await simulate({ from: CALLER, at: "2026-03-09T15:30:00Z", answers: ["no-answer", { does: "answered", after: 4 }] });
    assert.deepEqual(result.number, { id, phone_number: NUMBER, friendly_name: "Main line", timezone: "America/Denver" });
    assert.deepEqual([result.decision.source, result.decision.rule, result.decision.line, result.decision.file], ["rules", "hunt", 9, "forwarding.lua"]);
    assert.deepEqual([result.outcome, result.good, result.assumed], ["connected", true, []]);
    assert.ok(result.documents[0].twiml.includes(`>${A}</Number>`));
    assert.deepEqual(count(), { calls: 0, decisions: 0, recordings: 0 });
  });

  it("names legs by what they ring, and takes keys, messages, lookups and the line", async () => {
    const named = await simulate({ at: "2026-03-09 09:30 America/Denver", answers: [{ does: "answered", to: B }] });
    assert.deepEqual(named.legs.map((leg) => leg.connected), [false, true]);
    const online = await simulate({ at: "2026-03-09 09:30 America/Denver", line: { online: true }, answers: ["answered"] });
    assert.deepEqual([online.decision.rule, online.legs[0].target], ["browser", "client:user_42"]);
    const crew = await simulate({ at: "2026-03-09 09:30 America/Denver", lookups: { crew: { phone: B } }, answers: ["answered"] });
    assert.equal(crew.decision.rule, "crew");
    assert.equal((await simulate({ at: "2026-03-08T15:30:00Z", messages: [30] })).outcome, "message");
  });

  it("knows the settings, the blocklist and texts that are not live", async () => {
    const settings = await simulate({ source: "return {}", answers: ["answered"] });
    assert.deepEqual([settings.decision.source, settings.legs[0].target], ["settings", A]);
    assert.equal(settings.decision.version, null);
    const blocked = await simulate({ from: "+13035550111" });
    assert.deepEqual([blocked.decision.source, blocked.outcome, blocked.documents.length], ["blocked", "rejected", 1]);
    const refused = await simulate({ source: "return {\n  { } }" }, ana, 422);
    assert.equal(refused.error.code, "refused");
    assert.match(refused.error.fields.source, /^forwarding\.lua:2: /);
  });

  it("plays a call that is made in the browser", async () => {
    const result = await simulate({ direction: "outbound", to: "+13035550188", answers: ["answered"] });
    assert.deepEqual([result.decision.source, result.outcome, result.legs[0].target], ["outgoing", "connected", "+13035550188"]);
    const refused = await simulate({ direction: "outbound", to: "+19005550188" });
    assert.deepEqual([refused.outcome, refused.decision.code], ["told", "premium"]);
    await simulate({ direction: "outbound" }, ana, 422);
  });

  it("shows nobody another user's number", async () => {
    await simulate({ phone_number_id: id }, other, 404);
    const assumed = await simulate({ to: NUMBER }, other);
    assert.equal(assumed.assumed.length, 1);
    assert.equal(assumed.decision.rule === "hunt" || assumed.decision.rule === "closed", true);
    await simulate({ to: "+15105550199" }, ana, 404);
  });

  for (const [what, body, field] of [
    ["a time", { at: "soon" }, "at"], ["a leg", { answers: ["sings"] }, "answers"], ["a number", { to: "12" }, "to"],
    ["lookups", { lookups: [1] }, "lookups"], ["a variant", { variant: { moon: "full" } }, "variant"], ["a field", { legs: [] }, "legs"],
    ["a direction", { direction: "up" }, "direction"],
  ]) {
    it(`refuses ${what} that is not one`, async () => {
      assert.ok((await simulate(body, ana, 422)).error.fields[field]);
    });
  }

  it("names what a leg may do, whatever stands there instead", async () => {
    for (const leg of [{}, [], { does: {} }, { does: [] }, { does: 5 }, { does: null }, 5, true, null]) {
      const { error } = await simulate({ answers: [leg] }, ana, 422);
      assert.match(error.fields.answers, /^1: must be one of answered, /, JSON.stringify(leg));
    }
  });

  it("names a phone that isn't rung once, however many steps ring it", async () => {
    const source = `return { { "twice", go = ring(user "42", { seconds = 10 }):otherwise(ring { user "42", "${A}" }):otherwise(ring(user "42")) } }`;
    const result = await simulate({ source, line: { online: false }, answers: ["no-answer"] });
    assert.deepEqual(result.not_rung.map(({ target }) => target), ["user:42"]);
  });

  it("is proved by check with the account's own numbers, which also warns of settings", async () => {
    const config = { lua: server.lua, database: server.database };
    const file = path.join(newFolder(), "own.lua");
    writeFileSync(file, `return { { "own", go = ring("${A}"):otherwise(ring("${NUMBER}")) } }`);
    const own = await command(["check", "--rules", file], { config });
    assert.equal(own.status, 1);
    assert.ok(own.err.startsWith(`${file}:1: rule "own": ring: +15105550100 is `), own.err);
    assert.ok(own.err.includes(`path: rule "own" (${file}:1), any call → ring +13035550142 (otherwise) → ring +15105550100`), own.err);
    const loop = givenNumber(server.database, { user: "linus", phone: "+15105550122", settings: { always: NUMBER } });
    const { status, value } = await commandJson(["check"], { config });
    assert.equal(status, 0);
    assert.match(value.warnings[0], /^settings of \+15105550122: ring: \+15105550100 is one of your own numbers/);
    rows(server.database, `DELETE FROM call_forwarding WHERE phone_number_id = ${loop}; DELETE FROM user_phone_numbers WHERE id = ${loop}`);
  });

  it("is the same on the command line, beside the running server", async () => {
    const config = { lua: server.lua, database: server.database };
    const before = count();
    const { status, value } = await commandJson(["simulate", "--to", NUMBER, "--from", CALLER, "--at", OPEN, "--answered"], { config });
    assert.equal(status, 0);
    assert.deepEqual([value.number.id, value.decision.rule, value.assumed], [id, "hunt", []]);
    const unknown = await command(["simulate", "--to", "+15105550199"], { config });
    assert.match(unknown.out, /the number isn't one of yours/);
    assert.match(unknown.out, /This number is not in service/);
    assert.deepEqual(count(), before);
    assert.ok(readFileSync(path.join(server.lua, "forwarding.lua"), "utf8").includes("hunt"));
  });
});
