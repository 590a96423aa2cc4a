// pass.js: the access token with which this browser calls, kept fresh.
//
//   const pass = new Pass({ fetch, onPass, onProblem });
//   pass.renew()        now; whoever else asks meanwhile gets the same answer
//   pass.expiring()     the SDK says so: renews, unless that has been done
//   pass.stop()
//
// Renewed at 80 % of its life by an own timer, since the SDK may say so once,
// late or twice. When it cannot be had, it is asked for again with a growing
// pause.

const RENEW_AT = 0.8;
const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
const TIMER_MAX = 2 ** 31 - 1;

export class Pass {
  #timer;
  #pending = null;
  #pause = SHORTEST_MS;
  #stopped = false;
  #freshUntil = 0;

  // fetch() → { token, expiresIn, … }; onPass(answer); onProblem(error)
  constructor({ fetch, onPass, onProblem }) {
    Object.assign(this, { fetch, onPass, onProblem });
    this.wake = () => {
      if (document.visibilityState === "visible" && Date.now() > this.#freshUntil) this.renew();
    };
    // A computer that slept has missed its timers.
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.wake);
  }

  renew() {
    this.#pending ??= this.#ask().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  expiring() {
    if (Date.now() > this.#freshUntil - 1000) this.renew();
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const answer = await this.fetch();
      if (this.#stopped) return;
      this.#pause = SHORTEST_MS;
      const fresh = Math.max(1, answer.expiresIn * RENEW_AT) * 1000;
      this.#freshUntil = Date.now() + fresh;
      this.#later(fresh);
      this.onPass(answer);
    } catch (problem) {
      if (this.#stopped) return;
      const wait = Math.min(LONGEST_MS, Math.max(this.#pause, (problem.retryAfter ?? 0) * 1000));
      this.#pause = Math.min(LONGEST_MS, this.#pause * 2);
      this.#freshUntil = 0;
      this.#later(wait);
      this.onProblem(problem);
    }
  }

  #later(ms) {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.renew(), Math.min(ms, TIMER_MAX));
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
  }
}
