// account_test.mjs: setup, sync and doctor against an account, as an
// administrator runs them.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { command, commandJson, newFolder } from "../support/command.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

const BASE = "https://phone.example.com";
const HOOKS = { voice_url: `${BASE}/api/twilio/twiml`, voice_method: "POST", voice_fallback_url: `${BASE}/api/twilio/twiml?step=fallback`,
  voice_fallback_method: "POST", status_callback: `${BASE}/api/twilio/status-callback`, status_callback_method: "POST" };
let twilio;
let options; // of commands: an account, a database
let database;

before(async () => { twilio = await TwilioRest.start(); });
after(() => twilio?.stop());
beforeEach(async () => {
  twilio.reset();
  twilio.numbers.clear();
  twilio.applications.clear();
  const cwd = newFolder();
  options = { cwd, config: { ...twilio.config, server_url: BASE } };
  assert.equal((await command(["migrate"], options)).status, 0);
  database = `${cwd}/hookswitch.db`;
});
const more = (config) => ({ ...options, config: { ...options.config, ...config } });
// States of the report, by what they are about.
const states = (value, about) => value.report.filter((entry) => entry.about === about).map((entry) => entry.state);
const entry = (value, about, what) => value.report.find((e) => e.about === about && (what === undefined || e.what === what));

describe("setup", () => {
  it("makes the TwiML App, points the numbers here, and changes nothing the second time", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42" });
    const number = twilio.own("+15105550100", { voice_url: "https://demo.example.com/" });
    const { status, value } = await commandJson(["setup"], options);
    assert.equal(status, 0);
    const [application] = [...twilio.applications.values()];
    assert.equal(value.application_sid, application.sid);
    for (const [name, wanted] of Object.entries(HOOKS)) {
      assert.equal(application[name], wanted);
      assert.equal(number[name], wanted);
    }
    assert.deepEqual([states(value, "application"), states(value, "number")], [["changed"], ["changed"]]);
    twilio.reset();
    const again = await commandJson(["setup"], options);
    assert.deepEqual(again.value.report.map((e) => e.state), ["ok", "ok"]);
    assert.equal(twilio.seen("POST").length, 0);
  });

  it("says what to put into .env", async () => {
    const { status, out } = await command(["setup"], options);
    assert.equal(status, 0);
    assert.match(out, /TWILIO_APP_SID=AP[0-9a-f]{32}/);
    assert.match(out, /TWILIO_API_KEY/);
    const sid = /AP[0-9a-f]{32}/.exec(out)[0];
    const told = await command(["setup"], more({ twilio_app_sid: sid, twilio_api_key: `SK${"1".repeat(32)}`, twilio_api_secret: "s" }));
    assert.doesNotMatch(told.out, /\.env/);
  });

  it("uses another host as the fallback", async () => {
    await command(["setup"], more({ fallback_url: "https://spare.example.org/sorry" }));
    assert.equal([...twilio.applications.values()][0].voice_fallback_url, "https://spare.example.org/sorry");
  });

  it("tries it first when asked", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42" });
    twilio.own("+15105550100");
    const { value } = await commandJson(["setup", "--dry-run"], options);
    assert.deepEqual(value.report.map((e) => e.state), ["would_change", "would_change"]);
    assert.equal(twilio.seen("POST").length, 0);
  });

  it("sees that an application or a trunk takes the calls, and takes over only when told", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42" });
    const number = twilio.own("+15105550100", { ...HOOKS, voice_application_sid: `AP${"9".repeat(32)}` });
    const first = await commandJson(["setup"], options);
    assert.equal(first.status, 1);
    assert.match(entry(first.value, "number").message, /voice_application_sid AP9+/);
    assert.equal((await command(["setup", "--take-over"], options)).status, 0);
    assert.equal(number.voice_application_sid, "");
  });

  it("fails with the reason", async () => {
    assert.match((await command(["setup"], more({ server_url: null }))).out, /SERVER_URL: is not set/);
    const wrong = await commandJson(["setup"], more({ twilio_app_sid: `AP${"0".repeat(32)}` }));
    assert.deepEqual([wrong.status, entry(wrong.value, "application").state], [1, "failed"]);
    const refused = await command(["setup"], more({ twilio_auth_token: "f".repeat(32) }));
    assert.equal(refused.status, 1);
    assert.match(refused.out, /20003/);
    assert.equal((await command(["setup"], more({ twilio_auth_token: null }))).status, 1);
    givenNumber(database, { phone: "+15105550100", user: "42" });
    const gone = await commandJson(["setup"], options);
    assert.deepEqual([gone.status, entry(gone.value, "number").fix], [1, "run `hookswitch sync`"]);
  });
});

describe("sync", () => {
  const owned = () => rows(database, "SELECT user_id, phone_number, friendly_name, released_at FROM user_phone_numbers ORDER BY id");

  it("says that both are the same", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42", friendly_name: "+15105550100", capabilities: '{"voice":true,"sms":true,"mms":true}' });
    twilio.own("+15105550100");
    const { status, value } = await commandJson(["sync"], options);
    assert.equal(status, 0);
    assert.deepEqual(states(value, "number").filter((s) => s !== "changed").length + states(value, "number").filter((s) => s === "changed").length, 1);
    assert.equal((await commandJson(["sync"], options)).value.report[0].state, "ok");
  });

  it("takes over names, releases what the account does not own, lists what nobody here owns", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42", settings: { always: "+13035550142" } });
    givenNumber(database, { phone: "+15105550101", user: "42" });
    twilio.own("+15105550101", { friendly_name: "Front desk" });
    twilio.own("+15105550102");
    const tried = await commandJson(["sync", "--dry-run"], options);
    assert.deepEqual(states(tried.value, "number").sort(), ["info", "would_change", "would_change"]);
    assert.equal(owned()[0].released_at, null);
    const { status, value } = await commandJson(["sync"], options);
    assert.equal(status, 0);
    assert.equal(entry(value, "number", "+15105550100").state, "changed");
    assert.equal(entry(value, "number", "+15105550102").state, "info");
    const after_ = owned();
    assert.ok(after_[0].released_at);
    assert.equal(after_[1].friendly_name, "Front desk");
    assert.equal(after_.length, 2);
    assert.equal(rows(database, "SELECT is_active FROM call_forwarding")[0].is_active, 0);
  });

  it("goes on with the others where one number fails, and says which and why", async () => {
    const ours = ["+15105550100", "+15105550101", "+15105550102", "+15105550103"], theirs = ["+15105550110", "+15105550111", "+15105550112"];
    for (const phone of ours) givenNumber(database, { phone, user: "42" });
    for (const phone of [...ours.slice(1), ...theirs]) twilio.own(phone, { friendly_name: "Desk" });
    rows(database, `CREATE TRIGGER u BEFORE UPDATE ON user_phone_numbers WHEN OLD.phone_number IN ('${ours[0]}', '${ours[2]}') BEGIN SELECT RAISE(ABORT, 'no update'); END`);
    rows(database, `CREATE TRIGGER i BEFORE INSERT ON user_phone_numbers WHEN NEW.phone_number = '${theirs[1]}' BEGIN SELECT RAISE(ABORT, 'no insert'); END`);
    const { status, value } = await commandJson(["sync", "--adopt", "42"], options);
    assert.equal(status, 1);
    for (const [phone, message] of [[ours[0], /no update/], [ours[2], /no update/], [theirs[1], /no insert/]]) {
      assert.equal(entry(value, "number", phone).state, "failed", phone);
      assert.match(entry(value, "number", phone).message, message);
    }
    for (const phone of [ours[1], ours[3], theirs[0], theirs[2]]) assert.equal(entry(value, "number", phone).state, "changed", phone);
    assert.match((await command(["sync"], options)).out, new RegExp(`^FAILED +number \\${ours[2]}: .*no update`, "m"));
  });

  it("gives the others to a user", async () => {
    const number = twilio.own("+15105550102", { friendly_name: "Spare" });
    assert.equal((await command(["sync", "--adopt", "42"], options)).status, 0);
    assert.deepEqual(owned(), [{ user_id: "42", phone_number: "+15105550102", friendly_name: "Spare", released_at: null }]);
    assert.equal(number.voice_url, HOOKS.voice_url);
  });

  it("knows a user by the name of the account, as `token` does", async () => {
    rows(database, "INSERT INTO users (id, name) VALUES ('local_1', 'ana') ON CONFLICT DO NOTHING");
    twilio.own("+15105550102", HOOKS);
    assert.equal((await command(["sync", "--adopt", " ANA"], options)).status, 0);
    assert.equal(owned()[0].user_id, "local_1");
    for (const bad of ["", "x".repeat(256), "a\u0001b"]) assert.equal((await command(["sync", "--adopt", bad], options)).status, 2, bad);
    rows(database, "DELETE FROM users");
  });

  it("settles purchases whose answer was lost", async () => {
    insert(database, "number_purchases", { user_id: "7", request: "x", phone_number: "+15105550103", created_at: 1, busy_until: 1, updated_at: 1 });
    insert(database, "number_purchases", { user_id: "8", request: "x", phone_number: "+15105550104", created_at: 1, busy_until: 1, updated_at: 1 });
    twilio.own("+15105550103");
    const { status, value } = await commandJson(["sync"], options);
    assert.equal(status, 0);
    assert.deepEqual(states(value, "purchase"), ["changed", "changed"]);
    assert.deepEqual(owned().map((n) => [n.user_id, n.phone_number]), [["7", "+15105550103"]]);
    assert.deepEqual(rows(database, "SELECT state FROM number_purchases ORDER BY id").map((p) => p.state), ["bought", "failed"]);
  });

  it("does not release everything because the account is another one", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42" });
    const { status, value } = await commandJson(["sync"], options);
    assert.equal(status, 1);
    assert.match(value.report[0].message, /none of our numbers/);
    assert.equal(owned()[0].released_at, null);
    assert.equal((await command(["sync", "--force"], options)).status, 0);
    assert.ok(owned()[0].released_at);
  });

  it("changes nothing when Twilio does not answer", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42" });
    twilio.once("GET IncomingPhoneNumbers", { status: 500, body: "" });
    assert.equal((await command(["sync"], options)).status, 1);
    assert.equal(owned()[0].released_at, null);
  });

  it("goes through all pages", async () => {
    for (let n = 0; n < 1005; n++) twilio.own(`+1510556${String(n).padStart(4, "0")}`);
    const { value } = await commandJson(["sync"], options);
    assert.equal(states(value, "number").length, 1005);
  });
});

describe("doctor", () => {
  const browser = { twilio_api_key: `SK${"1".repeat(32)}`, twilio_api_secret: "a-secret-of-the-key" };
  // The mock takes the account's own credentials only: the API key is checked elsewhere.
  const doctor = (config) => commandJson(["doctor"], more(config));

  it("finds nothing wrong with what setup made", async () => {
    givenNumber(database, { phone: "+15105550100", user: "42", timezone: "America/Denver" });
    twilio.own("+15105550100");
    const app = (await commandJson(["setup"], options)).value.application_sid;
    const { status, value } = await doctor({ twilio_app_sid: app });
    assert.equal(status, 0, JSON.stringify(value, null, 1));
    assert.equal(entry(value, "account").state, "ok");
    assert.equal(entry(value, "TwiML App").state, "ok");
    assert.equal(entry(value, "number", "+15105550100").message, "points here");
    assert.equal(entry(value, "database").state, "ok");
    assert.equal(entry(value, "time zones").state, "ok");
    assert.equal(entry(value, "clock").state, "ok");
    assert.deepEqual(entry(value, "SERVER_URL").state, "ok");
  });

  it("names every setting that is missing, with a fix", async () => {
    const { status, value } = await doctor({ twilio_account_sid: null, twilio_auth_token: null, server_url: null });
    assert.equal(status, 1);
    for (const what of ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]) assert.match(entry(value, "credentials", what).fix, new RegExp(what));
    assert.equal(entry(value, "SERVER_URL").state, "failed");
    for (const what of ["TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_APP_SID"]) assert.equal(entry(value, "browser calling", what).state, "warn");
    for (const e of value.report) if (e.state === "failed") assert.ok(e.fix, e.message);
  });

  it("can make an access token, or says why not", async () => {
    const { value } = await doctor({ ...browser, twilio_app_sid: `AP${"0".repeat(32)}` });
    assert.equal(entry(value, "browser calling").state, "ok");
  });

  it("sees wrong credentials, a trial and a suspended account", async () => {
    assert.equal(entry((await doctor({ twilio_auth_token: "f".repeat(32) })).value, "account").state, "failed");
    twilio.account.type = "Trial";
    assert.equal(entry((await doctor()).value, "account").state, "warn");
    Object.assign(twilio.account, { type: "Full", status: "suspended" });
    assert.match(entry((await doctor()).value, "account").message, /suspended/);
    twilio.account.status = "active";
  });

  it("sees wrong webhooks and who takes the calls instead", async () => {
    for (const [n, has] of [[0, { ...HOOKS, voice_url: "https://old.example.com/" }], [1, { ...HOOKS, trunk_sid: `TK${"1".repeat(32)}` }], [2, { ...HOOKS, status_callback: "" }], [3, HOOKS]]) {
      givenNumber(database, { phone: `+1510555010${n}`, user: "42" });
      twilio.own(`+1510555010${n}`, has);
    }
    givenNumber(database, { phone: "+15105550109", user: "42" });
    twilio.own("+15105550199");
    const { status, value } = await doctor({ twilio_app_sid: `AP${"0".repeat(32)}` });
    assert.equal(status, 1);
    assert.deepEqual([0, 1, 2, 3, 9].map((n) => entry(value, "number", `+1510555010${n}`).state), ["failed", "failed", "warn", "ok", "failed"]);
    assert.match(entry(value, "number", "+15105550100").message, /VoiceUrl is https:\/\/old\.example\.com\/, not/);
    assert.match(entry(value, "number", "+15105550101").fix, /--take-over/);
    assert.equal(entry(value, "number", "+15105550199").state, "info");
    assert.match(entry(value, "number", "+15105550199").message, /calls go elsewhere/);
    assert.match(entry(value, "TwiML App").message, /not in the account/);
  });

  it("sees a SERVER_URL that Twilio cannot reach, and one where someone else answers", async () => {
    for (const url of ["http://localhost:8080", "https://10.1.2.3", "https://phone.local", "http://127.0.0.1:1"])
      assert.match(entry((await doctor({ server_url: url })).value, "SERVER_URL").message, /cannot reach/, url);
    assert.match(entry((await doctor()).value, "SERVER_URL").message, /https/);
  });

  it("says that calls should work only when they would", async () => {
    const said = async (config) => (await command(["doctor"], more(config))).out.trim().split("\n").pop();
    const server = await startServer({ config: { ...twilio.config } });
    const runs = { listen: `127.0.0.1:${server.port}`, database: server.database };
    try {
      assert.match(await said(runs), /may not work: .*there is no number to call/, "no number");
      twilio.own("+15105550150", HOOKS);
      const { value } = await doctor(runs);
      assert.match(entry(value, "number", "+15105550150").message, /no user has it here: callers leave the first user a message/);
      assert.equal(entry(value, "number", "+15105550150").state, "warn");
      assert.match(await said(runs), /may not work: SERVER_URL could not be reached/);
    } finally {
      await server.stop();
    }
    assert.match(await said({}), /the server isn't running here/);
  });

  it("names a fallback on the same host as a risk", async () => {
    twilio.own("+15105550100", HOOKS);
    assert.equal(entry((await doctor()).value, "fallback").state, "warn");
    assert.match(entry((await doctor({ fallback_url: `${new URL(HOOKS.voice_url).origin}:8443/spare` })).value, "fallback").message, /same host/);
    assert.equal(entry((await doctor({ fallback_url: "https://spare.example.org/sorry" })).value, "fallback").state, "ok");
  });

  it("knows the sandbox", async () => {
    const server = await startServer({ config: { sandbox: "yes", server_url: null } });
    try {
      const config = { sandbox: "yes", listen: `127.0.0.1:${server.port}`, database: server.database, lua: server.lua };
      const { out, err, status } = await command(["doctor"], { config, cwd: server.folder }); // the stand-in's credentials are there
      assert.equal(status, 0, out + err);
      assert.match(out, /sandbox's stand-in for Twilio: no real phone can call it/);
      assert.doesNotMatch(out, /fallback/);
      const stopped = await command(["doctor"], { config: { sandbox: "yes", listen: "127.0.0.1:1" } });
      assert.match(stopped.out, /stand-in for Twilio doesn't answer.*\n +fix: it is part of the server/);
    } finally {
      await server.stop();
    }
  });

  it("sees a clock that is wrong", async () => {
    twilio.clockOffset = -600;
    assert.match(entry((await doctor()).value, "clock").message, /ahead of/);
    twilio.clockOffset = 60;
    assert.equal(entry((await doctor()).value, "clock").state, "warn");
    twilio.clockOffset = 0;
  });

  it("tells of webhooks that the running server refused, and why", async () => {
    const server = await startServer({ config: { ...twilio.config } });
    try {
      const config = { listen: `127.0.0.1:${server.port}`, database: server.database };
      assert.equal(entry((await doctor(config)).value, "webhooks").state, "ok");
      await server.post("/api/twilio/twiml", { CallSid: "CA1" }, { token: "another" });
      const refused = entry((await doctor(config)).value, "webhook");
      assert.deepEqual([refused.state, refused.what], ["warn", "/api/twilio/twiml"]);
      assert.match(refused.message, /bad_signature, |bad_signature\)/);
      assert.match(refused.fix, /SERVER_URL/);
    } finally {
      await server.stop();
    }
    assert.equal(entry((await doctor()).value, "server").state, "info");
  });

  it("notes numbers and settings that lie idle", async () => {
    const old = Date.now() - 100 * 86_400_000;
    const id = givenNumber(database, { phone: "+15105550100", user: "42", purchased_at: old });
    givenNumber(database, { phone: "+15105550101", user: "42", is_active: 0 });
    insert(database, "call_forwarding", { user_id: "42", phone_number_id: id, forward_to_number: "+13035550142", is_active: 0, updated_at: old });
    const { value } = await doctor();
    const notes = value.report.filter((e) => e.state === "info").map((e) => e.message);
    assert.ok(notes.some((m) => /no call for 90 days/.test(m)));
    assert.ok(notes.some((m) => /switched off/.test(m)));
    assert.ok(notes.some((m) => /off for 90 days/.test(m)));
  });

  it("goes on with the other checks where one fails, and names every time zone that doesn't exist", async () => {
    for (const [phone, timezone] of [["+15105550100", "Mars/Base"], ["+15105550101", "UTC"], ["+15105550102", "Moon/Base"]]) givenNumber(database, { phone, user: "42", timezone });
    insert(database, "hosts", { id: "x", name: "phone1:8080", version: "1", started_at: 1, seen_at: Date.now() + 60_000, settings: "{" });
    const { status, value } = await doctor();
    assert.equal(status, 1);
    assert.equal(entry(value, "check", "hosts").state, "failed");
    for (const zone of ["Mars/Base", "Moon/Base"]) assert.equal(entry(value, "time zone", zone).state, "failed");
    assert.equal(entry(value, "time zones"), undefined);
  });

  it("never shows a secret", async () => {
    for (const args of [["doctor"], ["doctor", "--json"], ["setup"], ["sync"]]) {
      const { status, out, err } = await command(args, more({ ...browser, jwt_secret: "another-secret-of-some-length-for-jwt" }));
      for (const secret of [twilio.credentials.twilio_auth_token, browser.twilio_api_secret, "another-secret-of-some-length-for-jwt"]) assert.ok(!(out + err).includes(secret), args.join(" "));
      assert.equal(err, "", `${args.join(" ")} ${status}`);
    }
  });

  it("says it in words", async () => {
    const { out } = await command(["doctor"], options);
    assert.match(out, /^ok +credentials TWILIO_ACCOUNT_SID: is set$/m);
    assert.match(out, /^warning +browser calling TWILIO_APP_SID: is not set\n +fix: run `hookswitch setup`/m);
  });
});

it("each command has help and refuses what it does not know", async () => {
  for (const name of ["setup", "sync", "doctor"]) {
    const help = await command([name, "--help"], options);
    assert.equal(help.status, 0);
    assert.match(help.out, new RegExp(`usage: hookswitch ${name}`));
    for (const args of [["--colour"], ["extra"]]) assert.equal((await command([name, ...args], options)).status, 2);
  }
});
