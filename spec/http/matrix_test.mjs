// matrix_test.mjs: who may ask what. Every operation of the API's description ×
// {no token, bad tokens, another user, the owner}; an operation without a row
// fails, and so does a row without an operation.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { rowsOfEach } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { asked, given, MARK, prepare, ROWS, sid } from "../support/routes.mjs";
import { jwt, sign, startServer } from "../support/server.mjs";
import { TwilioRest } from "../support/twilio_rest.mjs";

let twilio, server;

const past = Math.floor(Date.now() / 1000) - 3600;
const BAD_TOKENS = {
  "no token": {},
  "an expired token": { Authorization: `Bearer ${jwt({ sub: "ana", exp: past })}` },
  "a token signed by someone else": { Authorization: `Bearer ${jwt({ sub: "ana" }, "another secret, also long enough")}` },
  "a token of nobody": { Authorization: `Bearer ${jwt({})}` },
  "a cookie that is no login": { Cookie: `hookswitch_session=${jwt({ sub: "ana" })}`, "Sec-Fetch-Site": "same-origin" },
};
const bearer = (id) => ({ Authorization: `Bearer ${jwt({ sub: id })}` });
const TABLES = ["user_phone_numbers", "call_forwarding", "twilio_call_logs", "recordings", "contacts", "overrides", "missed_calls", "alerts",
  "caller_notes"];
// Written in the background: `folded` when anybody searches, `price_checked_at` when Twilio is asked for a price.
const hers = () => rowsOfEach(server.database, [...TABLES.map((table) => `SELECT * FROM ${table} WHERE user_id = 'ana' ORDER BY id`),
  "SELECT * FROM away WHERE user_id = 'ana'"])
  .map((found) => found.map(({ folded, price_checked_at, ...row }) => row));

const all = operations(describeApi());
before(async () => {
  twilio = await TwilioRest.start();
  server = await startServer({ config: { ...twilio.config, maintenance_seconds: 0, buy_daily_cap: 100, forward_countries: "US" } });
  asked(server, twilio);
  for (const make of Object.values(given)) make();
  given.contact(1);
});
after(async () => {
  await server?.stop();
  await twilio?.stop();
});

describe("the matrix", () => {
  it("has a row for each operation, and no other", () => {
    assert.deepEqual(Object.keys(ROWS).sort(), all.map((one) => `${one.method} ${one.path}`).sort());
  });

  it("has the kind of row that the operation's security asks for", () => {
    for (const { method, path, operation } of all) {
      const row = ROWS[`${method} ${path}`];
      const kind = operation.security.length === 0 ? "open" : operation.security[0].twilio ? "signed" : "own";
      assert.ok(row[kind], `${method} ${path} is ${kind}`);
    }
  });
});

for (const one of all) {
  const name = `${one.method} ${one.path}`;
  const row = ROWS[name];
  if (!row) continue;
  describe(name, () => {
    if (row.open) {
      it("is for everybody", async () => {
        assert.equal((await (await prepare(one, row))({})).status, row.open);
      });
      return;
    }
    if (row.signed) {
      it("is for Twilio alone", async () => {
        const target = one.path + (row.query ?? "");
        const params = { CallSid: sid("CA"), RecordingSid: sid("RE"), MessageSid: sid("SM"), From: "+14155550100", To: "+15105550199", CallStatus: "ringing" };
        const good = sign(server.base + target, params);
        for (const signature of ["", "x", sign(server.base + target, {}), sign(`${server.base}/`, params), good.replace(/^./, (c) => (c === "A" ? "B" : "A"))]) {
          const answer = await server.post(target, params, { headers: { "X-Twilio-Signature": signature, ...bearer("ana") } });
          assert.equal(answer.status, 403, signature);
        }
        assert.equal((await server.post(target, params)).status, row.signed);
      });
      return;
    }
    it("is refused without a good token, and nothing is changed", async () => {
      const ask = await prepare(one, row);
      const before = hers();
      for (const [what, headers] of Object.entries(BAD_TOKENS)) {
        const answer = await ask(headers);
        assert.equal(answer.status, 401, what);
        assert.match(answer.headers["www-authenticate"], /^Bearer /);
        assert.ok(!answer.body.includes(MARK));
      }
      assert.deepEqual(hers(), before);
    });
    it(`answers another user ${row.other}, and shows and changes nothing of the owner's`, async () => {
      const ask = await prepare(one, row);
      const before = hers();
      const answer = await ask(bearer("bob"), row.method);
      assert.equal(answer.status, row.other, answer.body);
      assert.ok(!answer.body.includes(MARK), answer.body);
      assert.deepEqual(hers(), before);
    });
    it(`answers its owner ${row.own}`, async () => {
      const answer = await (await prepare(one, row))(bearer("ana"), row.method);
      assert.equal(answer.status, row.own, answer.body);
    });
  });
}

describe("an id that is someone else's", () => {
  it("is answered as one that nobody has", async () => {
    for (const one of all) {
      const row = ROWS[`${one.method} ${one.path}`];
      if (!row?.at || row.other !== 404) continue;
      const foreign = await (await prepare(one, row))(bearer("bob"));
      const missing = await (await prepare(one, { ...row, at: () => (one.path.includes("{sid}") ? sid(one.path.includes("recordings") ? "RE" : "CA") : 999_999) }))(bearer("bob"));
      const text = (answer) => answer.body.replace(/"request_id":"[0-9a-f]+"/, "");
      assert.equal(text(foreign), text(missing), one.path);
    }
  });
});
