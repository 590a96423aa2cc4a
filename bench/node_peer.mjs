// node_peer.mjs: what the two Node peers share: the database and the document.
//
// Written as a careful Node program would be: one process, statements prepared
// once, both rows of a call in one transaction, WAL and synchronous=FULL.
import { readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import twilio from "twilio";

const { VoiceResponse } = twilio.twiml;
const { SERVER_URL, TWILIO_AUTH_TOKEN, BENCH_DATABASE, BENCH_WORKLOAD } = process.env;
const WEBHOOK = `${SERVER_URL}/api/twilio/twiml`;

// A text of the workload, cut at its places; returns a function that fills it.
function template(name) {
  const text = readFileSync(path.join(BENCH_WORKLOAD, name), "utf8").trimEnd();
  const parts = text.split(/\{\{(CallSid|From)\}\}/);
  return (call) => {
    let out = parts[0];
    for (let i = 1; i < parts.length; i += 2) {
      out += JSON.stringify(call[parts[i]]).slice(1, -1) + parts[i + 1];
    }
    return out;
  };
}

const plan = template("plan.json");
const inputs = template("inputs.json");
const reads = template("reads.json");

const db = new Database(BENCH_DATABASE, { timeout: 5000 });
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.pragma("foreign_keys = ON");

const readNumber = db.prepare(
  `SELECT id, user_id, is_active, timezone, voicemail_greeting, recording
   FROM user_phone_numbers WHERE phone_number = ? AND released_at IS NULL`,
);
const readSettings = db.prepare(
  `SELECT id, forwarding_type, forward_to_number, ring_timeout
   FROM call_forwarding WHERE phone_number_id = ? AND is_active = 1`,
);
const writeCall = db.prepare(
  `INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction, "from", "to", status,
     status_rank, sequence_number, started_at, rule_version, updated_at)
   VALUES (?, ?, ?, 'inbound', ?, ?, ?, 1, 0, ?, 1, ?)
   ON CONFLICT (call_sid) DO UPDATE SET updated_at = excluded.updated_at`,
);
const writeDecision = db.prepare(
  `INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_line, rule_version, plan, inputs, reads)
   VALUES (?, ?, 'settings', 'always', NULL, 1, ?, ?, ?) ON CONFLICT (call_sid) DO NOTHING`,
);
const write = db.transaction((call, number, at) => {
  writeCall.run(call.CallSid, number.user_id, number.id, call.From, call.To, call.CallStatus, at, at);
  writeDecision.run(call.CallSid, at, plan(call), inputs(call), reads(call));
});

export function signed(signature, params) {
  return typeof signature === "string" && twilio.validateRequest(TWILIO_AUTH_TOKEN, signature, WEBHOOK, params);
}

export function answer(call) {
  const number = readNumber.get(call.To);
  const rule = number && readSettings.all(number.id).find((row) => row.forwarding_type === "always");
  const response = new VoiceResponse();
  if (!rule) {
    response.say("This number is not in service. Goodbye.");
    return response.toString();
  }
  write(call, number, Date.now());
  const dial = response.dial({
    answerOnBridge: true,
    timeout: rule.ring_timeout,
    timeLimit: 14400,
    callerId: call.From,
    action: `${WEBHOOK}?step=after&leg=fwd&n=1&rule=${rule.id}&v=1`,
    method: "POST",
  });
  dial.number(
    {
      url: `${WEBHOOK}?step=screen&leg=fwd&n=1&rule=${rule.id}&v=1`,
      statusCallback: `${SERVER_URL}/api/twilio/status-callback`,
      statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
    },
    rule.forward_to_number,
  );
  return response.toString();
}
