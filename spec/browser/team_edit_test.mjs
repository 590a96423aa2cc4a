// team_edit_test.mjs: an edit of the Team page that isn't saved yet: what it survives, what asks before it is lost or
// goes live, and a colleague who changes the same meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { axeEverywhere, holdBack, openBrowser, openPage, PHONE, shoot, startConsole, stopFaultless } from "./support/console.mjs";
import { SOURCES } from "./support/texts.mjs";

const TEAM = "/api/twilio/team", LONG = 60_000;
const CONFIG = { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}`, rate_limits: "no", rules_confirm: "yes", data_scope: "team" };
const RULES = 'return { { "everybody", go = ring(group "crew", { seconds = 45 }) } }\n';
const FILES = {
  "people.txt": "[joe]\nname: Joe Brown\nuser: demo\nphone: +13035550142\n\n[ana]\nname: Ana\nphone: +13035550177\n",
  "groups.txt": "crew: joe\n",
};

const [JOE, ANA] = [{ id: "joe", name: "Joe Brown", user: "demo", phones: [{ number: "+13035550142" }], has_pin: false },
  { id: "ana", name: "Ana", phones: [{ number: "+13035550177" }] }];
const GIVEN = { people: [JOE, ANA], groups: [{ id: "crew", people: ["joe"] }] };

let server, browser, page, demo, bob, asked;
before(async () => {
  server = await startConsole({ rules: RULES, lua: FILES, config: CONFIG });
  await waitUntil(() => server.out.includes("Sandbox:"), LONG, "the seed");
  browser = await openBrowser();
  [demo, bob] = [user(server, "demo"), user(server, "bob")];
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});
beforeEach(async () => {
  await page?.context().close();
  await put(() => GIVEN);
  page = await openPage(browser, server, { user: "demo" });
  page.setDefaultTimeout(LONG);
  asked = [];
  page.on("dialog", async (dialog) => {
    asked.push(dialog.type());
    await dialog.accept();
  });
  await page.goto("/team");
  await button("Joe Brown").click();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const field = (name) => page.getByLabel(name, { exact: true });
const valueIs = (input, text) => waitUntil(async () => (await input.inputValue()) === text, LONG, `“${text}” in the field`);
const countIs = (locator, count, what) => waitUntil(async () => (await locator.count()) === count, LONG, what);
const savable = () => page.getByText("This can be saved").waitFor();
const saved = async () => {
  await page.getByText("Saved. The next call follows it.").first().waitFor();
  await page.getByRole("heading", { name: "Before it goes live" }).waitFor({ state: "detached" });
};
const people = async () => (await demo.get(TEAM)).body.people;
const onDisk = (name) => readFileSync(path.join(server.lua, name), "utf8");

// What a colleague saves meanwhile.
async function put(change) {
  const team = (await bob.get(TEAM)).body;
  const { status, text } = await bob.put(TEAM, { hash: team.hash, accept: true, ...change(team) });
  assert.equal(status, 200, text);
}
const named = (id, name) => (team) => ({ people: team.people.map((one) => (one.id === id ? { ...one, name } : one)) });

describe("an edit that isn't saved", () => {
  it("survives a call, another page, a reload and a restart of the server, with its note; saved, it is gone", async () => {
    const isThere = async () => {
      await savable();
      await button("Joseph Brown").waitFor();
      await valueIs(field("Note (optional)"), "He likes it longer");
    };
    await field("Name").fill("Joseph Brown");
    await field("Note (optional)").fill("He likes it longer");
    await isThere();
    await page.getByText("Ready for calls").first().waitFor();
    const rung = demo.post("/api/sandbox/ring", { from: "+14155550123" }).catch(() => {});
    const bar = page.getByRole("region", { name: "Incoming call", exact: true });
    await bar.waitFor();
    await isThere();
    await bar.getByRole("button", { name: "Decline" }).click();
    await bar.waitFor({ state: "detached" });
    await rung;
    await isThere();
    await page.getByRole("link", { name: "Calls", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Calls" }).waitFor();
    await page.getByRole("link", { name: "Team", exact: true }).click();
    await isThere();
    await page.reload();
    await isThere();
    assert.deepEqual(asked, ["beforeunload"]); // it is kept, but it isn't live yet
    const { folder, port } = server;
    await server.stop({ keep: true });
    server = await startConsole({ folder, port, config: CONFIG });
    [demo, bob] = [user(server, "demo"), user(server, "bob")];
    page.problems.length = 0; // of the time without a server
    await page.reload();
    await isThere();
    await button("Save and use").click();
    await saved();
    assert.equal((await people())[0].name, "Joseph Brown");
    assert.equal((await demo.get("/api/twilio/rules/versions")).body.versions[0].note, "He likes it longer");
    asked.length = 0;
    await page.reload();
    await button("Joseph Brown").waitFor();
    assert.equal(await page.getByText("Before it goes live").count(), 0);
    assert.deepEqual(asked, []);
  });

  it("asks before the page is left, and stays when one says no", async () => {
    await field("Name").fill("Jo");
    await savable();
    page.removeAllListeners("dialog");
    const leaving = page.waitForEvent("dialog").then(async (dialog) => {
      await dialog.dismiss();
      return dialog.type();
    });
    page.evaluate(() => location.assign("/calls")).catch(() => {});
    assert.equal(await leaving, "beforeunload");
    assert.equal(await field("Name").inputValue(), "Jo");
    await button("Discard changes").click();
    await button("Joe Brown").waitFor();
    await page.reload();
    await button("Joe Brown").waitFor();
  });

  it("asks before real calls go elsewhere: what changes is shown, and may be left as it is", async () => {
    await page.getByRole("tab", { name: "Groups" }).click();
    await field("Add someone").selectOption("ana");
    await savable();
    await button("Save and use").click();
    const dialog = page.getByRole("dialog", { name: "Make this live?" });
    await dialog.getByText(/Ana \(\+1 303 555 0177\)/).first().waitFor();
    assert.deepEqual(await axeEverywhere(page), []);
    await shoot(page, "team-confirm");
    await dialog.getByRole("button", { name: "Keep editing" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(onDisk("groups.txt"), FILES["groups.txt"]);
    await button("Save and use").click();
    await dialog.getByRole("button", { name: "Make it live" }).click();
    await saved();
    assert.equal(onDisk("groups.txt"), "crew: joe, ana\n");
  });
});

it("that changes while it is saved isn't what one is asked about", async () => {
  await page.getByRole("tab", { name: "Groups" }).click();
  await field("Add someone").selectOption("ana");
  await savable();
  const { answered, release } = await holdBack(page, `**${TEAM}`, (request) => request.method() === "PUT");
  await button("Save and use").click();
  await answered;
  await page.getByRole("tab", { name: "People" }).click();
  await button("Joe Brown").click();
  await field("Name").fill("Joseph Brown");
  await release();
  await savable();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await button("Save and use").click();
  await page.getByRole("dialog", { name: "Make this live?" }).getByRole("button", { name: "Make it live" }).click();
  await saved();
  assert.equal((await people())[0].name, "Joseph Brown");
});

describe("an absence", () => {
  it("that someone began themselves is ended by an admin, who is asked first", async () => {
    assert.equal((await bob.post("/api/twilio/presence", { device: "tab", registered: true })).status, 200);
    const { status, text } = await bob.post("/api/twilio/away", { ends_at: Date.now() + 3_600_000 });
    assert.equal(status, 200, text);
    const row = page.getByRole("list", { name: "Set themselves away" }).getByRole("listitem").filter({ hasText: "bob" });
    await row.getByText(/away until/).waitFor();
    await button("End absence: bob").click();
    const dialog = page.getByRole("dialog", { name: "End this absence?" });
    assert.deepEqual(await axeEverywhere(page), []);
    await dialog.getByRole("button", { name: "Keep it" }).click();
    assert.notEqual((await bob.get("/api/twilio/away")).body.ends_at, null);
    await button("End absence: bob").click();
    const end = dialog.getByRole("button", { name: "End absence" });
    await waitUntil(() => end.isEnabled(), LONG, "the absence");
    assert.equal((await bob.post("/api/twilio/away", { ends_at: Date.now() + 7_200_000 })).status, 200);
    await end.click();
    await dialog.getByText("A colleague changed this meanwhile.").waitFor();
    assert.deepEqual(await dialog.getByRole("rowheader").allTextContents(), ["Away until"]);
    assert.notEqual((await bob.get("/api/twilio/away")).body.ends_at, null);
    await end.click();
    await page.getByText("bob is back: calls ring them again.").waitFor();
    await row.waitFor({ state: "detached" });
    assert.equal((await bob.get("/api/twilio/away")).body.ends_at, null);
  });
});

describe("a colleague who changes the same", () => {
  const conflict = () => page.getByRole("alert").filter({ hasText: "A colleague changed this while you were editing" });
  const sides = () => conflict().locator("dd").allTextContents();

  for (const [choice, first] of [["Keep yours", "Jo"], ["Use theirs", "Joseph"]]) {
    it(`is shown beside one's own text, also after a reload; "${choice}" goes on with that, and nothing else is lost`, async () => {
      await field("Name").fill("Jo");
      await button("Ana").click();
      await field("Name").fill("Anna");
      await savable();
      await put(named("joe", "Joseph"));
      const both = ["People, joe: Jo, +13035550142, Press 1 to answer, demo", "People, joe: Joseph, +13035550142, Press 1 to answer, demo"];
      await conflict().waitFor();
      assert.deepEqual(await sides(), both);
      await button("Save and use").hover();
      assert.deepEqual(await axeEverywhere(page), []);
      await page.reload();
      await conflict().waitFor();
      assert.deepEqual(await sides(), both);
      assert.ok(await button("Save and use").isDisabled());
      await button(choice).click();
      await conflict().waitFor({ state: "detached" });
      await savable();
      await button("Save and use").click();
      await saved();
      assert.deepEqual((await people()).map(({ name }) => name), [first, "Anna"]);
    });
  }

  it("may have removed what one edits, and added what one doesn't have: both stay visible", async () => {
    await button("Ana").click();
    await field("Name").fill("Anna");
    await savable();
    await put(({ people: [joe] }) => ({ people: [joe, { id: "sue", name: "Sue", phones: [{ number: "+13035550166" }] }] }));
    await conflict().waitFor();
    assert.deepEqual(await sides(), ["People, ana: Anna, +13035550177, Press 1 to answer", "People, ana: removed"]);
    await button("Sue").waitFor();
    await button("Keep yours").click();
    await savable();
    await button("Save and use").click();
    await saved();
    assert.deepEqual((await people()).map(({ name }) => name).sort(), ["Anna", "Joe Brown", "Sue"]);
  });

  it("is merged into an edit that is opened again, which couldn't be saved without it", async () => {
    const added = () => page.getByText("Your changes were added to theirs", { exact: false }).first();
    await field("Name").fill("Jo");
    await savable();
    const { origin } = new URL(page.url());
    await page.goto("about:blank");
    await put(({ people: all }) => ({
      people: [...all, { id: "sue", name: "Sue", phones: [{ number: "+13035550166" }] }], groups: [{ id: "crew", people: ["joe", "sue"] }],
    }));
    await page.goto(`${origin}/team`);
    await added().waitFor();
    await button("Sue").waitFor();
    await savable();
    // One's own text stays in conflict with theirs while they change something else.
    await put(named("joe", "Joseph"));
    await conflict().waitFor();
    await put(named("ana", "Anna"));
    await button("Anna").waitFor();
    assert.deepEqual(await sides(), ["Jo", "Joseph"].map((name) => `People, joe: ${name}, +13035550142, Press 1 to answer, demo`));
    await button("Keep yours").click();
    await savable();
    await button("Save and use").click();
    await saved();
    assert.deepEqual((await people()).map(({ name }) => name), ["Jo", "Anna", "Sue"]);
    assert.equal(onDisk("groups.txt"), "crew: joe, sue\n");
  });
});

describe("a PIN", () => {
  const pinOf = async (id) => (await people()).find((one) => one.id === id).has_pin;
  beforeEach(async () => {
    // A PIN takes time to type, which the group's rule doesn't leave.
    await put(() => ({ people: [{ ...JOE, pin: "4821" }, ANA], groups: [{ id: "crew", people: ["ana"] }] }));
    await field("Asks for a PIN").waitFor();
  });

  it("is shown and taken away, which a colleague's change is shown beside", async () => {
    await button("Remove PIN").click();
    await field("Press 1 to answer").waitFor();
    assert.equal(await button("Remove PIN").count(), 0);
    await savable();
    await put(named("joe", "Joseph"));
    const sides = page.getByRole("alert").locator("dd");
    await sides.first().waitFor();
    assert.deepEqual(await sides.allTextContents(), ["People, joe: Joe Brown, +13035550142, Press 1 to answer, demo",
      "People, joe: Joseph, +13035550142, Asks for a PIN, demo"]);
    await button("Keep yours").click();
    await savable();
    await button("Save and use").click();
    await saved();
    assert.equal(await pinOf("joe"), false);
  });

  it("is given, seen while it is typed, and leaves memory only with the save; a weak one is told", async () => {
    const sent = [];
    page.on("request", (request) => sent.push({ method: request.method(), url: request.url(), body: request.postData() ?? "" }));
    await put(({ people: [joe, ana] }) => ({ people: [{ ...joe, has_pin: false }, ana] }));
    await field("Press 1 to answer").waitFor();
    await button("Add a PIN").click();
    await field("Asks for a PIN").waitFor();
    const typed = field("New PIN"), save = button("Save and use");
    const unfinished = page.getByText("Type a PIN for Joe Brown first.");
    for (const wrong of ["", "482", "48a1", "48 21", "1234567890123", "４８２１"]) {
      await typed.fill(wrong);
      await unfinished.waitFor();
      await countIs(page.getByText("A PIN has 4 to 12 digits and nothing else."), wrong === "" ? 0 : 1, `what is said of “${wrong}”`);
      assert.ok(await save.isDisabled(), wrong);
    }
    assert.deepEqual(await axeEverywhere(page), []);
    const weak = page.getByText("This PIN is easy to guess.", { exact: false });
    for (const [pin, isWeak] of [["0000", 1], ["1212", 1], ["1234", 1], ["987654", 1], ["1984", 1], ["24121984", 1], ["2412", 1], ["0142", 1], ["4821", 0], ["7391", 0]]) {
      await typed.fill(pin);
      await unfinished.waitFor({ state: "detached" });
      await countIs(weak, isWeak, `what is said of ${pin}`);
    }
    await savable();
    await page.getByText("No call in these two weeks goes elsewhere.").waitFor();
    // A reload keeps all of the edit but the digits.
    const kept = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.title]));
    assert.match(await kept(), /"has_pin\\":true/);
    assert.doesNotMatch(await kept(), /7391/);
    await page.reload();
    await unfinished.waitFor();
    await button("Joe Brown").click();
    assert.equal(await typed.inputValue(), "");
    await typed.fill("7391");
    await savable();
    await put(named("joe", "Joseph"));
    const sides = page.getByRole("alert").locator("dd");
    await sides.first().waitFor();
    assert.deepEqual(await sides.allTextContents(), ["People, joe: Joe Brown, +13035550142, Asks for a PIN, demo, new PIN",
      "People, joe: Joseph, +13035550142, Press 1 to answer, demo"]);
    await button("Keep yours").click();
    await savable();
    await page.getByText("No call in these two weeks goes elsewhere.").waitFor();
    await save.click();
    await saved();
    assert.ok(sent.filter(({ url }) => url.endsWith("/team/check")).length >= 2);
    assert.deepEqual(sent.filter(({ url, body }) => /7391/.test(url + body)).map(({ method, url }) => [method, new URL(url).pathname]), [["PUT", TEAM]]);
    assert.equal(await pinOf("joe"), true);
    assert.match(onDisk("people.txt"), /^pin: scrypt\$/m);
    assert.equal(await typed.count(), 0);
    assert.doesNotMatch(await page.content(), /7391/);
    assert.doesNotMatch(await kept(), /7391/);
    for (const secret of [server.out, server.err, (await demo.get("/api/twilio/rules/versions")).text, (await demo.get("/api/audit")).text]) assert.doesNotMatch(secret, /7391/);
    // Another one in its place, or not.
    const before = onDisk("people.txt");
    await button("Change PIN").click();
    await button("Keep the old PIN").click();
    await page.getByRole("heading", { name: "Before it goes live" }).waitFor({ state: "detached" });
    await button("Change PIN").click();
    await typed.fill("73915");
    await savable();
    await save.click();
    await saved();
    assert.notEqual(onDisk("people.txt"), before);
  });

  for (const [language, locale, viewport] of [["en", "en-GB", undefined], ["fr", "fr-FR", PHONE]]) {
    const catalogue = language === "en" ? {} : JSON.parse(readFileSync(path.join(SOURCES, `text/${language}.json`), "utf8"));
    const said = (text, values = {}) => (catalogue[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
    it(`of an agent's own is given, changed and removed by themselves: ${language}`, async () => {
      const name = `agent-${language}`;
      const made = await command(["user", "add", name, "--role", "agent"], { config: { database: server.database }, input: "correct horse\n" });
      assert.equal(made.status, 0, made.err);
      const [{ id }] = rows(server.database, `SELECT id FROM users WHERE name = '${name}'`);
      await put(() => ({ people: [{ ...JOE, user: id, has_pin: false }, ANA], groups: [{ id: "crew", people: ["ana"] }] }));
      const own = await openPage(browser, server, { user: id, locale, ...(viewport && { viewport }) });
      try {
        await own.goto("/settings");
        const part = own.getByRole("region", { name: said("PIN for answering calls") });
        const verb = (text) => part.getByRole("button", { name: said(text), exact: true });
        const typed = part.getByLabel(said("New PIN"), { exact: true });
        const state = (text) => part.getByText(said(text, { phones: "+1 303 555 0142" })).waitFor();
        await state("Before a caller is put through, you press 1 on {phones}.");
        assert.equal(await verb("Remove PIN").count(), 0);
        const wrong = part.getByText(said("A PIN has 4 to 12 digits and nothing else."));
        for (const pin of ["", "482", "48a1", "1234567890123"]) {
          await typed.fill(pin);
          await typed.press("Enter");
          await wrong.waitFor();
        }
        await typed.fill("0142");
        await part.getByText(said("This PIN is easy to guess. Better choose other digits.")).waitFor();
        await typed.fill("7391");
        assert.deepEqual(await axeEverywhere(own), []);
        await typed.press("Enter");
        await own.getByText(said("Your PIN is saved. Your phones ask for it from the next call on.")).first().waitFor();
        await state("Before a caller is put through, your PIN is asked for on {phones}.");
        await shoot(own, `own-pin-${language}${viewport ? "-390" : ""}`);
        assert.equal(await pinOf("joe"), true);
        await valueIs(typed, "");
        assert.equal(await own.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true);
        const before = onDisk("people.txt");
        await typed.fill("97531");
        await verb("Change PIN").click();
        await waitUntil(() => onDisk("people.txt") !== before, LONG, "another PIN");
        await verb("Remove PIN").click();
        await own.getByText(said("Your PIN is removed. Press 1 to answer.")).first().waitFor();
        await state("Before a caller is put through, you press 1 on {phones}.");
        assert.equal(await pinOf("joe"), false);
        // What an editor does meanwhile is shown, and said when it stands in the way.
        await put(({ people: [joe, ana] }) => ({ people: [{ ...joe, phones: [{ number: "+13035550142", confirm: false }] }, ana] }));
        await state("Your phones don’t ask before they put a caller through. An editor can change that on the Team page.");
        assert.equal(await typed.count(), 0);
        await put(({ people: [joe, ana] }) => ({ people: [{ ...joe, phones: [{ number: "+13035550142" }] }, ana], groups: [{ id: "crew", people: ["joe"] }] }));
        await typed.fill("7391");
        await verb("Add a PIN").click();
        const refused = "A rule doesn’t work with a PIN on your phones: typing it takes longer than pressing 1. An editor can add it on the Team page, which shows the rule.";
        await part.getByRole("alert").getByText(language === "en" ? "A rule doesn't work with a PIN on your phones" : said(refused)).waitFor();
        assert.equal(await typed.inputValue(), "7391");
        assert.doesNotMatch(server.out + server.err, /7391|97531/);
      } finally {
        await own.context().close();
      }
    });
  }

  it("isn't handed on to a new colleague of the same name", async () => {
    await button("Remove Joe Brown").click();
    await field("Name of a new colleague").fill("joe");
    await button("Add a colleague").click();
    await field("Phone 1").fill("+13035550166");
    await savable();
    await button("Save and use").click();
    await saved();
    assert.deepEqual((await people()).map(({ name }) => name).sort(), ["Ana", "joe"]);
    assert.equal(await pinOf("joe"), false);
  });
});
