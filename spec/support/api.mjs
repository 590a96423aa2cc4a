// api.mjs: the API as a user's program calls it.
//
//   const ana = user(server, "42");
//   const { status, body } = await ana.post("/api/twilio/buy-number", { areaCode: "510" });
//   const { id } = await ok(ana.post("/api/twilio/contacts", { number: "+14155550123" }));
import assert from "node:assert/strict";
import { jwt, request } from "./server.mjs";

// The body of an answer without an error.
export async function ok(answer) {
  const { status, body, text = body } = await answer;
  assert.ok(status < 300, text);
  return body;
}

export function user(server, id, claims = {}) {
  const token = jwt({ ...claims, sub: id, exp: Math.floor(Date.now() / 1000) + 86_400 }); // also for a soak
  const call = async (method, target, value, { headers = {}, ...more } = {}) => {
    const body = value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
    const answer = await request(server.port, { method, target, body, timeout: 15_000, ...more, headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? (method === "GET" ? {} : { "Content-Length": 0 })
        : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }), ...headers } });
    const json = /^application\/json/.test(answer.headers["content-type"] ?? "");
    return { status: answer.status, headers: answer.headers, text: answer.body, ms: answer.ms,
      body: json ? JSON.parse(answer.body) : undefined };
  };
  return {
    id, token,
    get: (target, options) => call("GET", target, undefined, options),
    post: (target, value, options) => call("POST", target, value, options),
    put: (target, value, options) => call("PUT", target, value, options),
    patch: (target, value, options) => call("PATCH", target, value, options),
    delete: (target, options) => call("DELETE", target, undefined, options),
  };
}
