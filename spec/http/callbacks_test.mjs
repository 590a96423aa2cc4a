// callbacks_test.mjs: what Twilio reports of calls and recordings, twice, late
// and in any order: one row, the last word stays, and what was answered 204 is
// in the database.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { givenNumber, rows, rowsMeanwhile } from "../support/database.mjs";
import { shuffled } from "../support/random.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { sleep, SLOW, startServer } from "../support/server.mjs";
import { inbound, lockDatabase, newSid, recording, report, twiml } from "../support/voice.mjs";

const STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback", VOICE = "/api/twilio/twiml";
const NUMBER = "+15105550100", CALLER = "+14155550123", TARGET = "+13035550142";
const PARALLEL = 50;
const ORDER = ["initiated", "ringing", "in-progress", "completed"];

let server, numberId;
const agent = new http.Agent({ keepAlive: true, maxSockets: PARALLEL });
before(async () => {
  // A worker for each of the clients: nobody waits for one, so none is hurried.
  server = await startServer({ rules: "return {}", config: { workers: PARALLEL + 14, keep_alive_timeout_ms: 50 } });
  numberId = givenNumber(server.database, { user: "u1", phone: NUMBER, settings: { always: TARGET } });
  await server.settled();
});
after(async () => {
  agent.destroy();
  await server?.stop();
});

const calls = (where) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE ${where}`);
function callRow(sid) {
  const found = calls(`call_sid = '${sid}'`);
  assert.equal(found.length, 1, `${found.length} rows of ${sid}`);
  return found[0];
}
function recordingRow(sid) {
  const found = rows(server.database, `SELECT * FROM recordings WHERE recording_sid = '${sid}'`);
  assert.equal(found.length, 1, `${found.length} rows of ${sid}`);
  return found[0];
}

// A callback that must be taken.
async function taken(target, params) {
  const answer = await server.post(target, params);
  assert.equal(answer.status, 204, answer.body);
  assert.equal(answer.body, "");
}

function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((item, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [item, ...rest]));
}

// Run the jobs, `width` at a time.
async function inParallel(jobs, width) {
  const queue = [...jobs];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  }));
}

function assertFinal(row, what) {
  assert.equal(row.status, "completed", what);
  assert.equal(row.status_rank, 4, what);
  assert.equal(row.duration, 42, what);
  assert.ok(row.ended_at >= row.started_at, what);
  assert.ok(row.answered_at === null || row.answered_at <= row.ended_at, `${what}: answered after it ended`);
}

// The four reports of a leg; only the last says how long it was.
function reports(sid, { numbered = true, more = {} } = {}) {
  return ORDER.map((status, n) => report(sid, status, { From: CALLER, To: NUMBER, ...more,
    ...(numbered ? { SequenceNumber: String(n) } : {}), ...(status === "completed" ? { CallDuration: "42", Duration: "1" } : {}) }));
}

describe("status callbacks", () => {
  for (const numbered of [true, false]) {
    it(`in each of the 24 orders make the same row, ${numbered ? "with" : "without"} SequenceNumber`, async () => {
      const made = [];
      await inParallel(permutations([0, 1, 2, 3]).map((order) => async () => {
        const sid = newSid();
        const parts = reports(sid, { numbered });
        made.push([sid, order]);
        let ended = false;
        for (const n of order) {
          await taken(STATUS, parts[n]);
          ended ||= n === 3;
          if (ended) assert.equal(callRow(sid).status, "completed", `${order} after ${n}`);
        }
      }), 4);
      for (const [sid, order] of made) assertFinal(callRow(sid), `order ${order}`);
    });
  }

  it("five times each, in any order, 50 at a time: one row a call, and the end stays", async () => {
    const sids = Array.from({ length: 12 }, () => newSid());
    const all = sids.flatMap((sid) => reports(sid)).flatMap((part) => Array(5).fill(part));
    let over = false;
    const ended = new Set();
    // Someone reads all the while: what has ended never lives again.
    const reader = (async () => {
      for (; !over; await sleep(20)) {
        for (const row of await rowsMeanwhile(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid IN ('${sids.join("','")}')`)) {
          if (row.status_rank === 4) ended.add(row.call_sid);
          else assert.ok(!ended.has(row.call_sid), `${row.call_sid} went back to ${row.status}`);
        }
      }
    })();
    await inParallel(shuffled(all, 7).map((part) => async () => {
      const answer = await server.post(STATUS, part, { agent });
      assert.equal(answer.status, 204, answer.body);
    }), PARALLEL);
    over = true;
    await reader;
    for (const sid of sids) {
      const row = callRow(sid);
      assertFinal(row, sid);
      assert.equal(row.sequence_number, 3);
      assert.equal(row.user_id, "u1");
    }
  });

  it("all four at the same time, call after call", async () => {
    await inParallel(Array.from({ length: 25 }, () => async () => {
      const sid = newSid();
      await Promise.all(reports(sid).map((part) => taken(STATUS, part)));
      assertFinal(callRow(sid), sid);
    }), 4);
  });

  it("the first final status stays, whatever comes later", async () => {
    for (const last of ["completed", "busy", "failed", "no-answer", "canceled"]) {
      const sid = newSid();
      await taken(STATUS, report(sid, last, { SequenceNumber: "3" }));
      for (const later of ["queued", "initiated", "ringing", "answered", "in-progress", "teapot", ""])
        await taken(STATUS, report(sid, later, { SequenceNumber: "9" }));
      assert.equal(callRow(sid).status, last);
      assert.ok(callRow(sid).ended_at);
    }
  });

  it("a word that nobody knows is kept, and does not end the call", async () => {
    const sid = newSid();
    await taken(STATUS, report(sid, "teapot"));
    assert.equal(callRow(sid).status, "teapot");
    assert.equal(callRow(sid).ended_at, null);
    await taken(STATUS, report(sid, "completed"));
    assert.equal(callRow(sid).status, "completed");
  });

  it("an unknown CallSid is recorded; whose it is comes from the numbers", async () => {
    const ours = newSid(), theirs = newSid(), browser = newSid();
    await taken(STATUS, report(ours, "completed", { From: CALLER, To: NUMBER }));
    await taken(STATUS, report(theirs, "ringing", { From: CALLER, To: "+15105550999" }));
    await taken(STATUS, report(browser, "ringing", { From: "client:user_7", To: "+13035550199" }));
    const known = callRow(ours);
    assert.deepEqual([known.user_id, known.phone_number_id, known.direction, known.from, known.to],
      ["u1", numberId, "inbound", CALLER, NUMBER]);
    assert.deepEqual([callRow(theirs).user_id, callRow(theirs).phone_number_id], [null, null]);
    assert.deepEqual([callRow(browser).user_id, callRow(browser).direction], ["7", "outbound"]);
  });

  it("completes the row of a call that was answered", async () => {
    const params = inbound(CALLER, NUMBER);
    twiml(await server.post(VOICE, params));
    assert.equal(callRow(params.CallSid).status, "ringing");
    await taken(STATUS, report(params.CallSid, "completed", { From: CALLER, To: NUMBER, CallDuration: "42", SequenceNumber: "0" }));
    assertFinal(callRow(params.CallSid), "the parent");
  });

  it("also when it comes before the call's first webhook is stored", async () => {
    const params = inbound(CALLER, NUMBER);
    await taken(STATUS, report(params.CallSid, "completed", { From: CALLER, To: NUMBER, CallDuration: "42" }));
    twiml(await server.post(VOICE, params));
    assertFinal(callRow(params.CallSid), "the parent");
  });

  it("of a child name its parent, and belong to the parent's user", async () => {
    const params = inbound(CALLER, NUMBER);
    twiml(await server.post(VOICE, params));
    const child = newSid();
    const more = { From: CALLER, To: TARGET, ParentCallSid: params.CallSid };
    for (const part of reports(child, { more }).reverse()) await taken(STATUS, part);
    const row = callRow(child);
    assertFinal(row, "the child");
    assert.deepEqual([row.parent_call_sid, row.user_id, row.phone_number_id, row.direction, row.to],
      [params.CallSid, "u1", numberId, "outbound-dial", TARGET]);
    assert.equal(callRow(params.CallSid).status, "ringing", "the parent goes on");
  });

  it("of a child that is known before its parent: the owner is found by the next report", async () => {
    const params = inbound(CALLER, NUMBER), child = newSid();
    const more = { From: CALLER, To: TARGET, ParentCallSid: params.CallSid };
    await taken(STATUS, report(child, "ringing", more));
    assert.equal(callRow(child).user_id, null);
    twiml(await server.post(VOICE, params));
    await taken(STATUS, report(child, "completed", { ...more, CallDuration: "42" }));
    assert.deepEqual([callRow(child).user_id, callRow(child).parent_call_sid], ["u1", params.CallSid]);
  });

  it("of the caller's hang-up end the legs that were not heard of again", async () => {
    const params = inbound(CALLER, NUMBER), child = newSid();
    twiml(await server.post(VOICE, params));
    await taken(STATUS, report(child, "ringing", { To: TARGET, ParentCallSid: params.CallSid, SequenceNumber: "1" }));
    await taken(STATUS, report(params.CallSid, "completed", { CallDuration: "4" }));
    assert.ok(callRow(child).ended_at, "a leg that never ends keeps the line busy");
    await taken(STATUS, report(child, "no-answer", { To: TARGET, ParentCallSid: params.CallSid, SequenceNumber: "2" }));
    assert.equal(callRow(child).status, "no-answer", "what became of it is still taken");
  });

  it("seconds come from CallDuration; Duration is minutes", async () => {
    for (const [params, seconds] of [[{ CallDuration: "61", Duration: "2" }, 61], [{ Duration: "2" }, null], [{ CallDuration: "" }, null],
      [{ CallDuration: "0" }, 0], [{ CallDuration: "-5" }, null], [{ CallDuration: "many" }, null], [{ CallDuration: "1e3" }, null],
      [{ CallDuration: "9".repeat(30) }, null], [{ CallDuration: "0x10" }, null]]) {
      const sid = newSid();
      await taken(STATUS, report(sid, "completed", params));
      assert.equal(callRow(sid).duration, seconds, JSON.stringify(params));
    }
  });

  it("keep an error's code and who answered", async () => {
    const sid = newSid();
    await taken(STATUS, report(sid, "in-progress", { AnsweredBy: "machine_start", SequenceNumber: "1" }));
    await taken(STATUS, report(sid, "failed", { ErrorCode: "13224", SequenceNumber: "2" }));
    await taken(STATUS, report(sid, "in-progress", { SequenceNumber: "1" }));
    const row = callRow(sid);
    assert.deepEqual([row.status, row.answered_by, row.error_code], ["failed", "machine_start", "13224"]);
  });

  for (const [what, sid] of [["none", undefined], ["an empty one", ""], ["one with a quote", "CA'; DROP TABLE recordings; --"],
    ["one of 65 letters", "C".repeat(65)], ["one with a space", "CA 1"], ["one with a line end", "CA1\n"], ["one in another script", "CAé"]]) {
    it(`with ${what} as CallSid are refused, and nothing is stored`, async () => {
      const [{ n }] = rows(server.database, "SELECT COUNT(*) AS n FROM twilio_call_logs");
      const { CallSid, ...rest } = report("x", "completed");
      const answer = await server.post(STATUS, sid === undefined ? rest : { ...rest, CallSid: sid });
      assert.equal(answer.status, 400);
      assert.equal(JSON.parse(answer.body).error.code, "bad_request");
      assert.match(JSON.parse(answer.body).error.message, /CallSid/);
      assert.deepEqual(rows(server.database, "SELECT COUNT(*) AS n FROM twilio_call_logs"), [{ n }]);
    });
  }
});

describe("recording callbacks", () => {
  // A call that is known, and the forms of a recording of it.
  async function recorded(more = {}) {
    const params = inbound(CALLER, NUMBER);
    twiml(await server.post(VOICE, params));
    const sid = newSid("RE");
    return { call: params.CallSid, sid, form: (status, rest = {}) => recording(params.CallSid, status, { RecordingSid: sid,
      RecordingSource: "DialVerb", ...more, ...rest, ...(status === "completed" ? { RecordingDuration: "17" } : {}) }) };
  }

  it("link a recording to its call, whichever callback comes first", async () => {
    for (const first of ["recording", "status"]) {
      const { call, sid, form } = await recorded();
      const status = report(call, "completed", { From: CALLER, To: NUMBER, CallDuration: "42" });
      if (first === "status") await taken(STATUS, status);
      await taken(RECORDING, form("completed"));
      if (first === "recording") await taken(STATUS, status);
      const row = recordingRow(sid);
      assert.deepEqual([row.call_sid, row.user_id, row.phone_number_id, row.kind, row.status, row.duration, row.channels],
        [call, "u1", numberId, "call", "completed", 17, 1]);
      const log = callRow(call);
      assert.deepEqual([log.recording_sid, log.recording_duration, log.status], [sid, 17, "completed"]);
      assert.equal(log.recording_url, `/api/twilio/recordings/${sid}/media`, "never Twilio's own address");
    }
  });

  it("find their owner when the call is heard of only afterwards", async () => {
    const call = newSid(), sid = newSid("RE");
    await taken(RECORDING, recording(call, "completed", { RecordingSid: sid, RecordingDuration: "9", RecordingSource: "RecordVerb" }));
    assert.equal(recordingRow(sid).user_id, null);
    await taken(STATUS, report(call, "completed", { From: CALLER, To: NUMBER, CallDuration: "42" }));
    const row = recordingRow(sid), log = callRow(call);
    assert.deepEqual([row.user_id, row.phone_number_id, row.kind], ["u1", numberId, "voicemail"]);
    assert.deepEqual([log.recording_sid, log.recording_duration], [sid, 9]);
    assert.equal(log.recording_url, `/api/twilio/recordings/${sid}/media`);
    assert.equal(log.end_reason, "voicemail");
  });

  it("find it also when both come at the same time", async () => {
    await inParallel(Array.from({ length: 30 }, () => async () => {
      const call = newSid(), sid = newSid("RE");
      await Promise.all([
        taken(RECORDING, recording(call, "completed", { RecordingSid: sid, RecordingDuration: "9", RecordingSource: "RecordVerb" })),
        taken(STATUS, report(call, "completed", { From: CALLER, To: NUMBER, CallDuration: "42" })),
      ]);
      assert.equal(recordingRow(sid).user_id, "u1");
      assert.equal(callRow(call).recording_sid, sid);
    }), 4);
  });

  it("of every status, in every order, twice: the furthest stays", async () => {
    for (const last of ["completed", "absent", "failed"]) {
      for (const order of permutations(["in-progress", "processing", last])) {
        const { call, sid, form } = await recorded();
        for (const status of order) {
          await taken(RECORDING, form(status));
          await taken(RECORDING, form(status));
        }
        const row = recordingRow(sid);
        assert.equal(row.status, last, order.join());
        assert.equal(row.duration, last === "completed" ? 17 : null);
        assert.equal(callRow(call).recording_sid, sid);
      }
    }
  });

  it("five times at once make one row", async () => {
    const { sid, form } = await recorded();
    await Promise.all(Array.from({ length: 5 }, () => ["in-progress", "completed"]).flat().map((status) => taken(RECORDING, form(status))));
    assert.deepEqual([recordingRow(sid).status, recordingRow(sid).duration], ["completed", 17]);
  });

  it("of a failed one keep the reason, and its -1 seconds are none", async () => {
    const { sid, form } = await recorded();
    await taken(RECORDING, form("absent", { RecordingDuration: "-1", ErrorCode: "16104" }));
    assert.deepEqual([recordingRow(sid).duration, recordingRow(sid).error_code], [null, "16104"]);
  });

  it("of a message say that the call ended in voicemail; of a second recording the first stays linked", async () => {
    const { call, sid, form } = await recorded();
    await taken(RECORDING, form("completed"));
    assert.equal(callRow(call).end_reason, null);
    await taken(RECORDING, recording(call, "completed", { RecordingSource: "RecordVerb", RecordingDuration: "5" }));
    assert.deepEqual([callRow(call).end_reason, callRow(call).recording_sid], ["voicemail", sid]);
    assert.equal(rows(server.database, `SELECT * FROM recordings WHERE call_sid = '${call}'`).length, 2);
  });

  it("without a valid RecordingSid or CallSid are refused", async () => {
    const [{ n }] = rows(server.database, "SELECT COUNT(*) AS n FROM recordings");
    const good = recording(newSid(), "completed");
    for (const [name, value] of [["RecordingSid", ""], ["RecordingSid", "RE/../x"], ["CallSid", ""], ["CallSid", "CA<1>"], ["CallSid", "A".repeat(65)]]) {
      const answer = await server.post(RECORDING, { ...good, [name]: value });
      assert.equal(answer.status, 400, `${name}=${value}`);
      assert.match(answer.body, new RegExp(name));
    }
    for (const name of ["RecordingSid", "CallSid"]) {
      const { [name]: gone, ...rest } = good;
      assert.equal((await server.post(RECORDING, rest)).status, 400, name);
    }
    assert.deepEqual(rows(server.database, "SELECT COUNT(*) AS n FROM recordings"), [{ n }]);
  });
});

describe("while the database cannot be written", { skip: POSTGRES && "it locks the file; spooled_test and outage_test do the like" }, () => {
  it("callbacks are refused with 503, soon, and nothing of them is kept; later they are taken", async () => {
    const known = inbound(CALLER, NUMBER);
    twiml(await server.post(VOICE, known));
    const status = report(newSid(), "completed", { From: CALLER, To: NUMBER });
    const message = recording(known.CallSid, "completed", { RecordingSource: "RecordVerb", RecordingDuration: "5" });
    const unlock = await lockDatabase(server.database);
    try {
      for (const [target, params] of [[STATUS, status], [RECORDING, message]]) {
        const answer = await server.post(target, params);
        assert.equal(answer.status, 503, target);
        assert.match(answer.headers["retry-after"], /^[1-9]\d?$/);
        assert.equal(JSON.parse(answer.body).error.code, "store_unavailable");
        assert.ok(answer.ms < 1000 * SLOW, `${target} took ${answer.ms.toFixed(0)} ms`);
      }
    } finally {
      await unlock();
    }
    await sleep(200);
    assert.deepEqual(calls(`call_sid = '${status.CallSid}'`), []);
    assert.equal(callRow(known.CallSid).end_reason, null);
    assert.deepEqual(rows(server.database, `SELECT * FROM recordings WHERE call_sid = '${known.CallSid}'`), []);
    await taken(STATUS, status);
    await taken(RECORDING, message);
    assert.equal(callRow(status.CallSid).status, "completed");
    assert.equal(callRow(known.CallSid).end_reason, "voicemail");
  });
});
