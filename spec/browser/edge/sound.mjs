// sound.mjs: telephone sound: G.711 mu-law (PCMU), 8000 samples a second, in
// packets of 20 ms. Makes tones, measures what was heard, writes WAV files.
export const RATE = 8000;
export const PACKET = 160; // samples in 20 ms
export const SILENCE = Buffer.alloc(PACKET, 0xff);

const BIAS = 0x84;

function encodeSample(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32635) + BIAS;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7);
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function decodeSample(byte) {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

const DECODED = Int16Array.from({ length: 256 }, (_, byte) => decodeSample(byte));

export const encode = (samples) => Buffer.from(Array.from(samples, encodeSample));
export const decode = (payload) => Int16Array.from(payload, (byte) => DECODED[byte]);

// How loud: root mean square, 0 … 32767.
export function loudness(payload) {
  let sum = 0;
  for (const byte of payload) sum += DECODED[byte] ** 2;
  return Math.sqrt(sum / (payload.length || 1));
}

// A function that gives the next 20 ms of a tone.
export function tone(hertz, amplitude = 12000) {
  let n = 0;
  return () => encode(Array.from({ length: PACKET }, () =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hertz * n++) / RATE))));
}

// A WAV file, 16 bits a sample, one array of samples a channel.
export function wav(channels) {
  const length = Math.max(...channels.map((samples) => samples.length));
  const data = Buffer.alloc(length * channels.length * 2);
  channels.forEach((samples, channel) =>
    samples.forEach((sample, n) => data.writeInt16LE(sample, (n * channels.length + channel) * 2)));
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels.length, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * channels.length * 2, 28);
  header.writeUInt16LE(channels.length * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

// What arrived at one end of a call: when, how loud, and which keys were pressed.
export class Ear {
  packets = [];
  digits = "";

  take(payload) {
    this.packets.push({ at: Date.now(), loudness: loudness(payload) });
  }

  since(at = 0) {
    return this.packets.filter((packet) => packet.at >= at);
  }

  // The loudest 20 ms since then.
  peak(at = 0) {
    return this.since(at).reduce((loudest, packet) => Math.max(loudest, packet.loudness), 0);
  }
}

// Calls `step` every 20 ms; a late one is made up for.
export function pump(step) {
  let next = performance.now();
  const timer = setInterval(() => {
    for (let behind = 0; next <= performance.now() && behind < 50; behind++, next += 20) step();
  }, 10);
  return () => clearInterval(timer);
}

// Two channels of a call as it is recorded, each packet at its moment.
export class Recorder {
  began = Date.now();
  channels = [[], []];

  take(channel, payload) {
    const samples = this.channels[channel];
    const at = Math.round(((Date.now() - this.began) * RATE) / 1000);
    // What was not sent was silence.
    if (at > samples.length + RATE / 5) samples.push(...new Array(at - samples.length).fill(0));
    samples.push(...decode(payload));
  }

  get seconds() {
    return Math.round(Math.max(...this.channels.map((samples) => samples.length)) / RATE);
  }

  wav() {
    return wav(this.channels);
  }
}
