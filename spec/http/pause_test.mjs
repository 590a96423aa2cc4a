// pause_test.mjs: the whole process is stopped at many points, as a laptop, a container or a busy machine does
// it, while calls, reports, edits and lookups are under way. Nobody is taken for slow because of that: every
// request gets its proper answer, nothing is lost or discarded, and nobody is alarmed.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { jwt, sign, sleep, startServer, waitUntil } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";
import { inbound, newSid, report } from "../support/voice.mjs";

const NUMBER = "+15105550100", JOE = "+13035550142", CALLER = "+14155550123";
const VOICE = "/api/twilio/twiml", STATUS = "/api/twilio/status-callback";
const STOPS_MS = [1200, 3000, 2200, 1500, 2600, 3000]; // longer than any wait for the database, for a client or for a rule
const LONG_STOP_MS = 31_000; // longer than any time limit of a request
const LOOKUP_MS = 150;
const REQUEST_MS = 3000; // what a client may take for a request (request_timeout_ms)
const SOUND = Buffer.alloc(200_000, "sound"), RECORDING = newSid("RE");
const CLOSE = "Connection: close\r\n";
const rules = (n) => `-- edit ${n}
return {
  { "all", go = ring("${JOE}"), when = function(call)
    local n = 0
    for i = 1, 20000 do n = n + i end
    return n > 0 and call.lookups.first == "yes" and call.lookups.second == "yes"
  end },
}
`;

let server, board, twilio;
before(async () => {
  board = http.createServer((_, answer) => setTimeout(() => answer.end('"yes"'), LOOKUP_MS));
  await new Promise((resolve) => board.listen(0, "127.0.0.1", resolve));
  twilio = await TwilioRest.start();
  twilio.offer("+15105550177");
  const lookups = `local function ask()
    local answer, message = require("http").request { url = "http://127.0.0.1:${board.address().port}/" }
    if not answer then error(message) end
    return assert(require("json").decode(answer.body))
  end
  return { first = ask, second = ask }\n`;
  server = await startServer({ rules: rules(0), config: { workers: 6, lookup_time_ms: 5000,
    lookup_hosts: `127.0.0.1:${board.address().port}`, ...twilio.config } });
  writeFileSync(path.join(server.lua, "lookups.lua"), lookups);
  givenNumber(server.database, { user: "42", phone: NUMBER });
  insert(server.database, "recordings", { recording_sid: RECORDING, call_sid: newSid(), user_id: "42", kind: "voicemail", status: "completed", started_at: Date.now() });
  twilio.recordings.set(RECORDING, SOUND);
  await waitUntil(() => server.logs("reloaded").length > 0, 5000, "the lookups");
  await server.settled();
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
  board?.closeAllConnections();
  board?.close();
});

// A request on a fresh connection, in parts with pauses (numbers) between them: its whole answer, or why there is
// none; and how long it took to be sent.
const exchange = (parts) => new Promise((resolve) => {
  const socket = net.connect(server.port, "127.0.0.1");
  const began = performance.now();
  let text = "", sent;
  const end = (answer) => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ answer, sending: (sent ?? performance.now()) - began });
  };
  const timer = setTimeout(() => end(`no answer; so far: ${text}`), 2 * LONG_STOP_MS);
  socket.setEncoding("utf8").on("data", (data) => { text += data; });
  socket.on("error", (problem) => end(`${problem.code}; so far: ${text}`));
  socket.on("close", () => end(text));
  socket.on("connect", async () => {
    for (const part of parts) {
      if (typeof part === "number") await sleep(part);
      else if (!socket.destroyed) socket.write(part);
    }
    sent = performance.now();
  });
});
const signed = (target, params, headers) => {
  const body = new URLSearchParams(params).toString();
  return [`POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: ${
    sign(server.base + target, params)}\r\n${CLOSE}${headers ?? `Content-Length: ${body.length}\r\n`}\r\n`, body];
};
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const authorized = (who = "42") => `Host: localhost\r\nAuthorization: Bearer ${jwt({ sub: who })}\r\n${CLOSE}`;
const call = () => inbound(CALLER, NUMBER);
let contacts = 0;

// What clients do: [the parts of a request, the beginning of its answer, what it must have].
const KINDS = {
  "a call": () => [signed(VOICE, call()).join(""), 200, JOE],
  "a call whose body comes later": () => [signed(VOICE, call()), 200, JOE, 15],
  "a call whose header comes in parts": () => {
    const text = signed(VOICE, call()).join("");
    return [[text.slice(0, 70), text.slice(70, 200), text.slice(200)], 200, JOE, 15];
  },
  "a call in chunks": () => {
    const [head, body] = signed(VOICE, call(), "Transfer-Encoding: chunked\r\n");
    return [[head, chunk(body.slice(0, 60)), chunk(body.slice(60)), "0\r\n\r\n"], 200, JOE, 8];
  },
  "a status report": () => [signed(STATUS, report(call().CallSid, "completed", { From: CALLER, To: NUMBER })).join(""), 204],
  "the call log": () => [`GET /api/twilio/call-logs HTTP/1.1\r\n${authorized()}\r\n`, 200],
  "a contact": () => {
    const body = JSON.stringify({ number: `+1303555${String(contacts++).padStart(4, "0")}`, name: "Grace" });
    return [`POST /api/twilio/contacts HTTP/1.1\r\n${authorized()}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`, 201];
  },
  "numbers at Twilio": () => {
    twilio.once("GET AvailablePhoneNumbers", { delay: 100 });
    return [`GET /api/twilio/available-numbers?areaCode=510 HTTP/1.1\r\n${authorized()}\r\n`, 200, "+15105550177"];
  },
};
const get = (target, has) => () => [`GET ${target} HTTP/1.1\r\n${authorized()}\r\n`, 200, has];
const post = (target, value, status, who = "42") => () => {
  const body = JSON.stringify(value());
  return [[`POST ${target} HTTP/1.1\r\n${authorized(who)}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`, body], status, "", 10];
};
Object.assign(KINDS, {
  "a recording's sound": () => {
    twilio.once("GET Recordings", { halves: 120 });
    return [`GET /api/twilio/recordings/${RECORDING}/media HTTP/1.1\r\n${authorized()}\r\n`, 200, SOUND.toString()];
  },
  "the call log as a file": get("/api/twilio/call-logs?format=csv", "call_sid"),
  "the console": get("/", "<!doctype html>"),
  "a pass to the phone": post("/api/twilio/presence", () => ({ device: "a", registered: true }), 200),
  "away until tomorrow": post("/api/twilio/away", () => ({ ends_at: Date.now() + 86_400_000 }), 200, "43"),
  "a check of rules": post("/api/twilio/rules/check", () => ({ source: rules("checked") }), 200, "44"),
  "a simulated call": post("/api/twilio/simulate", () => ({ from: CALLER, to: NUMBER }), 200),
  "a replay": post("/api/twilio/replay", () => ({ since: Date.now() - 60_000, limit: 20 }), 200, "45"),
  "settings in the middle": get("/api/call-forwarding", "call_forwarding"),
});
const AT_ONCE = { "a call": 3, "a call whose body comes later": 3, "a call whose header comes in parts": 3, "a call in chunks": 3, "a status report": 3 };

// Send all kinds over and over until `busy`, which gets how often each came, has ended. Returns that, and what was wrong.
async function traffic(busy) {
  const counts = {}, wrong = [];
  let over = false;
  const clients = Object.entries(KINDS).flatMap(([name, make]) => Array.from({ length: AT_ONCE[name] ?? 1 }, async () => {
    while (!over) {
      const [parts, status, has = "", gap = 0] = make();
      const { answer, sending } = await exchange([parts].flat().flatMap((part) => [part, gap]));
      // A busy machine held us up for longer than a client may take.
      if (sending >= REQUEST_MS && answer.startsWith("HTTP/1.1 408")) continue;
      if (!answer.startsWith(`HTTP/1.1 ${status}`) || !answer.includes(has)) wrong.push(`${name}: ${answer.slice(0, 400)}`);
      counts[name] = (counts[name] ?? 0) + 1;
      await sleep(5);
    }
  }));
  await busy(counts);
  over = true;
  await Promise.all(clients);
  return { counts, wrong };
}

// A stream of events that goes on until end(), which says what came of it.
function listening() {
  const socket = net.connect(server.port, "127.0.0.1");
  let text = "", ended = false;
  socket.setEncoding("utf8").on("data", (data) => { text += data; });
  socket.on("close", () => { ended = true; });
  socket.on("error", () => {});
  socket.write(`GET /api/twilio/events HTTP/1.1\r\n${authorized().replace(CLOSE, "")}\r\n`);
  return { end() { socket.destroy(); return { text, ended }; } };
}

async function stopped(ms) {
  process.kill(server.pid, "SIGSTOP");
  await sleep(ms);
  process.kill(server.pid, "SIGCONT");
}

// Nothing but what happens on a quiet day.
function assertCalm(since) {
  assert.deepEqual(rows(server.database, "SELECT kind, subject FROM alerts"), []);
  const said = server.err.slice(since).split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
  assert.deepEqual(said, []);
}

describe("a process that is stopped while all kinds of requests are under way", () => {
  for (const [what, stops] of [["for seconds, at many points", STOPS_MS], ["for longer than any time limit", [LONG_STOP_MS]]])
    it(what, async (test) => {
      const since = server.err.length, edits = server.logs("reloaded").length;
      const stream = listening();
      const { counts, wrong } = await traffic(async (came) => {
        for (const [n, ms] of stops.entries()) {
          // The edit is tried before, while and after the process stands still.
          writeFileSync(path.join(server.lua, "forwarding.lua"), rules(`${what} ${n}`));
          await sleep(300 + 37 * n);
          await stopped(ms);
          const health = await server.get("/healthz");
          assert.deepEqual([health.status, JSON.parse(health.body).status], [200, "ok"]);
          await waitUntil(() => server.logs("reloaded").length > edits + n, 5000, "an edit that is live");
          await waitUntil(() => Object.keys(KINDS).every((name) => came[name] > n), 20_000, "an answer to each kind");
        }
      });
      test.diagnostic(JSON.stringify(counts));
      const { text, ended } = stream.end();
      assert.match(text, /^HTTP\/1\.1 200 /);
      assert.equal(ended, false, `the stream has ended: ${text.slice(-300)}`);
      assert.ok(text.split("event: ").length > counts["a call"] / 2, "events are missing");
      assert.deepEqual(wrong, []);
      for (const name of Object.keys(KINDS)) assert.ok(counts[name] >= stops.length, `${name}: ${counts[name]}`);
      assertCalm(since);
    });
});
