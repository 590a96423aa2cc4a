// unsaved.js: keeps unsaved text while the user looks at other pages, and in the browser's storage across reloads and
// restarts of browser or server. A PIN stays in memory: after a reload the user types it again.
import { useState, useSyncExternalStore } from "react";

const SECRET = "pin";
const kept = new Map();
const watching = new Set(); // components that show what is kept
const stored = new Map(); // what this tab has stored; other tabs' text is left alone

/**
 * @param {string} key
 * @param {(value: any) => boolean} isWhole whether the stored value is complete enough to use
 * @returns {any} null if there is nothing
 */
function restored(key, isWhole) {
  if (kept.get(key)) return kept.get(key);
  try {
    const text = localStorage.getItem(key);
    const value = JSON.parse(text);
    if (!isWhole(value)) return null;
    stored.set(key, text);
    kept.set(key, value);
    return value;
  } catch {
    return null; // the browser refuses storage
  }
}

// The same from memory alone: another tab may have written to the storage.
const known = (key) => kept.get(key) ?? null;

// `value`: null once it is saved or discarded.
function keep(key, value) {
  kept.set(key, value);
  try {
    const text = value && JSON.stringify(value, (name, inner) => (name === SECRET && inner ? "" : inner));
    if (text) localStorage.setItem(key, text);
    else if (localStorage.getItem(key) === stored.get(key)) localStorage.removeItem(key);
    stored.set(key, text);
  } catch { /* it is still in memory */ }
  for (const tell of watching) tell();
}

function watch(fn) {
  watching.add(fn);
  return () => watching.delete(fn);
}

/**
 * [value, set] of what is kept; null if there is nothing. `set(value)` or, for an answer that may come when the
 * component has gone and another shows the same, `set((now) => value)`.
 */
export function useKept(key, isWhole) {
  useState(() => restored(key, isWhole));
  const value = useSyncExternalStore(watch, () => known(key));
  return [value, (next) => keep(key, typeof next === "function" ? next(known(key)) : next)];
}
