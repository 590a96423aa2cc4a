// stream.js: one event stream for all tabs of a browser: the leading tab (tabs.js)
// listens and passes events on.
//
//   const stop = streamOf(api, userId).subscribe(api, { since, onEvent: (type, data) => …, onState });
//
// When the leader goes, the next one continues after the last event it received, so
// that none is lost. `since`: the last event before anything was read (GET
// /api/auth/me). A tab that may have missed something gets the event "reset".
import { listen } from "./events.js";
import { SharedApi } from "./shared_api.js";
import { joinTabs } from "./tabs.js";

// Ids are "BOOT-NUMBER" in hex; numbers start over with each start of the host.
function isAfter(id, known) {
  if (!id || !known) return Boolean(id);
  const [boot, number] = id.split("-");
  const [knownBoot, knownNumber] = known.split("-");
  return boot !== knownBoot || parseInt(number, 16) > parseInt(knownNumber, 16);
}

class Stream {
  state = "connecting";
  #listeners = new Set();
  #tabs = null;
  #at; // id of the last event
  #shared = new SharedApi();

  constructor(name) {
    this.name = name;
  }

  subscribe(api, { since, ...listener }) {
    const release = this.#shared.hold(api);
    this.#listeners.add(listener);
    const joins = !this.#tabs;
    if (joins) {
      this.#at = since;
      this.#tabs = joinTabs(`events ${this.name}`, { lead: () => this.#lead(), hear: (message) => this.#hear(message) });
      if (!this.#tabs.leads) this.#tabs.post({ hello: true });
    }
    listener.onState?.(this.state);
    // The others have had an event that came before this one listened, and after it began to read.
    if (!joins && since && isAfter(this.#at, since)) listener.onEvent("reset", {});
    return () => {
      this.#listeners.delete(listener);
      release();
      if (this.#listeners.size > 0 || !this.#tabs) return;
      this.#tabs.leave();
      this.#tabs = null;
      this.state = "connecting";
    };
  }

  #lead() {
    const stop = listen(this.#shared.api, {
      since: this.#at,
      onEvent: (type, data, id) => {
        this.#take(type, data, id);
        this.#tabs.post({ event: type, data, id });
      },
      onState: (state) => {
        this.#become(state);
        this.#tell();
      },
    });
    return () => {
      stop();
      this.#tabs?.post({ hello: true }); // the next leader's state counts, also for those that heard this one's last
    };
  }

  #tell() {
    this.#tabs?.post({ state: this.state, at: this.#at });
  }

  #hear({ hello, state, at, event, data, id }) {
    if (hello && this.#tabs.leads) this.#tell();
    // A tab that was frozen passes on what it read before another one took the lead.
    if (event && !this.#tabs.leads && (!id || isAfter(id, this.#at))) this.#take(event, data, id);
    if (!state || this.#tabs.leads) return;
    this.#become(state);
    if (isAfter(at, this.#at)) this.#take("reset", {}, at);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    for (const { onState } of this.#listeners) onState?.(state);
  }

  #take(type, data, id) {
    const first = type === "ready" && this.#at === undefined;
    this.#at = id ?? this.#at;
    for (const { onEvent } of this.#listeners) onEvent(first ? "reset" : type, data);
  }
}

const streams = new Map();

/** The browser's stream of one user at the host that an API (api.js) speaks to. */
export function streamOf(api, userId) {
  const name = `${api.base} ${userId}`;
  if (!streams.has(name)) streams.set(name, new Stream(name));
  return streams.get(name);
}
