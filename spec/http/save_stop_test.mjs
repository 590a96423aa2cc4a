// save_stop_test.mjs: the process is told to end in each state of a save, at moments that are drawn: while the file
// loads, while past calls and made-up ones try it, while it waits for someone to agree, when it has just gone live.
// It ends by its deadline, and after the next start a whole version answers: what was live, or what was saved.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { generator } from "../support/random.mjs";
import { patient, SANITIZED, sleep, startServer, waitUntil } from "../support/server.mjs";
import { inbound, rung, twiml } from "../support/voice.mjs";

const [JOE, SUE, PAT] = ["+13035550142", "+13035550177", "+13035550166"];
const CALLER = "+14155550123", OURS = "+15105550100", RULES = "/api/twilio/rules";
const DRAIN_S = 4, PAST_CALLS = 8, DRAWN = 3;
const below = generator(20261130);
const busy = (turns) => `for _ = 1, ${turns} do end`;
const when = (body) => `function(call) ${body} return true end`;
const text = (phone, rule = "", head = "") => `${head}\nreturn { { "all", ${rule && `when = ${rule}, `}go = ring("${phone}") } }\n`;
const LIVE = text(JOE);

// The text of a save that stays in that state for a while; what may answer after the next start.
const STATES = {
  "loading": { of: (phone) => text(phone, "", busy(2e7)) },
  "trying past calls": { of: (phone) => text(phone, when(`if call.from == "${CALLER}" then ${busy(2e6)} end`)) },
  "trying made-up calls": { of: (phone) => text(phone, when(`if call.from ~= "${CALLER}" then ${busy(1e5)} end`)) },
  "waiting for someone to agree": { of: (phone) => text(phone), config: { rules_confirm: "yes" }, never: true },
  "going live": { of: (phone) => text(phone) },
  "not ending": { of: (phone) => text(phone, "", "while true do end"), never: true },
};
const file = (server) => path.join(server.lua, "forwarding.lua");
const WAYS = {
  "a saved file": (server, of) => writeFileSync(file(server), of(SUE)),
  // Both say what they saw; one of them at most is saved.
  "two users at once": (server, of) => {
    const hash = server.hash;
    for (const [name, phone] of [["ana", SUE], ["ben", PAT]])
      user(server, name).put(RULES, { hash, source: of(phone) }, { tries: 0 }).catch(() => {}); // the connection ends with the process
  },
};
const called = async (server) => rung(twiml(await server.post("/api/twilio/twiml", inbound(CALLER, OURS))))[0];

async function serverWith(config) {
  const server = await startServer({ lua: { "forwarding.lua": LIVE }, config: { drain_seconds: DRAIN_S, trial_seconds: 20, ...config } });
  givenNumber(server.database, { user: "ana", phone: OURS });
  await server.settled();
  for (let i = 0; i < PAST_CALLS; i++) assert.equal(await called(server), JOE);
  server.hash = (await user(server, "ana").get(RULES)).body.hash;
  return server;
}

describe("a process that is told to end during a save", { concurrency: SANITIZED ? 1 : 3 }, () => {
  for (const [state, { of, config, never }] of Object.entries(STATES)) {
    for (const [way, save] of Object.entries(WAYS)) {
      for (const ms of Array.from({ length: DRAWN }, (_, i) => below([5, 120, 600][i]))) {
        it(`by ${way} that is ${state}, after ${ms} ms`, async () => {
          const first = await serverWith(config);
          save(first, of);
          await sleep(ms);
          const began = performance.now();
          // A request that still tries its files by then ends with the process, by its deadline, or just before it.
          const { code } = await first.stop({ keep: true, code: null });
          const wasCut = first.logs("stopped_hard").length > 0 || first.logs("drained").some(({ in_flight }) => in_flight > 0);
          assert.equal(code, Number(wasCut), first.err);
          assert.ok(code === 0 || way === "two users at once", first.err);
          assert.ok(performance.now() - began < patient(DRAIN_S * 1000 + 3000), `${performance.now() - began} ms`);
          assert.deepEqual(first.logs("trial_abandoned"), [], "stopping says nothing about the files");
          if (!never) assert.deepEqual(first.logs("reload_refused"), []);
          const onDisk = readFileSync(file(first), "utf8");
          assert.ok([LIVE, of(SUE), of(PAT)].includes(onDisk), onDisk);
          const second = await startServer({ folder: first.folder, port: first.port, config: { trial_seconds: of === STATES["not ending"].of ? 2 : 20, ...config } });
          try {
            const wanted = never ? JOE : [JOE, SUE, PAT][[LIVE, of(SUE), of(PAT)].indexOf(onDisk)];
            await waitUntil(async () => await called(second) === wanted, 10_000, `a call for ${wanted}`);
          } finally {
            await second.stop();
          }
        });
      }
    }
  }
});
