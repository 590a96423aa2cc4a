// use_phone.js: the browser's phone and its state, for React.
import { useEffect, useSyncExternalStore } from "react";
import { phoneOf } from "../../calling/phone.js";
import { useApi, useMe } from "../../session.jsx";

// { phone, me }: phone is undefined until the query `me` says whose it is.
export function usePhone() {
  const api = useApi();
  const me = useMe();
  const userId = me.data?.user.id;
  const phone = userId === undefined ? null : phoneOf(api, userId);
  useEffect(() => phone?.hold(api), [phone, api]);
  return { phone, me };
}

export function usePhoneState(phone) {
  return useSyncExternalStore(phone.subscribe, phone.getState);
}
