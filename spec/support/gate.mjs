// gate.mjs: a way to a TCP server that can be shut: what lies between a host and its database.
//
//   const gate = await openGate(port);   gate.port leads to 127.0.0.1:port
//   gate.refuse()   connections end, and new ones are refused: the server is down
//   gate.hold()     nothing goes through, nothing is closed: the link is cut, and no one is told
//   gate.open()     as before; what was held goes through now
//   gate.delay(ms)  what the server says comes this much later
//   await gate.close()
import net from "node:net";

export async function openGate(port, host = "127.0.0.1") {
  let mode = "open", late = 0;
  const pairs = new Set();
  // What came before a change of the delay isn't overtaken by what comes after it.
  const lateInTurn = (to) => {
    let waiting = 0, last = Promise.resolve();
    return (part) => {
      if (!late && !waiting) {
        to.write(part);
        return;
      }
      const due = new Promise((resolve) => setTimeout(resolve, late));
      waiting++;
      last = last.then(() => due).then(() => { waiting--; to.write(part); });
    };
  };
  const server = net.createServer({ pauseOnConnect: true }, (near) => {
    if (mode === "refuse") return near.destroy();
    const far = net.connect({ host, port });
    const pair = { near, far, ends: [near, far] };
    pairs.add(pair);
    const end = () => { pairs.delete(pair); near.destroy(); far.destroy(); };
    near.on("data", (part) => far.write(part));
    far.on("data", lateInTurn(near));
    for (const socket of pair.ends) socket.on("error", end).on("close", end);
    for (const socket of pair.ends) {
      socket.setNoDelay(true);
      if (mode === "hold") socket.pause();
      else socket.resume();
    }
  });
  server.on("error", () => {});
  const listen = (at) => new Promise((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const own = server.address().port;
  return {
    port: own,
    refuse() {
      mode = "refuse";
      for (const { near, far } of [...pairs]) near.destroy(), far.destroy();
    },
    hold() {
      mode = "hold";
      for (const { ends } of pairs) for (const socket of ends) socket.pause();
    },
    open() {
      mode = "open";
      for (const { ends } of pairs) for (const socket of ends) socket.resume();
    },
    delay(ms) { late = ms; },
    close() {
      for (const { near, far } of [...pairs]) near.destroy(), far.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
