// number_link.jsx: a phone number leads to its caller's page. The console says how
// (App.jsx); in other applications a number is text.
import { createContext, useContext } from "react";

const E164 = /^\+[1-9]\d{6,14}$/;
const IN_TEXT = /(\+[1-9]\d{6,14})(?!\d)/;
const Links = createContext(null);

// value: a component that gets `number` and `children`.
export const NumberLinks = Links.Provider;

export const isNumber = (address) => E164.test(address ?? "");

export function NumberLink({ number, children }) {
  const Link = useContext(Links);
  return Link && isNumber(number) ? <Link number={number}>{children}</Link> : children;
}

// A text of the host's with links on its numbers.
export function LinkedText({ text }) {
  return text.split(IN_TEXT).map((part, at) => (
    at % 2 === 1 ? <NumberLink key={at} number={part}>{part}</NumberLink> : part
  ));
}
