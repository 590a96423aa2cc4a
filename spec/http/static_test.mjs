// static_test.mjs: the console's files, and nothing but them.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { MINI } from "../support/mini.mjs";
import { raw, responses, startServer } from "../support/server.mjs";

const SCRIPT = `console.log("${"hookswitch ".repeat(500)}");\n`;
const HASHED = "/assets/app-4f2a9c1e.js";

describe("the console's files", () => {
  let server;
  before(async () => {
    server = await startServer({ lua: MINI, web: {
      "index.html": "<!doctype html><title>console</title>",
      [`.${HASHED}`]: SCRIPT,
      [`.${HASHED}.gz`]: gzipSync(SCRIPT),
      [`.${HASHED}.br`]: brotliCompressSync(SCRIPT),
      "assets/plain.css": "body{}",
      "favicon.ico": "icon",
      ".hidden": "secret of a hidden file",
      "folder/inner.txt": "inner",
      "with space.txt": "secret with a space",
    } });
  });
  after(() => server?.stop());

  it("answers / with index.html, its type and a policy", async () => {
    const answer = await server.get("/");
    assert.equal(answer.status, 200);
    assert.match(answer.body, /console/);
    assert.equal(answer.headers["content-type"], "text/html; charset=utf-8");
    assert.equal(answer.headers["cache-control"], "no-cache");
    const policy = answer.headers["content-security-policy"];
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "wss://voice-js.roaming.twilio.com"])
      assert.ok(policy.includes(part), part);
    assert.ok(!policy.includes("unsafe"));
    assert.match(policy, / https:\/\/eventgw\.us1\.twilio\.com /);
    assert.match(answer.headers["permissions-policy"], /microphone=\(self\)/);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
  });

  it("lets hashed files be kept for ever, others be asked for again", async () => {
    const hashed = await server.get(HASHED);
    assert.equal(hashed.headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal(hashed.headers["content-type"], "text/javascript; charset=utf-8");
    assert.equal(hashed.body, SCRIPT);
    assert.equal((await server.get("/assets/plain.css")).headers["cache-control"], "no-cache");
  });

  it("sends what was packed in advance to those who take it", async () => {
    const fetchRaw = async (accept) => {
      const answer = await raw(server.port, `GET ${HASHED} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept-Encoding: ${accept}\r\n\r\n`);
      const [one] = responses(answer.text);
      return { headers: one.headers, body: Buffer.from(one.body, "latin1") };
    };
    const brotli = await fetchRaw("gzip, deflate, br");
    assert.equal(brotli.headers["content-encoding"], "br");
    assert.equal(brotliDecompressSync(brotli.body).toString(), SCRIPT);
    const gzip = await fetchRaw("gzip, deflate, br;q=0");
    assert.equal(gzip.headers["content-encoding"], "gzip");
    assert.equal(gunzipSync(gzip.body).toString(), SCRIPT);
    assert.notEqual(gzip.headers.etag, brotli.headers.etag);
    for (const accept of ["identity", "", "gzip;q=0, br;q=0.0", "gzipped, broken"]) {
      const plain = await fetchRaw(accept);
      assert.equal(plain.headers["content-encoding"], undefined, accept);
      assert.equal(plain.headers.vary, "Accept-Encoding");
      assert.equal(plain.body.toString(), SCRIPT);
    }
  });

  it("answers 304 to who has it already", async () => {
    const { headers } = await server.get("/favicon.ico");
    const ask = (tag) => server.get("/favicon.ico", { headers: { "If-None-Match": tag } });
    for (const tag of [headers.etag, `W/${headers.etag}`, `"x", ${headers.etag}`, "*"]) {
      const answer = await ask(tag);
      assert.equal(answer.status, 304, tag);
      assert.equal(answer.body, "");
      assert.equal(answer.headers.etag, headers.etag);
    }
    assert.equal((await ask('"x"')).status, 200);
    writeFileSync(path.join(server.web, "favicon.ico"), "another icon");
    const changed = await ask(headers.etag);
    assert.equal(changed.status, 200);
    assert.equal(changed.body, "another icon");
  });

  it("answers HEAD without the content", async () => {
    const answer = await server.get(HASHED, { method: "HEAD" });
    assert.equal(answer.status, 200);
    assert.equal(Number(answer.headers["content-length"]), SCRIPT.length);
    assert.equal(answer.body, "");
  });

  it("gives a browser the console for its pages, and others a 404", async () => {
    const html = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    for (const page of ["/calls", "/numbers/5", "/settings/team?x=1", "/callers/+13035550142", "/callers/%2B13035550142", "/%63alls"]) {
      const answer = await server.get(page, { headers: html });
      assert.equal(answer.status, 200, page);
      assert.match(answer.body, /console/);
      assert.equal((await server.get(page)).status, 404);
    }
    for (const other of ["/api/nope", "/api/", "/api", "/assets/gone.js", "/x.php", "/calls/", "//calls", "/a/../calls", "/a/%2e%2e/b",
      "/a/%2f", "/a%5cb", "/a%e9", "/a%252B"]) {
      const answer = await server.get(other, { headers: html });
      assert.equal(answer.status, 404, other);
      assert.equal(JSON.parse(answer.body).error.code, "not_found");
    }
    for (const broken of ["/a%", "/a%2", "/a/b%zz", "/a%00"]) assert.equal((await server.get(broken, { headers: html })).status, 400, broken);
  });

  it("takes no other method", async () => {
    const answer = await server.get("/favicon.ico", { method: "DELETE" });
    assert.equal(answer.status, 404);
  });

  it("leaks nothing by any spelling of a path", async () => {
    const outside = path.join(server.folder, "outside.txt");
    writeFileSync(outside, "secret outside");
    const paths = ["/.hidden", "/%2ehidden", "/../outside.txt", "/..%2foutside.txt", "/%2e%2e/outside.txt", "/%252e%252e/outside.txt",
      "/..%5coutside.txt", "/..\\outside.txt", "/folder/../../outside.txt", "/folder/..;/..;/outside.txt", "/....//outside.txt",
      "/index.html%00.js", "/INDEX.HTML", "/folder", "/folder/", "/folder/inner.txt/", "/folder//inner.txt", "/./index.html",
      "/with space.txt", "/with%20space.txt", "/assets/", "/..", "/.", "//etc/passwd", "/etc/passwd", "/proc/self/environ"];
    for (const target of paths) {
      const answer = await raw(server.port, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      const list = responses(answer.text);
      assert.ok(list.length <= 1 && [400, 404].includes(list[0]?.status), `${target}: ${list[0]?.status}`);
      assert.doesNotMatch(answer.text, /secret|root:|inner/);
    }
  });

  it("follows no link that appeared later", async () => {
    const css = path.join(server.web, "assets/plain.css");
    unlinkSync(css);
    symlinkSync("/etc/passwd", css);
    assert.equal((await server.get("/assets/plain.css")).status, 404);
  });
});

describe("without a console", () => {
  it("/ says what this is and where to look", async () => {
    const server = await startServer({ lua: MINI });
    try {
      const answer = await server.get("/");
      assert.equal(answer.status, 200);
      assert.match(answer.body, /Hookswitch is running/);
      assert.match(answer.body, /\/readyz/);
      assert.match(answer.headers["content-security-policy"], /default-src 'none'/);
      assert.equal((await server.get("/index.html")).status, 404);
      assert.equal((await server.get("/calls", { headers: { Accept: "text/html" } })).status, 404);
    } finally {
      await server.stop();
    }
  });

  it("links are not listed", async () => {
    const server = await startServer({ lua: MINI, web: { "index.html": "x" } });
    const { folder } = server;
    await server.stop({ keep: true });
    mkdirSync(path.join(folder, "elsewhere"));
    writeFileSync(path.join(folder, "elsewhere/a.txt"), "secret");
    symlinkSync(path.join(folder, "elsewhere"), path.join(folder, "web/linked"));
    symlinkSync("/etc/passwd", path.join(folder, "web/passwd.txt"));
    const again = await startServer({ folder });
    try {
      assert.equal((await again.get("/linked/a.txt")).status, 404);
      assert.equal((await again.get("/passwd.txt")).status, 404);
      assert.equal((await again.get("/")).status, 200);
    } finally {
      await again.stop();
    }
  });
});
