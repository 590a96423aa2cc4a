// failover_test.mjs: a primary and a synchronous standby, and what callers notice when one of them hangs, goes, dies or is
// cut off. Runs in `spec/run postgres`; `make failover` plays 20 rounds.
import assert from "node:assert/strict";
import { it } from "node:test";
import { CALLER, calm, copied, NUMBER, play, TARGET } from "../support/callers.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { startPair } from "../support/failover.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const ROUNDS = Number(process.env.HS_FAILOVER_ROUNDS ?? 1);

async function serve(test, pair) {
  const server = await startServer({ config: { database: pair.url, workers: 16 } });
  test.after(() => server.ended ?? server.stop({ code: null }));
  givenNumber(pair.primary.url, { settings: { always: TARGET } });
  await server.settled();
  await waitUntil(async () => (await server.post("/api/twilio/twiml", inbound(CALLER, NUMBER))).body.includes(TARGET), 10_000, "the number");
  await copied(server);
  return server;
}

for (let round = 1; round <= ROUNDS; round++) {
  const which = ROUNDS > 1 ? ` (round ${round})` : "";

  it(`a standby hangs, then goes, then the primary dies: no caller notices, no call is lost${which}`, { skip }, async (test) => {
    const pair = await startPair();
    if (pair.missing) return test.skip(pair.missing);
    test.after(() => pair.stop());
    const { primary, standby } = pair;
    const server = await serve(test, pair);

    const doctor = async () => (await command(["doctor"], { config: { database: pair.url } })).out;
    const shown = (node) => `127\\.0\\.0\\.1:${node.port}`;
    const healthy = await doctor();
    assert.match(healthy, new RegExp(`note.*${shown(primary)} is the primary, timeline 1`));
    assert.match(healthy, new RegExp(`note.*${shown(standby)} is a standby`));
    assert.match(healthy, /note.*GRANT pg_read_all_stats/);
    assert.match(healthy, /note.*has room for \d+ hosts \(12 connections each\), and 1 run/);
    await primary.psql("GRANT pg_read_all_stats TO hookswitch");
    assert.match(await doctor(), /note.*a synchronous standby is connected/);

    // Commits hang with it. The primary notices by itself only after a minute.
    await play(test, "a standby that hangs", server, async () => {
      standby.freeze(true);
      await sleep(1500);
      standby.freeze(false);
      return { primary, healed_at: Date.now() };
    });
    await play(test, "a standby that is gone", server, async () => {
      await standby.stop();
      await sleep(1500);
      await standby.start();
      await waitUntil(async () => await primary.psql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") === "1", 20_000, "the standby");
      return { primary, healed_at: Date.now() };
    });
    // One that is fenced gets nothing, not even on connections that were open before.
    const shows = (value) => async () => await primary.psql("SHOW default_transaction_read_only") === value;
    await primary.psql("ALTER SYSTEM SET default_transaction_read_only = on");
    await primary.psql("SELECT pg_reload_conf()");
    await waitUntil(shows("on"), 10_000, "the fence");
    const form = inbound(CALLER, NUMBER);
    const stored = () => primary.psql(`SELECT count(*) FROM call_decisions WHERE call_sid = '${form.CallSid}'`, "hookswitch");
    assert.ok((await server.post("/api/twilio/twiml", form)).body.includes(TARGET));
    assert.equal(await stored(), "0");
    await primary.psql("ALTER SYSTEM RESET default_transaction_read_only");
    await primary.psql("SELECT pg_reload_conf()");
    await waitUntil(async () => await calm(server) && await stored() === "1", 20_000, "the call of the near file");
    await play(test, "a primary that is killed", server, async () => {
      await primary.kill();
      await sleep(500);
      await standby.promote();
      return { primary: standby, healed_at: Date.now() };
    });
    const alone = await doctor();
    assert.match(alone, new RegExp(`note.*${shown(standby)} is the primary, timeline 2`));
    assert.match(alone, new RegExp(`warn.*${shown(primary)} isn't in use: Connection refused`));
    assert.match(alone, /warn.*none of the URL's servers is a standby now/);
    assert.match(alone, /warn.*no synchronous standby is configured/);
    await server.stop();
  });

  it(`the primary is cut off without a word, and comes back as if nothing had happened: it isn't used${which}`, { skip }, async (test) => {
    const pair = await startPair({ network: true });
    if (pair.missing) return test.skip(pair.missing);
    test.after(() => pair.stop());
    const { primary, standby } = pair;
    const server = await serve(test, pair);

    await play(test, "a primary that is cut off, and back", server, async () => {
      await primary.cut(true);
      await sleep(500);
      await standby.promote();
      const healed_at = Date.now();
      await waitUntil(async () => server.logs("database_primary_moved").length, 10_000, "the new primary");
      // Nobody has fenced it: it would store whatever it is given.
      await primary.psql("ALTER SYSTEM RESET synchronous_standby_names");
      await primary.psql("SELECT pg_reload_conf()");
      await primary.cut(false);
      return { primary: standby, healed_at };
    });
    const count = () => primary.psql("SELECT count(*) FROM call_decisions", "hookswitch");
    const before = await count();
    // Also not after a restart, and when it is the only one that answers.
    await standby.stop();
    await server.stop({ signal: "SIGKILL", code: null, keep: true });
    const again = await startServer({ folder: server.folder, config: { database: pair.url, workers: 16 } });
    test.after(() => again.ended ?? again.stop({ code: null }));
    const answer = await again.post("/api/twilio/twiml", inbound(CALLER, NUMBER));
    assert.ok(answer.body.includes(TARGET), answer.body);
    assert.match(again.logs("started_from_near_file")[0].message, /old primary: timeline 1, and 2 was seen/);
    assert.equal(await count(), before);
    await again.stop({ code: null });
  });
}
