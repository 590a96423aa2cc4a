// team_words_test.mjs: every bad input that a form of the Team page takes, and what is said of it: in the form's own
// words and in the reader's language, beside the field, never in the syntax of the files.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { waitUntil } from "../support/server.mjs";
import { axe, openBrowser, openPage, startConsole, stopFaultless } from "./support/console.mjs";
import { SOURCES } from "./support/texts.mjs";

const ZONE = "America/Denver";
const FILES = {
  "people.txt": "[joe]\nname: Joe Brown\nphone: +13035550142\n\n[ana]\nname: Ana\nphone: +13035550177\n",
  "groups.txt": "crew: joe, ana\n",
  "hours.txt": `[office]\nzone: ${ZONE}\nmon-fri: 08:00-17:00\n2027-12-24: closed\n`,
  "oncall.txt": `[nights]\nzone: ${ZONE}\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe\n\n[days]\nzone: ${ZONE}\ncalendar: days.ics\notherwise: ana\n`,
};
const RULES = 'return { { "everybody", go = ring(group "crew", { seconds = 10 }) } }\n';
const WORDS = {
  phone: "Enter a whole phone number, such as +1 303 555 0142.", twice: "This phone is in the list twice.",
  refused: "Calls to this number aren’t allowed.", none: "Add a phone, or the console user whose browser is to ring.",
  pin: "No phone asks for the PIN. Tick “Asks for a PIN” for one of them, or remove the PIN.",
  phones: "A person can have up to 10 phones.",
  name: "Enter a shorter name that doesn’t begin with #.", user: "Enter the ID of one user, without commas or #.",
  away: "Choose an end that’s later than the beginning.", people: "Choose at least one person.",
  week: "Enter times such as 08:00-12:00, 13:00-17:00 that don’t overlap.", open: "Open it on at least one day.",
  dates: "Choose a day that exists, a last day after the first, and times that don’t overlap.",
  greeting: "Enter a text that doesn’t begin with #.", zone: "Choose a time zone from the list, such as America/Denver.",
  calendar: "Enter an address such as https://example.com/nights.ics, or the name of a file such as nights.ics.",
  swaps: "Choose a day that exists, and a last day after the first.", member: "Choose someone who’s on the team.",
};

let server, browser;
before(async () => {
  server = await startConsole({ rules: RULES, lua: FILES, config: { rate_limits: "no" } });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

for (const [language, locale] of [["en", "en-GB"], ["de", "de-DE"]]) {
  const catalogue = language === "en" ? {} : JSON.parse(readFileSync(path.join(SOURCES, `text/${language}.json`), "utf8"));
  const said = (text, values = {}) => (catalogue[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);

  describe(`what is refused: ${language}`, () => {
    let page;
    const field = (label, values) => page.getByLabel(said(label, values), { exact: true });
    const button = (label, values) => page.getByRole("button", { name: said(label, values), exact: true });
    const phone = (n) => field("Phone {n}", { n });
    const fill = (label, text) => async () => {
      await field(label).fill(text);
      return field(label);
    };
    const number = (text) => async () => {
      await phone(1).fill(text);
      return phone(1);
    };
    const times = (day, text) => async () => {
      const input = page.getByRole("textbox", { name: weekday(day), exact: true });
      await input.fill(text);
      await input.blur();
      return input;
    };
    const weekday = (n) => new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + n));
    // By the names of the inputs, which are the same in every language.
    const dated = (list, verb, values) => async () => {
      const form = page.locator("form").filter({ has: button(verb) });
      for (const [name, value] of Object.entries(values)) await form.locator(`[name=${name}]`).fill(value);
      await button(verb).click();
      return page.getByRole("list", { name: said(list), exact: true }).getByRole("listitem").last();
    };
    const removed = (name) => button("Remove {name}", { name }).click();
    const list = (label) => page.getByRole("list", { name: said(label), exact: true }).locator("..");

    // What is done, and the words; a locator it gives is that of the field or part they stand beside.
    const CASES = {
      people: ["Joe Brown", [
        ...["", "12", "x", "joe@example.com", "#1 303 555 0142", "+1303555014299999", "303 555 0142 ext. 5", "+1 303 555 0142, no confirm", "１２３４５６７"]
          .map((text) => [number(text), "phone"]),
        [number("911"), "phone"], [number("+1 900 555 0142"), "refused"],
        [async () => {
          await button("Add a phone").click();
          await phone(2).fill("(303) 555-0142");
          return phone(2);
        }, "twice"],
        [async () => {
          await removed(said("Phone {n}", { n: 1 }));
          return list("Phones");
        }, "none"],
        [async () => {
          for (let n = 2; n <= 11; n++) {
            await button("Add a phone").click();
            await phone(n).fill(`+130355501${60 + n}`);
          }
          return list("Phones");
        }, "phones"],
        [async () => {
          await button("Add a PIN").click();
          await field("New PIN").fill("4821");
          await field("Asks for a PIN").uncheck();
          return list("Phones");
        }, "pin"],
        ...["# 1", " ", "Ж".repeat(80)].map((text) => [fill("Name", text), "name"]),
        ...["joe, ana", "#42"].map((text) => [fill("Console user (optional)", text), "user"]),
        [async () => {
          await field("{name} is away", { name: "Joe Brown" }).check();
          await field("Away until").fill("2020-01-01T08:00");
          return field("Away until");
        }, "away"],
      ]],
      groups: ["crew", [[async () => {
        await page.getByRole("tab").first().click();
        for (const name of ["Joe Brown", "Ana"]) {
          if (await button(name).getAttribute("aria-expanded") === "false") await button(name).click();
          await removed(name);
        }
        await page.getByRole("tab").nth(1).click();
        return list("Members, in order");
      }, "people"]]],
      hours: ["office", [
        ...["morning", "25:00-26:00", "08:00", "8-12 and 13-17", "08:00-12:00, 11:00-13:00", "08:00-08:00", "08:70-09:00"].map((text) => [times(2, text), "week"]),
        ...["", "Denver", "Europe/Entenhausen", "UTC+1", "America/Denver # x"].map((text) => [fill("Time zone", text), "zone"]),
        ...["# closed", " "].map((text) => [fill("What callers hear while it is closed (optional)", text), "greeting"]),
        [dated("Special days", "Add day", { from: "2027-03-05", to: "2027-03-01" }), "dates"],
      ]],
      oncall: ["nights", [
        ...["", "Denver"].map((text) => [fill("Time zone", text), "zone"]),
        [dated("Swapped turns", "Add swap", { from: "2027-03-05", to: "2027-03-01" }), "swaps"],
        [async () => {
          await page.getByRole("tab").first().click();
          await button("Joe Brown").click();
          await removed("Joe Brown");
          await page.getByRole("tab").nth(3).click();
          await button("nights").click();
          return list("Who takes turns, in order");
        }, "people"],
      ]],
      calendar: ["days", [
        ...["", "nights", "ftp://example.com/a.ics", "https://", "../nights.ics", "two words.ics"].map((text) => [fill("Address of the calendar, or its file", text), "calendar"]),
        [async () => {
          await page.getByRole("tab").first().click();
          await button("Ana").click();
          await removed("Ana");
          await page.getByRole("tab").nth(3).click();
          await button("days").click();
          return field("On call when it names nobody");
        }, "member"],
      ]],
    };

    before(async () => {
      page = await openPage(browser, server, { locale });
      page.setDefaultTimeout(60_000);
      page.on("dialog", (dialog) => dialog.accept());
    });
    after(() => page?.context().close());

    // Another page, without what an earlier case left behind.
    async function start(target) {
      if (page.url() !== "about:blank") await page.evaluate(() => localStorage.clear());
      await page.goto(target);
    }

    async function faultOf(target, entry, [act, word], isFirst) {
      await start(target);
      await button(entry).waitFor();
      if (await button(entry).getAttribute("aria-expanded") === "false") await button(entry).click();
      const beside = await act();
      // Something else may be said of what an act has only half done.
      const words = said(WORDS[word]), alert = page.getByRole("alert").filter({ hasText: said("This can’t be saved yet") });
      await alert.waitFor();
      await alert.filter({ hasText: words }).waitFor().catch(() => {});
      const told = await alert.innerText();
      if (!told.includes(words) || /\.txt|\bline\b|add a line|no confirm|entry \d|must be/.test(told)) return told;
      let text;
      await waitUntil(async () => (text = await beside.evaluate((one) => (one.getAttribute("aria-invalid") === "true"
        ? (one.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ") : one.textContent)))
        .includes(words), 10_000).catch(() => {});
      if (!text.includes(words)) return `beside its field: ${text}`;
      const foreign = language === "en" ? [] : await page.locator("main [lang=en]").filter({ hasNotText: /rule "everybody"/ }).allTextContents();
      return [...foreign, ...(isFirst ? await axe(page, "main") : [])].join("; ");
    }

    for (const [kind, [entry, cases]] of Object.entries(CASES))
      it(`is said beside the field: ${kind}`, async () => {
        const target = kind === "people" ? "/team" : `/team/${kind === "calendar" ? "oncall" : kind}`;
        const faults = [];
        for (const [at, one] of cases.entries()) {
          // Each of the words once, in other languages.
          if (language !== "en" && cases.findIndex(([, word]) => word === one[1]) < at) continue;
          const fault = await faultOf(target, entry, one, at === 0).catch((error) => String(error));
          if (fault) faults.push(`${kind} ${at}, ${one[1]}: ${fault}`);
        }
        assert.deepEqual(faults, []);
      });

    it("is said of a week that is closed, and of a name whose letters take many bytes", async () => {
      await start("/team/hours");
      await field("Name of the new hours, such as office").fill("shop");
      await button("Add hours").click();
      await page.getByRole("grid", { name: said("Hours of {name}", { name: "shop" }) }).waitFor();
      for (let day = 0; day < 5; day++) await times(day, said("closed"))();
      const alert = page.getByRole("alert").filter({ hasText: said(WORDS.open) });
      await alert.waitFor();
      await page.locator("[role=tabpanel]").getByText(said(WORDS.open), { exact: true }).waitFor();
      await button("Discard changes").click();
      await start("/team");
      await field("Name of a new colleague").fill("名".repeat(40));
      await button("Add a colleague").click();
      await phone(1).fill("+13035550166");
      await page.getByText(said(WORDS.name)).first().waitFor(); // the name itself is too long; its id is not
      await field("Name").fill("名".repeat(20));
      await page.getByText(said("This can be saved")).waitFor();
      await button("Discard changes").click();
    });

    it("is said of an entry that a colleague has added since the page was read", async () => {
      const write = (name, more) => writeFileSync(path.join(server.lua, name), FILES[name] + more);
      write("people.txt", "\n[sue]\nphone: +13035550188\n");
      await start("/team");
      await button("sue").click();
      await button("Remove {name}", { name: "sue" }).waitFor();
      write("oncall.txt", `\n[late]\nzone: ${ZONE}\nevery: week\nfrom: 2026-01-05 08:00\npeople: sue\n`);
      await button("Remove {name}", { name: "sue" }).click();
      await page.getByRole("alert").getByText(`late: ${said(WORDS.member)}`).waitFor();
      write("oncall.txt", "");
      await button("Discard changes").click();
      write("people.txt", "");
    });

    it("names a rule that doesn’t work with it, and its line", async () => {
      await start("/team/groups");
      await button("Remove {name}", { name: "crew" }).click();
      const alert = page.getByRole("alert").filter({ hasText: said("A rule doesn’t work with this change:") });
      await alert.getByText(/forwarding\.lua:1: rule "everybody"/).waitFor();
      await button("Discard changes").click();
    });
  });
}
