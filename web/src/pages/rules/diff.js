// diff.js: which lines two texts share, and which they don't.

const LARGEST = 4_000_000; // cells; beyond that, the whole middle counts as changed

// For every pair of suffixes, the length of their longest common subsequence.
function table(a, b) {
  const width = b.length + 1;
  const cells = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      cells[i * width + j] = a[i] === b[j] ? cells[(i + 1) * width + j + 1] + 1
        : Math.max(cells[(i + 1) * width + j], cells[i * width + j + 1]);
    }
  }
  return (i, j) => cells[i * width + j];
}

function middle(a, b) {
  if (a.length * b.length > LARGEST) {
    return [...a.map((text) => ({ kind: "removed", text })), ...b.map((text) => ({ kind: "added", text }))];
  }
  const left = table(a, b);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i++] });
      j++;
    } else if (j >= b.length || (i < a.length && left(i + 1, j) >= left(i, j + 1))) {
      lines.push({ kind: "removed", text: a[i++] });
    } else {
      lines.push({ kind: "added", text: b[j++] });
    }
  }
  return lines;
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {{ kind: "same"|"added"|"removed", text: string }[]}
 */
export function diffLines(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const same = (text) => ({ kind: "same", text });
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** Only the lines near a difference; runs of others become { kind: "gap", count }. */
export function hunks(lines, around = 3) {
  const near = new Set();
  lines.forEach((line, at) => {
    if (line.kind === "same") return;
    for (let n = at - around; n <= at + around; n++) near.add(n);
  });
  const out = [];
  lines.forEach((line, at) => {
    if (near.has(at)) out.push(line);
    else if (out.at(-1)?.kind === "gap") out.at(-1).count++;
    else out.push({ kind: "gap", count: 1 });
  });
  return out;
}

/** A unified diff as lines of the same kinds. */
export function unified(text) {
  return text.split("\n").filter((line, at, all) => line !== "" || at < all.length - 1)
    .filter((line) => !/^(---|\+\+\+) /.test(line) && !line.startsWith("\\"))
    .map((line) => {
      if (line.startsWith("@@")) return { kind: "place", text: line };
      if (line.startsWith("+")) return { kind: "added", text: line.slice(1) };
      if (line.startsWith("-")) return { kind: "removed", text: line.slice(1) };
      return { kind: "same", text: line.replace(/^ /, "") };
    });
}
