// hosts_team_test.mjs: what a team does on one of two hosts holds on the other: PINs, opening hours and holidays, accounts,
// the audit log, the draft; a calendar is fetched by one of them. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { startCalendars } from "../support/calendars.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { POSTGRES, rowsOfMeanwhile } from "../support/postgres.mjs";
import { request, sleep, startServer, waitUntil } from "../support/server.mjs";
import { all, inbound, newSid, one, rung, said, target, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const NUMBER = "+15105550100", CALLER = "+14155550123", JOE = "+13035550142", ANA = "+13035550177", SUE = "+13035550166", PIN = "48219375";
const TEAM = "/api/twilio/team";
const RULES = `return {
  { "closed", when = function(call) return call.from == "+14155550125" and not open("office", call.at) end, go = ring(person "ana") },
  { "nights", when = function(call) return call.from == "+14155550124" end, go = function(call) return ring(oncall("nights", call.at)) end },
  { "joe", go = ring(person "joe", { seconds = 10 }):otherwise(say "Goodbye.") },
}
`;
const stamp = (at) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
const soon = (probe, what) => waitUntil(probe, 20_000, what);

describe("a team on two hosts", { skip }, () => {
  let calendars, config, a, b, ana, bea;
  const live = async (server) => JSON.parse((await server.get("/healthz")).body).rules;
  const bothLive = async () => {
    let rules;
    await soon(async () => {
      rules = [await live(a), await live(b)];
      return rules[0].hash === rules[1].hash;
    }, () => [`the same rules on both: ${JSON.stringify(rules)}`, a.err.slice(-1500), b.err.slice(-1500)].join("\n"));
  };
  const ring = async (server, from = CALLER) => twiml(await server.post("/api/twilio/twiml", inbound(from, NUMBER)));
  before(async () => {
    calendars = await startCalendars(() => ({ body: `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:joe\r\n`
      + `DTSTART:${stamp(Date.now() - 3_600_000)}\r\nDTEND:${stamp(Date.now() + 86_400_000)}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n` }));
    config = { maintenance_seconds: 1, lookup_hosts: "127.0.0.1", rate_limits: "no", jwt_role_claim: "role", data_scope: "team" };
    a = await startServer({ config, lua: { "forwarding.lua": RULES,
      "people.txt": `[joe]\nname: Joe\nphone: ${JOE}\n\n[ana]\nphone: ${ANA}\n`,
      "hours.txt": "[office]\nzone: UTC\nmon-sun: 24h\n",
      "oncall.txt": `[nights]\nzone: UTC\ncalendar: ${calendars.origin}/nights.ics\notherwise: ana\n` } });
    givenNumber(a.database, { user: "ana", phone: NUMBER });
    await a.settled();
    b = await startServer({ config: { ...config, database: a.database } });
    [ana, bea] = [user(a, "ana", { role: "admin" }), user(b, "bea", { role: "admin" })];
    await soon(async () => rung(await ring(b)).includes(JOE), "the rules on the second host").catch((error) => { throw new Error(`${error.message}\n${a.err.slice(-1500)}\n${b.err.slice(-1500)}`); });
  });
  after(async () => {
    calendars?.stop();
    await b?.stop({ code: null });
    await a?.stop({ code: null });
  });

  it("fetches a calendar once, and both follow it", async () => {
    for (const server of [a, b]) await soon(async () => rung(await ring(server, "+14155550124")).includes(JOE), "the calendar's turn");
    await sleep(4000); // rounds of both
    assert.equal(calendars.asked.length, 1);
  });

  it("takes a PIN on one that was given on the other", async () => {
    const { hash, people } = (await ana.get(TEAM)).body;
    const saved = await ana.put(TEAM, { hash, people: people.map((who) => (who.id === "joe" ? { ...who, pin: PIN } : who)) });
    assert.equal(saved.status, 200, saved.text);
    await soon(async () => (await bea.get(TEAM)).body.people.find(({ id }) => id === "joe").has_pin, "the PIN on the other host");
    await bothLive();
    for (const [Digits, fits] of [["48219376", false], [PIN, true]]) {
      const call = inbound(CALLER, NUMBER);
      const [joe] = all(twiml(await b.post("/api/twilio/twiml", call)), "Number");
      const leg = { ...call, CallSid: newSid(), ParentCallSid: call.CallSid, Direction: "outbound-dial", To: joe.textContent, CallStatus: "in-progress" };
      const document = twiml(await b.post(target(b, joe, "url"), leg));
      const answer = twiml(await b.post(target(b, one(document, "Gather")), { ...leg, Digits }));
      assert.equal(all(answer, "Gather").length === 0, fits, said(answer));
    }
  });

  it("is closed on both on a holiday that was entered on one", async () => {
    const { hash, hours } = (await bea.get(TEAM)).body;
    const days = [0, 1].map((n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)); // midnight may be near
    const saved = await bea.put(TEAM, { hash, hours: [{ ...hours[0], holidays: { place: "US-CO", except: [] }, dates: days.map((date) => ({ date, ranges: [] })) }] });
    assert.equal(saved.status, 200, saved.text);
    for (const server of [a, b]) await soon(async () => rung(await ring(server, "+14155550125")).includes(ANA), "a day off");
    const [here, there] = [(await ana.get(TEAM)).body, (await bea.get(TEAM)).body];
    assert.deepEqual(here.hours[0].holidays, { place: "US-CO", except: [] });
    assert.deepEqual(here.hours, there.hours);
  });

  const draftOf = async (who) => (await who.get("/api/twilio/rules/draft")).body;
  const edited = (phone) => RULES.replace('person "joe", { seconds = 10 }', `"${phone}"`);
  const drafted = (server) => path.join(server.lua, "forwarding.next.lua");
  const onDisk = (server) => (existsSync(drafted(server)) ? readFileSync(drafted(server), "utf8") : "");
  const events = (server, type, from = 0) => server.logs(type).slice(from);

  it("has one draft: both show it, in both folders, and it decides the calls of both", async () => {
    const put = await ana.put("/api/twilio/rules/draft", { source: edited(SUE), hash: "" });
    assert.equal(put.status, 200, put.text);
    const there = await draftOf(bea);
    assert.deepEqual([there.state, there.hash, there.author], ["on", put.body.hash, "ana"], "asked at once, the other waits for it");
    assert.ok(rung(await ring(a)).includes(JOE));
    // One that gets its number before the others, and is stored after them.
    const sid = newSid(), last = "(SELECT call_sid FROM twilio_call_logs ORDER BY id DESC LIMIT 1)";
    const stored = rowsOfMeanwhile(a.database, `BEGIN;
      CREATE TEMP TABLE c ON COMMIT DROP AS SELECT * FROM twilio_call_logs WHERE call_sid = ${last};
      CREATE TEMP TABLE d ON COMMIT DROP AS SELECT * FROM call_decisions WHERE call_sid = ${last};
      UPDATE c SET call_sid = '${sid}', id = nextval(pg_get_serial_sequence('twilio_call_logs', 'id')); UPDATE d SET call_sid = '${sid}';
      INSERT INTO twilio_call_logs SELECT * FROM c; INSERT INTO call_decisions SELECT * FROM d; SELECT pg_sleep(1); COMMIT`);
    for (let n = 0; n < 4; n++) assert.ok(rung(await ring(n % 2 ? a : b)).includes(JOE));
    await stored;
    for (const who of [ana, bea]) await soon(async () => (await draftOf(who)).calls === 6, "the calls of both");
    const [mine, theirs] = [await draftOf(ana), await draftOf(bea)];
    assert.equal(mine.changed, 6);
    assert.deepEqual(theirs, mine);
  });

  it("edits it on either, over the API and on disk, back to what it was as well", async () => {
    const put = await bea.put("/api/twilio/rules/draft", { source: edited(ANA), hash: (await draftOf(bea)).hash });
    assert.equal(put.status, 200, put.text);
    assert.equal((await draftOf(ana)).source, edited(ANA));
    for (const [server, phone] of [[a, SUE], [b, ANA], [b, SUE]]) {
      writeFileSync(drafted(server), edited(phone));
      for (const one of [a, b]) await soon(async () => onDisk(one) === edited(phone) && (await draftOf(ana)).source === edited(phone), "the edit");
    }
    const begun = [a, b].map((server) => events(server, "draft").length);
    await sleep(2500); // several rounds of both
    assert.deepEqual([a, b].map((server) => events(server, "draft").length), begun, "neither makes it a new one");
    assert.equal(await draftOf(bea).then(({ state }) => state), "on");
  });

  it("keeps it while a host restarts, which fetches what was done to it meanwhile", async () => {
    const again = async () => {
      const { folder } = b;
      await b.stop({ keep: true });
      return () => startServer({ folder, config: { ...config, database: a.database } });
    };
    b = await (await again())();
    bea = user(b, "bea", { role: "admin" });
    await sleep(1500);
    assert.deepEqual([(await draftOf(ana)).state, (await draftOf(bea)).state, onDisk(b)], ["on", "on", edited(SUE)]);
    const start = await again();
    assert.equal((await ana.put("/api/twilio/rules/draft", { source: edited(ANA), hash: (await draftOf(ana)).hash })).status, 200);
    b = await start();
    bea = user(b, "bea", { role: "admin" });
    await soon(() => onDisk(b) === edited(ANA), "the new one");
    assert.equal((await draftOf(ana)).source, edited(ANA));
    assert.deepEqual((await ana.get("/api/twilio/alerts")).body.alerts.filter(({ kind }) => kind === "draft_off"), []);
  });

  it("ends it on both, whoever promotes or discards it, or removes the file", async () => {
    const promoted = await bea.post("/api/twilio/rules/draft/promote", { hash: (await draftOf(bea)).hash });
    assert.equal(promoted.status, 200, promoted.text);
    assert.equal((await draftOf(ana)).state, "none");
    for (const server of [a, b]) await soon(async () => rung(await ring(server)).includes(ANA), "the rules that it has become");
    for (const end of [
      () => ana.delete("/api/twilio/rules/draft"),
      () => rmSync(drafted(b)),
      () => command(["rules", "draft", "--discard"], { cwd: b.folder, config: { lua: b.lua, database: b.database } }),
    ]) {
      assert.equal((await ana.put("/api/twilio/rules/draft", { source: edited(SUE), hash: "" })).status, 200);
      await soon(() => onDisk(b) !== "", "the draft on the other");
      await end();
      for (const server of [a, b]) await soon(async () => onDisk(server) === "" && (await draftOf(ana)).state === "none", `its end: ${end}`);
    }
    await sleep(1500);
    assert.deepEqual([a, b].map(onDisk), ["", ""]);
  });

  it("takes the text of a draft again that was discarded a moment ago", async () => {
    for (const meanwhile of [0, 250, 500]) {
      const put = () => ana.put("/api/twilio/rules/draft", { source: edited(SUE), hash: "" });
      const first = await put();
      assert.equal(first.status, 200, first.text);
      for (const server of [a, b]) await soon(() => onDisk(server) !== "", "the draft");
      await sleep(1500); // both have looked at it
      assert.equal((await ana.delete("/api/twilio/rules/draft")).status, 200);
      const held = rowsOfMeanwhile(a.database, "BEGIN; LOCK TABLE rule_drafts IN EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT");
      await sleep(meanwhile);
      const again = await put();
      await held;
      assert.equal(again.status, 200, again.text);
      await sleep(1500);
      for (const server of [a, b]) assert.equal(onDisk(server), edited(SUE));
      assert.equal((await draftOf(bea)).state, "on");
      assert.equal((await bea.delete("/api/twilio/rules/draft")).status, 200);
      for (const server of [a, b]) await soon(() => onDisk(server) === "", "its end");
    }
  });

  it("has one audit log, and an account that is disabled on one is out on both", async () => {
    assert.equal((await command(["user", "add", "cai", "--role", "editor"], { config: { database: a.database }, input: "correct horse" })).status, 0);
    const login = (server) => request(server.port, { method: "POST", target: "/api/auth/login", body: JSON.stringify({ name: "cai", password: "correct horse" }),
      headers: { "Content-Type": "application/json" } });
    const token = JSON.parse((await login(a)).body).token;
    const lists = async (server) => (await request(server.port, { target: "/api/twilio/contacts", headers: { Authorization: `Bearer ${token}` } })).status;
    for (const server of [a, b]) assert.equal(await lists(server), 200);
    const made = [await ana.post("/api/twilio/contacts", { number: SUE, name: "Sue" }), await bea.post("/api/twilio/contacts", { number: ANA, name: "Ana" })];
    assert.deepEqual(made.map(({ status }) => status), [201, 201]);
    const cai = (await bea.get("/api/users")).body.users?.find(({ name }) => name === "cai");
    assert.ok(cai, "the account on the other host");
    assert.equal((await bea.patch(`/api/users/${cai.id}`, { is_active: false })).status, 200);
    for (const server of [a, b]) await soon(async () => await lists(server) === 401, "a refusal");
    for (const server of [a, b]) assert.notEqual((await login(server)).status, 200);
    const [here, there] = [await ana.get("/api/audit"), await bea.get("/api/audit")];
    assert.equal(here.status, 200, here.text);
    assert.deepEqual(here.body, there.body);
    assert.ok(here.body.entries.length >= 3, here.text);
  });
});
