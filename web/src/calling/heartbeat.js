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

// One name for each tab and user: the goodbye for a user's phone may be sent with the login of the next. Its reports
// are counted, so that one that comes late changes nothing.
const devices = new Map();
function deviceOf(userId) {
  if (!devices.has(userId)) devices.set(userId, { name: `tab-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`, sequence: 0 });
  return devices.get(userId);
}

export class Heartbeat {
  #stop = null;
  #again;
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

  // During an upgrade, a host that is still the older program refuses the number: it gets the report without.
  #tell(registered, options) {
    const { device } = this;
    device.sequence += 1;
    const report = { device: device.name, registered };
    return this.post(PATH, { ...report, sequence: device.sequence }, options)
      .catch((problem) => {
        if (!problem.fields?.sequence) throw problem;
        return this.post(PATH, report, options);
      });
  }

  #beat() {
    this.#tell(true).then(() => this.#told(true), () => this.#told(false));
  }

  // A single lost one doesn't matter: the host may just have restarted.
  #told(heard) {
    if (!this.#stop) return;
    clearTimeout(this.#again);
    if (!heard) this.#again = setTimeout(() => this.#beat(), AGAIN_MS);
    if (heard || this.#lost) this.onChange(heard);
    this.#lost = !heard;
  }

  // The page may be closing: the request outlives it.
  async stop() {
    if (!this.#stop) return;
    this.#stop();
    this.#stop = null;
    clearTimeout(this.#again);
    await this.#tell(false, { keepalive: true, signal: AbortSignal.timeout(GOODBYE_MS) }).catch(() => {});
  }
}
