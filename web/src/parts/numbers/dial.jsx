// dial.jsx: "call this number" from anywhere in the console. The phone
// (layout/Phone.jsx) registers what dials; pages ask for it.
//   const { dial, ready } = useDial();   dial("+15105550100");
//   const addDialer = useDialer();       a phone: const remove = addDialer(fn); the newest dials
import { Button } from "@mantine/core";
import { createContext, useContext, useMemo, useState } from "react";
import { t } from "../../text/text.js";
import { Icon } from "../icon.jsx";
import { spoken } from "./phone_number.jsx";

const Dial = createContext({ dial: () => {}, ready: false });
const Dialer = createContext(() => () => {});

export function useDial() {
  return useContext(Dial);
}

export function useDialer() {
  return useContext(Dialer);
}

export function DialProvider({ children }) {
  const [dialers, setDialers] = useState([]);
  const value = useMemo(() => ({
    ready: dialers.length > 0,
    dial: (number) => dialers.at(-1)?.(number),
  }), [dialers]);
  const [register] = useState(() => (fn) => {
    setDialers((before) => [...before, fn]);
    return () => setDialers((before) => before.filter((one) => one !== fn));
  });
  return (
    <Dialer.Provider value={register}>
      <Dial.Provider value={value}>{children}</Dial.Provider>
    </Dialer.Provider>
  );
}

// A button that calls a number from this browser; absent if it can't be called.
export function CallButton({ number, label = t("Call back"), ...rest }) {
  const { dial, ready } = useDial();
  if (!/^\+[1-9]\d{6,14}$/.test(number ?? "")) return null;
  return (
    <Button size="compact-sm" variant="light" leftSection={<Icon name="calls" size={16} />} disabled={!ready}
      aria-label={t("{label}: {number}", { label, number: spoken(number) })} onClick={() => dial(number)} {...rest}>
      {label}
    </Button>
  );
}
