// start.js: the state of a phone that has done nothing yet (line.js, phone.js).

export const START = {
  // "starting" · "ready" · "unheard" by the host · "reconnecting" · "paused" · "failed"
  line: "starting", problem: null, identity: null, numbers: null, call: null, incoming: [], ended: null, sandbox: false,
  devices: { microphones: [], speakers: [], microphone: "default", speaker: "default", canChooseSpeaker: false },
};
