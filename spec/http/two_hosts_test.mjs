// two_hosts_test.mjs: docs/operations.md, "From one machine to two hosts" and "A cheap standby for the file", command by command. A
// machine of the page is a folder with /etc, /var and /root, and has an address on the loopback; `apt`, `systemctl`, `sudo`, `chown`,
// `scp` and `rsync` are functions that do to it what they do to a machine. All else is real: PostgreSQL, nginx, the program. The upgrade
// is to the same program. Runs in `spec/run postgres`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { givenNumber, rows } from "../support/database.mjs";
import { POSTGRES, programs, psql, rowsOf, unprivileged } from "../support/postgres.mjs";
import { block, nginx, ORIGIN } from "../support/proxy.mjs";
import { BINARY, sleep, TOKEN, waitUntil } from "../support/server.mjs";
import { inbound, report } from "../support/voice.mjs";

const skip = !POSTGRES && "only in the stage postgres (spec/run postgres)";
const ROOT = path.resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(path.join(ROOT, "docs/operations.md"), "utf8");
const section = (title) => PAGE.slice(PAGE.indexOf(`\n## ${title}\n`)).slice(1).split(/\n## /)[0];
const NUMBER = "+15105550100", CALLER = "+14155550123", TARGET = "+13035550142";
const PASSWORD = "correct horse";
const CLIENTS = 6;

// What a shell on one of the machines finds in place of the system's: MACHINE is its folder.
const SHELL = `set -euo pipefail
service=$MACHINE/var/lib/hookswitch data=$MACHINE/var/lib/postgresql/$VERSION/main etc=$MACHINE/etc/postgresql/$VERSION/main
export HOME=$MACHINE/$AS PGHOST=$MACHINE/run PGUSER=postgres
cd "$HOME"
as_postgres() { if [ -n "$PG_UID" ]; then setpriv --reuid="$PG_UID" --regid="$PG_GID" --clear-groups -- "$@"; else "$@"; fi; }
postgresql_start() {
  as_postgres pg_ctl -D "$data" -w -t 60 -l "$MACHINE/run/log" -o "-c listen_addresses=$ADDRESS -c unix_socket_directories=$MACHINE/run \
    -c hba_file=$etc/pg_hba.conf -c fsync=off -c shared_buffers=16MB" start >/dev/null
}
postgresql_stop() { as_postgres pg_ctl -D "$data" -w -m fast stop >/dev/null; }
hookswitch_runs() {
  local pid
  [ -e "$MACHINE/run/pid" ] && pid=$(cat "$MACHINE/run/pid") && [ -e "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status"
}
hookswitch_start() {
  : >"$MACHINE/run/out"
  (cd "$service" && HOME=$service exec setsid "$BINARY" serve --config "$MACHINE/etc/hookswitch/app.conf" >"$MACHINE/run/out" 2>>"$MACHINE/run/err" </dev/null) &
  echo $! >"$MACHINE/run/pid"
  until grep -q ' answers on ' "$MACHINE/run/out"; do hookswitch_runs || { tail -5 "$MACHINE/run/err" >&2; return 1; }; sleep 0.05; done
}
hookswitch_stop() { if hookswitch_runs; then kill -TERM "$(cat "$MACHINE/run/pid")"; while hookswitch_runs; do sleep 0.05; done; fi; }
systemctl() {
  case "$*" in
    "restart "*) "$2_stop"; "$2_start" ;;
    "enable --now "*) "$3_start" ;;
    "start "*|"stop "*) "$2_$1" ;;
    *) echo "systemctl $*?" >&2; return 1 ;;
  esac
}
# As Debian's packages do.
apt() {
  local what
  for what in "\${@:2}"; do
    case $what in
      libpq5|--allow-downgrades) ;;
      ./hookswitch_*) if hookswitch_runs; then systemctl restart hookswitch; fi ;;
      postgresql)
        mkdir -p "$etc"
        local new=$MACHINE/../db1/var/lib/postgresql/new # the same for both machines
        [ -d "$new" ] || as_postgres initdb -D "$new" -U postgres --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
        as_postgres mkdir -p "\${data%/main}"
        as_postgres cp -a "$new" "$data"
        grep -v '^host' "$data/pg_hba.conf" >"$etc/pg_hba.conf" # nobody from outside, not even this machine
        rm "$data/pg_hba.conf"
        postgresql_start ;;
      *) echo "apt install $what?" >&2; return 1 ;;
    esac
  done
}
sudo() { local -x HOME=$service; "\${@:3}"; }
hookswitch() (cd "$service"; if [ "$1" = copy ]; then exec "$BINARY" "$@"; else exec "$BINARY" "$@" --config "$MACHINE/etc/hookswitch/app.conf"; fi)
createuser() { printf '%s\n%s\n' "$ASKED" "$ASKED" | command createuser "$@"; }
pg_basebackup() { PGPASSWORD=$ASKED command pg_basebackup --no-sync "$@"; }
chown() { [ "$1" = hookswitch: ]; }
scp() { cp "$@"; }
rsync() { [ "$1" = -a ]; cp "$@"; }
`;

let all, machines, front;

// The text of the page, for this machine; what is on another is where that has it.
const here = (text, name) => text.replace(/^(scp .* )(\w+):$/gm, `$1${all}/$2/root/`).replace(/\b(\w+):\/(etc|var|root)\//g, `${all}/$1/$2/`).replace(/(?<![\w.\/])\/(etc|var|root)\//g, `${all}/${name}/$1/`)
  .replaceAll("tar -C / ", `tar -C ${all}/${name} `).replaceAll("10.0.0.0/24", "127.0.0.0/8").replace(/10\.0\.0\.(?=\d)/g, machines.net)
  .replace(/\/15\/main/g, `/${machines.version}/main`).replaceAll("PASSWORD", PASSWORD);

// One block of the page, on the machine and as the user that its first line names.
async function runBlock(text) {
  const [, name, as] = /^# on (\w+), as (\w+)\n/.exec(text) ?? assert.fail(`no machine is named:\n${text}`);
  const { bin, version, user, address } = machines;
  const other = user && as === "root";
  const env = { PATH: `${bin}:${process.env.PATH}`, LC_ALL: "C", MACHINE: path.join(all, name), AS: as, VERSION: version, ADDRESS: address[name] ?? "",
    BINARY, PG_UID: other ? String(user.uid) : "", PG_GID: other ? String(user.gid) : "", ASKED: PASSWORD };
  // In a session without a terminal.
  const child = spawn("bash", ["-c", SHELL + here(text, name)], { env, cwd: all, detached: true, ...(as === "postgres" && user), stdio: ["ignore", "pipe", "pipe"] });
  let out = "", err = "";
  child.stdout.setEncoding("utf8").on("data", (part) => { out += part; });
  child.stderr.setEncoding("utf8").on("data", (part) => { err += part; });
  const began = Date.now();
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (process.env.HS_TIMES) console.log(`${Date.now() - began} ms: ${text.split("\n").slice(0, 2).join(" ")}`);
  assert.equal(code, 0, `${text}\n${out}\n${err}`);
  return out;
}

const blocks = (title) => [...section(title).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text]) => text);
const pidOf = (name) => Number(readFileSync(path.join(all, name, "run/pid"), "utf8"));
const ask = (name, sql) => rowsOf(`postgresql://hookswitch:${encodeURIComponent(PASSWORD)}@${machines.address[name]}/hookswitch`, sql);
const file = (name, rest) => path.join(all, name, rest);

function makeMachine(name) {
  for (const part of ["root", "run", "postgres", "etc/cron.d", "etc/hookswitch", "var/lib/hookswitch/lua", "var/lib/postgresql"])
    mkdirSync(file(name, part), { recursive: true });
  if (machines.user)
    for (const part of ["run", "postgres", "var/lib/postgresql"]) chownSync(file(name, part), machines.user.uid, machines.user.gid);
}

// As the package leaves it, and its owner filled it in. Paths are from /var/lib/hookswitch, where the service runs.
function install(name, listen) {
  writeFileSync(file(name, "var/lib/hookswitch/lua/forwarding.lua"), "return {}\n");
  writeFileSync(file(name, "etc/hookswitch/app.conf"), `database = hookswitch.db\nlua = lua\nserver_url = ${ORIGIN}\ntwilio_auth_token = ${TOKEN}
listen = ${listen}\nworkers = 16\nconcurrent_calls = 10000\nmaintenance_seconds = 0\n`);
}

// Calls, one after the other, until `over`: what was answered, and each CallSid.
async function callAway(state) {
  while (!state.over) {
    const form = inbound(CALLER, NUMBER);
    const began = performance.now();
    for (const [target, params, good] of [["/api/twilio/twiml", form, 200],
      ["/api/twilio/status-callback", report(form.CallSid, "completed", { From: CALLER, To: NUMBER, Direction: "inbound", CallDuration: "7" }), 204]]) {
      const { status, body } = await front.post(target, params).catch((error) => ({ status: error.code ?? error.message }));
      state.statuses[status] = (state.statuses[status] ?? 0) + 1;
      if (status !== good) state.bad.push(`${target} ${form.CallSid} ${status} ${body ?? ""} ${Math.round(performance.now() - began)} ms`);
      else if (good === 200 && !body.includes(`>${TARGET}<`)) state.bad.push(`${form.CallSid}: ${body}`);
    }
    state.sids.push(form.CallSid);
    state.slowest = Math.max(state.slowest, performance.now() - began);
    await sleep(15);
  }
}

describe("the page", { skip }, () => {
  before(() => {
    all = mkdtempSync(path.join(tmpdir(), "hookswitch-hosts-"));
    chmodSync(all, 0o755);
    const bin = programs(), net = `127.${1 + process.pid % 250}.${1 + Math.floor(Math.random() * 250)}.`;
    machines = { bin, net, version: path.basename(path.dirname(bin)), user: unprivileged(),
      address: { db1: `${net}1`, db2: `${net}2`, phone1: `${net}11`, phone2: `${net}12`, standby: `${net}13` } };
    for (const name of Object.keys(machines.address)) makeMachine(name);
  });
  after(async () => {
    await front?.stop();
    for (const name of ["phone1", "phone2", "standby"])
      if (existsSync(file(name, "run/pid"))) await runBlock(`# on ${name}, as root\nsystemctl stop hookswitch\n`).catch(console.error);
    for (const name of ["db2", "db1"])
      if (existsSync(file(name, `var/lib/postgresql/${machines.version}/main/postmaster.pid`))) await runBlock(`# on ${name}, as root\nsystemctl stop postgresql\n`).catch(console.error);
    rmSync(all, { recursive: true, force: true });
  });
  const [primary, roles, restart, standby, basebackup, follow, synchronous, move, carry, second, upgrade1, upgrade2, ...more] = blocks("From one machine to two hosts");
  const [back2, back1, renamed, copied, start2, ...none] = more;
  const [cron, restore, ...others] = blocks("A cheap standby for the file");

  it("has the blocks that are run here, and no other", () => assert.deepEqual([...none, ...others], []));

  it("a copy of the file every quarter of an hour starts on another machine", async () => {
    install("phone1", `${machines.address.phone1}:8080`);
    install("standby", `${machines.address.standby}:8080`);
    await runBlock("# on phone1, as root\nsystemctl start hookswitch\n");
    givenNumber(file("phone1", "var/lib/hookswitch/hookswitch.db"), { phone: NUMBER, settings: { always: TARGET } });
    await runBlock(cron);
    const line = readFileSync(file("phone1", "etc/cron.d/hookswitch"), "utf8").match(/^\*\/15 \* \* \* \* hookswitch (.*)\n$/)[1];
    for (let twice = 0; twice < 2; twice++) await runBlock(`# on phone1, as root\n${line}\n`);
    await runBlock(restore);
    assert.equal(rows(file("standby", "var/lib/hookswitch/hookswitch.db"), "SELECT forward_to_number AS to_ FROM call_forwarding")[0].to_, TARGET);
    assert.equal(JSON.parse(await (await fetch(`http://${machines.address.standby}:8080/readyz`)).text()).status, "ready");
    await runBlock("# on standby, as root\nsystemctl stop hookswitch\n");
  });

  it("a primary and a synchronous standby are made", async () => {
    for (const text of [primary, roles, restart, standby, basebackup, follow, synchronous]) await runBlock(text);
    const state = `${synchronous.split("\n")[0]}\n${synchronous.trim().split("\n").at(-1)}\n`;
    await waitUntil(async () => /db2 +\| streaming +\| sync\b/.test(await runBlock(state)), 10_000, "sync");
  });

  it("the file moves there, and two hosts start on it", async () => {
    for (const text of [move, carry, second]) await runBlock(text);
    assert.equal(ask("db1", "SELECT phone_number FROM user_phone_numbers")[0].phone_number, NUMBER);
    const listed = () => runBlock("# on phone2, as root\nsudo -u hookswitch hookswitch hosts\n");
    await waitUntil(async () => (await listed()).match(/:8080 +\d/g)?.length === 2, 10_000, "two hosts");
    await waitUntil(() => existsSync(file("phone2", "var/lib/hookswitch/lua/forwarding.lua")), 5000, "the rules");
  });

  it("behind nginx they lose no call while each is upgraded and killed", async (test) => {
    front = await nginx(block("nginx", "10.0.0.12").replace(/10\.0\.0\.(?=\d)/g, machines.net), {});
    const state = { over: false, statuses: {}, bad: [], sids: [], slowest: 0 };
    const calls = Array.from({ length: CLIENTS }, () => callAway(state));
    const some = async () => {
      const from = state.sids.length;
      await waitUntil(() => state.sids.length > from + 2 * CLIENTS, 30_000, "calls");
    };
    try {
      const before = [pidOf("phone1"), pidOf("phone2")];
      for (const text of [upgrade1, upgrade2]) {
        await some();
        await runBlock(text);
      }
      await some();
      assert.ok(before.every((pid, i) => pid !== pidOf(`phone${i + 1}`)), "both are new processes");
      // Not on the page: one dies in the middle of its calls.
      for (const name of ["phone1", "phone2"]) {
        process.kill(pidOf(name), "SIGKILL");
        await some();
        await runBlock(`# on ${name}, as root\nsystemctl start hookswitch\n`);
        await some();
      }
    } finally {
      state.over = true;
      await Promise.all(calls);
    }
    test.diagnostic(`measured: ${JSON.stringify(state.statuses)}, slowest call ${Math.round(state.slowest)} ms`);
    assert.deepEqual(state.bad, []);
    for (const name of ["phone1", "phone2"]) {
      const metrics = async () => (await fetch(`http://${machines.address[name]}:8080/metrics`)).text();
      await waitUntil(async () => /^hookswitch_spool_batches 0$/m.test(await metrics()), 20_000, "an empty spool");
    }
    const missing = `SELECT column1 AS sid FROM (VALUES ${state.sids.map((sid) => `('${sid}')`).join(",")}) AS v WHERE NOT EXISTS
      (SELECT 1 FROM twilio_call_logs AS l WHERE l.call_sid = v.column1 AND l.status = 'completed')`;
    assert.deepEqual(ask("db1", missing), []);
    await waitUntil(() => ask("db2", missing).length === 0, 10_000, "the standby's copy");
    assert.equal(ask("db1", "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n, state.sids.length, "each is stored once");
  });

  it("they go back to the backup, and the newer database is still there", async () => {
    const calls = (name) => Number(psql(`postgresql://hookswitch:${encodeURIComponent(PASSWORD)}@${machines.address.db1}/${name}`,
      "SELECT COUNT(*) FROM twilio_call_logs"));
    const [after, kept] = [calls("hookswitch"), rows(file("phone1", "var/lib/hookswitch/before.db"), "SELECT COUNT(*) AS n FROM twilio_call_logs")[0].n];
    for (const text of [back2, back1, renamed, copied, start2]) await runBlock(text);
    assert.ok(kept < after);
    assert.deepEqual([calls("hookswitch"), calls("hookswitch_newer")], [kept, after]);
    for (let turn = 0; turn < 4; turn++) assert.match((await front.post("/api/twilio/twiml", inbound(CALLER, NUMBER))).body, new RegExp(`>\\${TARGET}<`));
  });
});
