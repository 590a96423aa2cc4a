// numbering.mjs: the world's numbering plans as one automaton over digits, printed as C for host/lib/numbering.h.
//
//   vendor/numbering.mjs web/node_modules/libphonenumber-js >build/numbering.c
//
// The data is libphonenumber's, as the npm package libphonenumber-js carries it: of each country (and of each code
// that belongs to none) the pattern of all its numbers, those of each type, and the digits that tell countries with
// one calling code apart. Every pattern is a finite language over ten digits, so all of them together are a small
// graph without a circle: looking up a number is one step a digit, with no memory and no regular expression at run time.
import { readFileSync } from "node:fs";

const file = `${process.argv[2]}/metadata.max.json`;
const metadata = JSON.parse(readFileSync(file, "utf8"));
const { version } = JSON.parse(readFileSync(`${process.argv[2]}/package.json`, "utf8"));
if (metadata.version !== 4) throw new Error(`${file}: format ${metadata.version}; this script reads format 4`);

// In the package's order; the names are enum hs_number_type of numbering.h.
const TYPES = ["fixed", "mobile", "toll_free", "premium", "personal", "voicemail", "uan", "pager", "voip", "shared_cost"];
const GLOBAL = 1 << TYPES.length; // of no country and not free: satellites, international networks

// ---- patterns to a nondeterministic automaton ----
const states = []; // { step: ten lists of states, free: states reached without a digit, mark? }
function state() {
  states.push({ step: Array.from({ length: 10 }, () => []), free: [] });
  return states.length - 1;
}

// Reads one pattern: alternatives, (?:…), [2-57-9], \d, digits, ?, {n}, {n,m}. Returns a tree.
function parse(text) {
  let at = 0;
  const bad = () => new Error(`${file}: can't read the pattern ${text} at ${at}`);
  function atom() {
    const char = text[at++];
    if (char === "(") {
      if (text.startsWith("?:", at)) at += 2;
      const inner = alternatives();
      if (text[at++] !== ")") throw bad();
      return inner;
    }
    if (char === "\\" && text[at++] === "d") return { digits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] };
    if (char === "[") {
      const digits = [];
      while (text[at] !== "]") {
        const from = Number(text[at++]);
        let to = from;
        if (text[at] === "-") to = Number(text[(at += 2) - 1]);
        if (!(from <= to)) throw bad();
        for (let digit = from; digit <= to; digit++) digits.push(digit);
      }
      at += 1;
      return { digits };
    }
    if (!/^\d$/.test(char ?? "")) throw bad();
    return { digits: [Number(char)] };
  }
  function sequence() {
    const parts = [];
    while (at < text.length && text[at] !== "|" && text[at] !== ")") {
      const inner = atom();
      const [all, least, most] = /^\{(\d+)(?:,(\d+))?\}/.exec(text.slice(at)) ?? (text[at] === "?" ? ["?", 0, 1] : ["", 1, 1]);
      at += all.length;
      parts.push({ inner, least: Number(least), most: Number(most ?? least) });
    }
    return { parts };
  }
  function alternatives() {
    const choices = [sequence()];
    while (text[at] === "|") {
      at += 1;
      choices.push(sequence());
    }
    return { choices };
  }
  const tree = alternatives();
  if (at !== text.length) throw bad();
  return tree;
}

// Adds the tree's states behind `from`; returns the state where it ends.
function build(tree, from) {
  if (tree.digits) {
    const end = state();
    for (const digit of tree.digits) states[from].step[digit].push(end);
    return end;
  }
  if (tree.choices) {
    const end = state();
    for (const choice of tree.choices) states[build(choice, from)].free.push(end);
    return end;
  }
  for (const { inner, least, most } of tree.parts) {
    const end = state();
    for (let n = 0; n < most; n++) {
      if (n >= least) states[from].free.push(end);
      from = build(inner, from);
    }
    states[from].free.push(end);
    from = end;
  }
  return from;
}

// What it means to be in a state: the end of a number of `country`, or on a way that begins with its own digits.
function add(start, pattern, mark) {
  const end = build(parse(pattern), start);
  states[end].mark = mark;
  if (mark.leads) states[end].step.forEach((list) => list.push(end));
}

// ---- the automaton of a calling code, state by state ----
function closure(list) {
  const all = new Set(list);
  for (const one of all) for (const next of states[one].free) all.add(next);
  return [...all].sort((a, b) => a - b);
}

const nodes = [{ step: Array(10).fill(0), accept: 0, reach: 0 }]; // 0: nowhere
const labels = ["0", "0"]; // 0: no number
const UNTYPED = 1; // a number, of no type that the plan names
const known = new Map();
function once(list, text) {
  const at = list.indexOf(text);
  return at >= 0 ? at : list.push(text) - 1;
}
// Nodes that do the same are one.
function node(step, accept, reach) {
  const key = `${step} ${accept} ${reach}`;
  if (!known.has(key)) known.set(key, nodes.push({ step, accept, reach }) - 1);
  return known.get(key);
}

// `found`: Map country -> types. A label is a line of the table: the types of all, and the countries in their order.
function label(found, order) {
  const countries = order.filter((country) => found.has(country));
  if (countries.length === 0) return 0;
  const types = countries.reduce((all, country) => all | found.get(country), 0);
  return once(labels, `${types} ${countries.filter((country) => country.length === 2).join(" ")}`);
}

function automaton(code, order) {
  const start = state();
  const leading = new Set();
  for (const country of order) {
    const data = metadata.countries[country] ?? metadata.nonGeographic[code];
    const of = metadata.countries[country] ? 0 : GLOBAL;
    add(start, data[2], { country, any: true });
    if (data[10]) {
      leading.add(country);
      add(start, data[10], { country, leads: true });
    }
    for (const [type, entry] of (data[11] ?? []).entries())
      if (entry?.[0]) add(start, entry[0], { country, types: (1 << type) | (TYPES[type] === "toll_free" ? 0 : of) });
    if (!(data[11] ?? []).some((entry) => entry?.[0])) add(start, data[2], { country, types: of });
  }
  const seen = new Map();
  // Returns { at: node, reach: Map country -> types of all numbers that begin like this }.
  function visit(set) {
    const key = set.join();
    if (seen.has(key)) return seen.get(key);
    const marks = set.map((one) => states[one].mark).filter(Boolean);
    const leads = new Set(marks.filter((mark) => mark.leads).map((mark) => mark.country));
    const ends = new Map();
    for (const { country, types } of marks)
      if (types !== undefined && (!leading.has(country) || leads.has(country))) ends.set(country, (ends.get(country) ?? 0) | types);
    const reach = new Map(ends);
    const step = Array.from({ length: 10 }, (_, digit) => {
      const next = closure(set.flatMap((one) => states[one].step[digit]));
      if (next.every((one) => states[one].mark?.leads)) return 0;
      const child = visit(next);
      for (const [country, types] of child.reach) reach.set(country, (reach.get(country) ?? 0) | types);
      return child.at;
    });
    const number = marks.some((mark) => mark.any);
    const accept = number ? label(ends, order) || UNTYPED : 0;
    const result = { at: node(step, accept, label(reach, order)), reach };
    seen.set(key, result);
    return result;
  }
  return visit(closure([start])).at;
}

// ---- the calling codes, a tree above them ----
const codes = { ...metadata.country_calling_codes };
for (const code of Object.keys(metadata.nonGeographic)) codes[code] = ["001"];
function tree(prefix) {
  if (codes[prefix]) return automaton(prefix, codes[prefix]);
  const step = Array.from({ length: 10 }, (_, digit) =>
    Object.keys(codes).some((code) => code.startsWith(prefix + digit)) ? tree(prefix + digit) : 0);
  return node(step, 0, 0);
}
const root = tree("");
if (nodes.length > 65535 || labels.length > 65535) throw new Error("the tables have outgrown 16 bits: widen struct hs_numbering_node");

// How numbers are dialled inside of each country; a prefix that is no plain number is left out.
const countries = Object.entries(metadata.countries).sort(([a], [b]) => (a < b ? -1 : 1));
const plain = (prefix, otherwise) => (/^\d+$/.test(prefix ?? "") ? prefix : otherwise);

console.log(`/* Made by vendor/numbering.mjs of libphonenumber-js ${version}. */
#include "lib/numbering.h"

const char hs_numbering_version[] = "libphonenumber-js ${version}";
const unsigned short hs_numbering_root = ${root};
const struct hs_numbering_label hs_numbering_labels[] = {
${labels.map((text) => { const [types, ...countries] = text.split(" "); return `    {${types}, "${countries.join(" ")}"},`; }).join("\n")}
};
const struct hs_numbering_node hs_numbering_nodes[] = {
${nodes.map(({ step, accept, reach }) => `    {{${step}}, ${accept}, ${reach}},`).join("\n")}
};
const size_t hs_numbering_country_count = ${countries.length};
const struct hs_numbering_country hs_numbering_countries[] = {
${countries.map(([iso, data]) => `    {"${iso}", "${data[0]}", "${plain(data[5], "")}", "${plain(data[1], "00")}"},`).join("\n")}
};`);
