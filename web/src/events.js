// events.js: the host's server-sent events, read with fetch so that a header can
// carry the token. A stream that ends, for whatever reason, is reopened after a
// growing pause; Last-Event-ID has the host send what was missed, or `reset` if it
// can't.
//
//   const stop = listen(api, { since, onEvent: (type, data, id) => …, onState: (state) => … });
//
// States: "connecting", "open", "waiting" (for the next try), "limited" (too many
// streams of this user), "refused" (signed out: tried again with the next token).
// One connection for all tabs: stream.js.

const SHORTEST_MS = 500;
const LONGEST_MS = 15_000;
const SILENCE_MS = 40_000; // the host sends a comment every 15 s

// Blocks of "id:", "event:" and "data:" lines, from text that arrives in pieces.
function parser(onBlock) {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).replace(/\r\n/g, "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = {};
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        if (colon <= 0) continue; // a comment
        const name = line.slice(0, colon);
        const value = line.slice(colon + 1).replace(/^ /, "");
        fields[name] = name === "data" && "data" in fields ? `${fields.data}\n${value}` : value;
      }
      onBlock(fields);
    }
  };
}

function read(data) {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
}

// One stream, to its end: `onBlock(fields)` for each event, `onOpen()` before the first. Aborted after a silence.
async function readStream(api, { abort, lastId, onOpen, onBlock }) {
  const answer = await api.request("GET", "/api/twilio/events", {
    signal: abort.signal,
    headers: { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) },
  });
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => abort.abort(), SILENCE_MS);
  };
  const take = parser(onBlock);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  onOpen();
  try {
    heard();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      take(part.value);
    }
  } finally {
    clearTimeout(silence);
  }
}

// since: the id of the last event that is already known.
export function listen(api, { since, onEvent, onState = () => {} }) {
  let stopped = false;
  let lastId = since;
  let pause = SHORTEST_MS;
  let timer;
  let isWaiting = false; // for the timer, or for another token
  let current; // AbortController of the stream that is open

  const wake = () => {
    if (!isWaiting) return;
    clearTimeout(timer);
    open();
  };

  function later(seconds, state = "waiting") {
    if (stopped) return;
    const wait = seconds ? seconds * 1000 : pause * (0.75 + Math.random() / 2);
    pause = Math.min(LONGEST_MS, pause * 2);
    onState(state);
    isWaiting = true;
    timer = setTimeout(open, wait);
  }

  const onOpen = () => {
    onState("open");
    pause = SHORTEST_MS;
  };
  const onBlock = ({ id, event, data }) => {
    if (id) lastId = id;
    if (event && !stopped) onEvent(event, read(data), id);
  };

  async function open() {
    isWaiting = false;
    current = new AbortController();
    // After a failure the state stays "waiting" until a try succeeds.
    if (pause === SHORTEST_MS) onState("connecting");
    try {
      await readStream(api, { abort: current, lastId, onOpen, onBlock });
      later();
    } catch (problem) {
      if (stopped) return;
      if (problem.isRefusal) {
        isWaiting = true;
        onState("refused");
      } else later(problem.retryAfter, problem.status === 429 ? "limited" : "waiting");
    }
  }

  // A lost network may leave the connection open, silent.
  const lost = () => current.abort();
  window.addEventListener("online", wake);
  window.addEventListener("offline", lost);
  api.renewals.add(wake);
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", wake);
    window.removeEventListener("offline", lost);
    api.renewals.delete(wake);
    current?.abort();
  };
}
