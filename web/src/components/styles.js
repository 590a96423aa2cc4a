// styles.js: the package's style sheets, in order; every entry point imports them
// first. tools/island_css.js joins them into one.
import "../mantine.js";
import "virtual:island.css";
import "../colours.css";
import "./island.css";
import "../controls.css";
import "../forced.css";
