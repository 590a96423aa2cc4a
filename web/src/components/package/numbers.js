// numbers.js: the entry point hookswitch-components/numbers: one component and its provider.
import "../styles.js";
export { PhoneNumberManagement } from "../PhoneNumberManagement.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").NumberRow} NumberRow */
/** @typedef {import("../support/types.js").Token} Token */
