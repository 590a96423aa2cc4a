// schemas.mjs: the JSON Schemas that a Lua module holds, as judges of what is said.
//
//   const judge = schemasOf("models.announce", "SCHEMAS");
//   judge("call", value)   → [] or what is wrong, as texts; judge.knows("call")
import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

// A plain Lua loads what a sanitizer built only beside that sanitizer.
function besides() {
  if (!process.env.SAN) return {};
  const runtime = execFileSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
  return { LD_PRELOAD: runtime, ASAN_OPTIONS: "detect_leaks=0" };
}

export function schemasOf(module, field) {
  const code = `dofile("spec/support/native.lua") local m = require("${module}") print(require("json").encode(m["${field}"]))`;
  const native = path.resolve(ROOT, process.env.BUILD ?? "build", "native.so");
  const text = execFileSync("lua5.4", ["-e", code], { cwd: ROOT, encoding: "utf8", maxBuffer: 16 << 20,
    env: { ...process.env, LUA_PATH: "lua/?.lua;;", HS_NATIVE: process.env.HS_NATIVE ?? native, ...besides() } });
  const ajv = new Ajv({ strict: false, allErrors: true });
  const schemas = JSON.parse(text);
  ajv.addSchema({ components: { schemas } }, "lua");
  const judge = (name, value) => {
    if (!schemas[name]) return [`${name} has no schema`];
    const valid = ajv.getSchema(`lua#/components/schemas/${name}`);
    return valid(value) ? [] : valid.errors.map((one) => `${name}${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`);
  };
  judge.knows = (name) => Boolean(schemas[name]);
  return judge;
}
