// private_test.mjs: with data_scope = user, nothing of one user is in any answer to another: not a number, not a
// name, not a target, also where the answer is worked out over the whole account (the checks of rules, doctor,
// alerts, what the server says of itself).
//
// Every route of the API's description is asked with one user's token, with the other's ids too, and every text of
// the other user is looked for in what comes back. The operator, on the host, is told all of it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { insert, rows } from "../support/database.mjs";
import { jwt, request, startServer, waitUntil } from "../support/server.mjs";
import { inbound, patient, recording } from "../support/voice.mjs";

const OURS = { id: "ana", number: "+13035550101", name: "Anas line", target: "+13035550102", contact: "Anas friend",
  caller: "+14155550103", note: "anas note", zone: "America/Denver", greeting: "anas greeting", said: "anas transcript" };
const THEIRS = { id: "bertha", number: "+15105559901", name: "Berthas hotline", target: "+15105559902", contact: "Berthas aunt",
  caller: "+14155559903", note: "berthas note", zone: "Europe/Berlin", greeting: "berthas greeting", said: "berthas transcript" };
const SECRETS = Object.entries(THEIRS).filter(([what]) => !["id", "zone"].includes(what)).map(([, text]) => text.replace("+", ""));

// Rules that say what they see, of numbers other than ours.
const elsewhere = (what) => `return { { "told", go = function(call)
  if call.to == "${OURS.number}" or call.number.friendly_name == call.to then return voicemail() end
  ${what} end } }`;
const FAULTS = {
  "an error with the number": elsewhere('error("it was " .. call.to)'),
  "an error with the name": elsewhere('error(call.number.friendly_name)'),
  "an error with the greeting": elsewhere('error(tostring(call.number.voicemail_greeting))'),
  "an error with a setting": elsewhere('error(call.forwarding.always.forward_to_number)'),
  "something that is no plan": elsewhere('return call.number.friendly_name'),
  "a ring of the target that has no end": elsewhere(
    'return ring(call.forwarding.always.forward_to_number, { seconds = 20 }):otherwise(hangup())'),
  "a ring of the number itself": elsewhere('return ring(call.to):otherwise(voicemail())'),
  "ringing that takes too long": elsewhere(
    'local t = call.forwarding.always.forward_to_number; return ring(t, { seconds = 60 }):otherwise(ring(t, { seconds = 60 }):otherwise(voicemail()))'),
  "a document with the name in it": elsewhere('return twiml("<Response><Say>" .. call.number.friendly_name .. "</Say><Bad></Response>")'),
};
FAULTS["an error with the name, after one that everyone may see"] = FAULTS["an error with the name"]
  .replace("return {", 'local JOE = "+130355501"\nreturn {');
// What fails only while a call is there, so that every check is passed.
const AT_NIGHT = `return { { "late", go = function(call)
  if call.from:sub(-4) == "9" .. "903" then error("no way for " .. call.from .. " " .. tostring(call.caller.name) .. " to " .. call.to) end
  return voicemail() end } }`;

let server, ana, description;
const hidden = (text, what) => {
  for (const secret of SECRETS) assert.ok(!String(text).includes(secret), `${what} says "${secret}": ${String(text).slice(0, 600)}`);
};

function fill(who, at) {
  const put = (table, values) => insert(server.database, table, { user_id: who.id, ...values });
  const id = put("user_phone_numbers", { phone_number: who.number, friendly_name: who.name, timezone: who.zone,
    voicemail_greeting: who.greeting, purchased_at: at - 200 * 86_400_000, updated_at: at });
  for (const [type, active] of [["always", 1], ["busy", 0]])
    put("call_forwarding", { phone_number_id: id, forward_to_number: who.target, forwarding_type: type, is_active: active, updated_at: 1 });
  put("contacts", { number: who.caller, name: who.contact, blocked: 0 });
  put("contacts", { number: who.target, name: `${who.contact} 2`, blocked: 1 });
  put("overrides", { forward_to_number: who.target, note: who.note, starts_at: at + 3_600_000, ends_at: at + 7_200_000 });
  put("alerts", { kind: "bad_target", subject: who.target, detail: who.note, first_at: at, last_at: at });
  put("missed_calls", { number: who.caller, calls: 1, first_at: at, last_at: at, last_call_sid: `CA${who.id}` });
  put("number_purchases", { request: "{}", state: "failed", phone_number: who.number, created_at: at, busy_until: at, updated_at: at });
  return id;
}

async function callOf(who) {
  const form = inbound(who.caller, who.number, { CallerName: who.contact });
  assert.equal((await patient(server, "/api/twilio/twiml", form)).status, 200);
  const made = recording(form.CallSid, "completed", { RecordingDuration: "9" });
  assert.equal((await patient(server, "/api/twilio/recording-callback?kind=voicemail", made)).status, 204);
  rows(server.database, `UPDATE recordings SET transcript = '${who.said}' WHERE recording_sid = '${made.RecordingSid}'`);
  return { call: form.CallSid, recording: made.RecordingSid };
}

before(async () => {
  server = await startServer({ rules: AT_NIGHT, config: { data_scope: "user" } });
  ana = user(server, OURS.id);
  const at = Date.now();
  fill(OURS, at);
  fill(THEIRS, at);
  await server.settled();
  description = JSON.parse((await server.get("/api/openapi.json")).body);
});
after(() => server?.stop());

describe("what one user must not learn about another", () => {
  it("is kept out of the checks of rules, while the operator sees all of it", async () => {
    const { hash } = (await ana.get("/api/twilio/rules")).body;
    for (const [what, source] of Object.entries(FAULTS)) {
      const checked = await ana.post("/api/twilio/rules/check", { source });
      assert.equal(checked.body.ok, false, `${what} passes: ${checked.text}`);
      hidden(checked.text, `check, ${what}`);
      assert.match(checked.body.error.errors.map(({ message }) => message).join("\n"), /not every user may see/, what);
      const saved = await ana.put("/api/twilio/rules", { source, hash });
      assert.equal(saved.status, 422, `${what}: ${saved.text}`);
      hidden(saved.text, `save, ${what}`);
      hidden((await ana.put("/api/twilio/rules/draft", { source, hash: "" })).text, `draft, ${what}`);
      hidden((await ana.post("/api/twilio/simulate", { source, to: OURS.number })).text, `simulate, ${what}`);
      hidden((await ana.post("/api/twilio/simulate", { source, to: THEIRS.number })).text.replaceAll(THEIRS.number, ""), `simulate, ${what}`);
      hidden((await ana.post("/api/twilio/replay", { source, since: "7d" })).text, `replay, ${what}`);
    }
    const file = path.join(server.folder, "try.lua");
    writeFileSync(file, FAULTS["an error with the number"]);
    const told = await command(["check", "--rules", file], { config: { database: server.database, lua: server.lua } });
    assert.match(told.err + told.out, /15105559901/);
  });

  it("is all of what concerns themselves", async () => {
    const source = `return { { "x", go = function(call) if call.to == "${OURS.number}" then error(call.number.friendly_name) end return voicemail() end } }`;
    assert.match((await ana.post("/api/twilio/rules/check", { source })).body.error.message, /Anas line/);
  });

  it("is nothing, while a file on disk is refused for what concerns the other", async () => {
    writeFileSync(path.join(server.lua, "forwarding.lua"), FAULTS["an error with the name"]);
    const refused = await server.logged("reload_refused", 15_000);
    assert.match(refused.message, /Berthas hotline/); // the log is the operator's
    const alerts = async () => (await ana.get("/api/twilio/alerts")).body.alerts.filter((alert) => alert.kind === "rules_refused");
    await waitUntil(async () => (await alerts()).length > 0, 10_000, "the alert");
    for (const target of ["/healthz", "/readyz", "/api/twilio/rules", "/api/twilio/alerts", "/api/twilio/doctor"]) {
      const { text } = await ana.get(target);
      hidden(text, target);
      if (target !== "/api/twilio/doctor") assert.match(text, /not every user may see/, target);
    }
    writeFileSync(path.join(server.lua, "forwarding.lua"), AT_NIGHT);
    await waitUntil(async () => (await ana.get("/api/twilio/rules")).body.error === null, 15_000, "the good file");
  });

  it("is nothing, while a draft on disk is refused for what concerns the other", async () => {
    const draft = path.join(server.lua, "forwarding.next.lua");
    for (const [what, source] of Object.entries(FAULTS)) {
      writeFileSync(draft, source);
      const shown = await waitUntil(async () => {
        const answer = await ana.get("/api/twilio/rules/draft");
        return answer.body.state === "refused" && answer.body.source === source && answer;
      }, 15_000, what);
      hidden(shown.text.replace(JSON.stringify(source), ""), what);
      const errors = shown.body.errors.map(({ message }) => message).join("\n");
      assert.match(errors, /not every user may see/, what);
      assert.ok(errors.startsWith(shown.body.reason.replace(/^[^ ]* /, "")), what);
    }
    rmSync(draft);
  });

  it("is nothing, on any route, whoever's ids are asked for, nor among the events", async (test) => {
    const heard = [];
    const stream = await listen(heard);
    const ids = [await callOf(THEIRS), await callOf(OURS)];
    const bertha = user(server, THEIRS.id);
    const own = await waitUntil(async () => (await bertha.get("/api/twilio/alerts")).body.alerts.find((alert) => alert.kind === "rule_failed"),
      5000, "the alert");
    assert.match(own.detail, /14155559903 Berthas aunt to \+15105559901/); // its owner is told
    let asked = 0;
    const ask = async (method, target, body) => {
      const headers = { Authorization: `Bearer ${ana.token}`, ...(body === undefined ? { "Content-Length": 0 }
        : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }) };
      const answer = await request(server.port, { method, target, headers, body, timeout: 30_000 });
      hidden(answer.body, `${method} ${target}`);
      hidden(JSON.stringify(answer.headers), `${method} ${target}`);
      asked += 1;
      return answer;
    };
    // What changes something comes last, deleting last of all.
    const order = ["get", "post", "patch", "put", "delete"];
    const routes = Object.entries(description.paths).flatMap(([where, methods]) => Object.keys(methods).map((method) => [method, where]))
      .filter(([, where]) => !/events|auth.(logout|password)|status-callback|recording-callback|\/twiml$/.test(where))
      .sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
    for (const [method, where] of routes) {
      const sids = ids.map((one) => (where.includes("recordings") ? one.recording : one.call));
      const targets = /\{sid\}/.test(where) ? sids.map((sid) => where.replace("{sid}", sid))
        : /\{\w+\}/.test(where) ? [1, 2, 3, 4].map((id) => where.replace(/\{\w+\}/, id)) : [where];
      for (const target of targets)
        for (const body of method === "get" || method === "delete" ? [undefined] : ["{}", '{"source":"return {}","since":"7d"}',
          '{"phone_number_id":2,"forward_to_number":"+13035550142","forwarding_type":"always"}', '{"number":"+13035550142","name":"x"}'])
          await ask(method.toUpperCase(), target, body);
      if (method === "get") for (const target of targets) await ask("GET", `${target}?phone_number_id=2`);
    }
    for (const target of ["/healthz", "/readyz", "/metrics", "/refusals"]) await ask("GET", target);
    await waitUntil(() => heard.join("").includes("Anas") || heard.join("").includes(OURS.number), 10_000, "an event of ours");
    hidden(heard.join(""), "the events");
    stream.destroy();
    test.diagnostic(`${asked} requests`);
  });
});

// The stream of events, as it comes.
async function listen(heard) {
  const { default: http } = await import("node:http");
  return new Promise((resolve, reject) => {
    const call = http.get({ host: "127.0.0.1", port: server.port, path: "/api/twilio/events", agent: false,
      headers: { Authorization: `Bearer ${jwt({ sub: OURS.id })}` } }, (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (part) => heard.push(part));
      answer.on("error", () => {});
      resolve(call);
    });
    call.on("error", reject);
  });
}
