// number_link.jsx: a phone number links to its caller's page. The console provides
// the link (App.jsx); in other applications a number is plain text.
import { createContext, useContext } from "react";

const E164 = /^\+[1-9]\d{6,14}$/;
const IN_TEXT = /(\+[1-9]\d{6,14})(?!\d)/;
const Links = createContext(null);

// value: a component that takes `number` and `children`.
export const NumberLinks = Links.Provider;

export const isNumber = (address) => E164.test(address ?? "");

export function NumberLink({ number, children }) {
  const Link = useContext(Links);
  return Link && isNumber(number) ? <Link number={number}>{children}</Link> : children;
}

// Text from the host, with its numbers as links.
export function LinkedText({ text }) {
  return text.split(IN_TEXT).map((part, at) => (
    at % 2 === 1 ? <NumberLink key={at} number={part}>{part}</NumberLink> : part
  ));
}
