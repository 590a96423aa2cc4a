// dates_test.mjs: dates and times in queries. A date is a whole day of the reader's zone, in summer and winter, the
// days on which clocks change included; what can't be a date is refused.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DateTime } from "luxon";
import { user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";

const HOME = "America/Denver";
const ZONES = [HOME, "UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca",
  "Asia/Kathmandu", "America/Santiago"];
const DAYS = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-11-01", "2026-10-25", "2026-09-06", "2026-12-31", "2028-02-29"];
const LOG = "/api/twilio/call-logs", STATS = "/api/twilio/stats";

let server, ana;
const pairs = ZONES.flatMap((zone) => DAYS.map((day) => ({ zone, day })));
before(async () => {
  server = await startServer({ rules: "return {}", config: { timezone: HOME } });
  ana = user(server, "42");
  const id = givenNumber(server.database);
  const values = pairs.flatMap(({ zone, day }, pair) => {
    const from = DateTime.fromISO(day, { zone }).startOf("day"), to = DateTime.fromISO(day, { zone }).plus({ days: 1 }).startOf("day");
    return [from - 1000, +from, to - 1000, +to].map((at, place) => `('CA${String(pair * 4 + place).padStart(32, "0")}', '42', ${id}, 'inbound',
      '${numberOf(pair)}', '+15105550100', 'completed', ${at}, ${at + 500}, 0)`);
  });
  rows(server.database, `INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at, ended_at,
    duration) VALUES ${values.join(", ")}`);
  await server.settled();
});
after(() => server?.stop());

const numberOf = (pair) => `+1415555${1000 + pair}`;
const sids = async (pair, query) => {
  const { status, body, text } = await ana.get(`${LOG}?number=${numberOf(pair)}&${query}`);
  assert.equal(status, 200, text);
  return body.call_logs.map((call) => Number(call.call_sid.slice(2)) - pair * 4).sort();
};

describe("a date in a query", () => {
  it("is the whole day of the zone that is named", async () => {
    for (const [pair, { zone, day }] of pairs.entries())
      assert.deepEqual(await sids(pair, `start_date=${day}&end_date=${day}&zone=${zone}`), [1, 2], `${day} ${zone}`);
  });

  it("is a day of the configured zone when none is named", async () => {
    for (const [pair, { zone, day }] of pairs.entries())
      if (zone === HOME) assert.deepEqual(await sids(pair, `start_date=${day}&end_date=${day}`), [1, 2], day);
  });

  it("and a time without an offset go by the same clock", async () => {
    for (const [pair, { zone, day }] of pairs.entries()) {
      const from = DateTime.fromISO(day, { zone }).startOf("day");
      if (from.hour !== 0) continue; // midnight is skipped
      assert.deepEqual(await sids(pair, `start_date=${day}T00:00&end_date=${day}%2024:00:00&zone=${zone}`), [1, 2], `${day} ${zone}`);
    }
  });

  it("that ends an override or a replay includes its day", async () => {
    const day = DateTime.now().setZone(HOME).plus({ days: 3 });
    const made = await ana.post("/api/twilio/overrides", { forward_to_number: "+13035550142", ends_at: day.toISODate() });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.ends_at, +day.plus({ days: 1 }).startOf("day"));
    const today = DateTime.now().setZone(HOME).toISODate();
    const replayed = await ana.post("/api/twilio/replay", { since: today, until: today });
    assert.equal(replayed.status, 200, replayed.text);
  });

  it("is counted in statistics under that day alone", async () => {
    for (const day of DAYS) {
      const { body } = await ana.get(`${STATS}?from=${day}&to=${day}&by=day&zone=${HOME}`);
      assert.deepEqual(body.days.filter(({ calls }) => calls > 0).map(({ date }) => date), [day]);
      assert.deepEqual((await ana.get(`${STATS}?from=${day}&to=${day}&by=day`)).body.days, body.days);
    }
  });

  it("that names its offset counts as written, a plus that nobody escaped too", async () => {
    const [pair] = [...pairs.entries()].find(([, { zone, day }]) => zone === "Europe/Berlin" && day === "2026-12-31");
    for (const plus of ["%2B", "+", "%20"])
      for (const offset of ["01:00", "0100"])
        assert.deepEqual(await sids(pair, `start_date=2026-12-31T00:00:00${plus}${offset}&end_date=2027-01-01T00:00:00${plus}${offset}`), [1, 2]);
    assert.deepEqual(await sids(pair, "start_date=2026-12-30t23:00:00z&end_date=2026-12-31T18:00:00-05:00&zone=Asia/Kolkata"), [1, 2]);
  });

  it("can't end a span before its beginning; one that ends where it begins is empty", async () => {
    for (const [target, from, to] of [[LOG, "start_date", "end_date"], ["/api/twilio/recordings", "start_date", "end_date"], [STATS, "from", "to"],
      ["/api/twilio/leaks", "from", "to"]])
      for (const [first, last, zone] of [["2026-11-02", "2026-11-01"], ["2026-11-01T10:00", "2026-11-01T09:59"], ["1793512800001", "1793512800000"],
        ["2026-11-01T10:00:00Z", "2026-11-01T10:00:00+01:00"], ["2026-11-01T00:00Z", "2026-10-31", "Asia/Kolkata"]]) {
        const { status, body } = await ana.get(`${target}?${from}=${first}&${to}=${last}${zone ? `&zone=${zone}` : ""}`);
        const known = zone && !/log|stats/.test(target); // the others have no zone
        assert.equal(status, 422, `${target} ${first}`);
        if (!known) assert.deepEqual(body.error.reasons, { [to]: { code: "not_before", values: { field: from } } });
      }
    for (const day of ["2026-11-01T10:00", "1793512800000"])
      assert.deepEqual((await ana.get(`${LOG}?start_date=${day}&end_date=${day}`)).body.call_logs, []);
  });

  it("is of a zone whose plus nobody escaped, too", async () => {
    for (const zone of ["Etc/GMT+5", "Etc/GMT%2B5"]) {
      const { body } = await ana.get(`${STATS}?from=2026-11-01&to=2026-11-01&by=day&zone=${zone}`);
      assert.deepEqual([body.from, body.to, body.zone], [Date.UTC(2026, 10, 1, 5), Date.UTC(2026, 10, 2, 5), "Etc/GMT+5"]);
    }
  });

  it("is refused if there is no such day, or if it may be seconds or a date without hyphens", async () => {
    for (const text of ["2026-02-29", "2026-13-01", "2026-1-1", "11/01/2026", "20261101", "19991231", "1793512800", "99999999999", "2026-11-01T25:00", "2026-11-01T10:60",
      "2026-11-01T10:00+1:00", "2026-11-01T10:00%20MST", "today", ""])
      for (const target of [`${LOG}?start_date=${text}`, `${LOG}?end_date=${text}`, `${STATS}?from=${text}`, `/api/twilio/recordings?start_date=${text}`]) {
        const { status, body } = await ana.get(target);
        assert.equal(status, 422, target);
        assert.match(Object.values(body.error.fields)[0], /such as 2026-11-22/);
      }
    for (const text of ["0", "2000", "20261301", "1793512800000", "-86400000"]) assert.equal((await ana.get(`${LOG}?start_date=${text}`)).status, 200);
  });
});
