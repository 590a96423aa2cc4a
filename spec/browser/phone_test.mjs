// phone_test.mjs: what the browser's phone shows and does when things are not as
// they should be. Signalling is played in the page (support/signalling.mjs);
// real sound is in calling_test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { givenNumber, rows } from "../support/database.mjs";
import { waitUntil } from "../support/server.mjs";
import { holdBack, lookAtPhone as look, openBrowser, openPage, startConsole, stopFaultless } from "./support/console.mjs";
import { mockEdge } from "./support/signalling.mjs";

const KEYS = { twilio_account_sid: `AC${"1".repeat(32)}`, twilio_api_key: `SK${"2".repeat(32)}`,
  twilio_api_secret: "0123456789abcdefghijklmnopqrstuv", twilio_app_sid: `AP${"3".repeat(32)}` };
const LONG = 60_000;
const STALL_MS = 3500; // longer than three beats of a leading tab
const PASS = "**/api/twilio/access-token", PRESENCE = "**/api/twilio/presence";

let server, browser;
before(async () => {
  server = await startConsole({ config: KEYS });
  givenNumber(server.database, { phone: "+15105550100", user: "ana", friendly_name: "Office" });
  givenNumber(server.database, { phone: "+15105550101", user: "ana", recording: "ask" });
  givenNumber(server.database, { phone: "+15105550102", user: "joe", recording: "on" });
  await server.settled();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await stopFaultless(server);
});

// A new tab of a user's browser, which has seen the console before.
const browsers = new Map();
async function newTab(user, more) {
  const key = JSON.stringify([user, more]);
  if (!browsers.has(key)) browsers.set(key, (await openPage(browser, server, { user, ...more })).context());
  const page = await browsers.get(key).newPage();
  page.setDefaultTimeout(LONG);
  return page;
}

// A page with its phone and its edge. `prepare` is done before it opens.
async function withPhone(work, { user = "ana", target = "/", prepare, ready = true, ...more } = {}) {
  const page = await newTab(user, more);
  const edge = await mockEdge(page);
  const phone = page.getByRole("complementary", { name: "Phone" });
  const says = (text) => phone.getByText(text, { exact: typeof text === "string" }).first().waitFor();
  const button = (name) => phone.getByRole("button", { name, exact: true });
  try {
    await prepare?.({ page, edge });
    await page.goto(target);
    if (ready) await says("Ready for calls");
    await work({ page, edge, phone, says, button });
  } finally {
    await page.close();
  }
}

const refuse = (code, message) => ["error", { error: { code, message } }];

// The page's microphone fails with an error of the browser's, `window.why`.
const noMicrophone = ({ page }) => page.addInitScript(() => {
  window.why = "NotAllowedError";
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", window.why));
});

describe("the line", () => {
  it("waits for Twilio, and says so when it takes long", async () => {
    await withPhone(async ({ page, says }) => {
      await says("Connecting…");
      await page.clock.runFor(20_000);
      await says("Twilio does not answer");
    }, { ready: false, user: "linus", prepare: async ({ page, edge }) => {
      edge.answers.listen = () => null;
      await page.clock.install(); // of the whole browser
    } });
  });

  it("says that Twilio refuses the pass, and tries again when asked", async () => {
    await withPhone(async ({ page, edge, says, button }) => {
      await says("Not receiving calls");
      await says("Twilio does not accept this browser");
      await look(page, "refused-pass");
      edge.answers.listen = () => ["connected", { edge: "ashburn", region: "US_EAST_VIRGINIA", home: "us1", token: { identity: "user_ana", ttl: 3600 } }];
      await button("Try again").click();
      await says("Ready for calls");
      assert.equal(edge.sockets.length, 1, "one device, one socket");
    }, { ready: false, prepare: ({ edge }) => { edge.answers.listen = () => refuse(31204, "Access Token invalid"); } });
  });

  it("says what is missing when calls from the browser are not set up", async () => {
    await withPhone(async ({ page, says }) => {
      await says("Calls from the browser are not set up");
      await says("Set twilio_api_key.");
      await look(page, "not-set-up");
    }, { ready: false, prepare: ({ page }) => page.route(PASS, (route) => route.fulfill({ status: 503, json: { error: {
      code: "twilio_not_configured", message: "Set twilio_api_key.", request_id: "1" } } })) });
  });

  it("asks again for a pass that it did not get", async () => {
    let asked = 0;
    await withPhone(async () => assert.ok(asked >= 2), { prepare: ({ page }) => page.route(PASS, (route) =>
      (++asked === 1 ? route.fulfill({ status: 502, json: { error: { code: "twilio_failed", message: "Not now.", request_id: "1" } } })
        : route.continue())) });
  });

  it("renews its pass in time, once, whoever says that it ends", async () => {
    let asked = 0;
    const askedAt = []; // of each pass that was shown: how many had been asked for
    await withPhone(async ({ edge }) => {
      await waitUntil(() => edge.received("listen").length >= 2, LONG, "a second pass");
      assert.deepEqual(askedAt.slice(0, 2), [1, 2]);
      assert.equal(edge.sockets.length, 1);
    }, { prepare: async ({ page, edge }) => {
      // The SDK says at once that the token ends; our own timer comes after 4 s.
      edge.answers.listen = () => {
        askedAt.push(asked);
        return ["connected", { home: "us1", edge: "ashburn", token: { identity: "user_ana", ttl: 30 } }];
      };
      await page.route(PASS, async (route) => {
        asked++;
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...(await answer.json()), expiresIn: 5 } });
      });
    } });
  });

  it("is visible as not receiving while the connection is lost, and recovers", async () => {
    await withPhone(async ({ page, edge, says }) => {
      await look(page, "ready");
      const answer = edge.answers.listen;
      edge.answers.listen = () => null;
      edge.sockets.at(-1).close({ code: 1011, reason: "gone" });
      await says("Not receiving calls: connecting again…");
      await look(page, "connecting-again");
      edge.answers.listen = answer;
      edge.send(...answer());
      await says("Ready for calls");
    });
  });

  it("isn't ready while Hookswitch does not hear from it", async () => {
    let reachable = false;
    await withPhone(async ({ page, phone, says }) => {
      await says("Not receiving calls: Hookswitch can’t be reached");
      assert.equal(await phone.getByText("Ready for calls", { exact: true }).count(), 0);
      await look(page, "unheard");
      reachable = true;
      await says("Ready for calls");
    }, { ready: false, prepare: ({ page }) => page.route(PRESENCE, (route) => (reachable ? route.continue() : route.abort())) });
  });

  it("is switched off and on by the user", async () => {
    await withPhone(async ({ page, edge, phone, says }) => {
      const told = [];
      page.on("request", (request) => request.url().endsWith("/presence") && told.push(request.postDataJSON()?.registered));
      const taking = phone.getByRole("switch", { name: "Take calls here" });
      await taking.click();
      await says("Not receiving calls: switched off here");
      await waitUntil(() => edge.received("register").at(-1).media.audio === false && told.includes(false), LONG, "a goodbye");
      await look(page, "paused");
      await taking.click();
      await says("Ready for calls");
      await waitUntil(() => told.at(-1) === true, LONG, "a heartbeat");
    });
  });

  it("stays off although a heartbeat from before comes late", async () => {
    let held;
    const hold = (route) => {
      if (!route.request().postDataJSON()?.registered || held) return route.continue();
      return new Promise((resolve) => { held = () => resolve(route.continue()); });
    };
    await withPhone(async ({ page, phone }) => {
      await waitUntil(() => held, LONG, "a heartbeat");
      const goodbye = page.waitForResponse((response) => response.url().endsWith("/presence") && response.request().postDataJSON()?.registered === false);
      await phone.getByRole("switch", { name: "Take calls here" }).click();
      await goodbye;
      const arrived = page.waitForResponse((response) => response.url().endsWith("/presence") && response.request().postDataJSON()?.registered === true);
      held();
      await arrived;
      assert.deepEqual(rows(server.database, "SELECT DISTINCT left_at IS NULL AS here FROM presence"), [{ here: 0 }]);
    }, { ready: false, prepare: ({ page }) => page.route(PRESENCE, hold) });
  });
});

describe("making a call", () => {
  it("takes a number as people write it, and refuses what is none", async () => {
    await withPhone(async ({ page, edge, phone, says, button }) => {
      await phone.getByLabel("Number to call").fill("my aunt");
      await button("Call").click();
      await says(/This isn’t a phone number/);
      await look(page, "no-number");
      // Too long, two at once, with an extension that nobody would dial.
      for (const text of ["+1 303 555 01421", "+1 303 555 0142 / +1 303 555 0143", "(303) 555-0142 ext. 5"]) {
        await phone.getByLabel("Number to call").fill(text);
        await phone.getByText(/This isn’t a phone number/).waitFor({ state: "detached" });
        await button("Call").click();
        await says(/This isn’t a phone number/);
      }
      assert.equal(edge.received("invite").length, 0);
      const written = {
        "+44 (0)20 7946 0018": "+442079460018", "+33(0)1 23 45 67 89": "+33123456789", "011 44 20 7946 0018": "+442079460018",
        "tel:+1-303-555-0142": "+13035550142", "\u202A+1 303\u2011555\u20110142\u202C": "+13035550142", "1.303.555.0142": "+13035550142",
      };
      const invited = (count) => waitUntil(() => edge.received("invite").length === count, LONG, "an invitation");
      let count = 0;
      for (const [text, to] of Object.entries(written)) {
        await phone.getByLabel("Number to call").fill(text);
        await button("Call").click();
        await invited(++count);
        await button("Hang up").click();
        await says("Call ended");
        assert.equal(new URLSearchParams(edge.received("invite").at(-1).twilio.params).get("To"), to, text);
      }
      await phone.getByLabel("Number to call").fill("(303) 555-0142");
      await button("Call").click();
      await invited(++count);
      const params = Object.fromEntries(new URLSearchParams(edge.received("invite").at(-1).twilio.params));
      assert.deepEqual(params, { To: "+13035550142", CallerId: "+15105550100" });
      await look(page, "calling");
      await button("Hang up").click();
      await says("Call ended");
      await waitUntil(() => edge.received("hangup").length >= count, LONG, "all hangups");
      assert.equal(edge.received("hangup").length, count);
    });
  });

  it("works with the keyboard alone", async () => {
    await withPhone(async ({ page, edge, phone, says }) => {
      await phone.getByLabel("Number to call").focus();
      await page.keyboard.type("+13035550142");
      await page.keyboard.press("Enter");
      await waitUntil(() => edge.received("invite").length === 1, LONG, "an invitation");
      await phone.getByRole("button", { name: "Hang up" }).focus();
      await page.keyboard.press("Enter");
      await says("Call ended");
    });
  });

  it("takes a number from the page's address and dials nothing by itself", async () => {
    await withPhone(async ({ edge, phone }) => {
      assert.equal(await phone.getByLabel("Number to call").inputValue(), "+13035550142");
      assert.equal(edge.received("invite").length, 0);
    }, { target: "/?call=%2B13035550142" });
  });

  it("asks for a recording only where the number does", async () => {
    await withPhone(async ({ edge, phone, button }) => {
      assert.equal(await phone.getByLabel("Record this call").count(), 0);
      await phone.getByLabel("Show this number").selectOption("+15105550101");
      await phone.getByLabel("Record this call").check();
      await phone.getByLabel("Number to call").fill("+13035550142");
      await button("Call").click();
      await waitUntil(() => edge.received("invite").length === 1, LONG, "an invitation");
      assert.match(edge.received("invite")[0].twilio.params, /CallerId=%2B15105550101&Record=true$/);
    });
    await withPhone(({ says }) => says("Calls from this number are recorded."), { user: "joe" });
  });

  it("says what is needed when the user has no number", async () => {
    await withPhone(async ({ page, says }) => {
      await says(/To make a call you need a number of your own/);
      await look(page, "without-a-number");
    }, { user: "grace" });
  });

  it("says in words, and once, how it ended", async () => {
    const endings = [[31486, "The line is busy"], [31404, "This number doesn’t exist"], [31603, "The call was declined"],
      [31005, "The call was cut off"]];
    await withPhone(async ({ page, edge, phone, says, button }) => {
      await phone.getByLabel("Number to call").fill("+13035550142");
      for (const [n, [code, words]] of endings.entries()) {
        await button(n ? "Call again" : "Call").click();
        const { callsid } = await waitUntil(() => edge.received("invite")[n], LONG, "an invitation");
        edge.send("hangup", { callsid, error: { code, message: "no" } });
        await says(words);
        assert.equal(await phone.getByRole("region", { name: "The last call" }).getByText(words).count(), 1);
      }
      await look(page, "cut-off");
    });
  });

  it("calls nobody without a microphone, and says what is the matter with it", async () => {
    await withPhone(async ({ page, edge, phone, says, button }) => {
      await phone.getByLabel("Number to call").fill("+13035550142");
      for (const [name, words] of [["NotAllowedError", "The microphone is blocked"], ["NotFoundError", "No microphone found"],
        ["NotReadableError", "The microphone is in use"]]) {
        await page.evaluate((why) => { window.why = why; }, name);
        await button("Call").click();
        await says(words);
      }
      assert.equal(edge.received("invite").length, 0);
    }, { prepare: noMicrophone });
  });
});

describe("taking a call", () => {
  it("shows who calls, and lets it ring elsewhere", async () => {
    await withPhone(async ({ page, edge, phone, says, button }) => {
      edge.ring({ params: { from_name: "Grace", to: "+15105550100" }, StirStatus: "TN-Validation-Passed-A" });
      await phone.getByRole("region", { name: "Incoming call from Grace" }).waitFor();
      await says("+1 415 555 0123");
      await says(/confirmed by its carrier/);
      await page.getByRole("alert").getByText("Incoming call from Grace").waitFor({ state: "attached" });
      await look(page, "incoming-by-name");
      await button("Ignore").click();
      await button("Call").waitFor();
      assert.deepEqual([...edge.received("reject"), ...edge.received("answer"), ...edge.received("hangup")], []);
    });
  });

  it("goes on ringing when the microphone is blocked", async () => {
    await withPhone(async ({ page, edge, says, button }) => {
      const sid = edge.ring();
      await button("Answer").click();
      await says("The microphone is blocked");
      await button("Answer").waitFor();
      assert.deepEqual(edge.received("hangup"), []);
      await look(page, "microphone-blocked");
      edge.send("cancel", { callsid: sid });
      await says("Missed call");
      await look(page, "missed");
    }, { prepare: noMicrophone });
  });

  it("rings in every tab, of which one registers, and is declined in any", async () => {
    await withPhone(async ({ page, edge, button }) => {
      const other = await newTab("ana", {});
      await mockEdge(other, edge);
      await other.goto("/");
      const phone = other.getByRole("complementary", { name: "Phone" });
      await phone.getByText("Ready for calls", { exact: true }).first().waitFor();
      assert.equal(edge.sockets.length, 1, "one device for both tabs");
      // One that does nothing for a while keeps the phone.
      await page.evaluate((ms) => {
        const until = performance.now() + ms;
        while (performance.now() < until);
      }, STALL_MS);
      await page.locator("[data-here]").waitFor();
      assert.deepEqual([edge.sockets.length, await other.locator("[data-here]").count()], [1, 0], "one device still");
      edge.ring();
      await button("Answer").waitFor();
      await phone.getByRole("button", { name: "Decline" }).click();
      await button("Answer").waitFor({ state: "detached" });
      await waitUntil(() => edge.received("reject").length > 0, LONG, "a rejection");
      assert.equal(edge.received("reject").length, 1);
      // The tab that has the phone is closed: the other registers.
      await page.close();
      await waitUntil(() => edge.received("register").length === 2, LONG, "a registration");
      await phone.getByText("Ready for calls", { exact: true }).first().waitFor();
      await other.close();
    });
  });

  it("does nothing that was clicked long ago in another tab, such as while this one was frozen", async () => {
    await withPhone(async ({ page, edge, says }) => {
      const click = (action, args, age) => page.evaluate(([message, ms]) => {
        new BroadcastChannel("hookswitch phone  ana").postMessage({ message: { ...message, at: Date.now() - ms } });
      }, [{ action, args }, age]);
      await click("dial", [{ to: "+13035550142" }], 60_000);
      await click("receive", [false], 0);
      await says("Not receiving calls: switched off here");
      assert.equal(edge.received("invite").length, 0);
      assert.equal(await page.locator('[data-call="none"]').count(), 1);
    });
  });

  it("is ready for whoever signs in again while its goodbye is on its way", async () => {
    await withPhone(async ({ page, says }) => {
      const token = await page.evaluate(() => sessionStorage.getItem("hookswitch_token"));
      const { answered, release } = await holdBack(page, PRESENCE, (request) => request.postDataJSON()?.registered === false);
      await page.getByRole("button", { name: "Sign out" }).first().click();
      await answered;
      await page.getByRole("button", { name: "Sign in with a token instead" }).click();
      await page.getByLabel("Access token", { exact: true }).fill(token);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("Live", { exact: true }).waitFor();
      await release();
      await says("Ready for calls");
    });
  });

  it("opens the phone on a small screen", async () => {
    await withPhone(async ({ page, edge, phone, button }) => {
      assert.equal(await phone.isVisible(), false);
      await waitUntil(() => edge.received("register").length > 0, LONG, "a registration");
      await waitUntil(() => page.locator('[data-line="ready"]').count(), LONG, "the phone");
      edge.ring();
      await button("Answer").waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "no sideways scrolling");
      await look(page, "small-incoming");
    }, { ready: false, viewport: { width: 360, height: 740 } });
  });
});
