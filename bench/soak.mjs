// soak.mjs: mixed load for as long as you like; is memory flat?
//
//   node bench/soak.mjs [MINUTES]     10 when left out; measured once a minute
import { mixed } from "../spec/support/mixed.mjs";

const minutes = Number(process.argv[2] ?? 10);
const { bursts, answers, levels, resident } = await mixed({ seconds: minutes * 60, levels: minutes, rows: 50_000 });
console.log(`${bursts} bursts of 64 requests in ${minutes} minutes: ${JSON.stringify(answers)}`);
console.log(`memory after each minute, MB: ${levels.map((mb) => mb.toFixed(1)).join(" ")}`);
console.log(`with pages of files: ${resident.map((mb) => mb.toFixed(1)).join(" ")}`);
console.log(`last against the first minute: ${(levels.at(-1) - levels[0]).toFixed(1)} MB`);
