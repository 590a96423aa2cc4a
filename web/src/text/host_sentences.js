// host_sentences.js: what the host says in whole sentences, in the reader's language: what
// is wrong with an entry of the team's files, and what a setting doesn't do. Each is
// found by its English, as lua/calls writes it. What has no words here stays English.
import { translated } from "./text.js";

const hostSays = (english) => [english, translated(english)];

// The narrow ones first: a place takes any text.
const sentences = () => [
  hostSays("a name is missing: write [joe]"),
  hostSays("a name has at most {count} bytes"),
  hostSays("{name} can't be a name: leave out [ ] : , # and quotes"),
  hostSays("{name} is there twice, also on line {line}"),
  hostSays("{name} is there twice"),
  hostSays("at most {count} entries"),
  hostSays("{name} is a group, and a group lists people: write their names"),
  hostSays("there is no person or group {name}"),
  hostSays("ends at {time}, before it begins"),
  hostSays("{field} is empty: fill it in, or delete the line"),
  hostSays("name: at most {count} bytes"),
  hostSays("user: at most {count} bytes"),
  hostSays("greeting: at most {count} bytes"),
  hostSays("no phone asks for the pin: add one, or remove \"no confirm\" from one"),
  hostSays("a person has at most {count} phones"),
  hostSays("nothing to ring: add a line such as phone: +13035550142, or user: with a console user's id"),
  hostSays("nobody is in this group: write joe, ana"),
  hostSays("except goes with a line such as holidays: US-CO"),
  hostSays("zone is missing: add a line such as zone: America/Denver"),
  hostSays("no hours: add a line such as mon-fri: 08:00-17:00"),
  hostSays("can't read {text} in {whole} as a time; try 07:00-17:30 or 7am-5:30pm"),
  hostSays("can't read {text} in {whole} as a time; write {meant}"),
  hostSays("{text} is more than one range: put commas between them"),
  hostSays("{text} isn't a range: write {meant}"),
  hostSays("{text} is empty; for all day write 24h"),
  hostSays("{text} begins at 24:00, which is the next day's 00:00"),
  hostSays("{text} closes a minute before midnight; did you mean {meant}-24:00?"),
  hostSays("{day} has no range; for a day off write closed"),
  hostSays("the ranges of {day} overlap"),
  hostSays("can't read {text} as a date; write {meant}"),
  hostSays("there is no day {text}: the month comes first, {meant}"),
  hostSays("there is no day {text}"),
  hostSays("give the year on both sides of {text}, or on neither"),
  hostSays("can't read {text}; write week, day or 14 days"),
  hostSays("can't read {text} as date and time of the first hand-over; write 2026-01-05 08:00"),
  hostSays("{field} is missing: add a line such as {example}"),
  hostSays("otherwise goes with a calendar"),
  hostSays("{number} has a plus in the middle: are these two numbers?"),
  hostSays("{number} isn't a phone number: {count} digits, expected 11"),
  hostSays("{number} isn't a phone number: check its length and its first digits"),
  hostSays("{number} isn't a phone number; write it like +13035550142"),
  hostSays("{number} cannot be reached: there is no area code 555."),
  hostSays("{number} cannot be reached: 555 numbers are reserved for directories and fiction."),
  hostSays("{number} cannot be reached: no telephone has such a number."),
];

const patternOf = (english) => new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s");

/** "joe, phone: …", "people.txt:3: …": what is said of an entry, a field, a line. */
const LABELLED = /^([^:"]{1,120}: |[\w.]+:\d+: )(.+)$/s;

/** A sentence of the host in the reader's language; undefined where only the host's own words say it. */
export function sentenceWords(text) {
  for (const [english, own] of sentences()) {
    const found = patternOf(english).exec(text);
    if (found) return own.replace(/\{(\w+)\}/g, (place, name) => found.groups?.[name] ?? place);
  }
  const labelled = LABELLED.exec(text);
  const inner = labelled && sentenceWords(labelled[2]);
  return inner && labelled[1] + inner;
}
