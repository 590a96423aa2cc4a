// line.js: the browser's telephone. It lives in one tab (phone.js), outside React,
// so that a call continues while pages come and go.
//
//   const line = new Line(api, { userId, wanted, onChange: (state) => … });
//   line.start(); line.stop()
//   line.dial({ to, callerId, record })  line.answer(id)  line.reject(id)  line.ignore(id)
//   line.hangUp()  line.mute(true)  line.press("1")  line.choose("microphone", deviceId)
//
// The SDK's register() and connect() never settle if Twilio refuses the token, so
// nothing here waits for them without a limit: states follow events.
//
// In the sandbox a device of our own (sandbox_device.js) stands in for the SDK's.
import { t } from "../text/text.js";
import { AccessToken } from "./access_token.js";
import { Heartbeat } from "./heartbeat.js";
import { Devices } from "./devices.js";
import { outcomeOf } from "./outcome.js";
import { START } from "./start.js";
import { streamOf } from "../stream.js";
import { makeSounds } from "./sounds.js";
import { Talk } from "./talk.js";
import {
  INSECURE, isMicrophoneProblem, LOST, MICROPHONE_ELSEWHERE, NOT_RUNG, problemOf, SILENT, UNHEARD, UNLOADED,
  UNSUPPORTED,
} from "./words.js";

const ANSWER_MS = 15_000; // for Twilio to answer our registration or call
const LOG_TRIES = 8;
const ASKING_MS = 4000; // if it takes longer, the browser is asking the person

const REFUSED = [20101, 20151, 31201, 31204]; // the token

const loadDevice = async (sandbox) => (sandbox ? (await import("./sandbox_device.js")).SandboxDevice
  : (await import("@twilio/voice-sdk")).Device);

export class Line {
  state = START;
  #device = null;
  #run = 0; // goes up with each start; what an older run still brings is dropped
  #talk = null;
  #ringing = new Map(); // Talks by id
  #silence;
  #wanted;
  #token;
  #edge;
  #loading = false;
  #leaving = false; // it stops once the host has heard of it
  #attempt = null; // to call someone
  #unfollow = null;

  constructor(api, { userId, wanted = true, onChange }) {
    Object.assign(this, { api, userId, onChange });
    this.#wanted = wanted;
    this.devices = new Devices({ onChange: (devices) => this.#set({ devices }) });
    const post = (...what) => this.api.post(...what);
    this.heartbeat = new Heartbeat({ userId, post, onChange: (heard) => this.#heard(heard) });
  }

  #set(changes) {
    this.state = { ...this.state, ...changes };
    this.onChange(this.state);
  }

  /** Is a call under way, in or out? */
  get busy() {
    return this.state.call !== null || this.state.incoming.length > 0;
  }

  /** Ask for a token again: another user may be signed in. A line that said goodbye starts again. */
  renew() {
    if (this.#leaving) this.stop().start();
    else this.token?.renew();
  }

  // ---- the line ----

  async start() {
    const run = ++this.#run;
    this.#leaving = false;
    const mine = () => run === this.#run;
    this.#set({ line: "starting", problem: null });
    if (!window.isSecureContext) return this.#fail(INSECURE);
    this.token = new AccessToken({
      fetch: () => this.api.get("/api/twilio/access-token"),
      onToken: (answer) => mine() && this.#gotToken(answer, mine),
      onProblem: (error) => mine() && this.#fail(problemOf(error)),
    });
    window.addEventListener("pagehide", this.#leave);
    window.addEventListener("pageshow", this.#comeBack);
    // The event stream notices first when the host has gone.
    this.#unfollow = streamOf(this.api, this.userId).subscribe(this.api, {
      onEvent: () => {},
      onState: (state) => this.#hostIs(state),
    });
    return this.token.renew();
  }

  #hostIs(state) {
    if (state === "open" || state === "waiting") this.heartbeat.now();
    if (state === "open" && this.state.line === "failed") this.token?.renew();
  }

  async #gotToken(answer, mine) {
    if (this.#device && answer.identity !== this.state.identity) return this.stop().start();
    const sandbox = answer.sandbox ?? false;
    this.#set({ sandbox, identity: answer.identity, numbers: answer.availableNumbers });
    if (this.#device) {
      if (this.#isUp()) this.#set({ problem: this.#lasting() });
      return this.#device.updateToken(answer.token);
    }
    this.#token = answer.token;
    this.#edge = answer.edge;
    if (this.#loading) return undefined; // once loaded, the SDK gets the newest token
    this.#loading = true;
    try {
      const Device = await loadDevice(sandbox);
      if (!mine()) return undefined;
      if (!Device.isSupported) return this.#fail(UNSUPPORTED);
      return this.#open(Device);
    } catch {
      if (mine()) this.#fail(UNLOADED);
      return undefined;
    } finally {
      if (mine()) this.#loading = false;
    }
  }

  #open(Device) {
    this.sounds ??= makeSounds();
    const device = this.#device = new Device(this.#token, {
      allowIncomingWhileBusy: true, closeProtection: true, codecPreferences: ["opus", "pcmu"],
      disableAudioContextSounds: true, enableImprovedSignalingErrorPrecision: true, logLevel: "silent",
      sounds: this.sounds.urls, tokenRefreshMs: 30_000, ...(this.#edge && { edge: this.#edge }),
      ...(this.state.sandbox && { api: this.api, userId: this.userId }),
    });
    device.audio?.incoming(false); // phone.js lets one tab ring
    const on = (name, fn) => device.on(name, (...values) => this.#device === device && fn(...values));
    on("registered", () => this.#registered());
    on("unregistered", () => this.#unregistered());
    on("error", (error, call) => this.#error(error, call));
    on("incoming", (call) => this.#rings(call));
    on("tokenWillExpire", () => this.token.expiring());
    this.devices.attach(device.audio);
    if (this.#wanted) this.#register();
    else this.#set({ line: "paused" });
  }

  #register() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.state.line === "starting" && this.#set({ problem: SILENT }), ANSWER_MS);
    this.#set({ line: "starting", problem: this.#lasting() });
    if (this.#device.state === "unregistered") this.#device.register().catch(() => {});
  }

  // Problems that registering again doesn't fix.
  #lasting = () => (isMicrophoneProblem(this.state.problem) ? this.state.problem : null);

  // Ready once the host knows it too; until then callers go elsewhere.
  #registered() {
    clearTimeout(this.#silence);
    this.#set({ problem: this.#lasting() });
    this.heartbeat.start();
  }

  #unregistered() {
    this.heartbeat.stop();
    if (this.#wanted && this.#isUp()) this.#set({ line: "reconnecting" });
    if (!this.#wanted) this.#set({ line: "paused" });
  }

  #isUp = () => this.state.line === "ready" || this.state.line === "unheard";

  #heard(heard) {
    if (!heard) this.#set({ line: "unheard", problem: UNHEARD });
    else if (this.state.line !== "ready") this.#set({ line: "ready", problem: this.#lasting() });
  }

  // A call reports its own errors.
  #error(error, call) {
    if (call) return;
    if (error.code === 20104) this.token.renew();
    else if (REFUSED.includes(error.code)) this.#fail(problemOf(error));
    // Anything else is the connection, which the SDK restores by itself.
    else if (this.state.line !== "paused") {
      this.#set({ line: this.state.line === "starting" ? "starting" : "reconnecting", problem: LOST });
    }
  }

  #fail(problem) {
    clearTimeout(this.#silence);
    this.#set({ line: this.#device?.state === "registered" ? this.state.line : "failed", problem });
  }

  /** Answer calls in this browser, or don't. */
  receive(wanted) {
    this.#wanted = wanted;
    if (!this.#device) return this.#set({ line: wanted ? "starting" : "paused" });
    if (wanted) return this.#register();
    this.heartbeat.stop();
    this.#set({ line: "paused", problem: null });
    return this.#device.state === "registered" && this.#device.unregister().catch(() => {});
  }

  /** In the sandbox: have someone call this browser. */
  ringMe() {
    const problem = (error) => (error.name === "NotRung" ? NOT_RUNG : problemOf(error));
    const device = this.#device;
    return device?.ringMe?.().catch((error) => device === this.#device && this.#set({ problem: problem(error) }));
  }

  /** Try again after a failure. */
  retry() {
    this.#set({ problem: null, line: this.state.line === "failed" ? "starting" : this.state.line });
    if (this.#device || this.#loading) this.token.renew();
    else this.stop().start();
  }

  // ---- calls ----

  async dial({ to, callerId, record = false }) {
    if (this.#talk || this.#attempt || this.#ringing.size || !this.#device) return;
    const attempt = this.#attempt = {};
    const call = { id: 0, direction: "out", status: "connecting", other: to, since: Date.now(), digits: "" };
    this.#set({ ended: null, problem: null, call });
    if (!(await this.#microphone()) || this.#attempt !== attempt) return;
    const params = { To: to, ...(callerId ? { CallerId: callerId } : {}), ...(record ? { Record: "true" } : {}) };
    const late = setTimeout(() => this.#attempt === attempt && this.#ended(call, SILENT), ANSWER_MS);
    const sdkCall = await this.#device.connect({ params }).catch(() => null);
    clearTimeout(late);
    if (this.#attempt !== attempt) return sdkCall?.disconnect();
    if (!sdkCall) return this.#ended(call, problemOf(null));
    // The SDK ignores calls that rang meanwhile.
    for (const ringing of this.#ringing.values()) ringing.end("ignored");
    const talk = this.#follow(sdkCall, { direction: "out", status: "connecting", other: to, recorded: record });
    this.#talk = talk;
    this.#set({ call: talk.state });
  }

  // The sandbox needs no microphone. A background tab may have to ask for one.
  async #microphone() {
    if (this.state.sandbox) return true;
    const late = setTimeout(() => document.hidden && this.#set({ problem: MICROPHONE_ELSEWHERE }), ASKING_MS);
    const ready = await this.devices.ready().catch((error) => this.#noMicrophone(error));
    clearTimeout(late);
    return ready;
  }

  #noMicrophone(error) {
    this.#attempt = null;
    this.#set({ call: this.#talk?.state ?? null, problem: problemOf(error) });
    return false;
  }

  #follow(call, about) {
    return new Talk(call, { ...about, onChange: (one) => this.#changed(one), onOver: (...how) => this.#over(...how) });
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

  // "Connected" may mean a voice that says why the call failed.
  async #listenTo(talk) {
    talk.asked = true;
    const ending = await outcomeOf(this.api, talk.state.sid);
    if (ending?.tone === "bad" && !talk.over) talk.set({ notice: ending.text });
  }

  #over(talk, problem, why) {
    if (this.#ringing.delete(talk.state.id)) {
      this.#showRinging();
      if (why === "canceled" || why === "lost") {
        this.#set({ ended: { ...talk.state, at: Date.now(), tone: "bad", text: t("Missed call") } });
      }
    }
    if (talk !== this.#talk) return;
    this.#talk = null;
    this.devices.release();
    this.#ended(talk.state, problem);
  }

  // How it went: by the SDK and, for calls from here, by the log.
  async #ended(state, problem) {
    this.#attempt = null;
    const seconds = state.openedAt ? Math.round((Date.now() - state.openedAt) / 1000) : null;
    const ended = { ...state, seconds, at: Date.now(), tone: problem ? "bad" : "plain",
      text: problem?.title ?? state.notice ?? t("Call ended"), more: problem?.text ?? null };
    this.#set({ call: null, ended, ...(isMicrophoneProblem(problem) ? { problem } : {}) });
    if (problem || state.direction !== "out" || !state.sid) return;
    const ending = await outcomeOf(this.api, state.sid, { tries: LOG_TRIES, wanted: () => this.state.ended === ended });
    if (ending) this.#set({ ended: { ...ended, ...ending } });
  }

  /** Answer a ringing call; the current one ends. */
  async answer(id) {
    const talk = this.#ringing.get(id);
    if (!talk || !(await this.#microphone())) return;
    if (talk.over || !this.#ringing.delete(id)) return;
    const before = this.#talk;
    this.#talk = talk;
    before?.end("ended"); // the SDK hangs that one up
    this.#set({ ended: null, problem: null });
    this.#showRinging();
    talk.set({ status: "connecting" });
    talk.call.accept();
  }

  reject(id) {
    this.#ringing.get(id)?.call.reject();
  }

  /** Stop ringing here; elsewhere it keeps ringing. */
  ignore(id) {
    const talk = this.#ringing.get(id);
    talk?.call.ignore();
    talk?.end("ignored");
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
    if (event.persisted && this.#device?.state === "destroyed") this.stop().start();
    else if (event.persisted && this.#device?.state === "registered") this.heartbeat.start();
  };

  /** Before signing out: tell the host that nobody answers here any more. */
  async sayGoodbye() {
    const run = this.#run;
    this.#leaving = true;
    await this.heartbeat.stop();
    if (run === this.#run) this.stop();
  }

  stop() {
    const device = this.#device;
    this.#device = null;
    this.#run++;
    this.#loading = false;
    this.#attempt = null;
    this.token?.stop();
    this.heartbeat.stop();
    clearTimeout(this.#silence);
    this.#unfollow?.();
    this.#unfollow = null;
    window.removeEventListener("pagehide", this.#leave);
    window.removeEventListener("pageshow", this.#comeBack);
    device?.destroy();
    this.devices.attach(null);
    this.sounds?.forget();
    this.sounds = undefined;
    this.#talk = null;
    this.#ringing.clear();
    this.#set({ ...START, devices: this.state.devices });
    return this;
  }
}
