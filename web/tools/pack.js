// pack.js: x.js.gz and x.js.br beside each x.js of the build, so that the host
// sends packed files without packing anything itself.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const KINDS = /\.(js|css|svg|html|json|txt)$/;
const SMALLEST = 1024; // below this, packing saves nothing

export function pack() {
  let folder;
  return {
    name: "pack",
    apply: "build",
    configResolved(config) {
      folder = path.resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        const content = entry.isFile() && KINDS.test(file) ? readFileSync(file) : "";
        if (content.length < SMALLEST) continue;
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(content));
      }
    },
  };
}
