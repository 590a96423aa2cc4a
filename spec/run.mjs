// run.mjs: the whole suite, stages in two lanes; ends with `N passed, N failed`.
//
//   spec/run                 everything
//   spec/run unit http       only these stages
//   spec/run --asan          unit, native and http specs under sanitizers
//   spec/run http --engine postgresql    all http specs on PostgreSQL, each server in a schema of its own
//   spec/run tsan --engine postgresql    an outage of the database under the thread sanitizer
//
// A stage is a command and a reader of its output: how many tests passed and
// failed. A stage that ran no test and says of none why, or ended badly without saying how many
// failed, counts as one failure: nothing vanishes silently.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import path from "node:path";
import { startCluster } from "./support/postgres.mjs";

const BUILD = process.env.BUILD ?? "build";
const jobs = String(Math.max(2, availableParallelism()));
const args = process.argv.slice(2);
const engineAt = args.indexOf("--engine");
const engine = engineAt < 0 ? "sqlite" : args.splice(engineAt, 2)[1];
if (!["sqlite", "postgresql"].includes(engine)) throw new Error(`--engine ${engine}: use sqlite or postgresql`);
const only = args.filter((a) => !a.startsWith("--"));
const wanted = (stage) => !only.length || only.includes(stage);
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const BESIDE = 5; // of nice, for what judges no time and runs beside what does
const LAST = 19; // for what has a time of its own and makes use of whatever the others leave
const LOOK_MS = 3000;
const IDLE = 0.35; // of the CPUs, and
const FREE = 3 * 2 ** 30; // bytes: one more spec finds room

// Run a command; its output goes to the terminal and into a string.
function run(command, commandArgs, { env = {}, quiet = false, minutes = 10, nice = 0 } = {}) {
  const began = Date.now();
  return new Promise((resolve) => {
    // A group of its own: what it started ends with it.
    const child = spawn("nice", ["-n", String(nice), command, ...commandArgs], { env: { ...process.env, ...env }, detached: true,
      stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), minutes * 60_000);
    let output = "";
    const take = (chunk) => {
      output += chunk;
      if (!quiet) process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => take(`${command}: ${error.message}\n`));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, signal, output, seconds: Math.round((Date.now() - began) / 1000) });
    });
  });
}

function count(name, result, passed, failed, skipped = 0) {
  if (passed + failed + skipped === 0 || (result.code !== 0 && failed === 0)) failed += 1;
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  if (failed) failures.push(name);
  console.log(`-- ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""} (${result.seconds ?? 0} s)`);
}

const sum = (output, pattern) => [...output.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0);

async function make(...targets) {
  return makeAt(0, ...targets);
}
// In one folder one at a time: two would build the same.
const building = {};
function makeAt(nice, ...targets) {
  const folder = targets.find((target) => target.startsWith("BUILD=")) ?? BUILD;
  building[folder] = Promise.resolve(building[folder]).then(() => makeNow(nice, targets));
  return building[folder];
}
async function makeNow(nice, targets) {
  const result = await run("make", ["--no-print-directory", "-j", jobs, ...targets], { quiet: true, minutes: 60, nice });
  if (result.code !== 0) {
    console.log(result.output.slice(-6000));
    count(`make ${targets.join(" ")}`, result, 0, 1);
  }
  return result.code === 0;
}

// One lint is one test: `ok NAME` or `not ok NAME` on a line.
async function lint() {
  const result = await run("spec/lint", [], { env: { BUILD }, minutes: 60, nice: BESIDE });
  count("lint", result, (result.output.match(/^ok /gm) ?? []).length,
    (result.output.match(/^not ok /gm) ?? []).length);
}

function cmockaCounts(output) {
  return [sum(output, /\[  PASSED  \] (\d+) test/g), sum(output, /\[  FAILED  \] (\d+) test/g)];
}

async function native(build = BUILD, env = {}, label = "native", width = 1, nice = 0) {
  const makeArgs = build === BUILD ? [] : [`BUILD=${build}`, `SAN=${env.SAN}`];
  if (!(await make(...makeArgs, "native-tests"))) return;
  const test = async (file) => {
    const result = await run(path.join(build, "spec/native", file), [], { env, quiet: true, minutes: 20, nice });
    const [passed, failed] = cmockaCounts(result.output);
    if (failed || result.code !== 0) console.log(result.output.slice(-6000));
    count(`${label} ${file}`, result, passed, failed);
  };
  const files = longestFirst("spec/native", "_test.c").map((f) => f.slice(0, -2));
  await each(files, width, test, 1);
}

async function unit(build = BUILD, env = {}, label = "unit", nice = 0) {
  const result = await run("busted", ["--lua=/usr/bin/lua5.4", "--output=TAP", "spec/unit"], { quiet: true, minutes: 15, nice,
    env: { HS_NATIVE: path.resolve(build, "native.so"), LUA_PATH: "lua/?.lua;spec/?.lua;;", ...env } });
  const passed = (result.output.match(/^ok /gm) ?? []).length;
  const failed = (result.output.match(/^not ok /gm) ?? []).length;
  if (failed || result.code !== 0) console.log(result.output.replace(/^ok .*\n/gm, "").slice(-8000));
  count(label, result, passed, failed);
}

// The judges come from npm, by name and version; once a run.
const installed = {};
function install(folder = "spec") {
  installed[folder] ??= (async () => {
    if (existsSync(`${folder}/node_modules/.package-lock.json`) && !process.env.CI) return true;
    const result = await run("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"], { quiet: true });
    if (result.code !== 0) {
      console.log(result.output.slice(-3000));
      count(`npm ci in ${folder}`, result, 0, 1);
    }
    return result.code === 0;
  })();
  return installed[folder];
}

// The share of `ms` in which the CPUs did nothing, or only what is nice to others.
async function idle(ms) {
  const look = () => readFileSync("/proc/stat", "utf8").split("\n", 1)[0].split(/ +/).slice(1, 9).map(Number);
  const before = look();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const [user, nice, system, rest, disk, ...other] = look().map((ticks, i) => ticks - before[i]);
  return (nice + rest + disk) / (user + nice + system + rest + disk + other.reduce((a, b) => a + b));
}

// Work on a list with `width` hands, and with up to `more` others while the CPUs have time: most specs wait a lot.
async function each(list, width, work, more = 0) {
  const queue = [...list], helpers = new Set();
  const hand = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await work(item);
  };
  const hands = Promise.all(Array.from({ length: width }, hand));
  while (more > 0 && queue.length) {
    if ((await idle(LOOK_MS)) < IDLE || freemem() < FREE || helpers.size >= more || !queue.length) continue;
    const helper = work(queue.shift()).finally(() => helpers.delete(helper));
    helpers.add(helper);
  }
  await Promise.all([hands, ...helpers]);
}

// Long ones first, so that nothing waits for them at the end: these, then by their size.
const LONG = {
  "spec/browser": ["pages", "bad_input", "team_edit", "team_words", "rules_page", "sandbox_phone", "console", "phone", "clash", "calling", "components", "panels", "language",
    "first_hour"],
  "spec/http": ["lost_reports", "matrix", "lookups", "faults", "docs", "sandbox", "conditional", "bad_files", "save_stop", "memory", "reconcile",
    "json_types", "opposite", "unconfirmed", "allocations", "slow", "missed", "source", "changes", "collide", "gate", "after_table", "draft",
    "cut", "missed_growth", "readme", "cookbook", "roles", "accounts", "maintain", "reload", "limits", "endless", "install", "calendar"],
  "spec/native": ["library_bounds", "rule_vm", "rule_vm_attack", "store_crash", "order", "fetch", "store_faults", "json"],
};
function longestFirst(folder, ending = "_test.mjs") {
  const size = (name) => statSync(path.join(folder, name)).size;
  const place = (name) => [...LONG[folder], name.slice(0, -ending.length)].indexOf(name.slice(0, -ending.length));
  return readdirSync(folder).filter((f) => f.endsWith(ending)).sort((a, b) => place(a) - place(b) || size(b) - size(a));
}

// These send what the others send in many combinations, which differ in Lua alone; `make asan` runs them too.
const OF_LUA = ["account", "after_table", "book", "calendar", "collide", "conditional", "cookbook", "coverage", "docs", "fallback",
  "forget", "forwarding", "gate", "generated_teams", "ical", "json_types", "judgement", "long_log", "loops", "lost_reports", "maintain",
  "matrix", "missed", "missed_growth", "now", "numbers", "openapi", "opposite", "outgoing", "people", "pin", "private", "proof", "readme",
  "reconcile", "replay", "reports", "roles", "rules", "sandbox", "seed", "simulate", "source", "team", "text", "why"].map((name) => `${name}_test.mjs`);

async function httpSpec(name, env, label, minutes = 15) {
  const result = await run("node", ["--test", "--test-reporter=tap", path.join("spec/http", name)], { env, quiet: true, minutes });
  const [passed, failed] = [sum(result.output, /^# pass (\d+)$/gm), sum(result.output, /^# fail (\d+)$/gm)];
  if (failed || result.code !== 0) console.log(result.output.slice(-8000));
  // A whole suite that is skipped is in no total of Node's.
  const skips = result.output.match(/# SKIP .*/g) ?? [];
  for (const line of result.output.match(/^ *# measured.*$/gm) ?? []) if (label !== "http") console.log(`   ${line.trim().slice(2)}`);
  for (const skip of skips) console.log(`   skipped: ${skip.slice(7)}`);
  count(`${label} ${name}`, result, passed, failed, skips.length);
}

async function http(build = BUILD, env = {}, label = "http", width = 2) {
  const makeArgs = build === BUILD ? [] : [`BUILD=${build}`, `SAN=${env.SAN}`];
  if (!(await install()) || !(await make(...makeArgs, "http-tests"))) return;
  const files = longestFirst("spec/http");
  const skipped = env.SAN ? { "its malloc() can't stand before a sanitizer's": ["allocations_test.mjs"],
    ...(!args.includes("--asan") && { "they differ in Lua alone (make asan runs them)": OF_LUA }) } : {};
  for (const [why, names] of Object.entries(skipped)) console.log(`   skipped under a sanitizer: ${names.join(", ")}: ${why}`);
  await each(files.filter((f) => !Object.values(skipped).flat().includes(f)), width,
    (name) => httpSpec(name, { BUILD: build, ...env }, label), 3);
}

// A command in a network of its own that has the loopback alone, so that nothing
// can leave the machine; as it is where the system does not let us.
async function offline(command, commandArgs) {
  const flags = process.getuid() === 0 ? "-n" : "-rn";
  const up = 'ip link set lo up && exec "$@"';
  const wrapped = (...words) => ["unshare", [flags, "sh", "-c", up, "offline", ...words]];
  if ((await run(...wrapped("true"), { quiet: true })).code !== 0) return [command, commandArgs, {}];
  return [...wrapped(command, ...commandArgs), { HS_OFFLINE: "1" }];
}

// The console in a browser: two files at a time or three, the longest first, each has
// a browser and a server of its own. Lines that begin with "measured" are shown.
const OFFLINE = ["calling_test.mjs"];
async function browser() {
  if (!(await install()) || !(await install("spec/browser"))) return;
  if (!existsSync(path.join(BUILD, "web/index.html"))) {
    count("browser: the console is not built, make says why", { code: 1 }, 0, 1);
    return;
  }
  await each(longestFirst("spec/browser"), 2, async (name) => {
    const test = ["node", ["--test", "--test-reporter=tap", path.join("spec/browser", name)]];
    const [command, commandArgs, env] = OFFLINE.includes(name) ? await offline(...test) : test;
    const result = await run(command, commandArgs, { env: { BUILD, ...env }, quiet: true, minutes: 20 });
    const [passed, failed] = [sum(result.output, /^# pass (\d+)$/gm), sum(result.output, /^# fail (\d+)$/gm)];
    if (failed || result.code !== 0) console.log(result.output.slice(-8000));
    for (const line of result.output.match(/^ *# measured.*$/gm) ?? []) console.log(`   ${line.trim().slice(2)}`);
    count(`browser ${name}`, result, passed, failed, sum(result.output, /^# skipped (\d+)$/gm));
  }, 1);
}

// What runs on PostgreSQL each time: what is about it, and the specs with the most statements.
const ON_POSTGRES = ["postgres", "outage", "spooled", "failover", "copy", "hosts", "two_hosts", "shared_rules", "mishaps", "forwarding", "auth",
  "forget", "book", "draft", "drain", "server_restart", "server_settings", "hosts_team"];
// What is left out of `spec/run http --engine postgresql`, and why. Single tests that need SQLite say so themselves.
const NOT_ON_POSTGRES = {
  "it locks the database's file; spooled and outage do the like": ["locked"],
};

// A cluster for a stage; without one it counts as skipped, with the reason.
async function withCluster(label, work) {
  const cluster = await startCluster();
  if (cluster.missing) {
    console.log(`   skipped: ${cluster.missing}`);
    count(label, { code: 0 }, 0, 0, 1);
    return;
  }
  try {
    await work({ HS_POSTGRES: cluster.url, HS_POSTGRES_ADMIN: cluster.admin });
  } finally {
    await cluster.stop();
  }
}

async function postgres() {
  await withCluster("postgres", async (env) => {
    if (!(await install()) || !(await make("native-tests"))) return;
    for (const name of ["store_engines_test", "store_postgres_test"]) {
      const contract = await run(path.join(BUILD, "spec/native", name), [], { env, quiet: true });
      const [passed, failed] = cmockaCounts(contract.output);
      if (failed || contract.code !== 0) console.log(contract.output.slice(-6000));
      count(`postgres ${name}`, contract, passed, failed);
    }
    await each(ON_POSTGRES, 2, (name) => httpSpec(`${name}_test.mjs`, { BUILD, ...env }, "postgres"));
  });
}

async function httpOnPostgres() {
  for (const [why, names] of Object.entries(NOT_ON_POSTGRES)) console.log(`   not run on PostgreSQL: ${names.join(", ")}: ${why}`);
  await withCluster("http on postgres", async (env) => {
    if (!(await install()) || !(await make("http-tests"))) return;
    const left = Object.values(NOT_ON_POSTGRES).flat().map((name) => `${name}_test.mjs`);
    await each(longestFirst("spec/http").filter((name) => !left.includes(name)), 2, (name) => httpSpec(name, { BUILD, ...env }, "postgres"));
  });
}

// Hosts whose database fails over, again and again; in no other run.
async function failover() {
  const cluster = await startCluster();
  if (cluster.missing) return count("failover", { code: 1, output: cluster.missing }, 0, 1);
  try {
    if (!(await install()) || !(await make("all"))) return;
    const rounds = process.env.ROUNDS ?? "20";
    await httpSpec("failover_test.mjs", { BUILD, HS_POSTGRES: cluster.url, HS_FAILOVER_ROUNDS: rounds }, "failover", 15 + 4 * Number(rounds));
  } finally {
    await cluster.stop();
  }
}

// The four parsers that face the wire get a minute each, two at a time, in whatever time the others leave.
const FUZZ_SECONDS = { form: 60, signature: 60, config: 60, twiml: 60 };
async function fuzz() {
  if (!(await makeAt(BESIDE, "fuzzers"))) return;
  const fuzzers = readdirSync(path.join(BUILD, "fuzz")).filter((f) => !f.includes(".")).sort();
  await each(fuzzers, 2, async (name) => {
    const corpus = path.join(BUILD, "fuzz", `${name}.corpus`);
    mkdirSync(corpus, { recursive: true });
    const seconds = process.env.FUZZ_SECONDS ?? FUZZ_SECONDS[name] ?? 15;
    const seeds = [corpus, `spec/native/fuzz/corpus/${name}`].filter((folder) => existsSync(folder));
    const result = await run(path.join(BUILD, "fuzz", name), [`-max_total_time=${seconds}`, "-rss_limit_mb=2048",
      "-timeout=10", `-artifact_prefix=${path.join(BUILD, "fuzz")}/${name}.`, ...seeds], { quiet: true, nice: LAST });
    const executions = result.output.match(/Done (\d+) runs/)?.[1];
    if (result.code !== 0) console.log(result.output.slice(-4000));
    count(`fuzz ${name} (${seconds} s, ${executions ?? "no"} runs)`, result, result.code === 0 && executions ? 1 : 0, 0);
  });
}

// HS_SLOW: specs are generous with time.
const ASAN_ENV = {
  SAN: "address,undefined",
  HS_SLOW: "1",
  ASAN_OPTIONS: "detect_leaks=1:abort_on_error=0:exitcode=99:detect_odr_violation=0",
  UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
  LSAN_OPTIONS: `suppressions=${path.resolve("spec/support/lsan.supp")}:print_suppressions=0`,
};

const ASAN_BUILD = `${BUILD}/asan`;
const ASAN_TARGETS = ["all", "native-tests", "http-tests"];
const asanBuild = () => make(`BUILD=${ASAN_BUILD}`, `SAN=${ASAN_ENV.SAN}`, ...ASAN_TARGETS);
async function asanHttp() {
  if (await asanBuild()) await http(ASAN_BUILD, ASAN_ENV, "asan http", 3);
}

async function asanNative() {
  if (await asanBuild()) await Promise.all([native(ASAN_BUILD, ASAN_ENV, "asan native", 1, BESIDE), asanUnit(ASAN_BUILD)]);
}

async function asanUnit(build) {
  const runtime = (await run("gcc", ["-print-file-name=libasan.so"], { quiet: true })).output.trim();
  // busted itself is not ours to check for leaks.
  await unit(build, { ...ASAN_ENV, LD_PRELOAD: runtime, ASAN_OPTIONS: `${ASAN_ENV.ASAN_OPTIONS}:detect_leaks=0` }, "asan unit", BESIDE);
}

const TSAN_TARGETS = [`BUILD=${BUILD}/tsan`, "SAN=thread", `${BUILD}/tsan/hookswitch`];
async function tsan() {
  if (!(await install())) return;
  const build = `${BUILD}/tsan`;
  if (!(await make(...TSAN_TARGETS))) return;
  const spec = async (label, file, more = {}) => {
    const result = await run("node", ["--test", "--test-reporter=tap", file], {
      env: { BUILD: build, HS_SLOW: "1", TSAN_OPTIONS: `suppressions=${path.resolve("spec/support/tsan.supp")}:exitcode=66`, ...more },
      quiet: true,
    });
    if (result.code !== 0) console.log(result.output.slice(-8000));
    count(`tsan ${label}`, result, sum(result.output, /^# pass (\d+)$/gm), sum(result.output, /^# fail (\d+)$/gm));
  };
  if (engine === "sqlite") return spec("start, load, stop", "spec/http/smoke_test.mjs");
  await withCluster("tsan outage", (env) => spec("outage", "spec/http/outage_test.mjs", env));
}

async function judges() {
  if (["http", "browser", "asan", "tsan"].some(wanted)) await install();
  if (wanted("browser")) await install("spec/browser");
}

// The programs of the last stages, built while specs wait.
async function sanitized() {
  if (wanted("tsan")) await makeAt(BESIDE, ...TSAN_TARGETS);
  if (wanted("asan")) await makeAt(BESIDE, `BUILD=${ASAN_BUILD}`, `SAN=${ASAN_ENV.SAN}`, ...ASAN_TARGETS);
  if (wanted("fuzz")) await makeAt(BESIDE, "fuzzers");
}

const STAGES = { lint, native: () => native(), unit: () => unit(), http: () => (engine === "postgresql" ? httpOnPostgres() : http()), postgres, browser, fuzz, asan: asanHttp, tsan };
// Two lanes side by side, each in order: what judges time, and what fills the time that it leaves. A list of lanes
// within one is side by side, too: the long ones of the requests' specs wait a lot, and one native test is as long as
// all others together. Browsers leave a little time, enough for what only computes under a sanitizer; requests' specs
// under one wait a lot.
let browsersEnd;
const withoutBrowsers = new Promise((resolve) => { browsersEnd = resolve; });
const LANES = [[[["http", "unit"], ["native", "postgres"]], "browser", browsersEnd, "asan"],
  [judges, "lint", sanitized, "tsan", () => wanted("asan") && asanNative(), () => withoutBrowsers, "fuzz"]];

async function drive(lane) {
  for (const step of lane) {
    if (Array.isArray(step)) await Promise.all(step.map(drive));
    else if (typeof step === "function") await step();
    else if (wanted(step)) await stage(step);
  }
}

async function stage(name) {
  const began = Date.now();
  console.log(`== ${name}`);
  await STAGES[name]();
  console.log(`== ${name} took ${Math.round((Date.now() - began) / 1000)} s`);
}

if (args.includes("--asan")) {
  await Promise.all([asanNative(), asanHttp()]);
} else if (only.includes("failover")) {
  await failover();
} else {
  await drive([LANES]);
}
if (failures.length) console.log(`failed: ${failures.join(", ")}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed || !totals.passed ? 1 : 0);
