// vite.components.js: the components as a package for other React applications
// (docs/components.md); `make components` runs it. React is the application's own;
// everything else is inside.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { islandRem } from "./tools/island_css.js";
import { mantineSheets } from "./tools/mantine_sheets.js";
import { oldestReact } from "./tools/oldest_react.js";
import { packageOf } from "./tools/package.js";
import { themeVariables } from "./tools/theme_variables.js";

const OUT = process.env.WEB_OUT ?? "../build/web-components";
const SUBPATHS = ["phone", "numbers", "forwarding", "calls", "recordings"];
const ENTRIES = { index: "src/components/index.js",
  ...Object.fromEntries(SUBPATHS.map((name) => [name, `src/components/package/${name}.js`])) };

export default defineConfig({
  plugins: [react(), oldestReact(), islandRem(), themeVariables(), mantineSheets({ isWhole: false }),
    packageOf(ENTRIES)],
  base: "./",
  publicDir: false,
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    reportCompressedSize: false,
    lib: { entry: ENTRIES, formats: ["es"], cssFileName: "style" },
    rolldownOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/],
      output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" } },
  },
  worker: { format: "es" },
});
