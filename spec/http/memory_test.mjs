// memory_test.mjs: what a burst needed is given back. A longer run: bench/soak.mjs.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mixed } from "../support/mixed.mjs";
import { SANITIZED } from "../support/server.mjs";

// What is freed stays in its quarantine for a while.
const skip = SANITIZED && "a sanitizer keeps what is freed";

describe("the memory of a server", () => {
  it("is after many bursts what it was after some", { skip }, async (test) => {
    const { bursts, answers, levels, vms } = await mixed({ seconds: 4, levels: 4, least: 16 });
    test.diagnostic(`${bursts} bursts, ${JSON.stringify(answers)}, ${levels.map((mb) => mb.toFixed(0)).join(" ")} MB, ${vms} VMs`);
    // A client that stands still on a busy machine is let go.
    for (const status of Object.keys(answers)) assert.match(status, /^(20[0-9]|409|503|socket hang up|read ECONNRESET|write EPIPE)$/);
    assert.ok(answers[200] > 100);
    // The caches of all connections fill in the first forty bursts or so.
    assert.ok(levels.at(-1) - levels.at(-2) <= 12, `${levels.join(" ")} MB`);
    assert.ok(levels.at(-1) < 90, `${levels.join(" ")} MB`);
  });
});
