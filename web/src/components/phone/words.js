// words.js: the phone's states in words.
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { t } from "../../text/text.js";

// Getters, so that they follow the page's language.
export const LINES = {
  get starting() { return t("Connecting…"); },
  get ready() { return t("Ready for calls"); },
  get unheard() { return t("Not receiving calls: Hookswitch can’t be reached"); },
  get reconnecting() { return t("Not receiving calls: connecting again…"); },
  get paused() { return t("Not receiving calls: switched off here"); },
  get failed() { return t("Not receiving calls"); },
};

export const STATUSES = {
  get connecting() { return t("Connecting…"); },
  get ringing() { return t("Ringing…"); },
  get open() { return t("Connected"); },
  get reconnecting() { return t("Connection lost; getting it back…"); },
};

// Button colours on which white text is readable, in light and dark.
export const GREEN = "#1f7a3a";
export const RED = "#c22828";

// Who is at the other end of a call: a name, or else the number.
export function otherEnd(call) {
  if (call.name && call.name !== call.other) return call.name;
  return spoken(call.other);
}
