// deb_test.mjs: docs/install.md, command by command, in a Debian of its own that systemd has booted: install, upgrade from
// the package before with calls coming in, back, a crash, a hang, a move to another machine, remove and purge.
// `make deb-test` runs it, as root; it takes minutes, so it isn't part of `make test`.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { freePort, request, sign, sleep, TOKEN, waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(import.meta.dirname, "../..");
const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
const packageIn = (folder) => path.join(folder, readdirSync(folder).find((name) => /^hookswitch_.*\.deb$/.test(name)));
const RULES = 'return { { "all", go = voicemail("our own rule") } }\n';

const cannot = process.getuid() !== 0 ? "it needs root"
  : ["debootstrap", "systemd-nspawn"].filter((name) => spawnSync(name, ["--version"]).error).map((name) => `${name} isn't installed`)[0];
if (cannot) console.log(`# not run: ${cannot}`);

// The package before: another program of another version, an older unit, a file that is gone since.
function packageBefore(from, home) {
  const tree = path.join(home, "before");
  execFileSync("dpkg-deb", ["-R", from, tree]);
  const file = (name) => path.join(tree, name);
  const edit = (name, change) => writeFileSync(file(name), change(readFileSync(file(name), "latin1")), "latin1");
  const version = readFileSync(file("DEBIAN/control"), "utf8").match(/^Version: (.*)$/m)[1];
  const older = version.replace(/\d/g, "0");
  assert.notEqual(older, version);
  const hash = readFileSync(path.join(BUILD, "deb/build/program.c"), "utf8").match(/hs_program_hash\[\] = "(\w{64})"/)[1];
  edit("DEBIAN/control", (text) => text.replace(/^Version: .*$/m, `Version: ${older}`));
  edit("usr/bin/hookswitch", (text) => text.replaceAll(version, older).replaceAll(hash, [...hash].reverse().join("")));
  edit("lib/systemd/system/hookswitch.service", (text) => text.replace("WatchdogSec=30", "WatchdogSec=60"));
  edit("usr/share/hookswitch/package.conf", (text) => `# of ${older}\n${text}`);
  writeFileSync(file("usr/share/hookswitch/lua/gone.lua"), "return {}\n");
  const out = path.join(home, `hookswitch_${older}_all.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "-b", tree, out], { stdio: "pipe" });
  return { file: out, version: older, newer: version };
}

// A booted Debian above the tree that debian.sh keeps; what is written is gone with it.
class Machine {
  constructor(home, name) {
    this.home = path.join(home, name);
    this.root = path.join(this.home, "root");
    for (const part of ["root", "upper", "work"]) mkdirSync(path.join(this.home, part), { recursive: true });
    const below = execFileSync(path.join(ROOT, "spec/deb/debian.sh"), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
    execFileSync("mount", ["-t", "overlay", "overlay", "-o",
      `lowerdir=${below},upperdir=${this.home}/upper,workdir=${this.home}/work`, this.root]);
    this.nspawn = spawn("systemd-nspawn", ["-q", "-D", this.root, `--machine=hookswitch-${process.pid}-${name}`, "--register=no",
      "--keep-unit", "--boot", "--console=pipe"], { stdio: "ignore" });
  }

  async booted() {
    const leader = () => spawnSync("pgrep", ["-P", String(this.nspawn.pid)], { encoding: "utf8" }).stdout.trim();
    await waitUntil(() => leader() !== "", 30_000, "the container");
    this.leader = leader();
    await waitUntil(async () => /running|degraded/.test(await this.sh("systemctl is-system-running || true")), 60_000, "systemd");
  }

  // As someone types it: without sudo, since this is root, and without a question.
  run(line) {
    const command = line.replace(/\s+#.*/, "").replace(/\bsudo -u (\w+) /g, "runuser -u $1 -- ").replace(/\bsudo /g, "")
      .replace("apt install", "apt-get -y install");
    const child = spawn("nsenter", ["-t", this.leader, "-m", "-u", "-i", "-n", "-p", "-r", "-w", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "sh", "-c", `cd /srv && ${command}`], { stdio: ["ignore", "pipe", "pipe"] });
    const got = { line, out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (part) => { got.out += part; });
    child.stderr.setEncoding("utf8").on("data", (part) => { got.err += part; });
    return new Promise((resolve) => child.on("close", (status) => resolve({ ...got, status })));
  }

  async sh(line) {
    const { status, out, err } = await this.run(line);
    assert.equal(status, 0, `${line}\n${out}${err}`);
    return out.trim();
  }

  show(property) {
    return this.sh(`systemctl show -p ${property} --value hookswitch`);
  }

  path(name) {
    return path.join(this.root, name);
  }

  async end() {
    this.nspawn.kill("SIGTERM");
    const gone = new Promise((resolve) => this.nspawn.on("close", resolve));
    await Promise.race([gone, sleep(20_000)]);
    this.nspawn.kill("SIGKILL");
    spawnSync("umount", ["-l", this.root]);
  }
}

// Callers, each on a connection of its own, until `end`: how they were answered, and after how long at most.
class Callers {
  constructor(port, count = 3) {
    Object.assign(this, { port, over: false, answers: [], slowest: 0 });
    this.all = Promise.all(Array.from({ length: count }, (_, i) => this.go(i)));
  }

  async go(caller) {
    const target = "/api/twilio/twiml";
    for (let n = 1; !this.over; n++) {
      const params = { CallSid: `CA${String(Date.now()).padStart(20, "0")}${caller}${String(n).padStart(11, "0")}`, From: "+14155550123",
        To: "+15105550100", Direction: "inbound", CallStatus: "ringing" };
      const answer = await request(this.port, { method: "POST", target, body: new URLSearchParams(params).toString(), timeout: 60_000, tries: 0,
        headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": sign(`https://phone.example.com${target}`, params) },
      }).catch((error) => ({ status: error.code ?? error.message, ms: 0 }));
      this.answers.push(answer.status);
      this.slowest = Math.max(this.slowest, answer.ms);
      await sleep(20);
    }
  }

  more(count = 10) {
    const from = this.answers.length;
    return waitUntil(() => this.answers.length >= from + count, 60_000, "more calls");
  }

  async end(what) {
    await this.more();
    this.over = true;
    await this.all;
    console.log(`# measured: ${what}: ${this.answers.length} calls, the slowest answered after ${Math.round(this.slowest)} ms`);
    assert.deepEqual([...new Set(this.answers)], [200]);
  }
}

// The commands of a section of the page.
function commands(heading) {
  const page = readFileSync(path.join(ROOT, "docs/install.md"), "utf8");
  const section = page.slice(page.indexOf(`# ${heading}\n`)).split(/\n#+ /)[0];
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, text]) => text.trim().split("\n"));
}

describe("the Debian package", { skip: cannot ?? false }, () => {
  let home, machine, earlier, current, port, calls;
  const live = async () => JSON.parse((await request(port, { target: "/healthz" })).body);
  const ready = () => waitUntil(async () => (await request(port, { target: "/healthz" }).catch(() => null))?.status === 200, 30_000, "ready");
  // With one package or another in the place of the page's.
  const put = (file) => {
    rmSync(machine.path("srv/build"), { recursive: true, force: true });
    mkdirSync(machine.path("srv/build/deb"), { recursive: true });
    for (const to of ["srv/build/deb", "srv"]) copyFileSync(file, machine.path(`${to}/${path.basename(file)}`));
  };
  const named = (line) => line.replace("hookswitch_NEW_amd64.deb", path.basename(current)).replace("hookswitch_OLD_amd64.deb", path.basename(earlier.file));

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), "hookswitch-deb-"));
    current = packageIn(path.join(BUILD, "deb"));
    earlier = packageBefore(current, home);
    port = await freePort();
    machine = new Machine(home, "one");
    await machine.booted();
  });
  after(async () => {
    if (calls) calls.over = true;
    await machine?.end();
    rmSync(home, { recursive: true, force: true });
  });

  it("is the same bytes when it is built again, elsewhere", () => {
    const again = path.join(home, "again");
    execFileSync(path.join(ROOT, "vendor/deb.sh"), { env: { ...process.env, BUILD: again }, stdio: "pipe" });
    assert.ok(readFileSync(packageIn(path.join(again, "deb"))).equals(readFileSync(current)));
    rmSync(again, { recursive: true });
  });

  it("is installed, and starts nothing", async () => {
    const [, install] = commands("Install the Debian package");
    put(earlier.file);
    await machine.sh(install);
    assert.equal((await machine.run("systemctl is-enabled hookswitch")).out.trim(), "disabled");
    assert.equal((await machine.run("systemctl is-active hookswitch")).out.trim(), "inactive");
    assert.equal(await machine.sh("dpkg-query -W -f='${Conffiles}' hookswitch"), "", "a question that stops unattended upgrades");
    const owners = await machine.sh("stat -c '%U:%G %a %n' /etc/hookswitch/app.conf /var/lib/hookswitch /var/lib/hookswitch/lua /var/lib/hookswitch/lua/*");
    assert.deepEqual(owners.split("\n"), ["root:hookswitch 640 /etc/hookswitch/app.conf", "hookswitch:hookswitch 750 /var/lib/hookswitch",
      "hookswitch:hookswitch 2770 /var/lib/hookswitch/lua", "hookswitch:hookswitch 664 /var/lib/hookswitch/lua/forwarding.lua",
      "hookswitch:hookswitch 664 /var/lib/hookswitch/lua/lookups.lua"]);
  });

  it("serves as its own user once it is enabled", async () => {
    const [, , edit, enable] = commands("Install the Debian package");
    assert.match(edit, /^sudoedit \/etc\/hookswitch\/app\.conf/);
    const conf = machine.path("etc/hookswitch/app.conf");
    writeFileSync(conf, `${readFileSync(conf, "utf8")}listen = 127.0.0.1:${port}
server_url = https://phone.example.com\ntwilio_auth_token = ${TOKEN}\ntrial_seconds = 120\n`);
    await machine.sh(enable);
    assert.equal(await machine.show("ActiveState"), "active");
    assert.equal(await machine.show("Type"), "notify");
    const pid = await machine.show("MainPID");
    assert.match(await machine.sh(`ps -o user= -p ${pid} || stat -c %U /proc/${pid}`), /^hookswi/);
    assert.equal((await live()).ok ?? true, true);
    for (const line of commands("Install the Debian package").slice(4)) { // those after the table
      const { status, out, err } = await machine.run(line.replace("user add grace", "user list"));
      assert.ok(status === 0 || (status === 1 && line.includes("doctor")), `${line}\n${out}${err}`);
    }
  });

  it("writes nowhere but into its folder", async () => {
    assert.equal((await machine.run("systemd-analyze security --no-pager --threshold=25 hookswitch")).status, 0);
    const pid = await machine.show("MainPID");
    const inside = "setpriv --reuid=hookswitch --regid=hookswitch --clear-groups";
    // Its mounts as it sees them; a folder of /tmp is its own.
    const writable = (await machine.run(`nsenter -t ${pid} -m ${inside} find / -type d -writable -not -path '/proc/*' 2>/dev/null`)).out.trim().split("\n");
    assert.ok(writable.includes("/var/lib/hookswitch"), writable.join());
    const others = writable.filter((folder) => !/^\/(var\/lib\/hookswitch|tmp|var\/tmp)(\/|$)/.test(folder));
    assert.deepEqual(others, []);
  });

  it("has live what the team saves", async () => {
    const { hash } = (await live()).rules;
    writeFileSync(machine.path("var/lib/hookswitch/lua/forwarding.lua"), RULES);
    await waitUntil(async () => (await live()).rules.hash !== hash, 20_000, "the save");
  });

  it("is upgraded with calls coming in, and leaves rules and settings alone", async () => {
    const kept = ["etc/hookswitch/app.conf", "var/lib/hookswitch/lua/forwarding.lua"];
    const texts = kept.map((name) => readFileSync(machine.path(name), "utf8"));
    assert.match(await machine.sh("hookswitch version"), new RegExp(earlier.version.replaceAll(".", "\\.")));
    put(current);
    calls = new Callers(port);
    await calls.more();
    for (const line of commands("Upgrade")) {
      const { status, out, err } = await machine.run(named(line));
      assert.ok(status === 0 || (status === 1 && /doctor|replay/.test(line)), `${line}\n${out}${err}`);
    }
    await calls.end("upgrade");
    assert.match(await machine.sh("hookswitch version"), new RegExp(earlier.newer.replaceAll(".", "\\.")));
    assert.doesNotMatch(await machine.sh(`readlink /proc/${await machine.show("MainPID")}/exe`), /deleted/);
    assert.equal(await machine.show("WatchdogUSec"), "30s");
    assert.deepEqual(kept.map((name) => readFileSync(machine.path(name), "utf8")), texts);
    assert.equal((await machine.run("test -e /usr/share/hookswitch/lua/gone.lua")).status, 1);
  });

  it("goes back with calls coming in, and puts the backup back", async () => {
    const [back, ...restore] = commands("Back to the previous version");
    put(earlier.file);
    calls = new Callers(port);
    await calls.more();
    await machine.sh(named(back));
    await calls.end("back");
    assert.match(await machine.sh("hookswitch version"), new RegExp(earlier.version.replaceAll(".", "\\.")));
    for (const line of restore) await machine.sh(line);
    await ready();
    assert.equal(readFileSync(machine.path("var/lib/hookswitch/lua/forwarding.lua"), "utf8"), RULES);
    put(current);
    await machine.sh(named(commands("Upgrade")[1]));
    await ready();
  });

  it("is there again after a crash and after a hang, and calls that come meanwhile are answered", async () => {
    mkdirSync(machine.path("etc/systemd/system/hookswitch.service.d"), { recursive: true });
    writeFileSync(machine.path("etc/systemd/system/hookswitch.service.d/soon.conf"), "[Service]\nWatchdogSec=2\n");
    await machine.sh("systemctl daemon-reload && systemctl restart hookswitch");
    for (const [what, signal] of [["a crash", "KILL"], ["a hang", "STOP"]]) {
      const restarts = Number(await machine.show("NRestarts"));
      const pid = await machine.show("MainPID");
      await machine.sh(`kill -${signal} ${pid}`);
      calls = new Callers(port); // those it was answering are lost with it
      await waitUntil(async () => Number(await machine.show("NRestarts")) > restarts && await machine.show("ActiveState") === "active", 60_000, "a restart");
      const refused = calls.answers.filter((status) => status !== 200);
      // A connection that the hung process had taken ends with it.
      if (signal === "STOP") calls.answers = calls.answers.filter((status) => status !== "ECONNRESET");
      await calls.end(what);
      assert.ok(signal === "KILL" || refused.length <= 3, refused.join());
    }
    rmSync(machine.path("etc/systemd/system/hookswitch.service.d"), { recursive: true });
    await machine.sh("systemctl daemon-reload && systemctl restart hookswitch");
  });

  it("moves to another machine", async () => {
    const lines = commands("Move to another machine");
    const there = new Machine(home, "two");
    const here = machine;
    try {
      await there.booted();
      const number = JSON.parse(await machine.sh("runuser -u hookswitch -- hookswitch rules log --json")).versions?.length;
      for (const line of lines.slice(0, 2)) await here.sh(line);
      machine = there;
      put(current);
      await machine.sh(commands("Install the Debian package")[1]);
      copyFileSync(here.path("srv/hookswitch.tar.gz"), there.path("srv/hookswitch.tar.gz"));
      for (const line of lines.slice(2)) await machine.sh(line);
      await ready();
      assert.equal(readFileSync(machine.path("var/lib/hookswitch/lua/forwarding.lua"), "utf8"), RULES);
      assert.ok(JSON.parse(await machine.sh("runuser -u hookswitch -- hookswitch rules log --json")).versions?.length >= number);
    } finally {
      machine = here;
      await there.end();
    }
  });

  it("leaves everything of the team's when it is removed, and nothing when it is purged", async () => {
    await machine.sh("systemctl start hookswitch && apt-get -y remove hookswitch");
    await assert.rejects(request(port, { target: "/healthz", tries: 0 }), { code: "ECONNREFUSED" });
    for (const name of ["etc/hookswitch/app.conf", "var/lib/hookswitch/hookswitch.db", "var/lib/hookswitch/lua/forwarding.lua"])
      assert.ok(existsSync(machine.path(name)), name);
    await machine.sh(commands("Install the Debian package")[1]);
    await machine.sh("systemctl start hookswitch");
    await ready();
    assert.equal(readFileSync(machine.path("var/lib/hookswitch/lua/forwarding.lua"), "utf8"), RULES);
    await machine.sh("apt-get -y purge hookswitch");
    const left = (await machine.sh("find / -xdev -not -path '/proc/*' -not -path '/srv/*' -name '*hookswitch*'")).split("\n");
    assert.deepEqual(left.filter((name) => !/^\/var\/(log|cache|lib\/apt)/.test(name) && name), []);
  });
});
