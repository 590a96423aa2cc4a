// host_words.js: what the host says in English, in the reader's language: refusals by
// their code, alerts by their kind. Fetched where the page isn't English. What has no
// words here is shown as the host wrote it, marked as English (language.jsx).
import { t } from "./text.js";

const NOT_FOUND = ["call", "contact", "version", "rule", "missed_call", "note", "alert", "override", "recording", "user",
  "place"].map((what) => `${what}_not_found`);

const refusals = () => ({
  invalid: t("Some fields are invalid."),
  not_found: t("Not found."),
  not_found_at_twilio: t("Twilio doesn’t have it any more."),
  number_not_found: t("You have no phone number with that id."),
  missing_token: t("You have been signed out."),
  invalid_token: t("You have been signed out."),
  wrong_login: t("The name or the password is wrong."),
  no_local_account: t("This login comes from another application: there is no password here."),
  invalid_identity: t("Your user id is too long for Twilio."),
  forbidden: t("You aren’t allowed to do that."),
  editor_only: t("Only an editor or an admin can do that."),
  admin_only: t("Only an admin can do that."),
  role_not_known: t("Your sign-in names no role, so you can’t manage users."),
  name_taken: t("That name is taken."),
  last_admin: t("This is the last active admin: make somebody else an admin first."),
  cross_site: t("You aren’t allowed to do that."),
  too_many_requests: t("Too many requests at once."),
  too_many_streams: t("You are signed in on too many devices."),
  too_large: t("That is too large."),
  too_slow: t("The connection was too slow."),
  busy: t("Hookswitch is busy; try again in a moment."),
  internal: t("Hookswitch made a mistake. Its log says more."),
  store_unavailable: t("Hookswitch can’t store anything at the moment. Nothing was changed."),
  changed_meanwhile: t("It has been changed since you read it. Compare, then try again."),
  already_active: t("This number already has an active setting of this kind."),
  contact_exists: t("This number is in your contacts already."),
  conflict: t("Someone else has changed the rules meanwhile."),
  read_only: t("The rules can’t be edited here."),
  no_sound: t("Nothing was recorded."),
  no_draft: t("There is no draft."),
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

/** What an alert says, and whether that is all: [text, isAll]; undefined for a kind that isn't known here. */
export function alertWords({ kind, subject }) {
  switch (kind) {
    case "bad_target": return [t("Calls to {number} fail.", { number: subject }), true];
    case "not_adopted": return [t("{number} is called, but belongs to nobody.", { number: subject }), true];
    case "text_failed": return [t("The text to {number} failed.", { number: subject }), false];
    case "rule_failed": return [t("The rule “{rule}” failed.", { rule: subject }), false];
    case "lookup_failed": return [t("The lookup {name} failed.", { name: subject }), false];
    case "rules_refused": return [t("The Lua files have a mistake. The last good version answers."), false];
    case "draft_off": return [t("The draft is switched off."), false];
    default: return undefined;
  }
}
