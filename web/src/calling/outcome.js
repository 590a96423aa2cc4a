// outcome.js: how a call from here went. Only the call log knows, a moment after
// Twilio has reported it.
//
//   const ending = await outcomeOf(api, sid, { tries: 8, wanted: () => true });   { tone, text } or null
import { endingOf } from "./words.js";

const EVERY_MS = 700;

export async function outcomeOf(api, sid, { tries = 1, wanted = () => true } = {}) {
  for (let n = 1; wanted(); n++) {
    const log = await api.get(`/api/twilio/call-logs/${sid}`).catch(() => null);
    const ending = endingOf(log);
    if (ending || n >= tries) return wanted() ? ending : null;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return null;
}
