// panels_test.mjs: numbers and forwarding, through the console's own pages, with
// the sandbox as Twilio.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { request, waitUntil } from "../support/server.mjs";
import { axe, focusNamed, focusOn, keys, openBrowser, shoot, startConsole, stopFaultless, visitor } from "./support/console.mjs";

let server;
let browser;
let demo;

before(async () => {
  server = await startConsole({ config: { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}`, buy_daily_cap: 50 } });
  await waitUntil(() => server.out.includes("Sandbox:"), 30_000, "the seed");
  browser = await openBrowser();
  demo = user(server, "demo");
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const visitAs = visitor({ user: "demo" });
const visit = (path, options, walk) => visitAs(browser, server, path, options, walk);

const fault = (value) => {
  const body = JSON.stringify(value);
  return request(server.port, { method: "POST", target: "/sandbox/faults", body,
    headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
};
const numbers = async () => (await demo.get("/api/twilio/my-numbers")).body.phone_numbers;
const settings = async () => (await demo.get("/api/call-forwarding")).body.call_forwarding;
const button = (page, name) => page.getByRole("button", { name });
const dialog = (page) => page.getByRole("dialog");

async function search(page, area) {
  await button(page, "Get a number").click();
  await page.getByLabel("Area code").fill(area);
  await page.getByRole("button", { name: "Search", exact: true }).click();
}

// The card of a number, by what it is called.
const card = (page, name) => page.getByRole("article", { name });

describe("the numbers", () => {
  it("are found by area code, and one is bought by keyboard alone", () => visit("/numbers", {}, async (page) => {
    await search(page, "303");
    const buy = button(page, "Buy +1 303 555 0100");
    await buy.focus();
    await page.keyboard.press("Enter");
    await dialog(page).getByText("Twilio charges its monthly price").waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "numbers-buy");
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "hidden" });
    await focusOn(buy); // it came back
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.closest("[role=dialog]") && document.activeElement.tagName === "INPUT");
    await page.keyboard.type("Front desk");
    await page.keyboard.press("Enter");
    await page.getByText("+1 303 555 0100 is yours and takes calls.").waitFor();
    await card(page, "Front desk").waitFor();
    const bought = (await numbers()).filter((number) => number.phone_number === "+13035550100");
    assert.equal(bought.length, 1);
    assert.equal(bought[0].friendly_name, "Front desk");
  }));

  it("are bought once, however often the button is pressed", () => visit("/numbers", {}, async (page) => {
    await fault({ path: "*/IncomingPhoneNumbers.json", method: "POST", kind: "slow", delay_ms: 700 });
    await search(page, "720");
    await button(page, "Buy +1 720 555 0100").click();
    await button(page, "Buy this number").evaluate((element) => {
      element.click();
      element.click();
    });
    await page.getByText("+1 720 555 0100 is yours").waitFor();
    assert.equal((await numbers()).filter((number) => number.phone_number.startsWith("+1720")).length, 1);
  }));

  it("say what is missing when there is none to buy", () => visit("/numbers", {}, async (page) => {
    await search(page, "555");
    await page.getByText("No number fits").waitFor();
    await page.getByLabel("Area code").fill("5");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("Must have three digits").waitFor();
  }));

  it("ask for an address and a bundle where the country does", () => visit("/numbers", {}, async (page) => {
    await button(page, "Get a number").click();
    await page.getByLabel("Country").selectOption("DE");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("Needs an address").first().waitFor();
    await page.getByRole("button", { name: /^Buy \+49/ }).first().click();
    await dialog(page).getByText("An address is needed").waitFor();
    await button(page, "Buy this number").click();
    await dialog(page).getByText("It was not bought").waitFor();
    await dialog(page).getByText(/Enter an address in Twilio’s console/).waitFor();
    assert.deepEqual(await axe(page), []);
    await dialog(page).getByLabel("Address SID").fill("nonsense");
    await button(page, "Buy this number").click();
    await dialog(page).getByText("Must be the SID of an address (AD…)").waitFor();
    await dialog(page).getByLabel("Address SID").fill(`AD${"1".repeat(32)}`);
    await button(page, "Buy this number").click();
    await page.getByText(/is yours and takes calls/).waitFor();
  }));

  it("say it when Twilio is down, and what that means", () => visit("/numbers", {}, async (page) => {
    await search(page, "303");
    await page.getByRole("button", { name: /^Buy \+1/ }).first().click();
    await fault({ path: "*/IncomingPhoneNumbers.json", method: "POST", kind: "error", code: 21404, status: 400 });
    await button(page, "Buy this number").click();
    await dialog(page).getByText(/Upgrade the account at Twilio/).waitFor();
    await page.keyboard.press("Escape");
    await fault({ path: "*/AvailablePhoneNumbers/*", method: "GET", kind: "server_error" });
    await page.getByLabel("Contains").fill("42");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByRole("alert").getByText(/The failure is at Twilio/).waitFor();
    await button(page, "Try again").click();
    await page.getByRole("button", { name: /^Buy \+1/ }).first().waitFor();
  }));

  it("are changed, and say what is wrong with a change", () => visit("/numbers", {}, async (page) => {
    await button(page, "Edit +1 303 555 0100").click();
    await dialog(page).getByLabel("Name").fill("Denver office");
    await dialog(page).getByLabel("Voicemail greeting").fill("You have reached the office.");
    await dialog(page).getByLabel("Time zone").fill("Mars/Base");
    await dialog(page).getByLabel("On", { exact: true }).check();
    await dialog(page).getByLabel("Announcement").fill("This call is recorded.");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).getByText("It was not saved").waitFor();
    assert.deepEqual(await axe(page), []);
    await dialog(page).getByLabel("Time zone").fill("America/Denver");
    await shoot(page, "numbers-edit");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("+1 303 555 0100 was saved.").waitFor();
    const changed = (await numbers()).find((number) => number.phone_number === "+13035550100");
    assert.deepEqual([changed.friendly_name, changed.voicemail_greeting, changed.timezone, changed.recording,
      changed.recording_announcement], ["Denver office", "You have reached the office.", "America/Denver", "on",
      "This call is recorded."]);
  }));

  it("are switched off, and warn of it", () => visit("/numbers", {}, async (page) => {
    await button(page, "Edit +1 720 555 0100").click();
    await dialog(page).getByLabel("Takes calls").uncheck();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("It is switched off: callers hear").waitFor();
    await page.getByText("Switched off", { exact: true }).waitFor();
  }));

  it("show how they are used", () => visit("/numbers", {}, async (page) => {
    const figures = card(page, "+1 510 555 0100").getByLabel("The last 30 days");
    await figures.waitFor();
    assert.match((await figures.innerText()).replace(/\s+/g, " "), /Calls 4 Answered 1 Missed 1 Voicemail 2/);
  }));

  it("are released for the last four digits only", () => visit("/numbers", {}, async (page) => {
    await button(page, "Release +1 720 555 0100").click();
    await dialog(page).getByText("This can’t be undone").waitFor();
    await dialog(page).getByLabel("Type the last four digits").fill("0199");
    await button(page, "Release for good").click();
    await dialog(page).getByText("Those aren’t its last four digits.").waitFor();
    assert.deepEqual(await axe(page), []);
    await shoot(page, "numbers-release");
    assert.ok((await numbers()).some((number) => number.phone_number === "+17205550100"));
    await dialog(page).getByLabel("Type the last four digits").fill("0100");
    await button(page, "Release for good").click();
    await page.getByText("+1 720 555 0100 was released.").waitFor();
    await focusNamed(page, /^(?!body$)/);
    assert.ok(!(await numbers()).some((number) => number.phone_number === "+17205550100"));
  }));
});

describe("the forwarding", () => {
  const open = async (page, name) => {
    await button(page, name).click();
    await dialog(page).waitFor();
  };

  it("shows what would happen to a call now, and who decides", () => visit("/forwarding", {}, async (page) => {
    const office = card(page, "+1 510 555 0100");
    await office.getByText("If someone calls now").waitFor();
    await office.getByText(/Rings .*\+1 510 555 0142/).waitFor();
    await office.getByText("The settings here decide").waitFor();
    await office.getByText("Who decides, in which order").click();
    await office.getByText("no rules: it leaves everything to the settings here").waitFor();
    await shoot(page, "forwarding");
  }));

  it("is added; the next call follows it", () => visit("/forwarding", {}, async (page) => {
    await open(page, "Add forwarding for +1 303 555 0100");
    await dialog(page).getByLabel("Always").check();
    await dialog(page).getByLabel("Forward to").fill("(303) 441-0142");
    await dialog(page).getByLabel("Ring for").fill("25");
    await dialog(page).getByRole("button", { name: "Add" }).click();
    await page.getByText("Saved. The next call follows it.").waitFor();
    const [made] = (await settings()).filter((row) => row.forwarding_type === "always");
    assert.deepEqual([made.forward_to_number, made.ring_timeout, made.is_active], ["+13034410142", 25, true]);
    await card(page, "Denver office").getByText(/Rings \+1 303 441 0142 for 25 s/).waitFor();
  }));

  it("warns of a number that nobody can be reached at, and of a setting that never applies", () => visit("/forwarding", {}, async (page) => {
    await open(page, "Add forwarding for +1 303 555 0100");
    await dialog(page).getByLabel("When busy").check();
    await dialog(page).getByRole("status").getByText("“When busy” never applies: “Always” sends every call to +1 303 441 0142.").waitFor();
    assert.deepEqual(await axe(page), []);
    await dialog(page).getByLabel("Forward to").fill("+15551234567");
    await dialog(page).getByRole("button", { name: "Add" }).click();
    await page.getByText(/cannot be reached: 555 isn't an area code/).waitFor();
    const dead = "“When busy” never applies: “Always” sends every call to +1 303 441 0142.";
    await card(page, "Denver office").getByText(dead).waitFor();
    await page.goto("/");
    await page.getByRole("region", { name: "What happens now" }).getByText(dead).waitFor();
  }));

  for (const [what, typed, message] of [
    ["an emergency number", "911", /emergency|phone number/],
    ["a premium number", "+19005550142", /premium-rate numbers are not allowed/],
    ["one of the own numbers", "+15105550100", /one of your own numbers/],
    ["no number at all", "hello", /must be a phone number/i],
  ]) it(`refuses ${what}, and says why`, () => visit("/forwarding", {}, async (page) => {
    await open(page, "Add forwarding for +1 303 555 0100");
    await dialog(page).getByLabel("Forward to").fill(typed);
    await dialog(page).getByRole("button", { name: "Add" }).click();
    await dialog(page).getByText("It was not saved").waitFor();
    await dialog(page).getByText(message).first().waitFor();
    assert.equal(await dialog(page).getByLabel("Forward to").getAttribute("aria-invalid"), "true");
    assert.deepEqual(await axe(page), []);
  }));

  it("refuses a second active setting of a kind", () => visit("/forwarding", {}, async (page) => {
    await open(page, "Add forwarding for +1 303 555 0100");
    await dialog(page).getByLabel("Always").check();
    await dialog(page).getByLabel("Forward to").fill("+13034410177");
    await dialog(page).getByRole("button", { name: "Add" }).click();
    const said = dialog(page).getByText(/already an active "always" setting/);
    await said.waitFor();
    assert.match(await said.innerText(), /; switch that one off first\.$/);
    await shoot(page, "forwarding-taken");
    await dialog(page).getByLabel("Switched on").uncheck();
    await dialog(page).getByRole("button", { name: "Add" }).click();
    await page.getByText("Saved. The next call follows it.").waitFor();
    const second = page.getByRole("switch", { name: "Always: +1 303 441 0177, switched on" });
    await second.click({ force: true });
    await page.getByRole("alert").getByText(/switch that one off first/).waitFor();
    await waitUntil(async () => !(await second.isChecked()), 10_000, "the switch to be off");
  }));

  it("is edited, switched off and on again by keyboard, and deleted", () => visit("/forwarding", {}, async (page) => {
    await open(page, "Edit Always: +1 303 441 0142");
    await dialog(page).getByLabel("Forward to").fill("+13034410188");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    const toggle = page.getByRole("switch", { name: "Always: +1 303 441 0188, switched on" });
    await open(page, "Edit Always: +1 303 441 0188");
    const until = dialog(page).getByLabel("Until");
    await until.fill("2020-01-01T08:00");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).getByText("is already over").waitFor();
    await until.fill("2036-12-01T08:00"); // of a browser in New York
    assert.deepEqual(await axe(page), []);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await card(page, "Denver office").getByText(/, until 1 Dec 2036/).waitFor();
    assert.equal((await settings()).find((row) => row.forward_to_number === "+13034410188").ends_at, Date.parse("2036-12-01T13:00:00Z"));
    await card(page, "Denver office").getByText(/^“When busy” doesn’t apply until 1 Dec 2036/).waitFor();
    const active = async () => (await settings()).find((row) => row.forward_to_number === "+13034410188")?.is_active;
    await toggle.focus();
    await page.keyboard.press("Space");
    await page.getByText("Always: switched off.").waitFor();
    assert.equal(await active(), false);
    await page.keyboard.press("Space");
    await page.getByText("Always: switched on.").waitFor();
    assert.equal(await active(), true);
    await open(page, "Delete Always: +1 303 441 0188");
    assert.deepEqual(await axe(page), []);
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await page.getByText("Deleted.").waitFor();
    assert.equal(await active(), undefined);
  }));

  it("is added, edited and deleted by keyboard alone; the focus stays on the page", () => visit("/forwarding", {}, async (page) => {
    await card(page, "Denver office").waitFor();
    await keys(page, "button", "Add forwarding for +1 303 555 0100");
    await page.waitForFunction(() => document.activeElement.type === "tel");
    await page.keyboard.type("303 441 0190");
    await page.keyboard.press("Enter");
    await page.getByText("Saved. The next call follows it.").waitFor();
    await focusNamed(page, "Add forwarding for +1 303 555 0100");
    await keys(page, "button", /^Edit When nobody answers: .*0190/);
    await page.waitForFunction(() => document.activeElement.type === "tel");
    await page.keyboard.press("End");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("1");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Edit When nobody answers: .*0191/ }).waitFor();
    await dialog(page).waitFor({ state: "detached" });
    await keys(page, "button", /^Delete When nobody answers: .*0191/);
    await dialog(page).waitFor();
    await keys(page, "button", "Delete");
    await page.getByText("Deleted.").waitFor();
    await dialog(page).waitFor({ state: "detached" });
    await focusNamed(page, /^(?!body$)/);
  }));

  it("takes a number as it is dialled in the country of the number that is forwarded", () => visit(undefined, {}, async (page) => {
    await page.route("**/api/twilio/my-numbers", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      Object.assign(body.phone_numbers[0], { country: "GB" });
      await route.fulfill({ response: answer, json: body });
    });
    let sent;
    await page.route("**/api/call-forwarding", (route) => {
      if (route.request().method() !== "POST") return route.continue();
      sent = route.request().postDataJSON();
      return route.abort();
    });
    await page.goto("/forwarding");
    await page.getByRole("button", { name: /^Add forwarding for / }).first().click();
    await dialog(page).getByText("as it is dialled in United Kingdom").waitFor();
    for (const [typed, meant] of [["020 7946 0018", "+442079460018"], ["(020) 7946-0018", "+442079460018"], ["+1 303 555 0142", "+13035550142"],
      ["00 49 30 901820", "+4930901820"]]) {
      await dialog(page).getByLabel("Forward to").fill(typed);
      sent = undefined;
      await dialog(page).getByRole("button", { name: "Add" }).click();
      await waitUntil(() => sent, 10_000, typed);
      assert.equal(sent.forward_to_number, meant, typed);
      await dialog(page).getByText("It was not saved").waitFor();
    }
    assert.equal(await dialog(page).getByLabel("Forward to").inputValue(), "00 49 30 901820", "what was typed is still there");
    page.problems.length = 0; // the requests that were cut off
  }));
});

describe("the panels", () => {
  it("say what to do when there is nothing yet", async () => {
    await visit("/numbers", { user: "newcomer" }, async (page) => {
      await page.getByText("You have no number yet").waitFor();
      await button(page, "Find a number").click();
      await page.getByLabel("Area code").waitFor();
      assert.deepEqual(await axe(page), []);
    });
    await visit("/forwarding", { user: "newcomer" }, async (page) => {
      await page.getByText("No number to forward yet").waitFor();
      assert.deepEqual(await axe(page), []);
    });
  });

  it("say it when they cannot read", () => visit("/numbers", {}, async (page) => {
    await page.route("**/api/twilio/my-numbers", (route) => route.fulfill({ status: 500, contentType: "application/json",
      body: JSON.stringify({ error: { code: "internal", message: "Something went wrong.", request_id: "r1" } }) }));
    await page.reload();
    await page.getByText("Your numbers could not be read").waitFor();
    await page.getByText("Request r1").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.unroute("**/api/twilio/my-numbers");
    await button(page, "Try again").click();
    await page.getByRole("article").first().waitFor();
  }));
});
