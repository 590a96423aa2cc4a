// tabs.js: lets one tab of a browser act for all of them. A browser opens only six
// connections to a host over HTTP/1.1, and one phone is enough.
//
//   const tabs = joinTabs("events", { lead, hear, beats });
//   tabs.leads            does this tab do it?
//   tabs.post(message)    to all other tabs: hear(message)
//   tabs.leave()
//
// lead() is called when it is this tab's turn, and returns a function that ends it.
//
// The leader holds a Web Lock. The browser passes it on as soon as that tab is
// closed or crashes. A frozen tab keeps its lock, so the leader also sends a beat.
// A tab that misses MISSES of them asks whether the leader is there, and takes the
// lock away if it gets no answer: on a busy machine the beats alone may come late.
// `beats()`: how many the others should wait for this leader instead.
//
// Unlike a SharedWorker this also works for a component on another origin. Web
// Locks need a secure page: on plain http every visible tab leads.
import { every } from "./calling/ticker.js";

const BEAT_MS = 600;
const MISSES = 3;
const ASKED = 10; // beats that a leader has to answer within
const SPREAD_MS = 250; // so that tabs don't all take the lock at once

// Wait for the Web Lock `key`: onHeld() when it is this tab's, onLost() when another tab has taken it.
function waitForLock(key, { onHeld, onLost }) {
  let waiting; // AbortController of the request that counts
  let release;
  let over = false;

  async function queue(options) {
    waiting?.abort();
    const abort = waiting = new AbortController();
    try {
      await navigator.locks.request(key, options ?? { signal: abort.signal }, () => {
        if (over) return undefined;
        onHeld();
        return new Promise((resolve) => { release = resolve; });
      });
    } catch { /* given up, or taken away */ }
    if (waiting !== abort) return;
    onLost();
    if (!over) queue();
  }

  queue();
  return {
    steal: () => queue({ steal: true }),
    leave() {
      over = true;
      waiting.abort();
      release?.();
    },
  };
}

// When it is this tab's turn to lead: begin() and end(). Meanwhile tick(), at an interval.
function takeTurns(key, { begin, end, tick }) {
  if (navigator.locks) {
    const lock = waitForLock(key, { onHeld: begin, onLost: end });
    const stopTicking = every(BEAT_MS, tick);
    return {
      steal: lock.steal,
      leave() {
        stopTicking();
        lock.leave();
      },
    };
  }
  const look = () => (document.visibilityState === "visible" ? begin() : end());
  look();
  document.addEventListener("visibilitychange", look);
  return { steal() {}, leave: () => document.removeEventListener("visibilitychange", look) };
}

// Notices that a leader is gone: heard(beats) at each sign of it, tick() at an interval.
function watchLeader({ ask, takeOver }) {
  let missed = 0;
  let allowed = MISSES;
  let ticked = 0;
  return {
    heard(beats = allowed) {
      missed = 0;
      allowed = beats;
    },
    // Ticks that arrive together, after this tab itself was frozen, count once.
    tick() {
      const now = performance.now();
      const heaped = now - ticked < BEAT_MS / 2;
      ticked = now;
      if (heaped || ++missed < allowed) return;
      ask();
      const patient = allowed + ASKED;
      setTimeout(() => missed >= patient && takeOver(), Math.random() * SPREAD_MS);
    },
  };
}

export function joinTabs(name, { lead, hear = () => {}, beats = () => undefined }) {
  const key = `hookswitch ${name}`;
  const channel = new BroadcastChannel(key);
  let stopLeading;
  let left = false;

  const post = (message) => channel.postMessage({ message });
  const beat = () => channel.postMessage({ beat: beats() ?? MISSES });
  const leader = watchLeader({
    ask: () => left || channel.postMessage({ ask: true }),
    takeOver: () => left || stopLeading || turns.steal(),
  });

  function begin() {
    if (left || stopLeading) return;
    stopLeading = lead() ?? (() => {});
    beat();
  }

  function end() {
    const stop = stopLeading;
    stopLeading = undefined;
    leader.heard();
    stop?.();
  }

  channel.onmessage = ({ data }) => {
    if (left) return undefined;
    if (data.ask) return stopLeading && beat();
    return data.beat ? leader.heard(data.beat) : hear(data.message);
  };
  const turns = takeTurns(key, { begin, end, tick: () => (stopLeading ? beat() : leader.tick()) });

  return {
    post,
    get leads() { return stopLeading !== undefined; },
    leave() {
      left = true;
      end();
      turns.leave();
      channel.close();
    },
  };
}
