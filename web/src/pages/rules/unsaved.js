// unsaved.js: what was typed and isn't saved, kept while another page is looked at, and in the browser's storage over
// a reload and a restart of either side.

const kept = new Map();
const stored = new Map(); // what this tab has put there; another tab's text is left alone

/**
 * @param {string} key
 * @param {(value: any) => boolean} isWhole whether what the storage has can be gone on with
 * @returns {any} null: nothing
 */
export function restored(key, isWhole) {
  if (kept.get(key)) return kept.get(key);
  try {
    const text = localStorage.getItem(key);
    const value = JSON.parse(text);
    if (!isWhole(value)) return null;
    stored.set(key, text);
    kept.set(key, value);
    return value;
  } catch {
    return null; // a browser that keeps nothing for this page
  }
}

/** The same without a look into the storage, which another tab may have written meanwhile. */
export const known = (key) => kept.get(key) ?? null;

/** `value`: null when it is saved or thrown away. */
export function keep(key, value) {
  kept.set(key, value);
  try {
    const text = value && JSON.stringify(value);
    if (text) localStorage.setItem(key, text);
    else if (localStorage.getItem(key) === stored.get(key)) localStorage.removeItem(key);
    stored.set(key, text);
  } catch { /* memory has it */ }
}
