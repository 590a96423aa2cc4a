// session.mjs: one browser's signalling socket, PStream 1.6: JSON text frames
// { type, payload, version }, and a line feed as heartbeat.
import { newSid } from "../../support/twilio.mjs";
import { BrowserLeg } from "./browser_leg.mjs";
import { ERRORS, readToken } from "./token.mjs";

const HEARTBEAT_MS = 10_000;
const TIMER_MAX = 2 ** 31 - 1;

export class Session {
  registered = false;
  messages = []; // what the browser sent
  #legs = new Map(); // by every name that the browser may use
  #decisions = new Map(); // incoming calls that the user has not decided on
  #timers = [];

  constructor(edge, socket) {
    Object.assign(this, { edge, socket });
    this.#timers.push(setInterval(() => socket.readyState === socket.OPEN && socket.send("\n"), HEARTBEAT_MS));
    socket.on("message", (data) => this.#take(data.toString()).catch((problem) => edge.problems.push(problem.stack)));
    socket.on("close", () => this.#closed());
    socket.on("error", () => {});
  }

  send(type, payload) {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify({ type, payload, version: "1.6" }));
  }

  refuse(error) {
    this.send("error", { error });
  }

  async #take(text) {
    if (text === "\n") return;
    const { type, payload } = JSON.parse(text);
    this.messages.push({ type, payload, at: Date.now() });
    const handler = { listen: this.#listen, register: this.#register, invite: this.#invite, answer: this.#decide, reject: this.#decide,
      hangup: this.#hangup, reinvite: this.#reinvite, dtmf: this.#dtmf, message: this.#message }[type];
    if (!handler) throw new Error(`the edge does not know "${type}"`);
    await handler.call(this, payload, type);
  }

  #listen({ token }) {
    const read = readToken(token, this.edge);
    clearTimeout(this.expiry);
    this.token = read.error ? null : read;
    if (read.error) return this.refuse(read.error);
    this.identity = read.identity;
    const left = read.expires - Date.now();
    this.expiry = setTimeout(() => this.expire(), Math.min(left, TIMER_MAX));
    return this.send("connected", { edge: "ashburn", region: "US_EAST_VIRGINIA", home: "us1", gateway: "stand-in",
      token: { identity: read.identity, ttl: Math.floor(left / 1000) } });
  }

  // The token's time is up: nothing more comes to this browser.
  expire() {
    this.token = null;
    this.registered = false;
    this.refuse(ERRORS.EXPIRED);
    this.send("offline", {});
  }

  #register({ media }) {
    if (!this.token?.incoming) return this.refuse(ERRORS.INVALID);
    this.registered = media.audio;
    return this.send(media.audio ? "ready" : "offline", {});
  }

  // A name that the browser shows after its socket was lost, to go on with a call.
  reconnectToken(leg) {
    const token = newSid("reconnect");
    this.edge.reconnects.set(token, leg);
    return token;
  }

  // The call's old socket may still look open; when it closes, that must not end the call.
  adopt(leg) {
    if (leg.session !== this) leg.session.forget(leg);
    leg.session = this;
    this.#legs.set(leg.sid, leg);
    if (leg.alias) this.#legs.set(leg.alias, leg);
  }

  forget(leg) {
    this.#legs.delete(leg.sid);
    this.#legs.delete(leg.alias);
    this.#decisions.delete(leg.sid);
  }

  async #invite({ callsid, sdp, reconnect, twilio }) {
    if (reconnect) {
      const leg = this.edge.reconnects.get(reconnect);
      if (!leg || leg.closed) return this.send("hangup", { callsid, error: { code: 31005, message: "Call is gone" } });
      this.adopt(leg);
      clearTimeout(leg.waiting);
      return leg.send("answer", { reconnect });
    }
    const hooks = this.token && this.edge.application(this.token.application);
    if (!hooks) return this.send("hangup", { callsid, error: { code: 31204, message: "No such application" } });
    const leg = new BrowserLeg(this, newSid("CA"), { telephoneEvents: this.edge.variant.telephoneEvents !== false });
    leg.alias = callsid;
    this.adopt(leg);
    leg.ringing = () => leg.send("ringing", {});
    const answer = leg.answer(sdp);
    leg.pickUp = async () => leg.send("answer", { sdp: await answer, reconnect: this.reconnectToken(leg) });
    leg.end = (error) => leg.send("hangup", error ? { error } : {});
    const params = Object.fromEntries(new URLSearchParams(twilio?.params ?? ""));
    return this.edge.begin({ sid: leg.sid, party: leg, from: `client:${this.identity}`, to: params.To ?? "", hooks,
      extra: { ...params, ApplicationSid: this.token.application } });
  }

  // An incoming call is shown; resolves with what the user decides.
  ring(leg) {
    this.adopt(leg);
    return new Promise((resolve) => this.#decisions.set(leg.sid, resolve));
  }

  #decide(payload, type) {
    // The call ended while this answer was on its way.
    if (type === "answer" && !this.#legs.has(payload.callsid)) this.send("hangup", { callsid: payload.callsid });
    this.#decisions.get(payload.callsid)?.({ type, ...payload });
    this.#decisions.delete(payload.callsid);
  }

  #hangup({ callsid }) {
    this.#legs.get(callsid)?.leave();
  }

  async #reinvite({ callsid, sdp }) {
    const leg = this.#legs.get(callsid);
    if (leg) leg.send("answer", { sdp: await leg.answer(sdp) });
  }

  #dtmf({ callsid, dtmf }) {
    const leg = this.#legs.get(callsid);
    for (const key of dtmf.replace(/w/g, "")) leg?.press(key);
  }

  #message({ callsid, voiceeventsid }) {
    this.send("ack", { acktype: "message", callsid, voiceeventsid });
  }

  // A call goes on for a while without its signalling.
  #closed() {
    clearTimeout(this.expiry);
    for (const timer of this.#timers) clearInterval(timer);
    this.edge.sessions.delete(this);
    this.registered = false;
    for (const leg of new Set(this.#legs.values())) {
      if (this.#decisions.has(leg.sid)) leg.close();
      else leg.waiting = setTimeout(() => leg.leave(), this.edge.reconnectMs);
    }
  }
}
