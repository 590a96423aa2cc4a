// template.mjs: a Lua template whose alternatives are commented out.
//
//   const template = readTemplate(text)
//   template.alternatives          [{ name, first, last, definition }] in the order of the file
//   template.with(alternatives)    the text with these alternatives uncommented, definitions always
//
// An alternative is code of one statement or one field: it begins with `local`, `{`
// or `name =` and ends where its brackets are closed. Everything else is prose.
const CODE = /^(local [\w, ]+ =|local \w+|[a-z_]+ = |\{)/;

// How far brackets are open after a line; strings and comments don't count.
function depthOf(line) {
  const code = line.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, "").replace(/--.*/, "");
  const count = (pattern) => (code.match(pattern) ?? []).length;
  return count(/[{([]|\bfunction\b|\bdo\b|\bthen\b/g) - count(/[})\]]|\bend\b/g);
}

export function readTemplate(text) {
  const lines = text.split("\n");
  const comment = (i) => lines[i]?.match(/^(\s*)-- ?(.*)$/);
  const head = lines.findIndex((line) => line === ""); // the file's own description
  const alternatives = [];
  for (let i = head; i < lines.length; i++) {
    const code = comment(i)?.[2];
    if (code === undefined || !CODE.test(code.trim())) continue;
    const first = i;
    let depth = depthOf(code);
    while (depth > 0) {
      i += 1;
      const next = comment(i);
      if (!next) throw new Error(`line ${first + 1}: the alternative that begins here never ends`);
      depth += depthOf(next[2]);
    }
    const name = lines.slice(first, i + 1).join("\n").match(/"([^"]+)"|(\w+) =/);
    alternatives.push({ name: code.startsWith("local") ? code : name[1] && code.trim() === "{" ? name[1] : name[2] ?? name[1],
      first, last: i, definition: code.startsWith("local") });
  }
  return {
    alternatives,
    with: (chosen) => lines.map((line, i) =>
      alternatives.some((a) => a.first <= i && i <= a.last && (a.definition || chosen.includes(a)))
        ? line.replace(/-- ?/, "") : line).join("\n"),
  };
}
