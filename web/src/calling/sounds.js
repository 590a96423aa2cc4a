// sounds.js: the Voice SDK's sounds, made here instead of fetched from Twilio, so
// that the page needs no other server and a call rings at once.
//
//   const { urls, forget } = makeSounds();   urls by the SDK's names; some or all

const RATE = 8000;
const LOUD = 0.25;
const KEYS = { 1: [697, 1209], 2: [697, 1336], 3: [697, 1477], 4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
  7: [852, 1209], 8: [852, 1336], 9: [852, 1477], 0: [941, 1336], s: [941, 1209], h: [941, 1477] };

// What the sandbox's caller says: two sentences of made-up syllables.
const VOWELS = [[120, 240, 720, 1080], [130, 260, 390, 1950], [115, 345, 460, 920], [125, 375, 500, 1750]];
const syllable = (n) => [[VOWELS[(n * 7) % 4], 0.14 + (n % 3) * 0.04], [[], 0.03 + (n % 4 === 3 ? 0.09 : 0)]];
const sentence = (count) => Array.from({ length: count }, (_, n) => syllable(n)).flat();

// Parts of a sound: [frequencies, seconds]; none is a pause.
const SOUNDS = {
  incoming: [[[440, 480], 0.9], [[], 0.3], [[440, 480], 0.9], [[], 2.4]],
  outgoing: [[[523], 0.08], [[659], 0.1]],
  disconnect: [[[523], 0.1], [[392], 0.14]],
  voice: [...sentence(9), [[], 0.7], ...sentence(6), [[], 1.4]],
  ...Object.fromEntries(Object.entries(KEYS).map(([key, pair]) => [`dtmf${key}`, [[pair, 0.12]]])),
};

function samplesOf(parts) {
  return parts.flatMap(([frequencies, seconds]) => Array.from({ length: Math.round(seconds * RATE) }, (_, n) => {
    const swell = Math.min(1, n / 80, (seconds * RATE - n) / 80); // no clicks
    const wave = frequencies.reduce((sum, hertz) => sum + Math.sin((2 * Math.PI * hertz * n) / RATE), 0);
    return (LOUD * swell * wave) / (frequencies.length || 1);
  }));
}

// 16 bits a sample, one channel.
function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, word) => [...word].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, n) => view.setInt16(44 + n * 2, Math.round(sample * 32767), true));
  return new Blob([view], { type: "audio/wav" });
}

export function makeSounds(names = Object.keys(SOUNDS)) {
  const urls = Object.fromEntries(names.map((name) => [name, URL.createObjectURL(wav(samplesOf(SOUNDS[name])))]));
  return { urls, forget: () => Object.values(urls).forEach((url) => URL.revokeObjectURL(url)) };
}
