// text_test.mjs: the text that a missed caller gets: as data of the plan, sent by
// the host afterwards, once; its outcome is in the call's trace.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { minuteLeft, request, startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, report } from "../support/voice.mjs";

const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const NUMBER = "+15105550100", TEXT = "Sorry we missed you. We call back today.";
const RULES = `return {
  { "lunch", when = function(call) return call.from ~= "+14155550777" end, go = ring("+13035550142"):text("${TEXT}") },
}`;
let twilio;
let server; // sends nothing by itself
let ana;
let config;
let count = 0;
let caller;

before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ rules: RULES, config: { ...twilio.config, maintenance_seconds: 0 } });
  ana = user(server, "ana");
  config = { ...twilio.config, server_url: "https://phone.example.com", database: server.database };
  givenNumber(server.database, { phone: NUMBER, user: "ana", capabilities: '{"voice":true,"sms":true}' });
  await server.settled();
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});
beforeEach(() => {
  twilio.reset();
  caller = `+1415555${1000 + count++}`;
});

const post = (target, params) => ok(server.post(target, params));

async function call({ from = caller, bridged = false } = {}) {
  const first = inbound(from, NUMBER);
  await post(VOICE, first);
  await post(`${VOICE}?step=after&leg=fwd&n=1`, { ...first, CallStatus: "in-progress", DialCallStatus: bridged ? "completed" : "no-answer",
    DialBridged: String(bridged), DialCallDuration: "0" });
  await post(STATUS, report(first.CallSid, "completed", { From: from, To: NUMBER }));
  return first.CallSid;
}

async function maintain(more = {}) {
  const { status, value } = await commandJson(["maintain"], { config: { ...config, ...more } });
  assert.equal(status, 0);
  return value.texts.done;
}

async function outcome(sid) {
  const { body } = await ana.get(`/api/twilio/call-logs/${sid}`);
  const step = body.trace.steps.find((one) => one.leg === "text");
  return step && [step.outcome, step.detail?.reason];
}

const reports = (sid) => `/api/twilio/message-callback?call_sid=${sid}`;
const sent = () => twilio.seen("POST Messages").map((one) => one.form);

describe("a missed caller", () => {
  it("gets the text of the plan, from the called number, once", async () => {
    const sid = await call();
    assert.deepEqual(sent(), [], "not while the call is handled");
    assert.equal(await maintain(), 1);
    assert.deepEqual(sent(), [{ From: NUMBER, To: caller, Body: TEXT, StatusCallback: `https://phone.example.com${reports(sid)}` }]);
    assert.deepEqual(await outcome(sid), ["sent", undefined]);
    const { body } = await ana.get(`/api/twilio/call-logs/${sid}`);
    const step = body.trace.steps.at(-1);
    assert.equal(step.leg, "text");
    assert.match(step.detail.message_sid, /^SM/);
    assert.equal(body.trace.plan.missed_text, TEXT);
    await post(STATUS, report(sid, "completed", { From: caller, To: NUMBER }));
    assert.equal(await maintain(), 0);
    assert.equal(sent().length, 1);
  });

  it("is also one that only the list of missed callers has worked out", async () => {
    const sid = await call();
    assert.equal((await ana.get("/api/twilio/missed-calls?limit=200")).body.missed_calls.filter((one) => one.number === caller).length, 1);
    assert.deepEqual(await outcome(sid), ["due", undefined]);
    await maintain();
    assert.deepEqual(await outcome(sid), ["sent", undefined]);
  });

  it("gets none who was talked to, then or since, nor one without a text in the plan", async () => {
    const talked = await call({ bridged: true });
    const other = `+1415556${1000 + count}`;
    const missed = await call({ from: other });
    await call({ from: other, bridged: true });
    const plain = await call({ from: "+14155550777" });
    await maintain();
    assert.deepEqual(sent(), []);
    assert.equal(await outcome(talked), undefined);
    assert.equal(await outcome(plain), undefined);
    assert.deepEqual(await outcome(missed), ["skipped", "talked"]);
  });

  it("gets one in so many minutes", async () => {
    const first = await call();
    await maintain();
    const second = await call();
    await maintain();
    assert.deepEqual(await outcome(second), ["skipped", "texted_before"]);
    rows(server.database, `UPDATE call_steps SET at = at - 3600000 WHERE call_sid = '${first}' AND leg = 'text'`);
    const third = await call();
    await maintain({ text_pause_minutes: 30 });
    assert.deepEqual(await outcome(third), ["sent", undefined]);
  });

  for (const [from, reason] of [["anonymous", "no_number"], ["+266696687", "no_number"], ["+18005550123", "toll_free"], ["+442079460123", "country"]])
    it(`gets none at ${from}: ${reason}`, async () => {
      const sid = await call({ from });
      await maintain();
      assert.deepEqual(sent(), []);
      assert.deepEqual(await outcome(sid), ["skipped", reason]);
    });

  it("gets none that the number may not send today, or at all", async () => {
    await minuteLeft(86_400_000);
    await call();
    await maintain();
    const capped = await call({ from: `+1415557${1000 + count}` });
    await maintain({ text_daily_cap: 1 });
    assert.deepEqual(await outcome(capped), ["skipped", "daily_cap"]);
    const off = await call({ from: `+1415558${1000 + count}` });
    await maintain({ text_daily_cap: 0 });
    assert.deepEqual(await outcome(off), ["skipped", "switched_off"]);
  });

  it("gets none half an hour later", async () => {
    const sid = await call();
    await ana.get("/api/twilio/missed-calls");
    rows(server.database, `UPDATE call_steps SET at = at - 1860000 WHERE call_sid = '${sid}' AND leg = 'text'`);
    await maintain();
    assert.deepEqual(await outcome(sid), ["skipped", "too_late"]);
  });
});

describe("several who send at once", () => {
  it("send one text to a caller who called several times", async () => {
    const sids = [];
    for (let i = 0; i < 6; i++) sids.push(await call());
    // On PostgreSQL one of them does it, and the others say so.
    const done = await Promise.all(Array.from({ length: 3 }, () => commandJson(["maintain"], { config })));
    for (const { value } of done.filter(({ status }) => status !== 0)) assert.equal(POSTGRES && value.error.code, "in_use");
    assert.ok(done.some(({ status }) => status === 0));
    assert.equal(sent().filter((one) => one.To === caller).length, 1);
    const words = await Promise.all(sids.map(async (sid) => (await outcome(sid)).join(" ").trim()));
    assert.deepEqual(words.toSorted(), [...Array(5).fill("skipped texted_before"), "sent"].toSorted());
  });
});

describe("Twilio", () => {
  it("that refuses a landline is not asked for it again", async () => {
    const sid = await call({ from: "+15005550009" });
    await maintain();
    assert.deepEqual(await outcome(sid), ["refused", "twilio:21614"]);
    const again = await call({ from: "+15005550009" });
    await maintain();
    assert.deepEqual(await outcome(again), ["skipped", "phone_refuses"]);
    assert.equal(sent().length, 1);
    assert.deepEqual((await ana.get("/api/twilio/alerts")).body.alerts, []);
  });

  it("that fails leaves an alert, and the text is not sent twice", async () => {
    twilio.once("POST Messages", { status: 400, body: { code: 21606, message: "not SMS-capable", status: 400 } });
    const sid = await call();
    await maintain();
    assert.deepEqual(await outcome(sid), ["failed", "twilio:21606"]);
    assert.equal(await maintain(), 0);
    const { alerts } = (await ana.get("/api/twilio/alerts")).body;
    assert.deepEqual(alerts.map((alert) => [alert.kind, alert.subject]), [["text_failed", NUMBER]]);
    assert.match(alerts[0].detail, /not SMS-capable/);
  });

  it("whose answer is lost is not asked again", async () => {
    twilio.once("POST Messages", { cut: true });
    const sid = await call();
    await maintain();
    const [word] = await outcome(sid);
    assert.equal(word, "failed");
    await maintain();
    assert.equal(sent().length, 1);
  });
});

describe("a server that looks after it by itself", () => {
  it("sends the text through the sandbox's stand-in, and the call is not touched", async () => {
    const account = `AC${"b".repeat(32)}`;
    const own = await startServer({ rules: RULES, config: { sandbox: "yes", twilio_account_sid: account, twilio_auth_token: TOKEN,
      twilio_api_base_url: null, maintenance_seconds: 1 } });
    try {
      const me = user(own, "ana");
      const bought = await me.post("/api/twilio/buy-number", { areaCode: "303" });
      assert.equal(bought.status, 201, bought.text);
      const body = JSON.stringify({ to: bought.body.phone_number, from: "+14155550123", legs: ["no-answer"] });
      const played = await request(own.port, { method: "POST", target: "/sandbox/calls", body, timeout: 20_000,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
      assert.equal(played.status, 201, played.body);
      const { call_sid } = rows(own.database, `SELECT call_sid FROM twilio_call_logs WHERE "to" = '${bought.body.phone_number}'`)[0];
      await waitUntil(() => rows(own.database, `SELECT 1 FROM call_steps WHERE call_sid = '${call_sid}' AND leg = 'text' AND outcome = 'sent'`).length,
        20_000, "the text");
      const target = `/sandbox/twilio/2010-04-01/Accounts/${account}/Messages.json`;
      const authorization = `Basic ${Buffer.from(`${account}:${TOKEN}`).toString("base64")}`;
      const list = JSON.parse((await request(own.port, { target, headers: { Authorization: authorization } })).body);
      const ours = list.messages.filter((one) => one.from === bought.body.phone_number);
      assert.deepEqual(ours.map((one) => [one.from, one.to, one.body]), [[bought.body.phone_number, "+14155550123", TEXT]]);
    } finally {
      await own.stop();
    }
  });
});

// www.twilio.com/docs/messaging/api/message-resource: MessageStatus; api/errors/30034 and so on: ErrorCode.
describe("what becomes of a text", () => {
  const texted = async () => {
    const sid = await call();
    await maintain();
    const { body } = await ana.get(`/api/twilio/call-logs/${sid}`);
    return { sid, MessageSid: body.trace.steps.at(-1).detail.message_sid };
  };
  const say = (text, MessageStatus, ErrorCode) => post(reports(text.sid), { MessageSid: text.MessageSid, SmsSid: text.MessageSid, MessageStatus,
    From: NUMBER, To: caller, AccountSid: twilio.config.twilio_account_sid, ...(ErrorCode && { ErrorCode }) });
  const alarms = async () => (await ana.get("/api/twilio/alerts")).body.alerts.filter((one) => one.kind === "text_failed").length;

  const ORDERS = { "as it happens": (list) => list, "backwards": (list) => [...list].reverse(), "twice": (list) => [...list, ...list] };
  for (const [name, order] of Object.entries(ORDERS))
    for (const [last, code, became] of [["delivered", undefined, "delivered"], ["undelivered", "30034", "undelivered"], ["undelivered", "30006", "refused"],
      ["failed", "30008", "undelivered"], ["undelivered", undefined, "undelivered"]])
      it(`is ${became} when Twilio says ${last} ${code ?? ""}, told ${name}`, async () => {
        const text = await texted();
        const before = await alarms();
        for (const status of order(["queued", "sending", "sent", last])) await say(text, status, status === last ? code : undefined);
        const reason = last === "delivered" ? undefined : `twilio:${code ?? ""}`;
        assert.deepEqual(await outcome(text.sid), [became, reason]);
        if (became === "undelivered") assert.equal(await alarms(), 1);
        else assert.equal(await alarms(), before);
      });

  it("is known although the answer to our request was lost", async () => {
    const { sid } = await texted();
    rows(server.database, `UPDATE call_steps SET outcome = 'not_confirmed', detail = '{"text":"x"}' WHERE call_sid = '${sid}' AND leg = 'text'`);
    await say({ sid, MessageSid: "SM1" }, "delivered");
    assert.deepEqual(await outcome(sid), ["delivered", undefined]);
  });

  it("changes nothing for a text that isn't ours, another message, or a status that says nothing", async () => {
    const text = await texted();
    await say({ ...text, MessageSid: "SM00000000000000000000000000000000" }, "undelivered", "30034");
    await say(text, "teapot");
    await say({ sid: "CA00000000000000000000000000000000", MessageSid: "SM1" }, "delivered");
    assert.deepEqual(await outcome(text.sid), ["sent", undefined]);
    assert.equal((await server.post(reports(text.sid), { MessageStatus: "sent" })).status, 400);
    assert.equal((await request(server.port, { method: "POST", target: reports(text.sid), body: "MessageSid=SM1",
      headers: { "Content-Type": "application/x-www-form-urlencoded" } })).status, 403);
  });

  it("counts against the pause between texts", async () => {
    const text = await texted();
    await say(text, "undelivered", "30034");
    const again = await call();
    await maintain();
    assert.deepEqual(await outcome(again), ["skipped", "texted_before"]);
  });
});
