// rotation_test.mjs: keys are exchanged while the server answers: Twilio's, whose
// own library signs, and those of users' tokens.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { givenNumber } from "../support/database.mjs";
import { jwt, request, startServer, waitUntil } from "../support/server.mjs";

const twilio = createRequire(import.meta.url)("twilio");
const [OLD, NEW, THIRD] = ["1", "2", "3"].map((digit) => digit.repeat(32));
const ACCOUNT = `AC${"a".repeat(32)}`;
const PATH = "/api/twilio/status-callback";
const PARAMS = { CallSid: `CA${"c".repeat(32)}`, CallStatus: "ringing", From: "+14155550123", To: "+15105550100" };

// The status that a webhook gets which is signed with a token.
async function signedWith(server, token) {
  const signature = twilio.getExpectedTwilioSignature(token, server.base + PATH, PARAMS);
  return (await server.post(PATH, PARAMS, { headers: { "X-Twilio-Signature": signature } })).status;
}
const accepted = async (server, tokens) => {
  for (const token of [OLD, NEW, THIRD])
    assert.equal(await signedWith(server, token) !== 403, tokens.includes(token), `${token[0]} of ${tokens.map((one) => one[0])}`);
};
const changes = (server) => server.logs("credentials_changed").length;
// As a whole, so that nobody reads a part of it.
const written = (file, text) => {
  writeFileSync(`${file}.whole`, text);
  renameSync(`${file}.whole`, file);
};
const changed = (server, count) => waitUntil(() => changes(server) === count, 8000, `${count} changes`);

describe("the token file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-rotation-"));
  const file = path.join(folder, "token");
  const config = { twilio_auth_token: null, twilio_auth_token_file: file };
  let server;
  before(async () => {
    writeFileSync(file, `${OLD}\n`);
    server = await startServer({ rules: "return {}", config });
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  let count = 0;
  const ways = {
    "written in place": (text) => writeFileSync(file, text),
    "replaced by a renamed file": (text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    "turned into a link": (text) => {
      writeFileSync(path.join(folder, `data${count}`), text);
      unlinkSync(file);
      symlinkSync(`data${count}`, file);
    },
    "copied over what the link names": (text) => {
      writeFileSync(`${file}.more`, text);
      copyFileSync(`${file}.more`, file);
    },
  };
  const steps = [[`${NEW}\n${OLD}\n`, [NEW, OLD]], [`${NEW}\r\n`, [NEW]], [`${THIRD}\n  ${NEW}\t\n\n`, [THIRD, NEW]], [OLD, [OLD]]];
  for (const [i, [what, write]] of Object.entries(ways).entries())
    it(`counts when it is ${what}`, async () => {
      const [text, tokens] = steps[i];
      write(text);
      await changed(server, ++count);
      await accepted(server, tokens);
    });

  const bad = { "is empty": "", "holds three words": `${OLD}\n${NEW}\n${THIRD}\n`, "has two on a line": `${NEW} ${OLD}\n`,
    "holds a byte that no token has": `${NEW}\xe9\n`, "begins with an empty line": `\n${NEW}\n`, "is gone": null };
  it("changes nothing while it is bad, and says so without a secret", async () => {
    const before = server.logs("credentials_refused").length; // one read while it was written in place
    for (const [i, [what, text]] of Object.entries(bad).entries()) {
      if (text === null) unlinkSync(file);
      else written(file, text);
      await waitUntil(() => server.logs("credentials_refused").length === before + i + 1, 8000, what);
      const { message } = server.logs("credentials_refused").at(-1);
      assert.match(message, /^twilio_auth_token_file: /);
      assert.doesNotMatch(message, /1111|2222|3333/);
    }
    await accepted(server, [OLD]);
    assert.equal(changes(server), count);
    written(file, `${NEW}\n`);
    await changed(server, ++count);
    await accepted(server, [NEW]);
  });

  it("counts once it can be read, though it has not changed since", async () => {
    const limit = (soft) => execFileSync("prlimit", ["--pid", String(server.pid), `--nofile=${soft}:`]);
    const [, before] = readFileSync(`/proc/${server.pid}/limits`, "utf8").match(/^Max open files +(\d+)/m);
    const refused = server.logs("credentials_refused").length;
    limit(3); // no file can be opened
    try {
      written(file, `${THIRD}\n`);
      await waitUntil(() => server.logs("credentials_refused").length > refused, 8000, "a refusal");
    } finally {
      limit(before);
    }
    await changed(server, ++count);
    await accepted(server, [THIRD]);
    assert.equal(server.logs("credentials_refused").length, refused + 1, "said once");
  });

  it("is refused at a start for the same reasons", async () => {
    for (const [what, text] of Object.entries(bad).filter(([, one]) => one !== null)) {
      writeFileSync(file, text);
      const { status, err } = await command(["config"], { config });
      assert.equal(status, 1, what);
      assert.match(err, /twilio_auth_token_file: /);
    }
    writeFileSync(file, `${NEW}\n`);
    const both = await command(["config"], { config: { ...config, twilio_auth_token_secondary: OLD } });
    assert.match(both.err, /on a second line/);
  });
});

describe("SIGHUP", () => {
  const API_SECRETS = ["first-secret", "second-secret"];
  let server, rest, asked, home;
  const settings = (text) => writeFileSync(path.join(home, "app.conf"), text);
  const keys = (auth, secondary, secret) => `twilio_account_sid = ${ACCOUNT}\ntwilio_app_sid = AP${"d".repeat(32)}\ntwilio_auth_token = ${auth}\n` +
    (secondary ? `twilio_auth_token_secondary = ${secondary}\n` : "") +
    (secret ? `twilio_api_key = SK${"b".repeat(32)}\ntwilio_api_secret = ${secret}\n` : "");
  before(async () => {
    rest = createServer((req, res) => {
      asked = Buffer.from((req.headers.authorization ?? "").slice(6), "base64").toString();
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ available_phone_numbers: [], incoming_phone_numbers: [] }));
    });
    await new Promise((resolve) => rest.listen(0, "127.0.0.1", resolve));
    home = mkdtempSync(path.join(tmpdir(), "hookswitch-rotation-"));
    settings(keys(OLD, NEW));
    server = await startServer({ folder: home, config: { lua: path.resolve(import.meta.dirname, "../../lua"), twilio_auth_token: null,
      twilio_api_base_url: `http://127.0.0.1:${rest.address().port}`, maintenance_seconds: 0 } });
    givenNumber(server.database, { user: "ana", phone: "+15105550100" });
    await server.settled();
  });
  after(async () => {
    await server?.stop();
    rest?.close();
  });
  const search = async () => {
    await user(server, "ana").get("/api/twilio/available-numbers?areaCode=303");
    return asked;
  };
  const hangUp = (text, count) => {
    settings(text);
    process.kill(server.pid, "SIGHUP");
    return changed(server, count);
  };

  it("finds both tokens; requests use the first", async () => {
    await accepted(server, [OLD, NEW]);
    assert.equal(await search(), `${ACCOUNT}:${OLD}`);
  });

  it("brings in other tokens", async () => {
    await hangUp(keys(NEW, OLD), 1);
    await accepted(server, [OLD, NEW]);
    assert.equal(await search(), `${ACCOUNT}:${NEW}`);
    await hangUp(keys(NEW), 2);
    await accepted(server, [NEW]);
  });

  it("brings in an API key and its secret: for requests and access tokens", async () => {
    for (const [i, secret] of API_SECRETS.entries()) {
      await hangUp(keys(NEW, null, secret), 3 + i);
      assert.equal(await search(), `SK${"b".repeat(32)}:${secret}`);
      const { body } = await user(server, "ana").get("/api/twilio/access-token");
      const [head, claims, signature] = body.token.split(".");
      assert.equal(createHmac("sha256", secret).update(`${head}.${claims}`).digest("base64url"), signature);
    }
  });

  it("changes nothing when app.conf has a mistake, or names another account", async () => {
    for (const [i, text] of [`${keys(THIRD)}no_such = 1\n`, keys(THIRD).replace(ACCOUNT, `AC${"e".repeat(32)}`)].entries()) {
      settings(text);
      process.kill(server.pid, "SIGHUP");
      await waitUntil(() => server.logs("credentials_refused").length === i + 1, 8000, "a refusal");
    }
    await accepted(server, [NEW]);
    assert.match(server.logs("credentials_refused").at(-1).message, /twilio_account_sid/);
  });
});

describe("the keys of users' tokens", () => {
  const [A, B, C] = ["a", "b", "c"].map((letter) => `secret-${letter}-0123456789abcdef0123456789`);
  const LUA = path.resolve(import.meta.dirname, "../../lua");
  const status = async (server, token) => (await server.get("/api/auth/me", { headers: { Authorization: `Bearer ${token}` } })).status;

  it("are exchanged by SIGHUP: the host application's tokens and our own sessions", async (test) => {
    const home = mkdtempSync(path.join(tmpdir(), "hookswitch-rotation-"));
    const settings = (...secrets) => writeFileSync(path.join(home, "app.conf"),
      ["jwt_secret", "jwt_secret_secondary"].slice(0, secrets.length).map((name, i) => `${name} = ${secrets[i]}\n`).join(""));
    settings(A);
    const server = await startServer({ folder: home, config: { lua: LUA, jwt_secret: null, maintenance_seconds: 0 } });
    test.after(() => server.stop());
    const added = await command(["user", "add", "ana"], { config: { database: server.database }, input: "a long password" });
    assert.equal(added.status, 0, added.err);
    const login = async () => JSON.parse((await request(server.port, { method: "POST", target: "/api/auth/login",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "ana", password: "a long password" }) })).body).token;
    const good = async (sessions, secrets) => {
      for (const secret of [A, B, C]) assert.equal(await status(server, jwt({ sub: "ana" }, secret)), secrets.includes(secret) ? 200 : 401, secret);
      for (const [token, fits] of sessions) assert.equal(await status(server, token), fits ? 200 : 401);
    };
    const first = await login();
    await good([[first, true]], [A]);
    let count = 0;
    const hangUp = (...secrets) => {
      settings(...secrets);
      process.kill(server.pid, "SIGHUP");
      return changed(server, ++count);
    };
    await hangUp(B, A);
    const second = await login();
    await good([[first, true], [second, true]], [A, B]);
    await hangUp(B);
    await good([[first, false], [second, true]], [B]);
    await hangUp(C);
    await good([[first, false], [second, false], [await login(), true]], [C]);
    settings();
    process.kill(server.pid, "SIGHUP");
    await waitUntil(() => server.logs("credentials_refused").length === 1, 8000, "a refusal");
    assert.match(server.logs("credentials_refused")[0].message, /jwt_secret is gone: restart/);
    await good([], [C]);
  });

  it("come from the file of public keys when it changes, one or two of them", async (test) => {
    const home = mkdtempSync(path.join(tmpdir(), "hookswitch-rotation-")), file = path.join(home, "keys.pem");
    const pairs = Array.from({ length: 3 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
    const write = (...of) => written(file, of.map((i) => pairs[i].publicKey.export({ type: "spki", format: "pem" })).join(""));
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = ({ privateKey }) => {
      const body = `${part({ alg: "ES256" })}.${part({ sub: "ana", exp: Math.floor(Date.now() / 1000) + 600 })}`;
      return `${body}.${sign("sha256", Buffer.from(body), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    };
    write(0);
    const server = await startServer({ folder: home, config: { lua: LUA, jwt_secret: null, jwt_algorithm: "ES256", jwt_public_key_file: file,
      maintenance_seconds: 0 } });
    test.after(() => server.stop());
    const good = async (...of) => {
      for (const [i, pair] of pairs.entries()) assert.equal(await status(server, token(pair)), of.includes(i) ? 200 : 401, `key ${i}`);
    };
    await good(0);
    for (const [i, of] of [[1, 0], [1], [2, 1]].entries()) {
      write(...of);
      await changed(server, i + 1);
      await good(...of);
    }
    for (const [i, spoil] of [() => write(0, 1, 2), () => written(file, "no key")].entries()) {
      spoil();
      await waitUntil(() => server.logs("credentials_refused").length === i + 1, 8000, "a refusal");
      await good(2, 1);
    }
    // Our own key can't be read meanwhile.
    const own = readdirSync(home, { recursive: true }).map((name) => path.join(home, name)).find((name) => /\.key$/.test(name));
    const key = readFileSync(own);
    writeFileSync(own, "no key\n");
    write(0);
    await waitUntil(() => server.logs("credentials_refused").length === 3, 8000, "a refusal");
    await good(2, 1);
    writeFileSync(own, key);
    await changed(server, 4);
    await good(0);
  });
});
