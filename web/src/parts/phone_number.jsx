// phone_number.jsx: phone numbers as people write them. The library behind it
// (36 kB) is fetched once, after the page is there; till then a number stands
// as it is stored.
import { useSyncExternalStore } from "react";
import { NumberLink } from "./number_link.jsx";

let library;
let asked = false;
const waiting = new Set();

function subscribe(fn) {
  waiting.add(fn);
  if (!asked) {
    asked = true;
    import("libphonenumber-js/min").then((module) => {
      library = module;
      for (const tell of waiting) tell();
    }, () => {
      asked = false; // the next number on a page asks again
    });
  }
  return () => waiting.delete(fn);
}

// The library once it is there (`parsePhoneNumberFromString`, `AsYouType`), or undefined.
export function usePhoneLibrary() {
  return useSyncExternalStore(subscribe, () => library);
}

// Who or what is at the other end, in words: Twilio's addresses are not only numbers.
export function spoken(address, lib = library) {
  if (!address) return "Unknown";
  if (/^(anonymous|\+?266696687|restricted|unavailable)$/i.test(address)) return "Withheld number";
  if (address.startsWith("client:")) return `Browser of ${address.slice(7).replace(/^user_/, "")}`;
  if (address.startsWith("sip:")) return address.slice(4);
  return lib?.parsePhoneNumberFromString(address)?.formatInternational() ?? address;
}

// A number, with its name where it has one; a link to its page (number_link.jsx).
export function PhoneNumber({ value, name }) {
  const text = spoken(value, usePhoneLibrary());
  return (
    <NumberLink number={value}>
      {name ? <span>{name} <span className="number named">{text}</span></span> : <span className="number">{text}</span>}
    </NumberLink>
  );
}

// What was typed, as E.164; undefined when it is no number of `country` or the world.
export function toE164(text, lib, country = "US") {
  const compact = text.replace(/[\s().-]/g, "");
  if (/^\+[1-9]\d{6,14}$/.test(compact)) return compact;
  const parsed = lib?.parsePhoneNumberFromString(text, country);
  return parsed?.isPossible() ? parsed.number : undefined;
}
