// words.js: what went wrong with a call, for the person who made it.
//
//   problemOf(error)   → { code, title, text }   error: of the Voice SDK, of the
//                        browser's microphone, or of our API
//   endingOf(log)      → { tone, text }          how an outgoing call went, from the call log
import { t } from "../text/text.js";

const TWILIO = {
  20101: () => [t("Twilio does not accept this browser"), t("Your calling session has expired. An administrator can see why under Settings.")],
  20104: () => [t("Your calling session has expired"), t("A new one is being fetched.")],
  20151: () => [t("Twilio does not accept this browser"), t("Its token was refused. An administrator can see why under Settings.")],
  31005: () => [t("The call was cut off"), t("Twilio or the line at the other end failed. Please try again.")],
  31009: () => [t("Can’t reach Twilio"), t("Check your internet connection. The phone reconnects by itself.")],
  31201: () => [t("Twilio does not accept this browser"), t("Its token was refused. An administrator can see why under Settings.")],
  31401: () => [t("The microphone is blocked"), t("Allow it for this page (the lock or the camera beside the address), then try again.")],
  31402: () => [t("The microphone does not work"), t("Plug it in, or close the program that uses it, then try again.")],
  31404: () => [t("This number doesn’t exist"), t("Check the number and try again.")],
  31480: () => [t("Nobody can be reached there"), t("The phone is off or has no network. Try again later.")],
  31486: () => [t("The line is busy"), t("Try again in a few minutes.")],
  31603: () => [t("The call was declined"), t("The other side did not answer it.")],
  53000: () => [t("The connection to Twilio was lost"), t("Check your internet connection. The phone reconnects by itself.")],
  53001: () => [t("The connection to Twilio was lost"), t("Check your internet connection. The phone reconnects by itself.")],
  53405: () => [t("No sound gets through"), t("A firewall may be in the way: the network has to let UDP out to Twilio.")],
};
TWILIO[31204] = TWILIO[20101];
TWILIO[31205] = TWILIO[20104];

const MICROPHONE = {
  NotAllowedError: TWILIO[31401],
  SecurityError: TWILIO[31401],
  NotFoundError: () => [t("No microphone found"), t("Plug in a headset or a microphone, then try again.")],
  NotReadableError: () => [t("The microphone is in use"), t("Another program is using it. Close that program, then try again.")],
  OverconstrainedError: () => [t("The chosen microphone is gone"), t("Plug it in again or choose another one.")],
};

// In the page's language at the moment of reading.
const trouble = (code, words) => ({ code, get title() { return words()[0]; }, get text() { return words()[1]; } });

export const UNSUPPORTED = trouble("unsupported", () => [t("This browser can’t make calls"),
  t("Use a current Chrome, Edge, Firefox or Safari.")]);
export const INSECURE = trouble("insecure", () => [t("Calls need a secure address"),
  t("Open this page by its https:// address; browsers block the microphone on plain http.")]);
export const UNLOADED = trouble("sdk", () => [t("The phone could not be loaded"),
  t("Check your connection and try again.")]);
export const LOST = trouble("lost", () => [t("The connection to Twilio was lost"),
  t("Callers are sent elsewhere until it is back. The phone reconnects by itself.")]);
export const MICROPHONE_ELSEWHERE = trouble("elsewhere", () => [t("Another tab has this browser’s phone"),
  t("The browser asks for the microphone there. Allow it in that tab, then try again.")]);
export const NOT_RUNG = trouble("not_rung", () => [t("The call went elsewhere"),
  t("The rules or settings of your number didn’t ring this browser. The newest call under Calls says why.")]);
export const SILENT = trouble("timeout", () => [t("Twilio does not answer"),
  t("This browser could not be registered yet; it keeps trying. A firewall may be in the way.")]);
export const UNHEARD = trouble("presence", () => [t("Hookswitch can’t be reached"),
  t("Callers are sent elsewhere until it answers again. The phone reconnects by itself.")]);

export const isMicrophoneProblem = (problem) => [31401, 31402].includes(problem?.code) || problem?.code in MICROPHONE;

export function problemOf(error) {
  const words = (TWILIO[error?.code] ?? MICROPHONE[error?.name])?.();
  if (words) return { code: error.code in TWILIO ? error.code : error.name, title: words[0], text: words[1] };
  if (error?.name === "ApiError") {
    if (error.code === "twilio_not_configured") {
      return { code: error.code, title: t("Calls from the browser are not set up"), text: error.message, foreign: error.foreign };
    }
    return { code: error.code, title: t("The phone got no answer from Hookswitch"), text: error.message, foreign: error.foreign };
  }
  const text = error?.code ? t("Please try again. (Twilio error {code}.)", { code: error.code }) : t("Please try again.");
  return { code: error?.code ?? "unknown", title: t("The call did not work"), text };
}

const ENDINGS = {
  answered: () => ({ tone: "good", text: t("Call ended") }),
  busy: () => ({ tone: "bad", text: t("The line was busy") }),
  no_answer: () => ({ tone: "bad", text: t("Nobody answered") }),
  failed: () => ({ tone: "bad", text: t("The call could not be connected") }),
  declined: () => ({ tone: "bad", text: t("The call was not answered") }),
  abandoned: () => ({ tone: "plain", text: t("You hung up before anybody answered") }),
};

// null while the log does not know yet.
export function endingOf(log) {
  const refusal = log?.end_reason?.startsWith("refused") && log.trace?.error;
  if (refusal) return { tone: "bad", text: t("Not called: {reason}", { reason: refusal }) };
  const last = log?.trace?.steps?.findLast((step) => step.leg === "out");
  return ENDINGS[last?.outcome]?.() ?? null;
}
