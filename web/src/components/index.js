// index.js: the components for other React applications (docs/components.md).
import "./styles.js";
export { BrowserCallComponent } from "./BrowserCallComponent.jsx";
export { CallForwardingComponent } from "./CallForwardingComponent.jsx";
export { CallHistory } from "./CallHistory.jsx";
export { HookswitchProvider } from "./HookswitchProvider.jsx";
export { PhoneNumberManagement } from "./PhoneNumberManagement.jsx";
export { Recordings } from "./Recordings.jsx";

/** @typedef {import("./support/types.js").Appearance} Appearance */
/** @typedef {import("./support/types.js").CallInfo} CallInfo */
/** @typedef {import("./support/types.js").CallRow} CallRow */
/** @typedef {import("./support/types.js").EndedCall} EndedCall */
/** @typedef {import("./support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("./support/types.js").NumberRow} NumberRow */
/** @typedef {import("./support/types.js").PhoneHandle} PhoneHandle */
/** @typedef {import("./support/types.js").RecordingRow} RecordingRow */
/** @typedef {import("./support/types.js").Token} Token */
