// words.js: numbers, times and errors in plain words.
import { createElement } from "react";
import { isolate } from "../../parts/numbers/isolate.js";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { moment } from "../../parts/time.jsx";
import { FieldText } from "../../text/language.jsx";
import { list, t } from "../../text/text.js";

/** "+13035550142" → "+1 303 555 0142"; components that show it call usePhoneLibrary(). */
export function phone(address) {
  return spoken(address);
}

/** A number's name; "" if there is none or it only repeats the number. */
export function nameOf(number) {
  const digits = (number.friendly_name ?? "").replace(/\D/g, "");
  const same = digits.length >= 7 && number.phone_number.endsWith(digits) && !/[a-z]/i.test(number.friendly_name);
  return same ? "" : number.friendly_name ?? "";
}

/** "+1 303 555 0142 (Front desk)". */
export function labelOf(number) {
  const name = nameOf(number);
  return name ? `${phone(number.phone_number)} (${isolate(name)})` : phone(number.phone_number);
}

// Getters, so that they follow the page's language.
export const FORWARDING_TYPES = {
  get always() {
    return { name: t("Always"), says: t("Every call goes straight to this number; the browser does not ring.") };
  },
  get busy() {
    return { name: t("When busy"), says: t("While you are on a call, or when you reject one in the browser.") };
  },
  get no_answer() {
    return { name: t("When nobody answers"), says: t("The browser rings first; then this number.") };
  },
};

export const NUMBER_TYPES = {
  get local() { return t("Local"); }, get tollfree() { return t("Toll-free"); }, get mobile() { return t("Mobile"); },
};

const kinds = () => ({ voicemail: t("goes to voicemail"), say: t("plays a text"), play: t("plays a recording"),
  reject: t("is rejected"), hangup: t("is hung up"), menu: t("plays a menu"), twiml: t("follows the rule’s own TwiML"),
  settings: t("follows the settings") });

// `names`: names of phones and users (user:42).
function targetWords(target, names) {
  const name = names[target] && isolate(names[target]);
  if (target.startsWith("user:")) return t("the browser of {user}", { user: name ?? target.slice(5) });
  return name ? `${name} (${phone(target)})` : phone(target);
}

function stepWords(text, names) {
  const [, kind, targets, seconds] = /^(\S+)(.*?)(?: (\d+) s)?$/.exec(text);
  if (kind !== "ring") return (kinds()[kind] ?? kind) + targets;
  const rung = list(targets.trim().split(/ +/).map((target) => targetWords(target, names)));
  return seconds ? t("rings {targets} for {seconds} s", { targets: rung, seconds }) : t("rings {targets}", { targets: rung });
}

/**
 * What a call does, for a sentence about it:
 * "ring +13035550142 user:demo" → "rings +1 303 555 0142 and the browser of demo";
 * "ring +13035550142 20 s > voicemail" → "rings +1 303 555 0142 for 20 s, then goes to voicemail".
 */
export function planWords(words, names = {}) {
  const steps = (words ?? "").split(" > ").filter((text) => text !== "").map((text) => stepWords(text, names));
  return steps.reduceRight((next, first) => (next === "" ? first : t("{first}, then {next}", { first, next })), "");
}

/** Why a forwarding setting that is on doesn't apply; `always` is the setting that comes first. */
export function unusedWords({ forwarding_type, forward_to_number, ends_at }, reason, always) {
  const type = FORWARDING_TYPES[forwarding_type].name;
  switch (reason) {
    case "ended": return t("“{type}” has ended ({end}).", { type, end: moment(ends_at, { within: true }) });
    case "always":
      if (!always) return t("“{type}” doesn’t apply now: each number’s own “Always” comes first.", { type });
      return always.ends_at ? t("“{type}” doesn’t apply until {end}: “Always” sends every call to {number}.",
      { type, number: phone(always.forward_to_number), end: moment(always.ends_at, { until: true }) }) : t("“{type}” never applies: “Always” sends every call to {number}.", { type, number: phone(always.forward_to_number) });
    case "refused": return t("“{type}” never applies: {number} can’t be called.", { type, number: phone(forward_to_number) });
    case "own": return t("“{type}” for all numbers doesn’t apply now: each number has its own.", { type });
    case "number_off": return t("“{type}” never applies: the number is switched off.", { type });
    default: return "";
  }
}

/** What decided, as a sentence without its full stop. */
export function decides(decision) {
  switch (decision?.source) {
    case "rules": return t("The rule “{rule}” decides", { rule: isolate(decision.rule) });
    case "settings": return t("The settings here decide");
    case "override": return t("A temporary override decides");
    case "blocked": return t("The blocklist decides");
    case "inactive": return t("The number is switched off");
    case "unadopted": return t("The number has no owner");
    case "fallback": return t("The rules failed, so the settings here decide");
    default: return decision?.source ?? "";
  }
}

// What to do about an error, by its code; its message says what happened.
const advice = () => ({
  unreachable: t("Is the server running? Nothing was changed as far as this page knows."),
  twilio_not_configured: t("Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN on the server, and restart it."),
  twilio_unreachable: t("Nothing was changed; try again in a minute."),
  twilio_timeout: t("Look at the list before you try again."),
  twilio_refused_credentials: t("Whoever runs the server should check the account SID and the auth token."),
  twilio_busy: t("Try again in a few seconds."),
  twilio_failed: t("The failure is at Twilio. Try again later."),
  trial_limit: t("Upgrade the account at Twilio, or release the number you have."),
  number_taken: t("Choose another number from the list."),
  invalid_number: t("Check the number for a typing error."),
  no_numbers_available: t("Try a neighbouring area code, another type, or fewer filters."),
  address_required: t("Enter an address in Twilio’s console (Phone Numbers, Addresses) and give its SID here."),
  bundle_required: t("Have a bundle approved in Twilio’s console (Phone Numbers, Regulatory Compliance) and give its SID here."),
  purchase_in_progress: t("Wait a moment; the list shows the number as soon as Twilio has confirmed it."),
  purchase_unconfirmed: t("Don’t buy another one: if this one was bought, the list shows it within a minute."),
  buy_daily_cap: t("This limit protects the account. Whoever runs the server can raise buy_daily_cap."),
  server_url_missing: t("Set SERVER_URL on the server, such as https://phone.example.com."),
  changed_meanwhile: t("The list shows it as it is now."),
  number_not_found: t("A colleague may have released it. Refreshing the list."),
  rule_not_found: t("A colleague may have deleted it. Refreshing the list."),
  already_active: t("Switch the other setting off first, or edit it instead."),
  already_active_for_all: t("Switch the other setting off first, or edit it instead."),
  read_only: t("The file can be changed on the server only."),
});

// Codes whose message says it already: the host's own, and ours for it (text/host_words.js).
const ADVISED = {
  foreign: ["already_active", "already_active_for_all", "purchase_unconfirmed"],
  own: ["twilio_busy", "twilio_failed"],
};

/** An API error in plain words: { message, advice, fields }. A message of status 429 ends with how long to wait. */
export function explain(error) {
  if (!error) return { message: t("Something went wrong."), advice: "", fields: {} };
  const { message, code, fields = {}, foreign } = error;
  const isAdvised = ADVISED[foreign ? "foreign" : "own"].includes(code);
  return { message, advice: isAdvised ? "" : advice()[code] ?? "", fields };
}

/** The error for a field, under any of its names. */
export function fieldError(error, ...names) {
  for (const name of names) {
    if (error?.fields?.[name]) return createElement(FieldText, { error, name });
  }
  return undefined;
}
