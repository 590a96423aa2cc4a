// xml.mjs: documents as plain trees, so that they compare by what they say.
import { DOMParser } from "@xmldom/xmldom";

// The document element; raises when the text is not well-formed.
export function parseXml(text) {
  const problems = [];
  const onError = (level, message) => {
    // U+FFFD is what we write for bytes that are no character.
    if (level !== "warning" || !/^Unicode replacement character/.test(message)) problems.push(`${level}: ${message}`);
  };
  const document = new DOMParser({ onError }).parseFromString(text, "text/xml");
  if (problems.length) throw new Error(`not well-formed: ${problems.join("; ")}\n${text}`);
  return document.documentElement;
}

export const elements = (node) => Array.from(node.childNodes).filter((n) => n.nodeType === 1);

// [name, sorted attributes, children or text]
export function canonical(text) {
  const walk = (node) => [node.tagName,
    Array.from(node.attributes).map((a) => [a.name, a.value]).sort(([a], [b]) => (a < b ? -1 : 1)),
    elements(node).length ? elements(node).map(walk) : node.textContent];
  return walk(parseXml(text));
}
