// plan.js: reads a stored plan (lua/calls/plans/stored_plan.lua): where a call goes if nobody answers.
import { isolate } from "../../parts/numbers/isolate.js";
import { list, t } from "../../text/text.js";
import { phone } from "../support/words.js";

const LONGEST = 12;

function targetWords(target) {
  return target.phone ? phone(target.phone) : t("the browser of {user}", { user: target.user });
}

function stepWords(step) {
  switch (step.kind) {
    case "ring": {
      const values = { targets: list((step.targets ?? []).map(targetWords)) || t("nobody"), seconds: step.seconds };
      return step.confirm && step.targets?.some((target) => target.phone)
        ? t("Rings {targets} for {seconds} s; whoever answers presses 1", values) : t("Rings {targets} for {seconds} s", values);
    }
    case "voicemail": return step.greeting ? t("Takes a message: “{greeting}”", { greeting: isolate(step.greeting) }) : t("Takes a message");
    case "say": return t("Says: “{text}”", { text: isolate(step.text) });
    case "play": return t("Plays a recording");
    case "reject": return step.reason === "busy" ? t("Rejects the call as busy") : t("Rejects the call");
    case "hangup": return t("Hangs up");
    case "menu": return t("Offers a menu: “{text}” ({keys})", { text: isolate(step.text), keys: Object.keys(step.digits ?? {}).sort().join(", ") });
    case "twiml": return t("Follows the TwiML of the rule");
    default: return step.kind;
  }
}

/** The steps that follow one another if nobody answers. */
export function way(plan) {
  const words = [];
  let n = plan?.start;
  // Lua's indices start at 1.
  while (n && plan.steps?.[n - 1] && words.length < LONGEST) {
    const step = plan.steps[n - 1];
    words.push(stepWords(step));
    n = step.next?.no_answer ?? step.next?.otherwise;
  }
  return words;
}
