// heavy_test.mjs: rules that are tried take what time they are given; whoever
// tries many at once keeps neither callers nor other users waiting.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const A = "+13035550142", NUMBER = "+15105550100";
const GOOD = `return {\n  { "all", go = ring("${A}") },\n}\n`;
const ENDLESS = "local n = 0\nwhile true do n = n + 1 end\n";
const CHECK = "/api/twilio/rules/check";

describe("rules that never end, tried by one user in all workers", () => {
  let server, ana, bob;
  before(async () => {
    server = await startServer({ rules: GOOD, config: { workers: 8, rate_limits: "no" } });
    givenNumber(server.database, { user: "ana", phone: NUMBER });
    await server.settled();
    ana = user(server, "ana");
    bob = user(server, "bob");
  });
  after(() => server?.stop());

  it("keep nobody else waiting", async () => {
    const tried = Array.from({ length: 24 }, () => ana.post(CHECK, { source: ENDLESS }, { timeout: 60_000 }));
    await Promise.race(tried);
    const call = await server.post("/api/twilio/twiml", inbound("+14155550123", NUMBER));
    assert.deepEqual(rung(twiml(call)), [A]);
    const other = await bob.post(CHECK, { source: GOOD }, { timeout: 60_000 });
    assert.equal(other.body.ok, true, other.text);

    const answers = await Promise.all(tried);
    const busy = answers.filter((answer) => answer.status === 503);
    const refused = answers.filter((answer) => answer.status === 200);
    assert.equal(busy.length + refused.length, tried.length);
    assert.ok(busy.length > 0 && refused.length > 0, `${busy.length} busy`);
    assert.ok(refused.every((answer) => answer.body.ok === false));
    assert.equal(busy[0].body.error.code, "busy");
    assert.match(busy[0].headers["retry-after"], /^[1-9]\d*$/);
    assert.equal((await server.logged("limited")).user, "ana");
  });

  it("leave their turns to who comes after", async () => {
    const answers = await Promise.all([ana, ana, bob].map((one) => one.post(CHECK, { source: GOOD }, { timeout: 60_000 })));
    assert.deepEqual(answers.map((answer) => answer.body.ok), [true, true, true]);
  });
});
