// voice.mjs: single requests of a call, as Twilio posts them, and what was
// answered. Whole calls are played by twilio.mjs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { counted } from "./slow.mjs";
import { elements, parseXml } from "./xml.mjs";

export const newSid = (prefix = "CA") => prefix + randomBytes(16).toString("hex");

// The form of a call's first webhook.
export function inbound(from, to, more = {}) {
  return { AccountSid: `AC${"a".repeat(32)}`, ApiVersion: "2010-04-01", CallSid: newSid(), CallStatus: "ringing",
    Direction: "inbound", From: from, To: to, Caller: from, Called: to, ...more };
}

// Post a form; once more when the connection was let go of before the answer,
// as a client is that stands still while others wait (a busy machine makes it).
export async function patient(server, target, params) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.post(target, params);
    } catch (error) {
      if (!/ECONNRESET|EPIPE/.test(error.code) || attempt === 5) throw error;
    }
  }
}

// The form of a status callback.
export function report(callSid, status, more = {}) {
  return { AccountSid: `AC${"a".repeat(32)}`, CallSid: callSid, CallStatus: status,
    CallbackSource: "call-progress-events", Timestamp: new Date().toUTCString(), ...more };
}

// The form of a recording callback.
export function recording(callSid, status, more = {}) {
  const sid = more.RecordingSid ?? newSid("RE");
  return { AccountSid: `AC${"a".repeat(32)}`, CallSid: callSid, RecordingSid: sid, RecordingStatus: status,
    RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/${sid}`, RecordingChannels: "1",
    RecordingStartTime: new Date().toUTCString(), ...more };
}

// The <Response> of an answer, which must be a document; raises otherwise.
export function twiml(answer) {
  assert.equal(answer.status, 200, answer.body);
  assert.equal(answer.headers["content-type"], "text/xml; charset=utf-8");
  const response = parseXml(answer.body);
  assert.equal(response.tagName, "Response", answer.body);
  return response;
}

// Names of the verbs, in order.
export const verbs = (response) => elements(response).map((verb) => verb.tagName);

// All elements of a name, at any depth.
export const all = (node, name) => Array.from(node.getElementsByTagName(name));

// The one element of a name; raises when there are more or none.
export function one(node, name) {
  const found = all(node, name);
  assert.equal(found.length, 1, `one <${name}> in ${node}`);
  return found[0];
}

// An attribute, undefined when it is not there.
export const attribute = (node, name) => (node.hasAttribute(name) ? node.getAttribute(name) : undefined);

// The URL that an element sends Twilio to, as a target of this server.
export function target(server, node, name = "action") {
  const url = attribute(node, name);
  assert.ok(url?.startsWith(`${server.base}/`), `${name}="${url}" is not ours`);
  return url.slice(server.base.length);
}

export const said = (response) => all(response, "Say").map((say) => say.textContent).join(" ");

// Whom a document rings: phones, and browsers as client:identity.
export const rung = (response) => all(response, "Dial").flatMap((dial) => elements(dial).map((noun) =>
  (noun.tagName === "Client" ? `client:${one(noun, "Identity").textContent}` : noun.textContent)));

// Take the database's write lock, as another process does that copies or
// repairs it; the function returned lets go of it.
export function lockDatabase(file) {
  const child = counted(spawn("sqlite3", [file], { stdio: ["pipe", "pipe", "inherit"] }));
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin.write(".timeout 60000\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n");
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (part) => {
      said += part;
      if (said.includes("locked")) resolve(() => (child.stdin.end("COMMIT;\n"), ended));
    });
    ended.then((code) => reject(new Error(`sqlite3 ended (${code}) without the lock: ${said}`)));
  });
}
