// openapi.mjs: the API's own description (GET /api/openapi.json) as a judge of
// what the server answers. server.mjs asks it about every answer of a server
// that runs the repository's Lua folder.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
const NAME = "api";

// Made without a server: as `hookswitch routes --openapi` prints it.
export function describeApi() {
  const env = { ...process.env, HOOKSWITCH_LUA: path.join(ROOT, "lua"), HOOKSWITCH_DATABASE: "/nonexistent/none.db", SERVER_URL: "" };
  const result = spawnSync(BINARY, ["routes", "--openapi"], { cwd: "/", env, encoding: "utf8", maxBuffer: 16 << 20 });
  if (result.status !== 0) throw new Error(`routes --openapi: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

// [{ method, path, pattern, operation, pointer }], longer literal paths first.
export function operations(document) {
  const list = [];
  for (const [template, methods] of Object.entries(document.paths)) {
    const source = template.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "([^/]+)");
    for (const [method, operation] of Object.entries(methods))
      list.push({ method: method.toUpperCase(), path: template, pattern: new RegExp(`^${source}$`), operation,
        pointer: `#/paths/${template.replaceAll("~", "~0").replaceAll("/", "~1")}/${method}` });
  }
  return list.sort((a, b) => (a.path.includes("{") ? 1 : 0) - (b.path.includes("{") ? 1 : 0));
}

export class Judge {
  constructor(document) {
    this.operations = operations(document);
    this.ajv = new Ajv({ strict: false, allErrors: true });
    this.ajv.addSchema(document, NAME);
    this.validators = new Map();
    this.seen = new Set(); // "GET /api/…" that were asked for
  }

  find(method, target) {
    const where = target.split("?")[0];
    return this.operations.find((one) => one.method === method && one.pattern.test(where));
  }

  // Throws when the answer is none that the description allows.
  check(method, target, { status, headers, body }) {
    if (!target.startsWith("/api/") || method === "HEAD" || method === "OPTIONS") return;
    const found = this.find(method, target);
    const type = (headers["content-type"] ?? "").split(";")[0];
    const where = `${method} ${target.split("?")[0]} answered ${status}`;
    if (!found) {
      if (status < 400) throw new Error(`${where}, and is not described`);
      if (type === "application/json") this.valid("#/components/schemas/Error", body, where);
      return;
    }
    this.seen.add(`${method} ${found.path}`);
    if ([411, 431].includes(status)) return; // refused before it is looked at
    const { responses } = found.operation;
    const key = responses[status] ? String(status) : "default";
    if (key === "default" && (status < 400 || !responses.default) && status < 500)
      throw new Error(`${where}, which is not described`);
    if (!responses[key]) return;
    const { content } = responses[key];
    if (!content) {
      if (body !== "") throw new Error(`${where} with a body, which is not described`);
      return;
    }
    if (!content[type]) throw new Error(`${where} with "${type}", which is not described`);
    if (type === "application/json")
      this.valid(`${found.pointer}/responses/${key}/content/application~1json/schema`, body, where);
  }

  valid(pointer, body, where) {
    if (!this.validators.has(pointer)) this.validators.set(pointer, this.ajv.compile({ $ref: NAME + pointer }));
    const validate = this.validators.get(pointer);
    if (!validate(JSON.parse(body)))
      throw new Error(`${where}, not as described: ${this.ajv.errorsText(validate.errors)}\n${body.slice(0, 2000)}`);
  }
}

let judge;
export function theJudge() {
  judge ??= new Judge(describeApi());
  return judge;
}
