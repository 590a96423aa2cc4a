// shared_api.js: the API of what several components share, the phone and the event
// stream: that of the component that came last and is still there. Each has its own
// `token` function, and one that is gone may return a token that has expired.
//
//   const shared = new SharedApi();
//   const release = shared.hold(api);
//   shared.api.get(…)      through the newest; through the last one when none is left

const CALLS = ["get", "post", "put", "patch", "delete", "request", "token", "url"];

export class SharedApi {
  #held = [];
  #newest;
  #renewals = new Set();

  constructor() {
    const renewals = this.#renewals;
    const base = () => this.#newest.base;
    this.api = { renewals, get base() { return base(); } };
    for (const name of CALLS) this.api[name] = (...args) => this.#newest[name](...args);
  }

  hold(api) {
    const one = { api };
    const renew = () => [...this.#renewals].forEach((fn) => fn());
    this.#held.push(one);
    this.#newest = api;
    api.renewals.add(renew);
    return () => {
      this.#held = this.#held.filter((other) => other !== one);
      this.#newest = this.#held.at(-1)?.api ?? this.#newest;
      api.renewals.delete(renew);
    };
  }
}
