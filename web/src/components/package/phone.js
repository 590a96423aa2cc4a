// phone.js: the entry point hookswitch-components/phone: one component and its provider.
import "../styles.js";
export { BrowserCallComponent } from "../BrowserCallComponent.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").CallInfo} CallInfo */
/** @typedef {import("../support/types.js").EndedCall} EndedCall */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").PhoneHandle} PhoneHandle */
/** @typedef {import("../support/types.js").Token} Token */
