// numbers_test.mjs: searching, buying, changing and releasing numbers, with a
// Twilio that is well, slow, broken, or silent after the purchase.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { insert, rows } from "../support/database.mjs";
import { SLOW, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const BUY = "POST IncomingPhoneNumbers";
let twilio;
let server;
let ana;
let ben;
let people = 0;

// Fresh people, so that one's daily cap is not the other's.
beforeEach(() => {
  people += 2;
  ana = user(server, `ana${people}`);
  ben = user(server, `ben${people}`);
  twilio.reset();
});
before(async () => {
  twilio = await TwilioRest.start();
  // Maintenance asks Twilio, too, and would meet what is planned for a test.
  server = await startServer({ config: { ...twilio.config, server_url: "https://phone.example.com", maintenance_seconds: 0 } });
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

let last = 0;
function offered(area = "510") {
  const phone = `+1${area}55501${String(last++).padStart(2, "0")}`;
  twilio.offer(phone);
  return phone;
}
const purchases = (who) => rows(server.database, `SELECT * FROM number_purchases WHERE user_id = '${who.id}' ORDER BY id`);
const owned = async (who) => (await who.get("/api/twilio/my-numbers")).body.phone_numbers;

describe("available-numbers", () => {
  it("gives what can be bought", async () => {
    const phone = offered("212");
    const { status, body } = await ana.get("/api/twilio/available-numbers?areaCode=212&limit=5");
    assert.equal(status, 200);
    assert.deepEqual(body.available_numbers, [{ phone_number: phone, friendly_name: phone, locality: "Oakland", region: "CA",
      capabilities: { voice: true, sms: true, mms: false }, address_requirements: "none", needs_address: false, beta: false,
      monthly_price: null }]);
    assert.deepEqual(twilio.requests[0].query, { AreaCode: "212", PageSize: "5", VoiceEnabled: "true" });
    assert.equal(twilio.requests[0].resource, "AvailablePhoneNumbers/US/Local");
  });

  it("asks for contains, locality and toll-free numbers under each of their names", async () => {
    for (const type of ["tollfree", "toll-free", "toll_free"]) {
      twilio.reset();
      assert.equal((await ana.get(`/api/twilio/available-numbers?type=${type}&contains=*CALL&locality=New%20York`)).status, 200);
      assert.equal(twilio.requests[0].resource, "AvailablePhoneNumbers/US/TollFree");
      assert.deepEqual(twilio.requests[0].query, { Contains: "*CALL", InLocality: "New York", PageSize: "20", VoiceEnabled: "true" });
    }
  });

  it("flags numbers that need an address", async () => {
    twilio.offer("+14155550190", { address_requirements: "local", beta: true });
    const [number] = (await ana.get("/api/twilio/available-numbers?area_code=415")).body.available_numbers;
    assert.equal(number.needs_address, true);
    assert.equal(number.address_requirements, "local");
    assert.equal(number.beta, true);
  });

  it("gives an empty list for a country that has none of that type", async () => {
    const { status, body } = await ana.get("/api/twilio/available-numbers?country=de&type=mobile");
    assert.deepEqual([status, body], [200, { available_numbers: [] }]);
    assert.equal(twilio.requests[0].resource, "AvailablePhoneNumbers/DE/Mobile");
  });

  for (const [query, field] of [["limit=51", "limit"], ["limit=0", "limit"], ["areaCode=51", "area_code"], ["areaCode=abc", "area_code"],
    ["type=satellite", "type"], ["country=USA", "country"], ["contains=a", "contains"], ["contains=%3Cb%3E", "contains"],
    ["colour=red", "colour"], ["areaCode=510&area_code=510", "area_code"], ["areaCode=510&country=GB", "area_code"]]) {
    it(`refuses ${query}`, async () => {
      const { status, body } = await ana.get(`/api/twilio/available-numbers?${query}`);
      assert.equal(status, 422);
      assert.ok(body.error.fields[field], JSON.stringify(body));
      assert.equal(twilio.requests.length, 0);
    });
  }

  it("says several mistakes at once", async () => {
    const { body } = await ana.get("/api/twilio/available-numbers?limit=99&type=x&areaCode=1");
    assert.deepEqual(Object.keys(body.error.fields).sort(), ["area_code", "limit", "type"]);
  });
});

describe("buy-number", () => {
  it("buys the first number of an area code and sets its webhooks in the same request", async () => {
    const phone = offered("510");
    offered("510");
    const { status, body } = await ana.post("/api/twilio/buy-number", { areaCode: "510", country: "US", friendlyName: "Front desk" });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.phone_number, phone);
    assert.equal(body.friendly_name, "Front desk");
    assert.equal(body.user_id, ana.id);
    assert.equal(body.area_code, "510");
    assert.equal(body.country, "US");
    assert.equal(body.is_active, true);
    assert.deepEqual(body.capabilities, { voice: true, sms: true, mms: false });
    assert.match(body.twilio_sid, /^PN[0-9a-f]{32}$/);
    const [bought] = twilio.seen(BUY);
    assert.deepEqual(bought.form, { PhoneNumber: phone, FriendlyName: "Front desk", VoiceUrl: "https://phone.example.com/api/twilio/twiml",
      VoiceMethod: "POST", VoiceFallbackUrl: "https://phone.example.com/api/twilio/twiml?step=fallback", VoiceFallbackMethod: "POST",
      StatusCallback: "https://phone.example.com/api/twilio/status-callback", StatusCallbackMethod: "POST" });
    assert.equal(twilio.seen("POST").length, 1);
    assert.equal((await owned(ana)).length, 1);
    assert.equal((await owned(ben)).length, 0);
  });

  it("takes the number that is named", async () => {
    const phone = offered();
    const { status, body } = await ana.post("/api/twilio/buy-number", { phone_number: phone });
    assert.equal(status, 201);
    assert.equal(body.phone_number, phone);
    assert.equal(twilio.seen("GET").length, 0);
  });

  it("keeps what is said of a number that is named", async () => {
    for (const [given, country, type] of [[{ country: "CA", type: "tollfree" }, "CA", "tollfree"], [{ country: "ca" }, "CA", "local"],
      [{ type: "mobile" }, "US", "mobile"], [{}, "US", "local"]]) {
      const buyer = user(server, `buyer${last}`);
      const { status, body } = await buyer.post("/api/twilio/buy-number", { phoneNumber: offered(), ...given });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual([body.country, body.number_type], [country, type], JSON.stringify(given));
    }
  });

  it("takes an area code that was sent as a number", async () => {
    offered("510");
    const { status, body } = await ana.post("/api/twilio/buy-number", { areaCode: 510 });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.area_code, "510");
  });

  it("answers the seed's own example, area code 555, with a clean 404", async () => {
    const { status, body } = await ana.post("/api/twilio/buy-number", { areaCode: "555", country: "US" });
    assert.equal(status, 404);
    assert.equal(body.error.code, "no_numbers_available");
    assert.equal(twilio.seen("POST").length, 0);
    assert.equal(purchases(ana)[0].state, "failed");
  });

  for (const [what, body, field] of [["nothing that says which", {}, "areaCode"], ["both ways at once", { areaCode: "510", phoneNumber: "+15105550100" }, "areaCode"],
    ["an unknown field", { areaCode: "510", colour: "red" }, "colour"], ["a number that is none", { phoneNumber: "510-555" }, "phone_number"],
    ["an area code elsewhere", { areaCode: "510", country: "DE" }, "area_code"], ["a SID that is none", { areaCode: "510", addressSid: "x" }, "address_sid"]]) {
    it(`refuses ${what}`, async () => {
      const answer = await ana.post("/api/twilio/buy-number", body);
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field], answer.text);
      assert.equal(twilio.requests.length, 0);
      assert.equal(purchases(ana).length, 0);
    });
  }

  for (const [code, status, ours] of [[21404, 422, "trial_limit"], [21421, 422, "invalid_number"], [21422, 409, "number_taken"],
    [21451, 404, "no_numbers_available"], [21452, 404, "no_numbers_available"], [21631, 422, "address_required"],
    [21649, 422, "bundle_required"], [21999, 422, "twilio_refused"]]) {
    it(`passes on Twilio's error ${code}`, async () => {
      const phone = offered();
      twilio.once(BUY, { status: 400, body: { code, message: `Twilio's own words ${code}`, status: 400 } });
      const answer = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
      assert.equal(answer.status, status);
      assert.equal(answer.body.error.code, ours);
      assert.match(answer.body.error.message, new RegExp(`${code}.*Twilio's own words ${code}`));
      assert.equal(purchases(ana)[0].state, "failed");
      assert.equal(twilio.seen(BUY).length, 1);
    });
  }

  it("takes the next number when someone else was faster", async () => {
    const first = offered("646");
    const second = offered("646");
    twilio.once(BUY, { status: 400, body: { code: 21422, message: `PhoneNumber ${first} is not available`, status: 400 } });
    const { status, body } = await ana.post("/api/twilio/buy-number", { areaCode: "646" });
    assert.equal(status, 201);
    assert.equal(body.phone_number, second);
  });

  it("prefers a number that needs no address", async () => {
    twilio.offer("+12675550101", { address_requirements: "any" });
    twilio.offer("+12675550102");
    assert.equal((await ana.post("/api/twilio/buy-number", { areaCode: "267" })).body.phone_number, "+12675550102");
  });

  it("refuses a number that is in use here", async () => {
    const phone = offered();
    await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
    twilio.reset();
    const { status, body } = await ben.post("/api/twilio/buy-number", { phoneNumber: phone });
    assert.deepEqual([status, body.error.code], [409, "number_taken"]);
    assert.equal(twilio.seen("POST").length, 0);
  });

  it("treats a number that the account owns already as one to be set up", async () => {
    twilio.own("+13125550150", { voice_url: "https://elsewhere.example.com/" });
    const { status, body } = await ana.post("/api/twilio/buy-number", { phoneNumber: "+13125550150" });
    assert.equal(status, 201);
    assert.equal(body.phone_number, "+13125550150");
    assert.equal([...twilio.numbers.values()].find((n) => n.phone_number === "+13125550150").voice_url, "https://phone.example.com/api/twilio/twiml");
  });

  it("buys no more than the daily cap", async () => {
    for (let n = 0; n < 3; n++) assert.equal((await ana.post("/api/twilio/buy-number", { phoneNumber: offered() })).status, 201);
    const refused = await ana.post("/api/twilio/buy-number", { phoneNumber: offered() });
    assert.deepEqual([refused.status, refused.body.error.code], [429, "buy_daily_cap"]);
    assert.ok(Number(refused.headers["retry-after"]) > 80_000);
    assert.equal(twilio.seen(BUY).length, 3);
    assert.equal((await ben.post("/api/twilio/buy-number", { phoneNumber: offered() })).status, 201);
  });

  it("counts only what was bought", async () => {
    for (let n = 0; n < 4; n++) assert.equal((await ana.post("/api/twilio/buy-number", { areaCode: "555" })).status, 404);
    assert.equal((await ana.post("/api/twilio/buy-number", { phoneNumber: offered() })).status, 201);
  });
});

describe("a purchase is made once", () => {
  it("when it is double-clicked", async () => {
    offered("929");
    offered("929");
    // Twilio's answer comes when the other two have theirs.
    let refusals = 0, release;
    twilio.once(BUY, { late: new Promise((resolve) => { release = resolve; }) });
    const answers = await Promise.all([1, 2, 3].map(async () => {
      const answer = await ana.post("/api/twilio/buy-number", { areaCode: "929" });
      if (answer.status === 409 && ++refusals === 2) release();
      return answer;
    }));
    assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409, 409]);
    const refused = answers.find((a) => a.status === 409);
    assert.equal(refused.body.error.code, "purchase_in_progress");
    assert.ok(refused.headers["retry-after"]);
    assert.equal(twilio.seen(BUY).length, 1);
    assert.equal((await owned(ana)).length, 1);
  });

  it("when the same Idempotency-Key comes again", async () => {
    offered("917");
    offered("917");
    const headers = { "Idempotency-Key": "order-1" };
    const first = await ana.post("/api/twilio/buy-number", { areaCode: "917" }, { headers });
    const second = await ana.post("/api/twilio/buy-number", { areaCode: "917" }, { headers });
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
    assert.equal(first.headers["idempotent-replayed"], undefined);
    assert.equal(second.headers["idempotent-replayed"], "true");
    const other = await ana.post("/api/twilio/buy-number", { areaCode: "510" }, { headers });
    assert.deepEqual([other.status, other.body.error.code], [422, "idempotency_key_reused"]);
    assert.equal((await ben.post("/api/twilio/buy-number", { areaCode: "917" }, { headers })).status, 201);
    assert.equal(twilio.seen(BUY).length, 2);
  });

  it("and a key whose purchase failed may be used again", async () => {
    const headers = { "Idempotency-Key": "order-2" };
    assert.equal((await ana.post("/api/twilio/buy-number", { areaCode: "555" }, { headers })).status, 404);
    twilio.offer("+15555550107");
    assert.equal((await ana.post("/api/twilio/buy-number", { areaCode: "555" }, { headers })).status, 201);
  });

  it("and a malformed key is refused", async () => {
    for (const key of ["a b", "x".repeat(201)]) {
      const answer = await ana.post("/api/twilio/buy-number", { areaCode: "510" }, { headers: { "Idempotency-Key": key } });
      assert.equal(answer.status, 400);
    }
  });

  for (const [what, plan] of [["the connection ends in the middle of the answer", { cut: true }], ["the answer is not JSON", { malformed: true }],
    ["the answer comes too late", { late: 6000 }]]) {
    it(`and adopted when ${what}`, async () => {
      const phone = offered();
      twilio.once(BUY, plan);
      const { status, body, ms } = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
      assert.equal(status, 201, JSON.stringify(body));
      assert.equal(body.phone_number, phone);
      assert.equal(twilio.seen(BUY).length, 1);
      assert.equal(twilio.seen("GET IncomingPhoneNumbers")[0].query.PhoneNumber, phone);
      assert.equal(purchases(ana)[0].state, "bought");
      assert.ok(ms < 10_000 * SLOW);
    });
  }

  it("and stays open when nobody knows, until it is looked up", async () => {
    const phone = offered();
    twilio.once(BUY, { cut: true });
    twilio.once("GET IncomingPhoneNumbers", { status: 503, body: "" });
    const lost = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
    assert.deepEqual([lost.status, lost.body.error.code], [502, "purchase_unconfirmed"]);
    assert.equal(purchases(ana)[0].state, "pending");
    const again = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
    assert.deepEqual([again.status, again.body.error.code], [409, "purchase_in_progress"]);
    assert.equal(twilio.seen(BUY).length, 1);
    rows(server.database, `UPDATE number_purchases SET busy_until = 1 WHERE user_id = '${ana.id}'`);
    const other = offered();
    const next = await ana.post("/api/twilio/buy-number", { phoneNumber: other });
    assert.equal(next.status, 201);
    assert.deepEqual((await owned(ana)).map((n) => n.phone_number).sort(), [phone, other].sort());
    assert.equal(twilio.seen(BUY).length, 2);
  });

  it("and not at all when the connection ended before Twilio acted", async () => {
    const phone = offered();
    twilio.once(BUY, { reset: true });
    const lost = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
    assert.equal(lost.status, 502);
    rows(server.database, `UPDATE number_purchases SET busy_until = 1 WHERE user_id = '${ana.id}'`);
    const again = await ana.post("/api/twilio/buy-number", { phoneNumber: phone });
    assert.equal(again.status, 201);
    assert.deepEqual(purchases(ana).map((p) => p.state), ["failed", "bought"]);
  });

  it("and adopted after a crash in the middle", async () => {
    const now = Date.now();
    insert(server.database, "number_purchases", { user_id: ana.id, request: "x", phone_number: "+13475550111", created_at: now - 90_000,
      busy_until: now - 30_000, updated_at: now });
    twilio.own("+13475550111", { voice_url: "https://phone.example.com/api/twilio/twiml" });
    const answer = await ana.post("/api/twilio/buy-number", { phoneNumber: offered() });
    assert.equal(answer.status, 201);
    assert.equal((await owned(ana)).length, 2);
    assert.deepEqual(purchases(ana).map((p) => p.state), ["bought", "bought"]);
  });
});

describe("when Twilio is not well", () => {
  const search = () => ana.get("/api/twilio/available-numbers?areaCode=510");

  for (const [what, plan, status, code] of [["500", { status: 500, body: "oops" }, 502, "twilio_failed"],
    ["503 with a code", { status: 503, body: { code: 20503, message: "Unavailable", status: 503 } }, 502, "twilio_failed"],
    ["401", { status: 401, body: { code: 20003, message: "Authenticate", status: 401 } }, 502, "twilio_refused_credentials"],
    ["malformed", { malformed: true }, 502, "twilio_failed"], ["a reset connection", { reset: true }, 502, "twilio_failed"],
    ["a redirect", { status: 307, headers: { Location: "http://127.0.0.1:1/" }, body: "" }, 502, "twilio_failed"]]) {
    it(`${what} is our ${status}`, async () => {
      twilio.once("GET Available", plan);
      // Connections that were kept from before may be replaced, so it has to happen on a fresh one, too.
      if (plan.reset) for (let n = 0; n < 8; n++) twilio.once("GET Available", plan);
      const answer = await search();
      assert.deepEqual([answer.status, answer.body.error?.code], [status, code]);
      assert.ok(answer.body.error.request_id);
    });
  }

  it("silence is a 502 in time", async () => {
    twilio.once("GET Available", { hang: true });
    const { status, body, ms } = await search();
    assert.deepEqual([status, body.error.code], [502, "twilio_timeout"]);
    assert.ok(ms < 10_000 * SLOW);
  });

  it("429 is waited out, as Retry-After says", async () => {
    twilio.once("GET Available", { status: 429, headers: { "Retry-After": "1" }, body: { code: 20429, message: "Too Many Requests", status: 429 } });
    const { status, ms } = await search();
    assert.equal(status, 200);
    assert.ok(ms >= 1000);
    assert.equal(twilio.seen("GET Available").length, 2);
  });

  it("429 for good is our 503", async () => {
    for (let n = 0; n < 3; n++) twilio.once("GET Available", { status: 429, headers: { "Retry-After": "0" }, body: { code: 20429, message: "Too Many Requests", status: 429 } });
    const { status, body, headers } = await search();
    assert.deepEqual([status, body.error.code, headers["retry-after"]], [503, "twilio_busy", "5"]);
    assert.equal(twilio.seen("GET Available").length, 3);
  });

  it("without credentials it is 503 twilio_not_configured, and what is local works", async () => {
    const bare = await startServer({ config: { twilio_auth_token: null } });
    const who = user(bare, "1");
    try {
      for (const answer of [await who.get("/api/twilio/available-numbers"), await who.post("/api/twilio/buy-number", { areaCode: "510" })])
        assert.deepEqual([answer.status, answer.body.error.code], [503, "twilio_not_configured"]);
      assert.deepEqual((await who.get("/api/twilio/my-numbers")).body.phone_numbers, []);
    } finally {
      await bare.stop();
    }
  });

  it("nobody listening is 502 twilio_unreachable", async () => {
    const lone = await startServer({ config: { ...twilio.config, twilio_api_base_url: "http://127.0.0.1:1" } });
    try {
      const answer = await user(lone, "1").post("/api/twilio/buy-number", { phoneNumber: "+15105550100" });
      assert.deepEqual([answer.status, answer.body.error.code], [502, "twilio_unreachable"]);
      assert.equal(rows(lone.database, "SELECT state FROM number_purchases")[0].state, "failed");
    } finally {
      await lone.stop();
    }
  });
});

describe("my-numbers", () => {
  const bought = async (who = ana) => (await who.post("/api/twilio/buy-number", { phoneNumber: offered() })).body;

  it("lists each number with its settings and statistics", async () => {
    const number = await bought();
    await ana.post("/api/call-forwarding", { phone_number_id: number.id, forward_to_number: "+13035550142" });
    const call = { user_id: ana.id, phone_number_id: number.id, status: "completed", started_at: Date.now() - 1000, ended_at: Date.now() };
    insert(server.database, "twilio_call_logs", { call_sid: `CA1${people}`, duration: 60, end_reason: "answered", ...call });
    insert(server.database, "twilio_call_logs", { call_sid: `CA2${people}`, end_reason: "abandoned", ...call });
    insert(server.database, "twilio_call_logs", { call_sid: `CA3${people}`, end_reason: "voicemail", ...call });
    insert(server.database, "twilio_call_logs", { call_sid: `CA4${people}`, ...call, started_at: Date.now() - 31 * 86_400_000 });
    const [shown] = await owned(ana);
    assert.equal(shown.id, number.id);
    assert.equal(shown.forwarding.length, 1);
    assert.equal(shown.forwarding[0].forward_to_number, "+13035550142");
    assert.equal(shown.forwarding[0].is_active, true);
    assert.deepEqual(shown.statistics, { calls: 3, answered: 1, missed: 1, voicemail: 1, talk_seconds: 60 });
  });

  it("changes a number, and its name at Twilio", async () => {
    const number = await bought();
    twilio.reset();
    const { status, body } = await ana.put(`/api/twilio/my-numbers/${number.id}`, { friendlyName: "Back door", isActive: false,
      voicemailGreeting: "We are out.", timezone: "America/Denver", recording: "ask", recording_announcement: "Recorded." });
    assert.equal(status, 200);
    assert.deepEqual([body.friendly_name, body.is_active, body.voicemail_greeting, body.timezone, body.recording, body.recording_announcement],
      ["Back door", false, "We are out.", "America/Denver", "ask", "Recorded."]);
    assert.deepEqual(twilio.requests.map((r) => [r.method, r.resource, r.form]), [["POST", `IncomingPhoneNumbers/${number.twilio_sid}`, { FriendlyName: "Back door" }]]);
    twilio.reset();
    const again = await ana.put(`/api/twilio/my-numbers/${number.id}`, { friendly_name: "Back door", is_active: true, voicemail_greeting: null });
    assert.deepEqual([again.body.is_active, again.body.voicemail_greeting ?? null, again.body.timezone], [true, null, "America/Denver"]);
    assert.equal(twilio.requests.length, 0);
  });

  it("changes nothing when Twilio does not take the name", async () => {
    const number = await bought();
    twilio.once("POST Incoming", { status: 500, body: "" });
    assert.equal((await ana.put(`/api/twilio/my-numbers/${number.id}`, { friendlyName: "New", isActive: false })).status, 502);
    const [row] = await owned(ana);
    assert.deepEqual([row.friendly_name, row.is_active], [number.friendly_name, true]);
  });

  it("refuses other fields with 400 and wrong values with 422", async () => {
    const number = await bought();
    const put = (body) => ana.put(`/api/twilio/my-numbers/${number.id}`, body);
    for (const body of [{ phone_number: "+13035550142" }, { user_id: "x" }, { colour: "red", isActive: true }])
      assert.equal((await put(body)).status, 400);
    for (const [body, field] of [[{ timezone: "Mars/Base" }, "timezone"], [{ isActive: "maybe" }, "is_active"], [{ friendlyName: "" }, "friendly_name"],
      [{ recording: "sometimes" }, "recording"], [{ friendlyName: "a", friendly_name: "b" }, "friendly_name"]]) {
      const answer = await put(body);
      assert.equal(answer.status, 422, answer.text);
      assert.ok(answer.body.error.fields[field]);
    }
  });

  it("keeps another user's number unknown", async () => {
    const number = await bought();
    for (const answer of [await ben.put(`/api/twilio/my-numbers/${number.id}`, { isActive: false }), await ben.delete(`/api/twilio/my-numbers/${number.id}`),
      await ana.put("/api/twilio/my-numbers/999999", { isActive: false }), await ana.delete("/api/twilio/my-numbers/0"), await ana.delete("/api/twilio/my-numbers/abc")])
      assert.equal(answer.status, 404);
    assert.equal((await owned(ana)).length, 1);
  });

  it("releases a number at Twilio, switches its settings off and keeps the log", async () => {
    const number = await bought();
    await ana.post("/api/call-forwarding", { phone_number_id: number.id, forward_to_number: "+13035550142" });
    insert(server.database, "twilio_call_logs", { call_sid: `CAr${people}`, user_id: ana.id, phone_number_id: number.id, status: "completed", started_at: 1 });
    const { status, body } = await ana.delete(`/api/twilio/my-numbers/${number.id}`);
    assert.equal(status, 200);
    assert.ok(body.released_at);
    assert.equal(twilio.numbers.has(number.twilio_sid), false);
    assert.equal((await owned(ana)).length, 0);
    assert.deepEqual((await ana.get("/api/call-forwarding")).body.call_forwarding, []);
    assert.equal(rows(server.database, `SELECT is_active FROM call_forwarding WHERE phone_number_id = ${number.id}`)[0].is_active, 0);
    assert.equal((await ana.get("/api/twilio/call-logs")).body.call_logs.length, 1);
    assert.equal((await ana.delete(`/api/twilio/my-numbers/${number.id}`)).status, 404);
  });

  it("counts a number that Twilio does not know any more as released", async () => {
    const number = await bought();
    twilio.numbers.delete(number.twilio_sid);
    assert.equal((await ana.delete(`/api/twilio/my-numbers/${number.id}`)).status, 200);
  });

  it("keeps a number that Twilio did not release", async () => {
    const number = await bought();
    twilio.once("DELETE", { status: 500, body: "" });
    assert.equal((await ana.delete(`/api/twilio/my-numbers/${number.id}`)).status, 502);
    assert.equal((await owned(ana)).length, 1);
  });

  it("lets a released number be bought again", async () => {
    const number = await bought();
    await ana.delete(`/api/twilio/my-numbers/${number.id}`);
    twilio.offer(number.phone_number);
    const again = await ben.post("/api/twilio/buy-number", { phoneNumber: number.phone_number });
    assert.equal(again.status, 201);
    assert.notEqual(again.body.id, number.id);
  });
});

it("every request above was judged by Twilio's OpenAPI document", (t) => {
  if (!twilio.check) t.skip("../shared/twilio_voice_openapi.json is not there");
});
it("nothing of what went wrong was a bug of ours", async () => {
  await waitUntil(() => true);
  assert.deepEqual(server.logs("handler_failed"), []);
  assert.deepEqual(server.logs("request_failed"), []);
});

describe("a greeting and an announcement that are addresses", () => {
  const put = async (body) => {
    const id = insert(server.database, "user_phone_numbers", { user_id: ana.id, phone_number: `+1510777${String(1000 + last++)}` });
    await server.settled();
    return ana.put(`/api/twilio/my-numbers/${id}`, body);
  };
  for (const field of ["voicemail_greeting", "recording_announcement"]) {
    it(`${field}: is trimmed, and nobody is asked at a private address, which is said`, async () => {
      let asked = 0;
      const sound = (await import("node:http")).createServer((_, answer) => { asked += 1; answer.end("x"); }).listen(0, "127.0.0.1");
      await new Promise((resolve) => sound.once("listening", resolve));
      const url = `http://127.0.0.1:${sound.address().port}/a.mp3`;
      const { status, body, text } = await put({ [field]: ` ${url.replace("http", "HTTP")}\n` });
      sound.close();
      assert.equal(status, 200, text);
      assert.equal(body[field], url);
      assert.equal(body.warnings.length, 1);
      assert.match(body.warnings[0], /^Callers may hear nothing of http:\/\/127\.0\.0\.1/);
      assert.equal(asked, 0);
    });

    it(`${field}: with a space, of another kind or without a host it is refused with what to do`, async () => {
      for (const [text, words] of [["https://example.com/my hello.mp3", /%20/], ["https://example.com/a.mp3 please", /space/],
        ["ftp://example.com/a.mp3", /http or https/], ["https://", /whole address/]]) {
        const { status, body } = await put({ [field]: text });
        assert.equal(status, 422, text);
        assert.match(body.error.fields[field], words);
      }
    });

    it(`${field}: a text is said as it is, without a word about it`, async () => {
      const { status, body } = await put({ [field]: " Hello, we are at https://example.com " });
      assert.deepEqual([status, body[field], body.warnings], [200, " Hello, we are at https://example.com ", []]);
    });
  }
});
