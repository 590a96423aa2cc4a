// language_test.mjs: the console and its components in one language at a time: no
// source has a text of its own, every catalogue has every text, and each page says
// everything (texts, dates, times, numbers) in the language of its reader.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { rows } from "../support/database.mjs";
import { minuteLeft, waitUntil } from "../support/server.mjs";
import { givenTeam, startCompany } from "./support/company.mjs";
import { cutOff, focusOn, openBrowser, openPage, shoot, spaced, stopFaultless, turnTo } from "./support/console.mjs";
import { asked, catalogue, files, formsOf, inSpaces, LANGUAGES, LETTERS, patternsOf, placesOf, SOURCES, textsOf, wordsOf } from "./support/texts.mjs";

describe("the texts of the sources", () => {
  it("are all asked of the catalogue", () => {
    assert.ok(asked.size > 400, `only ${asked.size} texts were found`);
    assert.deepEqual(files.flatMap(({ file, own }) => own.map(({ line, text }) => `${file}:${line}: ${text}`)), []);
  });

  it("are missed wherever one could stand", () => {
    const own = (source) => textsOf(`const x = ${source};`).own.length;
    for (const source of ["<p>Hello</p>", "<p>{n} calls</p>", '<p>{open ? "Hide" : t("Show")}</p>', '<p>{busy && "busy"}</p>',
      '<b aria-label="Close" />', "<b title={`Call ${who}`} />", '<b label={known ? t("A") : "Unknown"} />', '{ ok: ["In order", "good"] }',
      'notify("The call is gone.")', 'fail ?? "Not found"', "`${n} calls left`", 't(n === 1 ? "call" : "calls")', "t(word)",
      'plural(n, "one call", many)', "rich(`Call ${who}`, {})", '<Loading what="the page" />'])
      assert.equal(own(source), 1, source);
    for (const source of ['<p className="Big one">{t("Hello")}</p>', '<b type="Button" key="Two words" />', "<code>hookswitch user add</code>",
      'key === "Escape"', 'plural(n, "{n} call", "{n} calls")', '<b style={{ width: "calc(1px + 2ch)" }} />',
      '<b describedBy={bad ? "its-status its-keys" : "its-keys"} />'])
      assert.equal(own(source), 0, source);
  });

  for (const language of LANGUAGES) {
    it(`are all in ${language}, with the same places and forms, and no other`, () => {
      const known = catalogue[language];
      assert.deepEqual([...asked.keys()].filter((text) => !Object.hasOwn(known, text)), [], "not translated");
      assert.deepEqual(Object.keys(known).filter((text) => !asked.has(text)), [], "not asked for");
      for (const [text, { one }] of asked) {
        const forms = formsOf(known[text]);
        assert.equal(forms.length, one === undefined ? 1 : 2, `forms of: ${text}`);
        forms.forEach((form, at) => {
          assert.ok(form.trim() === form && form !== "", `empty, or with spaces around: ${text}`);
          const given = placesOf(at < forms.length - 1 ? one : text);
          assert.deepEqual(placesOf(form), given, `${text} → ${form}`);
        });
      }
    });
  }

  // As the French rules of typography have it; a plain space would let the sign begin a line.
  it("keep French signs on the line of their word", () => {
    const loose = Object.values(catalogue.fr).flat().filter((form) => / [:;?!»]|« /.test(form));
    assert.deepEqual(loose, []);
  });
});

// Codes of refusals that no form or page of the console can meet, or whose message says what no code could.
const UNWORDED = ["not_json", "malformed_json", "malformed_body", "malformed_path", "malformed_query", "bad_request", "not_in_batch", "method_not_allowed",
  "disk", "idempotency_key_reused", "not_here", "content_type", "bad_signature", "auth_token_missing", "too_slow", "refused", "unconfirmed", "twilio_refused"];

// Words that say something, but for names of settings; short ones are in any two texts.
const contentOf = (text) => new Set(text.replace(/\b[A-Z_]{4,}\b/g, "").toLowerCase().match(/\p{L}{4,}/gu));
const common = (one, other) => [...contentOf(one)].filter((word) => contentOf(other).has(word));

describe("an error", () => {
  it("says only once what happened and what to do", () => {
    const source = (name) => readFileSync(path.join(SOURCES, name), "utf8");
    const texts = (text, begin) => new Map([...text.slice(text.indexOf(begin)).split("\n});")[0].matchAll(/^ {2}(\w+): t\("(.*)"\),$/gm)]
      .map(([, code, one]) => [code, one]));
    const [words, messages] = [source("components/support/words.js"), texts(source("text/host_words.js"), "const refusals =")];
    const advice = texts(words, "const advice =");
    const advised = (kind) => [...new RegExp(`^  ${kind}: \\[(.*)\\],$`, "m").exec(words)[1].matchAll(/"(\w+)"/g)].map(([, code]) => code);
    assert.ok(advice.size > 15 && advised("own").length > 0, `${advice.size} codes`);
    const twice = [];
    for (const [code, text] of advice) {
      if (!messages.has(code) || advised("own").includes(code)) continue;
      for (const language of ["en", ...LANGUAGES]) {
        const [message, more] = [messages.get(code), text].map((one) => catalogue[language]?.[one] ?? one);
        if (common(message, more).length > 2) twice.push(`${language} ${code}: ${message} ${more}`);
      }
    }
    // The host's own: a literal beside its code, or one that is named above it.
    for (const file of readdirSync(path.join(SOURCES, "../../lua"), { recursive: true }).filter((name) => name.endsWith(".lua"))) {
      const lua = readFileSync(path.join(SOURCES, "../../lua", file), "utf8").replace(/"\s*\.\. "/g, "");
      for (const [, codes, named, literal] of lua.matchAll(/\bfail\(\d+, ([^;]*?"\w+"),\s+(?:([A-Z]+)\b|\(?"([^"]*)")/g)) {
        const message = literal ?? new RegExp(`^local ${named} = ['"](.*)['"]$`, "m").exec(lua)?.[1] ?? "";
        for (const [, code] of codes.matchAll(/"(\w+)"/g)) {
          if (!advice.has(code) || advised("foreign").includes(code)) continue;
          if (common(message, advice.get(code)).length > 2) twice.push(`host ${code}: ${message} ${advice.get(code)}`);
        }
      }
    }
    assert.deepEqual(twice, []);
  });
});

describe("what the host says", () => {
  it("has words in every language: each code of a refusal, each kind of alert", () => {
    const read = (folder, kind) => readdirSync(path.join(SOURCES, "../..", folder), { recursive: true }).filter((name) => name.endsWith(kind))
      .map((name) => readFileSync(path.join(SOURCES, "../..", folder, name), "utf8")).join("\n");
    const [lua, host] = [read("lua", ".lua"), read("host", ".c")];
    const all = (text, pattern) => [...text.matchAll(pattern)].map(([, word]) => word);
    const codes = new Set([...all(lua, /\b[45]\d\d, "([a-z_]+)"/g), ...all(host, /hs_reply_error\([^;]*?\b[45]\d\d, "([a-z_]+)"/g),
      ...all(host, /\{[45]\d\d, "([a-z_]+)", "[A-Z]/g), ...all(host, /_pushinteger\(L, [45]\d\d\);\s+lua_pushliteral\(L, "([a-z_]+)"/g)]);
    const kinds = new Set([...all(lua, /\balerts\.add\([^)]*?\bkind = "(\w+)"/gs), ...all(lua, /(?:\balerts\.raise\([\w.]+, |^ +raise\()"(\w+)"/gm),
      ...all(lua, /^local KEY, KIND = "[^"]*", "(\w+)"/gm), ...all(host, /#define ALERT "(\w+)"/g)]);
    assert.ok(codes.size > 50 && kinds.size > 9, `${codes.size} codes, ${kinds.size} kinds`);
    const words = readFileSync(path.join(SOURCES, "text/host_words.js"), "utf8");
    const known = (word) => new RegExp(`^  ${word}: t\\(`, "m").test(words) || word.endsWith("_not_found") && words.includes(`"${word.slice(0, -10)}"`);
    assert.deepEqual([...codes].filter((code) => !known(code) && !UNWORDED.includes(code)), []);
    assert.deepEqual([...kinds].filter((kind) => !words.includes(`case "${kind}":`)), []);
  });

  it("has sentences that it really says", () => {
    const lua = readdirSync(path.join(SOURCES, "../../lua"), { recursive: true }).filter((name) => name.endsWith(".lua"))
      .map((name) => readFileSync(path.join(SOURCES, "../../lua", name), "utf8")).join("\n")
      .replace(/\\(['"])/g, "$1").replace(/["']\s*\.\.\s*["']/g, "");
    const said = files.find(({ file }) => file === "text/host_sentences.js").asked.map(({ text }) => text);
    assert.ok(said.length > 10);
    const parts = (text) => text.split(/\{\w+\}|: /).map((part) => part.trim().replace(/\.$/, "")).filter((part) => LETTERS.test(part));
    assert.deepEqual(said.filter((text) => !parts(text).every((part) => lua.includes(part))), []);
  });

  it("has these sentences in the reader's language, with what stands in them", async () => {
    const { setLanguage } = await import(path.join(SOURCES, "text/text.js"));
    const { sentenceWords } = await import(path.join(SOURCES, "text/host_sentences.js"));
    await setLanguage("es", catalogue.es);
    const forms = { user: ["zed", "zed"], name: ["When busy", catalogue.es["When busy"]], number: ["+13035550142", "+13035550142"], address: ["https://example.com/a.mp3", "https://example.com/a.mp3"],
      reason: ["the file is empty", catalogue.es["the file is empty"]], status: ["404", "404"], kind: ["text/html", "text/html"] };
    const filled = (text, at) => text.replace(/\{(\w+)\}/g, (_, name) => forms[name][at]);
    for (const { text } of files.find(({ file }) => file === "text/host_sentences.js").asked)
      assert.equal(sentenceWords(filled(text, 0)), filled(catalogue.es[text], 1));
    assert.equal(sentenceWords("forwarding.lua:3: unexpected symbol"), undefined);
    await setLanguage("en");
  });

  it("has the same text for each code of a field that is wrong", () => {
    const lua = readFileSync(path.join(SOURCES, "../../lua/hookswitch/fields/wrong.lua"), "utf8").replace(/"\s*\.\. "/g, "");
    const words = readFileSync(path.join(SOURCES, "text/host_words.js"), "utf8");
    const texts = (text, pattern) => Object.fromEntries([...text.matchAll(pattern)].map(([, code, one]) => [code, one]));
    const theirs = texts(/^local TEXTS = \{$.*?^\}$/ms.exec(lua)[0], /^ {2}(\w+) = "(.*)",$/gm);
    assert.ok(Object.keys(theirs).length > 50);
    assert.deepEqual(texts(/^const wrongs = .*?^\}\);$/ms.exec(words)[0], /^ {2}(\w+): t\("(.*)"(?:, values)?\),$/gm), theirs);
  });
});

// Names of days and months, and "ago", as English writes them; some are the same in other languages.
const DATES = /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|yesterday|tomorrow|ago)\b/giu;
function datesOf(locale) {
  const names = (options, step) => Array.from({ length: 12 }, (_, n) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(Date.UTC(2026, step ? n : 0, step ? 15 : n + 1)));
  return new Set(["short", "long"].flatMap((size) => [...names({ month: size }, true), ...names({ weekday: size }, false)])
    .map((name) => name.toLowerCase().replace(/\.$/, "")));
}

describe("a reader's language", () => {
  let browser;
  let server;
  before(async () => {
    server = await startCompany();
    await givenTeam(server);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await stopFaultless(server);
  });

  const settled = async (page, loading) => {
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    await page.waitForFunction((words) => !document.querySelector("main").innerText.includes(words), loading.split("{")[0].trim() || "…");
  };

  for (const [language, locale] of [["es", "es-MX"], ["de", "de-AT"], ["fr", "fr-CA"]]) {
    it(`is the only one on each page, and fits: ${locale}`, async () => {
      const page = await openPage(browser, server, { locale, viewport: { width: 390, height: 844 }, mock: true });
      const t = (text) => formsOf(catalogue[language][text]).at(-1);
      const { patterns, own } = patternsOf(language);
      const dates = datesOf(locale);
      const [{ call_sid: sid }] = rows(server.database, `SELECT call_sid FROM twilio_call_logs WHERE end_reason = 'voicemail' AND call_sid NOT LIKE 'CApast%' LIMIT 1`);
      for (const at of ["/", "/inbox", "/calls", `/calls/${sid}`, "/callers/+14155550123", "/recordings", "/numbers", "/forwarding", "/rules", "/rules/draft", "/rules/try", "/rules/replay", "/rules/coverage",
        "/rules/history", "/team", "/team/groups", "/team/hours", "/team/oncall", "/statistics", "/settings", "/nowhere"]) {
        await turnTo(page, at);
        await settled(page, t("Loading {what}…"));
        assert.equal(await page.evaluate(() => document.documentElement.lang), locale, at);
        const words = await wordsOf(page);
        const wrong = words.filter((word) => LETTERS.test(word) && !own.some((one) => one.test(word))
          && patterns.some(({ pattern }) => pattern.test(word)));
        assert.deepEqual(wrong, [], `${at} is in English here`);
        const english = words.filter((word) => !own.some((one) => one.test(word)) && word.match(DATES)?.some((name) => !dates.has(name.toLowerCase())));
        assert.deepEqual(english, [], `${at} has a date in English`);
        for (const [title, moment] of await page.locator("time[title]").evaluateAll((all) => all.map((time) => [time.title, time.dateTime])))
          assert.equal(title, new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium", timeZone: "America/New_York" })
            .format(new Date(moment)), at);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${at} is ${wide} pixels too wide`);
        for (const width of [1440, 1280, 820, 320, 390]) {
          await page.setViewportSize({ width, height: 844 });
          assert.deepEqual(await cutOff(page), [], `${at} at ${width}`);
          // A closed select is one line in every browser: a number with the name that people gave it may end in "…", and the
          // open list has all of it.
          if (width === 320) assert.deepEqual((await spaced(page, cutOff)).filter((text) => !/^select "\+\d/.test(text)), [], `${at} spaced`);
        }
        await shoot(page, `language-${language}${at.replaceAll("/", "-")}`);
      }
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }

  it("is that of refusals and alerts, too", async () => {
    const page = await openPage(browser, server, { locale: "es-MX", mock: true });
    await page.goto("/");
    const alert = page.getByRole("listitem").filter({ hasText: catalogue.es["Calls to {number} fail."].split("{")[0] }).first();
    await alert.waitFor();
    assert.equal(await alert.locator("[lang=en]").count(), 0);
    await turnTo(page, "/calls/CAnobody");
    const refusal = page.getByRole("alert").getByText(catalogue.es["Not found, or not yours."]);
    await refusal.waitFor();
    assert.equal(await refusal.locator("[lang=en]").count(), 0);
    const es = (text) => catalogue.es[text];
    const label = (text) => form.getByLabel(es(text), { exact: true });
    const says = (text) => form.getByText(text.charAt(0).toUpperCase() + text.slice(1), { exact: true }).waitFor();
    await turnTo(page, "/settings");
    await page.getByRole("button", { name: es("Add"), exact: true }).click();
    const form = page.getByRole("dialog");
    await label("Number").fill("12");
    await label("Tags").fill("x".repeat(41));
    await form.getByRole("button", { name: es("Save") }).click();
    await says(inSpaces(es("must be a phone number with + and its country code, such as +15105550100")));
    await says(es("entry {position} {what}").replace("{position}", 1)
      .replace("{what}", es("must have {min} to {max} characters").replace("{min}", 1).replace("{max}", 40)));
    assert.equal(await form.locator("[lang=en]").count(), 0);
    await page.context().close();
  });

  // As people say it: the time of a clock would be "00:00" of another day.
  for (const [locale, midnight] of [["en-GB", "midnight"], ["es-MX", "medianoche"], ["de-AT", "Mitternacht"], ["fr-CA", "minuit"]]) {
    it(`has a word for the end of the day: ${locale}`, async () => {
      const said = (text, values) => (catalogue[locale.slice(0, 2)]?.[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
      const page = await openPage(browser, server, { locale, timezoneId: "UTC", mock: true });
      await page.goto("/");
      await minuteLeft(86_400_000);
      await page.getByRole("button", { name: said("Send all calls to…") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel(said("Send calls to"), { exact: true }).fill("voicemail");
      await dialog.getByText(said("End of day"), { exact: true }).click();
      await dialog.getByRole("button", { name: said("Send calls there") }).click();
      const values = { end: midnight, number: said("Voicemail"), author: "ana" };
      await page.getByRole("status").getByText(said("Until {end}, calls go to {number}.", values)).waitFor();
      await page.getByText(said("All calls go to {number} until {end}.", values), { exact: true }).waitFor();
      await page.getByText(said("Override by {author} until {end}: {what}. The rules aren’t asked.", values).split(midnight)[0] + midnight).first().waitFor();
      const [{ ends_at: end }] = rows(server.database, "SELECT ends_at FROM overrides ORDER BY id DESC LIMIT 1");
      assert.equal(end % 86_400_000, 0, new Date(end).toISOString());
      await page.getByRole("button", { name: said("End it now: calls to {number}", values) }).click();
      await page.getByText(said("Calls follow the rules again.")).waitFor();
      await page.context().close();
    });
  }

  it("is chosen in Settings, at once, for good, and costs English nothing", async () => {
    const page = await openPage(browser, server, { mock: true });
    const scripts = [];
    page.on("request", (request) => scripts.push(path.basename(new URL(request.url()).pathname)));
    await page.goto("/settings");
    const typed = page.getByRole("complementary").getByRole("textbox").first();
    await typed.fill("+1 415 555 01");
    assert.deepEqual(scripts.filter((name) => /^(es|de|fr)-/.test(name)), []);
    await page.getByLabel("Language").focus();
    await page.getByLabel("Language").selectOption("Deutsch");
    await page.getByRole("heading", { level: 1, name: catalogue.de.Settings }).waitFor();
    await page.waitForFunction(() => document.documentElement.lang === "de");
    assert.equal(await typed.inputValue(), "+1 415 555 01");
    await focusOn(page.getByLabel(catalogue.de.Language));
    await page.reload();
    await page.getByRole("heading", { level: 1, name: catalogue.de.Settings }).waitFor();
    await page.getByLabel(catalogue.de.Language).selectOption("");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await waitUntil(() => page.evaluate(() => document.documentElement.lang === "en-GB"), 5000, "the browser's language");
    await page.context().close();
  });

  it("is English where we have none of the browser's, or its texts can't be fetched", async () => {
    const page = await openPage(browser, server, { locale: "ja-JP" });
    await page.goto("/statistics");
    await page.getByRole("heading", { level: 1, name: "Statistics" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await page.context().close();
    const other = await openPage(browser, server, { locale: "fr-FR" });
    await other.addInitScript(() => sessionStorage.setItem("hookswitch_reloaded", String(Date.now())));
    await other.route(/\/fr-[0-9a-f]+\.js$/, (route) => route.abort());
    await other.goto("/statistics");
    await other.getByRole("heading", { level: 1, name: "Statistics" }).waitFor();
    assert.equal(await other.evaluate(() => document.documentElement.lang), "en");
    await other.context().close();
  });
});
