// run.mjs: the benchmark's command. README.md says what each part measures.
//
//   node bench/run.mjs [compare] [sync] [slow] [table] [decide] [draft] [replay] [postgres] [api] [console] [all]
//
// Without arguments: compare and sync. Environment: BENCH_SECONDS (8),
// BENCH_ROUNDS (3), BENCH_ONLY=name,… , BENCH_ROWS (1000000), BENCH_SCOPE (user), BUILD (build).
import { runApi } from "./api.mjs";
import { parts } from "./lib/parts.mjs";
import { runConsole } from "./console.mjs";
import { runDecide } from "./decide.mjs";
import { runDraft } from "./draft.mjs";
import { runPostgres } from "./postgres.mjs";
import { runReplay } from "./replay.mjs";

const COMMANDS = { ...parts, decide: runDecide, draft: runDraft, replay: runReplay, postgres: runPostgres, api: runApi, console: runConsole };
const words = process.argv.slice(2);
const chosen = words.length === 0 ? ["compare", "sync"] : words.includes("all") ? Object.keys(COMMANDS) : words;
const unknown = chosen.filter((word) => !(word in COMMANDS));

if (unknown.length) {
  console.error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(COMMANDS).join(", ")}, all`);
  process.exit(2);
}
try {
  for (const word of chosen) {
    await COMMANDS[word]();
  }
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(1);
}
