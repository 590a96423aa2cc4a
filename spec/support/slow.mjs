// slow.mjs: how slow this machine is at the moment, so that bounds are exact on
// an idle machine and generous on a busy one.
//
//   assert.ok(answer.ms < 300 * SLOW)     use it where the time was measured:
//                                         it changes, so no constant holds it
//   waitUntil(probe, patient(5000))       for what must come, whenever
//
// Busy means that processes other than this one and its servers use the CPUs:
// work that a test makes for its own server does not count.
import { readdirSync, readFileSync } from "node:fs";

export const SANITIZED = Boolean(process.env.HS_SLOW);
// A number that is as of now wherever it is read: what has just slowed us down counts.
export const SLOW = { [Symbol.toPrimitive]: () => { if (performance.now() - seen >= FRESH_MS) look(); return slow; } };
let slow = SANITIZED ? 10 : 1, seen = 0;

const EVERY_MS = 250;
const FRESH_MS = 50;
const WINDOW_MS = 1000;
const REMEMBERED_MS = 10_000; // a burst is over before the test that it slowed down
const TICKS = 100; // of /proc, a second
const FOREIGN = 0.2; // of one CPU
const ours = new Set();
let descendants = false;
const samples = [];
let busyUntil = 0;

const numbers = (file) => readFileSync(file, "utf8").replace(/^.*\) /, "").trim().split(/\s+/).map(Number);

// All processes below this one: looked for only where a browser starts them. Who started a process is read once.
const parents = new Map();
function family() {
  const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const there = new Set(names);
  for (const pid of parents.keys()) if (!there.has(pid)) parents.delete(pid);
  for (const pid of names) {
    if (parents.has(pid)) continue;
    try {
      parents.set(pid, numbers(`/proc/${pid}/stat`)[1]);
    } catch {
      // ended
    }
  }
  const below = (pid) => pid === process.pid || (parents.has(pid) && below(parents.get(pid)));
  return [...parents.keys()].filter((pid) => pid !== process.pid && below(pid));
}

// Seconds of CPU that everybody, and that we used.
function used() {
  const [user, nice, system, , , irq, soft, stolen] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].split(/ +/).slice(1).map(Number);
  let own = 0;
  for (const pid of ["self", ...(descendants ? family() : ours)]) {
    try {
      own += numbers(`/proc/${pid}/stat`).slice(11, 15).reduce((a, b) => a + b); // with children that ended
    } catch {
      ours.delete(pid); // ended
    }
  }
  return { at: performance.now(), all: (user + nice + system + irq + soft + stolen) / TICKS, own: own / TICKS };
}

function look() {
  const now = used();
  seen = now.at;
  samples.push(now);
  while (samples.length > 2 && now.at - samples[1].at >= WINDOW_MS) samples.shift();
  const [then] = samples;
  const foreign = (now.all - then.all - (now.own - then.own)) / ((now.at - then.at) / 1000);
  if (now.at - then.at >= WINDOW_MS && foreign > FOREIGN) busyUntil = now.at + REMEMBERED_MS;
  slow = (SANITIZED ? 10 : 0) + (now.at < busyUntil ? 10 : SANITIZED ? 0 : 1);
}

// A process that a test started: its work is not another's.
export function counted(child) {
  if (child.pid) ours.add(child.pid);
  return child;
}

// What a test starts has children of its own.
export function countDescendants() {
  descendants = true;
}

export const patient = (ms) => (SLOW > 1 ? Math.max(60_000, 2 * ms) : ms);

// Call late() after `ms`, or after patient(ms) if the machine becomes busy meanwhile. Returns what calls it off.
export function within(ms, late) {
  const began = performance.now();
  let timer;
  const look = () => {
    const left = patient(ms) - (performance.now() - began);
    if (left > 0) timer = setTimeout(look, Math.ceil(left));
    else late();
  };
  look();
  return () => clearTimeout(timer);
}

// How long did this process wait for a CPU until now? Nothing else of ours runs yet.
try {
  const [ran, waited] = numbers("/proc/self/schedstat");
  if (waited > 0.2 * (ran + waited)) busyUntil = performance.now() + REMEMBERED_MS;
} catch {
  // not every kernel counts it
}
look();
setInterval(look, EVERY_MS).unref();
