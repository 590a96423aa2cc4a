// hosts_test.mjs: two hosts on one database: what is done on one is known on the
// other, at once where connections hold, and soon where they are cut. Runs in
// `spec/run postgres`.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES, psql } from "../support/postgres.mjs";
import { jwt, request, SLOW, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const CALLER = "+14155550123", NUMBER = "+15105550100";
const soon = (probe, what) => waitUntil(probe, 20_000, what);
let a, b, serial = 0;

// A stream of events: { types, reset(), has(text), ended }.
const open = new Set();
function listen(server, headers = { Authorization: `Bearer ${jwt({ sub: "42" })}` }) {
  return new Promise((resolve, reject) => {
    const call = http.request({ host: "127.0.0.1", port: server.port, path: "/api/twilio/events", agent: false, headers }, (answer) => {
      const stream = { status: answer.statusCode, text: "", ended: false, close: () => call.destroy(),
        has: (text, from = 0) => stream.text.slice(from).includes(text) };
      open.add(stream);
      answer.setEncoding("utf8");
      answer.on("data", (part) => { stream.text += part; });
      for (const end of ["end", "error", "close"]) answer.on(end, () => { stream.ended = true; open.delete(stream); });
      resolve(stream);
    });
    call.on("error", reject);
    call.end();
  });
}
const note = (server, text) => user(server, "42").post("/api/twilio/notes", { number: CALLER, text });
const call = (server, sid = `CA${++serial}`) => server.post("/api/twilio/twiml", inbound(CALLER, NUMBER, { CallSid: sid }));
const forwardTo = (phone) => psql(a.database, `UPDATE call_forwarding SET forward_to_number = '${phone}'`);
// Both tell each other, and the stream has had its resets.
async function ready(stream, other) {
  await soon(() => stream.has("event: ready"), "a start");
  await soon(async () => {
    const from = stream.text.length;
    await note(other, "ready?");
    await waitUntil(() => stream.has("event: missed", from) || stream.has("event: reset", from), 2000, "news").catch(() => null);
    return stream.has("event: missed", from);
  }, "events of the other host");
}
const cutEars = () => psql(a.database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE query LIKE 'LISTEN hookswitch%' AND pid <> pg_backend_pid()`);
const login = async (server) => JSON.parse((await request(server.port, { method: "POST", target: "/api/auth/login",
  body: JSON.stringify({ name: "ana", password: "correct horse" }), headers: { "Content-Type": "application/json" } })).body).token;

describe("two hosts", { skip }, () => {
  before(async () => {
    a = await startServer();
    b = await startServer({ config: { database: a.database } });
    givenNumber(a.database, { settings: { always: "+13035550140" } });
    await command(["user", "add", "ana"], { config: { database: a.database }, input: "correct horse" });
  });
  after(async () => {
    for (const stream of open) stream.close();
    await b?.stop();
    await a?.stop();
  });

  it("see each other's settings within 200 ms, and what a person changes with psql", async () => {
    const ringsOn = async (server) => rung(twiml(await call(server)))[0];
    const { id } = rows(a.database, "SELECT id FROM call_forwarding")[0], times = [];
    for (let i = 0; i < 10; i++) {
      const [here, there] = i % 2 ? [a, b] : [b, a], to = `+1303555015${i}`;
      const { status, text } = await user(here, "42").put(`/api/call-forwarding/${id}`, { forward_to_number: to });
      assert.ok(status < 300, text);
      const began = performance.now();
      assert.equal(await ringsOn(here), to, "a host sees its own change at once");
      await soon(async () => (await ringsOn(there)) === to, "the other's change");
      times.push(performance.now() - began);
    }
    if (process.env.HS_TIMES) console.log(times, SLOW);
    times.sort((x, y) => x - y);
    assert.ok(times[5] < 200 * SLOW, `median ${times[5]} ms`);
    for (const phone of ["+13035550160", "+13035550161"]) {
      forwardTo(phone);
      for (const server of [a, b]) await soon(async () => (await ringsOn(server)) === phone, "psql's change");
    }
    psql(a.database, "BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM call_forwarding; TRUNCATE call_forwarding; COMMIT");
    for (const server of [a, b]) await soon(async () => (await ringsOn(server)) === undefined, "no forwarding");
  });

  it("hear each other's events, whichever of them a browser comes to", async () => {
    for (const [here, there] of [[a, b], [b, a]]) {
      const stream = await listen(there);
      await ready(stream, here);
      const from = stream.text.length;
      for (let i = 0; i < 30; i++) await call(here, `CAheard${here === a}${i}`);
      for (let i = 0; i < 30; i++) await soon(() => stream.has(`CAheard${here === a}${i}`, from), `event ${i}`);
      assert.ok(!stream.has("event: reset", from), "nothing is lost, nothing is read again");
      const id = stream.text.match(/^id: (.*)$/gm).at(-1).slice(4);
      stream.close();
      // The other host can't tell what came after that: it says so.
      const moved = await listen(here, { "Authorization": `Bearer ${jwt({ sub: "42" })}`, "Last-Event-ID": id });
      await soon(() => moved.has("event: reset"), "a reset");
      moved.close();
    }
  });

  it("lose no event without saying so while their connections are cut", async () => {
    const streams = await Promise.all([listen(a), listen(b)]);
    await ready(streams[0], b);
    await ready(streams[1], a);
    const starts = streams.map((stream) => stream.text.length);
    for (let i = 0; i < 40; i++) {
      if (i % 10 === 5) cutEars();
      if (i % 10 === 8) psql(a.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_notify%' AND pid <> pg_backend_pid()");
      await call([a, b][i % 2], `CAcut${i}.`);
    }
    for (const [n, stream] of streams.entries()) {
      for (let i = 0; i < 40; i++) {
        // Told, or covered by a reset that came later than the event before it.
        await soon(() => {
          const before = i ? stream.text.lastIndexOf(`CAcut${i - 1}.`) : starts[n];
          return stream.has(`CAcut${i}.`, starts[n]) || stream.has("event: reset", Math.max(before, starts[n]));
        }, `event ${i} or a reset`);
      }
    }
    for (const stream of streams) stream.close();
  });

  it("end a stream on the other host with its login, account or role", async () => {
    const ends = [
      ["logout", async (token, here) => request(here.port, { method: "POST", target: "/api/auth/logout",
        headers: { Authorization: `Bearer ${token}`, "Content-Length": 0 } })],
      ["a login that is deleted", () => psql(a.database, "DELETE FROM logins")],
      ["another role", () => psql(a.database, "UPDATE users SET role = CASE role WHEN 'admin' THEN 'agent' ELSE 'admin' END WHERE name = 'ana'")],
      ["an account that is off", () => psql(a.database, "UPDATE users SET is_active = 0 WHERE name = 'ana'")],
    ];
    for (const broken of [false, true]) {
      for (const [what, end] of broken ? ends.filter((_, i) => i % 2 === 0) : ends) {
        psql(a.database, "UPDATE users SET is_active = 1 WHERE name = 'ana'");
        const token = await soon(() => login(a), "a login");
        const stream = await listen(b, { Authorization: `Bearer ${token}` });
        const other = await listen(b);
        await soon(() => stream.has("event: ready") && other.has("event: ready"), "a start");
        const timer = broken && setInterval(cutEars, 100);
        if (broken) cutEars();
        const began = performance.now();
        await end(token, a);
        await soon(() => stream.ended, `an end after ${what}`);
        clearInterval(timer);
        if (process.env.HS_TIMES) console.log(what, broken, performance.now() - began);
        const took = performance.now() - began;
        assert.ok(took < 2000 * SLOW, `${what}${broken ? ", nobody listens" : ""}: ${took} ms`);
        assert.ok(!other.ended, "nobody else's");
        other.close();
      }
    }
  });

  it("know of each other, and of one that dies", async () => {
    const known = () => rows(a.database, "SELECT id, name, version, seen_at FROM hosts ORDER BY started_at");
    assert.deepEqual(known().map((row) => row.name.replace(/^.*:/, "")), [a, b].map((server) => String(server.port)));
    const was = known();
    await soon(() => known().every((row, i) => row.seen_at > was[i].seen_at), "a heartbeat of both");
    const dying = await startServer({ config: { database: a.database } });
    await soon(() => known().length === 3, "a third");
    const stream = await listen(a);
    await soon(() => stream.has("event: ready"), "a start");
    await soon(async () => (await note(dying, "one"), stream.has("event: missed")), "its news");
    const from = stream.text.length;
    await dying.stop({ signal: "SIGKILL", code: null });
    await soon(() => stream.has("event: reset", from), "a reset: its last words are not known");
    stream.close();
    const leaving = await startServer({ config: { database: a.database } });
    await soon(() => known().length === 4, "another");
    await leaving.stop();
    assert.equal(known().length, 3);
  });
});
