// pages_test.mjs: every page and dialog of the console, with data, empty and
// failing: what it says, axe at a desk and on a phone, light, dark and in forced
// colours, names of sixty characters and from right to left at every width, no
// refusal by the host's policy, and screenshots in build/screenshots.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { rows } from "../support/database.mjs";
import { SLOW, waitUntil } from "../support/server.mjs";
import { givenTeam, GRACE, LINUS, startCompany } from "./support/company.mjs";
import { axe, axeEverywhere, focusNamed, focusOn, openBrowser, openPage, PHONE, shoot, spaced, startConsole, stopFaultless, turnTo, unreachable, WEB } from "./support/console.mjs";

const FIRST_LOAD = 110_000; // bytes of JavaScript, packed by brotli
const FIRST_REQUESTS = 8; // to the API
const WIDTHS = [320, 390, 820];
const LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Smythe"; // sixty, without a blank
const ARABIC = "شركة النقل السريع والخدمات"; // from right to left

// Pages by address: what shows that one is there, empty, and what it could not load.
const PAGES = {
  today: { path: "/", empty: "Nobody is on the phone", failed: "Could not load the calls" },
  calls: { path: "/calls", empty: "No calls yet", failed: "Could not load the calls" },
  inbox: { path: "/inbox", empty: "Nobody is waiting", failed: "Could not load the inbox" },
  caller: { path: "/callers/+14155550123", empty: "No messages", failed: "Could not load the caller" },
  recordings: { path: "/recordings", empty: "Nothing recorded", failed: "Could not load the recordings" },
  numbers: { path: "/numbers" },
  forwarding: { path: "/forwarding" },
  rules: { path: "/rules" },
  team: { path: "/team", empty: "Nobody yet", failed: "Could not load the team" },
  statistics: { path: "/statistics", empty: "No calls in this period", failed: "Could not load the statistics" },
  settings: { path: "/settings", empty: "No contacts yet", failed: "Could not load the findings" },
  nowhere: { path: "/nowhere" },
};

const TABS = { "team-groups": { path: "/team/groups" }, "team-hours": { path: "/team/hours" }, "team-oncall": { path: "/team/oncall" } };

let browser;
let server; // the firm's
let call;
let page; // of it, for whatever doesn't ask for a fresh one
before(async () => {
  browser = await openBrowser();
  server = await startCompany();
  call = rows(server.database, `SELECT call_sid FROM twilio_call_logs WHERE end_reason = 'voicemail' AND "from" = '+14155550123'
    AND call_sid NOT LIKE 'CApast%'`)[0].call_sid;
  const ana = user(server, "ana");
  for (const [number, name] of [[LINUS, LONG], [GRACE, ARABIC]]) {
    const contact = (await ana.get("/api/twilio/contacts")).body.contacts.find((row) => row.number === number);
    await ana.put(`/api/twilio/contacts/${contact.id}`, { name });
  }
  await ana.put("/api/twilio/my-numbers/2", { friendly_name: LONG });
  await givenTeam(server);
  await ana.post("/api/call-forwarding", { phone_number_id: 2, forward_to_number: "+13034410142", forwarding_type: "busy" });
  await server.settled();
  page = await openPage(browser, server, { mock: true });
  await page.goto("/");
  await page.locator('p[data-line="ready"]').waitFor();
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

// The page has its heading and nothing on it is still loading.
async function settled(page) {
  await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => !/Loading [a-z ]+…/.test(document.querySelector("main")?.innerText ?? ""));
}

// A screenshot, and what axe finds; `page.found` has it all at the end.
async function check(on, name, find = axe) {
  await shoot(on, `${name}-light`);
  on.found = [...(on.found ?? []), ...(await find(on)).map((finding) => `${name}: ${finding}`)];
}

// What can't be used at 320, 390 and 820 pixels, and with wide text at 320: as at a desk of 1,280, enlarged to 400 %.
async function narrow(on, name) {
  const before = on.viewportSize();
  const add = (found, where) => { on.found = [...(on.found ?? []), ...found.map((finding) => `${name} ${where}: ${finding}`)]; };
  for (const width of WIDTHS) {
    await on.setViewportSize({ width, height: PHONE.height });
    add(await unreachable(on), `at ${width}`);
    if (width === 320) add(await spaced(on, unreachable), "spaced");
    if (width === PHONE.width) await shoot(on, `${name}-phone`);
  }
  await on.setViewportSize(before);
}

function assertNothing(on, { problems = true } = {}) {
  const found = on.found ?? [];
  const said = on.problems.splice(0);
  on.found = [];
  assert.deepEqual(found, []);
  if (problems) assert.deepEqual(said, []);
}

async function close(on, options) {
  await on.context().close();
  assertNothing(on, options);
}

const hider = () => page.getByRole("button", { name: "Hide the phone" });
const opener = () => page.getByRole("button", { name: "Phone", exact: true });
const hidePhone = async () => (await hider().isVisible()) && hider().click();

describe("pages with data", () => {
  for (const [name, { path: at }] of Object.entries({ ...PAGES, ...TABS, call: { path: () => `/calls/${call}` } })) {
    it(`${name}: no axe violation, no broken policy, everything in reach at every width`, async () => {
      await turnTo(page, typeof at === "string" ? at : at());
      await settled(page);
      if (!(await hider().isVisible())) await opener().click();
      await check(page, name, axeEverywhere);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      await shoot(page, `${name}-dark`);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await hidePhone();
      await narrow(page, name);
      assertNothing(page);
    });
  }

  it("write a number from left to right beside a name from right to left", async () => {
    await turnTo(page, "/settings");
    await page.getByRole("row").filter({ hasText: ARABIC }).waitFor();
    await turnTo(page, `/calls?number=${encodeURIComponent(GRACE)}`);
    const party = page.getByRole("link", { name: ARABIC }).first();
    await party.waitFor();
    // Letter by letter, as they lie on the screen: the plus first, then the digits.
    const order = await party.evaluate((link) => {
      const walker = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);
      const letters = [];
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < node.length; at++) {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          const { left, top } = range.getBoundingClientRect();
          letters.push({ text: node.data[at], left, top });
        }
      }
      return letters.filter(({ text }) => /[+\d]/.test(text)).sort((a, b) => a.top - b.top || a.left - b.left).map(({ text }) => text).join("");
    });
    assert.equal(order, GRACE);
    assertNothing(page);
  });

  it("have a menu on a phone that holds the focus", async () => {
    const before = page.viewportSize();
    await page.setViewportSize(PHONE);
    await turnTo(page, "/");
    await settled(page);
    await page.getByRole("button", { name: "Open the menu" }).press("Enter");
    await check(page, "menu-phone", () => axe(page, "#pages"));
    for (let n = 0; n < 24; n++) {
      await page.keyboard.press("Tab");
      assert.ok(!(await page.evaluate(() => document.activeElement.closest("main, aside, [data-opener]"))), "the menu lets Tab walk behind it");
    }
    await page.keyboard.press("Escape");
    await page.getByRole("navigation").waitFor({ state: "hidden" });
    await focusNamed(page, "Open the menu");
    await page.keyboard.press("Enter");
    await page.getByRole("navigation").getByRole("link", { name: "Recordings" }).click();
    await page.getByRole("heading", { level: 1, name: "Recordings" }).waitFor();
    await page.getByRole("navigation").waitFor({ state: "hidden" });
    await page.setViewportSize(before);
    assertNothing(page);
  });

  it("say what could not be loaded, and load it on a second try", async () => {
    const page = await openPage(browser, server, { mock: true });
    const refuse = (route) => route.fulfill({ status: 500, contentType: "application/json",
      body: JSON.stringify({ error: { code: "internal", message: "Hookswitch made a mistake.", request_id: "abc" } }) });
    for (const [name, { path: at, failed }] of Object.entries(PAGES)) {
      await page.context().route(/\/api\/(twilio\/(?!events)|call-forwarding)/, refuse);
      await turnTo(page, at);
      await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
      if (failed) await page.getByText(failed).first().waitFor();
      await settled(page);
      await check(page, `${name}-failing`);
      await page.context().unroute(/\/api\/(twilio\/(?!events)|call-forwarding)/);
      if (!failed) continue;
      const alert = page.getByRole("alert").filter({ hasText: failed });
      assert.match(await alert.innerText(), /Hookswitch made a mistake\..*Request abc/s);
      await alert.getByRole("button", { name: "Try again" }).click();
      await alert.waitFor({ state: "detached" });
    }
    await close(page, { problems: false });
  });

  it("say how long to wait after too many requests, and keep what was typed", async () => {
    const page = await openPage(browser, server, { mock: true });
    const refuse = (method, seconds) => (route) => (route.request().method() !== method ? route.fallback() : route.fulfill({ status: 429,
      contentType: "application/json", headers: { "Retry-After": `${seconds}` }, body: JSON.stringify({ error: { code: "too_many_requests", message: "Too many requests." } }) }));
    await page.goto("/settings");
    await page.getByRole("button", { name: "Edit Joe" }).click();
    const box = page.getByRole("dialog");
    for (const [seconds, words] of [[1, "Try again in 1 second."], [59, "Try again in 59 seconds."], [90, "Try again in 2 minutes."]]) {
      await page.route("**/api/twilio/contacts/*", refuse("PUT", seconds));
      await box.getByLabel("Name").fill(`Joseph ${seconds}`);
      await box.getByRole("button", { name: "Save" }).click();
      await box.getByText(words).waitFor();
      assert.equal(await box.getByLabel("Name").inputValue(), `Joseph ${seconds}`);
      await page.unroute("**/api/twilio/contacts/*");
    }
    await page.route("**/api/twilio/call-logs?*", refuse("GET", 1)); // it is tried again by itself first
    await turnTo(page, "/calls");
    await page.getByRole("alert").getByText("Try again in 1 second.").waitFor();
    await page.unroute("**/api/twilio/call-logs?*");
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await page.getByRole("row").nth(1).waitFor();
    await close(page, { problems: false });
  });
});

describe("pages that nobody answers", () => {
  for (const [name, { path: at }] of Object.entries(PAGES).filter(([one]) => one !== "nowhere")) {
    it(`${name}: say so, and come back by themselves`, async () => {
      const page = await openPage(browser, server, { mock: true });
      const api = /\/api\/(?!auth\/|twilio\/batch)/;
      await page.context().route(api, (route) => route.abort());
      await page.context().route(/\/batch/, (route) => route.fulfill({ status: 404, contentType: "application/json",
        body: '{"error":{"code":"not_found","message":"Not found.","request_id":"1"}}' }));
      await page.goto(at);
      const said = page.getByRole("main").getByText("Hookswitch can’t be reached", { exact: true });
      await said.first().waitFor();
      await page.waitForFunction(() => !/Loading [a-z ]+…/.test(document.querySelector("main").innerText));
      await page.context().unroute(api);
      await page.waitForFunction(() => !document.querySelector("main").innerText.includes("can’t be reached"));
      await settled(page);
      await close(page, { problems: false });
    });
  }
});

describe("10,000 calls", () => {
  const COUNT = 10_000, DAY = 86_400_000;
  let server;
  const newest = Date.UTC(2026, 5, 30, 16); // noon in the browser's zone
  before(async () => {
    server = await startConsole();
    rows(server.database, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT - 1}) INSERT INTO twilio_call_logs
      (call_sid, user_id, direction, "from", "to", status, status_rank, started_at, ended_at, duration, end_reason)
      SELECT 'CAmany' || i, 'ana', 'inbound', '+1415' || (5550000 + i % 1000), '+15105550100', 'completed', 4, ${newest} - i * 600000,
        ${newest} - i * 600000 + 60000, 60, 'answered' FROM n`);
    // One goes on; it is among the last.
    rows(server.database, "UPDATE twilio_call_logs SET end_reason = NULL, ended_at = NULL, status = 'in-progress', status_rank = 3 WHERE call_sid = 'CAmany9999'");
  });
  after(() => stopFaultless(server));

  it("are scrolled, jumped through, opened at once, and asked for one by one", async (t) => {
    const page = await openPage(browser, server, { mock: true });
    const asked = [];
    page.on("request", (request) => { if (request.url().includes("/call-logs")) asked.push(request.url()); });
    await page.goto("/calls");
    const table = page.getByRole("table");
    const drawn = () => table.getByRole("row").count();
    await page.getByRole("row").nth(5).waitFor();
    // Paper gets what was read so far.
    const read = asked.length;
    const printed = await page.evaluate(async () => {
      dispatchEvent(new Event("beforeprint"));
      const list = [...document.querySelectorAll("[data-row]")].map((row) => Number(row.dataset.row));
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      dispatchEvent(new Event("afterprint"));
      return list;
    });
    assert.ok(printed.length > 20 && printed.length < 10_000, `${printed.length} rows`);
    assert.deepEqual(printed, printed.map((_, n) => n));
    assert.equal(asked.length, read, "printing asks for more calls");
    // To the end of what was read, and on, until all are there.
    await page.waitForFunction(() => {
      window.scrollTo(0, document.body.scrollHeight);
      return document.querySelector("table")?.getAttribute("aria-rowcount") === "10001";
    }, undefined, { polling: 50, timeout: 120_000 });
    assert.ok(await drawn() < 120, `${await drawn()} rows are drawn`);
    await page.getByRole("link", { name: /: call with \+1 415 555 0999/ }).first().waitFor();
    asked.length = 0;
    // A call that is among those read changes: one request for it.
    const signed = await server.post("/api/twilio/status-callback", { CallSid: "CAmany9999", CallStatus: "completed", From: "+14155550999", To: "+15105550100",
      Direction: "inbound", CallDuration: "77", SequenceNumber: "9", AccountSid: "AC", Timestamp: new Date().toUTCString() });
    assert.equal(signed.status, 204);
    await page.waitForFunction(() => document.querySelector('[data-row="9999"]')?.textContent.includes("Missed")
      || document.querySelector('[data-row="9999"]')?.textContent.includes("No answer"));
    assert.deepEqual(asked.map((url) => new URL(url).searchParams.get("call_sid")), ["CAmany9999"]);
    const took = await page.evaluate(() => new Promise((resolve) => {
      const row = document.querySelector('[data-row="9990"]'), began = performance.now();
      new MutationObserver((_, observer) => {
        if (!location.pathname.startsWith("/calls/CA")) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - began));
      }).observe(document.querySelector("main"), { childList: true, subtree: true });
      row.click();
    }));
    t.diagnostic(`measured: a click on a row of 10,000 shows the call's page after ${Math.round(took)} ms`);
    assert.ok(took < 100 * SLOW, `${took} ms`);
    await page.goto("/calls");
    const day = new Date(newest - 30 * DAY);
    await page.getByLabel("Jump to").fill(day.toISOString().slice(0, 10));
    await page.waitForURL(/until=/);
    await page.getByRole("link", { name: new RegExp(`^${day.getUTCDate()} ${day.toLocaleString("en-GB", { month: "short", timeZone: "UTC" })}\\b.*: call with`) }).first().waitFor();
    await page.getByLabel("When").selectOption("range");
    await page.getByLabel("First day").fill("2026-06-20");
    await page.getByLabel("Last day").fill("2026-06-19");
    await page.getByText("The last day is before the first").waitFor();
    await page.getByLabel("Last day").fill("2026-06-20");
    await page.waitForFunction(() => document.querySelector("table")?.getAttribute("aria-rowcount") === "145"
      || document.querySelectorAll("[data-row]").length > 0 && !document.querySelector("main").innerText.includes("before the first"));
    await close(page);
  });
});

describe("dialogs", () => {
  const named = (name) => (page) => page.getByRole("button", { name }).first();
  const DIALOGS = [
    ["override", "/", named("Send all calls to…"), (box) => box.getByText("Other").click()],
    ["delete-recording", "/recordings", named(/^Delete: message of Joe/)],
    ["contact", "/settings", named("Edit Joe")],
    ["delete-contact", "/settings", named(`Delete ${LONG}`)],
    ["number", "/numbers", named("Edit +1 510 555 0100")],
    ["release", "/numbers", named("Release +1 510 555 0100")],
    ["forwarding", "/forwarding", named("Forward calls")],
    ["delete-forwarding", "/forwarding", named(/^Delete When busy/)],
  ];

  // On the page where it opens; the button that opened it.
  async function opened(at, find) {
    await turnTo(page, at);
    await settled(page);
    await hidePhone();
    const button = find(page);
    await button.click();
    await page.getByRole("dialog").waitFor();
    return button;
  }

  for (const [name, at, find, act] of DIALOGS) {
    it(`${name}: no axe violation, fits, holds the focus and gives it back`, async () => {
      const button = await opened(at, find);
      const box = page.getByRole("dialog");
      await page.waitForFunction(() => document.querySelector("[role=dialog]").contains(document.activeElement)
        && document.activeElement.matches("button, input, select, textarea"));
      await act?.(box);
      await check(page, `dialog-${name}`, (on) => axeEverywhere(on, "[data-dialog]"));
      await narrow(page, `dialog-${name}`);
      for (let n = 0; n < 25; n++) {
        await page.keyboard.press("Tab");
        assert.ok(await page.evaluate(() => document.querySelector("[role=dialog]").contains(document.activeElement)), "Tab leads out");
      }
      await page.keyboard.press("Escape");
      if (act) await box.getByRole("button", { name: "Discard" }).click();
      await box.waitFor({ state: "detached" });
      await focusOn(button); // it comes back
      assertNothing(page);
    });
  }

  it("keep what was typed when someone clicks outside, presses Escape or Back, or reloads", async () => {
    for (const [name, at, find] of DIALOGS.filter(([one]) => !/delete/.test(one))) {
      await opened(at, find);
      const box = page.getByRole("dialog");
      const field = box.locator("input:not([type=radio], [type=checkbox], :disabled)").first();
      const back = () => page.evaluate(() => history.back());
      for (const leave of [() => page.mouse.click(5, 500), () => page.keyboard.press("Escape"), back]) {
        await field.fill("1234");
        await leave();
        await box.getByText("Discard what you typed?").waitFor();
        await box.getByRole("button", { name: "Keep editing" }).click();
        assert.equal(await field.inputValue(), "1234", name);
      }
      assert.ok(await page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true }))), "a reload asks");
      await box.getByRole("button", { name: "Close" }).click();
      await box.waitFor({ state: "detached" });
      await find(page).click(); // nothing typed: a click outside closes
      await box.waitFor();
      await page.mouse.click(5, 500);
      await box.waitFor({ state: "detached" });
    }
    assertNothing(page);
  });
});

describe("forced colours", () => {
  const differ = async (page, control, act, what) => {
    const image = () => control.locator("xpath=ancestor-or-self::label[1] | ancestor::div[1]").first().screenshot({ animations: "disabled" });
    const one = await image();
    await act();
    assert.ok(!one.equals(await image()), `${what} looks the same, on or off`);
  };

  it("show what is checked, chosen and open", async () => {
    await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
    await turnTo(page, "/numbers");
    await page.getByRole("button", { name: "Edit +1 510 555 0100" }).click();
    const box = page.getByRole("dialog");
    await differ(page, box.getByRole("radio", { name: "Ask" }), () => box.getByRole("radio", { name: "Off" }).check(), "a radio button");
    await differ(page, box.getByRole("switch"), () => box.getByRole("switch").click({ force: true }), "a switch");
    await box.getByRole("button", { name: "Close" }).click();
    await turnTo(page, "/settings");
    await page.getByRole("button", { name: "Edit Joe" }).click();
    await differ(page, box.getByRole("checkbox"), () => box.getByRole("checkbox").check(), "a checkbox");
    await box.getByRole("button", { name: "Close" }).click();
    await turnTo(page, "/");
    await page.getByRole("button", { name: "Send all calls to…" }).click();
    await differ(page, box.getByRole("radio", { name: "1 hour" }), () => box.getByText("3 hours").click(), "a choice");
    await box.getByRole("button", { name: "Close" }).click();
    // Of several alike, the chosen one: a tab, a page of the navigation, a piece of the calendar.
    const colours = (locator) => locator.evaluateAll((list) => list.map((node) => `${getComputedStyle(node).backgroundColor} ${getComputedStyle(node).outlineStyle}`));
    await turnTo(page, "/rules/coverage");
    await page.getByRole("gridcell").first().waitFor();
    const tabs = await colours(page.getByRole("tab"));
    assert.equal(new Set(tabs).size, 2, `tabs: ${tabs}`);
    assert.equal(new Set(await colours(page.getByRole("navigation", { name: "Pages" }).getByRole("link"))).size, 2);
    const cells = page.getByRole("gridcell");
    const [one] = await colours(cells.first());
    await cells.first().click();
    await page.getByRole("gridcell", { selected: true }).first().waitFor();
    assert.notDeepEqual(await colours(cells.first()), [one], "the chosen piece of the calendar");
    await shoot(page, "coverage-forced");
    await page.emulateMedia({ colorScheme: "light", forcedColors: "none", reducedMotion: "reduce" });
    assertNothing(page);
  });
});

describe("on paper", () => {
  // What is drawn above the text, cut off, or too light for white paper.
  const faults = () => page.evaluate(() => {
    const found = [];
    for (const node of document.querySelectorAll("body *")) {
      if (!node.checkVisibility({ visibilityProperty: true })) continue;
      const { position, overflowY, color } = getComputedStyle(node);
      const tell = (what) => found.push(`${what}: ${node.outerHTML.slice(0, 80)}`);
      if (["fixed", "sticky"].includes(position) && node.textContent.trim()) tell(position);
      if (node.scrollHeight > node.clientHeight + 2 && ["auto", "scroll"].includes(overflowY) && node.clientHeight > 0) tell("cut off");
      const [r, g, b] = color.match(/[\d.]+/g).map(Number);
      if (node.matches("h1, h2, h3, p, td, th, dd") && r + g + b > 500) tell("too light");
    }
    return found;
  });

  it("a call, the statistics, coverage and all calls are whole and dark, and nothing lies over them", async () => {
    for (const at of [`/calls/${call}`, "/statistics", "/rules/coverage", "/calls"]) {
      await turnTo(page, at);
      await settled(page);
      await page.emulateMedia({ media: "print", colorScheme: "dark", reducedMotion: "reduce" });
      assert.deepEqual(await faults(), [], at);
      await page.emulateMedia({ media: "screen", colorScheme: "light", reducedMotion: "reduce" });
    }
    // A browser prints what is drawn when the event's listeners have returned.
    const rowsDrawn = (event) => page.evaluate((name) => {
      if (name) dispatchEvent(new Event(name));
      return [document.querySelectorAll("[data-row]").length, document.querySelectorAll("tbody tr:not([data-row])").length];
    }, event);
    const [before] = await rowsDrawn();
    const [printed, gaps] = await rowsDrawn("beforeprint");
    assert.ok(printed > before, "rows far below are blank");
    assert.equal(gaps, 0, "rows are missing on paper");
    await rowsDrawn("afterprint");
    await waitUntil(async () => (await rowsDrawn())[0] < printed, 5000, "only what is near the screen");
    assertNothing(page);
  });
});

describe("pages without data", () => {
  let empty;
  before(async () => { empty = await startConsole(); });
  after(() => empty?.stop());

  it("say how something gets there", async () => {
    const page = await openPage(browser, empty, { mock: true });
    for (const [name, { path: at, empty: words }] of Object.entries(PAGES)) {
      await turnTo(page, at);
      await settled(page);
      if (words) await page.getByText(words).first().waitFor();
      await check(page, `${name}-empty`);
    }
    await close(page);
  });

  it("have a way in", async () => {
    const page = await openPage(browser, empty, { user: null });
    await page.goto("/calls");
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await check(page, "login", axeEverywhere);
    await narrow(page, "login");
    await page.getByRole("button", { name: "Sign in with a token instead" }).click();
    await check(page, "login-token", axeEverywhere);
    await close(page, { problems: false });
  });
});

describe("the first load", () => {
  it("is small", (t) => {
    const html = readFileSync(path.join(WEB, "index.html"), "utf8");
    const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, name]) => name);
    assert.ok(scripts.length > 0);
    const packed = (name) => { // the smallest are not packed
      const file = path.join(WEB, name);
      return readFileSync(existsSync(`${file}.br`) ? `${file}.br` : file).length;
    };
    const size = scripts.reduce((sum, name) => sum + packed(name), 0);
    t.diagnostic(`measured: first load ${size} bytes of JavaScript in brotli`);
    assert.ok(size <= FIRST_LOAD, `${size} bytes`);
  });

  it("asks the host alone, each thing once and few in all, and fetches no library before it is needed", async (t) => {
    const page = await openPage(browser, server, { mock: true });
    const asked = [];
    page.on("response", (answer) => asked.push([answer.url(), answer.headers()["cache-control"] ?? "", answer.headers()["content-encoding"]]));
    const begun = [];
    page.on("request", (request) => begun.push(request));
    const began = performance.now();
    await page.goto("/");
    await page.getByRole("button", { name: /^Call back: / }).first().waitFor();
    t.diagnostic(`measured: Today usable after ${Math.round(performance.now() - began)} ms, cold cache`);
    const before_ = begun.map((request) => request.url()).filter((url) => /voice|sdk|twilio-/i.test(path.basename(url)) && url.includes("/assets/"));
    assert.deepEqual(before_, [], "the Voice SDK came before the page could be used");
    await page.locator('p[data-line="ready"]').waitFor();
    const api = begun.filter((request) => request.url().startsWith(`${server.base}/api/`)).map((request) => `${request.method()} ${request.url().slice(server.base.length)}`);
    t.diagnostic(`measured: ${api.length} requests to the API`);
    assert.ok(api.length <= FIRST_REQUESTS, api.join("\n"));
    // Who is signed in and what Today reads are asked for at once, before anything is drawn.
    assert.match(api[0], /^GET .*batch\?.*auth%2Fme.*missed-calls.*presence/);
    assert.deepEqual(api.slice(1).filter((text) => text.startsWith("GET") && /auth\/me|batch|missed-calls|call-logs/.test(text)), []);
    const gets = api.flatMap((text) => (text.includes("/batch?") ? JSON.parse(new URL(text.slice(4), server.base).searchParams.get("gets")).map(String) : [text]));
    assert.equal(new Set(gets).size, gets.length, `read twice: ${gets.join("\n")}`);
    const files = asked.filter(([url]) => url.startsWith(`${server.base}/assets/`));
    assert.ok(files.some(([url]) => url.endsWith(".js")));
    for (const [url, cache] of files) assert.match(cache, /immutable/, url);
    assert.ok(files.some(([, , encoding]) => ["br", "gzip"].includes(encoding)));
    for (const [url] of asked) assert.match(new URL(url).host, /^127\.0\.0\.1:\d+$|\.twilio\.com$/, url);
    // Numbers of +1 are written without a library's help.
    const library = files.map(([url]) => path.basename(url)).filter((name) => readFileSync(path.join(WEB, "assets", name), "utf8").includes("nationalNumberPattern") || /^min-|libphonenumber/.test(name));
    assert.deepEqual(library, []);
    await page.context().close();
    // Nor do lists that open below a field come with it (floating-ui).
    for (const [url] of files) {
      const name = path.basename(url);
      assert.doesNotMatch(readFileSync(path.join(WEB, "assets", name), "utf8"), /floatingStyles/, name);
    }
  });
});
