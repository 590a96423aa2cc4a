// forwarding_test.mjs: forwarding settings over the API, and that the next call
// uses what was just set.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

const PATH = "/api/call-forwarding";
let server;
let ana;
let ben;
let phone;
let number; // ana's
let count = 0;

before(async () => { server = await startServer({ rules: "return {}\n" }); });
after(() => server?.stop());
beforeEach(() => {
  count += 1;
  ana = user(server, `ana${count}`);
  ben = user(server, `ben${count}`);
  phone = `+1510555${String(1000 + count)}`;
  number = givenNumber(server.database, { phone, user: ana.id });
  return server.settled();
});

const rule = (more = {}) => ({ phone_number_id: number, forward_to_number: "+13035550142", forwarding_type: "always", ring_timeout: 20, ...more });
const made = async (more) => (await ana.post(PATH, rule(more))).body;
const ring = (to = phone) => ok(server.post("/api/twilio/twiml", inbound("+14155550199", to)));

describe("create", () => {
  it("takes the seed's example, its fictional number with a warning", async () => {
    const { status, body } = await ana.post(PATH, { phone_number_id: number, forward_to_number: "+15551234567", forwarding_type: "always", ring_timeout: 20 });
    assert.equal(status, 201);
    assert.deepEqual([body.phone_number_id, body.forward_to_number, body.forwarding_type, body.ring_timeout, body.is_active, body.user_id],
      [number, "+15551234567", "always", 20, true, ana.id]);
    assert.match(body.warnings[0], /cannot be reached/);
  });

  it("fills in what is left out, and the next call uses it", async () => {
    assert.doesNotMatch(await ring(), /3035550142/);
    const { status, body } = await ana.post(PATH, { phone_number_id: number, forward_to_number: "+13035550142" });
    assert.equal(status, 201);
    assert.deepEqual([body.forwarding_type, body.ring_timeout, body.is_active], ["always", 20, true]);
    assert.match(await ring(), /<Number[^>]*>\+13035550142<\/Number>/);
  });

  it("takes no-answer for no_answer", async () => {
    assert.equal((await made({ forwarding_type: "no-answer" })).forwarding_type, "no_answer");
  });

  for (const [what, more, field] of [["a number that is none", { forward_to_number: "303-555" }, "forward_to_number"], ["911", { forward_to_number: "911" }, "forward_to_number"],
    ["+1911", { forward_to_number: "+19115550100" }, "forward_to_number"], ["an N11 area", { forward_to_number: "+14115550100" }, "forward_to_number"],
    ["a premium number", { forward_to_number: "+19005550142" }, "forward_to_number"], ["another country", { forward_to_number: "+442071234567" }, "forward_to_number"],
    ["satellite phones", { forward_to_number: "+881612345678" }, "forward_to_number"], ["4 seconds", { ring_timeout: 4 }, "ring_timeout"],
    ["601 seconds", { ring_timeout: 601 }, "ring_timeout"], ["half a second", { ring_timeout: 20.5 }, "ring_timeout"], ["an unknown type", { forwarding_type: "bussy" }, "forwarding_type"],
    ["an unknown field", { colour: "red" }, "colour"], ["an id that is none", { phone_number_id: "x" }, "phone_number_id"]]) {
    it(`refuses ${what}`, async () => {
      const { status, body } = await ana.post(PATH, rule(more));
      assert.equal(status, 422, JSON.stringify(body));
      assert.ok(body.error.fields[field]);
      assert.equal((await ana.get(PATH)).body.call_forwarding.length, 0);
    });
  }

  it("says every mistake at once", async () => {
    const { body } = await ana.post(PATH, { forward_to_number: "x", ring_timeout: 1, colour: 1 });
    assert.deepEqual(Object.keys(body.error.fields).sort(), ["colour", "forward_to_number", "phone_number_id", "ring_timeout"]);
  });

  it("refuses one of our own numbers: a loop", async () => {
    const { status, body } = await ana.post(PATH, rule({ forward_to_number: phone }));
    assert.equal(status, 422);
    assert.match(body.error.fields.forward_to_number, /your own numbers/);
  });

  it("refuses another user's number as unknown", async () => {
    assert.equal((await ben.post(PATH, rule())).status, 404);
    assert.equal((await ana.post(PATH, rule({ phone_number_id: 999999 }))).status, 404);
  });

  it("refuses a second active setting of one type, takes one that is switched off", async () => {
    await made();
    const second = await ana.post(PATH, rule({ forward_to_number: "+13035550143" }));
    assert.deepEqual([second.status, second.body.error.code], [409, "already_active"]);
    assert.equal((await ana.post(PATH, rule({ forwarding_type: "busy" }))).status, 201);
    assert.equal((await ana.post(PATH, rule({ is_active: false }))).status, 201);
  });

  it("refuses what isn't a JSON object", async () => {
    for (const [text, status] of [["{", 400], ["[1]", 422], ["7", 400], ['{"ring_timeout":', 400]])
      assert.equal((await ana.post(PATH, text)).status, status, text);
    assert.equal((await ana.post(PATH, rule(), { headers: { "Content-Type": "text/plain" } })).status, 415);
  });
});

describe("list", () => {
  it("shows own settings with their number, all or of one number", async () => {
    await made();
    const other = givenNumber(server.database, { phone: `+1510556${1000 + count}`, user: ana.id, settings: { busy: "+13035550144" } });
    const all = (await ana.get(PATH)).body.call_forwarding;
    assert.deepEqual(all.map((r) => [r.phone_number_id, r.forwarding_type]), [[number, "always"], [other, "busy"]]);
    assert.equal(all[0].phone_number, phone);
    const some = (await ana.get(`${PATH}?phone_number_id=${other}`)).body.call_forwarding;
    assert.deepEqual(some.map((r) => r.phone_number_id), [other]);
    assert.deepEqual((await ben.get(PATH)).body.call_forwarding, []);
  });
});

describe("update", () => {
  it("changes what is given, and the next call uses it", async () => {
    const { id } = await made();
    const { status, body } = await ana.put(`${PATH}/${id}`, { forward_to_number: "+13035550199" });
    assert.equal(status, 200);
    assert.deepEqual([body.forward_to_number, body.ring_timeout, body.forwarding_type], ["+13035550199", 20, "always"]);
    assert.match(await ring(), /\+13035550199/);
  });

  it("takes a whole row back, and another number of ours", async () => {
    const first = await made();
    const other = givenNumber(server.database, { phone: `+1510557${1000 + count}`, user: ana.id });
    const { status, body } = await ana.put(`${PATH}/${first.id}`, rule({ phone_number_id: other, ring_timeout: 33, is_active: true }));
    assert.deepEqual([status, body.phone_number_id, body.ring_timeout], [200, other, 33]);
    assert.equal((await ana.put(`${PATH}/${first.id}`, { phone_number_id: 999999 })).status, 404);
  });

  it("makes the same checks", async () => {
    const { id } = await made();
    for (const more of [{ forward_to_number: "911" }, { forward_to_number: phone }, { ring_timeout: 1 }, { colour: 1 }])
      assert.equal((await ana.put(`${PATH}/${id}`, more)).status, 422);
    await made({ forwarding_type: "busy" });
    assert.equal((await ana.put(`${PATH}/${id}`, { forwarding_type: "busy" })).status, 409);
    assert.equal((await ana.get(PATH)).body.call_forwarding[0].forward_to_number, "+13035550142");
  });

  it("keeps another user's setting unknown", async () => {
    const { id } = await made();
    for (const answer of [await ben.put(`${PATH}/${id}`, { ring_timeout: 30 }), await ben.patch(`${PATH}/${id}/toggle`), await ben.delete(`${PATH}/${id}`),
      await ana.put(`${PATH}/999999`, { ring_timeout: 30 }), await ana.put(`${PATH}/x`, { ring_timeout: 30 })])
      assert.equal(answer.status, 404);
    assert.equal((await ana.get(PATH)).body.call_forwarding[0].ring_timeout, 20);
  });
});

describe("an end", () => {
  const SECOND = 1000, HOUR = 3_600_000;
  const soon = () => Math.floor(Date.now() / SECOND) * SECOND + HOUR;
  const way = async (at) => (await ana.post("/api/twilio/simulate", { phone_number_id: number, at })).body.plan_words;
  const now = async () => (await ana.get("/api/twilio/now")).body.numbers[0];

  it("holds to the second, in simulations, coverage, what happens now, calls and their replay", async () => {
    const ends_at = soon() + 7 * SECOND;
    const setting = await made({ ends_at: ends_at + 345 });
    assert.equal(setting.ends_at, ends_at);
    await made({ forwarding_type: "no_answer", forward_to_number: "+13035550143" });
    const [during, later] = [/^ring \+13035550142 20 s/, /^ring user:.* > ring \+13035550143 20 s/];
    assert.match(await way(ends_at - 1), during);
    assert.match(await way(ends_at), later);
    const { spans } = (await ana.get("/api/twilio/coverage?days=1")).body.numbers[0].classes[0];
    assert.deepEqual(spans.map(({ from, to }) => [from === ends_at, to === ends_at]), [[false, true], [true, false]]);
    assert.match(spans[0].words, during);
    assert.match(spans[1].words, later);
    const seen = await now();
    assert.equal(seen.setting.ends_at, ends_at);
    assert.match(seen.text, new RegExp(`^Forwarding set by ${ana.id} until .*: rings \\+13035550142 for 20 s`));
    assert.match(seen.unused[0].text, /"When nobody answers" doesn't apply until "Always" has ended/);

    assert.match(await ring(), /\+13035550142/);
    rows(server.database, `UPDATE call_forwarding SET ends_at = ${Math.floor(Date.now() / SECOND) * SECOND} WHERE id = ${setting.id}`);
    await server.settled();
    assert.doesNotMatch(await ring(), /\+13035550142/);
    assert.match((await now()).words, later);
    const { replayed, same } = (await ana.post("/api/twilio/replay", { since: "1h" })).body;
    assert.deepEqual([replayed, same], [2, 2]);
    const [list] = [(await ana.get(PATH)).body.call_forwarding];
    assert.deepEqual(list.map((row) => [row.forwarding_type, row.is_active, row.unused]), [["always", true, "ended"], ["no_answer", true, null]]);
  });

  it("that is over makes room for the next, and is not switched on again", async () => {
    const first = await made({ ends_at: soon() });
    assert.equal((await ana.post(PATH, rule())).status, 409);
    rows(server.database, `UPDATE call_forwarding SET ends_at = 1000 WHERE id = ${first.id}`);
    await server.settled();
    const second = await made();
    assert.equal(second.is_active, true);
    const old = (await ana.get(`${PATH}/${first.id}`)).body;
    assert.deepEqual([old.is_active, old.ends_at], [false, 1000]);
    const again = await ana.patch(`${PATH}/${first.id}/toggle`);
    assert.deepEqual([again.status, again.body.error.fields.ends_at], [422, "is already over"]);
  });

  it("is given, moved and taken away by itself", async () => {
    const { id } = await made();
    const at = soon();
    const put = async (body) => (await ana.put(`${PATH}/${id}`, body)).body;
    assert.deepEqual([(await put({ ends_at: new Date(at).toISOString() })).ends_at, (await put({ ring_timeout: 30 })).ends_at], [at, at]);
    assert.equal((await put({ ends_at: null })).ends_at, null);
    for (const ends_at of [Date.now() - HOUR, Date.now() - Date.now() % SECOND + 999, "yesterday", "", true])
      assert.equal((await ana.put(`${PATH}/${id}`, { ends_at })).status, 422, ends_at);
    assert.equal((await ana.post(PATH, rule({ forwarding_type: "busy", ends_at: 1 }))).body.error.fields.ends_at, "is already over");
  });
});

describe("for all numbers", () => {
  const C = "+13035550143", D = "+13035550144";
  let second;
  beforeEach(async () => {
    second = `+1510558${1000 + count}`;
    givenNumber(server.database, { phone: second, user: ana.id });
    givenNumber(server.database, { phone: `+1510559${1000 + count}`, user: ben.id });
    await server.settled();
  });
  const forAll = (more) => ana.post(PATH, rule({ phone_number_id: null, ...more }));
  const words = async () => (await ana.get("/api/twilio/now")).body.numbers.map((one) => one.words.match(/\+1303555\d+/)?.[0] ?? "none");
  const listed = async (query = "") => (await ana.get(PATH + query)).body.call_forwarding;

  it("applies to each of the user's numbers and to nobody else's: in calls, what happens now, simulations, coverage, replay and why", async () => {
    const { status, body } = await forAll();
    assert.deepEqual([status, body.phone_number_id, body.user_id, body.warnings.length], [201, null, ana.id, 1]); // a fictional number
    for (const to of [phone, second]) assert.match(await ring(to), /\+13035550142/, to);
    assert.doesNotMatch(await ring(`+1510559${1000 + count}`), /\+13035550142/);
    assert.deepEqual(await words(), ["+13035550142", "+13035550142"]);
    for (const { classes } of (await ana.get("/api/twilio/coverage?days=1")).body.numbers) assert.match(classes[0].spans[0].words, /^ring \+13035550142/);
    assert.match((await ana.post("/api/twilio/simulate", { phone_number_id: number })).body.plan_words, /^ring \+13035550142/);
    const { replayed, same } = (await ana.post("/api/twilio/replay", { since: "1h" })).body;
    assert.deepEqual([replayed, same], [2, 2]);
    const [call] = (await ana.get("/api/twilio/call-logs?limit=1")).body.call_logs;
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.call_sid}`)).body;
    assert.deepEqual([trace.inputs.settings.forwarding.always.id, trace.inputs.settings.forwarding.always.phone_number_id ?? null], [body.id, null]);
    for (const { forwarding } of (await ana.get("/api/twilio/my-numbers")).body.phone_numbers) assert.deepEqual(forwarding.map(({ id }) => id), [body.id]);
    assert.deepEqual((await listed()).map((row) => [row.phone_number_id, row.phone_number, row.unused]), [[null, null, null]]);
    assert.deepEqual((await listed(`?phone_number_id=${number}`)).map(({ id }) => id), [body.id]);
    assert.deepEqual((await ben.get(PATH)).body.call_forwarding, []);
    assert.equal((await ben.get(`${PATH}/${body.id}`)).status, 404);
  });

  it("gives way to a number's own one of its type, until that has ended, and says so", async () => {
    const all = (await forAll()).body;
    const ends_at = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
    const own = (await ana.post(PATH, rule({ forward_to_number: C, ends_at }))).body;
    assert.equal(own.warnings[1], `"Always" for all numbers doesn't apply to ${phone} until its own has ended.`);
    assert.deepEqual(await words(), [C, "+13035550142"]);
    const shown = async () => (await ana.get("/api/twilio/my-numbers")).body.phone_numbers.map((one) => one.forwarding.map(({ id }) => id).sort());
    assert.deepEqual(await shown(), [[own.id], [all.id]]);
    const way = async (at) => (await ana.post("/api/twilio/simulate", { phone_number_id: number, at })).body.plan_words;
    assert.match(await way(ends_at - 1), /^ring \+13035550143/);
    assert.match(await way(ends_at), /^ring \+13035550142/);
    const { spans } = (await ana.get("/api/twilio/coverage?days=1")).body.numbers[0].classes[0];
    assert.deepEqual(spans.map((span) => [span.words.slice(5, 17), span.to === ends_at]), [[C, true], ["+13035550142", false]]);
    assert.match(await ring(), /\+13035550143/);
    rows(server.database, `UPDATE call_forwarding SET ends_at = 1000 WHERE id = ${own.id}`);
    await server.settled();
    assert.match(await ring(), /\+13035550142/);
    assert.deepEqual(await shown(), [[all.id, own.id], [all.id]]);
    assert.equal((await ana.post("/api/twilio/replay", { since: "1h" })).body.same, 2);
    await ana.put(`${PATH}/${own.id}`, { ends_at: null });
    assert.equal((await listed()).find(({ id }) => id === all.id).unused, null); // the other number follows it
    assert.equal((await listed(`?phone_number_id=${number}`)).find(({ id }) => id === all.id).unused, "own");
    assert.deepEqual(await words(), [C, "+13035550142"]);
    // "Always" for all numbers comes before a number's "When busy", as its own would.
    const busy = (await ana.post(PATH, rule({ forwarding_type: "busy", phone_number_id: (await ana.get("/api/twilio/my-numbers")).body.phone_numbers[1].id }))).body;
    assert.match(busy.warnings.join(), /"When busy" never applies: "Always" sends every call to \+13035550142/);
  });

  it("says that an absence kept someone from ringing, and not who else is away", async () => {
    const ends_at = Math.floor(Date.now() / 1000) * 1000 + 3_600_000, AWAY = "/api/twilio/away";
    for (const who of [ana, ben]) assert.equal((await who.post(AWAY, { ends_at })).status, 200);
    await server.settled();
    await ring();
    await server.settled();
    const [call] = (await ana.get("/api/twilio/call-logs?limit=1")).body.call_logs;
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.call_sid}`)).body;
    assert.deepEqual([trace.away, trace.inputs.call.away], [[{ target: `user:${ana.id}`, ends_at }], undefined]);
    assert.equal((await ana.post("/api/twilio/replay", { since: "1h" })).body.same, 1); // for which the row has all
    for (const who of [ana, ben]) await who.post(AWAY, { ends_at: null });
  });

  it("is one of a type, is moved to a number and back, ends, and goes", async () => {
    const { id } = (await forAll()).body;
    const off = await forAll({ is_active: false });
    assert.equal(off.status, 201);
    // Made, moved or switched on, the second is refused in words about all numbers.
    const moved = (await ana.post(PATH, rule({ forward_to_number: D }))).body.id;
    for (const refused of [await forAll({ forward_to_number: D }), await ana.put(`${PATH}/${moved}`, { phone_number_id: null }),
      await ana.patch(`${PATH}/${off.body.id}/toggle`)]) {
      assert.deepEqual([refused.status, refused.body.error.code, refused.body.error.message],
        [409, "already_active_for_all", 'There is already an active "always" setting for all numbers; switch that one off first.']);
    }
    assert.equal((await ana.put(`${PATH}/${id}`, { phone_number_id: number })).body.error.code, "already_active");
    for (const gone of [moved, off.body.id]) assert.equal((await ana.delete(`${PATH}/${gone}`)).status, 204);
    assert.equal((await ana.put(`${PATH}/${id}`, { phone_number_id: number })).body.phone_number_id, number);
    assert.deepEqual(await words(), ["+13035550142", "none"]);
    assert.equal((await forAll({ forward_to_number: D })).status, 201);
    assert.deepEqual(await words(), ["+13035550142", D]);
    assert.equal((await ana.put(`${PATH}/${id}`, { phone_number_id: null })).status, 409);
    assert.equal((await ana.delete(`${PATH}/${(await listed()).find((row) => row.forward_to_number === D).id}`)).status, 204);
    const back = await ana.put(`${PATH}/${id}`, { phone_number_id: null, ends_at: Math.floor(Date.now() / 1000) * 1000 + 3_600_000 });
    assert.deepEqual([back.status, back.body.phone_number_id], [200, null]);
    assert.deepEqual(await words(), ["+13035550142", "+13035550142"]);
    rows(server.database, `UPDATE call_forwarding SET ends_at = 1000 WHERE id = ${id}`);
    await server.settled();
    assert.deepEqual([await words(), (await listed()).find((row) => row.id === id).unused], [["none", "none"], "ended"]);
    assert.equal((await forAll()).status, 201);
  });

  it("keeps one when two are made at once", async () => {
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([1, 2].map(() => forAll({ forwarding_type: "busy" })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
      await ana.delete(`${PATH}/${answers.find(({ status }) => status === 201).body.id}`);
    }
  });
});

describe("toggle", () => {
  it("flips without a body and sets with one", async () => {
    const { id } = await made();
    const toggle = async (body) => (await ana.patch(`${PATH}/${id}/toggle`, body)).body.is_active;
    assert.equal(await toggle(), false);
    assert.doesNotMatch(await ring(), /3035550142/);
    assert.equal(await toggle(), true);
    assert.match(await ring(), /3035550142/);
    assert.equal(await toggle({ is_active: false }), false);
    assert.equal(await toggle({ is_active: false }), false);
    assert.equal((await ana.patch(`${PATH}/${id}/toggle`, { is_active: "perhaps" })).status, 422);
  });

  it("refuses to switch on a second one, or one that is not allowed any more", async () => {
    const first = await made();
    const second = await made({ is_active: false });
    assert.equal((await ana.patch(`${PATH}/${second.id}/toggle`)).status, 409);
    await ana.patch(`${PATH}/${first.id}/toggle`);
    givenNumber(server.database, { phone: "+13035550142", user: "someone" });
    try {
      await server.settled();
      const refused = await ana.patch(`${PATH}/${second.id}/toggle`);
      assert.equal(refused.status, 422);
      assert.match(refused.body.error.fields.forward_to_number, /your own numbers/);
    } finally {
      rows(server.database, "DELETE FROM user_phone_numbers WHERE phone_number = '+13035550142'");
    }
  });
});

describe("delete", () => {
  it("is done once", async () => {
    const { id } = await made();
    assert.equal((await ana.delete(`${PATH}/${id}`)).status, 204);
    assert.equal((await ana.delete(`${PATH}/${id}`)).status, 404);
    assert.doesNotMatch(await ring(), /3035550142/);
  });
});

it("a team shares its settings", async () => {
  const team = await startServer({ config: { data_scope: "team" } });
  try {
    const shared = givenNumber(team.database, { phone: "+15105550188", user: "42" });
    await team.settled();
    const someone = user(team, "7");
    const { status, body } = await someone.post(PATH, { phone_number_id: shared, forward_to_number: "+13035550142" });
    assert.deepEqual([status, body.user_id], [201, "42"]);
    assert.equal((await user(team, "8").get(PATH)).body.call_forwarding.length, 1);
    // One for all numbers is one for the team's.
    const forAll = { phone_number_id: null, forward_to_number: "+13035550143", forwarding_type: "busy" };
    assert.deepEqual([(await someone.post(PATH, forAll)).body.user_id, (await user(team, "8").post(PATH, forAll)).status], ["7", 409]);
    const [{ forwarding }] = (await user(team, "42").get("/api/twilio/my-numbers")).body.phone_numbers;
    assert.deepEqual(forwarding.map((row) => [row.forwarding_type, row.phone_number_id]), [["busy", null], ["always", shared]]);
    await someone.delete(`${PATH}/${body.id}`);
    assert.match((await someone.get("/api/twilio/now")).body.numbers[0].plan.steps.map((step) => step.targets?.[0].phone).join(), /\+13035550143/);
  } finally {
    await team.stop();
  }
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));
