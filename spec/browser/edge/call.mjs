// call.mjs: one call as Twilio runs it: asks the voice URL what to do with it,
// does what the document says, and reports its end. `party` is whoever called:
// a browser or a telephone.
//
// What it cannot do in the time of a test is shortened: words last as long as a
// beep (edge.sayMs), keys are waited for edge.gatherMs, and nobody rings longer
// than edge.longestRing.
import { attribute, newSid } from "../../support/twilio.mjs";
import { sleep } from "../../support/server.mjs";
import { elements } from "../../support/xml.mjs";
import { dial } from "./dial.mjs";
import { decode, pump, tone, wav } from "./sound.mjs";

const DOCUMENTS_MAX = 20;

export class Call {
  children = [];
  heard = []; // what the caller heard, in order
  status = "ringing";
  bridged = null; // the child that is being talked to
  pickedUp = false;
  began = Date.now();

  constructor(edge, { sid = newSid("CA"), party, from, to, hooks, extra = {} }) {
    Object.assign(this, { edge, sid, party, from, to, hooks });
    this.params = edge.twilio.voiceParams({ callSid: sid, from, to, extra });
    party.gone.then(() => { this.callerGone = true; });
    this.done = this.run();
  }

  async run() {
    let error;
    try {
      let next = { url: this.hooks.voice_url, params: this.params };
      for (let fetched = 0; next && !this.over; fetched++) {
        if (fetched > DOCUMENTS_MAX) throw new Error("the call never ends");
        next = await this.document(await this.edge.fetch(next.url, next.params));
      }
    } catch (problem) {
      this.edge.problems.push(`${this.sid}: ${problem.stack}`);
      error = { code: 31005, message: "11200 HTTP retrieval failure" };
    }
    await this.finish(error ?? this.rejected);
  }

  // Ends when the verb ends, or the caller goes.
  whileThere(promise) {
    return Promise.race([promise, this.party.gone]);
  }

  async document(response) {
    for (const verb of elements(response)) {
      if (this.callerGone) break;
      const next = await this.verb(verb);
      if (next || this.over) return next;
    }
    return null;
  }

  verb(verb) {
    const step = { Say: this.say, Play: this.say, Pause: this.pause, Gather: this.gather, Dial: this.dial, Record: this.record,
      Redirect: this.redirect, Reject: this.reject, Hangup: this.hangup }[verb.tagName];
    if (!step) throw new Error(`the edge does not know <${verb.tagName}>`);
    return step.call(this, verb);
  }

  async pickUp() {
    if (this.pickedUp || this.callerGone) return;
    this.pickedUp = true;
    this.status = "in-progress";
    this.answeredAt = Date.now();
    await this.party.pickUp?.();
  }

  async say(verb) {
    await this.pickUp();
    this.heard.push(`${verb.tagName.toLowerCase()}: ${verb.textContent}`);
    const words = tone(600);
    const stop = pump(() => this.party.hear(words()));
    await this.whileThere(sleep(this.edge.sayMs));
    stop();
  }

  async pause() {
    await this.pickUp();
    await this.whileThere(sleep(this.edge.sayMs));
  }

  redirect(verb) {
    return { url: verb.textContent.trim(), params: { ...this.params, CallStatus: "in-progress" } };
  }

  reject(verb) {
    const busy = attribute(verb, "reason", "rejected") === "busy";
    this.status = busy ? "busy" : "no-answer";
    this.rejected = busy ? { code: 31486, message: "Busy Here" } : { code: 31603, message: "Decline" };
    this.over = true;
  }

  hangup() {
    this.over = true;
  }

  async gather(verb) {
    for (const prompt of elements(verb)) await this.verb(prompt);
    const wanted = Number(attribute(verb, "numDigits", "1"));
    let pressed = "";
    await this.whileThere(Promise.race([sleep(this.edge.gatherMs), new Promise((resolve) => {
      this.party.onDigit = (key) => {
        pressed += key;
        if (pressed.length >= wanted) resolve();
      };
    })]));
    this.party.onDigit = null;
    if (!pressed && attribute(verb, "actionOnEmptyResult") !== "true") return null;
    return { url: attribute(verb, "action"), params: { ...this.params, CallStatus: "in-progress", Digits: pressed } };
  }

  async dial(verb) {
    const result = await dial(this, verb);
    this.heard.push(`dial ${result.child.target}: ${result.status}`);
    this.over = result.callerGone;
    const url = attribute(verb, "action");
    if (!url) return null;
    const params = { ...this.params, CallStatus: result.callerGone ? "completed" : "in-progress", DialCallStatus: result.status,
      DialCallSid: result.child.sid, ...result.extra };
    if (!result.callerGone) return { url, params };
    // The request still arrives; what it answers is ignored.
    await this.edge.fetch(url, params);
    return null;
  }

  // A message, for as long as the caller speaks.
  async record(verb) {
    await this.pickUp();
    const samples = [];
    const took = (payload) => samples.push(...decode(payload));
    this.party.onAudio = took;
    const stop = this.party.source ? pump(() => took(this.party.source())) : () => {};
    await this.whileThere(sleep(this.edge.messageMs));
    stop();
    this.party.onAudio = null;
    const sid = newSid("RE");
    const seconds = String(Math.max(1, Math.round(samples.length / 8000)));
    this.edge.keepRecording(sid, wav([samples]), this.sid);
    this.heard.push("record");
    await this.edge.callback(attribute(verb, "recordingStatusCallback"), { AccountSid: this.params.AccountSid, CallSid: this.sid,
      RecordingSid: sid, RecordingStatus: "completed", RecordingDuration: seconds, RecordingChannels: "1",
      RecordingUrl: this.edge.recordingUrl(sid), RecordingSource: "RecordVerb", RecordingStartTime: new Date().toUTCString() });
    if (this.callerGone) return null;
    return { url: attribute(verb, "action"), params: { ...this.params, CallStatus: "in-progress", RecordingSid: sid,
      RecordingDuration: seconds, Digits: "#" } };
  }

  async finish(error) {
    this.over = true;
    if (error && this.status === "ringing") this.status = "failed";
    else if (!this.rejected) this.status = "completed";
    if (!this.callerGone) this.party.end?.(error);
    this.party.close();
    const seconds = this.answeredAt ? Math.round((Date.now() - this.answeredAt) / 1000) : 0;
    this.ended = true;
    if (this.hooks.status_callback)
      await this.edge.callback(this.hooks.status_callback, { ...this.params, CallStatus: this.status, SequenceNumber: "0",
        CallbackSource: "call-progress-events", Timestamp: new Date().toUTCString(), CallDuration: String(seconds),
        Duration: String(Math.ceil(seconds / 60)) });
  }
}
