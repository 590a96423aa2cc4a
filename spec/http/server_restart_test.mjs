// server_restart_test.mjs: what an administrator does to a PostgreSQL server while calls come in: restarts, as an upgrade of a minor version
// does, ended sessions, changed settings. Runs in `spec/run postgres`.
import { after, before, describe, it } from "node:test";
import { CALLER, calm, copied, NUMBER, play, TARGET } from "../support/callers.mjs";
import { givenNumber } from "../support/database.mjs";
import { startPair } from "../support/failover.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const OURS = "FROM pg_stat_activity WHERE usename = 'hookswitch'";

describe("a PostgreSQL server that is administered", { skip }, () => {
  let pair, primary, server;
  before(async () => {
    pair = await startPair();
    if (pair.missing) return;
    ({ primary } = pair);
    await primary.psql("ALTER SYSTEM RESET synchronous_standby_names");
    await primary.psql("ALTER ROLE admin SET idle_session_timeout = 0"); // of psql on a busy machine, with the settings below
    await primary.psql("SELECT pg_reload_conf()");
    await pair.standby.stop();
    server = await startServer({ config: { database: primary.url, workers: 16 } });
    givenNumber(primary.url, { settings: { always: TARGET } });
    await server.settled();
    await waitUntil(async () => (await server.post("/api/twilio/twiml", inbound(CALLER, NUMBER))).body.includes(TARGET), 10_000, "the number");
    await copied(server);
  });
  after(async () => {
    if (server && !server.ended) await server.stop({ code: null });
    await pair?.stop?.();
  });

  const restarted = async (signal) => {
    primary.server.kill(signal);
    await primary.ended;
    await primary.start();
  };
  const set = async (settings) => {
    for (const [name, value] of Object.entries(settings)) await primary.psql(`ALTER SYSTEM SET ${name} = '${value}'`);
    await primary.psql("SELECT pg_reload_conf()");
  };
  const WAYS = {
    "a fast restart": () => restarted("SIGINT"),
    "an immediate restart": () => restarted("SIGQUIT"),
    "its sessions are ended, one by one and all at once": async () => {
      for (const pid of (await primary.psql(`SELECT pid ${OURS}`)).split("\n")) {
        await primary.psql(`SELECT pg_terminate_backend(${pid})`);
        await sleep(50);
      }
      await primary.psql(`SELECT pg_terminate_backend(pid) ${OURS}`);
    },
    "its statements are canceled": async () => {
      for (let times = 0; times < 20; times++) {
        await primary.psql(`SELECT pg_cancel_backend(pid) ${OURS}`);
        await sleep(50);
      }
    },
    "limits set for the whole server, and a reload": async () => {
      await set({ statement_timeout: "500ms", lock_timeout: "10ms", idle_session_timeout: "200ms", idle_in_transaction_session_timeout: "50ms",
        default_transaction_isolation: "serializable", timezone: "Asia/Kathmandu", datestyle: "German" });
      await sleep(1000);
    },
    "a restart with these": () => restarted("SIGINT"),
    "a role without room for all of its connections": async () => {
      await primary.psql("ALTER ROLE hookswitch CONNECTION LIMIT 5");
      await primary.psql(`SELECT pg_terminate_backend(pid) ${OURS}`);
      await sleep(1000);
      await primary.psql("ALTER ROLE hookswitch CONNECTION LIMIT -1");
    },
    "a role that may not log in for a while": async () => {
      await primary.psql("ALTER ROLE hookswitch NOLOGIN");
      await primary.psql(`SELECT pg_terminate_backend(pid) ${OURS}`);
      await sleep(1000);
      await primary.psql("ALTER ROLE hookswitch LOGIN");
    },
  };
  for (const [what, happen] of Object.entries(WAYS)) it(`${what}: no caller notices, no call is lost`, async (test) => {
    if (pair.missing) return test.skip(pair.missing);
    await play(test, what, server, async () => {
      await happen();
      return { primary, healed_at: Date.now() };
    });
    await waitUntil(() => calm(server), 10_000, "calm");
  });
});
