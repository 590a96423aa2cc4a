// mixed.mjs: what a busy day asks of a server, in bursts; and what memory that takes.
//
//   const load = await mixed({ seconds: 60, rows: 20_000 })
//   { bursts, answers: { 200: n, … }, levels: [MB, …], resident: [MB, …], vms }
//
// `least`: bursts before each level, however long they take. A level is what the process holds for itself (RssAnon)
// after a pause without requests; `resident` counts the pages of files too (the program, the WAL's index), which the
// kernel takes and gives back as it likes.
import { readFileSync } from "node:fs";
import { user } from "./api.mjs";
import { givenNumber, rows } from "./database.mjs";
import { sleep, startServer, waitUntil } from "./server.mjs";
import { inbound, report } from "./voice.mjs";

const NUMBER = "+15105550100", PHONE = "+13035550142", BURST = 64, LEAST = 4;
const RULES = `return { { "all", go = ring("${PHONE}", { seconds = 20 }):otherwise(voicemail()) } }\n`;

const memory = (server, what) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
const gauge = async (server) => Number(/^hookswitch_vms (\d+)/m.exec((await server.get("/metrics")).body)[1]);

function history(database, count) {
  const day = Date.now() - 20 * 86_400_000;
  rows(database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status, status_rank, started_at,
      answered_at, ended_at, duration, end_reason)
    SELECT 'CAold' || i, '42', 1, 'inbound', '+1415555' || (1000 + i % 300), '${NUMBER}', 'completed', 4, ${day} + i * 60000,
      ${day} + i * 60000 + 9000, ${day} + i * 60000 + 60000, 51, CASE i % 3 WHEN 0 THEN 'abandoned' ELSE 'forwarded' END FROM n`);
}

// The requests of one burst: calls that come, ring and end, and people who look.
function requests(server, ana, i) {
  const call = inbound(`+1415555${1000 + i % 300}`, NUMBER);
  const whole = async () => {
    const first = await server.post("/api/twilio/twiml", call);
    await server.post("/api/twilio/status-callback", report(call.CallSid, "completed", { From: call.From, To: NUMBER, CallDuration: "4" }));
    return first;
  };
  const looks = ["/call-logs?limit=100", "/call-logs?limit=10", "/stats?by=day", "/missed-calls", "/contacts", "/recordings", "/rules/versions",
    "/coverage?days=3", "/leaks"].map((page) => () => ana.get(`/api/twilio${page}`));
  const others = [() => ana.get("/api/openapi.json"), () => ana.post("/api/twilio/rules/check", { source: RULES }),
    () => ana.post("/api/twilio/contacts", { number: `+1303444${1000 + i % 500}`, name: "Grace" })];
  return [whole, whole, whole, ...looks, ...others];
}

export async function mixed({ seconds, rows: count = 20_000, levels = 2, least = LEAST, config = {} }) {
  const server = await startServer({ rules: RULES, config: { workers: 64, log: "error", maintenance_seconds: 5, ...config } });
  const answers = {}, figures = { bursts: 0, answers, levels: [], resident: [], vms: 0 };
  try {
    givenNumber(server.database, { user: "42", phone: NUMBER });
    history(server.database, count);
    await server.settled();
    const ana = user(server, "42");
    for (let level = 0; level < levels; level++) {
      const until = Date.now() + seconds * 1000 / levels;
      const enough = figures.bursts + least;
      while (Date.now() < until || figures.bursts < enough) {
        const burst = Array.from({ length: BURST }, (_, i) => { const kinds = requests(server, ana, figures.bursts * BURST + i);
          return kinds[(i + figures.bursts) % kinds.length](); });
        for (const answer of await Promise.allSettled(burst)) {
          const how = answer.value?.status ?? answer.reason.message;
          answers[how] = (answers[how] ?? 0) + 1;
        }
        figures.bursts++;
      }
      await waitUntil(async () => await gauge(server) <= 3, 60_000, "idle VMs to be freed");
      await sleep(1500);
      figures.levels.push(memory(server, "RssAnon"));
      figures.resident.push(memory(server, "VmRSS"));
    }
    figures.vms = await gauge(server);
    return figures;
  } finally {
    await server.stop({ signal: "SIGKILL", code: null });
  }
}
