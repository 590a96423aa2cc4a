// typed_store.js: where typed.js keeps what is typed, and whose it is.
export const FORM = "hookswitch_form ";
const MOST = 30; // forms
const AGE_MS = 14 * 86_400_000;

const NONE = "hookswitch_none"; // a key that nobody has

/** This tab's, and that of all tabs; none if the browser refuses it. */
export function stores() {
  try {
    const both = [sessionStorage, localStorage];
    for (const store of both) store.removeItem(NONE);
    return both;
  } catch {
    return [];
  }
}

export function parsed(text) {
  try {
    const { tab, at, fields } = JSON.parse(text);
    return Array.isArray(fields) ? { tab, at, fields } : undefined;
  } catch {
    return undefined;
  }
}

const keysIn = (store) => Object.keys(store).filter((key) => key.startsWith(FORM));

/** What nobody came back for goes. */
export function prune() {
  for (const store of stores()) {
    const ages = keysIn(store).map((key) => [key, parsed(store.getItem(key))?.at ?? 0]).sort(([, a], [, b]) => b - a);
    for (const [at, [key, when]] of ages.entries()) {
      if (at >= MOST || when < Date.now() - AGE_MS) store.removeItem(key);
    }
  }
}

/** Who signs out leaves nothing in the browser; only another tab (`here` is false) has what was typed in it. */
export function forgetForms(user, { here }) {
  const isOf = (key) => key.startsWith(`${FORM}${user} `);
  const [tab, all] = stores();
  for (const store of here ? [tab, all] : [all]) {
    for (const key of store ? keysIn(store).filter(isOf) : []) store.removeItem(key);
  }
}

/** What someone else typed in this tab goes. */
export function forgetOthers(user) {
  const [tab] = stores();
  for (const key of tab ? keysIn(tab) : []) {
    if (!key.startsWith(`${FORM}${user} `)) tab.removeItem(key);
  }
}
