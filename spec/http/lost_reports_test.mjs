// lost_reports_test.mjs: every request of every cell of the after-table is lost
// in turn. After the fallback and at most two rounds of maintenance the log, its
// legs, the recordings, the missed list and the line are as when none is lost.
//
// The same when all reports of a call are delayed until it is over, when every
// request comes twice, and when the answer to a document comes too late: Twilio
// then asks the fallback although the step was stored.
//
// One server; each play has a user and a number of its own. Lost are all reports
// and all documents but those on the callee's leg: without them Twilio does not
// connect the callee, so the call itself is another one. What a message says is
// in no list of Twilio's that we read, so a lost transcript stays lost.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandJson } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { request, startServer, TOKEN } from "../support/server.mjs";

const ACCOUNT = `AC${"5".repeat(32)}`;
const A = "+13035550142", B = "+13035550177", C = "+13035550166";
// Numbers by what they are set to: 1510 + these three digits + four of the play.
const KINDS = { none: "201", busy: "202", noAnswer: "203", both: "204", always: "205", hunt: "206", ring2: "207", off: "208", menu: "209", mixed: "211" };
const SETTINGS = { busy: { busy: A }, noAnswer: { no_answer: A }, both: { busy: A, no_answer: B }, always: { always: A } };
const RULES = `
return {
  { "hunt", when = function(call) return call.to:sub(1, 8) == "+1510206" end,
    go = ring("${A}", { seconds = 10 }):otherwise(ring("${B}", { seconds = 10 })):otherwise(ring("${C}", { seconds = 10 })) },
  { "both ring", when = function(call) return call.to:sub(1, 8) == "+1510207" end, go = ring { "${A}", "${B}" } },
  { "menu", when = function(call) return call.to:sub(1, 8) == "+1510209" end,
    go = menu("Press 1 for Joe, 2 to leave a message.", { ["1"] = ring("${A}", { seconds = 10 }):otherwise(menu("Again?", { ["1"] = ring("${B}", { seconds = 10 }), ["2"] = voicemail() })),
      ["2"] = voicemail() }):otherwise(say("Goodbye.")) },
  { "mixed", when = function(call) return call.to:sub(1, 8) == "+1510211" end,
    go = function(call)
      return ring({ call.owner, "${A}" }, { seconds = 10 }):on("busy", ring("${B}", { seconds = 10 })):otherwise(voicemail())
    end },
}`;
const TALK = { does: "answered", talk: 30 };

// The cells of after_table_test.mjs that the sandbox can play: [what, number, legs, end_reason].
const CELLS = [
  ["line, connected", "none", [TALK], "answered"],
  ["line, busy, no setting", "none", ["busy"], "voicemail"],
  ["line, busy, busy setting", "busy", ["busy", TALK], "forwarded"],
  ["line, busy, only a no_answer setting", "noAnswer", ["busy"], "voicemail"],
  ["line, no answer, no setting", "none", ["no-answer"], "voicemail"],
  ["line, no answer, no_answer setting", "noAnswer", ["no-answer", TALK], "forwarded"],
  ["line, no answer, only a busy setting", "busy", ["no-answer"], "voicemail"],
  ["line, no answer, both settings", "both", ["no-answer", TALK], "forwarded"],
  ["line, busy, both settings", "both", ["busy", TALK], "forwarded"],
  ["line, failed", "noAnswer", ["failed", TALK], "forwarded"],
  ["line, failed, no setting", "none", ["failed"], "voicemail"],
  ["line, canceled but the caller is there", "noAnswer", ["canceled", TALK], "forwarded"],
  ["line, the caller hangs up", "none", ["caller-hangs-up"], "abandoned"],
  ["always, connected", "always", [TALK], "forwarded"],
  ["always, busy", "always", ["busy"], "voicemail"],
  ["always, no answer", "always", ["no-answer"], "voicemail"],
  ["always, failed", "always", ["failed"], "voicemail"],
  ["always, declined", "always", ["declined"], "voicemail"],
  ["always, the caller hangs up", "always", ["caller-hangs-up"], "abandoned"],
  ["hunt, first connected", "hunt", [TALK], "forwarded"],
  ["hunt, each word leads to the next", "hunt", ["busy", "no-answer", TALK], "forwarded"],
  ["hunt, failed and declined lead to the next", "hunt", ["failed", "declined", TALK], "forwarded"],
  ["hunt, canceled leads to the next", "hunt", ["canceled", TALK], "forwarded"],
  ["hunt, the last busy", "hunt", ["busy", "busy", "busy"], "voicemail"],
  ["hunt, the last declined", "hunt", ["no-answer", "declined", "declined"], "voicemail"],
  ["hunt, the caller hangs up at the second", "hunt", ["busy", "caller-hangs-up"], "abandoned"],
  ["simulring, the second connects", "ring2", ["no-answer", TALK], "answered"],
  ["simulring, nobody", "ring2", ["no-answer", "busy"], "voicemail"],
  ["simulring, failed", "ring2", ["failed", "failed"], "voicemail"],
  ["simulring, declined", "ring2", ["no-answer", "declined"], "voicemail"],
  ["simulring, the caller hangs up", "ring2", ["caller-hangs-up"], "abandoned"],
  ["a number that is switched off", "off", [], "voicemail"],
  ["menu, to voicemail", "menu", [], "voicemail", { digits: ["2", "2"] }],
  ["menu, forwarded twice", "menu", ["no-answer", TALK], "forwarded", { digits: ["1", "1", "1"] }],
  ["browser and phone, busy, then another", "mixed", ["busy", "busy", TALK], "forwarded"],
];
const AT_ONCE = 4;
const ROUND_ALONE = 12; // plays that are repaired call by call; the others by lists

let server;
let plays = 0;

// Users and numbers of plays to come, in one transaction.
function prepare(list) {
  const sql = list.map(({ user, phone, kind }) => {
    const settings = Object.entries(SETTINGS[kind] ?? {}).map(([type, to]) => `INSERT INTO call_forwarding (user_id, phone_number_id,
      forward_to_number, forwarding_type) SELECT '${user}', id, '${to}', '${type}' FROM user_phone_numbers WHERE phone_number = '${phone}';`);
    return `INSERT INTO user_phone_numbers (user_id, phone_number, twilio_sid, is_active) VALUES ('${user}', '${phone}', 'PN${phone}', ${kind === "off" ? 0 : 1});
      INSERT INTO presence (user_id, device, seen_at) VALUES ('${user}', 'tab', ${Date.now() + 3_600_000});${settings.join("")}`;
  });
  rows(server.database, `BEGIN;${sql.join("\n")}COMMIT;`);
}

function newPlay([what, kind, legs, reason, more], mishap) {
  const n = String(plays++).padStart(4, "0");
  return { what, kind, legs, reason, more, mishap, user: `p${n}`, phone: `+1510${KINDS[kind]}${n}` };
}

async function play(one) {
  const order = { from: "+14155550123", to: one.phone, legs: one.legs, messages: [7], details: true, ...one.more,
    mishaps: one.mishap ? [one.mishap] : [] };
  const body = JSON.stringify(order);
  for (;;) {
    const answer = await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: 60_000,
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
    if (answer.status === 503) continue; // the sandbox plays only so many at a time
    assert.equal(answer.status, 201, answer.body);
    one.call = JSON.parse(answer.body);
    return one;
  }
}

async function playAll(list) {
  for (let n = 0; n < list.length; n += 50) prepare(list.slice(n, n + 50)); // a command's argument has a limit
  await server.settled();
  const queue = [...list];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let one = queue.shift(); one; one = queue.shift()) await play(one);
  }));
  // All of it was ten minutes ago.
  const back = ["started_at", "answered_at", "ended_at", "updated_at"].map((name) => `${name} = ${name} - 600000`).join(", ");
  const users = list.map(({ user }) => `'${user}'`).join(", ");
  rows(server.database, `UPDATE twilio_call_logs SET ${back} WHERE user_id IN (${users})`);
}

// The names of a play's requests, each with how often it came.
function requestsOf(one) {
  const names = one.call.callbacks.map((callback) => callback.name);
  for (const { url } of one.call.requests) names.push(`document ${new URL(url).searchParams.get("step") ?? "first"}`);
  const seen = new Map();
  return names.filter((name) => !/^document screen/.test(name)).map((name) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return { request: name, nth: seen.get(name) };
  });
}

// Everything that may befall a call's requests.
const mishapsOf = (one) => [
  ...requestsOf(one).map((named) => ({ ...named, does: "lose" })),
  ...requestsOf(one).filter(({ request: name, nth }) => nth === 1 && /^document (after|vm_done)/.test(name)).map((named) => ({ ...named, does: "delay" })),
  { request: "leg *", does: "delay" },
  { request: "*", does: "repeat" },
];

const maintain = () => commandJson(["maintain"], { cwd: server.folder, config: { database: server.database, server_url: server.base, sandbox: "yes",
  twilio_api_base_url: `${server.base}/sandbox/twilio`, twilio_account_sid: ACCOUNT, twilio_auth_token: TOKEN } });

// Rows of the database by one of their columns, read at once.
function by(column, sql) {
  const map = new Map();
  for (const { [column]: key, ...row } of rows(server.database, sql)) map.set(key, [...(map.get(key) ?? []), row]);
  return (key) => map.get(key) ?? [];
}

// What people see of every play.
function outcomes(list) {
  const calls = by("call_sid", `SELECT call_sid, status, end_reason, direction, "from", "to", duration, recording_duration,
    answered_at IS NOT NULL AS answered, ended_at IS NOT NULL AS ended FROM twilio_call_logs WHERE parent_call_sid IS NULL`);
  const legs = by("parent_call_sid", `SELECT parent_call_sid, "to", status, duration, answered_at IS NOT NULL AS answered,
    ended_at IS NOT NULL AS ended, user_id FROM twilio_call_logs WHERE parent_call_sid IS NOT NULL ORDER BY "to", status`);
  const recordings = by("call_sid", "SELECT call_sid, kind, status, duration, user_id IS NOT NULL AS owned FROM recordings");
  const missed = by("user_id", "SELECT user_id, number, calls, closed_at IS NOT NULL AS closed, closed_by FROM missed_calls");
  const live = by("user_id", "SELECT user_id, call_sid FROM twilio_call_logs WHERE ended_at IS NULL");
  return new Map(list.map((one) => [one, { row: calls(one.call.sid)[0], legs: legs(one.call.sid), recordings: recordings(one.call.sid),
    missed: missed(one.user), live: live(one.user).length }]));
}

// The caller hears other words where a document was lost, so the call is some seconds longer or shorter.
function comparable(result, user, mishap) {
  const text = JSON.parse(JSON.stringify(result).replaceAll(user, "USER").replace(/\+1510\d{7}/g, "NUMBER"));
  if (/^document/.test(mishap?.request ?? "")) delete text.row.duration;
  return text;
}

before(async () => {
  server = await startServer({ rules: RULES, config: { sandbox: "yes", twilio_account_sid: ACCOUNT, workers: 16, rate_limits: "no",
    maintenance_seconds: 0, concurrent_calls: 1000 } });
});
after(() => server?.stop());

describe("each request of each cell, lost, late and doubled", () => {
  const cells = new Map(CELLS.map((cell) => [cell[0], { whole: newPlay(cell), lost: [] }]));

  before(async () => {
    const whole = [...cells.values()].map((cell) => cell.whole);
    await playAll(whole);
    await maintain();
    for (const [what, cell] of cells) {
      const found = CELLS.find((one) => one[0] === what);
      cell.lost = mishapsOf(cell.whole).map((mishap) => newPlay(found, mishap));
    }
    const lost = [...cells.values()].flatMap((cell) => cell.lost);
    const alone = lost.filter((_, n) => n % Math.ceil(lost.length / ROUND_ALONE) === 0);
    for (const part of [alone, lost.filter((one) => !alone.includes(one))]) {
      await playAll(part);
      for (let round = 0; round < 2; round++) {
        const { status, out, err } = await maintain();
        assert.equal(status, 0, out + err);
      }
    }
    const found = outcomes([...whole, ...lost]);
    for (const cell of cells.values()) cell.outcomes = found;
  });

  for (const [what, cell] of cells)
    it(what, () => {
      const expected = cell.outcomes.get(cell.whole);
      assert.equal(expected.row.end_reason, cell.whole.reason);
      assert.ok(cell.lost.length >= 5);
      for (const one of cell.lost)
        assert.deepEqual(comparable(cell.outcomes.get(one), one.user, one.mishap), comparable(expected, cell.whole.user, one.mishap),
          `${one.mishap.does} ${one.mishap.request} (${one.mishap.nth ?? "all"}) of ${one.call.sid}`);
    });

  it("and nothing was repaired where nothing was lost", () => {
    const sids = [...cells.values()].map((cell) => `'${cell.whole.call.sid}'`).join(", ");
    assert.deepEqual(rows(server.database, `SELECT * FROM call_repairs WHERE call_sid IN (${sids})`), []);
  });
});
