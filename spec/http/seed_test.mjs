// seed_test.mjs: every endpoint and every usage example of the original
// integration document (docs/seed.md), called in the sandbox.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { jwt, startServer } from "../support/server.mjs";

const DOC = readFileSync(new URL("../../docs/seed.md", import.meta.url), "utf8");
const ENDPOINTS = [...DOC.matchAll(/^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)`/gm)].map(([, method, path]) => [method, path]);
// What the document of the other project lists; counted here so that none is lost there.
const SEED = 16;

let server, token;
const api = (method, path, body) => fetch(server.base + path, { method, headers: { Authorization: `Bearer ${token}`,
  ...(body ? { "Content-Type": "application/json" } : {}) }, body: body && JSON.stringify(body) });
before(async () => {
  server = await startServer({ rules: "return {}", config: { sandbox: "yes", twilio_auth_token: null, server_url: null,
    keep_alive_timeout_ms: 20_000 } }); // fetch keeps connections for 4 s
  token = jwt({ sub: "42" });
});
after(() => server?.stop());

test("the page lists every endpoint of the original, and each is there", async () => {
  assert.equal(ENDPOINTS.length, SEED);
  const known = (await (await fetch(`${server.base}/api/openapi.json`)).json()).paths;
  for (const [method, path] of ENDPOINTS) {
    const template = path.replace(/:(\w+)/g, "{$1}");
    assert.ok(known[template]?.[method.toLowerCase()], `${method} ${path} is described`);
    const answer = await fetch(server.base + path.replace(":id", "999999"), { method });
    assert.equal(answer.status, /twiml|callback/.test(path) ? 403 : 401, `${method} ${path} without a token`);
  }
});

test("every endpoint works for its user", async () => {
  const bought = await api("POST", "/api/twilio/buy-number", { areaCode: "303", country: "US" });
  assert.equal(bought.status, 201);
  const number = await bought.json();
  assert.equal((await api("GET", "/api/twilio/available-numbers?areaCode=303")).status, 200);
  const mine = await (await api("GET", "/api/twilio/my-numbers")).json();
  assert.deepEqual(mine.phone_numbers.map((row) => row.id), [number.id]);
  assert.equal((await api("PUT", `/api/twilio/my-numbers/${number.id}`, { friendlyName: "Main" })).status, 200);
  const made = await api("POST", "/api/call-forwarding", { phone_number_id: number.id, forward_to_number: "+13035550142",
    forwarding_type: "always", ring_timeout: 20 });
  assert.equal(made.status, 201);
  const rule = await made.json();
  assert.equal((await (await api("GET", "/api/call-forwarding")).json()).call_forwarding.length, 1);
  assert.equal((await (await api("PUT", `/api/call-forwarding/${rule.id}`, { ring_timeout: 30 })).json()).ring_timeout, 30);
  assert.equal((await (await api("PATCH", `/api/call-forwarding/${rule.id}/toggle`)).json()).is_active, false);
  const played = await fetch(`${server.base}/sandbox/calls`, { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ from: "+14155550123", to: number.phone_number, messages: [4] }) });
  assert.equal((await played.json()).outcome, "message");
  const log = await (await api("GET", "/api/twilio/call-logs")).json();
  assert.deepEqual(log.call_logs.map((call) => call.end_reason), ["voicemail"]);
  assert.equal((await (await api("GET", "/api/twilio/recordings")).json()).recordings.length, 1);
  assert.equal((await api("DELETE", `/api/call-forwarding/${rule.id}`)).status, 204);
  assert.equal((await api("DELETE", `/api/twilio/my-numbers/${number.id}`)).ok, true);
});

// The three examples as written there; only fetch is told where the server is.
test("the usage examples run", async () => {
  const run = (code) => {
    const here = (path, options) => fetch(server.base + path, options);
    return new (Object.getPrototypeOf(async () => {}).constructor)("fetch", "token", "sessionToken", `{${code}}`)(here, token, token);
  };
  const purchase = await run(`const response = await fetch('/api/twilio/buy-number', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Authorization': \`Bearer \${token}\` },
    body: JSON.stringify({ areaCode: '555', country: 'US' })
  });
  return [response.status, await response.json()]`);
  assert.equal(purchase[0], 404);
  assert.equal(purchase[1].error.code, "no_numbers_available");
  const [example] = [...DOC.matchAll(/```javascript\n([\s\S]*?)```/g)].map((match) => match[1]);
  const calling = await run(`${example}\nreturn { token, availableNumbers };`);
  assert.equal(calling.token.split(".").length, 3);
  assert.ok(Array.isArray(calling.availableNumbers));
  const { id } = await (await api("POST", "/api/twilio/buy-number", { areaCode: "415" })).json();
  const forwarding = await run(`const response = await fetch('/api/call-forwarding', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Authorization': \`Bearer \${token}\` },
    body: JSON.stringify({ phone_number_id: ${id}, forward_to_number: '+15551234567', forwarding_type: 'always', ring_timeout: 20 })
  });
  return [response.status, await response.json()]`);
  assert.equal(forwarding[0], 201);
  assert.match(forwarding[1].warnings[0], /cannot be reached/);
});
