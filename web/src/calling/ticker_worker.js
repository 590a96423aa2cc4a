// ticker_worker.js: a clock that keeps going in a hidden tab.
let timer;
self.onmessage = ({ data: ms }) => {
  clearInterval(timer);
  timer = setInterval(() => self.postMessage("tick"), ms);
};
