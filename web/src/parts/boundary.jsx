// boundary.jsx: chunks of the console that are fetched when needed. A failure stays
// within its chunk.
//
//   const Calls = lazyPart(() => import("./pages/Calls.jsx"), "Calls");
//   <Boundary place={location}><Suspense fallback={<LoadingChunk what="the page" />}>…
//
// While the host can't be reached, it keeps trying and says so. If the host answers
// but no longer has the chunk, the console was rebuilt, and the page reloads once. It
// never reloads while nothing answers: that would end on the browser's error page.
import { Component, lazy, useSyncExternalStore } from "react";
import { t } from "../text/text.js";
import { Loading, Problem, Unreachable } from "./states.jsx";

const RELOADED = "hookswitch_reloaded";
const PAUSE_MS = 60_000;
const ASK_MS = 1500;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks for the console's page, past every cache: does the host answer?
async function hostAnswers() {
  const ok = () => fetch("/", { method: "HEAD", cache: "no-store" }).then((answer) => answer.ok, () => false);
  while (!(await ok())) await pause(ASK_MS);
}

// Style sheets that failed to load with a chunk; Vite tries each only once.
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

// How many chunks are loading.
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

// Reloads the page, at most once a minute; true if it does.
function reloadOnce() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < PAUSE_MS) return false;
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return false; // without storage it might reload for ever
  }
  window.location.reload();
  return true;
}

/** Waits for `load`, an import(), as long as it takes. */
export async function fetchChunk(load) {
  try {
    return await load();
  } catch { /* the host is down, or the console was rebuilt */ }
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

/** The component `name` of a chunk. */
export const lazyPart = (load, name = "default") => lazy(() => fetchChunk(load).then((module) => ({ default: module[name] })));

export function LoadingChunk({ what, page }) {
  const waits = useSyncExternalStore(subscribe, () => waiting > 0);
  return waits ? <Unreachable page={page} /> : <Loading what={what} />;
}

// `place`: the current location; a new one clears the error.
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
    const retry = () => hostAnswers().then(() => this.state.failed && window.location.reload());
    return <Problem title={t("Something broke")} error={error} retry={retry} />;
  }
}
