// ticker_worker.js: a clock that goes on in a tab nobody looks at.
let timer;
self.onmessage = ({ data: ms }) => {
  clearInterval(timer);
  timer = setInterval(() => self.postMessage("tick"), ms);
};
