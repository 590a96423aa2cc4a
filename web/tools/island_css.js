// island_css.js: the components' style sheet for pages with styles of their own.
//
// Every rule is limited to what is inside of .hookswitch, and counts for more than
// whatever the page says about elements, classes, states or one or two ids.
// src/components/reset.css comes first and takes the page's own rules away. Rules that only set
// variables on .hookswitch count for nothing, so that the page may set its own.
// `rem` follows the reader's font size, not that of the page's <html>; in the styles
// that Mantine writes while it runs, too.
import { readFileSync } from "node:fs";
import postcss from "postcss";

const RESET = new URL("../src/components/reset.css", import.meta.url);
const INSIDE = ":where(.hookswitch,.hookswitch *):not(#_#_)";
const PSEUDO_ELEMENT = /(::[\w-]+(\([^)]*\))?|:(before|after|first-letter|first-line)(?![\w-]))[^\s>+~]*$/;
const ROOT = /^(:root|\.hookswitch)(\[[^\]]*\])*$/;

function inside(selector) {
  const found = PSEUDO_ELEMENT.exec(selector);
  const at = found ? found.index : selector.length;
  return selector.slice(0, at) + INSIDE + selector.slice(at);
}

const setsVariables = (rule) => rule.selectors.every((selector) => ROOT.test(selector))
  && rule.nodes.every((node) => node.type !== "decl" || node.prop.startsWith("--"));

function limit(rule) {
  if (rule.parent.type === "rule" || /keyframes$/.test(rule.parent.name ?? "")) return;
  if (!setsVariables(rule)) {
    rule.selectors = rule.selectors.map(inside);
    return;
  }
  const own = rule.selectors.filter((selector) => !selector.startsWith(":root"));
  if (own.length === 0) rule.remove();
  else rule.selectors = own.map((selector) => `:where(${selector})`);
}

/** @param {string} css of the whole build @returns {string} */
export function islandCss(css) {
  const sheet = postcss.parse(readFileSync(RESET, "utf8") + css);
  sheet.walkComments((comment) => comment.remove());
  sheet.walkRules(limit);
  sheet.walkDecls((decl) => {
    decl.value = decl.value.replace(/(?<![\w.-])(-?(?:\d*\.)?\d+)rem\b/g, "calc($1 * var(--hs-rem))");
  });
  return sheet.toString();
}

const MANTINE = /\/@mantine\/core\/esm\/.*\/rem\.mjs$/;
const RESULT = "`calc(${remValue} * var(--mantine-scale))`";

export function islandRem() {
  return {
    name: "island-rem",
    enforce: "pre",
    transform(code, id) {
      if (!MANTINE.test(id)) return undefined;
      if (!code.includes(RESULT)) this.error("Mantine makes its lengths otherwise: see tools/island_css.js");
      return { code: code.replace(RESULT, "`calc(${parseFloat(remValue)} * var(--hs-rem))`"), map: null };
    },
  };
}
