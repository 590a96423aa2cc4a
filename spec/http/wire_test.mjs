// wire_test.mjs: hostile and odd bytes on the wire, each on a connection of its
// own: what is answered, that nothing more is answered, and that nothing hangs.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { MINI } from "../support/mini.mjs";
import { raw, responses, sleep, SLOW, startServer } from "../support/server.mjs";

const LIMIT = 4000; // ms that a case may take
const HOST = "Host: h\r\n";
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
const get = (target, more = "", version = "HTTP/1.1") => `GET ${target} ${version}\r\n${HOST}${more}\r\n`;
const post = (headers, body = "", target = "/api/echo") => `POST ${target} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const chunked = (body, more = "") => post(`Transfer-Encoding: chunked\r\n${more}`, body);
const manyHeaders = (count) => get("/api/echo", Array.from({ length: count - 1 }, (_, i) => `X-${i}: y\r\n`).join(""));
const HIDDEN = get("/api/echo?q=smuggled");
const NUL = String.fromCharCode(0);

let server;
before(async () => {
  server = await startServer({ lua: MINI, config: { workers: 8, request_timeout_ms: 1000, keep_alive_timeout_ms: 200 } });
});
after(() => server?.stop());

// [what, bytes or what makes them, status or a list of those that will do, options];
// { all } lists as many responses.
const CASES = {
  "host and version": [
    ["no Host on 1.1", "GET /api/echo HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", `GET /api/echo HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
    ["a Host with a blank", "GET /api/echo HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
    ["a Host with a user", "GET /api/echo HTTP/1.1\r\nHost: ana@h\r\n\r\n", 400],
    ["two Hosts in one line", "GET /api/echo HTTP/1.1\r\nHost: a, b\r\n\r\n", 400],
    ["an IPv6 Host", "GET /api/echo HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200],
    ["an empty Host", "GET /api/echo HTTP/1.1\r\nHost:\r\n\r\n", 200],
    ["HTTP/9.9", get("/api/echo", "", "HTTP/9.9"), 505],
    ["HTTP/1.0 with a Host", get("/api/echo", "", "HTTP/1.0"), 200, { close: true }],
    ["HTTP/1.0 without one", "GET /api/echo HTTP/1.0\r\nUser-Agent: check\r\n\r\n", 200, { close: true }],
    ["HTTP/1.0 without any header", "GET /api/echo HTTP/1.0\r\n\r\n", 200, { close: true }],
    ["HTTP/1.0 with a line without a name", "POST /api/echo HTTP/1.0\r\n: x\r\nContent-Length: 5\r\n\r\nhello", 400],
    ["HTTP/1.0 that asks to be kept", get("/api/echo", "Connection: keep-alive\r\n", "HTTP/1.0"), 200, { close: true }],
    ["lower-case method", get("/api/echo").replace("GET", "get"), 400],
    ["unknown method", get("/api/echo").replace("GET", "BREW"), 400],
    ["TRACE", get("/api/echo").replace("GET", "TRACE"), 400],
    ["bare line feeds", get("/api/echo").replaceAll("\r", ""), 400],
    ["one bare line feed", `GET /api/echo HTTP/1.1\nHost: h\r\n\r\n`, 400],
    ["TLS on the plain port", Buffer.from("16030100a5010000a10303", "hex"), 400],
    ["two spaces in the request line", `GET  /api/echo HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a websocket upgrade", get("/api/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"), 400],
    ["an h2c upgrade is ignored", get("/api/echo", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
      200, { close: true }],
  ],
  "content length": [
    ["two different", post("Content-Length: 3\r\nContent-Length: 5\r\n", "abcde"), 400],
    ["two equal", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400],
    ["3,5", post("Content-Length: 3,5\r\n", "abcde"), 400],
    ["-1", post("Content-Length: -1\r\n"), 400],
    ["+3", post("Content-Length: +3\r\n", "abc"), 400],
    ["23 digits", post(`Content-Length: ${"9".repeat(23)}\r\n`, "abc"), 400],
    ["0x3", post("Content-Length: 0x3\r\n", "abc"), 400],
    ["words", post("Content-Length: many\r\n", "abc"), 400],
    ["POST without any", post(""), 200, { body: /"raw":""/ }],
    ["POST without any, and the next request", post("") + get("/api/echo?q=2"), { all: [200, 200] }],
    ["POST without any, and bytes that nobody announced", post("", "abc\r\n\r\n"), { all: [200, 400] }],
    ["PUT, PATCH and DELETE without any", ["PUT", "PATCH", "DELETE"].map((method) => post("").replace("POST", method)).join(""),
      { all: [405, 405, 405] }],
    ["with blanks behind it, which civetweb refuses", post("Content-Length: 3 \t \r\n", "abc"), 400],
    ["GET with a body", get("/api/echo", "Content-Length: 3\r\n") + "abc", 200, { close: true }],
    ["GET with a body that hides a request", get("/api/echo", `Content-Length: ${HIDDEN.length}\r\n`) + HIDDEN, 200, { close: true }],
    ["a body shorter than announced", post("Content-Length: 10\r\n", "abc"), 408, { close: true, within: 2500 }],
    ["a body larger than the limit", post("Content-Length: 300000\r\n", "abc"), 413, { close: true }],
    ["a body of 9 GB announced", post("Content-Length: 9999999999\r\n"), 413, { close: true }],
    ["well-formed", post("Content-Length: 3\r\n", "abc"), 200, { body: /"raw":"abc"/ }],
  ],
  "transfer encoding": [
    ["with Content-Length and a hidden request",
      post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`), 400],
    ["the other way round", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`), 400],
    ["xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400],
    ["identity", post("Transfer-Encoding: identity\r\n", "abc"), 400],
    ["gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400],
    ["space before the colon", post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${HIDDEN}`), 400],
    ["space before the colon, with a length", post(`Transfer-Encoding : chunked\r\nContent-Length: 5\r\n`, `0\r\n\r\n${HIDDEN}`), 400],
    ["in HTTP/1.0", chunked("0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400],
    ["well-formed", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200, { body: /"raw":"abcde"/ }],
    ["a chunk extension", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), 400],
    ["a trailer and a pipelined request", chunked(`3\r\nabc\r\n0\r\nX: y\r\n\r\n${HIDDEN}`), 200, { close: true }],
    ["a negative size", chunked("-3\r\nabc\r\n0\r\n\r\n"), 400],
    ["a size of 16 digits", chunked("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), 400],
    ["a size that overflows", chunked("7fffffffffffffff\r\nabc\r\n0\r\n\r\n"), [400, 408]],
    ["a size in 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400],
    ["no size", chunked("\r\nabc\r\n0\r\n\r\n"), 400],
    ["a chunk that goes on", chunked("3\r\nabcdef\r\n0\r\n\r\n"), 400],
    ["more than the limit in chunks", chunked(`10000\r\n${"x".repeat(65536)}\r\n`.repeat(5) + "0\r\n\r\n"), 413, { close: true }],
    ["an end that never comes", chunked("3\r\nabc\r\n"), 408, { within: 2500 }],
  ],
  "pipelining and Expect": [
    ["two requests in one write", get("/api/echo?q=1") + get("/api/echo?q=2"), { all: [200, 200] }],
    ["a POST and a GET", post("Content-Length: 3\r\n", "abc") + get("/api/echo?q=2"), { all: [200, 200] }],
    ["Expect: 100-continue", post("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"), { all: [100, 200] }],
    ["Expect: 100-continue and too large", post("Content-Length: 300000\r\nExpect: 100-continue\r\n"), 413],
    ["Expect: foo", post("Content-Length: 3\r\nExpect: foo\r\n", "abc"), 417],
  ],
  bytes: [
    ["NUL in a header", get("/api/echo", `X: a${NUL}b\r\n`), 400],
    ["%00 in the path", get("/api/echo%00x"), 400],
    ["%00 in a parameter", get("/api/item/a%00b"), 400],
    ["NUL in the path", get(`/api/echo${NUL}`), 400],
    ["%0d%0a in the path", get("/api/item/%0d%0aSet-Cookie:%20a=b"), 400],
    ["%0d%0a in an unknown path", get("/%0d%0aSet-Cookie:%20a=b"), 400],
    ["%zz", get("/api/item/%zz"), 400],
    ["%zz in an unknown path", get("/x%zz"), 400],
    ["% at the end", get("/api/item/a%"), 400],
    ["bytes that are not UTF-8", get("/api/item/%ff"), 400],
    ["%00 in the query", get("/api/echo?q=%00"), 400],
    ["a high byte in the path", Buffer.from(get("/api/echo\xe9"), "latin1"), 400],
  ],
  paths: [
    ["/../../etc/passwd", get("/../../etc/passwd"), 404],
    ["%2e%2e", get("/%2e%2e/%2e%2e/etc/passwd"), 404],
    ["%252e%252e", get("/%252e%252e/etc/passwd"), 404],
    ["//api/echo", get("//api/echo"), 404],
    ["/x/../api/echo", get("/x/../api/echo"), 404],
    ["/api/./echo", get("/api/./echo"), 404],
    ["/api/echox", get("/api/echox"), 404],
    ["/api/echo/sub", get("/api/echo/sub"), 404],
    ["/api/echo/", get("/api/echo/"), 404],
    ["/API/ECHO", get("/API/ECHO"), 404],
    ["/api/%65cho", get("/api/%65cho"), 404],
    ["/api\\echo", get("/api\\echo"), 404],
    ["an empty parameter", get("/api/item/"), 404],
    ["a dot as parameter", get("/api/item/.."), 404],
    ["an absolute target", () => get(`http://127.0.0.1:${server.port}/api/echo?q=1`), 200, { body: /"q":"1"/ }],
    ["an absolute target of any name", () => get(`HTTPS://phone.example.com:${server.port}/api/echo`), 200],
    ["two of them", () => get(`http://h:${server.port}/api/echo`) + get(`http://h:${server.port}/api/echo?q=2`), { all: [200, 200] }],
    ["an absolute target of another port", get("http://h/api/echo"), 421, { close: true }],
    ["an absolute target without a path", get("http://h"), [400, 421], { close: true }],
    ["an absolute target without a host", () => get("http:///api/echo"), [400, 421], { close: true }],
    ["an absolute target of another kind", get("ftp://h/api/echo"), 400],
    ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 204, { close: true, headers: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" } }],
    ["OPTIONS * behind another request", get("/api/echo") + `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, { all: [200, 204] }],
    ["GET *", get("*"), 400, { close: true }],
    ["CORS preflight of a foreign page", `OPTIONS /api/echo HTTP/1.1\r\n${HOST}Origin: https://evil.example\r\n` +
      "Access-Control-Request-Method: POST\r\n\r\n", 204, { without: "access-control-allow-origin", headers: { allow: "GET, HEAD, POST" } }],
    ["a query that is not well-formed", get("/api/echo?a=%zz"), 400],
  ],
  methods: [
    ["PUT", post("Content-Length: 0\r\n").replace("POST", "PUT"), 405, { headers: { allow: "GET, HEAD, POST" } }],
    ["PATCH", post("Content-Length: 0\r\n").replace("POST", "PATCH"), 405],
    ["DELETE", get("/api/echo").replace("GET", "DELETE"), 405],
    ["PROPFIND", get("/api/echo").replace("GET", "PROPFIND"), 405],
    ["CONNECT", get("/api/echo").replace("GET", "CONNECT"), 405],
    ["HEAD", get("/api/echo").replace("GET", "HEAD"), 200, { empty: true }],
    ["GET on a webhook", get("/api/twilio/twiml"), 405, { headers: { allow: "POST" } }],
    ["POST on /healthz", post("Content-Length: 0\r\n", "", "/healthz"), 405],
  ],
  size: [
    ["63 headers", manyHeaders(63), 200],
    ["64 headers", manyHeaders(64), 431],
    ["200 headers", manyHeaders(200), 431],
    ["64 headers with the length last", manyHeaders(64).replace("GET", "POST").replace(/\r\n\r\n$/, "\r\nContent-Length: 4\r\n\r\n"), 431],
    ["one of 15 kB", get("/api/echo", `X: ${"y".repeat(15000)}\r\n`), 200],
    ["one of 20 kB", get("/api/echo", `X: ${"y".repeat(20000)}\r\n`), 431],
    ["10,000 headers", get("/api/echo", "X: y\r\n".repeat(10000)), 431],
    ["a target of 20 kB", get(`/${"a".repeat(20000)}`), 431],
    ["a parameter of 2 kB", get(`/api/item/${"a".repeat(2000)}`), 400],
    ["obs-fold", get("/api/echo", "X: a\r\n b\r\n"), 400],
    ["obs-fold that hides the length", post("X: a\r\n b\r\nContent-Length: 3\r\n", "abc"), 400],
    ["empty header name", get("/api/echo", ": x\r\n"), 400],
    ["empty header name that hides the length", post(": x\r\nContent-Length: 3\r\n", "abc"), 400],
    ["a header without a colon", get("/api/echo", "nonsense\r\n"), 400],
  ],
  forms: [
    ["well-formed, not signed", post(`${FORM}Content-Length: 8\r\n`, "From=abc", "/api/twilio/twiml"), 403],
    ["NUL in a form, not signed", post(`${FORM}Content-Length: 8\r\n`, `From=a${NUL}c`, "/api/twilio/twiml"), 403],
    ["%00 in a form, not signed", post(`${FORM}Content-Length: 9\r\n`, "From=a%00", "/api/twilio/twiml"), 403],
    ["a bad escape in a form, not signed", post(`${FORM}Content-Length: 8\r\n`, "From=%zz", "/api/twilio/twiml"), 403],
    ["10,000 fields", (() => {
      const body = Array.from({ length: 10000 }, (_, i) => `f${i}=x`).join("&");
      return post(`${FORM}Content-Length: ${body.length}\r\n`, body, "/api/twilio/twiml");
    })(), 400],
    ["multipart with a NUL", post("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n", `a${NUL}b`, "/api/twilio/twiml"), 415],
    ["gzip that nobody unpacks", post(`${FORM}Content-Encoding: gzip\r\nContent-Length: 3\r\n`, "\x1f\x8b\x08", "/api/twilio/twiml"), [400, 403]],
  ],
};

function judge(answer, expected, options) {
  const list = responses(answer.text);
  const statuses = list.map((one) => one.status);
  if (expected.all) assert.deepEqual(statuses, expected.all);
  else {
    assert.equal(list.length, 1, `one answer, not ${statuses.join(", ")}: ${answer.text.slice(0, 400)}`);
    assert.ok([expected].flat().includes(statuses[0]), `${statuses[0]} instead of ${expected}`);
  }
  assert.doesNotMatch(answer.text, /smuggled|root:|Set-Cookie/);
  const last = list.at(-1);
  if (options.close || [408, 411, 413, 417, 431, 505].includes(last.status)) assert.equal(last.headers.connection, "close");
  if (options.body) assert.match(last.body, options.body);
  if (options.empty) assert.equal(answer.text.split("\r\n\r\n")[1], "");
  for (const [name, value] of Object.entries(options.headers ?? {})) assert.equal(last.headers[name], value);
  if (options.without) assert.equal(last.headers[options.without], undefined);
  if (last.status >= 200) {
    assert.equal(last.headers["x-content-type-options"], "nosniff");
    assert.match(last.headers["content-security-policy"], /frame-ancestors 'none'/);
    assert.match(last.headers["x-request-id"], /^[0-9a-f]{20}$/);
  }
}

for (const [family, cases] of Object.entries(CASES)) {
  describe(`wire: ${family}`, { concurrency: 4 }, () => {
    for (const [what, bytes, expected, options = {}] of cases) {
      it(what, async () => {
        const sent = typeof bytes === "function" ? bytes() : bytes;
        const answer = await raw(server.port, typeof sent === "string" ? Buffer.from(sent, "latin1") : sent, { most: LIMIT });
        judge(answer, expected, options);
        assert.ok(answer.ms < (options.within ?? LIMIT) * SLOW, `took ${Math.round(answer.ms)} ms`);
      });
    }
  });
}

// Closing with unread bytes resets the connection (RFC 9112, 9.6): a client that sends all before it reads, as
// Python's http.client does, then fails to send and never looks at the answer.
describe("wire: refused while more is sent", { concurrency: 4 }, () => {
  const sendAll = (bytes) => new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port: server.port, allowHalfOpen: true });
    let text = "", error = null, sentAfter;
    const began = performance.now();
    socket.setEncoding("utf8").on("data", (part) => { text += part; });
    socket.on("error", (problem) => { error = problem.code; });
    socket.on("close", () => resolve({ text, error, held: (sentAfter ?? performance.now() - began) > HELD_MS }));
    socket.on("connect", async () => {
      const step = 30_000;
      for (let at = 0; at < bytes.length && !error; at += step, await sleep(3)) socket.write(bytes.slice(at, at + step));
      sentAfter = performance.now() - began;
      socket.end();
    });
  });
  const HELD_MS = 300; // the server reads on for half a second
  const MORE = "x".repeat(300_000);
  const broken = {
    "two lengths": post("Content-Length: 300000\r\nContent-Length: 5\r\n"),
    "a length that is none": post("Content-Length: 300000x\r\n"),
    "a length and chunks": post("Content-Length: 300000\r\nTransfer-Encoding: chunked\r\n"),
    "a bare line feed": post("Content-Length: 300000\r\n").replace("\r\n", "\n"),
    "a header without a colon": post("Nonsense\r\nContent-Length: 300000\r\n"),
    "another version": post("Content-Length: 300000\r\n").replace("1.1", "9.9"),
    "an endless header": `GET /api/echo HTTP/1.1\r\n${HOST}X: `,
  };
  for (const [what, head] of Object.entries(broken))
    it(`${what}: the answer arrives`, async () => {
      for (let round = 0, tries = 0; round < 5; round++) {
        let answer = await sendAll(head + MORE);
        // A busy machine held us up for longer than the server reads on.
        while (answer.held && answer.error && tries++ < 30) answer = await sendAll(head + MORE);
        const [{ status } = {}] = responses(answer.text);
        assert.ok(status >= 400 && status < 600, `${status}, ${answer.error}`);
        assert.equal(answer.error, null);
      }
    });
});

describe("wire: afterwards", () => {
  it("splits a request at every byte and still understands it", async () => {
    const bytes = post("Content-Length: 3\r\nConnection: close\r\n", "abc");
    const cuts = Array.from({ length: 24 }, (_, i) => Math.floor((i + 1) * bytes.length / 25));
    // On a busy machine the second part comes late.
    const calm = await startServer({ lua: MINI, config: { workers: 8, request_timeout_ms: 60_000 } });
    const answers = await Promise.all(cuts.slice(0, 6).map((cut) => raw(calm.port, [bytes.slice(0, cut), 30, bytes.slice(cut)], { most: 30_000 })));
    await calm.stop();
    for (const answer of answers) assert.deepEqual(responses(answer.text).map((one) => one.status), [200]);
  });

  it("answers as before", async () => {
    const answer = await server.get("/api/echo?q=1");
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).q, "1");
    assert.equal(server.ended, null);
  });

  it("lost no worker", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.get("/api/echo")));
    assert.deepEqual(answers.map((one) => one.status), Array(8).fill(200));
  });
});
