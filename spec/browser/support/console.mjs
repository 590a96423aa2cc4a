// console.mjs: the built console in Debian's Chromium, against the real binary.
//
//   const server = await startConsole({ rules: "return {}" });
//   const browser = await openBrowser();
//   const page = await openPage(browser, server, { user: "ana", scheme: "dark" });
//   await page.goto(`${server.base}/calls`);
//   page.problems   // console errors, refusals by the policy, exceptions
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { jwt, startServer, waitUntil } from "../../support/server.mjs";
import { countDescendants } from "../../support/slow.mjs";
import { faintStates } from "./states.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
export const WEB = path.join(BUILD, "web");
const SHOTS = path.join(BUILD, "screenshots");
// Without windows of its own, which cost more than many a page (docs/platform.md).
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
  "--allow-loopback-in-peer-connection"];
const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

// The real binary with the console that `make` built; options as for startServer.
export async function startConsole({ config = {}, ...more } = {}) {
  if (!existsSync(path.join(WEB, "index.html"))) throw new Error(`${WEB} has no console: run make first`);
  // Workers for all that a browser opens at once, so that a slow one is not cut.
  return startServer({ rules: "return {}", ...more, config: { web: WEB, workers: 24, ...config } });
}

export function openBrowser({ args = [] } = {}) {
  countDescendants();
  return chromium.launch({ executablePath: CHROMIUM, timeout: 120_000, args: [...FLAGS, ...args] });
}

// A context signed in as `user` with a token of the host application (null: not
// signed in). `mock`: Twilio's edge is played in its pages.
export async function openContext(browser, server, { user = "ana", scheme = "light", viewport = WIDE, mock = false, ...more } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: "en-GB", timezoneId: "America/New_York",
    reducedMotion: "reduce", permissions: ["microphone"], baseURL: server.base, ...more });
  if (user !== null) {
    const token = jwt({ sub: user, exp: Math.floor(Date.now() / 1000) + 3600 });
    await context.addInitScript((value) => {
      if (!sessionStorage.getItem("spec")) sessionStorage.setItem("hookswitch_token", value);
      sessionStorage.setItem("spec", "1"); // once: a page that signs out stays out
    }, token);
  }
  if (mock) await mockTwilio(context);
  return context;
}

export async function pageIn(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !isForeign(message)) page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
}

// A page of its own context.
export async function openPage(browser, server, options) {
  return pageIn(await openContext(browser, server, options));
}

// To another page of the console, as a link there leads: without reloading it.
export async function turnTo(page, at) {
  if (page.url() === "about:blank") await page.goto(at);
  else await page.evaluate((address) => history.pushState(null, "", address), at);
}

const promised = () => {
  let resolve;
  return Object.assign(new Promise((fulfil) => { resolve = fulfil; }), { resolve });
};

// The next such request reaches the host, and its answer stays on the way until release(); `answered`: the host has
// answered. The route stays: taking it away would let the answer go.
export async function holdBack(page, url, is = () => true, headers = {}) {
  const [answered, free, arrived] = [promised(), promised(), promised()];
  let isTaken = false;
  await page.route(url, async (route) => {
    if (isTaken || !is(route.request())) return route.fallback();
    isTaken = true;
    const answer = await route.fetch({ headers: { ...route.request().headers(), ...headers } });
    answered.resolve();
    await free;
    await route.fulfill({ response: answer }).catch(() => {}); // the page may not be waiting for it any more
    return arrived.resolve();
  });
  const release = () => {
    free.resolve();
    return arrived;
  };
  return { answered, release };
}

// Presses a button of a dialog whose change stays on the way until fail().
export async function sendThatFails(page, url, name = "Save") {
  const [sent, failing] = [promised(), promised()];
  let isTaken = false;
  await page.route(url, async (route) => {
    if (isTaken || route.request().method() === "GET") return route.fallback();
    isTaken = true;
    sent.resolve();
    await failing;
    return route.abort();
  });
  await page.getByRole("dialog").getByRole("button", { name }).click();
  await sent;
  return failing.resolve;
}

// The browser lets a page ring before its user has clicked in it, or doesn't; it may say so.
export const NO_SOUND = /play\(\) failed because the user/;
// What the browser says of answers that refuse something, and of the phone beside
// the page: no Twilio here, and no sound before a click.
const MEANT = new RegExp(`status of (4\\d\\d|50\\d)|twilio\\.com|${NO_SOUND.source}`);

// visit(target, options, walk): a page of its own, without a complaint of the browser at its end. Pages with the
// same options share a context, so that only the first fetches the console.
export function visitor(options = {}) {
  const contexts = new Map();
  return async (browser, server, target, more, walk) => {
    const key = JSON.stringify(more ?? {});
    if (!contexts.has(key)) contexts.set(key, await openContext(browser, server, { ...options, ...more }));
    const page = await pageIn(contexts.get(key));
    try {
      if (target) await page.goto(target);
      await walk(page);
      const problems = page.problems.filter((text) => !MEANT.test(text));
      if (problems.length > 0) throw new Error(`the browser complains: ${problems.join("\n")}`);
    } finally {
      await page.close();
    }
  };
}

// The end of a server that had no fault of its own meanwhile: a page shows one among others, and goes on.
export async function stopFaultless(server) {
  await server?.stop();
  const faults = server?.logs("handler_failed").map(({ message }) => message) ?? [];
  if (faults.length > 0) throw new Error(`the server failed: ${faults.join("\n")}`);
}

// A complaint that is not about us: without Twilio's keys the phone gets no
// token, and says so on the page; what fails between the browser and Twilio (a
// socket whose page is left, a sound) isn't the console's fault.
function isForeign(message) {
  const text = message.text(), { url } = message.location();
  return (/\/api\/twilio\/access-token$/.test(url) && text.includes("status of 503"))
    || /^WebSocket connection to 'wss:\/\/[a-z0-9.-]+\.twilio\.com\//.test(text)
    || (/^Failed to load resource: net::ERR_/.test(text) && /^https:\/\/[a-z0-9.-]+\.twilio\.com\//.test(url));
}

// Twilio's edge, for pages that are not about calling: says yes to whoever registers.
async function mockTwilio(context) {
  const reply = { listen: ["connected", { edge: "ashburn", region: "US_EAST_VIRGINIA", home: "us1", token: { identity: "user_ana", ttl: 3600 } }],
    register: ["ready", {}] };
  await context.routeWebSocket(/^wss:\/\/[a-z.-]+\.twilio\.com\/signal$/, (socket) => socket.onMessage((text) => {
    const type = text.startsWith("{") ? JSON.parse(text).type : undefined;
    if (reply[type]) socket.send(JSON.stringify({ type: reply[type][0], payload: reply[type][1], version: "1.6" }));
  }));
  await context.route(/^https:\/\/[a-z0-9.-]+\.twilio\.com\//, (route) => route.fulfill({ status: 204 }));
}

const AXE = readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), "../node_modules/axe-core/axe.min.js"), "utf8");
const RULES = { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
  rules: { "hidden-content": { enabled: false } }, // it only ever asks for a look, and takes long
  resultTypes: ["violations"], preload: false };

// Rules whose finding depends on colours; the others look at the document, and at where things are.
const OF_COLOUR = ["color-contrast", "link-in-text-block"];

// Rules whose finding depends on the texts.
export const OF_NAMES = { ...RULES, runOnly: { type: "tag", values: ["cat.name-role-value", "cat.forms", "cat.language", "cat.semantics"] },
  rules: { ...RULES.rules, "label-content-name-mismatch": { enabled: true } } };

// What WCAG 2.2 AA and axe's best practices have against the page as it is, or a part
// of it: one line a finding.
export async function axe(page, part = "html", rules = RULES) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async ([where, chosen]) => {
    const found = await window.axe.run(where, chosen);
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, any, all, none, html }) =>
      `${id}: ${target.join(" ")}: ${(any[0] ?? all[0] ?? none[0])?.message ?? html}`));
  }, [part, rules]);
}

// All that a view has besides its colours, for the other rules: the elements with their attributes and texts, which
// of them are shown, and how large the controls are, up to the 24 pixels that they must have. Clocks tick meanwhile,
// and the switch to the other scheme changes its label.
const structure = (page) => page.evaluate(() => {
  const every = (selector, read) => Array.from(document.body.querySelectorAll(selector), read).join(" ");
  const size = (node) => ["width", "height"].map((side) => Math.min(24, Math.round(node.getBoundingClientRect()[side]))).join("x");
  const markup = document.body.outerHTML.replace(/ (style|d)="[^"]*"/g, "").replace(/\b(light|dark)\b/g, "").replace(/\d+/g, "0");
  return [markup, every("*", (node) => Number(node.checkVisibility({ visibilityProperty: true }))),
    every("a, button, input, select, textarea, summary, [tabindex], [role]", size)].join("\n");
});

const VIEWS = [["light", "light", "none"], ["dark", "dark", "none"], ["forced", "light", "active"]];

// All of axe over a page, or a part of it, at a desk and on a phone, light, dark and in forced colours, as
// "phone, dark: …": where a view differs from the one before in colours alone, only the rules about colours; and at a
// desk, what is too faint in the states that axe doesn't see. The page is left light and as wide as it was.
export async function axeEverywhere(page, part) {
  const found = [];
  const before = page.viewportSize();
  const show = async (colorScheme, forcedColors) => {
    await page.emulateMedia({ colorScheme, forcedColors, reducedMotion: "reduce" });
    await page.waitForFunction((scheme) => document.documentElement.dataset.mantineColorScheme === scheme, colorScheme);
  };
  for (const [name, viewport] of [["phone", PHONE], ["desk", WIDE]]) {
    await page.setViewportSize(viewport);
    let seen;
    for (const [view, colorScheme, forcedColors] of VIEWS) {
      await show(colorScheme, forcedColors);
      const now = await structure(page);
      const rules = now === seen ? { ...RULES, runOnly: { type: "rule", values: OF_COLOUR } } : RULES;
      seen = now;
      found.push(...(await axe(page, part, rules)).map((finding) => `${name}, ${view}: ${finding}`));
      // The colours of a state don't depend on the width.
      if (viewport === WIDE) found.push(...(await faintStates(page, part)).map((finding) => `${view}, ${finding}`));
    }
  }
  await show("light", "none");
  await page.setViewportSize(before);
  return found;
}

// What a person can't use at this width: a page that scrolls sideways, and controls
// that are cut off or lie under something else wherever they are scrolled to.
export function unreachable(page) {
  return page.evaluate(() => {
    const name = (node) => `${node.tagName.toLowerCase()} "${(node.ariaLabel ?? node.labels?.[0]?.textContent ?? node.textContent).slice(0, 60)}"`;
    const over = document.documentElement.scrollWidth - innerWidth;
    const found = over > 0 ? [`the page is ${over} pixels too wide`] : [];
    const top = document.querySelector("[role=dialog]") ?? document;
    for (const node of top.querySelectorAll("button, a[href], input, select, textarea, summary")) {
      if (node.closest("[inert]") || !node.checkVisibility({ visibilityProperty: true }) || node.getAttribute("href") === "#main") continue;
      node.scrollIntoView({ block: "center", inline: "center" });
      const { left, right, top: above, bottom } = node.getBoundingClientRect();
      if (right - left < 1) continue;
      if (node.tagName === "TEXTAREA" && right - left > innerWidth) continue; // it scrolls in its frame
      const hit = document.elementFromPoint((left + right) / 2, (above + bottom) / 2);
      const own = hit && (node.contains(hit) || hit.contains(node) || [...(node.labels ?? [])].some((label) => label.contains(hit)));
      if (left < -1 || right > innerWidth + 1) found.push(`${name(node)} is cut off`);
      else if (!own) found.push(`${name(node)} lies under ${hit ? name(hit) : "nothing"}`);
    }
    return found;
  });
}

// The page with a reader's own text spacing, as WCAG 1.4.12 has it.
export async function spaced(on, look) {
  const spacing = await on.evaluateHandle(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets.push(sheet);
    return sheet;
  });
  const found = await look(on);
  await on.evaluate((sheet) => document.adoptedStyleSheets.splice(document.adoptedStyleSheets.indexOf(sheet), 1), spacing);
  return found;
}

// What a person can't read: a label that is cut off, a chosen option or a hint that is longer than its field, a part
// that is wider than its frame.
export function cutOff(page) {
  return page.evaluate(() => {
    const found = [];
    const tell = (node, text) => found.push(`${node.tagName.toLowerCase()} "${text.trim().slice(0, 60)}" is cut off`);
    const pen = document.createElement("canvas").getContext("2d");
    for (const node of document.body.querySelectorAll("button, button span, a, label, h1, h2, h3, p, th, td, dt, dd, section, select, input")) {
      if (node.closest("[inert]") || !node.checkVisibility({ visibilityProperty: true }) || node.clientWidth < 3) continue;
      const style = getComputedStyle(node);
      if (!node.matches("select, input") && !node.textContent.trim()) continue; // an icon
      if (node.matches("select, input")) {
        const text = node.selectedOptions?.[0]?.textContent ?? node.placeholder;
        Object.assign(pen, { font: style.font, letterSpacing: style.letterSpacing, wordSpacing: style.wordSpacing });
        const room = node.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (pen.measureText(text).width > room + 1) tell(node, text);
      } else {
        const cuts = (overflow) => node.closest("button") || (["hidden", "clip"].includes(overflow) && style.textOverflow !== "ellipsis");
        if ((node.scrollWidth > node.clientWidth + 1 && cuts(style.overflowX)) || (node.scrollHeight > node.clientHeight + 2 && cuts(style.overflowY)))
          tell(node, node.textContent);
      }
    }
    return found;
  });
}

// By keyboard alone: Tab to a control, `go` (Enter). Wherever the focus comes to be it
// is on something, and that is seen: not outside of the window, not under something.
export async function keys(page, role, name, go = "Enter") {
  const top = (await page.getByRole("dialog").count()) > 0 ? page.getByRole("dialog") : page;
  const wanted = await top.getByRole(role, { name, exact: typeof name === "string" }).first().elementHandle();
  for (let n = 0; n < 150; n++) {
    const state = await page.evaluate(focusState, wanted);
    if (state.lost) throw new Error(`the focus is lost on the way to ${name}`);
    if (state.covered) throw new Error(`on the way to ${name} the focus is hidden: ${state.covered}`);
    if (state.there) {
      if (go) await page.keyboard.press(go);
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`${name} isn't reached by Tab`);
}

// In the page: is the focus on `wanted`, nowhere, or on something that can't be seen?
function focusState(wanted) {
  const node = document.activeElement;
  // At the page's end Tab comes to nothing once, and what it left is still there.
  if (!node || node === document.body) return { lost: window.walked && !(window.walked.isConnected && window.walked.checkVisibility()) };
  window.walked = node;
  const { left, right, top, bottom } = node.getBoundingClientRect();
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 2, top + 2], [right - 2, bottom - 2]];
  const seen = right - left < 2 || points.some(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (node.contains(hit) || hit.contains(node) || [...(node.labels ?? [])].some((label) => label.contains(hit)));
  });
  return { there: node === wanted, covered: seen ? undefined : node.outerHTML.slice(0, 200) };
}

// Comes true once the page has had an element, however short.
export const passing = (page, selector) => page.evaluate((wanted) => new Promise((found, missed) => {
  const look = () => {
    if (document.querySelector(wanted)) found();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  look();
  setTimeout(() => missed(new Error(`no ${wanted}`)), 60_000);
}), selector);

// Where the focus is, in a word: the name of a control, or "body".
export const focused = (page) => page.evaluate(() => {
  const node = document.activeElement;
  return node === document.body ? "body" : node.ariaLabel ?? node.labels?.[0]?.textContent ?? node.textContent.slice(0, 80);
});

// The focus comes to a control, to one of that name, or to anything at all: effects set it after what they follow is drawn.
export const focusOn = (control) => waitUntil(() => control.evaluate((node) => node === document.activeElement), 10_000, `the focus on ${control}`);
export async function focusNamed(page, name) {
  let at;
  const isIt = (text) => (name instanceof RegExp ? name.test(text) : text === name);
  await waitUntil(async () => isIt(at = (await focused(page)).trim()), 10_000, () => `the focus on ${name}, it is on ${at}:`);
}

export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

// The phone beside the page and the bar of a call that rings or goes on: what axe has against them, everywhere.
export async function lookAtPhone(page, name) {
  const found = await axeEverywhere(page, '[aria-label="Phone"], [data-call-bar]');
  if (found.length > 0) throw new Error(`${name}: ${found.join("\n")}`);
  await shoot(page, `phone-${name}`);
}
