// focus.js: keeps the keyboard's place on the page. When the focused element goes
// (a row that is done, a button that became another), focus moves to what took its
// place: the same control in the next row, in the previous one, or the panel's
// heading. A control that was disabled for a while gets it back.
//
//   useEffect(() => keepFocus(document.body), []);    returns its cleanup
//   const place = placeOf(document.activeElement);    later: goTo(place)

const CONTROL = 'a[href], button, input, select, textarea, summary, audio[controls], [tabindex]:not([tabindex="-1"])';
const PART = "section, article, aside, main, [role=region], [role=dialog]";
const HEADING = "h1, h2, h3";

const usable = (element) => element.isConnected && !element.matches(":disabled") && !element.closest("[inert]")
  && element.checkVisibility({ visibilityProperty: true });

/** The focused element, seen from an element: inside a shadow tree the document names only the tree's host. */
export const focusedFrom = (element) => element.getRootNode().activeElement ?? document.activeElement;

const TYPED_IN = "textarea, select, [contenteditable], input:not([type=button], [type=submit], [type=checkbox], [type=radio])";

/** Focuses what an answer has brought, unless it comes late and the user is typing elsewhere. */
export function focusUnlessTyping(element) {
  if (element && !focusedFrom(element)?.matches(TYPED_IN)) element.focus();
}

/** An element's focusable controls, in order. */
export const controlsIn = (element) => [...element.querySelectorAll(CONTROL)].filter(usable);

/** An element's place, which outlives it: for each ancestor, the child on the path and its position. */
export function placeOf(element) {
  const way = [];
  for (let child = element; child?.parentElement; child = child.parentElement) {
    const { children } = child.parentElement;
    way.push({ parent: child.parentElement, tag: child.tagName, at: [...children].indexOf(child) });
  }
  return { element, way, name: element.textContent };
}

function focusOn(element) {
  if (!element.matches(CONTROL) && !element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus();
  return focusedFrom(element) === element;
}

// The control of the same kind in what took an element's place, or its first one.
function beside({ parent, tag, at }, { element, name }) {
  for (const next of [parent.children[at], parent.children[at - 1]]) {
    if (next?.tagName !== tag) continue;
    const controls = next.matches(CONTROL) && usable(next) ? [next] : controlsIn(next);
    const alike = (control) => control.tagName === element.tagName && control.textContent === name;
    if (controls.length > 0) return controls.find(alike) ?? controls[0];
  }
  return undefined;
}

/** Focuses what was at a place, or what is there now. */
export function goTo(place) {
  if (usable(place.element) && focusOn(place.element)) return;
  for (const step of place.way) {
    if (!step.parent.isConnected || !step.parent.checkVisibility()) continue;
    const next = beside(step, place);
    if (next && focusOn(next)) return;
    const heading = step.parent.matches(PART) && step.parent.querySelector(HEADING);
    if (heading && focusOn(heading)) return;
    if (step.parent.matches("main, [role=dialog]") && focusOn(step.parent)) return;
  }
}

/** Watches the focus in `root`. */
export function keepFocus(root) {
  let last = null;
  const remember = ({ target }) => { last = placeOf(target); };
  // A click elsewhere ends it.
  const forget = ({ target }) => {
    if (last && !last.element.contains(target)) last = null;
  };
  const check = () => {
    const focused = focusedFrom(root);
    if (!last || (focused && focused !== document.body)) return;
    if (last.element.isConnected && last.element.matches(":disabled")) return; // it comes back
    const place = last;
    last = null;
    goTo(place);
  };
  const observer = new MutationObserver(check);
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "hidden", "inert"] });
  root.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", forget, true);
  return () => {
    observer.disconnect();
    root.removeEventListener("focusin", remember);
    document.removeEventListener("pointerdown", forget, true);
  };
}

const PRESSED = "a[href], button, summary, label, input[type=checkbox], input[type=radio]";
const STILL = 8; // pixels; who moves the pointer further may have changed their mind
const SWALLOW_MS = 400;

/** A press counts for the control in `root` it began on, even if what loads above has moved that away meanwhile. */
export function keepPress(root) {
  let begun = null; // { control, x, y }
  let isStray = false; // the browser's own click goes to what is there now
  const down = ({ target, button, isPrimary, clientX: x, clientY: y }) => {
    isStray = false;
    const control = button === 0 && isPrimary ? target.closest?.(PRESSED) : null;
    begun = control && { control, x, y };
  };
  const up = ({ clientX: x, clientY: y }) => {
    const { control, ...from } = begun ?? {};
    begun = null;
    if (!control || !usable(control) || Math.hypot(x - from.x, y - from.y) > STILL) return;
    if (control.contains(root.getRootNode().elementFromPoint(x, y))) return;
    isStray = true;
    setTimeout(() => { isStray = false; }, SWALLOW_MS);
    control.click();
  };
  const click = (event) => {
    if (!isStray || !event.isTrusted) return;
    isStray = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const cancel = () => { begun = null; };
  root.addEventListener("pointerdown", down, true);
  const later = { pointerup: up, pointercancel: cancel, click };
  for (const [name, fn] of Object.entries(later)) document.addEventListener(name, fn, true);
  return () => {
    root.removeEventListener("pointerdown", down, true);
    for (const [name, fn] of Object.entries(later)) document.removeEventListener(name, fn, true);
  };
}
