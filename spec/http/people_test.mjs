// people_test.mjs: overrides, missed callers and leaks from the command line,
// leaks over the API, and who is reachable.
import assert from "node:assert/strict";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { startServer } from "../support/server.mjs";
import { inbound, newSid, report } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const TARGET = "+13035550142", CALLER = "+14155550123", NUMBER = "+15105550100";
let server;
let ana;
let numberId;
const config = () => ({ database: server.database, lua: server.lua });
const run = (...args) => command(args, { config: config() });
const runJson = (...args) => commandJson(args, { config: config() });

before(async () => {
  // Nobody is asked what the time is: doctor leaves private addresses alone.
  server = await startServer({ rules: "return {}\n", config: { twilio_api_base_url: "http://127.0.0.1:1" } });
  ana = user(server, "ana");
  numberId = givenNumber(server.database, { phone: NUMBER, user: "ana", settings: { always: TARGET }, timezone: "America/Denver" });
  await server.settled();
});
after(() => server?.stop());

const post = (target, params) => ok(server.post(target, params));

describe("hookswitch override", () => {
  it("sends the calls of a running server elsewhere, until it is ended", async () => {
    const added = await run("override", "add", "--to", "+14155550177", "--until", "2h", "--note", "Joe is\nout", "--user", "ana");
    assert.equal(added.status, 0, added.err);
    assert.match(added.out, /^All calls of user ana go to \+14155550177 until \w{3} 20\d\d-\d\d-\d\d \d\d:\d\d /);
    assert.match(added.out, /hookswitch override end 1/);
    await server.settled();
    assert.match(await post(VOICE, inbound(CALLER, NUMBER)), />\+14155550177</);
    const listed = await runJson("override", "list");
    assert.deepEqual(listed.value.overrides.map((o) => [o.id, o.user_id, o.note, o.in_force]), [[1, "ana", "Joe is out", true]]);
    assert.match((await run("override", "list")).out, /Joe is out/);
    const ended = await run("override", "end", "1");
    assert.equal(ended.status, 0, ended.err);
    await server.settled();
    assert.match(await post(VOICE, inbound(CALLER, NUMBER)), new RegExp(`>\\${TARGET}<`));
    assert.equal((await run("override", "end", "1")).status, 1);
    assert.match((await run("override", "list")).out, /^No active or upcoming overrides/);
  });

  it("sends them to people and groups of the files beside the rules", async () => {
    writeFileSync(path.join(server.lua, "people.txt"), "[joe]\nphone: +14155550177\nuser: 42\n[ana]\nphone: +14155550178\n");
    writeFileSync(path.join(server.lua, "groups.txt"), "crew: joe, ana\n");
    const JOE = "+14155550177, user:42", SORTED = (text) => text.split(", ").sort();
    for (const [to, phones] of [["group crew", `${JOE}, +14155550178`], ['group "crew"', `${JOE}, +14155550178`], ["crew", `${JOE}, +14155550178`],
      ["person joe", JOE], ["ana, +14155550123", "+14155550178, +14155550123"], ["person:ana", "+14155550178"],
      ["user ana", "user:ana"], ['user "ana", +14155550123', "user:ana, +14155550123"]]) {
      const { value } = await runJson("override", "add", "--to", to, "--until", "2h", "--user", "ana");
      assert.deepEqual(SORTED(value.override.forward_to_number), SORTED(phones), to);
      await run("override", "end", String(value.override.id));
    }
    assert.match((await run("override", "add", "--to", "group crw", "--until", "2h", "--user", "ana")).err,
      /--to is refused: groups\.txt has no group "crw" \(did you mean "crew"\?\)/);
    // Whoever is away at some time of it isn't rung, unless the phone is written as a number.
    writeFileSync(path.join(server.lua, "people.txt"), "[joe]\nphone: +14155550177\nuser: 42\naway: until 2200-01-04 08:00 America/Denver\n"
      + "[ana]\nphone: +14155550178\naway: 2200-02-01 08:00 until 2200-02-04 08:00 America/Denver\n[pat]\nphone: +14155550178\n");
    const add = (to) => run("override", "add", "--to", to, "--until", "2h", "--user", "ana");
    for (const to of ["person joe", "joe", "joe, joe"])
      assert.match((await add(to)).err, /--to is refused: joe is away until Sat 2200-01-04 15:00 UTC; to ring a phone anyway, write its number$/m, to);
    for (const to of ["crew", "joe, ana", "joe, pat", "crew, pat"]) {
      const { value: left } = await runJson("override", "add", "--to", to, "--until", "2h", "--user", "ana");
      assert.equal(left.override.forward_to_number, "+14155550178", to);
      assert.match(left.warnings[0], /^not rung: joe is away until Sat 2200-01-04 15:00 UTC$/);
      await run("override", "end", String(left.override.id));
    }
    const written = await add("+14155550177, ana");
    assert.match(written.out, /go to \+14155550177, \+14155550178 until(?!.*away)/s);
    await run("override", "end", written.out.match(/override end (\d+)/)[1]);
    appendFileSync(path.join(server.lua, "people.txt"), "[voicemail]\nphone: +14155550179\n[sue\n");
    assert.match((await run("override", "add", "--to", "person sue", "--until", "2h", "--user", "ana")).err, /--to is refused: people\.txt:12: /);
    const { value } = await runJson("override", "add", "--to", "voicemail", "--until", "2h", "--user", "ana");
    assert.equal(value.override.forward_to_number, "voicemail");
    await run("override", "end", String(value.override.id));
    for (const name of ["people.txt", "groups.txt"]) rmSync(path.join(server.lua, name));
    await server.settled();
  });

  it("sends them to voicemail, to a user and to several together, from a moment on", async () => {
    const document = async (...to) => {
      const { value } = await runJson("override", "add", "--to", ...to, "--until", "2h", "--user", "ana");
      await server.settled();
      const body = await post(VOICE, inbound(CALLER, NUMBER));
      await run("override", "end", String(value.override.id));
      return [value.override.forward_to_number, body];
    };
    const [mail, message] = await document("Voicemail");
    assert.equal(mail, "voicemail");
    assert.match(message, /<Record /);
    assert.doesNotMatch(message, /<Dial/);
    const [group, dial] = await document("+1 415 555 0177, user:ana, +14155550178");
    assert.equal(group, "+14155550177, user:ana, +14155550178");
    assert.match(dial, />\+14155550177<.*>\+14155550178</s);
    const nobody = await run("override", "add", "--to", "user:nobody", "--until", "2h", "--user", "ana");
    assert.match(nobody.err, /--to is refused: no account is named nobody/);

    const ends_at = Date.now() + 7_200_000;
    const made = await ana.post("/api/twilio/overrides", { forward_to_number: "voicemail", starts_at: Date.now() + 3_600_000, ends_at });
    assert.deepEqual([made.status, made.body.forward_to_number, made.body.in_force], [201, "voicemail", false]);
    await server.settled();
    assert.match(await post(VOICE, inbound(CALLER, NUMBER)), new RegExp(`>\\${TARGET}<`));
    assert.equal((await ana.delete(`/api/twilio/overrides/${made.body.id}`)).status, 204);
    const wrong = await ana.post("/api/twilio/overrides", { forward_to_number: "Joe", ends_at });
    assert.equal(wrong.status, 422);
    assert.match(wrong.body.error.fields.forward_to_number, /user:ID, several of these with commas, or voicemail/);
    await server.settled();
  });

  it("is in the trace of the calls that it decided", async () => {
    const { value } = await runJson("override", "add", "--to", "+14155550177", "--until", "10m", "--number", NUMBER, "--note", "fair");
    await server.settled();
    const first = inbound(CALLER, NUMBER);
    await post(VOICE, first);
    const { trace } = (await ana.get(`/api/twilio/call-logs/${first.CallSid}`)).body;
    assert.equal(trace.source, "override");
    assert.deepEqual([trace.inputs.call.override.id, trace.inputs.call.override.note], [value.override.id, "fair"]);
    assert.equal(value.override.phone_number_id, numberId);
    await run("override", "end", String(value.override.id));
  });

  it("reads the clock of the number's zone", async () => {
    const { value } = await runJson("override", "add", "--to", "+14155550177", "--start", "2030-07-01 09:00", "--until", "2030-07-01 15:00", "--number", NUMBER);
    assert.equal(value.override.starts_at, Date.parse("2030-07-01T15:00:00Z"));
    assert.equal(value.override.ends_at, Date.parse("2030-07-01T21:00:00Z"));
    assert.equal(value.override.in_force, false);
    const { out } = await run("override", "list", "--number", NUMBER);
    assert.match(out, /from Mon 2030-07-01 09:00 America\/Denver until Mon 2030-07-01 15:00 America\/Denver/);
    await run("override", "end", String(value.override.id));
  });

  const REFUSED = [
    [["add", "--until", "15:00"], 2, /--to is missing/],
    [["add", "--to", "+14155550177"], 2, /--until is missing/],
    [["add", "--to", "5551", "--until", "15:00"], 2, /--to must be a phone number/],
    [["add", "--to", "+14155550177", "--until", "soon"], 2, /can't read "soon" as a time; try 15:00, 2h/],
    [["add", "--to", "+14155550177", "--until", "2020-01-01 10:00"], 1, /--until: is already over/],
    [["add", "--to", "+14155550177", "--until", "40d"], 1, /within 31 days/],
    [["add", "--to", NUMBER, "--until", "1h"], 1, /one of your own numbers/],
    [["add", "--to", "+19005550177", "--until", "1h"], 1, /premium/],
    [["add", "--to", "+14155550177", "--until", "1h", "--user", "nobody"], 1, /no account is named nobody.*numbers are owned by: ana/],
    [["add", "--to", "+14155550177", "--until", "1h", "--number", "+15105550999"], 1, /isn't one of our numbers/],
    [["add", "--to", "+14155550177", "--until", "1h", "--seconds", "1000"], 2, /--seconds must be between 5 and 600/],
    [["end", "x"], 1, /no active or upcoming override x/],
    [["end"], 2, /not enough arguments for end\nusage: .*end ID/],
    [["remove"], 2, /unknown action remove\nusage: .*add --to WHERE --until TIME/],
    [[], 2, /missing: add/],
  ];
  for (const [args, status, message] of REFUSED)
    it(`refuses: ${args.join(" ") || "nothing"}`, async () => {
      const result = await run("override", ...args);
      assert.equal(result.status, status);
      assert.match(result.err, message);
      assert.deepEqual(rows(server.database, `SELECT * FROM overrides WHERE ends_at > ${Date.now()}`), []);
    });

  it("asks whose calls when several users own numbers", async () => {
    const other = givenNumber(server.database, { phone: "+15105550177", user: "ben" });
    const result = await run("override", "add", "--to", "+14155550177", "--until", "1h");
    assert.equal(result.status, 2);
    assert.match(result.err, /whose calls\? Add --user NAME/);
    rows(server.database, `DELETE FROM user_phone_numbers WHERE id = ${other}`);
  });
});

describe("hookswitch missed", () => {
  it("lists, dismisses and reopens, without a server", async () => {
    const call_sid = newSid();
    insert(server.database, "twilio_call_logs", { call_sid, user_id: "ana", from: CALLER, to: NUMBER, status: "completed", started_at: 1000, ended_at: 2000 });
    insert(server.database, "contacts", { user_id: "ana", number: CALLER, name: "Grace" });
    rows(server.database, `INSERT INTO missed_pending (call_sid) VALUES ('${call_sid}')`);
    const { value } = await runJson("missed");
    assert.deepEqual(value.missed_calls.map((m) => [m.number, m.name, m.calls, m.last_call_sid]), [[CALLER, "Grace", 1, call_sid]]);
    const id = String(value.missed_calls[0].id);
    assert.match((await run("missed")).out, /\+14155550123.*Grace/);
    assert.deepEqual((await runJson("missed", "--user", "ana")).value.missed_calls.length, 1);
    assert.match((await run("missed", "dismiss", id)).out, /dismissed/);
    assert.match((await run("missed")).out, /^No one is waiting for a call back\./);
    assert.deepEqual((await runJson("missed", "--closed")).value.missed_calls.map((m) => m.closed_by), ["dismissed"]);
    assert.equal((await run("missed", "reopen", id)).status, 0);
    assert.equal((await runJson("missed", "list")).value.missed_calls.length, 1);
    await run("missed", "dismiss", id);
  });

  for (const [args, status, message] of [[["dismiss", "99"], 1, /no missed caller 99/], [["dismiss"], 2, /not enough arguments for dismiss\nusage: .*dismiss ID/],
    [["--limit", "0"], 2, /--limit takes/], [["--user", "nobody"], 1, /[Nn]o account/], [["lost"], 2, /unknown action lost\nusage: hookswitch missed/]])
    it(`refuses: ${args.join(" ")}`, async () => {
      const result = await run("missed", ...args);
      assert.equal(result.status, status);
      assert.match(result.err, message);
    });
});

describe("leaks", () => {
  // One forwarded call: a phone picks up, and what it then does.
  async function forwarded({ status = "completed", bridged, digits, seconds = 0 }) {
    const first = inbound(CALLER, NUMBER);
    await post(VOICE, first);
    const leg = newSid();
    await post(STATUS, report(leg, "in-progress", { ParentCallSid: first.CallSid, From: CALLER, To: TARGET }));
    if (digits !== undefined)
      await post(`${VOICE}?step=screened&leg=fwd&n=1`, { CallSid: leg, ParentCallSid: first.CallSid, Digits: digits, From: CALLER, To: TARGET });
    await post(`${VOICE}?step=after&leg=fwd&n=1`, { ...first, CallStatus: "in-progress", DialCallStatus: status, DialCallSid: leg,
      ...(bridged === undefined ? {} : { DialBridged: bridged }), DialCallDuration: String(seconds) });
    return first.CallSid;
  }

  it("counts what a mailbox took: no key, or a talk of seconds; not what a person declined", async () => {
    await forwarded({ digits: "1", bridged: "true", seconds: 60 });
    await forwarded({ digits: "2", bridged: "false" });
    await forwarded({ bridged: "false" });
    await forwarded({ digits: "" });
    const last = await forwarded({ digits: "1", bridged: "true", seconds: 3 });
    await forwarded({ status: "busy", bridged: "false" });
    const { status, body } = await ana.get("/api/twilio/leaks");
    assert.equal(status, 200);
    assert.equal(body.leaks.length, 1);
    const [{ last_at, ...leak }] = body.leaks;
    assert.deepEqual(leak, { target: TARGET, answered: 5, leaked: 3, declined: 3, share: 0.6, last_call_sid: last });
    assert.ok(Math.abs(last_at - Date.now()) < 60_000);
    assert.deepEqual((await ana.get("/api/twilio/leaks?seconds=2")).body.leaks.map((l) => l.leaked), [2]);
    assert.deepEqual((await ana.get("/api/twilio/leaks?to=2020-01-01")).body.leaks, []);
    assert.deepEqual((await user(server, "ben").get("/api/twilio/leaks")).body.leaks, []);
    assert.equal((await ana.get("/api/twilio/leaks?from=2026-01-02&to=2026-01-01")).status, 422);
    const { trace } = (await ana.get(`/api/twilio/call-logs/${last}`)).body;
    assert.equal(trace.steps.at(-1).outcome, "forwarded");
  });

  it("are on the command line", async () => {
    const { status, out } = await run("leaks", "--since", "1d");
    assert.equal(status, 0);
    assert.match(out, /\+13035550142 +5 +3 +3 +60%/);
    assert.match(out, /3 calls probably went to a mobile's own voicemail/);
    assert.equal((await runJson("leaks", "--user", "ana", "--seconds", "0")).value.leaks[0].leaked, 2);
    assert.match((await run("leaks", "--since", "1s")).out, /^No forwarded call|answered/);
    for (const [args, message] of [[["--since", "never"], /--since: can't read "never" as a time/], [["--seconds", "x"], /--seconds takes/]]) {
      const result = await run("leaks", ...args);
      assert.equal(result.status, 2);
      assert.match(result.err, message);
    }
  });
});

describe("several reads at once", () => {
  const batch = async (gets) => ana.get(`/api/twilio/batch?gets=${encodeURIComponent(typeof gets === "string" ? gets : JSON.stringify(gets))}`);

  it("are each answered as alone", async () => {
    const { body: first } = await batch([["/api/auth/me", {}], ["/api/call-forwarding", {}]]);
    assert.deepEqual(first.answers.map(({ status }) => status), [200, 200]);
    // All that may be read so, whatever it is: the others say so.
    const paths = operations(describeApi()).filter(({ method, path }) => method === "GET" && !path.includes("{")).map(({ path }) => path);
    const taken = [];
    while (paths.length) {
      const some = paths.splice(0, 16);
      const { body } = await batch(some.map((path) => [path, {}]));
      for (const [at, path] of some.entries()) {
        const { status, body: read } = body.answers[at];
        if (read.error?.code === "not_in_batch") continue;
        const alone = await ana.get(path);
        assert.deepEqual([status, Object.keys(read).sort()], [alone.status, Object.keys(alone.body).sort()], path);
        taken.push(path);
      }
    }
    for (const path of ["contacts", "overrides", "presence", "my-numbers", "alerts", "missed-calls", "call-logs", "stats", "recordings"])
      assert.ok(taken.includes(`/api/twilio/${path}`), path);
    const [one, wrong] = (await batch([["/api/twilio/contacts", { limit: "1" }], ["/api/twilio/contacts", { limit: "x" }]])).body.answers;
    assert.ok(one.body.contacts.length <= 1);
    assert.deepEqual([wrong.status, Object.keys(wrong.body.error.fields)], [422, ["limit"]]);
  });

  it("aren't a way around limits, to changes, or to what isn't a user's", async () => {
    const paths = ["/api/twilio/doctor", "/api/twilio/access-token", "/api/twilio/events", "/api/twilio/coverage", "/api/twilio/batch",
      "/api/twilio/twiml", "/api/auth/logout", "/api/openapi.json", "/nowhere", "/api/twilio/contacts/1", "", "x"];
    const { body } = await batch(paths.map((path) => [path, {}]));
    for (const [at, { status, body: answer }] of body.answers.entries())
      assert.deepEqual([status, answer.error.code], [404, "not_in_batch"], paths[at]);
  });

  it("are JSON, whatever they ask for: a table comes by itself", async () => {
    const asked = operations(describeApi()).filter(({ method, path }) => method === "GET" && !path.includes("{")).flatMap(({ path, operation }) =>
      (operation.parameters ?? []).filter((one) => one.in === "query" && one.schema.enum)
        .flatMap((one) => one.schema.enum.map((value) => [path, { [one.name]: String(value) }])));
    assert.ok(asked.some(([, query]) => query.format === "csv"));
    while (asked.length) {
      const gets = asked.splice(0, 16);
      const { body } = await batch(gets);
      assert.equal(body?.answers?.length, gets.length, JSON.stringify(gets));
      for (const [at, [, query]] of gets.entries())
        if (query.format === "csv") assert.equal(body.answers[at].body.error.code, "not_in_batch");
    }
  });

  for (const gets of ["", "x", "[]", "{}", "null", "[1]", "[[]]", '[["/api/twilio/contacts",1]]', '[["/api/twilio/contacts",{"limit":1}]]',
    '[["/api/twilio/contacts",["a"]]]', JSON.stringify(Array(17).fill(["/api/twilio/contacts", {}]))]) it(`refuse ${gets.slice(0, 50) || "nothing"}`, async () => {
    const { status, body } = await batch(gets);
    assert.deepEqual([status, Object.keys(body.error.fields)], [422, ["gets"]]);
  });
});

describe("who is reachable", () => {
  const PATH = "/api/twilio/presence";

  it("shows users of their own only themselves", async () => {
    const linus = user(server, "linus");
    const { status, body } = await linus.get(PATH);
    assert.equal(status, 200);
    assert.deepEqual(body.people, [{ user_id: "linus", identity: "user_linus", name: null, online: false, busy: false, seen_at: null, away_until: null }]);
    await linus.post(PATH, { device: "tab" });
    const [me] = (await linus.get(PATH)).body.people;
    assert.equal(me.online, true);
    assert.ok(Math.abs(me.seen_at - Date.now()) < 60_000);
    const call_sid = newSid();
    insert(server.database, "twilio_call_logs", { call_sid, user_id: "linus", from: CALLER, to: NUMBER, status: "in-progress", status_rank: 3, started_at: Date.now(),
      answered_at: Date.now() });
    assert.equal((await linus.get(PATH)).body.people[0].busy, true);
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = started_at WHERE call_sid = '${call_sid}'`);
    assert.deepEqual((await user(server, "b-b").get(PATH)).body.people.map((p) => p.identity), ["userx_622d62"]);
  });

  it("shows a team everybody who has an account, a number or a browser, and warns of an override to anyone else", async () => {
    const team = await startServer({ rules: "return {}\n", config: { data_scope: "team" } });
    try {
      insert(team.database, "users", { id: "local_1", name: "grace" });
      givenNumber(team.database, { phone: NUMBER, user: "ana" });
      await user(team, "linus").post(PATH, {});
      const { people } = (await user(team, "joe").get(PATH)).body;
      assert.deepEqual(people.map((p) => [p.user_id, p.name, p.online]),
        [["local_1", "grace", false], ["ana", null, false], ["joe", null, false], ["linus", null, true]]);
      const warned = async (to) => (await user(team, "joe").post("/api/twilio/overrides",
        { forward_to_number: to, ends_at: Date.now() + 3_600_000 })).body.warnings;
      assert.deepEqual(await warned("user:linus, user:local_1, user:ana, user:joe"), []);
      assert.deepEqual(await warned("user:linus, user:zed"),
        ["user:zed rings nobody yet: no account, number or open browser has this id."]);
    } finally {
      await team.stop();
    }
  });
});

describe("the doctor, over the API", () => {
  it("finds what the command finds", async () => {
    const { status, body } = await ana.get("/api/twilio/doctor");
    assert.equal(status, 200);
    const by = Object.fromEntries(body.findings.map((finding) => [finding.name, finding]));
    assert.equal(by["credentials TWILIO_AUTH_TOKEN"].state, "ok");
    assert.equal(by["credentials TWILIO_ACCOUNT_SID"].state, "problem");
    assert.match(by["credentials TWILIO_ACCOUNT_SID"].fix, /TWILIO_ACCOUNT_SID=/);
    assert.equal(by[`SERVER_URL ${server.base}`].state, "problem");
    assert.equal(by.clock.state, "skipped");
    const [, own] = Object.entries(by).find(([name]) => name.startsWith("server "));
    assert.equal(own.state, "skipped");
    assert.match(own.message, /^answers; `hookswitch doctor` on the host says which webhooks it refused/);
    assert.equal(Object.entries(by).find(([name]) => name.startsWith("database"))[1].state, "ok");
  });

  it("tells of a number only those who may see it", async () => {
    const phone = "+15105550177", month = 30 * 24 * 3600 * 1000;
    const id = givenNumber(server.database, { phone, user: "bob", timezone: "America/Nowhere" });
    insert(server.database, "call_forwarding", { user_id: "bob", phone_number_id: id, forward_to_number: "+14155550188",
      forwarding_type: "busy", ring_timeout: 20, is_active: 0, updated_at: Date.now() - 6 * month });
    await server.settled();
    const said = async (who) => (await who.get("/api/twilio/doctor")).text;
    const bob = await said(user(server, "bob"));
    for (const words of [`"number ${phone}"`, `busy of ${phone} to +14155550188`, "America/Nowhere"]) assert.ok(bob.includes(words), bob);
    const others = await said(ana);
    for (const words of [phone, "+14155550188", "Nowhere"]) assert.ok(!others.includes(words), others);
    assert.ok(others.includes(NUMBER) || others.includes("SERVER_URL"));
  });
});
