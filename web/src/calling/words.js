// words.js: what went wrong with a call, for the person who made it.
//
//   problemOf(error)   → { code, title, text }   error: of the Voice SDK, of the
//                        browser's microphone, or of our API
//   endingOf(log)      → { tone, text }          how an outgoing call went, from the call log

const TWILIO = {
  20101: ["Twilio does not accept this browser", "Its pass is not valid. An administrator finds the reason under Settings."],
  20104: ["The pass of this browser has run out", "A new one is being fetched."],
  20151: ["Twilio does not accept this browser", "Its pass was refused. An administrator finds the reason under Settings."],
  31005: ["The call was cut off", "Twilio or the line at the other end failed. Please try again."],
  31009: ["There is no connection to Twilio", "Check your internet connection. The phone reconnects by itself."],
  31201: ["Twilio does not accept this browser", "Its pass was refused. An administrator finds the reason under Settings."],
  31401: ["The microphone is blocked", "Allow it for this page (the lock or the camera beside the address), then try again."],
  31402: ["The microphone does not work", "Plug it in, or close the program that uses it, then try again."],
  31404: ["There is no such number", "Check the number and try again."],
  31480: ["Nobody can be reached there", "The telephone is off or has no network. Try again later."],
  31486: ["The line is busy", "Try again in a few minutes."],
  31603: ["The call was declined", "The other side did not take it."],
  53000: ["The connection to Twilio was lost", "Check your internet connection. The phone reconnects by itself."],
  53001: ["The connection to Twilio was lost", "Check your internet connection. The phone reconnects by itself."],
  53405: ["No sound gets through", "A firewall may be in the way: the network has to let UDP out to Twilio."],
};
TWILIO[31204] = TWILIO[20101];
TWILIO[31205] = TWILIO[20104];

const MICROPHONE = {
  NotAllowedError: TWILIO[31401],
  SecurityError: TWILIO[31401],
  NotFoundError: ["There is no microphone", "Plug in a headset or a microphone, then try again."],
  NotReadableError: ["The microphone is in use", "Another program holds it. Close that program, then try again."],
  OverconstrainedError: ["The chosen microphone is gone", "Plug it in again or choose another one."],
};

export const UNSUPPORTED = {
  code: "unsupported", title: "This browser cannot make calls",
  text: "It offers no calls to this page. Use a current Chrome, Edge, Firefox or Safari.",
};
export const INSECURE = {
  code: "insecure", title: "Calls need a secure address",
  text: "Open this page by its https:// address; over plain http the browser gives no microphone.",
};
export const UNLOADED = {
  code: "sdk", title: "The phone could not be loaded", text: "Check your connection and try again.",
};
export const LOST = {
  code: "lost", title: "The connection to Twilio was lost",
  text: "Callers are sent elsewhere until it is back. The phone reconnects by itself.",
};
export const MICROPHONE_ELSEWHERE = {
  code: "elsewhere", title: "Another tab has this browser's phone",
  text: "The browser asks for the microphone there. Allow it in that tab, then try again.",
};
export const NOT_RUNG = {
  code: "not_rung", title: "The call went elsewhere",
  text: "The rules or settings of your number didn't ring this browser. The newest call under Calls says why.",
};
export const SILENT = {
  code: "timeout", title: "Twilio does not answer",
  text: "This browser could not be registered yet; it goes on trying. A firewall may be in the way.",
};
export const UNHEARD = {
  code: "presence", title: "Hookswitch can’t be reached",
  text: "Callers are sent elsewhere until it answers again. The phone reconnects by itself.",
};

export const isMicrophoneProblem = (problem) => [31401, 31402].includes(problem?.code) || problem?.code in MICROPHONE;

export function problemOf(error) {
  const words = TWILIO[error?.code] ?? MICROPHONE[error?.name];
  if (words) return { code: error.code in TWILIO ? error.code : error.name, title: words[0], text: words[1] };
  if (error?.name === "ApiError") {
    if (error.code === "twilio_not_configured") {
      return { code: error.code, title: "Calls from the browser are not set up", text: error.message };
    }
    return { code: error.code, title: "The phone got no answer from Hookswitch", text: error.message };
  }
  const number = error?.code ? ` (Twilio's number for it is ${error.code}.)` : "";
  return { code: error?.code ?? "unknown", title: "The call did not work", text: `Please try again.${number}` };
}

const ENDINGS = {
  answered: { tone: "good", text: "Call ended" },
  busy: { tone: "bad", text: "The line was busy" },
  no_answer: { tone: "bad", text: "Nobody answered" },
  failed: { tone: "bad", text: "The call could not be connected" },
  declined: { tone: "bad", text: "The call was not taken" },
  abandoned: { tone: "plain", text: "You hung up before somebody answered" },
};

// null while the log does not know yet.
export function endingOf(log) {
  const refusal = log?.end_reason?.startsWith("refused") && log.trace?.error;
  if (refusal) return { tone: "bad", text: `Not called: ${refusal}` };
  const last = log?.trace?.steps?.findLast((step) => step.leg === "out");
  return ENDINGS[last?.outcome] ?? null;
}
