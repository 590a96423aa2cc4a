// replay.mjs: how many stored calls per second a core decides again.
//
// Calls are stored as webhooks store them, then `hookswitch replay` goes through
// them: with rules that change nothing, with rules that send half of them
// elsewhere, and with twenty rules that are all tried, the last of which makes its
// plan in each call.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { saveMore } from "./lib/report.mjs";
import { BUILD, LUA, haveHookswitch } from "./lib/servers.mjs";

const BINARY = path.join(BUILD, "hookswitch");
const CALLS = Number(process.env.BENCH_CALLS ?? 100_000);
const JOE = "+13035550142";
const ANA = "+13035550177";

const SAME = `return {
  { "everybody to Joe", go = ring("${JOE}", { seconds = 20 }):otherwise(voicemail()) },
}`;
const HALF = `return {
  { "some to Ana", when = function(call) return call.from:match("[0-4]$") ~= nil end,
    go = ring("${ANA}", { seconds = 20 }):otherwise(voicemail()) },
  { "the others to Joe", go = ring("${JOE}", { seconds = 20 }):otherwise(voicemail()) },
}`;
const TWENTY = `local VIPS = { ["+12015550199"] = 50, ["+12015550198"] = 51 }
local OFFICE = hours { zone = "America/Denver", ["mon-fri"] = "07:00-17:30", sat = "08:00-13:00" }
return {
${Array.from({ length: 19 }, (_, i) => `  { "rule ${i}", when = function(call) ${[
    `return VIPS[call.from] == ${i}`,
    `return call.from:sub(1, 5) == "+1${900 + i}"`,
    `return OFFICE:open_at(call.at) and call.to == "+1303555019${i % 10}"`,
    `return call.caller.anonymous and call.from == "${i}"`,
  ][i % 4]} end, go = voicemail("Desk ${i}") },`).join("\n")}
  { "everybody to Joe", go = function() return ring("${JOE}", { seconds = 20 }):otherwise(voicemail()) end },
}`;

const PLAN = JSON.stringify({ start: 1, steps: [
  { confirm: true, kind: "ring", leg: "fwd", next: { otherwise: 2 }, seconds: 20, targets: [{ phone: JOE }] },
  { kind: "voicemail" }] });
const SETTINGS = JSON.stringify({ forwarding: {}, number: { area_code: "510", capabilities: '{"voice":true}', country: "US",
  friendly_name: "Main line", id: 1, is_active: 1, number_type: "local", phone_number: "+15105550100", purchased_at: 0,
  recording: "off", twilio_sid: "PN1", updated_at: 0, user_id: "42" }, owner: { id: "42" } });

function hookswitch(folder, args) {
  const env = { PATH: process.env.PATH, HOOKSWITCH_LUA: "lua", HOOKSWITCH_DATABASE: "bench.db" };
  const timed = 'TIMEFORMAT="%U %S %R"; time "$0" "$@"';
  const result = spawnSync("bash", ["-c", timed, BINARY, ...args], { cwd: folder, env, encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(result.stderr);
  const [user, system, wall] = result.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { out: result.stdout, cpu: user + system, wall };
}

function fill(folder) {
  const from = `'+1415555' || printf('%04d', i % 9973)`;
  const at = `${Date.now() - 20 * 86_400_000} + i * 10000`;
  const inputs = `'{"call":{"from":"' || ${from} || '","to":"+15105550100","at":' || ((${at}) / 1000)
    || ',"caller":{"kind":"phone","anonymous":false,"name":null,"tags":[],"blocked":false,"stir":null},"line":{"online":true},'
    || '"override":null,"lookups":{}},"settings":${SETTINGS}}'`;
  execFileSync("sqlite3", [path.join(folder, "bench.db")], { input: `BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${CALLS})
    INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, started_at, ended_at)
      SELECT 'CA' || printf('%032x', i), '42', 'inbound', ${from}, '+15105550100', 'completed', ${at}, ${at} + 30000 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${CALLS})
    INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_line, rule_version, plan, inputs)
      SELECT 'CA' || printf('%032x', i), ${at}, 'rules', 'everybody to Joe', 2, 1, '${PLAN}', ${inputs} FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${CALLS})
    INSERT INTO call_steps (call_sid, n, leg, outcome, target, at)
      SELECT 'CA' || printf('%032x', i), 1, 'fwd', 'no_answer', '${JOE}', ${at} + 20000 FROM n;
    COMMIT;` });
}

function measure(folder, rules) {
  writeFileSync(path.join(folder, "rules.lua"), rules);
  const { out, cpu } = hookswitch(folder, ["replay", "--since", "30d", "--rules", "rules.lua", "--json"]);
  const found = JSON.parse(out);
  if (found.replayed !== CALLS || found.failed) {
    throw new Error(`${found.replayed} of ${CALLS} calls were replayed: ${found.first_error ?? "no error"}`);
  }
  return { changed: found.changed_count, cpu_s: cpu, calls_s: CALLS / cpu };
}

export async function runReplay() {
  if (!haveHookswitch()) {
    throw new Error("replay needs build/hookswitch");
  }
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-replay-"));
  const replay = { calls: CALLS };
  try {
    cpSync(LUA, path.join(folder, "lua"), { recursive: true });
    hookswitch(folder, ["migrate"]);
    fill(folder);
    for (const [name, rules] of Object.entries({ same: SAME, half: HALF, twenty: TWENTY })) {
      replay[name] = measure(folder, rules);
      const { changed, cpu_s: cpu, calls_s: rate } = replay[name];
      console.log(`${name.padEnd(8)} ${changed} of ${CALLS} elsewhere, ${cpu.toFixed(2)} s, ${Math.round(rate)} calls/s`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  saveMore({ replay });
}
