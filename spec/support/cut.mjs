// cut.mjs: a server whose next request can be cut off at a chosen allocation:
// memory fails there, its time is over there, or the process was stopped there.
// spec/native/cut_shim.c does it.
//
//   const server = await startCut({ rules });
//   const { answer, allocations } = await server.cut("memory 25 2", (headers) => request(…));
//
// Each of Lua's allocations is one of malloc's in this build of the program.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SLOW, startServer, waitUntil } from "./server.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
// Why it cannot be done here, or false: for `skip`.
export const cannotCut = process.env.ASAN_OPTIONS ? "a sanitizer's malloc() must be the first one" : false;

export async function startCut(options = {}) {
  const made = ["--no-print-directory", "-s", `BUILD=${path.relative(ROOT, BUILD) || "build"}`, "http-tests"];
  execFileSync("make", process.env.SAN ? [...made, `SAN=${process.env.SAN}`] : made, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const order = path.join(BUILD, `cut.${process.pid}.${Math.random().toString(36).slice(2)}`);
  const done = `${order}.done`;
  writeFileSync(order, "");
  const server = await startServer({ ...options, binary: path.join(BUILD, "spec/native/hookswitch"),
    env: { LD_PRELOAD: path.join(BUILD, "spec/native/cut_shim.so"), HS_CUT: order, ...options.env } });
  const stop = server.stop.bind(server);
  return Object.assign(server, {
    // `ask` gets headers to send along; a connection that ends without an answer is an answer with status 0.
    async cut(what, ask) {
      rmSync(done, { force: true });
      writeFileSync(order, what);
      const answer = await ask({ Connection: "close" }).catch((problem) => ({ status: 0, body: problem.message, headers: {} }));
      await waitUntil(() => server.ended || existsSync(done), 20_000 * SLOW, `the end of a request cut by ${what}`);
      return { answer, allocations: server.ended ? 0 : Number(readFileSync(done, "utf8")) };
    },
    async stop(more) {
      for (const file of [order, done]) rmSync(file, { force: true });
      return stop(more);
    },
  });
}
