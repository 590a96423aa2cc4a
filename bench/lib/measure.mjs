// measure.mjs: one round of load on one server, and whether it did the work.
import path from "node:path";
import { cpuTime, peakMemory, runAsync } from "./process.mjs";
import { BENCH, OUT, SERVERS, call, sql, start, stop } from "./servers.mjs";
import { FORWARD, TARGET, generalise, newCallSid, sign, voiceRequest, writeLoad } from "./workload.mjs";

export const CONNECTIONS = 32;
const LOAD = path.join(OUT, "load");
export const WARM_SECONDS = 3; // Node compiles what it runs often only after a while
const MOST_PER_SECOND = 40_000; // calls prepared for each second of load

export function prepareLoad(seconds) {
  writeLoad(LOAD, Math.max(20_000, Math.ceil(MOST_PER_SECOND * (seconds + WARM_SECONDS))));
}

export async function wrk(s, seconds, first, connections = CONNECTIONS) {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", path.join(BENCH, "wrk.lua")];
  const out = await runAsync("wrk", [...args, `http://127.0.0.1:${s.port}${TARGET}`, "--", LOAD, String(first)]);
  return JSON.parse(out.trim().split("\n").pop());
}

function refuse(s, why) {
  throw new Error(`${s.name} did not do the work: ${why}`);
}

// The right document for signed calls, also with characters that need
// escaping; 403 without a signature and with a wrong one.
export async function checkAnswers(s) {
  if (!s.server.check) {
    return 0;
  }
  const calls = [
    voiceRequest(newCallSid(), "+13035550177"),
    voiceRequest(newCallSid(), "+13035550178", ["SÃO PAULO & <CO>", "", ""]),
    { ...voiceRequest(newCallSid(), "+13035550179"), CallerName: "O'Hara 100% + \"co\"" },
  ];
  for (const params of calls) {
    const answer = await call(s, { params });
    const dial = /<Dial [^>]*>/.exec(answer.body)?.[0] ?? "";
    const number = /<Number[^>]*>([^<]*)<\/Number>/.exec(answer.body)?.[1];
    if (answer.status !== 200 || !answer.type.startsWith("text/xml")) {
      refuse(s, `a signed call got ${answer.status} ${answer.type}`);
    }
    if (number !== FORWARD || !dial.includes(`callerId="${params.From}"`) || !/timeout="20"/.test(dial)) {
      refuse(s, `a signed call got the document ${answer.body}`);
    }
  }
  const params = voiceRequest(newCallSid(), "+13035550180");
  const changed = sign({ ...params, From: "+13035550181" });
  for (const signature of [changed, null, "", sign(params).slice(1), `${sign(params)}=`]) {
    const answer = await call(s, { params, signature });
    if (answer.status !== 403) {
      refuse(s, `signature ${signature} got ${answer.status}`);
    }
  }
  const written = `SELECT count(*) FROM twilio_call_logs WHERE call_sid = '${params.CallSid}'`;
  if (s.server.writes && sql(s.database, written) !== "0") {
    refuse(s, "a call with a bad signature was written");
  }
  return calls.length;
}

// Every acknowledged call is in both tables, with a decision of full size.
export function checkRows(s, acknowledged) {
  if (!s.server.writes) {
    return null;
  }
  const text = sql(
    s.database,
    `SELECT (SELECT count(*) FROM twilio_call_logs), count(*), sum(CASE WHEN error IS NULL THEN 0 ELSE 1 END),
       avg(length(plan) + length(inputs) + length(reads)) FROM call_decisions;`,
  );
  const [calls, decisions, errors, bytes] = text.split("|").map(Number);
  if (calls < acknowledged || decisions < acknowledged) {
    refuse(s, `${acknowledged} calls acknowledged, ${calls} calls and ${decisions} decisions in the database`);
  }
  if (errors) {
    refuse(s, `${errors} decisions were made by a fallback after an error`);
  }
  return Math.round(bytes);
}

export function noneFailed(s, result) {
  if (result.failed || result.status) {
    refuse(s, `${result.failed} requests failed, ${result.status} got an error status`);
  }
}

// Load on a running server; `first` is the first call to replay.
export async function load(s, seconds, first) {
  const cpu = cpuTime(s.child.pid);
  const result = await wrk(s, seconds, first);
  const used = cpuTime(s.child.pid) - cpu;
  noneFailed(s, result);
  return {
    requests: result.requests,
    req_s: result.requests / (result.us / 1e6),
    p50_ms: result.p50_us / 1000,
    p99_ms: result.p99_us / 1000,
    cpu_us: used / result.requests,
  };
}

// Start, check, warm up, measure, check again, stop.
export async function round(name, seconds, options = {}) {
  const s = await start(name, options);
  try {
    await checkAnswers(s);
    const warm = await load(s, WARM_SECONDS, 0);
    const result = await load(s, seconds, warm.requests + CONNECTIONS);
    result.rss_mb = peakMemory(s.child.pid);
    result.bytes = checkRows(s, warm.requests + result.requests);
    return result;
  } finally {
    await stop(s);
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function medians(name, rounds) {
  const row = { name };
  for (const key of ["req_s", "p50_ms", "p99_ms", "cpu_us", "rss_mb"]) {
    row[key] = Number(median(rounds.map((one) => one[key])).toPrecision(4));
  }
  return row;
}

// What Hookswitch answers and stores for one call, with places for that call.
export async function capture() {
  const s = await start("hookswitch", { server: SERVERS.hookswitch });
  try {
    const params = voiceRequest(newCallSid(), "+13035550177");
    const answer = await call(s, { params });
    const query = `SELECT plan, inputs, reads FROM call_decisions WHERE call_sid = '${params.CallSid}';`;
    const row = sql(s.database, `.mode json\n${query}`);
    const [decision] = JSON.parse(row || "[]");
    if (answer.status !== 200 || !decision) {
      throw new Error(`hookswitch answered ${answer.status} and wrote ${row || "no decision"}\n${answer.body}`);
    }
    return {
      "twiml.xml": generalise(answer.body, params),
      "plan.json": generalise(decision.plan, params),
      "inputs.json": generalise(decision.inputs, params),
      "reads.json": generalise(decision.reads, params),
    };
  } finally {
    await stop(s);
  }
}
