// proxy_test.mjs: behind a real nginx and a real caddy, set up as
// docs/operations.md says, no request is answered 502: whatever the pauses between
// requests, with as few workers as there may be, and while servers are replaced one after the other.
//
// Neither resends a POST on a connection that ended: nginx says so of proxy_next_upstream's
// non_idempotent, and of Go's Transport, which caddy uses, golang/go#22158. And Transport opens more
// connections than it needs, keeps those that another made superfluous, and takes them later.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MINI } from "../support/mini.mjs";
import { block, caddy, nginx, ORIGIN } from "../support/proxy.mjs";
import { SANITIZED, sleep, startServer } from "../support/server.mjs";

const CONFIG = { server_url: ORIGIN, keep_alive_timeout_ms: null, workers: null };
const CALL = { From: "+14155550100", CallSid: "CA1" };
// With few files there are fewer workers than that.
const TOGETHER = 50;
const COUNT = 2000 / TOGETHER;
// From 1 ms to 2 s, more short ones than long ones, in an order of their own.
const PAUSES = Array.from({ length: COUNT }, (_, i) => Math.round(2000 ** ((i * 17 % COUNT / (COUNT - 1)) ** 1.5)));

const tally = (counts, status) => { counts[status] = (counts[status] ?? 0) + 1; };

// In bursts that find fewer workers, each keeps some connections that no request has used.
const FEW = 4;
const SHORT = PAUSES.map((pause) => Math.min(pause, 400));

const CASES = Object.entries({ nginx, caddy }).flatMap(([name, start]) => [[name, start, null, PAUSES], [name, start, FEW, SHORT]]);

describe("a proxy that keeps connections", { concurrency: true }, () => {
  for (const [name, start, workers, pauses] of CASES)
    it(`${name} passes on ${TOGETHER * COUNT} POSTs with pauses of 1 ms to ${Math.max(...pauses)} ms, to ${workers ?? "all"} workers`, async () => {
      const server = await startServer({ lua: MINI, config: { ...CONFIG, workers } });
      const front = await start(block(name), { 8080: server.port });
      const counts = {};
      try {
        for (const pause of pauses) {
          const answers = await Promise.all(Array.from({ length: TOGETHER }, () => front.post("/api/twilio/twiml", CALL)));
          for (const answer of answers) tally(counts, answer.status);
          await sleep(pause);
        }
      } finally {
        await front.stop();
        await server.stop();
      }
      assert.deepEqual(counts, { 200: TOGETHER * COUNT });
      // Under a sanitizer a request may take longer to arrive than others can wait for.
      if (!SANITIZED) assert.equal(server.logs("connections_cut").length, 0);
    });
});

describe("two servers behind nginx", () => {
  const CLIENTS = 12;
  const site = block("nginx", "server_name");
  const pair = block("nginx", "8081");

  it("lose no request while one is replaced after the other", async (test) => {
    const own = (i) => ({ ...CONFIG, near_file: `state/near${i}.db` }); // where there is one
    const servers = [await startServer({ lua: MINI, config: own(0) })];
    const { folder } = servers[0];
    servers.push(await startServer({ folder, config: own(1) }));
    const [{ port: first }, { port: second }] = servers;
    const front = await nginx(site.replace(/^upstream hookswitch \{[^}]*\}\n/, pair), { 8080: first, 8081: second });
    const counts = {};
    let over = false;
    const client = async (pause) => {
      while (!over) {
        tally(counts, (await front.post("/api/twilio/twiml", CALL)).status);
        await sleep(pause);
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, i) => client(i * 3));
    try {
      for (let turn = 0; turn < 6; turn++) {
        const i = turn % 2, { port } = servers[i];
        await servers[i].stop({ keep: true });
        servers[i] = await startServer({ folder, port, config: own(i) });
      }
      over = true;
      await Promise.all(clients);
    } finally {
      over = true;
      await front.stop();
      for (const server of servers) await server.stop({ keep: server === servers[0] });
    }
    test.diagnostic(`${counts[200]} requests`);
    assert.deepEqual(Object.keys(counts), ["200"], JSON.stringify(counts));
    assert.ok(counts[200] > 200, JSON.stringify(counts));
  });
});
