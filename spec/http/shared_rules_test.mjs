// shared_rules_test.mjs: the rules of several hosts on one database: saved on one,
// live on all. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { POSTGRES, psql } from "../support/postgres.mjs";
import { SANITIZED, SLOW, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const soon = (probe, what) => waitUntil(probe, 20_000, what);
const ringing = (phone) => `return { { "all", go = ring("${phone}"):otherwise(voicemail("Hello.")) } }\n`;
const file = (server, name = "forwarding.lua") => path.join(server.lua, name);
const text = (server, name) => readFileSync(file(server, name), "utf8");
const save = (server, phone) => writeFileSync(file(server), ringing(phone));
const kept = (server) => readdirSync(server.lua).filter((name) => name.includes(".local-"));
let serial = 0;
const rings = async (server) => rung(twiml(await server.post("/api/twilio/twiml",
  inbound("+14155550123", "+15105550100", { CallSid: `CA${++serial}` }), { url: a.base })))[0];
const ready = async (server) => JSON.parse((await server.get("/readyz")).body);
const warning = async (server) => (await ready(server)).warnings.map(({ message }) => message).join();
const versions = (server) => rows(server.database, "SELECT id FROM rule_activations").length;
let a, b;
const both = async (phone) => {
  for (const server of [a, b]) await soon(async () => (await rings(server)) === phone, `${phone} on both`);
};

// For `ms`, an alarm that asks host B never hears that all is well.
async function refusedFor(ms) {
  for (const end = performance.now() + ms; performance.now() < end;) {
    const answer = await b.get("/readyz?strict");
    assert.equal(answer.status, 503, answer.body);
  }
}

describe("rules of two hosts", { skip }, () => {
  before(async () => {
    a = await startServer({ rules: ringing("+13035550101") });
    givenNumber(a.database);
    b = await startServer({ rules: ringing("+13035550102"), config: { database: a.database, server_url: a.base } });
  });
  after(async () => {
    await b?.stop({ code: null });
    await a?.stop();
  });

  it("the database wins at the start, and what it replaces is kept", async () => {
    await both("+13035550101");
    assert.equal(text(b), ringing("+13035550101"));
    assert.equal(kept(b).length, 1);
    assert.equal(text(b, kept(b)[0]), ringing("+13035550102"));
    assert.match(b.logs("rules_kept")[0].message, /forwarding\.lua\.local-/);
    assert.equal(rows(a.database, "SELECT kind FROM alerts WHERE kind = 'rules_kept' AND closed_at IS NULL").length, 1);
    assert.deepEqual(kept(a), []);
  });

  it("`hosts` lists them", async () => {
    const { status, value } = await commandJson(["hosts"], { config: { database: a.database } });
    assert.equal(status, 0);
    assert.deepEqual(value.hosts.map(({ name }) => Number(name.split(":").at(-1))).sort(), [a.port, b.port].sort());
    assert.match(value.rules_by, new RegExp(`:${a.port}$`));
    const { out } = await command(["hosts"], { config: { database: a.database } });
    assert.match(out, new RegExp(`:${b.port} +\\S+ +since .* seen .*\\nThe rules that are live are from .*:${a.port}, `, "s"));
    const id = String(rows(a.database, "SELECT id FROM rule_versions ORDER BY id DESC LIMIT 1")[0].id);
    await soon(async () => (await commandJson(["hosts"], { config: { database: a.database } })).value.hosts
      .every((host) => String(host.rules) === id && host.problems.length === 0 && Math.abs(host.clock_ms) < 1500), "what they say of themselves");
    assert.match((await command(["hosts"], { config: { database: a.database } })).out, new RegExp(` rules ${id} +clock [+-]\\d\\.\\d s$`, "m"));
    assert.match((await command(["hosts"], {})).out, /Only databases on PostgreSQL list their hosts/);
    // Others, as they say of themselves: dead, behind, with a wrong clock, and one whose program says nothing.
    const now = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint", version = value.hosts[0].version;
    psql(a.database, `INSERT INTO hosts (id, name, version, started_at, seen_at, rules, rules_seq, rules_problem, clock_ms) VALUES
      ('x1', 'dead:1', '${version}', 1, ${now} - 60000, 1, NULL, '', 0), ('x2', 'late:1', '${version}', 1, ${now} + 60000, 7, 0, '', 0),
      ('x3', 'clock:1', '${version}', 1, ${now} + 60000, ${id}, NULL, '', -3100), ('x4', 'old:1', '0.0.9', 1, ${now} + 60000, NULL, NULL, NULL, NULL);
      UPDATE rule_current SET at = at - 60000`);
    try {
      const { out: named } = await command(["hosts"], { config: { database: a.database } });
      const silent = Number(/^dead:1 was last seen (\d+) s ago: /m.exec(named)?.[1]);
      assert.ok(silent >= 60 && silent < 60 + 10 * SLOW, named);
      assert.match(named, /^late:1 doesn't have the live rules yet; it still answers with version 7\.$/m);
      assert.match(named, /^clock:1 has a clock 3\.1 s behind the database's: run NTP/m);
      assert.match(named, /^old:1 +0\.0\.9 .* rules \? +clock \?$/m);
      assert.doesNotMatch(named, new RegExp(`^(old:1|\\S+:(${a.port}|${b.port})) (was|has|doesn't|keeps)`, "m"));
      const { report } = (await commandJson(["doctor"], { config: { database: a.database } })).value;
      const warned = report.filter((line) => line.about === "host");
      assert.deepEqual(warned.map(({ state, what }) => [state, what]), ["clock:1", "dead:1", "late:1"].map((name) => ["warn", name]));
      assert.match(warned[0].message, /^has a clock 3\.1 s behind the database's: run NTP/);
    } finally {
      psql(a.database, "DELETE FROM hosts WHERE id IN ('x1', 'x2', 'x3', 'x4')");
    }
  });

  it("a report that is held up for three seconds says nothing of its host's clock", async () => {
    const to = new URL(a.database), through = new URL(a.database);
    const slow = createServer((client) => {
      const server = connect(Number(to.port), to.hostname);
      let last = Promise.resolve();
      const then = (work, ms) => { last = last.then(() => sleep(ms)).then(work); };
      client.on("data", (part) => then(() => server.write(part), part.includes("INSERT INTO hosts") ? 3000 : 0)).on("close", () => then(() => server.end(), 0));
      server.on("data", (part) => client.write(part)).on("close", () => client.end());
      for (const end of [client, server]) end.on("error", () => {});
    });
    await new Promise((resolve) => slow.listen(0, "127.0.0.1", resolve));
    Object.assign(through, { hostname: "127.0.0.1", port: slow.address().port });
    const c = await startServer({ rules: text(a), config: { database: through.href, server_url: a.base } });
    try {
      const clocks = new Set(), row = () => rows(a.database, `SELECT clock_ms, seen_at FROM hosts WHERE name LIKE '%:${c.port}'`)[0];
      await soon(() => row() && clocks.add(JSON.stringify(row())) && clocks.size > 5, "some reports");
      for (const said of clocks) assert.ok(Math.abs(JSON.parse(said).clock_ms) < 1000, [...clocks].join());
    } finally {
      await c.stop({ code: null });
      slow.close();
      psql(a.database, `DELETE FROM hosts WHERE name LIKE '%:${c.port}'`);
    }
  });

  it("a save on either is live on both within a second, in both folders, as one version", async () => {
    for (const [here, there, phone] of [[a, b, "+13035550111"], [b, a, "+13035550112"]]) {
      const before = versions(a);
      save(here, phone);
      await soon(async () => (await rings(here)) === phone, "here");
      const began = performance.now();
      await soon(async () => (await rings(there)) === phone, "there");
      const took = performance.now() - began;
      if (process.env.HS_TIMES) console.log(took);
      assert.ok(took < 1000 * SLOW, `${took} ms`);
      assert.equal(text(there), ringing(phone));
      assert.equal(versions(a), before + 1);
    }
    // A data file that a rule reads comes and goes with them.
    writeFileSync(file(a, "vips.txt"), "+14155550123 Grace\n");
    await soon(() => existsSync(file(b, "vips.txt")), "the list on the other");
    assert.equal(kept(b).length, 1, "what was live once is in the history");
  });

  it("a save over the API is live on the other, too", async () => {
    const ana = user(b, "42"), { body } = await ana.get("/api/twilio/rules");
    const answer = await ana.put("/api/twilio/rules", { source: ringing("+13035550121"), hash: body.hash });
    assert.ok(answer.status < 300, answer.text);
    await both("+13035550121");
    assert.equal(text(a), ringing("+13035550121"));
  });

  it("of two saves at once one wins on both, and the other text is kept", async () => {
    for (let round = 0; round < 3; round++) {
      const phones = [`+1303555013${round}`, `+1303555014${round}`];
      const before = kept(a).length + kept(b).length;
      save(a, phones[0]);
      save(b, phones[1]);
      await soon(async () => phones.includes(await rings(a)) && (await rings(a)) === (await rings(b)) && text(a) === text(b), "one of them");
      const lost = phones.find((phone) => !text(a).includes(phone));
      const copies = [a, b].flatMap((server) => kept(server).map((name) => text(server, name)));
      const stored = rows(a.database, `SELECT COUNT(*) AS n FROM rule_texts AS t JOIN rule_versions AS v ON v.files LIKE '%"' || t.hash || '"%' WHERE t.text = convert_to('${ringing(lost)}', 'UTF8')`)[0].n;
      assert.ok(stored > 0 || copies.includes(ringing(lost)), "the losing text is in no version and no file");
      assert.ok(kept(a).length + kept(b).length >= before);
      await soon(async () => (await warning(a)) === "", "nothing is refused");
    }
  });

  it("an edit waits while the database takes none, and is live on both afterwards", async () => {
    psql(a.database, "ALTER TABLE rule_current RENAME TO rule_current_away");
    save(a, "+13035550151");
    await soon(async () => /waiting, not live on any host/.test(await warning(a)), "it says that it waits");
    assert.notEqual(await rings(a), "+13035550151");
    psql(a.database, "ALTER TABLE rule_current_away RENAME TO rule_current");
    await both("+13035550151");
    await soon(async () => (await warning(a)) === "", "nothing is refused");
  });

  it("a host that can't use a version keeps its last good one and says so, until the next", async () => {
    // Its program is another one: it has no word for this.
    appendFileSync(path.join(b.lua, "calls/rules/words.lua"), "\n");
    const at = path.join(b.lua, "calls/rules/words.lua"), before = b.logs("reloaded").length;
    writeFileSync(at, text(b, "calls/rules/words.lua").replaceAll("reject", "refuse_them"));
    await soon(() => b.logs("reloaded").length > before, "the other program");
    writeFileSync(file(a), 'return { { "none", when = function(call) return call.from == "+14155550124" end, go = reject() },\n'
      + `${ringing("+13035550161").slice("return { ".length)}`);
    await soon(async () => (await rings(a)) === "+13035550161", "live here");
    await soon(async () => /from .*:\d+ can't be used here: /.test(await warning(b)), "it says why");
    assert.equal((await b.get("/readyz")).status, 200);
    assert.equal((await b.get("/readyz?strict")).status, 503);
    assert.equal(await rings(b), "+13035550151");
    // It goes on saying so while its own files are looked at again.
    const touching = setInterval(() => utimesSync(file(b), new Date(), new Date()), 100);
    await refusedFor(3000).finally(() => clearInterval(touching));
    await soon(async () => new RegExp(`^\\S+:${b.port} keeps version \\d+ of the rules: .*from \\S+:${a.port} can't be used here: `, "m")
      .test((await command(["hosts"], { config: { database: a.database } })).out), "hosts names it");
    // Its program is the same again: no new save is needed.
    writeFileSync(at, text(a, "calls/rules/words.lua"));
    await both("+13035550161");
    await soon(async () => (await warning(b)) === "", "nothing is refused");
    save(a, "+13035550162");
    await both("+13035550162");
  });

  it("a version that couldn't be tried for no fault of its own is refused until it can be", async () => {
    const bad = path.join(b.lua, "calls/rules/zz.lua");
    symlinkSync("/proc/self/mem", bad); // EIO at its first byte
    await soon(async () => /zz\.lua/.test(await warning(b)), "its own folder can't be read");
    save(a, "+13035550163");
    await soon(async () => (await rings(a)) === "+13035550163", "live here");
    const said = b.logs("reload_refused").length;
    await refusedFor(3000);
    assert.ok(b.logs("reload_refused").length <= said + 1, "its own folder's refusal and the other's take turns");
    assert.equal(await rings(b), "+13035550162");
    rmSync(bad);
    await both("+13035550163");
    await soon(async () => (await warning(b)) === "", "nothing is refused");
  });

  it("each host's refusal has an alert of its own", async () => {
    const named = (server) => new RegExp(`:${server.port}$`);
    const open = async (...servers) => soon(() => {
      const list = rows(a.database, "SELECT subject FROM alerts WHERE kind = 'rules_refused' AND closed_at IS NULL");
      return list.length === servers.length && servers.every((server) => list.some(({ subject }) => named(server).test(subject)));
    }, `alerts of ${servers.length}`);
    const good = text(b);
    await open();
    writeFileSync(file(b), "return {\n");
    await open(b);
    writeFileSync(file(a), "return { {\n");
    await open(a, b);
    writeFileSync(file(a), good);
    await open(b);
    writeFileSync(file(b), good);
    await open();
  });

  it("a version that can't be tried in time is tried again, and what it waits for is said meanwhile", async () => {
    const c = await startServer({ rules: text(a), config: { database: a.database, server_url: a.base, near_file: "state/c.db", trial_seconds: 1 } });
    try {
      await soon(async () => (await rings(c)) === await rings(a), "a start");
      // Some seconds for all that a trial decides: too long for this host only.
      writeFileSync(file(a), `return { { "late", when = function(call) local n = 0 for i = 1, 3000000 do n = n + i end return call.time.hour >= 18 and n > 0 end,
        go = ring("+13035550165"):otherwise(voicemail("Late.")) },\n${ringing("+13035550165").slice("return { ".length)}`);
      await waitUntil(() => c.logs("reload_refused").some(({ message }) => /from \S+ can't be used here: .*; trying again$/.test(message)), 60_000 * SLOW, "it says so");
      assert.notEqual(await warning(c), "");
      writeFileSync(file(a), ringing("+13035550165"));
      await waitUntil(async () => (await rings(c)) === "+13035550165", 60_000 * SLOW, "live there, too");
      await soon(async () => await warning(c) === "", "no warning");
    } finally {
      await c.stop({ code: null });
    }
  });

  it("what a host said that is gone, or what the only one said before there were several, doesn't stay open", async () => {
    for (const [subject, last_at] of [["The Lua files", 1], ["gone:8080", 1], ["new:8080", Date.now()], ["live:8080", 1]]) {
      insert(a.database, "alerts", { user_id: "", kind: "rules_refused", subject, detail: "x", first_at: 1, last_at });
    }
    insert(a.database, "hosts", { id: "live", name: "live:8080", version: "1", started_at: 1, seen_at: Date.now() + 600_000 });
    const open = () => rows(a.database, "SELECT subject FROM alerts WHERE detail = 'x' AND closed_at IS NULL ORDER BY id").map(({ subject }) => subject);
    const c = await startServer({ rules: text(a), config: { database: a.database, server_url: a.base, near_file: "state/d.db", maintenance_seconds: 1 } });
    try {
      await soon(() => !open().includes("gone:8080"), "closed");
      assert.deepEqual(open(), ["new:8080", "live:8080"]);
    } finally {
      await c.stop({ code: null });
      psql(a.database, "DELETE FROM alerts WHERE detail = 'x'; DELETE FROM hosts WHERE id = 'live'");
    }
  });

  const UNWRITTEN = "SELECT detail FROM alerts WHERE kind = 'rules_unwritten' AND detail LIKE '%aren''t in the folder%' AND closed_at IS NULL";

  it("a folder that can't be written: an alert says so once it can be stored, a slip there is over when it is undone, and it is written once it can be", async () => {
    const failed = b.logs("rules_unwritten").length;
    mkdirSync(path.join(file(b, "blocked.txt"), "in the way"), { recursive: true });
    psql(a.database, "ALTER TABLE alerts RENAME TO alerts_away");
    try {
      writeFileSync(file(a, "blocked.txt"), "+14155550123\n");
      save(a, "+13035550164");
      await soon(() => b.logs("rules_unwritten").length > failed, "it can't be written");
    } finally {
      psql(a.database, "ALTER TABLE alerts_away RENAME TO alerts");
    }
    await both("+13035550164");
    await soon(() => rows(a.database, UNWRITTEN).length === 1, "the alert");
    const now = text(b);
    writeFileSync(file(b), "return {\n");
    await soon(async () => (await warning(b)) !== "", "the slip");
    writeFileSync(file(b), now);
    await soon(async () => (await warning(b)) === "", "nothing is refused");
    assert.equal(await rings(b), "+13035550164");
    const copies = kept(b).length;
    await sleep(5000); // it is tried several times
    assert.equal(b.logs("rules_unwritten").length, failed + 1);
    rmSync(file(b, "blocked.txt"), { recursive: true });
    await soon(() => existsSync(file(b, "blocked.txt")) && text(b) === text(a), "the folder");
    await soon(() => rows(a.database, UNWRITTEN).length === 0, "the alert is closed");
    assert.equal(kept(b).length, copies, "what was live is in the history");
    rmSync(file(a, "blocked.txt"));
    await soon(() => !existsSync(file(b, "blocked.txt")), "gone from both");
  });

  it("an edit of a folder that couldn't be written is live at once, and isn't written over later", async () => {
    mkdirSync(path.join(file(b, "blocked.txt"), "in the way"), { recursive: true });
    const failed = b.logs("rules_unwritten").length;
    writeFileSync(file(a, "blocked.txt"), "+14155550123\n");
    save(a, "+13035550166");
    await soon(() => b.logs("rules_unwritten").length > failed, "it can't be written");
    save(b, "+13035550167");
    await both("+13035550167");
    rmSync(file(b, "blocked.txt"), { recursive: true });
    await sleep(5000);
    assert.equal(text(b), ringing("+13035550167"));
    assert.equal(text(a), text(b));
    assert.deepEqual(rows(a.database, UNWRITTEN), []);
  });
});

describe("a hand's edit where another host's version is just being written", { skip: skip || (SANITIZED && "what slows the disk and a sanitizer do not go together") }, () => {
  it("is kept beside it", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "hs-slow-")), slow = path.join(folder, "slow");
    const shim = path.resolve(process.env.BUILD ?? "build", "spec/native/disk_shim.so");
    const here = await startServer({ rules: ringing("+13035550101") });
    const there = await startServer({ rules: ringing("+13035550101"), config: { database: here.database, server_url: here.base }, env: { LD_PRELOAD: shim, HS_DISK_SLOW: slow } });
    try {
      await there.settled();
      writeFileSync(slow, `3000 ${there.lua}`);
      save(here, "+13035550102");
      await soon(() => readdirSync(there.lua).some((name) => name.startsWith(".forwarding.lua.")), "the file beside it");
      appendFileSync(file(there), "-- by hand\n");
      await soon(() => text(there) === ringing("+13035550102"), "the other host's version");
      rmSync(slow);
      await soon(() => kept(there).some((name) => text(there, name) === `${ringing("+13035550101")}-- by hand\n`), "a copy of the hand's");
      await soon(() => there.logs("rules_kept").some(({ message }) => message.includes(".local-")), "it is told");
    } finally {
      rmSync(folder, { recursive: true });
      await there.stop({ code: null });
      await here.stop();
    }
  });
});

describe("a team's files on two hosts", { skip }, () => {
  const TEAM = "/api/twilio/team", JOE = "+13035550142", ANA = "+13035550177", SUE = "+13035550166";
  const RULES = `return {
  { "closed", when = function(call) return not open("office", call.at) end, go = voicemail("Closed.") },
  { "crew", when = function(call) return call.caller.name == nil end, go = ring(group "crew"):otherwise(voicemail("Hello.")) },
  { "rest", go = function(call) return ring(oncall("nights", call.at)):otherwise(voicemail("Hello.")) end },
}
`;
  const KNOWN = "+14155550188", DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  const LUA = {
    "forwarding.lua": RULES, "people.txt": `[joe]\nphone: ${JOE}\n[ana]\nphone: ${ANA}\nuser: 42\n`, "groups.txt": "crew: joe\n",
    "hours.txt": "[office]\nzone: America/Denver\nmon-sun: 24h\n",
    "oncall.txt": "[nights]\nzone: America/Denver\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe\n",
  };
  let one, two, users;
  const answered = async (server, from = "+14155550123") => rung(twiml(await server.post("/api/twilio/twiml", inbound(from, "+15105550100", { CallSid: `CAteam${++serial}` }))))
    .filter((target) => target.startsWith("+")).sort().join();
  const times = [];
  // Edit on one host; both follow, and the time until they do is kept.
  async function edited(by, change, expected, from = "+14155550123") {
    const team = (await users[by].get(TEAM)).body;
    const { status, text: told } = await users[by].put(TEAM, { hash: team.hash, ...change(team) });
    assert.equal(status, 200, told);
    const began = performance.now();
    for (const server of [one, two]) await soon(async () => (await answered(server, from)) === expected, `${expected} on both`);
    times.push(performance.now() - began);
  }

  before(async () => {
    const config = { rate_limits: "no", data_scope: "team", maintenance_seconds: 0 };
    one = await startServer({ lua: LUA, config });
    givenNumber(one.database);
    insert(one.database, "contacts", { user_id: "42", number: KNOWN, name: "Grace" });
    two = await startServer({ lua: LUA, config: { ...config, database: one.database } });
    users = [user(one, "ana"), user(two, "bob")];
    await soon(async () => (await answered(two, KNOWN)) === JOE, "a start");
  });
  after(async () => {
    await two?.stop({ code: null });
    await one?.stop();
  });

  it("are edited on one and live on both within a second: people, groups, hours and on-call", async () => {
    const phones = [JOE, SUE];
    for (let i = 0; i < 4; i++) {
      const by = i % 2, phone = phones[(i + 1) % 2];
      await edited(by, ({ people }) => ({ people: people.map((who) => (who.id === "joe" ? { ...who, phones: [{ number: phone }] } : who)) }), phone);
      await edited(by, () => ({ groups: [{ id: "crew", people: ["ana"] }] }), ANA);
      await edited(by, ({ hours: [office] }) => ({ hours: [{ ...office, week: Object.fromEntries(DAYS.map((day) => [day, []])) }] }), "");
      await edited(by, ({ hours: [office] }) => ({ hours: [{ ...office, week: Object.fromEntries(DAYS.map((day) => [day, ["00:00-24:00"]])) }] }), ANA);
      await edited(by, ({ oncall: [nights] }) => ({ oncall: [{ ...nights, people: ["ana"] }] }), ANA, KNOWN);
      await edited(by, ({ oncall: [nights] }) => ({ oncall: [{ ...nights, people: ["joe"] }] }), phone, KNOWN);
      await edited(by, () => ({ groups: [{ id: "crew", people: ["joe"] }] }), phone);
    }
    if (process.env.HS_TIMES) console.log(times.map(Math.round), SLOW);
    times.sort((x, y) => x - y);
    assert.ok(times[Math.floor(times.length / 2)] < 1000 * SLOW, `median ${times[Math.floor(times.length / 2)]} ms`);
    for (const name of Object.keys(LUA)) await soon(() => text(one, name) === text(two, name), `the same ${name}`);
    const [first, second] = await Promise.all(users.map(async (who) => (await who.get(TEAM)).body));
    assert.deepEqual(first, second);
  });

  it("and someone who goes away isn't rung by either, until an admin ends it on the other", async () => {
    await edited(0, () => ({ groups: [{ id: "crew", people: ["ana"] }] }), ANA);
    for (const [here, there] of [[one, two], [two, one]]) {
      assert.equal((await user(here, "42").post("/api/twilio/away", { ends_at: Date.now() + 3_600_000 })).status, 200);
      const began = performance.now();
      for (const server of [one, two]) await soon(async () => (await answered(server)) === "", "away on both");
      assert.ok(performance.now() - began < 1000 * SLOW, `${performance.now() - began} ms`);
      assert.equal((await user(there, "boss").delete("/api/twilio/away/42")).status, 204);
      for (const server of [one, two]) await soon(async () => (await answered(server)) === ANA, "back on both");
    }
  });

  it("lose none of 20 edits that two people make on two hosts", async () => {
    const add = async (who, n) => {
      for (;;) {
        const { hash, groups } = (await who.get(TEAM)).body;
        const answer = await who.put(TEAM, { hash, groups: [...groups, { id: `g${n}`, people: ["joe"] }] });
        if (answer.status === 200) return;
        assert.equal(answer.status, 412, answer.text);
        assert.ok(!answer.body.error.details.current.groups.some(({ id }) => id === `g${n}`), "what is live on both is compared with");
      }
    };
    await Promise.all(users.map(async (who, i) => { for (let n = 0; n < 10; n++) await add(who, i * 10 + n); }));
    for (const who of users) {
      const names = await soon(async () => {
        const ids = (await who.get(TEAM)).body.groups.map(({ id }) => id);
        return ids.length === 21 && ids;
      }, "20 groups");
      assert.deepEqual(new Set(names), new Set(["crew", ...Array.from({ length: 20 }, (_, n) => `g${n}`)]));
    }
  });
});
