// browser_leg.mjs: one browser's end of one call: WebRTC through werift, PCMU
// and telephone events only. `hear` is what the browser hears; what it says
// goes to `ear` and to `onAudio`.
//
// There are no candidate messages: our session description carries all of
// ours, and the browser's are learnt from its checks.
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from "werift";
import { waitUntil } from "../../support/server.mjs";
import { Ear, PACKET } from "./sound.mjs";

const KEYS = "0123456789*#ABCD";
const EVENT_PAYLOAD_TYPE = 126;
const GATHER_MS = 20_000;

const PCMU = () => new RTCRtpCodecParameters({ mimeType: "audio/PCMU", clockRate: 8000, channels: 1, payloadType: 0 });
const EVENTS = () => new RTCRtpCodecParameters({ mimeType: "audio/telephone-event", clockRate: 8000, channels: 1,
  payloadType: EVENT_PAYLOAD_TYPE, parameters: "0-16" });

export class BrowserLeg {
  ear = new Ear();
  onAudio = null;
  onDigit = null;
  sent = 0;
  accepted = false; // the browser has said that it answers
  #sequence = 1;
  #timestamp = 0;
  #digitAt = null;
  #closed = false;
  #gone;

  // session: the socket it is signalled on; sids: all names of this call.
  constructor(session, sid, { telephoneEvents = true } = {}) {
    Object.assign(this, { session, sid });
    this.gone = new Promise((resolve) => { this.#gone = resolve; });
    this.track = new MediaStreamTrack({ kind: "audio" });
    this.peer = new RTCPeerConnection({ codecs: { audio: telephoneEvents ? [PCMU(), EVENTS()] : [PCMU()] },
      iceServers: [], iceUseIpv6: false, iceAdditionalHostAddresses: ["127.0.0.1"] });
    this.peer.addTransceiver(this.track, { direction: "sendrecv" });
    this.peer.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#receive(packet)));
  }

  // The browser called: its offer, answered.
  answer(offer) {
    return this.#unlessClosed(async () => {
      await this.peer.setRemoteDescription({ type: "offer", sdp: offer });
      return this.#describe(await this.peer.createAnswer());
    });
  }

  // The browser is called.
  offer() {
    return this.#unlessClosed(async () => this.#describe(await this.peer.createOffer()));
  }

  answered(sdp) {
    return this.#unlessClosed(() => this.peer.setRemoteDescription({ type: "answer", sdp }));
  }

  // If either side hangs up meanwhile, a failed step is nothing to report.
  async #unlessClosed(step) {
    try {
      return await step();
    } catch (problem) {
      if (this.#closed) return null;
      throw problem;
    }
  }

  async #describe(description) {
    await this.peer.setLocalDescription(description);
    await waitUntil(() => this.#closed || this.peer.iceGatheringState === "complete", GATHER_MS, "our own addresses");
    return this.peer.localDescription.sdp.replace(/\r?\n/g, "\r\n");
  }

  hear(payload) {
    if (this.#closed) return;
    const header = new RtpHeader({ payloadType: 0, sequenceNumber: this.#sequence++ & 0xffff, timestamp: this.#timestamp >>> 0,
      ssrc: 1, marker: this.sent === 0 });
    this.#timestamp += PACKET;
    this.sent++;
    this.track.writeRtp(new RtpPacket(header, payload));
  }

  #receive({ header, payload }) {
    if (header.payloadType === 0) {
      this.ear.take(payload);
      this.onAudio?.(payload);
    } else if (payload.length >= 4 && payload[1] & 0x80 && this.#digitAt !== header.timestamp) {
      // The end of a key press comes three times, with one timestamp.
      this.#digitAt = header.timestamp;
      this.press(KEYS[payload[0]] ?? "?");
    }
  }

  press(key) {
    this.ear.digits += key;
    this.onDigit?.(key);
  }

  get closed() {
    return this.#closed;
  }

  // Nothing more comes of a call that is over: an invitation made meanwhile would ring for ever.
  send(type, payload) {
    if (!this.#closed) this.session.send(type, { callsid: this.sid, ...payload });
  }

  // The browser's side is over: it hung up, or stayed away.
  leave() {
    this.#gone();
    this.close();
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.session.forget(this);
    this.peer.close().catch(() => {});
  }
}
