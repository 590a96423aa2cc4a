// rich.jsx: texts with elements in them.
//
//   rich("Calls go to {number} until {end}.", { number: <PhoneNumber value={to} />, end: <Time at={at} /> })
//   rich("Buy one under <a>Numbers</a>.", { a: (text) => <Anchor href="/numbers">{text}</Anchor> })
import { createElement, Fragment } from "react";
import { formOf, number, translated } from "./text.js";

const PLACE = /\{(\w+)\}|<(\w+)>(.*?)<\/\2>/;

function withElements(text, values) {
  const parts = [];
  let rest = text;
  for (let found = PLACE.exec(rest); found; found = PLACE.exec(rest)) {
    const [place, name, tag, inner] = found;
    parts.push(rest.slice(0, found.index), name ? values[name] : values[tag](inner));
    rest = rest.slice(found.index + place.length);
  }
  return createElement(Fragment, null, ...parts, rest);
}

/**
 * @param {string} text in English
 * @param {Record<string, unknown>} values by the names in its { }: elements and texts; by those in its < >: functions
 */
export function rich(text, values) {
  return withElements(translated(text), values);
}

/** The text that goes with a number. */
export function richPlural(n, one, other, values) {
  return withElements(formOf(n, one, other), { n: number(n), ...values });
}
