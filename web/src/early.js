// early.js: requests what Today reads as soon as the script runs, since the rest of
// the script takes longer to start than the host to answer.
import { batchOf, FIRST, targetOf } from "./first_reads.js";
import { keptToken } from "./kept_token.js";

function ask() {
  const url = targetOf("/api/twilio/batch", batchOf(Object.values(FIRST)));
  const token = keptToken.get();
  const answer = fetch(url, {
    credentials: "same-origin",
    headers: { "X-Requested-With": "hookswitch", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
  });
  answer.catch(() => {}); // whoever takes it hears of it
  return { url, answer };
}

let asked = window.location.pathname === "/" ? ask() : null;

// The answer for this URL, once: a promise of a Response; undefined if it wasn't asked for.
export function takeEarly(url) {
  if (asked?.url !== url) return undefined;
  const { answer } = asked;
  asked = null;
  return answer;
}
