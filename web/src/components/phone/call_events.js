// call_events.js: reports phone events to the surrounding application.
import { useEffect, useRef } from "react";
import { useReport } from "../support/errors.jsx";

// own: the caller ID. A name that only repeats the number doesn't count.
function infoOf({ sid, direction, other, name, to }, own) {
  const [from, called] = direction === "in" ? [other, to] : [own, other];
  return { sid: sid ?? null, direction, from: from ?? "", to: called ?? "", name: name && name !== other ? name : null };
}

// Reports a phone problem once each time it comes up; the API already reports refused tokens.
function useProblems({ problem }) {
  const report = useReport();
  useEffect(() => {
    if (problem && problem.code !== "invalid_token") report({ code: problem.code, message: `${problem.title}. ${problem.text}` });
  }, [problem, report]);
}

/**
 * @param {object} state of the phone (calling/phone.js)
 * @param {object} options own: the caller ID; onIncoming, onCallStart, onCallEnd
 */
export function useCallEvents(state, options) {
  const { call, incoming, ended } = state;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useProblems(state);

  const ringing = useRef([]);
  useEffect(() => {
    for (const one of incoming) if (!ringing.current.includes(one.id)) latest.current.onIncoming?.(infoOf(one));
    ringing.current = incoming.map(({ id }) => id);
  }, [incoming]);

  // A call that was in progress before the component mounted has already started.
  const begun = useRef(call?.openedAt ? call.id : null);
  const going = useRef(null);
  useEffect(() => {
    const before = going.current;
    going.current = call;
    if (before?.id && before.id !== call?.id) {
      const last = ended?.id === before.id ? ended : before;
      latest.current.onCallEnd?.({ ...infoOf(last, latest.current.own), seconds: last.seconds ?? 0 });
    }
    if (call?.openedAt && begun.current !== call.id) {
      begun.current = call.id;
      latest.current.onCallStart?.(infoOf(call, latest.current.own));
    }
  }, [call, ended]);
}
