// slow_files_test.mjs: the folder of the rules is on a mount that takes longer over a file than a request may take,
// or the whole disk is so slow. Whoever saves is told what is true: it is saved, it isn't, or look first.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { POSTGRES } from "../support/postgres.mjs";
import { SANITIZED, startServer, waitUntil } from "../support/server.mjs";
import { inbound } from "../support/voice.mjs";

const skip = SANITIZED ? "what slows the disk and a sanitizer do not go together" : POSTGRES && "it holds up the file's sync";
const [RULES, DRAFT, TEAM] = ["/api/twilio/rules", "/api/twilio/rules/draft", "/api/twilio/team"];
const JOE = "+13035550142", OURS = "+15105550100", PATIENT = { timeout: 150_000 };
const LIVE = 'return { { "all", go = ring(person "joe") } }\n', NEXT = `${LIVE}-- next\n`;
const PEOPLE = `[joe]\nphone: ${JOE}\nuser: ana\n`;
const hashOf = async (who, target) => (await who.get(target)).body.hash;

// Every route that writes or removes a file: what it does, after what is there before.
const ROUTES = {
  "PUT /rules": async (who) => who.put(RULES, { hash: await hashOf(who, RULES), source: NEXT }, PATIENT),
  "PUT /rules/draft": async (who) => who.put(DRAFT, { hash: await hashOf(who, DRAFT), source: NEXT }, PATIENT),
  "DELETE /rules/draft": (who) => who.delete(DRAFT, PATIENT),
  "POST /rules/draft/promote": async (who) => who.post(`${DRAFT}/promote`, { hash: await hashOf(who, DRAFT) }, PATIENT),
  "POST /rules/versions/1/restore": (who) => who.post(`${RULES}/versions/1/restore`, undefined, PATIENT),
  "PUT /team": async (who) => who.put(TEAM, { hash: await hashOf(who, TEAM),
    people: [{ id: "joe", user: "ana", phones: [{ number: "+13035550143", confirm: true }] }] }, PATIENT),
  "POST /pin": (who) => who.post("/api/twilio/pin", { pin: "48219375" }, PATIENT),
};
const PREPARE = {
  "DELETE /rules/draft": (who) => ROUTES["PUT /rules/draft"](who),
  "POST /rules/draft/promote": (who) => ROUTES["PUT /rules/draft"](who),
  "POST /rules/versions/1/restore": (who) => ROUTES["PUT /rules"](who),
};

async function serverWith(slow) {
  const server = await startServer({ lua: { "forwarding.lua": LIVE, "people.txt": PEOPLE },
    config: { rate_limits: "no", jwt_role_claim: "role", data_scope: "team" },
    env: { LD_PRELOAD: path.resolve(process.env.BUILD ?? "build", "spec/native/disk_shim.so"), HS_DISK_SLOW: slow } });
  givenNumber(server.database, { user: "ana", phone: OURS });
  await server.settled();
  return server;
}

const onDisk = (server) => JSON.stringify(readdirSync(server.lua).filter((name) => /^[^.].*\.(lua|txt)$/.test(name)).sort()
  .map((name) => [name, readFileSync(path.join(server.lua, name), "utf8")]));

// A file is synced, then its folder: together they outlast the 30 s of a request.
const DISKS = { "the folder takes 31 s": (server) => `15600 ${server.lua}`, "the whole disk takes 9 s": () => "9000" };

describe("a route that writes a file", { skip, concurrency: true }, () => {
  for (const [what, of] of Object.entries(DISKS)) {
    for (const [route, ask] of Object.entries(ROUTES)) {
      it(`${route} says what is true while ${what}`, async () => {
        const folder = mkdtempSync(path.join(tmpdir(), "hs-slow-"));
        const slow = path.join(folder, "slow");
        const server = await serverWith(slow);
        try {
          const ana = user(server, "ana", { role: "admin" });
          const prepared = await PREPARE[route]?.(ana);
          assert.equal(prepared?.status ?? 200, 200, prepared?.text);
          const before = onDisk(server);
          writeFileSync(slow, of(server));
          let answer, stored = true;
          const asked = ask(ana).then((got) => { answer = got; });
          while (!answer && what.includes("folder")) { // callers don't wait for it
            stored &&= (await server.post("/api/twilio/twiml", inbound("+14155550123", OURS))).status === 200;
            await new Promise((go) => setTimeout(go, 500));
          }
          await asked;
          rmSync(slow);
          assert.deepEqual([stored, server.logs("not_stored")], [true, []]);
          const code = answer.body.error?.code;
          assert.ok([200, 503].includes(answer.status), answer.text);
          if (answer.status === 200) assert.notEqual(onDisk(server), before);
          else if (code !== "outcome_unknown") assert.equal(onDisk(server), before, answer.text);
          else assert.equal(answer.headers["retry-after"], undefined, "a client that comes again by itself makes it twice");
          // It is well afterwards.
          await waitUntil(async () => (await ana.post("/api/twilio/presence", {})).status < 300, 20_000, "the disk");
          assert.equal((await ana.get(RULES)).status, 200);
        } finally {
          rmSync(slow, { force: true });
          await server.stop();
          rmSync(folder, { recursive: true });
        }
      });
    }
  }
});

// The files that wait beside the ones they replace are written for seconds; a hand saves one meanwhile.
describe("a hand's edit while another is being written", { skip, concurrency: true }, () => {
  const HAND = { "PUT /rules": ["forwarding.lua", "-- by hand\n"], "PUT /team": ["people.txt", "# by hand\n"], "POST /pin": ["people.txt", "# by hand\n"] };
  for (const [route, [name, line]] of Object.entries(HAND)) {
    it(`${route} keeps it`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), "hs-slow-")), slow = path.join(folder, "slow");
      const server = await serverWith(slow);
      try {
        const ana = user(server, "ana", { role: "admin" }), file = path.join(server.lua, name);
        writeFileSync(slow, `3000 ${server.lua}`);
        const asked = ROUTES[route](ana);
        await waitUntil(() => readdirSync(server.lua).some((one) => one.startsWith(`.${name}.`)), 20_000, "the file beside it");
        appendFileSync(file, line);
        const { status, text } = await asked;
        rmSync(slow);
        assert.ok(readFileSync(file, "utf8").endsWith(line), `${status}: ${text}`);
        if (route !== "POST /pin") assert.ok([409, 412].includes(status), text); // a PIN is put into what is there then
      } finally {
        rmSync(slow, { force: true });
        await server.stop();
        rmSync(folder, { recursive: true });
      }
    });
  }
});
