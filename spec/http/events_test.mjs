// events_test.mjs: server-sent events: who hears what, coming again, and that
// listeners cost webhooks nothing.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { schemasOf } from "../support/schemas.mjs";
import { FILES, jwt, patient, raw, request, responses, sleep, SLOW, startServer, waitUntil } from "../support/server.mjs";

const OPEN = new Set();
const soon = (probe, what) => waitUntil(probe, 20_000, what);

// A stream of events, until close(): { status, headers, events, ended }.
function listen(server, { token = jwt({ sub: "42" }), headers, target = "/api/twilio/events" } = {}) {
  return new Promise((resolve, reject) => {
    const call = http.request({ host: "127.0.0.1", port: server.port, path: target, agent: false,
      headers: headers ?? { Authorization: `Bearer ${token}` } }, (answer) => {
      const stream = { status: answer.statusCode, headers: answer.headers, events: [], text: "", ended: false,
        close: () => call.destroy(),
        next: (type) => soon(() => stream.events.find((one) => one.type === type && !one.seen && (one.seen = true)), type) };
      OPEN.add(stream);
      answer.setEncoding("utf8");
      answer.on("data", (part) => {
        stream.text += part;
        const blocks = stream.text.split("\n\n");
        for (const block of blocks.slice(stream.taken ?? 0, -1).filter((one) => one.includes("event:"))) {
          const event = parse(block);
          stream.events.push(event);
          for (const wrong of judge(event.type, event.data)) UNLIKE.push(wrong);
        }
        stream.taken = blocks.length - 1;
      });
      for (const end of ["end", "error", "close"]) answer.on(end, () => { stream.ended = true; OPEN.delete(stream); });
      resolve(stream);
    });
    call.on("error", reject);
    call.end();
  });
}

// What events of all streams say that their schemas (models/announce.lua) don't describe.
const UNLIKE = [];
const judge = schemasOf("models.announce", "SCHEMAS");

function parse(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  return { id: fields.id, type: fields.event, data: JSON.parse(fields.data) };
}

const incoming = (server, sid, more = {}) => server.post("/api/twilio/twiml",
  { CallSid: sid, From: "+14155550100", To: "+15105550100", CallStatus: "ringing", ...more });
const report = (server, sid, status, more = {}) => server.post("/api/twilio/status-callback",
  { CallSid: sid, From: "+14155550100", To: "+15105550100", CallStatus: status, ...more });
const hangUpAll = async () => {
  for (const stream of [...OPEN]) stream.close();
  await sleep(50);
};
const streams = async (server) => Number((await server.get("/metrics")).body.match(/^hookswitch_event_streams (\d+)$/m)[1]);

// Of 256, as many as the limit of open files leaves room for: half of them are the clients', in this process.
const MOST = Math.min(256, FILES - 64 - 4 * 4);
const CROWD = Math.min(60, Math.floor((FILES - 120) / 3));
const FILLS = FILES > 2 * MOST;

let server;
before(async () => {
  server = await startServer({ config: { workers: 4 } });
  givenNumber(server.database, { user: "42" });
  givenNumber(server.database, { user: "43", phone: "+15105550101" });
  await server.settled();
});
after(async () => {
  await hangUpAll();
  await server?.stop();
});

// Whatever became of a test, the next one begins without listeners.
afterEach(async () => {
  await hangUpAll();
  if (server) await soon(async () => (await streams(server)) === 0, "an end of the streams");
});

describe("a stream", () => {
  it("begins at once, with headers that no proxy may hold back", async () => {
    const stream = await listen(server);
    assert.equal(stream.status, 200);
    assert.equal(stream.headers["content-type"], "text/event-stream");
    assert.equal(stream.headers["cache-control"], "no-store");
    assert.equal(stream.headers["x-accel-buffering"], "no");
    assert.equal(stream.headers["x-content-type-options"], "nosniff");
    assert.ok(stream.headers["x-request-id"]);
    const ready = await stream.next("ready");
    assert.match(ready.id, /^[0-9a-f]+-[0-9a-f]+$/);
    assert.match(stream.text, /^retry: 3000\n\n/);
  });

  it("tells of calls, legs, recordings and browsers, once they are stored", async () => {
    const stream = await listen(server);
    await stream.next("ready");
    await incoming(server, "CAone");
    const ringing = (await stream.next("call")).data;
    assert.deepEqual([ringing.call_sid, ringing.status, ringing.direction, ringing.from, ringing.to, ringing.user_id],
      ["CAone", "ringing", "inbound", "+14155550100", "+15105550100", "42"]);
    await report(server, "CAleg", "in-progress", { ParentCallSid: "CAone", To: "+15105550142" });
    assert.equal((await stream.next("call")).data.parent_call_sid, "CAone");
    await report(server, "CAone", "completed", { CallDuration: "30" });
    assert.deepEqual([(await stream.next("call")).data.status], ["completed"]);
    await report(server, "CAone", "ringing"); // late: the row knows better
    assert.equal((await stream.next("call")).data.status, "completed");
    await server.post("/api/twilio/recording-callback", { CallSid: "CAone", RecordingSid: "REone", RecordingStatus: "completed",
      RecordingDuration: "5", RecordingSource: "RecordVerb" });
    const recording = (await stream.next("recording")).data;
    assert.deepEqual([recording.recording_sid, recording.kind, recording.duration], ["REone", "voicemail", 5]);
    await user(server, "42").post("/api/twilio/presence", {});
    assert.deepEqual((await stream.next("presence")).data, { user_id: "42", online: true });
    await user(server, "42").post("/api/twilio/presence", {}); // still there: no news
    await user(server, "42").post("/api/twilio/presence", { registered: false });
    assert.deepEqual((await stream.next("presence")).data, { user_id: "42", online: false });
    assert.equal(stream.events.length, 8);
  });

  it("tells of settings, overrides and numbers that change", async () => {
    const [stream, ana] = [await listen(server), user(server, "42")];
    await stream.next("ready");
    const [number] = (await ana.get("/api/twilio/my-numbers")).body.phone_numbers;
    const made = (await ana.post("/api/call-forwarding", { phone_number_id: number.id, forward_to_number: "+13035550142" })).body;
    const override = (await ana.post("/api/twilio/overrides", { forward_to_number: "voicemail", ends_at: Date.now() + 3_600_000 })).body;
    await ana.delete(`/api/twilio/overrides/${override.id}`);
    await ana.delete(`/api/call-forwarding/${made.id}`);
    assert.equal((await ana.put(`/api/twilio/my-numbers/${number.id}`, { is_active: true })).status, 200);
    for (let n = 0; n < 5; n++) assert.deepEqual((await stream.next("settings")).data, {});
  });

  it("tells of news about callers to get back to", async () => {
    const stream = await listen(server);
    await stream.next("ready");
    await user(server, "42").post("/api/twilio/notes", { number: "+14155550100", text: "wants a quote" });
    assert.deepEqual((await stream.next("missed")).data, { id: null, about: "+14155550100" });
  });

  it("tells of nobody else's", async () => {
    const [mine, theirs] = [await listen(server), await listen(server, { token: jwt({ sub: "43" }) })];
    await Promise.all([mine.next("ready"), theirs.next("ready")]);
    await incoming(server, "CAother", { To: "+15105550101" });
    await incoming(server, "CAnobody", { To: "+15105550199" }); // is the first user's, who gets the message
    assert.equal((await theirs.next("call")).data.call_sid, "CAother");
    assert.equal((await mine.next("call")).data.call_sid, "CAnobody");
    await sleep(200);
    assert.equal(mine.events.length, 2);
    assert.equal(theirs.events.length, 2);
  });

  it("tells a team of all", async () => {
    const team = await startServer({ config: { data_scope: "team" } });
    try {
      givenNumber(team.database, { user: "42" });
      await team.settled();
      const stream = await listen(team, { token: jwt({ sub: "99" }) });
      await stream.next("ready");
      await incoming(team, "CAteam");
      assert.equal((await stream.next("call")).data.call_sid, "CAteam");
      stream.close();
    } finally {
      await team.stop();
    }
  });

  it("goes on behind the last event that a client saw", async () => {
    const first = await listen(server);
    await first.next("ready");
    await incoming(server, "CAseen");
    const { id } = await first.next("call");
    first.close();
    await incoming(server, "CAmissed1");
    await incoming(server, "CAmissed2");
    const again = await listen(server, { headers: { Authorization: `Bearer ${jwt({ sub: "42" })}`, "Last-Event-ID": id } });
    await again.next("ready");
    assert.equal((await again.next("call")).data.call_sid, "CAmissed1");
    assert.equal((await again.next("call")).data.call_sid, "CAmissed2");
    for (const unknown of ["x", "0-0", `${id}0000`, "-".repeat(300)]) {
      const lost = await listen(server, { headers: { Authorization: `Bearer ${jwt({ sub: "43" })}`, "Last-Event-ID": unknown } });
      await lost.next("reset");
      lost.close();
    }
  });

  it("ends with its token, and without one there is none", async () => {
    let ends, short;
    for (let seconds = 3; short?.status !== 200; seconds *= 2) { // time enough to begin
      assert.ok(seconds < 60, `${short?.status}`);
      const exp = Math.ceil(Date.now() / 1000) + seconds;
      ends = exp * 1000;
      short = await listen(server, { token: jwt({ sub: "42", exp }) });
    }
    await short.next("ready");
    await soon(() => short.ended, "the end of the stream");
    assert.ok(Date.now() < ends + 5000 * SLOW, "a stream ends with its token, not at the next beat");
    for (const options of [{ headers: {} }, { token: "x" }, { headers: {}, target: "/api/twilio/events?access_token=x" }])
      assert.equal((await listen(server, options)).status, 401);
  });

  it("takes its token from the query, where no other route does", async () => {
    const token = jwt({ sub: "42" });
    const stream = await listen(server, { headers: {}, target: `/api/twilio/events?access_token=${token}` });
    assert.equal(stream.status, 200);
    await stream.next("ready");
    assert.equal((await server.get(`/api/auth/me?access_token=${token}`)).status, 401);
    assert.equal((await listen(server, { headers: {}, target: `/api/twilio/events?access_token=${token}&access_token=${token}` })).status, 401);
    assert.ok(!(server.out + server.err).includes(token));
  });

  it("ends when its login does", async () => {
    await command(["user", "add", "ana"], { config: { database: server.database }, input: "correct horse" });
    const login = async () => {
      const body = JSON.stringify({ name: "ana", password: "correct horse" });
      const answer = await request(server.port, { method: "POST", target: "/api/auth/login", body,
        headers: { "Content-Type": "application/json", "Content-Length": body.length } });
      return JSON.parse(answer.body).token;
    };
    const [one, two] = [await login(), await login()];
    const heard = [await listen(server, { headers: { Cookie: `hookswitch_session=${one}` } }), await listen(server, { token: two })];
    await Promise.all(heard.map((stream) => stream.next("ready")));
    const answer = await request(server.port, { method: "POST", target: "/api/auth/logout", headers: { Authorization: `Bearer ${one}`, "Content-Length": 0 } });
    assert.equal(answer.status, 204);
    await soon(() => heard[0].ended, "the end of the login's stream");
    await sleep(100);
    assert.equal(heard[1].ended, false);
  });

  it("answers HEAD with its headers alone", async () => {
    const answer = await request(server.port, { method: "HEAD", target: "/api/twilio/events", headers: { Authorization: `Bearer ${jwt({ sub: "42" })}` } });
    assert.deepEqual([answer.status, answer.body], [200, ""]);
    await soon(async () => (await streams(server)) === 0, "an end of the stream");
  });

  it("is not confused by what a client goes on to send", async () => {
    const head = `GET /api/twilio/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${jwt({ sub: "42" })}\r\n\r\n`;
    const answer = await raw(server.port, [head, 100, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 100, "x".repeat(100_000)], { limit: patient(8000), quiet: 1000 });
    assert.equal(responses(answer.text).length, 1);
    assert.equal(answer.closed, false);
    assert.doesNotMatch(answer.text, /uptime/);
    await soon(async () => (await streams(server)) === 0, "an end of the stream");
  });
});

describe("listeners", () => {
  it("are many more than there are workers, and webhooks are answered as fast", async () => {
    // A few at a time: more clients than workers at once, and those that are slow to ask are let go.
    const median = async (name) => {
      const times = [];
      for (let i = 0; i < 50; i++) times.push((await incoming(server, `${name}${i}`)).ms);
      return times.sort((a, b) => a - b)[25];
    };
    const alone = await median("CAalone");
    const crowd = [];
    for (let i = 0; i < CROWD; i++)
      crowd.push(...await Promise.all([0, 1, 2].map(() => listen(server, { token: jwt({ sub: `crowd${i}` }) }))));
    assert.ok(crowd.every((stream) => stream.status === 200));
    await soon(async () => (await streams(server)) === 3 * CROWD, "the crowd");
    await sleep(600); // longer than any grace of the supervisor
    const crowded = await median("CAcrowd");
    // On a machine that has other work both take longer.
    assert.ok(crowded < Math.max(50 * SLOW, 4 * alone), `median ${crowded} ms, ${alone} ms without listeners`);
    assert.ok(crowd.every((stream) => !stream.ended));
    await hangUpAll();
    await soon(async () => (await streams(server)) === 0, "an end of the crowd");
    assert.equal(server.logs("connections_cut").length, 0);
  });

  it("are few for one user", async () => {
    const mine = [];
    for (let i = 0; i < 6; i++) mine.push(await listen(server));
    const refused = await listen(server);
    assert.equal(refused.status, 429);
    mine[0].close();
    await soon(async () => (await streams(server)) === 5, "an end of the first stream");
    assert.equal((await listen(server)).status, 200);
  });

  it("are bounded in all", { skip: FILLS ? false : `only ${FILES} files may be open here` }, async () => {
    const all = [];
    for (let i = 0; i < 60; i++)
      all.push(...await Promise.all([0, 1, 2, 3, 4].map(() => listen(server, { token: jwt({ sub: `many${i}` }) }))));
    assert.equal(all.filter((stream) => stream.status === 200).length, MOST);
    const full = all.find((stream) => stream.status !== 200);
    assert.equal(full.status, 503);
    assert.equal(full.headers["retry-after"], "30");
    assert.equal((await incoming(server, "CAfull")).status, 200);
  });

  it("that do not read are left behind, and nobody waits for them", async () => {
    const deaf = net.connect({ host: "127.0.0.1", port: server.port });
    deaf.on("error", () => {});
    deaf.pause();
    deaf.write(`GET /api/twilio/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${jwt({ sub: "42" })}\r\n\r\n`);
    const other = await listen(server);
    await other.next("ready");
    for (let i = 0; i < 200; i++) await incoming(server, `CAdeaf${i}`);
    await soon(() => other.events.length === 201, "all events");
    deaf.destroy();
  });

  it("are let go when the server stops", async () => {
    const stopping = await startServer({ config: { workers: 2 } });
    const one = await listen(stopping);
    await one.next("ready");
    const began = Date.now();
    await stopping.stop();
    assert.ok(Date.now() - began < 3000 * SLOW);
    await soon(() => one.ended, "the end of the stream");
    assert.equal(stopping.logs("drained")[0].in_flight, 0);
  });
});

it("every event had every field of its schema, null where there is none", () => assert.deepEqual([...new Set(UNLIKE)], []));
