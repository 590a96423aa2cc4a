// texts.mjs: what the console's sources say to people: the texts that they ask the
// catalogue for, and any that they have in themselves, which no catalogue can translate.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

export const SOURCES = path.resolve(import.meta.dirname, "../../../web/src");
const { parse } = createRequire(path.join(SOURCES, "main.jsx"))("@babel/parser");

const PLURALS = ["plural", "richPlural"];
const CALLS = ["t", "rich", "hostSays", ...PLURALS]; // hostSays: host_sentences.js
// Properties whose value is shown or read out.
const SHOWN = /^(aria-(label|description|roledescription|valuetext|placeholder)|title|placeholder|label|description|alt|heading|intro|what|verb|error|note|text|data-label|suffix|caption|summary)$/;
// Strings for the browser, the host or the developer.
const UNSEEN = [
  /^(Enter|Escape|Tab|Home|End|Shift|Arrow\w+|Page\w+|Backspace|Delete|Space)$/, // keys
  /^(Accept|Authorization|Link|Bearer.*)$/, // headers
  /^(calc|var|min|max|rgb|url|color-mix)\(/, /^\(.*\)$/, /(sans-serif|monospace)$/, // CSS
  /^(a(\[href\])?|section|textarea), /, /^<svg/, // selectors, pictures
];

// Names, and examples of what to type, are the same in every language.
const NAMES = ["Hookswitch", "English", "Español", "Deutsch", "Français", "SMS", "MMS", "AD…", "BU…", "Oakland", "forwarding.lua", "hookswitch session",
  "useApi needs an ApiProvider around it", "no microphone"]; // of mistakes that only a developer makes

const letters = (text) => /\p{L}{2}/u.test(text);
const isUnseen = (text) => UNSEEN.some((one) => one.test(text));
// Words as people write them: a capital at the beginning, or several words.
const isProse = (text) => (/^\p{Lu}\p{Ll}+[.…?!]?$/u.test(text) || /\p{L}[,.:;!?…”’)]* \p{L}/u.test(text)) && !isUnseen(text);

const textOf = (node) => {
  if (node?.type === "StringLiteral") return node.value;
  if (node?.type === "TemplateLiteral") return node.quasis.map((part) => part.value.cooked).join("{}");
  return undefined;
};

// Calls whose strings are for the browser, or name parts of the program.
const SELECTING = /^(closest|matches|querySelector(All)?|matchMedia|lazyPart)$/;
const isSelecting = ({ callee }) => SELECTING.test(callee.property?.name ?? callee.name ?? "");

const isCall = (node, names) => node.type === "CallExpression" && node.callee.type === "Identifier" && names.includes(node.callee.name);

/** @returns {{ asked: object[], own: { line: number, text: string }[] }} of one source */
export function textsOf(source) {
  const asked = [];
  const own = [];
  const claim = (node, text) => {
    const words = text.trim().replace(/\s+/g, " ");
    if (!NAMES.includes(words)) own.push({ line: node.loc.start.line, text: words });
  };

  function ask(node) {
    const name = node.callee.name;
    const texts = (PLURALS.includes(name) ? node.arguments.slice(1, 3) : node.arguments.slice(0, 1));
    if (texts.length === 0 || texts.some((one) => one.type !== "StringLiteral")) return claim(node, `${name}(…) of no literal text`);
    return asked.push({ line: node.loc.start.line, text: texts.at(-1).value, one: PLURALS.includes(name) ? texts[0].value : undefined });
  }

  // `place`: "shown" where any words are seen, "" where only prose is suspect.
  function visit(node, place) {
    if (!node || typeof node.type !== "string") return;
    switch (node.type) {
      case "ImportDeclaration": case "ExportAllDeclaration": case "Directive": return;
      case "ExportNamedDeclaration": if (node.source) return; break;
      case "JSXText": if (letters(node.value) && place !== "code") claim(node, node.value); return;
      case "JSXElement": {
        visit(node.openingElement, "");
        const name = node.openingElement.name.name;
        const inside = name === "code" || name === "kbd" ? "code" : "shown";
        for (const child of node.children) visit(child, inside);
        return;
      }
      case "JSXFragment": for (const child of node.children) visit(child, "shown"); return;
      case "JSXAttribute": {
        const name = node.name.name;
        if (["className", "describedBy"].includes(name)) return; // words for the browser
        const shown = typeof name === "string" && SHOWN.test(name);
        if (!shown && node.value?.type === "StringLiteral") return;
        visit(node.value, shown ? "shown" : "");
        return;
      }
      case "StringLiteral": case "TemplateLiteral": {
        const text = textOf(node);
        const bare = text.replaceAll("{}", "");
        if (place === "shown" ? letters(bare) : place !== "code" && isProse(text)) claim(node, text);
        for (const inner of node.expressions ?? []) visit(inner, place);
        return;
      }
      case "ConditionalExpression":
        visit(node.test, ""); visit(node.consequent, place); visit(node.alternate, place);
        return;
      case "LogicalExpression": visit(node.left, node.operator === "&&" ? "" : place); visit(node.right, place); return;
      case "JSXExpressionContainer": visit(node.expression, place); return;
      case "AssignmentExpression": if (node.left.property?.name === "displayName") return; break;
      case "BinaryExpression": if (["===", "!==", "==", "!=", "in"].includes(node.operator)) return; break;
      case "SwitchCase": for (const one of node.consequent) visit(one, ""); return;
      case "ObjectProperty": visit(node.value, ""); return;
      case "CallExpression": case "NewExpression":
        if (isCall(node, CALLS)) {
          ask(node);
          for (const one of node.arguments.slice(1)) if (one.type !== "StringLiteral") visit(one, "");
          return;
        }
        if (isSelecting(node)) {
          visit(node.callee, "");
          for (const one of node.arguments) if (!textOf(one)) visit(one, "");
          return;
        }
        break;
      case "TaggedTemplateExpression": return;
      default:
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === "loc" || key.endsWith("Comments")) continue;
      for (const child of [value].flat()) visit(child, "");
    }
  }

  visit(parse(source, { sourceType: "module", plugins: ["jsx"] }).program, "");
  return { asked, own };
}

/** The languages there are besides English, and their catalogues. */
export const LANGUAGES = ["es", "de", "fr"];
export const catalogue = Object.fromEntries(LANGUAGES.map((language) =>
  [language, JSON.parse(readFileSync(path.join(SOURCES, `text/${language}.json`), "utf8"))]));
export const formsOf = (found) => [found].flat();

/** Every source of the console and its components, with its texts. */
function allTexts() {
  return readdirSync(SOURCES, { recursive: true }).filter((name) => /\.jsx?$/.test(name)).sort()
    .map((file) => ({ file, ...textsOf(readFileSync(path.join(SOURCES, file), "utf8")) }));
}

export const files = allTexts();
export const asked = new Map(files.flatMap(({ file, asked: texts }) => texts.map((one) => [one.text, { ...one, file }])));

/** A text of the host as the console shows it: numbers have spaces. */
export const inSpaces = (text) => text.replace(/\+1(\d{3})(\d{3})(\d{4})\b/g, "+1 $1 $2 $3");

/** "Version {version} of <a>…</a>" → ["<a>", "{version}"], to compare a text with its translations. */
export const placesOf = (text) => [...text.matchAll(/\{\w+\}|<\w+>/g)].map(([place]) => place).sort();

// What the console says in English, as patterns: "{n} calls" matches "12 calls".
export const LETTERS = /\p{L}{2}/u;
export function patternsOf(language) {
  const quoted = (text) => text.replace(/\|\w+$/, "").replace(/<\/?\w+>/g, "").split(/\{\w+\}/)
    .map((part) => inSpaces(part).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".+");
  const patterns = [];
  for (const [text, { one }] of asked) {
    if (!LETTERS.test(text.replace(/\{\w+\}/g, ""))) continue;
    const theirs = formsOf(catalogue[language][text]).map((form) => new RegExp(`^${quoted(form)}$`, "u"));
    for (const form of [one, text].filter(Boolean)) {
      const pattern = new RegExp(`^${quoted(form)}$`, "u");
      if (!theirs.some((their) => their.source === pattern.source)) patterns.push({ pattern, form });
    }
  }
  const own = Object.values(catalogue[language]).flatMap(formsOf).map((form) => new RegExp(`^${quoted(form)}$`, "u"));
  return { patterns, own };
}

// Every text and label that is there to be read, but for what is marked as another language.
export function wordsOf(page) {
  return page.evaluate(() => {
    const words = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (element.closest("[lang=en], code, pre, textarea, script, noscript")) continue;
      if (node.nodeType === Node.TEXT_NODE) words.add(node.data.trim());
      else for (const name of ["aria-label", "title", "placeholder", "data-label"]) words.add(element.getAttribute(name)?.trim() ?? "");
    }
    words.delete("");
    return [...words];
  });
}
