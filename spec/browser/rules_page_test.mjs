// rules_page_test.mjs: the rule file in the browser: edited, refused, saved and followed by the next call; what
// real calls say of an edit; the draft; conflicts, history, one call tried, replay, coverage.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { request, waitUntil } from "../support/server.mjs";
import { axe, axeEverywhere, focusNamed, focusOn, holdBack, openBrowser, sendThatFails, shoot, startConsole, stopFaultless, visitor } from "./support/console.mjs";

const PHONE = { width: 390, height: 844 };
const NUMBER = "+15105550100";
const CREW = "+15105550142";
const rules = (...list) => `return {\n${list.join("")}}\n`;
const rule = (name, go, when) => `  { "${name}",\n${when ? `    when = function(call) return ${when} end,\n` : ""}    go = ${go} },\n`;
const FIRST = rules();
const MESSAGE = rules(rule("everybody leaves a message", 'voicemail("Please leave a message.")'));

const CONFIG = { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}` };

let server;
let browser;
let demo;
before(async () => {
  server = await startConsole({ rules: FIRST, config: CONFIG });
  await waitUntil(() => server.out.includes("Sandbox:"), 30_000, "the seed");
  browser = await openBrowser();
  demo = user(server, "demo");
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const visitAs = visitor({ user: "demo" });
// Pages of a context share what the browser keeps of what was typed.
const visit = (target, options, walk) => visitAs(browser, server, target, options, (page) => walk(page).finally(() => page.evaluate(() => localStorage.clear())));

const file = () => path.join(server.lua, "forwarding.lua");
const live = async () => (await demo.get("/api/twilio/rules")).body;
const editor = (page) => page.getByLabel("Source of forwarding.lua");
const button = (page, name) => page.getByRole("button", { name });
const save = (page) => button(page, "Save and use").click();

// The file on disk, live, whatever it was.
async function given(source) {
  const { hash } = await live();
  const { status, text } = await demo.put("/api/twilio/rules", { source, hash });
  assert.equal(status, 200, text);
}

// Someone calls; who decided?
async function call(order) {
  const body = JSON.stringify({ to: NUMBER, from: "+14155550123", legs: ["no-answer"], ...order });
  const { body: text } = await request(server.port, { method: "POST", target: "/sandbox/calls", body, timeout: 30_000,
    headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
  const { body: log } = await demo.get(`/api/twilio/call-logs/${JSON.parse(text).sid}`);
  return { ...log.trace, sid: log.call_sid };
}

describe("the editor", () => {
  it("saves a rule, and the next call follows it", () => visit("/rules", {}, async (page) => {
    assert.equal((await call()).source, "settings");
    await editor(page).fill(MESSAGE);
    await page.getByText("This can be saved").waitFor();
    await page.getByText(/^1 rule/).first().waitFor();
    assert.deepEqual(await axe(page), []);
    await save(page);
    await page.getByText("Saved. The next call follows it.").waitFor();
    assert.equal(readFileSync(file(), "utf8"), MESSAGE);
    const trace = await call();
    assert.deepEqual([trace.source, trace.rule], ["rules", "everybody leaves a message"]);
    await shoot(page, "rules-source");
  }));

  it("says on which line a mistake is, while it is typed and when it is saved", () => visit("/rules", {}, async (page) => {
    const before = readFileSync(file(), "utf8");
    await editor(page).fill(`local A = "${CREW}"\n\nreturn {\n  { "ring", go = rnig(A) },\n}\n`);
    await page.getByText("This would be refused").waitFor();
    await page.getByText(/forwarding\.lua:4: .*rnig/).waitFor();
    assert.equal(await editor(page).getAttribute("aria-invalid"), "true");
    await shoot(page, "rules-refused");
    assert.deepEqual(await axe(page), []);
    await button(page, "Go to line 4").click();
    const picked = await editor(page).evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
    assert.match(picked, /rnig/);
    await save(page);
    await page.getByText("Not saved: it is refused").waitFor();
    await focusOn(editor(page));
    const about = await editor(page).evaluate((area) => area.getAttribute("aria-describedby").split(" ")
      .map((id) => document.getElementById(id).textContent).join(" "));
    assert.match(about, /forwarding\.lua:4: .*rnig.*Ctrl\+S saves/s);
    assert.equal(readFileSync(file(), "utf8"), before);
    await button(page, "Discard changes").click();
    assert.equal(await editor(page).inputValue(), before);
  }));

  it("refuses an edit with an example that does not hold", () => visit("/rules", {}, async (page) => {
    await editor(page).fill(`return {\n  { "all", go = voicemail() },\n  examples = {\n    { from = "${CREW}", at = "2026-11-22 03:00", `
      + `expect = "ring" },\n  },\n}\n`);
    await page.getByText("This would be refused").waitFor();
    await button(page, "Discard changes").click();
  }));

  it("is for the keyboard: indents, is left by Escape and Tab, and saves with Ctrl+S", () => visit("/rules", {}, async (page) => {
    await editor(page).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Tab");
    assert.ok((await editor(page).inputValue()).startsWith("  return"), "Tab indents");
    await page.keyboard.press("Shift+Tab");
    assert.ok((await editor(page).inputValue()).startsWith("return"), "Shift+Tab takes it back");
    await page.keyboard.type("-- by keyboard");
    await page.keyboard.press("Enter");
    assert.ok((await editor(page).inputValue()).startsWith("-- by keyboard\nreturn"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
    await editor(page).click();
    await page.keyboard.press("Control+s");
    await page.getByText("Saved. The next call follows it.").waitFor();
    assert.ok(readFileSync(file(), "utf8").startsWith("-- by keyboard\nreturn"));
    assert.ok(await editor(page).evaluate((area) => {
      area.blur();
      area.focus();
      return true;
    }));
    await page.keyboard.press("Tab"); // only passing through: not held
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
  }));

  it("keeps what was typed while another page is looked at", () => visit("/rules", {}, async (page) => {
    await editor(page).fill(`${MESSAGE}-- kept\n`);
    await page.getByRole("link", { name: "Numbers" }).click();
    await page.getByRole("heading", { name: "Numbers", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Rules" }).click();
    await page.getByRole("tab", { name: "Source (unsaved)" }).waitFor();
    assert.ok((await editor(page).inputValue()).endsWith("-- kept\n"));
  }));
});

describe("a conflict", () => {
  const theirs = rules(rule("saved on the server", "voicemail()"));
  const mine = rules(rule("typed in the browser", "voicemail()"));
  const begin = async (page) => {
    await given(FIRST);
    await page.reload();
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, FIRST);
    await editor(page).fill(mine);
    await page.getByText("This can be saved").waitFor();
    writeFileSync(file(), theirs);
    await save(page);
    await page.getByRole("heading", { name: "The file was changed on the server meanwhile" }).waitFor();
    await page.getByRole("region", { name: "On the server" }).getByText("saved on the server").waitFor();
    await page.getByRole("region", { name: "Yours" }).getByText("typed in the browser").waitFor();
    assert.equal(readFileSync(file(), "utf8"), theirs);
  };

  it("shows both sides, and the server's can be taken", () => visit("/rules", {}, async (page) => {
    await begin(page);
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-conflict");
    await button(page, "Use the server’s text, drop mine").click();
    await page.getByRole("heading", { name: /changed on the server/ }).waitFor({ state: "hidden" });
    assert.equal(await editor(page).inputValue(), theirs);
  }));

  it("or one's own is saved over it", () => visit("/rules", { viewport: PHONE, scheme: "dark" }, async (page) => {
    await begin(page);
    assert.deepEqual(await axe(page), []);
    await button(page, "Save mine over it").click();
    await page.getByText("Saved. The next call follows it.").waitFor();
    assert.equal(readFileSync(file(), "utf8"), mine);
  }));
});

describe("a slow answer", () => {
  const saved = rules(rule("saved while it was slow", "voicemail()"));
  const puts = (request) => request.method() === "PUT";
  const RULES = "**/api/twilio/rules";

  it("to a read from before a save doesn't bring the old text back", () => visit("/rules", {}, async (page) => {
    await given(FIRST);
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, FIRST);
    await editor(page).fill(saved);
    await page.getByText("This can be saved").waitFor();
    const { answered, release } = await holdBack(page, RULES, (request) => !puts(request));
    const { hash } = (await demo.get("/api/twilio/rules/draft")).body;
    assert.equal((await demo.put("/api/twilio/rules/draft", { source: FIRST, hash })).status, 200); // the page reads again
    await answered;
    await save(page);
    await page.getByText("Saved. The next call follows it.").waitFor();
    release();
    await page.getByRole("tab", { name: "Draft" }).click();
    await page.getByText("The draft is on").waitFor();
    await page.getByRole("tab", { name: "Source" }).click();
    assert.equal(await editor(page).inputValue(), saved);
    await demo.delete("/api/twilio/rules/draft");
  }));

  it("to a save is for the text that was sent, wherever the page is by then", () => visit("/rules", {}, async (page) => {
    await given(FIRST);
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, FIRST);
    await editor(page).fill(saved);
    await page.getByText("This can be saved").waitFor();
    const { answered, release } = await holdBack(page, RULES, puts);
    await save(page);
    await answered;
    await page.getByRole("navigation").getByRole("link", { name: "Recordings" }).click();
    await page.getByText("Voicemail messages, and conversations of numbers that record.").waitFor();
    await release();
    await page.getByText("Saved. The next call follows it.").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Rules" }).click();
    await page.getByRole("tab", { name: "Source", exact: true }).waitFor();
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, saved);
    assert.equal(await page.getByRole("heading", { name: /changed on the server/ }).count(), 0);
  }));

  it("that a colleague was faster doesn't take the focus from who is typing", () => visit("/rules", {}, async (page) => {
    await given(FIRST);
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, FIRST);
    await editor(page).focus();
    await page.keyboard.type("-- mine ");
    await given(saved);
    await page.getByRole("heading", { name: /changed on the server/ }).waitFor();
    await page.keyboard.type("and more");
    assert.ok((await editor(page).inputValue()).includes("-- mine and more"));
  }));
});

describe("the history", () => {
  it("shows what a version changed, and brings an old one back", async () => {
    await given(rules(rule("the old way", "voicemail()")));
    await given(rules(rule("the new way", "voicemail()")));
    await visit("/rules/history", {}, async (page) => {
      const newest = (await live()).version;
      await button(page, `Changes of version ${newest}`).click();
      const diff = page.getByRole("region", { name: `What version ${newest} changed` });
      await diff.getByText('{ "the old way",').waitFor();
      await diff.getByText('{ "the new way",').waitFor();
      assert.deepEqual(await axe(page), []);
      await shoot(page, "rules-history");
      const old = (await demo.get("/api/twilio/rules/versions")).body.versions.find((version) => version.id < newest);
      await button(page, `Restore version ${old.id}`).first().click();
      await page.getByRole("dialog").getByText(`Version ${old.id} is checked`).waitFor();
      assert.deepEqual(await axe(page), []);
      await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
      await page.getByText(`Version ${old.id} is restored`).waitFor();
      assert.equal((await live()).rules[0].name, "the old way");
    });
  });
});

// A save before, so that what real calls say of an edit is about that save's rules.
const CREW_RULE = rule("the crew", `ring("${CREW}"):otherwise(voicemail())`);
const SEATTLE = rules(rule("Seattle leaves a message", "voicemail()", "call.from == '+12065550117'"), CREW_RULE);
const moves = (page) => page.getByRole("list", { name: "Calls that go elsewhere" });
const draft = async () => (await demo.get("/api/twilio/rules/draft")).body;
const named = (number, name) => demo.post("/api/twilio/contacts", { number, name });
const goLive = async (page, name = "Make it live") => page.getByRole("dialog").getByRole("button", { name }).click();
const until = (state) => waitUntil(async () => { const now = await draft(); return state(now) && now; }, 60_000, "the draft");

describe("what real calls say of an edit", () => {
  let rare;
  before(async () => {
    await named(CREW, "Ana Ruiz");
    await named("+12065550118", "Rare");
    await given(rules(CREW_RULE));
    await call({ from: "+12065550117" });
    rare = await call({ from: "+12065550118" });
  });

  it("stands beside it before and after the save, grouped, with names and a way to a call; the note is kept", () => visit("/rules", {}, async (page) => {
    const before = (await live()).version;
    await editor(page).fill(SEATTLE);
    await page.getByText("This can be saved").waitFor();
    const { body } = await demo.post("/api/twilio/rules/check", { source: SEATTLE });
    assert.ok(body.gate.changed > 0);
    await page.getByText(`${body.gate.changed} of last week’s ${body.gate.calls} calls change${body.gate.changed === 1 ? "s" : ""}`).waitFor();
    const listed = moves(page);
    await listed.getByText("rings Ana Ruiz for 20 s, then goes to voicemail").first().waitFor();
    await listed.getByText("“Seattle leaves a message”").first().waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByLabel("Note (optional)").fill("Seattle calls too often");
    await page.getByRole("tab", { name: "Coverage" }).click();
    await page.getByRole("tab", { name: "Source (unsaved)" }).click();
    assert.equal(await page.getByLabel("Note (optional)").inputValue(), "Seattle calls too often");
    await save(page);
    await page.getByText("Saved. The next call follows it.").waitFor();
    await listed.getByText("“Seattle leaves a message”").first().waitFor();
    const { version } = await live();
    await button(page, `One step back, to version ${before}`).waitFor();
    await shoot(page, "rules-gate");
    await call({ from: "+12065550117" });
    await page.getByRole("tab", { name: "History" }).click();
    const newest = page.getByRole("listitem").filter({ hasText: `Version ${version}` }).first();
    await newest.getByText("Seattle calls too often").waitFor();
    await newest.getByText("by demo").waitFor();
    await button(page, `Changes of version ${version}`).click();
    await newest.getByText(/2 rules, .*calls tried and none lost/).waitFor();
    await newest.getByText(`${body.gate.changed} of last week’s ${body.gate.calls} calls change${body.gate.changed === 1 ? "s" : ""}`).waitFor();
    await newest.getByText("1 call since it went live; 1 went elsewhere than with the version before").waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-history-judged");
    await moves(page).first().getByRole("link").first().click();
    await page.waitForURL(/\/calls\/CA[0-9a-f]{32}$/);
  }));

  it("refuses one that loses a real call, shows that call, and keeps what was typed", () => visit("/rules", {}, async (page) => {
    const edit = rules(rule("rare", "voicemail()", 'call.caller.name == "Rare" and call.lookups.x.y'), CREW_RULE);
    await editor(page).fill(edit);
    await page.getByText("This would be refused").waitFor();
    await save(page);
    await page.getByText("Not saved: it is refused").waitFor();
    await page.getByText(/forwarding\.lua:3: .*for a real call \(Rare, /).waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-refused-by-call");
    await page.getByRole("link", { name: "Open this call" }).click();
    await page.waitForURL(`**/calls/${rare.sid}`);
    await page.goto("/rules"); // reloaded
    await page.getByRole("tab", { name: "Source (unsaved)" }).waitFor();
    assert.equal(await editor(page).inputValue(), edit);
    await button(page, "Discard changes").click();
    await page.reload();
    await page.getByRole("tab", { name: "Source", exact: true }).waitFor();
    assert.equal(await editor(page).inputValue(), SEATTLE);
  }));
});

describe("the draft", () => {
  const BOSTON = rules(rule("Boston leaves a message", "voicemail()", "call.from == '+16175550119'"), CREW_RULE);
  const tryFor = (source) => source.replace(/\}\n$/, '  try_for = { "+12065550118" },\n}\n');
  const draftEditor = (page) => page.getByLabel("Source of forwarding.next.lua");
  before(() => given(rules(CREW_RULE)));

  it("is begun, judged by real calls, tried for a caller, made live in one step, and taken back in another", () => visit("/rules", {}, async (page) => {
    await editor(page).fill(BOSTON);
    await button(page, "Try it as a draft").click();
    await page.getByRole("tab", { name: "Draft (unsaved)" }).waitFor();
    await button(page, "Save draft").click();
    await page.getByText("The draft is on").waitFor();
    await page.getByText(/^No call yet since/).waitFor();
    assert.equal((await call({ from: "+16175550119" })).rule, "the crew");
    await until((now) => now.calls === 1);
    await page.reload();
    await page.getByText(/^The only call since .* goes elsewhere with the draft$/).waitFor();
    await moves(page).getByText("rings Ana Ruiz for 20 s, then goes to voicemail").waitFor();
    await moves(page).getByText("“Boston leaves a message”").waitFor();
    await draftEditor(page).fill(tryFor(BOSTON));
    await button(page, "Save draft").click();
    await page.getByText("Callers who get the draft already").waitFor();
    await page.getByRole("listitem").getByText("Rare").waitFor();
    assert.deepEqual((await draft()).try_for, ["+12065550118"]);
    const before = (await live()).version;
    await button(page, "Promote").click();
    const note = page.getByRole("dialog").getByLabel("Note (optional)");
    await note.fill("Boston next");
    assert.deepEqual(await axe(page), []);
    // Closed while it is sent, which fails: the note stays.
    const fail = await sendThatFails(page, "**/api/twilio/rules/draft/promote", "Make it live");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    fail();
    await page.getByText("Not done: “Make the draft live?”.").waitFor();
    page.problems.length = 0; // the request that was cut off
    await button(page.locator("[data-kind=warning]"), "Close this notice").click();
    await button(page, "Promote").click();
    assert.equal(await note.inputValue(), "Boston next");
    await goLive(page);
    await page.getByText("The draft is live. The next call follows it.").waitFor();
    assert.equal((await call({ from: "+16175550119" })).rule, "Boston leaves a message");
    const promoted = await live();
    assert.deepEqual([(await draft()).state, promoted.source], ["none", tryFor(BOSTON)]);
    assert.equal((await demo.get(`/api/twilio/rules/versions/${promoted.version}`)).body.note, "Boston next");
    await button(page, `One step back, to version ${before}`).click();
    await goLive(page, "Restore");
    await page.getByText(`Version ${before} is restored`).waitFor();
    assert.equal((await call({ from: "+16175550119" })).rule, "the crew");
  }));

  it("keeps its text and the one on the server apart when a save of it is refused, and says why it was switched off", () => visit("/rules/draft", {}, async (page) => {
    await page.getByText("There is no draft.").waitFor();
    await button(page, "Begin with the live rules").click();
    const good = rules(rule("rarer", "voicemail()", 'call.caller.name == "Rarer" and call.lookups.x.y'), CREW_RULE);
    await draftEditor(page).fill(good);
    await button(page, "Save draft").click();
    await page.getByText("The draft is on").waitFor();
    await draftEditor(page).fill(good.replace("voicemail()", "voicemale()"));
    await button(page, "Save draft").click();
    await page.getByText("Not saved: it is refused").waitFor();
    await page.getByText(/forwarding\.next\.lua:4: .*voicemale/).waitFor();
    assert.equal((await draft()).state, "on", "the one on the server goes on");
    await button(page, "Discard changes").click();
    await named("+14155550124", "Rarer");
    assert.equal((await call({ from: "+14155550124" })).rule, "the crew");
    await until((now) => now.state === "off");
    await page.reload();
    await page.getByText("The draft is switched off.").waitFor();
    await page.getByText(/it fails for the call CA|for the call CA/).waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-draft-off");
    writeFileSync(file(), "return {");
    await waitUntil(async () => (await live()).error, 30_000, "the refusal");
    await page.getByRole("link", { name: "Today" }).click();
    const alerts = page.getByRole("list", { name: "Alerts" });
    await alerts.getByText("forwarding.next.lua").first().waitFor();
    await alerts.getByText(/forwarding\.lua:1/).first().waitFor();
    await shoot(page, "today-rules-alerts");
    writeFileSync(file(), rules(CREW_RULE));
    await waitUntil(async () => !(await live()).error, 30_000, "the mended file");
    for (const { id, kind } of (await demo.get("/api/twilio/alerts")).body.alerts)
      if (kind === "draft_off") await demo.post(`/api/twilio/alerts/${id}/close`);
    await page.getByRole("link", { name: "Rules" }).click();
    await page.getByRole("tab", { name: "Draft" }).click();
    await button(page, "Throw away").click();
    await page.getByRole("dialog").getByRole("button", { name: "Throw away" }).click();
    await page.getByText("There is no draft.").waitFor();
  }));
});

describe("a call that is tried", () => {
  before(() => given(rules(rule("night", 'voicemail("We are closed.")', "call.from == '+12065550117'"),
    rule("day", `ring("${CREW}", { seconds = 25 }):otherwise(voicemail("Nobody is here."))`))));

  it("is shown second by second, with the rule's line and the TwiML", () => visit("/rules/try", {}, async (page) => {
    await page.getByLabel("From", { exact: true }).fill("+1 415 555 0123");
    await page.getByLabel("When").fill("2026-11-20T10:30");
    await button(page, "Try this call").click();
    await page.getByRole("heading", { name: "What happens" }).waitFor();
    await page.getByText(/The rule “day” decides/).waitFor();
    await page.getByRole("list", { name: "What happens, second by second" }).getByText(/Nobody is here/).waitFor();
    await page.getByText(/What Twilio gets/).click();
    await page.getByText(`timeout="25"`).first().waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-try");
    await page.getByLabel("Phone or browser 1").selectOption("answered");
    await button(page, "Try this call").click();
    await page.getByText(/The caller talks to someone/).waitFor();
    await page.getByRole("button", { name: /forwarding\.lua, line \d+/ }).click();
    await editor(page).waitFor();
    assert.match(page.url(), /rules\?line=\d+|rules\/\?line=\d+/);
  }));

  it("can be tried with the text that is not saved", () => visit("/rules", {}, async (page) => {
    await editor(page).fill(rules(rule("all new", 'say("Hello."):otherwise(voicemail())')));
    await page.getByText("This can be saved").waitFor();
    await page.getByRole("tab", { name: "Try a call" }).click();
    await button(page, "Try this call").click();
    await page.getByText(/The rule “all new” decides/).waitFor();
    await page.getByText(/Tried with your unsaved text/).waitFor();
    await page.getByLabel("With my unsaved text").uncheck();
    await button(page, "Try this call").click();
    await page.getByText(/The rule “day” decides/).waitFor();
  }));

  it("is what Forwarding shows of a call now, with a way to the rule's line", () => visit("/forwarding", {}, async (page) => {
    await page.getByText("The rule “day” decides").waitFor();
    await page.evaluate(() => { window.same = true; });
    await page.getByRole("link", { name: /forwarding\.lua, line \d+/ }).first().click();
    await editor(page).waitFor();
    assert.match(page.url(), /\/rules\/?\?line=\d+/);
    assert.ok(await page.evaluate(() => window.same), "the page was not loaded anew");
  }));

  it("says what is wrong with a question", () => visit("/rules/try", {}, async (page) => {
    await page.route("**/api/twilio/simulate", (route) => route.abort());
    await button(page, "Try this call").click();
    await page.getByRole("alert").getByText("Could not try a call").waitFor();
    assert.deepEqual(await axe(page), []);
    page.problems.length = 0; // the request that was cut off
  }));
});

describe("the replay", () => {
  it("shows which of the last days' calls would go elsewhere", async () => {
    await given(rules(rule("the crew", `ring("${CREW}"):otherwise(voicemail())`)));
    await call({ from: "+12065550117" });
    await call({ from: "+14155550123" });
    await visit("/rules", {}, async (page) => {
      await editor(page).fill(rules(rule("Seattle leaves a message", "voicemail()", "call.from:sub(1, 5) == '+1206'"),
        rule("the crew", `ring("${CREW}"):otherwise(voicemail())`)));
      await page.getByText("This can be saved").waitFor();
      await page.getByRole("tab", { name: "Replay" }).click();
      await page.getByLabel("Calls of").selectOption("1d");
      await button(page, "Replay").click();
      await page.getByText(/calls? of [\d,]+ replayed: .* would go elsewhere/).waitFor();
      const table = page.getByRole("table");
      const row = table.getByRole("row").filter({ hasText: "Seattle leaves a message" }).first();
      await row.getByText(/^goes to voicemail/).waitFor();
      assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuenow"), "100");
      assert.deepEqual(await axe(page), []);
      await shoot(page, "rules-replay");
    });
  });

  it("goes on batch by batch, shows how far it is, and can be stopped", () => visit("/rules/replay", {}, async (page) => {
    let asked = 0;
    await page.route("**/api/twilio/replay", async (route) => {
      asked++;
      if (asked > 2) return; // the third never comes
      await route.fulfill({ json: { from: 0, to: 1, total: 1000, replayed: 250, same: 250, not_replayable: 0, failed: 0,
        changed: [], next: `c${asked}` } });
    });
    await button(page, "Replay").click();
    await page.getByText("500 calls of 1,000 replayed: 500 the same, 0 would go elsewhere.").waitFor();
    assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuenow"), "50");
    await button(page, "Stop").click();
    await page.getByText(/Stopped\./).waitFor();
    await button(page, "Replay").waitFor();
    page.problems.length = 0; // the request that was cut off
  }));
});

describe("the coverage calendar", () => {
  before(() => given(`local OFFICE = hours { zone = "America/New_York", ["mon-fri"] = "08:00-17:00" }\n${rules(
    rule("closed", 'voicemail("We are closed.")', "not OFFICE:open_at(call.at)"), rule("open", `ring("${CREW}"):otherwise(voicemail())`))}`));

  it("can be walked through with the arrow keys, and read as a table, in the browser's time zone until the number has one", () => visit("/rules/coverage", {}, async (page) => {
    const cells = page.getByRole("gridcell");
    await cells.first().waitFor();
    await page.getByText("No gap: every call reaches a person or voicemail. Times are in America/New_York.").waitFor();
    await cells.first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByText(/by the rule “(open|closed)”/).first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "gridcell");
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-coverage");
    await page.getByText("As a table").click();
    const table = page.getByRole("table");
    await table.getByRole("cell", { name: /^0?8:00$/ }).first().waitFor();
    assert.deepEqual(await axe(page), []);
  }));

  it("marks gaps and the night when the clocks change", () => visit("/rules/coverage", {}, async (page) => {
    const HOUR = 3_600_000;
    const from = Date.parse("2026-10-31T06:00:00Z"); // midnight in Denver; the clocks go back a day later
    const span = (begin, end, more) => ({ from: from + begin * HOUR, to: from + end * HOUR, source: "rules", rule: "r", line: 3, ...more });
    await page.route("**/api/twilio/coverage*", (route) => route.fulfill({ json: { from, to: from + 73 * HOUR, step_minutes: 15,
      online: true, next: null, numbers: [{ phone_number_id: 1, phone_number: NUMBER, friendly_name: "x", zone: "America/Denver",
        dst: [{ at: from + 26 * HOUR, from_offset: -21_600, to_offset: -25_200 }], classes: [{ class: "unknown", caller: { from: "+1" },
          spans: [span(0, 30, { words: "voicemail", reaches: "voicemail", gap: false }),
            span(30, 32, { words: "hangup", reaches: "none", gap: true }),
            span(32, 73, { words: `ring ${CREW}`, reaches: "person", gap: false })] }] }] } }));
    await page.reload();
    await page.getByText("1 time when nobody is reached, and no message is taken").waitFor();
    await page.getByText("The clocks go back on Sun 1 Nov").waitFor();
    await page.getByText("25 h", { exact: true }).waitFor();
    await page.getByRole("gridcell", { name: /nobody is reached/ }).click();
    await page.getByText("Nobody is reached then, and no message is taken.").waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-coverage-gaps");
  }));
});

describe("rules_confirm", () => {
  before(() => given(rules(CREW_RULE)));

  it("waits for a click before real calls go elsewhere; a restart in between loses nothing that was typed", () => visit("/rules", {}, async (page) => {
    await editor(page).fill(SEATTLE);
    await page.getByText("This can be saved").waitFor();
    const { folder, port } = server;
    await server.stop({ keep: true });
    server = await startConsole({ folder, port, config: { ...CONFIG, rules_confirm: "yes" } });
    demo = user(server, "demo");
    page.problems.length = 0; // of the time without a server
    await save(page);
    const asked = page.getByRole("dialog", { name: "Make this live?" });
    await asked.getByText("“Seattle leaves a message”").first().waitFor();
    assert.deepEqual(await axeEverywhere(page), []);
    await page.setViewportSize({ width: 320, height: 700 });
    await shoot(page, "rules-confirm-phone");
    await asked.getByRole("button", { name: "Keep editing" }).click();
    assert.equal(await editor(page).inputValue(), SEATTLE);
    assert.equal((await live()).source, rules(CREW_RULE));
    await page.setViewportSize({ width: 1440, height: 900 });
    await save(page);
    await goLive(page);
    await page.getByText("Saved. The next call follows it.").waitFor();
    const { version } = await live();
    assert.equal((await demo.get(`/api/twilio/rules/versions/${version}`)).body.accepted_by, "demo");
    writeFileSync(file(), rules(CREW_RULE));
    await waitUntil(async () => (await live()).error?.held, 30_000, "the file that waits");
    await page.reload();
    await page.getByText("The file on the server is not live yet").waitFor();
    await moves(page).getByText("“the crew”").first().waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "rules-held");
    await button(page, "Make it live").click();
    await goLive(page);
    await page.getByText("The file is live. The next call follows it.").waitFor();
    assert.equal((await live()).error, null);
  }));
});

describe("the page", () => {
  it("is for everybody: each view, by keyboard, at a desk and on a phone, light, dark and in forced colours", () => visit("/rules", {}, async (page) => {
    const { status, text } = await demo.put("/api/twilio/rules/draft", { source: SEATTLE, hash: (await draft()).hash });
    assert.equal(status, 200, text);
    await call({ from: "+12065550117" });
    await until((now) => now.calls === 1);
    await page.getByRole("tab", { name: "Source" }).focus();
    for (const tab of ["Source", "Draft", "History", "Try a call", "Replay", "Coverage"]) {
      await focusNamed(page, tab);
      await page.getByRole("tabpanel").locator("textarea, ol, form, [role=grid]").first().waitFor();
      assert.deepEqual((await axeEverywhere(page)).map((finding) => `${tab}: ${finding}`), []);
      for (const width of [320, 390, 820, 1440]) {
        await page.setViewportSize({ width, height: 844 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${tab} is ${wide} pixels too wide at ${width}`);
      }
      await shoot(page, `rules-${tab}-phone`);
      await page.getByRole("tab", { name: tab }).focus();
      await page.keyboard.press("ArrowRight");
    }
  }));

  it("says it when the file cannot be read, or changed", async () => {
    await visit("/rules", {}, async (page) => {
      await page.route("**/api/twilio/rules", (route) => route.fulfill({ status: 500, contentType: "application/json",
        body: JSON.stringify({ error: { code: "internal", message: "Something went wrong.", request_id: "r1" } }) }));
      await page.reload();
      await page.getByText("The rule file could not be read").waitFor();
      assert.deepEqual(await axe(page), []);
    });
    await visit("/rules", {}, async (page) => {
      const body = { ...(await live()), editable: false };
      await page.route("**/api/twilio/rules", (route) => route.fulfill({ json: body }));
      await page.reload();
      await page.getByText("The file can be changed on the server only.").waitFor();
      assert.equal(await editor(page).getAttribute("readonly"), "");
    });
  });
});
