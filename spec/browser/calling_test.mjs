// calling_test.mjs: calls from and to the browser, end to end with real sound:
// the console as it is built, the Voice SDK as it is published, the real binary,
// and a stand-in for Twilio's edge. The suite runs this file in a network of its
// own that has only the loopback: nothing can leave the machine.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { Calling, listen, LONG, phoneOf, soundBothWays, statsOf } from "./support/calling.mjs";
import { lookAtPhone, NO_SOUND, passing } from "./support/console.mjs";

const OFFICE = "+15105550100", ASKED = "+15105550101", JOES = "+15105550102";
const CALLER = "+14155550123", CALLEE = "+13035550142", OTHER = "+13035550177";
const LOUD = 2000, QUIET = 50; // of 32767

let calling, page, phone;
before(async () => {
  calling = await Calling.start({ rules: "return {}", numbers: [[OFFICE, "ana", { friendly_name: "Office" }],
    [ASKED, "ana", { recording: "ask" }], [JOES, "joe"]] });
  page = await calling.open("ana");
  phone = phoneOf(page);
});
after(() => calling?.stop());

// What a test that failed left behind does not disturb the next.
afterEach(() => calling.edge.hangUp());

const button = (name, options) => phone.getByRole("button", { name, exact: true, ...options });
const says = (text) => phone.getByText(text, { exact: true }).first().waitFor();
const state = (name) => page.locator(`[data-call="${name}"]`).waitFor();
// The caller hangs up, and the page has heard of it.
async function callerEnds(call) {
  call.party.hangUp();
  await call.done;
  await page.locator('[data-call="open"]').waitFor({ state: "hidden" });
}

// A page goes elsewhere, and the host has its goodbye: what goes with its whole browser may not send one.
async function leaves(one, user) {
  await one.goto("about:blank");
  await waitUntil(() => rows(calling.server.database, `SELECT * FROM presence WHERE user_id = '${user}' AND left_at IS NULL`).length === 0, LONG, "a goodbye");
  await one.context().close();
}

async function dial(number, { from, record } = {}) {
  const before = calling.edge.calls.at(-1);
  await phone.getByLabel("Number to call").fill(number);
  if (from) await phone.getByLabel("Show this number").selectOption(from);
  if (record) await phone.getByLabel("Record this call").check();
  await button("Call").click();
  return calling.next(before);
}

const look = (name) => lookAtPhone(page, name);

describe("the network", () => {
  it("is the loopback alone", { skip: process.env.HS_OFFLINE ? false : "not in a network of its own" }, () => {
    assert.deepEqual(Object.keys(networkInterfaces()).filter((name) => name !== "lo"), []);
  });
});

describe("a phone in the browser", () => {
  it("registers once, with our token, and the host knows it", async () => {
    const sessions = calling.edge.registered("user_ana");
    assert.equal(sessions.length, 1);
    assert.deepEqual(sessions[0].messages.map(({ type }) => type).slice(0, 2), ["listen", "register"]);
    await waitUntil(() => rows(calling.server.database, "SELECT * FROM presence WHERE user_id = 'ana'").length === 1, LONG, "a heartbeat");
    assert.deepEqual(calling.edge.sounds, [], "sounds are made here");
  });
});

describe("a call from the browser", () => {
  it("reaches a telephone, with sound both ways; mute, digits, hang up", async () => {
    const rings = passing(page, '[data-call="ringing"]');
    const call = await dial("(303) 555-0142", { from: ASKED });
    await rings;
    await state("open");
    await says("+1 303 555 0142");
    assert.deepEqual([call.from, call.to, call.params.CallerId], ["client:user_ana", CALLEE, ASKED]);
    const [child] = call.children;
    assert.deepEqual([child.target, child.params.From], [CALLEE, ASKED]);

    const figures = await soundBothWays(page);
    assert.equal(figures.codec, "audio/PCMU");
    assert.ok(figures.lost < figures.received / 20, `${figures.lost} of ${figures.received} lost`);
    const ear = calling.edge.phones.get(CALLEE).ear;
    assert.ok(await listen(ear) > LOUD, "the telephone hears the browser");

    await button("Mute").click();
    await phone.getByRole("button", { name: "Mute", pressed: true }).waitFor();
    await waitUntil(async () => (await listen(ear, 20)) < QUIET, LONG, "silence");
    assert.ok(await listen(ear, 120) < QUIET, "silence is sent, more than two seconds of it");
    await button("Mute").click();
    assert.ok(await waitUntil(async () => (await listen(ear, 60)) > LOUD, LONG, "sound again"));

    await button("Keypad").click();
    for (const key of ["1", "2", "Hash", "Star"]) await phone.getByRole("group", { name: "Keypad" }).getByRole("button", { name: key, exact: true }).click();
    await waitUntil(() => call.party.ear.digits === "12#*", LONG, "the digits");
    await page.keyboard.press("7");
    await waitUntil(() => call.party.ear.digits === "12#*7", LONG, "a digit of the keyboard");
    await look("call");

    await button("Hang up").click();
    await says("Call ended");
    const row = await calling.logged(call);
    assert.deepEqual([row.direction, row.from, row.to, row.status, row.end_reason, row.user_id], ["outbound", "client:user_ana", CALLEE,
      "completed", "answered", "ana"]);
    const [, leg] = calling.log(call.sid);
    assert.deepEqual([leg.to, leg.status, leg.direction], [CALLEE, "completed", "outbound-dial"]);
  });

  it("ends when the telephone hangs up", async () => {
    const call = await dial(CALLEE, { from: OFFICE });
    await state("open");
    await soundBothWays(page);
    calling.edge.phones.get(CALLEE).hangUp();
    await says("Call ended");
    await look("ended");
    assert.equal((await calling.logged(call)).end_reason, "answered");
  });

  it("is recorded when the number asks and the person agrees", async () => {
    const call = await dial(CALLEE, { from: ASKED, record: true });
    await state("open");
    await says("This call is recorded");
    await soundBothWays(page);
    await look("recorded");
    await listen(calling.edge.phones.get(CALLEE).ear);
    await button("Hang up").click();
    await call.done;
    const { sid, sound, callSid } = calling.edge.lastRecording;
    assert.equal(callSid, call.sid);
    const samples = new Int16Array(sound.buffer.slice(sound.byteOffset + 44, sound.byteOffset + sound.length));
    for (const channel of [0, 1]) assert.ok(samples.filter((_, n) => n % 2 === channel).some((sample) => Math.abs(sample) > LOUD), `channel ${channel}`);
    const media = await page.request.get(`/api/twilio/recordings/${sid}/media?format=wav`, { headers: { Authorization:
      `Bearer ${await page.evaluate(() => sessionStorage.getItem("hookswitch_token"))}` } });
    assert.deepEqual([media.status(), (await media.body()).length], [200, sound.length], (await media.text()).slice(0, 200));
  });

  it("says in words why it did not come about", async () => {
    const busy = await dial("+13035550009", { from: OFFICE });
    await says("The line was busy");
    await calling.logged(busy);
    assert.deepEqual(rows(calling.server.database, `SELECT leg, outcome FROM call_steps WHERE call_sid = '${busy.sid}'`),
      [{ leg: "out", outcome: "busy" }]);
    await dial("+19005550142");
    await phone.getByText(/^Not called: .*premium/).first().waitFor();
    await look("refused");
  });

  it("rings a colleague's browser, and both hear each other", async () => {
    const joe = await calling.open("joe");
    const his = phoneOf(joe);
    const call = await dial("user_joe");
    await his.getByRole("button", { name: "Answer" }).click();
    await state("open");
    for (const one of [page, joe]) await soundBothWays(one);
    const [caller, callee] = [call.party, call.children[0].party];
    assert.ok(await listen(caller.ear) > LOUD && await listen(callee.ear) > LOUD);
    await his.getByRole("button", { name: "Hang up" }).click();
    await says("Call ended");
    const row = await calling.logged(call);
    assert.deepEqual([row.to, row.end_reason], ["user_joe", "answered"]);
    await leaves(joe, "joe");
    await waitUntil(() => calling.edge.registered("user_joe").length === 0, LONG, "joe's leaving");
  });
});

describe("a call to the browser", () => {
  it("is answered, goes on while pages change, and is hung up by the caller", async () => {
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await phone.getByRole("region", { name: "Incoming call from +1 415 555 0123" }).waitFor();
    await look("incoming");
    await button("Answer").click();
    await state("open");
    const { received } = await soundBothWays(page);
    assert.ok(await listen(call.party.ear) > LOUD, "the caller hears the browser");
    await page.getByRole("link", { name: "Numbers" }).click();
    await page.waitForURL("**/numbers");
    await waitUntil(async () => (await statsOf(page)).received > received + 50, LONG, "sound on another page");
    call.party.hangUp();
    await says("Call ended");
    const row = await calling.logged(call);
    assert.deepEqual([row.direction, row.from, row.to, row.status, row.end_reason], ["inbound", CALLER, OFFICE, "completed", "answered"]);
    await page.goto("/");
    await says("Ready for calls");
  });

  it("is rejected: the caller leaves a message", async () => {
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Decline").click();
    await call.done;
    assert.ok(call.heard.includes("record"), call.heard.join("; "));
    assert.equal(call.children[0].status, "busy");
    assert.equal((await calling.logged(call)).end_reason, "voicemail");
    const [message] = rows(calling.server.database, `SELECT * FROM recordings WHERE call_sid = '${call.sid}'`);
    assert.deepEqual([message.kind, message.status], ["voicemail", "completed"]);
  });

  it("is missed when the caller gives up, and the phone says so", async () => {
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Answer").waitFor();
    call.party.hangUp();
    await says("Missed call");
    assert.equal((await calling.logged(call)).end_reason, "abandoned");
    assert.equal(await button("Answer").count(), 0);
  });

  it("comes while another is going on, and takes its place", async () => {
    const first = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Answer").click().catch((problem) => assert.fail(`${problem.message}\n${calling.story(first)}`));
    await state("open");
    const second = calling.edge.call({ from: "+14155550188", to: ASKED });
    await phone.getByRole("region", { name: "Incoming call from +1 415 555 0188" }).waitFor();
    await look("second-incoming");
    await button("End this call and answer").click();
    await phone.getByRole("region", { name: "Call with +1 415 555 0188" }).waitFor();
    await state("open");
    await first.done;
    await soundBothWays(page);
    assert.ok(await listen(second.party.ear) > LOUD);
    await button("Hang up").click();
    await second.done;
  });
});

describe("when something breaks", () => {
  it("a lost socket leaves the call alone, and comes back", async () => {
    const call = await dial(CALLEE);
    await state("open");
    const before = await soundBothWays(page);
    calling.edge.drop("user_ana");
    await says("Call with +1 303 555 0142: Connection lost; getting it back…");
    await state("open");
    await says("Ready for calls");
    await waitUntil(async () => {
      const now = await statsOf(page);
      return now.received > before.received + 50 && now.sent > before.sent + 50;
    }, LONG, "sound after the loss");
    assert.equal(call.ended, undefined);
    calling.edge.phones.get(CALLEE).hangUp();
    await says("Call ended");
    await call.done;
  });

  it("a phone that comes back is rung, however late its goodbye reaches the host", async () => {
    const presence = "**/api/twilio/presence";
    let late = 0;
    await page.route(presence, async (route) => {
      if (route.request().postDataJSON()?.registered === false) {
        late++;
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
      await route.continue();
    });
    const heard = page.waitForResponse((answer) => answer.url().endsWith("/presence") && answer.request().postDataJSON()?.registered === false);
    calling.edge.drop("user_ana");
    await phone.getByText("Ready for calls", { exact: true }).first().waitFor({ state: "hidden" });
    await says("Ready for calls");
    await waitUntil(() => late === 1 && calling.edge.registered("user_ana").length === 1, LONG, "a goodbye and a new registration");
    await heard;
    await page.unroute(presence);
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Answer").click();
    await state("open");
    await callerEnds(call);
  });

  it("a pass that has run out is replaced, and calls come again", async () => {
    const [session] = calling.edge.registered("user_ana");
    const old = session.messages.findLast(({ type }) => type === "listen").payload.token;
    session.expire();
    await waitUntil(() => session.registered, LONG, "a new registration");
    assert.notEqual(session.messages.findLast(({ type }) => type === "listen").payload.token, undefined);
    assert.ok(session.messages.filter(({ type }) => type === "listen").length >= 2, old);
    await says("Ready for calls");
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Answer").click();
    await state("open");
    await callerEnds(call);
  });

  it("a page that is left ends its call and rings no more", async () => {
    const other = await calling.open("joe");
    const before = calling.edge.calls.at(-1);
    await phoneOf(other).getByLabel("Number to call").fill(CALLEE);
    await phoneOf(other).getByRole("button", { name: "Call", exact: true }).click();
    const call = await calling.next(before);
    await other.locator('[data-call="open"]').waitFor();
    other.on("dialog", (dialog) => dialog.accept());
    await leaves(other, "joe");
    const row = await calling.logged(call);
    assert.equal(row.status, "completed");
  });
});

describe("the rule file", () => {
  const put = (text) => {
    const before = calling.server.logs("rules_live").length;
    writeFileSync(path.join(calling.server.lua, "forwarding.lua"), text);
    return before;
  };

  it("is edited between two calls: the second goes to the new target, in the same tab", async () => {
    const first = await calling.ring("ana", { from: CALLER, to: OFFICE });
    await button("Answer").click().catch((problem) => assert.fail(`${problem.message}\n${calling.story(first)}`));
    await state("open");
    await callerEnds(first);
    put(`return { { "Joe takes it", go = ring("${OTHER}") } }\n`);
    const second = await waitUntil(async () => {
      const call = calling.edge.call({ from: CALLER, to: OFFICE });
      await waitUntil(() => call.children.length > 0, LONG, "someone who rings");
      if (call.children[0].target === OTHER) return call;
      call.party.hangUp();
      await call.done;
      return null;
    }, LONG, "the new rules");
    await waitUntil(() => second.bridged?.target === OTHER, LONG, "the new target");
    assert.ok(await listen(calling.edge.phones.get(OTHER).ear) > LOUD);
    assert.equal(await button("Answer").count(), 0, "the browser does not ring");
    second.party.hangUp();
    assert.equal((await calling.logged(second)).end_reason, "forwarded");
  });
});

describe("all of this", () => {
  it("kept to the host's policy, and let Twilio's insights know", () => {
    assert.deepEqual(page.problems.filter((text) => !NO_SOUND.test(text)), []);
    assert.ok(calling.edge.insights.length > 0);
  });
});
