// destination.js: where an override sends calls: "+13035550142, user:42" or "voicemail".
import { spoken, toE164 } from "../../parts/phone_number.jsx";
import { t } from "../../text/text.js";

/** In words, for people. */
export function destinationWords(text) {
  return text.split(", ").map((part) => {
    if (part === "voicemail") return t("Voicemail");
    return part.startsWith("user:") ? t("Browser of {user}", { user: part.slice(5) }) : spoken(part);
  }).join(", ");
}

/** What was typed, with phone numbers as the API takes them; the server says what is wrong with the rest. */
export function typedDestination(text, lib, country) {
  return text.split(",").map((part) => toE164(part, lib, country) ?? part.trim()).join(", ");
}
