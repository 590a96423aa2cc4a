// phone_number.jsx: phone numbers as people write and type them. The library
// behind it (36 kB) is fetched once, when a number needs it: one from outside of
// the +1 countries is shown, or somebody types one. Till then a number stands as
// it is stored.
import { useSyncExternalStore } from "react";
import { t } from "../text/text.js";
import { NumberLink } from "./number_link.jsx";

let library;
let asked = false;
const waiting = new Set();

function load() {
  if (asked) return;
  asked = true;
  import("libphonenumber-js/min").then((module) => {
    library = module;
    for (const tell of waiting) tell();
  }, () => {
    asked = false; // the next number on a page asks again
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

// The library once it is there (`parsePhoneNumberFromString`, `AsYouType`), or
// undefined. It is fetched where it is `wanted`: to read what somebody types.
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

// What carriers write in place of a number that its caller hides: a word, or its letters as digits.
const HIDDEN = new RegExp("^\\+?(anonymous|restricted|blocked|unknown|unavailable|private|"
  + "1?(266696687|7378742833|2562533|8656696|86282452253|7748283))$|^sips?:anonymous@", "i");

// Who or what is at the other end, in words: Twilio's addresses are not only
// numbers. Whoever shows it calls usePhoneLibrary(false), to be drawn again.
export function spoken(address, lib = library) {
  if (!address) return t("Unknown");
  if (HIDDEN.test(address)) return t("Withheld number");
  if (address.startsWith("client:")) return t("Browser of {user}", { user: address.slice(7).replace(/^user_/, "") });
  if (address.startsWith("sip:")) return address.slice(4);
  return spaced(address, lib);
}

// A number, with its name where it has one; a link to its page (number_link.jsx).
export function PhoneNumber({ value, name }) {
  const number = <bdi dir="ltr" className={name ? "number named" : "number"}>{spoken(value, usePhoneLibrary(false))}</bdi>;
  return (
    <NumberLink number={value}>{name ? <span className="name"><bdi>{name}</bdi> {number}</span> : number}</NumberLink>
  );
}

/** The country of one of our numbers, such as "GB". */
export function countryOf(number, lib = library) {
  return number?.country ?? lib?.parsePhoneNumberFromString(number?.phone_number ?? "")?.country ?? "US";
}

// What was typed, as a number with its country code; undefined when it is none of `country` or the world.
// A number with an extension is none: the extension would get lost.
export function toE164(text, lib, country = "US") {
  if (lib) {
    const parsed = lib.parsePhoneNumberFromString(text, country);
    return parsed?.isPossible() && !parsed.ext ? parsed.number : undefined;
  }
  // In "+44 (0)20 …" the zero is for national calls.
  const compact = text.replace("(0)", "").replace(/[\s().-]/g, "");
  return /^\+[1-9]\d{6,14}$/.test(compact) ? compact : undefined;
}
