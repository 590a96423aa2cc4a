// leaving.js: what asks before the Back button leaves it, such as a dialog in which something is typed.
let guard = null;

/** `fn` is called instead of the router; returns a function that takes it away. */
export function guardLeaving(fn) {
  guard = fn;
  return () => {
    if (guard === fn) guard = null;
  };
}

/** Before the router listens, which would draw the other page. In another application's page nothing calls it. */
export function listenFirst() {
  window.addEventListener("popstate", (event) => guard?.(event));
}
