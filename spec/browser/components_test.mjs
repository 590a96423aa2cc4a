// components_test.mjs: docs/components.md followed in a fresh application (Vite,
// the newest React, npm) on another origin, against the real binary and the
// stand-in for Twilio's edge. Other stacks: components_matrix.mjs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { user } from "../support/api.mjs";
import { freePort, jwt, patient, waitUntil } from "../support/server.mjs";
import { makeApplication } from "./support/applications.mjs";
import { Calling, LONG } from "./support/calling.mjs";
import { axe, BUILD, holdBack, sendThatFails, shoot } from "./support/console.mjs";

const OFFICE = "+15105550100", CALLER = "+14155550123", CALLEE = "+13035550142";

// Our own pages beside the documented ones: what the components tell, and each of them alone.
const APP = `import { Telephony } from "./Telephony";
import { Support } from "./Support";
import { Events } from "./Events";
import { Language } from "./Language";
const pages: Record<string, () => React.ReactNode> = { "": Telephony, "?support": () => <Support token={() => sessionStorage.getItem("jwt") ?? ""} />,
  "?events": Events, "?language": Language };
export function App() {
  const Page = pages[location.search];
  return <main><h1 id="own">Our own application</h1><button id="button">Our button</button><Page /></main>;
}
`;
const EVENTS = `import { useRef, useState } from "react";
import { HookswitchProvider, type HookswitchError, type Token } from "hookswitch-components";
import { CallHistory, type CallRow } from "hookswitch-components/calls";
import { BrowserCallComponent, type CallInfo, type EndedCall, type PhoneHandle } from "hookswitch-components/phone";
import "hookswitch-components/style.css";

const told: unknown[] = [];
Object.assign(window, { told });
const token: Token = () => {
  const jwt = sessionStorage.getItem("jwt");
  if (jwt === "broken") throw new Error("Our own login is down");
  return jwt;
};
const href = (call: CallRow): string => "/calls/" + call.call_sid;
export function Events() {
  const phone = useRef<PhoneHandle>(null);
  const [dialled, setDialled] = useState("");
  return (
    <HookswitchProvider baseUrl="https://phone.example.com" token={token} onError={(error: HookswitchError) => told.push(["error", error])}>
      <p id="ours">Inside the provider</p>
      <button onClick={() => setDialled(String(phone.current?.dial("(303) 555-0142")))}>Dial</button>
      <button onClick={() => setDialled(String(phone.current?.dial("nobody")))}>Dial nobody</button>
      <output id="dialled">{dialled}</output>
      <BrowserCallComponent ref={phone} onAttention={() => told.push(["attention"])}
        onIncoming={(call: CallInfo) => told.push(["incoming", call])} onCallStart={(call: CallInfo) => told.push(["start", call])}
        onCallEnd={(call: EndedCall) => told.push(["end", call])} />
      <CallHistory callHref={href} />
    </HookswitchProvider>
  );
}
`;

const LANGUAGE = `import { HookswitchProvider } from "hookswitch-components";
import { PhoneNumberManagement } from "hookswitch-components/numbers";
import "hookswitch-components/style.css";

export const Language = () => (
  <HookswitchProvider baseUrl="https://phone.example.com" token={() => sessionStorage.getItem("jwt")} locale="fr-CA"
    messages={{ "Get a number": "Ajouter une ligne" }}>
    <PhoneNumberManagement />
  </HookswitchProvider>
);
`;

// Style sheets that many applications have, as packages.
const FRAMEWORKS = { tailwindcss: "4.3.5", "@tailwindcss/cli": "4.3.5", bootstrap: "5.3.9" };
const inApplication = (...names) => path.join(application.folder, ...names);
function tailwind() {
  writeFileSync(inApplication("tailwind.css"), '@import "tailwindcss";');
  execFileSync(inApplication("node_modules/.bin/tailwindcss"), ["-i", "tailwind.css", "-o", "made.css"], { cwd: application.folder, stdio: "ignore", timeout: patient(60_000) });
  return readFileSync(inApplication("made.css"), "utf8");
}

let application, running, calling, tab;
const requests = [];
const region = (name) => tab.getByRole("region", { name, exact: true }).first();
const isStream = (answer) => answer.url().endsWith("/api/twilio/events") && answer.request().method() === "GET";
const token = (seconds) => jwt({ sub: "ana", exp: Math.floor(Date.now() / 1000) + seconds });

before(async () => {
  const port = await freePort();
  calling = await Calling.start({ numbers: [[OFFICE, "ana", { friendly_name: "Office" }]], config: { cors_origins: `http://localhost:${port}` } });
  application = await makeApplication({ stack: "vite", hookswitch: calling.server.base, packages: FRAMEWORKS, files: { "src/App.tsx": APP, "src/Events.tsx": EVENTS, "src/Language.tsx": LANGUAGE } });
  running = await application.serve(port);
  const context = await calling.browser.newContext({ viewport: { width: 1280, height: 1600 }, reducedMotion: "reduce", locale: "en-GB",
    ignoreHTTPSErrors: true, permissions: ["microphone"], baseURL: running.origin });
  tab = await context.newPage();
  await tab.addInitScript((value) => sessionStorage.setItem("jwt", value), token(3600));
  await tab.addInitScript(() => { // cutEvents(): the event stream breaks off
    const { fetch } = window;
    window.fetch = (url, options) => {
      if (!String(url).endsWith("/api/twilio/events")) return fetch(url, options);
      const cut = new AbortController();
      window.cutEvents = () => cut.abort();
      return fetch(url, { ...options, signal: AbortSignal.any([options.signal, cut.signal]) });
    };
  });
  tab.setDefaultTimeout(LONG);
  tab.on("request", (request) => requests.push(request));
  await tab.goto("/");
});
after(async () => {
  running?.stop();
  application?.remove();
  await calling?.stop();
});

describe("the components in another application", () => {
  it("are all there, and read with the token from the other origin", async () => {
    await region("Phone numbers").getByRole("heading", { name: "Office" }).waitFor();
    await region("Call forwarding").getByText("If someone calls now").waitFor();
    await region("Calls").getByText("No calls yet").waitFor();
    await region("Recordings").getByText("Nothing recorded").waitFor();
    await tab.getByText("Ready for calls", { exact: true }).first().waitFor();
    const own = requests.filter((request) => request.url().startsWith(`${calling.server.base}/api/`) && request.method() !== "OPTIONS");
    assert.ok(own.length >= 5);
    for (const request of own) assert.match(request.headers().authorization ?? "", /^Bearer ey/);
    await shoot(tab, "components");
    assert.deepEqual(await axe(tab), []);
  });

  it("open their dialogs inside, and change what they show", async () => {
    await tab.getByRole("button", { name: "Edit +1 510 555 0100" }).click();
    const dialog = tab.getByRole("dialog");
    await waitUntil(() => dialog.evaluate((element) => element.contains(document.activeElement)), LONG, "the focus in the dialog");
    await dialog.getByLabel("Voicemail greeting").fill("Hello.");
    assert.ok(await dialog.evaluate((element) => element.closest(".hookswitch") !== null));
    assert.deepEqual(await axe(tab), []);
    await dialog.getByRole("button", { name: "Save" }).click();
    await tab.getByText("+1 510 555 0100 was saved.").waitFor();
    const { body } = await user(calling.server, "ana").get("/api/twilio/my-numbers");
    assert.equal(body.phone_numbers[0].voicemail_greeting, "Hello.");
  });

  it("open their dialogs in the window's middle, and notices in its corner, whatever is around them", async () => {
    const style = await tab.addStyleTag({ content: `main { transform: translateX(90px) scale(0.8); filter: blur(0); overflow: hidden; height: 30rem; contain: paint }
      body::after { content: ""; position: fixed; inset: 0; z-index: 2147483647; background: rgb(255 0 0 / 10%) }` });
    await tab.getByRole("button", { name: "Edit +1 510 555 0100" }).dispatchEvent("click");
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Front desk"); // nothing covers it
    const box = await dialog.boundingBox();
    assert.ok(Math.abs(box.x + box.width / 2 - 640) < 2, `centred: ${JSON.stringify(box)}`);
    assert.ok(box.y > 0 && box.y + box.height < 1600);
    const fail = await sendThatFails(tab, "**/api/twilio/my-numbers/*");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    fail();
    const notice = tab.locator("[data-kind=warning]");
    await notice.getByText("Not done: “Edit +1 510 555 0100”.").waitFor();
    const corner = await notice.boundingBox();
    assert.deepEqual([corner.x + corner.width, corner.y + corner.height].map(Math.round), [1264, 1584], "a rem from the window's edges");
    await notice.getByRole("button", { name: "Open again" }).click();
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Front desk");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await style.evaluate((element) => element.remove());
  });

  it("come with their version, their licence and those of the code in them, and need nothing but React", () => {
    const folder = inApplication("node_modules/hookswitch-components"), read = (name) => readFileSync(path.join(folder, name), "utf8");
    const ours = JSON.parse(read("package.json"));
    assert.equal(`hookswitch ${ours.version}`, execFileSync(path.join(BUILD, "hookswitch"), ["--version"], { encoding: "utf8" }).trim());
    const root = path.resolve(import.meta.dirname, "../..");
    assert.equal(read("LICENSE"), readFileSync(path.join(root, "LICENSE"), "utf8"));
    const foreign = read("THIRD_PARTY_LICENSES.txt");
    const { dependencies } = JSON.parse(readFileSync(path.join(root, "web/package.json"), "utf8"));
    const isInside = (name) => !["react", "react-dom", "wouter"].includes(name); // wouter is the console's
    for (const [name, version] of Object.entries(dependencies).filter(([one]) => isInside(one)))
      assert.ok(foreign.includes(`\n${name} ${version} (`), name);
    const scripts = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js")).map(read);
    const needed = scripts.flatMap((text) => [...text.matchAll(/\b(?:from|import)\s*\(?["'`](@?[a-z][\w/@.-]*)["'`]/g)].map(([, name]) => name.split("/")[0]));
    assert.deepEqual([...new Set(needed)].sort(), Object.keys(ours.peerDependencies).sort());
  });

  it("render an empty place on the server, and touch nothing there", () => {
    const script = `import { createElement as h } from "react"; import { renderToString } from "react-dom/server";
      import * as all from "hookswitch-components"; import { CallHistory } from "hookswitch-components/calls";
      const { HookswitchProvider, ...components } = all;
      console.log(renderToString(h(HookswitchProvider, { baseUrl: "https://phone.example.com", colorScheme: "auto" }, h("p", null, "ours"),
        Object.values(components).map((Component, key) => h(Component, { key })), h(CallHistory))));`;
    const html = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: application.folder, encoding: "utf8",
      timeout: patient(60_000) }); // nothing goes on there
    assert.match(html, /^<p>ours<\/p><div class="hookswitch"/);
    assert.equal(html.match(/class="hookswitch"/g).length, 6);
  });
});

// Every property of every kind of element in the components, and of what is before
// and after it, but what follows from the room there is, and lines that an
// ancestor draws through all that is in it.
function looks() {
  const kinds = new Map();
  const room = /^(-webkit-)?(width|height|inline-size|block-size|perspective-origin|transform-origin|inset.*|top|left|right|bottom|locale|grid-template-.*|text-decorations-in-effect)$/;
  const valuesOf = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    if (/before|after/.test(pseudo) && style.content === "none") return [[`${pseudo} content`, "none"]];
    return [...style].filter((name) => !room.test(name) && !name.startsWith("--")).map((name) => {
      let value = style.getPropertyValue(name);
      // Moved by a share of a box whose place is narrower, so that its text goes on below.
      if (name === "transform") value = value.replace(/^(matrix\(.*)(, -?[\d.]+){2}\)$/, "$1)");
      return [`${pseudo ?? ""} ${name}`, /^min-/.test(name) && value === "auto" ? "0px" : value];
    });
  };
  for (const element of document.querySelectorAll(".hookswitch, .hookswitch *")) {
    if (element.closest("option, datalist, script")) continue;
    const kind = [element.localName, element.getAttribute("class"), element.getAttribute("type"),
      ...["hover", "focus", "disabled"].map((state) => element.matches(`:${state}`))].join(" ");
    if (kinds.has(kind)) continue;
    const pseudos = [null, "::before", "::after", ...(element.matches("input, textarea") ? ["::placeholder"] : [])];
    kinds.set(kind, Object.fromEntries(pseudos.flatMap((pseudo) => valuesOf(element, pseudo))));
  }
  return Object.fromEntries(kinds);
}

const differences = (before, now) => Object.entries(before).flatMap(([kind, styles]) => Object.entries(styles)
  .filter(([name, value]) => now[kind]?.[name] !== value).map(([name, value]) => `${kind}${name}: ${value} → ${now[kind]?.[name]}`));

const ODD = `margin: 7px; padding: 9px 11px; border: 3px dotted rgb(1 2 3); border-radius: 13px; box-sizing: content-box; font: italic 900 29px/2.3 cursive;
  letter-spacing: 4px; color: rgb(4 5 6); background: rgb(7 8 9); text-align: end; text-transform: uppercase; text-decoration: line-through; opacity: 0.5;
  cursor: help; display: inline-flex; position: relative; float: right; box-shadow: 0 0 9px red; transition: all 3s; outline: 5px solid lime;
  list-style: square; vertical-align: top; white-space: pre; fill: red; stroke: lime; stroke-width: 9; max-width: 40%; min-height: 5rem; appearance: none`;
const names = ("a article audio button code dd details div dl dt fieldset form h2 h3 input label legend li ol output p q section select span strong "
  + "summary svg path table tbody td th thead tr time ul").split(" ");
const SHEETS = {
  "a template's": `:root { font: 18px/145% serif; letter-spacing: 0.18px; color: #6b6375; background: #fff; color-scheme: dark } html { font-size: 62.5% }
    body { text-align: center; text-transform: uppercase; word-spacing: 4px; cursor: wait; line-height: 3; text-indent: 9px; white-space: pre; tab-size: 3 }
    #root { text-align: center; color: red } a { font-weight: 500; color: #646cff; text-decoration: inherit } a:hover { color: #535bf2 }
    h1, h2 { font-family: cursive; font-size: 3.2em; line-height: 1.1; letter-spacing: -1px } p { margin: 2em }
    button { border-radius: 8px; border: 1px solid transparent; padding: 0.6em 1.2em; font: inherit; background-color: #1a1a1a; transition: border-color 0.25s }
    button:hover { border-color: #646cff; color: red } button:focus, button:focus-visible { outline: 4px auto -webkit-focus-ring-color }
    :focus-visible { outline: 9px dashed red } code { padding: 9px } @media (width > 1px) { input:not([type="x"]):focus { border: 9px solid red } }`,
  "a reset in a layer": `@layer base { *, ::after, ::before, ::backdrop, ::file-selector-button { box-sizing: border-box; margin: 0; padding: 0; border: 0 solid }
    h1, h2, h3, h4 { font-size: inherit; font-weight: inherit } a { color: inherit; text-decoration: inherit } ol, ul, menu { list-style: none }
    img, svg, video, canvas, audio, iframe { display: block; vertical-align: middle } table { text-indent: 0; border-color: inherit; border-collapse: collapse }
    button, input, select, optgroup, textarea { font: inherit; letter-spacing: inherit; color: inherit; border-radius: 0; background: transparent; opacity: 1 }
    ::placeholder { opacity: 1; color: color-mix(in oklab, currentcolor 50%, transparent) } summary { display: list-item }
    [type="text"], [type="tel"], select { appearance: none; border: 1px solid red; padding: 9px } [type="text"]:focus { box-shadow: 0 0 0 9px red } }`,
  "everything": `*, ::before, ::after, ::placeholder { ${ODD} } ::before { content: "x" }`,
  "elements": names.map((name) => `${name}, main ${name}:not(.never), #root ${name}:hover, ${name}:focus { ${ODD} }`).join("\n"),
  "Tailwind 4": tailwind,
  "Bootstrap 5": () => readFileSync(inApplication("node_modules/bootstrap/dist/css/bootstrap.css"), "utf8"),
  "an element in an id": names.map((name) => `#root main ${name}[class], #root ${name} { ${ODD} }`).join("\n"),
};

describe("the components' style sheet", () => {
  let plain; // how they look with no sheet of the page's
  for (const [name, content] of Object.entries(SHEETS)) {
    it(`lets nothing in: ${name}`, async () => {
      if (await tab.getByRole("dialog").count() === 0) {
        await tab.getByRole("button", { name: "Edit +1 510 555 0100" }).click();
        await tab.getByRole("dialog").getByLabel("Name").focus();
        await tab.getByRole("dialog").getByRole("button", { name: "Save" }).hover();
      }
      plain ??= await tab.evaluate(looks);
      assert.ok(Object.keys(plain).length > 60, `${Object.keys(plain).length} kinds of elements`);
      const style = await tab.addStyleTag({ content: typeof content === "function" ? content() : content });
      const found = differences(plain, await tab.evaluate(looks));
      await style.evaluate((element) => element.remove());
      assert.deepEqual(found.slice(0, 20), [], `${found.length} differences`);
    });
  }

  it("lets nothing out", async () => {
    const text = readFileSync(path.join(application.folder, "node_modules/hookswitch-components/style.css"), "utf8");
    const loose = await tab.evaluate((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      const selectors = (rules) => [...rules].flatMap((rule) => (rule instanceof CSSKeyframesRule ? [] : rule.selectorText ? [rule.selectorText]
        : selectors(rule.cssRules ?? [])));
      // Commas between selectors, not those within brackets.
      const parts = (list) => {
        const found = [""];
        let depth = 0;
        for (const letter of list) {
          depth += { "(": 1, ")": -1 }[letter] ?? 0;
          if (letter === "," && depth === 0) found.push("");
          else found[found.length - 1] += letter;
        }
        return found.map((one) => one.trim());
      };
      const all = selectors(sheet.cssRules);
      // Each of a list's selectors ends with its limit.
      const limited = (one) => /:where\(\.hookswitch, \.hookswitch \*\):not\(#_#_\)(::?[\w-]+(\([^)]*\))?(:[\w-]+)*)?$|^:where\(\.hookswitch(\[[^\]]*\])*\)$/.test(one);
      return { count: all.length, loose: all.flatMap(parts).filter((one) => !limited(one)) };
    }, text);
    assert.ok(loose.count > 300);
    assert.deepEqual(loose.loose, []);
    const [family, button, background] = await tab.evaluate(() => [getComputedStyle(document.getElementById("own")).fontFamily,
      getComputedStyle(document.getElementById("button")).borderTopStyle, getComputedStyle(document.body).backgroundColor]);
    assert.equal(family, await tab.evaluate(() => getComputedStyle(document.documentElement).fontFamily));
    assert.equal(button, "outset"); // a button's own, in this browser
    assert.equal(background, "rgba(0, 0, 0, 0)");
    assert.equal(await tab.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--mantine-spacing-md")), "");
    assert.equal(await tab.evaluate(() => document.documentElement.getAttribute("data-mantine-color-scheme")), null);
  });

  it("takes the page's own accent, for every control", async () => {
    const usual = () => [...document.querySelectorAll(".hookswitch *")].filter((element) => {
      const style = getComputedStyle(element);
      return [style.color, style.backgroundColor, style.borderTopColor, style.fill, style.stroke].some((colour) => /rgb\(59, 91, 219\)|rgb\(54, 79, 199\)/.test(colour));
    }).map((element) => element.outerHTML.slice(0, 120));
    assert.ok((await tab.evaluate(usual)).length > 0);
    const style = await tab.addStyleTag({ content: ".hookswitch { --accent: #0b6e4f }" });
    assert.deepEqual(await tab.evaluate(usual), []);
    await style.evaluate((element) => element.remove());
  });

  it("follows `appearance` and the system's colours", async () => {
    await tab.goto("/?support");
    const island = tab.locator(".hookswitch");
    await tab.getByText("Ready for calls", { exact: true }).first().waitFor();
    const [fonts, radius, track] = await island.evaluate((element) => [
      [...new Set([...element.querySelectorAll("*")].map((one) => getComputedStyle(one).fontFamily))],
      getComputedStyle(element.querySelector("input[type=tel]")).borderRadius,
      getComputedStyle(element.querySelector("input[role=switch] ~ *, input[role=switch] + *")).backgroundColor]);
    assert.deepEqual(fonts, ["Georgia, serif"]);
    assert.equal(radius, "0px");
    assert.equal(track, "rgb(11, 110, 79)");
    assert.equal(await island.getAttribute("data-mantine-color-scheme"), "light");
    await tab.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await tab.locator('.hookswitch[data-mantine-color-scheme="dark"]').waitFor();
    await tab.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  });
});

describe("the components tell the application", () => {
  const told = (kind) => tab.evaluate((wanted) => window.told.filter(([name]) => name === wanted).map(([, value]) => value), kind);
  const once = (kind, count = 1) => waitUntil(async () => (await told(kind)).length >= count && told(kind), LONG, kind);

  it("of a call that comes in, of its beginning and its end; the history follows", async () => {
    await tab.goto("/?events");
    await tab.getByText("Ready for calls", { exact: true }).first().waitFor();
    const call = await calling.ring("ana", { from: CALLER, to: OFFICE });
    const bar = tab.locator("[data-call-bar]");
    await bar.waitFor();
    await shoot(tab, "components-ringing");
    for (const [width, height] of [[390, 844], [1280, 1600]]) { // in the top middle of the window, as in the console
      await tab.setViewportSize({ width, height });
      const box = await bar.boundingBox();
      assert.ok(box.width >= Math.min(640, width - 16) && Math.abs(box.x + box.width / 2 - width / 2) < 2, JSON.stringify(box));
      assert.ok(box.y >= 0 && box.y < 20 && box.height < 120, JSON.stringify(box));
    }
    await bar.getByRole("button", { name: "Answer", exact: true }).click();
    const [{ sid, ...incoming }] = await once("incoming");
    assert.deepEqual(incoming, { direction: "in", from: CALLER, to: OFFICE, name: null });
    assert.ok((await told("attention")).length >= 1);
    const [begun] = await once("start");
    assert.deepEqual(begun, { sid, ...incoming });
    await tab.locator('[data-call="open"]').waitFor();
    await region("Calls").getByText("Talking").waitFor();
    call.party.hangUp();
    const [ended] = await once("end");
    assert.ok(Number.isInteger(ended.seconds) && ended.seconds >= 0);
    assert.deepEqual({ ...ended, seconds: 0 }, { ...begun, seconds: 0 });
    await region("Calls").getByText("Answered").waitFor();
    assert.equal(await region("Calls").getByRole("link").getAttribute("href"), `/calls/${call.sid}`);
  });

  it("of a call that it dials itself", async () => {
    await tab.getByRole("button", { name: "Dial nobody" }).click();
    await tab.locator("#dialled", { hasText: "false" }).waitFor();
    const before = calling.edge.calls.at(-1);
    await tab.getByRole("button", { name: "Dial", exact: true }).click();
    await tab.locator("#dialled", { hasText: "true" }).waitFor();
    const call = await calling.next(before);
    const begun = (await once("start", 2))[1];
    assert.deepEqual(begun, { sid: call.sid, direction: "out", from: OFFICE, to: CALLEE, name: null });
    await tab.getByRole("button", { name: "Hang up", exact: true }).first().click();
    const ended = (await once("end", 2))[1];
    assert.deepEqual({ ...ended, seconds: 0 }, { ...begun, seconds: 0 });
    assert.deepEqual(await told("error"), []);
  });

  it("of a token that has expired, once, and go on with the next", async () => {
    await tab.evaluate((value) => sessionStorage.setItem("jwt", value), token(-300)); // longer ago than clocks may differ
    const direction = tab.getByLabel("Direction");
    await direction.selectOption("outbound");
    const [{ message, ...error }] = await once("error");
    assert.deepEqual(error, { code: "invalid_token", status: 401 });
    assert.ok(message.length > 0);
    await direction.selectOption("inbound");
    await region("Calls").getByRole("button", { name: "Try again" }).waitFor();
    assert.equal((await told("error")).length, 1);
    await tab.evaluate((value) => sessionStorage.setItem("jwt", value), token(3600));
    await region("Calls").getByText("Answered").first().waitFor();
    assert.equal((await told("error")).length, 1);
  });

  it("of a token that is refused or can't be had when the event stream is opened again, and listen again with the next", async () => {
    for (const [bad, code] of [["broken", "token_failed"], [token(-300), "invalid_token"]]) {
      await tab.goto("/?events");
      await tab.getByText("Ready for calls", { exact: true }).first().waitFor();
      await tab.evaluate((value) => sessionStorage.setItem("jwt", value), bad);
      const tried = code === "token_failed" ? sleep(2000) // longer than the first pause before the stream is opened again
        : tab.waitForResponse((answer) => isStream(answer) && answer.status() === 401);
      await tab.evaluate(() => window.cutEvents());
      await tried;
      assert.equal((await once("error"))[0].code, code);
      const again = tab.waitForResponse((answer) => isStream(answer) && answer.status() === 200);
      await tab.evaluate((value) => sessionStorage.setItem("jwt", value), token(3600));
      await again;
      assert.equal((await told("error")).length, 1);
    }
  });

  it("of a token that is replaced before its refusal comes: not at all", async () => {
    await tab.goto("/?events");
    await region("Calls").getByText("Answered").first().waitFor();
    // The token has expired when this request arrives, and only this one.
    const { answered, release } = await holdBack(tab, /direction=outbound/, () => true, { authorization: `Bearer ${token(-300)}` });
    await tab.getByLabel("Direction").selectOption("outbound");
    await answered;
    await tab.evaluate((value) => sessionStorage.setItem("jwt", value), token(3000));
    const opened = tab.waitForResponse((answer) => isStream(answer) && answer.status() === 200);
    await tab.evaluate(() => window.cutEvents());
    await opened;
    const again = tab.waitForResponse((answer) => /direction=outbound/.test(answer.url()) && answer.status() === 200);
    await release();
    await again;
    assert.deepEqual(await told("error"), []);
  });

  it("of its own token function when that fails, and go on with the next token", async () => {
    await tab.goto("/?events");
    await region("Calls").getByText("Answered").first().waitFor();
    await tab.evaluate(() => sessionStorage.setItem("jwt", "broken"));
    await tab.getByLabel("Direction").selectOption("outbound");
    await once("error");
    await region("Calls").getByText("Our own login is down").waitFor();
    assert.deepEqual(await told("error"), [{ code: "token_failed", message: "Our own login is down", status: 401 }]);
    await tab.evaluate((value) => sessionStorage.setItem("jwt", value), token(3600));
    await region("Calls").getByText("Answered").first().waitFor();
  });
});

describe("their language", () => {
  it("is the page's own, or what `locale` says, with the application's own texts", async () => {
    await tab.goto("/?language");
    await tab.getByRole("region", { name: "Numéros de téléphone" }).getByRole("button", { name: "Ajouter une ligne" }).waitFor();
    assert.equal(await tab.locator(".hookswitch").getAttribute("lang"), "fr-CA");
    await tab.getByText(/^À vous depuis le \d+ \p{L}+ \d{4}$/u).waitFor();
    await tab.addInitScript(() => new MutationObserver(() => { document.documentElement.lang = "de-AT"; })
      .observe(document, { childList: true }));
    await tab.goto("/?support");
    await tab.locator('.hookswitch[lang="de-AT"]').first().waitFor();
  });
});
