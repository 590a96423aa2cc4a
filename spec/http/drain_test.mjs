// drain_test.mjs: ending under load. Nobody who was connected loses an answer.
import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MINI } from "../support/mini.mjs";
import { freePort, launch, raw, responses, SLOW, startServer, waitUntil } from "../support/server.mjs";

const ROUNDS = Number(process.env.DRAIN_ROUNDS ?? 5);
const CLIENTS = 8;
// Passed on by make or a shell, one signal comes twice within 50 ms (drain.c): a person is slower.
const ECHO_MS = 200;
const REQUEST = "GET /api/echo?q=1 HTTP/1.1\r\nHost: h\r\n\r\n";

// A client that keeps its connection and asks again 1 ms after each answer,
// until nobody listens any more. Resolves to what went wrong.
function client(port, tally) {
  return new Promise((resolve) => {
    const connect = () => {
      let got = "";
      let closing = false;
      const socket = net.connect({ host: "127.0.0.1", port });
      const ask = () => {
        got = "";
        socket.write(REQUEST);
      };
      socket.on("connect", ask);
      socket.on("data", (part) => {
        got += part.toString("latin1");
        const [answer] = responses(got);
        if (!answer || got.indexOf("\r\n\r\n") < 0 || answer.body.length < Number(answer.headers["content-length"])) return;
        tally.answered += 1;
        if (answer.status !== 200) tally.wrong.push(`status ${answer.status}`);
        closing = answer.headers.connection === "close";
        if (closing) socket.end();
        else setTimeout(ask, 1);
        got = "";
      });
      socket.on("error", (error) => {
        if (error.code === "ECONNREFUSED") resolve();
        else tally.wrong.push(error.code);
      });
      socket.on("close", (failed) => {
        if (!failed && !closing) tally.wrong.push("closed without saying so");
        if (!failed || closing) connect();
        else resolve();
      });
    };
    connect();
  });
}

// So many requests are being answered, or read.
const underWay = (server, count) => waitUntil(async () => {
  const { body } = await server.get("/metrics");
  return Number(/^hookswitch_busy_workers (\d+)$/m.exec(body)[1]) > count; // and this one
}, 5000, `${count} requests under way`);

describe("SIGTERM", () => {
  it(`loses no answer under load, ${ROUNDS} times`, async (test) => {
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer({ lua: MINI, config: { workers: 16 } });
      const tally = { answered: 0, wrong: [] };
      const clients = Array.from({ length: CLIENTS }, () => client(server.port, tally));
      await waitUntil(() => tally.answered > 100, 10_000, "answers");
      const began = Date.now();
      await server.stop();
      await Promise.all(clients);
      test.diagnostic(`${tally.answered} answers, ended in ${Date.now() - began} ms`);
      assert.deepEqual(tally.wrong, []);
      assert.ok(Date.now() - began < 15_000 * SLOW);
    }
  });

  it("waits for requests in progress, and for those half sent", async () => {
    const server = await startServer({ lua: MINI, config: { workers: 4, request_timeout_ms: 60_000 } });
    let sent;
    const isSent = new Promise((resolve) => { sent = resolve; });
    const half = raw(server.port, ["POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc", () => sent(),
      () => server.logged("stopping", 60_000), 500, "def"], { most: 30_000 });
    await isSent;
    const slow = raw(server.port, "POST /api/slow?ms=3000 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", { most: 30_000 });
    await underWay(server, 1); // the other one was accepted before, and has no worker yet
    const end = server.stop();
    for (const answer of await Promise.all([slow, half])) {
      const [first] = responses(answer.text);
      assert.equal(first?.status, 200);
      assert.equal(first.headers.connection, "close");
    }
    await end;
  });

  it("is quick when nobody is there", async () => {
    const server = await startServer({ lua: MINI });
    const began = Date.now();
    await server.stop();
    assert.ok(Date.now() - began < 3000 * SLOW);
    assert.deepEqual(server.logs("drained").map((line) => line.in_flight), [0]);
    assert.equal(server.logs("stopped").length, 1);
  });

  it("ends connections that have not asked anything, and answers those that do meanwhile", async () => {
    const server = await startServer({ lua: MINI, config: { keep_alive_timeout_ms: null } });
    const silent = raw(server.port, [], { most: 8000 });
    const late = net.connect({ host: "127.0.0.1", port: server.port });
    let got = "";
    late.setEncoding("utf8").on("data", (part) => { got += part; });
    await new Promise((resolve) => late.on("connect", resolve));
    await server.get("/healthz"); // the others were accepted before
    const end = server.stop();
    await server.logged("stopping");
    late.write(REQUEST);
    await end;
    assert.equal(responses(got)[0]?.status, 200, got);
    const { closed, ms } = await silent;
    assert.ok(closed && ms < 5000 * SLOW, `after ${ms.toFixed(0)} ms`);
    assert.deepEqual(server.logs("drained").map((line) => line.in_flight), [0]);
  });

  const keeps = async (server, count) => {
    const sockets = Array.from({ length: count }, () => net.connect({ host: "127.0.0.1", port: server.port }));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => {
      socket.got = "";
      socket.ended = new Promise((end) => socket.on("end", () => end(Date.now())));
      socket.setEncoding("utf8").on("data", (part) => resolve(socket.got += part));
      socket.write(REQUEST);
    })));
    return sockets;
  };

  it("tells who asks on an idle connection that it ends, /readyz too", async () => {
    const server = await startServer({ lua: MINI, config: { keep_alive_timeout_ms: null } });
    const [idle] = await keeps(server, 1);
    const end = server.stop();
    await server.logged("stopping");
    idle.write("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
    await idle.ended;
    const [, ready] = responses(idle.got);
    assert.equal(ready.status, 503);
    assert.equal(ready.headers.connection, "close");
    assert.ok(JSON.parse(ready.body).reasons.some((reason) => reason.code === "draining"));
    await end;
  });

  it("ends idle connections soon, but not those with a request under way", async () => {
    // On a busy machine, neither limit ends what is under way.
    const server = await startServer({ lua: MINI, config: { keep_alive_timeout_ms: null, workers: 8, drain_seconds: 60,
      request_timeout_ms: 60_000 } });
    const [slow, half, ...idle] = await keeps(server, 6);
    let lines = 0;
    half.write("GET /api/echo HTTP/1.1\r\n");
    const goesOn = setInterval(() => half.write("X: y\r\n", () => lines++), 100);
    await waitUntil(() => lines >= 4, 5000, "a header that goes on");
    slow.write(`POST /api/slow?ms=${SLOW > 1 ? 10_000 : 3000} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n`);
    const began = Date.now();
    const end = server.stop();
    await Promise.all(idle.map((socket) => socket.ended));
    assert.ok(Date.now() - began < 2900 * SLOW, `idle for ${Date.now() - began} ms`);
    assert.equal(responses(slow.got).length, 1, "answered before the idle were ended");
    clearInterval(goesOn);
    half.write("Host: h\r\n\r\n");
    for (const socket of [slow, half]) {
      await socket.ended;
      const [, last] = responses(socket.got);
      assert.equal(last?.status, 200);
      assert.equal(last.headers.connection, "close");
    }
    await end;
    assert.ok(Date.now() - began < 8000 * SLOW, `ended after ${Date.now() - began} ms`); // and not drain_seconds
    assert.equal(server.logs("connections_cut").length, 0);
  });

  it("ends by its deadline when a worker hangs", async () => {
    const server = await startServer({ lua: MINI, config: { drain_seconds: 1 } });
    const hung = raw(server.port, "POST /api/slow?ms=60000 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", { most: 9000 });
    await underWay(server, 1);
    const began = Date.now();
    const ended = await server.stop({ code: 1 });
    assert.equal(ended.signal, null);
    assert.ok(Date.now() - began < 4000 * SLOW, `took ${Date.now() - began} ms`);
    await hung;
  });

  it("given twice ends at once", async () => {
    const server = await startServer({ lua: MINI });
    const slow = raw(server.port, "POST /api/slow?ms=60000 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    await underWay(server, 1);
    process.kill(server.pid, "SIGTERM");
    await server.logged("stopping");
    await sleep(ECHO_MS);
    const began = Date.now();
    await server.stop({ code: 1 });
    assert.ok(Date.now() - began < 2500 * SLOW, `took ${Date.now() - began} ms`); // and not drain_seconds
    await slow;
  });
});

describe("starting", () => {
  it("refuses wrong settings", async () => {
    for (const [config, what] of [[{ listen: "127.0.0.1:443s" }, /TLS/], [{ listen: "[::1]:8080" }, /IPv6/],
      [{ workers: "many" }, /workers/], [{ web: "web", database: "/no/such/folder/x.db" }, /no\/such\/folder/]]) {
      const server = await launch({ lua: MINI, config });
      const ended = await server.end;
      server.remove();
      assert.equal(ended.code, 1, server.err);
      assert.match(server.err, what);
    }
  });

  // The program's own Lua answers: no file keeps a server from starting.
  const BROKEN = {
    "that does not load": ["local x = nil\nreturn x.y\n", /app\.lua:2: attempt to index/],
    "with two routes of one path": [MINI["app.lua"].replace('"/api/me"', '"/api/echo"'),
      /app\.lua:9: GET \/api\/echo is already answered by app\.lua:5/],
  };
  for (const [what, [app, reason]] of Object.entries(BROKEN))
    it(`stands in for an application ${what}, naming file and line`, async () => {
      const server = await startServer({ lua: { ...MINI, "app.lua": app } });
      const { rules } = JSON.parse((await server.get("/healthz")).body);
      assert.match(rules.error, reason);
      assert.ok(rules.instead);
      await server.stop();
      const [{ file, line, message }] = server.logs("reload_refused");
      assert.match(`${file}:${line}: ${message}`, reason);
    });

  it("is there again within a second of a crash, on the same port and database", async () => {
    const port = await freePort();
    const first = await startServer({ lua: MINI, port });
    await first.stop({ signal: "SIGKILL", code: null, keep: true });
    const began = Date.now();
    const second = await startServer({ port, folder: first.folder });
    assert.ok(Date.now() - began < 1500 * SLOW, `took ${Date.now() - began} ms`);
    assert.equal(JSON.parse((await second.get("/api/echo")).body).version, 1);
    await second.stop();
  });
});
