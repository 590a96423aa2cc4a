// HookswitchProvider.jsx: what components need in another application: the API, its
// cache, and live events. Each component gets an element with our styles, which
// don't affect the rest of the page.
//
//   <HookswitchProvider baseUrl="https://phone.example.com" token={() => session.jwt}> … </HookswitchProvider>
//
// The provider itself renders no element, so it may wrap the application's own parts
// too. The console has all of this already. A component on its own takes the same
// properties (`standalone`).
import { MantineProvider } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createApi } from "../api.js";
import { LiveProvider } from "../live.jsx";
import { DialProvider } from "../parts/numbers/dial.jsx";
import { DialogHost } from "../parts/forms/dialog_host.jsx";
import { keepFocus, keepPress } from "../parts/focus.js";
import { NoticeProvider } from "../parts/notice.jsx";
import { ApiProvider } from "../session.jsx";
import { useLanguage, useWish } from "../text/language.jsx";
import { createErrors, ErrorsProvider, useErrors } from "./support/errors.jsx";
import { themeFor, useScheme, variablesOf } from "./support/look.js";
import { useTopLayer } from "./support/top_layer.js";

const RENEWAL_MS = 2000;
const FAILED = "token_failed"; // api.js
// { colorScheme, appearance, ready } of the enclosing provider; ready: its language is loaded.
const Look = createContext(null);

// A component's element. It stays empty in server rendering: its content depends on the browser.
function Island({ children }) {
  const { colorScheme, appearance, ready } = useContext(Look);
  const { locale } = useLanguage();
  const scheme = useScheme(colorScheme);
  const [root, setRoot] = useState(null);
  useEffect(() => (root ? keepFocus(root) : undefined), [root]);
  useEffect(() => (root ? keepPress(root) : undefined), [root]);
  const [dialogs, setDialogs] = useState(null);
  const theme = useMemo(() => themeFor(dialogs), [dialogs]);
  useTopLayer(dialogs);
  return (
    <div className="hookswitch" data-mantine-color-scheme={scheme} lang={locale}
      style={root ? variablesOf(appearance) : undefined /* in HTML a policy may forbid it */}
      ref={setRoot}>
      {root && dialogs && ready && (
        <MantineProvider theme={theme} forceColorScheme={scheme} withCssVariables={false}
          withGlobalClasses={false} deduplicateCssVariables={false} getRootElement={() => root}>
          <NoticeProvider place={dialogs}><DialogHost>{children}</DialogHost></NoticeProvider>
        </MantineProvider>
      )}
      <div popover="manual" data-dialogs ref={setDialogs} />
    </div>
  );
}

// A new token function at every render doesn't make a new API. `refused` holds the
// token that was refused; each is reported once.
function useOwnApi(baseUrl, token, errors) {
  const newest = useRef(token);
  const [refused, setRefused] = useState(null);
  useEffect(() => {
    newest.current = token;
  });
  const read = useCallback(async () => {
    const given = newest.current;
    return (typeof given === "function" ? await given() : given) ?? undefined;
  }, []);
  const api = useMemo(() => {
    let used, told = {};
    return createApi({
      baseUrl,
      token: async () => {
        used = await read();
        if (told === FAILED) told = {};
        return used;
      },
      onSignedOut: (error, sent) => {
        const bad = error.code === FAILED ? FAILED : sent.token;
        // Of a token that the application has replaced, nothing is left to tell: what it was for is fetched again.
        if (bad !== FAILED && bad !== used) return setRefused((now) => now ?? { token: bad });
        if (told === bad) return undefined;
        told = bad;
        setRefused({ token: bad });
        return errors.report(error);
      },
    });
  }, [baseUrl, errors, read]);
  return { api, read, refused, setRefused };
}

// Refetches everything once there is a new token.
function Renewal({ api, read, refused, setRefused }) {
  const queries = useQueryClient();
  useEffect(() => {
    if (!refused) return undefined;
    let isOver = false; // the token may take longer than the interval
    const timer = setInterval(async () => {
      if (await read().catch(() => refused.token) === refused.token || isOver) return;
      isOver = true;
      setRefused(null);
      for (const fn of api.renewals) fn();
      queries.invalidateQueries();
    }, RENEWAL_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [api, queries, read, refused, setRefused]);
  return null;
}

/**
 * @param {import("./support/types.js").Connection & { children?: import("react").ReactNode }} props
 * @returns {import("react").ReactElement}
 */
export function HookswitchProvider({ baseUrl = "", token, colorScheme = "light", appearance, locale, messages, onError,
  children }) {
  const [errors] = useState(createErrors);
  const { api, ...renewal } = useOwnApi(baseUrl, token, errors);
  const ready = useWish(locale, messages);
  const look = useMemo(() => ({ colorScheme, appearance, ready }), [colorScheme, appearance, ready]);
  return (
    <Look.Provider value={look}>
      <ErrorsProvider errors={errors} onError={onError}>
        <ApiProvider api={api}>
          <Renewal api={api} {...renewal} />
          <LiveProvider>
            <DialProvider>{children}</DialProvider>
          </LiveProvider>
        </ApiProvider>
      </ErrorsProvider>
    </Look.Provider>
  );
}

function Inside({ Component, onError, ...props }) {
  useErrors(onError);
  useLanguage(); // redraw when it changes
  return <Island><Component {...props} /></Island>;
}

/** Wraps a component so that it brings its own provider if it is given a baseUrl or a token. */
export function standalone(Component) {
  function Standalone({ baseUrl, token, colorScheme, appearance, locale, messages, onError, ...props }) {
    const around = useContext(Look);
    if (baseUrl !== undefined || token !== undefined) {
      return (
        <HookswitchProvider {...{ baseUrl, token, colorScheme, appearance, locale, messages, onError }}>
          <Inside Component={Component} {...props} />
        </HookswitchProvider>
      );
    }
    return around ? <Inside Component={Component} onError={onError} {...props} /> : <Component {...props} />;
  }
  Standalone.displayName = Component.displayName ?? Component.name;
  return Standalone;
}
