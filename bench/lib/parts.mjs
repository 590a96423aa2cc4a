// parts.mjs: what `run.mjs` can measure: compare, capture, sync, slow, table.
import path from "node:path";
import { capture, median, medians, prepareLoad, round } from "./measure.mjs";
import { run } from "./process.mjs";
import { saveMore, saveTable } from "./report.mjs";
import {
  BENCH,
  LIMIT_C_NORMAL,
  LIMIT_C_REMEMBERED,
  SERVERS,
  TEXTS_FOLDER,
  buildLimits,
  haveHookswitch,
  install,
  sql,
} from "./servers.mjs";
import { slow } from "./slow.mjs";
import { writeTexts } from "./workload.mjs";

export const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const KEPT = path.join(BENCH, "workload");

function chosen() {
  const all = Object.keys(SERVERS).filter((name) => name !== "hookswitch" || haveHookswitch());
  const only = (process.env.BENCH_ONLY ?? "").split(",").filter(Boolean);
  const unknown = only.filter((name) => !all.includes(name));
  if (unknown.length) {
    throw new Error(`BENCH_ONLY names ${unknown.join(", ")}; there are ${all.join(", ")}`);
  }
  return all.filter((name) => only.length === 0 || only.includes(name));
}

export async function ready(names, seconds = SECONDS) {
  install(names);
  buildLimits();
  writeTexts(KEPT, TEXTS_FOLDER, haveHookswitch() ? await capture() : null);
  prepareLoad(seconds);
}

function print(name, r) {
  const cells = [`${Math.round(r.req_s)} req/s`, `p50 ${r.p50_ms.toFixed(2)} ms`, `p99 ${r.p99_ms.toFixed(1)} ms`];
  cells.push(`CPU ${r.cpu_us.toFixed(0)} µs`, `RSS ${r.rss_mb.toFixed(0)} MB`);
  console.log(`${name.padEnd(18)} ${cells.join("   ")}`);
}

// The servers one at a time, in turn; every round begins with another one.
export async function interleave(runs, rounds, seconds = SECONDS) {
  const results = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  const names = Object.keys(runs);
  for (let i = 0; i < rounds; i++) {
    const turn = i % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const result = await round(runs[name].name, seconds, runs[name].options);
      print(name, result);
      results[name].push(result);
    }
  }
  return results;
}

function best(rounds) {
  return { req_s: Math.max(...rounds.map((r) => r.req_s)), cpu_us: Math.min(...rounds.map((r) => r.cpu_us)) };
}

// All of them store the same bytes: Hookswitch's own, when it was measured.
function checkBytes(bytes) {
  const reference = bytes.hookswitch ?? bytes.limit_c;
  for (const [name, n] of Object.entries(bytes)) {
    if (reference && Math.abs(n - reference) > reference * 0.05) {
      throw new Error(`${name} stores ${n} bytes with a decision, not ${reference}: run it again`);
    }
  }
}

async function compare() {
  const names = chosen();
  await ready(names);
  const runs = Object.fromEntries(names.map((name) => [name, { name }]));
  const results = await interleave(runs, ROUNDS);
  const bytes = {};
  for (const name of names.filter((one) => SERVERS[one].writes)) {
    bytes[name] = Math.round(median(results[name].map((r) => r.bytes)));
  }
  checkBytes(bytes);
  saveTable(
    names.map((name) => medians(name, results[name])),
    { rounds: ROUNDS, seconds: SECONDS, bytes, express_best: results.express ? best(results.express) : null },
  );
}

async function sync() {
  await ready(["limit_c"]);
  const runs = {
    "limit_c FULL": { name: "limit_c" },
    "limit_c NORMAL": { name: "limit_c", options: { server: LIMIT_C_NORMAL } },
    "limit_c remembered": { name: "limit_c", options: { server: LIMIT_C_REMEMBERED } },
  };
  const results = await interleave(runs, ROUNDS);
  const full = medians("full", results["limit_c FULL"]);
  const normal = medians("normal", results["limit_c NORMAL"]);
  const remembered = medians("remembered", results["limit_c remembered"]);
  saveMore({ sync: { full, normal, remembered, ratio: full.req_s / normal.req_s } });
}

// Around many rows that are inserted: summed up once (schema/0011_totals.sql), not row by row.
export const NOT_COUNTED = "UPDATE call_totals_state SET counted_to = 0;";
export const COUNTED = `UPDATE call_totals_state SET counted_to = (${Date.now()} / 3600000 - 1) * 3600000;
  INSERT INTO call_totals SELECT user_id, phone_number_id, span, start, SUM(calls), SUM(inbound), SUM(outbound), SUM(answered), SUM(voicemail),
    SUM(missed), SUM(talk_seconds), SUM(unpriced) FROM call_shares
  WHERE started_at < (SELECT counted_to FROM call_totals_state) GROUP BY user_id, phone_number_id, span, start;
  INSERT INTO call_costs SELECT user_id, span, start, price_unit, SUM(millionths) FROM call_shares
  WHERE started_at < (SELECT counted_to FROM call_totals_state) AND phone_number_id = 0 AND millionths <> 0
  GROUP BY user_id, span, start, price_unit;`;

const APART = 10_000; // ms between two calls

// Calls that are over, spread evenly over all possible CallSids, in order, so
// that the tables grow at their end while they are filled.
function fill(database, rows) {
  const step = Math.floor(2 ** 52 / rows);
  const began = Date.now() - (rows + 60) * APART;
  sql(
    database,
    `PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=50000;
     BEGIN;
     ${NOT_COUNTED}
     CREATE TEMP TABLE sids AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
       SELECT i, 'CA' || printf('%013x', i * ${step}) || lower(hex(randomblob(9))) || 'f' AS sid FROM n;
     INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status, status_rank,
         sequence_number, started_at, answered_at, ended_at, duration, end_reason, rule_version, updated_at)
       SELECT sid, '1', 1, 'inbound', '+1' || (2015550100 + i % 7999999999), '+13035550100', 'completed', 4,
         3, ${began} + i * ${APART}, ${began} + i * ${APART} + 4000, ${began} + i * ${APART} + 64000, 60,
         'forwarded', 1, ${began} + i * ${APART} + 64000 FROM sids;
     INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_version, plan, inputs)
       SELECT sid, ${began} + i * ${APART}, 'settings', 'always', 1, '{"start":1,"steps":[]}', '{}' FROM sids;
     ${COUNTED}
     COMMIT;
     DROP TABLE temp.sids;
     PRAGMA wal_checkpoint(TRUNCATE);`,
  );
  // Or the disk is still busy with it while the server is measured.
  run("sync", [database]);
}

async function table() {
  const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
  const name = haveHookswitch() ? "hookswitch" : "limit_c";
  await ready([name]);
  const runs = {
    "20000 rows": { name, options: { prepare: (database) => fill(database, 20_000) } },
    [`${rows} rows`]: { name, options: { prepare: (database) => fill(database, rows) } },
  };
  const results = await interleave(runs, ROUNDS);
  const few = medians("few", results["20000 rows"]);
  const many = medians("many", results[`${rows} rows`]);
  saveMore({ table: { rows, few, many, ratio: many.req_s / few.req_s } });
}

async function slowPart() {
  const name = process.env.BENCH_ONLY || (haveHookswitch() ? "hookswitch" : "limit_c");
  await ready([name]);
  saveMore({ slow: await slow(name) });
}

async function keep() {
  writeTexts(KEPT, KEPT, await capture());
}

export const parts = { compare, sync, slow: slowPart, table, capture: keep };
