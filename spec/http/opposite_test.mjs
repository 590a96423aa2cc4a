// opposite_test.mjs: requests that undo each other and meet: from two tabs, or because a slow connection lets the
// later one overtake. The last that was acknowledged wins, no row is half of each, and no answer claims what isn't
// so. The routes are those of the API's description: one that writes a row and isn't tried here fails.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, insert } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { responses, startServer } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const T = "/api/twilio", PHONE = "+13035550142";
const ROUNDS = 4, GONE = "gone";
let twilio, server, ana, ben;
let made = 0;

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ rules: "return {}\n", config: { ...twilio.config, server_url: "https://phone.example.com",
    rate_limits: "no", jwt_role_claim: "role", request_timeout_ms: 60_000 } }); // a slow connection waits for other requests
  ana = user(server, "ana", { role: "admin" });
  ben = user(server, "ben", { role: "admin" });
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

const fresh = () => `+1415557${1000 + made++}`;
async function number() {
  const phone = `+1510555${1000 + made++}`;
  const id = givenNumber(server.database, { phone, user: "ana", twilio_sid: twilio.own(phone).sid });
  await server.settled();
  return { id };
}
const setting = async () => ok(ana.post("/api/call-forwarding", { phone_number_id: (await number()).id, forward_to_number: PHONE }));
function recording() {
  const recording_sid = `RE${randomBytes(16).toString("hex")}`;
  twilio.recordings.set(recording_sid, Buffer.from("sound"));
  insert(server.database, "recordings", { recording_sid, call_sid: `CA${made++}`, user_id: "ana", kind: "voicemail", status: "completed", started_at: Date.now() });
  return { recording_sid };
}
function missed() {
  const from = fresh(), at = Date.now() - 60_000, call_sid = `CA${randomBytes(16).toString("hex")}`;
  insert(server.database, "twilio_call_logs", { call_sid, user_id: "ana", direction: "inbound", from, to: "+15105550100", status: "completed",
    status_rank: 4, started_at: at, ended_at: at + 9000, end_reason: "no_answer" });
  return { id: insert(server.database, "missed_calls", { user_id: "ana", number: from, calls: 1, first_at: at, last_at: at, last_call_sid: call_sid, settled_to: at }) };
}
// The row at a path, or GONE.
async function at(path, of) {
  const answer = await ana.get(path);
  if (answer.status === 404) return GONE;
  assert.equal(answer.status, 200, answer.text);
  return of(answer.body);
}
const ends = [7200, 3600].map((s) => Math.ceil(Date.now() / 1000 + s) * 1000);
const DRAFTS = [1, 2].map((n) => `return {} -- draft ${n}\n`);
const op = (route, target, body, wants) => ({ route, target, body, wants });

// What can be done to a row: `wants` is what `read` finds afterwards. GONE stays, whatever else is acknowledged.
const KINDS = [
  { name: "away and back", make: () => ({}), read: () => at(`${T}/away/ana`, (row) => row.ends_at), comesBack: true,
    shows: (body) => body.ends_at ?? GONE,
    ops: [op("POST /api/twilio/away", () => `${T}/away`, () => ({ ends_at: ends[0] }), ends[0]),
      op("POST /api/twilio/away", () => `${T}/away`, () => ({ ends_at: ends[1] }), ends[1]),
      op("POST /api/twilio/away", () => `${T}/away`, () => ({ ends_at: null }), GONE),
      op("DELETE /api/twilio/away/{id}", () => `${T}/away/ana`, undefined, GONE)] },
  ...["Grace", ""].map((name) => ({ name: `block and unblock ${name || "a stranger"}`,
    make: () => ok(ana.post(`${T}/contacts`, { number: fresh(), name, blocked: true })), comesBack: true,
    async read(row) {
      const found = (await ok(ana.get(`${T}/contacts?number=${encodeURIComponent(row.number)}`))).contacts.filter((one) => one.number === row.number);
      assert.ok(found.length < 2, "two rows of one number");
      return Boolean(found[0]?.blocked);
    },
    shows: (body) => body.blocked,
    ops: [op("POST /api/twilio/blocklist", () => `${T}/blocklist`, (row) => ({ number: row.number }), true),
      op("DELETE /api/twilio/blocklist/{id}", (row) => `${T}/blocklist/${row.id}`, undefined, false),
      op("PUT /api/twilio/contacts/{id}", (row) => `${T}/contacts/${row.id}`, () => ({ blocked: false }), false),
      op("POST /api/twilio/contacts", () => `${T}/contacts`, (row) => ({ number: row.number, name, blocked: true }), true)] })),
  { name: "a contact's name", make: () => ok(ana.post(`${T}/contacts`, { number: fresh(), name: "Grace" })),
    read: (row) => at(`${T}/contacts/${row.id}`, (one) => one.name), shows: (body) => body.name,
    ops: [...["Ada", "Grace"].map((name) => op("PUT /api/twilio/contacts/{id}", (row) => `${T}/contacts/${row.id}`, () => ({ name }), name)),
      op("DELETE /api/twilio/contacts/{id}", (row) => `${T}/contacts/${row.id}`, undefined, GONE)] },
  { name: "a number paused and resumed", make: number, read: (row) => at(`${T}/my-numbers/${row.id}`, (one) => one.is_active),
    shows: (body) => body.is_active,
    ops: [...[true, false].map((is_active) => op("PUT /api/twilio/my-numbers/{id}", (row) => `${T}/my-numbers/${row.id}`, () => ({ is_active }), is_active)),
      op("DELETE /api/twilio/my-numbers/{id}", (row) => `${T}/my-numbers/${row.id}`, undefined, GONE)] },
  { name: "a setting on and off", make: setting, read: (row) => at(`/api/call-forwarding/${row.id}`, (one) => one.is_active),
    shows: (body) => body.is_active,
    ops: [...[true, false].flatMap((is_active) => [
      op("PUT /api/call-forwarding/{id}", (row) => `/api/call-forwarding/${row.id}`, () => ({ is_active }), is_active),
      op("PATCH /api/call-forwarding/{id}/toggle", (row) => `/api/call-forwarding/${row.id}/toggle`, () => ({ is_active }), is_active)]),
    op("DELETE /api/call-forwarding/{id}", (row) => `/api/call-forwarding/${row.id}`, undefined, GONE)] },
  { name: "a user disabled and enabled", make: () => ok(ana.post("/api/users", { name: `user${made++}`, role: "agent" })),
    read: (row) => at(`/api/users/${row.id}`, (one) => one.is_active), shows: (body) => body.is_active,
    ops: [true, false].map((is_active) => op("PATCH /api/users/{id}", (row) => `/api/users/${row.id}`, () => ({ is_active }), is_active)) },
  { name: "a note's text", make: () => ok(ana.post(`${T}/notes`, { number: fresh(), text: "One." })),
    read: (row) => at(`${T}/notes/${row.id}`, (one) => one.text), shows: (body) => body.text,
    ops: [...["One.", "Two."].map((text) => op("PUT /api/twilio/notes/{id}", (row) => `${T}/notes/${row.id}`, () => ({ text }), text)),
      op("DELETE /api/twilio/notes/{id}", (row) => `${T}/notes/${row.id}`, undefined, GONE)] },
  { name: "a missed call done and reopened", make: missed, read: (row) => at(`${T}/missed-calls/${row.id}`, (one) => Boolean(one.closed_at)),
    shows: (body) => Boolean(body.closed_at),
    ops: [op("POST /api/twilio/missed-calls/{id}/dismiss", (row) => `${T}/missed-calls/${row.id}/dismiss`, undefined, true),
      op("POST /api/twilio/missed-calls/{id}/reopen", (row) => `${T}/missed-calls/${row.id}/reopen`, undefined, false)] },
  { name: "a missed call assigned", make: missed, read: (row) => at(`${T}/missed-calls/${row.id}`, (one) => one.assigned_to ?? null),
    shows: (body) => body.assigned_to ?? null,
    ops: ["ana", null].map((assigned_to) => op("PATCH /api/twilio/missed-calls/{id}", (row) => `${T}/missed-calls/${row.id}`, () => ({ assigned_to }), assigned_to)) },
  { name: "a recording heard and deleted", make: recording, read: (row) => at(`${T}/recordings/${row.recording_sid}`, (one) => Boolean(one.heard_at)),
    shows: (body) => Boolean(body.heard_at),
    ops: [op("POST /api/twilio/recordings/{sid}/heard", (row) => `${T}/recordings/${row.recording_sid}/heard`, undefined, true),
      op("DELETE /api/twilio/recordings/{sid}", (row) => `${T}/recordings/${row.recording_sid}`, undefined, GONE)] },
  // By two people: heavy requests of one wait for each other.
  { name: "a draft saved and discarded", comesBack: true, both: true,
    async make() {
      const draft = await ok(ana.get(`${T}/rules/draft`));
      return { hash: draft.hash };
    },
    async read() {
      const draft = await ok(ana.get(`${T}/rules/draft`));
      assert.equal(draft.state, draft.source ? "on" : "none", "the file and its row aren't of one draft");
      return draft.source || GONE;
    },
    shows: (body) => body.source || GONE,
    ops: [...DRAFTS.map((source) => op("PUT /api/twilio/rules/draft", () => `${T}/rules/draft`, (row) => ({ source, hash: row.hash }), source)),
      op("DELETE /api/twilio/rules/draft", () => `${T}/rules/draft`, undefined, GONE)] },
];
// Nothing undoes these; or files, which rules_test.mjs and team_test.mjs try by their hash.
const ALONE = new Set(["POST /api/twilio/alerts/{id}/close", "POST /api/users/{id}/password", "POST /api/sandbox/calls/{sid}",
  "PUT /api/twilio/rules", "PUT /api/twilio/team", "POST /api/twilio/rules/accept", "POST /api/twilio/rules/versions/{id}/restore",
  "DELETE /api/twilio/overrides/{id}"]); // overrides: below

const all = operations(describeApi());
const takesIfMatch = (route) => Boolean(all.find((one) => `${one.method} ${one.path}` === route).operation.responses["412"]);
const methodOf = ({ route }) => route.split(" ")[0];

function send(one, row, headers, who) {
  const method = methodOf(one).toLowerCase(), options = { headers };
  who ||= ana;
  return method === "delete" ? who.delete(one.target(row), options) : who[method](one.target(row), one.body?.(row), options);
}

// The same over a slow connection: all but the last bytes, then `meanwhile`, then these.
function slowly(one, row, meanwhile, headers = {}) {
  const body = one.body ? JSON.stringify(one.body(row)) : "";
  const lines = [`${methodOf(one)} ${one.target(row)} HTTP/1.1`, "Host: x", `Authorization: Bearer ${ana.token}`, "Connection: close",
    ...(one.body ? ["Content-Type: application/json"] : []), `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", body];
  const text = lines.join("\r\n");
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let got = "";
    socket.setEncoding("utf8").on("data", (part) => { got += part; });
    socket.on("error", reject);
    socket.on("close", () => {
      const [answer] = responses(got);
      resolve({ ...answer, text: got, body: answer?.body ? JSON.parse(answer.body) : undefined });
    });
    socket.on("connect", () => {
      socket.write(text.slice(0, -2));
      meanwhile().then(() => socket.write(text.slice(-2)), reject);
    });
  });
}

const isDone = (answer) => answer.status >= 200 && answer.status < 300;
const tagOf = async (kind, one, row) => {
  const shown = await ana.get(kind.tagged?.(row) ?? one.target(row).replace(/\/(toggle|dismiss|reopen|heard)$/, "").replace("/blocklist/", "/contacts/"));
  return shown.headers.etag;
};

// An answer that says "done" shows what it did; one that doesn't says why.
function checkAnswer(kind, one, answer, where) {
  if (!isDone(answer)) {
    assert.ok([404, 409, 412].includes(answer.status), `${where}: ${one.route} ${answer.text}`);
  } else if (answer.body && one.wants !== GONE) {
    assert.deepEqual(kind.shows(answer.body), one.wants, `${where}: ${one.route} claims ${answer.text}`);
  }
}

// What may be there after both: what one of those says that were done.
function checkState(kind, before, now, done, where) {
  const allowed = done.length === 0 ? [before] : !kind.comesBack && done.some((one) => one.wants === GONE) ? [GONE] : done.map((one) => one.wants);
  assert.ok(allowed.includes(now), `${where}: it is ${now}; acknowledged: ${done.map((one) => `${one.route} → ${one.wants}`)}`);
}

describe("requests that undo each other", () => {
  it("are tried for every route that writes a row", () => {
    const writing = all.filter((one) => takesIfMatch(`${one.method} ${one.path}`) && one.method !== "GET").map((one) => `${one.method} ${one.path}`);
    const tried = new Set([...KINDS.flatMap((kind) => kind.ops.map((one) => one.route)), ...ALONE]);
    assert.deepEqual(writing.filter((route) => !tried.has(route)), []);
  });

  for (const kind of KINDS) {
    const pairs = kind.ops.flatMap((one) => kind.ops.filter((other) => other.wants !== one.wants).map((other) => [one, other]));
    // A row in the state that `one` makes; undefined when there is none to write to.
    let kept;
    const there = async () => {
      if (!kept || kind.comesBack || await kind.read(kept) === GONE) kept = await kind.make();
      return kept;
    };
    const given = async (one) => {
      if (one.wants === GONE && !kind.comesBack) return undefined;
      const row = await there();
      if (await kind.read(row) === one.wants) return row;
      await ok(send(one, row));
      return kind.name.startsWith("a draft") ? kind.make() : row;
    };

    it(`at once: ${kind.name}`, async () => {
      for (const [one, other] of pairs) {
        for (let round = 0; round < ROUNDS; round++) {
          const row = await given(round % 2 ? one : other) ?? await there();
          const before = await kind.read(row), where = `${kind.name}, from ${before}, round ${round}`;
          const answers = await Promise.all([send(one, row), send(other, row, {}, kind.both && ben)]);
          [one, other].forEach((each, i) => checkAnswer(kind, each, answers[i], where));
          checkState(kind, before, await kind.read(row), [one, other].filter((_, i) => isDone(answers[i])), where);
        }
      }
    });

    it(`overtaken: ${kind.name}`, async () => {
      for (const [one, other] of pairs) {
        const row = await given(one) ?? await there();
        const before = await kind.read(row), where = `${kind.name}, from ${before}, ${one.route} overtaken by ${other.route}`;
        let answer;
        const late = await slowly(one, row, async () => { answer = await send(other, row); });
        checkAnswer(kind, other, answer, where);
        checkAnswer(kind, one, late, where);
        const last = isDone(late) ? [one] : isDone(answer) ? [other] : [];
        checkState(kind, before, await kind.read(row), last, where);
      }
    });

    it(`overtaken, with If-Match: ${kind.name}`, async () => {
      for (const [one, other] of pairs.filter(([each]) => takesIfMatch(each.route))) {
        const row = await given(one);
        if (!row) continue;
        const before = await kind.read(row), tag = await tagOf(kind, one, row);
        if (!tag) continue; // no row to send it for
        const where = `${kind.name}, from ${before}, ${one.route} overtaken by ${other.route}`;
        let answer;
        const late = await slowly(one, row, async () => { answer = await send(other, row); }, { "If-Match": tag });
        checkAnswer(kind, other, answer, where);
        if (!isDone(answer)) continue; // nothing has overtaken it
        assert.ok([404, 412].includes(late.status) || (late.status === 409 && late.body.error.code === "conflict"), `${where}: ${late.text}`);
        checkState(kind, before, await kind.read(row), [other], where);
      }
    });

    it(`at once, with one tag: ${kind.name}`, async () => {
      for (const [one, other] of pairs.filter((pair) => pair.every((each) => takesIfMatch(each.route)))) {
        for (let round = 0; round < ROUNDS; round++) {
          const row = await given(round % 2 ? one : other);
          const tag = row && await tagOf(kind, one, row);
          if (!tag) continue;
          const before = await kind.read(row), where = `${kind.name}, from ${before}, round ${round}`;
          const answers = await Promise.all([send(one, row, { "If-Match": tag }), send(other, row, { "If-Match": tag }, kind.both && ben)]);
          [one, other].forEach((each, i) => checkAnswer(kind, each, answers[i], where));
          const done = [one, other].filter((_, i) => isDone(answers[i]));
          assert.ok(done.length > 0, `${where}: nobody won`);
          if (done.length === 2) assert.ok(done.some((each) => each.wants === before), `${where}: both changed the state that one of them had seen`);
          checkState(kind, before, await kind.read(row), done, where);
        }
      }
    });
  }
});

describe("an override that is set while another is cancelled", () => {
  const set = (row, name) => ana.post(`${T}/overrides`, { phone_number_id: row.id, forward_to_number: name, ends_at: Date.now() + 3_600_000 });
  const active = async (row) => (await ok(ana.get(`${T}/overrides`))).overrides.filter((one) => one.phone_number_id === row.id);

  it("stays, and what is cancelled doesn't come back", async () => {
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const row = await number(), old = await ok(set(row, PHONE));
      const [one, other, ended, again] = await Promise.all([set(row, "+13035550150"), set(row, "+13035550151"),
        ana.delete(`${T}/overrides/${old.id}`), ana.delete(`${T}/overrides/${old.id}`)]);
      assert.deepEqual([one.status, other.status, ...[ended.status, again.status].sort()], [201, 201, 204, 404]);
      assert.deepEqual((await active(row)).map(({ id }) => id).sort(), [one.body.id, other.body.id].sort());
    }
  });

  it("can be cancelled once, by someone who has seen its current state", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const row = await number(), { id, etag } = await ok(set(row, PHONE));
      const answers = await Promise.all([1, 2, 3].map(() => ana.delete(`${T}/overrides/${id}`, { headers: { "If-Match": etag } })));
      assert.deepEqual(answers.map(({ status }) => status).filter((status) => status === 204).length, 1, answers.map(({ text }) => text).join());
      assert.deepEqual(await active(row), []);
    }
  });
});
