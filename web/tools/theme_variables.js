// theme_variables.js: Mantine's CSS variables as a style sheet of the build.
//
// MantineProvider would put them into a <style> element when the page runs;
// the host's Content-Security-Policy allows none. `import "virtual:theme.css"`,
// or, for components inside of somebody else's page, `import "virtual:island.css"`.
import { createRequire } from "node:module";
import { theme, variables } from "../src/theme.js";

// One file after the other: import opens hundreds at once, more than some systems let a process have.
const { DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } = createRequire(import.meta.url)("@mantine/core");

const ROOTS = { "virtual:theme.css": ":root", "virtual:island.css": ".hookswitch" };

const block = (selector, values) =>
  `${selector}{${Object.entries(values).map(([name, value]) => `${name}:${value}`).join(";")}}\n`;

function sheet(root) {
  const usual = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  return block(root, { ...usual.variables, ...variables.variables })
    + block(`${root}[data-mantine-color-scheme="light"]`, { ...usual.light, ...variables.light })
    + block(`${root}[data-mantine-color-scheme="dark"]`, { ...usual.dark, ...variables.dark });
}

export function themeVariables() {
  return {
    name: "theme-variables",
    resolveId: (id) => (id in ROOTS ? `\0${id}` : undefined),
    load: (id) => (id.slice(1) in ROOTS && id[0] === "\0" ? sheet(ROOTS[id.slice(1)]) : undefined),
  };
}
