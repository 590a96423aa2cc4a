// routes.mjs: for every operation of the API, a request that is right: as whom, of which row, with which body.
// matrix_test.mjs keeps it whole.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { insert, givenNumber, rows } from "./database.mjs";
import { request } from "./server.mjs";

export const MARK = "only-ana-knows"; // in whatever is hers
export const sid = (prefix) => prefix + randomBytes(16).toString("hex");
const now = Date.now();
let twilio, server, count = 0;

// What ana owns; each call makes one more.
export const given = {
  number() {
    const phone = `+1510555${String(++count).padStart(4, "0")}`;
    return givenNumber(server.database, { user: "ana", phone, twilio_sid: twilio.own(phone).sid, friendly_name: MARK });
  },
  rule() {
    return insert(server.database, "call_forwarding", { user_id: "ana", phone_number_id: given.number(), forward_to_number: "+13035550142" });
  },
  call() {
    const call_sid = sid("CA");
    insert(server.database, "twilio_call_logs", { call_sid, user_id: "ana", from: MARK, to: "+15105550100", status: "completed", started_at: now });
    return call_sid;
  },
  recording() {
    const recording_sid = sid("RE");
    twilio.recordings.set(recording_sid, Buffer.from("sound"));
    insert(server.database, "recordings", { recording_sid, call_sid: given.call(), user_id: "ana", status: "completed", status_rank: 3,
      transcript: MARK, started_at: now });
    return recording_sid;
  },
  contact(blocked = 0) {
    return insert(server.database, "contacts", { user_id: "ana", number: `+1415555${String(++count).padStart(4, "0")}`, name: MARK, blocked });
  },
  override() {
    return insert(server.database, "overrides", { user_id: "ana", forward_to_number: "+13035550142", note: MARK, starts_at: now,
      ends_at: now + 3_600_000 });
  },
  missed(closed = {}) {
    const number = `+1415888${String(++count).padStart(4, "0")}`;
    const last_call_sid = sid("CA");
    insert(server.database, "twilio_call_logs", { call_sid: last_call_sid, user_id: "ana", from: number, to: "+15105550100", status: "completed",
      started_at: now, ended_at: now });
    insert(server.database, "contacts", { user_id: "ana", number, name: MARK });
    return insert(server.database, "missed_calls", { user_id: "ana", number, calls: 1, first_at: now, last_at: now, last_call_sid, ...closed });
  },
  away() {
    rows(server.database, `INSERT INTO away (user_id, ends_at, updated_at) VALUES ('ana', ${now + 3_600_000}, 0)
      ON CONFLICT (user_id) DO UPDATE SET ends_at = excluded.ends_at`);
    return "ana";
  },
  note() {
    return insert(server.database, "caller_notes", { user_id: "ana", about: `+1415555${String(++count).padStart(4, "0")}`, text: MARK, author: "ana",
      created_at: now, updated_at: now });
  },
  alert() {
    return insert(server.database, "alerts", { user_id: "ana", kind: "bad_target", subject: `${MARK} ${++count}`, first_at: now, last_at: now });
  },
};

// The rule file as it is, to be saved once more.
function rulesAgain() {
  const source = readFileSync(path.join(server.lua, "forwarding.lua"), "utf8");
  return { source, hash: createHash("sha256").update(source).digest("hex") };
}

function draftAgain() {
  const source = "return {}\n", file = path.join(server.lua, "forwarding.next.lua");
  return { source, hash: existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "" };
}

function keepDraft() {
  writeFileSync(path.join(server.lua, "forwarding.next.lua"), readFileSync(path.join(server.lua, "forwarding.lua")));
}

// own, other: the status for the owner and for someone else. A list shows
// someone else nothing of hers. `at` makes the thing that the path names.
const list = { own: 200, other: 200 };
const item = (kind, own, more = {}) => ({ at: () => given[kind](), own, other: 404, ...more });
export const ROWS = {
  "POST /api/auth/login": { open: 401, body: { name: "ana", password: "not the password" } },
  "GET /api/openapi.json": { open: 200 },
  "POST /api/auth/logout": { own: 204, other: 204 },
  "GET /api/auth/me": list,
  "POST /api/auth/password": { own: 409, other: 409, body: { current_password: "x", new_password: "long enough" } },

  // These tokens name no role: roles_test.mjs has those that do.
  "GET /api/users": { own: 403, other: 403 },
  "POST /api/users": { own: 403, other: 403, body: { name: "eve", role: "admin" } },
  "GET /api/users/{id}": { at: () => "ana", own: 403, other: 403 },
  "PATCH /api/users/{id}": { at: () => "ana", own: 403, other: 403, body: { role: "admin" } },
  "POST /api/users/{id}/password": { at: () => "ana", own: 403, other: 403 },
  "GET /api/audit": { own: 403, other: 403 },

  "POST /api/twilio/buy-number": { own: 201, other: 201, body: () => {
    const phone = `+1415777${String(++count).padStart(4, "0")}`;
    twilio.offer(phone);
    return { phoneNumber: phone };
  } },
  "GET /api/twilio/available-numbers": list,
  "GET /api/twilio/my-numbers": list,
  "PUT /api/twilio/my-numbers/{id}": item("number", 200, { body: { friendly_name: MARK } }),
  "GET /api/twilio/my-numbers/{id}": item("number", 200),
  "DELETE /api/twilio/my-numbers/{id}": item("number", 200),

  "GET /api/twilio/access-token": { own: 503, other: 503 }, // there is no API key here
  "POST /api/twilio/presence": { own: 200, other: 200, body: {} },
  "GET /api/twilio/presence": list,
  "GET /api/twilio/away": list,
  "POST /api/twilio/away": { own: 200, other: 200, body: { ends_at: new Date(now + 3_600_000).toISOString() } },
  "GET /api/twilio/away/{id}": item("away", 200),
  "DELETE /api/twilio/away/{id}": item("away", 204),
  "GET /api/twilio/doctor": list,
  "GET /api/twilio/events": { own: 200, other: 200, method: "HEAD" },

  "GET /api/twilio/batch": { ...list, query: `?gets=${encodeURIComponent('[["/api/twilio/contacts"],["/api/twilio/call-logs"]]')}` },
  "GET /api/twilio/call-logs": list,
  "GET /api/twilio/call-logs/{sid}": item("call", 200),
  "GET /api/twilio/stats": list,
  "GET /api/twilio/recordings": list,
  "GET /api/twilio/recordings/{sid}/media": item("recording", 200),
  "GET /api/twilio/recordings/{sid}": item("recording", 200),
  "POST /api/twilio/recordings/{sid}/heard": item("recording", 200),
  "DELETE /api/twilio/recordings/{sid}": item("recording", 204),

  "POST /api/call-forwarding": { own: 201, other: 404,
    body: () => ({ phone_number_id: given.number(), forward_to_number: "+13035550142" }) },
  "GET /api/call-forwarding": list,
  "GET /api/call-forwarding/{id}": item("rule", 200),
  "PUT /api/call-forwarding/{id}": item("rule", 200, { body: { ring_timeout: 30 } }),
  "PATCH /api/call-forwarding/{id}/toggle": item("rule", 200),
  "DELETE /api/call-forwarding/{id}": item("rule", 204),

  "GET /api/twilio/contacts": list,
  "POST /api/twilio/contacts": { own: 201, other: 201, body: () => ({ number: `+1415666${String(++count).padStart(4, "0")}` }) },
  "GET /api/twilio/contacts/{id}": item("contact", 200),
  "PUT /api/twilio/contacts/{id}": item("contact", 200, { body: { name: "Grace" } }),
  "DELETE /api/twilio/contacts/{id}": item("contact", 204),
  "GET /api/twilio/blocklist": list,
  "POST /api/twilio/blocklist": { own: 201, other: 201, body: () => ({ number: `+1415666${String(++count).padStart(4, "0")}` }) },
  "DELETE /api/twilio/blocklist/{id}": { at: () => given.contact(1), own: 204, other: 404 },
  "GET /api/twilio/callers": { ...list, query: `?q=${MARK}` },
  "GET /api/twilio/callers/{number}": { at: () => `+1415888${String(count).padStart(4, "0")}`, own: 200, other: 200 },
  "GET /api/twilio/notes": { ...list, query: "?number=+14155550001" },
  "POST /api/twilio/notes": { own: 201, other: 201, body: { number: "+14156660001", text: "Note" } },
  "GET /api/twilio/notes/{id}": item("note", 200),
  "PUT /api/twilio/notes/{id}": item("note", 200, { body: { text: MARK } }),
  "DELETE /api/twilio/notes/{id}": item("note", 204),
  "POST /api/twilio/callers/forget": { own: 200, other: 200, body: () => ({ number: `+1415666${String(++count).padStart(4, "0")}` }) },
  "GET /api/twilio/overrides": list,
  "POST /api/twilio/overrides": { own: 201, other: 404, body: () => ({ phone_number_id: given.number(), forward_to_number: "+13035550142",
    ends_at: new Date(now + 3_600_000).toISOString() }) },
  "GET /api/twilio/overrides/{id}": item("override", 200),
  "DELETE /api/twilio/overrides/{id}": item("override", 204),
  "GET /api/twilio/leaks": list,
  "GET /api/twilio/missed-calls": list,
  "GET /api/twilio/missed-calls/{id}": item("missed", 200),
  "PATCH /api/twilio/missed-calls/{id}": item("missed", 200, { body: { assigned_to: "ana" } }),
  "POST /api/twilio/missed-calls/{id}/dismiss": item("missed", 200),
  "POST /api/twilio/missed-calls/{id}/reopen": item("missed", 200),
  // One file for all users.
  "GET /api/twilio/rules": list,
  "PUT /api/twilio/rules": { own: 200, other: 200, body: rulesAgain },
  "GET /api/twilio/rules/draft": list,
  "PUT /api/twilio/rules/draft": { own: 200, other: 200, body: draftAgain },
  "DELETE /api/twilio/rules/draft": { own: 200, other: 200 },
  "POST /api/twilio/rules/draft/promote": { own: 200, other: 200, body: () => ({ hash: draftAgain(keepDraft()).hash }) },
  "POST /api/twilio/rules/accept": { own: 200, other: 200, body: () => ({ hash: rulesAgain().hash }) },
  "POST /api/twilio/rules/check": { own: 200, other: 200, body: { source: "return {}" } },
  "GET /api/twilio/team": list,
  // The hash of four files that aren't there.
  "PUT /api/twilio/team": { own: 200, other: 200, body: { hash: createHash("sha256").update("   ").digest("hex") } },
  "GET /api/twilio/pin": list,
  "POST /api/twilio/pin": { own: 409, other: 409, body: { pin: "48219375" } }, // nobody is in people.txt
  "POST /api/twilio/team/check": { own: 200, other: 200, body: { groups: [] } },
  "POST /api/twilio/team/coverage": list,
  "GET /api/twilio/holidays": list,
  "GET /api/twilio/holidays/{code}": { at: () => "US-CO", own: 200, other: 200 },
  "GET /api/twilio/rules/versions": list,
  "GET /api/twilio/rules/versions/{id}": { at: () => 1, own: 200, other: 200 },
  "GET /api/twilio/rules/versions/{id}/diff": { at: () => 1, own: 200, other: 200 },
  "POST /api/twilio/rules/versions/{id}/restore": { at: () => 1, own: 200, other: 200 },

  "GET /api/twilio/alerts": list,
  "GET /api/twilio/alerts/{id}": item("alert", 200),
  "POST /api/twilio/alerts/{id}/close": item("alert", 200),

  "GET /api/twilio/coverage": list,
  "GET /api/twilio/now": list,
  "POST /api/twilio/simulate": { own: 200, other: 404, body: () => ({ phone_number_id: given.number() }) },
  "POST /api/twilio/replay": { own: 200, other: 200, body: { since: "7d" } },

  // This server isn't a sandbox.
  "GET /api/sandbox/calls": { own: 404, other: 404 },
  "POST /api/sandbox/ring": { own: 404, other: 404, body: {} },
  "POST /api/sandbox/dial": { own: 404, other: 404, body: () => ({ sid: sid("CA"), to: "+14155550100" }) },
  "POST /api/sandbox/calls/{sid}": { at: () => sid("CA"), own: 404, other: 404, body: { does: "answer" } },

  "POST /api/twilio/twiml": { signed: 200 },
  "POST /api/twilio/status-callback": { signed: 204 },
  "POST /api/twilio/recording-callback": { signed: 204 },
  "POST /api/twilio/message-callback": { signed: 204, query: "?call_sid=CA0" },
};

// The server that is asked from now on, and its Twilio.
export function asked(one, account) {
  [server, twilio] = [one, account];
}

// Makes what the row names, and gives a function that asks. With `isSoon` it may ask before cached settings are old.
export async function prepare(one, row, { isSoon = false } = {}) {
  const value = typeof row.body === "function" ? row.body() : row.body;
  const text = value === undefined ? "" : JSON.stringify(value);
  const target = (row.at ? one.path.replace(/\{\w+\}/, row.at()) : one.path) + (row.signed ? "" : row.query ?? "");
  if (!isSoon && (row.at || typeof row.body === "function")) await server.settled(); // only those write into the database
  return (headers, method = one.method) => request(server.port, { method, target, body: text, timeout: 15_000, headers: {
    "Content-Length": Buffer.byteLength(text), ...(text ? { "Content-Type": "application/json" } : {}), ...headers } });
}
