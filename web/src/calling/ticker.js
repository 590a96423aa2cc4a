// ticker.js: calls a function at an interval, even in a hidden tab, where the browser
// slows a page's timers down to one a minute, but not a worker's.
//
//   const stop = every(25_000, fn);

export function every(ms, fn) {
  let worker;
  try {
    worker = new Worker(new URL("./ticker_worker.js", import.meta.url), { type: "module" });
  } catch {
    worker = undefined; // workers are forbidden to this page
  }
  let timer;
  let stopped = false;
  const plain = () => {
    if (!stopped) timer ??= setInterval(fn, ms);
  };
  if (!worker) plain();
  else {
    worker.onmessage = () => stopped || fn();
    worker.onerror = plain;
    worker.postMessage(ms);
  }
  return () => {
    stopped = true;
    worker?.terminate();
    clearInterval(timer);
  };
}
