// phone_number.jsx: phone numbers as people write and type them. The library for
// that (36 kB) is fetched when first needed: to show a number outside the +1
// countries, or to read a typed one. Until then a number is shown as stored.
import { useSyncExternalStore } from "react";
import { t } from "../../text/text.js";
import { NumberLink } from "./number_link.jsx";

let library;
let asked = false;
const waiting = new Set();

let loading; // a promise

function load() {
  if (asked) return;
  asked = true;
  loading = import("libphonenumber-js/min").then((module) => {
    library = module;
    for (const tell of waiting) tell();
  }, () => {
    asked = false; // the next number tries again
  });
}

function listen(fn) {
  waiting.add(fn);
  return () => waiting.delete(fn);
}

function subscribe(fn) {
  load();
  return listen(fn);
}

const current = () => library;

/** Undefined, or a promise while numbers that were typed can't be read yet. */
export function waitForLibrary() {
  if (!library && loading) load(); // again, if that failed
  return library ? undefined : loading;
}

// The library (`parsePhoneNumberFromString`, `AsYouType`), or undefined until it is
// loaded. `wanted`: load it now, to read typed numbers.
export function usePhoneLibrary(wanted = true) {
  return useSyncExternalStore(wanted ? subscribe : listen, current);
}

const AMERICAN = /^\+1(\d{3})(\d{3})(\d{4})$/;

function spaced(number, lib) {
  const american = AMERICAN.exec(number);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  if (!/^\+[1-9]\d+$/.test(number)) return number;
  if (!lib) load();
  return lib?.parsePhoneNumberFromString(number)?.formatInternational() ?? number;
}

// What carriers send when the caller hides the number: a word, or its letters as digits.
const HIDDEN = new RegExp("^\\+?(anonymous|restricted|blocked|unknown|unavailable|private|"
  + "1?(266696687|7378742833|2562533|8656696|86282452253|7748283))$|^sips?:anonymous@", "i");

// A party of a call in words; Twilio's addresses aren't all numbers. Components that
// show it call usePhoneLibrary(false), to redraw once the library is loaded.
export function spoken(address, lib = library) {
  if (!address) return t("Unknown");
  if (HIDDEN.test(address)) return t("Withheld number");
  if (address.startsWith("client:")) return t("Browser of {user}", { user: address.slice(7).replace(/^user_/, "") });
  if (address.startsWith("sip:")) return address.slice(4);
  return spaced(address, lib);
}

// A number, with its name if it has one, as a link (number_link.jsx).
export function PhoneNumber({ value, name }) {
  const number = <bdi dir="ltr" className={name ? "number named" : "number"}>{spoken(value, usePhoneLibrary(false))}</bdi>;
  return (
    <NumberLink number={value}>{name ? <span className="name"><bdi>{name}</bdi> {number}</span> : number}</NumberLink>
  );
}

const IN_TEXT = /(\+[1-9]\d{6,14})(?!\d)/;

/** A text, with its numbers as people write them; see spoken() on the library. */
export const withSpaces = (text, lib = library) => text.split(IN_TEXT)
  .map((part, at) => (at % 2 === 1 ? spaced(part, lib) : part)).join("");

// Text from the host, with its numbers as links.
export function LinkedText({ text }) {
  const lib = usePhoneLibrary(false);
  return text.split(IN_TEXT).map((part, at) => (
    at % 2 === 1 ? <NumberLink key={at} number={part}>{spaced(part, lib)}</NumberLink> : part
  ));
}

/** A number's country, such as "GB". */
export function countryOf(number, lib = library) {
  return number?.country ?? lib?.parsePhoneNumberFromString(number?.phone_number ?? "")?.country ?? "US";
}

// A typed number in E.164; undefined if it isn't a number in `country` or an international one.
// Numbers with an extension don't count: the extension would get lost.
export function toE164(text, lib, country = "US") {
  if (lib) {
    const parsed = lib.parsePhoneNumberFromString(text, country);
    return parsed?.isPossible() && !parsed.ext ? parsed.number : undefined;
  }
  // The zero in "+44 (0)20 …" is for national calls only.
  const compact = text.replace("(0)", "").replace(/[\s().-]/g, "");
  return /^\+[1-9]\d{6,14}$/.test(compact) ? compact : undefined;
}
