// HookswitchProvider.jsx: what a component needs around it in somebody else's
// application: the API, the cache of its answers, and Mantine inside of one
// element only, so that the page around keeps its looks.
//
//   <HookswitchProvider baseUrl="https://phone.example.com" token={() => session.jwt}> … </HookswitchProvider>
//
// The console has all of this already. A component used alone takes the same
// properties and wraps itself (`standalone`).
import { MantineProvider } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { createApi } from "../api.js";
import { keepFocus } from "../parts/focus.js";
import { ApiProvider } from "../session.jsx";
import { theme } from "../theme.js";

// Mantine's variables and dialogs stay inside of this element.
function Island({ colorScheme, children }) {
  const [root, setRoot] = useState(null);
  useEffect(() => (root ? keepFocus(root) : undefined), [root]);
  const islandTheme = useMemo(() => ({ ...theme, components: { Portal: { defaultProps: { target: root } } } }), [root]);
  return (
    <div className="hookswitch" data-mantine-color-scheme={colorScheme} ref={setRoot}>
      {root && (
        <MantineProvider theme={islandTheme} forceColorScheme={colorScheme} withCssVariables={false}
          withGlobalClasses={false} deduplicateCssVariables={false} getRootElement={() => root}>
          {children}
        </MantineProvider>
      )}
    </div>
  );
}

// A token function that is made anew at every render does not make a new API.
function useOwnApi(baseUrl, token) {
  const newest = useRef(token);
  useEffect(() => {
    newest.current = token;
  });
  return useMemo(() => createApi({
    baseUrl,
    token: () => (typeof newest.current === "function" ? newest.current() : newest.current),
  }), [baseUrl]);
}

/**
 * @param {object} props
 * @param {string} [props.baseUrl] where Hookswitch answers; the page's own origin when left out
 * @param {() => string|Promise<string>} [props.token] gives the user's JWT; asked before each request
 * @param {"light"|"dark"} [props.colorScheme]
 */
export function HookswitchProvider({ baseUrl = "", token, colorScheme = "light", children }) {
  const api = useOwnApi(baseUrl, token);
  return (
    <ApiProvider api={api}>
      <Island colorScheme={colorScheme}>{children}</Island>
    </ApiProvider>
  );
}

/** A component that brings its own provider when it is given a baseUrl or a token. */
export function standalone(Component) {
  function Standalone({ baseUrl, token, colorScheme, ...props }) {
    if (baseUrl === undefined && token === undefined) return <Component {...props} />;
    return (
      <HookswitchProvider baseUrl={baseUrl} token={token} colorScheme={colorScheme}>
        <Component {...props} />
      </HookswitchProvider>
    );
  }
  Standalone.displayName = Component.displayName ?? Component.name;
  return Standalone;
}
