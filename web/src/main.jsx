// main.jsx: where the console begins.
import { takeEarly } from "./early.js"; // first: it asks
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
// Before the components: their own sheets count for more.
import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "./mantine.js";
import "virtual:theme.css";
import "./colours.css";
import "./global.css";
import "./controls.css";
import "./forced.css";
import { App } from "./App.jsx";
import { watchChunks } from "./parts/boundary.jsx";
import { listenFirst } from "./parts/forms/leaving.js";
import { SessionProvider } from "./session.jsx";
import { startLanguage, useLanguage } from "./text/language.jsx";
import { theme } from "./theme.js";

// Draws all pages again when the language changes.
function Console() {
  useLanguage();
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <SessionProvider early={takeEarly}>
        <App />
      </SessionProvider>
    </MantineProvider>
  );
}

watchChunks();
listenFirst();
startLanguage().finally(() => createRoot(document.getElementById("root")).render(<StrictMode><Console /></StrictMode>));
