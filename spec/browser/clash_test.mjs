// clash_test.mjs: two people edit the same row. Whoever saves second sees both
// values and chooses; nobody's change is overwritten unseen.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ok, user } from "../support/api.mjs";
import { givenNumber, insert, rows } from "../support/database.mjs";
import { axe, focusOn, holdBack, openBrowser, shoot, startConsole, stopFaultless, visitor } from "./support/console.mjs";

const SETTINGS = "/api/call-forwarding", CONTACTS = "/api/twilio/contacts", NUMBERS = "/api/twilio/my-numbers";
let server;
let browser;
let ana;
let number;
let made = 0;

before(async () => {
  server = await startConsole();
  browser = await openBrowser();
  ana = user(server, "ana");
  number = givenNumber(server.database, { user: "ana", twilio_sid: null, friendly_name: "Front desk" });
  await server.settled();
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const visitAs = visitor({ user: "ana" });
const visit = (walk, options) => visitAs(browser, server, undefined, options, walk);
const dialog = (page) => page.getByRole("dialog");
const save = (page) => dialog(page).getByRole("button", { name: /^Save/ }).click();
const group = (page, name) => dialog(page).getByRole("radiogroup", { name });
const both = async (page, name) => (await group(page, name).getByRole("radio").evaluateAll((list) => list.map((input) =>
  input.labels[0].textContent)));
const newContact = () => ok(ana.post(CONTACTS, { number: `+1415555${2000 + made++}`, name: `Grace ${made}`, tags: ["vip"] }));

// Each dialog that edits a row: how it is opened, what one changes in it, what a
// colleague changes meanwhile, and the words for both.
const DIALOGS = [
  { name: "a number", path: "/numbers", one: () => `${NUMBERS}/${number}`,
    make: () => ok(ana.put(`${NUMBERS}/${number}`, { friendly_name: "Front desk", timezone: "America/Denver", voicemail_greeting: null, is_active: true })),
    open: (page) => page.getByRole("button", { name: /^Edit \+1 510/ }),
    edit: async (page) => {
      await dialog(page).getByLabel("Name").fill("Reception");
      await dialog(page).getByLabel("Voicemail greeting").fill("Hello from me.");
    },
    theirs: { friendly_name: "Office", is_active: false }, mine: { friendly_name: "Reception", voicemail_greeting: "Hello from me." },
    shows: { Name: ["Office", "Reception"], "Takes calls": ["Off", "On"] }, own: "Name" },
  { name: "a forwarding setting", path: "/forwarding", one: (row) => `${SETTINGS}/${row.id}`,
    async make() {
      for (const row of (await ok(ana.get(SETTINGS))).call_forwarding) await ok(ana.delete(`${SETTINGS}/${row.id}`));
      return ok(ana.post(SETTINGS, { phone_number_id: number, forward_to_number: "+13035550142", forwarding_type: "busy", ring_timeout: 20 }));
    },
    open: (page) => page.getByRole("button", { name: /^Edit When busy/ }),
    edit: async (page) => {
      await dialog(page).getByLabel("Forward to").fill("(303) 555-0177");
      await dialog(page).getByLabel("Ring for").fill("45");
    },
    theirs: { forward_to_number: "+13035550199", is_active: false }, mine: { forward_to_number: "+13035550177", ring_timeout: 45 },
    shows: { "Forward to": ["+1 303 555 0199", "+1 303 555 0177"], "Switched on": ["Off", "On"] }, own: "Forward to" },
  { name: "a contact", path: "/settings", one: (row) => `${CONTACTS}/${row.id}`, make: newContact,
    open: (page, row) => page.getByRole("button", { name: `Edit ${row.name}`, exact: true }),
    edit: async (page) => {
      await dialog(page).getByLabel("Tags").fill("supplier, vip");
      await dialog(page).getByLabel("Name").fill("Ada");
    },
    theirs: { tags: [], blocked: true }, mine: { tags: ["supplier", "vip"], name: "Ada" },
    shows: { Tags: ["(empty)", "supplier, vip"], "Do not put through": ["On", "Off"] }, own: "Tags" },
];
const FIELD = { Name: "friendly_name", "Forward to": "forward_to_number", Tags: "tags" };
const part = (row, like) => Object.fromEntries(Object.keys(like).map((name) => [name, row[name]]));

for (const { name, path, one, make, open, edit, theirs, mine, shows, own } of DIALOGS) {
  describe(`the dialog of ${name}`, () => {
    // Open, edit, and let a colleague be faster.
    async function meet(page, change = theirs) {
      const row = await make();
      await page.goto(path);
      await open(page, row).click();
      await edit(page);
      await ok(ana.put(one(row), change));
      await save(page);
      return row;
    }
    const heading = (page) => dialog(page).getByRole("heading", { name: "A colleague changed this while you were editing" });

    it("shows both values, and keeps theirs unless one chooses", () => visit(async (page) => {
      const row = await meet(page);
      await heading(page).waitFor();
      await focusOn(heading(page)); // at what happened
      for (const [label, [there, here]] of Object.entries(shows)) assert.deepEqual(await both(page, label), [there, here]);
      assert.equal(await dialog(page).getByRole("radiogroup").count(), Object.keys(shows).length);
      assert.deepEqual(await axe(page), []);
      await shoot(page, `clash-${path.slice(1)}`);
      assert.deepEqual(part(await ok(ana.get(one(row))), theirs), theirs); // nothing was saved yet
      await save(page);
      await dialog(page).waitFor({ state: "hidden" });
      const kept = { ...mine, ...theirs };
      assert.deepEqual(part(await ok(ana.get(one(row))), kept), kept);
    }));

    it("saves one's own where it is chosen, by keyboard alone", () => visit(async (page) => {
      const row = await meet(page);
      await heading(page).waitFor();
      await group(page, own).getByRole("radio").first().focus();
      await page.keyboard.press("ArrowRight");
      assert.ok(await group(page, own).getByRole("radio").last().isChecked());
      await page.keyboard.press("Enter");
      await dialog(page).waitFor({ state: "hidden" });
      const kept = { ...mine, ...theirs, [FIELD[own]]: mine[FIELD[own]] };
      assert.deepEqual(part(await ok(ana.get(one(row))), kept), kept);
    }));

    it("asks again when a colleague is faster a second time, and Cancel saves nothing", () => visit(async (page) => {
      const row = await meet(page);
      await heading(page).waitFor();
      const again = { [FIELD[own]]: { friendly_name: "Third", forward_to_number: "+13035550155", tags: ["third"] }[FIELD[own]] };
      await ok(ana.put(one(row), again));
      await group(page, own).getByRole("radio").last().check();
      await save(page);
      await group(page, own).getByText({ friendly_name: "Third", forward_to_number: "+1 303 555 0155", tags: "third" }[FIELD[own]]).waitFor();
      await dialog(page).getByRole("button", { name: "Cancel" }).click();
      await dialog(page).waitFor({ state: "hidden" });
      const kept = { ...theirs, ...again };
      assert.deepEqual(part(await ok(ana.get(one(row))), kept), kept);
    }));

    it("reads well in the dark and on a phone", () => visit(async (page) => {
      await meet(page);
      await heading(page).waitFor();
      assert.deepEqual(await axe(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is cut off");
      await shoot(page, `clash-${path.slice(1)}-phone`);
    }, { scheme: "dark", viewport: { width: 390, height: 844 } }));

    it("asks nothing when the colleague made the same change", () => visit(async (page) => {
      const row = await meet(page, { [FIELD[own]]: mine[FIELD[own]] });
      await dialog(page).waitFor({ state: "hidden" });
      assert.deepEqual(part(await ok(ana.get(one(row))), mine), mine);
    }));

    it("keeps what is typed while it saves, and once it was closed and opened again", () => visit(async (page) => {
      const row = await make();
      const saving = () => holdBack(page, `**${one(row)}`, (request) => request.method() === "PUT");
      const field = dialog(page).getByLabel(own);
      await page.goto(path);
      await open(page, row).click();
      await edit(page);
      const typed = await saving();
      await save(page);
      await typed.answered;
      const text = name === "a forwarding setting" ? "+1 303 555 0166" : "typed meanwhile";
      await field.fill(text);
      await typed.release();
      await dialog(page).getByRole("button", { name: "Save", exact: true }).and(page.locator(":enabled")).waitFor();
      assert.equal(await field.inputValue(), text);
      const closed = await saving();
      await save(page);
      await closed.answered;
      await dialog(page).getByRole("button", { name: "Close" }).click();
      await page.getByRole("button", { name: /^Edit/ }).first().click();
      await field.fill("for another row");
      await closed.release();
      await page.getByText(/saved/i).first().waitFor();
      assert.equal(await field.inputValue(), "for another row");
      assert.match(JSON.stringify(await ok(ana.get(one(row)))), /typed meanwhile|3035550166/);
    }));
  });
}

describe("an answer that comes late", () => {
  it("to a switch leaves a dialog open", () => visit(async (page) => {
    await DIALOGS[1].make();
    await page.goto("/forwarding");
    const switched = await holdBack(page, `**${SETTINGS}/*/toggle`);
    await page.getByRole("switch", { name: /^When busy/ }).click({ force: true });
    await switched.answered;
    await DIALOGS[1].open(page).click();
    await dialog(page).getByLabel("Ring for").fill("44");
    await switched.release();
    await page.getByText("switched off.").waitFor();
    assert.match(await dialog(page).getByLabel("Ring for").inputValue(), /^44/);
  }));

  it("to a first read is followed by another if something has happened since", () => visit(async (page) => {
    await DIALOGS[1].make();
    const { answered, release } = await holdBack(page, `**${SETTINGS}`);
    await page.goto("/forwarding");
    await answered;
    await page.getByText("Live", { exact: true }).waitFor();
    const told = page.waitForResponse((answer) => answer.url().endsWith("/my-numbers")); // the event has arrived
    await ok(ana.post(SETTINGS, { phone_number_id: number, forward_to_number: "+13035550155", forwarding_type: "no_answer" }));
    await told;
    await release();
    await page.getByText("+1 303 555 0155").first().waitFor();
  }));
});

describe("what a colleague changed meanwhile", () => {
  // Between the click and its request, so that the page can't have heard of it.
  const meanwhile = (page, url, change) => page.route(url, async (route) => {
    await change();
    await route.continue();
  }, { times: 1 });

  it("is shown before a forwarding setting is deleted", () => visit(async (page) => {
    const row = await DIALOGS[1].make();
    await page.goto("/forwarding");
    await page.getByRole("button", { name: /^Delete When busy/ }).click();
    await ok(ana.put(`${SETTINGS}/${row.id}`, { ring_timeout: 33 }));
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await dialog(page).getByRole("row", { name: "Ring for 20 seconds 33 seconds" }).waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "clash-delete");
    assert.equal((await ana.get(`${SETTINGS}/${row.id}`)).status, 200);
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await page.getByText("Deleted.").waitFor();
    assert.equal((await ana.get(`${SETTINGS}/${row.id}`)).status, 404);
  }));

  it("is shown before a contact is deleted, and Keep it keeps it", () => visit(async (page) => {
    const row = await newContact();
    await page.goto("/settings");
    await page.getByRole("button", { name: `Delete ${row.name}`, exact: true }).click();
    await ok(ana.put(`${CONTACTS}/${row.id}`, { tags: ["friend"] }));
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await dialog(page).getByRole("row", { name: "Tags vip friend" }).waitFor();
    await dialog(page).getByRole("button", { name: "Keep it" }).click();
    await dialog(page).waitFor({ state: "hidden" });
    assert.equal((await ana.get(`${CONTACTS}/${row.id}`)).status, 200);
  }));

  it("is shown before a number is released", () => visit(async (page) => {
    await DIALOGS[0].make();
    await page.goto("/numbers");
    await page.getByRole("button", { name: /^Release \+1 510/ }).click();
    await dialog(page).getByLabel(/last four digits/).fill("0100");
    await ok(ana.put(`${NUMBERS}/${number}`, { friendly_name: "Main line" }));
    await dialog(page).getByRole("button", { name: "Release for good" }).click();
    await dialog(page).getByRole("row", { name: "Name Front desk Main line" }).waitFor();
    assert.deepEqual(await axe(page), []);
    assert.equal((await ana.get(`${NUMBERS}/${number}`)).status, 200);
  }));

  it("stops a switch, and the list shows its real state", () => visit(async (page) => {
    const row = await DIALOGS[1].make();
    await page.goto("/forwarding");
    const toggle = page.getByRole("switch", { name: /^When busy/ });
    await toggle.waitFor();
    await meanwhile(page, `**${SETTINGS}/*/toggle`, () => ok(ana.put(`${SETTINGS}/${row.id}`, { forward_to_number: "+13035550188" })));
    await toggle.click({ force: true });
    await page.getByText("It was not switched").waitFor();
    await page.getByText("+1 303 555 0188").first().waitFor();
    assert.equal((await ok(ana.get(`${SETTINGS}/${row.id}`))).is_active, true);
    await toggle.click({ force: true });
    await page.getByText("switched off.").waitFor();
  }));

  it("keeps a caller who called again", () => visit(async (page) => {
    const from = "+14155559876", at = Date.now() - 60_000;
    const call = (sid, started) => insert(server.database, "twilio_call_logs", { call_sid: sid.repeat(32), user_id: "ana", direction: "inbound",
      from, to: "+15105550100", status: "no-answer", status_rank: 4, started_at: started, ended_at: started + 9000, end_reason: "no_answer" });
    call("a", at);
    const id = insert(server.database, "missed_calls", { user_id: "ana", number: from, calls: 1, first_at: at, last_at: at,
      last_call_sid: "a".repeat(32), settled_to: at });
    await page.goto("/");
    const done = page.getByRole("button", { name: "Done with +1 415 555 9876" });
    await done.waitFor();
    await meanwhile(page, `**/api/twilio/missed-calls/${id}/*`, () => {
      call("b", at + 20_000);
      rows(server.database, `UPDATE missed_calls SET calls = 2, last_at = ${at + 20_000}, last_call_sid = '${"b".repeat(32)}' WHERE id = ${id}`);
    });
    await done.click();
    await page.getByText("+1 415 555 9876 has called again since.").waitFor();
    await page.getByText("2 calls").waitFor();
    await done.click();
    await page.getByText("+1 415 555 9876 is done.").waitFor();
  }));

  it("keeps an alert that came again", () => visit(async (page) => {
    const id = insert(server.database, "alerts", { user_id: "ana", kind: "leak", subject: "+13035550142", detail: "first", first_at: 1, last_at: 1 });
    await page.goto("/");
    const seen = page.getByRole("button", { name: "Seen to: +1 303 555 0142" });
    await seen.waitFor();
    await meanwhile(page, `**/api/twilio/alerts/${id}/close`, () =>
      rows(server.database, `UPDATE alerts SET count = 2, detail = 'second', last_at = 2 WHERE id = ${id}`));
    await seen.click();
    await page.getByText("It happened again: second").waitFor();
    assert.equal((await ok(ana.get(`/api/twilio/alerts/${id}`))).closed_at, null);
    await page.getByText("(2 times)").waitFor();
    await seen.click();
    await page.getByText("The alert is closed.").waitFor();
  }));
});
