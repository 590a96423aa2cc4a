// oldest_react.js: the components run on React 19.0, and Mantine imports what came
// with 19.2. Those imports lead to src/components/support/newer_react.jsx; a
// package that would need more than 19.0 isn't built.
import { fileURLToPath } from "node:url";

const OURS = fileURLToPath(new URL("../src/components/support/newer_react.jsx", import.meta.url));
const REPLACED = ["Activity", "useEffectEvent"];
const NEWER = [...REPLACED, "ViewTransition", "addTransitionType", "cacheSignal"];
const IMPORT = /import\s*\{([^}]*)\}\s*from\s*["']react["'];?/g;

const namesIn = (list) => list.split(",").map((name) => name.trim()).filter(Boolean);
const isOf = (wanted) => (name) => wanted.includes(name.split(/\s+as\s+/)[0]);

function redirect(statement, list) {
  const names = namesIn(list);
  const replaced = names.filter(isOf(REPLACED));
  if (replaced.length === 0) return statement;
  const rest = names.filter((name) => !replaced.includes(name));
  return `import { ${rest.join(", ")} } from "react"; import { ${replaced.join(", ")} } from ${JSON.stringify(OURS)};`;
}

export function oldestReact() {
  return {
    name: "oldest-react",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("/node_modules/") || !REPLACED.some((name) => code.includes(name))) return undefined;
      return { code: code.replace(IMPORT, redirect), map: null };
    },
    generateBundle(options, bundle) {
      for (const { fileName, code = "" } of Object.values(bundle)) {
        for (const [, list] of code.matchAll(IMPORT)) {
          const newer = namesIn(list).filter(isOf(NEWER));
          if (newer.length > 0) this.error(`${fileName} imports what React 19.0 doesn't have: ${newer.join(", ")}`);
        }
      }
    },
  };
}
