// use_phone.js: the tab's phone, and its state as React sees it.
import { useEffect, useSyncExternalStore } from "react";
import { phoneOf } from "../../calling/phone.js";
import { useApi } from "../../session.jsx";

export function usePhone() {
  const api = useApi();
  const phone = phoneOf(api);
  const state = useSyncExternalStore(phone.subscribe, phone.getState);
  useEffect(() => phone.hold(api), [phone, api]);
  return [phone, state];
}
