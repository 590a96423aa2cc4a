// boundary.jsx: what breaks in one part of the page stays there. The usual reason
// is a chunk that is gone because the console was built anew: then the page is
// loaded again, once by itself.
import { Component } from "react";
import { t } from "../text/text.js";
import { Problem } from "./states.jsx";

const RELOADED = "hookswitch_reloaded";
const PAUSE_MS = 60_000;

// Vite tells when a chunk cannot be fetched.
export function reloadForNewChunks() {
  window.addEventListener("vite:preloadError", (event) => {
    try {
      if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < PAUSE_MS) return;
      sessionStorage.setItem(RELOADED, String(Date.now()));
    } catch {
      return; // without a memory it might go on for ever
    }
    event.preventDefault();
    window.location.reload();
  });
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
    return <Problem title={t("Something broke")} error={error} retry={() => window.location.reload()} />;
  }
}
