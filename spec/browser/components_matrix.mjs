// components_matrix.mjs: the components in fresh applications of every kind, one
// after the other (`make components-matrix`); the suite has one of them
// (components_test.mjs). Needs npm.
//
//   node spec/browser/components_matrix.mjs            all
//   node spec/browser/components_matrix.mjs next       only what has the word in it
import { freePort, jwt, waitUntil } from "../support/server.mjs";
import { makeApplication, NEWEST } from "./support/applications.mjs";
import { axe, openBrowser, startConsole } from "./support/console.mjs";

const REACTS = ["19.0.0", "19.1.0", NEWEST];
const cells = ["vite", "next", "router"].flatMap((stack) => REACTS.flatMap((react) => ["npm", "pnpm"].map((manager) => ({ stack, react, manager }))));
cells.push({ stack: "vite", react: NEWEST, manager: "yarn" });

const nameOf = ({ stack, react, manager }) => `${stack}, React ${react}, ${manager}`;

// The documented example in the browser: read with the token, changed in a dialog.
async function drive(browser, origin) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1600 }, reducedMotion: "reduce", locale: "en-GB" });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.setDefaultTimeout(60_000);
  await page.addInitScript((token) => sessionStorage.setItem("jwt", token), jwt({ sub: "demo", exp: Math.floor(Date.now() / 1000) + 3600 }));
  await page.goto(origin);
  await page.getByRole("region", { name: "Phone numbers" }).getByRole("heading", { name: "+1 510 555 0100" }).waitFor();
  await page.getByRole("region", { name: "Call forwarding" }).getByText("If someone calls now").waitFor();
  await page.getByRole("region", { name: "Calls", exact: true }).first().getByRole("row").nth(1).waitFor();
  await page.getByRole("region", { name: "Recordings" }).waitFor();
  await page.getByLabel("Number to call").waitFor();
  await page.getByRole("button", { name: "Edit +1 510 555 0100" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Main line");
  problems.push(...await axe(page));
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("+1 510 555 0100 was saved.").waitFor();
  await page.close();
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function run(cell, browser) {
  const port = await freePort();
  const server = await startConsole({ config: { sandbox: "yes", twilio_account_sid: `AC${"5".repeat(32)}`, cors_origins: `http://localhost:${port}` } });
  let made, running;
  try {
    await waitUntil(() => server.out.includes("Sandbox:"), 30_000, "the seed");
    made = await makeApplication({ ...cell, hookswitch: server.base });
    running = await made.serve(port);
    const html = await (await fetch(running.origin)).text();
    if (cell.stack !== "vite" && !html.includes("Our own application")) throw new Error("the server rendered nothing");
    await drive(browser, running.origin);
  } finally {
    running?.stop();
    made?.remove();
    await server.stop();
  }
}

const wanted = process.argv.slice(2);
const browser = await openBrowser();
let failed = 0;
for (const cell of cells.filter((one) => wanted.every((word) => nameOf(one).includes(word)))) {
  const began = Date.now();
  try {
    await run(cell, browser);
    console.log(`ok ${nameOf(cell)} (${Math.round((Date.now() - began) / 1000)} s)`);
  } catch (problem) {
    failed++;
    console.log(`not ok ${nameOf(cell)}\n${problem.message}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
