// reconcile_test.mjs: Twilio's record is the truth, and ours catches up with it:
// calls whose end, legs or recordings were lost, reports that could not be
// stored, and calls that came while nobody was there.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, lockDatabase, recording, report } from "../support/voice.mjs";

const MINUTE = 60_000;
const A = "+13035550142";
const NUMBER = "+15105550100", RECORDED = "+15105550101";
const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback", RECORDING = "/api/twilio/recording-callback";
let twilio;
let server; // does nothing by itself
let config;
let callers = 0;

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ rules: "return {}", config: { ...twilio.config, maintenance_seconds: 0 } });
  config = { ...twilio.config, server_url: server.base, database: server.database };
  givenNumber(server.database, { user: "42", phone: NUMBER, settings: { always: A } });
  givenNumber(server.database, { user: "43", phone: RECORDED, settings: { always: A }, recording: "on" });
  await server.settled();
  await maintain(); // what is older is known
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});
beforeEach(() => {
  twilio.reset();
  twilio.calls.length = 0;
  twilio.recorded.length = 0;
});

const maintain = async () => (await commandJson(["maintain"], { config })).value;
const row = (sid) => rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
const checks = () => rows(server.database, "SELECT * FROM call_checks ORDER BY call_sid");
const repairs = (sid) => rows(server.database, `SELECT about, sid, status FROM call_repairs WHERE call_sid = '${sid}' ORDER BY id`);
const missed = (from) => rows(server.database, `SELECT calls, closed_by FROM missed_calls WHERE number = '${from}'`);
const single = (sid) => twilio.requests.filter((r) => r.resource === `Calls/${sid}` || Object.values(r.query).includes(sid));

// A call that was answered here so many minutes ago, and what Twilio knows of it. Nothing of it was reported since.
async function begun(minutes, { to = NUMBER, status = "completed", answered = 0, seconds = 60 } = {}) {
  const from = `+1415555${String(1000 + callers++)}`;
  const params = inbound(from, to);
  assert.equal((await server.post(VOICE, params)).status, 200);
  const made = Date.now() - minutes * MINUTE;
  rows(server.database, `UPDATE twilio_call_logs SET started_at = ${made}, updated_at = ${made} WHERE call_sid = '${params.CallSid}'`);
  const live = status === "in-progress";
  twilio.call({ from, to, made, answered: made + answered * 1000, ended: live ? null : made + (answered + seconds) * 1000, status, sid: params.CallSid });
  return { ...params, made };
}
const leg = (call, more = {}) => twilio.call({ from: call.From, to: A, parent: call.CallSid, made: call.made, answered: call.made + 9000,
  ended: call.made + 49_000, ...more });
const told = (form) => server.post(STATUS, form);
const legReport = (call, child, status, more = {}) => report(child.sid, status, { ParentCallSid: call.CallSid, Direction: "outbound-dial",
  From: call.From, To: A, ...more });

describe("a call whose end was lost", () => {
  it("is looked up after its plan's time: the row, its legs, the missed list, the line and the trace are right", async () => {
    const call = await begun(10);
    const rang = leg(call, { status: "no-answer", answered: null, ended: null });
    const message = twilio.recording({ call: call.CallSid, began: call.made + 40_000, seconds: 9 });
    await maintain();
    await maintain();
    const known = row(call.CallSid);
    assert.deepEqual([known.status, known.end_reason, known.duration, known.recording_sid, known.recording_duration],
      ["completed", "voicemail", 60, message.sid, 9]);
    assert.equal(known.ended_at, Math.floor((call.made + 60_000) / 1000) * 1000);
    assert.deepEqual([row(rang.sid).status, row(rang.sid).parent_call_sid, row(rang.sid).user_id], ["no-answer", call.CallSid, "42"]);
    assert.ok(row(rang.sid).ended_at);
    assert.deepEqual(missed(call.From), [{ calls: 1, closed_by: null }]);
    assert.deepEqual(repairs(call.CallSid).map((one) => `${one.about} ${one.status}`).sort(), ["call completed", "leg no-answer", "recording completed"]);
    const { body } = await user(server, "42").get(`/api/twilio/call-logs/${call.CallSid}`);
    assert.equal(body.learned_later.length, 3);
    assert.ok(body.timeline.some((moment) => /from Twilio's record.*the leg to \+13035550142 is no-answer/.test(moment.text)));
    const why = await command(["why", call.CallSid], { config });
    assert.match(why.out, /from Twilio's record, since its report never came: the call is completed/);
  });

  it("is left alone within its plan's time, asked about less and less while it goes on, and again when it is over", async () => {
    const young = await begun(0);
    const call = await begun(5, { status: "in-progress" });
    const talk = leg(call, { status: "in-progress", ended: null });
    await maintain();
    assert.equal(single(young.CallSid).length, 0);
    assert.equal(row(call.CallSid).ended_at, null);
    assert.equal(row(talk.sid).status, "in-progress", "a talk is learned of while it goes on");
    const [{ due_at, tries }] = checks().filter((one) => one.call_sid === call.CallSid);
    assert.deepEqual([tries, due_at > Date.now() + 30_000], [1, true]);
    twilio.reset();
    await maintain();
    assert.equal(single(call.CallSid).length, 0, "not every minute");
    // Its last report comes, the leg's was lost.
    await told(report(call.CallSid, "completed", { From: call.From, To: NUMBER, CallDuration: "200", SequenceNumber: "0" }));
    for (const one of twilio.calls.slice(-2)) Object.assign(one, { status: "completed", duration: "180", end_time: new Date().toUTCString() });
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = ended_at - 10000 WHERE call_sid = '${call.CallSid}'`);
    await maintain();
    assert.deepEqual([row(talk.sid).status, row(talk.sid).duration], ["completed", 180]);
    assert.equal(checks().filter((one) => one.call_sid === call.CallSid).length, 0);
  });

  it("doesn't wait for another for which Twilio fails", async (t) => {
    const { listedCalls } = twilio;
    t.after(() => { twilio.listedCalls = listedCalls; });
    twilio.listedCalls = () => [];
    const calls = [await begun(12), await begun(11)];
    const [stuck, other] = calls.sort((a, b) => (a.CallSid < b.CallSid ? -1 : 1));
    for (let n = 0; n < 9; n++) twilio.once(`GET Calls/${stuck.CallSid}`, { status: 500, body: "" });
    for (let n = 0; n < 2; n++) await maintain();
    assert.equal(row(other.CallSid).status, "completed");
    assert.notEqual(row(stuck.CallSid).status, "completed");
    twilio.reset();
    rows(server.database, "UPDATE call_checks SET due_at = 0");
    await maintain();
    assert.equal(row(stuck.CallSid).status, "completed");
  });

  it("changes nothing twice, and a late report changes nothing", async () => {
    const call = await begun(10);
    const talk = leg(call);
    await maintain();
    const before = [row(call.CallSid), row(talk.sid), repairs(call.CallSid)];
    await told(legReport(call, talk, "completed", { CallDuration: "40", SequenceNumber: "3" }));
    await told(report(call.CallSid, "completed", { From: call.From, To: NUMBER, CallDuration: "60", SequenceNumber: "0" }));
    rows(server.database, `INSERT INTO call_checks (call_sid, due_at, is_certain) VALUES ('${call.CallSid}', 0, 1)`);
    await maintain();
    const known = ([one, other, list]) => [one, other].map(({ status, duration, started_at, end_reason }) => [status, duration, started_at, end_reason]).concat(list);
    assert.deepEqual(known([row(call.CallSid), row(talk.sid), repairs(call.CallSid)]), known(before));
  });
});

describe("a call that is over", () => {
  async function over(minutes, more) {
    const call = await begun(minutes, more);
    await told(report(call.CallSid, "completed", { From: call.From, To: call.To, CallDuration: "60", SequenceNumber: "0" }));
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = ${call.made + 60_000} WHERE call_sid = '${call.CallSid}'`);
    return call;
  }

  it("has its legs looked up when one has no end, or none was heard of although it rang", async () => {
    const [call, silent] = [await over(10), await over(10)];
    const [heard, unheard] = [leg(call, { status: "busy", answered: null, ended: null }), leg(silent, { status: "busy", answered: null, ended: null })];
    await told(legReport(call, heard, "ringing", { SequenceNumber: "1" }));
    await maintain();
    assert.deepEqual([row(heard.sid).status, row(unheard.sid).status], ["busy", "busy"]);
  });

  it("costs no request when nothing is doubtful", async () => {
    const call = await over(10);
    const talk = leg(call);
    await told(legReport(call, talk, "completed", { CallDuration: "40", SequenceNumber: "3" }));
    await server.post(`${VOICE}?step=after&leg=fwd&n=1&v=1`, { ...inbound(call.From, NUMBER), CallSid: call.CallSid, CallStatus: "in-progress",
      DialCallStatus: "completed", DialCallSid: talk.sid, DialCallDuration: "40", DialBridged: "true" });
    await maintain();
    assert.equal(single(call.CallSid).length, 0);
    assert.deepEqual(repairs(call.CallSid), []);
  });

  it("gets the recording whose report was lost, and not one that was deleted here", async () => {
    const call = await over(10, { to: RECORDED });
    const talk = leg(call);
    await told(legReport(call, talk, "completed", { CallDuration: "40", SequenceNumber: "3" }));
    await server.post(`${VOICE}?step=after&leg=fwd&n=1&v=1`, { ...inbound(call.From, RECORDED), CallSid: call.CallSid, CallStatus: "in-progress",
      DialCallStatus: "completed", DialCallSid: talk.sid, DialCallDuration: "40", DialBridged: "true" });
    const sound = twilio.recording({ call: call.CallSid, source: "DialVerb", began: call.made + 9000, seconds: 40 });
    await maintain();
    const [stored] = rows(server.database, `SELECT * FROM recordings WHERE recording_sid = '${sound.sid}'`);
    assert.deepEqual([stored.kind, stored.status, stored.duration, stored.channels, stored.user_id], ["call", "completed", 40, 2, "43"]);
    assert.equal(row(call.CallSid).recording_sid, sound.sid);
    twilio.recordings.set(sound.sid, Buffer.from("x"));
    assert.equal((await user(server, "43").delete(`/api/twilio/recordings/${sound.sid}`)).status, 204);
    rows(server.database, `INSERT INTO call_checks (call_sid, due_at, is_certain) VALUES ('${call.CallSid}', 0, 1)`);
    await maintain();
    assert.equal(row(call.CallSid).recording_sid, null);
  });

  it("waits for a recording that is being made", async () => {
    const call = await over(10);
    const sound = twilio.recording({ call: call.CallSid, began: call.made + 20_000, status: "processing" });
    await maintain();
    assert.equal(checks().filter((one) => one.call_sid === call.CallSid).length, 1);
    Object.assign(sound, { status: "completed", duration: "12" });
    rows(server.database, "UPDATE call_checks SET due_at = 0");
    await maintain();
    assert.equal(row(call.CallSid).recording_duration, 12);
    assert.equal(row(call.CallSid).end_reason, "voicemail");
  });
});

describe("a report that could not be stored", { skip: POSTGRES && "it locks the file; spooled_test does the like" }, () => {
  it("is fetched by the next round, whatever else is known", async (t) => {
    const own = await startServer({ rules: "return {}", config: { ...twilio.config, maintenance_seconds: 2 } });
    t.after(() => own.stop());
    givenNumber(own.database, { user: "42", phone: NUMBER, settings: { always: A } });
    await own.settled();
    const params = inbound("+14155559001", NUMBER);
    await own.post(VOICE, params);
    const made = Date.now();
    twilio.call({ sid: params.CallSid, from: params.From, to: NUMBER, made, answered: made, ended: made + 50_000 });
    const rang = twilio.call({ from: params.From, to: A, parent: params.CallSid, made, status: "busy" });
    const sound = twilio.recording({ call: params.CallSid, began: made, seconds: 5 });
    const unlock = await lockDatabase(own.database);
    const answers = await Promise.all([own.post(STATUS, report(params.CallSid, "completed", { From: params.From, To: NUMBER, CallDuration: "50" })),
      own.post(STATUS, report(rang.sid, "busy", { ParentCallSid: params.CallSid, From: params.From, To: A })),
      own.post(RECORDING, recording(params.CallSid, "completed", { RecordingSid: sound.sid, RecordingDuration: "5", RecordingSource: "RecordVerb" }))]);
    assert.deepEqual(answers.map((answer) => answer.status), [503, 503, 503]);
    await unlock();
    const seen = await waitUntil(() => rows(own.database, `SELECT status, end_reason, recording_sid FROM twilio_call_logs
      WHERE call_sid = '${params.CallSid}' AND recording_sid IS NOT NULL`)[0], 20_000, "the repair");
    assert.deepEqual([seen.status, seen.end_reason, seen.recording_sid], ["completed", "voicemail", sound.sid]);
    assert.equal(rows(own.database, `SELECT status FROM twilio_call_logs WHERE call_sid = '${rang.sid}'`)[0].status, "busy");
  });
});

describe("calls that came while nobody was there", () => {
  const start = (more = {}) => startServer({ rules: "return {}", ...more, config: { ...twilio.config, maintenance_seconds: 2, ...more.config } });
  const stopped = async () => {
    const first = await start();
    givenNumber(first.database, { user: "42", phone: NUMBER, settings: { always: A } });
    await first.settled();
    await waitUntil(() => rows(first.database, "SELECT heard_to FROM reconciliation")[0].heard_to, 20_000, "the first round");
    const heard = inbound("+14155558000", NUMBER);
    await first.post(VOICE, heard);
    await first.post(STATUS, report(heard.CallSid, "completed", { From: heard.From, To: NUMBER, CallDuration: "9", SequenceNumber: "0" }));
    await first.stop({ keep: true });
    return first;
  };
  const again = async (t, first) => {
    const second = await start({ folder: first.folder, port: first.port });
    t.after(() => second.stop()); // and what the first left
    return second;
  };

  it("are entered after a start, in log and ledger: in and out, answered or not, with legs and recordings", async (t) => {
    const first = await stopped();
    const made = Date.now() - 2000;
    const came = twilio.call({ from: "+14155558001", to: NUMBER, made, answered: made, ended: made + 30_000 });
    const rang = twilio.call({ from: "+14155558001", to: A, parent: came.sid, made: made + 1000, status: "no-answer" });
    const sound = twilio.recording({ call: came.sid, began: made + 20_000, seconds: 6 });
    const gone = twilio.call({ from: "+14155558002", to: NUMBER, made, status: "no-answer" }); // no start_time: in no span
    const made_out = twilio.call({ from: "client:user_42", to: "", made, answered: made, ended: made + 20_000 });
    const dialled = twilio.call({ from: NUMBER, to: "+13035550199", parent: made_out.sid, made, answered: made + 3000, ended: made + 20_000 });
    const others = [twilio.call({ from: "+14155558003", to: "+12125550100", made, answered: made, ended: made + 9000 }),
      twilio.call({ from: NUMBER, to: "+14155558004", made, answered: made, ended: made + 9000, direction: "outbound-api" })];
    twilio.pageMost = 2; // over pages
    t.after(() => { twilio.pageMost = Infinity; });
    const second = await again(t, first);
    const known = (sid) => rows(second.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
    await waitUntil(() => known(came.sid)?.recording_sid && known(came.sid).end_reason && known(rang.sid)?.status && known(gone.sid)?.status
      && known(dialled.sid) && known(made_out.sid)?.end_reason, 30_000, "the calls");
    assert.deepEqual([known(came.sid).direction, known(came.sid).user_id, known(came.sid).status, known(came.sid).duration, known(came.sid).end_reason],
      ["inbound", "42", "completed", 30, "voicemail"]);
    assert.equal(known(came.sid).started_at, Math.floor(made / 1000) * 1000);
    assert.equal(known(came.sid).recording_sid, sound.sid);
    assert.deepEqual([known(rang.sid).status, known(rang.sid).user_id], ["no-answer", "42"]);
    assert.deepEqual([known(gone.sid).status, known(gone.sid).user_id], ["no-answer", "42"]);
    assert.deepEqual([known(made_out.sid).direction, known(made_out.sid).user_id, known(made_out.sid).end_reason], ["outbound", "42", "answered"]);
    for (const other of others) assert.equal(known(other.sid), undefined, "nobody's here");
    const { body } = await user(second, "42").get("/api/twilio/missed-calls");
    assert.deepEqual(body.missed_calls.map((one) => one.number).filter((number) => /800[12]/.test(number)).sort(), ["+14155558001", "+14155558002"]);
    const doctor = await commandJson(["doctor"], { config: { ...config, database: second.database } });
    const said = JSON.stringify(doctor.value);
    assert.match(said, /[1-9]\d* of \d+ calls in the last 7 days had to be repaired from Twilio's record/);
  });

  it("are listed at most so often a minute, and not while Twilio says: too many", async (t) => {
    const first = await stopped();
    const made = Date.now() - 2000;
    for (let n = 0; n < 200; n++) twilio.call({ from: `+1415556${1000 + n}`, to: NUMBER, made, answered: made, ended: made + 5000 });
    twilio.reset();
    twilio.once("GET Calls", {});
    twilio.once("GET Calls", { status: 429, headers: { "Retry-After": "6" }, body: { code: 20429, message: "Too many", status: 429 } });
    twilio.pageMost = 2;
    t.after(() => { twilio.pageMost = Infinity; });
    const second = await again(t, first);
    await second.logged("maintenance_postponed", 20_000);
    const asked = () => twilio.seen("GET Calls");
    await waitUntil(() => asked().length > 3, 60_000, "more requests");
    assert.ok(asked()[2].at - asked()[1].at >= 5900, "it waited as long as it was told to");
    assert.deepEqual(asked().slice(0, 4).map((one) => one.query.Page), [undefined, "1", "1", "2"], "and went on where it was");
    await waitUntil(() => rows(second.database, "SELECT COUNT(*) AS n FROM call_repairs")[0].n > 20, 30_000, "some of the calls");
    const times = twilio.requests.map(({ at }) => at);
    assert.ok(times.every((at, n) => !(times[n + 120] - at < MINUTE)), `${times.length} requests`);
  });
});

it("the doctor says when there was nothing to repair", async (t) => {
  const fresh = await startServer({ config: { ...twilio.config, maintenance_seconds: 0 } });
  t.after(() => fresh.stop());
  const { value } = await commandJson(["doctor"], { config: { ...config, database: fresh.database } });
  assert.match(JSON.stringify(value), /no call of the last 7 days had to be repaired/);
});
