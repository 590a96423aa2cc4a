// process.mjs: starting programs, and what /proc says about them.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import net from "node:net";

const TICKS = 100; // USER_HZ, fixed in Linux's interface

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Run to the end; returns stdout, throws with stderr.
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options });
  if (done.error) {
    throw done.error;
  }
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: exit ${done.status}\n${done.stderr ?? ""}${done.stdout ?? ""}`);
  }
  return done.stdout;
}

export function runAsync(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let out = "";
    let err = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) {
        resolve(out);
      } else {
        reject(new Error(`${command}: exit ${status}\n${err}${out}`));
      }
    });
  });
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null; // it has ended
  }
}

// The process and all that descend from it.
function tree(root) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(name) : null;
    if (stat) {
      children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)]);
    }
  }
  const all = [root];
  for (let i = 0; i < all.length; i++) {
    all.push(...(children.get(all[i]) ?? []));
  }
  return all;
}

// User and system time so far, in microseconds.
export function cpuTime(root) {
  return tree(root).reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0) * (1e6 / TICKS);
}

// Peak resident memory in MB; shared pages count in each process.
export function peakMemory(root) {
  let kb = 0;
  for (const pid of tree(root)) {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    kb += match ? Number(match[1]) : 0;
  }
  return kb / 1024;
}
