// plan.js: a plan (what calls/flat.lua stores) as the way a call takes when
// nobody answers, in words.
import { isolate } from "../../parts/isolate.js";
import { phone } from "../support/words.js";

const LONGEST = 12;

function targetWords(target) {
  return target.phone ? phone(target.phone) : `the browser of ${target.user}`;
}

export function stepWords(step) {
  switch (step.kind) {
    case "ring": {
      const whom = (step.targets ?? []).map(targetWords).join(" and ") || "nobody";
      const press = step.confirm && step.targets?.some((target) => target.phone) ? "; whoever picks up presses 1" : "";
      return `Rings ${whom} for ${step.seconds} s${press}`;
    }
    case "voicemail": return step.greeting ? `Takes a message: “${isolate(step.greeting)}”` : "Takes a message";
    case "say": return `Says: “${isolate(step.text)}”`;
    case "play": return "Plays a recording";
    case "reject": return step.reason === "busy" ? "Refuses the call as busy" : "Refuses the call";
    case "hangup": return "Hangs up";
    case "menu": return `Offers a menu: “${isolate(step.text)}” (${Object.keys(step.digits ?? {}).sort().join(", ")})`;
    case "twiml": return "Follows the TwiML that the rule gives";
    default: return step.kind;
  }
}

/** The steps that follow each other when nobody answers. */
export function way(plan) {
  const words = [];
  let n = plan?.start;
  // Lua counts from 1.
  while (n && plan.steps?.[n - 1] && words.length < LONGEST) {
    const step = plan.steps[n - 1];
    words.push(stepWords(step));
    n = step.next?.no_answer ?? step.next?.otherwise;
  }
  return words;
}
