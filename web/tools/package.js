// package.js: makes a package of the built components: package.json, types,
// licences, the page about them, and the style sheet for other pages.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { islandCss } from "./island_css.js";

const STYLE = "style.css";
// Where a package's licence stands.
const LICENCE = /^(licen[cs]e|notice|copying)/i;

// The packages whose code is in the build, from the paths of its modules.
function packagesOf(bundle) {
  const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
  const folders = modules.map((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]).filter(Boolean);
  return [...new Set(folders)].sort();
}

// A package without a licence file has at least to name one.
function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  if (!license) throw new Error(`${name} ${version} names no licence: see whether it may be in the package`);
  const files = readdirSync(folder).filter((file) => LICENCE.test(file));
  return [`${name} ${version} (${license})`, files.length === 0 && `By ${author?.name ?? author ?? "its authors"}; no file of its own.`,
    ...files.map((file) => readFileSync(path.join(folder, file), "utf8").trim())].filter(Boolean).join("\n\n");
}

const noticesOf = (bundle) => ["What is in this package besides Hookswitch's own code, and under which licences.",
  ...packagesOf(bundle).map(noticeOf)].join(`\n\n${"-".repeat(78)}\n\n`);

const typesOf = (file) => path.relative("src", file).replace(/\.js$/, ".d.ts");

function manifest(own, entries) {
  const subpaths = Object.entries(entries).map(([name, file]) => [name === "index" ? "." : `./${name}`,
    { types: `./types/${typesOf(file)}`, default: `./${name}.js` }]);
  return {
    name: "hookswitch-components", version: own.version, license: own.license, type: "module",
    description: "Hookswitch's React components: calls in the browser, call history, recordings, forwarding, phone numbers.",
    exports: { ...Object.fromEntries(subpaths), "./style.css": { types: "./types/style.css.d.ts", default: "./style.css" },
      "./package.json": "./package.json" },
    sideEffects: ["*.css"],
    peerDependencies: { react: "^19.0.0", "react-dom": "^19.0.0" },
  };
}

// tsc reads the whole of the sources; the package has the declarations that its
// entries lead to, and these ask for nothing that an application doesn't have.
function copyTypes(root, entries, out) {
  const made = mkdtempSync(path.join(tmpdir(), "hookswitch-types-"));
  const copied = new Set();
  const copy = (file) => {
    if (copied.has(file)) return;
    copied.add(file);
    const text = readFileSync(path.join(made, file), "utf8").replace(/^import ["'][^"']*["'];\n/gm, "");
    for (const [, from] of text.matchAll(/(?:from |import\()["']([^"']+)["']/g)) {
      if (from.startsWith(".")) copy(path.join(path.dirname(file), from.replace(/\.jsx?$/, "") + ".d.ts"));
      else if (!/^react(\/|$)/.test(from)) throw new Error(`the types of ${file} ask for ${from}`);
    }
    mkdirSync(path.dirname(path.join(out, file)), { recursive: true });
    writeFileSync(path.join(out, file), text);
  };
  try {
    execFileSync(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "--project", "tools/types.json",
      "--outDir", made], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    for (const file of Object.values(entries)) copy(typesOf(file));
    writeFileSync(path.join(out, "style.css.d.ts"), "export {};\n");
  } catch (problem) {
    throw new Error(`no types: ${problem.stdout ?? ""}${problem.message}`, { cause: problem });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** @param {Record<string, string>} entries of the package: its subpaths and their files */
export function packageOf(entries) {
  let root, out, notices;
  const write = (name, text) => writeFileSync(path.join(out, name), text);
  return {
    name: "package",
    apply: "build",
    configResolved(config) {
      root = config.root;
      out = path.resolve(root, config.build.outDir);
    },
    generateBundle(options, bundle) {
      notices = noticesOf(bundle);
    },
    closeBundle() {
      if (!notices) return; // the build failed before
      const own = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
      write("package.json", `${JSON.stringify(manifest(own, entries), null, 2)}\n`);
      // Frameworks with components on the server must not run these there.
      for (const name of Object.keys(entries)) write(`${name}.js`, `"use client";\n${readFileSync(path.join(out, `${name}.js`), "utf8")}`);
      write(STYLE, islandCss(readFileSync(path.join(out, STYLE), "utf8")));
      write("THIRD_PARTY_LICENSES.txt", `${notices}\n`);
      copyFileSync(path.join(root, "../LICENSE"), path.join(out, "LICENSE"));
      copyFileSync(path.join(root, "../docs/components.md"), path.join(out, "README.md"));
      copyTypes(root, entries, path.join(out, "types"));
    },
  };
}
