// cut_test.mjs: a request is cut off in the middle, by memory, by its time or by a
// stop of the whole process, at many points of it. Whatever the cut left half done is gone
// with it: every route answers as in a fresh process.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { cannotCut, startCut } from "../support/cut.mjs";
import { givenNumber, insert } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { jwt, request, sleep, startServer } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const SLOW_CALLER = "+14155550777";
const OURS = "+15105550100", THEIRS = "+15105550101", CALLER = "+14155550123", JOE = "+13035550142";
const RULES = `return {\n  { "all", go = ring("${JOE}"):otherwise(voicemail()) },\n}\n`;
const callSid = `CA${"c".repeat(32)}`;
let server;

// Every operation of the API, with a body that none accepts and of a row that is not there, so that nothing changes.
async function everyRoute(one) {
  const who = user(one, "42");
  const found = {};
  for (const { method, path } of operations(describeApi())) {
    if (/events|doctor|logout|available-numbers|\/twiml|-callback/.test(path)) continue;
    const target = path.replace(/\{sid\}/, callSid).replace(/\{\w+\}/, method === "GET" ? "1" : "999999");
    const answer = method === "GET" ? await who.get(target) : await who[method.toLowerCase()](target, ["none"]);
    found[`${method} ${path}`] = `${answer.status} ${answer.text.replace(/"(request_id|event_id|token|etag|at|now|seen_at|expires_at)":("(\\.|[^"\\])*"|\d+)/g, "")
      .replace(/\d{10,}|[0-9a-f]{32}|"[\w-]+\.[\w-]+\.[\w-]+"/g, "#")}`;
  }
  for (const target of ["/api/twilio/status-callback", "/api/twilio/recording-callback"])
    found[target] = `${(await one.post(target, {})).status}`;
  found.call = (await one.post("/api/twilio/twiml", { ...inbound(CALLER, OURS), CallSid: callSid })).body;
  return found;
}

const api = (target) => (headers) => request(server.port, { target, timeout: 60_000, headers: { Authorization: `Bearer ${jwt({ sub: "42" })}`, ...headers } });
const call = (headers) => server.post("/api/twilio/twiml", inbound(CALLER, THEIRS), { headers, timeout: 60_000 });
const afresh = () => server.cut("memory 1 1000000", api("/api/openapi.json")); // the next request makes its VMs

// `count` points of 1 … all, denser at the beginning.
const points = (all, count) => [...new Set(Array.from({ length: count }, (_, i) => Math.max(1, Math.round(all ** ((i + 1) / count)))))];

before(async () => {
  if (cannotCut) return;
  server = await startCut({ rules: RULES });
  const id = givenNumber(server.database, { phone: OURS, user: "42", settings: { always: JOE } });
  insert(server.database, "twilio_call_logs", { call_sid: callSid, user_id: "42", phone_number_id: id, from: CALLER, to: OURS,
    status: "completed", started_at: Date.now() });
  givenNumber(server.database, { phone: THEIRS, user: "43" }); // whose calls change nothing of what 42 sees
  await server.settled();
});
after(() => server?.stop());

describe("a request that is cut off", { skip: cannotCut }, () => {
  let fresh, all;
  before(async () => {
    await everyRoute(server);
    fresh = await everyRoute(server);
    await afresh();
    all = (await server.cut("time 1000000000", api("/api/openapi.json"))).allocations;
  });
  const unchanged = async (what) => {
    assert.deepEqual(await everyRoute(server), fresh, what);
    assert.equal(server.ended, null);
  };

  it("by memory leaves every route what it was", async (t) => {
    const at = points(all, 20);
    for (const n of at) {
      const { answer } = await server.cut(`memory ${n} 2`, api("/api/openapi.json"));
      assert.ok([200, 503].includes(answer.status), `${n}: ${answer.status} ${answer.body.slice(0, 300)}`);
      if (n % 4 === 0) await unchanged(`memory at ${n}`);
    }
    await unchanged("memory");
    t.diagnostic(`cut at ${at.join(" ")} of ${all} allocations`);
  });

  it("by its time leaves every route what it was", async (t) => {
    const at = points(all, 6);
    let over = 0;
    for (const n of at) {
      await afresh();
      const { answer } = await server.cut(`time ${n} 31`, api("/api/openapi.json"));
      assert.ok([200, 500, 503].includes(answer.status), `${n}: ${answer.status} ${answer.body.slice(0, 300)}`);
      over += answer.status !== 200;
      await unchanged(`time over at ${n}`);
    }
    assert.ok(over > at.length / 3, `${over} of ${at.length}`);
    t.diagnostic(`cut at ${at.join(" ")} of ${all} allocations; ${over} were over`);
  });

  it("by its time, while a caller waits, gets TwiML", async () => {
    await afresh();
    const { allocations } = await server.cut("time 1000000000", call);
    for (const n of points(allocations, 5)) {
      await afresh();
      const { answer } = await server.cut(`time ${n} 9`, call);
      twiml(answer);
      assert.deepEqual(rung(twiml(await call({}))), [JOE]);
    }
    await unchanged("calls");
  });

  it("by a stop of the whole process goes on as if there had been none", async () => {
    for (const n of points(all, 6)) {
      await afresh();
      const { answer } = await server.cut(`pause ${n}`, api("/api/openapi.json"));
      assert.equal(answer.status, 200, `${n}: ${answer.body.slice(0, 300)}`);
    }
    await afresh();
    const { allocations } = await server.cut("pause 1000000000", call);
    for (const n of points(allocations, 6)) {
      await afresh();
      const { answer } = await server.cut(`pause ${n}`, call);
      assert.deepEqual(rung(twiml(answer)), [JOE], `${n}: ${answer.body}\n${server.err.slice(-1500)}`);
    }
    await unchanged("stops");
  });
});

// The same with the signals that a container or a laptop gets; here the budget of rules is the one that a test can wait for.
describe("a process that is stopped while rules decide", () => {
  it("follows them anyway", async () => {
    // Slow for one caller, so that the proof of the file is not.
    const slow = `return {\n  { "all", go = ring("${JOE}"), when = function(call)
      if call.from:sub(-3) ~= "777" then return true end
      local n = 0
      for i = 1, 4000000 do n = (n + i) % 7 end
      return n < 7
    end },\n}\n`;
    const one = await startServer({ rules: slow, config: { rule_time_ms: 2000, workers: 4 } });
    try {
      givenNumber(one.database, { phone: OURS, user: "42" });
      await one.settled();
      await one.post("/api/twilio/twiml", inbound(SLOW_CALLER, OURS));
      for (let round = 0; round < 3; round++) {
        const answer = one.post("/api/twilio/twiml", inbound(SLOW_CALLER, OURS), { timeout: 20_000 });
        await sleep(5 + 10 * round);
        process.kill(one.pid, "SIGSTOP");
        await sleep(2500);
        process.kill(one.pid, "SIGCONT");
        assert.deepEqual(rung(twiml(await answer)), [JOE]);
      }
      assert.deepEqual(one.logs("rule_failed"), []);
    } finally {
      await one.stop();
    }
  });
});
