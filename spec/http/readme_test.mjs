// readme_test.mjs: the commands that README tells people to paste, pasted, and what it shows of their output.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { freePort, waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
const read = (name) => readFileSync(path.join(ROOT, name), "utf8");
const README = read("README.md");

function section(title) {
  const text = README.split(/^## /m).find((part) => part.startsWith(title));
  assert.ok(text, `README has no section "${title}"`);
  return text;
}
// The blocks of a text in one language; "" is what commands print.
const blocks = (text, language) => [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, named]) => named === language)
  .map(([, , block]) => block);

// Every line that a page shows is a line of the output, in that order; … stands for anything.
function assertShown(shown, out) {
  const lines = out.split("\n");
  let at = 0;
  for (const line of shown.split("\n").filter((one) => one && one !== "…")) {
    const wanted = new RegExp(`^${line.split(/ ?… ?/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
    const found = lines.findIndex((one, i) => i >= at && wanted.test(one));
    assert.ok(found >= 0, `"${line}" is not in what follows line ${at} of\n${out}`);
    at = found + 1;
  }
}

// A folder that looks like a clone that was built.
function clone() {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-readme-"));
  mkdirSync(path.join(folder, "build"));
  symlinkSync(BINARY, path.join(folder, "build/hookswitch"));
  for (const name of ["docs", "app.conf"]) symlinkSync(path.join(ROOT, name), path.join(folder, name));
  cpSync(path.join(ROOT, "lua"), path.join(folder, "lua"), { recursive: true });
  return folder;
}

function shell(script, folder, env) {
  return new Promise((resolve) => {
    const child = spawn("bash", ["-euc", `exec 2>&1\n${script}`], { cwd: folder, env }); // in the order of a terminal
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (part) => { out += part; });
    child.on("close", (code) => resolve({ code, out }));
  });
}

async function served(args, env, use) {
  const folder = clone();
  const port = await freePort();
  const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HOOKSWITCH_|TWILIO_|JWT_|SERVER_URL)/.test(name)));
  const full = { ...plain, HOOKSWITCH_LISTEN: `127.0.0.1:${port}`, ...env(port) };
  const child = spawn(BINARY, ["serve", ...args], { cwd: folder, env: full, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part) => { said += part; });
  child.stderr.setEncoding("utf8").on("data", (part) => { said += part; });
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    await waitUntil(() => fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.ok, () => false), 30_000, "the server");
    await use({ folder, env: full, port, said: () => said, paste: (script) => shell(script.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`), folder, full) });
  } finally {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  }
}

test("the sandbox tour: buy, forward, call, look", async () => {
  await served(["--sandbox"], () => ({}), async ({ paste, said }) => {
    await waitUntil(() => said().includes("Your number is"), 30_000, "the seeded number");
    const text = section("Try it");
    const { code, out } = await paste(blocks(text, "sh").join("\n"));
    assert.equal(code, 0, out);
    const lines = out.split("\n").filter((line) => line.startsWith("{\"")).map((line) => JSON.parse(line));
    assert.deepEqual([lines[0].area_code, lines[0].phone_number, lines[0].id], ["303", "+13035550100", 2], out);
    assert.equal(lines[1].forward_to_number, "+13035550142", out);
    assert.deepEqual(lines[1].warnings, [], "no warning about a phone of the sandbox");
    const [call] = lines[2].call_logs;
    assert.deepEqual([call.to, call.end_reason], [lines[0].phone_number, "forwarded"]);
    assertShown(blocks(text, "")[0], out);

    // The commands know which account is meant, and nothing of it is left when a real one is set.
    const doctor = await paste("build/hookswitch doctor");
    assert.equal(doctor.code, 0, doctor.out);
    assert.match(doctor.out, /^Calls in the sandbox should work/m);
    const live = await paste("TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef build/hookswitch config database");
    assert.equal(live.out, "hookswitch.db\n");
  });
});

// The pages use README's `api`. A tag in them stands for the row's own.
const SENT = readdirSync(path.join(ROOT, "docs")).filter((name) => name.endsWith(".md")).flatMap((name) =>
  [...readFileSync(path.join(ROOT, "docs", name), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, text]) =>
    text.split("\n").filter((line) => line.startsWith("api "))));

test("what the pages send with `api`", async () => {
  assert.ok(SENT.length > 0);
  await served(["--sandbox"], () => ({}), async ({ paste, said }) => {
    await waitUntil(() => said().includes("Your number is"), 30_000, "the seeded number");
    const define = blocks(section("Try it"), "sh")[0].split("\n").slice(0, 2).join("\n");
    const setting = JSON.stringify({ phone_number_id: 1, forward_to_number: "+13035550142", forwarding_type: "always" });
    await paste(`${define}\napi http://127.0.0.1:8080/api/call-forwarding -d '${setting}'`);
    for (const line of SENT) {
      const [url] = line.match(/http:[^\s']+/);
      const saved = line.match(/ -o (\S+)/)?.[1];
      if (saved) {
        const { code, out } = await paste(`${define}\n${line}\nhead -c 400 ${saved}`);
        assert.equal(code, 0, out);
        assert.match(out, /\ufeff[A-Z][^{}]*,/, line); // the headings
        continue;
      }
      const { out: before } = await paste(`${define}\napi ${url}`);
      const { code, out } = await paste(`${define}\n${line.replace(/"\w+…"/, JSON.parse(before).etag)}`);
      assert.equal(code, 0, out);
      const answer = JSON.parse(out);
      assert.equal(answer.error, undefined, `${line}: ${out}`);
      // A time may be written as a date, and is answered in milliseconds.
      for (const [name, value] of Object.entries(JSON.parse(line.match(/-d '(.*)'/)?.[1] ?? "{}"))) {
        assert.deepEqual(answer[name], /_at$/.test(name) && typeof value === "string" ? Date.parse(value) : value, out);
      }
    }
  });
});

test("the first rule, put where README says", async () => {
  const folder = clone();
  try {
    const [rule] = blocks(section("Edit a rule"), "lua");
    const file = path.join(folder, "lua/forwarding.lua");
    const text = readFileSync(file, "utf8");
    assert.equal(text.match(/^return \{$/gm).length, 1);
    writeFileSync(file, text.replace(/^return \{$/m, (line) => `${line}\n${rule}`));
    const env = { ...process.env, HOOKSWITCH_LUA: "lua", HOOKSWITCH_DATABASE: "none.db" };
    const checked = await shell("build/hookswitch check", folder, env);
    assert.equal(checked.code, 0, checked.out);
    const { out } = await shell("build/hookswitch simulate --from +14155550123", folder, env);
    assert.match(out, /decided by rule "Grace rings through, day or night"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("trying rules: check, simulate, break, replay, draft", async () => {
  await served(["--sandbox"], () => ({}), async ({ paste, said }) => {
    await waitUntil(() => said().includes("Your number is"), 30_000, "the seeded number");
    const text = section("Edit a rule");
    const [tried, broken, drafted, promoted] = blocks(text, "sh");
    const { code, out } = await paste(`${tried}\n${broken}`);
    assert.equal(code, 0, out);
    const [played, refused, live] = blocks(text, "");
    assertShown(played, out);
    assertShown(refused, out);
    assert.match(out, /calls? from .* decided with try\.lua/);
    const call = drafted.split("\n").find((line) => line.startsWith("curl "));
    const begun = await paste(drafted);
    assert.equal(begun.code, 0, begun.out);
    assert.match(begun.out, /"outcome"/, begun.out);
    // "A moment later": a call that came before the server had seen the draft isn't one of its calls.
    await waitUntil(async () => {
      const said = await paste("build/hookswitch rules draft");
      if (said.out.includes("go elsewhere with the draft:")) return true;
      if (said.out.includes("0 of 0 calls")) await paste(call);
      return false;
    }, 60_000, "the draft's first call");
    const done = await paste(promoted);
    assert.equal(done.code, 0, done.out);
    assertShown(live.replace("1 of 1 calls", "… of … calls").replace("  1: …", "  …"), done.out);
  });
});

test("one signed call by hand", async () => {
  const env = (port) => ({ TWILIO_AUTH_TOKEN: "0123456789abcdef0123456789abcdef", SERVER_URL: `http://127.0.0.1:${port}`,
    HOOKSWITCH_DATABASE: "hand.db" });
  await served([], env, async ({ paste }) => {
    const page = read("docs/signed-call.md");
    const { code, out } = await paste(blocks(page, "sh")[1]);
    assert.equal(code, 0, out);
    assert.match(out, /forwards to \+13035550142/);
    assert.match(out, /<Response><Dial .*>\+13035550142<\/Number><\/Dial><\/Response>/);
    assertShown(blocks(page, "")[0], out);
  });
});
