// kept_token.js: the token that was pasted in this tab.
const KEPT = "hookswitch_token";

// A page may have no storage; then the token lasts until it is reloaded.
export const keptToken = {
  get() {
    try {
      return sessionStorage.getItem(KEPT) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(token) {
    try {
      if (token) sessionStorage.setItem(KEPT, token);
      else sessionStorage.removeItem(KEPT);
    } catch { /* the copy in memory counts */ }
  },
};
