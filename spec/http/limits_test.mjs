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
  // A worker for each of the clients: none is cut for being slow while others wait.
  server = await startServer({ config: { rate_limits: "yes", workers: 80 } });
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

// Ask n times at once: as many pass as the bucket holds, and as came back to it meanwhile.
async function asked(n, perMinute, status, ask) {
  const began = Date.now();
  const answers = await times(n, ask);
  const back = Math.floor((Date.now() - began) * perMinute / 60_000);
  const passed = count(answers, status);
  assert.ok(passed >= perMinute && passed <= perMinute + back, `${passed} of ${n} passed, ${back} came back`);
  assert.equal(passed + count(answers, 429), n);
  return answers.filter((answer) => answer.status === 429);
}

// What is left of a bucket that was emptied is what came back to it since.
async function empty(ask) {
  let answer = await ask();
  for (let i = 0; i < 4 && answer.status !== 429; i++) answer = await ask();
  return refused(answer);
}

describe("a user", () => {
  it("has so many requests of a kind, whichever workers answer them", async () => {
    const ana = user(server, "ana");
    // No Twilio is configured here: what is answered 503 was let through.
    const [first] = await asked(60, 30, 503, () => ana.get("/api/twilio/access-token"));
    const wait = refused(first);
    assert.ok(wait <= 2);
    const line = await server.logged("limited");
    assert.deepEqual([line.name, line.limit, line.user], ["access_token", 30, "ana"]);
    await sleep(wait * 1000);
    assert.equal((await ana.get("/api/twilio/access-token")).status, 503);
  });

  it("does not share it with others, nor among kinds", async () => {
    const bob = user(server, "bob");
    await asked(15, 10, 422, () => bob.post("/api/twilio/buy-number", { areaCode: "510", phoneNumber: "+1" }));
    assert.equal((await bob.get("/api/twilio/access-token")).status, 503);
    assert.equal((await user(server, "cleo").post("/api/twilio/buy-number", {})).status, 422);
    await asked(35, 30, 503, () => bob.get("/api/twilio/available-numbers"));
  });

  it("may ask the doctor six times a minute: each asks Twilio", async () => {
    const eve = user(server, "eve");
    await asked(9, 6, 200, () => eve.get("/api/twilio/doctor"));
  });

  it("may ask for several things at once sixty times a minute", async () => {
    const gil = user(server, "gil");
    await asked(65, 60, 200, () => gil.get(`/api/twilio/batch?gets=${encodeURIComponent('[["/api/twilio/presence"]]')}`));
  });

  it("has a limit over everything", async () => {
    const dora = user(server, "dora");
    const began = Date.now();
    let answers = [];
    for (let i = 0; i < 26; i++) answers = answers.concat(await times(50, () => dora.get("/api/auth/me")));
    const refilled = Math.floor((Date.now() - began) / 50); // 1200 a minute
    const passed = count(answers, 200);
    assert.ok(passed >= 1200 && passed <= 1200 + refilled, `${passed} passed, ${refilled} refilled`);
    if (passed < 1300) refused(answers.find((answer) => answer.status === 429));
  });
});

describe("an address", () => {
  // Counted before its body is looked at.
  const attempt = (headers, to = server) => request(to.port, { method: "POST", target: "/api/auth/login", body: "{}",
    headers: { "Content-Type": "application/json", "Content-Length": 2, ...headers } });
  const from = (value) => attempt({ "X-Forwarded-For": value });

  it("may try so many logins", async () => {
    const [first] = await asked(25, 20, 422, () => from("203.0.113.1"));
    assert.ok(refused(first) <= 3);
    assert.equal((await from("203.0.113.2")).status, 422);
  });

  it("is what the proxy has seen, not what the client says", async () => {
    await times(20, async (i) => assert.equal((await from(`198.51.100.${i}, 203.0.113.3`)).status, 422));
    for (const same of ["203.0.113.3", "1.2.3.4,203.0.113.3", "203.0.113.9,  203.0.113.3 "]) await empty(() => from(same));
    await asked(25, 20, 422, (i) => from(`203.0.113.3, nonsense${i}`)); // then it is the connection's
  });

  it("is, in IPv6, the half that its owner cannot choose", async () => {
    await times(20, async (i) => assert.equal((await from(`2001:db8:0:1::${i.toString(16)}`)).status, 422));
    await empty(() => from("2001:db8:0:1:ffff::1"));
    assert.equal((await from("2001:db8:0:2::1")).status, 422);
  });

  it("is the same with a port, in brackets and written as IPv6", async () => {
    const forms = ["203.0.113.5:4711", "203.0.113.5", "::ffff:203.0.113.5", "[::ffff:203.0.113.5]:4711", "::ffff:cb00:7105"];
    await times(20, async (i) => assert.equal((await from(forms[i % forms.length])).status, 422));
    for (const form of forms) await empty(() => from(form));
    await times(20, async (i) => assert.equal((await from(i % 2 ? "[2001:db8:0:7::1]:443" : "2001:db8:0:7::2")).status, 422));
    await empty(() => from("[2001:db8:0:7::3]"));
    assert.equal((await from("203.0.113.6:4711")).status, 422);
  });

  it("may be wrong about tokens so many times, and is still let in with a good one", async () => {
    const headers = { "X-Forwarded-For": "203.0.113.4" };
    const bad = () => server.get("/api/auth/me", { headers: { ...headers, Authorization: "Bearer x.y.z" } });
    const [first] = await asked(70, 60, 401, bad);
    refused(first);
    await empty(() => server.get("/api/auth/me", { headers }));
    assert.equal((await user(server, "eve").get("/api/auth/me", { headers })).status, 200);
  });

  it("cannot be claimed by a client that isn't a proxy", async () => {
    const direct = await startServer({ config: { rate_limits: "yes", trusted_proxies: "10.9.9.9", workers: 40 } });
    try {
      await asked(25, 20, 422, (i) => attempt({ "X-Forwarded-For": `203.0.113.${i}` }, direct));
    } finally {
      await direct.stop();
    }
  });
});

describe("a name", () => {
  it("can be guessed at so many times, from wherever, and whether it exists or not", async () => {
    await command(["user", "add", "grace"], { config: { database: server.database, jwt_secret: null }, input: "correct horse" });
    for (const name of ["grace", "nobody"]) {
      const answers = [], began = Date.now();
      for (let i = 0; answers.at(-1)?.status !== 429 && i < 100; i++)
        answers.push(await login(i % 2 ? name : name.toUpperCase(), { "X-Forwarded-For": `192.0.2.${i}` }));
      const back = Math.floor((Date.now() - began) / 6000); // 10 a minute
      assert.ok(count(answers, 401) >= 10 && count(answers, 401) <= 10 + back, name);
      refused(answers.at(-1));
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
    const free = await startServer({ config: { rate_limits: "no", workers: 50 } });
    try {
      assert.equal(count(await times(40, () => user(free, "ana").get("/api/twilio/access-token")), 503), 40);
    } finally {
      await free.stop();
    }
  });
});
