// recordings_test.mjs: listing, hearing and deleting recordings. The sound comes
// from Twilio through us, in pieces.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { jwt, request, SLOW, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const LIST = "/api/twilio/recordings";
let twilio;
let server;
let ana;
let ben;
let number;

before(async () => {
  twilio = await TwilioRest.start();
  // Maintenance asks Twilio, too, and would meet what is planned for a test.
  server = await startServer({ config: { ...twilio.config, workers: 8, maintenance_seconds: 0 } });
  ana = user(server, "42");
  ben = user(server, "43");
  number = givenNumber(server.database, { phone: "+15105550100", user: "42" });
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});
beforeEach(() => twilio.reset());

const newSid = () => `RE${randomBytes(16).toString("hex")}`;
function given(sound = Buffer.from("0123456789"), more = {}) {
  const sid = newSid();
  const callSid = `CA${randomBytes(16).toString("hex")}`;
  if (sound) twilio.recordings.set(sid, sound);
  insert(server.database, "twilio_call_logs", { call_sid: callSid, user_id: "42", phone_number_id: number, from: "+14155550123", to: "+15105550100",
    status: "completed", started_at: Date.now(), recording_sid: sid, recording_url: `${LIST}/${sid}/media` });
  insert(server.database, "recordings", { recording_sid: sid, call_sid: callSid, user_id: "42", phone_number_id: number, kind: "voicemail",
    status: "completed", status_rank: 3, duration: 7, transcript: "call me back", started_at: Date.now(), ...more });
  return { sid, callSid, media: `${LIST}/${sid}/media` };
}
const listen = (recording, { query = "", who = ana, headers = {}, method = "GET" } = {}) =>
  request(server.port, { method, target: recording.media + query, headers: { Authorization: `Bearer ${who.token}`, ...headers }, timeout: 30_000 });

// Read bytes as they come: resolves to { status, headers, body, complete }.
function read(target, { token = ana.token, headers = {}, onPart = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    http.get({ host: "127.0.0.1", port: server.port, path: target, agent: false, headers: { Authorization: `Bearer ${token}`, ...headers } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => { parts.push(part); onPart(answer); });
      answer.on("error", () => {});
      answer.on("close", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts), complete: answer.complete }));
    }).on("error", reject);
  });
}

describe("list", () => {
  it("shows whose call it was, and an address of ours", async () => {
    const { sid, callSid } = given();
    const row = (await ana.get(LIST)).body.recordings.find((r) => r.recording_sid === sid);
    assert.deepEqual([row.call_sid, row.from, row.to, row.kind, row.status, row.duration, row.transcript, row.mediaUrl],
      [callSid, "+14155550123", "+15105550100", "voicemail", "completed", 7, "call me back", `${LIST}/${sid}/media`]);
    assert.deepEqual((await ben.get(LIST)).body.recordings, []);
  });

  it("filters and pages", async () => {
    const made = Array.from({ length: 5 }, (_, n) => given(null, { kind: "call", started_at: 1000 + n }).sid).reverse();
    const seen = [];
    for (let cursor = ""; cursor !== null;) {
      const { body } = await ana.get(`${LIST}?limit=2&kind=call&end_date=2000${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.recordings.map((r) => r.recording_sid));
      cursor = body.next;
    }
    assert.deepEqual(seen, made);
    for (const [query, expected] of [["start_date=1002&end_date=1004", 2], ["phone_number_id=999", 0], ["status=absent", 0], [`number=${encodeURIComponent("+14155550123")}&kind=call`, 5]])
      assert.equal((await ana.get(`${LIST}?${query}`)).body.recordings.length, expected, query);
    for (const query of ["limit=0", "kind=song", "status=x", "phone_number_id=x", "colour=red"]) assert.equal((await ana.get(`${LIST}?${query}`)).status, 422);
  });
});

describe("media", () => {
  it("comes from Twilio through us, whole", async () => {
    const sound = randomBytes(300_000);
    const recording = given(sound);
    const answer = await read(recording.media);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "audio/mpeg");
    assert.equal(answer.headers["content-length"], "300000");
    assert.equal(answer.headers["accept-ranges"], "bytes");
    assert.equal(answer.headers["content-disposition"], `inline; filename="${recording.sid}.mp3"`);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.ok(answer.body.equals(sound));
    const [asked] = twilio.requests;
    assert.equal(asked.resource, `Recordings/${recording.sid}.mp3`);
    assert.equal(asked.headers.range, undefined);
    assert.equal(answer.headers.authorization, undefined);
  });

  it("takes a format and a download", async () => {
    const recording = given();
    const answer = await listen(recording, { query: "?format=wav&download=true" });
    assert.deepEqual([answer.status, answer.headers["content-type"], answer.headers["content-disposition"], answer.body],
      [200, "audio/wav", `attachment; filename="${recording.sid}.wav"`, "0123456789"]);
    assert.equal((await listen(recording, { query: "?format=ogg" })).status, 422);
  });

  for (const [range, status, contentRange, body] of [["bytes=2-4", 206, "bytes 2-4/10", "234"], ["bytes=7-", 206, "bytes 7-9/10", "789"], ["bytes=-3", 206, "bytes 7-9/10", "789"],
    ["bytes=20-30", 416, "bytes */10", ""], ["bytes=0-1,4-5", 200, undefined, "0123456789"], ["lines=1-2", 200, undefined, "0123456789"]])
    it(`passes Range: ${range} on`, async () => {
      const answer = await listen(given(), { headers: { Range: range } });
      assert.deepEqual([answer.status, answer.headers["content-range"], answer.body], [status, contentRange, body]);
    });

  it("answers HEAD without the sound", async () => {
    const answer = await listen(given(), { method: "HEAD" });
    assert.deepEqual([answer.status, answer.headers["content-length"], answer.body], [200, "10", ""]);
  });

  it("keeps the connection for the next request", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const recording = given();
    for (let n = 0; n < 3; n++) {
      const answer = await request(server.port, { target: recording.media, headers: { Authorization: `Bearer ${ana.token}` }, agent });
      assert.equal(answer.body, "0123456789");
    }
    agent.destroy();
  });

  it("is sent in chunks when Twilio does not say how long it is", async () => {
    const recording = given(randomBytes(100_000));
    twilio.once("GET Recordings", { chunked: true });
    const answer = await read(recording.media);
    assert.equal(answer.headers["transfer-encoding"], "chunked");
    assert.ok(answer.complete);
    assert.ok(answer.body.equals(twilio.recordings.get(recording.sid)));
  });

  it("does not look whole when Twilio ends in the middle", async () => {
    for (const chunked of [false, true]) {
      const recording = given(randomBytes(100_000));
      twilio.once("GET Recordings", { cut: true, chunked });
      const answer = await read(recording.media);
      assert.equal(answer.complete, false);
      assert.ok(answer.body.length < 100_000);
    }
    await waitUntil(() => server.logs("recording_cut").length >= 2, 5000, "two log lines");
  });

  it("is nobody else's", async () => {
    const recording = given();
    assert.equal((await listen(recording, { who: ben })).status, 404);
    assert.equal((await request(server.port, { target: recording.media })).status, 401);
    assert.equal((await request(server.port, { target: recording.media, headers: { Authorization: `Bearer ${jwt({ sub: "42" }, "another secret that is long enough")}` } })).status, 401);
    assert.equal((await listen({ media: `${LIST}/${newSid()}/media` })).status, 404);
    for (const sid of ["RE", "CA0123", "..%2f..%2fetc", "RE12.mp3"]) assert.equal((await listen({ media: `${LIST}/${sid}/media` })).status, 404, sid);
    assert.equal(twilio.requests.length, 0);
  });

  it("is fetched by its SID, whatever address a callback named", async () => {
    const sid = newSid();
    twilio.recordings.set(sid, Buffer.from("sound"));
    const { callSid } = given();
    const report = await server.post("/api/twilio/recording-callback", { AccountSid: "AC", CallSid: callSid, RecordingSid: sid, RecordingStatus: "completed",
      RecordingUrl: "http://127.0.0.1:1/evil", RecordingDuration: "3" });
    assert.equal(report.status, 204);
    assert.equal((await listen({ media: `${LIST}/${sid}/media` })).body, "sound");
    assert.doesNotMatch(JSON.stringify(rows(server.database, "SELECT * FROM recordings")), /evil/);
  });

  for (const [what, plan, status, code] of [["not there any more", { status: 404, body: { code: 20404, message: "gone", status: 404 } }, 404, "recording_not_found"],
    ["500", { status: 500, body: "x" }, 502, "twilio_failed"], ["401", { status: 401, body: { code: 20003, message: "no" } }, 502, "twilio_failed"],
    ["429", { status: 429, body: "" }, 503, "twilio_busy"], ["a redirect", { status: 302, headers: { Location: "http://127.0.0.1:1/" }, body: "" }, 502, "twilio_failed"]])
    it(`Twilio's ${what} is our ${status}`, async () => {
      twilio.once("GET Recordings", plan);
      const answer = await listen(given());
      assert.equal(answer.status, status);
      assert.equal(JSON.parse(answer.body).error.code, code);
    });

  it("says when nothing was recorded", async () => {
    const answer = await listen(given(null, { status: "absent" }));
    assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [404, "no_sound"]);
  });

  it("never takes more than a quarter of the workers", async () => {
    const recordings = Array.from({ length: 4 }, () => given(randomBytes(1000)));
    let release;
    const late = new Promise((resolve) => { release = resolve; });
    for (let n = 0; n < 4; n++) twilio.once("GET Recordings", { late });
    let refused = 0;
    const playing = recordings.map(async (recording) => {
      const answer = await listen(recording);
      refused += answer.status === 503;
      return answer;
    });
    await waitUntil(() => refused === 2 && twilio.seen("GET Recordings").length === 2, 5000, "two that play");
    const call = await server.post("/api/twilio/status-callback", { CallSid: `CA${"0".repeat(32)}`, CallStatus: "completed", From: "+14155550123", To: "+15105550100" });
    assert.equal(call.status, 204);
    assert.ok(call.ms < 500 * SLOW);
    release();
    const statuses = (await Promise.all(playing)).map((answer) => answer.status);
    assert.deepEqual(statuses.sort(), [200, 200, 503, 503]);
    assert.equal((await listen(given())).status, 200);
  });

  it("does not keep a long recording in memory", async () => {
    const recording = given(Buffer.alloc(64 << 20, 7));
    const kilobytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]);
    await listen(given());
    const start = kilobytes();
    let most = start;
    const answer = await read(recording.media, { onPart: () => { most = Math.max(most, kilobytes()); } });
    assert.equal(answer.body.length, 64 << 20);
    // Sanitizers keep what was freed.
    if (!process.env.ASAN_OPTIONS) assert.ok(most - start < 8000, `${most - start} kB more`);
  });

  it("ends when the listener hangs up", async () => {
    const recording = given(Buffer.alloc(32 << 20));
    await new Promise((resolve, reject) => {
      const call = http.get({ host: "127.0.0.1", port: server.port, path: recording.media, agent: false, headers: { Authorization: `Bearer ${ana.token}` } }, (answer) => {
        answer.once("data", () => { call.destroy(); resolve(); });
        answer.on("error", () => {});
      }).on("error", reject);
    }).catch(() => {});
    await waitUntil(async () => (await listen(given())).status === 200, 5000, "a free place");
    assert.equal((await listen(given())).status, 200);
  });
});

describe("delete", () => {
  it("deletes at both ends, with what was said", async () => {
    const { sid, callSid, media } = given();
    assert.equal((await ana.delete(`${LIST}/${sid}`)).status, 204);
    assert.equal(twilio.recordings.has(sid), false);
    assert.equal((await ana.delete(`${LIST}/${sid}`)).status, 404);
    assert.equal((await listen({ media })).status, 404);
    const [row] = rows(server.database, `SELECT * FROM recordings WHERE recording_sid = '${sid}'`);
    assert.deepEqual([row.status, row.transcript], ["deleted", null]);
    const call = (await ana.get(`/api/twilio/call-logs/${callSid}`)).body;
    assert.deepEqual([call.recording_sid ?? null, call.recording_url ?? null, call.recordings], [null, null, []]);
  });

  it("counts what Twilio does not have any more as deleted", async () => {
    const { sid } = given(null);
    assert.equal((await ana.delete(`${LIST}/${sid}`)).status, 204);
  });

  it("keeps what Twilio did not delete, and another user's", async () => {
    const { sid } = given();
    assert.equal((await ben.delete(`${LIST}/${sid}`)).status, 404);
    twilio.once("DELETE", { status: 500, body: "" });
    assert.equal((await ana.delete(`${LIST}/${sid}`)).status, 502);
    assert.ok((await ana.get(LIST)).body.recordings.some((r) => r.recording_sid === sid));
  });
});

it("nothing was a bug of ours", () => {
  assert.deepEqual(server.logs("handler_failed"), []);
  assert.deepEqual(server.logs("request_failed"), []);
});
