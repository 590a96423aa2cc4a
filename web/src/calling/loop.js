// loop.js: a repeating sound: the ringing of an incoming call, the voice of a caller
// in the sandbox. One tab plays it, the first that the browser allows to.
//
//   const ringing = new Loop("ring phone-name", "incoming");
//   ringing.set(true, speakerId);  ringing.set(false);
import { makeSounds } from "./sounds.js";

export class Loop {
  #stop = null;

  // key: the same in all tabs that may make it; sound: a name of sounds.js
  constructor(key, sound) {
    this.key = `hookswitch ${key}`;
    this.sound = sound;
  }

  set(on, speaker) {
    if (on === (this.#stop !== null)) return;
    this.#stop?.abort();
    this.#stop = on ? new AbortController() : null;
    if (on) this.#wait(this.#stop.signal, speaker);
  }

  #wait(signal, speaker) {
    const play = () => this.#play(signal, speaker);
    const turn = navigator.locks ? navigator.locks.request(this.key, { signal }, play) : play();
    turn.catch(() => {}); // it is over
  }

  // Resolves when the sound ends. A tab that isn't allowed to play lets the next one
  // try, and waits for a click or a key.
  async #play(signal, speaker) {
    if (signal.aborted) return;
    const { urls, forget } = makeSounds([this.sound]);
    const audio = new Audio(urls[this.sound]);
    audio.loop = true;
    if (speaker && speaker !== "default") await audio.setSinkId?.(speaker).catch(() => {});
    try {
      await audio.play();
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
        if (signal.aborted) resolve();
      });
    } catch {
      this.#waitForHand(signal, speaker);
    }
    audio.pause();
    forget();
  }

  #waitForHand(signal, speaker) {
    const done = new AbortController();
    const again = () => {
      done.abort();
      this.#wait(signal, speaker);
    };
    for (const name of ["pointerdown", "keydown"]) {
      window.addEventListener(name, again, { signal: AbortSignal.any([signal, done.signal]) });
    }
  }
}
