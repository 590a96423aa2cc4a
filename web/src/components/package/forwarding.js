// forwarding.js: hookswitch-components/forwarding, one component and what it needs around it.
import "../styles.js";
export { CallForwardingComponent } from "../CallForwardingComponent.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").Token} Token */
