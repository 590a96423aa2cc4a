// draft.mjs: what a draft costs each call, and what the gate adds to a save.
//
// Servers with and without a draft get the same calls at a steady rate, in turn in one run. A draft that has not
// decided all of them by the end fails the run; its work on the last ones counts too. The gate: `hookswitch check` of
// an edit over a thousand recorded calls, against the same over none, in turn.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { median } from "./lib/measure.mjs";
import { ROUNDS, SECONDS } from "./lib/parts.mjs";
import { cpuTime, sleep } from "./lib/process.mjs";
import { saveMore } from "./lib/report.mjs";
import { HOOKSWITCH, call, haveHookswitch, sql, start, stop } from "./lib/servers.mjs";
import { callsOnTime } from "./lib/slow.mjs";
import { FORWARD, caller, newCallSid, voiceRequest } from "./lib/workload.mjs";

const RATE = 250; // calls a second: what a draft costs shows while there is room for it
const WARM_MS = 2000;
const PATIENCE_MS = 30_000;
const GATE_CALLS = 1000;
const CHECKS = 9;

const rules = (phone) => `local OFFICE = hours { zone = "America/Denver", ["mon-fri"] = "07:00-17:30" }
return {
  { "a regular", when = function(call) return call.from == "+12015550199" end, go = voicemail() },
  { "anonymous at night", when = function(call) return call.caller.anonymous and not OFFICE:open_at(call.at) end,
    go = voicemail("Please call again in the morning.") },
  { "everybody else", go = ring("${phone}", { seconds = 20 }):otherwise(voicemail()) },
}
`;

async function until(what, holds) {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > end) {
      throw new Error(`${what} within ${PATIENCE_MS / 1000} s`);
    }
    await sleep(100);
  }
}

const write = (file, text) => (folder) => writeFileSync(path.join(folder, file), text);

async function startWith(withDraft) {
  const s = await start("hookswitch", { lua: (folder) => {
    write("forwarding.lua", rules(FORWARD))(folder);
    if (withDraft) write("forwarding.next.lua", rules("+13035550177"))(folder);
  } });
  if (withDraft) {
    await until("the draft was not on", () => sql(s.database, "SELECT state FROM rule_drafts;") === "on");
  }
  return s;
}

const NOT_SEEN = "SELECT (SELECT MAX(id) FROM twilio_call_logs) - seen_id FROM draft_progress;";

async function oneRound(withDraft) {
  const s = await startWith(withDraft);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const caughtUp = () => (withDraft ? until("the draft had not decided all calls", () => sql(s.database, NOT_SEEN) === "0")
    : null);
  try {
    const options = { every: 1000 / RATE, agent };
    await callsOnTime(s, { ...options, during: WARM_MS });
    await caughtUp();
    const before = cpuTime(s.child.pid);
    const found = await callsOnTime(s, { ...options, during: SECONDS * 1000 });
    await caughtUp();
    if (found.failed) {
      throw new Error(`${found.failed} calls failed`);
    }
    return { p50_ms: found.p50_ms, p99_ms: found.p99_ms, cpu_us: (cpuTime(s.child.pid) - before) / found.calls };
  } finally {
    agent.destroy();
    await stop(s);
  }
}

async function beside() {
  const rounds = { without: [], beside: [] };
  for (let i = 0; i < ROUNDS * 4; i++) {
    // without, with, with, without: neither is always the second
    const withDraft = [false, true, true, false][i % 4];
    const found = await oneRound(withDraft);
    rounds[withDraft ? "beside" : "without"].push(found);
    console.log(`${(withDraft ? "draft" : "no draft").padEnd(9)} p50 ${found.p50_ms.toFixed(2)} ms   p99 ${
      found.p99_ms.toFixed(2)} ms   CPU ${found.cpu_us.toFixed(0)} µs a call`);
  }
  const middle = (list, key) => median(list.map((one) => one[key]));
  const out = {};
  for (const [name, list] of Object.entries(rounds)) {
    for (const key of ["p50_ms", "p99_ms", "cpu_us"]) out[`${name}_${key}`] = middle(list, key);
  }
  return { ...out, p99_ratio: out.beside_p99_ms / out.without_p99_ms, cpu_ratio: out.beside_cpu_us / out.without_cpu_us };
}

// User and system time of `check`, in milliseconds.
function check(s, calls) {
  const edit = path.join(s.folder, "edit.lua");
  writeFileSync(edit, rules("+13035550177"));
  const { status, stdout, stderr } = spawnSync("bash", ["-c", 'TIMEFORMAT="%U %S"; time "$0" "$@"', HOOKSWITCH, "check",
    "--rules", edit, "--json"], { cwd: s.folder, encoding: "utf8",
    env: { PATH: process.env.PATH, HOOKSWITCH_DATABASE: s.database, HOOKSWITCH_LUA: s.lua } });
  if (status !== 0) {
    throw new Error(`check: ${stderr}${stdout}`);
  }
  const judged = JSON.parse(stdout).gate?.calls ?? 0;
  if (judged !== calls) {
    throw new Error(`the gate judged ${judged} calls, not ${calls}`);
  }
  const [user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return (user + system) * 1000;
}

// The database of a server that took a thousand calls, and a copy of it without them.
async function gate() {
  const s = await startWith(false);
  try {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    for (let n = 0; n < GATE_CALLS; n += 4) {
      const four = [0, 1, 2, 3].map((k) => call(s, { agent, params: voiceRequest(newCallSid(), caller(n + k)) }));
      await Promise.all(four);
    }
    agent.destroy();
    const empty = { ...s, database: path.join(s.folder, "empty.db") };
    sql(s.database, `VACUUM INTO '${empty.database}';`);
    sql(empty.database, "DELETE FROM call_decisions; DELETE FROM twilio_call_logs;");
    const full = [];
    const none = [];
    for (let i = 0; i < CHECKS; i++) {
      none.push(check(empty, 0));
      full.push(check(s, GATE_CALLS));
    }
    return {
      gate_calls: GATE_CALLS,
      check_none_ms: median(none),
      check_full_ms: median(full),
      gate_added_ms: median(full) - median(none),
    };
  } finally {
    await stop(s);
  }
}

export async function runDraft() {
  if (!haveHookswitch()) {
    throw new Error("draft needs build/hookswitch");
  }
  const draft = { ...(await beside()), ...(await gate()) };
  for (const [name, value] of Object.entries(draft)) {
    console.log(`${name.padEnd(18)} ${value.toFixed(2)}`);
  }
  saveMore({ draft });
}
