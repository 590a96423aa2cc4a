// vite.config.js: how the console is built; `make` runs it (web/build.sh).
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { mantineSheets } from "./tools/mantine_sheets.js";
import { pack } from "./tools/pack.js";
import { themeVariables } from "./tools/theme_variables.js";

const OUT = process.env.WEB_OUT ?? "../build/web";
const HOST = process.env.HOOKSWITCH ?? "http://127.0.0.1:8080"; // what `npm run dev` asks

export default defineConfig({
  plugins: [react(), themeVariables(), mantineSheets({ isWhole: true }), pack()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // the policy of host/server/answers/static.c allows no data: but images
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // static.c lets files be kept for ever whose hash has no dash in it.
        hashCharacters: "hex",
        // What the first page needs is one file: it packs better than a dozen, and takes one request.
        codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] },
      },
    },
  },
  worker: { format: "es", rolldownOptions: { output: { hashCharacters: "hex" } } },
  server: { proxy: { "/api": HOST } },
});
