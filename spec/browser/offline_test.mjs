// offline_test.mjs: the browser loses its network for ten seconds, in the middle of every form and on the way to every
// page: what is typed stays, each page says what is wrong, and all of it goes on by itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { waitUntil } from "../support/server.mjs";
import { JOE, startCompany } from "./support/company.mjs";
import { openBrowser, openContext, pageIn, stopFaultless } from "./support/console.mjs";

const OFFLINE_MS = 10_000;
const AWAY = "can’t be reached";

// By flow: where it is, what opens it, what is typed, what sends it, and what says that it was done: somewhere on the
// page, or in each row of its list (`alone`). What only `reads` is asked for again by itself; a change is never.
const FLOWS = {
  override: { at: "/", open: "Send all calls to…", type: { "Send calls to": "+13035550142", Note: "Fair" }, send: "Send calls there", done: "All calls go to" },
  contact: { at: "/settings", open: "Add", type: { Number: "+12065550177", Name: "Ada" }, send: "Save", done: "Ada" },
  number: { at: "/numbers", open: "Edit +1 510 555 0100", type: { Name: "Front desk" }, send: "Save", done: "+1 510 555 0100 was saved." },
  forwarding: { at: "/forwarding", open: "Forward calls", choose: "When busy", type: { "Forward to": "+17205550142" }, send: "Add", done: "+1 720 555 0142" },
  note: { at: `/callers/${JOE}`, type: { "Note about Joe": "Call back on Monday" }, send: "Save note", done: "Call back on Monday" },
  rules: { at: "/rules", type: { "Source of forwarding.lua": "return { { \"Everybody leaves a message\", go = voicemail() } }\n" }, send: "Save and use", done: "Saved. The next call follows it." },
  search: { at: "/calls", type: { "With whom": "555 0117" }, send: "Find", done: "+1 206 555 0117", alone: true, reads: true },
  "a number's search": { at: "/numbers", press: "Get a number", type: { "Area code": "510" }, send: "Search", done: "Buy", reads: true },
};
const PAGES = ["Inbox", "Calls", "Recordings", "Numbers", "Forwarding", "Rules", "Team", "Statistics", "Settings"];

let server, browser, context;
before(async () => {
  server = await startCompany();
  browser = await openBrowser();
  context = await openContext(browser, server, { mock: true });
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const live = (page, state) => page.locator(`header [role="status"][data-state="${state}"]`).waitFor({ state: "attached" });
const button = (within, name) => within.getByRole("button", { name, exact: true }).first();

// A tab with the form open, and what was typed into it.
async function begin({ at, press, open, choose, type }) {
  const page = await pageIn(context);
  page.setDefaultTimeout(60_000);
  await page.goto(at);
  await live(page, "open");
  await page.evaluate(() => { window.stayed = true; });
  if (press) await button(page.getByRole("main"), press).click();
  if (open) await button(page.getByRole("main"), open).click();
  const form = open ? page.getByRole("dialog") : page.getByRole("main");
  if (choose) await form.getByText(choose, { exact: true }).click();
  for (const [label, text] of Object.entries(type)) await form.getByLabel(label, { exact: true }).fill(text);
  return { page, form };
}

async function typed(form, type) {
  for (const [label, text] of Object.entries(type)) assert.equal(await form.getByLabel(label, { exact: true }).inputValue(), text);
}

describe("ten seconds without a network", () => {
  let open, ways, began;
  before(async () => {
    open = {};
    for (const [name, flow] of Object.entries(FLOWS)) open[name] = await begin(flow);
    ways = {};
    for (const name of PAGES) {
      ways[name] = await pageIn(context);
      ways[name].setDefaultTimeout(60_000);
      await ways[name].goto("/");
      await live(ways[name], "open");
    }
    await context.setOffline(true);
    began = Date.now();
    for (const [name, flow] of Object.entries(FLOWS)) await button(open[name].form, flow.send).click();
    for (const name of PAGES) await ways[name].getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
  });

  for (const [name, { type }] of Object.entries(FLOWS)) {
    it(`say so in a form, which keeps what was typed: ${name}`, async () => {
      const { form } = open[name];
      await form.getByText(AWAY).first().waitFor();
      await typed(form, type);
    });
  }

  for (const name of PAGES) {
    it(`say so on the way to a page: ${name}`, async () => {
      await ways[name].getByText(AWAY).first().waitFor();
    });
  }

  it("are told as no longer live", async () => {
    try {
      for (const { page } of Object.values(open)) await live(page, "waiting");
    } finally {
      await ways.Inbox.waitForTimeout(Math.max(0, began + OFFLINE_MS - Date.now()));
      await context.setOffline(false);
    }
  });

  for (const name of PAGES) {
    it(`end by themselves: ${name}`, async () => {
      const page = ways[name];
      await live(page, "open");
      await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
      await page.waitForFunction((text) => !document.querySelector("main").innerText.includes(text)
        && !/Loading [a-z ]+…/.test(document.querySelector("main").innerText), AWAY);
    });
  }

  for (const [name, { type, send, done, alone, reads }] of Object.entries(FLOWS)) {
    it(`are over for a form, which is sent as it is: ${name}`, async () => {
      const { page, form } = open[name];
      await live(page, "open");
      if (name !== "search") await typed(form, type);
      if (!reads) await button(form, send).click();
      await page.getByText(done).first().waitFor();
      if (alone) await waitUntil(async () => await page.locator("[data-row]").filter({ hasNotText: done }).count() === 0, 10_000, `rows with ${done} alone`);
      assert.ok(await page.evaluate(() => window.stayed), "the page was loaded anew");
    });
  }
});
