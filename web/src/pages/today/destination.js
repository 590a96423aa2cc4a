// destination.js: where an override sends calls: "+13035550142, user:42" or "voicemail".
import { spoken, toE164 } from "../../parts/numbers/phone_number.jsx";
import { t } from "../../text/text.js";

/** In words. */
export function destinationWords(text) {
  return text.split(", ").map((part) => {
    if (part === "voicemail") return t("Voicemail");
    return part.startsWith("user:") ? t("Browser of {user}", { user: part.slice(5) }) : spoken(part);
  }).join(", ");
}

/** Typed text with its phone numbers in E.164; the server reports anything else that is wrong. */
export function typedDestination(text, lib, country) {
  return text.split(",").map((part) => toE164(part, lib, country) ?? part.trim()).join(", ");
}
