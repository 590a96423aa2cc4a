// talk.js: one call of the Voice SDK as plain data that a page can draw.
//
//   const talk = new Talk(sdkCall, { other, … , onChange, onOver });
//   talk.state    { id, sid, direction, status, other, name, to, since, openedAt, muted, … }
//   talk.over     true once it has ended; then onOver(talk, problem or null, why)
//
// status: "ringing-in" (someone calls), "connecting", "ringing", "open", "reconnecting".
// why: "ended", "canceled" (the caller gave up), "rejected", "ignored", "lost".
import { t } from "../text/text.js";
import { problemOf } from "./words.js";

// Warnings of the SDK that a person can do something about.
const WARNINGS = {
  get "high-rtt"() { return t("The connection is slow."); },
  get "high-jitter"() { return t("The connection is uneven: the sound may stutter."); },
  get "high-packet-loss"() { return t("The connection loses sound."); },
  get "low-mos"() { return t("The sound is poor."); },
  get "low-bytes-received"() { return t("No sound arrives from the other side."); },
  get "low-bytes-sent"() { return t("Your sound does not arrive."); },
  get "constant-audio-input-level"() { return t("The microphone sends nothing. Is it muted or unplugged?"); },
};

const TONE_MS = 250; // 160 and a pause

export class Talk {
  over = false;
  #problem = null;
  #keys = [];
  #sending = false;

  constructor(call, { onChange, onOver, ...about }) {
    Object.assign(this, { call, onChange, onOver });
    // An id that no other tab gives: what is clicked there may arrive when this tab has taken over.
    this.state = { id: crypto.randomUUID(), sid: null, name: null, to: null, openedAt: null, muted: false, digits: "", warning: null,
      notice: null, since: Date.now(), ...about };
    this.#listen();
  }

  set(changes) {
    this.state = { ...this.state, ...changes };
    this.onChange(this);
  }

  #listen() {
    const { call } = this;
    const sid = () => (call.parameters.CallSid ? { sid: call.parameters.CallSid } : {});
    call.on("ringing", () => this.set({ status: "ringing", ...sid() }));
    call.on("accept", () => this.set({ status: "open", openedAt: Date.now(), ...sid() }));
    call.on("reconnecting", () => this.set({ status: "reconnecting" }));
    call.on("reconnected", () => {
      this.#problem = null;
      this.set({ status: "open" });
    });
    call.on("mute", (muted) => this.set({ muted }));
    call.on("warning", (name) => WARNINGS[name] && this.set({ warning: WARNINGS[name] }));
    call.on("warning-cleared", (name) => WARNINGS[name] === this.state.warning && this.set({ warning: null }));
    call.on("error", (error) => this.#failed(error));
    // Later, since an error that says why may follow.
    call.on("disconnect", () => setTimeout(() => this.end("ended")));
    call.on("cancel", () => this.end("canceled"));
    call.on("reject", () => this.end("rejected"));
    // An incoming call ends with the socket it came on.
    call.on("transportClose", () => this.state.status === "ringing-in" && this.end("lost"));
  }

  // An error that ends the call comes just before or after its end. Others are
  // dropped: "reconnecting" says enough.
  #failed(error) {
    const problem = this.#problem = problemOf(error);
    setTimeout(() => {
      if (this.call.status() === "closed") this.end("ended");
      else if (this.#problem === problem) this.#problem = null;
    }, 1000);
  }

  end(why) {
    if (this.over) return;
    this.over = true;
    this.onOver(this, this.#problem, why);
  }

  // The browser drops an unsent tone when the next one comes.
  press(keys) {
    this.#keys.push(...keys);
    this.set({ digits: (this.state.digits + keys).slice(-32) });
    if (!this.#sending) this.#send();
  }

  #send() {
    const key = this.over ? undefined : this.#keys.shift();
    this.#sending = key !== undefined;
    if (!this.#sending) return;
    this.call.sendDigits(key);
    setTimeout(() => this.#send(), TONE_MS);
  }
}
