// sandbox_test.mjs: the stand-in for Twilio's REST API, driven by twilio's own
// client, and the driver that plays calls over signed HTTP.
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { after, before, beforeEach, describe, it } from "node:test";
import twilio from "twilio";
import { user } from "../support/api.mjs";
import { givenNumber, givenOnline, rows } from "../support/database.mjs";
import { JWT_SECRET, launch, request, SLOW, startServer, TOKEN, waitUntil } from "../support/server.mjs";

const ACCOUNT = `AC${"5".repeat(32)}`;
const STANDIN = "/sandbox/twilio";
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

// twilio's client, but for where it connects to.
class Elsewhere extends twilio.RequestClient {
  constructor(base) {
    super();
    this.base = base;
  }

  request(options) {
    return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", this.base) });
  }
}

let server;
let client;
let ana;
const control = async (method, target, value) => {
  const body = value === undefined ? "" : JSON.stringify(target === "/sandbox/calls" ? { details: true, ...value } : value);
  const answer = await request(server.port, { method, target, body, timeout: 30_000,
    headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
  return { status: answer.status, body: answer.body && answer.headers["content-type"].includes("json") ? JSON.parse(answer.body)
    : answer.body };
};
const raw = (method, target, { body = "", headers = {}, auth = `${ACCOUNT}:${TOKEN}` } = {}) =>
  request(server.port, { method, tries: 0, target: `${STANDIN}/2010-04-01/Accounts/${target}`, body,
    headers: { ...(auth ? { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {}),
      "Content-Length": Buffer.byteLength(body), ...headers } });
const fault = (value) => control("POST", "/sandbox/faults", value);
const refused = async (promise, code, status) => {
  const error = await promise.then(() => assert.fail("it was not refused"), (problem) => problem);
  assert.equal(error.code, code, error.message);
  assert.equal(error.status, status);
};
// The library keeps its connections; a pause of ours must not end one that it is about to use.
const start = (more = {}) => startServer({ rules: "return {}", ...more, config: { sandbox: "yes", twilio_account_sid: ACCOUNT, keep_alive_timeout_ms: 5000,
  workers: 16, rate_limits: "no", maintenance_seconds: 0, ...more.config } }); // whose requests would meet faults, too

before(async () => {
  server = await start();
  await waitUntil(() => server.out.includes("Sandbox:"), 20_000, "the seed");
  client = twilio(ACCOUNT, TOKEN, { httpClient: new Elsewhere(server.base + STANDIN) });
  ana = user(server, "ana");
});
after(() => server?.stop());
beforeEach(() => control("DELETE", "/sandbox/faults"));

describe("the stand-in's numbers, through twilio's own client", () => {
  it("are searched, bought, fetched, changed, listed and released", async () => {
    const offers = await client.availablePhoneNumbers("US").local.list({ areaCode: 212, limit: 3 });
    assert.deepEqual(offers.map((o) => o.phoneNumber), ["+12125550100", "+12125550101", "+12125550102"]);
    assert.equal(offers[0].locality, "New York");
    assert.equal(offers[0].capabilities.voice, true);
    const bought = await client.incomingPhoneNumbers.create({ phoneNumber: offers[0].phoneNumber,
      voiceUrl: "https://phone.example.com/voice", friendlyName: "Front desk" });
    assert.match(bought.sid, /^PN[0-9a-f]{32}$/);
    assert.equal(bought.voiceUrl, "https://phone.example.com/voice");
    assert.ok(bought.dateCreated instanceof Date && !Number.isNaN(bought.dateCreated.getTime()));
    assert.equal((await client.availablePhoneNumbers("US").local.list({ areaCode: 212, limit: 1 }))[0].phoneNumber, "+12125550101");
    const changed = await client.incomingPhoneNumbers(bought.sid).update({ voiceApplicationSid: `AP${"1".repeat(32)}` });
    assert.equal(changed.voiceApplicationSid, `AP${"1".repeat(32)}`);
    assert.equal(changed.friendlyName, "Front desk");
    const [found] = await client.incomingPhoneNumbers.list({ phoneNumber: offers[0].phoneNumber });
    assert.equal(found.sid, bought.sid);
    assert.equal(await client.incomingPhoneNumbers(bought.sid).remove(), true);
    await refused(client.incomingPhoneNumbers(bought.sid).fetch(), 20404, 404);
    await refused(client.incomingPhoneNumbers(bought.sid).remove(), 20404, 404);
  });

  it("bought twice are the same number", async () => {
    const first = await client.incomingPhoneNumbers.create({ phoneNumber: "+13125550100" });
    const second = await client.incomingPhoneNumbers.create({ phoneNumber: "+13125550100", friendlyName: "Again" });
    assert.equal(second.sid, first.sid);
    assert.equal(second.friendlyName, "Again");
  });

  it("come by area code, where there are any", async () => {
    assert.equal((await client.incomingPhoneNumbers.create({ areaCode: "808" })).phoneNumber, "+18085550100");
    assert.equal((await client.incomingPhoneNumbers.create({ areaCode: "808" })).phoneNumber, "+18085550101");
    assert.deepEqual(await client.availablePhoneNumbers("US").local.list({ areaCode: 555 }), []);
    await refused(client.incomingPhoneNumbers.create({ areaCode: "555" }), 21452, 400);
    await refused(client.incomingPhoneNumbers.create({ areaCode: "5" }), 21451, 400);
  });

  for (const [what, params, code] of [
    ["that nobody has for sale", { phoneNumber: "+14155559999" }, 21422],
    ["of Twilio's tests that is taken", { phoneNumber: "+15005550000" }, 21422],
    ["of Twilio's tests that is none", { phoneNumber: "+15005550001" }, 21421],
    ["that is none", { phoneNumber: "hello" }, 21421],
    ["that needs an address", { phoneNumber: "+493023125001" }, 21631],
    ["that needs a bundle", { phoneNumber: "+447700900001" }, 21649],
    ["with a fallback only", { phoneNumber: "+13125550150", voiceFallbackUrl: "https://example.com/" }, 21405],
  ]) it(`are refused when it is one ${what}`, () => refused(client.incomingPhoneNumbers.create(params), code, 400));

  it("are toll-free and mobile, too", async () => {
    assert.equal((await client.availablePhoneNumbers("US").tollFree.list({ limit: 1 }))[0].phoneNumber, "+18005550100");
    assert.equal((await client.availablePhoneNumbers("GB").mobile.list({ limit: 1 }))[0].phoneNumber, "+447700900000");
    await refused(client.availablePhoneNumbers("XX").local.list(), 20404, 404);
  });

  it("come page by page", async () => {
    for (const line of ["10", "11", "12", "13", "14"]) await client.incomingPhoneNumbers.create({ phoneNumber: `+161755501${line}` });
    const all = await client.incomingPhoneNumbers.list({ phoneNumber: "+1617", pageSize: 2 });
    assert.deepEqual(all.map((n) => n.phoneNumber.slice(-2)).sort(), ["10", "11", "12", "13", "14"]);
    const first = JSON.parse((await raw("GET", `${ACCOUNT}/IncomingPhoneNumbers.json?PhoneNumber=%2B1617&PageSize=2`)).body);
    assert.match(first.next_page_uri, /^\/2010-04-01\/Accounts\/AC5+\/IncomingPhoneNumbers\.json\?.*PageSize=2/);
    assert.equal(first.incoming_phone_numbers.length, 2);
    assert.equal(JSON.parse((await raw("GET", `${ACCOUNT}/IncomingPhoneNumbers.json?PageSize=0`)).body).code, 20006);
  });
});

describe("the stand-in's other resources", () => {
  it("are applications, ours from the beginning", async () => {
    const { twilio_app_sid: own } = Object.fromEntries(readFileSync(server.beside(".sandbox"), "utf8").trim().split("\n")
      .map((line) => line.split(" = ")));
    assert.equal((await client.applications(own).fetch()).voiceUrl, `${server.base}/api/twilio/twiml`);
    const made = await client.applications.create({ friendlyName: "Ours", voiceUrl: "https://example.com/", voiceMethod: "GET" });
    assert.equal((await client.applications(made.sid).update({ friendlyName: "Mine" })).friendlyName, "Mine");
    assert.deepEqual((await client.applications.list({ friendlyName: "Mine" })).map((a) => [a.sid, a.voiceMethod]), [[made.sid, "GET"]]);
    assert.equal(await client.applications(made.sid).remove(), true);
  });

  it("are calls, which can be made and ended once", async () => {
    const call = await client.calls.create({ to: "+13035550142", from: "+15105550100", url: "https://example.com/",
      statusCallbackEvent: ["initiated", "answered"] });
    assert.equal(call.status, "queued");
    const { body } = await control("GET", "/sandbox/requests");
    assert.match(body.requests.at(-1).body, /StatusCallbackEvent=initiated&StatusCallbackEvent=answered/);
    assert.equal((await client.calls(call.sid).update({ status: "completed" })).status, "canceled");
    await refused(client.calls(call.sid).update({ status: "completed" }), 21220, 400);
    await refused(client.calls.create({ to: "", from: "+15105550100", url: "https://example.com/" }), 21201, 400);
  });

  it("are recordings that sound, in whole and in part", async () => {
    const { body: call } = await control("POST", "/sandbox/calls", { legs: ["no-answer"], messages: [4] });
    const [recording] = await client.calls(call.sid).recordings.list();
    assert.equal(recording.duration, "4");
    assert.equal((await client.recordings.list({ callSid: call.sid })).length, 1);
    for (const suffix of [".wav", ".mp3", ""]) {
      const media = await raw("GET", `${ACCOUNT}/Recordings/${recording.sid}${suffix}`);
      assert.equal(media.status, 200);
      assert.equal(media.headers["content-type"], "audio/x-wav");
      assert.equal(media.headers["content-length"], String(44 + 4 * 16000));
      assert.match(media.body, /^RIFF/);
    }
    const part = await raw("GET", `${ACCOUNT}/Recordings/${recording.sid}.wav`, { headers: { Range: "bytes=0-3" } });
    assert.deepEqual([part.status, part.body, part.headers["content-range"]], [206, "RIFF", "bytes 0-3/64044"]);
    const beyond = await raw("GET", `${ACCOUNT}/Recordings/${recording.sid}.wav`, { headers: { Range: "bytes=99999999-" } });
    assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, "bytes */64044"]);
    assert.equal((await raw("GET", `${ACCOUNT}/Recordings/${recording.sid}.wav`, { auth: null })).status, 401);
    assert.equal(await client.recordings(recording.sid).remove(), true);
    assert.equal((await raw("GET", `${ACCOUNT}/Recordings/${recording.sid}.wav`)).status, 404);
  });

  it("are summed up in a few lines, one for each moment, unless details are asked for", async () => {
    const body = JSON.stringify({ legs: ["busy"], messages: [4] });
    const answer = await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: 30_000,
      headers: { "Content-Type": "application/json", "Content-Length": body.length } });
    assert.equal(answer.status, 201);
    const told = JSON.parse(answer.body);
    assert.deepEqual(Object.keys(told), ["sid", "outcome", "seconds", "heard"]);
    assert.match(told.sid, /^CA[0-9a-f]{32}$/);
    assert.equal(told.outcome, "message");
    assert.ok(answer.body.split("\n").every((line) => line.length < 120), answer.body);
    assert.ok(told.heard.every((line) => answer.body.includes(`\n    ${JSON.stringify(line)}`)));
    const { body: all } = await control("POST", "/sandbox/calls", { legs: ["busy"], messages: [4] });
    assert.deepEqual(all.heard, told.heard);
    assert.ok(all.callbacks.length > 0 && all.requests.length > 0 && all.timeline.length > 0);
  });

  it("have a price a little later", async () => {
    const { body: call } = await control("POST", "/sandbox/calls", { legs: [{ does: "answered", talk: 70 }], price_after: SLOW > 1 ? 20_000 : 5000 });
    const first = await client.calls(call.sid).fetch();
    assert.equal(first.price, null);
    assert.equal(first.duration, "70");
    assert.equal(first.status, "completed");
    await waitUntil(async () => (await client.calls(call.sid).fetch()).price === "-0.01700", 20_000, "the price");
    const legs = await client.calls.list({ parentCallSid: call.sid });
    assert.deepEqual(legs.map((leg) => [leg.direction, leg.price]), [["outbound-dial", "-0.02800"]]);
  });
});

describe("the stand-in refuses, as Twilio does,", () => {
  for (const [what, auth] of [["no credentials", null], ["a wrong token", `${ACCOUNT}:wrong`], ["another account", `AC1:${TOKEN}`],
    ["an empty pair", ":"]])
    it(what, async () => {
      const answer = await raw("GET", `${ACCOUNT}/Calls.json`, { auth });
      assert.equal(answer.status, 401);
      assert.equal(JSON.parse(answer.body).code, 20003);
      assert.match(answer.headers["www-authenticate"], /^Basic /);
    });

  it("what is not a form, not its method, not its account, not there", async () => {
    const json = await raw("POST", `${ACCOUNT}/IncomingPhoneNumbers.json`, { body: "{}", headers: { "Content-Type": "application/json" } });
    assert.equal(json.status, 415);
    for (const method of ["PUT", "PATCH"])
      assert.equal((await raw(method, `${ACCOUNT}/Calls.json`, { body: "a=b", headers: FORM })).status, 405);
    assert.equal((await raw("POST", `${ACCOUNT}/Calls.json`, { body: "To=%zz", headers: FORM })).status, 400);
    assert.equal((await raw("GET", `AC${"6".repeat(32)}/Calls.json`)).status, 404);
    assert.equal(JSON.parse((await raw("GET", `${ACCOUNT}/Calls/CA${"0".repeat(32)}.json`)).body).code, 20404);
  });
});

describe("on a bad day", () => {
  it("the stand-in limits, breaks, mumbles and dawdles, so many times as ordered", async () => {
    await fault({ path: "*/Calls.json", kind: "rate_limit", retry_after: 7 });
    const limited = await raw("GET", `${ACCOUNT}/Calls.json`);
    assert.deepEqual([limited.status, limited.headers["retry-after"], JSON.parse(limited.body).code], [429, "7", 20429]);
    assert.equal((await raw("GET", `${ACCOUNT}/Calls.json`)).status, 200);
    await fault({ kind: "server_error", times: 2 });
    assert.equal((await raw("GET", `${ACCOUNT}/Calls.json`)).status, 500);
    assert.equal((await raw("GET", `${ACCOUNT}/Recordings.json`)).status, 500);
    assert.equal((await raw("GET", `${ACCOUNT}/Recordings.json`)).status, 200);
    await fault({ kind: "malformed" });
    assert.throws(() => JSON.parse("{"));
    const mumbled = await raw("GET", `${ACCOUNT}/Calls.json`);
    assert.equal(mumbled.status, 200);
    assert.throws(() => JSON.parse(mumbled.body));
    await fault({ kind: "slow", delay_ms: 300 });
    assert.ok((await raw("GET", `${ACCOUNT}/Calls.json`)).ms >= 300);
    await fault({ kind: "error", code: 21404, method: "POST", path: "*/IncomingPhoneNumbers.json" });
    assert.equal((await raw("GET", `${ACCOUNT}/IncomingPhoneNumbers.json`)).status, 200);
    await refused(client.incomingPhoneNumbers.create({ areaCode: "305" }), 21404, 400);
  });

  it("the answer to a purchase is lost, before or after it took effect", async () => {
    const buy = () => raw("POST", `${ACCOUNT}/IncomingPhoneNumbers.json`, { body: "PhoneNumber=%2B14045550100", headers: FORM });
    const there = async () => (await client.incomingPhoneNumbers.list({ phoneNumber: "+14045550100" })).length;
    await fault({ kind: "refused", method: "POST" });
    await assert.rejects(buy(), /hang up|ECONNRESET/);
    assert.equal(await there(), 0);
    await fault({ kind: "dropped", method: "POST" });
    await assert.rejects(buy(), /hang up|ECONNRESET/);
    assert.equal(await there(), 1);
  });

  it("our own purchase adopts the number whose answer was lost", async () => {
    await fault({ kind: "dropped", method: "POST", path: "*/IncomingPhoneNumbers.json" });
    const { status, body } = await ana.post("/api/twilio/buy-number", { phoneNumber: "+17025550100" });
    assert.equal(status, 201, JSON.stringify(body));
    const [bought] = await client.incomingPhoneNumbers.list({ phoneNumber: "+17025550100" });
    assert.equal(body.twilio_sid, bought.sid);
    assert.equal(bought.voiceUrl, `${server.base}/api/twilio/twiml`);
  });

  it("faults are listed, and wrong ones refused", async () => {
    await fault({ kind: "slow" });
    assert.equal((await control("GET", "/sandbox/faults")).body.faults[0].fault.kind, "slow");
    assert.equal((await fault({ kind: "earthquake" })).status, 422);
    assert.equal((await fault({ kind: "error" })).status, 422);
  });
});

describe("a played call", () => {
  const TO = "+15125550100", TARGET = "+13035550177";
  const reason = (sid) => rows(server.database, `SELECT status, end_reason, duration FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0];
  const play = async (order) => {
    const { status, body } = await control("POST", "/sandbox/calls", { from: "+14155550123", to: TO, ...order });
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(body.problems, []);
    return body;
  };
  before(async () => {
    givenNumber(server.database, { user: "crew", phone: TO, settings: { always: TARGET } });
    givenNumber(server.database, { user: "desk", phone: "+15125550101" });
    givenNumber(server.database, { user: "recorded", phone: "+15125550102", recording: "on", settings: { always: TARGET } });
    await server.settled();
  });

  const WAYS = { "as Twilio usually does": {}, "in disorder": { in_order: false }, twice: { twice: true },
    "twice and in disorder, DialBridged unsaid": { in_order: false, twice: true, variant: { bridged: "absent" } },
    "with other words": { variant: { declined: "no-answer", hangup: "canceled", dial_buffer: 5 } } };
  for (const [way, order] of Object.entries(WAYS))
    for (const [does, expected] of [["answered", "forwarded"], ["declined", "voicemail"], ["voicemail", "voicemail"],
      ["busy", "voicemail"], ["no-answer", "voicemail"], ["failed", "voicemail"], ["canceled", "voicemail"],
      ["caller-hangs-up", "abandoned"]])
      it(`is ${expected} when the callee is ${does}, told ${way}`, async () => {
        const call = await play({ ...order, legs: [does] });
        assert.deepEqual(call.legs.map((leg) => leg.target), [TARGET]);
        const row = reason(call.sid);
        assert.equal(row.end_reason, expected);
        assert.equal(row.status, "completed");
        assert.equal(row.duration, call.duration);
        assert.equal(rows(server.database, `SELECT status FROM twilio_call_logs WHERE call_sid = '${call.legs[0].sid}'`)[0].status,
          call.legs[0].status);
      });

  describe("with a mishap", () => {
    const status = (sid) => rows(server.database, `SELECT status FROM twilio_call_logs WHERE call_sid = '${sid}'`)[0]?.status;
    const arrived = (call, kind) => call.callbacks.filter((one) => one.name === kind).map((one) => [one.mishap ?? null, one.answer ?? null]);

    it("loses a report, and the account's lists still show what happened", async () => {
      const call = await play({ legs: [{ does: "answered", after: 9, talk: 40 }], mishaps: [{ request: "leg completed", does: "lose" }] });
      assert.deepEqual(arrived(call, "leg completed"), [["lose", null]]);
      assert.equal(status(call.legs[0].sid), "in-progress");
      const [leg] = await client.calls.list({ parentCallSid: call.sid });
      assert.deepEqual([leg.sid, leg.status, leg.direction, leg.to], [call.legs[0].sid, "completed", "outbound-dial", TARGET]);
      assert.equal(leg.startTime - leg.dateCreated, 9000, "a leg starts when it is answered");
      assert.equal((leg.endTime - leg.startTime) / 1000, Number(leg.duration));
    });

    it("shows no times and no duration of a leg that nobody answered, and lists it in no span", async () => {
      const call = await play({ legs: ["busy"], mishaps: [{ request: "leg *", does: "lose" }], messages: [4] });
      assert.equal(status(call.legs[0].sid), undefined);
      const [leg] = await client.calls.list({ parentCallSid: call.sid });
      assert.deepEqual([leg.status, leg.startTime, leg.endTime, leg.duration, leg.price].map(String), ["busy", "null", "null", "null", "null"]);
      const since = new Date(leg.dateCreated - 60_000);
      assert.equal((await client.calls.list({ startTimeAfter: since, parentCallSid: call.sid })).length, 0);
      const [own] = await client.calls.list({ startTimeAfter: since, to: TO });
      assert.equal(own.sid, call.sid);
    });

    it("delays a report until the call is over, and repeats one", async () => {
      const call = await play({ legs: ["answered"], mishaps: [{ request: "leg ringing", does: "delay" }, { request: "leg completed", does: "repeat" }] });
      assert.deepEqual(arrived(call, "leg ringing"), [["delay", 204]]);
      assert.equal(status(call.legs[0].sid), "completed");
      assert.equal(reason(call.sid).end_reason, "forwarded");
    });

    for (const does of ["lose", "delay"])
      it(`asks the fallback for a document ${does === "lose" ? "whose request is lost" : "whose answer comes too late"}`, async () => {
        const number = await client.incomingPhoneNumbers.create({ areaCode: "512" });
        await client.incomingPhoneNumbers(number.sid).update({ voiceUrl: `${server.base}/api/twilio/twiml`,
          voiceFallbackUrl: `${server.base}/api/twilio/twiml?step=fallback` });
        const call = await play({ to: number.phoneNumber, legs: ["busy"], mishaps: [{ request: "document first", does }] });
        const urls = call.requests.map((one) => [new URL(one.url).search, one.twiml !== undefined && one.twiml !== null]);
        assert.deepEqual(urls.slice(0, 2), [["", false], ["?step=fallback", true]]);
        const stored = rows(server.database, `SELECT COUNT(*) AS n FROM twilio_call_logs WHERE call_sid = '${call.sid}'`)[0].n;
        assert.equal(stored, 1);
      });

    it("picks the n-th of a name, and refuses what makes no sense", async () => {
      const call = await play({ legs: ["answered"], mishaps: [{ request: "leg *", does: "lose", nth: 2 }] });
      assert.deepEqual(call.callbacks.filter((one) => one.mishap).map((one) => one.name), ["leg ringing"]);
      for (const mishap of ["leg completed", {}, { request: "leg *", does: "explode" }, { request: "x", does: "lose", nth: 0 }]) {
        const { status: answered } = await control("POST", "/sandbox/calls", { mishaps: [mishap] });
        assert.equal(answered, 422, JSON.stringify(mishap));
      }
    });
  });

  it("says what the caller heard, second by second", async () => {
    const call = await play({ legs: ["no-answer"], messages: [0] });
    assert.deepEqual(call.heard, [
      `0:00  the caller hears it ring: ${TARGET}`,
      `0:20  ${TARGET} does not answer`,
      "0:20  the caller hears: Please leave a message after the tone.",
      "0:23  the caller hears a beep",
      "0:29  the caller says nothing",
      "0:29  the caller hears: Nothing was recorded. Goodbye.",
      "0:31  the caller is hung up on",
      "0:31  the call is over",
    ]);
  });

  it("rings a browser that is there", async () => {
    givenOnline(server.database, "desk");
    await server.settled();
    const call = await play({ to: "+15125550101", legs: { "client:user_desk": { does: "answered", talk: 9 } } });
    assert.equal(call.outcome, "connected");
    assert.equal(reason(call.sid).end_reason, "answered");
  });

  it("is recorded, and the recording is the account's and ours", async () => {
    const call = await play({ to: "+15125550102", legs: [{ does: "answered", talk: 11 }] });
    const [kept] = rows(server.database, `SELECT * FROM recordings WHERE call_sid = '${call.sid}'`);
    assert.deepEqual([kept.duration, kept.channels, kept.status], [11, 2, "completed"]);
    assert.equal((await client.recordings(kept.recording_sid).fetch()).duration, "11");
  });

  it("is made from a browser", async () => {
    givenNumber(server.database, { user: "caller", phone: "+15125550103" });
    await server.settled();
    const call = await play({ from: "client:user_caller", to: "+13035550142", legs: [{ does: "answered", talk: 20 }] });
    assert.deepEqual(call.legs.map((leg) => [leg.target, leg.status]), [["+13035550142", "completed"]]);
    const [row] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${call.sid}'`);
    assert.deepEqual([row.direction, row.user_id, row.end_reason], ["outbound", "caller", "answered"]);
  });

  it("follows the voice application of a number, not its address", async () => {
    const app = await client.applications.create({ voiceUrl: `${server.base}/api/twilio/twiml?app=1` });
    await client.incomingPhoneNumbers.create({ phoneNumber: "+15035550100", voiceUrl: "https://example.com/",
      voiceApplicationSid: app.sid });
    const call = await play({ to: "+15035550100" });
    assert.equal(call.requests[0].url, `${server.base}/api/twilio/twiml?app=1`);
  });

  it("goes nowhere but to this server", async () => {
    await client.incomingPhoneNumbers.create({ phoneNumber: "+15035550101", voiceUrl: "http://127.0.0.1:9/voice" });
    const { body } = await control("POST", "/sandbox/calls", { to: "+15035550101" });
    assert.equal(body.outcome, "error");
    assert.match(body.heard[0], /error 11200: .* is not on this server/);
    await client.incomingPhoneNumbers.create({ phoneNumber: "+15035550102" });
    assert.equal((await control("POST", "/sandbox/calls", { to: "+15035550102" })).body.error.code, "no_voice_url");
  });

  it("lasts in real time when it is asked to, and can be ended through the API", async () => {
    const began = Date.now();
    const sid = `CA${"e".repeat(32)}`;
    const playing = play({ legs: [{ does: "answered", talk: 600 }], pace: 0.5, call_sid: sid });
    await waitUntil(async () => (await client.calls(sid).fetch().catch(() => ({}))).status === "in-progress", 5000, "the talk");
    await client.calls(sid).update({ status: "completed" });
    const call = await playing;
    assert.ok(Date.now() - began < 15_000 * SLOW);
    assert.equal(call.ending, "gone");
    assert.equal(call.outcome, "connected");
    assert.ok(call.duration < 500);
  });

  it("rings a browser whose user answers, presses keys and hangs up; nobody else can", async () => {
    const demo = user(server, "demo");
    const wait = { timeout: 60_000 };
    givenOnline(server.database, "demo");
    await server.settled();
    const playing = demo.post("/api/sandbox/ring", { from: "+14155550188" }, wait);
    const sid = await waitUntil(async () => (await demo.get("/api/sandbox/calls")).body.calls[0]?.sid, 10_000, "a ring");
    const act = (who, does, more) => who.post(`/api/sandbox/calls/${sid}`, { does, ...more });
    assert.deepEqual((await demo.get("/api/sandbox/calls")).body.calls.map(({ from }) => from), ["+14155550188"]);
    assert.equal((await act(ana, "answer")).status, 404);
    assert.equal((await act(demo, "sing")).status, 422);
    assert.equal((await act(demo, "press")).status, 422);
    assert.equal((await act(demo, "answer")).status, 204);
    await waitUntil(async () => (await client.calls(sid).fetch()).status === "in-progress", 10_000, "the talk");
    assert.deepEqual((await demo.get("/api/sandbox/calls")).body.calls, []);
    await act(demo, "press", { keys: "5" });
    await act(demo, "hang_up");
    const { status, body } = await playing;
    assert.equal(status, 201);
    assert.deepEqual([body.rang, body.outcome], [true, "connected"]);
    assert.equal((await act(demo, "hang_up")).status, 404, "it is over");
    const [row] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${body.sid}'`);
    assert.deepEqual([row.from, row.end_reason, row.user_id], ["+14155550188", "answered", "demo"]);
    assert.equal((await user(server, "newcomer").post("/api/sandbox/ring", {}, wait)).body.error.code, "no_number");
  });

  it("is made by a browser, which hangs up while it rings", async () => {
    const demo = user(server, "demo");
    const sid = `CA${"d".repeat(32)}`;
    const playing = demo.post("/api/sandbox/dial", { sid, to: "+13035550142" }, { timeout: 60_000 });
    await waitUntil(async () => (await demo.post(`/api/sandbox/calls/${sid}`, { does: "hang_up" })).status === 204, 10_000, "the call");
    assert.equal((await playing).body.outcome, "abandoned");
    const [row] = rows(server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}'`);
    assert.deepEqual([row.direction, row.from, row.to], ["outbound", "client:user_demo", "+13035550142"]);
  });

  it("is refused when the script makes no sense", async () => {
    const { status, body } = await control("POST", "/sandbox/calls", { legs: ["bussy"], variant: { x: 1 }, pace: 9, digits: 3 });
    assert.equal(status, 422);
    assert.deepEqual(Object.keys(body.error.fields).sort(), ["digits", "legs", "pace", "variant"]);
  });

  it("leaves workers to answer the others", async () => {
    const all = await Promise.all(Array.from({ length: 14 }, () => control("POST", "/sandbox/calls", { to: TO, legs: ["busy"] })));
    for (const { status, body } of all) assert.ok(status === 201 || body.error.code === "busy", JSON.stringify(body));
    assert.ok(all.some(({ status }) => status === 201));
  });
});

describe("a sandbox that starts", () => {
  const bare = { twilio_account_sid: null, twilio_auth_token: null, jwt_secret: null, server_url: null };
  const kept = (one) => Object.fromEntries(readFileSync(one.beside(".sandbox"), "utf8").trim().split("\n")
    .filter((line) => !line.startsWith("#")).map((line) => line.split(" = ")));

  it("needs nothing: makes up an account, buys a number and has a log; and all of it once", async () => {
    const one = await start({ config: bare });
    try {
      await waitUntil(() => one.out.includes("Your number is +15105550100, with 4 calls"), 20_000, "the seed");
      const made = kept(one);
      assert.match(made.twilio_account_sid, /^AC[0-9a-f]{32}$/);
      assert.match(made.twilio_app_sid, /^AP[0-9a-f]{32}$/);
      assert.match(made.jwt_secret, /^[0-9a-f]{64}$/);
      assert.equal(statSync(one.beside(".sandbox")).mode & 0o777, 0o600);
      assert.deepEqual(rows(one.database, "SELECT end_reason FROM twilio_call_logs WHERE parent_call_sid IS NULL ORDER BY id")
        .map((row) => row.end_reason), ["forwarded", "voicemail", "abandoned", "voicemail"]);
      assert.ok(!(one.out + one.err).includes(made.twilio_auth_token));
      assert.ok(!(one.out + one.err).includes(made.jwt_secret));
      await one.stop({ keep: true });
      const two = await start({ config: bare, folder: one.folder });
      await waitUntil(() => two.out.includes("with 4 calls"), 20_000, "the second start");
      assert.deepEqual(kept(two), made);
      await two.stop();
    } finally {
      rmSync(one.folder, { recursive: true, force: true });
    }
  });

  it("finds its own port", async () => {
    const one = await launch({ rules: "return {}", config: { ...bare, sandbox: "yes", listen: "127.0.0.1:0" } });
    try {
      await waitUntil(() => one.ended || one.out.includes("Your number is"), 20_000, "the seed");
      const [, port] = one.out.match(/answers on http:\/\/127\.0\.0\.1:(\d+)\//);
      assert.ok(one.out.includes(`http://127.0.0.1:${port}/sandbox/calls`));
    } finally {
      await one.stop({ code: null });
    }
  });

  it("uses what is configured, and never Twilio itself", async () => {
    const one = await start({ config: { twilio_api_base_url: "https://api.twilio.com" } });
    await waitUntil(() => one.out.includes("with 4 calls"), 20_000, "the seed");
    assert.equal(kept(one).jwt_secret === JWT_SECRET, false);
    await one.stop();
  });

  it("says that one worker is not enough", async () => {
    const one = await start({ config: { workers: 1 } });
    const body = '{"to":"+15105550100"}';
    const answer = await request(one.port, { method: "POST", target: "/sandbox/calls", body,
      headers: { "Content-Type": "application/json", "Content-Length": body.length } });
    assert.equal(answer.status, 503);
    assert.equal(JSON.parse(answer.body).error.code, "one_worker");
    await one.stop();
  });

  it("is not there without being asked for", async () => {
    const one = await startServer({ rules: "return {}" });
    for (const target of ["/sandbox/calls", "/sandbox/faults", "/sandbox/seed"])
      assert.equal((await one.get(target)).status, 404);
    assert.throws(() => statSync(one.beside(".sandbox")));
    await one.stop();
  });
});
