// dial.mjs: the <Dial> verb: rings everybody, connects the first who takes the
// call, carries sound both ways, and says how it went.
//
//   const result = await dial(call, verb)
//   { status, bridged, callerGone, child, seconds, extra }   extra: more fields of the action
import { attribute, newSid } from "../../support/twilio.mjs";
import { elements } from "../../support/xml.mjs";
import { SLOW } from "../../support/server.mjs";
import { Child } from "./child.mjs";
import { pump, Recorder } from "./sound.mjs";

// A time that may be called off, so that nothing waits for it.
function after(ms) {
  let timer;
  const passed = new Promise((resolve) => { timer = setTimeout(resolve, ms); });
  return { passed, cancel: () => clearTimeout(timer) };
}

export async function dial(call, verb) {
  const nouns = elements(verb);
  const children = (nouns.length ? nouns : [verb]).map((noun) => new Child(call, noun, verb));
  call.children.push(...children);
  if (attribute(verb, "answerOnBridge") === "true") call.party.ringing?.();
  else await call.pickUp();
  const first = await ringAll(call, children, Number(attribute(verb, "timeout", "30")) * 1000);
  if (first.child) return talk(call, verb, first.child);
  if (first.callerGone) return { callerGone: true, status: call.edge.variant.hangupStatus ?? "no-answer", child: children[0], extra: {} };
  const outcomes = first.outcomes;
  const worst = ["declined", "busy", "no-answer", "failed"].find((word) => outcomes.includes(word)) ?? "no-answer";
  if (worst === "declined") return { child: children[0], ...declined(call.edge.variant) };
  return { status: worst, child: children[0], extra: {} };
}

// Until someone takes it, nobody is left, time is up, or the caller gives up.
async function ringAll(call, children, ms) {
  const rings = children.map((child) => child.ring().then((came) => ({ child, came })));
  const taken = Promise.any(rings.map(async (ring) => {
    const { child, came } = await ring;
    if (came !== "taken") throw new Error(came);
    return { child };
  })).catch(() => null);
  const late = after(Math.min(ms, call.edge.longestRing) * SLOW); // whoever is to answer takes longer on a busy machine
  const first = await Promise.race([taken, late.passed, call.party.gone.then(() => ({ callerGone: true }))]);
  late.cancel();
  for (const child of children) if (child !== first?.child) child.cancel();
  if (first?.child) return first;
  const outcomes = (await Promise.all(rings)).map(({ came }) => came);
  return { callerGone: first?.callerGone, outcomes };
}

// What nobody outside knows for certain; call semantics, "not settled".
function declined(variant) {
  const word = variant.declined ?? "bridged-false";
  if (word === "bridged-false") return { status: "completed", extra: { DialBridged: "false", DialCallDuration: "4" } };
  if (word === "bridged-absent") return { status: "completed", extra: { DialCallDuration: "4" } };
  return { status: word, extra: {} };
}

async function talk(call, verb, child) {
  const { edge, party } = call;
  await call.pickUp();
  const recorder = attribute(verb, "record", "do-not-record") === "do-not-record" ? null : new Recorder();
  const stop = connect(party, child.party, recorder);
  call.bridged = child;
  const limit = after(Number(attribute(verb, "timeLimit", "14400")) * 1000);
  const ended = await Promise.race([party.gone.then(() => "caller"), child.party.gone.then(() => "callee"), limit.passed]);
  limit.cancel();
  stop();
  call.bridged = null;
  await child.finish("completed");
  if (recorder) await record(call, verb, recorder);
  return { bridged: true, callerGone: ended === "caller", child, status: "completed", seconds: child.seconds,
    extra: { DialCallDuration: String(child.seconds), ...(edge.variant.noBridged ? {} : { DialBridged: "true" }) } };
}

// Sound from each end to the other; a telephone speaks every 20 ms, a browser
// whenever it sends.
function connect(caller, callee, recorder) {
  const stops = [[caller, callee, 0], [callee, caller, 1]].map(([from, to, channel]) => {
    const carry = (payload) => {
      recorder?.take(channel, payload);
      to.hear(payload);
    };
    from.onAudio = carry;
    return from.source ? pump(() => carry(from.source())) : () => {};
  });
  return () => {
    for (const stop of stops) stop();
    caller.onAudio = callee.onAudio = null;
  };
}

async function record(call, verb, recorder) {
  const sid = newSid("RE");
  call.edge.keepRecording(sid, recorder.wav(), call.sid);
  await call.edge.callback(attribute(verb, "recordingStatusCallback"), { AccountSid: call.params.AccountSid, CallSid: call.sid,
    RecordingSid: sid, RecordingStatus: "completed", RecordingDuration: String(recorder.seconds), RecordingChannels: "2",
    RecordingUrl: call.edge.recordingUrl(sid), RecordingSource: "DialVerb", RecordingStartTime: new Date(recorder.began).toUTCString() });
}
