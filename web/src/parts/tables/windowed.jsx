// windowed.jsx: draws only the rows of a long list that are near the screen, and
// gaps for the rest; all of them to be printed, while `last` stays: no more are fetched
// for paper. The focused row stays.
//
//   const view = useWindowed({ items, keyOf: (call) => call.call_sid, estimate: 57 });
//   <tbody ref={view.ref} {...view.handlers}>
//     {view.parts.map((part) => part.gap ? <Gap …/> : <tr data-row={part.index}>…)}
//   </tbody>
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";

const MARGIN = 600; // pixels to draw above and below the screen
const SLACK = 20; // rows that may be drawn beyond that

// tops[i]: where row i begins; tops[count]: the total height.
function topsOf(items, keyOf, heights, estimate) {
  const tops = new Float64Array(items.length + 1);
  items.forEach((item, i) => {
    tops[i + 1] = tops[i] + (heights.get(keyOf(item)) ?? estimate);
  });
  return tops;
}

// The last row that begins at or above `y`.
function rowAt(tops, y) {
  let [low, high] = [0, tops.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tops[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

// Rows and gaps, from top to bottom.
function partsOf(tops, first, last, kept) {
  const count = tops.length - 1;
  const rows = [];
  for (let i = first; i <= Math.min(last, count - 1); i++) rows.push(i);
  if (kept >= 0 && kept < count && (kept < first || kept > last)) {
    if (kept < first) rows.unshift(kept);
    else rows.push(kept);
  }
  const parts = [];
  let next = 0;
  const gapTo = (row) => {
    if (row > next) parts.push({ gap: tops[row] - tops[next], key: `gap-${parts.length}` });
  };
  for (const index of rows) {
    gapTo(index);
    parts.push({ index });
    next = index + 1;
  }
  gapTo(count);
  return parts;
}

// Drawn rows stay for a while. Otherwise it could go in circles: the drawn rows set
// the columns' widths, those the rows' heights, and those which rows are drawn.
function settled(old, next) {
  const both = [Math.min(old[0], next[0]), Math.max(old[1], next[1])];
  const range = both[1] - both[0] <= next[1] - next[0] + SLACK ? both : next;
  return range[0] === old[0] && range[1] === old[1] ? old : range;
}

/**
 * @param {object} options
 * @param {object[]} options.items
 * @param {(item: object) => string} options.keyOf
 * @param {number} options.estimate height in pixels of rows that weren't drawn yet
 */
export function useWindowed({ items, keyOf, estimate }) {
  const ref = useRef(null);
  const [heights] = useState(() => new Map());
  const [measured, setMeasured] = useState(0);
  const [range, setRange] = useState([0, Math.ceil((window.innerHeight + MARGIN) / estimate)]);
  const [printing, setPrinting] = useState(false);
  const [focused, setFocused] = useState(null); // a key
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `measured` counts what was put into `heights`
  const tops = useMemo(() => topsOf(items, keyOf, heights, estimate), [items, keyOf, heights, estimate, measured]);
  const kept = useMemo(() => items.findIndex((item) => keyOf(item) === focused), [items, keyOf, focused]);

  const look = useCallback(() => {
    if (!ref.current || tops.length < 2) return;
    const { top } = ref.current.getBoundingClientRect();
    const next = [rowAt(tops, -top - MARGIN), rowAt(tops, -top + window.innerHeight + MARGIN)];
    setRange((old) => settled(old, next));
  }, [tops]);
  useEffect(() => {
    const begin = () => flushSync(() => setPrinting(true));
    const end = () => setPrinting(false);
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, []);
  useEffect(() => {
    let frame;
    const soon = () => {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        look();
      });
    };
    look();
    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", soon);
      window.removeEventListener("resize", soon);
    };
  }, [look, tops.length]);

  const parts = printing ? partsOf(tops, 0, items.length, kept) : partsOf(tops, range[0], range[1], kept);
  // After every render, as content may change a row's height. Not within it: the new
  // rows may change the heights again.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      let changed = false;
      for (const row of ref.current?.querySelectorAll("[data-row]") ?? []) {
        const item = items[Number(row.dataset.row)];
        const height = row.getBoundingClientRect().height;
        if (!item || height === 0 || Math.abs((heights.get(keyOf(item)) ?? estimate) - height) < 0.5) continue;
        heights.set(keyOf(item), height);
        changed = true;
      }
      if (changed) setMeasured((count) => count + 1); // stops once no height changes
    });
    return () => cancelAnimationFrame(frame);
  }, [items, heights, keyOf, estimate, parts]);

  const handlers = {
    onFocus: (event) => {
      const row = event.target.closest("[data-row]");
      setFocused(row ? keyOf(items[Number(row.dataset.row)]) : null);
    },
    onBlur: () => setFocused(null),
  };
  return { ref, handlers, parts, last: range[1] };
}
