// edge.mjs: a stand-in for Twilio's voice edge, for the unmodified Voice SDK: it
// speaks the SDK's protocol on a TLS port, verifies our access tokens, runs our
// TwiML over signed webhooks, rings telephones and browsers, and carries sound.
//
//   const edge = await Edge.start({ server, rest, keys: { SK…: secret } });
//   chromium with --host-resolver-rules=`MAP *.twilio.com 127.0.0.1:${edge.port}`
//   const call = edge.call({ from: "+14155550123", to: "+15105550100" });   a telephone calls a number
//   call.party.hangUp(); await call.done; call.heard
//   edge.calls.at(-1)    the newest call, from a browser or a telephone
//   edge.callees.set("+13035550142", { answer: "busy" });                   who does what
//   await edge.stop();   throws when something happened that Twilio would not do
//
// The REST side (numbers, applications, recordings) is spec/support/twilio_rest.mjs.
import https from "node:https";
import { WebSocketServer } from "ws";
import { within } from "../../support/slow.mjs";
import { Twilio } from "../../support/twilio.mjs";
import { parseXml } from "../../support/xml.mjs";
import { Call } from "./call.mjs";
import { makeCertificate } from "./certificate.mjs";
import { PhoneLeg } from "./phone_leg.mjs";
import { Session } from "./session.mjs";
import { SILENCE, wav, decode } from "./sound.mjs";

const ANSWER_MS = 700;

export class Edge {
  sessions = new Set();
  calls = [];
  callees = new Map(); // what a telephone does, by number
  phones = new Map(); // the telephone that last took a call, by number
  reconnects = new Map();
  insights = []; // events that the SDK reported
  sounds = []; // sounds that the SDK fetched from Twilio
  problems = [];
  variant = {};
  sayMs = 400;
  messageMs = 1200;
  longestRing = 60_000;
  gatherMs = 3000;
  reconnectMs = 15_000;

  constructor({ server, rest, keys, account, token }) {
    this.rest = rest;
    this.account = account;
    this.keys = new Map(Object.entries(keys));
    this.twilio = new Twilio({ base: server.base, token, accountSid: account });
  }

  static async start(options) {
    const edge = new Edge(options);
    edge.web = https.createServer(makeCertificate(), (request, response) => edge.#page(request, response));
    edge.sockets = new WebSocketServer({ server: edge.web, path: "/signal" });
    edge.sockets.on("connection", (socket) => edge.sessions.add(new Session(edge, socket)));
    await new Promise((resolve) => edge.web.listen(0, "127.0.0.1", resolve));
    edge.port = edge.web.address().port;
    return edge;
  }

  // Insights and sounds, for pages of any origin.
  #page(request, response) {
    const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type,x-twilio-token" };
    if (/^\/js\/client\/sounds\//.test(request.url)) {
      this.sounds.push(request.url);
      response.writeHead(200, { ...headers, "Content-Type": "audio/wav" });
      return response.end(wav([decode(SILENCE)]));
    }
    const known = /^\/v4\/Endpoint(Events|Metrics)$/.test(request.url);
    let text = "";
    request.setEncoding("utf8").on("data", (part) => { text += part; });
    return request.on("end", () => {
      if (known && request.method === "POST") this.insights.push(JSON.parse(text));
      response.writeHead(known ? 200 : 404, headers);
      response.end();
    });
  }

  // A signed webhook that must be answered with a document.
  async fetch(url, params) {
    const answer = await this.twilio.post(url, params);
    if (answer.status !== 200 || !/^text\/xml/.test(answer.type)) throw new Error(`${url}: ${answer.status} ${answer.type} ${answer.body}`);
    const response = parseXml(answer.body);
    if (response.tagName !== "Response") throw new Error(`${url}: no <Response>: ${answer.body}`);
    return response;
  }

  async callback(url, params) {
    const answer = await this.twilio.post(url, params).catch((problem) => ({ status: 599, body: String(problem.cause ?? problem) }));
    if (answer.status >= 300) this.problems.push(`callback ${url}: ${answer.status} ${answer.body}`);
  }

  application(sid) {
    return this.rest.applications.get(sid);
  }

  // Browsers that take calls for an identity.
  registered(identity) {
    return [...this.sessions].filter((session) => session.registered && session.identity === identity);
  }

  // By number, or by its end: …0009 is busy, …0008 does not answer, others pick up and press 1.
  calleeOf(number) {
    const usual = number.endsWith("0009") ? { answer: "busy" } : number.endsWith("0008") ? { answer: "no-answer" } : {};
    return { answer: "taken", after: ANSWER_MS, press: "1", ...usual, ...this.callees.get(number) };
  }

  begin(options) {
    const call = new Call(this, options);
    this.calls.push(call);
    return call;
  }

  // A telephone calls one of the account's numbers.
  call({ from, to }) {
    const hooks = [...this.rest.numbers.values()].find((number) => number.phone_number === to);
    if (!hooks) throw new Error(`the account has no number ${to}`);
    return this.begin({ party: new PhoneLeg(from), from, to, hooks });
  }

  keepRecording(sid, sound, callSid) {
    this.rest.recordings.set(sid, sound);
    this.lastRecording = { sid, sound, callSid };
  }

  recordingUrl(sid) {
    return `https://api.twilio.com/2010-04-01/Accounts/${this.account}/Recordings/${sid}`;
  }

  // Cut the sockets of an identity, as a lost network does.
  drop(identity) {
    for (const session of this.sessions) if (session.identity === identity) session.socket.terminate();
  }

  // End every call, on both sides.
  async hangUp() {
    for (const { ended, party } of this.calls) {
      if (ended) continue;
      party.end?.();
      (party.hangUp ?? party.leave).call(party);
    }
    let endWaiting;
    const late = new Promise((resolve) => { endWaiting = within(10_000, resolve); });
    await Promise.race([Promise.allSettled(this.calls.map((call) => call.done)), late]);
    endWaiting();
  }

  async stop() {
    await this.hangUp();
    for (const session of this.sessions) session.socket.terminate();
    this.sockets.close();
    this.web.closeAllConnections();
    await new Promise((resolve) => this.web.close(resolve));
    if (this.problems.length) throw new Error(`what Twilio would complain about:\n${this.problems.join("\n")}`);
  }
}
