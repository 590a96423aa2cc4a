// readme_test.mjs: the commands that README tells people to paste, pasted.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { freePort, waitUntil } from "../support/server.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const BINARY = process.env.HOOKSWITCH_BINARY ?? path.resolve(ROOT, process.env.BUILD ?? "build", "hookswitch");
const README = readFileSync(path.join(ROOT, "README.md"), "utf8");

// The shell blocks of one section.
function blocks(section) {
  const text = README.split(/^## /m).find((part) => part.startsWith(section));
  assert.ok(text, `README has no section "${section}"`);
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]);
}

// A folder that looks like a clone that was built.
function clone() {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-readme-"));
  mkdirSync(path.join(folder, "build"));
  symlinkSync(BINARY, path.join(folder, "build/hookswitch"));
  for (const name of ["lua", "docs", "app.conf"]) symlinkSync(path.join(ROOT, name), path.join(folder, name));
  return folder;
}

function shell(script, folder, env) {
  return new Promise((resolve) => {
    const child = spawn("bash", ["-euc", script], { cwd: folder, env });
    let out = "";
    child.stdout.on("data", (part) => { out += part; });
    child.stderr.on("data", (part) => { out += part; });
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
  child.stdout.on("data", (part) => { said += part; });
  child.stderr.on("data", (part) => { said += part; });
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
    const { code, out } = await paste(blocks("Try it")[0]);
    assert.equal(code, 0, out);
    const lines = out.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    assert.equal(lines[0].area_code, "303", out);
    assert.equal(lines[1].forward_to_number, "+13035550142", out);
    assert.equal(lines[2].outcome, "connected", out);
    const [call] = lines[3].call_logs;
    assert.deepEqual([call.to, call.end_reason], [lines[0].phone_number, "forwarded"]);
    assert.equal(lines[0].phone_number, "+13035550100", "the number README calls is the one that was bought");
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
    const define = blocks("Try it")[0].split("\n").slice(0, 2).join("\n");
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
      for (const [name, value] of Object.entries(JSON.parse(line.match(/-d '(.*)'/)?.[1] ?? "{}"))) assert.deepEqual(answer[name], value, out);
    }
  });
});

test("a minute with the rules: check, simulate, break, replay", async () => {
  await served(["--sandbox"], () => ({}), async ({ paste, said }) => {
    await waitUntil(() => said().includes("Your number is"), 30_000, "the seeded number");
    const [tried, broken] = blocks("A minute with the rules");
    const { code, out } = await paste(`${tried}\n${broken}`);
    assert.equal(code, 0, out);
    const section = README.split(/^## /m).find((part) => part.startsWith("A minute"));
    const shown = [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, language]) => language === "")
      .flatMap(([, , text]) => text.split("\n")).filter((line) => line && !/^…$|the way there|calls \+|Call for/.test(line));
    assert.ok(shown.length > 6);
    for (const line of shown) assert.ok(out.includes(line), `${line}\nis not in\n${out}`);
    assert.match(out, /the way there: rule "the night" \(broken\.lua:5\), .* → ring \+13035550142 \(no answer\) → hangup/);
    assert.match(out, /calls? from .* decided with try\.lua/);
  });
});

test("one signed call by hand", async () => {
  const env = (port) => ({ TWILIO_AUTH_TOKEN: "0123456789abcdef0123456789abcdef", SERVER_URL: `http://127.0.0.1:${port}`,
    HOOKSWITCH_DATABASE: "hand.db" });
  await served([], env, async ({ paste }) => {
    const { code, out } = await paste(blocks("One signed call")[1]);
    assert.equal(code, 0, out);
    assert.match(out, /forwards to \+13035550142/);
    assert.match(out, /<Response><Dial .*>\+13035550142<\/Number><\/Dial><\/Response>/);
    assert.match(out, /\+14155550123 -> \+15105550100 {2}ringing/);
    assert.match(out, /decided by settings: \{"start":1/);
  });
});
