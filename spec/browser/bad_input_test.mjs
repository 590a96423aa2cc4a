// bad_input_test.mjs: each form of the console with each kind of bad input, in a language that isn't the browser's: what
// is wrong is said beside the field in the reader's language, the field has the focus, and what was typed stays.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { JOE, RULES, startCompany } from "./support/company.mjs";
import { axe, focusOn, OF_NAMES, openBrowser, openPage, stopFaultless, turnTo } from "./support/console.mjs";
import { catalogue, formsOf, LANGUAGES, patternsOf } from "./support/texts.mjs";

const EDITED = `${RULES}-- edited\n`;
const PASSWORD = "four words of mine";
const HALF = Symbol("half a time"); // the browser says of it only that it is none
const [PAST, FAR] = ["2020-01-01T10:00", "2049-01-01T10:00"];
const NO_NUMBERS = ["", "   ", "12", "nobody", "+1 303 555 0142 x5", "+1234567890123456789"];
const REFUSED = ["+15105550100", "+19005551234", "+1911"]; // our own, a premium one, an emergency number

// By form: where it is, what opens it, what is filled in well first, what sends it, and the bad inputs of each field.
const FORMS = {
  override: { at: "/", open: "Send all calls to…", choose: "Other", good: { "Send calls to": "+13035550142" }, send: "Send calls there", fields: {
    "Send calls to": [...NO_NUMBERS, ...REFUSED, "+13035550142, nobody"], "Until": ["", HALF, PAST, FAR], "From|time": ["", HALF, FAR], "Note": ["x".repeat(201), "a\u0007b"] } },
  away: { at: "/", open: "I’m away…", send: "Set as away", fields: { "Away until": ["", HALF, PAST, FAR] } },
  contact: { at: "/settings", open: "Add", good: { "Number": "+12065550177" }, send: "Save", fields: {
    "Number": NO_NUMBERS, "Name": ["x".repeat(101), "a\u0007b"], "Tags": ["x".repeat(41), "a,".repeat(21), "a\u0007b"] } },
  user: { at: "/settings", open: "Invite", send: "Invite", fields: { "Name": ["", "   ", "x".repeat(201), "ana", "a\u0007b"] } },
  password: { at: "/settings", within: "Change password", good: { "Current password": PASSWORD, "New password": "another secret", "New password, again": "another secret" }, send: "Change password", fields: {
    "Current password": ["", "wrong"], "New password": [""], "New password, again": ["", "another"] } },
  "a short password": { at: "/settings", within: "Change password", good: { "Current password": PASSWORD, "New password, again": "short" },
    send: "Change password", fields: { "New password": ["short"] } },
  number: { at: "/numbers", open: "Edit {number}", send: "Save", fields: { "Name": ["", "   ", "x".repeat(65), "a\u0007b"],
    "Time zone": ["Mars/Base", "x".repeat(65)], "Voicemail greeting": ["x".repeat(1001), "https://exa mple.com/a.mp3", "ftp://example.com/a.mp3", "https:///x"] } },
  search: { at: "/numbers", press: ["Get a number"], within: "Search for a number", send: "Search", fields: {
    "Area code": ["5", "abc", "(510)"], "Contains": ["#!", "1", "1".repeat(17)], "City": ["x".repeat(101)] } },
  buying: { at: "/numbers", press: ["Get a number", "Search"], openIn: "table", send: "Buy this number", fields: { "Name": ["x".repeat(65), "a\u0007b"] } },
  release: { at: "/numbers", open: "Release {number}", send: "Release for good", fields: {
    "Type the last four digits of the number": ["", "   ", "12", "0101", "+15105550100"] } },
  rules: { at: "/rules", good: { "Source of forwarding.lua": EDITED }, send: "Save and use", fields: { "Note (optional)": ["x".repeat(501), "a\u0007b"] } },
  "an own PIN": { at: "/settings", within: "PIN for answering calls", send: "Add a PIN", fields: {
    "New PIN": ["", "   ", "482", "48a1", "1234567890123"] } },
  forwarding: { at: "/forwarding", open: "Forward calls", good: { "Forward to": "+13035550142" }, send: "Add", fields: {
    "Forward to": [...NO_NUMBERS, ...REFUSED, "voicemail"], "Ring for": ["", "3", "601"], "Until": [HALF, PAST] } },
  note: { at: `/callers/${JOE}`, label: "Note about {who}", send: "Save note", fields: { Note: ["x".repeat(2001), "a\u0007b"] } },
  call: { at: "/calls", within: "Make a call", send: "Call|verb", fields: { "Number to call": NO_NUMBERS.slice(2) } },
  find: { at: "/calls", send: "Find", fields: { "With whom": ["+", "x".repeat(101)] } },
  "a call that is tried": { at: "/rules/try", within: "Try a call", send: "Try this call", fields: { "From": NO_NUMBERS.slice(2), "When": [HALF],
    "Keys the caller presses in menus": ["abc", "1, x"] } },
};

// Dialogs whose change can fail once they are closed: what is filled in, and the button that sends it.
const SENT = {
  override: { "Send calls to": "+13035550142" }, away: {}, contact: { "Number": "+12065550188", "Name": "Rosa" }, user: { "Name": "dora" },
  number: { "Name": "Hotline" }, buying: {}, release: { "Type the last four digits of the number": "0100" }, forwarding: { "Forward to": "+13035550142" },
};
const DIALOGS = [
  ...Object.entries(SENT).map(([name, good]) => ({ name, ...FORMS[name], choose: undefined, good })),
  { name: "a contact's end", at: "/settings", open: "Delete {who}", send: "Delete" },
  { name: "a user's end", at: "/settings", open: "Disable {name}", send: "Disable" },
  { name: "a new password", at: "/settings", open: "New password for {name}", send: "New password" },
];

const VALUES = { number: "+1 510 555 0100", who: "Joe", name: "bea" };

let browser, server;
before(async () => {
  server = await startCompany();
  const made = await command(["user", "add", "ana"], { config: { database: server.database }, input: `${PASSWORD}\n` });
  assert.equal(made.status, 0, made.err);
  assert.equal((await command(["user", "add", "bea"], { config: { database: server.database }, input: `${PASSWORD}\n` })).status, 0);
  const [{ id }] = rows(server.database, "SELECT id FROM users WHERE name = 'ana'");
  const demo = user(server, "demo"), team = "/api/twilio/team";
  const saved = await demo.put(team, { hash: (await demo.get(team)).body.hash, people: [{ id: "ana", user: String(id), phones: [{ number: "+13035550142" }] }] });
  assert.equal(saved.status, 200, saved.text);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

for (const language of LANGUAGES) {
  describe(`bad input in ${language}`, () => {
    const said = (text) => formsOf(catalogue[language][text] ?? text).at(-1).replace(/\{(\w+)\}/g, (_, name) => VALUES[name]);
    const { own } = patternsOf(language);
    const isOurs = (text) => own.some((one) => [text, text.charAt(0).toLowerCase() + text.slice(1)].some((form) => one.test(form)));
    let page;
    before(async () => {
      page = await openPage(browser, server, { user: null, locale: "en-GB", mock: true });
      page.setDefaultTimeout(60_000);
      await page.addInitScript((value) => localStorage.setItem("hookswitch_language", value), language);
    });
    after(() => page?.context().close());
    afterEach(async () => {
      const close = page.getByRole("dialog").getByRole("button", { name: said("Close"), exact: true });
      if (await close.isVisible()) await close.click();
    });

    const button = (within, text) => within.getByRole("button", { name: said(text), exact: true });

    it("of a sign-in", async () => {
      await page.goto("/");
      const [name, password] = [page.getByLabel(said("Name"), { exact: true }), page.getByLabel(said("Password"), { exact: true })];
      await button(page, "Sign in").click();
      for (const text of ["Enter the name you sign in with.", "Enter your password."]) await page.getByText(said(text), { exact: true }).waitFor();
      await focusOn(name);
      assert.deepEqual(await axe(page), []);
      await name.fill("ana");
      await password.fill("wrong");
      await button(page, "Sign in").click();
      await page.getByRole("alert").getByText(said("The name or the password is wrong.")).waitFor();
      assert.equal(await name.inputValue(), "ana");
      await password.fill(PASSWORD);
      await button(page, "Sign in").click();
      await page.getByRole("navigation").first().waitFor();
    });

    // The form, open, and with all that it needs.
    async function opened({ at, press = [], open, openIn, choose, good = {}, within }) {
      // Afresh, whatever the form before it has opened there.
      await (new URL(page.url()).pathname === at ? page.goto(at) : turnTo(page, at));
      await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
      for (const text of press) await button(page.getByRole("main"), text).click();
      if (open) await button(page.getByRole("main"), open).click();
      if (openIn) await page.getByRole("main").getByRole(openIn).getByRole("button").first().click();
      const form = open || openIn ? page.getByRole("dialog") : within ? page.getByRole("form", { name: said(within) }) : page.getByRole("main");
      await form.waitFor();
      if (choose) await form.getByText(said(choose), { exact: true }).click();
      for (const [label, text] of Object.entries(good)) await form.getByLabel(said(label), { exact: true }).fill(text);
      return form;
    }

    async function type(field, value) {
      await field.fill("");
      if (value === HALF) await field.pressSequentially("12");
      else await field.fill(value);
      return field.evaluate((node) => node.value + node.validity.badInput);
    }

    // What is not as it should be, once a bad value has been sent; undefined if nothing is.
    async function faultOf(form, field, value, send) {
      const typed = await type(field, value);
      if (typeof value === "string" && !/^\s*$/.test(value) && !typed.startsWith(value.slice(0, 30))) return `${typed} was made of it`;
      await button(form, send).click();
      const described = () => field.evaluate((node) => (node.getAttribute("aria-describedby") ?? "").split(" ")
        .filter((id) => id.endsWith("-error")).map((id) => document.getElementById(id)?.textContent ?? "").join(" "));
      const about = await field.evaluate((node) => node.name) === "starts_at" && value === FAR ? form.locator('[name="ends_at"]') : field; // an end before the beginning
      await form.locator("[data-loading]").first().waitFor({ state: "detached" }); // until then, what was said before
      await about.and(page.locator('[aria-invalid="true"]')).waitFor();
      const text = about === field ? await described() : await form.locator('[id$="-error"]').textContent();
      const hasFocus = await focusOn(about).catch(() => false); // a moment after the words
      const stays = await field.evaluate((node) => node.value + node.validity.badInput);
      const foreign = await form.locator("[lang=en]").allTextContents();
      if (stays !== typed) return `${stays} is left of it`;
      if (!hasFocus) return "the focus is elsewhere";
      if (foreign.length > 0) return `in English: ${foreign.join(" ")}`;
      if (text === said("This can’t be empty.")) return "it doesn't say what to enter";
      return isOurs(text) ? undefined : `it says: ${text}`;
    }

    // Changes stay on the way until fail(), which cuts them off and waits for the notice that names `what`.
    async function holdChanges() {
      let cut, isSent = false;
      const failing = new Promise((resolve) => { cut = resolve; });
      const hold = async (route) => {
        if (route.request().method() === "GET" || /presence|simulate/.test(route.request().url())) return route.fallback();
        isSent = true;
        await failing;
        return route.abort();
      };
      await page.route("**/api/**", hold);
      const fail = async (what) => {
        VALUES.what = what;
        cut();
        const notice = page.locator("[data-kind]").filter({ hasText: `${said("Not done: “{what}”.")} ${said("Hookswitch can’t be reached. Check your connection.")}` });
        await notice.waitFor();
        await page.unroute("**/api/**", hold);
        assert.equal(await notice.getAttribute("data-kind"), "warning");
        assert.equal(await page.getByRole("dialog").count(), 0);
        return notice;
      };
      return { sent: () => waitUntil(() => isSent, 60_000, "the request"), fail };
    }
    const noProblems = () => assert.deepEqual(page.problems.splice(0).filter((text) => !/ERR_FAILED|status of 4\d\d/.test(text)), []);

    if (language === LANGUAGES.at(-1)) it("that isn't sent, told after its page was left", async () => {
      const form = await opened(FORMS.password);
      const held = await holdChanges();
      await button(form, FORMS.password.send).click();
      await held.sent();
      await turnTo(page, "/inbox");
      await button(await held.fail(said("Change password")), "Close this notice").click();
      noProblems();
    });

    // In one language only: the words of all are compared elsewhere.
    for (const one of language === LANGUAGES.at(-1) ? DIALOGS : []) {
      it(`that isn't sent, told after its dialog was closed, and kept there: ${one.name}`, async () => {
        const form = await opened(one);
        const what = await form.getByRole("heading", { level: 2 }).textContent();
        const held = await holdChanges();
        await button(form, one.send).click();
        await held.sent();
        await button(form, "Close").click();
        await form.waitFor({ state: "detached" });
        const fields = Object.entries(one.good ?? {});
        if (fields.length > 0) await turnTo(page, one.at === "/inbox" ? "/calls" : "/inbox");
        const notice = await held.fail(what);
        if (fields.length > 0) {
          await button(notice, "Open again").click();
          for (const [label, text] of fields) assert.equal(await form.getByLabel(said(label), { exact: true }).inputValue(), text);
          if (one.name === "contact") { // and it can be sent as it is
            await button(form, one.send).click();
            await form.waitFor({ state: "detached" });
            const saved = () => rows(server.database, "SELECT name FROM contacts WHERE number = '+12065550188'").length > 0;
            await waitUntil(saved, 60_000, "the contact");
          } else await button(form, "Cancel").or(button(form, "Keep it")).click();
          await form.waitFor({ state: "detached" });
        } else await button(notice, "Close this notice").click();
        noProblems();
      });
    }

    for (const [name, one] of Object.entries(FORMS)) {
      it(`of a form: ${name}`, async () => {
        const faults = [];
        const form = await opened(one);
        for (const [label, values] of Object.entries(one.fields)) {
          const field = form.getByLabel(said(one.label ?? label), { exact: true });
          const before = await field.inputValue();
          for (const value of values) {
            const fault = await faultOf(form, field, value, one.send).catch((error) => String(error).split("\n")[0]);
            if (fault) faults.push(`${label}, ${String(value).slice(0, 30)}: ${fault}`);
          }
          await field.fill(before);
        }
        assert.deepEqual(faults, []);
        // The document is the same in each language; names differ.
        assert.deepEqual(await axe(page, one.open || one.openIn ? "[data-dialog]" : "main", language === LANGUAGES[0] ? undefined : OF_NAMES), []);
        assert.deepEqual(page.problems.splice(0).filter((text) => !/status of 4\d\d/.test(text)), []);
      });
    }
  });
}
