// conditional_test.mjs: ETag and If-Match. The routes are those of the API's
// description: one that writes a row and does not take If-Match, or is not tried
// here, fails.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { raw, request, responses, startServer } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const T = "/api/twilio";
const ORIGIN = "https://app.example.com";
const all = operations(describeApi());
let twilio;
let server;
let ana;
let made = 0;

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ rules: "return {}\n", config: { ...twilio.config, server_url: "https://phone.example.com",
    rate_limits: "no", cors_origins: ORIGIN, jwt_role_claim: "role" } });
  ana = user(server, "ana", { role: "admin" });
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

const sql = async (text) => {
  rows(server.database, text);
  await server.settled();
};

async function number() {
  const phone = `+1510555${1000 + made++}`;
  const id = givenNumber(server.database, { phone, user: "ana", twilio_sid: twilio.own(phone).sid });
  await server.settled();
  return { id };
}
const setting = async () => ok(ana.post("/api/call-forwarding", { phone_number_id: (await number()).id, forward_to_number: "+13035550142" }));
const contact = () => ok(ana.post(`${T}/contacts`, { number: `+1415555${1000 + made++}`, name: "Grace", blocked: true }));
const override = () => ok(ana.post(`${T}/overrides`, { forward_to_number: "+13035550142", ends_at: Date.now() + 3_600_000, note: `${made++}` }));
function recording() {
  const sid = `RE${randomBytes(16).toString("hex")}`;
  twilio.recordings.set(sid, Buffer.from("sound"));
  insert(server.database, "recordings", { recording_sid: sid, call_sid: `CA${made++}`, user_id: "ana", kind: "voicemail", status: "completed", started_at: Date.now() });
  return { recording_sid: sid };
}
const account = () => ok(ana.post("/api/users", { name: `user${made++}`, role: "agent" }));
const away = async () => ok(ana.post(`${T}/away`, { ends_at: Date.now() + 3_600_000 + 1000 * made++ }));
const note = () => ok(ana.post(`${T}/notes`, { number: "+14155550123", text: `${made++}` }));
const alert = () => ({ id: insert(server.database, "alerts", { user_id: "ana", kind: "leak", subject: `${made++}`, first_at: 1, last_at: 1 }) });
// Two missed calls of a number, of which the first may have been put aside.
function missed(dismissed) {
  const from = `+1415556${1000 + made++}`, at = Date.now() - 60_000, call_sid = `CA${randomBytes(16).toString("hex")}`;
  insert(server.database, "twilio_call_logs", { call_sid, user_id: "ana", direction: "inbound", from, to: "+15105550100", status: "completed",
    status_rank: 4, started_at: at, ended_at: at + 9000, end_reason: "no_answer" });
  if (dismissed) insert(server.database, "missed_dismissals", { user_id: "ana", number: from, up_to: at, at: at + 10_000 });
  return { id: insert(server.database, "missed_calls", { user_id: "ana", number: from, calls: 1, first_at: at, last_at: at, last_call_sid: call_sid,
    settled_to: at, ...(dismissed ? { closed_at: at + 10_000, closed_by: "dismissed" } : {}) }), number: from };
}

let text = 0;
const hash = async () => (await ok(ana.get(`${T}/rules`))).hash;
const saveRules = async (source = `return {} -- ${text++}\n`) => ok(ana.put(`${T}/rules`, { source, hash: await hash() }));

const teamHash = async () => (await ok(ana.get(`${T}/team`))).hash;
const someone = () => [{ id: `p${text++}`, phones: [{ number: "+13035550142" }] }];
const saveTeam = async () => ok(ana.put(`${T}/team`, { people: someone(), hash: await teamHash() }));
const draftHash = async () => (await ok(ana.get(`${T}/rules/draft`))).hash;
const saveDraft = async () => ok(ana.put(`${T}/rules/draft`, { source: `return {} -- draft ${text++}\n`, hash: await draftHash() }));

// A kind of row: how one is made, where it is read, what someone else does to it.
const KINDS = {
  number: { make: number, one: (row) => `${T}/my-numbers/${row.id}`, list: [`${T}/my-numbers`, "phone_numbers"],
    touch: (row) => sql(`UPDATE user_phone_numbers SET timezone = 'America/Denver' WHERE id = ${row.id}`) },
  setting: { make: setting, one: (row) => `/api/call-forwarding/${row.id}`, list: ["/api/call-forwarding", "call_forwarding"],
    touch: (row) => ok(ana.put(`/api/call-forwarding/${row.id}`, { ring_timeout: 44 })) },
  contact: { make: contact, one: (row) => `${T}/contacts/${row.id}`, list: [`${T}/contacts`, "contacts"],
    touch: (row) => ok(ana.put(`${T}/contacts/${row.id}`, { tags: ["vip"] })) },
  override: { make: override, one: (row) => `${T}/overrides/${row.id}`, list: [`${T}/overrides`, "overrides"],
    touch: (row) => sql(`UPDATE overrides SET note = 'other' WHERE id = ${row.id}`) },
  away: { make: away, one: (row) => `${T}/away/${row.user_id}`, touch: () => away() },
  recording: { make: recording, one: (row) => `${T}/recordings/${row.recording_sid}`, list: [`${T}/recordings`, "recordings"],
    touch: (row) => sql(`UPDATE recordings SET transcript = 'Hello.' WHERE recording_sid = '${row.recording_sid}'`) },
  note: { make: note, one: (row) => `${T}/notes/${row.id}`, list: [`${T}/notes?number=+14155550123`, "notes"],
    touch: (row) => ok(ana.put(`${T}/notes/${row.id}`, { text: `${made++}` })) },
  account: { make: account, one: (row) => `/api/users/${row.id}`, list: ["/api/users", "users"],
    touch: (row) => ok(ana.patch(`/api/users/${row.id}`, { role: "editor" })) },
  alert: { make: alert, one: (row) => `${T}/alerts/${row.id}`, list: [`${T}/alerts`, "alerts"],
    touch: (row) => sql(`UPDATE alerts SET count = count + 1 WHERE id = ${row.id}`) },
  missed: { make: () => missed(false), one: (row) => `${T}/missed-calls/${row.id}`, list: [`${T}/missed-calls`, "missed_calls"],
    touch: (row) => ok(ana.post(`${T}/contacts`, { number: row.number, name: "Grace" })) },
  rules: { make: () => saveRules(), one: () => `${T}/rules`, touch: () => saveRules() },
  team: { make: () => saveTeam(), one: () => `${T}/team`, touch: () => saveTeam() },
  draft: { make: () => saveDraft(), one: () => `${T}/rules/draft`, touch: () => saveDraft() },
};
KINDS.done = { ...KINDS.missed, make: () => missed(true), list: [`${T}/missed-calls?state=closed`, "missed_calls"] };

// Each route that writes a row: [kind, target, body].
const WRITES = {
  "PUT /api/twilio/my-numbers/{id}": ["number", (row) => KINDS.number.one(row), { voicemail_greeting: "Hello." }],
  "DELETE /api/twilio/my-numbers/{id}": ["number", (row) => KINDS.number.one(row)],
  "PUT /api/call-forwarding/{id}": ["setting", (row) => KINDS.setting.one(row), { ring_timeout: 33 }],
  "PATCH /api/call-forwarding/{id}/toggle": ["setting", (row) => `${KINDS.setting.one(row)}/toggle`],
  "DELETE /api/call-forwarding/{id}": ["setting", (row) => KINDS.setting.one(row)],
  "PUT /api/twilio/contacts/{id}": ["contact", (row) => KINDS.contact.one(row), { name: "Ada" }],
  "POST /api/twilio/contacts": ["contact", () => `${T}/contacts`, (row) => ({ number: row.number, name: "Ada" })],
  "DELETE /api/twilio/contacts/{id}": ["contact", (row) => KINDS.contact.one(row)],
  "POST /api/twilio/blocklist": ["contact", () => `${T}/blocklist`, (row) => ({ number: row.number })],
  "DELETE /api/twilio/blocklist/{id}": ["contact", (row) => `${T}/blocklist/${row.id}`],
  "DELETE /api/twilio/overrides/{id}": ["override", (row) => KINDS.override.one(row)],
  "DELETE /api/twilio/away/{id}": ["away", (row) => KINDS.away.one(row)],
  "PUT /api/twilio/notes/{id}": ["note", (row) => KINDS.note.one(row), { text: "Mine." }],
  "DELETE /api/twilio/notes/{id}": ["note", (row) => KINDS.note.one(row)],
  "PATCH /api/users/{id}": ["account", (row) => `/api/users/${row.id}`, { is_active: false }],
  "POST /api/users/{id}/password": ["account", (row) => `/api/users/${row.id}/password`],
  "PATCH /api/twilio/missed-calls/{id}": ["missed", (row) => KINDS.missed.one(row), { assigned_to: "ana" }],
  "POST /api/twilio/recordings/{sid}/heard": ["recording", (row) => `${KINDS.recording.one(row)}/heard`],
  "DELETE /api/twilio/recordings/{sid}": ["recording", (row) => KINDS.recording.one(row)],
  "POST /api/twilio/alerts/{id}/close": ["alert", (row) => `${KINDS.alert.one(row)}/close`],
  "POST /api/twilio/missed-calls/{id}/dismiss": ["missed", (row) => `${KINDS.missed.one(row)}/dismiss`],
  "POST /api/twilio/missed-calls/{id}/reopen": ["done", (row) => `${KINDS.missed.one(row)}/reopen`],
  "PUT /api/twilio/rules": ["rules", () => `${T}/rules`, async () => ({ source: `return {} -- mine ${text++}\n`, hash: await hash() })],
  "PUT /api/twilio/team": ["team", () => `${T}/team`, async () => ({ people: someone(), hash: await teamHash() })],
  "PUT /api/twilio/rules/draft": ["draft", () => `${T}/rules/draft`, async () => ({ source: `return {} -- mine ${text++}\n`, hash: await draftHash() })],
  "DELETE /api/twilio/rules/draft": ["draft", () => `${T}/rules/draft`],
  "POST /api/twilio/rules/accept": ["rules", () => `${T}/rules/accept`, async () => ({ hash: await hash() })],
  "POST /api/twilio/rules/versions/{id}/restore": ["rules", async () => {
    const { versions } = await ok(ana.get(`${T}/rules/versions`));
    return `${T}/rules/versions/${versions.at(-1).id}/restore`;
  }],
};

const OF_NO_ROW = new Set(["POST /api/sandbox/calls/{sid}"]); // what happens on a line that the sandbox plays

const isUsers = ({ operation }) => operation.security.some((one) => one.bearer);
const takesIfMatch = ({ operation }) => (operation.parameters ?? []).some((one) => one.in === "header" && one.name === "If-Match");
const named = ({ method, path }) => `${method} ${path}`;

async function write(name, row, ifMatch, headers = {}) {
  const [, target, body] = WRITES[name];
  const method = name.split(" ")[0].toLowerCase();
  const value = typeof body === "function" ? await body(row) : body;
  const options = { headers: { ...(ifMatch === undefined ? {} : { "If-Match": ifMatch }), ...headers } };
  return method === "delete" ? ana.delete(await target(row), options) : ana[method](await target(row), value, options);
}

describe("If-Match", () => {
  it("is taken by every route that writes a row, and each is tried here", () => {
    const writing = all.filter((one) => isUsers(one) && one.method !== "GET" && !OF_NO_ROW.has(named(one))
      && (one.method !== "POST" || one.path.includes("{") || takesIfMatch(one)));
    for (const one of writing) {
      assert.ok(takesIfMatch(one), `${named(one)} takes no If-Match: give the route a row (lua/hookswitch/etag.lua)`);
      assert.ok(one.operation.responses["412"]?.headers.ETag, named(one));
    }
    assert.deepEqual(writing.map(named).sort(), Object.keys(WRITES).sort());
  });

  for (const [name, [kind]] of Object.entries(WRITES)) {
    const { make, one, touch } = KINDS[kind];
    const seen = async (row) => {
      const answer = await ana.get(one(row));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.etag, answer.body.etag);
      return answer.body;
    };

    it(`${name} is refused for a state that is over, with the row as it is`, async () => {
      const row = await make();
      const before = await seen(row);
      await touch(row);
      const now = await seen(row);
      assert.notEqual(now.etag, before.etag);
      for (const tag of [before.etag, '"x", "y"', `W/${now.etag}`, `"x",W/${now.etag} , ${before.etag}`, '""']) {
        if (tag === now.etag) continue;
        const answer = await write(name, row, tag);
        assert.deepEqual([answer.status, answer.body.error.code, answer.headers.etag], [412, "changed_meanwhile", now.etag], tag);
        assert.deepEqual(answer.body.error.details.current, now);
      }
      for (const tag of ["x", now.etag.slice(1), '"a b"', `w/${now.etag}`, `* , ${now.etag}`, ","]) {
        const answer = await write(name, row, tag);
        assert.deepEqual([answer.status, answer.body.error.code], [400, "bad_request"], tag);
      }
      assert.deepEqual(await seen(row), now);
    });

    for (const [how, header] of [["its tag", (tag) => tag], ["a list with its tag", (tag) => `"x",, W/"y" ,  ${tag}`],
      ["a list on two lines", (tag) => ['"x"', tag]], ["*", () => "*"], ["nothing", () => undefined]]) {
      it(`${name} is done with ${how}`, async () => {
        const row = await make();
        const answer = await write(name, row, header((await seen(row)).etag));
        if (name === "POST /api/twilio/contacts" && how === "nothing") { // a contact isn't overwritten by one who enters it again
          assert.deepEqual([answer.status, answer.body.error.details.current], [409, await seen(row)]);
          return;
        }
        assert.ok(answer.status < 300, answer.text);
        if (answer.status === 204) return;
        assert.equal(answer.headers.etag, answer.body.etag);
        if (name !== "DELETE /api/twilio/my-numbers/{id}" && !name.endsWith("restore")) assert.equal((await seen(row)).etag, answer.body.etag);
      });
    }
  }

  it("finds nothing where no row is", async () => {
    for (const target of ["contacts", "blocklist"]) {
      for (const tag of ["*", '"x"']) {
        const { status, body } = await ana.post(`${T}/${target}`, { number: `+1415555${1000 + made++}` }, { headers: { "If-Match": tag } });
        assert.deepEqual([status, body.error.details], [412, {}]);
      }
    }
    assert.equal((await ana.put(`${T}/contacts/999999`, { name: "x" }, { headers: { "If-Match": "*" } })).status, 404);
  });

  it("asks Twilio nothing when it does not fit", async () => {
    const [one, sound] = [await number(), recording()];
    twilio.reset();
    for (const answer of [await ana.put(KINDS.number.one(one), { friendly_name: "x" }, { headers: { "If-Match": '"x"' } }),
      await ana.delete(KINDS.number.one(one), { headers: { "If-Match": '"x"' } }),
      await ana.delete(KINDS.recording.one(sound), { headers: { "If-Match": '"x"' } })]) assert.equal(answer.status, 412);
    assert.equal(twilio.requests.length, 0);
  });

  it("stands against any number of lines and bytes", async () => {
    const row = await contact();
    const head = `DELETE ${KINDS.contact.one(row)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ana.token}\r\nConnection: close\r\n`;
    for (const lines of [`If-Match: ${'"x",'.repeat(1000)}\r\n`, 'If-Match: "x"\r\n'.repeat(40), `If-Match: ${'W/"'.repeat(500)}\r\n`, "If-Match:\r\n"]) {
      const { text: got } = await raw(server.port, [`${head}${lines}\r\n`], { limit: 8000 });
      assert.ok([400, 412, 431].includes(responses(got)[0]?.status), got.slice(0, 200));
    }
    await ok(ana.get(KINDS.contact.one(row)));
  });
});

describe("ETag", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    if (!kind.list) continue;
    it(`is in the list, too: ${name}`, async () => {
      const row = await kind.make();
      const own = await ok(ana.get(kind.one(row)));
      const list = (await ok(ana.get(kind.list[0])))[kind.list[1]];
      const key = own.recording_sid ? "recording_sid" : "id";
      assert.equal(list.find((one) => one[key] === own[key]).etag, own.etag);
    });
  }

  it("is one for every row that the API shows by its id", () => {
    for (const { method, path, operation } of all) {
      const schema = operation.responses["200"]?.content?.["application/json"]?.schema.$ref;
      const written = all.some((other) => other.path === path && other.method !== "GET" && takesIfMatch(other));
      if (method === "GET" && written && path.includes("{")) assert.ok(operation.responses["200"].headers?.ETag, `${path} ${schema}`);
    }
  });

  it("may be used by pages of another origin", async () => {
    const headers = { Origin: ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match" };
    const preflight = await request(server.port, { method: "OPTIONS", target: "/api/call-forwarding/1", headers });
    assert.match(preflight.headers["access-control-allow-headers"], /\bIf-Match\b/);
    const answer = await ana.get(KINDS.setting.one(await setting()), { headers: { Origin: ORIGIN } });
    assert.match(answer.headers["access-control-expose-headers"], /\bETag\b/);
  });
});
