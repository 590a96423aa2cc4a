// auth_test.mjs: who may ask: Twilio by its signature, users by their token,
// web pages by their origin; and what every answer carries.
import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, sign as cryptoSign } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { newFolder } from "../support/command.mjs";
import { MINI } from "../support/mini.mjs";
import { JWT_SECRET, jwt, raw, request, responses, sign, SLOW, startServer, TOKEN, waitUntil } from "../support/server.mjs";

const PUBLIC = "https://calls.example.com";
const CALL = { CallSid: "CA1", From: "+14155550100", To: "+15105550100", CallStatus: "ringing" };
const json = (answer) => JSON.parse(answer.body);

let server;
before(async () => {
  server = await startServer({ lua: MINI, config: { server_url: PUBLIC, cors_origins: "https://app.example.com https://b.example.com" } });
});
after(() => server?.stop());

describe("webhooks", () => {
  const post = (target, params, options) => server.post(target, params, { url: PUBLIC, ...options });

  it("with Twilio's signature are answered", async () => {
    const answer = await post("/api/twilio/twiml", CALL);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/xml; charset=utf-8");
    assert.equal(answer.body, "<Response><Say>+14155550100</Say></Response>");
  });

  it("are signed over the public URL and the raw target", async () => {
    for (const target of ["/api/twilio/twiml?step=after&n=1", "/api/twilio/twiml?", "/api/twilio/twiml?a=%2B1%20b&a=c+d"])
      assert.equal((await post(target, CALL)).status, 200, target);
    assert.equal((await post("/api/twilio/twiml", CALL, { url: "https://calls.example.com:443" })).status, 200);
    assert.equal((await post("/api/twilio/twiml", CALL, { url: server.base })).status, 403);
    assert.equal((await post("/api/twilio/twiml", CALL, { url: "http://calls.example.com" })).status, 403);
  });

  it("hand over repeated, empty and non-ASCII parameters as they were signed", async () => {
    const params = [["B", "2"], ["A", "1"], ["B", "3"], ["Empty", ""], ["Name", "Zoë & Söhne + 1"]];
    const answer = await post("/api/twilio/status-callback", params);
    assert.deepEqual(json(answer).params, ["B=2", "A=1", "B=3", "Empty=", "Name=Zoë & Söhne + 1"]);
  });

  it("are answered whatever bytes they bring, once the signature holds", async () => {
    // A carrier's Latin-1 name, half a character, a NUL, an escape that is none: raw bytes of one field.
    const odd = [["Zo\xeb", "Zo\ufffd"], ["a\xc3", "a\ufffd"], ["a\x00b", "a\ufffdb"], ["\xed\xa0\x80", "\ufffd\ufffd\ufffd"]];
    for (const target of ["/api/twilio/twiml", "/api/twilio/status-callback"])
      for (const [bytes, text] of odd) {
        const raw = Buffer.from(bytes, "latin1");
        const body = Buffer.from(`CallSid=CA1&From=${[...raw].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`);
        const signature = createHmac("sha1", TOKEN).update(`${PUBLIC}${target}CallSidCA1From`).update(raw).digest("base64");
        const send = (value) => request(server.port, { method: "POST", target, body, headers: { "Content-Length": body.length,
          "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": value } });
        const answer = await send(signature);
        assert.equal(answer.status, 200, answer.body);
        if (target.endsWith("twiml")) assert.equal(answer.body, `<Response><Say>${text}</Say></Response>`);
        else assert.deepEqual(json(answer).params, ["CallSid=CA1", `From=${text}`]);
        assert.equal((await send(sign(`${PUBLIC}${target}`, { CallSid: "CA1", From: text }))).status, 403);
      }
    const escape = "CallSid=CA1&From=50%";
    const answer = await request(server.port, { method: "POST", target: "/api/twilio/twiml", body: escape, headers: {
      "Content-Type": "application/x-www-form-urlencoded", "Content-Length": escape.length,
      "X-Twilio-Signature": sign(`${PUBLIC}/api/twilio/twiml`, { CallSid: "CA1", From: "50%" }) } });
    assert.equal(answer.body, "<Response><Say>50%</Say></Response>");
  });

  it("may have blanks behind their headers' values", async () => {
    const body = "CallSid=CA1";
    const signature = sign(`${PUBLIC}/api/twilio/twiml`, { CallSid: "CA1" });
    const answer = await raw(server.port, Buffer.from(`POST /api/twilio/twiml HTTP/1.1\r\nHost: h  \r\nX-Twilio-Signature: ${signature}  \r\n`
      + `Content-Type: application/x-www-form-urlencoded \r\nContent-Length: ${body.length}\r\nConnection: close \r\n\r\n${body}`));
    assert.equal(responses(answer.text)[0].status, 200);
    const me = await raw(server.port, Buffer.from(`GET /api/me HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${jwt({ sub: "1" })}  \r\n`
      + "Connection: close\r\n\r\n"));
    assert.equal(responses(me.text)[0].status, 200);
  });

  it("with anything else are refused, shortly, and nothing happens", async () => {
    const good = sign(`${PUBLIC}/api/twilio/twiml`, CALL);
    const cases = {
      "no signature": { headers: { "X-Twilio-Signature": "" } },
      "another token": { token: "x".repeat(32) },
      "another case": { headers: { "X-Twilio-Signature": good.toLowerCase() } },
      "a shorter one": { headers: { "X-Twilio-Signature": good.slice(0, -1) } },
      "two signatures": { headers: { "X-Twilio-Signature": [good, good] } },
      "a Host that claims it": { url: "https://evil.example", headers: { Host: "evil.example", "X-Forwarded-Host": "evil.example" } },
    };
    for (const [what, options] of Object.entries(cases)) {
      const answer = await post("/api/twilio/twiml", CALL, options);
      assert.equal(answer.status, 403, what);
      assert.equal(answer.body, "Forbidden.\n");
      assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
    }
    // The log keeps some lines back when there are many; of ten seconds or more of refusals it shows ours, too.
    const line = await waitUntil(async () => {
      await post("/api/twilio/twiml", CALL, { token: "x".repeat(32) });
      return server.logs("webhook_refused").find(({ path: at }) => at === "/api/twilio/twiml");
    }, 15_000, "a log line webhook_refused");
    assert.equal(line.reason, "bad_signature");
  });

  it("with a parameter added, changed or dropped are refused", async () => {
    const signature = { "X-Twilio-Signature": sign(`${PUBLIC}/api/twilio/twiml`, CALL) };
    for (const params of [{ ...CALL, Extra: "1" }, { ...CALL, To: "+19005550100" }, { CallSid: "CA1" }, {}])
      assert.equal((await post("/api/twilio/twiml", params, { headers: signature })).status, 403);
    assert.equal((await post("/api/twilio/twiml?x=1", CALL, { headers: signature })).status, 403);
    assert.equal((await post("/api/twilio/status-callback", CALL, { headers: signature })).status, 403);
  });

  it("with a JSON body need the body's hash in the URL", async () => {
    const body = JSON.stringify({ CallSid: "CA1" });
    const send = (target, signedTarget = target) => request(server.port, { method: "POST", target, body, headers: {
      "Content-Type": "application/json", "Content-Length": body.length, "X-Twilio-Signature": sign(PUBLIC + signedTarget) } });
    const hash = createHash("sha256").update(body).digest("hex");
    assert.equal((await send(`/api/twilio/status-callback?bodySHA256=${hash}`)).status, 200);
    assert.equal((await send(`/api/twilio/status-callback?bodySHA256=${hash.replace(/^./, (c) => (c === "0" ? "1" : "0"))}`)).status, 403);
    assert.equal((await send("/api/twilio/status-callback")).status, 403);
  });

  it("that Lua cannot answer still get TwiML where a caller waits", async () => {
    for (const fault of ["error", "memory", "nothing", "header"]) {
      const answer = await post(`/api/twilio/twiml?fault=${fault}`, CALL);
      assert.equal(answer.status, 200, fault);
      assert.equal(answer.headers["content-type"], "text/xml; charset=utf-8");
      assert.match(answer.body, /<Say>We are sorry.*<Record .*<Say>Goodbye\.<\/Say><Hangup\/><\/Response>$/s);
      assert.ok(answer.body.includes(`recordingStatusCallback="${PUBLIC}/api/twilio/recording-callback"`));
      assert.ok(answer.body.includes(`action="${PUBLIC}/api/twilio/twiml?step=vm_done"`));
    }
    assert.equal((await post("/api/twilio/status-callback?fault=error", CALL)).status, 503);
    const line = server.logs("webhook_failed").find((one) => one.message === "broken on purpose");
    assert.equal(line.file, "hookswitch/router.lua");
  });

  it("that Lua cannot answer fit the moment of the call", async () => {
    const hear = async (query, params) => (await post(`/api/twilio/twiml?fault=error&${query}`, { ...CALL, ...params })).body;
    assert.match(await hear("step=vm_done", { RecordingUrl: "x" }), /Thank you\. Goodbye.*<Hangup\/>/);
    assert.match(await hear("step=after", { DialCallStatus: "completed" }), /<Response><Hangup\/><\/Response>$/);
    assert.match(await hear("step=after", { DialCallStatus: "busy" }), /<Record /);
    assert.match(await hear("step=screen", {}), /<Response\/>$/);
    assert.match(await hear("step=screened", { Digits: "1" }), /<Response\/>$/);
    assert.match(await hear("step=screened", {}), /<Response><Hangup\/><\/Response>$/);
    assert.match(await hear("", { From: "client:user_1" }), /Goodbye/);
    assert.doesNotMatch(await hear("", { From: "client:user_1" }), /<Record/);
  });
});

describe("the API", () => {
  const me = (authorization, target = "/api/me") => server.get(target, { headers: authorization ? { Authorization: authorization } : {} });

  it("knows a user by the claims of a token", async () => {
    for (const [claims, user] of [[{ sub: "ana" }, "ana"], [{ userId: 7 }, "7"], [{ user_id: "x y" }, "x y"], [{ id: 12 }, "12"],
      [{ sub: "s", id: 1 }, "s"]]) {
      const answer = await me(`Bearer ${jwt(claims)}`);
      assert.equal(answer.status, 200, JSON.stringify(claims));
      assert.equal(json(answer).user, user);
    }
    assert.equal((await me(`bearer ${jwt({ sub: "ana" })}`)).status, 200);
  });

  it("refuses every other token with the same words", async () => {
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"a","exp":9999999999}').toString("base64url")}.`;
    const tokens = ["", "x", "a.b.c", none, jwt({ sub: "ana" }, "another secret"), jwt({ sub: "ana", exp: 1 }), jwt({}), jwt({ sub: "" }),
      jwt({ sub: "a\nb" }), jwt({ sub: "x".repeat(300) }), jwt({ sub: ["ana"] }), jwt({ sub: "ana", nbf: 9999999999 }), jwt({ sub: "ana" }) + "x"];
    const bodies = new Set();
    for (const token of tokens) {
      const answer = await me(`Bearer ${token}`);
      assert.equal(answer.status, 401, token);
      assert.match(answer.headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
      bodies.add(answer.body.replace(/"request_id":"[0-9a-f]+"/, ""));
    }
    assert.equal(bodies.size, 1);
    assert.equal((await me("Basic YTpi")).status, 401);
  });

  it("refuses two Authorization headers", async () => {
    const line = `Authorization: Bearer ${jwt({ sub: "ana" })}\r\n`;
    const answer = await raw(server.port, `GET /api/me HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${line}${line}\r\n`);
    assert.equal(responses(answer.text)[0].status, 401);
  });

  it("says what is missing when there is no token", async () => {
    const answer = await me();
    assert.equal(answer.status, 401);
    assert.equal(json(answer).error.code, "missing_token");
    assert.equal(answer.headers["www-authenticate"], 'Bearer realm="hookswitch"');
    assert.equal(json(answer).error.request_id, answer.headers["x-request-id"]);
  });

  it("asks for the token before it reads a body", async () => {
    const answer = await raw(server.port, "PATCH /api/item/1/toggle HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    assert.deepEqual(responses(answer.text).map((one) => one.status), [401]);
    assert.ok(answer.ms < 2000 * SLOW);
  });

  it("hands the request over as it came", async () => {
    const body = '{"a":1}';
    const answer = await request(server.port, { method: "PATCH", target: "/api/item/a%20b/toggle?q=c%26d", body, headers: {
      Authorization: `Bearer ${jwt({ sub: "ana" })}`, "Content-Type": "application/json", "Content-Length": 7, "X-Test": "given" } });
    const seen = json(answer);
    assert.deepEqual([seen.method, seen.pattern, seen.target], ["PATCH", "/api/item/:id/toggle", "/api/item/a%20b/toggle?q=c%26d"]);
    assert.deepEqual([seen.path.id, seen.q, seen.raw, seen.user], ["a b", "c&d", body, "ana"]);
    assert.deepEqual([seen.content_type, seen.header, seen.remote], ["application/json", "given", "127.0.0.1"]);
    assert.ok(Math.abs(seen.at - Date.now()) < 5000 * SLOW);
    assert.equal(seen.id, answer.headers["x-request-id"]);
  });

  it("turns Lua's failures into a bare 500, and logs where they were", async () => {
    const short = await server.get("/api/echo?fault=memory"); // no mistake of the application's: come again
    assert.deepEqual([short.status, json(short).error.code, short.headers["retry-after"]], [503, "out_of_memory", "2"]);
    for (const fault of ["error", "nothing", "header", "ours"]) {
      const answer = await server.get(`/api/echo?fault=${fault}`);
      assert.equal(answer.status, 500, fault);
      assert.equal(json(answer).error.code, "internal");
      assert.doesNotMatch(answer.body, /broken|lua/);
      assert.equal(answer.headers["x-injected"], undefined);
    }
    const line = server.logs("request_failed").find((one) => one.message === "broken on purpose");
    assert.equal(line.file, "hookswitch/router.lua");
    assert.ok(line.line > 0);
    assert.equal((await server.get("/api/echo")).status, 200);
  });

  it("sends Lua's own headers, and no length with a 204", async () => {
    const own = await server.get("/api/echo?fault=cache");
    assert.deepEqual([own.headers["cache-control"], own.headers["x-own"]], ["max-age=5", "yes"]);
    const empty = await server.get("/api/echo?fault=empty");
    assert.equal(empty.status, 204);
    assert.equal(empty.headers["content-length"], undefined);
    const large = await server.get("/api/echo?fault=large");
    assert.equal(large.body.length, Number(large.headers["content-length"]));
    assert.ok(large.body.length > 5_000_000);
  });
});

describe("without keys", () => {
  it("the API says that it cannot know anybody else's tokens", async () => {
    const bare = await startServer({ lua: MINI, config: { jwt_secret: null } });
    try {
      for (const [headers, code] of [[{}, "missing_token"],
        [{ Authorization: `Bearer ${jwt({ sub: "ana" }, JWT_SECRET)}` }, "auth_not_configured"],
        [{ Authorization: `Bearer ${jwt({ sub: "ana", iss: "hookswitch-session" }, "")}` }, "auth_not_configured"]]) {
        const answer = await bare.get("/api/me", { headers });
        assert.equal(answer.status, 401);
        assert.equal(json(answer).error.code, code);
      }
      assert.equal((await bare.get("/api/echo")).status, 200);
    } finally {
      await bare.stop();
    }
  });
});

describe("a public key", () => {
  const pair = { RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }), ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }) };
  const other = { RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }), ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }) };
  const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const claims = { sub: "ana", iss: "https://id.example.com", aud: ["phones", "x"], exp: Math.floor(Date.now() / 1000) + 3600 };
  const token = (header, body, signature) => {
    const text = `${b64(header)}.${b64(body)}`;
    return `${text}.${Buffer.from(signature(text)).toString("base64url")}`;
  };
  const signed = (alg, keys = pair) => (text) => cryptoSign("sha256", Buffer.from(text),
    { key: keys[alg].privateKey, dsaEncoding: "ieee-p1363" });

  for (const alg of ["RS256", "ES256"]) {
    describe(alg, () => {
      const pem = pair[alg].publicKey.export({ type: "spki", format: "pem" });
      let one;
      const ask = (text) => one.get("/api/me", { headers: { Authorization: `Bearer ${text}` } });
      before(async () => {
        const file = path.join(newFolder(), "public.pem");
        writeFileSync(file, pem);
        one = await startServer({ lua: MINI, config: { jwt_secret: null, jwt_algorithm: alg, jwt_public_key_file: file,
          jwt_issuer: "https://id.example.com", jwt_audience: "phones" } });
      });
      after(() => one?.stop());

      it("accepts what its private key signed", async () => {
        const answer = await ask(token({ alg, typ: "JWT", kid: "../../etc/passwd" }, claims, signed(alg)));
        assert.equal(answer.status, 200, answer.body);
        assert.equal(json(answer).user, "ana");
      });

      it("accepts nothing else, and does not say why", async () => {
        const hmac = (key) => (text) => createHmac("sha256", key).update(text).digest();
        const attacker = other[alg].publicKey.export({ format: "jwk" });
        const attempts = {
          "none": token({ alg: "none" }, claims, () => ""),
          "None": token({ alg: "None" }, claims, () => ""),
          "nOnE": token({ alg: "nOnE" }, claims, () => "x"),
          "no alg": token({ typ: "JWT" }, claims, signed(alg)),
          "the public key as a secret": token({ alg: "HS256" }, claims, hmac(pem)),
          "an empty secret": token({ alg: "HS256" }, claims, hmac("")),
          "the other algorithm": token({ alg: alg === "RS256" ? "ES256" : "RS256" }, claims, signed(alg === "RS256" ? "ES256" : "RS256")),
          "another key": token({ alg }, claims, signed(alg, other)),
          "another key, in its header": token({ alg, jwk: attacker }, claims, signed(alg, other)),
          "another key, by URL": token({ alg, jku: "https://evil.example/keys", x5u: "https://evil.example/cert" }, claims, signed(alg, other)),
          "another key, by a kid that is SQL": token({ alg, kid: "' UNION SELECT 'x" }, claims, signed(alg, other)),
          "critical extensions": token({ alg, crit: ["b64"], b64: false }, claims, signed(alg)),
          "r = s = 0": token({ alg }, claims, () => Buffer.alloc(64)),
          "no signature": token({ alg }, claims, () => ""),
          "no exp": token({ alg }, { ...claims, exp: undefined }, signed(alg)),
          "exp as text": token({ alg }, { ...claims, exp: String(claims.exp) }, signed(alg)),
          "exp in the past": token({ alg }, { ...claims, exp: 1 }, signed(alg)),
          "exp beyond what a second counts": token({ alg }, { ...claims, exp: 2 ** 53 + 2 }, signed(alg)),
          "exp beyond any time": token({ alg }, { ...claims, exp: 1e300 }, signed(alg)),
          "nbf before any time": token({ alg }, { ...claims, nbf: -1e300 }, signed(alg)),
          "iat beyond any time": token({ alg }, { ...claims, iat: 1e19 }, signed(alg)),
          "nbf in the future": token({ alg }, { ...claims, nbf: claims.exp }, signed(alg)),
          "another issuer": token({ alg }, { ...claims, iss: "https://evil.example" }, signed(alg)),
          "no issuer": token({ alg }, { ...claims, iss: undefined }, signed(alg)),
          "another audience": token({ alg }, { ...claims, aud: "phone" }, signed(alg)),
          "no audience": token({ alg }, { ...claims, aud: undefined }, signed(alg)),
          "no user": token({ alg }, { ...claims, sub: undefined }, signed(alg)),
          "two users": token({ alg }, JSON.stringify(claims).replace("{", '{"sub":"bob",'), signed(alg)),
          "bad base64": token({ alg }, claims, signed(alg)).replace(".", ".="),
          "four parts": `${token({ alg }, claims, signed(alg))}.x`,
        };
        const bodies = new Set();
        for (const [what, attempt] of Object.entries(attempts)) {
          const answer = await ask(attempt);
          assert.equal(answer.status, 401, what);
          bodies.add(answer.body.replace(/"request_id":"[0-9a-f]+"/, ""));
        }
        assert.equal(bodies.size, 1);
      });
    });
  }
});

describe("web pages", () => {
  const preflight = (origin, target = "/api/echo") => server.get(target, { method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" } });

  it("of a named origin may ask and read", async () => {
    const before = await preflight("https://app.example.com");
    assert.equal(before.status, 204);
    assert.equal(before.headers["access-control-allow-origin"], "https://app.example.com");
    assert.equal(before.headers["access-control-allow-methods"], "GET, HEAD, POST");
    assert.match(before.headers["access-control-allow-headers"], /Authorization/);
    for (const target of ["/api/echo", "/api/me", "/api/nope"]) {
      const answer = await server.get(target, { headers: { Origin: "https://b.example.com" } });
      assert.equal(answer.headers["access-control-allow-origin"], "https://b.example.com", target);
      assert.match(answer.headers.vary, /Origin/);
      assert.equal(answer.headers["access-control-allow-credentials"], undefined);
    }
  });

  it("of another origin are told nothing", async () => {
    for (const origin of ["https://evil.example", "null", "https://app.example.com.evil.example", "https://app.example.co",
      "http://app.example.com", "*"]) {
      assert.equal((await preflight(origin)).headers["access-control-allow-origin"], undefined, origin);
      const answer = await server.get("/api/echo", { headers: { Origin: origin } });
      assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
    }
  });
});

describe("every answer", () => {
  it("carries the headers that keep browsers safe", async () => {
    const answers = await Promise.all([server.get("/api/echo"), server.get("/api/nope"), server.get("/api/me"), server.get("/healthz"),
      server.get("/"), server.get("/api/echo?fault=error"), server.post("/api/twilio/twiml", CALL), server.get("/%zz"),
      server.get("/api/echo", { method: "PUT", body: "", headers: { "Content-Length": 0 } })]);
    for (const { headers, status } of answers) {
      assert.equal(headers["x-content-type-options"], "nosniff", status);
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["strict-transport-security"], "max-age=31536000");
      assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
      assert.equal(headers["cache-control"], "no-store");
      assert.ok(headers.date);
    }
    const ids = answers.map((answer) => answer.headers["x-request-id"]);
    assert.equal(new Set(ids).size, ids.length);
  });

  it("names no secret", async () => {
    const everything = server.out + server.err + (await server.get("/metrics")).body + (await server.get("/healthz")).body;
    for (const secret of [TOKEN, JWT_SECRET]) assert.ok(!everything.includes(secret));
  });
});
