// pages_test.mjs: every page of the console in a real browser.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { axe, openBrowser, openPage, startConsole } from "./support/console.mjs";

let server;
let browser;
before(async () => {
  server = await startConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

describe("the frame", () => {
  for (const scheme of ["light", "dark"]) {
    it(`has no axe violation and breaks no policy, ${scheme}`, async () => {
      const page = await openPage(browser, server, { scheme });
      await page.goto("/");
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByText("Live", { exact: true }).waitFor();
      assert.deepEqual(await axe(page), []);
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }
});
