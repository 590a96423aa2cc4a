// applications.mjs: fresh React applications that follow docs/components.md: its
// install command, its example, and nothing that a reader of the page wouldn't do.
//
//   const made = await makeApplication({ stack: "vite", react: "19.0.0", manager: "npm", hookswitch: server.base });
//   const running = await made.serve(port);      http://localhost:port
//   running.stop(); made.remove();
//
// Three stacks: "vite" (types are checked as its template does), "next" and "router"
// (React Router with server rendering); three package managers: npm, pnpm and yarn.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { waitUntil } from "../../support/server.mjs";
import { BUILD } from "./console.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const PAGE = readFileSync(path.join(ROOT, "docs/components.md"), "utf8");
const BASE = "https://phone.example.com"; // the page's; a reader puts in their own
const LONG = 120_000;

// The page's blocks of code.
const blocks = (language) => [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text]) => text);
export const [EXAMPLE, BUTTON] = blocks("tsx");
const commands = blocks("sh").flatMap((text) => text.trim().split("\n"));
const installing = (manager) => commands.find((command) => command.startsWith(`${manager} `)).split(" ");

const versions = (folder, file = "package.json") => JSON.parse(readFileSync(path.join(ROOT, folder, file), "utf8"));
const WEB = versions("web");
const OWN = { ...WEB.dependencies, ...WEB.devDependencies };
export const NEWEST = OWN.react;

// The package managers as npm has them; npm itself is there.
const MANAGERS = { npm: ["npm"], pnpm: ["npx", "--yes", "pnpm@10"], yarn: ["npx", "--yes", "yarn@1"] };

const run = promisify(execFile);
async function command(folder, words, env) {
  try {
    return await run(words[0], words.slice(1), { cwd: folder, env: { ...process.env, CI: "1", NEXT_TELEMETRY_DISABLED: "1", ...env },
      maxBuffer: 1e8 });
  } catch (problem) {
    throw new Error(`${words.join(" ")} in ${folder} failed:\n${problem.stdout}\n${problem.stderr}`, { cause: problem });
  }
}

const manifest = (react, dependencies, scripts) => JSON.stringify({ name: "application", private: true, type: "module", version: "1.0.0",
  scripts, dependencies: { react, "react-dom": react, ...dependencies } }, null, 2);
const TYPES = { typescript: OWN.typescript, "@types/react": OWN["@types/react"], "@types/react-dom": OWN["@types/react-dom"] };
const tsconfig = (more = {}, include = ["src"]) => JSON.stringify({ compilerOptions: { target: "es2023",
  lib: ["es2023", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", strict: true, noEmit: true,
  skipLibCheck: false, ...more }, include });

const STACKS = {
  vite: {
    manifest: (react) => manifest(react, { ...TYPES, vite: OWN.vite, "@vitejs/plugin-react": OWN["@vitejs/plugin-react"] },
      { build: "tsc && vite build", preview: "vite preview" }),
    files: () => ({
      "tsconfig.json": tsconfig({ types: [] }),
      "vite.config.js": 'import react from "@vitejs/plugin-react";\nexport default { plugins: [react()] };\n',
      "index.html": '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Application</title></head>\n'
        + '<body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body>\n</html>\n',
      "src/main.tsx": 'import { StrictMode } from "react";\nimport { createRoot } from "react-dom/client";\nimport { App } from "./App";\n'
        + 'createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);\n',
      "src/App.tsx": 'import { Telephony } from "./Telephony";\n'
        + 'export const App = () => <main><h1 id="own">Our own application</h1><button id="button">Our button</button><Telephony /></main>;\n',
    }),
    source: "src",
    serve: (port) => ["node_modules/.bin/vite", "preview", "--port", port, "--strictPort"],
  },
  next: {
    manifest: (react) => manifest(react, { ...TYPES, "@types/node": "20.19.25", next: "16.4.6" }, { build: "next build", start: "next start" }),
    files: () => ({
      "app/layout.tsx": 'import type { ReactNode } from "react";\nexport const metadata = { title: "Application" };\n'
        + 'export default function Layout({ children }: { children: ReactNode }) {\n  return <html lang="en"><body>{children}</body></html>;\n}\n',
      "app/page.tsx": 'import { Telephony } from "./Telephony";\n'
        + 'export default function Page() {\n  return <main><h1 id="own">Our own application</h1><Telephony /></main>;\n}\n',
    }),
    source: "app",
    serve: (port) => ["node_modules/.bin/next", "start", "--port", port],
  },
  router: {
    manifest: (react) => manifest(react, { ...TYPES, vite: OWN.vite, isbot: "5.2.3", "react-router": "7.18.4", "@react-router/dev": "7.18.4",
      "@react-router/node": "7.18.4", "@react-router/serve": "7.18.4" }, { build: "react-router build" }),
    files: () => ({
      "react-router.config.ts": "export default { ssr: true };\n",
      "vite.config.ts": 'import { reactRouter } from "@react-router/dev/vite";\nexport default { plugins: [reactRouter()] };\n',
      "app/routes.ts": 'import { index } from "@react-router/dev/routes";\nexport default [index("home.tsx")];\n',
      "app/root.tsx": 'import { Links, Meta, Outlet, Scripts } from "react-router";\nexport default function Root() {\n'
        + '  return <html lang="en"><head><title>Application</title><Meta /><Links /></head><body><Outlet /><Scripts /></body></html>;\n}\n',
      "app/home.tsx": 'import { Telephony } from "./Telephony";\n'
        + 'export default function Home() {\n  return <main><h1 id="own">Our own application</h1><Telephony /></main>;\n}\n',
      "tsconfig.json": tsconfig({}, ["app"]),
    }),
    source: "app",
    serve: () => ["node_modules/.bin/react-router-serve", "./build/server/index.js"],
  },
};

/** The package that `make components` made. */
export async function packed() {
  await command(ROOT, ["make", "--no-print-directory", "components", `BUILD=${BUILD}`]);
  const [name, ...more] = readdirSync(BUILD).filter((file) => /^hookswitch-components-.*\.tgz$/.test(file));
  if (!name || more.length > 0) throw new Error("not one package");
  return path.join(BUILD, name);
}

async function serve(folder, words, port) {
  const child = spawn(words[0], words.slice(1).map(String), { cwd: folder, env: { ...process.env, PORT: String(port), NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"], detached: true });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { out += text; });
  const stop = () => {
    try {
      process.kill(-child.pid);
    } catch { /* it has ended */ }
  };
  process.on("exit", stop); // also after a test that failed
  try {
    await waitUntil(() => {
      if (child.exitCode !== null) throw new Error(`${words.join(" ")} ended:\n${out}`);
      return fetch(`http://localhost:${port}/`).then((answer) => answer.ok, () => false);
    }, LONG, "the application's server");
  } catch (problem) {
    stop();
    throw problem;
  }
  return { origin: `http://localhost:${port}`, stop };
}

/**
 * Make the application, install what it needs and the package, build it.
 * @param {object} options
 * @param {"vite"|"next"|"router"} options.stack
 * @param {string} options.react its version
 * @param {"npm"|"pnpm"|"yarn"} options.manager
 * @param {string} options.hookswitch the server's address, instead of the page's
 * @param {Record<string, string>} [options.files] more of the application's own
 * @param {Record<string, string>} [options.packages] more that it depends on
 * @param {"development"} [options.mode] with React's warnings, and its StrictMode in force
 */
export async function makeApplication({ stack, react = NEWEST, manager = "npm", hookswitch, files = {}, packages = {}, mode }) {
  const { manifest: manifestOf, files: filesOf, source, serve: words } = STACKS[stack];
  const parent = mkdtempSync(path.join(tmpdir(), "hookswitch-application-"));
  const folder = path.join(parent, "your-application");
  const remove = () => rmSync(parent, { recursive: true, force: true });
  const [, ...install] = installing(manager);
  try {
    // The page's paths lead from one folder to the other.
    const tarball = await packed();
    mkdirSync(path.join(parent, "hookswitch/build"), { recursive: true });
    cpSync(tarball, path.join(parent, "hookswitch/build", path.basename(tarball)));
    const own = JSON.parse(manifestOf(react));
    Object.assign(own.dependencies, packages);
    const all = { "package.json": JSON.stringify(own, null, 2), ...filesOf(), [`${source}/Telephony.tsx`]: EXAMPLE, [`${source}/Support.tsx`]: BUTTON, ...files };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text.replaceAll(BASE, hookswitch));
    }
    const quick = manager === "npm" ? ["--prefer-offline", "--no-audit", "--no-fund"] : [];
    await command(folder, [...MANAGERS[manager], ...install, ...quick]);
    await command(folder, ["npm", "run", "build"], mode && { NODE_ENV: mode });
  } catch (problem) {
    remove();
    throw problem;
  }
  return { folder, remove, serve: (port) => serve(folder, words(port), port) };
}
