// use_numbers.js: the numbers with their forwarding and statistics, and changes to
// them.
import { useChange, useResource } from "../../resource.js";

// Resources that depend on a number or its forwarding.
export const STALE = ["my-numbers", "call-forwarding", "simulate", "coverage", "now"];

export function useNumbers() {
  return useResource("/api/twilio/my-numbers");
}

/** The browser's time zone. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A mutation of numbers or settings; refetches whatever depends on them, even if it failed. */
export function useSettingChange(change, options = {}) {
  return useChange(change, STALE, options);
}
