// top_layer.js: keeps a component's dialogs and notices in the browser's top layer, where no
// transformed, clipped or covered ancestor affects them. The layer is shown from the
// start, so that a new dialog can take the focus at once, and shown again for each
// dialog, so that it lies above whatever came in between.
import { useLayoutEffect } from "react";
import { focusedFrom } from "../../parts/focus.js";

/** @param {HTMLElement | null} place with `popover="manual"` */
export function useTopLayer(place) {
  useLayoutEffect(() => {
    if (!place?.showPopover) return undefined; // old browsers: dialogs stay where they are
    let used = false;
    const follow = () => {
      const before = used;
      used = place.querySelector("[data-dialog]") !== null; // notices are announced, which this would disturb
      if (!used || before) return;
      const focused = focusedFrom(place);
      place.hidePopover();
      place.showPopover();
      focused?.focus();
    };
    const watch = new MutationObserver(follow);
    watch.observe(place, { childList: true, subtree: true, attributeFilter: ["data-dialog"] });
    place.showPopover();
    return () => watch.disconnect();
  }, [place]);
}
