// host_words.js: the host's English in the reader's language: refusals and fields by code,
// alerts by kind. Fetched if the page isn't in English. What has no words here is shown as
// the host wrote it, marked as English (language.jsx).
import { t } from "./text.js";

const NOT_FOUND = ["call", "contact", "version", "rule", "missed_call", "note", "alert", "override", "recording", "user",
  "place", "away"].map((what) => `${what}_not_found`);

const refusals = () => ({
  invalid: t("Some fields are invalid."),
  not_found: t("Not found."),
  not_found_at_twilio: t("Twilio doesn’t have it any more."),
  number_not_found: t("You have no phone number with that id."),
  missing_token: t("You have been signed out."),
  invalid_token: t("You have been signed out."),
  wrong_login: t("The name or the password is wrong."),
  no_local_account: t("You signed in with another application’s token, so you can’t change a password here."),
  invalid_identity: t("Your user id is too long for Twilio."),
  forbidden: t("You aren’t allowed to do that."),
  editor_only: t("Only an editor or an admin can do that."),
  admin_only: t("Only an admin can do that."),
  role_not_known: t("Your sign-in names no role, so you can’t manage users."),
  name_taken: t("That name is taken."),
  last_admin: t("This is the last active admin: make someone else an admin first."),
  cross_site: t("You aren’t allowed to do that."),
  too_many_requests: t("Too many requests at once."),
  too_many_streams: t("You are signed in on too many devices."),
  too_large: t("That is too large."),
  too_slow: t("The connection was too slow."),
  busy: t("Hookswitch is busy; try again in a moment."),
  internal: t("Hookswitch made a mistake. Its log says more."),
  store_unavailable: t("Hookswitch can’t store anything at the moment. Nothing was changed."),
  outcome_unknown: t("Hookswitch doesn’t know yet whether this was stored. Look before you try again."),
  changed_meanwhile: t("It has been changed since you read it. Compare, then try again."),
  already_active: t("This number already has an active setting of this kind."),
  already_active_for_all: t("A setting of this kind is already active for all numbers."),
  contact_exists: t("This number is in your contacts already."),
  conflict: t("Someone else has changed the rules meanwhile."),
  not_checked: t("The files can’t be checked at the moment, for example because someone is writing one. Try again in a moment."),
  team_unfinished: t("An editor is changing the team’s files. Your PIN can be saved once that is finished."),
  not_in_team: t("You aren’t among the people on the Team page. An editor can enter your user ID there."),
  pin_unasked: t("Your phones don’t ask before they put a caller through. An editor can change that on the Team page."),
  pin_refused: t("A rule doesn’t work with a PIN on your phones: typing it takes longer than pressing 1. An editor can add it on the Team page, which shows the rule."),
  folder_stuck: t("The folder with the rules doesn’t answer. Whoever runs the server should check the mount it is on."),
  read_only: t("The rules can’t be edited here."),
  no_sound: t("Nothing was recorded."),
  no_draft: t("There is no draft."),
  draft_left: t("The draft is live, but its file stays. Remove forwarding.next.lua yourself."),
  no_number: t("You have no number that anyone could call. Buy one first."),
  number_released: t("That number was bought and has been released since."),
  number_taken: t("Someone else has bought this number."),
  no_numbers_available: t("Twilio has no number like that."),
  invalid_number: t("Twilio says this isn’t a valid number."),
  address_required: t("This number needs an address."),
  bundle_required: t("This number needs a regulatory bundle."),
  trial_limit: t("A trial account can’t hold another number."),
  buy_daily_cap: t("No more numbers can be bought today."),
  purchase_in_progress: t("This number is being bought already."),
  purchase_unconfirmed: t("Twilio hasn’t confirmed the purchase yet."),
  server_url_missing: t("The server doesn’t know its public address."),
  auth_not_configured: t("This server isn’t set up for logins yet."),
  twilio_not_configured: t("The server has no Twilio account."),
  twilio_failed: t("Twilio did not answer as it should; try again in a moment."),
  twilio_unreachable: t("Twilio can’t be reached from the server."),
  twilio_timeout: t("Twilio took too long to answer."),
  twilio_busy: t("Twilio is busy; try again in a moment."),
  twilio_refused_credentials: t("Twilio does not accept the server’s credentials."),
});

/** What a refusal says; undefined where only the host's own words do. */
export const refusalWords = (code) => (NOT_FOUND.includes(code) ? t("Not found, or not yours.") : refusals()[code]);

// What is wrong with a field, by the code of lua/hookswitch/fields/wrong.lua.
const wrongs = (values) => ({
  address_sid: t("must be the SID of an address (AD…)"),
  address_space: t("has a space in its address: write %20 there, or leave the words out"),
  address_whole: t("isn't a whole address: write it like https://example.com/hello.mp3"),
  after_from: t("must be after from"),
  after_since: t("must be later than since"),
  after_start: t("must be after the start"),
  area_code: t("must have three digits, such as 510"),
  area_code_country: t("is known in US and CA only; use phoneNumber, or contains when searching"),
  area_code_extra: t("must be left out when phoneNumber says which number to buy"),
  area_code_missing: t("is required, unless phoneNumber says which number to buy"),
  at_least: t("must be at least {min}", values),
  at_most: t("must be at most {max}", values),
  before_to: t("must be before to"),
  between: t("must be between {min} and {max}", values),
  blank: t("must not be blank"),
  bundle_sid: t("must be the SID of a bundle (BU…)"),
  bytes: t("must have {min} to {max} bytes", values),
  callee_missing: t("is required: the number the browser calls"),
  caller_or_missed: t("or missed_call_id is required, but not both"),
  characters: t("must have {min} to {max} characters", values),
  contact_exists: t("is in your contacts already"),
  control_characters: t("must not contain control characters"),
  country: t("names a country this account doesn't call: {number}", values),
  country_code: t("must be a two-letter country code, such as US"),
  date_or_time: t("must be a date such as 2026-11-22 or a time such as 2026-11-22T09:30:00Z"),
  days: t("must be at most {days} days before to", values),
  destination: t("must be a phone number with + and its country code, such as +15105550100, user:ID, several of these with commas, or voicemail"),
  destinations: t("at most {max} ring together", values),
  emergency: t("names an emergency or service number: {number}", values),
  empty: t("must not be empty"),
  entries: t("must have {min} to {max} entries", values),
  entry: t("entry {position} {what}", values),
  entry_field: t("entry {position}: {field} {what}", values),
  format: t("has the wrong format"),
  in_past: t("must be in the past"),
  keys_missing: t("is required for press"),
  list: t("must be a list"),
  longest_away: t("must be within a year"),
  longest_override: t("must be within 31 days: for longer, make a forwarding setting"),
  lookups: t("must be an object: what each lookup gives, by its name"),
  malformed: t("isn't a phone number: {number}", values),
  moment: t("must be a time such as 2026-11-22T09:30:00Z, or how long ago: 7d, 12h, 30m, 2w"),
  most_characters: t("must have at most {max} characters", values),
  not_before: t("must not be before {field}", values),
  number_pattern: t("may hold letters, digits and * % + $"),
  object: t("must be an object"),
  one_of: t("must be one of: {choices}", values),
  over: t("is already over"),
  own_number: t("names a number of your own: {number}", values),
  password: t("is not the password"),
  phone_number: t("must be a phone number with + and its country code, such as +15105550100"),
  pin: t("must have {min} to {max} digits", values),
  premium: t("names a number that may not be called: {number}", values),
  repeated: t("is given more than once"),
  required: t("is required"),
  scheme: t("must be an http or https address to be played, not {scheme}://", values),
  search: t("must be part of a number or name, such as 0147"),
  spaces: t("must not contain spaces or control characters"),
  taken: t("is taken"),
  step: t("must divide an hour: 5, 10, 15, 30, 60"),
  stranger: t("names user {user}, who isn't you", values),
  teammate: t("must be a user_id as in GET /api/twilio/presence, or null"),
  text: t("must be text"),
  time: t("must be a time: {example}", values),
  too_deep: t("is too far back: follow `next` beyond {rows} rows, or narrow the dates", values),
  true_or_false: t("must be true or false"),
  twice: t("is given under two names"),
  unknown: t("is not a known field"),
  utf8: t("must be valid UTF-8"),
  whole_number: t("must be a whole number"),
  zone: t("must be a time zone such as America/Denver"),
});

/** What is wrong with a field, by its reason { code, values, inner }; undefined where only the host's words say it. */
export function fieldWords(reason) {
  const what = reason?.inner ? fieldWords(reason.inner) : reason?.values?.what;
  if (!reason || (reason.inner && what === undefined)) return undefined;
  return wrongs({ ...reason.values, what })[reason.code];
}

/** What an alert says, and whether that is all: [text, isAll]; undefined for a kind that isn't known here. */
export function alertWords({ kind, subject }) {
  switch (kind) {
    case "bad_target": return [t("Calls to {number} fail.", { number: subject }), true];
    case "not_adopted": return [t("{number} is called, but belongs to nobody.", { number: subject }), true];
    case "text_failed": return [t("The text to {number} failed.", { number: subject }), false];
    case "rule_failed": return [t("The rule “{rule}” failed.", { rule: subject }), false];
    case "lookup_failed": return [t("The lookup {name} failed.", { name: subject }), false];
    case "rules_refused": return [/:\d/.test(subject) // one of several hosts
      ? t("The Lua files on {host} have a mistake. The last good version answers.", { host: subject })
      : t("The Lua files have a mistake. The last good version answers."), false];
    case "spool": return [t("Calls were stored on a host while the database couldn’t be reached."), false];
    case "rules_unwritten": return [t("The live rules can’t be written to the folder on {host}.", { host: subject }), false];
    case "rules_kept": return [t("Another host’s rules replaced files on {host}. They are kept there.", { host: subject }), false];
    case "calendar_failed": return [t("The calendar of {name} can’t be read. Its last turns stay.", { name: subject }), false];
    case "calendar_doubts": return [t("The calendar of {name} names people nobody knows, or has events that can’t be read.", { name: subject }), false];
    case "clock_wrong": return [t("The server’s clock is wrong. Nothing old is deleted until it is right."), false];
    case "draft_off": return [t("The draft is switched off."), false];
    default: return undefined;
  }
}
