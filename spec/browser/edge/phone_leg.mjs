// phone_leg.mjs: a telephone at the other end: it says a tone, and listens.
import { Ear, tone } from "./sound.mjs";

export class PhoneLeg {
  ear = new Ear();
  source = tone(440);
  onDigit = null;
  #gone;

  constructor(number) {
    this.number = number;
    this.gone = new Promise((resolve) => { this.#gone = resolve; });
  }

  hear(payload) {
    this.ear.take(payload);
  }

  hangUp() {
    this.#gone();
  }

  // The other side is over: a telephone just hears the tone of a free line.
  close() {}
}
