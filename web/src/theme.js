// theme.js: the console's looks, on top of Mantine's. Read by the page and by
// the build (tools/theme_variables.js), so it imports nothing.
//
// Every text colour has a contrast of at least 4.5:1 on its backgrounds, light and
// dark.

export const theme = {
  primaryColor: "indigo",
  primaryShade: 8,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1.125rem" }, h3: { fontSize: "1rem" } },
  },
};

// Buttons without a filling, at rest and pointed at, in our own colours (colours.css): Mantine's are too faint.
const soft = (name, colour) => ({
  [`--mantine-color-${name}-light`]: `var(--${colour}-soft)`,
  [`--mantine-color-${name}-light-hover`]: `color-mix(in srgb, var(--${colour}) 14%, var(--surface))`,
  [`--mantine-color-${name}-light-color`]: `var(--${colour})`,
});
const SOFT = { ...soft("indigo", "accent"), ...soft("red", "bad") };

export const variables = {
  variables: {},
  light: {
    ...SOFT,
    "--mantine-color-dimmed": "#545b64",
    "--mantine-color-placeholder": "#666d75",
    "--mantine-color-error": "#c92a2a",
  },
  dark: {
    ...SOFT,
    "--mantine-color-body": "#16181c",
    "--mantine-color-dimmed": "#a9b0ba",
    "--mantine-color-placeholder": "#9aa1ab",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-red-text": "#ff8f8f", // Mantine would write it in white, nearly
  },
};
