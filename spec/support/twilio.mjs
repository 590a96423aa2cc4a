// twilio.mjs: plays Twilio's part over real HTTP. It fetches TwiML with signed
// requests, acts on it with scripted outcomes, and posts every callback.
//
//   const phone = new Twilio({ base, token, accountSid });
//   const call = await phone.call({ from, to, legs: ["busy", { press: "1" }] });
//   call.heard   what the caller heard, in order; call.end how it ended
//
// One entry of `legs` is used for each target that rings, in order:
//   "no-answer" "busy" "failed" "canceled"
//   { press: "1", talk: 30 }   picks up, presses 1 when asked, talks 30 s
//   "declined"                 picks up and does not press 1 (or a mailbox did)
//   "caller-hangs-up"          the caller gives up while it rings
// What Twilio does where nobody outside knows (call semantics, "not settled") is
// chosen by `variant`. With `variant.fallback` no document of the caller's leg
// arrives, and all are asked of the fallback address:
//   { named: (url) => ErrorUrl?, seen: the request came and only its answer is lost,
//     whole: the fallback's request repeats the fields of the one that failed }
import { randomBytes } from "node:crypto";
import twilio from "twilio";
import { request } from "./server.mjs";
import { elements, parseXml } from "./xml.mjs";

export const newSid = (prefix) => prefix + randomBytes(16).toString("hex");
export const attribute = (node, name, otherwise) => (node.hasAttribute(name) ? node.getAttribute(name) : otherwise);

function parse(xml) {
  const response = parseXml(xml);
  if (response.tagName !== "Response") throw new Error(`no <Response>: ${xml}`);
  return response;
}

export class Twilio {
  // publicUrl: what Twilio was told (SERVER_URL); base: where it really is.
  constructor({ base, publicUrl = base, token, accountSid = `AC${"a".repeat(32)}`, variant = {} }) {
    Object.assign(this, { base, publicUrl, token, accountSid, variant });
  }

  sign(url, params) {
    return twilio.getExpectedTwilioSignature(this.token, url, params);
  }

  async post(url, params) {
    const full = new URL(url, `${this.publicUrl}/api/twilio/twiml`).href;
    const body = new URLSearchParams(params).toString();
    const { status, headers, body: answer } = await request(new URL(this.base).port, {
      method: "POST",
      target: full.slice(this.publicUrl.length),
      headers: {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Content-Length": Buffer.byteLength(body),
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": this.sign(full, params),
        "I-Twilio-Idempotency-Token": newSid(""),
      },
      body,
    });
    return { status, type: headers["content-type"], body: answer };
  }

  voiceParams({ callSid, from, to, extra = {} }) {
    const params = { AccountSid: this.accountSid, ApiVersion: "2010-04-01", CallSid: callSid, CallStatus: "ringing",
      Direction: "inbound", From: from, To: to, Caller: from, Called: to, StirVerstat: "TN-Validation-Passed-A" };
    for (const party of ["From", "To", "Caller", "Called"])
      for (const part of ["City", "State", "Zip", "Country"]) params[party + part] = part === "Country" ? "US" : "";
    return { ...params, ...extra };
  }

  // Play one inbound (or, from "client:…", outgoing) call to its end.
  async call({ from, to, legs = [], digits = [], message = 5, callSid = newSid("CA"), extra, variant = {} }) {
    const call = new Call(this, { from, to, legs: [...legs], digits: [...digits], message, callSid,
      variant: { ...this.variant, ...variant } });
    await call.run(this.voiceParams({ callSid, from, to, extra }));
    return call;
  }
}

class Call {
  constructor(twilioSide, options) {
    Object.assign(this, options);
    this.twilio = twilioSide;
    this.heard = [];
    this.documents = [];
    this.rung = [];
    this.children = [];
    this.seconds = 0;
    this.ended = false;
    this.status = "ringing";
  }

  async fetch(url, params) {
    const answer = await this.twilio.post(url, params);
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.body}`);
    if (!/^text\/xml/.test(answer.type)) throw new Error(`${url}: ${answer.type}`);
    this.documents.push(answer.body);
    return parse(answer.body);
  }

  async callersDocument({ url, params }) {
    const lost = this.variant.fallback;
    if (!lost) return this.fetch(url, params);
    if (lost.seen) await this.twilio.post(url, params);
    const named = lost.named(new URL(url, `${this.twilio.publicUrl}/api/twilio/twiml`).href);
    return this.fetch("/api/twilio/twiml?step=fallback", { ...this.params, ...(lost.whole ? params : {}), CallStatus: params.CallStatus,
      ErrorCode: "11205", ...(named === undefined ? {} : { ErrorUrl: named }) });
  }

  async callback(url, params) {
    const answer = await this.twilio.post(url, params);
    if (answer.status >= 300) throw new Error(`callback ${url}: ${answer.status} ${answer.body}`);
  }

  async run(params) {
    this.params = params;
    let next = { url: "/api/twilio/twiml", params };
    for (let fetched = 0; next && !this.ended; fetched++) {
      if (fetched > 20) throw new Error("the call never ends");
      next = await this.document(await this.callersDocument(next));
    }
    this.end ??= "hangup";
    this.status = this.rejected ?? "completed";
    const answered = this.status === "completed";
    const final = { ...params, CallStatus: this.status, Timestamp: new Date().toUTCString(), SequenceNumber: "0",
      CallbackSource: "call-progress-events", CallDuration: answered ? String(this.seconds) : "", Duration: answered ? "1" : "" };
    await this.callback("/api/twilio/status-callback", final);
    if (this.variant.repeat) await this.callback("/api/twilio/status-callback", final);
  }

  // Act on the verbs; gives the next request when the document was replaced.
  async document(response) {
    for (const verb of elements(response)) {
      const next = await this.verb(verb);
      if (next || this.ended) return next;
    }
    return null;
  }

  async verb(verb) {
    const step = { Say: this.say, Play: this.play, Pause: this.pause, Gather: this.gather, Dial: this.dial,
      Record: this.record, Redirect: this.redirect, Reject: this.reject, Hangup: this.hangup }[verb.tagName];
    if (!step) throw new Error(`the driver does not know <${verb.tagName}>`);
    if (verb.tagName !== "Reject") this.status = "in-progress";
    return step.call(this, verb);
  }

  say(verb) {
    this.heard.push(`say: ${verb.textContent}`);
    this.seconds += 3;
  }

  play(verb) {
    this.heard.push(`play: ${verb.textContent}`);
    this.seconds += 3;
  }

  pause(verb) {
    this.seconds += Number(attribute(verb, "length", "1"));
  }

  redirect(verb) {
    return { url: verb.textContent, params: { ...this.params, CallStatus: "in-progress" } };
  }

  reject(verb) {
    this.rejected = attribute(verb, "reason", "rejected") === "busy" ? "busy" : "no-answer";
    this.finish("rejected");
  }

  hangup() {
    this.finish("hangup");
  }

  finish(how) {
    this.ended = true;
    this.end = how;
    this.heard.push(how);
  }

  async gather(verb) {
    for (const prompt of elements(verb)) await this.verb(prompt);
    const pressed = this.digits.shift();
    if (pressed === undefined && attribute(verb, "actionOnEmptyResult") !== "true") return null;
    return { url: attribute(verb, "action"), params: { ...this.params, CallStatus: "in-progress", Digits: pressed ?? "" } };
  }

  async record(verb) {
    if (this.message === 0) return null; // silence falls through to the next verb
    this.heard.push("record");
    const recordingSid = newSid("RE");
    const recording = { AccountSid: this.twilio.accountSid, CallSid: this.callSid, RecordingSid: recordingSid,
      RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${this.twilio.accountSid}/Recordings/${recordingSid}`,
      RecordingStatus: "completed", RecordingDuration: String(this.message), RecordingChannels: "1",
      RecordingSource: "RecordVerb" };
    this.recordingSid = recordingSid;
    const callback = attribute(verb, "recordingStatusCallback");
    if (callback) await this.callback(callback, recording);
    const transcribe = attribute(verb, "transcribeCallback");
    if (transcribe) await this.callback(transcribe, { ...this.params, RecordingSid: recordingSid,
      TranscriptionSid: newSid("TR"), TranscriptionText: "Please call me back.", TranscriptionStatus: "completed" });
    if (this.message === "hang-up") return this.finish("recorded");
    return { url: attribute(verb, "action"), params: { ...this.params, ...recording, CallStatus: "in-progress", Digits: "#" } };
  }

  async dial(verb) {
    const nouns = elements(verb);
    const targets = nouns.length ? nouns : [verb];
    const timeout = Number(attribute(verb, "timeout", "30"));
    const results = [];
    for (const noun of targets) {
      results.push(await this.leg(noun, verb));
      if (results.at(-1).bridged || results.at(-1).callerGone) break;
    }
    const result = results.find((r) => r.bridged || r.callerGone) ?? results.find((r) => r.picked)
      ?? results.find((r) => r.status === "busy") ?? results.at(-1);
    this.heard.push(`ring ${results.map((r) => r.target).join(" ")} (${timeout} s)`);
    this.seconds += result.bridged ? result.talk : timeout;
    const report = { ...this.params, CallStatus: result.callerGone ? "completed" : "in-progress",
      DialCallStatus: result.status, DialCallSid: result.callSid, ...result.extra };
    const action = attribute(verb, "action");
    if (attribute(verb, "record", "do-not-record") !== "do-not-record" && result.bridged)
      await this.callback(attribute(verb, "recordingStatusCallback"), { AccountSid: this.twilio.accountSid, CallSid: this.callSid,
        RecordingSid: newSid("RE"), RecordingStatus: "completed", RecordingDuration: String(result.talk),
        RecordingChannels: "2", RecordingSource: "DialVerb" });
    if (result.bridged) this.heard.push(`talk to ${result.target}`);
    if (result.callerGone) {
      // The requests still arrive; what they answer is ignored.
      if (action) await this.fetch(action, report);
      return this.finish("caller hung up");
    }
    if (this.variant.repeat && action) {
      const first = await this.twilio.post(action, report);
      const second = await this.twilio.post(action, report);
      if (first.body !== second.body) throw new Error(`a repeated request got another answer:\n${first.body}\n${second.body}`);
    }
    return action ? { url: action, params: report } : null;
  }

  // One callee's side: status callbacks, screening, and what Dial learns of it.
  async leg(noun, dial) {
    const target = noun.tagName === "Client" ? `client:${(elements(noun).find((e) => e.tagName === "Identity") ?? noun).textContent}`
      : noun.textContent.trim();
    const entry = this.legs.shift() ?? "no-answer";
    const wanted = typeof entry === "string" ? { does: entry } : { does: "answer", talk: 30, ...entry };
    const callSid = newSid("CA");
    this.rung.push(target);
    this.children.push({ callSid, target });
    const child = { ...this.params, CallSid: callSid, ParentCallSid: this.callSid, Direction: "outbound-dial", To: target,
      Called: target, From: attribute(dial, "callerId", this.params.From) };
    const events = [["initiated", "0"], ["ringing", "1"]];
    const report = async (status, sequence, extra = {}) => {
      const url = attribute(noun, "statusCallback");
      if (!url || !(attribute(noun, "statusCallbackEvent", "completed").split(" ")).includes(
        { "in-progress": "answered", initiated: "initiated", ringing: "ringing" }[status] ?? "completed")) return;
      events.sent = (events.sent ?? []).concat([[url, { ...child, CallStatus: status, SequenceNumber: sequence,
        Timestamp: new Date().toUTCString(), CallbackSource: "call-progress-events", ...extra }]]);
    };
    for (const [status, sequence] of events) await report(status, sequence);
    const result = { target, callSid, status: wanted.does, extra: {} };
    if (wanted.does === "answer" || wanted.does === "declined") {
      await report("in-progress", "2");
      result.picked = true;
      const accepted = await this.screened(noun, child, wanted);
      await report("completed", "3", { CallDuration: String(accepted ? wanted.talk : 4), Duration: "1" });
      if (accepted) Object.assign(result, { bridged: true, talk: wanted.talk, status: "completed",
        extra: { DialCallDuration: String(wanted.talk), ...(this.variant.noBridged ? {} : { DialBridged: "true" }) } });
      else Object.assign(result, this.declined());
    } else if (wanted.does === "caller-hangs-up") {
      await report("no-answer", "3");
      Object.assign(result, { callerGone: true, status: this.variant.hangupStatus ?? "no-answer" });
    } else {
      await report(wanted.does, "3", wanted.does === "busy" ? { SipResponseCode: "486" } : {});
    }
    await this.deliver(events.sent ?? []);
    return result;
  }

  // Callbacks come late, twice and in any order.
  async deliver(sent) {
    const order = this.variant.disorder ? [...sent].reverse() : sent;
    for (const [url, params] of order) await this.callback(url, params);
    if (this.variant.repeat) for (const [url, params] of order) await this.callback(url, params);
  }

  declined() {
    switch (this.variant.declined ?? "bridged-false") {
      case "bridged-false":
        return { status: "completed", extra: { DialBridged: "false", DialCallDuration: "4" } };
      case "bridged-absent":
        return { status: "completed", extra: { DialCallDuration: "4" } };
      default:
        return { status: this.variant.declined, extra: {} };
    }
  }

  // The callee's own document before bridging: true when the call is bridged.
  async screened(noun, child, wanted) {
    let url = attribute(noun, "url");
    let params = { ...child, CallStatus: "in-progress" };
    if (!url) return wanted.does === "answer";
    for (let fetched = 0; fetched < 5; fetched++) {
      const response = await this.fetch(url, params);
      let next = null;
      for (const verb of elements(response)) {
        if (verb.tagName === "Hangup") return false;
        if (verb.tagName === "Gather") {
          const pressed = wanted.does === "answer" ? (wanted.press ?? "1") : "";
          if (pressed || attribute(verb, "actionOnEmptyResult") === "true") {
            next = { url: attribute(verb, "action"), params: { ...params, Digits: pressed } };
            break;
          }
        }
      }
      if (!next) return true;
      ({ url, params } = next);
    }
    throw new Error("screening never ends");
  }
}
