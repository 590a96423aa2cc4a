// kept_text_test.mjs: what is typed in a dialog survives its tab and its login, until it is saved or discarded.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { command } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { startCompany } from "./support/company.mjs";
import { openBrowser, openContext, pageIn, stopFaultless } from "./support/console.mjs";

const LONG = 60_000;
const PASSWORD = "four words of mine";
const EARLIER = "You typed this earlier and haven’t saved it.";
// By dialog: the page, and the buttons to press there.
const DIALOGS = {
  override: ["/", "Send all calls to…"], away: ["/", "I’m away…"], "a contact": ["/settings", "Add"], "a known contact": ["/settings", "Edit Joe"],
  user: ["/settings", "Invite"], number: ["/numbers", "Edit +1 510 555 0100"], buying: ["/numbers", "Get a number", "Search", "the first of the table"],
  release: ["/numbers", "Release +1 510 555 0100"], forwarding: ["/forwarding", "Forward calls"],
};
// The fields of a dialog as the user sees them, without those of other tabs' or the browser's making.
const valuesIn = (dialog) => dialog.evaluate((box) => Object.fromEntries([...box.querySelectorAll("input, select, textarea")]
  .map((field) => [field.labels[0].textContent, /radio|checkbox/.test(field.type) ? field.checked : field.value])));

async function signIn(page) {
  await page.getByLabel("Name", { exact: true }).fill("ana");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("navigation").first().waitFor();
}

// Another value in every field that takes one.
async function fillIn(dialog) {
  const text = { "datetime-local": "2049-01-02T03:04", tel: "+1 303 555 0142" };
  for (const radio of (await dialog.getByRole("radio").all()).slice(-1)) await radio.check({ force: true });
  for (const tick of await dialog.locator("[type=checkbox]:not(:disabled)").all()) await tick.setChecked(!(await tick.isChecked()), { force: true });
  for (const list of await dialog.locator("select").all()) await list.selectOption({ index: (await list.locator("option").count()) - 1 });
  for (const field of await dialog.locator("input:not([type=checkbox], [type=radio], :disabled), textarea:not([aria-hidden])").all()) {
    const [type, mode, value] = await field.evaluate((node) => [node.type, node.inputMode, node.value]);
    await field.fill(text[type] ?? (mode === "numeric" ? value.replace(/\d+/, "45") || "45" : "half typed"));
  }
}

describe("what is typed in a dialog", () => {
  let browser, context, page, server;
  before(async () => {
    server = await startCompany();
    const made = await command(["user", "add", "ana"], { config: { database: server.database }, input: `${PASSWORD}\n` });
    assert.equal(made.status, 0, made.err);
    browser = await openBrowser();
    context = await openContext(browser, server, { user: null, mock: true });
    page = await pageIn(context);
    page.on("dialog", (dialog) => dialog.accept());
    await page.goto("/");
    await signIn(page);
  });
  after(async () => {
    await browser?.close();
    await stopFaultless(server);
  });
  afterEach(() => page.problems.splice(0));

  async function open(tab, [at, ...buttons]) {
    await tab.goto(at);
    const main = tab.getByRole("main");
    for (const name of buttons) {
      await (name.endsWith("table") ? main.getByRole("table").getByRole("button") : main.getByRole("button", { name, exact: true })).first().click();
    }
    const dialog = tab.getByRole("dialog");
    await dialog.locator("input").first().waitFor();
    return dialog;
  }
  const has = (dialog, values) => waitUntil(async () => JSON.stringify(await valuesIn(dialog)) === JSON.stringify(values), LONG, `${JSON.stringify(values)}`);

  // How many forms are kept, for this tab and for all.
  const kept = (tab) => tab.evaluate(() => [sessionStorage, localStorage]
    .map((store) => Object.keys(store).filter((key) => key.startsWith("hookswitch_form ")).length));
  for (const [name, way] of Object.entries(DIALOGS)) {
    it(`is there again after a reload, until it is discarded: ${name}`, async () => {
      const dialog = await open(page, way);
      const empty = await valuesIn(dialog);
      await fillIn(dialog);
      const typed = await valuesIn(dialog);
      await open(page, way);
      await has(dialog, typed);
      await dialog.getByText(EARLIER).waitFor();
      await dialog.getByRole("button", { name: "Discard" }).click();
      await has(dialog, empty);
      assert.equal(await dialog.getByText(EARLIER).count(), 0);
      assert.deepEqual(await kept(page), [0, 0]);
    });
  }

  const note = (dialog) => dialog.getByLabel("Note");

  it("is gone once it is saved, and so is what was typed earlier", async () => {
    const dialog = await open(page, DIALOGS["a contact"]);
    await dialog.getByLabel("Number").fill("+12065550166");
    await open(page, DIALOGS["a contact"]);
    await dialog.getByText(EARLIER).waitFor();
    await dialog.getByLabel("Name").fill("Rosa");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(rows(server.database, "SELECT name FROM contacts WHERE number = '+12065550166'"), [{ name: "Rosa" }]);
    assert.deepEqual(await kept(page), [0, 0]);
  });

  it("isn't shown by another tab while the one that typed it lives, and is once that is gone", async () => {
    const other = await pageIn(context);
    await note(await open(other, DIALOGS.override)).fill("of the other tab");
    const dialog = await open(page, DIALOGS.override);
    await note(dialog).fill("of this tab");
    await other.close();
    await page.getByRole("button", { name: "Cancel" }).click();
    const third = await pageIn(context);
    await note(await open(third, DIALOGS.override)).fill("of a third tab");
    await third.close();
    await open(page, DIALOGS.override);
    await waitUntil(async () => await note(dialog).inputValue() === "of a third tab", LONG, "the text of the tab that is gone");
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(await kept(page), [0, 0]);
  });

  it("is for the user who typed it, in the tab they typed it in, when they sign out in another", async () => {
    const other = await pageIn(context);
    await other.goto("/");
    const dialog = await open(page, DIALOGS.override);
    await note(dialog).fill("half typed");
    assert.deepEqual(await kept(page), [1, 1]);
    await other.getByRole("button", { name: "Sign out" }).first().click();
    await page.getByText("You signed out in another tab.").waitFor();
    assert.deepEqual(await kept(page), [1, 0]);
    await page.reload();
    await signIn(page);
    await open(page, DIALOGS.override);
    await waitUntil(async () => await note(dialog).inputValue() === "half typed", LONG, "what was typed");
    await other.close();
    await page.getByRole("button", { name: "Close" }).click();
  });
});
