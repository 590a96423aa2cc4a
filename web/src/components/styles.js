// styles.js: the style sheets of the package, in their order; each of its entries
// begins with them. tools/island_css.js makes one sheet of all.
import "../mantine.js";
import "virtual:island.css";
import "../colours.css";
import "./island.css";
import "../controls.css";
import "../forced.css";
