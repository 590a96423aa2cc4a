// use_phone.js: the browser's phone and its state, for React.
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { phoneOf } from "../../calling/phone.js";
import { useApi, useMe } from "../../session.jsx";

// { phone, me }: phone is undefined until the query `me` says whose it is.
export function usePhone() {
  const api = useApi();
  const me = useMe();
  const userId = me.data?.user.id;
  return { phone: userId === undefined ? null : phoneOf(api, userId), me };
}

export function usePhoneState(phone) {
  return useSyncExternalStore(phone.subscribe, phone.getState);
}

/**
 * Keep the phone for as long as the component is there.
 * @param {object} phone
 * @param {{ shown: boolean, hear: (state: object) => void }} view
 * @returns {{ isFront: boolean, isShown: boolean }} is it the one that has the bar? can any be seen?
 */
export function useView(phone, { shown, hear }) {
  const api = useApi();
  const [view] = useState({ shown, hear });
  useLayoutEffect(() => {
    view.shown = shown;
    phone.changed();
  }, [phone, shown, view]);
  useEffect(() => phone.hold(api, view), [phone, api, view]);
  const isFront = useSyncExternalStore(phone.subscribe, () => phone.front === view);
  const isShown = useSyncExternalStore(phone.subscribe, () => phone.front?.shown ?? false);
  return { isFront, isShown };
}
