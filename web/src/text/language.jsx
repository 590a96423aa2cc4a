// language.jsx: the language of the page as React sees it, and the user's choice of it.
import { useEffect, useState, useSyncExternalStore } from "react";
import { usePhoneLibrary, withSpaces } from "../parts/numbers/phone_number.jsx";
import { getLanguage, hostSentences, localeOf, setLanguage, subscribe, wish } from "./text.js";

const KEPT = "hookswitch_language";
const onServer = getLanguage(); // what HTML of a server was drawn in

/** { locale, language }; the component, and what it draws, is drawn again in another language. */
export function useLanguage() {
  return useSyncExternalStore(subscribe, getLanguage, () => onServer);
}

/** The language that was chosen in this browser, or "" for the browser's own. */
export function chosenLanguage() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return ""; // a browser that keeps nothing for this page
  }
}

/** The console's language: the user's choice, else the browser's; resolves once it is there. */
export async function startLanguage(choice = chosenLanguage()) {
  await setLanguage(localeOf([choice, ...(navigator.languages ?? [])]));
  document.documentElement.lang = getLanguage().locale;
}

export function chooseLanguage(choice) {
  try {
    if (choice) localStorage.setItem(KEPT, choice);
    else localStorage.removeItem(KEPT);
  } catch { /* it lasts until the page is loaded again */ }
  return startLanguage(choice);
}

/** For components on someone else's page: true once the language that is wished for is there. */
export function useWish(locale, messages) {
  const [ready, setReady] = useState(false);
  const words = JSON.stringify(messages ?? {}); // may be a new object each time
  useEffect(() => {
    let wanted = true;
    const { settled, drop } = wish(locale, JSON.parse(words));
    settled.then(() => wanted && setReady(true));
    return () => {
      wanted = false;
      drop();
    };
  }, [locale, words]);
  return ready;
}

/**
 * The host's own words: in the page's language if it has them, else English, and marked so; `spaced`: with their
 * numbers as people write them, unlike what is about a line of a file.
 */
export function Foreign({ children, spaced = false }) {
  const { language } = useLanguage();
  const lib = usePhoneLibrary(false);
  const show = (text) => (spaced && typeof text === "string" ? withSpaces(text, lib) : text);
  const [host, setHost] = useState();
  const isAsked = language !== "en" && typeof children === "string";
  useEffect(() => {
    if (!isAsked) return undefined;
    let wanted = true;
    hostSentences().then((found) => wanted && setHost(found));
    return () => {
      wanted = false;
    };
  }, [isAsked]);
  if (!children || language === "en") return show(children);
  const own = isAsked && host?.sentenceWords(children);
  return own ? show(own) : <span lang="en">{show(children)}</span>;
}

const begun = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What an error says of a field, by whoever says it; `named`: where the field isn't beside it. */
export function FieldText({ error, name, named = false }) {
  const lib = usePhoneLibrary(false);
  const text = named ? error.fields[name] : begun(error.fields[name]);
  const said = error.foreignFields.includes(name) ? <Foreign spaced>{text}</Foreign> : withSpaces(text, lib);
  return named ? <><Foreign>{name.replaceAll("_", " ")}</Foreign>: {said}</> : said;
}

/** What an error says, by whoever says it. */
export function ErrorText({ error }) {
  const lib = usePhoneLibrary(false);
  return error.foreign ? <Foreign spaced>{error.message}</Foreign> : withSpaces(error.message, lib);
}
