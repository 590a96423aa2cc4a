// first_hour_test.mjs: a newcomer's first hour in the sandbox, on one server, from
// signing in as the README says to a rule with a mistake in it. Each task ends with what
// it was for (a row, a sound, a file), and tells how many clicks it took.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { play } from "./support/company.mjs";
import { openBrowser, openPage, PHONE, shoot, startConsole, stopFaultless } from "./support/console.mjs";

const LONG = 60_000;
const CALLER = "+14155550123", MISSED = "+16175550164", NUISANCE = "+13035550188", YESTERDAY = "+12065550117";
const RULES = `return {
  { "everybody", go = ring(user "demo", { seconds = 60 }) },
}
`;
const MISTAKE = 'return {\n  { "at night", when = night, go = voicemial() },\n';
const MENDED = '  { "Boston leaves a message", when = function(call) return call.from:sub(1, 5) == "+1617" end, go = voicemail() },';

// Of each task the most clicks that it may take.
const TASKS = { "sign in": 2, "answer a call": 2, "see why it rang here": 2, "call back": 3, "buy a number": 6, "forward for a holiday": 6,
  "block a caller": 2, "override until 15:00": 4, "find yesterday’s call": 4, "export the calls": 2, "correct a rule": 4 };
const clicks = {};
let task, server, browser, page, demo;

// In the page: pointers that go down, keys that press a control or send a form, and
// choices from a list, which is opened and chosen from. Typing isn't a click.
function listen() {
  // Of the document: a tap on something that still moves is stopped at the window by Playwright, and made again.
  document.addEventListener("pointerdown", ({ isTrusted }) => isTrusted && window.clicked(1), true);
  window.addEventListener("keydown", ({ isTrusted, key, ctrlKey, target }) => {
    const presses = (key === "Enter" && target.matches("a, button, summary, input")) || (key === " " && target.matches("button, summary, input:not([type=text])"));
    if (isTrusted && (presses || (ctrlKey && key === "s"))) window.clicked(1);
  }, true);
  window.addEventListener("change", ({ target }) => target.matches("select") && window.clicked(2), true);
}

async function open(options) {
  const opened = await openPage(browser, server, { user: null, ...options });
  await opened.context().exposeFunction("clicked", (n) => { clicks[task] += n; });
  await opened.context().addInitScript(listen);
  return opened;
}

// Into a field: clicked on, unless it has the focus already.
async function type(field, text) {
  if (!(await field.evaluate((node) => node === document.activeElement))) await field.click();
  await field.fill(text);
}
const choose = (list, option) => list.selectOption(option);
const menu = (name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
const phone = () => page.getByRole("complementary", { name: "Phone" });
const local = (at) => page.evaluate((ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16), at);
const clock = (days, hour) => page.evaluate(([d, h]) => new Date(new Date().setHours(h, 0, 0, 0) + d * 86_400_000).getTime(), [days, hour]);

async function dictate(on, number) {
  await on.getByRole("button", { name: "Send all calls to…" }).click();
  const dialog = on.getByRole("dialog");
  await on.waitForFunction(() => document.activeElement.name === "forward_to_number");
  await type(dialog.getByLabel("Send calls to"), number);
  await dialog.getByText("Other", { exact: true }).click();
  return dialog;
}

before(async () => {
  server = await startConsole({ rules: RULES, config: { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}` } });
  await waitUntil(() => server.out.includes("Sandbox:"), LONG, "the seed");
  demo = user(server, "demo");
  browser = await openBrowser();
  page = await open({ acceptDownloads: true });
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const STEPS = {
  async "sign in"() {
    await page.goto("/");
    await page.getByRole("button", { name: "Sign in with a token instead" }).click();
    await type(page.getByLabel("Access token", { exact: true }), demo.token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
    await phone().getByText("Ready for calls", { exact: true }).first().waitFor();
  },

  async "answer a call"() {
    await page.evaluate(() => {
      window.played = [];
      const play = HTMLMediaElement.prototype.play;
      HTMLMediaElement.prototype.play = function counted() {
        window.played.push(this);
        return play.call(this);
      };
    });
    demo.post("/api/sandbox/ring", { from: CALLER }).catch(() => {}); // answered once the call is over
    await phone().getByRole("button", { name: "Answer", exact: true }).click();
    await page.locator('[data-call="open"]').waitFor();
    await waitUntil(() => page.evaluate(() => {
      const audio = window.played.at(-1);
      return audio && !audio.paused && !audio.muted && audio.volume > 0 && audio.currentTime > 0;
    }), LONG, "the caller's voice");
    await phone().getByRole("button", { name: "Hang up" }).click();
    await phone().getByText("Call ended").first().waitFor();
  },

  async "see why it rang here"() {
    await menu("Calls");
    await page.getByRole("row").nth(1).getByRole("link", { name: /: call with/ }).click();
    await page.getByRole("region", { name: "What happened" }).getByText("“everybody” decided", { exact: false }).first().waitFor();
    await page.getByText("forwarding.lua:2", { exact: false }).first().waitFor();
  },

  async "call back"() {
    await menu("Today");
    await page.getByRole("button", { name: "Call back: +1 617 555 0164" }).click();
    await page.locator('[data-call="open"]').waitFor();
    await phone().getByRole("button", { name: "Hang up" }).click();
    await waitUntil(() => rows(server.database, `SELECT * FROM twilio_call_logs WHERE "to" = '${MISSED}' AND end_reason = 'answered'`).length,
      LONG, "the call in the log");
  },

  async "buy a number"() {
    await menu("Numbers");
    await page.getByRole("button", { name: "Get a number" }).click();
    await type(page.getByLabel("Area code"), "303");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Buy \+1 303/ }).first().click();
    await page.waitForFunction(() => document.activeElement.closest("[role=dialog]"));
    await page.keyboard.type("Denver");
    await page.keyboard.press("Enter");
    await page.getByText(/is yours and takes calls/).waitFor();
    assert.equal((await demo.get("/api/twilio/my-numbers")).body.phone_numbers.length, 2);
  },

  async "forward for a holiday"() {
    const [from, until] = await Promise.all([clock(20, 8), clock(23, 18)]);
    await menu("Today");
    const dialog = await dictate(page, "(510) 555-0142");
    await type(dialog.getByLabel("From"), await local(from));
    await type(dialog.getByLabel("Until"), await local(until));
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Where calls go" }).getByText(/^All calls go to .* from .* until /).waitFor();
    const [made] = rows(server.database, "SELECT * FROM overrides");
    assert.deepEqual([made.forward_to_number, made.starts_at, made.ends_at], ["+15105550142", from, until]);
  },

  async "block a caller"() {
    await page.getByRole("region", { name: "To call back" }).getByRole("link", { name: "+1 303 555 0188" }).first().click();
    await page.getByRole("button", { name: "Block" }).click();
    await page.getByText("Blocked", { exact: true }).waitFor();
    assert.equal(rows(server.database, `SELECT blocked FROM contacts WHERE number = '${NUISANCE}'`)[0].blocked, 1);
  },

  async "override until 15:00"() {
    const today = await clock(0, 15), end = today > Date.now() + 600_000 ? today : await clock(1, 15);
    const small = await open({ viewport: PHONE, hasTouch: true, isMobile: true, user: "demo" });
    await small.goto("/");
    await small.getByRole("button", { name: "Send all calls to…" }).tap();
    const dialog = small.getByRole("dialog");
    await small.waitForFunction(() => document.activeElement.name === "forward_to_number");
    await type(dialog.getByLabel("Send calls to"), "(303) 555-0142");
    await dialog.getByText("Other", { exact: true }).tap();
    await dialog.getByLabel("Until").tap();
    await dialog.getByLabel("Until").fill(await local(end));
    await shoot(small, "first-hour-override");
    await dialog.getByRole("button", { name: "Send calls there" }).tap();
    await small.getByRole("region", { name: "Where calls go" }).getByText(/^All calls go to \+1 303 555 0142 until /).waitFor();
    const [made] = rows(server.database, "SELECT * FROM overrides ORDER BY id DESC LIMIT 1");
    assert.deepEqual([made.forward_to_number, made.ends_at], ["+13035550142", end]);
    assert.ok(made.starts_at <= Date.now());
    await small.context().close();
  },

  async "find yesterday’s call"() {
    const noon = await clock(-1, 12);
    rows(server.database, `UPDATE twilio_call_logs SET ended_at = ended_at - started_at + ${noon}, started_at = ${noon} WHERE "from" = '${YESTERDAY}'`);
    await server.settled();
    await menu("Calls");
    await choose(page.getByLabel("When"), "yesterday");
    await page.getByRole("row").nth(1).getByRole("link", { name: /: call with \+1 206 555 0117/ }).click();
    await page.getByRole("heading", { level: 1, name: "Call from +1 206 555 0117" }).waitFor();
  },

  async "export the calls"() {
    await menu("Calls");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const text = readFileSync(await (await saving).path(), "utf8");
    assert.match(text, /^Date,Time,Direction,Name,/);
    for (const number of [CALLER, MISSED, YESTERDAY]) assert.ok(text.includes(number), number);
  },

  async "correct a rule"() {
    await menu("Rules");
    const editor = page.getByLabel("Source of forwarding.lua");
    await editor.click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.insertText(MISTAKE);
    await page.getByText("This would be refused").waitFor();
    await page.getByText(/forwarding\.lua:2: "night" isn't defined/).waitFor();
    await page.getByText(/forwarding\.lua:2: "voicemial" isn't defined/).waitFor();
    await page.getByRole("button", { name: "Go to line 2" }).first().click();
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+End");
    await page.keyboard.insertText(MENDED);
    await page.getByText("This can be saved").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByText("Saved. The next call follows it.").waitFor();
    assert.ok(readFileSync(path.join(server.lua, "forwarding.lua"), "utf8").includes(MENDED));
    for (const { id } of (await demo.get("/api/twilio/overrides")).body.overrides) await demo.delete(`/api/twilio/overrides/${id}`);
    const { sid } = await play(server, { from: MISSED, legs: [], messages: [3] });
    assert.equal((await demo.get(`/api/twilio/call-logs/${sid}`)).body.trace.rule, "Boston leaves a message");
  },
};

describe("the first hour", () => {
  for (const [name, most] of Object.entries(TASKS)) {
    it(`${name}, in ${most} click${most === 1 ? "" : "s"} at most`, async (t) => {
      task = name;
      clicks[task] = 0;
      await STEPS[name]();
      t.diagnostic(`${name}: ${clicks[task]} click${clicks[task] === 1 ? "" : "s"}`);
      assert.ok(clicks[task] > 0, "no click was counted");
      assert.ok(clicks[task] <= most, `${clicks[task]} clicks`);
    });
  }

  it("is counted", (t) => {
    t.diagnostic(`first hour: ${Object.values(clicks).reduce((sum, n) => sum + n, 0)} clicks`);
    assert.deepEqual(Object.keys(clicks), Object.keys(TASKS));
    assert.deepEqual(page.problems.filter((text) => !/status of 401/.test(text)), []); // of the page that asks who one is
  });
});
