// components_test.mjs: the example of docs/components.md, as an application of
// its own on another origin, against the real binary.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { user } from "../support/api.mjs";
import { jwt, waitUntil } from "../support/server.mjs";
import { axe, BUILD, openBrowser, shoot, startConsole } from "./support/console.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const WEB = path.join(ROOT, "web");
const PACKAGE = path.join(BUILD, "web-components");
const EXAMPLE = readFileSync(path.join(ROOT, "docs/components.md"), "utf8").match(/## Use\n+```jsx\n([\s\S]*?)```/)[1];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const MAIN = `import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Telephony } from "./Telephony.jsx";
createRoot(document.getElementById("root")).render(createElement(Telephony));
`;
const page = (token, base) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title>
<style>body { font-family: serif; margin: 2rem } h2 { letter-spacing: 1px }</style></head>
<body><h1 id="own">Our own application</h1><button id="button">Our button</button><main id="root"></main>
<script>sessionStorage.setItem("jwt", "${token}"); window.HOOKSWITCH_URL = "${base}"</script>
<script type="module" src="/main.js"></script></body></html>`;

let folder;
let host; // the other origin
let server;
let browser;
let tab;
const requests = [];

const vite = (...args) => execFileSync("./node.sh", ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", ...args],
  { cwd: WEB, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, WEB_OUT: PACKAGE } });

// The application: the example, a file that mounts it, and the package installed.
function build() {
  vite("--config", "vite.components.js");
  folder = mkdtempSync(path.join(tmpdir(), "hookswitch-host-"));
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(PACKAGE, path.join(folder, "node_modules/hookswitch-components"));
  for (const name of ["react", "react-dom", "scheduler"]) symlinkSync(path.join(WEB, "node_modules", name), path.join(folder, "node_modules", name));
  writeFileSync(path.join(folder, "Telephony.jsx"), EXAMPLE);
  writeFileSync(path.join(folder, "main.js"), MAIN);
  writeFileSync(path.join(folder, "vite.config.mjs"), `export default { root: ${JSON.stringify(folder)}, oxc: { jsx: { runtime: "automatic" } },
    resolve: { preserveSymlinks: true }, build: { outDir: "out", modulePreload: false, rolldownOptions: { input: "main.js",
    output: { entryFileNames: "[name].js", assetFileNames: "[name][extname]" } } } };\n`);
  vite("--config", path.join(folder, "vite.config.mjs"));
}

function serve() {
  host = http.createServer((request, answer) => {
    const name = request.url.split("?")[0];
    if (name === "/") {
      const html = page(jwt({ sub: "demo", exp: Math.floor(Date.now() / 1000) + 3600 }), server.base)
        .replace("</head>", '<link rel="stylesheet" href="/main.css"></head>');
      return answer.writeHead(200, { "Content-Type": "text/html" }).end(html);
    }
    try {
      const body = readFileSync(path.join(folder, "out", path.normalize(name)));
      return answer.writeHead(200, { "Content-Type": TYPES[path.extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      return answer.writeHead(404).end();
    }
  });
  return new Promise((resolve) => { host.listen(0, "127.0.0.1", () => resolve(`http://localhost:${host.address().port}`)); });
}

before(async () => {
  build();
  // Its own origin is known only when it listens, and the server must name it.
  server = { base: "" };
  const origin = await serve();
  server = await startConsole({ config: { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}`, cors_origins: origin } });
  await waitUntil(() => server.out.includes("Sandbox:"), 30_000, "the seed");
  browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 1600 }, reducedMotion: "reduce", locale: "en-GB" });
  tab = await context.newPage();
  tab.setDefaultTimeout(60_000);
  tab.on("request", (request) => requests.push(request));
  await tab.goto(origin);
});
after(async () => {
  await browser?.close();
  await server?.stop?.();
  host?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe("the components in another application", () => {
  it("are all three there, and read with the token from the other origin", async () => {
    await tab.getByRole("region", { name: "Phone numbers" }).getByRole("heading", { name: "+1 510 555 0100" }).waitFor();
    await tab.getByRole("region", { name: "Call forwarding" }).getByText("If somebody calls now").waitFor();
    await tab.getByLabel("Number to call").waitFor();
    const own = requests.filter((request) => request.url().startsWith(`${server.base}/api/`) && request.method() !== "OPTIONS");
    assert.ok(own.length >= 3);
    for (const request of own) assert.match(request.headers().authorization ?? "", /^Bearer ey/);
    await shoot(tab, "components");
    assert.deepEqual(await axe(tab), []);
  });

  it("leave the page around as it is", async () => {
    const [family, button, background] = await tab.evaluate(() => [getComputedStyle(document.getElementById("own")).fontFamily,
      getComputedStyle(document.getElementById("button")).boxSizing, getComputedStyle(document.body).backgroundColor]);
    assert.equal(family, "serif");
    assert.equal(button, "border-box"); // a button's own, in every browser
    assert.equal(background, "rgba(0, 0, 0, 0)");
    assert.equal(await tab.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--mantine-spacing-md")), "");
    assert.equal(await tab.evaluate(() => document.documentElement.getAttribute("data-mantine-color-scheme")), null);
  });

  it("open their dialogs inside, and change what they show", async () => {
    await tab.getByRole("button", { name: "Edit +1 510 555 0100" }).click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Main line");
    assert.ok(await dialog.evaluate((element) => element.closest(".hookswitch") !== null));
    assert.deepEqual(await axe(tab), []);
    await dialog.getByRole("button", { name: "Save" }).click();
    await tab.getByText("+1 510 555 0100 was saved.").waitFor();
    const { body } = await user(server, "demo").get("/api/twilio/my-numbers");
    assert.equal(body.phone_numbers[0].friendly_name, "Main line");
    await tab.getByRole("region", { name: "Call forwarding" }).getByRole("heading", { name: "Main line" }).waitFor();
  });
});
