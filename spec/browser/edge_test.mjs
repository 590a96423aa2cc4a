// edge_test.mjs: the judge is judged: what the stand-in for Twilio's edge makes of
// tokens, of sound and of people who leave or answer at one moment.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { after, describe, it } from "node:test";
import jsonwebtoken from "jsonwebtoken";
import twilio from "twilio";
import { sleep, waitUntil } from "../support/server.mjs";
import { elements, parseXml } from "../support/xml.mjs";
import { BrowserLeg } from "./edge/browser_leg.mjs";
import { dial } from "./edge/dial.mjs";
import { PhoneLeg } from "./edge/phone_leg.mjs";
import { Session } from "./edge/session.mjs";
import { decode, Ear, encode, loudness, PACKET, Recorder, SILENCE, tone, wav } from "./edge/sound.mjs";
import { readToken } from "./edge/token.mjs";

const ACCOUNT = `AC${"1".repeat(32)}`, KEY = `SK${"2".repeat(32)}`, APP = `AP${"3".repeat(32)}`;
const SECRET = "0123456789abcdefghijklmnopqrstuv";
const judge = { account: ACCOUNT, keys: new Map([[KEY, SECRET]]) };

function token({ account = ACCOUNT, key = KEY, secret = SECRET, identity = "user_ana", ttl = 3600, incoming = true } = {}) {
  const { AccessToken } = twilio.jwt;
  const made = new AccessToken(account, key, secret, { identity, ttl });
  made.addGrant(new AccessToken.VoiceGrant({ outgoingApplicationSid: APP, incomingAllow: incoming }));
  return made;
}

describe("a token", () => {
  it("of Twilio's own library is taken, with what it allows", () => {
    const read = readToken(token().toJwt(), judge);
    assert.deepEqual([read.identity, read.incoming, read.application], ["user_ana", true, APP]);
    assert.equal(readToken(token({ incoming: false }).toJwt(), judge).incoming, false);
  });

  for (const [what, text] of [["no token", "not-a-jwt"], ["another secret", token({ secret: SECRET.toUpperCase() }).toJwt()],
    ["another key", token({ key: `SK${"9".repeat(32)}` }).toJwt()], ["another account", token({ account: `AC${"9".repeat(32)}` }).toJwt()],
    ["a name with a space", token({ identity: "user ana" }).toJwt()],
    ["a header without cty", jsonwebtoken.sign(jsonwebtoken.decode(token().toJwt()), SECRET)]]) {
    it(`is refused as invalid: ${what}`, () => assert.equal(readToken(text, judge).error.code, 31204));
  }

  it("is refused as expired when it is, or lives too long", () => {
    const claims = jsonwebtoken.decode(token().toJwt());
    const sign = (more) => jsonwebtoken.sign({ ...claims, ...more }, SECRET, { header: { typ: "JWT", cty: "twilio-fpa;v=1" } });
    assert.equal(readToken(sign({ exp: claims.iat - 1 }), judge).error.code, 31205);
    assert.equal(readToken(sign({ exp: claims.iat + 90_000 }), judge).error.code, 31205);
  });
});

describe("sound", () => {
  it("survives mu-law, nearly", () => {
    const samples = [0, 7, -7, 100, -100, 1000, -1000, 12_000, -12_000, 32_000, -32_000];
    decode(encode(samples)).forEach((sample, n) => assert.ok(Math.abs(sample - samples[n]) <= Math.abs(samples[n]) / 16 + 8, `${sample}`));
  });

  it("is measured by how loud it is", () => {
    assert.equal(loudness(SILENCE), 0);
    assert.ok(Math.abs(loudness(tone(400, 10_000)()) - 10_000 / Math.SQRT2) < 300);
    const ear = new Ear();
    ear.take(SILENCE);
    assert.equal(ear.peak(), 0);
    ear.take(tone(400)());
    assert.ok(ear.peak() > 5000 && ear.packets.length === 2);
  });

  it("is written as WAV, a channel for each side", () => {
    const recorder = new Recorder();
    recorder.take(0, tone(400)());
    recorder.take(1, SILENCE);
    const file = recorder.wav();
    assert.deepEqual([file.toString("latin1", 0, 4), file.toString("latin1", 8, 16)], ["RIFF", "WAVEfmt "]);
    assert.deepEqual([file.readUInt16LE(22), file.readUInt32LE(24), file.length], [2, 8000, 44 + PACKET * 4]);
    assert.equal(wav([[1, 2, 3]]).length, 50);
  });
});

// A call whose webhooks do what a test wants.
function callOf(xml, { on = async () => {}, fetch } = {}) {
  const edge = { longestRing: 5000, variant: {}, phones: new Map(), calleeOf: () => ({ answer: "taken", after: 1 }),
    callback: (url, params) => on(params), fetch };
  const party = new PhoneLeg("+14155550123");
  return { call: { edge, party, children: [], params: { AccountSid: ACCOUNT, From: "+14155550123" }, pickUp: async () => {} },
    verb: elements(parseXml(`<Response>${xml}</Response>`))[0] };
}
const EVENTS = 'statusCallback="/s" statusCallbackEvent="initiated ringing answered completed"';
const FINAL = ["completed", "no-answer"];

describe("a <Dial>", () => {
  for (const when of ["initiated", "ringing", "in-progress", "screening"]) {
    it(`whose caller leaves at "${when}" leaves nobody on the line`, async () => {
      const { call, verb } = callOf(`<Dial><Number ${EVENTS} url="/screen">+13035550142</Number></Dial>`, {
        on: async ({ CallStatus }) => { if (CallStatus === when) call.party.hangUp(); },
        fetch: async () => {
          if (when === "screening") call.party.hangUp();
          return parseXml("<Response/>");
        },
      });
      assert.equal((await dial(call, verb)).callerGone, true);
      await waitUntil(() => FINAL.includes(call.children[0].status), 2000, "an end");
    });
  }

  it("that two answer at once connects one and hangs up on the other", async () => {
    const both = ["+13035550142", "+13035550177"].map((phone) => `<Number ${EVENTS}>${phone}</Number>`).join("");
    const { call, verb } = callOf(`<Dial>${both}</Dial>`, { on: () => sleep(5) });
    const done = dial(call, verb);
    await waitUntil(() => call.bridged && call.children.some(({ status }) => FINAL.includes(status)), 2000, "one who is left");
    call.party.hangUp();
    assert.equal((await done).bridged, true);
    assert.deepEqual(call.children.map(({ status }) => FINAL.includes(status)), [true, true]);
  });
});

describe("a browser that is called", () => {
  // What it is told, and what it does when it is invited.
  function browser(answers = () => {}) {
    const told = [];
    let decide;
    return { told, session: { ring: () => new Promise((resolve) => { decide = resolve; }), reconnectToken: () => "r", forget: () => {},
      send(type, payload) {
        told.push(type);
        if (type === "invite") answers(payload, decide);
      } } };
  }
  const ringing = (session, on) => {
    const made = callOf(`<Dial><Client ${EVENTS}>user_ana</Client></Dial>`, { on });
    made.call.edge.registered = () => [session];
    return made;
  };
  const legs = []; // that nobody closes
  const legOf = (session, sid) => legs[legs.push(new BrowserLeg(session, sid)) - 1];
  const nobody = { send: () => {}, forget: () => {} };
  after(() => legs.forEach((leg) => leg.close()));

  it("is not invited by a caller who left while the invitation was made", async (test) => {
    const { told, session } = browser(), { call, verb } = ringing(session), { offer } = BrowserLeg.prototype;
    let made;
    test.mock.method(BrowserLeg.prototype, "offer", function held() {
      made = offer.call(this).then(async (sdp) => {
        call.party.hangUp();
        await sleep(20);
        return sdp;
      });
      return made;
    });
    assert.equal((await dial(call, verb)).callerGone, true);
    await made;
    assert.deepEqual(told, ["cancel"]);
  });

  it("is hung up on, not cancelled, when it has answered as the caller leaves", async () => {
    const { told, session } = browser(async ({ sdp }, decide) => {
      decide({ type: "answer", sdp: await legOf(nobody, "CA2").answer(sdp) });
      await Promise.resolve();
      call.party.hangUp();
    });
    const { call, verb } = ringing(session);
    assert.equal((await dial(call, verb)).callerGone, true);
    assert.deepEqual(told, ["invite", "hangup"]);
  });

  // A socket, and what came over it.
  function socketOf(edge) {
    const socket = Object.assign(new EventEmitter(), { OPEN: 1, readyState: 1, sent: [], send: (text) => socket.sent.push(JSON.parse(text)) });
    const session = new Session(edge, socket);
    return { socket, session, take: (type, payload) => socket.emit("message", JSON.stringify({ type, payload })),
      types: () => socket.sent.map(({ type }) => type) };
  }
  const edgeOf = () => ({ problems: [], sessions: new Set(), reconnects: new Map(), reconnectMs: 20 });

  it("whose answer comes after the call's end is told that it is over", async () => {
    const one = socketOf(edgeOf());
    one.take("answer", { callsid: "CA3", sdp: "v=0" });
    await waitUntil(() => one.types().includes("hangup"), 2000, "a word");
    one.socket.emit("close");
  });

  it("that comes back on another socket goes on with its call, unless that has ended", async () => {
    const edge = edgeOf(), [one, other] = [socketOf(edge), socketOf(edge)];
    const leg = legOf(one.session, "CA4");
    one.session.adopt(leg);
    edge.reconnects.set("r", leg);
    other.take("invite", { callsid: "CA4", reconnect: "r" });
    await waitUntil(() => other.types().includes("answer"), 2000, "the call");
    one.socket.emit("close"); // the old one's end is noticed late
    await sleep(100);
    assert.equal(leg.closed, false);
    leg.leave();
    other.take("invite", { callsid: "CA4", reconnect: "r" });
    await waitUntil(() => other.types().includes("hangup"), 2000, "its end");
    other.socket.emit("close");
    assert.deepEqual(edge.problems, []);
  });
});
