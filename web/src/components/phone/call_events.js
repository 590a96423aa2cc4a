// call_events.js: reports phone events to the surrounding application.
import { useEffect, useRef, useState } from "react";
import { useProblemReport } from "../support/errors.jsx";

// own: the caller ID. A name that only repeats the number doesn't count.
function infoOf({ sid, direction, other, name, to }, own) {
  const [from, called] = direction === "in" ? [other, to] : [own, other];
  return { sid: sid ?? null, direction, from: from ?? "", to: called ?? "", name: name && name !== other ? name : null };
}

// A call that ended with its tab, or for another one, comes without its seconds.
const secondsOf = ({ seconds, openedAt }) => seconds ?? (openedAt ? Math.round((Date.now() - openedAt) / 1000) : 0);

// Compares each state of the phone (calling/phone.js) with the one before: tell(name, call).
function createTeller(tell) {
  let ringing = [];
  let begun;
  let going = null;
  return ({ call, incoming, ended }) => {
    for (const one of incoming) if (!ringing.includes(one.id)) tell("onIncoming", one);
    ringing = incoming.map(({ id }) => id);

    const before = going;
    going = call;
    // A call that was in progress before the component mounted has already started.
    if (begun === undefined) begun = call?.openedAt ? call.id : null;
    if (before?.id && before.id !== call?.id) tell("onCallEnd", ended?.id === before.id ? ended : before);
    if (call?.openedAt && begun !== call.id) {
      begun = call.id;
      tell("onCallStart", call);
    }
  };
}

/**
 * @param {object} options own: the caller ID; onIncoming, onCallStart, onCallEnd
 * @returns {(state: object) => void} hears each state, for a view of the phone
 */
export function useCallEvents(options) {
  const report = useProblemReport();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const [hear] = useState(() => {
    const tellCalls = createTeller((name, call) => {
      const info = { ...infoOf(call, latest.current.own), ...(name === "onCallEnd" && { seconds: secondsOf(call) }) };
      // Once the component shows it, so that it can dial then.
      queueMicrotask(() => latest.current[name]?.(info));
    });
    return (state) => {
      report(state.problem);
      tellCalls(state);
    };
  });
  return hear;
}
