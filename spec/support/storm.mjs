// storm.mjs: someone saves the rule file again and again while calls come in,
// every third time with a mistake. Every call must be answered, and decided by
// one version of the file from beginning to end.
//
//   const figures = await storm({ seconds: 60, saves: 20, rate: 500 })
//   { saves, live, calls, failed, mixed, unknown, p99, worst, before, after }
//
// `failed` and `mixed` are lists of what went wrong; p99 and worst are ms,
// before and after are kB of memory.
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { givenNumber, rows } from "./database.mjs";
import { asText } from "./postgres.mjs";
import { request, sign, sleep, startServer, waitUntil } from "./server.mjs";
import { inbound, rung, twiml } from "./voice.mjs";

const NUMBER = "+15105550100";
const phone = (i) => `+1303555${String(i % 10_000).padStart(4, "0")}`;
// Everything that a call takes from it says which save it was.
const good = (i) => `return {\n  { "save ${i}", when = function(call) return call.from ~= "+13035550009" end,\n`
  + `    go = function(call) return ring("${phone(i)}"):otherwise(say("Save ${i}.")) end },\n`
  + `  examples = { { expect = "ring ${phone(i)}" } },\n}\n`;
const BROKEN = [(i) => `return {\n  { "save ${i}", go = rign("${phone(i)}") },\n}\n`, (i) => `return { -- ${i}\n`,
  (i) => good(i).replace("expect = ", 'expect = "reject", was = '), () => "while true do end\n"];

const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

const LEAST = 3; // versions that were live
const live = (server) => rows(server.database, "SELECT COUNT(*) AS n FROM rule_activations")[0].n;

// Save on time, whatever becomes of it; a slow machine gets more time.
async function saver(server, { seconds, saves }, over) {
  const file = path.join(server.lua, "forwarding.lua");
  const began = performance.now();
  const goesOn = (i) => i <= seconds * saves || (i <= 6 * seconds * saves && live(server) < LEAST);
  let i = 1;
  for (; !over.yes && goesOn(i); i++) {
    const broken = i % 3 === 2;
    writeFileSync(file, broken ? BROKEN[(i / 3 | 0) % (i % 10 ? 3 : 4)](i) : good(i));
    await sleep(Math.max(0, began + i * 1000 / saves - performance.now()));
  }
  over.yes = true;
  return i - 1;
}

// Calls at an even rate, however long their answers take.
async function caller(server, rate, over, figures) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 12 });
  const began = performance.now();
  const under_way = new Set();
  const call = async () => {
    const params = inbound("+14155550123", NUMBER);
    const target = "/api/twilio/twiml", body = new URLSearchParams(params).toString();
    const answer = await request(server.port, { method: "POST", target, body, agent, headers: {
      "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body),
      "X-Twilio-Signature": sign(server.base + target, params) } });
    figures.times.push(answer.ms);
    figures.calls.set(params.CallSid, rung(twiml(answer))[0]);
  };
  for (let i = 1; !over.yes; i++) {
    const one = call().catch((error) => figures.failed.push(error.message)).finally(() => under_way.delete(one));
    under_way.add(one);
    await sleep(Math.max(under_way.size > 200 ? 20 : 0, began + i * 1000 / rate - performance.now()));
  }
  await Promise.all(under_way);
  agent.destroy();
}

// All decisions, some at a time.
function* decided(database) {
  for (let last = ""; ;) {
    const some = rows(database, `SELECT call_sid, source, rule, rule_version, plan FROM call_decisions WHERE call_sid > '${last}' `
      + "ORDER BY call_sid LIMIT 1000");
    if (some.length === 0) return;
    yield* some;
    last = some.at(-1).call_sid;
  }
}

// What each call rang, its plan, its rule and the version that it is said to be
// from must all be of the same save.
function mixed(server, calls) {
  const sources = new Map(rows(server.database, `SELECT v.id, ${asText("t.text")} AS text FROM rule_versions AS v JOIN rule_texts AS t
    ON t.hash = (SELECT f.value FROM json_each(v.files) AS f WHERE f.key = 'forwarding.lua')`).map((row) => [row.id, row.text]));
  const wrong = [];
  for (const row of decided(server.database)) {
    if (!calls.has(row.call_sid)) continue;
    const save = Number(/^save (\d+)$/.exec(row.rule)?.[1]);
    const agrees = row.source === "rules" && calls.get(row.call_sid) === phone(save)
      && row.plan.includes(phone(save)) && row.plan.includes(`Save ${save}.`) && sources.get(row.rule_version) === good(save);
    if (!agrees) wrong.push({ ...row, rang: calls.get(row.call_sid) });
  }
  return wrong;
}

export async function storm({ seconds, saves = 20, rate = 500, config = {} }) {
  const server = await startServer({ rules: good(0), config: { workers: 16, log: "error",
    keep_alive_timeout_ms: 20_000, ...config } });
  const figures = { times: [], calls: new Map(), failed: [] };
  const over = { yes: false };
  try {
    givenNumber(server.database, { user: "ana", phone: NUMBER });
    await server.settled();
    // Until then a busy machine's workers have not all been used.
    const settled = sleep(seconds * 500).then(() => memory(server.pid));
    settled.catch(() => {}); // of a server that has ended: what ended it is told
    const [count] = await Promise.all([saver(server, { seconds, saves }, over), caller(server, rate, over, figures)]);
    const after = memory(server.pid);
    writeFileSync(path.join(server.lua, "forwarding.lua"), good(count + 1));
    await waitUntil(async () => JSON.parse((await server.get("/healthz")).body).rules.error === null, 10_000, "the last save");
    figures.times.sort((a, b) => a - b);
    const stored = rows(server.database, "SELECT COUNT(*) AS n FROM call_decisions")[0].n;
    return { saves: count, live: live(server),
      calls: figures.calls.size, stored, failed: figures.failed, mixed: mixed(server, figures.calls),
      p99: figures.times[Math.floor(figures.times.length * 0.99)], worst: figures.times.at(-1), before: await settled, after };
  } finally {
    over.yes = true;
    await server.stop();
  }
}
