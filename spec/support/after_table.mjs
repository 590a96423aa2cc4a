// after_table.mjs: the cells of the after-table, and a firm to play them in: what
// is called, what the legs do, whom it rings, and how it ends.
import { givenNumber, givenOnline } from "./database.mjs";

export const A = "+13035550142", B = "+13035550177", C = "+13035550166";
export const CALLER = "+14155550123";
export const NUMBERS = { none: "+15105550100", busy: "+15105550101", noAnswer: "+15105550102", both: "+15105550103",
  always: "+15105550104", hunt: "+15105550105", ring2: "+15105550106", off: "+15105550107" };
export const RULES = `
return {
  { "hunt", when = function(call) return call.to == "${NUMBERS.hunt}" end,
    go = ring("${A}", { seconds = 10 }):otherwise(ring("${B}", { seconds = 10 })):otherwise(ring("${C}", { seconds = 10 })) },
  { "both ring", when = function(call) return call.to == "${NUMBERS.ring2}" end, go = ring { "${A}", "${B}" } },
}`;

export function givenFirm(database) {
  // A user each, so that a call under way to one does not make the others busy.
  givenNumber(database, { user: "u1", phone: NUMBERS.none });
  givenNumber(database, { user: "u2", phone: NUMBERS.busy, settings: { busy: A } });
  givenNumber(database, { user: "u3", phone: NUMBERS.noAnswer, settings: { no_answer: A } });
  givenNumber(database, { user: "u4", phone: NUMBERS.both, settings: { busy: A, no_answer: B } });
  givenNumber(database, { user: "u5", phone: NUMBERS.always, settings: { always: A } });
  givenNumber(database, { user: "u6", phone: NUMBERS.hunt });
  givenNumber(database, { user: "u7", phone: NUMBERS.ring2 });
  givenNumber(database, { user: "u8", phone: NUMBERS.off, is_active: 0 });
  for (const user of ["u1", "u2", "u3", "u4", "u5"]) givenOnline(database, user);
}

// What Twilio does where only Twilio knows.
export const VARIANTS = [
  { declined: "bridged-false", hangupStatus: "no-answer" },
  { declined: "bridged-absent", hangupStatus: "canceled", noBridged: true },
  { declined: "no-answer", hangupStatus: "canceled", repeat: true },
  { declined: "busy", hangupStatus: "no-answer", repeat: true, disorder: true },
];
export const TALK = { press: "1", talk: 30 };
const line = (user) => `client:user_${user}`;

// [what, number, legs, targets that rang, how it ends, end_reason]
export const CELLS = [
  ["line, connected", "none", [TALK], [line("u1")], "talk", "answered"],
  ["line, busy, no setting", "none", ["busy"], [line("u1")], "record", "voicemail"],
  ["line, busy, busy setting", "busy", ["busy", TALK], [line("u2"), A], "talk", "forwarded"],
  ["line, busy, only a no_answer setting", "noAnswer", ["busy"], [line("u3")], "record", "voicemail"],
  ["line, no answer, no setting", "none", ["no-answer"], [line("u1")], "record", "voicemail"],
  ["line, no answer, no_answer setting", "noAnswer", ["no-answer", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, no answer, only a busy setting", "busy", ["no-answer"], [line("u2")], "record", "voicemail"],
  ["line, no answer, both settings", "both", ["no-answer", TALK], [line("u4"), B], "talk", "forwarded"],
  ["line, busy, both settings", "both", ["busy", TALK], [line("u4"), A], "talk", "forwarded"],
  ["line, failed", "noAnswer", ["failed", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, failed, no setting", "none", ["failed"], [line("u1")], "record", "voicemail"],
  ["line, canceled but the caller is there", "noAnswer", ["canceled", TALK], [line("u3"), A], "talk", "forwarded"],
  ["line, the caller hangs up", "none", ["caller-hangs-up"], [line("u1")], "gone", "abandoned"],
  ["line, an unknown word", "noAnswer", ["teapot", TALK], [line("u3"), A], "talk", "forwarded"],
  ["always, connected", "always", [TALK], [A], "talk", "forwarded"],
  ["always, busy", "always", ["busy"], [A], "record", "voicemail"],
  ["always, no answer", "always", ["no-answer"], [A], "record", "voicemail"],
  ["always, failed", "always", ["failed"], [A], "record", "voicemail"],
  ["always, declined", "always", ["declined"], [A], "record", "voicemail"],
  ["always, the caller hangs up", "always", ["caller-hangs-up"], [A], "gone", "abandoned"],
  ["hunt, first connected", "hunt", [TALK], [A], "talk", "forwarded"],
  ["hunt, each word leads to the next", "hunt", ["busy", "no-answer", TALK], [A, B, C], "talk", "forwarded"],
  ["hunt, failed and declined lead to the next", "hunt", ["failed", "declined", TALK], [A, B, C], "talk", "forwarded"],
  ["hunt, canceled leads to the next", "hunt", ["canceled", TALK], [A, B], "talk", "forwarded"],
  ["hunt, the last busy", "hunt", ["busy", "busy", "busy"], [A, B, C], "record", "voicemail"],
  ["hunt, the last declined", "hunt", ["no-answer", "declined", "declined"], [A, B, C], "record", "voicemail"],
  ["hunt, the caller hangs up at the second", "hunt", ["busy", "caller-hangs-up"], [A, B], "gone", "abandoned"],
  ["simulring, the second connects", "ring2", ["no-answer", TALK], [A, B], "talk", "answered"],
  ["simulring, nobody", "ring2", ["no-answer", "busy"], [A, B], "record", "voicemail"],
  ["simulring, failed", "ring2", ["failed", "failed"], [A, B], "record", "voicemail"],
  ["simulring, declined", "ring2", ["no-answer", "declined"], [A, B], "record", "voicemail"],
  ["simulring, the caller hangs up", "ring2", ["caller-hangs-up"], [A], "gone", "abandoned"],
  ["a number that is switched off", "off", [], [], "record", "voicemail"],
];
