// number_link.jsx: a phone number links to its caller's page. The console provides
// the link (App.jsx); in other applications a number is plain text.
import { createContext, useContext } from "react";

const E164 = /^\+[1-9]\d{6,14}$/;
const Links = createContext(null);

// value: a component that takes `number` and `children`.
export const NumberLinks = Links.Provider;

export const isNumber = (address) => E164.test(address ?? "");

export function NumberLink({ number, children }) {
  const Link = useContext(Links);
  return Link && isNumber(number) ? <Link number={number}>{children}</Link> : children;
}
