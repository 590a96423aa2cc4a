// missed_test.mjs: callers to get back to: open until someone has talked to that
// number, whatever order the reports come in and however often.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { sleep, startServer } from "../support/server.mjs";
import { inbound, newSid, recording, report } from "../support/voice.mjs";

const PATH = "/api/twilio/missed-calls", STATUS = "/api/twilio/status-callback", VOICE = "/api/twilio/twiml";
const TARGET = "+13035550142";
let server;
let ana;
let ben;
let phone;
let numberId;
let caller;
let count = 0;
before(async () => { server = await startServer({ rules: "return {}\n" }); });
after(() => server?.stop());
beforeEach(() => {
  count += 1;
  ana = user(server, `ana${count}`);
  ben = user(server, `ben${count}`);
  phone = `+1510555${1000 + count}`;
  caller = `+1415555${1000 + count}`;
  numberId = givenNumber(server.database, { phone, user: ana.id, settings: { always: TARGET } });
  return server.settled();
});

const posted = (target, params) => ok(server.post(target, params));

// The steps of a call from outside, each to be posted by itself.
function incoming({ from = caller, talk, reason = "no-answer" } = {}) {
  const first = inbound(from, phone);
  const sid = first.CallSid;
  const bridged = talk !== undefined;
  const over = { ...first, DialCallStatus: bridged ? "completed" : reason, DialBridged: String(bridged), DialCallDuration: String(talk ?? 0),
    CallStatus: reason === "canceled" ? "completed" : "in-progress" };
  return { sid, first: () => posted(VOICE, first), after: () => posted(`${VOICE}?step=after&leg=fwd&n=1`, over),
    done: () => posted(STATUS, report(sid, "completed", { From: from, To: phone, CallDuration: "30", SequenceNumber: "3" })) };
}

async function missed(options) {
  const call = incoming(options);
  for (const step of ["first", "after", "done"]) await call[step]();
  await sleep(5);
  return call.sid;
}

const talked = (options) => missed({ talk: 20, ...options });

// A call to someone from the browser.
async function calledBack({ by = ana.id, to = caller, status = "completed", bridged = "true" } = {}) {
  const params = { ...inbound(`client:user_${by}`, to), CallStatus: "ringing" };
  await posted(VOICE, params);
  await posted(`${VOICE}?step=after&leg=out`, { ...params, CallStatus: "in-progress", DialCallStatus: status, DialBridged: bridged, DialCallDuration: "0" });
  await posted(STATUS, report(params.CallSid, "completed", { From: params.From, To: to, CallDuration: "9" }));
  return params.CallSid;
}

const list = async (who = ana, query = "") => {
  const answer = await who.get(PATH + query);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.missed_calls;
};
const closed = (who) => list(who, "?state=closed");

describe("a missed caller", () => {
  it("is one entry, however often they called, with the message they left", async () => {
    await missed();
    const sid = await missed();
    const RE = newSid("RE");
    await posted("/api/twilio/recording-callback", recording(sid, "completed", { RecordingSid: RE, RecordingSource: "RecordVerb", RecordingDuration: "7" }));
    await ana.post("/api/twilio/contacts", { number: caller, name: "Grace" });
    const [entry, ...more] = await list();
    assert.deepEqual(more, []);
    assert.deepEqual([entry.number, entry.name, entry.calls, entry.last_call_sid, entry.phone_number_id, entry.voicemail_recording_sid],
      [caller, "Grace", 2, sid, numberId, RE]);
    assert.ok(entry.first_at < entry.last_at);
    assert.equal(entry.closed_at, null);
    assert.deepEqual(await list(ben), []);
    assert.equal((await ana.get(PATH)).body.open, 1);
  });

  it("is closed by an answered call of theirs, and opened by the next missed one", async () => {
    await missed();
    const [{ id }] = await list();
    const sid = await talked();
    assert.deepEqual(await list(), []);
    const [entry] = await closed();
    assert.deepEqual([entry.id, entry.closed_by, entry.closed_call_sid], [id, "talked", sid]);
    await missed();
    const [next] = await list();
    assert.notEqual(next.id, id);
    assert.equal(next.calls, 1);
    assert.equal((await closed()).length, 1);
  });

  it("is closed by an answered call to them, not by one that they did not take", async () => {
    await missed();
    await calledBack({ status: "no-answer", bridged: "false" });
    assert.equal((await list()).length, 1);
    await calledBack({ to: "+14155559999" });
    assert.equal((await list()).length, 1);
    await calledBack({ by: ben.id });
    assert.equal((await list()).length, 1);
    const sid = await calledBack();
    assert.deepEqual(await list(), []);
    assert.equal((await closed())[0].closed_call_sid, sid);
  });

  it("is open while they ring, and also when they gave up ringing", async () => {
    const call = incoming({ reason: "canceled" });
    await call.first();
    assert.deepEqual(await list(), []);
    await call.after();
    assert.equal((await list())[0].last_call_sid, call.sid);
    await call.done();
    assert.equal((await list())[0].calls, 1);
  });

  it("is nobody who was answered, blocked, or shows no number", async () => {
    await talked();
    for (const from of ["anonymous", "+266696687", ""]) await missed({ from });
    await ana.post("/api/twilio/blocklist", { number: "+14155550666" });
    await missed({ from: "+14155550666" });
    assert.deepEqual(await list(), []);
    assert.deepEqual(await closed(), []);
  });

  it("vanishes from the list while the number is blocked", async () => {
    await missed();
    const { body } = await ana.post("/api/twilio/blocklist", { number: caller });
    assert.deepEqual(await list(), []);
    assert.equal((await ana.get(PATH)).body.open, 0);
    await ana.delete(`/api/twilio/blocklist/${body.id}`);
    assert.equal((await list()).length, 1);
  });

  it("is put aside until they call again, and can be taken up again", async () => {
    await missed();
    const [{ id }] = await list();
    assert.equal((await ben.post(`${PATH}/${id}/dismiss`)).status, 404);
    const put = await ana.post(`${PATH}/${id}/dismiss`);
    assert.deepEqual([put.status, put.body.id, put.body.closed_by], [200, id, "dismissed"]);
    assert.equal((await ana.post(`${PATH}/${id}/dismiss`)).body.closed_at, put.body.closed_at);
    assert.deepEqual(await list(), []);
    const again = await ana.post(`${PATH}/${id}/reopen`);
    assert.deepEqual([again.status, again.body.id, again.body.closed_at], [200, id, null]);
    assert.equal((await ana.post(`${PATH}/${id}/reopen`)).status, 200);
    await ana.post(`${PATH}/${id}/dismiss`);
    await missed();
    const [entry] = await list();
    assert.equal(entry.calls, 1);
    assert.notEqual(entry.id, id);
    assert.equal((await ana.post(`${PATH}/999999/reopen`)).status, 404);
  });

  it("is open again when someone says that the talk settled nothing, until the next talk", async () => {
    await missed();
    await talked();
    const [{ id }] = await closed();
    const open = await ana.post(`${PATH}/${id}/reopen`);
    assert.deepEqual([open.body.id, open.body.closed_at], [id, null]);
    await missed();
    assert.deepEqual((await list()).map((entry) => [entry.id, entry.calls]), [[id, 2]]);
    await talked();
    assert.deepEqual(await list(), []);
  });

  it("dismissed while they ring again is not put aside with that call", async () => {
    await missed();
    const call = incoming();
    await call.first();
    const [{ id }] = await list();
    await ana.post(`${PATH}/${id}/dismiss`);
    await call.after();
    await call.done();
    assert.deepEqual((await list()).map((entry) => entry.last_call_sid), [call.sid]);
  });
});

// The caller leaves a message after a call that nobody answered.
async function leavesMessage(options) {
  const sid = await missed(options);
  const RE = newSid("RE");
  await posted("/api/twilio/recording-callback", recording(sid, "completed", { RecordingSid: RE, RecordingSource: "RecordVerb", RecordingDuration: "7" }));
  return { sid, RE };
}

describe("a message", () => {
  const HEARD = (RE) => `/api/twilio/recordings/${RE}/heard`;

  it("of someone without a number is listed, noted about and done like a caller", async () => {
    const { sid, RE } = await leavesMessage({ from: "anonymous" });
    await leavesMessage({ from: "+266696687" });
    await missed({ from: "anonymous" }); // says nothing
    const [later, entry, ...more] = await list();
    assert.deepEqual(more, []);
    assert.deepEqual([entry.number, entry.from, entry.calls, entry.last_call_sid, entry.voicemail_recording_sid, entry.unheard],
      [null, "anonymous", 1, sid, RE, 1]);
    assert.notEqual(later.id, entry.id);
    assert.equal((await ana.get(PATH)).body.open, 2);
    const note = await ana.post("/api/twilio/notes", { missed_call_id: entry.id, text: "Sounds like Joe" });
    assert.deepEqual([note.status, note.body.about], [201, sid]);
    assert.equal((await ana.get(`${PATH}/${entry.id}`)).body.note.text, "Sounds like Joe");
    assert.equal((await ben.post("/api/twilio/notes", { missed_call_id: entry.id, text: "x" })).status, 404);
    await ana.post(`${PATH}/${entry.id}/dismiss`);
    assert.deepEqual((await list()).map(({ id }) => id), [later.id]);
    assert.deepEqual((await ana.post(`${PATH}/${entry.id}/reopen`)).body.closed_at, null);
    assert.equal((await list()).length, 2);
  });

  it("that nobody heard stays listed after a talk, until it is heard or done", async () => {
    const { RE } = await leavesMessage();
    await talked();
    const [entry] = await list();
    assert.deepEqual([entry.closed_by, entry.unheard, entry.messages.map((one) => one.recording_sid)], ["talked", 1, [RE]]);
    assert.equal((await ana.get(PATH)).body.open, 1);
    assert.equal((await ben.post(HEARD(RE))).status, 404);
    const heard = await ana.post(HEARD(RE));
    assert.deepEqual([heard.status, heard.body.heard_by], [200, ana.id]);
    assert.equal((await ana.post(HEARD(RE))).body.heard_at, heard.body.heard_at);
    assert.deepEqual(await list(), []);
    await leavesMessage();
    await talked();
    const [{ id }] = await list();
    await ana.post(`${PATH}/${id}/dismiss`);
    assert.deepEqual(await list(), []);
    assert.equal((await ana.get(PATH)).body.open, 0);
  });

  it("is heard when its caller is done with, and a caller is still to be called when it is heard", async () => {
    const { RE } = await leavesMessage();
    await ana.post(HEARD(RE));
    const [entry] = await list();
    assert.deepEqual([entry.unheard, entry.closed_at], [0, null]);
    const second = await leavesMessage();
    assert.equal((await list())[0].unheard, 1);
    await ana.post(`${PATH}/${entry.id}/dismiss`);
    assert.ok((await ana.get(`/api/twilio/recordings/${second.RE}`)).body.heard_at);
  });
});

describe("who sees to it", () => {
  it("is oneself or nobody where users are strangers", async () => {
    await missed();
    const [{ id, assigned_to }] = await list();
    assert.equal(assigned_to, null);
    assert.equal((await list(ana, "?assigned=nobody")).length, 1);
    assert.equal((await ana.patch(`${PATH}/${id}`, { assigned_to: ana.id })).body.assigned_to, ana.id);
    assert.deepEqual([(await list(ana, "?assigned=me")).length, (await list(ana, "?assigned=nobody")).length, (await list(ana, `?assigned=${ana.id}`)).length], [1, 0, 1]);
    for (const [body, status] of [[{ assigned_to: ben.id }, 422], [{ assigned_to: "" }, 422], [{ assigned_to: 7 }, 422], [{}, 422], [{ assigned_to: ana.id, note: "x" }, 422]])
      assert.equal((await ana.patch(`${PATH}/${id}`, body)).status, status, JSON.stringify(body));
    assert.equal((await ben.patch(`${PATH}/${id}`, { assigned_to: ben.id })).status, 404);
    assert.equal((await ana.patch(`${PATH}/${id}`, { assigned_to: null })).body.assigned_to, null);
    await ana.patch(`${PATH}/${id}`, { assigned_to: ana.id });
    await missed(); // it stays with whoever has it
    assert.deepEqual((await list()).map((one) => [one.calls, one.assigned_to]), [[2, ana.id]]);
  });
});

describe("no message", () => {
  it("is missed in the log, the list, the statistics, the CSV and why", async () => {
    const to = `+1510556${1000 + count}`; // nobody is rung: voicemail answers
    const own = givenNumber(server.database, { phone: to, user: ana.id });
    await server.settled();
    const first = inbound(caller, to), sid = first.CallSid;
    assert.match(await posted(VOICE, first), /<Record/);
    await posted(STATUS, report(sid, "completed", { From: caller, To: to, CallDuration: "30" }));
    await posted("/api/twilio/recording-callback", recording(sid, "absent", { RecordingSource: "RecordVerb" }));
    const one = (await ana.get(`/api/twilio/call-logs/${sid}`)).body;
    assert.deepEqual([one.end_reason, one.outcome], ["no_message", "missed"]);
    assert.match(one.timeline.at(-1).text, /without a message/);
    assert.equal((await list())[0].last_call_sid, sid);
    const { body } = await ana.get("/api/twilio/stats");
    assert.deepEqual([body.missed, body.voicemail], [1, 0]);
    for (const query of ["outcome=missed", "end_reason=no_message"])
      assert.deepEqual((await ana.get(`/api/twilio/call-logs?${query}`)).body.call_logs.map((call) => call.call_sid), [sid], query);
    assert.deepEqual((await ana.get("/api/twilio/call-logs?outcome=message")).body.call_logs, []);
    assert.match((await ana.get("/api/twilio/call-logs?format=csv&style=people")).text, /,No message \(missed\),/);
    const { phone_numbers } = (await ana.get("/api/twilio/my-numbers")).body;
    assert.equal(phone_numbers.find(({ id }) => id === own).statistics.missed, 1);
  });
});

describe("reports that come twice, late and in any order", () => {
  // Missed, talked, missed. Twilio waits for the answers to the first two
  // webhooks of a call; the report of its end may come at any time after.
  const FIXED = [[0, "first"], [0, "after"], [1, "first"], [1, "after"], [2, "first"], [2, "after"]];
  const orders = [];
  for (let a = 1; a <= 6; a++) for (let b = 3; b <= 6; b++) for (let c = 5; c <= 6; c++) {
    const order = FIXED.flatMap((step, i) => [step, ...[a, b, c].flatMap((at, which) => (at === i + 1 ? [[which, "done"]] : []))]);
    orders.push(order, order.toReversed().filter(([, step]) => step === "done").reduceRight((rest, step) => [...rest, step],
      order.filter(([, step]) => step !== "done")));
  }

  it("leave the same callers open", async () => {
    for (const [n, order] of orders.entries()) {
      const from = `+1628555${1000 + n}`;
      const calls = [incoming({ from }), incoming({ from, talk: 0 }), incoming({ from })];
      for (const [which, step] of order) {
        await calls[which][step]();
        if (n % 3 === 0) await list(); // worked out in between, or not
        if (step !== "first" || n % 2) await calls[which][step]();
        await sleep(3);
      }
      for (const call of calls) await call.after();
      const mine = (entries) => entries.filter((entry) => entry.number === from).map((entry) => [entry.calls, entry.last_call_sid]);
      const what = JSON.stringify(order);
      assert.deepEqual(mine(await list(ana, "?limit=200")), [[1, calls[2].sid]], what);
      assert.deepEqual(mine(await list(ana, "?state=closed&limit=200")), [[1, calls[0].sid]], what);
    }
    assert.deepEqual(rows(server.database, "SELECT * FROM missed_pending"), []);
  });

  it("come in pages that lose and repeat nobody", async () => {
    for (let n = 0; n < 5; n++) await missed({ from: `+1628556${1000 + n}` });
    const seen = [];
    for (let next = ""; next !== null;) {
      const { body } = await ana.get(`${PATH}?limit=2${next && `&cursor=${next}`}`);
      seen.push(...body.missed_calls.map((entry) => entry.number));
      next = body.next;
    }
    assert.equal(seen.length, 5);
    assert.equal(new Set(seen).size, 5);
    assert.equal((await ana.get(`${PATH}?cursor=x`)).status, 422);
    assert.equal((await ana.get(`${PATH}?state=lost`)).status, 422);
  });
});

describe("a server that is killed after a report", () => {
  it("has the caller on its list when it is back", async () => {
    let one = await startServer({ rules: "return {}\n", config: { maintenance_seconds: 0 } });
    try {
      givenNumber(one.database, { phone: "+15105550100", user: "ana" });
      await one.settled();
      const params = inbound("+14155550123", "+15105550100");
      assert.equal((await one.post(VOICE, params)).status, 200);
      assert.equal((await one.post(STATUS, report(params.CallSid, "completed", { From: params.From, To: params.To }))).status, 204);
      await one.stop({ signal: "SIGKILL", code: null, keep: true });
      one = await startServer({ folder: one.folder, config: { maintenance_seconds: 0 } });
      const { missed_calls: list } = (await user(one, "ana").get(PATH)).body;
      assert.deepEqual(list.map((entry) => [entry.number, entry.last_call_sid]), [["+14155550123", params.CallSid]]);
    } finally {
      await one.stop();
    }
  });
});

describe("with data_scope = team", () => {
  let team;
  before(async () => { team = await startServer({ rules: "return {}\n", config: { data_scope: "team" } }); });
  after(() => team?.stop());

  it("a caller of two numbers is one entry, and anybody's talk closes it", async () => {
    const [one, two] = ["+15105550101", "+15105550102"];
    givenNumber(team.database, { phone: one, user: "ana" });
    givenNumber(team.database, { phone: two, user: "ben" });
    await team.settled();
    for (const to of [one, two]) {
      const params = inbound("+14155550123", to);
      await team.post(VOICE, params);
      await team.post(STATUS, report(params.CallSid, "completed", { From: params.From, To: to }));
      await sleep(5);
    }
    const linus = user(team, "linus");
    const [{ id }] = (await linus.get(PATH)).body.missed_calls;
    assert.equal((await linus.patch(`${PATH}/${id}`, { assigned_to: "ben" })).body.assigned_to, "ben");
    assert.equal((await linus.patch(`${PATH}/${id}`, { assigned_to: "nobody here" })).status, 422);
    assert.equal((await user(team, "ben").get(`${PATH}?assigned=me`)).body.missed_calls.length, 1);
    await linus.post("/api/twilio/notes", { number: "+14155550123", text: "Asks for Ben" });
    assert.deepEqual((await user(team, "ana").get(PATH)).body.missed_calls.map(({ note }) => [note.author, note.text]), [["linus", "Asks for Ben"]]);
    const [entry, ...more] = (await linus.get(PATH)).body.missed_calls;
    assert.deepEqual([entry.calls, more], [2, []]);
    const params = { ...inbound("client:user_linus", "+14155550123") };
    await team.post(VOICE, params);
    await team.post(`${VOICE}?step=after&leg=out`, { ...params, DialCallStatus: "completed", DialBridged: "true" });
    assert.deepEqual((await linus.get(PATH)).body.missed_calls, []);
    assert.equal((await linus.get(`${PATH}?state=closed`)).body.missed_calls[0].id, entry.id);
  });

  it("people beyond those that are listed are said to be there, and can be given something", async () => {
    const linus = user(team, "linus");
    const people = async () => (await linus.get("/api/twilio/presence")).body;
    assert.equal((await people()).more, false);
    rows(team.database, `WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
      INSERT INTO presence (user_id, device, seen_at) SELECT 'many' || i, 'browser', 1 FROM n`);
    await team.settled();
    const { people: list, more } = await people();
    assert.deepEqual([list.length, more], [500, true]);
    assert.ok(!list.some((person) => person.user_id === "many700"));
    const [{ id }] = (await linus.get(`${PATH}?state=closed`)).body.missed_calls;
    assert.equal((await linus.patch(`${PATH}/${id}`, { assigned_to: "many700" })).body.assigned_to, "many700");
  });
});
