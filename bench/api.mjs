// api.mjs: how long every GET route takes over a call log of BENCH_ROWS calls.
//
// Cold: the first request of that kind to a server that has just started.
// Warm: the median of WARM more. Each route that `hookswitch routes` lists is
// asked, with the filters people use; exports, streams, and what waits for
// another server are left out by name.
import { createHmac } from "node:crypto";
import http from "node:http";
import { median } from "./lib/measure.mjs";
import { COUNTED, NOT_COUNTED } from "./lib/parts.mjs";
import { cpuTime, run } from "./lib/process.mjs";
import { saveMore } from "./lib/report.mjs";
import { HOOKSWITCH, SERVERS, haveHookswitch, sql, start, stop } from "./lib/servers.mjs";
import { OWNED } from "./lib/workload.mjs";

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const SCOPE = process.env.BENCH_SCOPE ?? "user"; // "team" reads everybody's rows at once
const WARM = 7;
const SECRET = "bench-secret-0123456789abcdef0123456789";
const USER = "1";
const SPACING_MS = 30_000;
const NUMBERS = 20;
const PENDING = 20_000;
const CALLER = "+12015550123";

// Left out: an export, a stream, and what asks another server.
const LEFT_OUT = ["/api/twilio/available-numbers", "/api/twilio/events", "/api/twilio/recordings/:sid/media"];

// Calls every 30 s until now; their callers repeat. Every third is answered by a phone, which has a leg; the
// others end in voicemail (with a recording), unanswered, busy or failed; one in fifty goes out.
export function fill(database, now) {
  const first = now - ROWS * SPACING_MS;
  const from = `'+1' || (2015550100 + (i * 7919) % 200003)`;
  const numbers = Array.from({ length: NUMBERS - 1 }, (_, i) => `(${i + 2}, '${USER}', '${OWNED.slice(0, -2)}${10 + i}',
    'PN${"0".repeat(29)}${100 + i}', 'Desk ${i}', 'US', 'America/Denver')`);
  sql(
    database,
    `PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=50000;
     BEGIN;
     ${NOT_COUNTED}
     INSERT INTO user_phone_numbers (id, user_id, phone_number, twilio_sid, friendly_name, country, timezone)
       VALUES ${numbers.join(",")};
     CREATE TEMP TABLE c AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS - 1})
       SELECT i, printf('CA%016x%016x', i, i * 7) AS sid, ${first} + i * ${SPACING_MS} AS at, ${from} AS caller,
         i % 50 = 48 AS out, CASE WHEN i % 3 = 0 THEN 'forwarded' WHEN i % 10 = 1 THEN 'voicemail'
           WHEN i % 100 = 2 THEN 'busy' WHEN i % 1000 = 4 THEN 'failed' ELSE 'no_answer' END AS reason FROM n;
     INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status, status_rank,
         sequence_number, started_at, answered_at, ended_at, duration, price, price_unit, end_reason, updated_at)
       SELECT sid, CASE WHEN i % 10 = 9 THEN '2' ELSE '${USER}' END, 1 + i % ${NUMBERS},
         CASE WHEN out THEN 'outbound' ELSE 'inbound' END, CASE WHEN out THEN 'client:user_1' ELSE caller END,
         CASE WHEN out THEN caller ELSE '${OWNED}' END, CASE reason WHEN 'busy' THEN 'busy' WHEN 'failed' THEN 'failed'
           ELSE 'completed' END, 4, 3, at, CASE reason WHEN 'forwarded' THEN at + 4000 END, at + 64000, 60, '-0.0085', 'USD',
         reason, at + 64000 FROM c;
     INSERT INTO twilio_call_logs (call_sid, parent_call_sid, user_id, phone_number_id, direction, "from", "to", status,
         status_rank, sequence_number, started_at, answered_at, ended_at, duration, price, price_unit, updated_at)
       SELECT 'CB' || substr(sid, 3), sid, '${USER}', 1 + i % ${NUMBERS}, 'outbound-dial', caller, '+1303555014' || (i % 9),
         'completed', 4, 3, at + 1000, at + 4000, at + 64000, 60, '-0.014', 'USD', at + 64000 FROM c WHERE i % 3 = 0;
     INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_version, plan, inputs)
       SELECT sid, at, 'settings', 'always', 1, '{"start":1,"steps":[]}', '{}' FROM c;
     INSERT INTO call_steps (call_sid, n, leg, outcome, target, dial_call_sid, dial_duration, at)
       SELECT sid, 1, 'fwd', 'forwarded', '+1303555014' || (i % 9), 'CB' || substr(sid, 3), i % 40, at + 64000 FROM c
       WHERE i % 3 = 0;
     INSERT INTO dial_totals (user_id, day, target, talk, declined, dials, last_at)
       SELECT CASE WHEN i % 10 = 9 THEN '2' ELSE '${USER}' END AS u, (at + 64000) / 86400000 * 86400000 AS day,
         '+1303555014' || (i % 9) AS phone, i % 40 AS talk, 0, COUNT(*), MAX(at + 64000) FROM c
       WHERE i % 3 = 0 AND at + 64000 < ${now} / 86400000 * 86400000 GROUP BY u, day, phone, talk;
     INSERT INTO dial_days (day, ready) SELECT DISTINCT day, 1 FROM dial_totals;
     INSERT INTO recordings (recording_sid, call_sid, user_id, phone_number_id, kind, status, status_rank, duration, started_at)
       SELECT 'RE' || substr(sid, 3), sid, '${USER}', 1 + i % ${NUMBERS}, 'voicemail', 'completed', 3, 20, at + 30000 FROM c
       WHERE reason = 'voicemail';
     INSERT INTO missed_pending (call_sid) SELECT sid FROM c ORDER BY i DESC LIMIT ${PENDING};
     INSERT INTO contacts (user_id, number, name, blocked)
       SELECT '${USER}', caller, 'Customer ' || MIN(i), MIN(i) % 100 = 0 FROM c WHERE i < 20000 GROUP BY caller;
     INSERT INTO alerts (user_id, kind, subject, first_at, last_at) SELECT '${USER}', 'bad_target', caller, MIN(at), MIN(at)
       FROM c WHERE i < 2000 GROUP BY caller;
     DELETE FROM reconciliation;
     INSERT INTO reconciliation (id, seen_id, heard_to) SELECT 1, MAX(id), ${now} FROM twilio_call_logs;
     ${COUNTED}
     COMMIT;
     DROP TABLE temp.c;
     PRAGMA wal_checkpoint(TRUNCATE);`,
  );
  run("sync", [database]);
}

function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: USER, exp: Math.floor(Date.now() / 1000) + 86_400 })}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

function get(s, target, bearer) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: s.port, path: target, headers: { Authorization: `Bearer ${bearer}` } };
    const request = http.get({ ...options, agent: false, timeout: 60_000 }, (response) => {
      response.on("data", () => {});
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, ms: performance.now() - started }));
    });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error(`${target} took more than a minute`)));
  });
}

// What people ask of each route; a route without an entry is asked as it is.
function questions(s, now) {
  const day = (ago) => new Date(now - ago * 86_400_000).toISOString().slice(0, 10);
  const call = sql(s.database, "SELECT call_sid FROM twilio_call_logs WHERE id = 1");
  const recording = sql(s.database, `SELECT recording_sid FROM recordings ORDER BY id LIMIT 1`);
  const first = (table) => sql(s.database, `SELECT MIN(id) FROM ${table}`);
  const number = encodeURIComponent(CALLER);
  const year = `from=${day(365)}&to=${day(0)}`;
  return {
    "/api/twilio/call-logs": ["", "status=busy", "status=in-progress", "direction=outbound", "end_reason=failed",
      "status=failed&direction=outbound", "end_reason=no_message", `number=${number}`, `from=${number}`, `to=${number}`,
      `to=${encodeURIComponent(OWNED)}`, `to=${encodeURIComponent(OWNED)}&outcome=turned_away`,
      `number=${encodeURIComponent(OWNED)}&direction=outbound`, `to=${encodeURIComponent(OWNED)}&q=Customer%2019`, `q=1&from=${number}`,
      "q=1&end_reason=blocked", "q=Customer%2019&page=200", "outcome=missed&page=200", `number=${number}&status=busy`, "page=200", "limit=500",
      `start_date=${day(300)}&end_date=${day(299)}&status=failed`, `cursor=${now - 300 * 86_400_000}-1`],
    "/api/twilio/stats": ["", year, `${year}&by=day`, `${year}&by=day&zone=Asia/Kolkata`, "from=2000-01-01"],
    "/api/twilio/recordings": ["", `number=${number}`, "kind=call", "status=absent", "phone_number_id=3",
      `number=${encodeURIComponent("+12025550199")}`, "page=200"],
    "/api/twilio/missed-calls": ["", "state=closed"],
    "/api/twilio/leaks": ["", year],
    "/api/twilio/contacts": ["", `number=${number}`],
    "/api/twilio/callers": ["q=2015550", "q=Customer", "q=+12015550123".replace("+", "%2B")],
    "/api/twilio/callers/:number": [CALLER],
    "/api/twilio/notes": [`number=${number}`],
    "/api/twilio/notes/:id": [],
    "/api/twilio/away/:id": [],
    "/api/users/:id": [],
    "/api/twilio/holidays/:code": ["DE-BY"],
    "/api/twilio/batch": [`gets=${encodeURIComponent('[["/api/twilio/alerts"],["/api/twilio/overrides"],["/api/twilio/call-logs"]]')}`],
    "/api/twilio/call-logs/:sid": [call],
    "/api/twilio/recordings/:sid": [recording],
    "/api/twilio/my-numbers/:id": ["1"],
    "/api/call-forwarding/:id": ["1"],
    "/api/twilio/contacts/:id": [first("contacts")],
    "/api/twilio/overrides/:id": [],
    "/api/twilio/alerts/:id": [first("alerts")],
    "/api/twilio/missed-calls/:id": [first("missed_calls")].filter(Boolean),
    "/api/twilio/rules/versions/:id": ["1"],
    "/api/twilio/rules/versions/:id/diff": ["1"],
  };
}

function targets(s, now) {
  const asked = questions(s, now);
  const out = [];
  for (const line of run(HOOKSWITCH, ["routes"]).trim().split("\n")) {
    const [method, route, auth] = line.split(/\s+/);
    if (method !== "GET" || LEFT_OUT.includes(route) || auth === "twilio") {
      continue;
    }
    const inPath = /:\w+/.exec(route)?.[0];
    if (inPath && !asked[route]) {
      throw new Error(`bench/api.mjs doesn't know what to ask ${route}`);
    }
    for (const words of asked[route] ?? [""]) {
      out.push(inPath ? route.replace(inPath, words) : words ? `${route}?${words}` : route);
    }
  }
  return out;
}

export async function runApi() {
  if (!haveHookswitch()) {
    throw new Error("api needs build/hookswitch");
  }
  const command = (s) => {
    const [program, args, env] = SERVERS.hookswitch.command(s);
    return [program, args, { ...env, JWT_SECRET: SECRET, HOOKSWITCH_DATA_SCOPE: SCOPE }];
  };
  const now = Date.now();
  const s = await start("hookswitch", {
    server: { ...SERVERS.hookswitch, command },
    prepare: (database) => fill(database, now),
  });
  const api = { rows: ROWS, routes: [] };
  try {
    const bearer = token();
    for (const target of targets(s, now)) {
      const cold = await get(s, target, bearer);
      const warm = [];
      const cpu = cpuTime(s.child.pid);
      for (let i = 0; i < WARM; i++) {
        warm.push((await get(s, target, bearer)).ms);
      }
      const row = { target, status: cold.status, cold_ms: cold.ms, warm_ms: median(warm),
        cpu_ms: (cpuTime(s.child.pid) - cpu) / 1000 / WARM };
      api.routes.push(row);
      const bad = cold.ms > 200 || row.warm_ms > 50 ? "  <-" : "";
      console.log(`${String(cold.status)} ${cold.ms.toFixed(1).padStart(8)} ms cold ${row.warm_ms.toFixed(1).padStart(8)} ms warm  `
        + `${target}${bad}`);
    }
    api.cold_max_ms = Math.max(...api.routes.map((row) => row.cold_ms));
    api.warm_max_ms = Math.max(...api.routes.map((row) => row.warm_ms));
  } finally {
    await stop(s);
  }
  saveMore({ api });
}
