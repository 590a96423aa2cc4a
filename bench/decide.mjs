// decide.mjs: what rules cost, and how soon a saved rule file is used.
import { spawnSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { median, medians } from "./lib/measure.mjs";
import { ROUNDS, interleave, ready } from "./lib/parts.mjs";
import { sleep } from "./lib/process.mjs";
import { saveMore } from "./lib/report.mjs";
import { HOOKSWITCH, ROOT, call, haveHookswitch, start, stop } from "./lib/servers.mjs";
import { callsOnTime } from "./lib/slow.mjs";
import { FORWARD, caller, newCallSid, voiceRequest } from "./lib/workload.mjs";

const SAVES = 30;
const RELOAD_MS = 8000;
const RATE = 500; // calls a second

const oneRule = (phone) => `return {
  {
    "everybody to one phone",
    when = function() return true end,
    go = ring("${phone}", { seconds = 20 }):otherwise(voicemail()),
  },
}
`;

// Nineteen rules of the kinds that people write, whose conditions fail, then one
// that matches.
function twentyRules() {
  const rules = [];
  for (let i = 0; i < 19; i++) {
    const kinds = [
      `return VIPS[call.from] == ${i}`,
      `return call.from:sub(1, 5) == "+1${900 + i}"`,
      `return not OFFICE:open_at(call.at) and call.to == "+1303555019${i % 10}"`,
      `return call.from == "anonymous" or call.from == "+26669668${i}"`,
    ];
    rules.push(`  {
    "rule ${i + 1}",
    when = function(call) ${kinds[i % kinds.length]} end,
    go = voicemail("Please leave a message for desk ${i + 1}."),
  },`);
  }
  return `local VIPS = { ["+12015550199"] = 50, ["+12015550198"] = 51 }
local OFFICE = hours { zone = "America/Denver", ["mon-fri"] = "07:00-17:30", sat = "08:00-13:00" }

return {
${rules.join("\n")}
  {
    "everybody else",
    when = function() return true end,
    go = ring("${FORWARD}", { seconds = 20 }):otherwise(voicemail()),
  },
}
`;
}

// A plan made in the call, as by rules that depend on it.
const MADE = `return {
  {
    "whom the call tells",
    go = function(call)
      return ring(call.caller.anonymous and "+13035550199" or "${FORWARD}", { seconds = 20 }):otherwise(voicemail())
    end,
  },
}
`;

const ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London",
  "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney"];

// 150 rules of three lines with the hours of eight offices: the caller, the hour, the called number.
function longFile() {
  const offices = ZONES.map((zone, i) => `local H${i} = hours { zone = "${zone}", ["mon-fri"] = "0${7 + (i % 3)}:30-17:00", `
    + `sat = "08:00-13:00", closed = { "12-25", "01-01", "2026-07-0${i + 1}" } }`);
  const rules = [];
  for (let i = 0; i < 150; i++) {
    const caller = `+1303555${String(100 + i).padStart(4, "0")}`;
    const open = `H${i % ZONES.length}:open_at(call.at)`;
    const when = [`call.from == "${caller}" and ${open}`, `not ${open} and call.from == "${caller}"`,
      `${open} and call.caller.anonymous and call.to == "${caller}"`][i % 3];
    rules.push(`  {
    "rule ${i + 1}", when = function(call) return ${when} end,
    go = ${i % 2 ? `ring("${FORWARD}", { seconds = ${10 + (i % 10)} }):otherwise(voicemail("Desk ${i}."))`
      : `voicemail("Desk ${i} is closed.")`} },`);
  }
  return `${offices.join("\n")}\nreturn {\n${rules.join("\n")}\n}\n`;
}

const ruleFile = (text) => (folder) => writeFileSync(path.join(folder, "forwarding.lua"), text);

// Both ways in which editors save: a new file over the old one, and in place.
function save(folder, text, inPlace) {
  const file = path.join(folder, "forwarding.lua");
  if (inPlace) {
    writeFileSync(file, text);
    return;
  }
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function cost() {
  await ready(["hookswitch"]);
  const runs = {
    "one rule": { name: "hookswitch", options: { lua: ruleFile(oneRule(FORWARD)) } },
    "twenty rules": { name: "hookswitch", options: { lua: ruleFile(twentyRules()) } },
    "a plan made": { name: "hookswitch", options: { lua: ruleFile(MADE) } },
  };
  const results = await interleave(runs, ROUNDS);
  return {
    constant_cpu_us: medians("one", results["one rule"]).cpu_us,
    twenty_cpu_us: medians("twenty", results["twenty rules"]).cpu_us,
    made_cpu_us: medians("made", results["a plan made"]).cpu_us,
  };
}

// `hookswitch check` of a long file: load, examples, and the proof of no dead ends.
function checks() {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-bench-"));
  const file = path.join(folder, "rules.lua");
  const text = longFile();
  const took = [];
  writeFileSync(file, text);
  try {
    for (let i = 0; i < 9; i++) {
      const from = performance.now();
      const { status, stderr } = spawnSync(HOOKSWITCH, ["check", "--rules", file], {
        cwd: ROOT, encoding: "utf8", env: { ...process.env, HOOKSWITCH_DATABASE: path.join(folder, "none.db") } });
      if (status !== 0) throw new Error(`check: ${stderr}`);
      took.push(performance.now() - from);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { check_lines: text.split("\n").length - 1, check_ms: median(took) };
}

// Save, then call until the answer follows the new file.
async function saves() {
  const s = await start("hookswitch", { lua: ruleFile(oneRule(FORWARD)) });
  const after = [];
  const first = [];
  const usual = [];
  try {
    for (let i = 0; i < SAVES; i++) {
      const phone = `+13035550${150 + (i % 2)}`;
      for (let n = 0; n < 10; n++) {
        usual.push((await call(s, { params: voiceRequest(newCallSid(), caller(n)) })).ms);
      }
      save(s.lua, oneRule(phone), i % 3 === 2);
      const saved = performance.now();
      let answer;
      do {
        if (performance.now() - saved > 10_000) {
          throw new Error("a saved rule file had no effect within 10 s");
        }
        answer = await call(s, { params: voiceRequest(newCallSid(), caller(i)) });
      } while (!answer.body.includes(`>${phone}<`));
      after.push(answer.at - saved);
      first.push(answer.ms);
      await sleep(150);
    }
  } finally {
    await stop(s);
  }
  return {
    saves: SAVES,
    save_p50_ms: median(after),
    save_max_ms: Math.max(...after),
    save_call_ms: median(first),
    usual_call_ms: median(usual),
    save_added_ms: Math.max(0, median(first) - median(usual)),
  };
}

// Calls at a steady rate, first without saves, then with one each second.
async function reloading() {
  const s = await start("hookswitch", { lua: ruleFile(twentyRules()) });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  let timer;
  try {
    const options = { every: 1000 / RATE, during: RELOAD_MS, agent };
    await callsOnTime(s, { ...options, during: 2000 });
    const calm = await callsOnTime(s, options);
    let n = 0;
    timer = setInterval(() => save(s.lua, `${twentyRules()}-- save ${n++}\n`, false), 1000);
    const reload = await callsOnTime(s, options);
    if (calm.failed || reload.failed) {
      throw new Error(`${calm.failed} calls failed in peace, ${reload.failed} during reloads`);
    }
    return {
      calm_p50_ms: calm.p50_ms,
      calm_p99_ms: calm.p99_ms,
      reload_p50_ms: reload.p50_ms,
      reload_p99_ms: reload.p99_ms,
    };
  } finally {
    clearInterval(timer);
    agent.destroy();
    await stop(s);
  }
}

export async function runDecide() {
  if (!haveHookswitch()) {
    throw new Error("decide needs build/hookswitch");
  }
  const decide = { ...checks(), ...(await cost()), ...(await saves()), ...(await reloading()) };
  for (const [name, value] of Object.entries(decide)) {
    console.log(`${name.padEnd(18)} ${value.toFixed(2)}`);
  }
  saveMore({ decide });
}
