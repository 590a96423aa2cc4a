// health_test.mjs: what the server says about itself, to whom.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { MINI } from "../support/mini.mjs";
import { startServer, waitUntil } from "../support/server.mjs";

const json = (answer) => JSON.parse(answer.body);

describe("health", () => {
  let server;
  before(async () => {
    server = await startServer({ lua: MINI, config: { metrics_token: "let-me-read-the-metrics" } });
  });
  after(() => server?.stop());

  it("/healthz says that it lives, and with which rules", async () => {
    const answer = await server.get("/healthz");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["cache-control"], "no-store");
    const { status, version, rules, uptime_seconds } = json(answer);
    assert.equal(status, "ok");
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.ok(uptime_seconds >= 0 && uptime_seconds < 60);
    assert.equal(rules.version, 1);
    assert.match(rules.hash, /^[0-9a-f]{64}$/);
    assert.equal(rules.error, null);
    assert.equal(rules.defaults, false);
  });

  it("/readyz says that it can take calls", async () => {
    const answer = await server.get("/readyz");
    assert.equal(answer.status, 200);
    assert.deepEqual(json(answer).reasons, []);
    assert.equal(json(answer).status, "ready");
  });

  it("answers HEAD with the length and nothing else", async () => {
    const answer = await server.get("/healthz", { method: "HEAD" });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, "");
    assert.ok(Number(answer.headers["content-length"]) > 50);
  });

  it("/metrics counts what happened, in Prometheus' format", async () => {
    await server.post("/api/twilio/twiml", { From: "+1" }, { token: "wrong" });
    const answer = await server.get("/metrics");
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-type"], /^text\/plain; version=0\.0\.4/);
    const value = (name) => Number(answer.body.match(new RegExp(`^${name} (\\S+)$`, "m"))?.[1]);
    assert.ok(value("hookswitch_requests_total") >= 4);
    assert.equal(value("hookswitch_workers"), 8);
    assert.ok(value("hookswitch_busy_workers") >= 1);
    assert.ok(value("hookswitch_vms") >= 1 && value("hookswitch_vms") <= 8);
    assert.equal(value("hookswitch_rules_version"), 1);
    assert.match(answer.body, /refused.*signature.* 1$/m);
    for (const line of answer.body.trim().split("\n"))
      assert.match(line, /^(# (HELP|TYPE) .+|[a-z_]+(\{[^}]*\})? -?[0-9.e+]+)$/);
  });

  it("/metrics refuses requests that come through a proxy", async () => {
    for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
      assert.equal((await server.get("/metrics", { headers: { [name]: "1.2.3.4" } })).status, 403);
    const read = (token) => server.get("/metrics", { headers: { "X-Forwarded-For": "1.2.3.4", Authorization: `Bearer ${token}` } });
    assert.equal((await read("let-me-read-the-metrics")).status, 200);
    assert.equal((await read("let-me-read-the-metric")).status, 403);
    assert.equal((await read("let-me-read-the-metrics!")).status, 403);
    assert.equal((await read("")).status, 403);
  });

  it("/readyz?strict alarms for what a balancer needn't know", async () => {
    const strict = ["/readyz?strict", "/readyz?strict=1", "/readyz?a=b&strict"], lax = ["/readyz", "/readyz?stricter", "/readyz?a=strict"];
    const all = (list) => Promise.all(list.map(async (target) => (await server.get(target)).status));
    assert.deepEqual(await all(strict), [200, 200, 200]);
    assert.equal(json(await server.get("/readyz?strict")).status, "ready");
    const file = path.join(server.lua, "forwarding.lua"), good = readFileSync(file);
    writeFileSync(file, "return {\n");
    await waitUntil(async () => json(await server.get("/readyz")).warnings.length, 5000, "a refusal");
    assert.deepEqual(await all(lax), [200, 200, 200]);
    assert.deepEqual(await all(strict), [503, 503, 503]);
    const { status, reasons, warnings } = json(await server.get("/readyz?strict"));
    assert.deepEqual([status, reasons, warnings.map(({ code }) => code)], ["degraded", [], ["rules_refused"]]);
    writeFileSync(file, good);
    await waitUntil(async () => (await server.get("/readyz?strict")).status === 200, 5000, "the end of the alarm");
  });
});

describe("health of a server", () => {
  it("without an auth token: refuses every webhook and says why", async () => {
    const server = await startServer({ lua: MINI, config: { twilio_auth_token: null } });
    try {
      const ready = await server.get("/readyz");
      assert.equal(ready.status, 503);
      assert.deepEqual(json(ready).reasons.map((reason) => reason.code), ["auth_token_missing"]);
      for (const token of ["", "12345"])
        assert.equal((await server.post("/api/twilio/twiml", { From: "+1" }, { token })).status, 403);
      assert.equal((await server.logged("webhook_refused")).reason, "auth_token_missing");
      assert.match(server.out, /TWILIO_AUTH_TOKEN is not set/);
      assert.equal((await server.get("/healthz")).status, 200);
    } finally {
      await server.stop();
    }
  });

  it("that does not check webhooks: says ready, and takes them", async () => {
    const server = await startServer({ lua: MINI, config: { twilio_auth_token: null, insecure_webhooks: "yes" } });
    try {
      assert.equal((await server.get("/readyz")).status, 200);
      const answer = await server.post("/api/twilio/twiml", { From: "+1415" });
      assert.equal(answer.status, 200);
      assert.equal(answer.body, "<Response><Say>+1415</Say></Response>");
    } finally {
      await server.stop();
    }
  });

  it("prints one line for whoever started it", async () => {
    const server = await startServer({ lua: MINI });
    assert.match(server.out, new RegExp(`^Hookswitch \\S+ answers on http://127.0.0.1:${server.port}/ .*forwarding\\.lua.*\n$`));
    const line = await server.logged("listening");
    assert.equal(line.port, server.port);
    await server.stop();
  });
});
