// phone.js: a browser's one telephone, as each of its tabs sees it.
//
//   const phone = phoneOf(api, userId);      one for each host and user
//   const letGo = phone.hold(api, view);     for as long as a component (view) is there
//   phone.subscribe(fn); phone.state         plain data, a new object at each change
//   phone.dial({ to, callerId, record })  phone.answer(id)  phone.hangUp() …   see ACTIONS
//
// The leading tab (tabs.js) has the line (line.js): it alone registers with Twilio
// and plays the sound. It sends the others every change of its state, and does what
// is clicked there. When its tab is closed it hangs up, and the next tab registers.
// If it stalls during a call the others wait longer, so that the call continues.
//
// A page may show its phone several times. What there can be only one of, such as the
// bar with Answer, is drawn by the first of these views that can be seen (`front`).
// When the last view is gone from the tab, its phone ends, with its call: nobody could
// hang up. Another view within LINGER_MS takes over, such as the next page's.
//
//   view.shown           can it be seen?
//   view.hear(state)     called with each state; of the last view, until its phone has ended
import { SharedApi } from "../shared_api.js";
import { joinTabs } from "../tabs.js";
import { askForMicrophone } from "./devices.js";
import { Line } from "./line.js";
import { Loop } from "./loop.js";
import { START } from "./start.js";
import { problemOf } from "./words.js";

const GOODBYE_MS = 1500;
const LINGER_MS = 1000; // a component that is remounted keeps its phone
const BEATS_IN_A_CALL = 50; // that the other tabs wait for a leader with a call
const ACTION_MS = 30_000; // what was clicked is done within this time, or not any more: the leader may have been frozen
const ACTIONS = ["reject", "ignore", "hangUp", "mute", "press", "receive", "retry", "dismiss", "choose", "ringMe"];

class Phone {
  state = { ...START, here: false };
  #userId;
  #shared = new SharedApi();
  #listeners = new Set();
  #views = [];
  #last = null; // the view that was the only one left, once it is gone
  #leaving;
  #tabs = null;
  #line = null;

  constructor(name, userId) {
    this.name = name;
    this.#userId = userId;
    this.ringing = new Loop(`ring ${name}`, "incoming");
    this.voice = new Loop(`voice ${name}`, "voice");
    for (const action of ACTIONS) this[action] = (...args) => this.#do(action, args);
  }

  subscribe = (fn) => {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  };

  getState = () => this.state;

  #become(state) {
    this.state = { ...state, here: this.#line !== null };
    const { incoming, call, sandbox, devices } = state;
    this.ringing.set(incoming.length > 0 && !call, devices.speaker);
    this.voice.set(sandbox && call?.status === "open");
    this.changed();
    for (const view of this.#last ? [this.#last] : this.#views) view.hear(this.state);
  }

  /** The state is another, or which view is in front. */
  changed() {
    for (const fn of this.#listeners) fn();
  }

  get front() {
    return this.#views.find((view) => view.shown) ?? this.#views[0];
  }

  hold(api, view) {
    const release = this.#shared.hold(api);
    const goodbye = () => this.#sayGoodbye();
    api.farewells.add(goodbye);
    clearTimeout(this.#leaving);
    this.#last = null;
    this.#views = [...this.#views, view];
    if (!this.#tabs) this.#join();
    else if (this.#views.length === 1) this.#line?.renew();
    view.hear(this.state);
    this.changed();
    return () => {
      release();
      api.farewells.delete(goodbye);
      this.#views = this.#views.filter((one) => one !== view);
      this.changed();
      if (this.#views.length > 0) return;
      this.#last = view;
      this.#leaving = setTimeout(() => this.#leave(), LINGER_MS);
    };
  }

  #join() {
    this.#tabs = joinTabs(`phone ${this.name}`, {
      lead: () => this.#lead(),
      hear: (message) => this.#hear(message),
      beats: () => (this.#line?.busy ? BEATS_IN_A_CALL : undefined),
    });
    if (!this.#tabs.leads) this.#tabs.post({ hello: true });
  }

  #leave() {
    if (!this.#line) this.#last = null; // the call goes on in another tab
    this.#tabs?.leave();
    this.#tabs = null;
    this.#become(START);
    this.#last = null;
  }

  #lead() {
    const line = this.#line = new Line(this.#shared.api, {
      userId: this.#userId, wanted: this.state.line !== "paused",
      onChange: (state) => {
        this.#become(state);
        this.#tabs?.post({ state });
      },
    });
    line.start();
    return () => {
      line.onChange = () => {};
      this.#line = null;
      line.stop();
      this.#become({ ...START, devices: line.state.devices });
      this.#tabs?.post({ hello: true }); // the leader answers with its state
    };
  }

  #hear({ hello, state, action, args, at }) {
    if (hello && this.#line) this.#tabs.post({ state: this.#line.state });
    if (state && !this.#line) this.#become(state);
    if (action && Date.now() - at < ACTION_MS) this.#line?.[action](...args);
  }

  #do(action, args) {
    if (this.#line) return this.#line[action](...args);
    return this.#tabs?.post({ action, args, at: Date.now() });
  }

  // The browser has to ask for the microphone in the tab the person is using, not in the leader.
  async #speak(action, args) {
    try {
      if (!this.#line && !this.state.sandbox) await askForMicrophone();
    } catch (error) {
      return this.#become({ ...this.state, problem: problemOf(error) });
    }
    return this.#do(action, args);
  }

  // The leader does it, and its state then has no identity any more.
  #sayGoodbye = async () => {
    let forget;
    const said = this.#line ? this.#line.sayGoodbye() : new Promise((resolve) => {
      forget = this.subscribe(() => this.state.identity === null && resolve());
      this.#do("sayGoodbye", []);
    });
    await Promise.race([said, new Promise((resolve) => { setTimeout(resolve, GOODBYE_MS); })]);
    forget?.();
  };

  dial(call) {
    return this.#speak("dial", [call]);
  }

  answer(id) {
    return this.#speak("answer", [id]);
  }
}

const phones = new Map();

/** The browser's one telephone for a user of the host that an API (api.js) speaks to. */
export function phoneOf(api, userId) {
  const name = `${api.base} ${userId}`;
  if (!phones.has(name)) phones.set(name, new Phone(name, userId));
  return phones.get(name);
}
