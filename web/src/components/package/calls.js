// calls.js: the entry point hookswitch-components/calls: one component and its provider.
import "../styles.js";
export { CallHistory } from "../CallHistory.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").CallRow} CallRow */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").Token} Token */
