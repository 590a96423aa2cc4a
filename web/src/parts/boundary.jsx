// boundary.jsx: parts of the console that are fetched when needed. A failure in one
// stays within it.
//
//   const Calls = lazy(() => fetchChunk(() => import("./pages/Calls.jsx")));
//   <Boundary place={location}><Suspense fallback={<LoadingChunk what="the page" />}>…
//
// While the host can't be reached, it keeps trying, and the page says so. If a host
// that answers no longer has the chunk, the console was rebuilt: the page is then
// reloaded, once. It never reloads while nothing answers, which would end in the
// browser's own error page.
import { Component, useSyncExternalStore } from "react";
import { t } from "../text/text.js";
import { Loading, Problem, Unreachable } from "./states.jsx";

const RELOADED = "hookswitch_reloaded";
const PAUSE_MS = 60_000;
const ASK_MS = 1500;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Does the host answer? Its own page, past every cache.
async function hostAnswers() {
  const ok = () => fetch("/", { method: "HEAD", cache: "no-store" }).then((answer) => answer.ok, () => false);
  while (!(await ok())) await pause(ASK_MS);
}

// Style sheets that Vite could not fetch with a chunk: it asks for each only once.
const lostSheets = new Set();

export function watchChunks() {
  window.addEventListener("vite:preloadError", ({ payload }) => {
    const [, href] = payload?.message?.match(/^Unable to preload CSS for (\S+)$/) ?? [];
    if (href) lostSheets.add(href);
  });
}

function fetchSheet(href) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}

async function fetchLostSheets() {
  for (const href of lostSheets) {
    await fetchSheet(href);
    lostSheets.delete(href);
  }
}

// How many chunks are waited for.
let waiting = 0;
const watching = new Set();
function wait(by) {
  waiting += by;
  for (const fn of watching) fn();
}
const subscribe = (fn) => {
  watching.add(fn);
  return () => watching.delete(fn);
};

// Whether the page is loaded again now: once a minute at most.
function reloadOnce() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < PAUSE_MS) return false;
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return false; // without a memory it might go on for ever
  }
  window.location.reload();
  return true;
}

/** What `load` gives, an import(), however long that takes. */
export async function fetchChunk(load) {
  try {
    return await load();
  } catch { /* the host is away, or was built anew */ }
  wait(1);
  try {
    await hostAnswers();
    const chunk = await load();
    await fetchLostSheets();
    return chunk;
  } catch (problem) {
    if (reloadOnce()) return new Promise(() => {});
    throw problem;
  } finally {
    wait(-1);
  }
}

export function LoadingChunk({ what, page }) {
  const waits = useSyncExternalStore(subscribe, () => waiting > 0);
  return waits ? <Unreachable page={page} /> : <Loading what={what} />;
}

// `place`: where one is; going elsewhere is a fresh start.
export class Boundary extends Component {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  componentDidUpdate(before) {
    if (this.state.failed && before.place !== this.props.place) this.setState({ failed: false });
  }

  render() {
    if (!this.state.failed) return this.props.children;
    const error = new Error(t("This part of the page broke. Reloading the page usually fixes it."));
    const retry = () => hostAnswers().then(() => window.location.reload());
    return <Problem title={t("Something broke")} error={error} retry={retry} />;
  }
}
