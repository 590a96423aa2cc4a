// edge_test.mjs: the judge is judged: what the stand-in for Twilio's edge makes of
// tokens, of sound and of people who leave or answer at one moment.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import jsonwebtoken from "jsonwebtoken";
import twilio from "twilio";
import { sleep, waitUntil } from "../support/server.mjs";
import { elements, parseXml } from "../support/xml.mjs";
import { dial } from "./edge/dial.mjs";
import { PhoneLeg } from "./edge/phone_leg.mjs";
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
