// forwarding.js: the entry point hookswitch-components/forwarding: one component and its provider.
import "../styles.js";
export { CallForwardingComponent } from "../CallForwardingComponent.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").Token} Token */
