// words.js: a call's plan and how it went, in words.
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { rich } from "../../text/rich.jsx";
import { list, t } from "../../text/text.js";

export const source = (name) => ({
  rules: t("The rules decided"), settings: t("The forwarding settings decided"), override: t("An override decided"),
  blocked: t("The caller is blocked"), inactive: t("The number is switched off"), outgoing: t("A call from the browser"),
  fallback: t("The rules failed, so the fallback answered"),
})[name] ?? name;

const outcomes = (values) => ({
  answered: [rich("{who} answered", values), "good"], forwarded: [rich("{who} answered", values), "good"],
  no_answer: [rich("{who} did not answer", values), "warn"], "no-answer": [rich("{who} did not answer", values), "warn"],
  busy: [rich("{who} was busy", values), "warn"], failed: [rich("{who} could not be called", values), "bad"],
  declined: [rich("{who} answered, but nobody pressed 1", values), "warn"],
  abandoned: [rich("{who} was ringing when the caller hung up", values), "bad"],
  completed: [rich("{who} was on the line", values), "good"], canceled: [rich("{who} stopped ringing", values), "warn"],
  ringing: [rich("{who} is ringing", values), "accent"], "in-progress": [rich("{who} is talking", values), "good"],
});

/** How a ring ended, as [sentence, tone]; `who` is an element. */
export function outcome(name, who) {
  return outcomes({ who })[name] ?? [rich("{who}: {outcome}", { who, outcome: name.replaceAll("_", " ") }), undefined];
}

// "+1…", "user:42", "client:user_42".
export function addressText(address, lib) {
  return address.startsWith("user:")
    ? t("the browser of {user}|subject", { user: address.slice(5) }) : spoken(address, lib);
}

export function targetText(target, lib) {
  if (target.phone) return spoken(target.phone, lib);
  if (target.user) return t("the browser of {user}|subject", { user: target.user });
  return target.client ? spoken(`client:${target.client}`, lib) : t("someone");
}

const hasPhone = (step) => (step.targets ?? []).some((target) => target.phone);

// One step of a plan: "ring +1 510 555 0142 for 20 s, and ask to press 1".
export function stepText(step, lib) {
  switch (step?.kind) {
    case "ring": {
      const values = {
        targets: list((step.targets ?? []).map((target) => targetText(target, lib))), seconds: step.seconds,
      };
      const ring = step.seconds ? t("ring {targets} for {seconds} s", values) : t("ring {targets}", values);
      return step.confirm && hasPhone(step) ? t("{step}, and ask to press 1", { step: ring }) : ring;
    }
    case "voicemail": return t("take a message");
    case "say": return t("say “{text}”", step);
    case "play": return t("play a recording");
    case "menu": return t("ask “{text}”", step);
    case "reject": return t("reject the call");
    case "hangup": return t("hang up");
    default: return step?.kind ?? t("nothing");
  }
}
