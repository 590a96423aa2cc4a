// team_test.mjs: people, groups, hours and rotas over HTTP: the files that they are, what is refused on which
// side, and edits of two people at once.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const TEAM = "/api/twilio/team", NUMBER = "+15105550100";
const JOE = "+13035550142", ANA = "+13035550177", SUE = "+13035550166";
const RULES = `return {
  { "by day", when = function(call) return open("office", call.at) end, go = ring(group "crew", { seconds = 10 }) },
  { "at night", go = function(call) return ring(oncall("nights", call.at)):otherwise(voicemail(greeting "office")) end },
}
`;
const PEOPLE = `# who is here
[joe]
name: Joe Brown
phone: (303) 555-0142    # his desk

[ana]
phone: ${ANA}, no confirm
`;
const FILES = {
  "people.txt": PEOPLE,
  "groups.txt": "crew: joe, ana  # everybody\n",
  "hours.txt": "[office]\nzone: America/Denver\ngreeting: We are closed.\n\n# the week\nmon-fri: 8am-5pm\nholidays: Colorado\n",
  "oncall.txt": "[nights]\nzone: America/Denver\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, ana\n",
};

let server, ana, bob;
const file = (name) => path.join(server.lua, name);
const onDisk = (name) => readFileSync(file(name), "utf8");
const get = async () => (await ana.get(TEAM)).body;
async function put(body, who = ana) {
  const answer = await who.put(TEAM, { hash: (await get()).hash, ...body });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

before(async () => {
  server = await startServer({ lua: { "forwarding.lua": RULES, ...FILES }, config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team" } });
  givenNumber(server.database, { user: "ana", phone: NUMBER });
  await server.settled();
  [ana, bob] = ["ana", "bob"].map((id) => user(server, id, { role: "editor" }));
});
after(() => server?.stop());

describe("the team over HTTP", () => {
  it("is what the files say", async () => {
    const team = await get();
    assert.deepEqual(team.errors, []);
    assert.deepEqual(team.people, [
      { id: "joe", name: "Joe Brown", user: null, phones: [{ number: JOE, confirm: true }], has_pin: false, away: null },
      { id: "ana", name: null, user: null, phones: [{ number: ANA, confirm: false }], has_pin: false, away: null },
    ]);
    assert.deepEqual(team.groups, [{ id: "crew", people: ["joe", "ana"] }]);
    const [office] = team.hours;
    assert.deepEqual([office.week.mon, office.week.sun, office.greeting, office.holidays],
      [["08:00-17:00"], [], "We are closed.", { place: "US-CO", except: [] }]);
    assert.deepEqual(team.oncall[0].people, ["joe", "ana"]);
    const [{ id, zone, next }] = team.turns;
    assert.deepEqual([id, zone, next.length], ["nights", "America/Denver", 6]);
    assert.deepEqual(next.map(({ person }) => person).sort(), ["ana", "ana", "ana", "joe", "joe", "joe"]);
    assert.ok(next[0].starts_at <= Date.now() && Date.now() < next[0].ends_at);
    for (const [i, turn] of next.entries()) {
      assert.match(turn.to, / 08:00$/);
      if (i) assert.deepEqual([turn.starts_at, turn.from], [next[i - 1].ends_at, next[i - 1].to]);
    }
  });

  it("is also in files that an editor saved in UTF-16, which a change saves in UTF-8", async () => {
    for (const bytes of [Buffer.from(`\ufeff${PEOPLE}`, "utf16le"), Buffer.from(`\ufeff${PEOPLE}`, "utf16le").swap16()]) {
      writeFileSync(file("people.txt"), bytes);
      const { people, errors } = await get();
      assert.deepEqual([errors, people.map(({ id }) => id)], [[], ["joe", "ana"]]);
      const saved = await put({ people: [{ ...people[0], name: "Joe B." }, people[1]] });
      assert.deepEqual(saved.people.map(({ name }) => name), ["Joe B.", null]);
      assert.equal(onDisk("people.txt"), PEOPLE.replace("Joe Brown", "Joe B."));
    }
    await put({ people: (await get()).people.map((one) => (one.id === "joe" ? { ...one, name: "Joe Brown" } : one)) });
    assert.equal(onDisk("people.txt"), PEOPLE);
  });

  it("is saved as it is without touching a byte, and makes no version", async () => {
    const { people, groups, hours, oncall } = await get();
    await put({ people, groups, hours, oncall });
    for (const [name, text] of Object.entries(FILES)) assert.equal(onDisk(name), text);
  });

  it("changes the lines concerned, is a version with author and note, and the next call follows it", async () => {
    const { people, groups } = await get();
    people.push({ id: "sue", name: "Sue", phones: [{ number: SUE }] });
    groups[0].people.push("sue");
    const saved = await put({ people, groups, note: "Sue joins" });
    assert.deepEqual(saved.people.map(({ id }) => id), ["joe", "ana", "sue"]);
    assert.equal(onDisk("people.txt"), `${PEOPLE}\n[sue]\nname: Sue\nphone: ${SUE}\n`);
    assert.equal(onDisk("groups.txt"), "crew: joe, ana, sue  # everybody\n");
    const { versions } = (await ana.get("/api/twilio/rules/versions")).body;
    assert.deepEqual([versions[0].changed, versions[0].author, versions[0].note, versions[0].live],
      [["groups.txt", "people.txt"], "ana", "Sue joins", true]);
    const { hours } = await get();
    for (const day of Object.keys(hours[0].week)) hours[0].week[day] = ["00:00-24:00"];
    delete hours[0].holidays;
    await put({ hours });
    assert.match(onDisk("hours.txt"), /# the week\nmon-fri: 24h\nsat,sun: 24h\n$/);
    assert.deepEqual(rung(twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER)))).sort(),
      [JOE, SUE, ANA].sort());
  });

  it("is not rung while away, and is rung again afterwards", async () => {
    const { people } = await get();
    const away = (to) => people.map((one) => (one.id === "joe" ? { ...one, away: { to, zone: "America/Denver" } } : one));
    const ringing = async () => rung(twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER)))).sort();
    assert.equal((await put({ people: away("2031-12-01 08:00") })).people[0].away.to, "2031-12-01 08:00");
    assert.match(onDisk("people.txt"), /# his desk\naway: until 2031-12-01 08:00 America\/Denver\n/);
    assert.deepEqual(await ringing(), [SUE, ANA].sort());
    await put({ people: away("2021-12-01 08:00") });
    assert.deepEqual(await ringing(), [JOE, SUE, ANA].sort());
    await put({ people });
    assert.doesNotMatch(onDisk("people.txt"), /away/);
  });

  it("leaves out whoever said so: browser and phones, in calls, what happens now, coverage, simulation, replay and why; it ends by itself", async () => {
    const AWAY = "/api/twilio/away", SECOND = 1000;
    const { people } = await get();
    // Ana's browser, and Joe's phone, which Sue has too.
    const users = { joe: "joe", ana: "ana", sue: "sue" };
    await put({ people: people.map((one) => ({ ...one, user: users[one.id] })) });
    const [joe, anna, sue] = Object.keys(users).map((id) => user(server, id, { role: "agent" }));
    const ringing = async () => {
      const call = inbound("+14155550123", NUMBER);
      return { call, list: rung(twiml(await server.post("/api/twilio/twiml", call))).filter((one) => one.startsWith("+")).sort() };
    };
    const end = Math.floor(Date.now() / SECOND) * SECOND + 3_600_000;
    assert.deepEqual((await joe.get(AWAY)).body, { user_id: "joe", ends_at: null });
    const gone = await joe.post(AWAY, { ends_at: end + 345 });
    assert.deepEqual([gone.status, gone.body], [200, { user_id: "joe", ends_at: end }], gone.text);
    await server.settled();
    const { call, list } = await ringing();
    assert.deepEqual(list, [ANA, SUE].sort());
    const seen = async () => (await ana.get("/api/twilio/now")).body.numbers[0];
    const { rings, text } = await seen();
    assert.deepEqual(rings.filter(({ state }) => state === "away").map(({ target, ends_at }) => [target, ends_at]).sort(), [[JOE, end], ["user:joe", end]].sort());
    assert.match(text, / Joe Brown is away until /);
    const { people: reachable } = (await joe.get("/api/twilio/presence")).body;
    assert.equal(reachable.find(({ user_id }) => user_id === "joe").away_until, end);
    const way = async (at) => (await ana.post("/api/twilio/simulate", { to: NUMBER, at })).body;
    const during = await way(end - 1);
    assert.equal(during.plan_words.includes(JOE), false);
    assert.deepEqual(during.not_rung.filter(({ code }) => code === "away").map(({ target, ends_at }) => [target, ends_at]).sort(), [[JOE, end], ["user:joe", end]].sort());
    assert.match((await way(end)).plan_words, /\+13035550142/);
    const { spans } = (await ana.get("/api/twilio/coverage?days=1")).body.numbers[0].classes[0];
    assert.deepEqual(spans.map(({ words, to }) => [words.includes(JOE), to === end]), [[false, true], [true, false]]);

    await server.settled();
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.CallSid}`)).body;
    assert.deepEqual(trace.away, [{ target: JOE, ends_at: end }, { target: "user:joe", ends_at: end }]);
    const why = await command(["why", call.CallSid], { config: { lua: server.lua, database: server.database } });
    assert.match(why.out, /^ {2}away +\+13035550142, user:joe$/m, why.out);

    // A phone of two people isn't rung while both are away.
    await put({ people: people.map((one) => ({ ...one, user: users[one.id], phones: one.id === "ana" ? [...one.phones, { number: JOE }] : one.phones })) });
    assert.ok((await ringing()).list.includes(JOE));
    assert.deepEqual((await seen()).rings.find(({ target }) => target === JOE)?.state, "rings");
    await anna.post(AWAY, { ends_at: end });
    await server.settled();
    assert.deepEqual((await ringing()).list, [SUE]);
    await sue.post(AWAY, { ends_at: end });
    await server.settled();
    const none = twiml(await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER)));
    assert.deepEqual(rung(none), []); // callers go on as if nobody had answered
    assert.deepEqual((await anna.post(AWAY, { ends_at: null })).body.ends_at, null);

    // An admin ends another's.
    const boss = user(server, "boss", { role: "admin" });
    assert.equal((await anna.delete(`${AWAY}/sue`)).status, 403);
    const { user_id, ends_at: told } = (await anna.get(`${AWAY}/sue`)).body;
    assert.deepEqual([user_id, told], ["sue", end]);
    assert.ok((await boss.get("/api/twilio/presence")).body.people.some((one) => one.user_id === "sue")); // no account, no browser
    assert.deepEqual([(await boss.delete(`${AWAY}/sue`)).status, (await boss.delete(`${AWAY}/sue`)).status], [204, 404]);
    await server.settled();
    assert.ok((await ringing()).list.includes(SUE));
    assert.equal((await sue.get(AWAY)).body.ends_at, null);

    rows(server.database, `UPDATE away SET ends_at = ${Math.floor(Date.now() / SECOND) * SECOND}`);
    await put({ people: people.map((one) => ({ ...one, user: users[one.id] })) });
    await server.settled();
    assert.deepEqual((await ringing()).list, [JOE, SUE, ANA].sort());
    assert.equal((await joe.get(AWAY)).body.ends_at, null);
    const { replayed, same } = (await ana.post("/api/twilio/replay", { since: "1h" })).body;
    assert.ok(replayed > 4);
    assert.ok(same >= 2, `${same} of ${replayed}`); // the others came under another people.txt

    for (const [ends_at, words] of [[Date.now() - 1, "is already over"], [Date.now() + 400 * 86_400_000, "must be within a year"], ["soon", /./], [undefined, /./], [true, /./]]) {
      const refused = await joe.post(AWAY, { ends_at });
      assert.equal(refused.status, 422, String(ends_at));
      assert.match(refused.body.error.fields.ends_at, new RegExp(words));
    }
    const { entries } = (await boss.get("/api/audit?kind=away")).body;
    assert.deepEqual(entries.map(({ action, author, about }) => [action, author, about]),
      [["end", "boss", "sue"], ["end", "ana", "ana"], ["add", "sue", "sue"], ["add", "ana", "ana"], ["add", "joe", "joe"]]);
    await put({ people });
  });

  it("is refused with file, line, entry and field, all at once", async () => {
    const { hash, people, oncall } = await get();
    people[0].phones = [{ number: "12" }];
    people[1].phones = [];
    const answer = await ana.put(TEAM, { hash, people, oncall: [{ ...oncall[0], people: ["joe", "anna"] }] });
    assert.equal(answer.status, 422, answer.text);
    const { errors } = answer.body.error.details;
    assert.deepEqual(errors.map(({ file: name, entry, field }) => [name, entry, field]),
      [["people.txt", "joe", "phone"], ["people.txt", "ana", null], ["oncall.txt", "nights", "people"]]);
    assert.match(errors[0].message, /isn't a phone number/);
    assert.match(errors[2].message, /"anna" isn't a person or group \(did you mean "ana"\?\)/);
    assert.equal(onDisk("people.txt").includes("12\n"), false);
  });

  it("has names of one line, whose characters hide or turn nothing", async () => {
    const { hash, people, hours } = await get();
    for (const [what, edit] of Object.entries({ people: people.map((one, i) => (i ? one : { ...one, name: "Joe\u202enworB" })),
      hours: [{ ...hours[0], greeting: "Closed\u2028now" }], groups: [{ id: "cr\u2066ew", people: ["joe"] }] })) {
      const answer = await ana.put(TEAM, { hash, [what]: edit });
      assert.equal(answer.status, 422, answer.text);
      assert.match(answer.text, /control_characters/);
    }
  });

  it("takes each entry once, and only dates as dates", async () => {
    const { hash, people, groups, hours, oncall } = await get(), before = Object.keys(FILES).map(onDisk);
    const dated = (date) => ({ hours: [{ ...hours[0], greeting: null, dates: [{ date, ranges: [] }] }] });
    const swapped = (date) => ({ oncall: [{ ...oncall[0], swaps: [{ date, person: "ana" }] }] });
    const twice = Object.entries({ people, groups, hours, oncall }).map(([kind, list]) => ({ [kind]: [...list, list[0]] }));
    for (const body of [...twice, ...["sun", "Mon-Fri", "sat, sun", "greeting", "zone", "Closed"].map(dated), ...["otherwise", "people", "fri"].map(swapped)]) {
      for (const answer of [await ana.put(TEAM, { hash, ...body }), await ana.post(`${TEAM}/check`, body)]) {
        assert.equal(answer.status, 422, answer.text);
        assert.match(answer.body.error.fields[Object.keys(body)[0]], /is there twice|must be a date such as 12-25/);
      }
    }
    assert.deepEqual(Object.keys(FILES).map(onDisk), before);
    for (const body of [dated("easter"), dated("last mon may"), swapped("12-24..01-02")]) {
      const { status, body: { ok } } = await ana.post(`${TEAM}/check`, body);
      assert.deepEqual([status, ok], [200, true]);
    }
  });

  it("keeps who and what a rule names: the refusal names the rule and its line", async () => {
    const { hash, oncall } = await get();
    for (const [body, line, name] of [
      [{ groups: [] }, 2, "by day"], [{ oncall: [] }, 3, "at night"], [{ hours: [] }, 2, "by day"],
    ]) {
      const answer = await ana.put(TEAM, { hash, ...body });
      assert.equal(answer.status, 422, answer.text);
      assert.deepEqual([answer.body.error.details.file, answer.body.error.details.line], ["forwarding.lua", line]);
      assert.match(answer.body.error.message, new RegExp(`rule "${name}"`));
    }
    const gone = await ana.put(TEAM, { hash, people: [{ id: "joe", phones: [{ number: JOE }] }], oncall });
    assert.equal(gone.status, 422);
    assert.deepEqual(new Set(gone.body.error.details.errors.map((error) => error.file)), new Set(["groups.txt", "oncall.txt"]));
    const check = await ana.post(`${TEAM}/check`, { groups: [] });
    assert.deepEqual([check.body.ok, check.body.error.line], [false, 2]);
    const rules = await ana.put("/api/twilio/rules", {
      hash: (await ana.get("/api/twilio/rules")).body.hash, source: 'return { { "all", go = ring(person "jo") } }\n',
    });
    assert.equal(rules.status, 422);
    assert.match(rules.text, /people.txt has no person \\"jo\\" \(did you mean \\"joe\\"\?\)/);
  });

  it("loses nothing when three people make 30 edits at once, and a hand edits the file in between", async () => {
    const add = async (who, n) => {
      for (;;) {
        const { hash, groups } = (await who.get(TEAM)).body;
        // Whoever is told that a hand has changed the file meanwhile finds there what the hand left of their own edit.
        if (groups.some(({ id }) => id === `g${n}`)) return;
        groups.push({ id: `g${n}`, people: ["joe"] });
        const answer = await who.put(TEAM, { hash, groups });
        if (answer.status === 200) return;
        assert.equal(answer.status, 412, answer.text);
        assert.ok(answer.body.error.details.current.groups);
      }
    };
    const all = async (who, from) => { for (let n = from; n < from + 10; n++) await add(who, n); };
    let hands = 0;
    const byHand = async () => {
      for (; hands < 4; await sleep(1000)) appendFileSync(file("groups.txt"), `# by hand\nh${hands++}: ana   # me, too\n`);
    };
    const eve = user(server, "eve", { role: "editor" });
    await Promise.all([byHand(), all(ana, 0), all(bob, 10), all(eve, 20)]);
    const names = (letter, length) => Array.from({ length }, (_, n) => `${letter}${n}`);
    const wanted = ["crew", ...names("g", 30), ...names("h", hands)];
    const missing = () => wanted.filter((id) => !onDisk("groups.txt").match(new RegExp(`^${id}:`, "m")));
    await waitUntil(async () => (await get()).groups.length === wanted.length, 5000, () => `all of them, ${missing().join()},`);
    assert.deepEqual(new Set((await get()).groups.map(({ id }) => id)), new Set(wanted));
    assert.equal(onDisk("groups.txt").match(/^# by hand$/gm).length, hands);
    assert.equal(onDisk("groups.txt").match(/ # me, too$/gm).length, hands);
  });

  it("is named where a call is explained", async () => {
    const run = (...more) => command(["simulate", "--from", "+14155550123", "--at", "2026-11-10 10:00", ...more], { config: { lua: server.lua } });
    const { out } = await run();
    assert.match(out, /^open: office$/m);
    assert.match(out, /^on call: nights, joe until Mon 16 Nov 08:00 America\/Denver$/m);
    const call = inbound("+14155550123", NUMBER);
    await server.post("/api/twilio/twiml", call);
    await server.settled();
    const why = await command(["why", call.CallSid], { config: { lua: server.lua, database: server.database } });
    assert.match(why.out, /^ {2}team +open: office$/m, why.err);
  });

  it("names holidays by place and year", async () => {
    const { places } = (await ana.get("/api/twilio/holidays")).body;
    assert.ok(places.some(({ code, name }) => code === "US-CO" && name === "United States, Colorado"));
    const { holidays } = (await ana.get("/api/twilio/holidays/US-CO?year=2026")).body;
    assert.deepEqual(holidays.find(({ name }) => name === "Independence Day").days, ["2026-07-03", "2026-07-04"]);
    assert.equal((await ana.get("/api/twilio/holidays/XX")).status, 404);
  });
});

describe("a data file on disk", () => {
  it("is refused with its line where it is wrong, and the last good one stays", async () => {
    const before = onDisk("people.txt");
    writeFileSync(file("people.txt"), before.replace("phone: (303)", "phon: (303)"));
    await waitUntil(async () => (await ana.get("/api/twilio/rules")).body.error, "the file is refused");
    const { error } = (await ana.get("/api/twilio/rules")).body;
    assert.deepEqual([error.file, error.line], ["people.txt", 4]);
    assert.match(error.message, /did you mean "phone"/);
    assert.equal((await get()).errors[0].line, 4);
    const refused = await ana.put(TEAM, { hash: (await get()).hash, groups: [] });
    assert.equal(refused.status, 422);
    const checked = await command(["check"], { config: { lua: server.lua } });
    assert.match(checked.err, /people\.txt:4: joe, phon: .*did you mean "phone"/);
    const { value } = await commandJson(["check"], { config: { lua: server.lua } });
    assert.deepEqual([value.errors[0].line, path.basename(value.errors[0].file)], [4, "people.txt"]);
    writeFileSync(file("people.txt"), before);
    await waitUntil(async () => !(await ana.get("/api/twilio/rules")).body.error, "it is live again");
  });
});
