// sandbox_device.js: stands in for the Voice SDK in the sandbox, as far as line.js
// and talk.js use its Device and Call. No telephone network is involved: the host
// plays the calls (lua/sandbox/live.lua) and sends their states as "phone" events;
// what is clicked here goes to /api/sandbox.
import { streamOf } from "../stream.js";
import { makeSounds } from "./sounds.js";

class Emitter {
  #handlers = [];

  on(name, fn) {
    this.#handlers.push([name, fn]);
  }

  emit(name, ...values) {
    for (const [wanted, fn] of this.#handlers) if (wanted === name) fn(...values);
  }
}

class SandboxCall extends Emitter {
  #state = "pending"; // "connecting" · "open" · "closed"

  // onAccept: called before it is answered
  constructor(api, { sid, from, params = {}, onAccept }) {
    super();
    Object.assign(this, { api, onAccept });
    this.parameters = { CallSid: sid, From: from };
    this.customParameters = new Map(Object.entries(params));
    this.callerInfo = null;
  }

  status() {
    return this.#state;
  }

  #send(does, more) {
    return this.api.post(`/api/sandbox/calls/${this.parameters.CallSid}`, { does, ...more }, { keepalive: true });
  }

  // The call's state, from the host; "over" is its end.
  told(state) {
    if (this.#state === "closed") return;
    if (state === "callee_ringing" && this.#state === "connecting") this.emit("ringing");
    if (state === "open" && this.#state !== "open") {
      this.#state = "open";
      this.emit("accept");
    }
    if (state === "over") this.#end(this.#state === "pending" ? "cancel" : "disconnect");
  }

  #end(how) {
    this.#state = "closed";
    this.emit(how);
  }

  connect() {
    this.#state = "connecting";
  }

  accept() {
    this.onAccept();
    this.#state = "connecting";
    this.#send("answer").catch((error) => this.fail(error));
  }

  reject() {
    this.#send("decline").catch(() => {});
    this.#end("reject");
  }

  ignore() {
    this.#state = "closed";
  }

  disconnect() {
    if (this.#state === "closed") return;
    this.#send("hang_up").catch(() => {});
    this.#end("disconnect");
  }

  fail(error) {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.emit("error", error);
    this.emit("disconnect");
  }

  mute(muted) {
    this.emit("mute", muted);
  }

  sendDigits(keys) {
    this.#send("press", { keys }).catch(() => {});
    const name = `dtmf${{ "*": "s", "#": "h" }[keys] ?? keys}`;
    const { urls, forget } = makeSounds([name]);
    const audio = new Audio(urls[name]);
    audio.onended = forget;
    audio.play().catch(forget);
  }
}

const hex = (byte) => byte.toString(16).padStart(2, "0");
const newSid = () => `CA${[...crypto.getRandomValues(new Uint8Array(16))].map(hex).join("")}`;

export class SandboxDevice extends Emitter {
  static isSupported = true;
  state = "unregistered";
  #calls = new Map(); // by SID
  #over = new Set(); // SIDs
  #leave = null;

  constructor(token, { api, userId }) {
    super();
    Object.assign(this, { api, userId });
    window.addEventListener("pagehide", this.#hangUp);
  }

  // All calls except ringing ones: there is one at a time.
  #hangUp = () => {
    for (const call of this.#calls.values()) if (call.status() !== "pending") call.disconnect();
  };

  async register() {
    this.state = "registered";
    this.#leave = streamOf(this.api, this.userId).subscribe(this.api, {
      onEvent: (type, data) => {
        if (type === "phone") this.#told(data);
        if (type === "reset") this.#look();
      },
    });
    this.emit("registered");
    await this.#look();
  }

  async unregister() {
    this.#leave?.();
    this.#leave = null;
    this.state = "unregistered";
    this.emit("unregistered");
  }

  updateToken() {}

  // Calls that ring already: this tab may have taken over from another. Events may overtake the answer.
  async #look() {
    const { calls } = await this.api.get("/api/sandbox/calls").catch(() => ({ calls: [] }));
    for (const call of calls) this.#told({ ...call, state: "ringing" });
  }

  #told({ sid, state, from, params }) {
    if (this.state !== "registered") return;
    if (state === "over") this.#over.add(sid);
    if (state === "ringing" && from && !this.#calls.has(sid) && !this.#over.has(sid)) {
      const call = new SandboxCall(this.api, { sid, from, params, onAccept: this.#hangUp });
      this.#calls.set(sid, call);
      this.emit("incoming", call);
    }
    this.#calls.get(sid)?.told(state);
  }

  async connect({ params }) {
    const sid = newSid();
    const call = new SandboxCall(this.api, { sid });
    call.connect();
    this.#calls.set(sid, call);
    const { To: to, CallerId, Record } = params;
    this.api.post("/api/sandbox/dial", { sid, to, caller_id: CallerId, record: Record === "true" })
      .then(() => call.told("over"), (error) => call.fail(error));
    return call;
  }

  /** Have someone call. Rejects if that fails, or if the call went elsewhere. */
  async ringMe() {
    const { rang } = await this.api.post("/api/sandbox/ring", {});
    if (!rang) throw Object.assign(new Error(), { name: "NotRung" });
  }

  destroy() {
    window.removeEventListener("pagehide", this.#hangUp);
    this.#hangUp();
    this.#leave?.();
    this.#leave = null;
    this.state = "destroyed";
  }
}
