// calling.mjs: the console, the real binary and the stand-in for Twilio's edge,
// wired together: what a browser's call needs.
//
//   const calling = await startCalling({ numbers: [["+15105550100", "ana"]] });
//   const page = await calling.open("ana");       signed in, phone ready
//   await calling.stop();
//
// Media is looked at where it is: getStats in the page (its RTCPeerConnections
// are remembered by an init script), packets and loudness at the edge.
import { givenNumber, rows } from "../../support/database.mjs";
import { waitUntil } from "../../support/server.mjs";
import { TwilioRest } from "../../support/twilio_rest.mjs";
import { Edge } from "../edge/edge.mjs";
import { openBrowser, openPage, startConsole } from "./console.mjs";

const KEY = `SK${"2".repeat(32)}`;
const SECRET = "0123456789abcdefghijklmnopqrstuv";
const APP = `AP${"3".repeat(32)}`;
export const LONG = 60_000; // a loaded machine takes its time

function remember() {
  const { RTCPeerConnection: Real } = window;
  window.peers = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...options) {
      super(...options);
      window.peers.push(this);
    }
  };
}

// The newest connection's figures: what was sent, what was heard.
async function stats() {
  const peer = window.peers.at(-1);
  const got = { state: peer?.connectionState, sent: 0, received: 0, lost: 0, heard: 0, said: 0, codec: null };
  for (const one of (await peer?.getStats())?.values() ?? []) {
    if (one.type === "outbound-rtp") got.sent = one.packetsSent;
    if (one.type === "media-source") got.said = one.totalAudioEnergy;
    if (one.type === "codec") got.codec ??= one.mimeType;
    if (one.type === "inbound-rtp") Object.assign(got, { received: one.packetsReceived, lost: one.packetsLost, heard: one.totalAudioEnergy });
  }
  return got;
}

export const statsOf = (page) => page.evaluate(stats);

// Sound goes both ways: packets and energy at this end of the call.
export function soundBothWays(page) {
  return waitUntil(async () => {
    const got = await statsOf(page);
    return got.sent > 50 && got.received > 50 && got.heard > 0 && got.said > 0 && got;
  }, LONG, "sound in both directions");
}

// At least a second of packets arrive at an ear from now on: how loud they are.
export async function listen(ear, packets = 60) {
  const from = Date.now();
  await waitUntil(() => ear.since(from).length >= packets, LONG, "packets at the edge");
  return ear.peak(from);
}

export class Calling {
  static async start(options) {
    const it = new Calling();
    try {
      return await it.#begin(options);
    } catch (problem) {
      await it.stop().catch(() => {}); // or what has begun holds up the file's end
      throw problem;
    }
  }

  async #begin({ numbers = [], rules, config = {} } = {}) {
    this.rest = await TwilioRest.start();
    this.rest.keys = { [KEY]: SECRET };
    this.server = await startConsole({ rules, config: { ...this.rest.config, twilio_api_key: KEY, twilio_api_secret: SECRET,
      twilio_app_sid: APP, ...config } });
    const hooks = { voice_url: `${this.server.base}/api/twilio/twiml`, status_callback: `${this.server.base}/api/twilio/status-callback` };
    this.rest.applications.set(APP, { sid: APP, ...hooks });
    for (const [phone, user, more] of numbers) {
      this.rest.own(phone, hooks);
      givenNumber(this.server.database, { phone, user, ...more });
    }
    const { twilio_account_sid: account, twilio_auth_token: token } = this.rest.credentials;
    this.edge = await Edge.start({ server: this.server, rest: this.rest, keys: this.rest.keys, account, token });
    this.browser = await openBrowser({ args: [`--host-resolver-rules=MAP *.twilio.com 127.0.0.1:${this.edge.port}`] });
    await this.server.settled();
    return this;
  }

  // A page whose phone takes calls.
  async open(user, { target = "/", ...more } = {}) {
    const page = await openPage(this.browser, this.server, { user, ignoreHTTPSErrors: true, ...more });
    await page.addInitScript(remember);
    page.setDefaultTimeout(LONG);
    await page.goto(target);
    await phoneOf(page).getByText("Ready for calls", { exact: true }).first().waitFor();
    await waitUntil(() => this.edge.registered(`user_${user}`).length > 0, LONG, `${user} at the edge`);
    return page;
  }

  // The log's rows of a call, the caller's leg first.
  log(sid) {
    return rows(this.server.database, `SELECT * FROM twilio_call_logs WHERE call_sid = '${sid}' OR parent_call_sid = '${sid}' ORDER BY id`);
  }

  // The call's row once it has ended.
  async logged(call) {
    await call.done;
    return waitUntil(() => this.log(call.sid).find((row) => row.call_sid === call.sid && row.ended_at), LONG, "the call's row");
  }

  // A caller rings the browser: once the host knows that its user answers and talks to nobody.
  async ring(user, numbers) {
    const query = (sql) => rows(this.server.database, sql);
    await waitUntil(() => this.edge.registered(`user_${user}`).length > 0 && query("SELECT 1 FROM twilio_call_logs WHERE ended_at IS NULL").length === 0
      && query(`SELECT 1 FROM presence WHERE user_id = '${user}' AND seen_at > ${Date.now() - 30_000}`).length > 0, LONG, `${user} to be free`);
    return this.edge.call(numbers);
  }

  // What became of a call, for the message of a test that fails.
  story(call) {
    const children = call.children.map(({ target, status }) => [target, status]);
    const steps = rows(this.server.database, `SELECT * FROM call_steps WHERE call_sid = '${call.sid}' ORDER BY n`);
    return JSON.stringify({ children, heard: call.heard, log: this.log(call.sid), steps, presence: rows(this.server.database, "SELECT * FROM presence") });
  }

  // The newest call of the edge that is not the one given.
  next(before) {
    return waitUntil(() => this.edge.calls.at(-1) !== before && this.edge.calls.at(-1), LONG, "a call at the edge");
  }

  async stop() {
    await this.browser?.close();
    const problems = [];
    for (const part of [this.edge, this.server, this.rest]) await part?.stop().catch((problem) => problems.push(problem));
    if (problems.length) throw problems[0];
  }
}

// The phone of the console, by what people see.
export const phoneOf = (page) => page.getByRole("complementary", { name: "Phone" });
