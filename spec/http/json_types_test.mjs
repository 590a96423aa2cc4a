// json_types_test.mjs: every field of every route is sent each kind of JSON, and every
// parameter each kind of text: an answer is 2xx or 4xx, and an error says what is wrong.
// The routes and fields are those of the API's own description, so a new one is tried, too.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { jwt, request, startServer } from "../support/server.mjs";

const DEEP = "[".repeat(2000) + "]".repeat(2000);
// Raw JSON, so that also what JavaScript would not write is sent.
const VALUES = ["null", "true", "false", "0", "5", "-1", "1.5", "-0", "1e300", "1e400", "9007199254740993", "123456789012345678901234567890",
  '""', '"x"', '"5"', '"+13035550142"', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"a\\u202eb"', JSON.stringify("x".repeat(100_000)),
  "[]", "[[]]", "[null]", "[1,2,3]", '["x"]', "{}", '{"a":{"b":[{}]}}', '{"__index":1,"1":2}', DEEP.slice(0, 40) + DEEP.slice(-40), DEEP];
const BODIES = [...VALUES, "", "nonsense", "{", '{"a":1}x', '{"a":1,"a":2}', "\ufeff{}", "[{}]", "NaN", "{'a':1}"];
// (What no form may hold, such as %00 and %ff, wire_test.mjs sends.)
const TEXTS = ["", "x", "5", "-1", "1e9", "99999999999999999999", "null", "[]", "+1", "%2B13035550142",
  "2026-13-45", "a".repeat(3000), "1%27%20OR%201=1", "%F0%9F%98%80"];
// Streams do not end, and a login of one's own would end the others.
const LEFT_OUT = new Set(["GET /api/twilio/events"]);

let server, document;
before(async () => {
  server = await startServer({ rules: "return {}", config: { sandbox: "yes", twilio_auth_token: null, server_url: null, workers: 16 } });
  document = JSON.parse((await server.get("/api/openapi.json")).body);
});
after(() => server?.stop());

const headers = { Authorization: `Bearer ${jwt({ sub: "ana" })}` };
const resolve = (schema) => (schema?.$ref ? schema.$ref.slice(2).split("/").reduce((at, key) => at[key], document) : schema ?? {});

// A value that the schema describes, as raw JSON.
function sample(given) {
  const schema = resolve(given);
  if (schema.enum) return JSON.stringify(schema.enum[0]);
  if (schema.examples) return JSON.stringify(schema.examples[0]);
  const type = [schema.type].flat()[0];
  if (type === "object") return `{${Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name))
    .map(([name, one]) => `${JSON.stringify(name)}:${sample(one)}`).join(",")}}`;
  if (type === "array") return schema.minItems ? `[${sample(schema.items)}]` : "[]";
  if (type === "integer" || type === "number") return String(schema.minimum ?? 1);
  if (type === "boolean") return "true";
  return schema.pattern?.startsWith("^\\+") ? '"+13035550142"' : JSON.stringify("x".repeat(Math.max(1, schema.minLength ?? 1)));
}

// Every field, at any depth: [path, a body with `value` there].
function fields(given, put = (value) => value, path = "") {
  const schema = resolve(given);
  const found = [];
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    const others = Object.entries(schema.properties).filter(([other]) => other !== name && schema.required?.includes(other))
      .map(([other, value]) => `,${JSON.stringify(other)}:${sample(value)}`).join("");
    const here = (value) => put(`{${JSON.stringify(name)}:${value}${others}}`);
    found.push([`${path}${name}`, here], ...fields(one, here, `${path}${name}.`));
  }
  if (schema.items) found.push([`${path}[]`, (value) => put(`[${value}]`)], ...fields(schema.items, (value) => put(`[${value}]`), `${path}[].`));
  return found;
}

async function judge(method, target, body, what) {
  const answer = await request(server.port, { method, target, body, timeout: 30_000,
    headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }) } });
  assert.ok(answer.status >= 200 && answer.status < 300 || answer.status >= 400 && answer.status < 500,
    `${what}: ${answer.status} ${String(answer.body).slice(0, 300)}`);
  if (answer.status >= 400 && method !== "HEAD") {
    const { error } = JSON.parse(answer.body);
    assert.match(error.message, /\w/, what);
    if (answer.status === 422) for (const [name, words] of Object.entries(error.fields ?? {})) assert.match(String(words), /\w{2}/, `${what}: ${name}`);
  }
}

describe("an answer is 2xx or 4xx", { concurrency: 2 }, () => {
  it("to every field with each kind of JSON", async (test) => {
    let tried = 0;
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const schema = operation.requestBody?.content?.["application/json"]?.schema;
        if (!schema) continue;
        const target = path.replace(/\{\w+\}/g, "1");
        for (const body of BODIES) await judge(method.toUpperCase(), target, body, `${method} ${target} ${body.slice(0, 60)}`);
        for (const [name, put] of fields(schema))
          for (const value of VALUES) {
            await judge(method.toUpperCase(), target, put(value), `${method} ${target} ${name} = ${value.slice(0, 60)}`);
            tried += 1;
          }
      }
    test.diagnostic(`${tried} bodies`);
    assert.ok(tried > 1000, `${tried} bodies`);
  });

  // As a path reads it; what the body says is judged above.
  it("to a body that begins with a BOM as to one that doesn't, and to a compressed one with 415", async () => {
    let tried = 0;
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        if (!operation.requestBody?.content?.["application/json"] || operation.tags?.includes("Sandbox")) continue;
        const ask = (body, more) => request(server.port, { method: method.toUpperCase(), target: path.replaceAll(/\{\w+\}/g, "999"), body,
          headers: { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...more } });
        const plain = await ask('{"no_such_field":1}'), marked = await ask('\ufeff{"no_such_field":1}');
        assert.deepEqual([marked.status, JSON.parse(marked.body).error.code], [plain.status, JSON.parse(plain.body).error.code], path);
        for (const coding of ["gzip", "br", "GZIP", "deflate"]) {
          const packed = await ask(gzipSync('{"no_such_field":1}'), { "Content-Encoding": coding });
          assert.equal(packed.status, 415, `${path} ${coding}: ${packed.body}`);
        }
        tried += 1;
      }
    assert.ok(tried > 15, `${tried} routes`);
  });

  it("to every parameter with each kind of text", async (test) => {
    let tried = 0;
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        if (LEFT_OUT.has(`${method.toUpperCase()} ${path}`) || operation.tags?.includes("Webhooks")) continue;
        for (const parameter of operation.parameters ?? [])
          for (const text of TEXTS) {
            const { in: where, name } = resolve(parameter);
            if (where === "header") continue;
            const filled = path.replaceAll(/\{(\w+)\}/g, (_, other) => (where === "path" && other === name ? text || "x" : "1"));
            await judge(method.toUpperCase(), where === "query" ? `${filled}?${name}=${text}` : filled, undefined, `${method} ${path} ${name}=${text.slice(0, 60)}`);
            tried += 1;
          }
      }
    test.diagnostic(`${tried} requests`);
    assert.ok(tried > 500, `${tried} requests`);
  });
});
