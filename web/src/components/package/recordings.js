// recordings.js: the entry point hookswitch-components/recordings: one component and its provider.
import "../styles.js";
export { Recordings } from "../Recordings.jsx";
export { HookswitchProvider } from "../HookswitchProvider.jsx";

/** @typedef {import("../support/types.js").Appearance} Appearance */
/** @typedef {import("../support/types.js").HookswitchError} HookswitchError */
/** @typedef {import("../support/types.js").RecordingRow} RecordingRow */
/** @typedef {import("../support/types.js").Token} Token */
