// words.js: how the phone's states read.
import { spoken } from "../../parts/phone_number.jsx";

export const LINES = {
  starting: "Connecting…",
  ready: "Ready for calls",
  unheard: "Not receiving calls: Hookswitch can’t be reached",
  reconnecting: "Not receiving calls: connecting again…",
  paused: "Not receiving calls: switched off here",
  failed: "Not receiving calls",
};

export const STATUSES = {
  connecting: "Connecting…",
  ringing: "Ringing…",
  open: "Connected",
  reconnecting: "Connection lost; getting it back…",
};

// Buttons: white on these can be read, light and dark.
export const GREEN = "#1f7a3a";
export const RED = "#c22828";

// Who is at the other end of a call: a name if there is one.
export function otherEnd(call) {
  if (call.name && call.name !== call.other) return call.name;
  return spoken(call.other);
}
