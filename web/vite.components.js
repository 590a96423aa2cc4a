// vite.components.js: the three components as a package for other React
// applications (docs/components.md); `make components` runs it. React is the
// application's own; everything else is inside.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { packageJson } from "./tools/package_json.js";
import { themeVariables } from "./tools/theme_variables.js";

const OUT = process.env.WEB_OUT ?? "../build/web-components";

export default defineConfig({
  plugins: [react(), themeVariables(), packageJson()],
  base: "./",
  publicDir: false,
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    reportCompressedSize: false,
    lib: { entry: "src/components/package.js", formats: ["es"], fileName: "index", cssFileName: "style" },
    rolldownOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/] },
  },
  worker: { format: "es" },
});
