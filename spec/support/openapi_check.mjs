// openapi_check.mjs: does a request keep to Twilio's OpenAPI document? Unknown
// paths, methods and parameters, missing ones and values of the wrong form are
// problems. Responses are not looked at: the document has none for errors.
//
//   const check = openapiCheck();          null when the document is not there
//   check({ method, path, query, form })   → [] or what is wrong, as texts
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const DOCUMENT = path.resolve(ROOT, "../shared/twilio_voice_openapi.json");

const FORMATS = {
  uri: (v) => /^(https?:\/\/\S+)?$/.test(v), // an empty one clears the field
  "http-method": (v) => v === "GET" || v === "POST",
  "phone-number": (v) => /^\+?[\w*%$]+$/.test(v),
  "iso-country-code": (v) => /^[A-Z]{2}$/.test(v),
  "date-time": (v) => !Number.isNaN(Date.parse(v)),
};

function wrong(schema, value, resolve) {
  const s = schema.$ref ? resolve(schema.$ref) : schema;
  if (s.type === "integer" && !/^-?\d+$/.test(value)) return "is not an integer";
  if (s.type === "number" && Number.isNaN(Number(value))) return "is not a number";
  if (s.type === "boolean" && value !== "true" && value !== "false") return "is not true or false";
  if (s.minimum !== undefined && Number(value) < s.minimum) return `is less than ${s.minimum}`;
  if (s.maximum !== undefined && Number(value) > s.maximum) return `is more than ${s.maximum}`;
  if (s.enum && !s.enum.includes(value)) return `is none of ${s.enum.join(", ")}`;
  if (s.pattern && !new RegExp(s.pattern).test(value)) return `does not match ${s.pattern}`;
  if (s.type === "string" && FORMATS[s.format] && !FORMATS[s.format](value)) return `is no ${s.format}`;
  return null;
}

// The template with the most literal text that matches.
function operationOf(document, method, pathname) {
  const found = Object.entries(document.paths).flatMap(([template, item]) => {
    const names = [];
    const pattern = template.replace(/[.]/g, "\\.").replace(/\{(\w+)\}/g, (_, name) => { names.push(name); return "([^/.]+)"; });
    const match = pathname.match(new RegExp(`^${pattern}$`));
    return match ? [{ item, template, path: Object.fromEntries(names.map((n, i) => [n, decodeURIComponent(match[i + 1])])) }] : [];
  }).sort((a, b) => Object.keys(a.path).length - Object.keys(b.path).length);
  const hit = found[0];
  return hit && { ...hit, operation: hit.item[method.toLowerCase()] };
}

// The document is about voice. Of messages we use one operation, with what is in every account's API.
const MESSAGES = {
  "/2010-04-01/Accounts/{AccountSid}/Messages.json": { post: {
    parameters: [{ name: "AccountSid", in: "path", required: true, schema: { type: "string", pattern: "^AC[0-9a-fA-F]{32}$" } }],
    requestBody: { content: { "application/x-www-form-urlencoded": { schema: { type: "object", required: ["To"], properties: {
      To: { type: "string", format: "phone-number" }, From: { type: "string", format: "phone-number" },
      Body: { type: "string" }, StatusCallback: { type: "string", format: "uri" },
    } } } } },
  } },
};

export function openapiCheck() {
  if (!existsSync(DOCUMENT)) return null;
  const document = JSON.parse(readFileSync(DOCUMENT, "utf8"));
  document.paths = { ...MESSAGES, ...document.paths };
  const resolve = (ref) => ref.slice(2).split("/").reduce((node, key) => node[key], document);
  return ({ method, path: pathname, query = [], form = [] }) => {
    const problems = [];
    const hit = operationOf(document, method, pathname);
    if (!hit) return [`no such path: ${pathname}`];
    if (!hit.operation) return [`${hit.template} takes no ${method}`];
    const parameters = [...(hit.item.parameters ?? []), ...(hit.operation.parameters ?? [])]
      .map((p) => (p.$ref ? resolve(p.$ref) : p));
    const say = (name, what) => problems.push(`${method} ${hit.template}: ${name} ${what}`);
    const judge = (name, schema, value) => {
      const what = schema ? wrong(schema, value, resolve) : "is unknown";
      if (what) say(name, `${what} (${value})`);
    };
    for (const [name, value] of Object.entries(hit.path)) judge(name, parameters.find((p) => p.in === "path" && p.name === name)?.schema, value);
    for (const [name, value] of query) judge(name, parameters.find((p) => p.in === "query" && p.name === name)?.schema, value);
    const body = hit.operation.requestBody?.content?.["application/x-www-form-urlencoded"]?.schema;
    for (const [name, value] of form) {
      const schema = body?.properties?.[name];
      if (value === "" && schema && /\/\{Sid\}\.json$/.test(hit.template)) continue; // an update clears the field
      judge(name, schema?.type === "array" ? schema.items : schema, value);
    }
    for (const name of body?.required ?? []) if (!form.some(([n]) => n === name)) say(name, "is missing");
    for (const p of parameters) if (p.required && p.in === "query" && !query.some(([n]) => n === p.name)) say(p.name, "is missing");
    return problems;
  };
}
