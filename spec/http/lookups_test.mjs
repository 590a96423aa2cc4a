// lookups_test.mjs: what rules know from outside: asked before they run, within
// a budget, kept with the call; and whatever a lookup does, the call goes on.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { availableParallelism } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { SANITIZED, SLOW, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, said, twiml } from "../support/voice.mjs";

const A = "+13035550142", B = "+13035550177", NUMBER = "+15105550100", CALLER = "+14155550123";
// lookup_time_ms of these servers: this process answers for the job board, and takes its time when the machine is
// busy, or becomes it.
const budget = 2000;
const WITHIN = 250 + 200; // and so much for the rules, and HTTP
// Says which lookups had an answer.
const RULES = `
return {
  { "a job", when = function(call) return type(call.lookups.job) == "table" end,
    go = function(call) return ring(call.lookups.job.crew[1]) end },
  { "all others", go = function(call)
    local names = {}
    for _, name in ipairs({ "job", "one", "two", "three" }) do
      if call.lookups[name] ~= nil then names[#names + 1] = name .. "=" .. tostring(call.lookups[name]) end
    end
    return say("Known: " .. table.concat(names, " ") .. ".")
  end },
}`;

let server, board;
// A job board on the loopback interface; path → what it does.
const PAGES = {
  "/job": (answer) => answer.end(JSON.stringify({ crew: [B], note: null, list: [], deep: { a: 1 } })),
  "/hang": () => {},
  "/drip": (answer) => { const drip = setInterval(() => answer.write("x"), 50); answer.on("close", () => clearInterval(drip)); },
  "/broken": (answer) => answer.end("{"),
  "/large": (answer) => answer.end(JSON.stringify("x".repeat(20_000))),
};

before(async () => {
  board = http.createServer((request, answer) => PAGES[request.url](answer));
  await new Promise((resolve) => board.listen(0, "127.0.0.1", resolve));
});
after(() => {
  board.closeAllConnections();
  board.close();
});

const origin = () => `http://127.0.0.1:${board.address().port}`;
const fetching = (page) => `local answer, message = require("http").request { url = "${origin()}${page}" }
  if not answer then error(message) end
  return assert(require("json").decode(answer.body))`;
const file = (functions) => `return {\n${Object.entries(functions).map(([name, body]) => `${name} = function(call)\n${body}\nend,`).join("\n")}\n}\n`;

async function start(test, functions, { rules = RULES, config = {} } = {}) {
  const lookups = typeof functions === "string" ? functions : file(functions);
  server = await startServer({ rules, config: { workers: 6, lookup_time_ms: budget,
    lookup_hosts: `localhost 127.0.0.1:${board.address().port}`, ...config } });
  test.after(() => server.stop());
  writeFileSync(path.join(server.lua, "lookups.lua"), lookups);
  givenNumber(server.database, { user: "ana", phone: NUMBER, settings: { always: A } });
  givenNumber(server.database, { user: "ana", phone: "+15105550101" });
  await waitUntil(async () => server.logs("reloaded").length > 0, 5000, "the lookups");
  await server.settled();
}

// One call. A late answer counts when it is late every time.
async function called(from = CALLER) {
  let params, answer;
  for (let tries = 0; tries < 4; tries++) {
    params = inbound(from, NUMBER);
    answer = await server.post("/api/twilio/twiml", params);
    if (answer.ms < (budget + WITHIN) * SLOW) break;
  }
  const response = twiml(answer);
  assert.ok(answer.ms < (budget + WITHIN) * SLOW, `it took ${answer.ms.toFixed(0)} ms`);
  // A slow disk stores it a moment after the answer.
  const row = await waitUntil(() => rows(server.database, `SELECT * FROM call_decisions WHERE call_sid = '${params.CallSid}'`)[0], 5000, "the decision");
  const inputs = JSON.parse(row.inputs);
  return { response, row, inputs, sid: params.CallSid, ms: answer.ms,
    runs: inputs.lookup_runs && Object.fromEntries(inputs.lookup_runs.map((run) => [run.name, run])) };
}

describe("lookups", () => {
  it("are asked before the rules, and their answers stored and shown with the call", async (test) => {
    await start(test, { job: `if call.from ~= "${CALLER}" then return nil end\n${fetching("/job")}` });
    const { response, inputs, runs, sid } = await called();
    assert.deepEqual(rung(response), [B]);
    assert.deepEqual(inputs.call.lookups, { job: { crew: [B], list: {}, deep: { a: 1 } } });
    assert.deepEqual(Object.keys(runs.job).toSorted(), ["ms", "name"]);
    assert.ok(runs.job.ms >= 0 && runs.job.ms <= budget);
    const { body } = await user(server, "ana").get(`/api/twilio/call-logs/${sid}`);
    assert.deepEqual(body.trace.inputs.lookup_runs, inputs.lookup_runs);
    assert.equal(body.trace.inputs.call.lookups.job.crew[0], B);
    const other = await called("+14155550999");
    assert.equal(said(other.response), "Known: .");
    assert.equal(other.runs.job.error, undefined);
    const { lookups } = (await user(server, "ana").get("/api/twilio/rules")).body;
    assert.deepEqual(lookups, [{ name: "job", line: 2 }]);
  });

  it("fail for a call that is too large to be told, and the call goes on", async (test) => {
    await start(test, { one: "return 1", two: "return 2" });
    const tags = JSON.stringify(Array.from({ length: 5000 }, (_, i) => `t${i}`));
    insert(server.database, "contacts", { user_id: "ana", number: CALLER, name: "Grace", tags });
    const { response, runs } = await called();
    assert.equal(said(response), "Known: .");
    assert.match(runs.one.error, /too many entries/);
    assert.match(runs.two.error, /too many entries/);
    assert.equal(said((await called("+14155550999")).response), "Known: one=1 two=2.");
  });

  it("read the database, and cannot change it", async (test) => {
    await start(test, {
      one: 'return require("db"):one("SELECT COUNT(*) AS n FROM contacts").n',
      two: `require("db"):query("UPDATE contacts SET name = 'x' RETURNING id")`,
      three: `require("db"):exec("DELETE FROM contacts")`,
      job: 'require("db"):transaction(function() end)',
    });
    insert(server.database, "contacts", { user_id: "ana", number: CALLER, name: "Grace" });
    const { response, runs } = await called();
    assert.equal(said(response), "Known: one=1.");
    assert.match(runs.two.error, /^lookups\.lua:\d+: .*only reading is allowed/);
    assert.match(runs.three.error, /may only read/);
    assert.match(runs.job.error, /may only read/);
    assert.deepEqual(rows(server.database, "SELECT name FROM contacts"), [{ name: "Grace" }]);
  });

  it("that fail give nil, and the reason is in the log and an alert, one for each cause", async (test) => {
    await start(test, {
      one: "error('the board is on strike')", two: "return call.nothing.more", three: "return 3", job: fetching("/broken") });
    for (let i = 0; i < 3; i++) {
      const { response, runs } = await called();
      assert.equal(said(response), "Known: three=3.");
      assert.match(runs.one.error, /^lookups\.lua:3: the board is on strike$/);
      assert.match(runs.two.error, /nothing/);
      assert.equal(runs.three.error, undefined);
    }
    assert.equal((await server.logged("lookup_failed")).level, "warn");
    const { alerts } = (await user(server, "ana").get("/api/twilio/alerts")).body;
    const mine = alerts.filter((alert) => alert.kind === "lookup_failed").map((alert) => [alert.subject, alert.count]);
    assert.deepEqual(mine.toSorted(), [["job", 3], ["one", 3], ["two", 3]]);
  });

  it("are not asked when nothing depends on them", async (test) => {
    await start(test, { job: fetching("/job") });
    insert(server.database, "contacts", { user_id: "ana", number: "+14155550666", blocked: 1 });
    await server.settled();
    const { row, runs } = await called("+14155550666");
    assert.equal(row.source, "blocked");
    assert.equal(runs, undefined);
  });

  it("may answer nil for a nil, false, a number, a text", async (test) => {
    await start(test, { one: "return false", two: "return 1.5", three: 'return "x<y&"', job: "return nil" });
    const { response, inputs } = await called();
    assert.equal(said(response), "Known: one=false two=1.5 three=x<y&.");
    assert.deepEqual(inputs.call.lookups, { one: false, two: 1.5, three: "x<y&" });
  });
});

// A lookup may hang or overdo it in each of these ways: body, reason.
const BAD = {
  "an endless loop": ["while true do end", /time/],
  "an endless loop in pcall": ["while true do pcall(function() while true do end end) end", /time/],
  "an endless loop in a coroutine": ["coroutine.wrap(function() while true do end end)()", /time/],
  "an endless message handler": ["xpcall(function() while true do end end, function() while true do end end)", /time/],
  "a hostile pattern": ['(("a"):rep(30000)):find(("a-"):rep(20) .. "b")', /./],
  "a memory bomb": ["local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end", /memory|time/],
  "deep recursion": ["local function f() return 1 + f() end return f()", /overflow|memory|time/],
  "a server that never answers": () => [fetching("/hang"), /time|Time/],
  "a server that drips": () => [fetching("/drip"), /time|Time/],
  "a query without end": ['return require("db"):one("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS c FROM n")', /time|interrupt/],
  "an answer that is too long": () => [fetching("/large"), /longer than 16384/],
  "an answer that is no data": ["return function() end", /./],
  "an answer that holds itself": ["local t = {} t.t = t return t", /./],
  "an answer that is no text": ['return "\\xff\\xfe"', /UTF/],
  "a private address": ['local answer, message = require("http").request { url = "http://127.0.0.1:1/" }\n if not answer then error(message) end', /private/],
};

describe("a lookup with", () => {
  for (const [what, bad] of Object.entries(BAD)) {
    it(`${what} costs its share of the time and nothing else`, async (test) => {
      const [body, reason] = typeof bad === "function" ? bad() : bad;
      await start(test, { one: body, two: "return 'fine'" });
      for (let i = 0; i < 2; i++) {
        const { response, row, runs } = await called();
        assert.equal(said(response), "Known: two=fine.");
        assert.equal(row.source, "rules");
        assert.match(runs.one.error, reason);
        assert.equal(runs.two.error, undefined);
      }
    });
  }

  it("that wait for another server keep no other call waiting", async (test) => {
    const calls = 2 * availableParallelism() + 2; // so many VMs wait that one more is made
    await start(test, { one: fetching("/hang") }, { config: { workers: calls + 2 } });
    let slowest;
    for (let tries = 0; tries < 4 && !(slowest < (budget + WITHIN) * SLOW); tries++) {
      const answers = await Promise.all(Array.from({ length: calls }, () => server.post("/api/twilio/twiml", inbound(CALLER, NUMBER))));
      for (const answer of answers) assert.equal(answer.status, 200);
      slowest = Math.max(...answers.map((answer) => answer.ms));
    }
    assert.ok(slowest < (budget + WITHIN) * SLOW, `it took ${slowest.toFixed(0)} ms`);
  });

  it("that wait while a save goes live hold a pair of VMs that is freed once, when they end", async (test) => {
    await start(test, { one: fetching("/hang") });
    const waiting = () => server.post("/api/twilio/twiml", inbound(CALLER, NUMBER));
    for (let round = 1; round <= 4; round++) {
      // Two pairs are idle, and one of them is taken from above the other.
      await Promise.all([waiting(), waiting()]);
      const before = server.logs("reloaded").length;
      const late = waiting();
      await sleep(50);
      writeFileSync(path.join(server.lua, "forwarding.lua"), `${RULES}\n-- ${round}\n`);
      await waitUntil(() => server.logs("reloaded").length > before, 10_000, "the save");
      assert.equal((await server.get("/readyz")).status, 200);
      assert.equal((await user(server, "ana").get("/api/twilio/rules")).status, 200);
      assert.equal((await late).status, 200);
    }
    await sleep(1200); // what is old is freed by now
    assert.equal((await waiting()).status, 200);
  });

  it("an endless loop on one worker disturbs no other, and leaves no memory behind", async (test) => {
    await start(test, { one: `if call.from ~= "${CALLER}" then return 1 end\nlocal t = {} while true do t[#t % 100000 + 1] = {} end` });
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]);
    const times = [];
    let over = false;
    const calm = (async () => {
      for (; !over; await sleep(10)) times.push((await called("+14155550999")).ms / SLOW);
    })();
    for (let i = 0; i < 3; i++) await called();
    const settled = rss();
    for (let i = 0; i < 3; i++) await called();
    over = true;
    await calm;
    times.sort((a, b) => a - b);
    test.diagnostic(`median ${times[times.length >> 1].toFixed(1)}, worst ${times.at(-1).toFixed(1)} ms; ${settled} kB, then ${rss()} kB`);
    assert.ok(times[times.length >> 1] < 60);
    if (!SANITIZED) assert.ok(rss() < settled * 1.05 + 8192);
  });
});

describe("a lookups.lua with a mistake", () => {
  for (const [what, text, line, message] of [
    ["a syntax error", "return {\n  job = function(call) oops end,\n}\n", 2, /return is missing/],
    ["no table", "return 5\n", 1, /must return a table/],
    ["a lookup that is no function", "return {\n  one = function() end,\n  job = 5,\n}\n", 3, /job must be function/],
    ["a name that is none", 'return { ["a b"] = function() end }\n', 1, /name of letters/],
    ["a request while it loads", 'local http = require("http")\nlocal all = http.request { url = "https://example.com" }\nreturn {}\n', 2, /not available while loading/],
    ["a module it may not have", 'local twilio = require("twilio")\nreturn {}\n', 1, /no file twilio\.lua/],
    ["an endless loop", "while true do end\n", 1, /time/],
  ]) {
    it(`${what}: is refused, by check as well, and the old one stays`, async (test) => {
      await start(test, { one: "return 1" });
      writeFileSync(path.join(server.lua, "lookups.lua"), text);
      const { error } = await waitUntil(async () => {
        const { rules } = JSON.parse((await server.get("/healthz")).body);
        return rules.error && rules;
      }, 5000, "the refusal");
      assert.match(error, new RegExp(`^lookups\\.lua:${line}: `));
      assert.match(error, message);
      assert.equal(said((await called()).response), "Known: one=1.");
      const checked = await command(["check"], { config: { lua: server.lua, database: server.database } });
      assert.equal(checked.status, 1);
      assert.match(checked.err, new RegExp(`lookups\\.lua:${line}: `));
    });
  }
});
