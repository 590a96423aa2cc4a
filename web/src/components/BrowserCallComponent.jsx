// BrowserCallComponent.jsx: a phone in the browser, which makes and receives calls
// with the user's numbers.
//
//   <BrowserCallComponent baseUrl="https://phone.example.com" token={() => session.jwt} />
//
// The phone itself (calling/phone.js) lives outside the component: any number of these
// share it, and a call goes on while one is moved or remounted. `number` only fills the
// field; nothing is dialled.
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { useDialer } from "../parts/numbers/dial.jsx";
import { toE164, usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Problem, Ready } from "../parts/states.jsx";
import { t } from "../text/text.js";
import { standalone } from "./HookswitchProvider.jsx";
import { Announcer } from "./phone/Announcer.jsx";
import { CallBar } from "./phone/CallBar.jsx";
import { useCallEvents } from "./phone/call_events.js";
import { CurrentCall } from "./phone/CurrentCall.jsx";
import { Dialer } from "./phone/Dialer.jsx";
import { Ended } from "./phone/Ended.jsx";
import { Incoming } from "./phone/Incoming.jsx";
import { Line } from "./phone/Line.jsx";
import { Sound } from "./phone/Sound.jsx";
import { useAttention } from "./phone/use_attention.js";
import { usePhone, usePhoneState, useView } from "./phone/use_phone.js";
import styles from "./phone/phone.module.css";

const QUIET = { incoming: [] };

// An address may hold the number to call: /?call=%2B15105550100
const asked = () => new URLSearchParams(window.location.search).get("call") ?? "";

// "Call back" elsewhere on the page dials here.
function useDialling(phone, state, choice, onAttention) {
  const addDialer = useDialer();
  const latest = useRef();
  useEffect(() => {
    latest.current = (to) => {
      onAttention?.();
      phone.dial({ to, ...choice });
    };
  });
  const usable = state.identity !== null && state.line !== "failed";
  useEffect(() => {
    if (!usable) return undefined;
    return addDialer((to) => latest.current(to));
  }, [addDialer, usable]);
}

// After Answer, whose button is gone, focus moves to Hang up, in the bar or the phone.
function useAnswering(phone, call, root) {
  const answered = useRef(null);
  useLayoutEffect(() => {
    if (call === null || call.id !== answered.current) return;
    answered.current = null;
    (root.current.getRootNode().querySelector("[data-call-bar] [data-hang-up]") ?? root.current.querySelector("[data-hang-up]"))?.focus();
  }, [call, root]);
  return (id) => {
    answered.current = id;
    phone.answer(id);
  };
}

function Calls(props) {
  const { phone, me } = usePhone();
  return (
    <Ready query={me} what={t("the phone")}>
      {() => (phone ? <Telephone key={phone.name} phone={phone} {...props} />
        : <Problem error={{ message: t("You have been signed out.") }} retry={me.refetch} />)}
    </Ready>
  );
}

function Telephone({ phone, ref, number, onAttention, shown: visible = true, onIncoming, onCallStart, onCallEnd }) {
  const state = usePhoneState(phone);
  const root = useRef(null);
  const [typed, setTyped] = useState(() => number ?? asked());
  const library = usePhoneLibrary(typed !== "");
  const [caller, setCaller] = useState(null); // the caller ID
  const [record, setRecord] = useState(false);
  const { call, incoming, ended, numbers } = state;
  const shown = numbers?.find((one) => one.phone_number === caller) ?? numbers?.[0];
  const choice = { callerId: shown?.phone_number, record: shown?.recording === "ask" && record };
  const answer = useAnswering(phone, call, root);
  useDialling(phone, state, choice, onAttention);
  const hear = useCallEvents({ own: shown?.phone_number, onIncoming, onCallStart, onCallEnd });
  const { isFront, isShown } = useView(phone, { shown: visible, hear });
  useAttention(isFront ? state : QUIET);

  const ringing = incoming.length > 0;
  useEffect(() => {
    if (ringing) onAttention?.();
  }, [ringing, onAttention]);

  // A number without a country code is read as one of the caller ID's country.
  const dial = (text) => {
    const country = shown && library?.parsePhoneNumberFromString(shown.phone_number)?.country;
    const to = /^\s*user_\w+\s*$/.test(text) ? text.trim() : toE164(text, library, country);
    if (to) phone.dial({ to, ...choice });
    return to !== undefined;
  };
  const blocked = ringing || state.identity === null || state.line === "failed";
  useImperativeHandle(ref, () => ({
    dial: (text) => !blocked && call === null && dial(text),
    hangUp: () => phone.hangUp(),
  }));

  return (
    <div ref={root} className={styles.phone} data-here={state.here || undefined} data-line={state.line}
      data-call={call?.status ?? (ringing ? "incoming" : "none")}>
      {isFront && <Announcer state={state} />}
      {isFront && <CallBar phone={phone} answer={answer} state={state} shown={isShown} root={root} />}
      <Line phone={phone} state={state} />
      {incoming.map((one) => <Incoming key={one.id} call={one} phone={phone} answer={answer} busy={call !== null} />)}
      {call && <CurrentCall key={call.id} call={call} phone={phone} />}
      {!call && ended && <Ended ended={ended} phone={phone} onAgain={(to) => phone.dial({ to, ...choice })}
        canDial={!ringing && state.line !== "failed"} />}
      {!call && (
        <Dialer typed={typed} onType={setTyped} numbers={numbers} shown={shown} onShow={setCaller} record={record}
          onRecord={setRecord} onDial={() => dial(typed)} disabled={blocked} />
      )}
      <Sound devices={state.devices} phone={phone} />
    </div>
  );
}

Calls.displayName = "BrowserCallComponent";

/** @type {import("./support/types.js").Standalone<import("./support/types.js").PhoneProps>} */
export const BrowserCallComponent = standalone(Calls);
export default BrowserCallComponent;
