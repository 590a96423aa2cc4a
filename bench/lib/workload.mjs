// workload.mjs: the signed voice webhooks, and the texts every server writes.
import { createHmac, randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export const SERVER_URL = "https://bench.example.com";
export const TARGET = "/api/twilio/twiml";
export const TOKEN = "bench-token-0123456789abcdef0123";
export const ACCOUNT = `AC${"0".repeat(31)}1`;
export const OWNED = "+13035550100";
export const FORWARD = "+13035550142";
export const BODIES = 20_000;
export const TEXTS = ["twiml.xml", "plan.json", "inputs.json", "reads.json"];

const CITIES = [
  ["DENVER", "CO", "80202"],
  ["SALT LAKE CITY", "UT", "84101"],
  ["ST. PAUL", "MN", "55101"],
  ["COEUR D'ALENE", "ID", "83814"],
  ["", "", ""],
];

// The 18 parameters of a voice request, in Twilio's (unsorted) order.
export function voiceRequest(callSid, from, city = CITIES[0]) {
  return {
    CallSid: callSid,
    AccountSid: ACCOUNT,
    ApiVersion: "2010-04-01",
    From: from,
    Caller: from,
    FromCity: city[0],
    FromState: city[1],
    FromZip: city[2],
    FromCountry: "US",
    To: OWNED,
    Called: OWNED,
    ToCity: "DENVER",
    ToState: "CO",
    ToZip: "80205",
    ToCountry: "US",
    CallStatus: "ringing",
    Direction: "inbound",
    StirVerstat: "TN-Validation-Passed-A",
  };
}

export function newCallSid() {
  return `CA${randomBytes(16).toString("hex")}`;
}

// 200 area codes by the 100 numbers set aside for fiction.
export function caller(n) {
  const area = 201 + (Math.floor(n / 100) % 200) * 3;
  return `+1${area}5550${String(100 + (n % 100))}`;
}

export function sign(params, target = TARGET) {
  let text = SERVER_URL + target;
  for (const name of Object.keys(params).sort()) {
    text += name + params[name];
  }
  return createHmac("sha1", TOKEN).update(text).digest("base64");
}

// As Twilio encodes: everything but letters, digits and -_. and a plus for a space.
export function encode(params) {
  return new URLSearchParams(params).toString();
}

// Writes bodies.txt and calls.txt for wrk.lua: `calls` different CallSids.
export function writeLoad(folder, calls) {
  mkdirSync(folder, { recursive: true });
  const cut = [];
  const lines = [];
  for (let i = 0; i < BODIES; i++) {
    const params = voiceRequest("\0", caller(i), CITIES[i % CITIES.length]);
    const [before, after] = encode(params).split("%00");
    lines.push(`${before}\t${after}\n`);
    const names = Object.keys(params).sort();
    const signed = SERVER_URL + TARGET + names.map((name) => name + params[name]).join("");
    cut.push(signed.split("\0"));
  }
  writeFileSync(path.join(folder, "bodies.txt"), lines.join(""));
  const records = [];
  for (let i = 0; i < calls; i++) {
    const sid = newCallSid();
    const [before, after] = cut[i % BODIES];
    records.push(sid, createHmac("sha1", TOKEN).update(before).update(sid).update(after).digest("base64"));
  }
  writeFileSync(path.join(folder, "calls.txt"), records.join(""));
}

// The texts that the limits and peers answer and store. They are those that
// Hookswitch wrote for the same call when it was measured (`captured`), else
// the ones kept in bench/workload.
export function writeTexts(from, to, captured) {
  mkdirSync(to, { recursive: true });
  for (const name of TEXTS) {
    if (captured && captured[name] !== undefined) {
      writeFileSync(path.join(to, name), `${captured[name]}\n`);
    } else if (existsSync(path.join(from, name)) && path.resolve(from) !== path.resolve(to)) {
      copyFileSync(path.join(from, name), path.join(to, name));
    }
  }
}

// A text of one call with places instead of what belongs to that call.
export function generalise(text, call) {
  return text.replaceAll(call.CallSid, "{{CallSid}}").replaceAll(call.From, "{{From}}");
}
