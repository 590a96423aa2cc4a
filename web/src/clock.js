// clock.js: the time as Hookswitch has it. A machine's clock may be a day wrong, and "for an hour" would last a day.
const MOST_MS = 60_000; // a smaller difference may be the answer's way
let ahead = 0; // the host's clock, in ms

export const atHost = (local) => local + ahead;
export const hostNow = () => atHost(Date.now());

/** `date`: the header of an answer; null if the browser doesn't show it, as to another origin. */
export function hearDate(date) {
  if (!date) return;
  const difference = Date.parse(date) - Date.now();
  ahead = Math.abs(difference) > MOST_MS ? difference : 0;
}
