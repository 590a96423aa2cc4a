// words.js: a call's plan and what came of it, in words.
import { spoken } from "../../parts/phone_number.jsx";

export const SOURCES = {
  rules: "The rules decided", settings: "The forwarding settings decided", override: "An override decided",
  blocked: "The caller is blocked", inactive: "The number is switched off", outgoing: "A call from the browser",
  fallback: "The rules failed, so the fallback answered",
};

export const OUTCOMES = {
  answered: ["answered", "good"], forwarded: ["answered", "good"], no_answer: ["did not answer", "warn"],
  "no-answer": ["did not answer", "warn"], busy: ["was busy", "warn"], failed: ["could not be called", "bad"],
  declined: ["picked up and did not accept", "warn"], abandoned: ["was ringing when the caller hung up", "bad"],
  completed: ["was on the line", "good"], canceled: ["stopped ringing", "warn"], ringing: ["is ringing", "accent"],
  "in-progress": ["is talking", "good"],
};

// "+1…", "user:42", "client:user_42".
export function addressText(address, lib) {
  return address.startsWith("user:") ? `the browser of ${address.slice(5)}` : spoken(address, lib);
}

export function targetText(target, lib) {
  if (target.phone) return spoken(target.phone, lib);
  if (target.user) return `the browser of ${target.user}`;
  return target.client ? spoken(`client:${target.client}`, lib) : "somebody";
}

const hasPhone = (step) => (step.targets ?? []).some((target) => target.phone);

// One step of a plan: "ring +1 510 555 0142 for 20 s, and ask to press 1".
export function stepText(step, lib) {
  switch (step?.kind) {
    case "ring":
      return `ring ${(step.targets ?? []).map((target) => targetText(target, lib)).join(" and ")}`
        + `${step.seconds ? ` for ${step.seconds} s` : ""}${step.confirm && hasPhone(step) ? ", and ask to press 1" : ""}`;
    case "voicemail": return "take a message";
    case "say": return `say “${step.text}”`;
    case "play": return "play a recording";
    case "menu": return `ask “${step.text}”`;
    case "reject": return "refuse the call";
    case "hangup": return "hang up";
    default: return step?.kind ?? "nothing";
  }
}
