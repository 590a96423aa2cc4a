// access_token.js: Twilio's access token for calls from this browser, kept fresh.
//
//   const token = new AccessToken({ fetch, onToken, onProblem });
//   token.renew()        now; a call while one is under way gets the same answer
//   token.expiring()     the SDK says so: renews, unless that has been done
//   token.stop()
//
// A timer of its own renews it at 80 % of its life, since the SDK may announce the
// end late or twice. If it can't be fetched, it tries again after growing pauses.

const RENEW_AT = 0.8;
const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
const TIMER_MAX = 2 ** 31 - 1;

export class AccessToken {
  #timer;
  #pending = null;
  #pause = SHORTEST_MS;
  #stopped = false;
  #freshUntil = 0;

  // fetch() → { token, expiresIn, … }; onToken(answer); onProblem(error)
  constructor({ fetch, onToken, onProblem }) {
    Object.assign(this, { fetch, onToken, onProblem });
    this.wake = () => {
      if (document.visibilityState === "visible" && Date.now() > this.#freshUntil) this.renew();
    };
    // A computer that was asleep has missed its timers.
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
      this.onToken(answer);
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
