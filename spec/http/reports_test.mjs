// reports_test.mjs: what reports do to the rows they meet: times are Twilio's,
// busy is who talks, and nothing deleted comes back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { inbound, newSid, recording, report, rung, twiml } from "../support/voice.mjs";

const STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback", VOICE = "/api/twilio/twiml";
const MINUTE = 60_000, HOUR = 3_600_000;
const PHONE = "+13035550142", CALLER = "+14155550123";

let server, count = 0;
before(async () => { server = await startServer({ rules: "return {}" }); });
after(() => server?.stop());

const row = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
const stamp = (at) => new Date(at).toUTCString().replace("GMT", "+0000");
const second = (at) => Math.floor(at / 1000) * 1000;

async function post(target, params) {
  const answer = await server.post(target, params);
  assert.ok(answer.status < 300, answer.body);
  return answer;
}

describe("times are Twilio's", () => {
  it("a lone report of the end says when the call began", async () => {
    const sid = newSid(), at = second(Date.now() - 5 * MINUTE);
    await post(STATUS, report(sid, "completed", { From: CALLER, To: PHONE, CallDuration: "3600", Timestamp: stamp(at) }));
    const { started_at: started, ended_at: ended } = row(sid);
    assert.deepEqual([started, ended], [at - HOUR, at]);
  });

  it("reports of a leg keep their times, whatever order they come in", async () => {
    const at = second(Date.now() - 20 * MINUTE), parent = newSid();
    const parts = [["initiated", 0], ["ringing", 1000], ["in-progress", 8000], ["completed", 38_000]];
    for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [3, 0, 2, 1], [1, 3, 2, 0]]) {
      const sid = newSid();
      for (const n of order) await post(STATUS, report(sid, parts[n][0], { ParentCallSid: parent, To: PHONE, SequenceNumber: String(n),
        Timestamp: stamp(at + parts[n][1]), ...(n === 3 ? { CallDuration: "30" } : {}) }));
      const { started_at: started, answered_at: answered, ended_at: ended } = row(sid);
      assert.deepEqual([started, answered, ended], [at, at + 8000, at + 38_000], String(order));
    }
  });

  it("a report that comes before the call's first webhook counts as one that comes after it", async () => {
    givenNumber(server.database, { phone: "+15105550190", settings: { always: PHONE } });
    await server.settled();
    const ends = [];
    for (const isFirst of [true, false]) {
      const call = inbound(CALLER, "+15105550190");
      const end = () => post(STATUS, report(call.CallSid, "completed", { From: CALLER, To: "+15105550190", CallDuration: "30" }));
      if (isFirst) await end();
      await post(VOICE, call);
      if (!isFirst) await end();
      ends.push(row(call.CallSid).end_reason);
    }
    assert.deepEqual(ends, ["abandoned", "abandoned"]);
  });

  it("a leg whose pick-up was not reported was picked up its duration before its end", async () => {
    const sid = newSid(), at = second(Date.now() - MINUTE);
    await post(STATUS, report(sid, "completed", { ParentCallSid: newSid(), To: PHONE, CallDuration: "30", Timestamp: stamp(at) }));
    assert.deepEqual([row(sid).answered_at, row(sid).ended_at], [at - 30_000, at]);
  });

  it("a leg that was closed with its call ends when its own report says so", async () => {
    const parent = newSid(), child = newSid(), at = second(Date.now() - 5 * MINUTE);
    await post(STATUS, report(parent, "completed", { From: CALLER, To: PHONE, Timestamp: stamp(at) }));
    await post(STATUS, report(child, "ringing", { ParentCallSid: parent, To: PHONE, SequenceNumber: "1", Timestamp: stamp(at - 9000) }));
    assert.equal(row(child).ended_at, at, "a leg of a call that is over is over");
    await post(STATUS, report(child, "no-answer", { ParentCallSid: parent, To: PHONE, SequenceNumber: "3", Timestamp: stamp(at - 2000) }));
    assert.deepEqual([row(child).started_at, row(child).ended_at], [at - 9000, at - 2000]);
  });

  it("a time that cannot be true is ours instead", async () => {
    const now = Date.now();
    for (const Timestamp of [stamp(now + 24 * HOUR), stamp(now - 60 * 24 * HOUR), stamp(0), "Thu, 01 Jan 1970 00:00:00 +0000", "tomorrow", "",
      "Sun, 99 Nov 9999 99:99:99 +0000", "x".repeat(3000), new Date(now).toISOString(), "Sun, 22 Nov -999 09:30:00 +0000"]) {
      const sid = newSid(), RE = newSid("RE");
      await post(STATUS, report(sid, "completed", { From: CALLER, To: PHONE, CallDuration: "10", Timestamp }));
      await post(RECORDING, recording(sid, "completed", { RecordingSid: RE, RecordingStartTime: Timestamp }));
      const { started_at: started, ended_at: ended } = row(sid);
      assert.ok(ended >= now && ended <= Date.now(), Timestamp);
      assert.equal(ended - started, 10_000, Timestamp);
      const [{ started_at: began }] = rows(server.database, `SELECT started_at FROM recordings WHERE recording_sid = '${RE}'`);
      assert.ok(began >= now && began <= Date.now(), Timestamp);
    }
    for (const CallDuration of ["999999999999999", "90061", "-3600", "1e9"]) {
      const sid = newSid();
      await post(STATUS, report(sid, "completed", { From: CALLER, To: PHONE, CallDuration, Timestamp: undefined }));
      assert.deepEqual([row(sid).duration, row(sid).ended_at - row(sid).started_at], [null, 0], CallDuration);
    }
  });

  it("clocks that differ by minutes leave no row upside down", async () => {
    for (const off of [-4 * MINUTE, -1000, 1000, 4 * MINUTE]) {
      const params = inbound(CALLER, "+15105550100"), child = newSid(), leg = { ParentCallSid: params.CallSid, To: PHONE };
      givenOnce("+15105550100");
      await server.settled();
      await post(VOICE, params);
      const at = second(Date.now() + off);
      await post(STATUS, report(child, "in-progress", { ...leg, SequenceNumber: "2", Timestamp: stamp(at) }));
      await post(`${VOICE}?step=screened&leg=fwd&n=1`, { ...params, ...leg, CallSid: child, Digits: "1" });
      await post(STATUS, report(child, "completed", { ...leg, SequenceNumber: "3", CallDuration: "0", Timestamp: stamp(at) }));
      await post(STATUS, report(params.CallSid, "completed", { From: CALLER, To: params.To, CallDuration: "0", Timestamp: stamp(at) }));
      const { started_at: started, answered_at: answered, ended_at: ended, end_reason: reason } = row(params.CallSid);
      assert.equal(reason, "forwarded");
      assert.ok(started <= answered && answered <= ended, `${off}: ${started} ${answered} ${ended}`);
    }
  });

  it("a recording began when Twilio says", async () => {
    const RE = newSid("RE"), at = second(Date.now() - 2 * HOUR);
    await post(RECORDING, recording(newSid(), "completed", { RecordingSid: RE, RecordingStartTime: stamp(at) }));
    assert.equal(rows(server.database, `SELECT started_at FROM recordings WHERE recording_sid = '${RE}'`)[0].started_at, at);
  });
});

const known = new Set();
function givenOnce(phone, owner = "u1") {
  if (!known.has(phone)) givenNumber(server.database, { phone, user: owner, settings: { always: PHONE } });
  known.add(phone);
}

describe("busy is who talks", () => {
  let owner, busyNumber;
  // A line whose settings ring the browser, or PHONE at once while its owner talks.
  async function line() {
    count += 1;
    [owner, busyNumber] = [`b${count}`, `+1510555${2000 + count}`];
    givenNumber(server.database, { phone: busyNumber, user: owner, settings: { busy: PHONE } });
    givenOnline(server.database, owner);
    await server.settled();
  }
  const client = () => `client:user_${owner}`;
  async function call(from = CALLER, to = busyNumber) {
    const params = inbound(from, to);
    const document = twiml(await post(VOICE, params));
    return { params, sid: params.CallSid, rings: rung(document), own: { ...params, CallStatus: "in-progress" } };
  }
  const isBusy = async () => (await call("+14155550999")).rings[0] === PHONE;
  const leg = (parent, to, status, more = {}) => post(STATUS, report(more.CallSid ?? newSid(), status, { ParentCallSid: parent, From: CALLER, To: to, ...more }));

  const IDLE = {
    "a call that rings": async () => { const { sid } = await call(); await leg(sid, client(), "ringing"); },
    "a caller who leaves a message": async () => {
      const { sid, own } = await call();
      await leg(sid, client(), "no-answer");
      await post(`${VOICE}?step=after&leg=line&n=1`, { ...own, DialCallStatus: "no-answer", DialBridged: "false" });
      await post(STATUS, report(sid, "in-progress", { From: CALLER, To: busyNumber }));
    },
    "a phone that was picked up and has not pressed 1": async () => {
      const { sid, own } = await call();
      await post(`${VOICE}?step=after&leg=line&n=1`, { ...own, DialCallStatus: "busy" });
      await leg(sid, PHONE, "in-progress");
    },
    "a talk of which only the leg's end was reported": async () => {
      const { sid } = await call(), CallSid = newSid();
      await leg(sid, client(), "in-progress", { CallSid, SequenceNumber: "2" });
      await leg(sid, client(), "completed", { CallSid, SequenceNumber: "3", CallDuration: "9" });
    },
    "a talk of which only the dial's end was reported": async () => {
      const { sid, own } = await call(), CallSid = newSid();
      await leg(sid, client(), "in-progress", { CallSid });
      await post(`${VOICE}?step=after&leg=line&n=1`, { ...own, DialCallStatus: "completed", DialBridged: "true", DialCallSid: CallSid });
    },
    "a talk of which only the call's end was reported": async () => {
      const { sid } = await call();
      await leg(sid, client(), "in-progress");
      await post(STATUS, report(sid, "completed", { From: CALLER, To: busyNumber }));
    },
    "a talk on the line that a colleague's browser took": async () => {
      const { sid } = await call();
      await leg(sid, "client:user_colleague", "in-progress");
    },
    "a leg that is heard of after its call is over": async () => {
      const { sid } = await call();
      await post(STATUS, report(sid, "completed", { From: CALLER, To: busyNumber }));
      await leg(sid, client(), "in-progress");
    },
    "a talk that began longer ago than any may last": async () => {
      const { sid } = await call();
      await leg(sid, client(), "in-progress");
      rows(server.database, `UPDATE twilio_call_logs SET started_at = started_at - ${5 * HOUR} WHERE call_sid = '${sid}' OR parent_call_sid = '${sid}'`);
    },
    "a call from the browser that rings": async () => {
      const { sid } = await call(client(), "+13035550199");
      await leg(sid, "+13035550199", "ringing");
    },
  };
  const TALKING = {
    "a talk in the browser": async () => { const { sid } = await call(); await leg(sid, client(), "in-progress"); },
    "a forwarded talk": async () => {
      const { sid, own } = await call();
      await post(`${VOICE}?step=after&leg=line&n=1`, { ...own, DialCallStatus: "busy" });
      await post(`${VOICE}?step=screened&leg=fwd&n=2`, { ...own, CallSid: newSid(), ParentCallSid: sid, To: PHONE, Digits: "1" });
    },
    "a call from the browser": async () => {
      const { sid } = await call(client(), "+13035550199");
      await leg(sid, "+13035550199", "in-progress");
    },
    "a colleague's call that this browser took": async () => {
      await line();
      const theirs = await call();
      await line();
      await leg(theirs.sid, client(), "in-progress");
    },
  };
  for (const [what, happen] of Object.entries(IDLE)) it(`${what} does not make the owner busy`, async () => {
    await line();
    await happen();
    assert.equal(await isBusy(), false);
  });
  for (const [what, happen] of Object.entries(TALKING)) it(`${what} makes the owner busy`, async () => {
    await line();
    await happen();
    assert.equal(await isBusy(), true);
  });
});

describe("a report looks at the row it meets", () => {
  let ana, phone;
  before(async () => {
    [ana, phone] = [user(server, "ana"), "+15105553000"];
    givenNumber(server.database, { phone, user: ana.id });
    await server.settled();
  });
  const stored = (RE) => rows(server.database, `SELECT * FROM recordings WHERE recording_sid = '${RE}'`)[0];
  const transcript = (sid, RE, text = "Hello") => post(`${VOICE}?step=transcript&n=1`,
    { ...inbound(CALLER, phone), CallSid: sid, RecordingSid: RE, TranscriptionStatus: "completed", TranscriptionText: text });
  const recorded = (sid, RE, status = "completed") => post(RECORDING,
    recording(sid, status, { RecordingSid: RE, RecordingSource: "RecordVerb", ...(status === "completed" ? { RecordingDuration: "7" } : {}) }));
  async function call() {
    const params = inbound(CALLER, phone);
    await post(VOICE, params);
    return { sid: params.CallSid, RE: newSid("RE"), params, end: () => post(STATUS, report(params.CallSid, "completed", { From: CALLER, To: phone })) };
  }
  // Twilio is not configured here, so what the API does after Twilio deleted it is done by hand.
  const deleted = (RE) => rows(server.database, `UPDATE twilio_call_logs SET recording_sid = NULL, recording_url = NULL, recording_duration = NULL
    WHERE recording_sid = '${RE}'; UPDATE recordings SET status = 'deleted', status_rank = 4, transcript = NULL, deleted_at = 1 WHERE recording_sid = '${RE}'`);

  it("a transcript before its recording's report is kept", async () => {
    const { sid, RE, end } = await call();
    await transcript(sid, RE);
    await recorded(sid, RE);
    await end();
    const { transcript: text, status, kind, duration, user_id: owner } = stored(RE);
    assert.deepEqual([text, status, kind, duration, owner], ["Hello", "completed", "voicemail", 7, ana.id]);
    assert.deepEqual([row(sid).recording_sid, row(sid).end_reason], [RE, "voicemail"]);
  });

  it("what was deleted stays deleted, whatever reports still arrive", async () => {
    const { sid, RE, end } = await call();
    await recorded(sid, RE);
    await transcript(sid, RE);
    deleted(RE);
    for (const again of [() => transcript(sid, RE, "Again"), () => recorded(sid, RE), () => recorded(sid, RE, "absent"), end, () => recorded(sid, RE),
      () => post(`${VOICE}?step=vm_done&n=1`, { ...inbound(CALLER, phone), CallSid: sid, RecordingSid: RE, RecordingDuration: "7" })]) await again();
    const { transcript: text, status, deleted_at: at } = stored(RE);
    assert.deepEqual([text, status, at], [null, "deleted", 1]);
    assert.deepEqual([row(sid).recording_sid, row(sid).recording_url], [null, null]);
    assert.equal(row(sid).end_reason, "voicemail", "a message was left all the same");
    assert.deepEqual((await ana.get(`/api/twilio/recordings?call_sid=${sid}`)).body.recordings, []);
  });

  it("a late report of the beginning takes nothing from the end", async () => {
    const { sid, RE } = await call();
    await recorded(sid, RE);
    await recorded(sid, RE, "in-progress");
    assert.deepEqual([stored(RE).status, stored(RE).duration, row(sid).recording_duration], ["completed", 7, 7]);
  });

  it("a message whose recording was not reported is known from the end of the <Record>, until it turns out to be silence", async () => {
    const { sid, RE, params, end } = await call();
    await post(`${VOICE}?step=vm_done&n=1`, { ...params, RecordingSid: RE, RecordingDuration: "7", RecordingUrl: "https://api.twilio.com/x" });
    await end();
    assert.deepEqual([row(sid).end_reason, stored(RE).kind, stored(RE).duration], ["voicemail", "voicemail", 7]);
    await recorded(sid, RE, "absent");
    assert.equal(row(sid).end_reason, "no_message");
  });

  it("a call that another program makes is not one of our callers", async () => {
    for (const more of [{}, { From: "+15105559999" }]) {
      const sid = newSid();
      await post(STATUS, report(sid, "no-answer", { From: phone, To: CALLER, Direction: "outbound-api", ...more }));
      assert.equal(row(sid).direction, "outbound");
      const first = { ...inbound(CALLER, phone), Direction: "outbound-api" };
      assert.deepEqual(rung(twiml(await server.post(VOICE, first))), []);
      assert.equal(row(first.CallSid).direction, "outbound");
    }
    await post(STATUS, report(newSid(), "completed", { From: "+14155550777", To: phone, Direction: "outbound-api" }));
    const { missed_calls: list } = (await ana.get("/api/twilio/missed-calls")).body;
    assert.ok(!list.some(({ number }) => number === "+14155550777"));
  });
});
