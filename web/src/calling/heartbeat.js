// heartbeat.js: tells the host that this browser answers calls. After a minute
// without a heartbeat the host sends callers elsewhere.
//
//   const heartbeat = new Heartbeat({ userId, post: api.post, onChange: (heard) => … });
//   heartbeat.start(); heartbeat.stop();   stop: no more calls here, at once
//   heartbeat.now()                        the host may have gone, or come back
import { every } from "./ticker.js";

const EVERY_MS = 25_000;
const AGAIN_MS = 3000; // after a lost one
const GOODBYE_MS = 5000; // to wait for the answer to a goodbye
const PATH = "/api/twilio/presence";

// One name for each tab and user: the goodbye for a user's phone may be sent with the login of the next.
const devices = new Map();
function deviceOf(userId) {
  if (!devices.has(userId)) devices.set(userId, `tab-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`);
  return devices.get(userId);
}

export class Heartbeat {
  #stop = null;
  #again;
  #underWay = new Set();
  #leaving = null; // goodbyes that have no answer yet
  #lost = false;

  constructor({ userId, post, onChange }) {
    Object.assign(this, { device: deviceOf(userId), post, onChange });
  }

  start() {
    this.#stop ??= every(EVERY_MS, () => this.#beat());
    this.#beat();
  }

  now() {
    if (this.#stop) this.#beat();
  }

  #tell(registered, options) {
    return this.post(PATH, { device: this.device, registered }, options);
  }

  async #beat() {
    while (this.#leaving) await this.#leaving; // it could reach the host after this
    if (!this.#stop) return;
    const beat = this.#tell(true).then(() => this.#told(true), () => this.#told(false));
    this.#underWay.add(beat);
    beat.then(() => this.#underWay.delete(beat));
  }

  // A single lost one doesn't matter: the host may just have restarted.
  #told(heard) {
    if (!this.#stop) return;
    clearTimeout(this.#again);
    if (!heard) this.#again = setTimeout(() => this.#beat(), AGAIN_MS);
    if (heard || this.#lost) this.onChange(heard);
    this.#lost = !heard;
  }

  async stop() {
    if (!this.#stop) return;
    this.#stop();
    this.#stop = null;
    clearTimeout(this.#again);
    const late = [...this.#underWay];
    await this.#leave();
    if (late.length === 0) return;
    await Promise.all(late); // they may have reached the host after that
    if (!this.#stop) await this.#leave();
  }

  // The page may be closing: the request outlives it.
  #leave() {
    const signal = AbortSignal.timeout(GOODBYE_MS);
    const goodbye = this.#tell(false, { keepalive: true, signal }).catch(() => {});
    const leaving = Promise.all([goodbye, this.#leaving]); // an earlier one may come after it
    this.#leaving = leaving;
    return leaving.then(() => {
      if (this.#leaving === leaving) this.#leaving = null;
    });
  }
}
