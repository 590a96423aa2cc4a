// top_layer.js: the place for a component's dialogs. While something is in it, it is
// in the browser's top layer: a transformed, clipped or covered ancestor doesn't
// matter there, and a dialog of the page around doesn't cover it.
import { useEffect } from "react";

/** @param {HTMLElement | null} place with `popover="manual"` */
export function useTopLayer(place) {
  useEffect(() => {
    if (!place?.showPopover) return undefined; // an old browser: the dialogs stand where they are
    const follow = () => {
      const used = place.textContent !== ""; // a closed dialog leaves empty elements behind
      if (used === place.matches(":popover-open")) return;
      if (used) place.showPopover();
      else place.hidePopover();
    };
    const watch = new MutationObserver(follow);
    watch.observe(place, { childList: true, subtree: true });
    follow();
    return () => watch.disconnect();
  }, [place]);
}
