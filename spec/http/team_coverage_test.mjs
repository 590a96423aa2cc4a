// team_coverage_test.mjs: what a change of the team's files does to the coming days, told before it is saved: it is
// what GET /coverage says before the save and after it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";

const TEAM = "/api/twilio/team", DENVER = "America/Denver";
const JOE = "+13035550142", ANA = "+13035550177", SUE = "+13035550166";
const MONDAY = Date.parse("2026-12-07T07:00:00Z"), QUARTER = 900_000, DAYS = 14; // midnight in Denver
const RULES = `return {
  { "by day", when = function(call) return open("office", call.at) end, go = ring(group "crew", { seconds = 10 }) },
  { "at night", go = function(call) return ring(oncall("nights", call.at)):otherwise(voicemail(greeting "office")) end },
}
`;
const FILES = {
  "people.txt": `[joe]\nname: Joe Brown\nphone: ${JOE}\nuser: joe\n\n[ana]\nphone: ${ANA}, no confirm\n`,
  "groups.txt": "crew: joe, ana\n",
  "hours.txt": `[office]\nzone: ${DENVER}\ngreeting: We are closed.\nmon-fri: 08:00-17:00\n`,
  "oncall.txt": `[nights]\nzone: ${DENVER}\nevery: week\nfrom: 2026-11-30 08:00\npeople: joe, ana\n`,
};

let server, ana;
before(async () => {
  server = await startServer({ lua: { "forwarding.lua": RULES, ...FILES }, config: { rate_limits: "no", data_scope: "team", timezone: DENVER } });
  givenNumber(server.database, { user: "ana", phone: "+15105550100" });
  givenNumber(server.database, { user: "ana", phone: "+15105550101", timezone: "Europe/Berlin" });
  await server.settled();
  ana = user(server, "ana");
});
after(() => server?.stop());

const ok = ({ status, body, text }) => {
  assert.equal(status, 200, text);
  return body;
};
const live = async () => ok(await ana.get(`/api/twilio/coverage?at=${MONDAY}&days=${DAYS}`));
const tried = async (change, more) => ok(await ana.post(`${TEAM}/coverage`, { at: MONDAY, days: DAYS, ...change, ...more }));
const team = async () => ok(await ana.get(TEAM));

// By number and class of caller: where calls go in each quarter of an hour.
const WAY = ["words", "rule", "line", "source", "reaches", "gap", "error"];
const wayOf = (span) => (span ? WAY.map((field) => span[field]) : undefined);
const quarters = ({ from, to, numbers }, pick = (span) => span) => numbers.flatMap(({ classes }) => classes.map(({ spans }) => {
  const list = [];
  for (let at = from; at < to; at += QUARTER) list.push(wayOf(pick(spans.find((span) => span.from <= at && span.to > at))));
  return list;
}));
// The marked times of unknown callers to the first number: "Sat 09:00-12:00" in Denver.
const text = (at) => new Intl.DateTimeFormat("en-US", { timeZone: DENVER, weekday: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
const marked = ({ numbers }) => numbers[0].classes[0].spans.filter((span) => span.before)
  .map((span) => `${text(span.from)} - ${text(span.to)}: ${span.before.words} => ${span.words}`);

const CREW = `ring user:joe ${JOE} ${ANA} 10 s > voicemail`, ALL = CREW.replace(ANA, `${ANA} ${SUE}`);
const JOES = `ring user:joe ${JOE} 20 s > voicemail`, ANAS = `ring ${ANA} 20 s > voicemail`;
const others = (list, id) => list.filter((one) => one.id !== id);
const one = (list, id) => list.find((entry) => entry.id === id);
const CHANGES = {
  "a longer day": [({ hours: [office] }) => ({ hours: [{ ...office, week: { ...office.week, sat: ["09:00-12:00"] } }] }),
    [`12 Sat, 09:00 - 12 Sat, 12:00: ${ANAS} => ${CREW}`, `19 Sat, 09:00 - 19 Sat, 12:00: ${JOES} => ${CREW}`]],
  "a special day": [({ hours: [office] }) => ({ hours: [{ ...office, dates: [{ date: "2026-12-11", ranges: [] }] }] }),
    [`11 Fri, 08:00 - 11 Fri, 17:00: ${CREW} => ${ANAS}`]],
  "another colleague": [({ people, groups: [crew] }) => ({ people: [...people, { id: "sue", phones: [{ number: SUE }] }], groups: [{ ...crew, people: ["joe", "ana", "sue"] }] }),
    ["7 Mon", "8 Tue", "9 Wed", "10 Thu", "11 Fri", "14 Mon", "15 Tue", "16 Wed", "17 Thu", "18 Fri"]
      .map((day) => `${day}, 08:00 - ${day}, 17:00: ${CREW} => ${ALL}`)],
  "a colleague less": [({ people, oncall: [nights] }) => ({ people: others(people, "joe"), groups: [{ id: "crew", people: ["ana"] }], oncall: [{ ...nights, people: ["ana"] }] }),
    null],
  "a swap": [({ oncall: [nights] }) => ({ oncall: [{ ...nights, swaps: [{ date: "2026-12-09", person: "joe" }] }] }),
    [`9 Wed, 17:00 - 10 Thu, 08:00: ${ANAS} => ${JOES}`]],
  "an absence": [({ people }) => ({ people: [...others(people, "joe"), { ...one(people, "joe"), away: { from: "2026-12-08 12:00", to: "2026-12-09 12:00", zone: DENVER } }] }),
    ["8 Tue, 12:00 - 8 Tue, 17:00", "9 Wed, 08:00 - 9 Wed, 12:00"].map((time) => `${time}: ${CREW} => ring ${ANA} 10 s > voicemail`)],
};

describe("a change of the team before it is saved", () => {
  for (const [name, [change, expected]] of Object.entries(CHANGES)) {
    it(`${name}: shows the times that go elsewhere, before and after`, async () => {
      const all = await team();
      const body = change(all);
      const [was, shown] = [await live(), await tried(body)];
      if (expected) assert.deepEqual(marked(shown), expected);
      assert.ok(marked(shown).length > 0);
      ok(await ana.put(TEAM, { ...body, hash: all.hash }));
      const is = await live();
      assert.deepEqual(quarters(shown), quarters(is));
      const [then, now] = [quarters(was), quarters(is)];
      const changed = then.map((list, n) => list.map((way, k) => (way[0] === now[n][k][0] ? undefined : way)));
      assert.deepEqual(quarters(shown, (span) => span.before), changed);
      const { people, groups, hours, oncall } = all;
      ok(await ana.put(TEAM, { people, groups, hours, oncall, hash: (await team()).hash }));
      assert.deepEqual((await live()).numbers, was.numbers);
    });
  }

  it("counts a plan that only sounds different", async () => {
    const { people } = await team();
    const shown = await tried({ people: people.map((person) => ({ ...person, phones: person.phones.map(({ number }) => ({ number, confirm: true })) })) });
    const spans = shown.numbers[0].classes[0].spans.filter((span) => span.before);
    assert.ok(spans.length > 0);
    for (const span of spans) assert.equal(span.words, span.before.words); // the words don't say who presses 1
  });

  it("marks nothing when nothing changes, and leaves a browser out that is away", async () => {
    assert.deepEqual(marked(await tried({})), []);
    const { people } = await team();
    const at = Date.now(), hour = 3_600_000;
    ok(await user(server, "joe").post("/api/twilio/away", { ends_at: at + 2 * hour }));
    await server.settled();
    // Joe's other phone is his, too, as soon as the change is live.
    const another = people.map((person) => (person.id === "joe" ? { ...person, phones: [...person.phones, { number: SUE }] } : person));
    // A week, for at a weekend Ana may be the only one on call.
    const shown = await tried({ people: another }, { at, days: 7 });
    const [first, ...later] = shown.numbers[0].classes[0].spans;
    assert.ok(!first.words.includes(SUE) && !first.before, first.words);
    assert.ok(later.some((span) => span.words.includes(SUE)));
    ok(await user(server, "joe").post("/api/twilio/away", { ends_at: null }));
  });

  it("refuses what a save refuses, and other numbers than one's own", async () => {
    const place = async (change) => {
      const { status, body } = await ana.post(`${TEAM}/coverage`, change);
      return [status, body.error.details.file, body.error.details.line];
    };
    assert.deepEqual(await place({ groups: [] }), [422, "forwarding.lua", 2]);
    assert.deepEqual(await place({ people: [{ id: "joe", phones: [{ number: "12" }] }] }), [422, "people.txt", 2]);
    assert.equal((await ana.post(`${TEAM}/coverage`, { phone_number_id: 99 })).status, 404);
    assert.equal((await ana.post(`${TEAM}/coverage`, { step: 7 })).status, 422);
    assert.deepEqual((await tried({}, { limit: 1 })).numbers.length, 1);
  });
});
