// openapi_test.mjs: the API's description: is it valid, is it complete, does it
// say what the validators do. That answers agree with it is checked by
// server.mjs, in every spec.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { user } from "../support/api.mjs";
import { commandJson } from "../support/command.mjs";
import { describeApi, Judge, operations } from "../support/openapi.mjs";
import { startServer } from "../support/server.mjs";

const SPEC = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const document = describeApi();
const all = operations(document);

describe("the API's description", () => {
  let server;
  before(async () => { server = await startServer({ config: { server_url: "https://phone.example.com" } }); });
  after(() => server?.stop());

  it("is what the server hands out, to anybody", async () => {
    const answer = await server.get("/api/openapi.json");
    assert.equal(answer.status, 200);
    const served = JSON.parse(answer.body);
    assert.deepEqual(served.servers, [{ url: "https://phone.example.com" }]);
    assert.deepEqual({ ...served, servers: document.servers }, document);
    assert.equal((await server.get("/api/openapi.json")).body, answer.body);
  });

  it("holds every route of the API, and no other", async () => {
    const { value } = await commandJson(["routes"]);
    const expected = value.routes.filter((route) => route.path.startsWith("/api/"))
      .map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, "{$1}")} ${route.auth}`);
    const security = ({ operation }) => (operation.security.length === 0 ? "none" : operation.security[0].twilio ? "twilio" : "user");
    assert.deepEqual(all.map((one) => `${one.method} ${one.path} ${security(one)}`).sort(), expected.sort());
  });

  it("says of every operation what it is for and what it answers", () => {
    const ids = new Set();
    for (const { method, path: where, operation } of all) {
      assert.notEqual(operation.summary, `${method} ${where.replace(/\{(\w+)\}/g, ":$1")}`, `${method} ${where} has no summary`);
      assert.notEqual(operation.tags[0], "Other", where);
      const success = Object.entries(operation.responses).filter(([status]) => status < 400);
      assert.ok(success.length > 0, where);
      for (const [status, { content }] of success) {
        if (status === "204") continue;
        for (const [type, { schema }] of Object.entries(content))
          assert.ok(type !== "application/json" || where === "/api/openapi.json" || schema.$ref, `${method} ${where} ${status} has no schema`);
      }
      ids.add(operation.operationId);
    }
    assert.equal(ids.size, all.length);
  });

  it("gives the validators' bounds", () => {
    const rule = document.paths["/api/call-forwarding"].post.requestBody.content["application/json"].schema;
    assert.deepEqual(rule.required, ["forward_to_number", "phone_number_id"]);
    assert.deepEqual(rule.properties.ring_timeout, { type: "integer", minimum: 5, maximum: 600, default: 20 });
    assert.deepEqual(rule.properties.forwarding_type.enum, ["always", "busy", "no_answer"]);
    assert.equal(rule.additionalProperties, false);
    const search = document.paths["/api/twilio/available-numbers"].get.parameters;
    assert.ok(search.some((one) => one.name === "areaCode" && one.in === "query" && one.required === false));
    assert.deepEqual(document.paths["/api/twilio/my-numbers/{id}"].put.parameters[0],
      { name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } });
  });

  // Of these only programs read what is wrong: no form has them.
  const PROGRAMS = /^(hash|shown|gets|legs|answers|digits|messages|mishaps|variant|params|hangup_at|pace|cursor)\b/;

  it("says of every field that is wrong why, as a code too, whatever was sent", async () => {
    const without = new Set();
    const codes = new Set();
    for (const { method, path: where, operation } of all) {
      const schema = operation.requestBody?.content["application/json"]?.schema;
      const names = schema?.properties ? Object.keys(schema.properties) : (operation.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name);
      if (names.length === 0 || operation.security.length === 0 || operation.security[0].twilio) continue;
      const asker = user(server, operation.operationId);
      for (const bad of [{ a: 1 }, [{}], "", "\u0001", " ", "+1", "ftp://x", -5e9, "9".repeat(3000), true, undefined]) {
        const given = Object.fromEntries(names.map((name) => [name, bad]).concat([["no_such_field", bad]]));
        const target = where.replace(/\{\w+\}/g, "1");
        const answer = await (schema ? asker[method.toLowerCase()](target, given)
          : asker.get(`${target}?${new URLSearchParams(Object.entries(given).map(([name, value]) => [name, String(value)]))}`));
        const { fields = {}, reasons = {} } = answer.body?.error ?? {};
        for (const reason of Object.values(reasons)) codes.add(reason.code);
        for (const [name, text] of Object.entries(fields)) if (!reasons[name] && !PROGRAMS.test(name)) without.add(`${method} ${where} ${name}: ${text}`);
      }
    }
    assert.ok(codes.size > 15, [...codes].join(", "));
    assert.deepEqual([...without], []);
  });

  it("refuses every parameter of a query that is given twice, as arrays are written elsewhere", async () => {
    let asked = 0;
    for (const { method, path: where, operation } of all) {
      if (method !== "GET" || operation.security.length === 0) continue;
      const asker = user(server, `${operation.operationId}_2`);
      for (const { name } of (operation.parameters ?? []).filter((one) => one.in === "query")) {
        const { status, body } = await asker.get(`${where.replace("{sid}", "RE1").replace("{code}", "DE-BY").replace(/\{\w+\}/g, "1")}?${name}=1&${name}=2`);
        assert.deepEqual([status, body.error.reasons[name]], [422, { code: "repeated" }], `${where} ${name}`);
        asked++;
      }
    }
    assert.ok(asked > 60, `${asked}`);
  });

  it("refuses a body that has a field twice", async () => {
    for (const [body, name] of [['{"name":"a","name":"b"}', "name"], ['{"name":"a","tags":[{"x":1,"\\u0078":2}]}', "x"]]) {
      const answer = await user(server, "1").post("/api/twilio/contacts", body);
      assert.deepEqual([answer.status, answer.body.error.reasons[name]], [422, { code: "repeated" }], body);
    }
  });

  it("promises every field in every answer: one that can be null is there, as null", () => {
    const promised = (where, schema) => {
      if (!schema || typeof schema !== "object") return;
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        const there = (schema.required ?? []).includes(name);
        assert.ok(there || ["Error.error.details", "Error.error.fields", "Error.error.reasons"].includes(`${where}.${name}`), `${where}.${name} may be left out`);
        promised(`${where}.${name}`, field);
      }
      promised(`${where}[]`, schema.items);
      for (const one of schema.anyOf ?? []) promised(where, one);
    };
    const schemas = Object.entries(document.components.schemas);
    assert.ok(schemas.length > 40);
    for (const [name, schema] of schemas) promised(name, schema);
    const judge = new Judge(document);
    const row = { sid: "x" };
    assert.throws(() => judge.valid("#/components/schemas/Alert", JSON.stringify(row), "it"), /closed_at/);
  });

  it("passes Redocly's lint", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-openapi-"));
    const file = path.join(folder, "openapi.json");
    writeFileSync(file, JSON.stringify(document));
    const result = spawnSync(process.execPath, [path.join(SPEC, "node_modules/@redocly/cli/bin/cli.js"), "lint", file,
      "--extends=recommended-strict", "--format=json"], { cwd: folder, encoding: "utf8", timeout: 600_000,
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } });
    rmSync(folder, { recursive: true });
    const { totals, problems } = JSON.parse(result.stdout.slice(result.stdout.indexOf("{")));
    assert.deepEqual([totals.errors, totals.warnings], [0, 0], JSON.stringify(problems, null, 1).slice(0, 4000));
  });

  it("is a judge that notices", () => {
    const judge = new Judge(document);
    const answer = (status, body, type = "application/json; charset=utf-8") =>
      ({ status, headers: { "content-type": type }, body: typeof body === "string" ? body : JSON.stringify(body) });
    const good = { identity: "user_1", online: true };
    judge.check("POST", "/api/twilio/presence", answer(200, good));
    for (const [method, target, bad] of [
      ["POST", "/api/twilio/presence", answer(200, { ...good, more: 1 })],
      ["POST", "/api/twilio/presence", answer(200, { online: true })],
      ["POST", "/api/twilio/presence", answer(200, { ...good, online: "yes" })],
      ["POST", "/api/twilio/presence", answer(201, good)],
      ["POST", "/api/twilio/presence", answer(200, JSON.stringify(good), "text/html")],
      ["POST", "/api/twilio/presence", answer(401, { error: "no" })],
      ["DELETE", "/api/call-forwarding/1", answer(204, "x")],
      ["GET", "/api/twilio/nothing", answer(200, {})],
      ["GET", "/api/twilio/nothing", answer(404, {})],
    ]) assert.throws(() => judge.check(method, target, bad), undefined, `${method} ${target} ${bad.status} ${bad.body}`);
  });
});
