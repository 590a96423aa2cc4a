// command.mjs: the program's commands, as an administrator runs them.
//
//   const { status, out, err } = await command(["doctor"], { config: { database } })
//   const { status, value } = await commandJson(["sync"], …)      with --json
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { schemasOf } from "./schemas.mjs";
import { counted, within } from "./slow.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
const OWN = /^(HOOKSWITCH_|TWILIO_|JWT_|SERVER_URL$|NOTIFY_SOCKET$|WATCHDOG_)/;

// Folders that are gone when the file's tests are over.
const folders = [];
export function newFolder() {
  folders.push(mkdtempSync(path.join(tmpdir(), "hookswitch-command-")));
  return folders.at(-1);
}
process.on("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const SANITIZER = /ERROR: \w+Sanitizer|runtime error:/;
// A refusal goes on in small letters after the verb, and has no full stop.
const SENTENCE = /^hookswitch \w+: (?:(?:An?|It|No|Nothing|Only|The|There|This|You) [^\n]*|[^\n]*[^.]\.)\n$/;

// Settings by key; in a folder of its own unless `cwd` names one. `input` is
// what it finds on its standard input. What a sanitizer finds is an error of its own.
export function command(args, { config = {}, cwd = newFolder(), input, uid } = {}) {
  const settings = { lua: path.join(ROOT, "lua"), database: path.join(cwd, "hookswitch.db"), ...config };
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN.test(name))),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)
      .map(([key, value]) => [`HOOKSWITCH_${key.toUpperCase()}`, String(value)])) };
  return new Promise((resolve, reject) => {
    const child = counted(spawn(BINARY, args, { cwd, env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"], uid }));
    child.stdin?.on("error", () => {}); // it may end without reading
    child.stdin?.end(input);
    const endWaiting = within(60_000, () => child.kill("SIGKILL"));
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (part) => { out += part; });
    child.stderr.setEncoding("utf8").on("data", (part) => { err += part; });
    child.on("error", reject);
    child.on("close", (status) => {
      endWaiting();
      if (SANITIZER.test(err)) return reject(new Error(`hookswitch ${args.join(" ")}: ${err.slice(-4000)}`));
      if (SENTENCE.test(err)) return reject(new Error(`a sentence, not the rest of one: ${err}`));
      resolve({ status, out, err, cwd });
    });
  });
}

// What a command says has every field of its schema (lua/commands/shared/output.lua) and no other.
const ACTIONS = { missed: "list", override: "list", rules: "log", user: "list" };
let judge;
function check(args, value) {
  const [verb, action = ACTIONS[verb]] = args.filter((word, i) => i === 0 || (i === 1 && !word.startsWith("-")));
  judge ??= schemasOf("commands.shared.output", "SCHEMAS");
  const name = ACTIONS[verb] ? `${verb}_${action}` : verb;
  const wrong = judge.knows(name) && !value.error?.code ? judge(name, value) : [];
  if (wrong.length) throw new Error(`hookswitch ${args.join(" ")} --json: ${wrong.slice(0, 5).join("; ")}`);
}

export async function commandJson(args, options) {
  const result = await command([...args, "--json"], options);
  const value = JSON.parse(result.out);
  check(args, value);
  return { ...result, value };
}
