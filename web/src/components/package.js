// package.js: what the built package begins with: the components and, for inside
// of their element, the style sheets.
import "../mantine.js";
import "virtual:island.css";
import "../colours.css";
import "./island.css";
import "../forced.css";

export * from "./index.js";
