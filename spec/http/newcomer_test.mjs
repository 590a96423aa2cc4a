// newcomer_test.mjs: commands before, during and after the first sandbox in an empty folder: one database for all.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { command, newFolder } from "../support/command.mjs";
import { BINARY, freePort, waitUntil } from "../support/server.mjs";

const FIRST = [["token", "demo"], ["why", "1"], ["now"], ["user", "list"], ["maintain"], ["doctor"], ["simulate"], ["check"], ["config"]];
const LUA = path.resolve(import.meta.dirname, "../../lua");
const made = (folder) => readdirSync(folder).filter((name) => /\.db/.test(name));

// As `make run` does without an account.
async function serveSandbox(cwd, listen) {
  const env = { PATH: process.env.PATH, HOOKSWITCH_LUA: LUA, HOOKSWITCH_LISTEN: listen };
  const child = spawn(BINARY, ["serve", "--sandbox"], { cwd, env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await waitUntil(() => fetch(`http://${listen}/healthz`).then((answer) => answer.ok, () => false), 20_000, "the sandbox").catch((problem) => {
    child.kill("SIGKILL");
    throw problem;
  });
  return { stop: () => (child.kill("SIGTERM"), ended) };
}

describe("in a folder where nothing was served", () => {
  it("commands make no database without an account, and say what to start", async () => {
    for (const args of FIRST) {
      const cwd = newFolder();
      const { status, out, err } = await command(args, { cwd, config: { database: null } });
      assert.deepEqual(made(cwd), [], args.join(" "));
      if (["simulate", "check", "config"].includes(args[0])) assert.equal(status, 0);
      else assert.match(out + err, /no hookswitch\.db or sandbox\.db in this folder: start the server here first \(make run/, args.join(" "));
    }
  });

  it("doctor gives its list all the same", async () => {
    const { status, out } = await command(["doctor"], { config: { database: null } });
    assert.equal(status, 1);
    for (const line of [/^FAILED +credentials/m, /^FAILED +database hookswitch\.db: there is no/m, /^ok +rules/m, /^Fix what is marked FAILED/m]) assert.match(out, line);
  });

  it("and with an account they make its own", async () => {
    const cwd = newFolder();
    assert.equal((await command(["now"], { cwd, config: { database: null, twilio_auth_token: "f".repeat(32) } })).status, 0);
    assert.ok(existsSync(path.join(cwd, "hookswitch.db")));
  });
});

describe("where a sandbox was served", () => {
  it("commands use its database, while it runs and afterwards, and say so when another one is there", async (test) => {
    const cwd = newFolder(), config = { database: null, listen: `127.0.0.1:${await freePort()}` };
    await command(["token", "demo"], { cwd, config });
    const server = await serveSandbox(cwd, config.listen);
    test.after(() => server.stop());
    const token = (await command(["token", "demo"], { cwd, config })).out.trim();
    const answer = await fetch(`http://${config.listen}/api/twilio/call-logs`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    await server.stop();
    assert.equal((await command(["now"], { cwd, config })).err, "");
    assert.deepEqual(made(cwd).filter((name) => name.startsWith("hookswitch")), []);

    writeFileSync(path.join(cwd, "hookswitch.db"), "");
    assert.match((await command(["now"], { cwd, config })).err, /uses hookswitch\.db, not sandbox\.db, which is here too: add --sandbox/);
    assert.match((await command(["now", "--sandbox"], { cwd, config })).err, /uses sandbox\.db, but other commands use hookswitch\.db/);
    rmSync(path.join(cwd, "hookswitch.db"));
  });
});
