// ticker.js: call a function every so often, also in a hidden tab, where the
// browser slows a page's own timers down to one a minute. A worker's are not.
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
