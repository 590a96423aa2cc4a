// browser_test.mjs: the token with which a browser calls, judged by Twilio's
// own library; and presence.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import jsonwebtoken from "jsonwebtoken";
import twilio from "twilio";
import { user } from "../support/api.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";

const ACCOUNT = `AC${"1".repeat(32)}`;
const KEY = `SK${"2".repeat(32)}`;
const APP = `AP${"3".repeat(32)}`;
const SECRET = "0123456789abcdefghijklmnopqrstuv";
const KEYS = { twilio_account_sid: ACCOUNT, twilio_api_key: KEY, twilio_api_secret: SECRET, twilio_app_sid: APP };

let server;
before(async () => {
  server = await startServer({ config: { ...KEYS, token_seconds: 1800 } });
});
after(() => server?.stop());

describe("the access token", () => {
  it("is what Twilio's library makes, but for its clock", async () => {
    const { status, body, headers } = await user(server, "42").get("/api/twilio/access-token");
    assert.equal(status, 200);
    assert.equal(headers["cache-control"], "no-store");
    assert.deepEqual(Object.keys(body).sort(), ["availableNumbers", "edge", "expiresIn", "identity", "sandbox", "token"]);
    assert.deepEqual([body.identity, body.expiresIn], ["user_42", 1800]);
    const ours = jsonwebtoken.verify(body.token, SECRET, { algorithms: ["HS256"], complete: true });
    const { AccessToken } = twilio.jwt;
    const made = new AccessToken(ACCOUNT, KEY, SECRET, { identity: "user_42", ttl: 1800 });
    made.addGrant(new AccessToken.VoiceGrant({ outgoingApplicationSid: APP, incomingAllow: true }));
    const theirs = jsonwebtoken.verify(made.toJwt(), SECRET, { complete: true });
    assert.deepEqual(ours.header, theirs.header);
    assert.equal(ours.header.cty, "twilio-fpa;v=1");
    assert.deepEqual(ours.payload.grants, theirs.payload.grants);
    assert.deepEqual([ours.payload.iss, ours.payload.sub], [theirs.payload.iss, theirs.payload.sub]);
    assert.equal(ours.payload.exp - ours.payload.iat, 1800);
    assert.ok(Math.abs(ours.payload.iat - Date.now() / 1000) < 60);
    assert.equal(ours.payload.jti, `${KEY}-${ours.payload.iat}`);
  });

  it("names everybody with letters, digits and underscores only, and no two the same", async () => {
    const ids = ["7", "a_b", "ana@example.com", "a b", "ä", "userx_41", "A", "auth0|5f7c8ec7c33c6c004bbafe82", "x".repeat(100)];
    const names = new Set();
    for (const id of ids) {
      const { body } = await user(server, id).get("/api/twilio/access-token");
      assert.match(body.identity, /^userx?_[A-Za-z0-9_]+$/, id);
      assert.equal(jsonwebtoken.decode(body.token).grants.identity, body.identity);
      names.add(body.identity);
    }
    assert.equal(names.size, ids.length);
    assert.ok(names.has("userx_616e61406578616d706c652e636f6d"));
    const { status, body } = await user(server, "ä".repeat(100)).get("/api/twilio/access-token");
    assert.deepEqual([status, body.error.code], [422, "invalid_identity"]);
  });

  it("comes with the numbers that may be shown", async () => {
    givenNumber(server.database, { user: "42", phone: "+15105550100", friendly_name: "Office", recording: "ask" });
    givenNumber(server.database, { user: "42", phone: "+15105550101", is_active: 0 });
    givenNumber(server.database, { user: "42", phone: "+15105550102", released_at: 1 });
    givenNumber(server.database, { user: "43", phone: "+15105550103" });
    await server.settled();
    const { body } = await user(server, "42").get("/api/twilio/access-token");
    assert.deepEqual(body.availableNumbers.map(({ phone_number, friendly_name, recording }) => [phone_number, friendly_name, recording]),
      [["+15105550100", "Office", "ask"]]);
  });

  it("says so when it is one of the sandbox, which Twilio does not know", async () => {
    const sandbox = await startServer({ config: { sandbox: "yes", twilio_account_sid: ACCOUNT } });
    try {
      const { status, body } = await user(sandbox, "42").get("/api/twilio/access-token");
      assert.deepEqual([status, body.sandbox], [200, true]);
    } finally {
      await sandbox.stop();
    }
  });

  it("is not made without all that it needs", async () => {
    for (const [missing, name] of [["twilio_account_sid", "twilio_account_sid"], ["twilio_api_key", "twilio_api_key"],
      ["twilio_api_secret", "twilio_api_secret"], ["twilio_app_sid", "twilio_app_sid"]]) {
      const half = await startServer({ config: { ...KEYS, [missing]: null } });
      try {
        const { status, body } = await user(half, "42").get("/api/twilio/access-token");
        assert.deepEqual([status, body.error.code], [503, "twilio_not_configured"], missing);
        assert.match(body.error.message, new RegExp(name));
      } finally {
        await half.stop();
      }
    }
  });
});

describe("presence", () => {
  const beat = (id, body) => user(server, id).post("/api/twilio/presence", body);

  it("holds while one of a user's browsers is there", async () => {
    assert.deepEqual((await beat("50", { device: "a" })).body, { identity: "user_50", online: true });
    assert.equal((await beat("50", { device: "b" })).body.online, true);
    assert.equal((await beat("50", { device: "a", registered: false })).body.online, true);
    assert.equal((await beat("50", { device: "b", registered: false })).body.online, false);
    assert.equal((await beat("50", { device: "b", registered: false })).body.online, false);
  });

  it("ends a minute after the last sign of life", async () => {
    await beat("51", {});
    rows(server.database, "UPDATE presence SET seen_at = seen_at - 61000 WHERE user_id = '51'");
    await server.settled();
    assert.equal((await beat("51", { device: "another", registered: false })).body.online, false);
  });

  // Every order in which the reports of a page can come.
  const orders = (list) => (list.length < 2 ? [list]
    : list.flatMap((one, n) => orders(list.toSpliced(n, 1)).map((rest) => [one, ...rest])));
  const SENT = [{ sequence: 1 }, { sequence: 2, registered: false }, { sequence: 3 }, { sequence: 4, registered: false }];

  it("is what the newest report of a page says, in whatever order they come", async () => {
    let n = 0;
    for (const count of [2, 3, 4]) {
      for (const order of orders(SENT.slice(0, count))) {
        const id = `page-${n++}`;
        for (const report of [...order, order[0]]) await beat(id, { device: "tab", ...report });
        const { body } = await beat(id, { device: "another", registered: false });
        assert.equal(body.online, count % 2 === 1, JSON.stringify(order));
      }
    }
  });

  it("of a page that doesn't count its reports is what the last to come says", async () => {
    for (const [report, online] of [[{}, true], [{ registered: false }, false], [{}, true], [{ sequence: 7 }, true],
      [{ sequence: 6, registered: false }, true], [{ registered: false }, false], [{ sequence: 5 }, true]])
      assert.equal((await beat("53", report)).body.online, online, JSON.stringify(report));
  });

  it("tells when someone left, and forgets it when they are back for ten minutes", async () => {
    const seen = async () => (await user(server, "54").get("/api/twilio/presence")).body.people.find(({ user_id: id }) => id === "54");
    const began = Date.now();
    await beat("54", { device: "a", sequence: 1 });
    await beat("54", { device: "a", sequence: 2, registered: false });
    const { online, seen_at: at } = await seen();
    assert.equal(online, false);
    assert.ok(at >= began && at <= Date.now(), `${at}`);
    rows(server.database, "UPDATE presence SET seen_at = seen_at - 601000 WHERE user_id = '54'");
    await beat("54", { device: "b", sequence: 1 });
    assert.deepEqual(rows(server.database, "SELECT device FROM presence WHERE user_id = '54'"), [{ device: "b" }]);
  });

  it("takes no nonsense", async () => {
    for (const body of [{ device: "" }, { sequence: -1 }, { sequence: "first" }, { device: "x".repeat(65) }, { device: 1 }, { registered: "perhaps" }, { more: 1 }])
      assert.equal((await beat("52", body)).status, 422, JSON.stringify(body));
  });
});
