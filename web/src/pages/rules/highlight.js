// highlight.js: splits Lua text into coloured pieces, for the editor.
const TOKEN = new RegExp([
  "(?<comment>--\\[\\[[\\s\\S]*?(?:\\]\\]|$)|--[^\\n]*)",
  "(?<string>\"(?:\\\\[\\s\\S]|[^\"\\\\\\n])*\"?|'(?:\\\\[\\s\\S]|[^'\\\\\\n])*'?|\\[\\[[\\s\\S]*?(?:\\]\\]|$))",
  "(?<number>\\b\\d[\\w.]*)",
  "(?<keyword>\\b(?:and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|then|true|until|while)\\b)",
  "(?<word>\\b(?:ring|user|voicemail|say|play|reject|hangup|menu|twiml|hours|contacts|when|go|examples|otherwise|on)\\b)",
].join("|"), "g");

/** @returns {{ kind?: string, text: string }[]} */
export function pieces(source) {
  const list = [];
  let at = 0;
  for (const match of source.matchAll(TOKEN)) {
    if (match.index > at) list.push({ text: source.slice(at, match.index) });
    const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    list.push({ kind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < source.length) list.push({ text: source.slice(at) });
  return list;
}
