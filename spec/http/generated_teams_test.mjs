// generated_teams_test.mjs: teams that nobody has thought of, in every shape that hands give their files: the forms keep
// each byte that they don't change, change what a hand would, and refuse to lose whoever is named somewhere.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { givenNumber } from "../support/database.mjs";
import { startServer } from "../support/server.mjs";
import { makeTeam } from "../support/teams.mjs";

// TEAMS=200 looks at many; TEAMS=1 SEED=… at the one that a failure names.
const TEAMS = Number(process.env.TEAMS ?? 3), SEED = Number(process.env.SEED ?? 20261130);
const TEAM = "/api/twilio/team", KINDS = ["people", "groups", "hours", "oncall"], ROUNDS = 3;

let server, ana;
before(async () => {
  server = await startServer({ rules: "return {}", lua: {}, config: { rate_limits: "no", data_scope: "team", country: "US", ring_limit_seconds: 600 } });
  givenNumber(server.database, { user: "ana", phone: "+15105550100" });
  await server.settled();
  ana = user(server, "ana");
});
after(() => server?.stop());

const onDisk = (name) => readFileSync(path.join(server.lua, name), "utf8");
const bytes = () => Object.fromEntries(KINDS.map((kind) => [`${kind}.txt`, onDisk(`${kind}.txt`)]));
const copy = (value) => JSON.parse(JSON.stringify(value));
const entriesOf = (team) => Object.fromEntries(KINDS.map((kind) => [kind, copy(team[kind])]));
const get = async () => (await ana.get(TEAM)).body;
async function put(body) {
  const answer = await ana.put(TEAM, { ...body, hash: (await get()).hash });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
async function check(body) {
  const answer = await ana.post(`${TEAM}/check`, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const told = ({ error }) => [error, ...(error.errors ?? [])].map(({ file, line, message }) => `${file}:${line}: ${message}`);
const SHOWN = 12; // characters of a name that a message shows in any case

describe(`generated teams, SEED=${SEED} TEAMS=${TEAMS}`, () => {
  for (let seed = SEED; seed < SEED + TEAMS; seed++) {
    it(`SEED=${seed}: is read, edited by form as by hand, and keeps whoever is named`, async () => {
      const team = makeTeam(seed);
      const files = { ...team.texts(), "forwarding.lua": team.rules };
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(server.lua, name), text);
      const read = await get();
      assert.deepEqual(read.errors, [], JSON.stringify(files, null, 1));
      assert.deepEqual(KINDS.map((kind) => read[kind].map(({ id }) => id)), KINDS.map((kind) => team.made[kind].map(({ id }) => id)));

      // What the check accepts opens in the form, and is saved again without another byte.
      const passes = await check(entriesOf(read));
      assert.ok(passes.ok, JSON.stringify([passes.error, team.rules]));
      await put(entriesOf(read));
      assert.deepEqual(bytes(), team.texts());

      // A name that is used is neither removed nor renamed behind the back of whoever uses it.
      const used = new Map(team.uses.map((use) => [`${use.kind} ${use.id}`, use]));
      for (const [n, { kind, id }] of [...used.values()].entries()) {
        const uses = team.uses.filter((one) => one.kind === kind && one.id === id).map(({ by }) => by);
        const inFiles = uses.filter(({ file }) => file !== "forwarding.lua"); // told first: rules come after the files
        const list = entriesOf(read)[kind];
        const without = list.filter((one) => one.id !== id), renamed = list.map((one) => (one.id === id ? { ...one, id: "someone else" } : one));
        // Under a new name, hours that are closed all week have no line that says so.
        const isShut = kind === "hours" && Object.values(list.find((one) => one.id === id).week).flat().length === 0;
        const answer = await check({ [kind]: (seed + n) % 2 || isShut ? without : renamed });
        assert.equal(answer.ok, false, `${kind} ${id}`);
        const lines = told(answer);
        for (const { file, words } of inFiles.length ? inFiles : uses.slice(0, 1)) {
          const line = lines.find((one) => one.startsWith(`${file}:`) && one.includes(words.slice(0, SHOWN)) && one.includes(id.slice(0, SHOWN)));
          assert.ok(line, `${kind} ${id} in ${file}, ${words}: ${lines.join("\n")}`);
        }
      }

      for (let round = 0; round < ROUNDS; round++) {
        const current = entriesOf(await get()), wanted = copy(current), kinds = team.edit()(wanted);
        const saved = await put(Object.fromEntries(kinds.map((kind) => [kind, wanted[kind]])));
        assert.deepEqual(bytes(), team.texts(), `round ${round}: ${kinds}`);
        const again = await get();
        assert.deepEqual(again.errors, []);
        assert.deepEqual(entriesOf(again), entriesOf(saved));
        await put(entriesOf(again));
        assert.deepEqual(bytes(), team.texts());
      }
    });
  }
});
