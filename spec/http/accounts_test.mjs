// accounts_test.mjs: local accounts: logging in, the session cookie and what
// other sites can do with it, how a login ends; the commands user and token.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import jsonwebtoken from "jsonwebtoken";
import { command, commandJson, newFolder } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { JWT_SECRET, jwt, launch, request, sleep, startServer, waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const PASSWORD = "correct horse";
const json = (answer) => JSON.parse(answer.body);

let server;
const manage = (args, input) => commandJson(["user", ...args], { config: { database: server.database, jwt_secret: null }, input });

function send(method, target, value, headers = {}, to = server) {
  const body = value === undefined ? "" : JSON.stringify(value);
  return request(to.port, { method, target, body, timeout: 15_000, headers: {
    "Content-Length": Buffer.byteLength(body), ...(value === undefined ? {} : { "Content-Type": "application/json" }), ...headers } });
}

const login = (name, password = PASSWORD, headers = {}, to = server) => send("POST", "/api/auth/login", { name, password }, headers, to);
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const cookie = (token) => ({ Cookie: `theme=dark; hookswitch_session=${token}; x=y` });
async function loggedIn(name) {
  const answer = await login(name);
  assert.equal(answer.status, 200, answer.body);
  return json(answer);
}
const me = (headers, to = server) => send("GET", "/api/auth/me", undefined, headers, to);

before(async () => {
  server = await startServer({ config: { jwt_secret: null } });
  await manage(["add", "Ana"], `${PASSWORD}\n`);
  await manage(["add", "bob"], `${PASSWORD}\n`);
});
after(() => server?.stop());

describe("logging in", () => {
  it("gives a token, and a cookie that scripts cannot read", async () => {
    const answer = await login(" ANA");
    assert.equal(answer.status, 200);
    const { token, expiresIn, user } = json(answer);
    assert.equal(expiresIn, 43200);
    assert.equal(user.name, "ana");
    assert.match(user.id, /^local_[0-9a-f]{12}$/);
    const [set] = answer.headers["set-cookie"];
    assert.equal(set, `hookswitch_session=${token}; Path=/api; HttpOnly; SameSite=Strict; Max-Age=43200`);
    assert.equal(answer.headers["cache-control"], "no-store");
    for (const headers of [bearer(token), cookie(token)]) {
      const seen = json(await me(headers));
      assert.deepEqual(seen.user, user);
      assert.equal(seen.local_account, true);
      assert.ok(Math.abs(seen.expires_at - Date.now() - 43_200_000) < 60_000);
    }
  });

  it("says the same of a wrong password, an unknown name and a locked account, and takes as long", async () => {
    await manage(["add", "locked"], `${PASSWORD}\n`);
    rows(server.database, "UPDATE users SET is_active = 0 WHERE name = 'locked'");
    const tries = { wrong: ["ana", "wrong"], unknown: ["nobody", PASSWORD], locked: ["locked", PASSWORD], odd: ["a b", PASSWORD] };
    const bodies = new Set();
    const times = {};
    // Other work makes single answers late, and a pause of it others early: the middle ones are compared, of more when need be.
    const alike = () => {
      const middle = Object.values(times).map((all) => all.toSorted((a, b) => a - b)[all.length >> 1]);
      return Math.min(...middle) > 20 && Math.max(...middle) < 2 * Math.min(...middle);
    };
    for (let round = 0; round < 5 || (round < 40 && !alike()); round++)
      for (const [what, [name, password]] of Object.entries(tries)) {
        const answer = await login(name, password);
        assert.equal(answer.status, 401, what);
        assert.equal(answer.headers["set-cookie"], undefined);
        bodies.add(answer.body.replace(/"request_id":"[0-9a-f]+"/, ""));
        (times[what] ??= []).push(answer.ms);
      }
    assert.equal(bodies.size, 1);
    assert.ok(alike(), JSON.stringify(times));
  });

  it("needs a JSON body with both fields, and nothing else", async () => {
    assert.equal((await send("POST", "/api/auth/login", {})).status, 422);
    assert.equal((await send("POST", "/api/auth/login", { name: "ana", password: 1 })).status, 422);
    assert.equal((await send("POST", "/api/auth/login", { name: "ana", password: PASSWORD, admin: true })).status, 422);
    const form = await request(server.port, { method: "POST", target: "/api/auth/login", body: "name=ana&password=x",
      headers: { "Content-Type": "text/plain", "Content-Length": 19 } });
    assert.equal(form.status, 415);
  });

  it("does not let a crowd of logins keep the workers", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => login("nobody")));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.ok(statuses.includes(401) && statuses.includes(503), statuses.join());
    for (const answer of answers.filter((one) => one.status === 503)) {
      assert.equal(json(answer).error.code, "busy");
      assert.equal(answer.headers["retry-after"], "1");
    }
  });
});

describe("the session cookie", () => {
  let token;
  before(async () => { ({ token } = await loggedIn("ana")); });
  const change = (headers) => send("POST", "/api/twilio/presence", {}, { ...cookie(token), ...headers });

  it("changes things only for pages of this server", async () => {
    const own = `http://127.0.0.1:${server.port}`;
    for (const [headers, status] of [
      [{ "Sec-Fetch-Site": "same-origin" }, 200],
      [{ "Sec-Fetch-Site": "same-origin", Origin: own }, 200],
      [{ Origin: own }, 200],
      [{ "X-Requested-With": "fetch" }, 200],
      [{}, 403],
      [{ "X-Requested-With": "" }, 403],
      [{ "Sec-Fetch-Site": "cross-site" }, 403],
      [{ "Sec-Fetch-Site": "same-site" }, 403],
      [{ "Sec-Fetch-Site": "none" }, 403],
      [{ "Sec-Fetch-Site": "cross-site", Origin: own }, 403],
      [{ "Sec-Fetch-Site": "cross-site", "X-Requested-With": "fetch" }, 403],
      [{ Origin: "null" }, 403],
      [{ Origin: "https://evil.example" }, 403],
      [{ Origin: `${own}.evil.example` }, 403],
      [{ Origin: `http://evil.example#://127.0.0.1:${server.port}` }, 403],
      [{ Origin: "https://evil.example", "X-Requested-With": "fetch" }, 403],
    ]) {
      const answer = await change(headers);
      assert.equal(answer.status, status, JSON.stringify(headers));
      if (status === 403) assert.equal(json(answer).error.code, "cross_site");
    }
  });

  it("reads without more, and a token needs nothing more", async () => {
    assert.equal((await send("GET", "/api/twilio/my-numbers", undefined, { ...cookie(token), "Sec-Fetch-Site": "cross-site" })).status, 200);
    assert.equal((await send("POST", "/api/twilio/presence", {}, { ...bearer(token), Origin: "https://evil.example" })).status, 200);
  });

  it("counts only alone", async () => {
    const other = await loggedIn("bob");
    const both = await me({ ...cookie(token), ...bearer(other.token) });
    assert.equal(json(both).user.name, "bob");
    assert.equal((await me({ ...cookie(token), ...bearer("nonsense") })).status, 401);
    assert.equal((await me({ Cookie: `hookswitch_session=${token}; hookswitch_session=${other.token}` })).status, 401);
    for (const odd of ["hookswitch_session", "hookswitch_session=", `Hookswitch_session=${token}`, `xhookswitch_session=${token}`, ";;; ;"])
      assert.equal((await me({ Cookie: odd })).status, 401, odd);
  });

  it("holds no token of another kind", async () => {
    assert.equal((await me(cookie(jwt({ sub: "ana" })))).status, 401);
  });

  it("is for https only where the server is", async () => {
    const secure = await startServer({ config: { server_url: "https://phone.example.com", jwt_secret: null } });
    try {
      await command(["user", "add", "ana"], { config: { database: secure.database, jwt_secret: null }, input: PASSWORD });
      const answer = await login("ana", PASSWORD, {}, secure);
      assert.match(answer.headers["set-cookie"][0], /; Secure$/);
      const headers = { ...cookie(json(answer).token), Host: "inside", Origin: "https://phone.example.com" };
      assert.equal((await send("POST", "/api/twilio/presence", {}, headers, secure)).status, 200);
    } finally {
      await secure.stop();
    }
  });
});

describe("a login ends", () => {
  const alive = async (login) => (await me(bearer(login.token))).status === 200;

  it("by logging out, and no other with it", async () => {
    const [first, second] = [await loggedIn("ana"), await loggedIn("ana")];
    const answer = await send("POST", "/api/auth/logout", undefined, { ...cookie(first.token), "X-Requested-With": "x" });
    assert.equal(answer.status, 204);
    assert.match(answer.headers["set-cookie"][0], /^hookswitch_session=; Path=\/api; HttpOnly; SameSite=Strict; Max-Age=0$/);
    assert.deepEqual([await alive(first), await alive(second)], [false, true]);
    // One such line a second is logged.
    await waitUntil(async () => {
      assert.equal((await me(cookie(first.token))).status, 401);
      await sleep(100);
      return server.logs("token_refused").find((line) => line.reason === "logged_out");
    }, 5000, "the reason in the log");
  });

  it("by a new password, but for the one that set it", async () => {
    const [here, there, other] = [await loggedIn("ana"), await loggedIn("ana"), await loggedIn("bob")];
    const set = (current_password, new_password) =>
      send("POST", "/api/auth/password", { current_password, new_password }, bearer(here.token));
    assert.equal((await set("wrong", "another password")).status, 422);
    assert.equal((await set(PASSWORD, "short")).status, 422);
    assert.equal((await set(PASSWORD, "another password")).status, 204);
    assert.deepEqual([await alive(here), await alive(there), await alive(other)], [true, false, true]);
    assert.equal((await login("ana")).status, 401);
    assert.equal((await login("ana", "another password")).status, 200);
    assert.equal((await set("another password", PASSWORD)).status, 204);
  });

  it("by `user passwd`", async () => {
    const before = await loggedIn("bob");
    assert.equal((await manage(["passwd", "BOB"], "a new password\n")).status, 0);
    assert.equal(await alive(before), false);
    assert.equal((await login("bob", "a new password")).status, 200);
    await manage(["passwd", "bob"], PASSWORD);
  });

  it("by locking or removing the account", async () => {
    await manage(["add", "cleo"], PASSWORD);
    const one = await loggedIn("cleo");
    rows(server.database, "UPDATE users SET is_active = 0 WHERE name = 'cleo'");
    assert.equal(await alive(one), false);
    rows(server.database, "UPDATE users SET is_active = 1 WHERE name = 'cleo'");
    assert.equal(await alive(one), true);
    assert.equal((await manage(["remove", "cleo"])).status, 0);
    assert.equal(await alive(one), false);
    assert.equal((await login("cleo")).status, 401);
  });

  it("by its time", async () => {
    const one = await loggedIn("ana");
    const { login: id } = JSON.parse(Buffer.from(one.token.split(".")[1], "base64url"));
    rows(server.database, `UPDATE logins SET expires_at = ${Date.now() - 1} WHERE id = '${id}'`);
    assert.equal(await alive(one), false);
    await loggedIn("ana");
    assert.deepEqual(rows(server.database, `SELECT id FROM logins WHERE id = '${id}'`), []);
  });

  it("not by a restart", async () => {
    const one = await loggedIn("ana");
    const key = readFileSync(server.beside(".key"), "utf8");
    assert.match(key, /^[0-9a-f]{64}\n$/);
    assert.equal(statSync(server.beside(".key")).mode & 0o777, 0o600);
    await server.stop({ keep: true });
    server = await launch({ folder: server.folder, config: { jwt_secret: null } });
    await waitUntil(() => server.get("/healthz").then((answer) => answer.status === 200, () => false), 30_000);
    assert.equal(await alive(one), true);
    const everything = server.out + server.err + (await server.get("/metrics")).body;
    for (const secret of [key.trim(), one.token, PASSWORD]) assert.ok(!everything.includes(secret));
  });
});

describe("user", () => {
  it("adds, lists and removes", async () => {
    const config = { jwt_secret: null };
    const cwd = newFolder();
    const run = (args, input) => commandJson(["user", ...args], { config, cwd, input });
    assert.deepEqual((await run(["list"])).value, { users: [] });
    const added = (await run(["add", "Dora@Example.com", "--id", "77"], "12345678\r\n")).value;
    assert.deepEqual(added, { user: { id: "77", name: "dora@example.com", role: "admin" } });
    const [listed] = (await run(["list"])).value.users;
    assert.deepEqual({ ...listed, created_at: 0 }, { id: "77", name: "dora@example.com", role: "admin", is_active: true, logins: 0, created_at: 0 });
    const stored = rows(path.join(cwd, "hookswitch.db"), "SELECT password FROM users")[0].password;
    assert.match(stored, /^scrypt\$15\$8\$1\$/);
    const text = await command(["user", "list"], { config, cwd });
    assert.match(text.out, /^dora@example\.com +77 +admin +\d{4}-\d\d-\d\d, 0 logins\n$/);
    assert.equal((await run(["remove", "dora@example.com"])).status, 1); // the last admin
    assert.equal((await run(["add", "emil"], "12345678\n")).status, 0);
    assert.equal((await run(["remove", "dora@example.com"])).status, 0);
    assert.deepEqual((await run(["list"])).value.users.map(({ name }) => name), ["emil"]);
  });

  it("refuses what cannot be", async () => {
    const cwd = newFolder();
    const run = (args, input) => command(["user", ...args], { cwd, input });
    await run(["add", "ana"], PASSWORD);
    for (const [args, input, code, message] of [
      [["add", "ANA"], PASSWORD, 1, /already/],
      [["add", "a b"], PASSWORD, 1, /spaces/],
      [["add", "x".repeat(65)], PASSWORD, 1, /64/],
      [["add", "bob"], "short", 1, /8 to 256/],
      [["add", "bob"], "", 1, /first line/],
      [["add", "bob"], "tab\tulator", 1, /control/],
      [["add", "bob"], `\xff${PASSWORD}`, 0, null],
      [["passwd", "nobody"], PASSWORD, 1, /no account/],
      [["remove", "nobody"], undefined, 1, /no account/],
      [["add"], PASSWORD, 2, /add NAME/],
      [["list", "x"], undefined, 2, /too many arguments for list/],
      [["rename", "ana"], undefined, 2, /unknown action rename\nusage: hookswitch user .*add NAME/],
      [["add", "bob", PASSWORD], undefined, 2, /too many/],
      [[], undefined, 2, /missing/],
    ]) {
      const result = await run(args, input);
      assert.equal(result.status, code, `${args.join(" ")}: ${result.err}`);
      if (message) assert.match(result.err, message, args.join(" "));
    }
  });

  it("asks on a terminal, twice, and shows nothing", async () => {
    const binary = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
    const cwd = newFolder();
    const type = (first, second) => new Promise((resolve, reject) => {
      const child = spawn("script", ["-qec", `'${binary}' user add ana`, "/dev/null"], { cwd, env: { ...process.env,
        HOOKSWITCH_LUA: path.join(ROOT, "lua"), HOOKSWITCH_DATABASE: path.join(cwd, "test.db") }, stdio: ["pipe", "pipe", "pipe"] });
      let out = "";
      child.stdout.on("data", (part) => {
        const before = out;
        out += part;
        if (!before.includes("Password:") && out.includes("Password:")) child.stdin.write(`${first}\n`);
        if (!before.includes("Once more:") && out.includes("Once more:")) child.stdin.write(`${second}\n`);
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out }));
    });
    const differ = await type("battery staple", "battery stable");
    assert.equal(differ.code, 1);
    assert.match(differ.out, /differ/);
    const same = await type("battery staple", "battery staple");
    assert.equal(same.code, 0, same.out);
    assert.match(same.out, /ana can log in/);
    for (const { out } of [differ, same]) assert.doesNotMatch(out, /battery/);
  });
});

describe("token", () => {
  it("prints a token that this server takes", async () => {
    for (const user of ["42", "ana", "nobody yet"]) {
      const { status, out } = await command(["token", user], { cwd: server.folder, config: { database: server.database, jwt_secret: null } });
      assert.equal(status, 0);
      const seen = json(await me(bearer(out.trim())));
      assert.equal(seen.local_account, false);
      if (user === "ana") assert.match(seen.user.id, /^local_/);
      else assert.equal(seen.user.id, user);
    }
  });

  it("signs as the host application does when it can", async () => {
    const config = { jwt_secret: JWT_SECRET, jwt_user_claim: "uid", jwt_issuer: "https://id.example.com", jwt_audience: "phones" };
    const { value } = await commandJson(["token", "42", "--ttl", "60"], { config });
    assert.equal(value.expiresIn, 60);
    const claims = jsonwebtoken.verify(value.token, JWT_SECRET, { algorithms: ["HS256"], issuer: "https://id.example.com", audience: "phones" });
    assert.equal(claims.uid, "42");
    assert.equal(claims.exp - claims.iat, 60);
    const host = await startServer({ config });
    try {
      assert.equal(json(await me(bearer(value.token), host)).user.id, "42");
      assert.equal((await me(bearer(jwt({ uid: "42" })), host)).status, 401);
    } finally {
      await host.stop();
    }
  });

  it("refuses what cannot be", async () => {
    for (const ttl of ["0", "-1", "x", "1e9", "99999999"])
      assert.equal((await command(["token", "42", "--ttl", ttl])).status, 2, ttl);
    assert.equal((await command(["token"])).status, 2);
    assert.equal((await command(["token", ""])).status, 2);
  });

  it("of a check alone leaves no key behind", async () => {
    const { cwd } = await command(["check"]);
    assert.equal(existsSync(path.join(cwd, "hookswitch.db.key")), false);
  });
});
