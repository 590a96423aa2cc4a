// text.js: the page's language: its texts, and the locale for Intl. The key of a text
// is its English; the other languages' catalogues (de.json, …) are chunks, fetched
// when needed.
//
//   t("Restore version {version}", { version: 12 })
//   t("Call|verb")                        the part after | tells two meanings apart and isn't shown
//   plural(n, "{n} call", "{n} calls")    the second is its key; {n} is formatted for the language
//
// Call them while a component renders, never when a file is loaded: the language may
// change. rich.jsx puts elements into a text; language.jsx redraws the page.
// The first argument is always the text itself: spec/browser/language_test.mjs looks for it in every catalogue.

/** The languages there are, by their own names. */
export const LANGUAGES = { en: "English", es: "Español", de: "Deutsch", fr: "Français" };

const CATALOGUES = {
  es: () => import("./es.json"), de: () => import("./de.json"), fr: () => import("./fr.json"),
};

let state = { locale: "en", language: "en", catalogue: {}, messages: {} };
const listeners = new Set();
const wishes = new Set(); // of providers on the page, in the order they came
const formats = new Map();
let newest = 0; // of the languages that were asked for: an older one may arrive later

export const getLanguage = () => state;

export function subscribe(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

// "de_CH" → "de-CH"; undefined if it isn't a language tag, or not one of our languages.
function known(tag) {
  try {
    const [locale] = Intl.getCanonicalLocales(String(tag).replaceAll("_", "-"));
    return Object.hasOwn(LANGUAGES, languageOf(locale)) ? locale : undefined;
  } catch {
    return undefined;
  }
}

const languageOf = (locale) => locale.split("-")[0];

/**
 * The locale to use: the first tag that is in one of our languages, else English. A bare
 * language becomes the browser's own variant of it: "en" is "en-GB" to a browser of Leeds.
 * @param {string[]} tags in the order of preference
 */
export function localeOf(tags) {
  const wanted = tags.map(known).find(Boolean) ?? "en";
  return (navigator.languages ?? []).map(known).find((own) => own?.startsWith(`${wanted}-`)) ?? wanted;
}

/** The module that says in the page's language what the host says in English; undefined in English. */
export const hostWords = async () => (state.language === "en" ? undefined : import("./host_words.js").catch(() => undefined));

/** The same for whole sentences. */
export const hostSentences = async () => (state.language === "en" ? undefined : import("./host_sentences.js").catch(() => undefined));

async function catalogueOf(language) {
  try {
    return (await CATALOGUES[language]?.())?.default ?? {};
  } catch {
    return null;
  }
}

/**
 * Show the page in another language. One whose catalogue can't be fetched leaves it as it is.
 * @param {string} locale of localeOf()
 * @param {Record<string, string|[string, string]>} [messages] single texts, instead of ours
 */
export async function setLanguage(locale, messages = {}) {
  const mine = ++newest;
  const language = languageOf(locale);
  const catalogue = language === state.language ? state.catalogue : await catalogueOf(language);
  if (mine !== newest) return;
  formats.clear();
  state = catalogue ? { locale, language, catalogue, messages } : { ...state, messages };
  for (const tell of listeners) tell();
}

/**
 * What a provider on someone else's page wishes: the newest locale counts, and all the messages.
 * @returns {{ settled: Promise<void>, drop: () => void }}
 */
export function wish(locale, messages) {
  const own = { locale, messages };
  wishes.add(own);
  return { settled: settle(), drop: () => wishes.delete(own) };
}

function settle() {
  const all = [...wishes];
  const tags = all.map((one) => one.locale).filter(Boolean).reverse();
  return setLanguage(localeOf([...tags, document.documentElement.lang, ...(navigator.languages ?? [])]),
    Object.assign({}, ...all.map((one) => one.messages)));
}

/** A formatter of Intl in the page's locale: intl("NumberFormat", { style: "percent" }).format(0.5) */
export function intl(kind, options = {}) {
  const key = kind + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl[kind](state.locale, options));
  return formats.get(key);
}

export const number = (value) => intl("NumberFormat").format(value);
export const percent = (share) => intl("NumberFormat", { style: "percent" }).format(share);
export const countryName = (code) => intl("DisplayNames", { type: "region" }).of(code);
/** "a, b and c". */
export const list = (words) => intl("ListFormat").format(words);

/** A text of the page's language, with places for values in it still. */
export function translated(text) {
  const found = state.messages[text] ?? state.catalogue[text] ?? text;
  return found === text ? text.replace(/\|\w+$/, "") : found;
}

function filled(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name] ?? "") : place));
}

/** @param {string} text in English @param {Record<string, unknown>} [values] by the names in its { } */
export function t(text, values) {
  return filled(translated(text), values);
}

/** The form of a text that goes with a number, with places for values in it still. */
export function formOf(n, one, other) {
  const forms = state.messages[other] ?? state.catalogue[other] ?? [one, other];
  return [forms].flat().at(intl("PluralRules").select(n) === "one" ? 0 : -1);
}

export function plural(n, one, other, values) {
  return filled(formOf(n, one, other), { n: number(n), ...values });
}
