// maintain_test.mjs: what the server looks after by itself, and the same from
// cron: prices, purchases whose answer was lost, recordings past their days.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { insert, rows } from "../support/database.mjs";
import { SLOW, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const DAY = 86_400_000;
const MINUTE = 60_000;
let twilio;
let server; // does nothing by itself
let config;
const sid = (prefix) => prefix + randomBytes(16).toString("hex");

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ config: { ...twilio.config, maintenance_seconds: 0 } });
  config = { ...twilio.config, server_url: "https://phone.example.com", database: server.database, recording_days: 30 };
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});
beforeEach(() => twilio.reset());

// A leg that ended so many minutes ago, after a minute's talk; here it began to ring `rang` seconds before it was
// answered, and our clock was `ahead` of Twilio's.
function ended(minutesAgo, { rang = 8, ahead = 0, ...more } = {}) {
  const answered = Date.now() - minutesAgo * MINUTE - MINUTE;
  const call = twilio.call({ to: "+13035550142", made: answered - rang * 1000, answered, ended: answered + MINUTE });
  insert(server.database, "twilio_call_logs", { call_sid: call.sid, user_id: "42", status: "completed", status_rank: 4,
    started_at: answered - rang * 1000 + ahead, answered_at: answered + ahead, ended_at: answered + MINUTE + ahead, duration: 60, ...more });
  return call;
}
const row = (call) => rows(server.database, `SELECT price, price_unit, price_checked_at FROM twilio_call_logs WHERE call_sid = '${call.sid}'`)[0];
const maintain = () => commandJson(["maintain"], { config });

describe("prices", () => {
  it("are stored when Twilio has them, asked for again when it has not", async () => {
    const [priced, unpriced, young, old, busy] = [ended(10), ended(11), ended(0), ended(8 * 24 * 60), ended(10, { status: "busy" })];
    for (const call of [priced, young, old, busy]) call.price = "-0.00850";
    const { status, value } = await maintain();
    assert.equal(status, 0);
    assert.equal(value.prices.done, 1);
    assert.deepEqual([row(priced).price, row(priced).price_unit], ["-0.00850", "USD"]);
    assert.equal(row(unpriced).price, null);
    assert.ok(row(unpriced).price_checked_at);
    for (const call of [young, old, busy]) assert.deepEqual([row(call).price, row(call).price_checked_at], [null, null]);
    rows(server.database, `DELETE FROM twilio_call_logs WHERE call_sid = '${young.sid}'`); // it would be due in the midst of what follows
    assert.equal(twilio.seen("GET Calls").length, 1);
    unpriced.price = "-0.01";
    assert.equal((await maintain()).value.prices.done, 0);
    rows(server.database, `UPDATE twilio_call_logs SET price_checked_at = 1 WHERE call_sid = '${unpriced.sid}'`);
    assert.equal((await maintain()).value.prices.done, 1);
    assert.equal(row(unpriced).price, "-0.01");
    const stats = (await user(server, "42").get("/api/twilio/stats")).body;
    assert.ok(Math.abs(stats.cost - 0.0185) < 1e-9);
  });

  it("of calls days apart are asked for in spans", async () => {
    for (const minutes of [60, 61, 3000, 3001]) ended(minutes).price = "-0.02";
    assert.equal((await maintain()).value.prices.done, 4);
    assert.equal(twilio.seen("GET Calls").length, 2);
  });

  // What is said of times is a list's alone: none of it may keep a leg from its price.
  for (const datesOnly of [false, true])
    it(`find every leg, whatever it rang and whatever the clocks say${datesOnly ? ", and when a filter looks at dates alone" : ""}`, async (t) => {
      t.after(() => { twilio.datesOnly = false; });
      twilio.datesOnly = datesOnly;
      const legs = [];
      for (const rang of [0, 2, 8, 25, 120, 600])
        for (const ahead of [0, -4 * MINUTE, 4 * MINUTE, -30 * MINUTE, 30 * MINUTE]) legs.push(ended(100, { rang, ahead, parent_call_sid: "CAparent" }));
      legs.push(ended(200, { rang: 3, duration: null })); // the report did not say how long it was
      for (const leg of legs) leg.price = "-0.01400";
      await maintain();
      await maintain();
      assert.deepEqual(legs.filter((leg) => row(leg).price !== "-0.01400").map((leg) => leg.sid), []);
      assert.ok(twilio.seen("GET Calls").length < 60, `${twilio.seen("GET Calls").length} requests`);
    });

  it("are not asked for again where Twilio does not know the leg, nor while it says: too many", async () => {
    const gone = ended(50);
    twilio.calls.splice(twilio.calls.indexOf(gone), 1);
    await maintain();
    assert.ok(row(gone).price_checked_at > Date.now() + DAY);
    const call = ended(55);
    twilio.reset();
    for (let n = 0; n < 5; n++) twilio.once("GET Calls", { status: 429, headers: { "Retry-After": "90" }, body: { code: 20429, message: "Too many", status: 429 } });
    assert.equal((await maintain()).value.prices.error.code, "twilio:20429");
    assert.equal(twilio.seen("GET Calls").length, 1, "it is not asked before the time is over");
    assert.equal(row(call).price, null);
  });

  it("don't wait for a leg for which Twilio fails", async () => {
    const legs = Array.from({ length: 8 }, (_, n) => ended(400 + n)), [stuck, ...others] = legs;
    for (const leg of legs) Object.assign(leg, { price: "-0.04", start_time: null }); // so no list shows it
    for (let n = 0; n < 9; n++) twilio.once(`GET Calls/${stuck.sid}`, { status: 500, body: "" });
    for (let n = 0; n < 2; n++) await maintain();
    assert.deepEqual(others.map((leg) => row(leg).price), others.map(() => "-0.04"));
    assert.equal(row(stuck).price, null);
    assert.equal(twilio.seen(`GET Calls/${stuck.sid}`).length, 1);
  });

  it("come over pages", async () => {
    const legs = Array.from({ length: 7 }, (_, n) => ended(300 + n));
    for (const leg of legs) leg.price = "-0.03";
    twilio.pageMost = 3;
    await maintain();
    twilio.pageMost = Infinity;
    assert.deepEqual(legs.map((leg) => row(leg).price), legs.map(() => "-0.03"));
  });

  it("wait when Twilio does not answer", async () => {
    const call = ended(20);
    twilio.once("GET Calls", { status: 500, body: "" });
    const { status, value } = await maintain();
    assert.equal(status, 1);
    assert.equal(value.prices.error.code, "twilio:500");
    assert.equal(row(call).price_checked_at, null);
  });

  it("survive nonsense", async () => {
    const call = ended(25);
    twilio.once("GET Calls", { status: 200, body: { calls: [null, 7, { sid: 3 }, { sid: call.sid, price: {} }, { sid: call.sid, price: "free" }] } });
    assert.equal((await maintain()).status, 0);
    assert.equal(row(call).price, null);
  });
});

describe("recordings", () => {
  const given = (days, more = {}) => {
    const recording_sid = sid("RE");
    twilio.recordings.set(recording_sid, Buffer.from("x"));
    insert(server.database, "recordings", { recording_sid, call_sid: sid("CA"), user_id: "42", status: "completed", transcript: "secret", started_at: Date.now() - days * DAY, ...more });
    return recording_sid;
  };
  const stored = (recording) => rows(server.database, `SELECT status, transcript, deleted_at FROM recordings WHERE recording_sid = '${recording}'`)[0];

  it("past their days are deleted at both ends", async () => {
    const [old, older, young] = [given(31), given(400), given(29)];
    const { value } = await maintain();
    assert.equal(value.recordings.done, 2);
    for (const one of [old, older]) {
      assert.equal(twilio.recordings.has(one), false);
      assert.deepEqual([stored(one).status, stored(one).transcript], ["deleted", null]);
    }
    assert.ok(twilio.recordings.has(young));
    assert.equal(stored(young).deleted_at, null);
  });

  it("are kept when Twilio does not delete them, the others go on", async () => {
    const [stuck, other] = [given(500), given(40)];
    twilio.once(`DELETE Recordings/${stuck}`, { status: 409, body: { code: 20409, message: "in use", status: 409 } });
    assert.equal((await maintain()).value.recordings.done, 1);
    assert.equal(stored(stuck).deleted_at, null);
    assert.equal(stored(other).status, "deleted");
    assert.equal((await maintain()).value.recordings.done, 1);
  });

  it("are kept without a number of days", async () => {
    const old = given(5000);
    await commandJson(["maintain"], { config: { ...config, recording_days: 0 } });
    assert.equal(stored(old).deleted_at, null);
  });
});

describe("purchases", () => {
  it("whose answer was lost are adopted, or closed", async () => {
    const at = Date.now() - 5 * MINUTE;
    const bought = insert(server.database, "number_purchases", { user_id: "7", request: "x", phone_number: "+15105550171", created_at: at, busy_until: at, updated_at: at });
    const not = insert(server.database, "number_purchases", { user_id: "8", request: "x", phone_number: "+15105550172", created_at: at, busy_until: at, updated_at: at });
    const now = insert(server.database, "number_purchases", { user_id: "9", request: "x", phone_number: "+15105550173", created_at: at, busy_until: Date.now() + DAY, updated_at: at });
    twilio.own("+15105550171");
    assert.equal((await maintain()).value.purchases.done, 2);
    const states = rows(server.database, "SELECT id, state FROM number_purchases ORDER BY id");
    assert.deepEqual(states, [{ id: bought, state: "bought" }, { id: not, state: "failed" }, { id: now, state: "pending" }]);
    const [number] = (await user(server, "7").get("/api/twilio/my-numbers")).body.phone_numbers;
    assert.equal(number.phone_number, "+15105550171");
    assert.equal([...twilio.numbers.values()][0].voice_url, "https://phone.example.com/api/twilio/twiml");
    assert.equal((await maintain()).value.purchases.done, 0);
  });

  it("don't wait for one that can't be looked up", async () => {
    const at = Date.now() - 5 * MINUTE, phones = ["+15105550174", "+15105550175"];
    for (const [i, phone] of phones.entries())
      insert(server.database, "number_purchases", { user_id: `1${i}`, request: "x", phone_number: phone, created_at: at, busy_until: at, updated_at: at });
    for (let n = 0; n < 2; n++) {
      twilio.once("GET IncomingPhoneNumbers", { status: 500, body: "" });
      assert.equal((await maintain()).status, 1);
    }
    assert.deepEqual(twilio.seen("GET IncomingPhoneNumbers").map(({ query }) => query.PhoneNumber), phones);
    assert.equal((await maintain()).value.purchases.done, 2);
  });
});

describe("a job that raises", () => {
  it("doesn't hold up the others, and has its turn again", async (t) => {
    const busy = await startServer({ config: { ...twilio.config, maintenance_seconds: 1, recording_days: 1 } });
    t.after(() => busy.stop());
    const rename = (from, to) => rows(busy.database, `ALTER TABLE ${from} RENAME TO ${to}`);
    rename("number_purchases", "purchases_away");
    const recording_sid = sid("RE"), at = Date.now() - 5 * MINUTE;
    insert(busy.database, "recordings", { recording_sid, call_sid: sid("CA"), status: "completed", started_at: Date.now() - 3 * DAY });
    insert(busy.database, "purchases_away", { user_id: "7", request: "x", phone_number: "+15105550176", created_at: at, busy_until: at, updated_at: at });
    await waitUntil(() => rows(busy.database, `SELECT status FROM recordings WHERE recording_sid = '${recording_sid}'`)[0].status === "deleted", 15_000);
    assert.match(busy.logs("maintenance_postponed").find(({ job }) => job === "purchases").message, /number_purchases/);
    rename("purchases_away", "number_purchases");
    const command = await commandJson(["maintain"], { config: { ...config, database: busy.database } });
    assert.equal(command.value.purchases.done, 1);
  });
});

describe("the server", () => {
  it("does it by itself, and ends in time", async () => {
    const busy = await startServer({ config: { ...twilio.config, maintenance_seconds: 1, recording_days: 1 } });
    try {
      const recording_sid = sid("RE");
      insert(busy.database, "recordings", { recording_sid, call_sid: sid("CA"), status: "completed", started_at: Date.now() - 3 * DAY });
      await waitUntil(() => rows(busy.database, `SELECT status FROM recordings WHERE recording_sid = '${recording_sid}'`)[0].status === "deleted", 8000);
      assert.equal(busy.logs("maintenance_failed").length, 0);
      const line = await busy.logged("maintained");
      assert.deepEqual([line.job, line.count], ["recordings", 1]);
    } finally {
      const began = Date.now();
      await busy.stop();
      assert.ok(Date.now() - began < 5000 * SLOW);
    }
  });

  it("ends although Twilio is silent", async (t) => {
    const slow = await startServer({ config: { ...twilio.config, maintenance_seconds: 1, recording_days: 1, twilio_timeout_ms: 3000 } });
    t.after(() => slow.stop());
    twilio.once("DELETE Recordings", { hang: true });
    insert(slow.database, "recordings", { recording_sid: sid("RE"), call_sid: sid("CA"), status: "completed", started_at: Date.now() - 3 * DAY });
    await waitUntil(() => twilio.seen("DELETE Recordings").length > 0, 8000);
    const began = Date.now();
    await slow.stop();
    assert.ok(Date.now() - began < 6000 * SLOW);
  });

  it("says nothing when there is no account", async (t) => {
    const bare = await startServer({ config: { twilio_auth_token: null, maintenance_seconds: 1, recording_days: 1 } });
    t.after(() => bare.stop());
    insert(bare.database, "recordings", { recording_sid: sid("RE"), call_sid: sid("CA"), status: "completed", started_at: Date.now() - 3 * DAY });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.deepEqual(bare.logs().filter((line) => /^maint/.test(line.event)), []);
  });
});

it("the command has help and text for people", async () => {
  const help = await command(["maintain", "--help"], { config });
  assert.equal(help.status, 0);
  assert.match(help.out, /usage: hookswitch maintain/);
  const text = await command(["maintain"], { config });
  assert.equal(text.status, 0);
  assert.equal(text.out, "Nothing was due.\n");
  for (const about of ["1", "2"])
    insert(server.database, "audit", { at: Date.now() - 731 * DAY, author: "ana", author_kind: "user", kind: "contact", action: "add", about });
  assert.equal((await command(["maintain"], { config })).out, "Audit entries deleted: 2\n");
  assert.equal((await command(["maintain", "--colour"], { config })).status, 2);
});
