// sandbox_phone_test.mjs: the console's phone without a Twilio account; all tabs of
// a browser with one phone and one event stream; a host that goes away.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { rows } from "../support/database.mjs";
import { launch, request, waitUntil } from "../support/server.mjs";
import { axe, focusNamed, holdBack, lookAtPhone, openBrowser, openPage, passing, sendThatFails, shoot, startConsole, stopFaultless, WEB } from "./support/console.mjs";

const CONFIG = { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}` };
const LONG = 60_000;
const TABS = 8; // more than the six connections that a browser allows a host

let server, browser, page, demo;
before(async () => {
  server = await startConsole({ config: CONFIG });
  await waitUntil(() => server.out.includes("Sandbox:"), LONG, "the seed");
  demo = user(server, "demo");
  // Longer than axe takes on a busy machine.
  const [setting] = (await demo.get("/api/call-forwarding")).body.call_forwarding;
  await demo.put(`/api/call-forwarding/${setting.id}`, { ring_timeout: 120 });
  browser = await openBrowser();
  page = await openPage(browser, server, { user: "demo", hasTouch: true, permissions: ["notifications"] });
  await page.context().addInitScript(() => {
    window.played = [];
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function counted() {
      window.played.push(this);
      return play.call(this);
    };
    window.notes = [];
    window.Notification = class {
      static permission = "granted";
      constructor(title, { body }) {
        this.text = `${title} ${body}`;
        window.notes.push(this);
      }
      close() { this.closed = true; }
    };
    document.hasFocus = () => false;
  });
  await page.goto("/");
  await ready(page);
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const phoneOf = (tab) => tab.getByRole("complementary", { name: "Phone" });
const says = (tab, text) => phoneOf(tab).getByText(text, { exact: typeof text === "string" }).first().waitFor();
const ready = (tab) => says(tab, "Ready for calls");
const button = (name) => phoneOf(page).getByRole("button", { name, exact: true });
const bar = (tab = page) => tab.getByRole("region", { name: "Incoming call", exact: true });
const callIs = (state, tab = page) => tab.locator(`[data-call="${state}"]`).waitFor();
const calls = () => rows(server.database, "SELECT * FROM twilio_call_logs ORDER BY id DESC LIMIT 2");

const titleIs = (test) => waitUntil(async () => test(await page.title()), LONG, "the title");
const iconIs = (pattern) => waitUntil(async () => pattern.test(await page.locator('link[rel~="icon"]').getAttribute("href")), LONG, `the icon ${pattern}`);

// Someone calls; answered when the call is over, for which nothing here waits.
function ring(from = "+14155550123") {
  demo.post("/api/sandbox/ring", { from }).catch(() => {});
}

describe("the phone in the sandbox", () => {
  it("says that no telephone network is involved, rings, talks, takes keys, and is in the log", async () => {
    await says(page, /no telephone network is involved/);
    await lookAtPhone(page, "sandbox");
    await button("Ring me").click();
    await bar().waitFor();
    await waitUntil(() => page.evaluate(() => window.played.at(-1)?.paused === false), LONG, "a ring");
    await titleIs((title) => /^☎ .+ is calling · Today/.test(title));
    await iconIs(/^data:image/);
    await waitUntil(() => page.evaluate(() => window.notes.length > 0), LONG, "a notification");
    assert.deepEqual(await page.evaluate(() => window.notes.map(({ text, closed }) => [text.includes("is calling"), closed])), [[true, undefined]]);
    assert.deepEqual(await axe(page), []);
    await lookAtPhone(page, "sandbox-ringing");

    await button("Answer").click();
    await callIs("open");
    await focusNamed(page, "Hang up");
    await titleIs((title) => !title.includes("☎"));
    await iconIs(/favicon/);
    await waitUntil(() => page.evaluate(() => window.notes[0].closed), LONG, "the notification's end");
    await waitUntil(() => page.evaluate(() => window.played.at(-1).loop && !window.played.at(-1).paused && window.played.at(-1).currentTime > 0),
      LONG, "the caller's voice");
    await button("Keypad").click();
    await phoneOf(page).getByRole("button", { name: "5", exact: true }).click();
    await button("Mute").click();
    await phoneOf(page).getByRole("button", { name: "Mute", pressed: true }).waitFor();
    await lookAtPhone(page, "sandbox-muted");
    // Out of sight, the call has a bar of its own.
    await button("Hide the phone").click();
    await page.getByRole("region", { name: "Call", exact: true }).waitFor();
    await lookAtPhone(page, "sandbox-hidden");
    await page.getByRole("button", { name: "Phone", exact: true }).click();
    await button("Hang up").click();
    await says(page, "Call ended");
    await waitUntil(() => calls()[1].ended_at, LONG, "the call's end");
    const [leg, call] = calls();
    assert.deepEqual([call.from, call.end_reason, call.status], ["+14155550123", "answered", "completed"]);
    assert.deepEqual([leg.to, leg.status], ["client:user_demo", "completed"]);
    await waitUntil(() => page.evaluate(() => window.played.at(-1).paused), LONG, "silence");
  });

  it("declines, and the caller goes on as the settings say", async () => {
    ring("+14155550177");
    await bar().getByRole("button", { name: "Decline" }).click();
    await bar().waitFor({ state: "detached" });
    await waitUntil(() => rows(server.database, `SELECT * FROM twilio_call_logs WHERE "to" = 'client:user_demo' AND status = 'busy'`).length, LONG, "busy");
  });

  it("doesn't ring for a call that has ended, however late its list or its event comes", async () => {
    const late = await openPage(browser, server, { user: "demo" });
    const list = await holdBack(late, "**/api/sandbox/calls");
    const isOver = demo.post("/api/sandbox/ring", { from: "+14155550188" });
    await bar().waitFor();
    await late.goto("/");
    await list.answered;
    await ready(late);
    await bar().getByRole("button", { name: "Decline" }).click();
    await isOver;
    await late.getByRole("region", { name: "On the phone now" }).getByText("Nobody is on the phone").waitFor();
    await list.release();
    await late.evaluate(() => { // as of a tab that led until it was frozen
      new BroadcastChannel("hookswitch events  demo").postMessage({ message: { event: "phone", id: "0-1",
        data: { sid: "CAlate", state: "ringing", from: "+14155550189" } } });
    });
    ring("+14155550187");
    await bar(late).getByText("+1 415 555 0187").first().waitFor();
    for (const before of ["0188", "0189"]) assert.equal(await phoneOf(late).getByText(`+1 415 555 ${before}`).count(), 0);
    await bar().getByRole("button", { name: "Decline" }).click();
    await bar().waitFor({ state: "detached" });
    await late.getByRole("button", { name: "Sign out" }).first().click(); // its phone is gone for the host, too
    await late.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await late.context().close();
  });

  it("calls someone, and says how it ended", async () => {
    const dial = async (number) => {
      await phoneOf(page).getByLabel("Number to call").fill(number);
      await button("Call").click();
    };
    const rings = passing(page, '[data-call="ringing"]');
    await dial("(303) 555-0142");
    await rings;
    await callIs("open");
    await lookAtPhone(page, "sandbox-open");
    await button("Hang up").click();
    await says(page, "Call ended");
    const [leg, call] = await waitUntil(() => calls()[1].ended_at && calls(), LONG, "the call's end");
    assert.deepEqual([call.direction, call.from, call.end_reason, leg.to], ["outbound", "client:user_demo", "answered", "+13035550142"]);
    await dial("(303) 555-0009");
    await says(page, "The line was busy");
  });
});

describe("a call that comes in", () => {
  it("is answered by keyboard and by touch over a dialog, and what was typed stays", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Numbers" }).click();
    await page.getByRole("button", { name: /^Edit/ }).first().click();
    const dialog = page.getByRole("dialog");
    const name = dialog.getByLabel("Name");
    for (const [width, answer] of [[1440, async () => {
      for (let n = 0; n < 20 && await page.evaluate(() => document.activeElement.textContent) !== "Answer"; n++) await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Enter");
    }], [390, () => bar().getByRole("button", { name: "Answer" }).tap()]]) {
      await page.setViewportSize({ width, height: 800 });
      await name.fill("");
      await name.pressSequentially("Half a ");
      ring();
      await bar().waitFor();
      await page.keyboard.type("name");
      assert.equal(await name.inputValue(), "Half a name", "the focus stays");
      const top = await bar().getByRole("button", { name: "Answer" }).evaluate((element) => {
        const { x, y, width: w, height } = element.getBoundingClientRect();
        return [document.elementFromPoint(x + w / 2, y + height / 2) === element, height >= 44, x >= 0 && x + w <= window.innerWidth];
      });
      assert.deepEqual(top, [true, true, true], "on top, large enough, within the page");
      assert.deepEqual(await axe(page), [], `ringing over a dialog, ${width}`);
      if (width === 1440) await lookAtPhone(page, "ringing-over-a-dialog");
      await shoot(page, `ringing-over-a-dialog-${width}`);
      await answer();
      await callIs("open");
      await focusNamed(page, "Hang up");
      assert.ok(await page.evaluate(() => document.activeElement.closest("[role=dialog]")), "the bar's, since the dialog keeps the focus");
      assert.equal(await name.inputValue(), "Half a name");
      await page.getByRole("region", { name: "Call", exact: true }).getByRole("button", { name: "Hang up" }).click();
      await callIs("none");
      assert.equal(await name.inputValue(), "Half a name");
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it("stays in sight when its dialog is closed during a save, and when that dialog opens again", async () => {
    const dialog = page.getByRole("dialog");
    const fail = await sendThatFails(page, "**/api/twilio/my-numbers/*");
    ring();
    await dialog.locator("[data-call-bar]").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await bar().waitFor();
    fail();
    await page.getByRole("button", { name: "Open again" }).click();
    await dialog.locator("[data-call-bar]").getByRole("button", { name: "Decline" }).click();
    await bar().waitFor({ state: "detached" });
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Half a name");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    page.problems = page.problems.filter((text) => !/ERR_FAILED/.test(text));
  });
});

describe("the tabs of one browser", () => {
  const tabs = [];
  const streams = async () => Number((await server.get("/metrics")).body.match(/^hookswitch_event_streams (\d+)$/m)[1]);
  const devices = () => rows(server.database, "SELECT * FROM presence WHERE user_id = 'demo' AND left_at IS NULL").length;
  const leaders = async (among) => (await Promise.all(among.map((tab) => tab.locator("[data-here]").count()))).flatMap((count, n) => (count ? [n] : []));

  it(`are ${TABS}, with one stream and one phone, which each of them answers`, async () => {
    tabs.push(page);
    while (tabs.length < TABS) {
      const tab = await page.context().newPage();
      tab.setDefaultTimeout(LONG);
      tabs.push(tab);
      await tab.goto("/");
    }
    for (const tab of tabs) {
      await tab.getByText("Live", { exact: true }).waitFor();
      await ready(tab);
    }
    await waitUntil(async () => (await streams()) === 1 && devices() === 1, LONG, "one stream and one phone");
    assert.deepEqual(await leaders(tabs), [0]);
    ring();
    for (const tab of [tabs[0], tabs[6], tabs.at(-1)]) await bar(tab).waitFor();
    await bar(tabs[6]).getByRole("button", { name: "Answer" }).click();
    await callIs("open", tabs[6]);
    await focusNamed(tabs[6], "Hang up");
    for (const tab of [tabs[0], tabs.at(-1)]) await callIs("open", tab);
    const skip = await tabs[6].getByText("Skip to the page").boundingBox();
    assert.ok(skip.y + skip.height <= 0, "whoever answers with the mouse is shown no way for the keyboard");
    await phoneOf(tabs.at(-1)).getByRole("button", { name: "Hang up" }).click();
    for (const tab of [tabs[0], tabs[6]]) await callIs("none", tab);
    while (tabs.length > 3) await tabs.pop().close();
  });

  // What changes while nobody leads is on every page anyway.
  async function takesOver(leader, go, what, t) {
    const rest = tabs.filter((tab) => tab !== leader);
    for (const tab of rest) {
      await tab.goto("/calls");
      await tab.getByText("Live", { exact: true }).waitFor();
    }
    const number = `+120655501${50 + tabs.length}`;
    const began = performance.now();
    await go();
    const body = JSON.stringify({ from: number, legs: ["busy"], messages: [0] });
    await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: LONG,
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
    for (const tab of rest) await tab.getByText(number.replace(/(\+1)(...)(...)/, "$1 $2 $3 ")).first().waitFor();
    t.diagnostic(`measured: ${what}; the change is on every page after ${Math.round(performance.now() - began)} ms`);
    await waitUntil(async () => (await leaders(rest)).length === 1, LONG, "one leader");
    for (const tab of rest) await ready(tab);
  }

  it("go on when the one that leads is frozen", async (t) => {
    // A page in sight can't be frozen; one whose debugger has stopped it does as little.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Debugger.enable");
    await takesOver(page, () => devtools.send("Debugger.pause"), "frozen", t);
    await devtools.send("Debugger.disable");
    await page.locator("[data-here]").waitFor({ state: "detached" });
    await ready(page);
    await waitUntil(async () => (await streams()) === 1 && devices() === 1, LONG, "one stream and one phone");
  });

  it("go on when the one that leads is closed", async (t) => {
    const leader = tabs[(await leaders(tabs))[0]];
    await takesOver(leader, () => leader.close(), "closed", t);
    tabs.splice(tabs.indexOf(leader), 1);
    await waitUntil(async () => (await streams()) === 1 && devices() === 1, LONG, "one stream and one phone");
  });

  it("are signed out together", async () => {
    await tabs[0].getByRole("button", { name: "Sign out" }).first().click();
    for (const tab of tabs) await tab.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await waitUntil(async () => (await streams()) === 0 && devices() === 0, LONG, "nobody");
    await tabs[0].context().close();
  });
});

describe("a host that goes away", () => {
  it("is said on a page that was not open before, by the phone, and comes back by itself", async () => {
    page = await openPage(browser, server, { user: "demo" });
    await page.goto("/");
    await page.getByText("Live", { exact: true }).waitFor();
    await ready(page);
    await server.stop({ keep: true });
    await page.getByRole("navigation").getByRole("link", { name: "Statistics" }).click();
    await page.getByText("Hookswitch can’t be reached", { exact: true }).first().waitFor();
    await says(page, "Not receiving calls: Hookswitch can’t be reached");
    assert.deepEqual(await axe(page), []);
    server = await launch({ folder: server.folder, port: server.port, config: { web: WEB, workers: 24, ...CONFIG } });
    await page.getByRole("heading", { level: 1, name: "Statistics" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await ready(page);
    await waitUntil(async () => (await page.getByText("can’t be reached").count()) === 0, LONG, "nothing that can't be reached");
  });
});
