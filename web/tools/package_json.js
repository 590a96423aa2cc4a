// package_json.js: makes the folder of built components a package that another
// application can install.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export function packageJson() {
  let config;
  return {
    name: "package-json",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle() {
      const own = JSON.parse(readFileSync(path.join(config.root, "package.json"), "utf8"));
      const made = {
        name: "hookswitch-components", version: own.version, license: own.license, type: "module",
        description: "Hookswitch's React components: calls from the browser, call forwarding, phone numbers.",
        exports: { ".": "./index.js", "./style.css": "./style.css" },
        sideEffects: ["*.css"],
        peerDependencies: { react: ">=19", "react-dom": ">=19" },
      };
      writeFileSync(path.resolve(config.root, config.build.outDir, "package.json"), `${JSON.stringify(made, null, 2)}\n`);
    },
  };
}
