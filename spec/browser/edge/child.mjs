// child.mjs: one callee of a <Dial>: a telephone or the browsers of an identity.
// It rings, reports each step to the noun's statusCallback, and runs the noun's
// `url` (screening, announcements) before it counts as taken.
//
//   const child = new Child(call, noun, dial)
//   await child.ring()     → "taken" · "declined" · "busy" · "no-answer" · "failed"
//   child.cancel()         someone else took the call, or the caller is gone
//   child.party            whom to talk to, once taken
import { attribute, newSid } from "../../support/twilio.mjs";
import { elements } from "../../support/xml.mjs";
import { BrowserLeg } from "./browser_leg.mjs";
import { PhoneLeg } from "./phone_leg.mjs";
import { sleep } from "../../support/server.mjs";

const EVENT_OF = { initiated: "initiated", ringing: "ringing", "in-progress": "answered" };
const DOCUMENTS_MAX = 6;

export class Child {
  sid = newSid("CA");
  status = "initiated";
  answeredAt = null;
  #sequence = 0;
  #over = false;
  #cancelled = false;
  #stop;

  constructor(call, noun, dial) {
    Object.assign(this, { call, noun, edge: call.edge });
    const identity = noun.tagName === "Client" ? (elements(noun).find((e) => e.tagName === "Identity") ?? noun).textContent.trim() : null;
    this.identity = identity;
    this.target = identity ? `client:${identity}` : noun.textContent.trim();
    this.params = { ...call.params, CallSid: this.sid, ParentCallSid: call.sid, Direction: "outbound-dial", To: this.target,
      Called: this.target, From: attribute(dial, "callerId", call.params.From) };
    this.params.Caller = this.params.From;
    this.stopped = new Promise((resolve) => { this.#stop = resolve; });
  }

  async report(status, more = {}) {
    this.status = status;
    const url = attribute(this.noun, "statusCallback");
    const wanted = attribute(this.noun, "statusCallbackEvent", "completed").split(" ");
    const sequence = this.#sequence++;
    if (!url || !wanted.includes(EVENT_OF[status] ?? "completed")) return;
    await this.edge.callback(url, { ...this.params, CallStatus: status, SequenceNumber: String(sequence),
      Timestamp: new Date().toUTCString(), CallbackSource: "call-progress-events", ...more });
  }

  async ring() {
    await this.report("initiated");
    if (this.#cancelled) {
      await this.finish("no-answer");
      return "no-answer";
    }
    const came = await Promise.race([this.identity ? this.#ringBrowsers() : this.#ringPhone(), this.stopped.then(() => "no-answer")]);
    if (came !== "taken") {
      await this.finish(came);
      return came;
    }
    this.answeredAt = Date.now();
    await this.report("in-progress");
    const wanted = await Promise.race([this.#screened(), this.stopped.then(() => false)]);
    this.taken = wanted && !this.#cancelled;
    if (this.taken) return "taken";
    await this.finish("completed");
    return this.#cancelled ? "no-answer" : "declined";
  }

  async #ringPhone() {
    const does = this.edge.calleeOf(this.target);
    await this.report("ringing");
    await Promise.race([sleep(does.after), this.stopped]);
    if (this.#cancelled) return "no-answer";
    if (does.answer !== "taken") return does.answer === "no-answer" ? this.stopped.then(() => "no-answer") : does.answer;
    this.does = does;
    this.party = new PhoneLeg(this.target);
    this.edge.phones.set(this.target, this.party);
    return "taken";
  }

  async #ringBrowsers() {
    const sessions = this.edge.registered(this.identity);
    if (!sessions.length) return this.edge.variant.closedBrowser ?? "no-answer";
    await this.report("ringing");
    if (this.#cancelled) return "no-answer";
    const parameters = elements(this.noun).filter((e) => e.tagName === "Parameter")
      .map((e) => [attribute(e, "name"), attribute(e, "value", "")]);
    const params = { CallSid: this.sid, AccountSid: this.call.params.AccountSid, ApiVersion: "2010-04-01", From: this.params.From,
      To: this.target, Params: new URLSearchParams(parameters).toString() };
    this.legs = sessions.map((session) => new BrowserLeg(session, this.sid));
    const outcomes = this.legs.map((leg) => this.#ringBrowser(leg, params));
    const [came, winner] = await Promise.race([...outcomes, this.stopped.then(() => ["no-answer"]), Promise.all(outcomes).then(() => ["no-answer"])]);
    // One browser's answer ends it for all of this identity, and so does a refusal.
    for (const leg of this.legs) if (leg !== winner) this.#cancel(leg);
    this.party = winner;
    if (this.#over) this.#hangUp();
    return came;
  }

  // Resolves when the user decides; ignoring isn't a decision.
  async #ringBrowser(leg, parameters) {
    const decided = leg.session.ring(leg);
    leg.send("invite", { sdp: await leg.offer(), reconnect: leg.session.reconnectToken(leg), parameters });
    const { type, sdp } = await decided;
    if (type === "reject") return ["busy"];
    if (type !== "answer") return new Promise(() => {});
    leg.accepted = true;
    await leg.answered(sdp);
    return ["taken", leg];
  }

  // A browser whose answer has come is in the call, others only ring.
  #cancel(leg) {
    leg.send(leg.accepted ? "hangup" : "cancel", {});
    leg.close();
  }

  #hangUp() {
    if (!this.party?.session) return;
    this.party.send("hangup", {});
    this.party.close();
  }

  // The callee's own document; true when the call may be connected.
  async #screened() {
    let url = attribute(this.noun, "url");
    let params = { ...this.params, CallStatus: "in-progress" };
    for (let fetched = 0; url && fetched < DOCUMENTS_MAX; fetched++) {
      const response = await this.edge.fetch(url, params);
      url = null;
      for (const verb of elements(response)) {
        if (verb.tagName === "Hangup") return false;
        if (verb.tagName === "Gather") {
          url = attribute(verb, "action");
          params = { ...params, Digits: this.does?.press ?? "" };
          break;
        }
      }
    }
    return true;
  }

  // Whoever has answered by now, or does so at this moment, is hung up on.
  async cancel() {
    this.#cancelled = true;
    this.#stop();
    if (this.taken) await this.finish("completed");
  }

  // The leg is over, with its last report; a second time does nothing.
  async finish(status) {
    if (this.#over) return;
    this.#over = true;
    this.seconds = this.answeredAt ? Math.round((Date.now() - this.answeredAt) / 1000) : 0;
    this.#hangUp();
    const talked = this.answeredAt ? { CallDuration: String(this.seconds), Duration: String(Math.ceil(this.seconds / 60)) } : {};
    await this.report(status, status === "busy" ? { SipResponseCode: "486" } : talked);
  }
}
