// use_numbers.js: the numbers with their forwarding and statistics, and what
// changes them.
import { useChange, useResource } from "../../resource.js";

// What depends on a number or on its forwarding.
export const STALE = ["my-numbers", "call-forwarding", "simulate", "coverage", "now"];

export function useNumbers() {
  return useResource("/api/twilio/my-numbers");
}

/** The time zone of this browser. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A change of numbers or settings; whatever depends on them is read again, also when it failed. */
export function useSettingChange(change, options = {}) {
  return useChange(change, STALE, options);
}
