// book_test.mjs: contacts and the blocklist, overrides, alerts; and that calls
// heed them at once.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";

let server;
let ana;
let ben;
let phone;
let number;
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

let calls = 0;
async function ring(from = "+14155550123") {
  const answer = await server.post("/api/twilio/twiml", { CallSid: `CA${String(++calls).padStart(32, "0")}`, From: from, To: phone,
    CallStatus: "ringing", Direction: "inbound", AccountSid: "AC" });
  assert.equal(answer.status, 200);
  return answer.body;
}

describe("contacts", () => {
  const PATH = "/api/twilio/contacts";

  it("are made, changed field by field, listed and deleted", async () => {
    const made = await ana.post(PATH, { number: "+14155550123", name: "Grace", tags: ["vip"] });
    assert.equal(made.status, 201);
    assert.deepEqual([made.body.name, made.body.tags, made.body.blocked], ["Grace", ["vip"], false]);
    const changed = await ana.post(PATH, { number: "+14155550123", tags: [] });
    assert.equal(changed.status, 200);
    assert.deepEqual([changed.body.id, changed.body.name, changed.body.tags], [made.body.id, "Grace", []]);
    assert.deepEqual((await ana.get(PATH)).body.contacts.map((c) => c.id), [made.body.id]);
    assert.deepEqual((await ana.get(`${PATH}?number=%2B14155550999`)).body.contacts, []);
    assert.deepEqual((await ben.get(PATH)).body.contacts, []);
    assert.equal((await ben.delete(`${PATH}/${made.body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${made.body.id}`)).status, 204);
    assert.equal((await ana.delete(`${PATH}/${made.body.id}`)).status, 404);
  });

  it("come in pages", async () => {
    for (let n = 0; n < 5; n++) await ana.post(PATH, { number: `+1415555010${n}` });
    const seen = [];
    for (let after_ = 0; after_ !== null;) {
      const { body } = await ana.get(`${PATH}?limit=2&after=${after_}`);
      seen.push(...body.contacts.map((c) => c.number));
      after_ = body.next;
    }
    assert.equal(seen.length, 5);
    assert.equal(new Set(seen).size, 5);
  });

  for (const [body, field] of [[{ name: "x" }, "number"], [{ number: "12" }, "number"], [{ number: "+14155550123", tags: "vip" }, "tags"],
    [{ number: "+14155550123", tags: [1] }, "tags"], [{ number: "+14155550123", blocked: "no idea" }, "blocked"], [{ number: "+14155550123", colour: 1 }, "colour"],
    [{ number: "+14155550123", name: "x".repeat(101) }, "name"]])
    it(`refuse ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const answer = await ana.post(PATH, body);
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field]);
    });
});

describe("the blocklist", () => {
  const PATH = "/api/twilio/blocklist";

  it("turns callers away from the next call on, until they are unblocked", async () => {
    assert.doesNotMatch(await ring(), /<Reject/);
    const { status, body } = await ana.post(PATH, { number: "+14155550123" });
    assert.equal(status, 201);
    assert.match(await ring(), /<Reject/);
    assert.doesNotMatch(await ring("+14155550124"), /<Reject/);
    assert.deepEqual((await ana.get(PATH)).body.blocklist.map((c) => c.number), ["+14155550123"]);
    assert.equal((await ben.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 404);
    assert.doesNotMatch(await ring(), /<Reject/);
    assert.deepEqual((await ana.get(PATH)).body.blocklist, []);
    assert.equal((await ana.get("/api/twilio/contacts")).body.contacts.length, 1);
  });

  it("keeps the name of a contact", async () => {
    await ana.post("/api/twilio/contacts", { number: "+14155550123", name: "Grace" });
    const { status, body } = await ana.post(PATH, { number: "+14155550123" });
    assert.deepEqual([status, body.name, body.blocked], [200, "Grace", true]);
  });
});

describe("overrides", () => {
  const PATH = "/api/twilio/overrides";
  const later = (ms = 3_600_000) => new Date(Date.now() + ms).toISOString();

  it("send all calls elsewhere until they end", async () => {
    const { status, body } = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), note: "lunch" });
    assert.equal(status, 201);
    assert.deepEqual([body.in_force, body.note, body.user_id], [true, "lunch", ana.id]);
    assert.match(await ring(), /\+13035550142/);
    assert.equal((await ana.get(PATH)).body.overrides.length, 1);
    assert.deepEqual((await ben.get(PATH)).body.overrides, []);
    assert.equal((await ben.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.doesNotMatch(await ring(), /\+13035550142/);
    assert.deepEqual((await ana.get(PATH)).body.overrides, []);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM overrides WHERE id = ${body.id}`)[0].n, 1);
  });

  it("may begin later, and hold for one number only", async () => {
    const other = givenNumber(server.database, { phone: `+1510558${1000 + count}`, user: ana.id });
    await server.settled();
    await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), phone_number_id: other });
    const { body } = await ana.post(PATH, { forward_to_number: "+13035550143", starts_at: later(1_800_000), ends_at: later() });
    assert.equal(body.in_force, false);
    assert.doesNotMatch(await ring(), /\+1303555014[23]/);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM overrides WHERE id = ${body.id}`)[0].n, 0);
  });

  it("stay in force, however many later ones are over", async () => {
    const kept = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later() });
    for (let n = 0; n < 101; n++)
      insert(server.database, "overrides", { user_id: ana.id, forward_to_number: "+13035550143", starts_at: n, ends_at: n + 1 });
    await server.settled();
    assert.match(await ring(), /\+13035550142/);
    assert.equal((await ana.delete(`${PATH}/${kept.body.id}`)).status, 204);
  });

  for (const [what, more, field] of [["one that is over", { ends_at: "2020-01-01" }, "ends_at"], ["one that ends before it begins", { starts_at: later(7_200_000) }, "ends_at"],
    ["one of 32 days", { ends_at: later(32 * 86_400_000) }, "ends_at"], ["911", { forward_to_number: "911" }, "forward_to_number"], ["a premium number", { forward_to_number: "+19005550142" }, "forward_to_number"],
    ["a time that is none", { ends_at: "noon" }, "ends_at"], ["an unknown field", { until: "x" }, "until"]])
    it(`refuse ${what}`, async () => {
      const answer = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), ...more });
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field], answer.text);
    });

  it("refuse our own number and another user's", async () => {
    assert.equal((await ana.post(PATH, { forward_to_number: phone, ends_at: later() })).status, 422);
    assert.equal((await ben.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), phone_number_id: number })).status, 404);
  });
});

describe("alerts", () => {
  const PATH = "/api/twilio/alerts";

  it("are seen by whom they concern, and closed", async () => {
    const alert = (user_id, subject) => insert(server.database, "alerts", { user_id, kind: "bad_target", subject, first_at: 1, last_at: Date.now() });
    const mine = alert(ana.id, `mine${count}`);
    const everybody = alert("", `all${count}`);
    alert(ben.id, `ben${count}`);
    const seen = async (who, query = "") => (await who.get(PATH + query)).body.alerts.map((a) => a.subject).filter((s) => s.endsWith(count));
    assert.deepEqual((await seen(ana)).sort(), [`all${count}`, `mine${count}`]);
    assert.equal((await ben.post(`${PATH}/${mine}/close`)).status, 404);
    const closed = await ana.post(`${PATH}/${mine}/close`);
    assert.equal(closed.status, 200);
    assert.ok(closed.body.closed_at);
    assert.equal((await ana.post(`${PATH}/${mine}/close`)).status, 404);
    assert.deepEqual(await seen(ana), [`all${count}`]);
    assert.deepEqual((await seen(ana, "?state=all")).sort(), [`all${count}`, `mine${count}`]);
    assert.equal((await ana.post(`${PATH}/${everybody}/close`)).status, 200);
    assert.equal((await ana.get(`${PATH}?state=x`)).status, 422);
  });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));
