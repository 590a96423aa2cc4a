// judges_test.mjs: the npm package `twilio` as an independent judge of our
// signatures and our TwiML, over generated cases (a fixed seed, so a failure
// can be repeated).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import twilio from "twilio";
import { generator } from "../support/random.mjs";
import { canonical } from "../support/xml.mjs";

const binary = path.resolve(process.env.BUILD ?? "build", "hookswitch");
const TOKEN = "12345";

// Run a Lua script in an application VM; cases and answers travel as JSON.
function inLua(script, cases) {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-judge-"));
  const file = path.join(folder, "judge.lua");
  const text = JSON.stringify(cases);
  let level = "=";
  while (text.includes(`]${level}]`)) level += "=";
  writeFileSync(file, `local json = require("json")\nlocal cases = json.decode([${level}[\n${text}]${level}])\n${script}\n`);
  const result = spawnSync(binary, ["run", file], { encoding: "utf8", maxBuffer: 256 << 20, timeout: 600_000,
    env: { ...process.env, SERVER_URL: "https://example.com", TWILIO_AUTH_TOKEN: TOKEN, HOOKSWITCH_SANDBOX: "yes",
      HOOKSWITCH_DATABASE: path.join(folder, "judge.db") } });
  rmSync(folder, { recursive: true });
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`.slice(-3000));
  return JSON.parse(result.stdout);
}

const below = generator(20261122);
const random = () => below(2 ** 32) / 2 ** 32;
const pick = (list) => list[Math.floor(random() * list.length)];
const WORDS = ["", "a", "0", "+14155550100", "a b", "ä", "漢字", "🙂", "x&y=z", "100%", "+", "'", '"', "<b>", "Reason", "\u00a0",
  "client:user_42", "a".repeat(300), "~!*()"];
const NAMES = ["CallSid", "From", "To", "Digits", "Reason", "ReasonConferenceEnded", "callsid", "A", "a", "Ä", "SpeechResult"];

function signatureCase() {
  const host = pick(["example.com", "example.com:8443", "EXAMPLE.com", "example.com:443", "user:pass@example.com"]);
  const scheme = pick(["https", "http"]);
  const query = pick(["", "?step=after&leg=fwd&n=2", "?a=1&a=2", "?x=%20y+z", "?q=%C3%A4", "?b=2&a=1"]);
  const url = `${scheme}://${host}${pick(["/api/twilio/twiml", "/", "/a//b", "/a%20b/"])}${query}`;
  const params = {};
  for (let n = Math.floor(random() * 12); n > 0; n--) params[pick(NAMES)] = random() < 0.2 ? [pick(WORDS), pick(WORDS)] : pick(WORDS);
  let signature = twilio.getExpectedTwilioSignature(TOKEN, url, params);
  const spoil = random();
  if (spoil < 0.1) signature = signature.replace(/^./, (c) => (c === "A" ? "B" : "A"));
  else if (spoil < 0.15) signature = "";
  else if (spoil < 0.2) signature = twilio.getExpectedTwilioSignature("other", url, params);
  else if (spoil < 0.25) params.Extra = "1";
  return { url, params, signature };
}

test("signatures agree with twilio's validator on 10,000 generated requests", () => {
  const cases = Array.from({ length: 10_000 }, signatureCase);
  const ours = inLua(`
    local twilio, answers = require("twilio"), json.array {}
    for i, case in ipairs(cases) do
      answers[i] = twilio.valid_signature(case.url, case.params, case.signature)
    end
    print(json.encode(answers))`, cases);
  let valid = 0;
  cases.forEach((c, i) => {
    const theirs = twilio.validateRequest(TOKEN, c.signature, c.url, c.params);
    valid += theirs;
    assert.equal(ours[i], theirs, JSON.stringify(c));
  });
  assert.ok(valid > 5000 && valid < 9500, `${valid} of 10,000 were valid: the cases do not separate`);
});

test("signatures we make are the ones twilio makes", () => {
  const cases = Array.from({ length: 2000 }, signatureCase);
  const ours = inLua(`
    local twilio, answers = require("twilio"), json.array {}
    for i, case in ipairs(cases) do answers[i] = twilio.sign(case.url, case.params) end
    print(json.encode(answers))`, cases);
  cases.forEach((c, i) => assert.equal(ours[i], twilio.getExpectedTwilioSignature(TOKEN, c.url, c.params), JSON.stringify(c)));
});

// What our own catalogue allows, asked of the program: element → attributes, children.
const TEXTS = ["Hello", "a < b & c > d", "\"quoted\" 'single'", "line\nbreak\ttab", "ünïcödé 漢字 🙂", "]]>", "&amp; twice", ""];
const METHODS = { break: "break", "say-as": "sayAs" };
// Elements Twilio documents that its library has no method for: parent>child.
const BEYOND = new Set(["Connect>Assistant", "Refer>Sip", "Sip>Headers", "Sip>Uri"]);

function twimlTree(catalogue, name, depth) {
  const element = catalogue[name];
  const node = { name, attributes: {}, children: [] };
  for (const [attribute, kind] of Object.entries(element.attributes)) {
    if (random() > 0.25) continue;
    if (kind.values) node.attributes[attribute] = kind.list ? [pick(kind.values), pick(kind.values)] : pick(kind.values);
    else if (kind.kind === "number") node.attributes[attribute] = kind.list ? [1, 2] : Math.floor(random() * 100);
    else if (kind.kind === "boolean") node.attributes[attribute] = random() < 0.5;
    else node.attributes[attribute] = pick(TEXTS);
  }
  if (element.text) node.text = pick(TEXTS);
  if (depth > 0 && !(element.text && random() < 0.5))
    for (let n = Math.floor(random() * 3); n > 0 && element.children.length; n--) {
      const child = pick(element.children);
      if (catalogue[child] && !BEYOND.has(`${name}>${child}`)) node.children.push(twimlTree(catalogue, child, depth - 1));
    }
  if (element.text && node.children.length) delete node.text;
  return node;
}

function theirs(parent, node, catalogue) {
  const method = METHODS[node.name] ?? node.name[0].toLowerCase() + node.name.slice(1);
  const attributes = Object.fromEntries(Object.entries(node.attributes).map(([k, v]) => [k, Array.isArray(v) ? v.join(" ") : v]));
  if (typeof parent[method] !== "function") throw new Error(`twilio has no ${method} in ${parent.constructor.name}`);
  const made = catalogue[node.name].text ? parent[method](attributes, node.text ?? "") : parent[method](attributes);
  for (const child of node.children) theirs(made, child, catalogue);
}

test("TwiML equals twilio's VoiceResponse on 2,000 generated documents", () => {
  const catalogue = inLua(`
    local verbs = require("calls.twiml.verbs")
    print(json.encode(verbs.describe()))`, []);
  const cases = Array.from({ length: 2000 }, () => {
    const children = [];
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) children.push(twimlTree(catalogue, pick(catalogue.Response.children), 2));
    return { name: "Response", attributes: {}, children };
  });
  const ours = inLua(`
    local twiml, answers = require("calls.twiml.document"), json.array {}
    for i, case in ipairs(cases) do answers[i] = twiml.write(twiml.node(case)) end
    print(json.encode(answers))`, cases);
  cases.forEach((c, i) => {
    const response = new twilio.twiml.VoiceResponse();
    for (const child of c.children) theirs(response, child, catalogue);
    assert.deepEqual(canonical(ours[i]), canonical(response.toString()), ours[i]);
  });
});
