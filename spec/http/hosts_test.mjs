// hosts_test.mjs: two hosts on one database: what is done on one is known on the
// other, at once where connections hold, and soon where they are cut. Runs in
// `spec/run postgres`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { CALLER, CELLS, givenFirm, NUMBERS, RULES, VARIANTS } from "../support/after_table.mjs";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, givenOnline, insert, rows } from "../support/database.mjs";
import { POSTGRES, psql } from "../support/postgres.mjs";
import { jwt, request, sleep, SLOW, startServer, TOKEN, waitUntil } from "../support/server.mjs";
import { Twilio } from "../support/twilio.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const NUMBER = "+15105550190", FEW = 4; // lines that a user may have
const soon = (probe, what) => waitUntil(probe, 20_000, what);
let a, b, c, d, serial = 0;

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
// All have the address that Twilio knows.
const call = (server, sid = `CA${++serial}`, to = NUMBER) =>
  server.post("/api/twilio/twiml", inbound(CALLER, to, { CallSid: sid }), { url: a.base });
const host = (config) => startServer({ rules: RULES, config: { maintenance_seconds: 0, ...config,
  ...(a && { database: a.database, server_url: a.base }) } });
const forwardTo = (phone) => psql(a.database, `UPDATE call_forwarding SET forward_to_number = '${phone}' WHERE user_id = '42'`);
// Both tell each other, and the stream has had its resets.
async function ready(stream, other) {
  await soon(() => stream.has("event: ready"), "a start");
  await soon(async () => {
    const from = stream.text.length;
    await note(other, "ready?");
    // As long on a busy machine: the next note tells, too.
    for (const began = performance.now(); performance.now() - began < 2000; await sleep(10))
      if (stream.has("event: missed", from) || stream.has("event: reset", from)) break;
    return stream.has("event: missed", from);
  }, "events of the other host");
}
const cutEars = () => psql(a.database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE query LIKE 'LISTEN hookswitch%' AND pid <> pg_backend_pid()`);
const login = async (server) => JSON.parse((await request(server.port, { method: "POST", target: "/api/auth/login",
  body: JSON.stringify({ name: "ana", password: "correct horse" }), headers: { "Content-Type": "application/json" } })).body).token;

describe("two hosts", { skip }, () => {
  before(async () => {
    a = await host();
    b = await host();
    insert(a.database, "contacts", { user_id: "u5", number: CALLER, name: "Rosa Weber" });
    givenNumber(a.database, { phone: NUMBER, settings: { always: "+13035550140" } });
    await command(["user", "add", "ana"], { config: { database: a.database }, input: "correct horse" });
  });
  after(async () => {
    for (const stream of open) stream.close();
    for (const server of [d, c, b]) await (server?.ended ?? server?.stop({ code: null }));
    await a?.stop();
  });

  it("see each other's settings within 200 ms, and what a person changes with psql", async () => {
    const ringsOn = async (server) => rung(twiml(await call(server)))[0];
    const { id } = rows(a.database, "SELECT id FROM call_forwarding WHERE user_id = '42'")[0], times = [];
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
    // Someone who goes away and comes back.
    const away = (server, ends_at) => user(server, "42").post("/api/twilio/away", { ends_at });
    psql(a.database, "UPDATE call_forwarding SET is_active = 0");
    for (const server of [a, b]) {
      await user(server, "42").post("/api/twilio/presence", {});
      await soon(async () => (await ringsOn(server))?.startsWith("client:"), "the browser");
    }
    givenOnline(a.database, "42"); // however long this takes
    const absences = [];
    for (let i = 0; i < 6; i++) {
      const [here, there] = i % 2 ? [a, b] : [b, a], gone = i % 4 < 2;
      assert.equal((await away(here, gone ? Date.now() + 3_600_000 : null)).status, 200);
      const began = performance.now();
      for (const server of [here, there]) await soon(async () => ((await ringsOn(server)) === undefined) === gone, "who is away");
      absences.push(performance.now() - began);
    }
    assert.ok(absences.sort((x, y) => x - y)[3] < 200 * SLOW, `median ${absences[3]} ms`);
    psql(a.database, "DELETE FROM away; DELETE FROM presence; UPDATE call_forwarding SET is_active = 1");
    for (const phone of ["+13035550160", "+13035550161"]) {
      forwardTo(phone);
      for (const server of [a, b]) await soon(async () => (await ringsOn(server)) === phone, "psql's change");
    }
    psql(a.database, "BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM call_forwarding; TRUNCATE call_forwarding; COMMIT");
    for (const server of [a, b]) await soon(async () => (await ringsOn(server)) === undefined, "no forwarding");
  });

  it("keep the newest report of a page, whichever of them it comes to and in whatever order", async () => {
    const online = async (server, id) => (await user(server, id).get("/api/twilio/presence")).body.people.find((one) => one.user_id === id).online;
    for (const last of [7, 8]) {
      const id = `page-${last}`;
      const reports = Array.from({ length: last }, (_, n) => ({ device: "tab", sequence: n + 1, registered: n % 2 === 0 })).reverse();
      await Promise.all(reports.map((report, n) => user(n % 2 ? a : b, id).post("/api/twilio/presence", report)));
      for (const report of reports) await user(report.sequence % 3 ? a : b, id).post("/api/twilio/presence", report);
      for (const server of [a, b]) await soon(async () => (await online(server, id)) === (last % 2 === 1), `what report ${last} says`);
      assert.equal(Number(rows(a.database, `SELECT sequence FROM presence WHERE user_id = '${id}'`)[0].sequence), last);
    }
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
      ["a logout that can't be read yet", async () => {
        psql(a.database, "ALTER TABLE logins RENAME TO logins_away; DELETE FROM logins_away");
        await sleep(500); // they look
        psql(a.database, "ALTER TABLE logins_away RENAME TO logins");
      }],
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

  it("say which of them has other settings than the rest, and none of the values", async () => {
    const token = "f".repeat(32), other = await host({ twilio_auth_token: token, data_scope: "team" });
    try {
      const name = `\\S+:${other.port}`, differs = async (what) => (await command(["hosts"], { config: { database: a.database } })).out
        .match(new RegExp(`^(\\S+) has another ${what} than (\\S+): all hosts need the same\\.$`, "m"));
      for (const what of ["twilio_auth_token", "data_scope"]) {
        const [, which, than] = await soon(() => differs(what), what);
        assert.match(which, new RegExp(`^${name}$`));
        assert.match(than, new RegExp(`:(${a.port}|${b.port})$`));
      }
      for (const what of ["server_url", "jwt_secret", "twilio_account_sid"]) assert.equal(await differs(what), null, what);
      const hosts = (await command(["hosts", "--json"], { config: { database: a.database } })).out;
      const list = JSON.parse(hosts).hosts;
      for (const one of list) assert.equal(one.problems.filter((text) => text.startsWith("has another")).length, one.name.endsWith(`:${other.port}`) ? 2 : 0, one.problems.join());
      const { report } = (await commandJson(["doctor"], { config: { database: a.database } })).value;
      assert.equal(report.filter((line) => line.about === "host" && /has another (twilio_auth_token|data_scope) than/.test(line.message)).length, 2);
      // What the database has is 8 digits of each, and they are another database's neither.
      const stored = rows(a.database, "SELECT settings FROM hosts").map(({ settings }) => JSON.parse(settings));
      const digits = stored.map((one) => one.twilio_auth_token);
      assert.equal(stored.length, 3);
      for (const one of stored) for (const value of Object.values(one)) assert.match(value, /^[0-9a-f]{8}$/);
      assert.equal(new Set(digits).size, 2);
      for (const secret of [TOKEN, token]) {
        assert.ok(!hosts.includes(secret));
        const plain = createHash("sha256").update(secret).digest("hex");
        for (const value of digits) assert.ok(!plain.startsWith(value));
      }
      const [{ key }] = rows(a.database, "SELECT key FROM hs_host_key");
      assert.match(key, /^[0-9a-f-]{36}$/);
    } finally {
      await other.stop();
    }
    await soon(async () => !(await command(["hosts"], { config: { database: a.database } })).out.includes("has another"), "they are alike");
  });

  it("find a caller whose call is stored later than one with a higher id", async () => {
    const number = "+14155550171", late = spawn("psql", ["-XqAt", "-d", a.database], { stdio: ["pipe", "pipe", "inherit"] });
    const find = async (text) => (await user(a, "42").get(`/api/twilio/call-logs?q=${encodeURIComponent(text)}`)).body.call_logs;
    late.stdin.write(`BEGIN; INSERT INTO twilio_call_logs (call_sid, user_id, direction, "from", "to", status, started_at, updated_at)
      VALUES ('CAlate', '42', 'inbound', '${number}', '${NUMBER}', 'completed', ${Date.now()}, ${Date.now()}); SELECT 'begun';\n`);
    try {
      await once(late.stdout, "data");
      await call(b);
      await find(CALLER);
    } finally {
      late.stdin.end("COMMIT;\n");
      await once(late, "close");
    }
    await soon(async () => (await find(number)).length === 1, "the caller");
  });

  // Twilio's requests go to one host, or to both in turn.
  it("go on with each other's calls: every cell of the after-table ends as on one host", async () => {
    givenFirm(a.database);
    const phone = new Twilio({ base: a.base, token: TOKEN });
    const play = async (hosts) => {
      let turn = 0;
      Object.defineProperty(phone, "base", { get: () => hosts[turn++ % hosts.length].base, configurable: true });
      psql(a.database, "DELETE FROM twilio_call_logs; DELETE FROM call_decisions; DELETE FROM call_steps; DELETE FROM missed_calls");
      await Promise.all(hosts.map((server) => server.settled()));
      const calls = [];
      for (const [, number, legs] of CELLS)
        calls.push(await phone.call({ from: CALLER, to: NUMBERS[number], legs, variant: VARIANTS[0] }));
      await user(hosts[0], "u1").get("/api/twilio/missed");
      const plain = (value) => JSON.stringify(value).replace(/(CA|RE)[0-9a-f]{32}/g, "$1");
      const log = rows(a.database, `SELECT COALESCE(parent_call_sid, call_sid) AS of, "to", status, end_reason, direction, user_id, duration,
        answered_at IS NOT NULL AS answered, ended_at IS NOT NULL AS ended FROM twilio_call_logs ORDER BY "to", status`);
      return { cells: calls.map((one, i) => [CELLS[i][0],
        plain([one.heard, one.rung, one.end, one.documents, log.filter((row) => row.of === one.callSid)])]),
      missed: rows(a.database, "SELECT user_id, number, calls, closed_at IS NOT NULL AS closed, closed_by FROM missed_calls ORDER BY user_id, number"),
      live: log.filter((row) => !row.ended).length };
    };
    await Promise.all([a.settled(), b.settled()]);
    const alone = await play([a]), inTurn = await play([a, b]);
    assert.equal(alone.live, 0);
    for (const [i, cell] of alone.cells.entries()) assert.deepEqual(inTurn.cells[i], cell);
    assert.deepEqual(inTurn, alone);
  });

  it("count lines together", async () => {
    [c, d] = [await host({ concurrent_calls: FEW, rate_limits: "yes", maintenance_seconds: 1 }), await host({ concurrent_calls: FEW, rate_limits: "yes", maintenance_seconds: 1 })];
    const [there, number] = [[c, d], "+15105550191"];
    givenNumber(a.database, { user: "limited", phone: number, settings: { always: "+13035550140" } });
    const heard = await Promise.all(there.map((server) => listen(server, { Authorization: `Bearer ${jwt({ sub: "limited" })}` })));
    await Promise.all(heard.map((stream) => soon(() => stream.has("event: ready"), "a start")));
    // What is counted is told before the event.
    const rings = async (server, sid) => {
      const found = rung(twiml(await call(server, sid, number))).length > 0;
      await Promise.all(heard.map((stream) => soon(() => stream.has(`"${sid}"`), "the event")));
      return found;
    };
    await Promise.all(there.map((server) => soon(async () => rung(twiml(await call(server, `CAwarm${++serial}`, number))).length > 0, "the number")));
    const end = async (server, sid, status = "completed") => server.post("/api/twilio/status-callback",
      { ...inbound(CALLER, number, { CallSid: sid }), CallStatus: status, CallDuration: "1" }, { url: a.base });
    for (let i = 1; i <= serial; i++) await end(c, `CAwarm${i}`);
    await soon(async () => (await rings(c, `CAfirst${++serial}`)) || (await end(c, `CAfirst${serial}`), false), "room");
    const got = [true];
    for (let i = 1; i < FEW + 4; i++) got.push(await rings(there[i % 2], `CAline${i}`));
    assert.deepEqual(got, Array.from({ length: FEW + 4 }, (_, i) => i < FEW));
    await end(d, `CAfirst${serial}`); // which c had
    await soon(async () => rings(c, `CAagain${++serial}`), "room for one");
    assert.equal(await rings(d, "CAnone"), false);
    for (const stream of heard) stream.close();
  });

  it("count logins that are tried together", async () => {
    const began = performance.now(), got = [];
    for (let i = 0; i < 24; i++)
      got.push((await request([c, d][i % 2].port, { method: "POST", target: "/api/auth/login", timeout: 30_000,
        body: JSON.stringify({ name: "nobody", password: "a guess" }), headers: { "Content-Type": "application/json" } })).status);
    const refilled = Math.floor((performance.now() - began) / 6000);
    const tried = got.filter((status) => status === 401).length;
    assert.ok(tried >= 9 && tried <= 11 + refilled, `${tried} tries, ${refilled} refilled: ${got}`);
    assert.ok(got.every((status) => [401, 429].includes(status)), got.join());
  });

  it("leave maintenance to one of them, and to another when that dies", async () => {
    const lease = () => rows(a.database, "SELECT host, until FROM leases WHERE name = 'maintenance'")[0];
    let first = await soon(lease, "a lease"), moves = 0;
    const { status, err, out } = await command(["maintain"], { config: { database: a.database } });
    assert.equal(status, 1);
    assert.match(out + err, new RegExp(`Nothing done: .*:(${c.port}|${d.port}) does the maintenance`));
    // A busy machine may be late with it: then the other takes it.
    await soon(() => {
      const now = lease(), isRenewed = now.host === first.host && now.until > first.until;
      if (now.host !== first.host) [first, moves] = [now, moves + 1];
      return isRenewed;
    }, "a renewal");
    assert.ok(moves === 0 || SLOW > 1, `${moves} moves`);
    const known = () => rows(a.database, "SELECT id, name, seen_at FROM hosts ORDER BY started_at");
    assert.deepEqual(known().map((row) => Number(row.name.replace(/^.*:/, ""))), [a, b, c, d].map((server) => server.port));
    const holder = [c, d].find((server) => known().find(({ id }) => id === first.host).name.endsWith(`:${server.port}`));
    const stream = await listen(a);
    await soon(() => stream.has("event: ready"), "a start");
    const from = stream.text.length;
    await holder.stop({ signal: "SIGKILL", code: null });
    psql(a.database, `UPDATE hosts SET seen_at = seen_at - 60000 WHERE id = '${first.host}'`); // it was long ago
    const heir = [c, d].find((server) => server !== holder);
    await soon(() => known().find(({ id }) => id === lease().host)?.name.endsWith(`:${heir.port}`), "an heir");
    await soon(() => stream.has("event: reset", from), "a reset: the last words of the dead are not known");
    stream.close();
    await heir.stop();
    assert.ok(!known().some((row) => row.name.endsWith(`:${heir.port}`)), "one that leaves is gone");
    // One that died and starts again holds nothing of its earlier life.
    const { name } = known().find((row) => row.name.endsWith(`:${b.port}`));
    psql(a.database, `INSERT INTO hosts (id, name, version, started_at, seen_at) VALUES ('x1', '${name}', '0.1.0', 1, 1), ('x2', 'other:1', '0.1.0', 1, 1),
      ('x3', 'asleep:1', '0.1.0', 1, ${Date.now() - 60_000}); INSERT INTO leases (name, host, until) VALUES ('one', 'x1', 1), ('two', 'x2', 1), ('three', 'x3', 1)`);
    await soon(() => known().every(({ id }) => !["x1", "x2"].includes(id)), "dead hosts are forgotten");
    assert.deepEqual(rows(a.database, "SELECT name FROM leases WHERE host LIKE 'x_' ORDER BY name").map((row) => row.name), ["three"]);
    psql(a.database, "DELETE FROM hosts WHERE id = 'x3'; DELETE FROM leases WHERE host = 'x3'");
  });
});
