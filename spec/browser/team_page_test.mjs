// team_page_test.mjs: whoever isn't a programmer changes hours, holidays, people, shifts and who is away; before
// and after, a call is tried at the hour concerned.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { axe, openBrowser, shoot, startConsole, stopFaultless, unreachable, visitor } from "./support/console.mjs";

const PHONE = { width: 390, height: 844 };
const TEAM = "/api/twilio/team", NUMBER = "+15105550100", ZONE = "America/Denver";
const JOE = "+13035550142", ANA = "+13035550177", SUE = "+13035550166";
const RULES = `return {
  { "by day", when = function(call) return open("office", call.at) end, go = ring(group "crew", { seconds = 10 }) },
  { "at night", go = function(call) return ring(oncall("nights", call.at), { seconds = 10 }) end },
}
`;
const FILES = {
  "people.txt": `# who is here\n[joe]\nname: Joe Brown\nphone: ${JOE}\n\n[ana]\nname: Ana\nphone: ${ANA}, no confirm\n`,
  "groups.txt": "crew: joe, ana\n",
  "hours.txt": `[office]\nzone: ${ZONE}\nmon-fri: 08:00-17:00\n`,
  "oncall.txt": `[nights]\nzone: ${ZONE}\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, ana\n`,
};

let server, browser, ana, bob;
before(async () => {
  server = await startConsole({ rules: RULES, lua: FILES, config: { rate_limits: "no" } });
  givenNumber(server.database, { user: "ana", phone: NUMBER });
  await server.settled();
  browser = await openBrowser();
  [ana, bob] = [user(server, "ana"), user(server, "bob")];
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

const visitAs = visitor();
// Pages of a context share what the browser keeps of what was typed.
const visit = (target, options, walk) => visitAs(browser, server, target, options, (page) => walk(page).finally(() => page.evaluate(() => localStorage.clear())));
const onDisk = (name) => readFileSync(path.join(server.lua, name), "utf8");
const button = (page, name) => page.getByRole("button", { name, exact: true });

// Whom a call rings first at that time.
async function ringing(at) {
  const { status, body, text } = await ana.post("/api/twilio/simulate", { from: "+14155550123", at: `${at} ${ZONE}` });
  assert.equal(status, 200, text);
  return [JOE, ANA, SUE].filter((phone) => body.documents[0].twiml.includes(`>${phone}</Number>`));
}

const dayText = (date) => new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(date)).replace(",", "");
// Days of the April to come, whenever this runs: no holiday of Colorado's then, and no change of the clocks.
const now = new Date();
const april = (day) => new Date(Date.UTC(now.getUTCFullYear() + (now.getUTCMonth() < 2 ? 0 : 1), 3, day)).toISOString().slice(0, 10);
// The first from a day of it on that is such a weekday; 0: a Sunday.
const inApril = (weekday, from = 1) => Array.from({ length: 7 }, (_, n) => april(from + n)).find((date) => new Date(date).getUTCDay() === weekday);
const NAMES = { [JOE]: "Joe Brown (+1 303 555 0142)", [ANA]: "Ana (+1 303 555 0177)", [SUE]: "Sue Miller (+1 303 555 0166)" };
const rings = (...phones) => (phones.length === 0 ? "goes to voicemail"
  : `rings ${phones.map((phone) => NAMES[phone]).join(", ").replace(/, ([^,]*)$/, " and $1")} for 10 s, then goes to voicemail`);

// What the calendar says of the edit: { times, before, after } of each change.
async function changes(page) {
  await page.getByText("This can be saved").waitFor();
  await page.getByText(/^(\d+ times? when calls go elsewhere|No call in these two weeks goes elsewhere\.)$/).waitFor();
  return page.getByRole("list", { name: "Times that change" }).getByRole("listitem").evaluateAll((items) => items.map((item) => {
    const [before, after] = Array.from(item.querySelectorAll("dd"), (one) => one.textContent);
    return { times: item.querySelector("p").textContent, before, after };
  }));
}

// An edit of one time changes where calls go then, as a simulation of the saved files says afterwards.
async function changesAt(page, times, before, after) {
  const found = (await changes(page)).filter((one) => one.times.includes(times));
  assert.deepEqual(found.map((one) => [one.before, one.after]), [[before, after]], JSON.stringify(await changes(page)));
}

async function save(page) {
  await page.getByText("This can be saved").waitFor();
  await button(page, "Save and use").click();
  await page.getByText("Saved. The next call follows it.").first().waitFor();
  await button(page, "Close this notice").first().click();
  await page.getByRole("heading", { name: "Before it goes live" }).waitFor({ state: "detached" });
}

describe("someone who never sees Lua", () => {
  it("changes opening hours by mouse and keyboard, and adds a holiday", () => visit("/team/hours", {}, async (page) => {
    const special = inApril(3, 15);
    assert.deepEqual(await ringing(`${special} 10:00`), [JOE, ANA]);
    assert.equal((await ringing("2026-12-05 10:00")).length, 1); // a Saturday: whoever is on call
    const grid = page.getByRole("grid", { name: "Hours of office" });
    const cell = (name) => grid.getByRole("gridcell", { name, exact: true });
    await cell("Saturday 9:00").waitFor();
    const [from, to] = await Promise.all([cell("Saturday 9:00").boundingBox(), cell("Saturday 11:30").boundingBox()]);
    await page.mouse.move(from.x + 5, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(to.x + 5, to.y + 5, { steps: 4 });
    await page.mouse.up();
    assert.equal(await cell("Saturday 11:30").getAttribute("aria-selected"), "true");
    assert.equal(await page.getByLabel("Saturday", { exact: true }).last().inputValue(), "09:00-12:00");
    // By keyboard: Friday closes at 16:30.
    await cell("Saturday 11:30").focus();
    for (const key of ["ArrowLeft", ...Array(10).fill("ArrowDown")]) await page.keyboard.press(key);
    await page.keyboard.press(" ");
    await page.getByText("Friday 16:30: closed").waitFor({ state: "attached" });
    assert.equal(await page.getByLabel("Friday", { exact: true }).last().inputValue(), "08:00-16:30");
    await page.getByLabel("Holidays in").selectOption("US-CO");
    await page.getByRole("checkbox", { name: "Veterans Day" }).uncheck();
    await page.locator("input[name=from]").fill(special);
    await button(page, "Add day").click();
    await page.getByText("This can be saved").waitFor();
    await page.emulateMedia({ forcedColors: "active" });
    assert.deepEqual(await axe(page, "main"), []);
    await page.emulateMedia({ forcedColors: "none" });
    await shoot(page, "team-hours");
    const saturday = inApril(6), friday = inApril(5);
    const [onSaturday, onFriday] = [await ringing(`${saturday} 10:00`), await ringing(`${friday} 18:00`)];
    await page.getByLabel("First day").fill(april(1));
    await changesAt(page, `${dayText(saturday)} 9:00 to 12:00`, rings(...onSaturday), rings(JOE, ANA));
    await changesAt(page, `${dayText(friday)} 16:30 to 17:00`, rings(JOE, ANA), rings(...onFriday));
    await page.getByLabel("First day").fill(special);
    const onSpecial = await ringing(`${special} 20:00`);
    await changesAt(page, `${dayText(special)} 8:00 to 17:00`, rings(JOE, ANA), rings(...onSpecial));
    await save(page);
    assert.equal(onDisk("hours.txt"), `[office]\nzone: ${ZONE}\nmon-thu: 08:00-17:00\nfri: 08:00-16:30\nsat: 09:00-12:00\n`
      + `holidays: US-CO\nexcept: Veterans Day\n${special}: closed\n`);
    assert.deepEqual(await ringing("2026-12-05 10:00"), [JOE, ANA]);
    assert.equal((await ringing(`${special} 10:00`)).length, 1);
    assert.equal((await ringing("2026-11-26 10:00")).length, 1); // Thanksgiving
    assert.deepEqual(await ringing("2026-11-11 10:00"), [JOE, ANA]); // Veterans Day, on which they work
  }));

  it("paints opening hours with a finger", () => visit("/team/hours", { viewport: PHONE, hasTouch: true }, async (page) => {
    const before = onDisk("hours.txt");
    const grid = page.getByRole("grid", { name: "Hours of office" });
    const cell = (name) => grid.getByRole("gridcell", { name, exact: true });
    await cell("Sunday 9:00").scrollIntoViewIfNeeded();
    const boxes = [];
    for (const name of ["Sunday 9:00", "Sunday 9:30", "Sunday 10:00"]) boxes.push(await cell(name).boundingBox());
    const finger = await page.context().newCDPSession(page);
    const touch = (type, ...boxes) => finger.send("Input.dispatchTouchEvent", { type, touchPoints: boxes.map(({ x, y }) => ({ x: x + 5, y: y + 5 })) });
    await touch("touchStart", boxes[0]);
    for (const box of boxes.slice(1)) await touch("touchMove", box);
    await touch("touchEnd");
    await page.getByText("Sunday 10:00: open").waitFor({ state: "attached" });
    assert.equal(await page.getByLabel("Sunday", { exact: true }).last().inputValue(), "09:00-10:30");
    await cell("Sunday 9:30").tap();
    await page.getByText("Sunday 9:30: closed").waitFor({ state: "attached" });
    assert.equal(await page.getByLabel("Sunday", { exact: true }).last().inputValue(), "09:00-09:30, 10:00-10:30");
    await page.getByText("This can be saved").waitFor();
    await button(page, "Save and use").tap();
    await page.getByText("Saved. The next call follows it.").first().waitFor();
    assert.equal(onDisk("hours.txt"), before.replace("sat: 09:00-12:00\n", "sat: 09:00-12:00\nsun: 09:00-09:30, 10:00-10:30\n"));
    writeFileSync(path.join(server.lua, "hours.txt"), before);
    await waitUntil(async () => (await ana.get(TEAM)).body.hours[0].week.sun.length === 0);
  }));

  it("adds a colleague and removes them, also from the group", () => visit("/team", {}, async (page) => {
    await page.getByLabel("Name of a new colleague").fill("Sue Miller");
    await button(page, "Add a colleague").click();
    // What the check has against it stands beside it, and nothing typed is lost.
    await page.getByLabel("Phone 1", { exact: true }).fill("12");
    await page.getByText("This can’t be saved yet").waitFor();
    await page.getByText("Enter a whole phone number", { exact: false }).first().waitFor();
    assert.equal(await page.getByLabel("Phone 1", { exact: true }).inputValue(), "12");
    await page.getByLabel("Phone 1", { exact: true }).fill("(303) 555-0166");
    await page.getByText("This can be saved").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("tab", { name: "Groups" }).click();
    assert.deepEqual(await changes(page), []); // no rule rings her yet
    await page.getByLabel("Add someone").selectOption("sue-miller");
    await page.getByLabel("First day").fill(inApril(1));
    const added = await changes(page);
    assert.deepEqual(added.map(({ before, after }) => [before, after]), [[rings(JOE, ANA), rings(JOE, ANA, SUE)]]);
    assert.match(added[0].times, new RegExp(`^${dayText(inApril(1))} 8:00 to 17:00, .* and \\d+ more times$`));
    await save(page);
    assert.match(onDisk("people.txt"), /\n\[sue-miller\]\nname: Sue Miller\nphone: \(303\) 555-0166\n$/);
    assert.deepEqual(await ringing("2026-12-01 10:00"), [JOE, ANA, SUE]);
    await page.getByRole("tab", { name: "People" }).click();
    await button(page, "Sue Miller").click();
    await button(page, "Remove Sue Miller").click();
    assert.deepEqual((await changes(page)).map(({ before, after }) => [before, after]), [[rings(JOE, ANA, SUE), rings(JOE, ANA)]]);
    await save(page);
    assert.equal(onDisk("people.txt"), FILES["people.txt"]);
    assert.equal(onDisk("groups.txt"), FILES["groups.txt"]);
    assert.deepEqual(await ringing("2026-12-01 10:00"), [JOE, ANA]);
  }));

  it("swaps a shift, in the dark on a phone", () => visit("/team/oncall", { viewport: PHONE, scheme: "dark" }, async (page) => {
    const evenings = Array.from({ length: 16 }, (_, n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10));
    const answers = async () => {
      const list = [];
      for (const date of evenings) list.push(...(await ringing(`${date} 20:00`)));
      return list;
    };
    const usual = await answers();
    const turns = page.getByRole("list", { name: "Upcoming turns" });
    const next = turns.getByRole("combobox").nth(1);
    const before = await next.inputValue();
    const other = before === "joe" ? "ana" : "joe";
    await next.selectOption(other);
    await turns.getByText(/instead of/).waitFor();
    // A zone that is being typed takes nothing down.
    await page.getByLabel("Time zone").fill("America/Denv");
    await page.getByText("This can’t be saved yet").waitFor();
    await page.getByLabel("Time zone").fill(ZONE);
    await turns.getByText(/instead of/).waitFor();
    assert.deepEqual(await axe(page, "main"), []);
    assert.deepEqual(await unreachable(page), []);
    await page.getByRole("tab", { name: "Hours" }).click();
    await page.getByRole("grid", { name: "Hours of office" }).waitFor();
    assert.deepEqual(await axe(page, "main"), []);
    assert.deepEqual(await unreachable(page), []);
    const [mine, theirs] = [{ joe: JOE, ana: ANA }[before], { joe: JOE, ana: ANA }[other]];
    const swapped = await changes(page);
    assert.ok(swapped.length > 0);
    for (const one of swapped) assert.deepEqual([one.before, one.after], [rings(mine), rings(theirs)]);
    await save(page);
    const [, from, to, who] = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d): (\w+)$/m.exec(onDisk("oncall.txt"));
    assert.equal(who, other);
    const phone = { joe: JOE, ana: ANA }[other];
    assert.deepEqual(await answers(), usual.map((usually, n) => (evenings[n] >= from && evenings[n] <= to ? phone : usually)));
    assert.notDeepEqual(await answers(), usual);
  }));

  it("is away until Monday, and isn't rung", async () => {
    const turns = onDisk("oncall.txt");
    // A turn of four weeks that began last Monday: whenever this runs, he is on call until then.
    const monday = new Date(Date.now() - (((now.getUTCDay() + 5) % 7) + 1) * 86_400_000).toISOString().slice(0, 10);
    await rota(`[nights]\nzone: ${ZONE}\nevery: 4 weeks\nfrom: ${monday} 08:00\npeople: joe, ana\n`);
    await visit("/team", {}, awayUntilMonday);
    await rota(turns);
  });

  async function rota(text) {
    const hash = async () => (await bob.get(TEAM)).body.hash, before = await hash();
    writeFileSync(path.join(server.lua, "oncall.txt"), text);
    await waitUntil(async () => (await hash()) !== before, 30_000, "the rota");
  }

  async function awayUntilMonday(page) {
    await button(page, "Joe Brown").click();
    await page.getByLabel("Joe Brown is away").check();
    await page.getByLabel("Away until").waitFor();
    const gone = await changes(page);
    assert.ok(gone.length > 0);
    for (const one of gone) {
      assert.ok(one.before.includes(NAMES[JOE]), one.before);
      assert.ok(!one.after.includes(NAMES[JOE]), one.after);
    }
    await save(page);
    const [, from, to] = /^away: (\S+ \S+) until (\S+ 08:00) America\/New_York$/m.exec(onDisk("people.txt"));
    assert.ok(from < to);
    assert.equal(new Date(`${to.slice(0, 10)}T00:00Z`).getUTCDay(), 1);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    assert.equal((await ringing(`${tomorrow < to ? tomorrow : to.slice(0, 10)} 03:00`)).includes(JOE), false);
    assert.deepEqual(await ringing(`${to.slice(0, 10)} 20:00`), [JOE]);
    await page.getByLabel("Joe Brown is away").uncheck();
    assert.deepEqual((await changes(page)).map(({ before, after }) => [before, after]).sort(), gone.map(({ before, after }) => [after, before]).sort());
    await save(page);
    assert.equal(onDisk("people.txt"), FILES["people.txt"]);
  }

  it("enters an absence that begins later, and sees when one is over", () => visit("/team", {}, async (page) => {
    await button(page, "Joe Brown").click();
    await page.getByLabel("Joe Brown is away").check();
    await page.getByLabel("Away from").fill("2036-05-02T17:00");
    await page.getByText("Choose an end that’s later than the beginning.").first().waitFor();
    await page.getByLabel("Away until").fill("2036-05-05T08:00");
    await page.getByText("Joe Brown isn’t rung during this time", { exact: false }).waitFor();
    await page.getByText(/^away from Fri.* 2 May 2036, 17:00 until Mon.* 5 May 2036, 8:00$/).waitFor();
    assert.deepEqual(await axe(page, "main"), []);
    await save(page);
    assert.match(onDisk("people.txt"), /^away: 2036-05-02 17:00 until 2036-05-05 08:00 America\/New_York$/m);
    await page.getByLabel("Away from").fill("");
    await page.getByLabel("Away until").fill("2026-01-05T08:00");
    await page.getByText("This absence is over: Joe Brown is rung again.").waitFor();
    await save(page);
    assert.match(onDisk("people.txt"), /^away: until 2026-01-05 08:00 America\/New_York$/m);
    await page.getByLabel("Joe Brown is away").uncheck();
    await save(page);
    assert.equal(onDisk("people.txt"), FILES["people.txt"]);
  }));

  it("sees what a rule has against it, and keeps what was typed", () => visit("/team/groups", {}, async (page) => {
    await button(page, "Remove crew").click();
    await page.getByText("This can’t be saved yet").waitFor();
    await page.getByText(/forwarding\.lua:2: .*rule "by day"/).waitFor();
    await button(page, "Discard changes").click();
    await button(page, "crew").waitFor();
  }));

  it("changes who is on call when the calendar of a rota names nobody", async () => {
    const turns = onDisk("oncall.txt");
    await rota(`[nights]\nzone: ${ZONE}\ncalendar: nights.ics\notherwise: joe  # for now\n`);
    await visit("/team/oncall", {}, async (page) => {
      await page.getByText("By a calendar, otherwise Joe Brown").waitFor();
      assert.equal(await page.getByLabel("Address of the calendar, or its file").inputValue(), "nights.ics");
      await page.getByLabel("On call when it names nobody").selectOption("ana");
      assert.deepEqual(await axe(page, "main"), []);
      assert.deepEqual(await unreachable(page), []);
      await save(page);
      assert.match(onDisk("oncall.txt"), /calendar: nights\.ics\notherwise: ana {2}# for now\n$/);
      assert.deepEqual(await ringing("2027-01-01 20:00"), [ANA]);
    });
    await rota(turns);
  });

  it("sees which swaps and special days are over", async () => {
    const turns = onDisk("oncall.txt");
    await rota(`${turns}2026-03-01..2026-03-02: ana\n2126-03-01: joe\n12-24: ana\n`);
    await visit("/team/oncall", {}, async (page) => {
      const swaps = page.getByRole("list", { name: "Swapped turns" }).getByRole("listitem");
      await swaps.first().waitFor();
      assert.deepEqual((await swaps.allTextContents()).slice(-3).map((text) => text.includes("(over)")), [true, false, false]);
      await page.getByRole("tab", { name: "Hours" }).click();
      const days = page.getByRole("list", { name: "Special days" }).getByRole("listitem");
      for (const [date, over] of [["2026-03-01", true], ["2126-03-01", false]]) {
        await page.locator("input[name=from]").fill(date);
        await button(page, "Add day").click();
        assert.equal((await days.last().textContent()).includes("(over)"), over, date);
      }
      await button(page, "Discard changes").click();
    });
    await rota(turns);
  });
});

describe("two colleagues at once", () => {
  it("lose nothing: edits are put together, and where both changed the same, both are shown", () => visit("/team", {}, async (page) => {
    const put = async (change) => {
      const { hash, people } = (await bob.get(TEAM)).body;
      const { status, text } = await bob.put(TEAM, { hash, people: change(people) });
      assert.equal(status, 200, text);
    };
    const named = (id, name) => (people) => people.map((one) => (one.id === id ? { ...one, name } : one));
    await button(page, "Joe Brown").click();
    await page.getByLabel("Name", { exact: true }).fill("Joe B.");
    await page.getByText("This can be saved").waitFor();
    // Saved before the page has read that there is something new.
    const reads = (url) => url.pathname === TEAM;
    const held = [];
    await page.route(reads, (route) => (route.request().method() === "GET" ? held.push(route) : route.continue()));
    await put(named("ana", "Ana Smith"));
    await button(page, "Save and use").click();
    await page.getByText("Your changes were added to theirs", { exact: false }).waitFor();
    await button(page, "Ana Smith").waitFor();
    await page.unroute(reads);
    await Promise.allSettled(held.map((route) => route.continue()));
    await put(named("joe", "Joseph"));
    await page.getByText(/Joseph/).waitFor();
    await page.getByText(/Joe B\..*/).first().waitFor();
    await button(page, "Use theirs").click();
    await button(page, "Joseph").waitFor();
    const { people } = (await ana.get(TEAM)).body;
    assert.deepEqual(people.map(({ name }) => name), ["Joseph", "Ana Smith"]);
  }));
});
