// roles_test.mjs: who may do what: every role asks for every route of the route
// tables; where a role comes from, how it changes under open logins and streams,
// and what is noted of who changed what.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { user as asUser } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { MINI } from "../support/mini.mjs";
import { JWT_SECRET, jwt, launch, request, startServer, waitUntil } from "../support/server.mjs";

const ROLES = ["agent", "editor", "admin"];
const CLAIM = "phone_role";
const PASSWORD = "correct horse";
const rank = (role) => ROLES.indexOf(role);
const ID = { id: "999999", sid: `RE${"0".repeat(32)}`, number: "+14155550100" };

let server;
const config = () => ({ database: server.database, lua: server.lua, jwt_secret: JWT_SECRET, jwt_role_claim: CLAIM });
const run = (...args) => command(args, { config: config(), input: `${PASSWORD}\n` });
const runJson = (...args) => commandJson(args, { config: config(), input: `${PASSWORD}\n` });

// What a token with these claims, or of a login, is answered.
async function ask(token, method, target, body, to = server) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await request(to.port, { method, target, body: text, timeout: 20_000, headers: { Authorization: `Bearer ${token}`,
    ...(method === "GET" || method === "HEAD" ? {} : { "Content-Length": Buffer.byteLength(text ?? ""), "Content-Type": "application/json" }) } });
  return { status: answer.status, body: answer.body && /json/.test(answer.headers["content-type"] ?? "") ? JSON.parse(answer.body) : undefined };
}
const tokenOf = (role, sub = "ana") => jwt({ sub, [CLAIM]: role });
const roleOf = async (token, to) => (await ask(token, "GET", "/api/auth/me", undefined, to)).body?.role;
async function login(name, password = PASSWORD) {
  const answer = await waitUntil(async () => {
    const got = await ask("", "POST", "/api/auth/login", { name, password });
    return got.status !== 503 && got; // password checks wait for each other
  }, 20_000, "a login");
  return answer.body.token;
}

before(async () => {
  server = await startServer({ rules: "return {}\n", config: { sandbox: "yes", rate_limits: "no", jwt_secret: JWT_SECRET, jwt_role_claim: CLAIM,
    data_scope: "team", maintenance_seconds: 0 } });
  for (const role of ROLES) assert.equal((await run("user", "add", role, "--role", role)).status, 0);
});
after(() => server?.stop());

describe("every role and every route", () => {
  // Nothing is done where it is allowed: the body is no object, and nothing has such an id.
  it("are allowed or refused as the route tables say", async () => {
    const { value } = await commandJson(["routes"], { config: config() });
    const routes = value.routes.filter(({ auth }) => auth === "user");
    assert.ok(routes.length > 60);
    for (const { method, path, role: least } of routes) {
      assert.ok(ROLES.includes(least), `${method} ${path}: ${least}`);
      const target = path.replace(/:(\w+)/g, (_, name) => ID[name]);
      await Promise.all(ROLES.map(async (role) => {
        const how = path === "/api/twilio/events" ? "HEAD" : method;
        const label = `${role}: ${method} ${path}`;
        const { status, body } = await ask(tokenOf(role, `${role} of the host`), how, target, method === "GET" ? undefined : "nothing");
        if (rank(role) >= rank(least)) {
          assert.notEqual(status, 403, label);
          assert.notEqual(status, 401, label);
        } else {
          assert.equal(status, 403, label);
          assert.equal(body.error.code, `${least}_only`, label);
          assert.match(body.error.message, least === "admin" ? /^Only an admin can/ : /^Only an editor or an admin can/);
          assert.match(body.error.message, new RegExp(`your role is ${role}\\.$`));
        }
      }));
    }
  });

  it("are what people expect of them", async () => {
    const { value } = await commandJson(["routes"], { config: config() });
    const least = Object.fromEntries(value.routes.map(({ method, path, role }) => [`${method} ${path}`, role]));
    for (const [role, list] of Object.entries({
      admin: ["POST /api/twilio/buy-number", "DELETE /api/twilio/my-numbers/:id", "PUT /api/twilio/my-numbers/:id",
        "DELETE /api/twilio/recordings/:sid", "POST /api/twilio/callers/forget", "GET /api/twilio/doctor", "GET /api/users", "POST /api/users",
        "PATCH /api/users/:id", "POST /api/users/:id/password", "GET /api/audit", "DELETE /api/twilio/away/:id"],
      editor: ["PUT /api/twilio/rules", "PUT /api/twilio/rules/draft", "POST /api/twilio/rules/draft/promote", "POST /api/twilio/rules/accept",
        "POST /api/twilio/rules/versions/:id/restore", "GET /api/twilio/rules", "POST /api/twilio/overrides", "DELETE /api/twilio/overrides/:id",
        "GET /api/call-forwarding", "POST /api/call-forwarding", "PATCH /api/call-forwarding/:id/toggle"],
      agent: ["GET /api/twilio/now", "GET /api/twilio/call-logs", "POST /api/twilio/contacts", "POST /api/twilio/missed-calls/:id/dismiss",
        "POST /api/twilio/presence", "GET /api/twilio/access-token", "GET /api/twilio/events", "POST /api/auth/password", "POST /api/twilio/away",
        "POST /api/twilio/pin"],
    })) for (const route of list) assert.equal(least[route], role, route);
  });

  it("hold inside of a batch, too", async () => {
    const gets = encodeURIComponent(JSON.stringify([["/api/twilio/contacts"], ["/api/call-forwarding"], ["/api/users"]]));
    const { body } = await ask(tokenOf("agent"), "GET", `/api/twilio/batch?gets=${gets}`);
    assert.deepEqual(body.answers.map(({ status }) => status), [200, 403, 403]);
    assert.equal(body.answers[1].body.error.code, "editor_only");
  });

  it("are a part of each route: a server does not start without", async () => {
    const app = MINI["app.lua"].replace('auth = "user", role = "agent", where = "app.lua:9"', 'auth = "user", where = "app.lua:9"');
    assert.notEqual(app, MINI["app.lua"]);
    const one = await launch({ lua: { ...MINI, "app.lua": app } });
    try {
      await waitUntil(() => /route 7 has no role/.test(one.out + one.err), 20_000, "a refusal");
    } finally {
      await one.stop().catch(() => {}); // it has ended by itself
    }
  });
});

describe("a role", () => {
  it("comes from the token's claim; what is missing or no role is an agent's", async () => {
    for (const role of ROLES) assert.equal(await roleOf(tokenOf(role)), role);
    for (const odd of [undefined, "", "root", "Admin", "admin ", "admin\0", 3, null, true, ["admin"], { admin: true }])
      assert.equal(await roleOf(tokenOf(odd)), "agent", JSON.stringify(odd));
    assert.equal(await roleOf(jwt({ sub: "ana", role: "admin" })), "agent");
  });

  it("of a local account counts, whatever the token says", async () => {
    const { value } = await runJson("user", "list");
    const { id } = value.users.find(({ name }) => name === "agent");
    assert.equal(await roleOf(tokenOf("admin", id)), "agent");
    assert.equal(await roleOf(await login("agent")), "agent");
    for (const role of ROLES) assert.equal(await roleOf(await login(role)), role);
  });

  it("is named by `hookswitch token`", async () => {
    for (const role of ROLES) assert.equal(await roleOf((await run("token", "ana", "--role", role)).out.trim()), role);
    assert.equal(await roleOf((await run("token", "ana")).out.trim()), "admin");
    assert.equal(await roleOf((await run("token", "agent", "--role", "admin")).out.trim()), "agent");
    assert.equal((await run("token", "ana", "--role", "root")).status, 2);
    const own = await startServer({ config: { jwt_secret: null } });
    try {
      const print = (...args) => command(["token", "ana", ...args], { cwd: own.folder, config: { database: own.database, jwt_secret: null } });
      const editor = (await print("--role", "editor")).out.trim();
      assert.equal(await roleOf(editor, own), "editor");
      assert.equal((await ask((await print()).out.trim(), "GET", "/api/users", undefined, own)).status, 200);
    } finally {
      await own.stop();
    }
  });

  it("that nobody names leaves users what they had, and does not let them manage accounts", async () => {
    const plain = await startServer({ config: { rate_limits: "no" } });
    try {
      const bob = asUser(plain, "bob");
      const me = (await bob.get("/api/auth/me")).body;
      assert.deepEqual([me.role, me.manages_users], ["admin", false]);
      assert.equal((await bob.get("/api/call-forwarding")).status, 200);
      for (const [method, target, body] of [["get", "/api/users"], ["post", "/api/users", { name: "eve", role: "admin" }],
        ["patch", "/api/users/x", { role: "admin" }], ["post", "/api/users/x/password"], ["get", "/api/audit"]]) {
        const answer = await bob[method](target, body);
        assert.deepEqual([answer.status, answer.body.error.code], [403, "role_not_known"], target);
      }
    } finally {
      await plain.stop();
    }
  });

  it("is that of the request's own sign-in, whoever the worker answered before", async () => {
    const plain = await startServer({ config: { rate_limits: "no", workers: 1 } });
    try {
      assert.equal((await command(["user", "add", "boss", "--role", "admin"], { config: { database: plain.database }, input: `${PASSWORD}\n` })).status, 0);
      const own = (await ask("", "POST", "/api/auth/login", { name: "boss", password: PASSWORD }, plain)).body.token;
      for (const token of [jwt({ sub: "bob" }), own]) {
        const { body } = await ask(token, "GET", "/api/auth/me", undefined, plain);
        assert.deepEqual([body.role, body.manages_users], ["admin", token === own]);
      }
    } finally {
      await plain.stop();
    }
  });
});

// A stream of events of this token: { status, ended }.
function listen(token) {
  return new Promise((resolve, reject) => {
    const call = http.request({ host: "127.0.0.1", port: server.port, path: "/api/twilio/events", agent: false,
      headers: { Authorization: `Bearer ${token}` } }, (answer) => {
      const stream = { status: answer.statusCode, ended: false, close: () => call.destroy() };
      answer.resume();
      for (const end of ["end", "error", "close"]) answer.on(end, () => { stream.ended = true; });
      resolve(stream);
    });
    call.on("error", reject);
    call.end();
  });
}

describe("a change of an account", () => {
  let admin;
  let made = 0;
  before(async () => { admin = await login("admin"); });
  const invite = async (role) => {
    const name = `user${made++}`;
    const { status, body } = await ask(admin, "POST", "/api/users", { name, role });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  // From here, and from another process.
  const WAYS = {
    api: { change: async ({ id }, changes) => assert.equal((await ask(admin, "PATCH", `/api/users/${id}`, changes)).status, 200) },
    command: { change: async ({ name }, { role, is_active: on }) =>
      assert.equal((await (role ? run("user", "role", name, role) : run("user", on ? "enable" : "disable", name))).status, 0) },
  };

  it("invites with a password that is shown once, and a new one each time", async () => {
    const one = await invite("editor");
    assert.match(one.password, /^[0-9a-f]{4}(-[0-9a-f]{4}){3}$/);
    assert.deepEqual([one.role, one.is_active, one.logins], ["editor", true, 0]);
    const token = await login(one.name, one.password);
    assert.equal(await roleOf(token), "editor");
    const again = await ask(admin, "POST", `/api/users/${one.id}/password`);
    assert.equal(again.status, 200);
    assert.notEqual(again.body.password, one.password);
    assert.equal((await ask(token, "GET", "/api/auth/me")).status, 401);
    assert.equal(await roleOf(await login(one.name, again.body.password)), "editor");
    const text = JSON.stringify((await ask(admin, "GET", "/api/users")).body) + JSON.stringify((await ask(admin, "GET", "/api/audit")).body)
      + server.out + server.err;
    for (const secret of [one.password, again.body.password, "scrypt$"]) assert.ok(!text.includes(secret));
  });

  it("refuses what cannot be", async () => {
    for (const [method, target, body, status, code] of [
      ["POST", "/api/users", { name: "admin", role: "agent" }, 409, "name_taken"],
      ["POST", "/api/users", { name: "a b", role: "agent" }, 422, "invalid"],
      ["POST", "/api/users", { name: "x".repeat(65), role: "agent" }, 422, "invalid"],
      ["POST", "/api/users", { name: "eve", role: "root" }, 422, "invalid"],
      ["POST", "/api/users", { name: "eve" }, 422, "invalid"],
      ["PATCH", "/api/users/nobody", { role: "agent" }, 404, "user_not_found"],
      ["PATCH", "/api/users/nobody", { role: 1 }, 422, "invalid"],
      ["POST", "/api/users/nobody/password", undefined, 404, "user_not_found"],
    ]) {
      const answer = await ask(admin, method, target, body);
      assert.deepEqual([answer.status, answer.body.error.code], [status, code], `${method} ${target} ${JSON.stringify(body)}`);
    }
    for (const [args, code] of [[["role", "admin", "root"], 1], [["role", "nobody", "agent"], 1], [["disable", "nobody"], 1],
      [["add", "eve", "--role", "root"], 1], [["role", "admin"], 2]])
      assert.equal((await run("user", ...args)).status, code, args.join(" "));
  });

  for (const [way, { change }] of Object.entries(WAYS)) {
    it(`takes effect at once on logins, tokens and streams (${way})`, async () => {
      const one = await invite("admin");
      const [session, other] = [await login(one.name, one.password), tokenOf("admin", one.id)];
      const streams = [await listen(session), await listen(other)];
      assert.deepEqual(streams.map(({ status }) => status), [200, 200]);
      await change(one, { role: "agent" });
      assert.equal((await ask(session, "GET", "/api/call-forwarding")).status, 403);
      await waitUntil(async () => (await roleOf(other)) === "agent", 20_000, "the token's new role");
      await waitUntil(() => streams.every(({ ended }) => ended), 20_000, "an end of the streams");
      const more = [await listen(session), await listen(other)];
      await change(one, { is_active: false });
      assert.equal((await ask(session, "GET", "/api/auth/me")).status, 401);
      await waitUntil(async () => (await ask(other, "GET", "/api/auth/me")).status === 401, 20_000, "the token's end");
      await waitUntil(() => more.every(({ ended }) => ended), 20_000, "an end of the streams");
      assert.equal((await ask("", "POST", "/api/auth/login", { name: one.name, password: one.password })).status, 401);
      await change(one, { is_active: true });
      assert.equal((await ask(session, "GET", "/api/auth/me")).status, 401); // the login has ended for good
      await waitUntil(async () => (await roleOf(other)) === "agent", 20_000, "the token again");
    });
  }

  it("ends the streams of a login that another process ends", async () => {
    const one = await invite("agent");
    const stream = await listen(await login(one.name, one.password));
    const kept = await listen(admin);
    assert.equal((await run("user", "passwd", one.name)).status, 0);
    await waitUntil(() => stream.ended, 20_000, "an end of the stream");
    assert.equal(kept.ended, false);
    kept.close();
  });

  it("leaves one active admin, however many change at once", async () => {
    const list = () => rows(server.database, "SELECT name, id FROM users WHERE role = 'admin' AND is_active = 1");
    while (list().length < 3) await invite("admin");
    const token = tokenOf("admin", "someone of the host application");
    const answers = await Promise.all(list().map(({ id }, at) => ask(token, "PATCH", `/api/users/${id}`, at % 2 ? { role: "agent" } : { is_active: false })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(answers.length - 1).fill(200), 409]);
    assert.equal(answers.find(({ status }) => status === 409).body.error.code, "last_admin");
    const [{ name }] = list();
    assert.equal(list().length, 1);
    for (const args of [["role", name, "editor"], ["disable", name], ["remove", name]]) {
      const refused = await run("user", ...args);
      assert.equal(refused.status, 1, args.join(" "));
      assert.match(refused.err, /last active admin/);
    }
    assert.equal((await run("user", "role", name, "admin")).status, 0);
    rows(server.database, "UPDATE users SET role = 'admin', is_active = 1 WHERE name = 'admin'");
    admin = await login("admin");
  });
});

describe("who changed what", () => {
  const CALLER = "+14155550188";
  const admin = tokenOf("admin", "ana");
  const audit = async (query = "") => (await ask(admin, "GET", `/api/audit${query}`)).body;
  const noted = new Set(); // routes that left an entry
  const done = async (method, target, body, token = admin) => {
    const from = await last();
    const answer = await ask(token, method, target, body);
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    const route = NOTED.find((one) => new RegExp(`^${one.replace(/:\w+/g, "[^/]+")}$`).test(`${method} ${target}`));
    if (route && await last() > from) noted.add(route);
    return answer.body;
  };
  const brief = ({ kind, action, about, detail }) => [kind, action, about, detail];
  const since = async (from) => (await audit("?limit=500")).entries.filter(({ id }) => id > from).reverse();
  const last = async () => (await audit("?limit=1")).entries[0]?.id ?? 0;

  it("is noted with each change, by whom and when", async () => {
    const id = givenNumber(server.database, { phone: "+15105550111", user: "ana" });
    await server.settled();
    const from = await last();
    const begun = Date.now();
    const override = await done("POST", "/api/twilio/overrides", { forward_to_number: "+13035550142", ends_at: begun + 3_600_000, note: "away" });
    await done("DELETE", `/api/twilio/overrides/${override.id}`);
    const setting = await done("POST", "/api/call-forwarding", { phone_number_id: id, forward_to_number: "+13035550142" });
    await done("PATCH", `/api/call-forwarding/${setting.id}/toggle`, { is_active: false });
    await done("DELETE", `/api/call-forwarding/${setting.id}`);
    const contact = await done("POST", "/api/twilio/contacts", { number: CALLER, name: "Grace", tags: ["vip"] });
    await done("PUT", `/api/twilio/contacts/${contact.id}`, { tags: [] });
    await done("POST", "/api/twilio/blocklist", { number: CALLER });
    await done("DELETE", `/api/twilio/blocklist/${contact.id}`);
    await done("DELETE", `/api/twilio/contacts/${contact.id}`);
    await done("PUT", `/api/twilio/my-numbers/${id}`, { timezone: "America/Denver", is_active: true });
    const user = await done("POST", "/api/users", { name: "fay", role: "agent" });
    await done("PATCH", `/api/users/${user.id}`, { role: "editor" });
    const list = await since(from);
    const away = { forward_to_number: "+13035550142", ring_timeout: 25, starts_at: override.starts_at, ends_at: override.ends_at, note: "away" };
    const always = { phone_number_id: id, forward_to_number: "+13035550142", forwarding_type: "always", ring_timeout: 20 };
    assert.deepEqual(list.map(brief), [
      ["override", "add", String(override.id), away], ["override", "end", String(override.id), away],
      ["forwarding", "add", String(setting.id), { ...always, is_active: true }],
      ["forwarding", "change", String(setting.id), { ...always, is_active: false }],
      ["forwarding", "delete", String(setting.id), { ...always, is_active: false }],
      ["contact", "add", CALLER, { name: "Grace", tags: ["vip"] }], ["contact", "change", CALLER, { tags: [] }],
      ["contact", "change", CALLER, { blocked: true }], ["contact", "change", CALLER, { blocked: false }],
      ["contact", "delete", CALLER, { name: "Grace", tags: [], blocked: false }],
      ["number", "change", "+15105550111", { timezone: "America/Denver", is_active: true }],
      ["user", "add", "fay", { role: "agent", is_active: true }], ["user", "change", "fay", { role: "editor" }],
    ]);
    for (const entry of list) {
      assert.deepEqual([entry.author, entry.author_kind], ["ana", "user"]);
      assert.ok(entry.at >= begun - 1000 && entry.at <= Date.now() + 1000);
    }
  });

  it("is noted of a password that its user changes, and of an alert that is closed", async () => {
    assert.equal((await run("user", "add", "ida", "--role", "agent")).status, 0);
    const token = await login("ida"), from = await last();
    const change = (current_password) => ask(token, "POST", "/api/auth/password", { current_password, new_password: "battery staple" });
    assert.equal((await change("wrong")).status, 422);
    await done("POST", "/api/auth/password", { current_password: PASSWORD, new_password: "battery staple" }, token);
    rows(server.database, `INSERT INTO alerts (user_id, kind, subject, first_at, last_at) VALUES ('', 'bad_target', '${CALLER}', 1, 1)`);
    const [{ id }] = rows(server.database, "SELECT max(id) AS id FROM alerts");
    await done("POST", `/api/twilio/alerts/${id}/close`);
    assert.equal((await ask(admin, "POST", `/api/twilio/alerts/${id}/close`)).status, 404);
    assert.deepEqual((await since(from)).map((entry) => [...brief(entry), entry.author === "ana", entry.user_id]), [
      ["user", "password", "ida", {}, false, null], ["alert", "close", CALLER, { kind: "bad_target" }, true, null]]);
  });

  it("is noted in the Inbox, of notes, absences and recordings: who assigned, closed and reopened; once each", async () => {
    const at = Date.now() - 60_000, MISSED = "/api/twilio/missed-calls";
    for (const [number, kind] of [[CALLER, "number"], ["CA0", "call"]]) rows(server.database, `INSERT INTO missed_calls (user_id, number, calls, first_at, last_at, last_call_sid)
      VALUES ('ana', '${number}', 1, ${at}, ${at}, '${kind}')`);
    const [first, second] = rows(server.database, "SELECT id FROM missed_calls WHERE user_id = 'ana' ORDER BY id").map(({ id }) => id);
    await server.settled();
    const from = await last();
    const agent = tokenOf("agent", "fred");
    await done("POST", "/api/twilio/presence", { device: "tab", registered: true }, agent);
    for (const assigned_to of ["fred", "fred", null]) await done("PATCH", `${MISSED}/${first}`, { assigned_to }, agent);
    for (const verb of ["dismiss", "dismiss", "reopen", "reopen"]) await done("POST", `${MISSED}/${first}/${verb}`, undefined, agent);
    await done("POST", `${MISSED}/${second}/dismiss`, undefined, agent);
    assert.equal((await run("missed", "reopen", String(second))).status, 0);
    const note = await done("POST", "/api/twilio/notes", { number: CALLER, text: "Wants a quote." });
    await done("PUT", `/api/twilio/notes/${note.id}`, { text: "Wants it soon." }, agent);
    await done("DELETE", `/api/twilio/notes/${note.id}`, undefined, agent);
    assert.equal((await ask(agent, "DELETE", `/api/twilio/notes/${note.id}`)).status, 404);
    await done("POST", "/api/twilio/away", { ends_at: Math.ceil(Date.now() / 1000) * 1000 + 3_600_000 }, agent);
    await done("DELETE", "/api/twilio/away/fred");
    const list = await since(from);
    assert.deepEqual(list.map((entry) => [entry.author_kind === "os" ? "os" : entry.author, ...brief(entry).slice(0, 3)]), [
      ["fred", "missed", "assign", CALLER], ["fred", "missed", "assign", CALLER], ["fred", "missed", "close", CALLER], ["fred", "missed", "reopen", CALLER],
      ["fred", "missed", "close", String(second)], ["os", "missed", "reopen", String(second)],
      ["ana", "note", "add", CALLER], ["fred", "note", "change", CALLER], ["fred", "note", "delete", CALLER],
      ["fred", "away", "add", "fred"], ["ana", "away", "end", "fred"]]);
    assert.deepEqual(list.slice(0, 3).map(({ detail }) => detail), [{ assigned_to: "fred" }, { assigned_to: null }, {}]);
    assert.doesNotMatch(JSON.stringify(list), /Wants/);
    const id = givenNumber(server.database, { phone: "+15105550119", user: "ana" });
    await server.settled();
    const setting = await done("POST", "/api/call-forwarding", { phone_number_id: id, forward_to_number: "+13035550142" });
    await done("PUT", `/api/call-forwarding/${setting.id}`, { ring_timeout: 30 });
    const account = await done("POST", "/api/users", { name: "hal", role: "agent" });
    await done("POST", `/api/users/${account.id}/password`);
    rows(server.database, `INSERT INTO recordings (recording_sid, call_sid, user_id, kind, status, started_at) VALUES ('${ID.sid}', 'CA1', 'ana', 'voicemail', 'completed', ${at})`);
    await server.settled();
    await done("DELETE", `/api/twilio/recordings/${ID.sid}`);
  });

  // What a route changes is in the audit log, or its author stands with what it changes, or nothing lasting changes.
  const ELSEWHERE = {
    "a version of the rules has its author": ["PUT /api/twilio/rules", "POST /api/twilio/rules/versions/:id/restore", "POST /api/twilio/rules/accept",
      "PUT /api/twilio/rules/draft", "DELETE /api/twilio/rules/draft", "POST /api/twilio/rules/draft/promote", "PUT /api/twilio/team",
      "POST /api/twilio/pin"],
    "a message that was heard has its own": ["POST /api/twilio/recordings/:sid/heard"],
    "nothing lasting changes": ["POST /api/twilio/presence", "POST /api/auth/logout", "POST /api/twilio/replay", "POST /api/twilio/simulate",
      "POST /api/twilio/rules/check", "POST /api/twilio/team/check", "POST /api/twilio/team/coverage", "POST /api/sandbox/ring", "POST /api/sandbox/dial",
      "POST /api/sandbox/calls/:sid"],
  };
  const NOTED = ["POST /api/call-forwarding", "PUT /api/call-forwarding/:id", "PATCH /api/call-forwarding/:id/toggle", "DELETE /api/call-forwarding/:id",
    "POST /api/twilio/away", "DELETE /api/twilio/away/:id", "POST /api/auth/password", "POST /api/twilio/buy-number", "PUT /api/twilio/my-numbers/:id",
    "DELETE /api/twilio/my-numbers/:id", "DELETE /api/twilio/recordings/:sid", "POST /api/twilio/contacts", "PUT /api/twilio/contacts/:id",
    "DELETE /api/twilio/contacts/:id", "POST /api/twilio/blocklist", "DELETE /api/twilio/blocklist/:id", "POST /api/twilio/callers/forget",
    "POST /api/twilio/overrides", "DELETE /api/twilio/overrides/:id", "POST /api/twilio/alerts/:id/close", "POST /api/users", "PATCH /api/users/:id",
    "POST /api/users/:id/password", "POST /api/twilio/notes", "PUT /api/twilio/notes/:id", "DELETE /api/twilio/notes/:id",
    "PATCH /api/twilio/missed-calls/:id", "POST /api/twilio/missed-calls/:id/dismiss", "POST /api/twilio/missed-calls/:id/reopen"];

  it("is decided for every route that writes", async () => {
    const { value } = await commandJson(["routes"], { config: config() });
    const writing = value.routes.filter(({ auth, method }) => auth === "user" && method !== "GET" && method !== "HEAD").map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual([...new Set([...NOTED, ...Object.values(ELSEWHERE).flat()])].sort(), writing.sort());
    assert.equal(NOTED.length + Object.values(ELSEWHERE).flat().length, writing.length);
  });

  it("is noted of commands, with the account of the system, and of numbers bought and released", async () => {
    const from = await last();
    const { id } = (await runJson("override", "add", "--to", "+13035550142", "--until", "2h", "--user", "ana")).value.override;
    assert.equal((await run("override", "end", String(id))).status, 0);
    assert.equal((await run("user", "add", "gil", "--role", "agent")).status, 0);
    assert.equal((await run("user", "disable", "gil")).status, 0);
    assert.equal((await run("user", "passwd", "gil")).status, 0);
    assert.equal((await run("user", "remove", "gil")).status, 0);
    const commands = await since(from);
    assert.deepEqual(commands.map(({ kind, action }) => `${kind} ${action}`),
      ["override add", "override end", "user add", "user change", "user password", "user remove"]);
    for (const { author, author_kind: kind } of commands) {
      assert.equal(kind, "os");
      assert.notEqual(author, "");
    }
    const bought = await done("POST", "/api/twilio/buy-number", { areaCode: "510" });
    await done("DELETE", `/api/twilio/my-numbers/${bought.id}`);
    assert.deepEqual((await since(from)).slice(commands.length).map(brief),
      [["number", "buy", bought.phone_number, {}], ["number", "release", bought.phone_number, {}]]);
  });

  it("is not noted of what was refused", async () => {
    const from = await last();
    assert.equal((await ask(admin, "PUT", "/api/twilio/contacts/999999", { name: "x" })).status, 404);
    assert.equal((await ask(admin, "POST", "/api/users", { name: "fay", role: "agent" })).status, 409);
    assert.equal((await ask(tokenOf("agent"), "POST", "/api/users", { name: "eve", role: "agent" })).status, 403);
    assert.deepEqual(await since(from), []);
  });

  it("comes in pages, by kind and by author, and from the command line", async () => {
    const all = (await audit("?limit=500")).entries;
    const seen = [];
    for (let cursor = ""; cursor !== null;) {
      const page = await audit(`?limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.entries.map(({ id }) => id));
      cursor = page.next;
    }
    assert.deepEqual(seen, all.map(({ id }) => id));
    assert.ok((await audit("?kind=contact")).entries.every(({ kind }) => kind === "contact"));
    assert.ok((await audit("?author=ana")).entries.every(({ author }) => author === "ana"));
    const named = all.find(({ author_name: name }) => name === "admin");
    assert.equal(named.kind, "user");
    assert.deepEqual((await runJson("audit", "--limit", "500")).value.entries.map(({ id }) => id), seen);
    const printed = (await run("audit", "--limit", "500")).out;
    assert.match(printed, /^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d UTC  ana +release +number +\+1510\d{7}$/m);
    assert.match(printed, / add +override .* ends_at=\w{3} \d{4}-\d\d-\d\d \d\d:\d\d UTC /);
    assert.equal((await run("audit", "--limit", "0")).status, 2);
  });

  it("can't be forged by what people type: a name stays on its line, and turns no writing around", async () => {
    const OTHER = "+14155550177";
    const forged = "\nMon 2026-11-30 08:00 UTC  ana  release  number  +15105550100", before = (await audit("?limit=500")).entries.length;
    for (const [name, status] of [[`Ada${forged}`, 201], ["Ada\u001b[2J", 422], ["Ada\u202egnp", 422], ["Ada\u2066", 422], ["Ada\u009b2J", 422],
      ["Ada\u2028x", 422], ["\u05d2\u05e8\u05d9\u05d9\u05e1 \u{1F469}\u200d\u{1F680}", 201]]) {
      const { status: got, body } = await ask(admin, "POST", "/api/twilio/contacts", { number: OTHER, name });
      assert.equal(got, status, JSON.stringify([name, body]));
      if (got < 300) {
        assert.equal(body.name, name.replace("\n", " "));
        assert.equal((await ask(admin, "DELETE", `/api/twilio/contacts/${body.id}`)).status, 204);
      } else assert.equal(body.error.reasons.name.code, "control_characters");
    }
    assert.equal((await ask(admin, "POST", "/api/users", { name: "an\u202ea", role: "admin" })).status, 422);
    const { id, note } = (await ask(admin, "POST", "/api/twilio/overrides", { forward_to_number: "+13035550142", ends_at: Date.now() + 3_600_000, note: `x${forged}` })).body;
    assert.equal(note, `x${forged.replace("\n", " ")}`);
    assert.equal((await ask(admin, "DELETE", `/api/twilio/overrides/${id}`)).status, 204);
    // What was stored before names were read so.
    rows(server.database, `INSERT INTO audit (at, author, author_kind, kind, action, about, detail) VALUES (${Date.now()}, 'x' || char(10) || 'y', 'user', 'contact', 'add', 'a' || char(8238) || 'b',
      json_object('name', 'Ada' || char(10, 27) || '[2J' || char(155)))`);
    const printed = (await run("audit", "--limit", "500")).out;
    assert.equal(printed.trimEnd().split("\n").length, (await audit("?limit=500")).entries.length);
    assert.ok((await audit("?limit=500")).entries.length > before);
    assert.doesNotMatch(printed, /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
    assert.match(printed, /x\ufffdy .*a\ufffdb .*name=Ada\ufffd\ufffd\[2J\ufffd/);
  });

  it("forgets a caller, and is forgotten after audit_days", async () => {
    await done("POST", "/api/twilio/contacts", { number: CALLER, name: "Grace Hopper" });
    await done("POST", "/api/twilio/overrides", { forward_to_number: CALLER, ends_at: Date.now() + 3_600_000 });
    rows(server.database, `UPDATE overrides SET ends_at = starts_at + 1 WHERE forward_to_number = '${CALLER}'`);
    await waitUntil(() => done("POST", "/api/twilio/callers/forget", { number: CALLER }).then(() => true, () => false), 20_000, "the erasure");
    assert.deepEqual(NOTED.filter((route) => !noted.has(route)), [], "routes that left no entry");
    const text = JSON.stringify(rows(server.database, "SELECT * FROM audit"));
    for (const trace of [CALLER.slice(1), "Grace"]) assert.ok(!text.includes(trace), trace);
    assert.deepEqual(brief((await audit("?kind=caller")).entries[0]), ["caller", "forget", "", {}]);
    rows(server.database, `UPDATE audit SET at = ${Date.now() - 731 * 86_400_000} WHERE id <= 3`);
    await run("maintain");
    const left = rows(server.database, "SELECT MIN(id) AS first, COUNT(*) AS n FROM audit")[0];
    assert.ok(left.first > 3 && left.n > 3);
  });
});
