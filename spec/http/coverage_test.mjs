// coverage_test.mjs: who rings in the days to come: by the API and by `hookswitch coverage`.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { SLOW } from "../support/slow.mjs";

const [JOE, ANA, OURS] = ["+13035550142", "+13035550177", "+15105550100"];
const HOUR = 3_600_000;
const RULES = `local OFFICE = hours { zone = "America/Denver", ["mon-fri"] = "08:00-17:00" }
return {
  { "hidden", when = function(call) return call.caller.anonymous end, go = reject() },
  { "office", when = function(call) return OFFICE:open_at(call.at) end, go = ring("${JOE}"):otherwise(voicemail()) },
  { "vip", when = function(call) return call.caller.name == "Grace" end, go = ring("${ANA}"):otherwise(voicemail()) },
  { "closed", go = voicemail() },
}
`;
const MONDAY = Date.parse("2026-11-23T07:00:00Z"); // midnight in Denver
let server;
let ana;
let ben;
let number;
const coverage = (query = "", who = ana) => who.get(`/api/twilio/coverage?at=${MONDAY}&${query}`);
const spans = (body, kind, at = 0) => body.numbers[at].classes.find((one) => one.class === kind).spans;
const cli = (args, run = commandJson) => run(["coverage", ...args],
  { config: { database: server.database, lua: server.lua, timezone: "America/Denver" } });

before(async () => {
  server = await startServer({ rules: RULES, config: { timezone: "America/Denver" } });
  ana = user(server, "42");
  ben = user(server, "43");
  number = givenNumber(server.database, { phone: OURS, user: "42", friendly_name: "Main line" });
  givenNumber(server.database, { phone: "+15105550101", user: "43", timezone: "Europe/Berlin" });
  insert(server.database, "contacts", { user_id: "42", number: "+14155550123", name: "Grace" });
  await server.settled();
});
after(() => server?.stop());

describe("GET /coverage", () => {
  it("is by the clocks of the number, else of the server, else of the reader", async () => {
    const [, berlin] = [await coverage(), await coverage("zone=Asia/Tokyo", ben)];
    assert.equal(berlin.body.numbers[0].zone, "Europe/Berlin");
    assert.equal((await coverage("zone=Asia/Tokyo")).body.numbers[0].zone, "America/Denver");
    assert.equal((await ana.get("/api/twilio/my-numbers")).body.default_timezone, "America/Denver");
    assert.equal((await coverage("zone=Mars/Base")).status, 422);
    const plain = await startServer({ rules: RULES });
    try {
      givenNumber(plain.database, { phone: OURS, user: "42", friendly_name: "Main line" });
      await plain.settled();
      const eve = user(plain, "42");
      assert.equal((await coverage("zone=Asia/Tokyo", eve)).body.numbers[0].zone, "Asia/Tokyo");
      assert.equal((await coverage("", eve)).body.numbers[0].zone, "UTC");
      assert.equal((await eve.get("/api/twilio/my-numbers")).body.default_timezone, null);
    } finally {
      await plain.stop();
    }
  });

  it("gives spans for each number and class of caller", async () => {
    const { status, body } = await coverage("days=1");
    assert.equal(status, 200);
    assert.deepEqual([body.from, body.to, body.step_minutes, body.next, body.numbers.length], [MONDAY, MONDAY + 24 * HOUR, 15, null, 1]);
    assert.deepEqual([body.numbers[0].phone_number_id, body.numbers[0].phone_number, body.numbers[0].zone], [number, OURS, "America/Denver"]);
    const closed = { words: "voicemail", rule: "closed", line: 6, source: "rules", reaches: "voicemail", gap: false, error: null };
    assert.deepEqual(spans(body, "unknown"), [
      { from: MONDAY, to: MONDAY + 8 * HOUR, ...closed },
      { from: MONDAY + 8 * HOUR, to: MONDAY + 17 * HOUR, words: `ring ${JOE} 20 s > voicemail`, rule: "office", line: 4, source: "rules",
        reaches: "person", gap: false, error: null },
      { from: MONDAY + 17 * HOUR, to: MONDAY + 24 * HOUR, ...closed }]);
    assert.deepEqual(spans(body, "known").map((span) => span.rule), ["vip", "office", "vip"]);
    assert.deepEqual(spans(body, "anonymous").map((span) => [span.rule, span.reaches, span.gap]), [["hidden", "none", true]]);
    assert.deepEqual(spans(body, "blocked").map((span) => [span.source, span.gap]), [["blocked", false]]);
  });

  it("is for the numbers of the user only", async () => {
    const { body } = await coverage("", ben);
    assert.deepEqual(body.numbers.map((one) => [one.phone_number, one.zone]), [["+15105550101", "Europe/Berlin"]]);
    assert.equal((await coverage(`phone_number_id=${number}`, ben)).status, 404);
    assert.equal((await coverage(`phone_number_id=${number}`)).body.numbers.length, 1);
  });

  it("shows overrides that are still to come", async () => {
    const id = insert(server.database, "overrides", { user_id: "42", forward_to_number: ANA, starts_at: MONDAY + HOUR, ends_at: MONDAY + 2 * HOUR });
    await server.settled();
    const { body } = await coverage("days=1");
    rows(server.database, `DELETE FROM overrides WHERE id = ${id}`);
    await server.settled();
    assert.deepEqual(spans(body, "unknown").map((span) => span.source), ["rules", "override", "rules", "rules", "rules"]);
    assert.deepEqual([spans(body, "unknown")[1].from, spans(body, "unknown")[1].to], [MONDAY + HOUR, MONDAY + 2 * HOUR]);
  });

  it("marks the nights in which clocks change", async () => {
    const { body } = await ana.get(`/api/twilio/coverage?at=${Date.parse("2026-10-25T07:00:00Z")}&days=14`);
    assert.deepEqual(body.numbers[0].dst, [{ at: Date.parse("2026-11-01T08:00:00Z"), from_offset: -21600, to_offset: -25200 }]);
  });

  it("gives many numbers in pages", async () => {
    const cy = user(server, "44");
    for (let n = 0; n < 3; n++) givenNumber(server.database, { phone: `+1510555020${n}`, user: "44" });
    await server.settled();
    const first = (await coverage("limit=2&days=1", cy)).body;
    assert.equal(first.numbers.length, 2);
    const second = (await coverage(`limit=2&days=1&cursor=${first.next}`, cy)).body;
    assert.deepEqual([second.numbers.map((one) => one.phone_number), second.next], [["+15105550202"], null]);
  });

  for (const [query, field] of [["days=0", "days"], ["days=32", "days"], ["step=7", "step"], ["step=90", "step"], ["online=maybe", "online"],
    ["phone_number_id=x", "phone_number_id"], ["colour=red", "colour"]])
    it(`refuses ${query}`, async () => {
      const { status, body } = await coverage(query);
      assert.equal(status, 422);
      assert.ok(body.error.fields[field]);
    });
});

describe("GET /now", () => {
  const now = async (query = "", who = ana) => (await who.get(`/api/twilio/now?${query}`)).body;
  const one = async (who = ana) => (await now("", who)).numbers[0];

  it("says which rule decides and who would ring, as the rules have it at this moment", async () => {
    const { at, numbers: [first], next } = await now();
    const open = first.rule === "office";
    assert.deepEqual([next, first.phone_number, first.zone, first.source, first.override, first.setting, first.unused],
      [null, OURS, "America/Denver", "rules", null, null, []]);
    assert.ok(Math.abs(at - Date.now()) < 60_000 * SLOW);
    assert.equal(first.words, open ? `ring ${JOE} 20 s > voicemail` : "voicemail");
    assert.equal(first.text, open ? `Rule "office": rings ${JOE} for 20 s, then takes a message.` : 'Rule "closed": takes a message.');
    assert.equal(first.reaches, open ? "person" : "voicemail");
    assert.deepEqual((await now(`phone_number_id=${number}`)).numbers.map((row) => row.phone_number_id), [number]);
    assert.equal((await ben.get(`/api/twilio/now?phone_number_id=${number}`)).status, 404);
    assert.deepEqual((await now("", ben)).numbers.map((row) => row.phone_number), ["+15105550101"]);
  });

  it("says which override decides, by whom, until when; and follows at once", async () => {
    insert(server.database, "contacts", { user_id: "42", number: JOE, name: "Joe" });
    const before = (await one()).words;
    const ends_at = Date.now() + 3 * HOUR;
    const made = (await ana.post("/api/twilio/overrides", { forward_to_number: `${JOE}, user:42`, ends_at, note: "holiday" })).body;
    const during = await one();
    assert.deepEqual([during.source, during.words], ["override", `ring ${JOE} user:42 25 s > voicemail`]);
    assert.deepEqual(during.override, { id: made.id, ends_at: made.ends_at, note: "holiday", author: "42" });
    assert.deepEqual(during.rings, [{ target: JOE, name: "Joe", state: "rings", ends_at: null },
      { target: "user:42", name: null, state: "offline", ends_at: null }]);
    assert.match(during.text, new RegExp(`^Override "holiday" by 42 until (\\w{3} )?\\d\\d:\\d\\d, the rules aren't asked: `
      + `rings Joe \\(\\${JOE}\\) and the browser of 42 \\[offline\\] for 25 s, then takes a message\\.$`));
    const said = await cli([OURS], (args, options) => command(["now", ...args.slice(1)], options));
    assert.equal(said.out, `${OURS} Main line\n  ${during.text}\n`);
    await ana.delete(`/api/twilio/overrides/${made.id}`);
    assert.equal((await one()).words, before);
  });

  it("says that the rules fail, and what decides then", async () => {
    const broken = await startServer({ rules: 'return { { "bad", when = function(call) return tonumber(call.from:sub(3, 5)) == 250 * 2 and call.lookups.x.y end, go = voicemail() } }\n' });
    try {
      const id = givenNumber(broken.database, { user: "42", settings: { always: JOE, busy: ANA, no_answer: OURS } });
      const off = givenNumber(broken.database, { user: "42", phone: "+15105550102", is_active: 0, settings: { always: JOE } });
      givenNumber(broken.database, { user: "42", phone: "+15105550103", settings: { always: "+15105550102" } });
      await broken.settled();
      const eve = user(broken, "42");
      const { numbers: list } = await now("", eve);
      assert.deepEqual(list.map((row) => row.source), ["fallback", "inactive", "fallback"]);
      assert.equal(list[0].setting.forwarding_type, "always");
      assert.match(list[0].error, /bad/);
      assert.deepEqual(list.map((row) => row.unused.map((entry) => [entry.forwarding_type, entry.reason])),
        [[["busy", "always"], ["no_answer", "always"]], [["always", "number_off"]], [["always", "refused"]]]);
      assert.equal(list[0].unused[1].text, `"When nobody answers" never applies: "Always" sends every call to ${JOE}.`);
      const settings = (await eve.get("/api/call-forwarding")).body.call_forwarding;
      assert.deepEqual(settings.map((row) => row.unused), [null, "always", "always", "number_off", "refused"]);
      const made = await eve.put(`/api/call-forwarding/${settings[0].id}`, { ring_timeout: 30 });
      assert.deepEqual(made.body.warnings.map((text) => text.split(":")[0]), [`${JOE} cannot be reached`,
        '"When busy" never applies', '"When nobody answers" never applies']);
      const pages = [await now("limit=2", eve), await now(`limit=2&cursor=${off}`, eve)];
      assert.deepEqual(pages.map((page) => [page.numbers.length, page.next]), [[2, off], [1, null]]);
      assert.ok(id < off);
    } finally {
      await broken.stop();
    }
  });
});

describe("hookswitch coverage", () => {
  it("draws a calendar for each number", async () => {
    const { status, out, err } = await cli([], command);
    assert.equal(err, "");
    assert.equal(status, 0);
    assert.match(out, /^\+15105550100 {2}Main line {2}.* \(America\/Denver\)$/m);
    assert.match(out, /^\+15105550101 {2}.* \(Europe\/Berlin\)$/m);
    assert.match(out, /^ {2}Mon \d+ \w{3} +\.{16}A{18}\.{14}$/m);
    assert.match(out, /^anonymous callers\n {2}always: reject \(rule "hidden", line 3\) {2}! nobody is reached$/m);
    assert.ok(out.split("\n").every((line) => line.length <= 80), out);
  });

  it("takes one number, some days, and everybody offline", async () => {
    const { value } = await cli(["--number", OURS, "--days", "2", "--offline"]);
    assert.deepEqual([value.numbers.length, value.to - value.from, value.online], [1, 48 * HOUR, false]);
  });

  for (const [what, args, status, words] of [["no days at all", ["--days", "0"], 2, /--days takes 1 to 31/],
    ["days that are none", ["--days", "soon"], 2, /--days takes/], ["a number that is not ours", ["--number", JOE], 1, /isn't one of our numbers/],
    ["an operand", ["x"], 2, /./]])
    it(`refuses ${what}`, async () => {
      const result = await cli(args, command);
      assert.deepEqual([result.status, result.out], [status, ""]);
      assert.match(result.err, words);
    });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));
