// allocations_test.mjs: memory runs out in a request, at each of its allocations in
// turn: whoever makes it, the host, Lua, SQLite, OpenSSL or libcurl. The answer is
// the right one or 503 (for a caller on the line, TwiML), never another verdict; the
// process lives, and afterwards everything is as before.
//
// Some dozens of points of each kind of request by default, over all of its allocations.
// HS_EVERY=2000 goes through 1 … 2000 one by one, as far as there are so many; that takes
// a quarter of an hour.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { command } from "../support/command.mjs";
import { cannotCut, startCut } from "../support/cut.mjs";
import { givenNumber, insert } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { asked, prepare, ROWS } from "../support/routes.mjs";
import { jwt, request } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, recording, report, twiml } from "../support/voice.mjs";

const EVERY = Number(process.env.HS_EVERY ?? 0);
const OURS = "+15105550100", CALLER = "+14155550123", JOE = "+13035550142";
const RULES = `return {\n  { "all", go = ring("${JOE}"):otherwise(voicemail()) },\n}\n`;
const HASH = createHash("sha256").update(RULES).digest("hex");
const PASSWORD = "a long password of the specs";
const SORRY = /<Say>We are sorry/;

let twilio, server, forwarding, media;

// The points of 1 … all: the first ones one by one, then fewer and fewer.
function points(all, sparse) {
  const found = [];
  for (let n = 1; n <= Math.min(all, EVERY || all); n += EVERY ? 1 : Math.max(1, Math.ceil(n / (sparse ? 2 : 3)))) found.push(n);
  return found;
}

const api = (method, target, value, more = {}) => (headers) => {
  const body = value === undefined ? undefined : JSON.stringify(value);
  return request(server.port, { method, target, body, timeout: 60_000, headers: { Authorization: `Bearer ${jwt({ sub: "42" })}`,
    ...(body ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } : {}), ...headers, ...more } });
};
const hook = (target, params, more = {}) => (headers) => server.post(target, params(), { headers, ...more });
const callSid = `CA${"c".repeat(32)}`;

// What is asked, and the status of the right answer. `caller` waits on the line for TwiML.
const KINDS = {
  "a call": { ask: hook("/api/twilio/twiml", () => inbound(CALLER, OURS)), status: 200, caller: true },
  "a step of a call": { ask: hook("/api/twilio/twiml?step=after&n=0&leg=0", () => ({ ...inbound(CALLER, OURS), CallSid: callSid,
    CallStatus: "in-progress", DialCallStatus: "no-answer" })), status: 200, caller: true },
  "a call with a wrong signature": { ask: hook("/api/twilio/twiml", () => inbound(CALLER, OURS), { token: "wrong" }), status: 403 },
  "a status callback": { ask: hook("/api/twilio/status-callback", () => report(callSid, "completed", { CallDuration: "3" })), status: 204 },
  "a recording callback": { ask: hook("/api/twilio/recording-callback", () => recording(callSid, "completed", { RecordingDuration: "3" })),
    status: 204 },
  "a callback with a wrong signature": { ask: hook("/api/twilio/status-callback", () => report(callSid, "completed"), { token: "wrong" }),
    status: 403 },
  "a list": { ask: api("GET", "/api/twilio/call-logs"), status: 200 },
  "one row": { ask: api("GET", `/api/twilio/call-logs/${callSid}`), status: 200 },
  "a write": { ask: (headers) => api("PUT", `/api/call-forwarding/${forwarding}`, { forward_to_number: JOE })(headers), status: 200 },
  "a list with a wrong token": { ask: api("GET", "/api/twilio/call-logs", undefined, { Authorization: `Bearer ${jwt({ sub: "42" }, "x")}` }),
    status: 401 },
  "a login": { ask: api("POST", "/api/auth/login", { name: "ana", password: PASSWORD }), status: 200, slow: true },
  "a login with a wrong password": { ask: api("POST", "/api/auth/login", { name: "ana", password: "no" }), status: 401, slow: true },
  "a check of rules": { ask: api("POST", "/api/twilio/rules/check", { source: RULES }), status: 200, slow: true },
  "the rules": { ask: api("GET", "/api/twilio/rules"), status: 200 },
  "a save of rules": { ask: api("PUT", "/api/twilio/rules", { source: RULES, hash: HASH }), status: 200, slow: true },
  "a save of bad rules": { ask: api("PUT", "/api/twilio/rules", { source: "return { { 1 } }", hash: HASH }), status: 422, slow: true },
  "a simulation": { ask: api("POST", "/api/twilio/simulate", { from: CALLER, to: OURS }), status: 200, slow: true },
  "a replay": { ask: api("POST", "/api/twilio/replay", { since: "1d" }), status: 200, slow: true },
  "the API's description": { ask: (headers) => request(server.port, { target: "/api/openapi.json", headers }), status: 200 },
  "a file": { ask: (headers) => request(server.port, { target: "/", headers }), status: 200 },
  "events": { ask: (headers) => headOf("/api/twilio/events", headers), status: 200 },
  "the sound of a recording": { ask: (headers) => api("GET", media)(headers), status: 200 },
  "metrics": { ask: (headers) => request(server.port, { target: "/metrics", headers }), status: 200 },
  "health": { ask: (headers) => request(server.port, { target: "/healthz", headers }), status: 200 },
  "readiness": { ask: (headers) => request(server.port, { target: "/readyz", headers }), status: 200 },
};

// The status of a stream, which is left then.
function headOf(target, headers) {
  return new Promise((resolve, reject) => {
    const call = http.get({ host: "127.0.0.1", port: server.port, path: target, agent: false,
      headers: { Authorization: `Bearer ${jwt({ sub: "42" })}`, ...headers } }, (answer) => {
      resolve({ status: answer.statusCode, headers: answer.headers, body: "" });
      answer.on("error", () => {});
      call.destroy();
    });
    call.on("error", reject);
  });
}

// An answer without what differs from one request to the next.
const shape = ({ status, body }) => `${status} ${body.replace(/"(token|request_id|etag)":"(\\.|[^"\\])*"/g, "").replace(/[0-9a-f]{32}|[\d.]+/g, "#")}`;

function judge(kind, point, { answer }, right) {
  const what = `${point}: ${answer.status} ${answer.body.slice(0, 300)}`;
  assert.equal(server.ended, null, `${what}\n${server.err.slice(-2000)}`);
  if (kind.caller) {
    twiml(answer);
    if (!SORRY.test(answer.body) && !/^<\?xml[^>]*>\s*<Response\/?>/.test(answer.body)) assert.fail(what);
  } else if (answer.status !== 503) {
    assert.equal(shape(answer), right, what);
  }
}

const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length;

before(async () => {
  if (cannotCut) return;
  twilio = await TwilioRest.start();
  server = await startCut({ rules: RULES, web: { "index.html": `<!doctype html><title>${"x".repeat(400_000)}</title>\n` },
    config: { ...twilio.config, workers: 8 } });
  const id = givenNumber(server.database, { phone: OURS, user: "42", settings: { always: JOE } });
  forwarding = id && insert(server.database, "call_forwarding", { user_id: "42", phone_number_id: id, forward_to_number: JOE,
    forwarding_type: "busy", ring_timeout: 20 });
  const sid = `RE${"d".repeat(32)}`;
  insert(server.database, "twilio_call_logs", { call_sid: callSid, user_id: "42", phone_number_id: id, from: CALLER, to: OURS,
    status: "completed", started_at: Date.now() });
  insert(server.database, "recordings", { recording_sid: sid, call_sid: callSid, user_id: "42", phone_number_id: id, kind: "voicemail",
    status: "completed", status_rank: 3, duration: 7, started_at: Date.now() });
  twilio.recordings.set(sid, Buffer.from("0123456789"));
  media = `/api/twilio/recordings/${sid}/media`;
  const made = await command(["user", "add", "ana"], { config: { database: server.database }, input: `${PASSWORD}\n${PASSWORD}\n` });
  assert.equal(made.status, 0, made.err);
  await server.settled();
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

describe("memory that runs out, at every point of", { skip: cannotCut }, () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    it(name, async (t) => {
      // Twice: in fresh VMs, then in warm ones.
      const first = await server.cut("memory 1000000000 1", kind.ask);
      const again = await server.cut("memory 1000000000 1", kind.ask);
      assert.deepEqual([first.answer.status, again.answer.status], [kind.status, kind.status], again.answer.body);
      const right = shape(again.answer);
      // One, which Lua makes good by collecting; two in a row, which it cannot; all that follow.
      const runs = EVERY ? [2] : kind.slow ? [2, 1e9] : [1, 2, 1e9];
      let asked = 0, short = 0;
      for (const n of points(first.allocations, kind.slow)) {
        for (const run of runs) {
          const cut = await server.cut(`memory ${n} ${run}`, kind.ask);
          judge(kind, `allocation ${n}, ${run} of them`, cut, right);
          asked++;
          short += cut.answer.status === 503 || SORRY.test(cut.answer.body);
        }
      }
      const after = await server.cut("memory 1000000000 1", kind.ask);
      if (name !== "metrics") assert.equal(shape(after.answer), right, "afterwards");
      t.diagnostic(`${first.allocations} allocations in fresh VMs, ${again.allocations} in warm ones; cut ${asked} times, ${short} of them short`);
    });
  }

  // All that the API has, each at two points: in the middle, and in the last quarter, where most have begun to write.
  describe("each route", () => {
    let one, account;
    before(async () => {
      account = await TwilioRest.start();
      one = await startCut({ config: { ...account.config, maintenance_seconds: 0, buy_daily_cap: 1000, forward_countries: "US" } });
      asked(one, account);
    });
    after(async () => {
      await one?.stop();
      await account?.stop();
    });

    it("answers rightly or with 503", async () => {
      const routes = operations(describeApi()).map((route) => [route, ROWS[`${route.method} ${route.path}`]])
        .filter(([{ path }, row]) => !row.signed && !path.endsWith("/events"));
      assert.ok(routes.length > 90);
      const wrong = [];
      for (const [route, row] of routes) {
        const headers = row.open ? {} : { Authorization: `Bearer ${jwt({ sub: "ana" })}` };
        const cut = async (n) => {
          const send = await prepare(route, row, { isSoon: true });
          return one.cut(`memory ${n} 1000000000`, (more) => send({ ...headers, ...more }));
        };
        const { answer, allocations } = await cut(1e9);
        const right = row.open ?? row.own, seen = [answer.status];
        for (const part of [0.5, 0.85]) seen.push((await cut(Math.ceil(allocations * part))).answer.status);
        if (one.ended || seen[0] !== right || seen.some((status) => ![right, 503].includes(status)))
          wrong.push(`${route.method} ${route.path}: ${seen.join(", ")}, not ${right}: ${answer.body.slice(0, 200)}`);
      }
      assert.deepEqual(wrong, []);
    });
  });

  it("a request gives back all that it took", async () => {
    const files = openFiles();
    const check = api("POST", "/api/twilio/rules/check", { source: RULES });
    const answers = await Promise.all(Array.from({ length: 4 }, () => check({})));
    for (let n = 1; n <= 40; n++) await server.cut(`memory ${n * n} 2`, check);
    answers.push(...await Promise.all(Array.from({ length: 4 }, () => check({}))));
    assert.deepEqual(answers.map((answer) => answer.status), Array(8).fill(200)); // the turns at heavy work
    assert.ok(openFiles() <= files + 8, `${files} files, then ${openFiles()}`);
    const { body } = await server.get("/metrics");
    assert.ok(Number(/^hookswitch_vms (\d+)/m.exec(body)[1]) <= 8, body);
    assert.ok(Number(/^hookswitch_short_of_memory_total (\d+)/m.exec(body)[1]) > 0, body);
  });
});
