// console.mjs: how soon the console's first page can be used with a cold cache:
// as it is, and with a quarter of the CPU over 1.6 Mbit/s.
//
// "Usable": a missed caller can be called back, so the page, its script and its
// data are there and React listens to clicks.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { startCompany } from "../spec/browser/support/company.mjs";
import { openBrowser, openPage, WEB } from "../spec/browser/support/console.mjs";
import { saveMore } from "./lib/report.mjs";

const ROUNDS = 7;
const SLOW = { cpu: 4, latency: 150, bytes: 1_600_000 / 8 };

function firstScripts() {
  const html = readFileSync(path.join(WEB, "index.html"), "utf8");
  return [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, name]) => path.join(WEB, name))
    .map((file) => readFileSync(existsSync(`${file}.br`) ? `${file}.br` : file).length).reduce((sum, size) => sum + size, 0);
}

// In the page: the first frame after a missed caller has a button, in ms since the navigation began. A
// locator would look for it only twice a second by then.
function watch() {
  const seen = new MutationObserver(() => {
    if (!document.querySelector('button[aria-label^="Call back"]')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.usableAt = performance.now(); }));
  });
  seen.observe(document, { childList: true, subtree: true, attributes: true });
}

async function load(browser, server, slow) {
  const page = await openPage(browser, server, { mock: true });
  await page.addInitScript(watch);
  if (slow) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slow.cpu });
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: slow.latency,
      downloadThroughput: slow.bytes, uploadThroughput: slow.bytes });
  }
  let requests = 0;
  page.on("request", (request) => { requests += request.url().includes("/api/") ? 1 : 0; });
  await page.goto("/", { waitUntil: "commit" });
  const usable = await page.waitForFunction(() => window.usableAt, undefined, { polling: 100 });
  const ms = Math.round(await usable.jsonValue());
  await page.locator('[data-line="ready"]').first().waitFor({ state: "attached" });
  await page.context().close();
  return { ms, requests };
}

async function rounds(browser, server, slow) {
  const list = [];
  for (let n = 0; n < ROUNDS; n++) list.push(await load(browser, server, slow));
  const times = list.map(({ ms }) => ms).sort((a, b) => a - b);
  return { median_ms: times[ROUNDS >> 1], worst_ms: times.at(-1), requests: Math.max(...list.map(({ requests }) => requests)) };
}

export async function runConsole() {
  const server = await startCompany();
  const browser = await openBrowser();
  try {
    await load(browser, server); // the host's own caches
    const result = { script_bytes: firstScripts(), ...(await rounds(browser, server)), slow: await rounds(browser, server, SLOW) };
    console.log(`first load: ${result.script_bytes} bytes of JavaScript (brotli), ${result.requests} requests to the API`);
    console.log(`Today usable: median ${result.median_ms} ms, worst ${result.worst_ms} ms; with 4× CPU and 1.6 Mbit/s median `
      + `${result.slow.median_ms} ms, worst ${result.slow.worst_ms} ms`);
    saveMore({ console: result });
  } finally {
    await browser.close();
    await server.stop();
  }
}
