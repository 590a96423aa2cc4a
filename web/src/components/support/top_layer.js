// top_layer.js: the place for a component's dialogs, in the browser's top layer: a
// transformed, clipped or covered ancestor doesn't matter there. It is shown from
// the beginning, so that a dialog can take the focus as soon as it is there, and
// once more when one comes, so that it lies above what came since.
import { useLayoutEffect } from "react";

/** @param {HTMLElement | null} place with `popover="manual"` */
export function useTopLayer(place) {
  useLayoutEffect(() => {
    if (!place?.showPopover) return undefined; // an old browser: the dialogs stand where they are
    let used = false;
    const follow = () => {
      const before = used;
      used = place.textContent !== ""; // a closed dialog leaves empty elements behind
      if (!used || before) return;
      const focused = document.activeElement;
      place.hidePopover();
      place.showPopover();
      focused?.focus();
    };
    const watch = new MutationObserver(follow);
    watch.observe(place, { childList: true, subtree: true });
    place.showPopover();
    return () => watch.disconnect();
  }, [place]);
}
