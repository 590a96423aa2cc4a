// console.mjs: the built console in Debian's Chromium, against the real binary.
//
//   const server = await startConsole({ rules: "return {}" });
//   const browser = await openBrowser();
//   const page = await openPage(browser, server, { user: "ana", scheme: "dark" });
//   await page.goto(`${server.base}/calls`);
//   page.problems   // console errors, refusals by the policy, exceptions
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { jwt, patient, startServer } from "../../support/server.mjs";
import { countDescendants } from "../../support/slow.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
export const WEB = path.join(BUILD, "web");
export const SHOTS = path.join(BUILD, "screenshots");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
  "--allow-loopback-in-peer-connection"];
const WIDE = { width: 1440, height: 900 };

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

// A page of its own context, signed in as `user` with a token of the host
// application (null: not signed in). `mock`: Twilio's edge is played in the page.
export async function openPage(browser, server, { user = "ana", scheme = "light", viewport = WIDE, mock = false,
  ...more } = {}) {
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
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !isForeign(message)) page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
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

// What WCAG 2.2 AA has against the page as it is, or a part of it: one line a finding.
export async function axe(page, part = "html") {
  const { violations } = await new AxeBuilder({ page }).include(part)
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
    `${id}: ${node.target.join(" ")}: ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? node.html}`));
}

export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}
