// company.mjs: a small firm with something to show on every page: two numbers,
// rules, contacts, a month of calls, some of them played by the sandbox just now,
// messages, missed callers, two calls under way.
import { user } from "../../support/api.mjs";
import { givenOnline, insert, rows } from "../../support/database.mjs";
import { request, waitUntil } from "../../support/server.mjs";
import { startConsole } from "./console.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MAIN = "+15105550100";
export const [JOE, ANA, GRACE, LINUS] = ["+14155550123", "+13035550177", "+12065550117", "+16175550164"];
const STRANGER = "+13035550188";

export const RULES = `-- Who rings when someone calls. Save, and the next call follows it.
local CREW, ANA = "+15105550142", "${ANA}"

return {
  { "Grace rings through, day or night",
    when = function(call) return call.from == "${GRACE}" end,
    go = ring(ANA, { seconds = 25 }):otherwise(voicemail("Grace, leave a message, we call back today.")) },

  { "Boston leaves a message",
    when = function(call) return call.from:sub(1, 5) == "+1617" end,
    go = voicemail("Please tell us your order number, and we call back.") },

  { "Everybody else: the crew, then a message",
    go = ring(CREW, { seconds = 20 }):otherwise(voicemail("We are on another call. Please leave a message.")) },
}
`;

// The same numbers every time, so that two runs look alike.
function dice(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

// A month of calls, fewer at weekends and at night.
function pastCalls(database, at, zone) {
  const random = dice(7);
  const ends = ["forwarded", "forwarded", "forwarded", "answered", "answered", "voicemail", "abandoned", "no_answer"];
  const values = [];
  for (let day = 1; day <= 34; day++) {
    const weekday = new Date(at - day * DAY).getUTCDay();
    const count = weekday === 0 ? 1 : weekday === 6 ? 3 : 7 + Math.floor(random() * 8);
    for (let n = 0; n < count; n++) {
      const end = ends[Math.floor(random() * ends.length)];
      const began = at - day * DAY - Math.floor((random() + random()) * 5 * HOUR);
      const talk = ["forwarded", "answered"].includes(end) ? 40 + Math.floor(random() * 500) : 0;
      const from = [JOE, ANA, GRACE, LINUS, STRANGER, `+1${415 + n}55501${String(30 + n).padStart(2, "0")}`][Math.floor(random() * 6)];
      const out = random() < 0.2;
      values.push(`('CApast${day}x${n}', 'demo', ${zone}, '${out ? "outbound" : "inbound"}', '${out ? "client:user_ana" : from}',
        '${out ? from : MAIN}', 'completed', ${began}, ${talk ? began + 9000 : "NULL"}, ${began + 9000 + talk * 1000}, ${talk},
        '${out && talk === 0 ? "no_answer" : end}', '-0.0${85 + talk}', 'USD')`);
    }
  }
  rows(database, `INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at,
    answered_at, ended_at, duration, end_reason, price, price_unit) VALUES ${values.join(",\n")}`);
}

function liveCalls(database, at) {
  const call = (sid, more) => insert(database, "twilio_call_logs", { call_sid: sid, user_id: "demo", phone_number_id: 1,
    direction: "inbound", to: MAIN, updated_at: at, ...more });
  call("CAlive1", { from: LINUS, status: "in-progress", started_at: at - 96_000, answered_at: at - 83_000 });
  call("CAlive2", { from: STRANGER, status: "ringing", started_at: at - 6000 });
}

// Play calls as Twilio would; they end at once.
export async function play(server, order) {
  const body = JSON.stringify({ to: MAIN, details: true, ...order });
  const answer = await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: 60_000,
    headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
  if (answer.status !== 201) throw new Error(`the sandbox refused a call: ${answer.body}`);
  return JSON.parse(answer.body);
}

// What was played just now becomes the morning's calls.
function spread(database) {
  const tables = { twilio_call_logs: ["started_at", "answered_at", "ended_at"], recordings: ["started_at"],
    call_decisions: ["decided_at"], call_steps: ["at"] };
  const of = { twilio_call_logs: "coalesce(parent_call_sid, call_sid)" };
  for (const [table, columns] of Object.entries(tables)) {
    const sets = columns.map((column) => `${column} = ${column} - shift`).join(", ");
    rows(database, `WITH moved AS (SELECT call_sid AS sid, ${11 * MINUTE} * (SELECT count(*) FROM twilio_call_logs AS later
        WHERE later.parent_call_sid IS NULL AND later.id >= c.id) AS shift FROM twilio_call_logs AS c WHERE parent_call_sid IS NULL)
      UPDATE ${table} SET ${sets} FROM moved WHERE moved.sid = ${of[table] ?? `${table}.call_sid`}`);
  }
  rows(database, `UPDATE missed_calls SET first_at = coalesce((SELECT min(started_at) FROM twilio_call_logs AS c
      WHERE c."from" = number AND parent_call_sid IS NULL), first_at), last_at = coalesce((SELECT started_at
      FROM twilio_call_logs AS c WHERE c.call_sid = last_call_sid), last_at)`);
  // The sandbox does not wait while a phone rings or a message is left.
  rows(database, "UPDATE call_steps SET at = at + 21000 WHERE leg <> 'skipped'");
  rows(database, "UPDATE twilio_call_logs SET ended_at = ended_at + 21000 + 1000 * coalesce(duration, 0)");
}

/** People, groups, hours and a rota, for the Team page; no rule reads them. */
export async function givenTeam(server) {
  const ana = user(server, "ana"), zone = "America/New_York", nine = ["09:00-17:00"];
  const { hash } = (await ana.get("/api/twilio/team")).body;
  const away = { from: "2026-11-02 08:00", to: "2031-12-01 08:00", zone };
  const { status, text } = await ana.put("/api/twilio/team", { hash,
    people: [{ id: "joe", name: "Joe Brown", phones: [{ number: "+13035550142" }, { number: "+13035550143", confirm: false }] },
      { id: "sue", name: "Sue Miller", user: "demo", phones: [{ number: "+13035550166" }], away }],
    groups: [{ id: "crew", people: ["joe", "sue"] }],
    hours: [{ id: "office", zone, greeting: "We are closed.", holidays: { place: "US-CO" }, dates: [{ date: "12-24", ranges: [] }],
      week: { mon: nine, tue: nine, wed: nine, thu: nine, fri: ["09:00-15:00"] } }],
    oncall: [{ id: "nights", zone, every: "week", from: "2026-01-05 08:00", people: ["joe", "sue"], swaps: [{ date: "2031-01-06", person: "sue" }] }] });
  if (status !== 200) throw new Error(text);
}

// A server of the firm, and the account `ana` that sees everything of it.
export async function startCompany({ config = {}, ...more } = {}) {
  const server = await startConsole({ rules: RULES, ...more, config: { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}`,
    data_scope: "team", workers: 16, timezone: "America/New_York", ...config } });
  await waitUntil(() => server.out.includes("Sandbox:"), 20_000, "the sandbox's first calls");
  const ana = user(server, "ana");
  await ana.put("/api/twilio/my-numbers/1", { friendly_name: "Main line", recording: "ask" });
  await ana.post("/api/twilio/buy-number", { areaCode: "303", country: "US", friendly_name: "Service" });
  for (const [number, name, tags] of [[JOE, "Joe", ["customer"]], [ANA, "Ana", ["crew"]], [GRACE, "Grace", ["vip"]],
    [LINUS, "Linus", ["customer", "supplier"]]])
    await ana.post("/api/twilio/contacts", { number, name, tags });
  await ana.post("/api/twilio/blocklist", { number: "+12125550199" });
  await play(server, { from: GRACE, legs: [{ does: "answered", talk: 184 }] });
  await play(server, { from: JOE, legs: ["no-answer"], messages: [14] });
  await play(server, { from: LINUS, legs: ["caller-hangs-up"] });
  const at = Date.now();
  await ana.get("/api/twilio/missed-calls");
  spread(server.database);
  pastCalls(server.database, at, 1);
  liveCalls(server.database, at);
  givenOnline(server.database, "demo");
  insert(server.database, "alerts", { user_id: "", kind: "bad_target", subject: "+15105550142",
    detail: "Calls to this number fail.",
    first_at: at - HOUR, last_at: at - 20 * MINUTE, count: 3 });
  await server.settled();
  return server;
}
