// limits_test.mjs: how often users and addresses may ask: exactly, over all
// workers, with Retry-After; never webhooks.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { request, sleep, startServer } from "../support/server.mjs";

const json = (answer) => JSON.parse(answer.body);
const count = (answers, status) => answers.filter((answer) => answer.status === status).length;
const times = (n, fn) => Promise.all(Array.from({ length: n }, (_, i) => fn(i)));

let server;
before(async () => {
  server = await startServer({ config: { rate_limits: "yes", workers: 8 } });
});
after(() => server?.stop());

function login(name, headers = {}, to = server) {
  const body = JSON.stringify({ name, password: "wrong password" });
  return request(to.port, { method: "POST", target: "/api/auth/login", body, timeout: 20_000,
    headers: { "Content-Type": "application/json", "Content-Length": body.length, ...headers } });
}

function refused(answer) {
  assert.equal(answer.status, 429);
  assert.equal((answer.body.error ?? json(answer).error).code, "too_many_requests");
  assert.match(answer.headers["retry-after"], /^[1-9]\d*$/);
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  return Number(answer.headers["retry-after"]);
}

describe("a user", () => {
  it("has so many requests of a kind, whichever workers answer them", async () => {
    const ana = user(server, "ana");
    const answers = await times(60, () => ana.get("/api/twilio/access-token"));
    assert.equal(count(answers, 503), 30, "no Twilio is configured here: these were let through");
    assert.equal(count(answers, 429), 30);
    const wait = refused(answers.find((answer) => answer.status === 429));
    assert.ok(wait <= 2);
    const line = await server.logged("limited");
    assert.deepEqual([line.name, line.limit, line.user], ["access_token", 30, "ana"]);
    await sleep(wait * 1000);
    assert.equal((await ana.get("/api/twilio/access-token")).status, 503);
  });

  it("does not share it with others, nor among kinds", async () => {
    const bob = user(server, "bob");
    const buys = await times(15, () => bob.post("/api/twilio/buy-number", { areaCode: "510", phoneNumber: "+1" }));
    assert.equal(count(buys, 422), 10);
    assert.equal(count(buys, 429), 5);
    assert.equal((await bob.get("/api/twilio/access-token")).status, 503);
    assert.equal((await user(server, "cleo").post("/api/twilio/buy-number", {})).status, 422);
    const searches = await times(35, () => bob.get("/api/twilio/available-numbers"));
    assert.equal(count(searches, 429), 5);
  });

  it("may ask the doctor six times a minute: each asks Twilio", async () => {
    const eve = user(server, "eve");
    assert.equal(count(await times(9, () => eve.get("/api/twilio/doctor")), 429), 3);
  });

  it("has a limit over everything", async () => {
    const dora = user(server, "dora");
    const began = Date.now();
    let answers = [];
    for (let i = 0; i < 26; i++) answers = answers.concat(await times(50, () => dora.get("/api/auth/me")));
    const refilled = Math.ceil((Date.now() - began) / 50); // 1200 a minute
    const passed = count(answers, 200);
    assert.ok(passed >= 1200 && passed <= 1200 + refilled + 1, `${passed} passed, ${refilled} refilled`);
    if (passed < 1300) refused(answers.find((answer) => answer.status === 429));
  });
});

describe("an address", () => {
  // Counted before its body is looked at.
  const attempt = (headers, to = server) => request(to.port, { method: "POST", target: "/api/auth/login", body: "{}",
    headers: { "Content-Type": "application/json", "Content-Length": 2, ...headers } });
  const from = (value) => attempt({ "X-Forwarded-For": value });

  it("may try so many logins", async () => {
    const answers = await times(25, () => from("203.0.113.1"));
    assert.equal(count(answers, 422), 20);
    assert.ok(refused(answers.find((answer) => answer.status === 429)) <= 3);
    assert.equal((await from("203.0.113.2")).status, 422);
  });

  it("is what the proxy has seen, not what the client says", async () => {
    await times(20, async (i) => assert.equal((await from(`198.51.100.${i}, 203.0.113.3`)).status, 422));
    for (const same of ["203.0.113.3", "1.2.3.4,203.0.113.3", "203.0.113.9,  203.0.113.3 "]) refused(await from(same));
    const nonsense = await times(25, (i) => from(`203.0.113.3, nonsense${i}`)); // then it is the connection's
    assert.equal(count(nonsense, 422), 20);
  });

  it("is, in IPv6, the half that its owner cannot choose", async () => {
    await times(20, async (i) => assert.equal((await from(`2001:db8:0:1::${i.toString(16)}`)).status, 422));
    refused(await from("2001:db8:0:1:ffff::1"));
    assert.equal((await from("2001:db8:0:2::1")).status, 422);
  });

  it("may be wrong about tokens so many times, and is still let in with a good one", async () => {
    const headers = { "X-Forwarded-For": "203.0.113.4" };
    const bad = () => server.get("/api/auth/me", { headers: { ...headers, Authorization: "Bearer x.y.z" } });
    const answers = await times(70, bad);
    assert.ok(count(answers, 401) >= 60 && count(answers, 401) <= 61, count(answers, 401));
    refused(answers.find((answer) => answer.status === 429));
    assert.equal((await server.get("/api/auth/me", { headers })).status, 429);
    assert.equal((await user(server, "eve").get("/api/auth/me", { headers })).status, 200);
  });

  it("cannot be claimed by who is no proxy", async () => {
    const direct = await startServer({ config: { rate_limits: "yes", trusted_proxies: "10.9.9.9" } });
    try {
      const answers = await times(25, (i) => attempt({ "X-Forwarded-For": `203.0.113.${i}` }, direct));
      assert.equal(count(answers, 422), 20);
    } finally {
      await direct.stop();
    }
  });
});

describe("a name", () => {
  it("can be guessed at so many times, from wherever, and whether it exists or not", async () => {
    await command(["user", "add", "grace"], { config: { database: server.database, jwt_secret: null }, input: "correct horse" });
    for (const name of ["grace", "nobody"]) {
      const answers = [];
      for (let i = 0; i < 12; i++)
        answers.push(await login(i % 2 ? name : name.toUpperCase(), { "X-Forwarded-For": `192.0.2.${i}` }));
      assert.ok(count(answers, 401) >= 10 && count(answers, 401) <= 11, name); // one may have come back meanwhile
      refused(answers[11]);
    }
  });
});

describe("webhooks", () => {
  it("are never limited", async () => {
    const answers = [];
    for (let i = 0; i < 30; i++)
      answers.push(...await times(50, (n) => server.post("/api/twilio/status-callback", { CallSid: `CA${i}x${n}`, CallStatus: "ringing" })));
    assert.equal(count(answers, 204), 1500);
  });
});

describe("rate_limits = no", () => {
  it("limits nothing", async () => {
    const free = await startServer({ config: { rate_limits: "no" } });
    try {
      assert.equal(count(await times(40, () => user(free, "ana").get("/api/twilio/access-token")), 503), 40);
    } finally {
      await free.stop();
    }
  });
});
