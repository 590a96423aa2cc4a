// now_test.mjs: what happens to a call now, by /now, against a call that is simulated at that moment: for random
// teams, settings, overrides, absences and browsers.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { generator } from "../support/random.mjs";
import { startServer, waitUntil } from "../support/server.mjs";

// TEAMS=200 looks at more; a run of the suite takes a part.
const TEAMS = Number(process.env.TEAMS ?? 15);
const HOUR = 3600e3, DAY = 24 * HOUR;
const PHONES = Array.from({ length: 6 }, (_, i) => `+1303555014${i}`), PREMIUM = "+19005550142";
const NAMES = ["joe", "ana", "sue"], ZONES = ["UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"];
const RULES = `return {
  { "hold", when = function(call) return open("hold", call.at) end, go = say("One moment."):otherwise(ring(group "crew", { seconds = 5 })) },
  { "by day", when = function(call) return open("office", call.at) end,
    go = ring(group "crew", { seconds = 5 }):on("busy", voicemail()):otherwise(ring(person "sue", { seconds = 5 })) },
  { "in turn", when = function(call) return open("turns", call.at) end, go = ring(group "crew", { order = "round_robin", seconds = 5 }) },
  { "the owner", when = function(call) return open("owner", call.at) and call.line.online end, go = function(call) return ring(call.owner, { seconds = 5 }) end },
  { "menu", when = function(call) return open("menu", call.at) end, go = menu("Press 1.", { ["1"] = ring(person "joe", { seconds = 5 }) }) },
  { "on call", when = function(call) return open("nights", call.at) end,
    go = function(call) return ring(oncall("nights", call.at), { seconds = 5 }):otherwise(voicemail(greeting "office")) end },
  { "shut", when = function(call) return open("shut", call.at) end, go = reject("busy") },
}
`;
const HOURS = ["hold", "office", "turns", "owner", "menu", "nights", "shut"];

const below = generator(20261130);
const pick = (list) => list[below(list.length)];
const chance = (of) => below(of) === 0;
const two = (n) => String(n).padStart(2, "0");
// What the clocks of a zone show at a moment.
const wall = (ms, zone) => new Date(ms).toLocaleString("sv-SE", { timeZone: zone }).slice(0, 16);

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
function ranges() {
  if (chance(2)) return [];
  const from = below(12), to = 12 + below(12);
  return [`${two(from)}:00-${two(to)}:${pick(["00", "30"])}`];
}
const hoursOf = (id) => ({ id, zone: pick(ZONES), greeting: chance(2) ? "We are closed." : null,
  week: Object.fromEntries(DAYS.map((day) => [day, id === "nights" ? ["00:00-24:00"] : id === "hold" && !chance(4) ? [] : ranges()]).concat(
    chance(9) ? [] : [["mon", ["00:00-00:30"]]])),
  dates: chance(4) ? [{ date: wall(Date.now(), "UTC").slice(0, 10), ranges: ranges() }] : [], holidays: chance(3) ? { place: "US-CO", except: [] } : null });
function absence() {
  const zone = pick(ZONES), from = Date.now() + (below(5) - 3) * DAY, to = Date.now() + (below(4) - 1) * DAY + HOUR;
  // As a clock that is set back shows them, too.
  return from < to && wall(from, zone) < wall(to, zone) ? { from: chance(2) ? wall(from, zone) : null, to: wall(to, zone), zone } : { from: null, to: wall(to, zone), zone };
}
const personOf = (id, i) => ({ id, name: chance(2) ? `${id} Brown` : null, user: ["42", "43", null][i], away: chance(3) ? absence() : null,
  phones: [PHONES[i], ...(chance(3) ? [PHONES[i + 3]] : [])].map((number, k) => ({ number, confirm: id === "ana" && k === 0 && chance(2) })) });
const team = () => ({
  people: NAMES.map(personOf), groups: [{ id: "crew", people: NAMES.filter(() => !chance(3)).concat("sue").filter((name, i, all) => all.indexOf(name) === i) }],
  hours: HOURS.map(hoursOf), oncall: [{ id: "nights", zone: pick(ZONES), every: pick(["day", "week", "3 days"]), from: "2026-01-05 08:00",
    people: pick([["joe"], ["joe", "ana"], ["ana", "crew", "joe"]]), swaps: chance(3) ? [{ date: wall(Date.now(), "UTC").slice(0, 10), person: "sue" }] : [] }],
});

describe("what happens now", () => {
  let server, ana, numbers;
  const KINDS = { plain: {}, off: { is_active: 0 }, far: { timezone: "Asia/Kathmandu" }, set: {} };

  before(async () => {
    const calm = team();
    server = await startServer({ config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team", rules_confirm: "off", maintenance_seconds: 0, workers: 4 },
      lua: { "forwarding.lua": RULES, "people.txt": NAMES.map((id, i) => `[${id}]\nphone: ${PHONES[i]}\n`).join("\n"), "groups.txt": "crew: joe, ana, sue\n",
        "hours.txt": HOURS.map((id) => `[${id}]\nzone: UTC\nmon-sun: 24h\n`).join("\n"),
        "oncall.txt": `[nights]\nzone: UTC\nevery: week\nfrom: ${calm.oncall[0].from}\npeople: joe\n` } });
    numbers = Object.entries(KINDS).map(([, more], i) => ({ phone: `+1510555010${i}`, id: givenNumber(server.database, { phone: `+1510555010${i}`, user: "42", ...more }) }));
    await server.settled();
    ana = user(server, "42", { role: "admin" });
  });
  after(() => server?.stop());

  // Settings, overrides and browsers of every kind, written where the server finds them.
  async function shuffle() {
    const now = Date.now(), target = () => pick([...PHONES, PREMIUM]);
    const values = ["always", "busy", "no_answer"].filter(() => chance(3)).map((type) => `('42', ${chance(3) ? "NULL" : pick(numbers).id}, '${target()}', '${type}', 20, 1, ${chance(2) ? "NULL" : now + (below(3) - 1) * DAY + HOUR})`);
    rows(server.database, `DELETE FROM call_forwarding; DELETE FROM presence; DELETE FROM overrides;
      ${values.length ? `INSERT INTO call_forwarding (user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout, is_active, ends_at) VALUES ${values};` : ""}
      ${chance(4) ? `INSERT INTO overrides (user_id, phone_number_id, forward_to_number, ring_timeout, starts_at, ends_at, note, created_at)
        VALUES ('42', ${chance(2) ? "NULL" : pick(numbers).id}, '${pick([PHONES[0], "voicemail", "user:43", `${PHONES[1]} user:42`])}', 20, ${now - HOUR}, ${now + (below(3) - 1) * DAY + 2 * HOUR}, '', ${now});` : ""}`);
    for (const id of ["42", "43"]) if (chance(2)) givenOnline(server.database, id);
    await server.settled();
  }

  it("is what a simulated call meets at that moment: who decides, what is done, who rings and who doesn't", async () => {
    const seen = new Set();
    for (let n = 0; n < TEAMS; n++) {
      const { body: before } = await ana.get("/api/twilio/team"), made = team();
      const saved = await waitUntil(async () => { // a busy machine may take more than a trial's time
        const got = await ana.put("/api/twilio/team", { hash: before.hash, accept: true, ...made });
        return (got.status === 200 || !/time budget|busy/.test(got.text)) && got;
      }, 30_000, "a save");
      assert.equal(saved.status, 200, `${saved.text} ${JSON.stringify(made)}`);
      await shuffle();
      let list, answers, minute;
      do { // the same minute for all
        minute = Math.floor(Date.now() / 60e3);
        ({ body: { numbers: list } } = await ana.get("/api/twilio/now"));
        answers = [];
        for (const { phone } of numbers) answers.push(await ana.post("/api/twilio/simulate", { to: phone, from: "+14155550123", at: Date.now(),
          answers: Array(12).fill("no-answer") }));
      } while (Math.floor(Date.now() / 60e3) !== minute);
      for (const [i, { phone }] of numbers.entries()) {
        const played = answers[i], now = list.find((one) => one.phone_number === phone);
        const what = JSON.stringify({ n, phone, text: now.text, rings: now.rings, decision: played.body.decision, words: played.body.plan_words, legs: played.body.legs, not_rung: played.body.not_rung });
        assert.equal(played.status, 200, played.text);
        const named = Object.fromEntries(made.people.map(({ user: id, id: name, name: words }) => [`user:${id}`, words ?? name]));
        for (const { target, name } of now.rings) assert.equal(name, named[target] ?? name, what);
        const { decision, plan_words: words, legs, not_rung: left } = played.body;
        assert.deepEqual([now.source, now.rule ?? undefined, now.line ?? undefined], [decision.source, decision.rule ?? undefined, decision.line ?? undefined], what);
        assert.equal(now.words, words, what);
        seen.add(now.source).add(now.rule);
        const ringing = now.rings.filter(({ state }) => state === "rings").map(({ target }) => target).sort();
        assert.deepEqual(ringing, [...new Set(legs.filter(({ status }) => status !== "failed").map(({ target }) => target.replace("client:user_", "user:")))].sort(), what);
        const spans = (list) => [...new Set(list.map(({ target, ends_at: at }) => `${target} ${at}`))].sort();
        assert.deepEqual(spans(now.rings.filter(({ state }) => state === "away")), spans(left.filter(({ code }) => code === "away")), what);
      }
    }
    assert.ok(seen.size > 5, String([...seen]));
  });
});
