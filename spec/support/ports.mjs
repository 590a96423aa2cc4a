// ports.mjs: ports for servers that specs start.
//
//   const port = await freePort();
//
// Each process has a hundred of its own, so that no other spec's server takes one between the look and the start, or
// between a stop and the next start. The system gives none of them to connections, and a browser refuses none.
import net from "node:net";

const FIRST = 11_000, EACH = 100, BLOCKS = 210;

// A server on that port, or null if it is taken.
const bound = (port) => new Promise((resolve) => {
  const server = net.createServer().on("error", () => resolve(null));
  server.listen(port, "127.0.0.1", () => resolve(server));
});

// The first port of a block says whose the block is: it is held until this process ends.
async function takeBlock() {
  const from = Math.floor(Math.random() * BLOCKS);
  for (let i = 0; i < BLOCKS; i++) {
    const first = FIRST + (from + i) % BLOCKS * EACH, guard = await bound(first);
    if (guard) {
      guard.unref();
      return first;
    }
  }
  throw new Error(`all ports from ${FIRST} to ${FIRST + BLOCKS * EACH} are taken`);
}

let block, given = 0;
export async function freePort() {
  const first = await (block ??= takeBlock());
  for (let tries = 1; tries < EACH; tries++) {
    const port = first + 1 + given++ % (EACH - 1), probe = await bound(port);
    if (!probe) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
  throw new Error(`all of this process's ports are taken, ${first + 1} to ${first + EACH - 1}`);
}
