// book_test.mjs: contacts and the blocklist, overrides, alerts; and that calls
// heed them at once.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

let server;
let ana;
let ben;
let phone;
let number;
let count = 0;
before(async () => { server = await startServer({ rules: "return {}\n" }); });
after(() => server?.stop());
beforeEach(() => {
  count += 1;
  ana = user(server, `ana${count}`);
  ben = user(server, `ben${count}`);
  phone = `+1510555${String(1000 + count)}`;
  number = givenNumber(server.database, { phone, user: ana.id });
  return server.settled();
});

const ring = (from = "+14155550123") => ok(server.post("/api/twilio/twiml", inbound(from, phone)));

describe("contacts", () => {
  const PATH = "/api/twilio/contacts";

  it("are made, changed field by field, listed and deleted", async () => {
    const made = await ana.post(PATH, { number: "+14155550123", name: "Grace", tags: ["vip"] });
    assert.equal(made.status, 201);
    assert.deepEqual([made.body.name, made.body.tags, made.body.blocked], ["Grace", ["vip"], false]);
    const changed = await ana.put(`${PATH}/${made.body.id}`, { tags: [] });
    assert.equal(changed.status, 200);
    assert.deepEqual([changed.body.id, changed.body.name, changed.body.tags], [made.body.id, "Grace", []]);
    assert.deepEqual((await ana.get(PATH)).body.contacts.map((c) => c.id), [made.body.id]);
    assert.deepEqual((await ana.get(`${PATH}?number=%2B14155550999`)).body.contacts, []);
    assert.deepEqual((await ben.get(PATH)).body.contacts, []);
    assert.equal((await ben.delete(`${PATH}/${made.body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${made.body.id}`)).status, 204);
    assert.equal((await ana.delete(`${PATH}/${made.body.id}`)).status, 404);
  });

  it("are shown, not overwritten, when they are entered again", async () => {
    const { body: made } = await ana.post(PATH, { number: "+14155550123", name: "Grace", tags: ["vip"] });
    for (const more of [{ name: "Joe" }, { tags: [] }, { tags: ["vip", "x"] }, { blocked: true }, { name: "" }, { name: "grace", tags: ["vip"] }]) {
      const { status, body, headers } = await ana.post(PATH, { number: "+14155550123", ...more });
      assert.deepEqual([status, body.error.code, body.error.details.current, headers.etag], [409, "contact_exists", made, made.etag], JSON.stringify(more));
      assert.match(body.error.message, /Grace/);
      assert.ok(body.error.fields.number);
    }
    for (const same of [{}, { name: "Grace" }, { name: "Grace", tags: ["vip"], blocked: false }]) { // the same request, sent again
      const { status, body } = await ana.post(PATH, { number: "+14155550123", ...same });
      assert.deepEqual([status, body.etag], [200, made.etag && body.etag]);
      assert.deepEqual([body.name, body.tags, body.blocked], ["Grace", ["vip"], false]);
    }
    const agreed = await ana.post(PATH, { number: "+14155550123", name: "Joe" }, { headers: { "If-Match": "*" } });
    assert.deepEqual([agreed.status, agreed.body.name, agreed.body.tags], [200, "Joe", ["vip"]]);
    assert.equal((await ben.post(PATH, { number: "+14155550123", name: "Mine" })).status, 201);
    const blocked = await ana.post("/api/twilio/blocklist", { number: "+14155550123", name: "Spam" });
    assert.deepEqual([blocked.body.name, blocked.body.blocked], ["Joe", true]);
  });

  it("come in pages", async () => {
    for (let n = 0; n < 5; n++) await ana.post(PATH, { number: `+1415555010${n}` });
    const seen = [];
    for (let after_ = 0; after_ !== null;) {
      const { body } = await ana.get(`${PATH}?limit=2&after=${after_}`);
      seen.push(...body.contacts.map((c) => c.number));
      after_ = body.next;
    }
    assert.equal(seen.length, 5);
    assert.equal(new Set(seen).size, 5);
  });

  for (const [body, field] of [[{ name: "x" }, "number"], [{ number: "12" }, "number"], [{ number: "+14155550123", tags: "vip" }, "tags"],
    [{ number: "+14155550123", tags: [1] }, "tags"], [{ number: "+14155550123", blocked: "no idea" }, "blocked"], [{ number: "+14155550123", colour: 1 }, "colour"],
    [{ number: "+14155550123", name: "x".repeat(101) }, "name"]])
    it(`refuse ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const answer = await ana.post(PATH, body);
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field]);
    });
});

describe("notes about a caller", () => {
  const PATH = "/api/twilio/notes";
  const NUMBER = "+14155550123";
  const texts = async (who) => (await who.get(`${PATH}?number=${encodeURIComponent(NUMBER)}`)).body.notes.map((note) => note.text);

  it("are written, changed and deleted, and are seen by their user only", async () => {
    const { status, body } = await ana.post(PATH, { number: NUMBER, text: "Wants a quote\nbefore Friday" });
    assert.equal(status, 201);
    assert.deepEqual([body.about, body.author, body.text], [NUMBER, ana.id, "Wants a quote\nbefore Friday"]);
    await ana.post(PATH, { number: NUMBER, text: "Second" });
    assert.deepEqual(await texts(ana), ["Wants a quote\nbefore Friday", "Second"]);
    assert.deepEqual(await texts(ben), []);
    for (const answer of [await ben.get(`${PATH}/${body.id}`), await ben.put(`${PATH}/${body.id}`, { text: "x" }), await ben.delete(`${PATH}/${body.id}`)])
      assert.equal(answer.status, 404);
    assert.equal((await ana.put(`${PATH}/${body.id}`, { text: "Quoted" })).body.text, "Quoted");
    assert.deepEqual((await ana.get(`/api/twilio/callers/${NUMBER}`)).body.notes.map((note) => note.text), ["Quoted", "Second"]);
    assert.deepEqual((await ben.get(`/api/twilio/callers/${NUMBER}`)).body.notes, []);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.deepEqual(await texts(ana), ["Second"]);
  });

  for (const [body, field] of [[{ number: NUMBER }, "text"], [{ number: NUMBER, text: " \n" }, "text"], [{ number: NUMBER, text: "x".repeat(2001) }, "text"],
    [{ text: "x" }, "number"], [{ number: "12", text: "x" }, "number"], [{ number: NUMBER, missed_call_id: 1, text: "x" }, "number"], [{ number: NUMBER, text: 1 }, "text"]])
    it(`refuse ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const answer = await ana.post(PATH, body);
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field], answer.text);
    });

  it("go with a caller who is forgotten", async () => {
    await ana.post(PATH, { number: NUMBER, text: "Likes tea" });
    await ana.post(PATH, { number: "+14155550199", text: `Brother of ${NUMBER}` });
    assert.equal((await ana.post("/api/twilio/callers/forget", { number: NUMBER })).status, 200);
    assert.deepEqual(await texts(ana), []);
    assert.deepEqual((await ana.get(`${PATH}?number=+14155550199`)).body.notes.map((note) => note.text), ["Brother of +00000000000"]);
  });
});

describe("callers", () => {
  const find = async (q, who = ana) => (await who.get(`/api/twilio/callers?q=${encodeURIComponent(q)}`)).body.callers;

  it("are found by parts of numbers and names, as people write them", async () => {
    for (const [number, name] of [["+442079460958", "José Núñez-Grün"], ["+14155550147", "Grace Hopper"], ["+13035550199", "ÅNGSTRÖM"], ["+493055501470", "Ада"],
      ["+35315550142", "Zoë O’Brien–Maher"], ["+496955501420", "Jürgen Müller-Strauß"], ["+4722555014", "Åse Sørensen"], ["+48225550142", "Łukasz Mueller"]])
      await ana.post("/api/twilio/contacts", { number, name });
    await ring("+14155560147");
    const numbers = async (q) => (await find(q)).map((one) => one.number).sort();
    for (const [q, expected] of [["0147", ["+14155550147", "+14155560147", "+493055501470"]], ["555 0147", ["+14155550147", "+493055501470"]],
      ["(415) 555-0147", ["+14155550147"]], ["+4420 7946", ["+442079460958"]], ["020 7946 0958", ["+442079460958"]], ["0044 20 7946", ["+442079460958"]],
      ["+44\u00a020\u20117946", ["+442079460958"]], ["tel:+1-415-556", ["+14155560147"]], ["415.556", ["+14155560147"]], ["+415", []], ["jose", ["+442079460958"]],
      ["NUNEZ", ["+442079460958"]], ["grun jos", ["+442079460958"]], ["hopp", ["+14155550147"]], ["angstrom", ["+13035550199"]], ["ада", ["+493055501470"]],
      ["АДА", ["+493055501470"]], ["%", []], ["_", []], ["nobody", []], ["()", []], ["+44 (0)20 7946", ["+442079460958"]],
      ["011 44 20 7946", ["+442079460958"]], ["o'brien", ["+35315550142"]], ["O’Brien-Maher", ["+35315550142"]], ["zoe\u00a0o", ["+35315550142"]],
      ["'", []], ["o'bryan", []], ["mueller-strauss", ["+496955501420"]], ["MUELLER STRAUẞ", ["+496955501420"]], ["muller", ["+48225550142", "+496955501420"]],
      ["Müller", ["+48225550142", "+496955501420"]], ["aase soerensen", ["+4722555014"]], ["ase sorensen", ["+4722555014"]], ["SØRENSEN", ["+4722555014"]],
      ["lukasz", ["+48225550142"]], ["juergen", ["+496955501420"]]])
      assert.deepEqual(await numbers(q), expected.sort(), q);
    const [grace] = await find("hopper");
    assert.deepEqual(grace, { number: "+14155550147", name: "Grace Hopper" });
    assert.deepEqual(await find("0147", ben), []);
    assert.deepEqual(await find("hopper", ben), []);
    await ana.put(`/api/twilio/contacts/${(await ana.get("/api/twilio/contacts?number=+14155550147")).body.contacts[0].id}`, { name: "Čapek" });
    assert.deepEqual([await numbers("hopper"), await numbers("capek")], [[], ["+14155550147"]]);
  });

  for (const q of ["", "%20", "+", "%2B%20", "x".repeat(101), "%FF"])
    it(`refuse to be searched by ${JSON.stringify(q.slice(0, 10))}`, async () => {
      const { status, body } = await ana.get(`/api/twilio/callers?q=${q}`);
      assert.ok([400, 422].includes(status));
      if (status === 422) assert.ok(body.error.fields.q);
    });

  it("show what is known of a number", async () => {
    await ring("+14155550123");
    await ana.post("/api/twilio/contacts", { number: "+14155550123", name: "Grace", tags: ["vip"], blocked: true });
    const { status, body } = await ana.get("/api/twilio/callers/%2B14155550123");
    assert.equal(status, 200);
    assert.deepEqual([body.number, body.contact.name, body.contact.blocked, body.notes, body.texts], ["+14155550123", "Grace", true, [], []]);
    assert.deepEqual((await ben.get("/api/twilio/callers/+14155550123")).body,
      { number: "+14155550123", contact: null, missed_call: null, notes: [], texts: [] });
    for (const bad of ["12", "abc", "+0123456789", "+1415555012345678", "client:user_1", "..%2f"])
      assert.equal((await ana.get(`/api/twilio/callers/${bad}`)).status, 404, bad);
  });
});

describe("the blocklist", () => {
  const PATH = "/api/twilio/blocklist";

  it("turns callers away from the next call on, until they are unblocked", async () => {
    assert.doesNotMatch(await ring(), /<Reject/);
    const { status, body } = await ana.post(PATH, { number: "+14155550123" });
    assert.equal(status, 201);
    assert.match(await ring(), /<Reject/);
    assert.doesNotMatch(await ring("+14155550124"), /<Reject/);
    assert.deepEqual((await ana.get(PATH)).body.blocklist.map((c) => c.number), ["+14155550123"]);
    assert.equal((await ben.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 404);
    assert.doesNotMatch(await ring(), /<Reject/);
    assert.deepEqual((await ana.get(PATH)).body.blocklist, []);
    assert.equal((await ana.get("/api/twilio/contacts")).body.contacts.length, 1);
  });

  it("keeps the name of a contact", async () => {
    await ana.post("/api/twilio/contacts", { number: "+14155550123", name: "Grace" });
    const { status, body } = await ana.post(PATH, { number: "+14155550123" });
    assert.deepEqual([status, body.name, body.blocked], [200, "Grace", true]);
  });
});

describe("overrides", () => {
  const PATH = "/api/twilio/overrides";
  const later = (ms = 3_600_000) => new Date(Date.now() + ms).toISOString();

  it("send all calls elsewhere until they end", async () => {
    const { status, body } = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), note: "lunch" });
    assert.equal(status, 201);
    assert.deepEqual([body.in_force, body.note, body.user_id], [true, "lunch", ana.id]);
    assert.match(await ring(), /\+13035550142/);
    assert.equal((await ana.get(PATH)).body.overrides.length, 1);
    assert.deepEqual((await ben.get(PATH)).body.overrides, []);
    assert.equal((await ben.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.doesNotMatch(await ring(), /\+13035550142/);
    assert.deepEqual((await ana.get(PATH)).body.overrides, []);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 404);
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM overrides WHERE id = ${body.id}`)[0].n, 1);
  });

  it("may begin later, and hold for one number only", async () => {
    const other = givenNumber(server.database, { phone: `+1510558${1000 + count}`, user: ana.id });
    await server.settled();
    await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), phone_number_id: other });
    const { body } = await ana.post(PATH, { forward_to_number: "+13035550143", starts_at: later(1_800_000), ends_at: later() });
    assert.equal(body.in_force, false);
    assert.doesNotMatch(await ring(), /\+1303555014[23]/);
    assert.equal((await ana.delete(`${PATH}/${body.id}`)).status, 204);
    assert.equal(rows(server.database, `SELECT COUNT(*) AS n FROM overrides WHERE id = ${body.id}`)[0].n, 0);
  });

  it("stay in force, however many later ones are over", async () => {
    const kept = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later() });
    for (let n = 0; n < 101; n++)
      insert(server.database, "overrides", { user_id: ana.id, forward_to_number: "+13035550143", starts_at: n, ends_at: n + 1 });
    await server.settled();
    assert.match(await ring(), /\+13035550142/);
    assert.equal((await ana.delete(`${PATH}/${kept.body.id}`)).status, 204);
  });

  for (const [what, more, field] of [["one that is over", { ends_at: "2020-01-01" }, "ends_at"], ["one that ends before it begins", { starts_at: later(7_200_000) }, "ends_at"],
    ["one of 32 days", { ends_at: later(32 * 86_400_000) }, "ends_at"], ["911", { forward_to_number: "911" }, "forward_to_number"], ["a premium number", { forward_to_number: "+19005550142" }, "forward_to_number"],
    ["a time that is none", { ends_at: "noon" }, "ends_at"], ["an unknown field", { until: "x" }, "until"]])
    it(`refuse ${what}`, async () => {
      const answer = await ana.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), ...more });
      assert.equal(answer.status, 422);
      assert.ok(answer.body.error.fields[field], answer.text);
    });

  it("refuse our own number and another user's", async () => {
    assert.equal((await ana.post(PATH, { forward_to_number: phone, ends_at: later() })).status, 422);
    assert.equal((await ben.post(PATH, { forward_to_number: "+13035550142", ends_at: later(), phone_number_id: number })).status, 404);
  });
});

describe("alerts", () => {
  const PATH = "/api/twilio/alerts";

  it("are seen by the users they concern, and closed", async () => {
    const alert = (user_id, subject) => insert(server.database, "alerts", { user_id, kind: "bad_target", subject, first_at: 1, last_at: Date.now() });
    const mine = alert(ana.id, `mine${count}`);
    const everybody = alert("", `all${count}`);
    alert(ben.id, `ben${count}`);
    const seen = async (who, query = "") => (await who.get(PATH + query)).body.alerts.map((a) => a.subject).filter((s) => s.endsWith(count));
    assert.deepEqual((await seen(ana)).sort(), [`all${count}`, `mine${count}`]);
    assert.equal((await ben.post(`${PATH}/${mine}/close`)).status, 404);
    const closed = await ana.post(`${PATH}/${mine}/close`);
    assert.equal(closed.status, 200);
    assert.ok(closed.body.closed_at);
    assert.equal((await ana.post(`${PATH}/${mine}/close`)).status, 404);
    assert.deepEqual(await seen(ana), [`all${count}`]);
    assert.deepEqual((await seen(ana, "?state=all")).sort(), [`all${count}`, `mine${count}`]);
    assert.equal((await ana.post(`${PATH}/${everybody}/close`)).status, 200);
    assert.equal((await ana.get(`${PATH}?state=x`)).status, 422);
  });

  it("and overrides are listed to their end, in pages that say that there are more", async () => {
    const { id } = ana, until = Date.now() + 86_400_000;
    rows(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
      INSERT INTO alerts (user_id, kind, subject, first_at, last_at) SELECT '${id}', 'bad_target', 'page ' || i, 1, i / 3 FROM n;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
      INSERT INTO overrides (user_id, forward_to_number, starts_at, ends_at, note) SELECT '${id}', '+13035550142', ${until} - 1000 + i / 3, ${until} + i, 'page ' || i FROM n`);
    for (const [target, list, name] of [[PATH, "alerts", "subject"], ["/api/twilio/overrides", "overrides", "note"]]) {
      const seen = [];
      let next = "", pages = 0;
      do {
        const { body } = await ana.get(`${target}?${next && `cursor=${next}`}`);
        seen.push(...body[list].map((row) => row[name]).filter((text) => text.startsWith("page ")));
        next = body.next;
        pages++;
      } while (next);
      assert.equal(pages, 2, list);
      assert.deepEqual([seen.length, new Set(seen).size], [130, 130], list);
    }
    assert.equal((await ana.get(`${PATH}?cursor=x`)).status, 422);
    rows(server.database, `DELETE FROM alerts WHERE subject LIKE 'page %'; DELETE FROM overrides WHERE note LIKE 'page %'`);
  });

  it("never hide the active override behind many that end later", async () => {
    const now = Date.now();
    rows(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
      INSERT INTO overrides (user_id, forward_to_number, starts_at, ends_at, note)
        SELECT '${ana.id}', '+13035550142', ${now} + 86400000, ${now} + 90000000 + i, 'many' FROM n;
      INSERT INTO overrides (user_id, forward_to_number, starts_at, ends_at, note) VALUES ('${ana.id}', '+13035550177', 1, ${now} + 3600000, 'many')`);
    await server.settled();
    const twiml = await ring();
    rows(server.database, "DELETE FROM overrides WHERE note = 'many'");
    await server.settled();
    assert.match(twiml, />\+13035550177</);
  });
});

it("nothing was a bug of ours", () => assert.deepEqual(server.logs("handler_failed"), []));
