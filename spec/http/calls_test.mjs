// calls_test.mjs: the call log, one call with its trace, CSV and statistics.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber, givenOnline, insert, rows } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { raw, startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";

const DAY = 86_400_000;
const RULES = `return {
  { "friends first", when = function(call) return call.from == "+14155550123" end, go = ring("+13035550142"):otherwise(voicemail()) },
}
`;
// Numbers, and how people of their country write them abroad; those of the configured country as at home.
const WRITTEN = { "+14155550176": ["(415) 555-0176", "415.555.0176", "1-415-555-0176", "+1 415 555 0176", "tel:+1-415-555-0176", "4155550176"],
  "+442079460123": ["+44 20 7946 0123", "+44 (0)20 7946 0123", "011 44 20 7946 0123"], "+4930901820": ["+49 30 901820", "+49 (0)30/90 18 20"],
  "+33142685300": ["+33 1 42 68 53 00", "+33 (0)1.42.68.53.00"], "+390612345678": ["+39 06 1234 5678"], "+81312345678": ["+81 3-1234-5678"],
  "+4532123456": ["+45 32 12 34 56"], "+551123456789": ["+55 (11) 2345-6789"], "+61212345678": ["+61 2 1234 5678"], "+525512345678": ["+52 55 1234 5678"] };

let server;
let phone;
let ana;
let ben;
let number;
const LOGS = "/api/twilio/call-logs";
const logs = async (query = "", who = ana) => (await who.get(`${LOGS}${query}`)).body.call_logs;

before(async () => {
  server = await startServer({ rules: RULES });
  phone = new Twilio({ base: server.base, token: TOKEN });
  ana = user(server, "42");
  ben = user(server, "43");
  number = givenNumber(server.database, { phone: "+15105550100", user: "42", settings: { no_answer: "+13035550177" } });
  givenNumber(server.database, { phone: "+15105550101", user: "43" });
  givenOnline(server.database, "42");
  await server.settled();
});
after(() => server?.stop());

describe("a call that was made", () => {
  it("is listed for its user only, its legs not among the calls", async () => {
    const call = await phone.call({ from: "+14155550123", to: "+15105550100", legs: ["no-answer"] });
    const [row] = await logs(`?from=${encodeURIComponent("+14155550123")}`);
    assert.deepEqual([row.call_sid, row.direction, row.from, row.to, row.status, row.end_reason, row.user_id],
      [call.callSid, "inbound", "+14155550123", "+15105550100", "completed", "voicemail", "42"]);
    assert.equal((await logs()).length, 1);
    assert.deepEqual(await logs("", ben), []);
    assert.equal((await ben.get(`${LOGS}/${call.callSid}`)).status, 404);
    assert.equal((await ana.get(`${LOGS}/CA404`)).status, 404);
  });

  it("explains which rule decided, from what, and what became of each step", async () => {
    const call = await phone.call({ from: "+14155550123", to: "+15105550100", legs: [{ does: "answer", press: "1", talk: 30 }] });
    const { body } = await ana.get(`${LOGS}/${call.callSid}`);
    assert.equal(body.end_reason, "forwarded");
    assert.equal(body.legs.length, 1);
    assert.deepEqual([body.legs[0].to, body.legs[0].status, body.legs[0].duration], ["+13035550142", "completed", 30]);
    const { trace } = body;
    assert.deepEqual([trace.source, trace.rule, trace.rule_line], ["rules", "friends first", 2]);
    assert.equal(trace.reads.from, "+14155550123");
    assert.equal(trace.inputs.call.from, "+14155550123");
    assert.equal(trace.plan.steps[0].kind, "ring");
    assert.equal(trace.steps.length, 1);
    assert.deepEqual([trace.steps[0].outcome, trace.steps[0].target], ["forwarded", "+13035550142"]);
    assert.match(trace.steps[0].answer, /<Hangup\/>/);
    assert.equal(trace.accepted_by.length, 1);
    assert.ok(Number.isInteger(trace.rule_version));
  });

  it("names its recordings by an address of ours", async () => {
    const call = await phone.call({ from: "+14155550124", to: "+15105550100", legs: ["no-answer", "no-answer"] });
    const { body } = await ana.get(`${LOGS}/${call.callSid}`);
    assert.equal(body.trace.source, "settings");
    assert.equal(body.recordings.length, 1);
    assert.equal(body.recordings[0].mediaUrl, `/api/twilio/recordings/${body.recordings[0].recording_sid}/media`);
    assert.doesNotMatch(JSON.stringify(body), /api\.twilio\.com/);
  });
});

describe("the fallback address of our numbers", () => {
  const fallback = (callSid, from = "+14155550123") => server.post("/api/twilio/twiml?step=fallback",
    { CallSid: callSid, From: from, To: "+15105550100", CallStatus: "in-progress", Direction: "inbound", AccountSid: "AC", ErrorCode: "11200", ErrorUrl: server.base });

  it("begins a call whose first answer was lost", async () => {
    const answer = await fallback(`CA${"f1".repeat(16)}`);
    assert.equal(answer.status, 200);
    assert.match(answer.body, /<Number[^>]*>\+13035550142<\/Number>/);
    assert.equal((await fallback(`CA${"f1".repeat(16)}`)).body, answer.body);
  });

  it("does not ring again when the call had come further", async () => {
    const callSid = `CA${"f2".repeat(16)}`;
    const params = { CallSid: callSid, From: "+14155550123", To: "+15105550100", CallStatus: "in-progress", Direction: "inbound", AccountSid: "AC" };
    await server.post("/api/twilio/twiml", params);
    await server.post("/api/twilio/twiml?step=after&leg=fwd&n=1", { ...params, DialCallStatus: "no-answer" });
    const answer = await fallback(callSid);
    assert.equal(answer.status, 200);
    assert.match(answer.body, /sorry/);
    assert.match(answer.body, /<Record/);
    assert.doesNotMatch(answer.body, /<Dial/);
  });

  it("says goodbye to a browser", async () => {
    const callSid = `CA${"f3".repeat(16)}`;
    const params = { CallSid: callSid, From: "client:user_42", To: "+13035550177", CallStatus: "in-progress", Direction: "inbound", AccountSid: "AC" };
    await server.post("/api/twilio/twiml", params);
    await server.post("/api/twilio/twiml?step=after&leg=out&n=1", { ...params, DialCallStatus: "failed" });
    const { body } = await fallback(callSid, "client:user_42");
    assert.match(body, /<Hangup\/>/);
    assert.doesNotMatch(body, /<Record|<Dial/);
  });
});

describe("filters and pages", () => {
  const start = Date.UTC(2026, 0, 1);
  before(() => {
    const statuses = ["completed", "busy", "no-answer", "failed"];
    rows(server.database, `BEGIN;${Array.from({ length: 40 }, (_, n) => `INSERT INTO twilio_call_logs
      (call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at, ended_at, duration, end_reason) VALUES
      ('CAold${n}', '42', ${number}, '${n % 2 ? "inbound" : "outbound"}', '+1415555${1000 + n}', '${n % 5 ? "+15105550100" : "=1+1"}',
      '${statuses[n % 4]}', ${start + Math.floor(n / 2) * 1000}, ${start + 60_000}, ${n}, ${n % 4 ? "NULL" : "'answered'"});`).join("")}COMMIT;`);
  });
  const old = "start_date=2026-01-01&end_date=2026-01-02";

  it("goes through all pages by cursor without a gap or a repetition", async () => {
    const seen = [];
    for (let cursor = ""; cursor !== null;) {
      const { body } = await ana.get(`${LOGS}?limit=7&${old}${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.call_logs.map((c) => c.call_sid));
      cursor = body.next;
    }
    assert.equal(seen.length, 40);
    assert.equal(new Set(seen).size, 40);
    assert.equal(seen[0], "CAold39");
    assert.deepEqual((await logs(`?limit=7&page=2&${old}`)).map((c) => c.call_sid), seen.slice(7, 14));
  });

  for (const [query, expected] of [["status=busy", 10], ["status=no_answer", 10], ["direction=inbound", 20], ["direction=outgoing", 20],
    [`from=${encodeURIComponent("+14155551003")}`, 1], [`to=${encodeURIComponent("+15105550100")}`, 32], [`number=${encodeURIComponent("+14155551003")}`, 1],
    ["end_reason=answered", 10],
    ["q=1003", 1], ["q=555%20100", 5], ["q=%2B1415555102", 5], ["q=(415)%20555-10", 20], ["q=0100", 16], ["q=1003&direction=outbound", 0], ["call_sid=CAold3", 1],
    ["call_sid=CAold3&q=1003", 1], ["call_sid=CAold3&q=1004", 0], ["call_sid=CAold3&outcome=talked", 0], ["call_sid=CAold4&outcome=talked", 1],
    ["outcome=talked", 10], ["outcome=missed", 20], ["outcome=unanswered", 10], ["outcome=message", 0], ["outcome=missed&status=busy", 10], ["status=busy&direction=outbound", 0], ["limit=500", 40]])
    it(`filters by ${query}`, async () => assert.equal((await logs(`?limit=100&${old}&${query}`.replace("limit=100&", query.includes("limit") ? "" : "limit=100&"))).length, expected));

  it("takes a date that ends a span with its day, and a time as it is", async () => {
    const count = async (query) => (await logs(`?limit=100&${query}`)).length;
    assert.equal(await count("start_date=2026-01-01&end_date=2026-01-01"), 40);
    assert.equal(await count("start_date=2025-12-31&end_date=2025-12-31"), 0);
    assert.equal(await count("start_date=2026-01-01&end_date=2026-01-01T00:00:00Z"), 0);
    assert.equal(await count("start_date=2026-01-01&end_date=2026-01-01T00:00:10Z"), 20);
    for (const path of ["/api/twilio/stats?from=2026-01-01&to=2026-01-01", "/api/twilio/leaks?from=2026-01-01&to=2026-01-01",
      "/api/twilio/recordings?start_date=2026-01-01&end_date=2026-01-01"])
      assert.equal((await ana.get(path)).status, 200, path);
    assert.equal((await ana.get("/api/twilio/stats?from=2026-01-01&to=2026-01-01")).body.calls, 40);
  });

  it("reads the plus of a number whether it was escaped or not", async () => {
    for (const name of ["from", "number"])
      for (const plus of ["+", "%2B", "%20"]) assert.equal((await logs(`?${old}&${name}=${plus}14155551003`)).length, 1, `${name}=${plus}`);
    for (const written of ["%20(415)%20555-1003", "%204155551003", "0014155551003"])
      assert.equal((await logs(`?${old}&number=${written}`)).length, 1, written);
    assert.equal((await logs(`?${old}&q=%20(415)%205551003`)).length, 1);
    assert.equal((await logs(`?limit=100&${old}&to=+15105550100`)).length, 32);
    for (const path of ["/api/twilio/contacts?number=+14155551003", "/api/twilio/recordings?number=+14155551003"])
      assert.equal((await ana.get(path)).status, 200, path);
  });

  for (const [query, field] of [["limit=0", "limit"], ["limit=501", "limit"], ["status=lost", "status"], ["direction=up", "direction"], ["start_date=yesterday", "start_date"],
    ["cursor=abc", "cursor"], ["q=", "q"], ["q=%20", "q"], [`q=${"1".repeat(101)}`, "q"], ["outcome=lost", "outcome"],
    ["style=pretty", "style"], ["bom=maybe", "bom"], ["colour=red", "colour"], ["format=xml", "format"]])
    it(`refuses ${query}`, async () => {
      const { status, body } = await ana.get(`${LOGS}?${query}`);
      assert.equal(status, 422);
      assert.ok(body.error.fields[field]);
    });

  it("writes CSV, by query or by Accept, with nothing that a spreadsheet would run", async () => {
    for (const answer of [await ana.get(`${LOGS}?format=csv&${old}`), await ana.get(`${LOGS}?${old}`, { headers: { Accept: "text/csv" } })]) {
      assert.equal(answer.status, 200);
      assert.match(answer.headers["content-type"], /^text\/csv/);
      assert.match(answer.headers["content-disposition"], /attachment; filename="calls.csv"/);
      const lines = answer.text.trimEnd().split("\r\n");
      assert.equal(lines.length, 41);
      assert.match(lines[0], /^call_sid,direction,from,to,status,/);
      assert.match(answer.text, /,'=1\+1,/);
      assert.doesNotMatch(answer.text, /,=1/);
    }
  });

  it("writes CSV for people: headings, names, local times, a byte order mark where it is asked for", async () => {
    const dora = user(server, "79");
    givenNumber(server.database, { phone: "+15105550179", user: "79", friendly_name: "Main line" });
    await dora.post("/api/twilio/contacts", { number: "+14155550188", name: 'Grace "Amazing", Hopper' });
    const call = (n, more) => insert(server.database, "twilio_call_logs", { call_sid: `CApeople${n}`, user_id: "79", direction: "inbound", from: "+14155550188",
      to: "+15105550179", status: "completed", started_at: Date.parse("2026-07-04T05:30:00Z") + n, ended_at: Date.parse("2026-07-04T05:31:05Z"), duration: 65, ...more });
    call(3, { end_reason: "forwarded", answered_at: Date.parse("2026-07-04T05:30:09Z"), price: "-0.0085", price_unit: "USD" });
    call(2, { end_reason: "no_message", from: "anonymous" });
    call(1, { end_reason: "no_answer", direction: "outbound", from: "client:user_79", to: "=1+1" });
    const { text, headers } = await dora.get(`${LOGS}?format=csv&style=people&bom=true&zone=America/Denver`);
    assert.match(headers["content-type"], /^text\/csv/);
    assert.deepEqual(text.split("\r\n"), [
      "\uFEFFDate,Time,Direction,Name,Number,Our number,Outcome,Length,Answered,Ended,Price,Currency,Message,Call SID",
      '2026-07-03,23:30:00,Incoming,"Grace ""Amazing"", Hopper",+14155550188,Main line,Forwarded,0:01:05,23:30:09,23:31:05,-0.0085,USD,,CApeople3',
      "2026-07-03,23:30:00,Incoming,,Withheld,Main line,No message (missed),0:01:05,,23:31:05,,,,CApeople2",
      "2026-07-03,23:30:00,Outgoing,,'=1+1,Browser of 79,No answer,0:01:05,,23:31:05,,,,CApeople1", ""]);
    assert.ok((await dora.get(`${LOGS}?format=csv&style=people`)).text.startsWith("Date,"));
    assert.ok((await dora.get(`${LOGS}?format=csv&bom=true`)).text.startsWith("\uFEFFcall_sid,"));
    assert.ok((await dora.get(`${LOGS}?format=csv`)).text.startsWith("call_sid,"));
    const lines = async (query, accepted) => (await dora.get(`${LOGS}?format=csv&style=people&zone=America/Denver${query}`,
      { headers: { "Accept-Language": accepted } })).text.split("\r\n");
    assert.deepEqual((await lines("", "fr-CA;q=0.5, de-AT, en;q=0.8")).slice(0, 4), [
      "Datum,Uhrzeit,Richtung,Name,Nummer,Unsere Nummer,Ergebnis,Dauer,Angenommen,Ende,Preis,Währung,Nachricht,Call SID",
      '2026-07-03,23:30:00,Eingehend,"Grace ""Amazing"", Hopper",+14155550188,Main line,Weitergeleitet,0:01:05,23:30:09,23:31:05,-0.0085,USD,,CApeople3',
      "2026-07-03,23:30:00,Eingehend,,Unterdrückte Nummer,Main line,Keine Nachricht (verpasst),0:01:05,,23:31:05,,,,CApeople2",
      "2026-07-03,23:30:00,Ausgehend,,'=1+1,Browser von 79,Keine Antwort,0:01:05,,23:31:05,,,,CApeople1"]);
    for (const [query, accepted, first] of [["&lang=es", "de", "Fecha"], ["&lang=en", "de", "Date"], ["", "ja, fr;q=0.1", "Date"], ["", "ja, *;q=0.5", "Date"],
      ["", "de;q=0, fr;q=0.2", "Date"], ["", "es;q=x;;,,,", "Fecha"]])
      assert.equal((await lines(query, accepted))[0].split(",")[0], first, accepted);
    assert.equal((await dora.get(`${LOGS}?format=csv&style=people&lang=it`)).status, 422);
    assert.doesNotMatch((await user(server, "80").get(`${LOGS}?format=csv&style=people`)).text, /Grace/);
  });

  it("finds a number however it is written", async () => {
    const asked = async (target, text) => (await user(server, "76").get(`${target}${text}`)).body;
    const id = givenNumber(server.database, { phone: "+15105550176", user: "76" });
    for (const [number, as] of Object.entries(WRITTEN)) {
      insert(server.database, "twilio_call_logs", { call_sid: `CAw${number.slice(1)}`, user_id: "76", phone_number_id: id, direction: "inbound",
        from: number, to: "+15105550176", status: "completed", started_at: 1000, ended_at: 2000 });
      for (const text of [number, encodeURIComponent(number), ...as.flatMap((each) => [encodeURIComponent(each), each.replaceAll(" ", "+")])])
        for (const name of ["number", "from"])
          assert.deepEqual((await asked(`${LOGS}?${name}=`, text)).call_logs.map((call) => call.from), [number], `${name}=${text}`);
    }
    for (const text of ["0123", "anonymous", "%2B1415555", "x"]) assert.deepEqual((await asked(`${LOGS}?number=`, text)).call_logs, [], text);
    assert.deepEqual((await asked(`${LOGS}?q=`, encodeURIComponent("+44 (0)20 7946 0123"))).call_logs.map((call) => call.from), ["+442079460123"]);
  });

  it("goes to whoever accepts it, however they write that", async () => {
    for (const [accept, csv] of [["text/csv", true], ["TEXT/CSV", true], ["text/html, text/csv;q=0.1", true], ["text/csv ; q=0.5", true], ["text/csv;q=0", false],
      ["text/csv; q=0.0, application/json", false], ["text/*", false], ["*/*", false], ["text/csvx", false]])
      assert.equal((await user(server, "79").get(`${LOGS}?limit=1`, { headers: { Accept: accept } })).headers["content-type"].startsWith("text/csv"), csv, accept);
  });

  describe("of 51,000 calls", () => {
    let eve;
    before(() => {
      // PostgreSQL keeps each version of a total until the transaction ends, and looks through them for the next.
      const most = POSTGRES ? 1000 : 51_000;
      for (let from = 1; from <= 51_000; from += most)
        rows(server.database, `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${from + most - 1}) INSERT INTO twilio_call_logs
          (call_sid, user_id, direction, "from", "to", status, started_at, ended_at, duration, end_reason)
          SELECT 'CAbulk' || i, '77', 'inbound', '+14155550123', '+15105550100', 'completed', 1000 * (i / 7), 2000 + i, 5, 'answered' FROM n`);
      eve = user(server, "77");
    });

    it("writes every one, once, newest first", async () => {
      const { status, text, headers } = await eve.get(`${LOGS}?format=csv`, { timeout: 51_000 });
      assert.equal(status, 200);
      assert.equal(headers["transfer-encoding"], "chunked");
      const sids = text.trimEnd().split("\r\n").slice(1).map((line) => line.split(",")[0]);
      assert.equal(sids.length, 51_000);
      assert.deepEqual(sids, Array.from({ length: 51_000 }, (_, i) => `CAbulk${51_000 - i}`));
    });

    it("writes them for people in pieces, with one heading", async () => {
      const lines = (await eve.get(`${LOGS}?format=csv&style=people&bom=1&start_date=${1000 * 7000}`)).text.trimEnd().split("\r\n");
      assert.equal(lines.length - 1, 51_000 - 48_999);
      assert.equal(lines.filter((line) => line.includes("Date,Time") || line.includes("\uFEFF")).length, 1);
    });

    it("ends where the filter does, and begins where the cursor says", async () => {
      const half = (await eve.get(`${LOGS}?format=csv&start_date=${1000 * 7000}`)).text.trimEnd().split("\r\n");
      assert.equal(half.length - 1, 51_000 - 48_999);
      const { next } = (await eve.get(`${LOGS}?limit=500`)).body;
      const rest = await eve.get(`${LOGS}?format=csv&start_date=${1000 * 7000}&cursor=${next}`);
      assert.equal(rest.text.trimEnd().split("\r\n").length - 1, 51_000 - 48_999 - 500);
      assert.equal((await eve.get(`${LOGS}?format=csv&end_date=2&number=%2B1999`)).text.trimEnd().split("\r\n").length, 1);
    });

    it("answers HEAD, and clients of HTTP/1.0", async () => {
      const line = (method, version) => `${method} ${LOGS}?format=csv&start_date=7000000 HTTP/${version}\r\nHost: x\r\nAuthorization: Bearer ${eve.token}\r\nConnection: close\r\n\r\n`;
      const head = await raw(server.port, [line("HEAD", "1.1")]);
      assert.match(head.text, /^HTTP\/1\.1 200 /);
      assert.ok(head.text.endsWith("\r\n\r\n"));
      const old = await raw(server.port, [line("GET", "1.0")], { limit: 51_000 });
      assert.doesNotMatch(old.text, /Transfer-Encoding/i);
      assert.equal(old.text.slice(old.text.indexOf("\r\n\r\n") + 4).trimEnd().split("\r\n").length, 51_000 - 48_999 + 1);
    });

    it("keeps no worker from others while clients do not read, and says when there are too many", async () => {
      const socket = () => new Promise((resolve) => {
        const made = net.connect(server.port, "127.0.0.1", () => {
          made.write(`GET ${LOGS}?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${eve.token}\r\n\r\n`);
          made.once("readable", () => resolve(made)); // and nothing is read from then on
        });
        made.on("error", () => {});
      });
      const waiting = [await socket(), await socket()]; // a quarter of 8 workers
      const third = await eve.get(`${LOGS}?format=csv`);
      assert.equal(third.status, 503);
      assert.equal(third.body.error.code, "busy");
      assert.equal((await eve.get(`${LOGS}?limit=1`)).status, 200);
      for (const one of waiting) one.destroy();
      await waitUntil(async () => (await eve.get(`${LOGS}?format=csv&limit=1&number=1`)).status === 200, 30_000, "room for an export");
    });
  });

  it("writes times as the reader's clock shows them, with the offset", async () => {
    const first = async (query) => (await user(server, "78").get(`${LOGS}?format=csv${query}`)).text.split("\r\n")[1].split(",");
    insert(server.database, "twilio_call_logs", { call_sid: "CAtimes", user_id: "78", status: "no-answer", direction: "inbound",
      started_at: Date.parse("2026-07-04T05:30:00.999Z"), ended_at: Date.parse("2026-12-31T23:30:00Z") });
    for (const [zone, started, ended] of [
      ["", "2026-07-04T05:30:00+00:00", "2026-12-31T23:30:00+00:00"],
      ["America/Denver", "2026-07-03T23:30:00-06:00", "2026-12-31T16:30:00-07:00"],
      ["Asia/Kolkata", "2026-07-04T11:00:00+05:30", "2027-01-01T05:00:00+05:30"],
      ["America/St_Johns", "2026-07-04T03:00:00-02:30", "2026-12-31T20:00:00-03:30"],
    ]) assert.deepEqual((await first(zone && `&zone=${zone}`)).slice(5, 8), [started, "", ended], zone);
    for (const zone of ["Mars/Olympus", "../etc/passwd", "x".repeat(70), ""]) {
      const refused = await user(server, "78").get(`${LOGS}?format=csv&zone=${zone}`);
      assert.equal(refused.status, 422, zone);
      assert.match(refused.body.error.fields.zone, /\w/, zone);
    }
  });
});

describe("stats", () => {
  it("counts calls, talk and cost, and says how many are not priced yet", async () => {
    const cy = user(server, "99");
    const at = Date.now() - DAY;
    const call = (n, more) => insert(server.database, "twilio_call_logs", { call_sid: `CAstat${n}`, user_id: "99", status: "completed", started_at: at + n,
      ended_at: at + 60_000, direction: "inbound", ...more });
    call(1, { end_reason: "answered", duration: 60, price: "-0.0085", price_unit: "USD" });
    call(2, { end_reason: "forwarded", duration: 120, price: "-0.0170", price_unit: "USD" });
    call(3, { parent_call_sid: "CAstat2", direction: "outbound-dial", price: "-0.0140", price_unit: "USD", duration: 100 });
    call(4, { end_reason: "voicemail" });
    call(5, { end_reason: "abandoned", status: "no-answer" });
    call(6, { direction: "outbound", end_reason: "answered", duration: 30 });
    call(7, { end_reason: "answered", duration: 9, started_at: at - 60 * DAY });
    const { body } = await cy.get("/api/twilio/stats");
    assert.deepEqual([body.calls, body.inbound, body.outbound, body.answered, body.voicemail, body.missed, body.talk_seconds, body.calls_not_yet_priced, body.price_unit],
      [5, 4, 1, 3, 1, 1, 210, 2, "USD"]);
    assert.deepEqual([body.cost, body.costs], [0.0395, [{ cost: 0.0395, price_unit: "USD" }]]);
    const sum = user(server, "96");
    for (let n = 0; n < 3; n++) call(20 + n, { user_id: "96", price: "-0.1", price_unit: "USD" });
    assert.match((await sum.get("/api/twilio/stats")).text, /"cost":0\.3[,}]/);
    call(30, { user_id: "96", price: "-2.5", price_unit: "EUR" });
    const { cost, price_unit, costs } = (await sum.get("/api/twilio/stats")).body;
    assert.deepEqual([cost, price_unit, costs], [null, null, [{ cost: 2.5, price_unit: "EUR" }, { cost: 0.3, price_unit: "USD" }]]);
    const empty = (await cy.get("/api/twilio/stats?from=2020-01-01&to=2020-02-01")).body;
    assert.deepEqual([empty.calls, empty.cost, empty.calls_not_yet_priced], [0, 0, 0]);
    assert.equal((await cy.get("/api/twilio/stats?from=soon")).status, 422);
  });

  it("counts by day and hour of a time zone", async () => {
    const cy = user(server, "98");
    const call = (n, at, more) => insert(server.database, "twilio_call_logs", { call_sid: `CAday${n}`, user_id: "98", status: "completed",
      started_at: Date.parse(at), ended_at: Date.parse(at) + 60_000, direction: "inbound", ...more });
    call(1, "2026-06-01T02:00:00Z", { end_reason: "answered", duration: 60 });
    call(2, "2026-06-01T02:10:00Z", { end_reason: "abandoned" });
    call(3, "2026-06-02T15:00:00Z", { direction: "outbound", end_reason: "answered", duration: 30 });
    const ask = (more) => cy.get(`/api/twilio/stats?from=2026-05-31T06:00:00Z&to=2026-06-03T06:00:00Z${more}`);
    const { body } = await ask("&by=day&zone=America/Denver");
    assert.deepEqual(body.days.map((day) => [day.date, day.calls, day.answered, day.missed, day.talk_seconds]),
      [["2026-05-31", 2, 1, 1, 60], ["2026-06-01", 0, 0, 0, 0], ["2026-06-02", 1, 1, 0, 30]]);
    assert.deepEqual(body.hours.filter((hour) => hour.calls).map((hour) => [hour.hour, hour.calls]), [[9, 1], [20, 2]]);
    assert.equal((await ask("&by=day")).body.zone, "UTC");
    assert.equal((await ask("")).body.days, null);
    for (const [more, field] of [["&by=day&zone=Mars/Base", "zone"], ["&by=week", "by"]])
      assert.ok((await ask(more)).body.error.fields[field], more);
    for (const span of ["from=2020-01-01&to=2026-01-01", "from=2026-01-02&to=2026-01-01"])
      assert.equal((await cy.get(`/api/twilio/stats?by=day&${span}`)).status, 422, span);
  });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));
