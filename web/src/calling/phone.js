// phone.js: the telephone of this tab. It lives outside of React, so that a call
// goes on while pages come and go and components are mounted twice.
//
//   const phone = phoneOf(api);              one for each host
//   const letGo = phone.hold(api);           registers; the last to let go ends it
//   phone.subscribe(fn); phone.state         plain data, a new object at each change
//   phone.dial({ to, callerId, record })  phone.answer(id)  phone.reject(id)  phone.ignore(id)
//   phone.hangUp()  phone.mute(true)  phone.press("1")  phone.choose("microphone", deviceId)
//
// register() and connect() of the SDK stay pending for ever when Twilio refuses
// the token, so nothing here waits for them without a limit: states follow events.
import { Heartbeat } from "./heartbeat.js";
import { Devices } from "./devices.js";
import { outcomeOf } from "./outcome.js";
import { Pass } from "./pass.js";
import { makeSounds } from "./sounds.js";
import { Talk } from "./talk.js";
import {
  INSECURE, isMicrophoneProblem, LOST, problemOf, SANDBOX, SILENT, UNHEARD, UNLOADED, UNSUPPORTED,
} from "./words.js";

const ANSWER_MS = 15_000; // Twilio's, to our registration or our call
const LINGER_MS = 1000; // a component that is mounted again keeps its phone
const LOG_TRIES = 8;

const REFUSED = [20101, 20151, 31201, 31204]; // the pass

const START = {
  // "starting" · "ready" · "reconnecting" · "paused" · "failed"
  line: "starting", problem: null, identity: null, numbers: null, call: null, incoming: [], ended: null,
  devices: { microphones: [], speakers: [], microphone: "default", speaker: "default", canChooseSpeaker: false },
};

const loadSdk = () => import("@twilio/voice-sdk");

class Phone {
  state = START;
  #listeners = new Set();
  #holders = 0;
  #leaving;
  #device = null;
  #started = false;
  #run = 0; // each start is another run; what an older one still brings is dropped
  #talk = null;
  #ringing = new Map(); // Talks by id
  #silence;
  #wanted = true;
  #token;
  #edge;
  #loading = false;
  #attempt = null; // to call somebody
  #sandbox = false;

  constructor(api) {
    this.api = api;
    this.devices = new Devices({ onChange: (devices) => this.#set({ devices }) });
    // Another tab of this browser took the call, or refused it.
    this.tabs = new BroadcastChannel("hookswitch-phone");
    this.tabs.onmessage = ({ data }) => {
      for (const [id, talk] of this.#ringing) if (talk.state.sid === data.sid) this.ignore(id, "elsewhere");
    };
    const post = (...what) => this.api.post(...what);
    this.heartbeat = new Heartbeat({ post, onChange: (heard) => this.#heard(heard) });
  }

  subscribe = (fn) => {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  };

  getState = () => this.state;

  #set(changes) {
    this.state = { ...this.state, ...changes };
    for (const fn of this.#listeners) fn();
  }

  hold(api) {
    this.api = api;
    clearTimeout(this.#leaving);
    this.#holders++;
    if (!this.#started) this.#start();
    else if (this.#holders === 1) this.pass?.renew(); // somebody else may have signed in
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      this.#leaving = setTimeout(() => this.#holders === 0 && this.stop(), LINGER_MS);
    };
  }

  // ---- the line ----

  async #start() {
    const run = ++this.#run;
    this.#started = true;
    const mine = () => run === this.#run;
    this.#set({ line: "starting", problem: null });
    if (!window.isSecureContext) return this.#fail(INSECURE);
    this.pass = new Pass({
      fetch: () => this.api.get("/api/twilio/access-token"),
      onPass: (answer) => mine() && this.#passed(answer, mine),
      onProblem: (error) => mine() && this.#fail(problemOf(error)),
    });
    window.addEventListener("pagehide", this.#leave);
    window.addEventListener("pageshow", this.#comeBack);
    return this.pass.renew();
  }

  async #passed(answer, mine) {
    if (this.#device && answer.identity !== this.state.identity) return this.stop().#start();
    this.#sandbox = answer.sandbox ?? false;
    this.#set({ identity: answer.identity, numbers: answer.availableNumbers });
    if (this.#device) {
      if (this.state.line === "ready") this.#set({ problem: this.#lasting() });
      return this.#device.updateToken(answer.token);
    }
    this.#token = answer.token;
    this.#edge = answer.edge;
    if (this.#loading) return undefined; // the newest token is taken when the SDK is there
    this.#loading = true;
    try {
      const { Device } = await loadSdk();
      if (!mine()) return undefined;
      if (!Device.isSupported) return this.#fail(UNSUPPORTED);
      return this.#open(Device);
    } catch {
      if (mine()) this.#fail(UNLOADED);
      return undefined;
    } finally {
      this.#loading = false;
    }
  }

  #open(Device) {
    this.sounds ??= makeSounds();
    const device = this.#device = new Device(this.#token, {
      allowIncomingWhileBusy: true, closeProtection: true, codecPreferences: ["opus", "pcmu"],
      disableAudioContextSounds: true, enableImprovedSignalingErrorPrecision: true, logLevel: "silent",
      sounds: this.sounds.urls, tokenRefreshMs: 30_000, ...(this.#edge && { edge: this.#edge }),
    });
    const on = (name, fn) => device.on(name, (...values) => this.#device === device && fn(...values));
    on("registered", () => this.#registered());
    on("unregistered", () => this.#unregistered());
    on("error", (error, call) => this.#error(error, call));
    on("incoming", (call) => this.#rings(call));
    on("tokenWillExpire", () => this.pass.expiring());
    this.devices.attach(device.audio);
    if (this.#wanted) this.#register();
    else this.#set({ line: "paused" });
  }

  #register() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.state.line === "starting" && this.#set({ problem: this.#why(SILENT) }), ANSWER_MS);
    this.#set({ line: "starting", problem: this.#lasting() });
    if (this.#device.state === "unregistered") this.#device.register().catch(() => {});
  }

  // What a registration does not mend.
  #lasting() {
    return isMicrophoneProblem(this.state.problem) ? this.state.problem : null;
  }

  #registered() {
    clearTimeout(this.#silence);
    this.#set({ line: "ready", problem: this.#lasting() });
    this.heartbeat.start();
  }

  #unregistered() {
    this.heartbeat.stop();
    if (this.#wanted && this.state.line === "ready") this.#set({ line: "reconnecting" });
    if (!this.#wanted) this.#set({ line: "paused" });
  }

  #heard(heard) {
    if (!heard && this.state.line === "ready") this.#set({ problem: UNHEARD });
    if (heard && this.state.problem === UNHEARD) this.#set({ problem: null });
  }

  // What belongs to a call is that call's to tell.
  #error(error, call) {
    if (call) return;
    if (error.code === 20104) this.pass.renew();
    else if (REFUSED.includes(error.code)) this.#fail(problemOf(error));
    // Anything else is the connection; the SDK takes it up again by itself.
    else if (this.state.line !== "paused") {
      this.#set({ line: this.state.line === "starting" ? "starting" : "reconnecting", problem: this.#why(LOST) });
    }
  }

  #fail(problem) {
    clearTimeout(this.#silence);
    this.#set({ line: this.#device?.state === "registered" ? this.state.line : "failed", problem: this.#why(problem) });
  }

  // In the sandbox there is nobody at Twilio who knows us.
  #why(problem) {
    return this.#sandbox ? SANDBOX : problem;
  }

  /** Take calls in this browser, or do not. */
  receive(wanted) {
    this.#wanted = wanted;
    if (!this.#device) return this.#set({ line: wanted ? "starting" : "paused" });
    if (wanted) return this.#register();
    this.heartbeat.stop();
    this.#set({ line: "paused", problem: null });
    return this.#device.state === "registered" && this.#device.unregister().catch(() => {});
  }

  /** Try again after a failure. */
  retry() {
    this.#set({ problem: null, line: this.state.line === "failed" ? "starting" : this.state.line });
    if (this.#device || this.#loading) this.pass.renew();
    else this.stop().#start();
  }

  // ---- calls ----

  async dial({ to, callerId, record = false }) {
    if (this.#talk || this.#attempt || this.#ringing.size || !this.#device) return;
    const attempt = this.#attempt = {};
    const call = { id: 0, direction: "out", status: "connecting", other: to, since: Date.now(), digits: "" };
    this.#set({ ended: null, problem: null, call });
    if (!(await this.devices.ready().catch((error) => this.#noMicrophone(error)))) return;
    if (this.#attempt !== attempt) return;
    const params = { To: to, ...(callerId ? { CallerId: callerId } : {}), ...(record ? { Record: "true" } : {}) };
    const late = setTimeout(() => this.#attempt === attempt && this.#ended(call, SILENT), ANSWER_MS);
    const sdkCall = await this.#device.connect({ params }).catch(() => null);
    clearTimeout(late);
    if (this.#attempt !== attempt) return sdkCall?.disconnect();
    if (!sdkCall) return this.#ended(call, problemOf(null));
    // The SDK ignores what rang meanwhile.
    for (const ringing of this.#ringing.values()) ringing.end("ignored");
    const talk = this.#follow(sdkCall, { direction: "out", status: "connecting", other: to, recorded: record });
    this.#talk = talk;
    this.#set({ call: talk.state });
  }

  #noMicrophone(error) {
    this.#attempt = null;
    this.#set({ call: this.#talk?.state ?? null, problem: problemOf(error) });
    return false;
  }

  #follow(call, about) {
    const onChange = (talk) => this.#changed(talk);
    return new Talk(call, { ...about, onChange, onOver: (...how) => this.#over(...how) });
  }

  #rings(call) {
    const own = Object.fromEntries(call.customParameters);
    const talk = this.#follow(call, { direction: "in", status: "ringing-in", sid: call.parameters.CallSid,
      other: call.parameters.From, name: own.from_name || null, to: own.to || null,
      verified: call.callerInfo?.isVerified ?? null });
    this.#ringing.set(talk.state.id, talk);
    this.#showRinging();
  }

  #showRinging() {
    this.#set({ incoming: [...this.#ringing.values()].map((talk) => talk.state) });
  }

  #changed(talk) {
    if (talk === this.#talk) {
      this.#set({ call: talk.state });
      if (talk.state.status === "open" && talk.state.direction === "out" && !talk.asked) this.#listenTo(talk);
    } else if (this.#ringing.has(talk.state.id)) {
      this.#showRinging();
    }
  }

  // "Connected" may mean a voice that says why there is no connection.
  async #listenTo(talk) {
    talk.asked = true;
    const ending = await outcomeOf(this.api, talk.state.sid);
    if (ending?.tone === "bad" && !talk.over) talk.set({ notice: ending.text });
  }

  #over(talk, problem, why) {
    if (this.#ringing.delete(talk.state.id)) {
      this.#showRinging();
      const text = { canceled: "Missed call", lost: "Missed call", elsewhere: "Taken in another tab" }[why];
      if (text) this.#set({ ended: { ...talk.state, at: Date.now(), tone: why === "elsewhere" ? "plain" : "bad", text } });
    }
    if (talk !== this.#talk) return;
    this.#talk = null;
    this.devices.release();
    this.#ended(talk.state, problem);
  }

  // How it went: what the SDK says, and for calls from here what the log knows.
  async #ended(state, problem) {
    this.#attempt = null;
    const seconds = state.openedAt ? Math.round((Date.now() - state.openedAt) / 1000) : null;
    const ended = { ...state, seconds, at: Date.now(), tone: problem ? "bad" : "plain", text: problem?.title ?? state.notice ?? "Call ended",
      more: problem?.text ?? null };
    this.#set({ call: null, ended, ...(isMicrophoneProblem(problem) ? { problem } : {}) });
    if (problem || state.direction !== "out" || !state.sid) return;
    const ending = await outcomeOf(this.api, state.sid, { tries: LOG_TRIES, wanted: () => this.state.ended === ended });
    if (ending) this.#set({ ended: { ...ended, ...ending } });
  }

  /** Answer one that rings; a call that is going on ends. */
  async answer(id) {
    const talk = this.#ringing.get(id);
    if (!talk || !(await this.devices.ready().catch((error) => this.#noMicrophone(error)))) return;
    if (talk.over || !this.#ringing.delete(id)) return;
    this.tabs.postMessage({ sid: talk.state.sid });
    const before = this.#talk;
    this.#talk = talk;
    before?.end("ended"); // the SDK hangs up there
    this.#set({ ended: null, problem: null });
    this.#showRinging();
    talk.set({ status: "connecting" });
    talk.call.accept();
  }

  reject(id) {
    const talk = this.#ringing.get(id);
    if (talk) this.tabs.postMessage({ sid: talk.state.sid });
    talk?.call.reject();
  }

  /** Stop ringing here; it rings on elsewhere. */
  ignore(id, why = "ignored") {
    const talk = this.#ringing.get(id);
    talk?.call.ignore();
    talk?.end(why);
  }

  hangUp() {
    if (this.#talk) return this.#talk.call.disconnect();
    if (this.state.call) this.#ended(this.state.call, null);
    return undefined;
  }

  mute(muted) {
    this.#talk?.call.mute(muted);
  }

  press(keys) {
    const typed = keys.replace(/[^0-9*#w]/g, "");
    if (typed && this.#talk?.state.status === "open") this.#talk.press(typed);
  }

  dismiss() {
    this.#set({ ended: null, problem: this.state.line === "ready" ? null : this.state.problem });
  }

  choose(kind, deviceId) {
    return this.devices.choose(kind, deviceId).catch((error) => this.#noMicrophone(error));
  }

  // ---- the end ----

  #leave = () => this.heartbeat.stop();

  // Back from the browser's page cache: the SDK may have ended there.
  #comeBack = (event) => {
    if (event.persisted && this.#device?.state === "destroyed") this.stop().#start();
    else if (event.persisted && this.state.line === "ready") this.heartbeat.start();
  };

  stop() {
    const device = this.#device;
    this.#device = null;
    this.#run++;
    this.pass?.stop();
    this.heartbeat.stop();
    clearTimeout(this.#silence);
    window.removeEventListener("pagehide", this.#leave);
    window.removeEventListener("pageshow", this.#comeBack);
    device?.destroy();
    this.devices.attach(null);
    this.sounds?.forget();
    this.sounds = undefined;
    this.#talk = null;
    this.#ringing.clear();
    this.#started = false;
    this.#set({ ...START, devices: this.state.devices });
    return this;
  }
}

const phones = new Map();

/** The tab's one telephone for the host that an API (api.js) speaks to. */
export function phoneOf(api) {
  if (!phones.has(api.base)) phones.set(api.base, new Phone(api));
  return phones.get(api.base);
}
