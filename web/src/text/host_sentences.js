// host_sentences.js: warnings the host writes as whole sentences, in the reader's language:
// what a forwarding setting doesn't do, what callers may not hear. Each is found by its
// English, as the Lua modules write it. What has no words here stays English.
import { translated } from "./text.js";

const hostSays = (english) => [english, translated(english)];

// The narrow ones first: a place takes any text.
const sentences = () => [
  hostSays("{number} cannot be reached: 555 isn't an area code."),
  hostSays("{number} cannot be reached: 555 numbers are reserved for directories and fiction."),
  hostSays("{number} cannot be reached: no telephone has such a number."),
  hostSays("user:{user} rings nobody yet: no account, number or open browser has this id."),
  hostSays("\"{name}\" never applies: the number is switched off."),
  hostSays("\"{name}\" never applies: \"Always\" sends every call to {number}."),
  hostSays("\"{name}\" never applies: {number} can't be called."),
  hostSays("\"{name}\" for all numbers never applies to {number}, which has its own."),
  hostSays("\"{name}\" for all numbers doesn't apply to {number} until its own has ended."),
  hostSays("\"{name}\" has ended."),
  hostSays("\"{name}\" doesn't apply until \"Always\" has ended, which sends every call to {number}."),
  hostSays("Callers may hear nothing of {address}: {reason}."),
  hostSays("the server there answers with {status}"),
  hostSays("the server there does not say what kind of file it is (Content-Type)"),
  hostSays("it is {kind}, which Twilio does not play: use MP3 (audio/mpeg) or WAV (audio/wav)"),
  hostSays("the file is empty"),
  hostSays("the file has no sound in it"),
];

const PLACE = /\{(\w+)\}/g;
const patternOf = (english) => new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(PLACE, "(?<$1>\\S|\\S.*?\\S)")}$`, "s");

/** A sentence of the host in the reader's language; undefined where only the host's own words say it. */
export function sentenceWords(text) {
  for (const [english, own] of sentences()) {
    const values = patternOf(english).exec(text)?.groups ?? (english === text && {});
    if (values) return own.replace(PLACE, (place, name) => sentenceWords(values[name]) ?? translated(values[name]));
  }
  return undefined;
}
