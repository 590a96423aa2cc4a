// storm.mjs: `make storm`: 20 saves a second for a minute under 500 calls a
// second, a third of the saves broken. Ends with 1 when a call failed, was
// decided by two versions at once, or the memory grew.
//
//   node spec/storm.mjs [seconds [calls a second]]
import { storm } from "./support/storm.mjs";

const seconds = Number(process.argv[2] ?? 60);
const rate = Number(process.argv[3] ?? 500);
const found = await storm({ seconds, rate });
console.log(`${found.saves} saves, ${found.live} versions live; ${found.calls} calls, 99 % within ${found.p99.toFixed(0)} ms, `
  + `the slowest ${found.worst.toFixed(0)} ms; memory ${found.before} kB, then ${found.after} kB`);
const problems = [
  ...found.failed.slice(0, 5).map((message) => `failed: ${message}`),
  ...found.mixed.slice(0, 5).map((row) => `mixed: ${JSON.stringify(row)}`),
  ...(found.stored < found.calls ? [`${found.calls - found.stored} calls were answered and not stored`] : []),
  ...(found.after > found.before * 1.05 + 4096 ? ["memory grew"] : []),
];
for (const problem of problems) console.log(problem);
console.log(`${found.failed.length} failed requests, ${found.mixed.length} mixed versions: ${problems.length ? "NOT good" : "good"}`);
process.exit(problems.length ? 1 : 0);
