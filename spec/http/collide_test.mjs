// collide_test.mjs: writes that meet: whatever two people change at once, both
// changes stand. The fields are those of the API's description: a new one that
// has no values here fails.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { commandJson } from "../support/command.mjs";
import { givenNumber, insert, rowsMeanwhile } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { request, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const ROUNDS = 6;
const NUMBERS = "/api/twilio/my-numbers", SETTINGS = "/api/call-forwarding", CONTACTS = "/api/twilio/contacts", NOTES = "/api/twilio/notes";
const TARGETS = ["+13035550142", "+13035550177"];
const document = describeApi();
let twilio;
let server;
let ana;
let made = 0;

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ rules: "return {}\n", config: { ...twilio.config, server_url: "https://phone.example.com", rate_limits: "no" } });
  ana = user(server, "ana");
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

async function expect(status, answer) {
  const got = await answer;
  assert.equal(got.status, status, got.text);
  return got.body;
}

// A number that Twilio knows, too.
async function newNumber() {
  const phone = `+1510555${1000 + made++}`;
  const { sid } = twilio.own(phone);
  const id = givenNumber(server.database, { phone, user: ana.id, twilio_sid: sid, friendly_name: phone });
  await server.settled();
  return { id, phone, sid };
}

const setting = (number, more = {}) => ({ phone_number_id: number.id, forward_to_number: TARGETS[0], ...more });

// Two values for each field that a PUT takes.
const KINDS = [
  { name: "number", path: NUMBERS,
    async make() { return expect(200, ana.get(`${NUMBERS}/${(await newNumber()).id}`)); },
    values: () => ({ friendly_name: ["Front desk", "Back office"], is_active: [false, true], timezone: ["America/Denver", null],
      voicemail_greeting: ["Hello.", null], recording: ["on", "ask"], recording_announcement: ["Recorded.", null] }) },
  { name: "setting", path: SETTINGS,
    async make() { return expect(201, ana.post(SETTINGS, setting(await newNumber()))); },
    async values(row) {
      return { phone_number_id: [(await newNumber()).id, row.phone_number_id], forward_to_number: [TARGETS[1], TARGETS[0]],
        forwarding_type: ["busy", "no_answer"], ring_timeout: [30, 45], is_active: [false, true],
        ends_at: [Math.ceil(Date.now() / 1000) * 1000 + 3_600_000, null] };
    },
    more: { toggle: (row, value) => ana.patch(`${SETTINGS}/${row.id}/toggle`, { is_active: value }) } },
  { name: "contact", path: CONTACTS,
    make: () => expect(201, ana.post(CONTACTS, { number: `+1415555${1000 + made++}`, name: "Grace" })),
    values: () => ({ name: ["Ada", ""], tags: [["vip"], []], blocked: [true, false] }),
    more: { blocklist: (row, value) => (value ? ana.post("/api/twilio/blocklist", { number: row.number }) : ana.delete(`/api/twilio/blocklist/${row.id}`)) } },
  { name: "note", path: NOTES,
    make: () => expect(201, ana.post(NOTES, { number: `+1415555${1000 + made++}`, text: "Asked for a quote." })),
    values: () => ({ text: ["Wants it by Friday.", "Called back."] }) },
];
const SWITCHES = { toggle: ["is_active"], blocklist: ["blocked"] };

// The fields that a PUT takes, under the names that a row has.
function fieldsOf(put) {
  const { schema } = put.operation.requestBody.content["application/json"];
  const row = document.components.schemas[put.operation.responses["200"].content["application/json"].schema.$ref.split("/").pop()];
  return Object.keys(schema.properties).filter((name) => row.properties[name]);
}

// Files, not rows: rules_test.mjs, team_test.mjs.
const RULES = new Set(["/api/twilio/rules", "/api/twilio/rules/draft", "/api/twilio/team"]);
const puts = operations(document).filter(({ method, path }) => method === "PUT" && !RULES.has(path));

describe("two changes at once", () => {
  it("are tried for every row that can be changed", () => {
    assert.deepEqual(puts.map((put) => put.path).sort(), KINDS.map((kind) => `${kind.path}/{id}`).sort());
  });

  for (const kind of KINDS) {
    const put = puts.find(({ path }) => path === `${kind.path}/{id}`);
    const fields = fieldsOf(put);
    // { field, by }: a field written by the PUT or by another operation.
    const writers = [...fields.map((field) => ({ field, by: "put" })),
      ...Object.keys(kind.more ?? {}).flatMap((by) => SWITCHES[by].map((field) => ({ field, by })))];
    const send = (row, { field, by }, value) => (by === "put" ? ana.put(`${kind.path}/${row.id}`, { [field]: value })
      : kind.more[by](row, value, field));
    const pairs = writers.flatMap((one, at) => writers.slice(at + 1).filter((other) => other.field !== one.field).map((other) => [one, other]));
    const named = ({ field, by }) => (by === "put" ? field : `${field} by ${by}`);

    it(`both stand: ${kind.name}, ${pairs.length} pairs`, async () => {
      const row = await kind.make();
      const values = await kind.values(row);
      for (const field of fields) assert.ok(values[field], `no values for the field ${field} of a ${kind.name}`);
      for (const [one, other] of pairs) {
        for (let round = 0; round < ROUNDS; round++) {
          const wanted = [values[one.field][round % 2], values[other.field][(round >> 1) % 2]];
          const answers = await Promise.all([send(row, one, wanted[0]), send(row, other, wanted[1])]);
          const where = `${named(one)} beside ${named(other)}, round ${round}`;
          for (const answer of answers) assert.ok([200, 204].includes(answer.status) || (answer.status === 404 && answer.body.error.code === "contact_not_found"),
            `${where}: ${answer.text}`);
          const now = await expect(200, ana.get(`${kind.path}/${row.id}`));
          assert.deepEqual([now[one.field] ?? null, now[other.field] ?? null], wanted, where);
        }
      }
    });
  }

  it("both stand while one waits for Twilio", async () => {
    const { id, sid } = await newNumber();
    const others = { is_active: [false, true], timezone: ["America/Denver", null], voicemail_greeting: ["Hello.", null],
      recording: ["on", "ask"], recording_announcement: ["Recorded.", null] };
    assert.deepEqual([...Object.keys(others), "friendly_name"].sort(), fieldsOf(puts.find(({ path }) => path.startsWith(NUMBERS))).sort());
    for (const [field, values] of Object.entries(others)) {
      for (const value of values) {
        let answers;
        twilio.once(`POST IncomingPhoneNumbers/${sid}`, { late: new Promise((resolve) => { answers = resolve; }) });
        twilio.requests.length = 0;
        const name = `${field} ${value}`;
        const slow = ana.put(`${NUMBERS}/${id}`, { friendly_name: name });
        await waitUntil(() => twilio.seen("POST").length > 0, 5000, "the question to Twilio");
        await expect(200, ana.put(`${NUMBERS}/${id}`, { [field]: value }));
        answers();
        assert.equal((await expect(200, slow))[field] ?? null, value);
        const now = await expect(200, ana.get(`${NUMBERS}/${id}`));
        assert.deepEqual([now.friendly_name, now[field] ?? null], [name, value]);
      }
    }
  });

  it("end with one name, here and at Twilio", async () => {
    const { id, sid } = await newNumber();
    for (const slow of [{ late: 300 }, { delay: 300 }]) {
      twilio.reset();
      twilio.once(`POST IncomingPhoneNumbers/${sid}`, slow);
      const first = ana.put(`${NUMBERS}/${id}`, { friendly_name: `one ${Object.keys(slow)}` });
      await waitUntil(() => twilio.seen("POST").length > 0, 5000, "the question to Twilio");
      await expect(200, ana.put(`${NUMBERS}/${id}`, { friendly_name: `two ${Object.keys(slow)}` }));
      await expect(200, first);
      assert.equal(twilio.numbers.get(sid).friendly_name, (await ana.get(`${NUMBERS}/${id}`)).body.friendly_name);
    }
  });

  it("leave no name at Twilio that was refused here", async () => {
    const { id, sid, phone } = await newNumber();
    const { etag } = await expect(200, ana.get(`${NUMBERS}/${id}`));
    twilio.reset();
    let answers;
    twilio.once(`POST IncomingPhoneNumbers/${sid}`, { late: new Promise((resolve) => { answers = resolve; }) });
    const slow = ana.put(`${NUMBERS}/${id}`, { friendly_name: "mine" }, { headers: { "If-Match": etag } });
    await waitUntil(() => twilio.seen("POST").length > 0, 5000, "the question to Twilio");
    await expect(200, ana.put(`${NUMBERS}/${id}`, { is_active: false }));
    answers();
    const { error } = await expect(412, slow);
    assert.deepEqual([error.details.current.is_active, error.details.current.friendly_name], [false, phone]);
    assert.equal(twilio.numbers.get(sid).friendly_name, phone);
  });

  it("a toggle without a body switches as often as it is asked", async () => {
    const row = await expect(201, ana.post(SETTINGS, setting(await newNumber())));
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([1, 2].map(() => ana.patch(`${SETTINGS}/${row.id}/toggle`)));
      assert.deepEqual(answers.map(({ body }) => body.is_active).sort(), [false, true], `round ${round}`);
    }
  });
});

describe("what must hold of a row, when two write", () => {
  // Each round: these requests at once, then one 200 or 201, one 409, and one active setting of the type.
  async function oneWins(number, type, requests) {
    const statuses = (await Promise.all(requests)).map(({ status }) => status).sort();
    assert.deepEqual([statuses[0] - (statuses[0] % 2), statuses[1]], [200, 409]);
    const { call_forwarding: list } = await expect(200, ana.get(`${SETTINGS}?phone_number_id=${number.id}`));
    assert.equal(list.filter((row) => row.is_active && row.forwarding_type === type).length, 1);
    for (const row of list) await expect(204, ana.delete(`${SETTINGS}/${row.id}`));
  }
  const add = async (number, more) => expect(201, ana.post(SETTINGS, setting(number, more)));

  for (const [what, prepare] of [
    ["two are made", (number) => [1, 2].map(() => ana.post(SETTINGS, setting(number, { forwarding_type: "busy" })).then((answer) => (answer.status === 201 ? { ...answer, status: 200 } : answer)))],
    ["two are switched on", async (number) => {
      const off = [await add(number, { forwarding_type: "busy", is_active: false }), await add(number, { forwarding_type: "busy", is_active: false })];
      return off.map((row) => ana.patch(`${SETTINGS}/${row.id}/toggle`, { is_active: true }));
    }],
    ["one becomes that type, another is switched on", async (number) => {
      const [on, off] = [await add(number, { forwarding_type: "always" }), await add(number, { forwarding_type: "busy", is_active: false })];
      return [ana.put(`${SETTINGS}/${on.id}`, { forwarding_type: "busy" }), ana.put(`${SETTINGS}/${off.id}`, { is_active: true })];
    }],
    ["one moves to the number, another is switched on", async (number) => {
      const [there, off] = [await add(await newNumber(), { forwarding_type: "busy" }), await add(number, { forwarding_type: "busy", is_active: false })];
      return [ana.put(`${SETTINGS}/${there.id}`, { phone_number_id: number.id }), ana.patch(`${SETTINGS}/${off.id}/toggle`)];
    }],
  ]) it(`one setting of a type is active: ${what}`, async () => {
    const number = await newNumber();
    for (let round = 0; round < 8; round++) await oneWins(number, "busy", await prepare(number));
  });

  it("what is deleted stays so, and a change beside it says which it was", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const row = await KINDS[1].make();
      const contact = await KINDS[2].make();
      const [changed, , named] = await Promise.all([ana.put(`${SETTINGS}/${row.id}`, { ring_timeout: 30 }), ana.delete(`${SETTINGS}/${row.id}`),
        ana.put(`${CONTACTS}/${contact.id}`, { name: "Ada" }), ana.delete(`${CONTACTS}/${contact.id}`)]);
      for (const { status } of [changed, named]) assert.ok([200, 404].includes(status));
      await expect(404, ana.get(`${SETTINGS}/${row.id}`));
      await expect(404, ana.get(`${CONTACTS}/${contact.id}`));
    }
  });

  it("a number that is given back keeps no active setting and no override of it is made", async () => {
    for (let round = 0; round < 5; round++) {
      const number = await newNumber();
      const answers = await Promise.all([ana.delete(`${NUMBERS}/${number.id}`), ana.post(SETTINGS, setting(number)),
        ana.post("/api/twilio/overrides", setting(number, { ends_at: Date.now() + 3_600_000 })),
        ana.put(`${NUMBERS}/${number.id}`, { is_active: true })]);
      assert.equal(answers[0].status, 200);
      for (const { status } of answers.slice(1)) assert.ok([200, 201, 404].includes(status), String(status));
      const [row] = await rowsMeanwhile(server.database, `SELECT is_active, (SELECT COUNT(*) FROM call_forwarding AS f
        WHERE f.phone_number_id = n.id AND f.is_active = 1) AS settings FROM user_phone_numbers AS n WHERE id = ${number.id}`);
      assert.deepEqual(row, { is_active: 0, settings: 0 });
    }
  });

  it("an alert that comes again is not closed by who saw the one before", async () => {
    const id = insert(server.database, "alerts", { user_id: "ana", kind: "leak", subject: "x", first_at: 1, last_at: 1 });
    const { etag } = await expect(200, ana.get(`/api/twilio/alerts/${id}`));
    await rowsMeanwhile(server.database, `UPDATE alerts SET count = 2, last_at = 2 WHERE id = ${id}`);
    const { error } = await expect(412, ana.post(`/api/twilio/alerts/${id}/close`, undefined, { headers: { "If-Match": etag } }));
    assert.equal(error.details.current.count, 2);
    await expect(200, ana.post(`/api/twilio/alerts/${id}/close`, undefined, { headers: { "If-Match": error.details.current.etag } }));
  });
});

describe("the command line beside the API", () => {
  const sync = () => commandJson(["sync", "--adopt", "ben"], { config: { ...twilio.config, server_url: "https://phone.example.com", database: server.database } });

  it("sync overwrites no change that was made while Twilio's list was read", async () => {
    const [renamed, released] = [await newNumber(), await newNumber()];
    const bought = `+1510777${1000 + made++}`;
    twilio.reset();
    twilio.offer(bought);
    twilio.once("GET IncomingPhoneNumbers", { late: 1500 }); // this list is old when it arrives
    const running = sync();
    await waitUntil(() => twilio.seen("GET IncomingPhoneNumbers").length > 0, 20_000, "sync's question");
    await expect(200, ana.put(`${NUMBERS}/${renamed.id}`, { friendly_name: "renamed meanwhile" }));
    await expect(200, ana.delete(`${NUMBERS}/${released.id}`));
    const { id } = await expect(201, ana.post("/api/twilio/buy-number", { phoneNumber: bought }));
    assert.equal((await running).status, 0);
    await server.settled();
    const list = (await expect(200, ana.get(NUMBERS))).phone_numbers;
    assert.equal(list.find((row) => row.id === renamed.id).friendly_name, "renamed meanwhile");
    assert.ok(!list.some((row) => row.id === released.id));
    assert.ok(list.some((row) => row.id === id));
    assert.deepEqual((await expect(200, user(server, "ben").get(NUMBERS))).phone_numbers, []);
  });
});

describe("passwords", () => {
  let local;
  const send = (method, target, value, headers = {}) => {
    const body = value === undefined ? "" : JSON.stringify(value);
    return request(local.port, { method, target, body, timeout: 20_000, headers: { "Content-Length": Buffer.byteLength(body),
      ...(body ? { "Content-Type": "application/json" } : {}), ...headers } });
  };
  const login = (password) => send("POST", "/api/auth/login", { name: "ana", password });
  const change = (token, from, to) => send("POST", "/api/auth/password", { current_password: from, new_password: to }, { Authorization: `Bearer ${token}` });
  before(async () => {
    local = await startServer({ rules: "return {}\n", config: { jwt_secret: null, rate_limits: "no" } });
    await commandJson(["user", "add", "ana"], { config: { database: local.database, jwt_secret: null }, input: "password 0\n" });
  });
  after(() => local?.stop());

  it("are changed by one of two who change them at once, and no login with the old one goes on", async () => {
    for (let round = 0; round < 2; round++) {
      const { token } = JSON.parse((await login("password 0")).body);
      const [a, b, late] = await Promise.all([change(token, "password 0", "password a"), change(token, "password 0", "password b"), login("password 0")]);
      assert.deepEqual([a.status, b.status].sort(), [204, 422]);
      const now = a.status === 204 ? "password a" : "password b";
      const after = JSON.parse((await login(now)).body);
      if (late.status === 200) {
        const me = await send("GET", "/api/auth/me", undefined, { Authorization: `Bearer ${JSON.parse(late.body).token}` });
        assert.equal(me.status, 401, "a login with the old password goes on");
      }
      assert.equal((await change(after.token, now, "password 0")).status, 204);
    }
  });
});
