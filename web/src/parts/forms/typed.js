// typed.js: keeps what is typed in a dialog in the browser's storage, until it is saved or discarded: a page may be
// reloaded, a browser or server crash, a login end. Opened again, the dialog has it. Secrets are never kept.
//
// sessionStorage has what was typed in this tab. localStorage has the newest of all tabs, for a tab that is gone; while
// the tab that typed it lives, no other shows it. The Web Lock of a tab says whether it lives.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { meQuery, useApi } from "../../session.jsx";
import { FORM, parsed, prune, stores } from "./typed_store.js";

const SECRET = "[type=password], [type=file], [readonly], [data-secret]";
const TAB = `${FORM}tab ${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
let isHeld = false;

async function isGone(tab) {
  const { held } = await navigator.locks?.query() ?? { held: [] };
  return !held.some(({ name }) => name === tab);
}

// `fields`: [name, value] pairs in the order they were typed in.
function save(key, fields) {
  if (!isHeld) navigator.locks?.request(TAB, () => new Promise(() => {}));
  isHeld = true;
  const text = JSON.stringify({ tab: TAB, at: Date.now(), fields });
  for (const store of stores()) {
    try {
      store.setItem(key, text);
    } catch { /* it is full */ }
  }
}

async function find(key) {
  prune();
  const [here, everywhere] = stores().map((store) => parsed(store.getItem(key)));
  if (here) return here.fields;
  return everywhere && await isGone(everywhere.tab) ? everywhere.fields : undefined;
}

// It is saved or discarded.
function forgetTyped(key) {
  const [here, everywhere] = stores();
  here?.removeItem(key);
  if (parsed(everywhere?.getItem(key))?.tab === TAB) everywhere.removeItem(key);
}

// One of a group of radio buttons is known by its own label, any other field by its name.
const nameOf = (field) => (field.type !== "radio" && field.name) || field.ariaLabel || field.labels?.[0]?.textContent;
const isTick = ({ type }) => type === "checkbox" || type === "radio";
const valueOf = (field) => (isTick(field) ? field.checked : field.value);
const fieldsIn = (box) => [...box.querySelectorAll("input, select, textarea")].filter((field) => !field.matches(SECRET));

// As if the user typed it.
function enter(field, value) {
  if (valueOf(field) === value) return;
  if (isTick(field)) {
    field.click();
    return;
  }
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
  for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
}

// Some fields are there only once others have been filled in. Returns a function that stops it.
function fillIn(box, fields) {
  let left = fields;
  const observer = new MutationObserver(() => fill());
  function fill() {
    const there = new Map(fieldsIn(box).map((field) => [nameOf(field), field]));
    const found = left.filter(([name]) => there.has(name));
    left = left.filter(([name]) => !there.has(name));
    for (const [name, value] of found) enter(there.get(name), value);
  }
  observer.observe(box, { childList: true, subtree: true });
  fill();
  return () => observer.disconnect();
}

/**
 * @param {string|undefined} form what the dialog is about, such as "contact 12"
 * @param {{ current: HTMLElement }} box what its fields are in
 * @returns {{ isBack: boolean, onType: (field: HTMLElement) => void, forget: () => void }} `isBack`: what was typed
 *   earlier is in it; forget(): it is saved or discarded
 */
export function useTyped(form, box) {
  const api = useApi();
  const user = useQuery({ ...meQuery(api), enabled: Boolean(form) }).data?.user.id;
  const key = form && user !== undefined ? `${FORM}${user} ${api.base}${form}` : undefined;
  const typed = useRef(new Map());
  const [isBack, setIsBack] = useState(false);
  useEffect(() => {
    if (!key) return undefined;
    if (typed.current.size > 0) save(key, [...typed.current]);
    let isOver = false;
    let stop = () => {};
    find(key).then((fields) => {
      const earlier = fields?.filter(([name]) => !typed.current.has(name)) ?? [];
      if (isOver || earlier.length === 0) return;
      typed.current = new Map([...earlier, ...typed.current]);
      save(key, [...typed.current]);
      stop = fillIn(box.current, earlier);
      setIsBack(true);
    });
    return () => {
      isOver = true;
      stop();
    };
  }, [box, key]);
  const onType = useCallback((field) => {
    const name = nameOf(field);
    if (!form || !name || field.matches(SECRET)) return;
    for (const other of field.type === "radio" ? fieldsIn(box.current) : []) {
      if (other.name === field.name) typed.current.delete(nameOf(other));
    }
    typed.current.delete(name);
    typed.current.set(name, valueOf(field));
    if (key) save(key, [...typed.current]);
  }, [box, form, key]);
  const forget = useCallback(() => {
    typed.current = new Map();
    if (key) forgetTyped(key);
    setIsBack(false);
  }, [key]);
  return { isBack, onType, forget };
}
