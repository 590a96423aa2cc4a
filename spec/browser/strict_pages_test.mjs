// strict_pages_test.mjs: the components in pages that are strict or unusual: a
// Content-Security-Policy without exceptions, HTML that a server rendered, a shadow
// tree, a frame. React runs in development, so it warns of what doesn't fit.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { jwt, patient } from "../support/server.mjs";
import { makeApplication } from "./support/applications.mjs";
import { Calling, LONG } from "./support/calling.mjs";
import { shoot } from "./support/console.mjs";

const OFFICE = "+15105550100", CALLER = "+14155550123";

const VIEW = `import { HookswitchProvider } from "hookswitch-components";
import { BrowserCallComponent } from "hookswitch-components/phone";
import { CallHistory } from "hookswitch-components/calls";
import { PhoneNumberManagement } from "hookswitch-components/numbers";

export const View = () => (
  <main>
    <h1>Strict</h1>
    <HookswitchProvider baseUrl={globalThis.hookswitch ?? ""} token={() => sessionStorage.getItem("jwt")} colorScheme="auto" locale="de"
      appearance={{ accent: "#0b6e4f", radius: "0" }}>
      <BrowserCallComponent />
      <CallHistory />
      <PhoneNumberManagement />
    </HookswitchProvider>
  </main>
);
`;
const MAIN = `import { StrictMode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import style from "hookswitch-components/style.css?url";
import { View } from "./View";

Object.assign(globalThis, { hookswitch: "https://phone.example.com" });
const root = document.getElementById("root")!;
const app = <StrictMode><View /></StrictMode>;
const linked = () => Object.assign(document.createElement("link"), { rel: "stylesheet", href: style });
if (location.pathname === "/shadow") {
  const tree = root.attachShadow({ mode: "open" });
  const inside = document.createElement("div");
  tree.append(linked(), inside);
  createRoot(inside).render(app);
} else if (location.pathname === "/frame") {
  root.append(Object.assign(document.createElement("iframe"), { src: "/alone", allow: "microphone", width: 600, height: 1200 }));
} else {
  document.head.append(linked());
  if (root.firstChild) hydrateRoot(root, app, { onRecoverableError: (error) => console.error("not hydrated", error) });
  else createRoot(root).render(app);
}
`;

let application, calling, server, origin, rendered;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

before(async () => {
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = path.extname(pathname) ? pathname : "/index.html";
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; frame-src 'self';
      connect-src 'self' ${calling.server.base} wss://*.twilio.com https://*.twilio.com; media-src blob:; worker-src data:`.replace(/\s+/g, " ");
    try {
      let body = await readFile(path.join(application.folder, "dist", file));
      if (pathname === "/rendered") body = String(body).replace('<div id="root"></div>', `<div id="root">${rendered}</div>`);
      response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream", "Content-Security-Policy": policy });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://localhost:${server.address().port}`;
  calling = await Calling.start({ numbers: [[OFFICE, "ana", { friendly_name: "Office" }]], config: { cors_origins: origin } });
  application = await makeApplication({ stack: "vite", hookswitch: calling.server.base, mode: "development",
    files: { "src/main.tsx": MAIN, "src/View.tsx": VIEW, "src/client.d.ts": '/// <reference types="vite/client" />\ndeclare var hookswitch: string | undefined;\n' } });
  rendered = execFileSync(process.execPath, ["--input-type=module", "-e", `import { createElement as h } from "react"; import { renderToString } from "react-dom/server";
    import { build } from "vite"; const made = await build({ logLevel: "silent", build: { ssr: "src/View.tsx", write: false } });
    const { writeFileSync } = await import("node:fs"); writeFileSync("view.mjs", made.output[0].code);
    const { View } = await import(process.cwd() + "/view.mjs"); console.log(renderToString(h(View)));`],
  { cwd: application.folder, encoding: "utf8", timeout: patient(60_000), env: { ...process.env, NODE_ENV: "development" } }).trim();
});
after(async () => {
  server?.close();
  application?.remove();
  await calling?.stop();
});

async function visit(at, walk) {
  const context = await calling.browser.newContext({ viewport: { width: 1280, height: 1400 }, reducedMotion: "reduce", colorScheme: "dark", locale: "fr-FR",
    ignoreHTTPSErrors: true, permissions: ["microphone"], baseURL: origin });
  await context.addInitScript((value) => sessionStorage.setItem("jwt", value), jwt({ sub: "ana", exp: Math.floor(Date.now() / 1000) + 3600 }));
  const page = await context.newPage();
  page.setDefaultTimeout(LONG);
  const problems = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !/Failed to load resource|twilio\.com|play\(\) failed because the user/.test(message.text()) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  try {
    await page.goto(at);
    await walk(page);
    assert.deepEqual(problems, []);
  } finally {
    await shoot(page, `strict${at.replace("/", "-")}`);
    await context.close();
  }
}

describe("the components in a strict page", () => {
  for (const at of ["/alone", "/rendered", "/shadow", "/frame"]) {
    it(`work, with their looks and dialogs, and nothing to complain about: ${at}`, () => visit(at, async (page) => {
      const place = at === "/frame" ? page.frameLocator("iframe") : page;
      await place.getByText("Bereit für Anrufe", { exact: true }).first().waitFor();
      const island = place.locator(".hookswitch").first();
      const [accent, scheme, lang] = await island.evaluate((element) => [getComputedStyle(element).getPropertyValue("--accent").trim(),
        element.dataset.mantineColorScheme, element.lang]);
      assert.deepEqual([accent, scheme, lang], ["#0b6e4f", "dark", "de"]);
      await place.getByRole("button", { name: "+1 510 555 0100 bearbeiten", exact: true }).click();
      const dialog = place.getByRole("dialog");
      const field = dialog.getByRole("textbox").first();
      await field.fill("Empfang");
      assert.equal(await field.inputValue(), "Empfang");
      const call = await calling.ring("ana", { from: CALLER, to: OFFICE }); // while a dialog is open
      const bar = place.locator("[data-call-bar]");
      await bar.getByRole("button", { name: "Annehmen", exact: true }).click();
      await place.locator('[data-call="open"]').waitFor();
      assert.equal(await field.inputValue(), "Empfang");
      await bar.getByRole("button", { name: "Auflegen", exact: true }).click();
      await place.locator('[data-call="none"]').waitFor();
      await call.done;
      await page.keyboard.press("Escape"); // wherever the focus is, now that the bar is gone
      await dialog.getByRole("button", { name: "Verwerfen", exact: true }).click();
      await dialog.waitFor({ state: "detached" });
    }));
  }
});
