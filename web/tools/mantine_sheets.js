// mantine_sheets.js: every Mantine component in use has its style sheet (src/mantine.js):
// without it the build ends, since the component would come out unstyled; so it does
// for a sheet that nothing uses.
const CLASSES = /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs$/; // of a component that has a sheet
const SHEET = /@mantine\/core\/styles\/([A-Z]\w*)\.css$/;
// Parts of components in use that nothing here draws, and Combobox, which Search.jsx gives its own looks.
const UNDRAWN = ["Overlay", "Popover", "CheckboxCard", "CheckboxIndicator", "Combobox", "RadioCard",
  "RadioIndicator", "ScrollArea"];
const named = (ids, pattern) => new Set([...ids].map((id) => pattern.exec(id)?.[1]).filter(Boolean));

/** What is wrong with the sheets, in lines; `used`: ids of the modules in the bundle, `known`: of all there are. */
export function sheetProblems(used, known) {
  const [components, sheets] = [named(used, CLASSES), named(known, SHEET)];
  const line = (name) => `import "@mantine/core/styles/${name}.css";`;
  return [...[...components].filter((name) => !sheets.has(name) && !UNDRAWN.includes(name)).map((name) => `${name} has no style sheet: add ${line(name)}`),
    ...[...sheets].filter((name) => !components.has(name)).map((name) => `nothing uses ${name} any more: remove ${line(name)}`)];
}

export function mantineSheets() {
  return {
    name: "mantine-sheets",
    apply: "build",
    generateBundle(options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => Object.entries(chunk.modules ?? {}));
      const used = modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id);
      const problems = sheetProblems(used, this.getModuleIds());
      if (problems.length > 0) this.error(`web/src/mantine.js: ${problems.join("\n")}`);
    },
  };
}
