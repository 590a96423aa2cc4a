// look.js: applies the application's colour scheme and appearance.
import { defaultVariantColorsResolver } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { theme } from "../../theme.js";

const DARK = "(prefers-color-scheme: dark)";

function subscribe(fn) {
  const dark = window.matchMedia(DARK);
  dark.addEventListener("change", fn);
  return () => dark.removeEventListener("change", fn);
}

/** "light", "dark" or "auto" → "light" or "dark"; "auto" follows the system. */
export function useScheme(wanted = "light") {
  const dark = useSyncExternalStore(subscribe, () => window.matchMedia(DARK).matches, () => false);
  if (wanted === "auto") return dark ? "dark" : "light";
  return wanted;
}

const KNOWN = ["accent", "onAccent", "text", "textSoft", "surface", "surfaceSunken", "surfaceRaised", "line", "good",
  "bad", "warn", "radius", "fontFamily"];

/** { onAccent: "white" } → { "--on-accent": "white" }, for an element's style. */
export function variablesOf(appearance = {}) {
  const given = KNOWN.filter((name) => typeof appearance[name] === "string");
  return Object.fromEntries(given.map((name) =>
    [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, appearance[name]]));
}

// Text on the accent colour uses --on-accent, whatever colours the application sets.
function colours(input) {
  const usual = defaultVariantColorsResolver(input);
  const accent = input.variant === "filled" && (input.color ?? theme.primaryColor) === theme.primaryColor;
  return accent ? { ...usual, color: "var(--on-accent)" } : usual;
}

/** The theme of a component whose dialogs open in `dialogs`. */
export function themeFor(dialogs) {
  const marked = { defaultProps: { iconColor: "var(--on-accent)" } };
  return { ...theme, variantColorResolver: colours,
    components: { Portal: { defaultProps: { target: dialogs } }, Checkbox: marked, Radio: marked } };
}
