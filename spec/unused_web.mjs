// unused_web.mjs: prints what in web/src nobody uses: classes that no source asks its CSS module for, and words
// for codes that no host says. Also classes that a source asks for and that don't exist.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..");
const read = (folder, ends) => readdirSync(path.join(ROOT, folder), { recursive: true }).filter((name) => ends.test(name))
  .map((name) => ({ name: path.join(folder, name), text: readFileSync(path.join(ROOT, folder, name), "utf8") }));
const tell = (finding) => {
  console.log(finding);
  process.exitCode = 1;
};
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

const sources = read("web/src", /\.jsx?$/);

// What a source calls a CSS module; undefined if it doesn't import it.
function nameIn(source, module) {
  const found = [...source.text.matchAll(/^import (\w+) from "(\.[^"]+\.module\.css)"/gm)]
    .find(([, , file]) => path.join(path.dirname(source.name), file) === module);
  return found?.[1];
}

for (const { name: module, text } of read("web/src", /\.module\.css$/)) {
  const plain = text.replace(/\/\*.*?\*\/|url\([^)]*\)|"[^"]*"/gs, "");
  const classes = new Set(all(plain, /\.([a-z_][\w-]*)/gi));
  const users = sources.filter((source) => nameIn(source, module));
  const asked = new Set();
  for (const source of users) {
    const own = nameIn(source, module);
    for (const name of all(source.text, new RegExp(`\\b${own}\\.(\\w+)`, "g"))) {
      asked.add(name);
      if (!classes.has(name)) tell(`${source.name}: ${module} has no class ${name}`);
    }
    // One that is chosen at run time, styles[kind], is a literal in a source beside it.
    if (!source.text.includes(`${own}[`)) continue;
    const beside = sources.filter((one) => path.dirname(one.name) === path.dirname(source.name)).map((one) => one.text).join("\n");
    for (const name of all(beside, /["'](\w+)["']/g)) asked.add(name);
  }
  for (const name of classes) if (!asked.has(name)) tell(`${module}: nothing has the class ${name}`);
}

const host = [...read("lua", /\.lua$/), ...read("host", /\.(c|h|def)$/)].map(({ text }) => text).join("\n");
const isSaid = (code) => new RegExp(`["']${code}["']|^ +${code} = `, "m").test(host);
const words = ["web/src/text/host_words.js", "web/src/components/support/words.js"];
for (const { name, text } of sources.filter((source) => words.includes(source.name))) {
  const codes = [...all(text, /^ {2}(\w+): t\(/gm), ...all(text, /^ +case "(\w+)": return \[/gm)];
  // web/src/api.js says these when nobody answers.
  for (const code of codes) if (!isSaid(code) && code !== "unreachable") tell(`${name}: no host says ${code}`);
}
