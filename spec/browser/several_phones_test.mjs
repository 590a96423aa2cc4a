// several_phones_test.mjs: BrowserCallComponent several times on a page and in two
// tabs, removed and moved during calls, with properties that change. React runs in
// development, so that StrictMode mounts each component twice.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { freePort, jwt, waitUntil } from "../support/server.mjs";
import { makeApplication } from "./support/applications.mjs";
import { Calling, LONG } from "./support/calling.mjs";

const OFFICE = "+15105550100", CALLER = "+14155550123", SHOP = "+15105550177", LINUS = "+16175550164";

// Two that stand alone, and two in one provider. Everything about them can be changed from outside: window.change({ … }).
const APP = `import { useEffect, useState } from "react";
import { HookswitchProvider, type Appearance } from "hookswitch-components";
import { BrowserCallComponent } from "hookswitch-components/phone";
import { CallHistory } from "hookswitch-components/calls";
import "hookswitch-components/style.css";

const told: unknown[] = [];
const asked: string[] = [];
type Wish = { views: string[]; tokens: string; hidden: boolean; locale: string; colorScheme: "light" | "dark"; appearance: Appearance };
const first: Wish = { views: location.search.slice(1).split(","), tokens: "first", hidden: false, locale: "en", colorScheme: "light", appearance: {} };
export function App() {
  const [wish, setWish] = useState(first);
  useEffect(() => void Object.assign(window, { told, asked, change: (some: Partial<Wish>) => setWish((before) => ({ ...before, ...some })) }), []);
  const { views, tokens, hidden, ...look } = wish;
  const tells = (view: string) => Object.fromEntries(["onIncoming", "onCallStart", "onCallEnd"].map((name) =>
    [name, (call: object) => told.push({ ...call, view, event: name })]));
  const tokenOf = (view: string) => () => {
    asked.push(tokens + " " + view);
    return sessionStorage.getItem("jwt");
  };
  const phone = (view: string, own: object = {}) => views.includes(view)
    && <section key={view} id={view}><BrowserCallComponent {...tells(view)} {...own} /></section>;
  return (
    <main hidden={hidden}>
      <h1>Phones</h1>
      {phone("alone", { ...look, baseUrl: "https://phone.example.com", token: tokenOf("alone") })}
      {phone("bob", { ...look, baseUrl: "https://phone.example.com", token: () => sessionStorage.getItem("bob") })}
      {phone("other", { ...look, baseUrl: "https://phone.example.com/", token: tokenOf("other") })}
      {views.includes("provider") && (
        <HookswitchProvider baseUrl="https://phone.example.com" token={tokenOf("provider")} {...look}
          onError={({ code }) => told.push({ view: "provider", event: "onError", code })}>
          {phone("within")}
          {phone("beside")}
          <CallHistory />
        </HookswitchProvider>
      )}
    </main>
  );
}
`;

let application, running, calling, context;
const problems = [];

before(async () => {
  const port = await freePort();
  calling = await Calling.start({ numbers: [[OFFICE, "ana", { friendly_name: "Office" }], [SHOP, "bob"]], config: { cors_origins: `http://localhost:${port}` } });
  application = await makeApplication({ stack: "vite", hookswitch: calling.server.base, files: { "src/App.tsx": APP }, mode: "development" });
  running = await application.serve(port);
});
after(async () => {
  running?.stop();
  application?.remove();
  await calling?.stop();
});

const token = (sub = "ana") => jwt({ sub, exp: Math.floor(Date.now() / 1000) + 3600 });
async function open(...views) {
  const tab = await context.newPage();
  tab.setDefaultTimeout(LONG);
  tab.on("console", (message) => message.type() === "error" && !/Failed to load resource|twilio\.com|play\(\) failed because the user/.test(message.text()) && problems.push(message.text()));
  tab.on("pageerror", (error) => problems.push(String(error)));
  await tab.goto(`/?${views}`);
  for (const view of views.filter((name) => name !== "provider")) await tab.locator(`#${view}`).getByText("Ready for calls", { exact: true }).first().waitFor();
  return tab;
}
async function fresh() {
  await context?.close();
  context = await calling.browser.newContext({ viewport: { width: 1280, height: 1600 }, reducedMotion: "reduce", locale: "en-GB",
    ignoreHTTPSErrors: true, permissions: ["microphone"], baseURL: running.origin });
  await context.addInitScript((tokens) => Object.entries(tokens).forEach((one) => sessionStorage.setItem(...one)), { jwt: token(), bob: token("bob") });
}
const change = (tab, some) => tab.evaluate((wish) => window.change(wish), some);
// What the views told of the last call.
const told = (tab) => tab.evaluate(() => window.told);
const toldIs = async (tab, wanted) => {
  await waitUntil(async () => (await told(tab)).length >= wanted.length, LONG, "what the views tell");
  assert.deepEqual(brief(await told(tab)), wanted);
};
const brief = (list) => list.map(({ view, event }) => `${event} ${view}`).sort();
const all = (tab, state, count) => waitUntil(async () => (await tab.locator(`[data-call="${state}"]`).count()) === count, LONG, `${count} phones that are ${state}`);
const bar = (tab) => tab.locator("[data-call-bar]");
const incomingIn = (tab, view) => tab.locator(`#${view}`).locator("section:not([data-call-bar])").filter({ hasText: "Incoming call" });
async function ring(tab) {
  for (const one of context.pages()) await one.evaluate(() => window.told.splice(0));
  const call = calling.edge.call({ from: CALLER, to: OFFICE });
  await bar(tab).waitFor();
  return call;
}

describe("two users' phones on one page", () => {
  it("ring at once, each with its own bar, and each ends its own call", async () => {
    await fresh();
    const tab = await open("alone", "bob");
    const title = await tab.title();
    await tab.evaluate(() => document.head.append(Object.assign(document.createElement("link"), { rel: "icon", href: "/own.png" })));
    const icon = () => tab.locator('link[rel="icon"]').last().getAttribute("href");
    const inTitle = (count) => waitUntil(async () => ((await tab.title()).match(/is calling/g)?.length ?? 0) === count, LONG, `${count} in the title`);
    const calls = [calling.edge.call({ from: CALLER, to: OFFICE }), calling.edge.call({ from: LINUS, to: SHOP })];
    await waitUntil(async () => (await bar(tab).count()) === 2, LONG, "two bars");
    const barOf = (from) => bar(tab).filter({ hasText: from });
    await inTitle(2);
    await waitUntil(async () => /^data:/.test(await icon()), LONG, "the icon of a call");
    // One below the other, also when one of them grows.
    const apart = (count) => waitUntil(() => tab.evaluate((buttons) => {
      const rects = [...document.querySelectorAll("[data-call-bar]")].map((one) => one.getBoundingClientRect()).sort((a, b) => a.top - b.top);
      return rects[0].top < 20 && rects.every(({ bottom }, n) => bottom <= (rects[n + 1]?.top ?? innerHeight))
        && [...document.querySelectorAll("[data-call-bar] button")].filter((button) => {
          const { left, right, top, bottom } = button.getBoundingClientRect();
          return button.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
        }).length === buttons;
    }, count), LONG, `bars one below the other, with ${count} buttons in reach`);
    await apart(4);
    const third = calling.edge.call({ from: "+12065550117", to: OFFICE });
    await apart(6);
    third.party.hangUp();
    await third.done;
    await apart(4);
    for (const [from, view, other] of [["555 0123", "alone", "bob"], ["555 0164", "bob", "alone"]]) {
      await barOf(from).getByRole("button", { name: "Answer", exact: true }).click();
      await tab.locator(`#${view} [data-call="open"]`).waitFor();
      assert.equal(await tab.locator(`#${other} [data-call="open"]`).count(), other === "alone" ? 1 : 0);
      await inTitle(view === "alone" ? 1 : 0); // bob's still rings
      await waitUntil(async () => (view === "alone" ? /^data:/ : /^\/own\.png$/).test(await icon()), LONG, "the icon");
      if (view === "alone") await apart(2); // what is left is at the top again
    }
    await tab.locator("#alone").getByRole("button", { name: "Hang up", exact: true }).click();
    await tab.locator('#alone [data-call="none"]').waitFor();
    assert.equal(await tab.locator('#bob [data-call="open"]').count(), 1);
    await tab.locator("#bob").getByRole("button", { name: "Hang up", exact: true }).click();
    await Promise.all(calls.map((call) => call.done));
    await waitUntil(async () => (await tab.title()) === title, LONG, "the page's own title");
    assert.deepEqual(problems, []);
  });
});

describe("several phones", () => {
  const VIEWS = ["alone", "other", "provider", "within", "beside"], COUNT = 4;

  it("are one: each answers, mutes and hangs up, in either tab", async () => {
    await fresh();
    const tabs = [await open(...VIEWS), await open(...VIEWS)];
    const places = [["bar", "alone"], ["within", "other"], ["other", "within"], ["beside", "beside"]];
    for (const [tab, another] of [tabs, [...tabs].reverse()]) {
      await tab.bringToFront();
      for (const [answers, ends] of places) {
        await ring(tab);
        assert.equal(await bar(tab).count(), 1);
        await all(tab, "incoming", COUNT);
        const said = () => tab.getByRole("alert").filter({ hasText: "Incoming call" }).count();
        await waitUntil(async () => (await said()) > 0, LONG, "an alert");
        assert.equal(await said(), 1, "said once");
        const place = answers === "bar" ? bar(tab) : incomingIn(tab, answers);
        await place.getByRole("button", { name: "Answer", exact: true }).click();
        for (const one of [tab, another]) await all(one, "open", COUNT);
        const view = tab.locator(`#${ends}`);
        await view.getByRole("button", { name: "Mute" }).click();
        await tab.locator("#alone").getByRole("button", { name: "Mute", pressed: true }).waitFor();
        await view.getByRole("button", { name: "Hang up", exact: true }).click();
        for (const one of [tab, another]) await all(one, "none", COUNT);
        await calling.edge.calls.at(-1).done;
        const once = ["onCallEnd", "onCallStart", "onIncoming"].flatMap((name) => ["alone", "beside", "other", "within"].map((one) => `${name} ${one}`));
        for (const one of [tab, another]) await toldIs(one, once);
        for (const one of tabs) await waitUntil(async () => !/calling/.test(await one.title()), LONG, "the title without a call");
      }
    }
  });

  it("go on when one of them is removed, with the tokens of those that are left", async () => {
    await fresh();
    const tab = await open("alone", "provider", "within", "beside");
    await ring(tab);
    await change(tab, { views: ["provider", "within", "beside"] }); // it had the bar
    await bar(tab).getByRole("button", { name: "Answer", exact: true }).click();
    await all(tab, "open", 2);
    await change(tab, { views: ["provider", "within"] });
    await all(tab, "open", 1);
    const before = await tab.evaluate(() => window.asked.length);
    await tab.locator("#within").getByRole("button", { name: "Hang up", exact: true }).click();
    await all(tab, "none", 1);
    await waitUntil(async () => brief(await told(tab)).includes("onCallEnd within"), LONG, "onCallEnd");
    assert.deepEqual(brief(await told(tab)).filter((one) => one.startsWith("onCallEnd")), ["onCallEnd within"]);
    // The history can still call, and does it with this phone.
    await tab.getByRole("button", { name: /^Call back/ }).first().click();
    await all(tab, "open", 1);
    await tab.locator("#within").getByRole("button", { name: "Hang up", exact: true }).click();
    await all(tab, "none", 1);
    const asked = await tab.evaluate((from) => [...new Set(window.asked.slice(from))], before);
    assert.deepEqual(asked, ["first provider"]);
  });
});

describe("a phone that is removed during a call", () => {
  it("ends it, and tells so with the call's time", async () => {
    await fresh();
    const tab = await open("alone");
    const { done } = await ring(tab);
    await bar(tab).getByRole("button", { name: "Answer", exact: true }).click();
    await all(tab, "open", 1);
    await tab.waitForTimeout(1500); // of talk
    await change(tab, { views: [] });
    await done;
    const [end] = await waitUntil(async () => {
      const list = (await told(tab)).filter(({ event }) => event === "onCallEnd");
      return list.length > 0 && list;
    }, LONG, "onCallEnd");
    assert.deepEqual({ ...end, sid: /^CA\w{32}$/.test(end.sid), seconds: end.seconds >= 1 },
      { view: "alone", event: "onCallEnd", name: null, sid: true, direction: "in", from: CALLER, to: OFFICE, seconds: true });
  });

  it("hands it over to one that comes at once, as on the next page, which alone tells its end", async () => {
    await fresh();
    const tab = await open("alone");
    await ring(tab);
    await change(tab, { views: [] });
    await change(tab, { views: ["other"] });
    await bar(tab).getByRole("button", { name: "Answer", exact: true }).click();
    await all(tab, "open", 1);
    for (const views of [["alone"], ["other"], ["provider", "within"]]) {
      await change(tab, { views: [] });
      await change(tab, { views });
    }
    await all(tab, "open", 1);
    await tab.locator("#within").getByRole("button", { name: "Hang up", exact: true }).click();
    await all(tab, "none", 1);
    await toldIs(tab, ["onCallEnd within", "onCallStart other", "onIncoming alone", "onIncoming other"]);
  });

  it("leaves it alone if another tab has the call", async () => {
    await fresh();
    const tab = await open("alone"), another = await open("alone");
    await ring(another);
    await bar(another).getByRole("button", { name: "Answer", exact: true }).click();
    await all(another, "open", 1);
    await change(another, { views: [] });
    await another.waitForTimeout(1500); // longer than a phone stays for the next component
    assert.equal(await tab.locator('[data-call="open"]').count(), 1);
    await tab.locator("#alone").getByRole("button", { name: "Hang up", exact: true }).click();
    await all(tab, "none", 1);
    assert.deepEqual(brief(await told(another)), ["onCallStart alone", "onIncoming alone"]);
    await waitUntil(async () => brief(await told(tab)).includes("onCallEnd alone"), LONG, "the end, told by the other");
  });
});

describe("a phone whose properties change", () => {
  it("goes on ringing and talking", async () => {
    await fresh();
    const tab = await open("provider", "within");
    const changes = [{ tokens: "second" }, { appearance: { accent: "#0b6e4f" } }, { colorScheme: "dark" }, { locale: "de" }, { hidden: true }];
    await ring(tab);
    for (const some of changes) {
      await change(tab, some);
      await bar(tab).waitFor();
    }
    const [scheme, lang, accent] = await bar(tab).evaluate((element) => [element.closest("[data-mantine-color-scheme]")?.dataset.mantineColorScheme,
      element.closest("[lang]").lang, getComputedStyle(element).getPropertyValue("--accent")]);
    assert.deepEqual([scheme, lang, accent], ["dark", "de", "#0b6e4f"]);
    await bar(tab).getByRole("button", { name: "Annehmen", exact: true }).click(); // though the page hides the phone
    await all(tab, "open", 1);
    for (const some of [{ hidden: false }, { tokens: "third" }, { appearance: {} }, { colorScheme: "light" }, { locale: "en" }]) await change(tab, some);
    await tab.locator("#within").getByText("Connected").first().waitFor();
    assert.equal(await tab.locator('[data-call="open"]').count(), 1);
    await tab.locator("#within").getByRole("button", { name: "Hang up", exact: true }).click();
    await all(tab, "none", 1);
    await toldIs(tab, ["onCallEnd within", "onCallStart within", "onIncoming within"]);
    await waitUntil(() => tab.evaluate(() => window.asked.at(-1) === "third provider"), LONG, "a request with the newest token");
  });

  it("without a complaint of React or the browser in any of this", () => {
    assert.deepEqual(problems, []);
  });
});
