// mantine_sheets.js: every Mantine component in use has its style sheet (src/mantine.js):
// without it the build ends, since the component would come out unstyled; so it does
// for a sheet that nothing uses.
const CLASSES = /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs$/; // of a component that has a sheet
const SHEET = /@mantine\/core\/styles\/([A-Z]\w*)\.css$/;
// Parts of components in use that nothing here draws, and Combobox, which Search.jsx gives its own looks.
const UNDRAWN = ["Overlay", "Popover", "CheckboxCard", "CheckboxIndicator", "Combobox", "RadioCard",
  "RadioIndicator", "ScrollArea"];
const named = (ids, pattern) => new Set([...ids].map((id) => pattern.exec(id)?.[1]).filter(Boolean));

const line = (name) => `import "@mantine/core/styles/${name}.css";`;

/** `isWhole`: of the console, which draws every component that there is a sheet for. */
export function mantineSheets({ isWhole }) {
  return {
    name: "mantine-sheets",
    apply: "build",
    generateBundle(options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => Object.entries(chunk.modules ?? {}));
      const used = modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id);
      const [components, sheets] = [named(used, CLASSES), named(this.getModuleIds(), SHEET)];
      const missing = [...components].filter((name) => !sheets.has(name) && !UNDRAWN.includes(name));
      const unused = isWhole ? [...sheets].filter((name) => !components.has(name)) : [];
      const problems = [...missing.map((name) => `${name} has no style sheet: add ${line(name)}`),
        ...unused.map((name) => `nothing uses ${name} any more: remove ${line(name)}`)];
      if (problems.length > 0) this.error(`web/src/mantine.js: ${problems.join("\n")}`);
    },
  };
}
