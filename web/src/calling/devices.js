// devices.js: microphones and loudspeakers: which there are, which one is used,
// and whether the browser allows it.
//
//   await devices.ready()    there is a microphone to use; throws the browser's error
//   devices.choose("microphone" | "speaker", deviceId)
//   devices.release()        the call is over: give the microphone back
import { t } from "../text/text.js";

const KEPT = { microphone: "hookswitch_microphone", speaker: "hookswitch_speaker" };

function remember(kind, id) {
  try {
    localStorage.setItem(KEPT[kind], id);
  } catch { /* chosen for this visit only */ }
}

function remembered(kind) {
  try {
    return localStorage.getItem(KEPT[kind]) ?? "default";
  } catch {
    return "default";
  }
}

// Have the browser ask, if it hasn't been answered yet; throws its error.
export async function askForMicrophone() {
  const media = navigator.mediaDevices;
  if (!media?.getUserMedia) throw new DOMException("no microphone", "NotFoundError");
  const stream = await media.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
}

const listOf = (map, word) => [...map.values()].filter(({ deviceId }) => deviceId)
  .map(({ deviceId, label }, n) => ({ id: deviceId, label: label || `${word} ${n + 1}` }));

export class Devices {
  #audio = null;
  #chosen = { microphone: remembered("microphone"), speaker: remembered("speaker") };

  constructor({ onChange }) {
    this.onChange = onChange;
  }

  // audio: the SDK's AudioHelper, or null when there is none any more.
  attach(audio) {
    this.#audio = audio;
    if (!audio) return;
    audio.on("deviceChange", () => this.#show());
    this.#useSpeaker();
    this.#show();
  }

  #show() {
    if (!this.#audio) return;
    const { availableInputDevices, availableOutputDevices, isOutputSelectionSupported } = this.#audio;
    const microphones = listOf(availableInputDevices, t("Microphone"));
    const speakers = listOf(availableOutputDevices, t("Speaker"));
    const present = (list, id) => (list.some((one) => one.id === id) ? id : "default");
    this.onChange({ microphones, speakers, canChooseSpeaker: isOutputSelectionSupported && speakers.length > 0,
      microphone: present(microphones, this.#chosen.microphone), speaker: present(speakers, this.#chosen.speaker) });
  }

  // Asked for before a call is made or answered: without one the call would end.
  async ready() {
    await askForMicrophone();
    const { microphone } = this.#chosen;
    if (microphone !== "default" && this.#audio?.availableInputDevices.has(microphone)) await this.#audio.setInputDevice(microphone);
    return true;
  }

  release() {
    this.#audio?.unsetInputDevice?.().catch(() => {});
  }

  async choose(kind, id) {
    this.#chosen[kind] = id;
    remember(kind, id);
    this.#show();
    if (kind === "speaker") return this.#useSpeaker();
    // In a call it changes at once; otherwise with the next one.
    return this.#audio?.inputStream ? this.#audio.setInputDevice(id) : undefined;
  }

  #useSpeaker() {
    const { speaker } = this.#chosen;
    if (!this.#audio?.isOutputSelectionSupported || !this.#audio.availableOutputDevices.has(speaker)) return;
    this.#audio.speakerDevices.set(speaker).catch(() => {});
    this.#audio.ringtoneDevices.set(speaker).catch(() => {});
  }
}
