// console_test.mjs: what the console's pages do: signing in and out, following
// what happens, coming back after a restart of the host, and every change that
// the pages Today, Calls, Recordings and Settings can make.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { rows } from "../support/database.mjs";
import { launch, SLOW, waitUntil } from "../support/server.mjs";
import { GRACE, JOE, LINUS, play, startCompany } from "./support/company.mjs";
import { cutOff, focused, focusNamed, focusOn, holdBack, keys, openBrowser, openPage, PHONE, startConsole, stopFaultless, turnTo, unreachable, WEB } from "./support/console.mjs";

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

const PASSWORD = "four words of mine";

async function addAccount(server, name) {
  const made = await command(["user", "add", name], { config: { database: server.database }, input: `${PASSWORD}\n` });
  assert.equal(made.status, 0, made.err);
}

async function signIn(page, name, password) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Password", { exact: true }).press("Enter");
}

// It plays, and can be moved to its middle.
async function checkSound(audio) {
  await waitUntil(() => audio.evaluate((node) => node.duration > 1), 15_000, "the sound");
  await audio.evaluate((node) => { node.currentTime = node.duration / 2; });
  await waitUntil(() => audio.evaluate((node) => node.currentTime >= node.duration / 2 && !node.seeking), 5000, "seeking");
}

describe("signing in", () => {
  let server;
  before(async () => {
    server = await startConsole();
    await addAccount(server, "Ana");
  });
  after(() => stopFaultless(server));

  it("takes a name and a password, keeps no secret where scripts can read, and ends", async () => {
    const page = await openPage(browser, server, { user: null, mock: true });
    await page.goto("/calls");
    await signIn(page, "Ana", "wrong");
    await page.getByRole("alert").filter({ hasText: "The name or the password is wrong." }).waitFor();
    await signIn(page, "Ana", PASSWORD);
    await page.getByRole("heading", { level: 1, name: "Calls" }).waitFor();
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Calls" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await page.getByText("You are signed out.").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await page.context().close();
  });

  it("changes the password", async () => {
    const page = await openPage(browser, server, { user: null, mock: true });
    await page.goto("/settings");
    await signIn(page, "Ana", PASSWORD);
    const form = page.getByRole("form", { name: "Change password" });
    const fill = async (current, fresh, again) => {
      await form.getByLabel("Current password", { exact: true }).fill(current);
      await form.getByLabel("New password", { exact: true }).fill(fresh);
      await form.getByLabel("New password, again", { exact: true }).fill(again);
      await form.getByRole("button", { name: "Change password" }).click();
    };
    await fill(PASSWORD, "another four words", "another for words");
    await form.getByText("The passwords don’t match").waitFor();
    await fill("not this one", "another four words", "another four words");
    await form.getByText("is not the password").waitFor();
    await fill(PASSWORD, "another four words", "another four words");
    await page.getByText("The password is changed.").waitFor();
    await page.context().close();
  });

  it("invites a colleague, shows each role its own pages, and follows a change of the role", async () => {
    await addAccount(server, "boss");
    const [boss, bea] = [await openPage(browser, server, { user: null, mock: true }), await openPage(browser, server, { user: null, mock: true })];
    await boss.goto("/settings");
    await signIn(boss, "boss", PASSWORD);
    const users = boss.getByRole("region", { name: /^Users/ }).first();
    await users.getByRole("button", { name: "Invite" }).click();
    const dialog = boss.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Bea");
    await dialog.getByRole("button", { name: "Invite" }).click();
    const password = await dialog.getByLabel("Password of bea").inputValue();
    await dialog.getByRole("button", { name: "Done" }).click();
    await bea.goto("/rules");
    await signIn(bea, "bea", password);
    await bea.getByRole("heading", { level: 1, name: "Not for your role" }).waitFor();
    const pages = bea.getByRole("navigation", { name: "Pages" });
    assert.deepEqual(await pages.getByRole("link").allInnerTexts(), ["Today", "Inbox", "Calls", "Recordings", "Statistics", "Settings"]);
    const { width, height } = boss.viewportSize();
    await boss.setViewportSize({ width: 320, height: 800 });
    const table = boss.locator('[role="region"][aria-label="Users"]');
    await waitUntil(async () => table.evaluate((node) => node.scrollWidth <= node.clientWidth), 10_000, "a table as wide as a phone");
    assert.deepEqual((await cutOff(boss)).filter((text) => /^select/.test(text)), []);
    await boss.setViewportSize({ width, height });
    await users.getByRole("combobox", { name: "Role of bea" }).selectOption("editor");
    await pages.getByRole("link", { name: "Rules" }).waitFor();
    assert.equal(await pages.getByRole("link", { name: "Numbers" }).count(), 0);
    // Two passwords that come at once, the first one late: each is shown, once.
    const first = await holdBack(boss, "**/api/users", (request) => request.method() === "POST");
    for (const name of ["Cy", "Di"]) {
      await users.getByRole("button", { name: "Invite" }).click();
      await dialog.getByLabel("Name").fill(name);
      await dialog.getByRole("button", { name: "Invite" }).click();
      if (name === "Cy") {
        await first.answered;
        await dialog.getByRole("button", { name: "Close" }).click();
      }
    }
    await dialog.getByLabel("Password of di").waitFor();
    await first.release();
    await users.getByRole("combobox", { name: "Role of cy" }).waitFor();
    for (const name of ["di", "cy"]) {
      await dialog.getByLabel(`Password of ${name}`).waitFor();
      await dialog.getByRole("button", { name: "Done" }).click();
    }
    await dialog.waitFor({ state: "detached" });
    await users.getByRole("button", { name: "Disable bea" }).click();
    await dialog.getByRole("button", { name: "Disable" }).click();
    await bea.getByText("Your session has ended. Please sign in again.").waitFor();
    await boss.getByRole("link", { name: "Who changed what" }).click();
    await boss.getByRole("cell", { name: "User bea: added" }).waitFor();
    assert.equal(await boss.getByRole("cell", { name: "User bea: changed" }).count(), 2);
    await boss.context().close();
    await bea.context().close();
  });

  it("takes a token, for this tab only, and says so when it has ended", async () => {
    const page = await openPage(browser, server, { user: null, mock: true });
    await page.goto("/");
    await page.getByRole("button", { name: "Sign in with a token instead" }).click();
    await page.getByLabel("Access token", { exact: true }).fill("not.a.token");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Access token", { exact: true }).fill(user(server, "joe").token);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
    await page.context().route(/\/api\/twilio\/recordings/, (route) => route.fulfill({ status: 401, contentType: "application/json",
      body: '{"error":{"code":"token_expired","message":"The token has expired.","request_id":"1"}}' }));
    await page.getByRole("navigation").getByRole("link", { name: "Recordings" }).click();
    await page.getByText("Your session has ended. Please sign in again.").waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
    await page.context().close();
  });

  it("keeps what was typed when the session ends by itself, for the user who typed it", async () => {
    const page = await openPage(browser, server, { user: null, mock: true });
    await page.clock.install();
    const signInAs = async (name) => {
      await page.getByRole("button", { name: "Sign in with a token instead" }).click();
      await page.getByLabel("Access token", { exact: true }).fill(user(server, name).token);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
    };
    const ended = /\/api\/(?!auth)/;
    const end = async (act) => {
      await page.context().route(ended, (route) => route.fulfill({ status: 401, contentType: "application/json",
        body: '{"error":{"code":"token_expired","message":"The token has expired.","request_id":"1"}}' }));
      await act();
      await page.getByText("Your session has ended. Please sign in again.").waitFor();
      assert.equal(await page.getByText("half typed").or(page.getByRole("dialog")).filter({ visible: true }).count(), 0, "the page is still to be seen");
      await page.clock.fastForward("30:00"); // longer than what nobody watches is kept
      await page.context().unroute(ended);
    };
    await user(server, "joe").post("/api/twilio/contacts", { number: JOE, name: "Joe" });
    await page.goto("/settings");
    await signInAs("joe");
    const dialog = page.getByRole("dialog");
    const forms = {
      "/settings": [() => page.getByRole("button", { name: "Edit Joe" }).click(), () => dialog.getByLabel("Name"), "Save"],
      [`/callers/${JOE}`]: [() => {}, () => page.getByLabel(/^Note about/), "Save note"],
      "/": [() => page.getByRole("button", { name: "Send all calls to…" }).click(),
        () => dialog.getByLabel("Send calls to"), "Send calls there"],
    };
    for (const [at, [open, field, send]] of Object.entries(forms)) {
      await turnTo(page, at);
      await open();
      await field().fill("half typed");
      await end(() => page.getByRole("button", { name: send }).last().click());
      await signInAs("joe");
      await field().waitFor();
      await waitUntil(async () => (await field().inputValue()) === "half typed", 60_000, `what was typed at ${at}`);
      await page.getByText("Live", { exact: true }).waitFor();
      if (await dialog.count() > 0) await dialog.getByRole("button", { name: "Cancel" }).click();
    }
    // Someone else at the same desk finds nothing of it.
    await turnTo(page, "/settings");
    await page.getByRole("button", { name: "Edit Joe" }).click();
    await dialog.getByLabel("Name").fill("half typed");
    await end(() => dialog.getByRole("button", { name: "Save" }).click());
    const seen = page.evaluate(() => new Promise((resolve) => {
      new MutationObserver(() => {
        if (document.body.innerText.includes("Joe")) resolve("Joe");
        if (document.body.innerText.includes("No contacts yet")) resolve("none");
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    }));
    await signInAs("zoe");
    assert.equal(await seen, "none");
    assert.equal(await dialog.count(), 0);
    await page.context().close();
  });

  // A network that is slow with one answer: it comes when its user has signed in again.
  it("isn't ended by a late refusal of the login before", async () => {
    const page = await openPage(browser, server, { user: "joe", mock: true });
    await user(server, "joe").post("/api/twilio/contacts", { number: JOE, name: "Joe" });
    await page.goto("/settings");
    await page.getByRole("button", { name: "Edit Joe" }).click();
    const refuse = (route) => route.fulfill({ status: 401, contentType: "application/json",
      body: '{"error":{"code":"token_expired","message":"The token has expired.","request_id":"1"}}' });
    let release, isBack = false;
    const released = new Promise((resolve) => { release = resolve; });
    const saves = (request) => request.method() !== "GET" && request.url().includes("/contacts");
    await page.route(/\/api\/(?!auth)/, async (route) => {
      if (saves(route.request())) await released;
      else if (isBack) return route.continue();
      return refuse(route);
    });
    await page.getByRole("dialog").getByLabel("Name").fill("Joseph");
    const sent = page.waitForRequest(saves);
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await sent;
    await turnTo(page, "/numbers");
    await page.getByText("Your session has ended. Please sign in again.").waitFor();
    isBack = true;
    await page.getByRole("button", { name: "Sign in with a token instead" }).click();
    await page.getByLabel("Access token", { exact: true }).fill(user(server, "joe").token);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    const late = page.waitForResponse((answer) => saves(answer.request()));
    release();
    await (await late).finished();
    await turnTo(page, "/settings");
    await page.getByRole("button", { name: "Edit Joe" }).waitFor();
    assert.equal(await page.getByText("Your session has ended. Please sign in again.").count(), 0);
    await page.context().close();
  });
});

describe("two tabs", () => {
  it("show whoever signed in last, and nothing of the user before", async () => {
    const server = await startConsole();
    await addAccount(server, "Grace");
    await addAccount(server, "Linus");
    const page = await openPage(browser, server, { user: null, mock: true });
    await page.goto("/settings");
    await signIn(page, "Grace", PASSWORD);
    await page.getByText("No contacts yet").waitFor();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Number").fill(JOE);
    await page.getByRole("dialog").getByLabel("Name").fill("Joe");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Edit Joe" }).waitFor();
    // Her login is over for the other tab, and this one hasn't noticed.
    const other = await page.context().newPage();
    await other.route(/\/api\/auth\/me$/, (route) => route.fulfill({ status: 401, contentType: "application/json",
      body: '{"error":{"code":"not_signed_in","message":"Sign in first.","request_id":"1"}}' }), { times: 1 });
    await other.goto("/settings");
    await signIn(other, "Linus", PASSWORD);
    await other.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await page.getByText("No contacts yet").waitFor();
    assert.equal(await page.getByText("Joe", { exact: true }).count(), 0);
    await page.context().close();
    await stopFaultless(server);
  });
});

// A network that is slow with one answer, so that another overtakes it.
describe("an answer about a login that isn't the newest", () => {
  let server, page;
  before(async () => {
    server = await startConsole();
    for (const name of ["Grace", "Linus"]) await addAccount(server, name);
  });
  after(() => stopFaultless(server));
  const button = (name) => page.getByRole("button", { name, exact: true });
  const byToken = async (token) => {
    await button("Sign in with a token instead").click();
    await page.getByLabel("Access token", { exact: true }).fill(token);
    await button("Sign in").click();
  };
  const asJoe = () => byToken(user(server, "joe").token);
  const elsewhere = async (name) => {
    const other = await page.context().newPage();
    await other.goto("/calls");
    await signIn(other, name, PASSWORD);
  };
  const here = (name) => page.getByTitle(`Signed in as ${name}`).waitFor();
  const ME = /\/api\/auth\/me$/;
  const byCookie = (request) => !request.headers().authorization;

  for (const { what, late = [ME, byCookie], first = () => {}, begin, overtake, who } of [
    { what: "a password's", begin: () => signIn(page, "Grace", PASSWORD), overtake: asJoe, who: "joe" },
    { what: "the refusal of a token", late: [ME, (request) => !byCookie(request)], begin: () => byToken("not a token"),
      overtake: async () => {
        await button("Sign in with a name and a password").click();
        await asJoe();
      }, who: "joe" },
    { what: "another tab's", begin: () => elsewhere("Grace"), overtake: asJoe, who: "joe" },
    { what: "one of two of another tab's", begin: () => elsewhere("Grace"), overtake: async () => {
      await page.context().clearCookies();
      await elsewhere("Linus");
    }, who: "linus" },
    { what: "nobody's, from the page's first look", first: null, begin: () => page.goto("/settings"),
      overtake: () => elsewhere("Linus"), who: "linus" },
    { what: "its end", late: [/\/api\/auth\/logout$/], first: async () => {
      await signIn(page, "Grace", PASSWORD);
      await here("grace");
    }, begin: () => button("Sign out").first().click(), overtake: () => elsewhere("Linus"), who: "linus" },
  ]) {
    it(`changes nothing: ${what}`, async () => {
      page = await openPage(browser, server, { user: null, mock: true });
      if (first) {
        await page.goto("/settings");
        await button("Sign in").waitFor();
        await first();
      }
      const { answered, release } = await holdBack(page, ...late);
      await begin();
      await answered;
      await overtake();
      await here(who);
      await page.getByText("No contacts yet").waitFor();
      await release();
      await turnTo(page, "/recordings");
      await page.getByText("Nothing recorded").waitFor();
      await here(who);
      assert.equal(await page.locator("[data-login]").count(), 0);
      await page.context().close();
    });
  }
});

describe("a day at the firm", () => {
  let server;
  let page;
  before(async () => {
    server = await startCompany();
    page = await openPage(browser, server, { mock: true, acceptDownloads: true });
  });
  after(async () => {
    await page?.context().close();
    await stopFaultless(server);
  });
  const open = async (at) => {
    await page.goto(at);
    await page.getByText("Live", { exact: true }).waitFor();
  };
  const panel = (name) => page.getByRole("region", { name });
  const said = (text) => page.getByRole("status", { name: "Notices" }).getByText(text).waitFor();

  it("shows a call while it rings, and takes it away when it is over", async (t) => {
    await open("/");
    const live = panel("On the phone now");
    await live.getByText("Linus").waitFor();
    const began = performance.now();
    const playing = play(server, { from: JOE, legs: [{ does: "answered", after: 4, talk: SLOW > 1 ? 30 : 4 }], pace: 1 });
    const joe = live.getByRole("listitem").filter({ hasText: "Joe" });
    await joe.waitFor();
    t.diagnostic(`measured: a call is on the page ${Math.round(performance.now() - began)} ms after it began`);
    await playing;
    await joe.waitFor({ state: "detached" });
  });

  it("sends all calls somewhere for a while, and ends that", async () => {
    await open("/");
    await page.getByRole("button", { name: "Send all calls to…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Send calls to").fill("911");
    await dialog.getByRole("button", { name: "Send calls there" }).click();
    await dialog.getByText(/must be|emergency|not a/i).first().waitFor();
    await dialog.getByLabel("Send calls to").fill("(510) 555-0142");
    await dialog.getByText("3 hours").click();
    await dialog.getByLabel("Note").fill("Away at the fair");
    await dialog.getByRole("button", { name: "Send calls there" }).click();
    await dialog.waitFor({ state: "detached" });
    const where = panel("Where calls go");
    await where.getByText("Away at the fair").waitFor();
    const now = panel("What happens now").getByRole("listitem").first();
    await now.getByText(/^Override by ana until .*: rings .*510 555 0142.* for 25 s, then goes to voicemail\. The rules aren’t asked\./).waitFor();
    const [row] = rows(server.database, "SELECT * FROM overrides");
    assert.equal(row.forward_to_number, "+15105550142");
    assert.ok(Math.abs(row.ends_at - Date.now() - 3 * 3_600_000) < 120_000);
    await where.getByRole("button", { name: /^End it now/ }).click();
    await said("Calls follow the rules again.");
    await where.getByText("Calls follow the rules and the forwarding settings.").waitFor();
    await now.getByText(/^Override/).waitFor({ state: "detached" });
    // What a colleague does arrives by itself.
    const made = (await user(server, "ana").post("/api/twilio/overrides", { forward_to_number: "voicemail", ends_at: Date.now() + 3_600_000 })).body;
    await now.getByText(/^Override by ana until .*: goes to voicemail\./).waitFor();
    await user(server, "ana").delete(`/api/twilio/overrides/${made.id}`);
    await now.getByText(/^Override/).waitFor({ state: "detached" });
  });

  it("overrides until 15:00 by touch on a phone's screen", async () => {
    const phone = await openPage(browser, server, { mock: true, viewport: PHONE, hasTouch: true });
    await phone.goto("/");
    await phone.getByRole("button", { name: "Send all calls to…" }).tap();
    const dialog = phone.getByRole("dialog");
    await dialog.getByLabel("Send calls to").fill("(510) 555-0142");
    for (const name of ["30 min", "1 hour", "3 hours", "End of day", "Other"]) {
      const { x, width } = await dialog.getByText(name, { exact: true }).boundingBox();
      assert.ok(x >= 0 && x + width <= PHONE.width, `${name} lies outside`);
      await dialog.getByText(name, { exact: true }).tap();
      assert.ok(await dialog.getByRole("radio", { name }).isChecked(), name);
    }
    const end = await phone.evaluate(() => new Date(new Date(Date.now() + 86_400_000).setHours(15, 0, 0, 0)).getTime());
    const local = await phone.evaluate((at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16), end);
    await dialog.getByLabel("Until").fill(local);
    await dialog.getByRole("button", { name: "Send calls there" }).tap();
    await dialog.waitFor({ state: "detached" });
    assert.equal(rows(server.database, "SELECT ends_at FROM overrides ORDER BY id DESC LIMIT 1")[0].ends_at, end);
    await phone.getByRole("button", { name: /^End it now/ }).tap();
    await phone.getByText("Calls follow the rules and the forwarding settings.").waitFor();
    await phone.context().close();
  });

  for (const days of [-1, 1]) it(`overrides for an hour on a machine whose clock is ${days} day from the host's`, async () => {
    const off = await openPage(browser, server, { mock: true });
    await off.clock.install({ time: Date.now() + days * 86_400_000 });
    await off.goto("/");
    await off.getByRole("button", { name: "Send all calls to…" }).click();
    await off.getByRole("dialog").getByLabel("Send calls to").fill("+13035550142");
    await off.getByRole("button", { name: "Send calls there" }).click();
    await off.getByText(/^Until .+, calls go to/).waitFor();
    const [{ ends_at }] = rows(server.database, "SELECT ends_at FROM overrides ORDER BY id DESC LIMIT 1");
    const minutes = (ends_at - Date.now()) / 60_000;
    assert.ok(minutes > 50 && minutes < 61, `${minutes} minutes`);
    await off.getByRole("button", { name: /^End it now/ }).click();
    await off.getByRole("button", { name: /^End it now/ }).waitFor({ state: "detached" });
    await off.context().close();
  });

  it("reads a number as it is dialled here, however late the library for that comes", async () => {
    const late = await openPage(browser, server, { mock: true });
    const library = await holdBack(late, "**/assets/min-*.js");
    await late.goto("/");
    await late.getByRole("button", { name: "Send all calls to…" }).click();
    const form = late.getByRole("dialog");
    await form.getByLabel("Send calls to").fill("510 555 0142");
    await library.answered;
    for (let n = 0; n < 2; n++) await form.getByRole("button", { name: "Send calls there" }).click();
    assert.equal(await form.locator("[aria-invalid=true]").count(), 0);
    library.release();
    await form.waitFor({ state: "detached" });
    const made = rows(server.database, "SELECT forward_to_number FROM overrides ORDER BY id DESC LIMIT 2");
    assert.equal(made.filter(({ forward_to_number: to }) => to === "+15105550142").length, 1);
    await late.getByRole("button", { name: /^End it now/ }).click();
    await late.getByRole("button", { name: /^End it now/ }).waitFor({ state: "detached" });
    await late.context().close();
  });

  it("is done by keyboard alone, and the focus is never lost or hidden", async () => {
    await open("/");
    await page.getByRole("button", { name: "Send all calls to…" }).waitFor();
    await keys(page, "button", "Send all calls to…");
    await page.waitForFunction(() => document.activeElement.name === "forward_to_number");
    await page.keyboard.type("510 555 0142");
    await keys(page, "radio", "1 hour", "ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await focusNamed(page, "Send all calls to…");
    const end = page.getByRole("button", { name: /^End it now/ });
    await end.waitFor();
    await page.getByRole("button", { name: "Send all calls to…" }).focus();
    await page.keyboard.press("Shift+Tab");
    assert.match(await focused(page), /^End it now/);
    await page.keyboard.press("Enter");
    await end.waitFor({ state: "detached" });
    await focusNamed(page, /^(?!body$)/);
    await open("/recordings");
    const first = page.getByRole("button", { name: /^Delete: / }).last();
    const name = await first.getAttribute("aria-label");
    await keys(page, "button", name);
    await page.getByRole("dialog").waitFor();
    await keys(page, "button", /^Delete/);
    await page.getByRole("button", { name, exact: true }).waitFor({ state: "detached" });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await focusNamed(page, /^Delete: |Recordings/);
    await open("/settings");
    await page.getByRole("button", { name: "Edit Joe" }).waitFor();
    await keys(page, "button", "Add");
    await page.waitForFunction(() => document.activeElement.type === "tel");
    await page.keyboard.type("+1 303 555 0166");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Zoe");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete Zoe" }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await keys(page, "button", "Delete Zoe");
    await keys(page, "button", "Delete");
    await page.getByRole("button", { name: "Delete Zoe" }).waitFor({ state: "detached" });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await focusNamed(page, /^Delete |^Contacts/);
  });

  it("keeps a warning until it is closed, under a sign of its own, over no dialog", async () => {
    const page = await openPage(browser, server, { mock: true }); // with a clock of its own
    await page.route("**/api/twilio/overrides", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      return route.fulfill({ status: 201, json: { id: 9, forward_to_number: "+15105550142", starts_at: Date.now(), ends_at: Date.now() + 3_600_000,
        note: "", in_force: true, warnings: ["A call there may not arrive."] } });
    });
    await page.clock.install();
    await page.setViewportSize({ width: 390, height: 600 });
    await page.goto("/");
    const opener = page.getByRole("button", { name: "Send all calls to…" });
    await opener.evaluate((node) => node.scrollIntoView({ block: "end" }));
    await opener.click();
    await page.getByLabel("Send calls to").fill("+15105550142");
    await page.getByRole("button", { name: "Send calls there" }).click();
    const notices = page.getByRole("status", { name: "Notices" });
    const warning = notices.locator("[data-kind=warning]");
    await warning.getByText("A call there may not arrive.").waitFor();
    const sign = (kind) => notices.locator(`[data-kind=${kind}] svg path`).first().getAttribute("d");
    assert.notEqual(await sign("warning"), await sign("done"));
    await focusOn(opener);
    const covers = async () => (await opener.boundingBox()).y + 20 - (await notices.boundingBox()).y;
    await waitUntil(async () => (await covers()) < 0, 10_000, "what has the focus above the notices");
    await page.clock.runFor(60_000);
    await notices.locator("[data-kind=done]").waitFor({ state: "detached" });
    assert.ok(await warning.isVisible());
    await page.setViewportSize({ width: 320, height: 480 });
    await page.getByRole("button", { name: "Send all calls to…" }).dispatchEvent("click");
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await unreachable(page), []);
    await page.keyboard.press("Escape");
    await warning.getByRole("button", { name: "Close this notice" }).click();
    await warning.waitFor({ state: "detached" });
    await page.context().close();
  });

  it("puts a missed caller aside, takes that back, and closes an alert", async () => {
    await open("/");
    const done = page.getByRole("button", { name: "Done with Linus" });
    await done.click();
    await done.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement.closest("section, [tabindex]") !== null); // the focus stays in the list
    await page.getByRole("button", { name: "Undo" }).click();
    await done.click();
    await done.waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Seen to: / }).click();
    await page.getByRole("list", { name: "Alerts" }).waitFor({ state: "detached" });
  });

  it("finds calls by name, by number and by outcome, and remembers in the address", async () => {
    await open("/calls");
    const table = page.getByRole("region", { name: "Calls" });
    await page.getByLabel("With whom").fill("grace");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForURL(/q=grace/);
    await waitUntil(async () => (await table.getByRole("row").filter({ hasNotText: "Grace" }).count()) === 1, 10_000, "only Grace");
    await page.getByLabel("Outcome").selectOption("voicemail");
    await page.waitForURL(/outcome=voicemail/);
    await page.reload();
    await waitUntil(async () => (await page.getByLabel("With whom").inputValue()) === "grace", 10_000, "the name in the search");
    await page.getByLabel("With whom").fill("nobody by that name");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("No call matches").waitFor();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByLabel("With whom").fill("555 01");
    await page.getByRole("option", { name: "Grace, +1 206 555 0117" }).click();
    await page.waitForURL(/number=%2B12065550117/);
    await waitUntil(async () => (await page.getByLabel("With whom").inputValue()) === "Grace", 10_000, "the name in the search");
    await waitUntil(async () => (await table.getByRole("row").filter({ hasNotText: "Grace" }).count()) === 1, 10_000, "only Grace");
  });

  it("saves the calls that match as CSV", async () => {
    await open(`/calls?number=${encodeURIComponent(GRACE)}`);
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const text = readFileSync(await (await saving).path(), "utf8");
    const [{ n }] = rows(server.database, `SELECT count(*) AS n FROM twilio_call_logs WHERE parent_call_sid IS NULL
      AND ("from" = '${GRACE}' OR "to" = '${GRACE}')`);
    assert.equal(text.trim().split("\r\n").length, n + 1);
    assert.match(text, /^Date,Time,Direction,Name,/);
    assert.match(text, /,Grace,\+12065550117,Main line,/);
    await said(/^The calls are saved/);
  });

  it("saves them once if they are asked for a second time meanwhile", async () => {
    await open("/calls");
    const downloads = [];
    page.on("download", (one) => downloads.push(one));
    const slow = await holdBack(page, /format=csv/);
    await page.getByRole("button", { name: "Save as CSV" }).click();
    await slow.answered;
    const second = await holdBack(page, /format=csv.*bom|bom.*format=csv/, (request) => request.url().includes("bom=true"));
    await page.getByRole("button", { name: "CSV options" }).click();
    await page.getByRole("dialog").getByLabel("For Excel").check();
    await page.getByRole("dialog").getByRole("button", { name: "Save the file" }).click();
    await second.answered;
    await slow.release();
    await page.getByRole("button", { name: "Cancel", exact: true }).waitFor();
    await second.release();
    await said(/^The calls are saved/);
    await page.getByRole("button", { name: "Save as CSV" }).waitFor();
    assert.equal(downloads.length, 1);
  });

  it("shows a call's last state, though an earlier one comes after it", async () => {
    await open("/calls");
    const { answered, release } = await holdBack(page, /call_sid=/);
    const playing = play(server, { from: "+12065550143", legs: [{ does: "answered", after: 2, talk: 2 }], pace: 1 });
    await answered;
    await playing;
    const row = page.getByRole("row").filter({ hasText: "+1 206 555 0143" });
    const ended = row.getByText("Forwarded", { exact: true });
    await ended.waitFor();
    await release();
    await page.getByRole("button", { name: "CSV options" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await ended.waitFor();
    assert.equal(await row.getByText(/Ringing|Talking/).count(), 0);
  });

  it("keeps what is typed while a note is saved", async () => {
    await open(`/callers/${GRACE}`);
    const note = panel("Notes").getByLabel("Note about Grace");
    await note.fill("Called twice");
    const { answered, release } = await holdBack(page, "**/api/twilio/notes", (request) => request.method() === "POST");
    await panel("Notes").getByRole("button", { name: "Save note" }).click();
    await answered;
    await note.fill("Called twice, wants an offer");
    await release();
    await panel("Notes").getByRole("listitem").filter({ hasText: "Called twice" }).waitFor();
    await panel("Notes").getByRole("button", { name: "Save note" }).and(page.locator(":enabled")).waitFor();
    assert.equal(await note.inputValue(), "Called twice, wants an offer");
    await note.fill("");
  });

  it("tells why a call went where it went", async () => {
    const [{ call_sid: sid }] = rows(server.database, `SELECT call_sid FROM twilio_call_logs WHERE end_reason = 'voicemail'
      AND "from" = '${JOE}' AND call_sid NOT LIKE 'CApast%'`);
    await open(`/calls/${sid}`);
    const events = panel("What happened").getByRole("list").first();
    for (const text of ["Joe called Main line", "“Everybody else: the crew, then a message” decided", "forwarding.lua:13",
      "+1 510 555 0142 did not answer", "The caller left a message"])
      await events.getByText(text, { exact: false }).first().waitFor();
    const rules = page.getByRole("list", { name: "Rules, in order" }).getByRole("listitem");
    assert.match(await rules.nth(0).innerText(), /Grace rings through.*forwarding\.lua:6, did not match/s);
    assert.match(await rules.nth(2).innerText(), /Everybody else.*forwarding\.lua:13, decided/s);
    await open("/calls/CAnobody");
    await page.getByText("You have no call with that id.").waitFor();
  });

  it("shows a caller's page from any number, and does there what is to be done", async () => {
    await open("/calls");
    await page.getByRole("region", { name: "Calls" }).getByRole("link", { name: /^Joe/ }).first().click();
    await page.waitForURL(/\/callers\/\+14155550123$/);
    await page.getByRole("heading", { level: 1, name: "Joe" }).waitFor();
    await page.getByText("customer").first().waitFor();
    await panel("Messages").getByRole("button", { name: /^Listen: message of Joe/ }).first().click();
    await checkSound(panel("Messages").locator("audio"));
    await panel("Notes").getByLabel("Note about Joe").fill("Wants a quote");
    await panel("Notes").getByRole("button", { name: "Save note" }).click();
    await panel("Notes").getByRole("listitem").filter({ hasText: "Wants a quote" }).waitFor();
    await page.getByRole("button", { name: "Block" }).click();
    await page.getByText("Blocked", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Block", exact: true }).waitFor();
    assert.equal(rows(server.database, `SELECT blocked FROM contacts WHERE number = '${JOE}'`)[0].blocked, 0);
    const stranger = rows(server.database, `SELECT "from" FROM twilio_call_logs WHERE "from" = '+13035550188' LIMIT 1`);
    assert.equal(stranger.length, 1);
    await open("/callers/+13035550188");
    await page.getByRole("heading", { level: 1, name: "+1 303 555 0188" }).waitFor();
    await page.getByRole("button", { name: "Add name" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Ada");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Ada" }).waitFor();
    rows(server.database, "DELETE FROM contacts WHERE number = '+13035550188'");
    await open("/callers/12");
    await page.getByText("This isn’t a phone number").waitFor();
  });

  it("keeps an inbox: assigned, noted, done, reopened, and one message plays at a time", async () => {
    await play(server, { from: "+17185550143", legs: ["no-answer"], messages: [9] });
    await open("/inbox");
    const entry = page.getByRole("listitem").filter({ hasText: "+1 718 555 0143" }).first();
    await entry.getByRole("button", { name: /^Left a message: / }).click();
    await checkSound(entry.locator("audio"));
    await entry.getByLabel("Who calls back +1 718 555 0143").selectOption({ label: "Me" });
    await entry.getByRole("button", { name: "Note about +1 718 555 0143" }).click();
    await entry.getByRole("textbox", { name: "Note about +1 718 555 0143" }).fill("Call at three");
    await entry.getByRole("button", { name: "Save note" }).click();
    await entry.getByText("Call at three").waitFor();
    await page.getByText("Mine", { exact: true }).click();
    await page.waitForURL(/show=mine/);
    await page.getByRole("button", { name: "Done with +1 718 555 0143" }).click();
    await page.getByText("Nothing is assigned to you").waitFor();
    await page.getByText("Done", { exact: true }).first().click();
    const reopen = page.getByRole("listitem").filter({ hasText: "Hello, please call me back" }).getByRole("button", { name: "Reopen +1 718 555 0143" });
    await reopen.click();
    await reopen.waitFor({ state: "detached" });
    await open("/recordings");
    const listen = page.getByRole("button", { name: /^Listen: / });
    await listen.nth(0).click();
    await waitUntil(() => page.locator("audio").nth(0).evaluate((node) => !node.paused), 15_000, "the first sound");
    await listen.nth(0).click(); // what was the second
    await waitUntil(() => page.locator("audio").nth(1).evaluate((node) => !node.paused), 15_000, "the second sound");
    await waitUntil(() => page.locator("audio").nth(0).evaluate((node) => node.paused), 15_000, "the end of the first");
  });

  it("keeps a note that is being written, whatever else is looked at, until it is saved", async () => {
    const box = page.getByRole("textbox", { name: /^Note about/ });
    const textAt = async (number) => {
      await open(`/callers/${number}`);
      return box.inputValue();
    };
    const isKept = () => waitUntil(async () => (await box.inputValue()) === "Half a note", 10_000, "the note");
    assert.equal(await textAt(LINUS), "");
    await box.fill("Half a note");
    assert.equal(await textAt(GRACE), "");
    await textAt(LINUS);
    await isKept();
    await page.reload();
    await isKept();
    await page.getByRole("button", { name: "Save note" }).click();
    await page.getByRole("listitem").getByText("Half a note").waitFor();
    assert.equal(await textAt(GRACE) + await textAt(LINUS), "");
  });

  it("leaves the focus where it is when a refused search is repeated because calls come in", async () => {
    const refused = () => page.waitForResponse((response) => response.url().includes("/api/twilio/call-logs?") && response.status() === 422);
    const field = page.getByRole("searchbox", { name: "With whom" });
    await page.goto(`/calls?q=${"x".repeat(101)}`);
    await field.and(page.locator('[aria-invalid="true"]:focus')).waitFor();
    const when = page.getByRole("combobox", { name: "When" });
    await when.focus();
    const [again] = await Promise.all([refused(), play(server, { from: "+17185550145", legs: ["caller-hangs-up"] })]);
    await again.finished();
    await field.and(page.locator('[aria-invalid="true"]')).waitFor();
    assert.ok(await when.evaluate((node) => node === document.activeElement));
    page.problems.splice(0);
  });

  it("keeps an entry whose message was heard until its list is left, and takes it from the others", async () => {
    const number = "+17185550144";
    await play(server, { from: number, legs: ["no-answer"], messages: [9] });
    await play(server, { from: number, legs: [{ does: "answered", talk: 20 }] }); // since then only the message waits
    const other = await openPage(browser, server, { user: "joe", mock: true });
    const entry = (on) => on.getByRole("listitem").filter({ hasText: "+1 718 555 0144" }).first();
    await other.goto("/inbox");
    await entry(other).getByText("1 new message").waitFor();
    await open("/inbox");
    await entry(page).getByRole("button", { name: /^Left a message: / }).click();
    await entry(other).waitFor({ state: "detached" });
    await entry(page).getByText("Heard", { exact: true }).waitFor();
    await checkSound(entry(page).locator("audio"));
    assert.ok(await entry(page).isVisible());
    await page.getByText("Mine", { exact: true }).click();
    await page.getByText("Open", { exact: true }).first().click();
    await page.waitForURL(/\/inbox$/);
    await entry(page).waitFor({ state: "detached" });
    await other.context().close();
  });

  it("plays, saves and deletes a recording", async () => {
    await open("/recordings");
    const row = page.getByRole("listitem").filter({ hasText: "Joe" });
    await row.getByRole("button", { name: /^Listen: message of Joe/ }).click();
    const audio = row.locator("audio");
    await checkSound(audio);
    const saving = page.waitForEvent("download");
    await row.getByRole("button", { name: /^Download: / }).click();
    assert.ok(readFileSync(await (await saving).path()).length > 1000);
    await row.getByRole("button", { name: /^Delete: / }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
    await row.getByRole("button", { name: /^Delete: / }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete it" }).click();
    await said("The recording is deleted.");
    await row.waitFor({ state: "detached" });
  });

  it("plays a recording from its address for the console's own logins", async () => {
    await addAccount(server, "Grace");
    const own = await openPage(browser, server, { user: null, mock: true });
    await own.goto("/recordings");
    await signIn(own, "Grace", PASSWORD);
    await own.getByRole("button", { name: /^Listen: message of Linus/ }).first().click();
    await checkSound(own.locator("audio"));
    assert.match(await own.locator("audio").getAttribute("src"), /^\/api\/twilio\/recordings\/RE/);
    await own.context().close();
  });

  it("keeps contacts and blocked numbers", async () => {
    await open("/settings");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Number").fill("12");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText(/must be|E\.164|phone number/i).first().waitFor();
    await dialog.getByLabel("Number").fill("(303) 555-0188");
    await dialog.getByLabel("Do not put through").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await said(/ is saved\.$/);
    const table = page.getByRole("region", { name: "Contacts" }).last();
    await table.getByRole("row").filter({ hasText: "+1 303 555 0188" }).getByText("Blocked").waitFor();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByLabel("Number").fill("+1 617 555 0164");
    await dialog.getByLabel("Name").fill("Not Linus");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Linus is in your contacts already.").waitFor();
    await dialog.getByRole("button", { name: "Leave it as it is" }).click();
    assert.equal(rows(server.database, `SELECT name FROM contacts WHERE number = '${LINUS}'`)[0].name, "Linus");
    await page.getByRole("button", { name: "Edit Linus" }).click();
    await dialog.getByLabel("Tags").fill("supplier, vip");
    await dialog.getByRole("button", { name: "Save" }).click();
    await table.getByRole("row").filter({ hasText: "Linus" }).getByText("vip").waitFor();
    await page.getByRole("button", { name: "Delete Linus" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await said("The contact is deleted.");
    assert.equal(rows(server.database, `SELECT 1 FROM contacts WHERE number = '${LINUS}'`).length, 0);
  });

  it("counts a press for the button it began on, though that moves meanwhile, unless the pointer leaves it", async () => {
    await open("/settings");
    const add = page.getByRole("button", { name: "Add", exact: true });
    await add.scrollIntoViewIfNeeded();
    const press = async (between) => {
      const { x, y, width, height } = await add.boundingBox();
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await between(x, y);
      await page.mouse.up();
    };
    const dialog = page.getByRole("dialog");
    await press(() => page.mouse.move(5, 5));
    assert.equal(await dialog.count(), 0);
    await press(() => page.evaluate(() => {
      const late = document.createElement("button");
      late.style = "display: block; width: 100%; height: 80px";
      late.onclick = () => { late.dataset.pressed = "1"; };
      document.querySelector("main").prepend(late);
      late.scrollIntoView();
    }));
    await dialog.waitFor();
    assert.equal(await page.locator("[data-pressed]").count(), 0);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  it("can be walked by keyboard: the skip link first, and the focus is seen", async () => {
    await open("/calls");
    await page.getByRole("row").nth(1).waitFor(); // with more to walk through than is walked
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the page");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "main");
    for (let n = 0; n < 12; n++) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== "none" || document.activeElement.matches("input, select, [type=radio]");
      });
      assert.ok(seen, await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200)));
    }
  });

  it("survives a part of itself that cannot be fetched any more", async () => {
    await open("/");
    await page.context().route(/\/assets\/Statistics-[0-9a-f]+\.js/, (route) => route.fulfill({ status: 404 }));
    const link = page.getByRole("navigation").getByRole("link", { name: "Statistics" });
    await link.click(); // it reloads the page, once
    await page.getByText("Something broke").waitFor();
    assert.match(page.url(), /\/statistics$/);
    await page.getByRole("navigation").getByRole("link", { name: "Calls" }).click();
    await page.getByRole("heading", { level: 1, name: "Calls" }).waitFor();
    await page.context().unroute(/\/assets\/Statistics-[0-9a-f]+\.js/);
  });

  it("comes back by itself after the host has restarted", async () => {
    await open("/");
    await server.stop({ keep: true });
    await page.getByText("Reconnecting…").waitFor();
    server = await launch({ folder: server.folder, port: server.port, config: { web: WEB, sandbox: "yes", data_scope: "team",
      twilio_account_sid: `AC${"5".repeat(32)}`, workers: 16 } });
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 120_000 });
    rows(server.database, "INSERT INTO alerts (kind, subject, detail, first_at, last_at) VALUES ('spec', 'After the restart', '', 1, 1)");
    await play(server, { from: JOE, legs: ["busy"] });
    await page.getByRole("list", { name: "Alerts" }).getByText("After the restart").waitFor();
  });
});
