// pin_test.mjs: a call that is taken with a PIN: from people.txt, the form and the command to the phone; wrong
// ones, and the hash, which nobody is shown.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command, commandJson } from "../support/command.mjs";
import { givenNumber, rows } from "../support/database.mjs";
import { describeApi, operations } from "../support/openapi.mjs";
import { request, startServer, waitUntil } from "../support/server.mjs";
import { all, attribute, inbound, newSid, one, said, target, twiml, verbs } from "../support/voice.mjs";

const TEAM = "/api/twilio/team", VOICE = "/api/twilio/twiml", NUMBER = "+14155550100", CALLER = "+14155550123";
const JOE = "+13035550142", ANA = "+13035550177", PIN = "48219375", HASH = /scrypt\$/;
const RULES = `return {
  { "joe", go = ring(person "joe", { seconds = 10 })
      :on("no_answer", ring(person "ana", { seconds = 10 }):otherwise(voicemail())):otherwise(say "Goodbye.") },
}
`;

let server, ana;
const onDisk = () => readFileSync(path.join(server.lua, "people.txt"), "utf8");
const get = async () => (await ana.get(TEAM)).body;
const put = async (people) => ana.put(TEAM, { hash: (await get()).hash, people });
const hashOf = async (pin) => {
  const made = await command(["pin"], { config: { lua: server.lua }, input: `${pin}\n` });
  assert.equal(made.status, 0, made.err);
  return made.out.trim();
};

before(async () => {
  const lua = { "forwarding.lua": RULES, "people.txt": `[joe]\nphone: ${JOE}\n\n[ana]\nphone: ${ANA}\n` };
  server = await startServer({ lua, config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team", sandbox: "yes", log_level: "debug" } });
  givenNumber(server.database, { user: "ana", phone: NUMBER });
  await server.settled();
  ana = user(server, "ana", { role: "admin" });
});
after(() => server?.stop());

// A call that rings Joe's phone, which picks up: what it hears, and what follows each entry.
async function picked_up() {
  const call = inbound(CALLER, NUMBER);
  const [joe] = all(twiml(await server.post(VOICE, call)), "Number");
  const leg = { ...call, CallSid: newSid(), ParentCallSid: call.CallSid, Direction: "outbound-dial", To: joe.textContent, CallStatus: "in-progress" };
  const screen = target(server, joe, "url");
  const type = async (document, Digits) => {
    const at = target(server, one(document, "Gather"));
    assert.doesNotMatch(at, /48219375/);
    return twiml(await server.post(at, { ...leg, Digits }));
  };
  return { call, leg, screen, document: twiml(await server.post(screen, leg)), type };
}

describe("a PIN", () => {
  it("is given in the form, kept through other edits, changed and taken away; the API never shows it", async () => {
    const { people } = await get();
    assert.deepEqual(people.map(({ has_pin }) => has_pin), [false, false]);
    const saved = await put([{ ...people[0], pin: PIN }, people[1]]);
    assert.equal(saved.status, 200, saved.text);
    assert.deepEqual([saved.status, saved.body.people[0].has_pin, saved.body.people[0].pin], [200, true, undefined], saved.text);
    const first = onDisk();
    assert.match(first, /^\[joe\]\nphone: \+13035550142\npin: scrypt\$15\$8\$1\$[\w-]+\$[\w-]+\n\n\[ana\]/);
    // As an older client sends it, and as it was read.
    for (const joe of [{ id: "joe", phones: people[0].phones }, saved.body.people[0]]) {
      assert.equal((await put([joe, people[1]])).status, 200);
      assert.equal(onDisk(), first);
    }
    assert.equal((await put([{ ...people[0], pin: "48219376" }, people[1]])).status, 200);
    assert.notEqual(onDisk(), first);
    assert.equal((await put([{ ...people[0], has_pin: false }, people[1]])).body.people[0].has_pin, false);
    assert.doesNotMatch(onDisk(), /pin/);
    for (const [pin, why] of [["482", /4 to 12 digits/], ["48a1", /4 to 12 digits/], ["1234567890123", /./], [4821, /./], ["", /./]]) {
      const { status, text } = await put([{ ...people[0], pin }, people[1]]);
      assert.equal(status, 422, text);
      assert.match(text, why);
      assert.ok(pin === "" || !text.includes(`"${pin}"`), text);
    }
    const none = await put([{ ...people[0], has_pin: true }, people[1]]);
    assert.deepEqual([none.status, none.body.error.fields.people], [422, "joe has no PIN yet: give one as pin"]);
    await put([{ ...people[0], pin: PIN }, people[1]]);
  });

  it("needn't be known to try an edit, which hashes nothing", async () => {
    const { people } = await get();
    const from = onDisk();
    for (const joe of [{ ...people[0], pin: PIN }, { ...people[0], has_pin: true, pin: PIN }]) {
      const tried = await ana.post(`${TEAM}/check`, { people: [joe, people[1]] });
      assert.equal(tried.body.ok, true, tried.text);
    }
    await put([{ ...people[0], has_pin: false }, people[1]]);
    const { body, text } = await ana.post(`${TEAM}/check`, { people: [{ ...people[0], has_pin: true }, { ...people[1], has_pin: true, phones: [{ number: ANA, confirm: false }] }] });
    assert.equal(body.ok, false, text);
    assert.match(body.error.errors[0].message, /^ana: no phone asks for the pin/);
    for (const where of ["check", "coverage"]) {
      const { status, text: all } = await ana.post(`${TEAM}/${where}`, { people: [{ ...people[0], has_pin: true }, people[1]] });
      assert.equal(status, 200, all);
      assert.doesNotMatch(all, HASH);
    }
    await put([{ ...people[0], pin: PIN }, people[1]]);
    assert.notEqual(onDisk(), from);
  });

  it("is a line of people.txt, which the command prints; the PIN itself is refused and not repeated", async () => {
    const line = await hashOf(PIN);
    assert.match(line, /^pin: scrypt\$15\$8\$1\$[\w-]+\$[\w-]+$/);
    assert.notEqual(line, await hashOf(PIN));
    for (const [input, why] of [["482\n", /4 to 12 digits/], ["48 21\n", /4 to 12 digits/], ["", /first line of standard input has to be the PIN/]]) {
      const refused = await command(["pin"], { config: { lua: server.lua }, input });
      assert.notEqual(refused.status, 0);
      assert.match(refused.err, why);
    }
  });

  it("puts the caller through where it is right, after a wrong one, too; not with 1", async () => {
    const { document, type, call, leg } = await picked_up();
    assert.deepEqual(verbs(document), ["Gather", "Hangup"]);
    assert.match(said(document), /^Call for .* Enter your PIN, then press pound\.$/);
    assert.equal(attribute(one(document, "Gather"), "finishOnKey"), "#");
    const again = await type(document, "1");
    assert.match(said(again), /^That PIN is wrong\./);
    assert.deepEqual(verbs(await type(again, PIN)), []);
    await server.settled();
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.CallSid}`)).body;
    assert.deepEqual(trace.accepted_by.map(({ child_call_sid }) => child_call_sid), [leg.CallSid]);
  });

  it("that is wrong three times goes on as if nobody had answered", async () => {
    const { document, type, call } = await picked_up();
    const third = await type(await type(await type(document, "1234"), "48210"), "4820");
    assert.deepEqual(verbs(third), ["Hangup"]);
    const dial = one(twiml(await server.post(VOICE, inbound(CALLER, NUMBER))), "Dial");
    const next = twiml(await server.post(target(server, dial), { ...call, CallStatus: "in-progress", DialCallStatus: "completed", DialBridged: "false" }));
    assert.deepEqual(all(next, "Number").map((noun) => noun.textContent), [ANA]);
    await server.settled();
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.CallSid}`)).body;
    assert.deepEqual([trace.accepted_by, trace.steps.at(-1).outcome], [[], "no_answer"]);
    assert.deepEqual(verbs((await picked_up().then(({ document: at, type: enter }) => enter(at, "")))), ["Hangup"]); // a mailbox
  });

  it("that was taken away meanwhile lets nobody in", async () => {
    const { document, type } = await picked_up();
    const { people } = await get();
    await put([{ ...people[0], has_pin: false }, people[1]]);
    assert.match(said(await type(document, PIN)), /^That PIN is wrong/);
    assert.match(said((await picked_up()).document), /Press 1/);
    await put([{ ...people[0], pin: PIN }, people[1]]);
  });

  it("is asked for at the fallback address, too, whatever Twilio says of the request that failed", async () => {
    const { leg, screen, document, type, call } = await picked_up();
    const typed = target(server, one(document, "Gather"));
    const fallback = async (more) => twiml(await server.post(`${VOICE}?step=fallback`, { ...leg, ErrorCode: "11200", ...more }));
    for (const more of [{ ErrorUrl: server.base + screen }, {}]) {
      const again = await fallback(more);
      assert.match(said(again), /Enter your PIN/);
      assert.match(target(server, one(again, "Gather")), /[?&]pin=1/);
      assert.match(said(await type(again, "1")), /^That PIN is wrong/);
    }
    assert.match(said(await fallback({ ErrorUrl: server.base + typed, Digits: "1" })), /^That PIN is wrong/);
    assert.deepEqual(verbs(await fallback({ ErrorUrl: server.base + typed, Digits: PIN })), []);
    await server.settled();
    const { trace } = (await ana.get(`/api/twilio/call-logs/${call.CallSid}`)).body;
    assert.deepEqual(trace.accepted_by.map(({ child_call_sid }) => child_call_sid), [leg.CallSid]);
  });

  it("is played in the sandbox, simulated, checked and proved", async () => {
    const play = async (press) => {
      const body = JSON.stringify({ from: CALLER, to: NUMBER, legs: [{ does: "answered", press }, "no-answer"], messages: [4], details: true });
      const answer = await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: 30_000,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
      assert.equal(answer.status, 201, answer.body);
      return JSON.parse(answer.body);
    };
    assert.equal((await play(PIN)).outcome, "connected");
    assert.equal((await play("1")).outcome, "message");
    const simulated = (legs) => command(["simulate", "--from", CALLER, ...legs], { config: { lua: server.lua } });
    assert.match((await simulated(["--answered"])).out, /talks to/);
    assert.match((await command(["check"], { config: { lua: server.lua } })).out, /"joe" decides 1 of 1 made-up calls/);
    const { status, body } = await ana.post("/api/twilio/replay", { since: "1h" });
    assert.equal(status, 200);
    assert.ok(body.same >= 3, JSON.stringify(body));
  });

  describe("of one's own", () => {
    const OWN = "/api/twilio/pin", JOES = "joe's", PRIVATE = /scrypt|pin|\+1303/;
    const agent = (id = JOES) => user(server, id, { role: "agent" });
    const enter = async (users) => {
      const { people } = await get();
      const saved = await put(people.map((person) => ({ ...person, ...users[person.id] })));
      assert.equal(saved.status, 200, saved.text);
    };
    const people = async () => (await get()).people.map(({ id, has_pin, phones }) => ({ id, has_pin, phones }));
    before(() => enter({ joe: { user: JOES, has_pin: false }, ana: { user: "ana" } }));
    after(() => enter({ joe: { user: null, has_pin: true, pin: PIN }, ana: { user: null } }));

    it("is given, changed and removed by an agent, as a version with its author; nobody else's is", async () => {
      const none = await agent().get(OWN);
      assert.deepEqual(none.body, { name: "joe", has_pin: false, asks: true, phones: [JOE], editable: true });
      const from = await people(), [latest] = (await ana.get("/api/twilio/rules/versions")).body.versions;
      const texts = new Set();
      for (const pin of ["1357", "48219375", null]) {
        const { status, body, text } = await agent().post(OWN, { pin });
        assert.deepEqual([status, body?.has_pin], [200, pin !== null], text);
        assert.doesNotMatch(text, /scrypt|1357|48219375/);
        assert.deepEqual(await people(), from.map((person) => (person.id === "joe" ? { ...person, has_pin: pin !== null } : person)));
        texts.add(onDisk());
        if (pin) assert.deepEqual(verbs(await picked_up().then(({ document, type }) => type(document, pin))), []);
      }
      assert.equal(texts.size, 3);
      const { versions } = (await ana.get("/api/twilio/rules/versions")).body;
      assert.equal(versions[3].entry, latest.entry);
      assert.deepEqual(versions.slice(0, 3).map(({ author, changed }) => [author, changed]), Array(3).fill([JOES, ["people.txt"]]));
    });

    it("is refused with what to do: no digits, nobody in people.txt, phones that don't ask", async () => {
      for (const pin of ["482", "48a1", "1234567890123", 4821, "", true]) {
        const refused = await agent().post(OWN, { pin });
        assert.deepEqual([refused.status, Object.keys(refused.body.error.fields)], [422, ["pin"]], JSON.stringify(pin));
      }
      assert.equal((await agent().post(OWN, {})).status, 422);
      assert.equal((await agent().post(OWN, { pin: "4821", user: "ana", id: "ana" })).status, 422);
      const stranger = agent("kim");
      assert.deepEqual((await stranger.get(OWN)).body, { name: null, has_pin: false, asks: false, phones: [], editable: true });
      for (const pin of ["4821", null]) {
        const { status, body } = await stranger.post(OWN, { pin });
        assert.deepEqual([status, body.error.code], [409, "not_in_team"]);
      }
      await enter({ joe: { user: JOES, phones: [{ number: JOE, confirm: false }] } });
      const unasked = await agent().post(OWN, { pin: "4821" });
      assert.deepEqual([unasked.status, unasked.body.error.code, (await agent().get(OWN)).body.asks], [409, "pin_unasked", false]);
      assert.equal((await agent().post(OWN, { pin: null })).status, 200);
      await enter({ joe: { user: JOES, phones: [{ number: JOE, confirm: true }] } });
      assert.equal((await agent().put(TEAM, { hash: (await get()).hash, people: [] })).status, 403);
    });

    it("isn't saved among files with a mistake, of which an agent reads nothing", async () => {
      const good = onDisk();
      for (const [name, text] of [["people.txt", `${good}[sue]\nphone: +1303\n`], ["forwarding.lua", `${RULES}}`]]) {
        const file = path.join(server.lua, name), before = readFileSync(file, "utf8");
        writeFileSync(file, text);
        const { status, body } = await agent().post(OWN, { pin: "4821" });
        assert.deepEqual([status, body.error.code], [409, "team_unfinished"], name);
        assert.doesNotMatch(JSON.stringify(body.error.details ?? {}), PRIVATE);
        assert.doesNotMatch(body.error.message, /scrypt|\+1303|\.lua|\.txt/);
        assert.equal(readFileSync(file, "utf8"), text);
        writeFileSync(file, before);
        assert.equal((await agent().post(OWN, { pin: null })).status, 200, name);
      }
      assert.equal(onDisk(), good);
    });

    it("stands beside what others save at the same time, and every comment stays", async () => {
      writeFileSync(path.join(server.lua, "people.txt"), `# ours\n${onDisk()}  # the last line\n`);
      await waitUntil(async () => (await agent().post(OWN, { pin: null })).status === 200, 5000, "a save");
      const names = ["Ana One", "Ana Two", "Ana Three"], answers = [];
      const rename = async (name) => {
        for (;;) {
          const { people: all } = await get();
          const saved = await put(all.map((person) => (person.id === "ana" ? { ...person, name } : person)));
          if (saved.status !== 412) return saved;
        }
      };
      await Promise.all([(async () => {
        for (const pin of ["1357", "2468", "97531"]) answers.push(await agent().post(OWN, { pin }));
      })(), (async () => {
        for (const name of names) answers.push(await rename(name));
      })()]);
      assert.deepEqual(answers.filter(({ status }) => status !== 200).map(({ status, text }) => `${status} ${text}`), []);
      assert.equal(answers.length, 6);
      const { people: all } = await get();
      assert.deepEqual(all.map(({ id, name, has_pin }) => [id, name ?? null, has_pin]), [["joe", null, true], ["ana", names.at(-1), false]]);
      assert.deepEqual(verbs(await picked_up().then(({ document, type }) => type(document, "97531"))), []);
      assert.match(onDisk(), /^# ours\n/);
      assert.match(onDisk(), / {2}# the last line\n/);
    });
  });

  it("has a hash that no answer, document, trace, log or version shows", async () => {
    assert.match(onDisk(), HASH);
    const { versions } = (await ana.get("/api/twilio/rules/versions")).body;
    const changed = versions.filter((version) => version.changed.includes("people.txt"));
    const shown = (await ana.get(`/api/twilio/rules/versions/${changed[0].id}`)).body.sources["people.txt"];
    assert.match(shown, /^pin: \(hidden [0-9a-f]{6}\)$/m);
    const targets = operations(describeApi()).filter(({ method, path: at }) => method === "GET" && !at.includes("{") && !at.endsWith("/events"))
      .map(({ path: at }) => at);
    for (const { id } of versions) targets.push(`/api/twilio/rules/versions/${id}`, `/api/twilio/rules/versions/${id}/diff`);
    for (const at of targets) assert.doesNotMatch((await ana.get(at)).text, HASH, at);
    const { hash, people } = await get();
    for (const answer of [await ana.post(`${TEAM}/check`, { people }), await ana.post(`${TEAM}/check`, { people: [people[1]] }),
      await ana.put(TEAM, { hash: "0", people }), await ana.put(TEAM, { hash, people }, { headers: { "If-Match": '"x"' } })])
      assert.doesNotMatch(answer.text, HASH);
    for (const table of ["call_decisions", "call_steps", "audit", "alerts"])
      assert.doesNotMatch(JSON.stringify(rows(server.database, `SELECT * FROM ${table}`)), HASH, table);
    assert.doesNotMatch(server.out + server.err, /scrypt\$|48219375/);
    const json = await commandJson(["rules", "diff", String(changed[0].id)], { config: { lua: server.lua, database: server.database } });
    assert.doesNotMatch(JSON.stringify(json.value), HASH);
  });
});

describe("one's own PIN where others agree to what changes", () => {
  const OWN = "/api/twilio/pin";
  let here, joe, boss;
  before(async () => {
    const lua = { "forwarding.lua": 'return { { "joe", go = ring(person "joe", { seconds = 45 }) } }\n', "people.txt": `[joe]\nuser: joe\nphone: ${JOE}\n` };
    here = await startServer({ lua, config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team", rules_confirm: "yes" } });
    givenNumber(here.database, { user: "ana", phone: NUMBER });
    await here.settled();
    for (let n = 0; n < 3; n++) await here.post(VOICE, inbound(CALLER, NUMBER));
    await here.settled();
    [joe, boss] = [user(here, "joe", { role: "agent" }), user(here, "ana", { role: "admin" })];
  });
  after(() => here?.stop());
  const rules = (seconds, phone = 'person "joe"') => writeFileSync(path.join(here.lua, "forwarding.lua"), `return { { "joe", go = ring(${phone}, { seconds = ${seconds} }) } }\n`);
  const error = async () => (await boss.get("/api/twilio/rules")).body.error;

  it("needs nobody's, but waits for the files", async () => {
    const refused = await joe.post(OWN, { pin: PIN });
    assert.deepEqual([refused.status, refused.body.error.code], [409, "pin_refused"], refused.text);
    const { hash, source } = (await boss.get("/api/twilio/rules")).body;
    const shorter = await boss.put("/api/twilio/rules", { source: source.replace("45", "15"), hash, accept: true });
    assert.equal(shorter.status, 200, shorter.text);
    rules(10, `"${ANA}"`);
    await waitUntil(async () => /accept/.test((await error())?.message ?? ""), 10_000, "a file that waits");
    const waits = await joe.post(OWN, { pin: PIN });
    assert.deepEqual([waits.status, waits.body.error.code], [409, "team_unfinished"], waits.text);
    assert.doesNotMatch(readFileSync(path.join(here.lua, "people.txt"), "utf8"), /pin/);
    rules(15);
    await waitUntil(async () => !await error(), 10_000, "the rules as they were");
    const saved = await joe.post(OWN, { pin: PIN });
    assert.deepEqual([saved.status, saved.body.has_pin], [200, true], saved.text);
    await waitUntil(async () => !await error(), 10_000, "the PIN");
    assert.match(said(twiml(await here.post(VOICE, inbound(CALLER, NUMBER)).then((answer) => here.post(target(here, one(twiml(answer), "Number"), "url"),
      { ...inbound(CALLER, NUMBER), To: JOE, CallStatus: "in-progress" })))), /Enter your PIN/);
  });
});
