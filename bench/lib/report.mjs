// report.mjs: bench/results.json and bench/results.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { run } from "./process.mjs";
import { BENCH } from "./servers.mjs";

const FOLDER = process.env.BENCH_RESULTS ?? BENCH;
const RESULTS = path.join(FOLDER, "results.json");
const MORE = path.join(FOLDER, "results.more.json");
const PAGE = path.join(FOLDER, "results.md");

const TITLES = {
  limit_a: "limit A: civetweb, fixed body",
  limit_b: "limit B: A + parse + HMAC in C",
  limit_c: "limit C: B + SQLite read + one committed write, in C",
  hookswitch: "**Hookswitch**",
  fastify: "Fastify 5 + twilio + better-sqlite3",
  express: "Express 5 + twilio + better-sqlite3",
  nginx_lua: "nginx + Lua module (LuaJIT, FFI SQLite), 2 workers",
};

function read(file, otherwise) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : otherwise;
}

function write(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

// Rows of servers that were not measured this time are dropped: a ratio needs
// both from one run.
export function saveTable(rows, more) {
  write(RESULTS, rows);
  saveMore(more);
}

export function saveMore(more) {
  const date = new Date().toISOString().slice(0, 10);

  write(MORE, { ...read(MORE, {}), ...more, machine: machine(), date });
  writeFileSync(PAGE, page(read(RESULTS, []), read(MORE, {})));
}

function quiet(command, args) {
  try {
    return run(command, args).trim();
  } catch {
    return "";
  }
}

function machine() {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown processor";
  const system = /PRETTY_NAME="([^"]*)"/.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const sqlite = quiet("sqlite3", ["--version"]).split(" ")[0];
  const kernel = os.release().split("-")[0];
  const versions = `Linux ${kernel}, SQLite ${sqlite}, Node ${process.version}`;

  return `${os.cpus().length} cores (${cpu}), ${memory} GB, ${system}, ${versions}`;
}

const three = (n) => (Number.isFinite(n) ? String(Number(n.toPrecision(3))) : "calls failed");
const kilo = (n) => (n >= 1000 ? `${(n / 1000).toFixed(1)}k` : three(n));

const cells = (row) => [kilo(row.req_s), ...[row.p50_ms, row.p99_ms, row.cpu_us].map(three)];

function tableOf(rows) {
  const limit = rows.find((row) => row.name === "limit_c");
  const lines = [
    "| server | req/s | p50 ms | p99 ms | CPU µs/req | RSS MB | × limit C |",
    "|---|---|---|---|---|---|---|",
  ];
  for (const row of rows) {
    const ratio = limit ? (row.req_s / limit.req_s).toFixed(2) : "";
    lines.push(`| ${[TITLES[row.name] ?? row.name, ...cells(row), three(row.rss_mb), ratio].join(" | ")} |`);
  }
  return lines.join("\n");
}

const rowsOf = (more) => more.table?.rows ?? 10_000_000;

// Each goal: what, the bound, and how the measured value is made; undefined
// when something it needs was not measured.
function goals(rows, more) {
  const by = Object.fromEntries(rows.map((row) => [row.name, row]));
  const { hookswitch: ours, limit_c: c, fastify, nginx_lua: nginx } = by;
  const express = more.express_best;
  const ratio = (a, b) => (a !== undefined && b ? a / b : undefined);
  const list = [
    ["req/s against limit C", ">=", 0.9, ratio(ours?.req_s, c?.req_s)],
    ["CPU of limit C against ours", ">=", 0.8, ratio(c?.cpu_us, ours?.cpu_us)],
    ["req/s against Fastify", ">=", 3.5, ratio(ours?.req_s, fastify?.req_s)],
    ["CPU of Fastify against ours", ">=", 2.2, ratio(fastify?.cpu_us, ours?.cpu_us)],
    ["req/s against Express's best round", ">=", 6, ratio(ours?.req_s, express?.req_s)],
    ["CPU of Express's best round against ours", ">=", 5, ratio(express?.cpu_us, ours?.cpu_us)],
    ["req/s against nginx + Lua", ">=", 1.6, ratio(ours?.req_s, nginx?.req_s)],
    ["CPU of nginx + Lua against ours", ">=", 1.1, ratio(nginx?.cpu_us, ours?.cpu_us)],
    ["limit C: req/s FULL against NORMAL", ">=", 0.95, more.sync?.ratio],
    ["p99 at 32 connections, FULL, ms", "<=", 8, ours?.p99_ms],
    ["the same against limit C's", "<=", 1, ratio(ours?.p99_ms, c?.p99_ms)],
    ["RSS with 64 workers, MB", "<=", 64, ours?.rss_mb],
    ["save to first call under the new rule, worst of all saves, ms", "<=", 50, more.decide?.save_max_ms],
    ["added latency of that call, median, ms", "<=", 5, more.decide?.save_added_ms],
    ["`check` of a rule file of 150 rules and 8 zones, ms", "<=", 500, more.decide?.check_ms],
    ["CPU a webhook: a plan made in the call against one written out", "<=", 1.15,
      more.decide?.made_cpu_us && more.decide.made_cpu_us / more.decide.constant_cpu_us],
    ["p99 of a call with a draft beside it against one without", "<=", 1.15, more.draft?.p99_ratio],
    ["CPU of a call with a draft beside it against one without", "<=", 1.1, more.draft?.cpu_ratio],
    ["what the gate of 1,000 recorded calls adds to a save, ms", "<=", 150, more.draft?.gate_added_ms],
    ["stored calls that a core replays in a second", ">=", 20000, more.replay?.same.calls_s],
    [`call log of ${rowsOf(more).toLocaleString("en")} rows against 20,000, req/s`, ">=", 0.9, more.table?.ratio],
  ];
  list.push([`slowest request over ${(more.api?.rows ?? 1_000_000).toLocaleString("en")} calls, warm, ms`, "<=", 50, more.api?.warm_max_ms]);
  list.push(["the same, cold, ms", "<=", 200, more.api?.cold_max_ms]);
  list.push(["console, first load: JavaScript in brotli, bytes", "<=", 110_000, more.console?.script_bytes]);
  list.push(["console, first load: requests to the API", "<=", 8, more.console?.requests]);
  list.push(["console: Today usable, cold cache, ms", "<=", 1000, more.console?.median_ms]);
  list.push(["the same with 4× CPU and 1.6 Mbit/s, ms", "<=", 5000, more.console?.slow.median_ms]);
  const { file, postgres, standby, two, ...across } = more.postgres ?? {};
  list.push(["PostgreSQL against the file: req/s", ">=", 0.7, ratio(postgres?.req_s, file?.req_s)]);
  list.push(["the same, CPU of the host", "<=", 0.8, ratio(postgres?.host_us, file?.host_us)]);
  list.push(["the same, CPU of host and database", "<=", 1.4, ratio(postgres?.all_us, file?.all_us)]);
  list.push(["with a synchronous standby on the same machine: req/s", ">=", 0.45, ratio(standby?.req_s, file?.req_s)]);
  list.push(["two hosts against one on PostgreSQL: CPU a request", "<=", 1.3, ratio(two?.all_us, postgres?.all_us)]);
  list.push(["a setting counts on the other host, slowest, ms", "<=", 200, across.setting_max_ms]);
  list.push(["a save of the rules is live on the other host, slowest, ms", "<=", 1000, across.save_max_ms]);
  list.push(["10 logins a minute over two hosts: off by", "<=", 1, across.limit_off]);
  for (const [family, result] of Object.entries(more.slow ?? {})) {
    const slowest = result.failed ? Infinity : result.max_ms;
    list.push([`slowest legitimate call beside 200 connections: ${family}, ms`, "<=", 1000, slowest]);
  }
  if (!more.slow) {
    list.push(["slowest legitimate call beside 200 slow connections, ms", "<=", 1000, undefined]);
  }
  return list;
}

function goalLine([what, sign, bound, value]) {
  if (value === undefined || value === null) {
    return `| ${what} | ${sign === ">=" ? "≥" : "≤"} ${bound} | not measured | |`;
  }
  const met = sign === ">=" ? value >= bound : value <= bound;
  return `| ${what} | ${sign === ">=" ? "≥" : "≤"} ${bound} | ${three(value)} | ${met ? "met" : "**not met**"} |`;
}

function moreOf(more) {
  const parts = [];
  if (more.sync) {
    parts.push(
      "## Limit C in other settings\n",
      "| limit C | req/s | p50 ms | p99 ms | CPU µs/req |\n|---|---|---|---|---|",
    );
    for (const [key, title] of Object.entries({
      full: "synchronous=FULL",
      normal: "synchronous=NORMAL",
      remembered: "FULL, number and settings kept in memory",
    })) {
      parts.push(`| ${[title, ...cells(more.sync[key])].join(" | ")} |`);
    }
    parts.push("");
  }
  if (more.slow) {
    parts.push(
      "## Beside 200 slow connections\n\nOne signed call every 50 ms for 10 s, each on a new connection.\n",
      "| the 200 connections | calls | failed | p50 ms | p99 ms | slowest ms |\n|---|---|---|---|---|---|",
    );
    for (const [family, r] of Object.entries(more.slow)) {
      parts.push(`| ${[family, r.calls, r.failed, ...[r.p50_ms, r.p99_ms, r.max_ms].map(three)].join(" | ")} |`);
    }
    parts.push("");
  }
  if (more.table) {
    const { few, many, rows } = more.table;
    parts.push(
      "## Call-log table\n",
      "| rows before the run | req/s | p50 ms | p99 ms | CPU µs/req |\n|---|---|---|---|---|",
      `| ${["20,000", ...cells(few)].join(" | ")} |`,
      `| ${[rows.toLocaleString("en"), ...cells(many)].join(" | ")} |`,
      "",
    );
  }
  if (more.decide) {
    const d = more.decide;
    parts.push(
      "## Rules\n",
      "| measure | value |\n|---|---|",
      `| CPU a webhook, a rule file that returns one rule, µs | ${three(d.constant_cpu_us)} |`,
      `| CPU a webhook, 20 rules of which the last holds, µs | ${three(d.twenty_cpu_us)} |`,
      ...(d.made_cpu_us ? [`| CPU a webhook, a plan that a rule's function makes, µs | ${three(d.made_cpu_us)} |`] : []),
      ...(d.check_ms ? [`| \`check\` of a rule file of ${d.check_lines} lines, ms | ${three(d.check_ms)} |`] : []),
      `| save to the first call under the new rule, median of ${d.saves}, ms | ${three(d.save_p50_ms)} |`,
      `| the same, slowest, ms | ${three(d.save_max_ms)} |`,
      `| that call against one before it, median, ms | ${three(d.save_call_ms)} against ${three(d.usual_call_ms)} |`,
      `| p50 and p99 at 500 calls a second, no saves, ms | ${three(d.calm_p50_ms)}, ${three(d.calm_p99_ms)} |`,
      `| the same with a save each second, ms | ${three(d.reload_p50_ms)}, ${three(d.reload_p99_ms)} |`,
      "",
    );
  }
  if (more.postgres) {
    const p = more.postgres;
    const line = (words, r) => `| ${[words, kilo(r.req_s), ...[r.p99_ms, r.host_us, r.pg_us].map(three)].join(" | ")} |`;
    parts.push(
      `## PostgreSQL ${p.version}\n\nOn the same machine, with fsync and synchronous_commit. No request failed.\n`,
      "| Hookswitch | req/s | p99 ms | CPU µs/req, hosts | database servers |\n|---|---|---|---|---|",
      line("on a file", p.file),
      line("on PostgreSQL", p.postgres),
      line("with a synchronous standby", p.standby),
      line("two hosts, the connections shared out", p.two),
      "",
      "| across two hosts | median ms | slowest ms |\n|---|---|---|",
      `| a setting counts on the other, of ${p.changes} | ${three(p.setting_ms)} | ${three(p.setting_max_ms)} |`,
      `| a save of the rules is live on the other, of ${p.saves} | ${three(p.save_ms)} | ${three(p.save_max_ms)} |`,
      "",
    );
  }
  if (more.api) {
    const slow = more.api.routes.filter((row) => row.cold_ms > 20 || row.warm_ms > 10);
    parts.push(
      `## The API over ${more.api.rows.toLocaleString("en")} calls\n\n${more.api.routes.length} requests; those above 20 ms cold or 10 ms warm:\n`,
      "| request | cold ms | warm ms |\n|---|---|---|",
      ...slow.map((row) => `| \`${row.target}\` | ${three(row.cold_ms)} | ${three(row.warm_ms)} |`),
      "",
    );
  }
  if (more.replay) {
    const { calls, same, half, twenty } = more.replay;
    const line = (words, r) => `| ${words} | ${r.changed.toLocaleString("en")} | ${three(r.cpu_s)} | ${three(r.calls_s)} |`;
    parts.push(
      `## Replay of ${calls.toLocaleString("en")} stored calls\n`,
      "| rules | went elsewhere | CPU s | calls/s of a core |\n|---|---|---|---|",
      line("one rule, all calls go where they went", same),
      line("two rules, half of the calls go elsewhere", half),
      line("twenty rules, the last makes each plan anew", twenty),
      "",
    );
  }
  return parts.join("\n");
}

function page(rows, more) {
  const bytes = Object.entries(more.bytes ?? {}).map(([name, n]) => `${name} ${n}`);
  return `# Benchmark results

Written by \`make bench\` (\`bench/run.mjs\`) on ${more.date ?? "no date"}.
What is measured and how: [README.md](README.md).

Machine: ${more.machine ?? "unknown"}.
The load generator ran on the same cores. ${more.rounds ?? "?"} interleaved rounds of ${more.seconds ?? "?"} s,
32 keep-alive connections; medians. A difference under 15 % between two servers is none.

${tableOf(rows)}
${bytes.length ? `\nText stored with each decision (plan, inputs, reads), bytes: ${bytes.join(", ")}.\n` : ""}
## Goals

| measure | goal | measured | |
|---|---|---|---|
${goals(rows, more).map(goalLine).join("\n")}

${moreOf(more)}`.trimEnd() + "\n";
}
