// slow.mjs: how long a caller waits while 200 connections are slow.
import net from "node:net";
import { sleep } from "./process.mjs";
import { call, start, stop } from "./servers.mjs";
import { SERVER_URL, TARGET, caller, encode, newCallSid, sign, voiceRequest } from "./workload.mjs";

const CONNECTIONS = 200;
const DRIP_MS = 200; // a byte each so often
const EVERY_MS = 50;
const FOR_MS = 10_000;

function requestText() {
  const params = voiceRequest(newCallSid(), "+13035550177");
  const body = encode(params);
  const head =
    `POST ${TARGET} HTTP/1.1\r\nHost: ${new URL(SERVER_URL).host}\r\nUser-Agent: TwilioProxy/1.1\r\n` +
    `Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `X-Twilio-Signature: ${sign(params)}\r\n`;
  return { head, body };
}

// What each kind of attack sends at once, and what it then drips, byte by byte.
const FAMILIES = {
  "nothing slow": null,
  "sit idle": () => ["", ""],
  "idle after one request": () => {
    const { head, body } = requestText();
    return [`${head}\r\n${body}`, ""];
  },
  "slow headers": () => {
    const { head } = requestText();
    return [head.slice(0, 20), head.slice(20)];
  },
  "slow bodies": () => {
    const { head, body } = requestText();
    return [`${head}\r\n${body.slice(0, 10)}`, body.slice(10)];
  },
};

// One attacker, who reconnects whenever the server ends the connection.
function attack(port, family, state) {
  const [first, drip] = family();
  const socket = net.connect(port, "127.0.0.1", () => socket.write(first));
  let at = 0;
  const timer = setInterval(() => {
    if (socket.readyState === "open" && at < drip.length) {
      socket.write(drip[at++]);
    }
  }, DRIP_MS);
  state.sockets.add(socket);
  socket.on("data", () => {});
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(timer);
    state.sockets.delete(socket);
    if (!state.over) {
      setTimeout(() => state.over || attack(port, family, state), 20);
    }
  });
}

function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50_ms: percentile(sorted, 0.5), p99_ms: percentile(sorted, 0.99), max_ms: sorted[sorted.length - 1] };
}

// Calls leave on time whether or not earlier ones have been answered. One that
// fails counts with the time it took and as failed.
export async function callsOnTime(s, { every = EVERY_MS, during = FOR_MS, agent = false, first = 0 } = {}) {
  const waiting = [];
  const started = performance.now();
  let failed = 0;
  for (let i = 0; i * every < during; i++) {
    const due = started + i * every;
    await sleep(Math.max(0, due - performance.now()));
    const left = performance.now();
    const params = voiceRequest(newCallSid(), caller(first + i));
    waiting.push(
      call(s, { params, agent }).then(
        (answer) => {
          failed += answer.status === 200 ? 0 : 1;
          return answer.ms;
        },
        () => {
          failed++;
          return performance.now() - left;
        },
      ),
    );
  }
  const times = await Promise.all(waiting);
  return { calls: times.length, failed, ...summary(times) };
}

export async function slow(name) {
  const results = {};
  for (const [title, family] of Object.entries(FAMILIES)) {
    const s = await start(name);
    const state = { sockets: new Set(), over: false };
    try {
      if (family) {
        for (let i = 0; i < CONNECTIONS; i++) {
          attack(s.port, family, state);
        }
        await sleep(1000);
      }
      const result = await callsOnTime(s);
      results[title] = result;
      const { p99_ms: p99, max_ms: slowest, failed } = result;
      console.log(`${title.padEnd(24)} p99 ${p99.toFixed(1)} ms   slowest ${slowest.toFixed(1)} ms   failed ${failed}`);
    } finally {
      state.over = true;
      for (const socket of state.sockets) {
        socket.destroy();
      }
      await stop(s);
    }
  }
  return results;
}
