// smoke_test.mjs: start, load, reload, stop: everything that several threads do
// at once, in a few seconds; also run under ThreadSanitizer.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { MINI } from "../support/mini.mjs";
import { raw, sleep, startServer } from "../support/server.mjs";

const SECONDS = 4;

describe("a server", () => {
  it("starts, answers many at once, reloads meanwhile, and stops", async (test) => {
    const server = await startServer({ lua: MINI, config: { workers: 8, request_timeout_ms: 1000 } });
    const until = Date.now() + SECONDS * 1000;
    let answered = 0;
    const repeat = async (act) => {
      for (; Date.now() < until; answered++) await act();
    };
    const expect = (status) => (answer) => assert.equal(answer.status, status);
    await Promise.all([
      repeat(() => server.post("/api/twilio/twiml", { From: "+1" }).then(expect(200))),
      repeat(() => server.post("/api/twilio/status-callback", { CallSid: "CA1" }).then(expect(200))),
      repeat(() => server.post("/api/twilio/twiml", { From: "+1" }, { token: "wrong" }).then(expect(403))),
      repeat(() => server.get("/api/echo").then(expect(200))),
      repeat(() => server.get("/readyz").then(expect(200))),
      repeat(() => server.get("/metrics").then(expect(200))),
      repeat(() => server.get("/healthz").then(expect(200))),
      repeat(() => raw(server.port, "nonsense\r\n\r\n")),
      // more connections than workers, for the supervisor
      ...Array.from({ length: 12 }, () => repeat(() => raw(server.port, "GET /api/echo HTTP/1.1\r\nHost: h\r\n", { limit: 1500 }))),
      (async () => {
        for (let i = 0; Date.now() < until; i++) {
          writeFileSync(path.join(server.lua, "forwarding.lua"), i % 3 ? `return {} -- ${i}\n` : "return {\n");
          await sleep(200);
        }
      })(),
    ]);
    test.diagnostic(`${answered} requests`);
    assert.ok(answered > 100);
    const stopped = await server.stop({ keep: true });
    server.remove();
    assert.equal(stopped.code, 0);
    assert.doesNotMatch(server.err, /Sanitizer/);
  });
});
