// use_phone.js: the tab's phone, and its state as React sees it.
import { useEffect, useSyncExternalStore } from "react";
import { phoneOf } from "../../calling/phone.js";
import { useApi } from "../../session.jsx";

export function usePhone() {
  const phone = phoneOf(useApi());
  const state = useSyncExternalStore(phone.subscribe, phone.getState);
  useEffect(() => phone.hold(), [phone]);
  return [phone, state];
}
