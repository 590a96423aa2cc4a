// WeekGrid.jsx: paint opening hours onto a week, a column per day. Drag from corner to corner with mouse or finger; or
// Tab to the grid, move with the arrow keys, toggle with Space, and hold Shift to paint on.
import { Button, TextInput, VisuallyHidden } from "@mantine/core";
import { useRef, useState } from "react";
import { Said } from "../../components/support/parts.jsx";
import { clockText, dateText } from "../../parts/time.jsx";
import { t } from "../../text/text.js";
import { cellsOf, DAYS, rangesOf, same, stepOf, typedRanges } from "./edit.js";
import styles from "./team.module.css";

const MONDAY = Date.UTC(2024, 0, 1);
const [MORNING, EVENING] = [6 * 60, 20 * 60]; // always shown
export const weekday = (n, style = "long") => dateText(MONDAY + n * 86_400_000, { weekday: style, timeZone: "UTC" });
const time = (minutes) => clockText(MONDAY + minutes * 60_000, "UTC");

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// The cells after painting a rectangle.
function painted(cells, { from, to, value }) {
  const inside = (n, k) => (a) => a >= Math.min(n, k) && a <= Math.max(n, k);
  const [isDay, isSlot] = [inside(from[0], to[0]), inside(from[1], to[1])];
  return cells.map((day, d) => (isDay(d) ? day.map((open, s) => (isSlot(s) ? value : open)) : day));
}

const placeOf = (element) => element?.closest?.("[data-cell]")?.dataset.cell.split("-").map(Number);

// Cells never get coarser while the grid is open, so the focus stays on the same time.
function useStep(week) {
  const [finest, setFinest] = useState(30);
  const step = Math.min(finest, stepOf(week));
  if (step < finest) setFinest(step);
  return step;
}

// Nor do rows disappear from under the pointer.
function useRows(cells, step) {
  const [shown, setShown] = useState([MORNING, EVENING]);
  const open = cells.flatMap((day) => day.flatMap((is, s) => (is ? [s * step] : [])));
  const [first, last] = [Math.min(shown[0], ...open), Math.max(shown[1], ...open.map((at) => at + step))];
  if (first < shown[0] || last > shown[1]) setShown([first, last]);
  const rows = Array.from({ length: (last - first) / step }, (_, n) => first / step + n);
  return [rows, () => setShown([0, 1440])];
}

function useGrid(week, onChange, readOnly) {
  const grid = useRef(null);
  const [at, setAt] = useState([0, 8 * 60]); // the day and minute Tab goes to
  const [drag, setDrag] = useState(null);
  const newest = useRef(null); // a finger may lift before the last move is drawn
  const dragTo = (next) => {
    newest.current = next;
    setDrag(next);
  };
  const [said, setSaid] = useState("");
  const step = useStep(week);
  const cells = DAYS.map((day) => cellsOf(week[day], step));
  const stopAt = ([d, s]) => setAt([d, s * step]);
  const paint = (what) => {
    const after = painted(cells, what);
    const hours = (d) => (same(after[d], cells[d]) ? week[DAYS[d]] : rangesOf(after[d], step, week[DAYS[d]]));
    onChange(Object.fromEntries(DAYS.map((day, d) => [day, hours(d)])));
    const about = { day: weekday(what.to[0]), time: time(what.to[1] * step) };
    setSaid(what.value ? t("{day} {time}: open", about) : t("{day} {time}: closed", about));
  };
  return {
    grid, step, at, said, cells: drag ? painted(cells, drag) : cells,
    onPointerDown(event) {
      const here = placeOf(event.target);
      if (!here || event.button !== 0 || readOnly) return;
      event.preventDefault();
      grid.current.setPointerCapture(event.pointerId);
      stopAt(here);
      dragTo({ from: here, to: here, value: !cells[here[0]][here[1]] });
    },
    onPointerMove(event) {
      const was = newest.current;
      const here = was && placeOf(document.elementFromPoint(event.clientX, event.clientY));
      if (here && !same(here, was.to)) dragTo({ ...was, to: here });
    },
    onPointerUp() {
      const done = newest.current;
      if (!done) return;
      dragTo(null);
      stopAt(done.to);
      paint(done);
    },
    onPointerCancel: () => dragTo(null),
    onFocus(event) {
      const here = placeOf(event.target);
      if (here) stopAt(here);
    },
    onKeyDown(event) {
      const place = placeOf(event.target);
      if (!place) return undefined;
      const [d, s] = place;
      const open = cells[d][s];
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        return readOnly ? undefined : paint({ from: place, to: place, value: !open });
      }
      const way = ARROWS[event.key];
      if (!way || event.ctrlKey || event.altKey || event.metaKey) return undefined;
      event.preventDefault();
      const next = [d + way[0], s + way[1]];
      const cell = grid.current.querySelector(`[data-cell="${next.join("-")}"]`);
      if (!cell) return undefined;
      cell.focus();
      return event.shiftKey && !readOnly ? paint({ from: place, to: next, value: open }) : undefined;
    },
  };
}

// The same hours as text, to the minute.
function Exact({ week, onChange, wrong }) {
  return (
    <div className={styles.exact}>
      {DAYS.map((day, d) => (
        <TextInput key={`${day} ${week[day]}`} label={weekday(d)} defaultValue={week[day].join(", ")} placeholder={t("closed")} size="sm" error={wrong("week", day)}
          onBlur={(event) => {
            const ranges = typedRanges(event.currentTarget.value, t("closed"));
            if (!same(ranges, week[day])) onChange({ ...week, [day]: ranges });
          }} />
      ))}
    </div>
  );
}

export function WeekGrid({ week, onChange, label, readOnly, wrong }) {
  const { grid, step, at, said, cells, ...events } = useGrid(week, onChange, readOnly);
  const [rows, showAll] = useRows(cells, step);
  const [d0, s0] = [at[0], Math.min(Math.max(Math.floor(at[1] / step), rows[0]), rows.at(-1))];
  return (
    <>
      <p className={styles.soft}>{t("Drag with the mouse or a finger to paint hours. On the keyboard, move with the arrow keys, open or close with Space, and hold Shift to paint as you move.")}</p>
      <div role="grid" aria-label={label} aria-multiselectable="true" aria-readonly={readOnly} className={styles.grid} ref={grid} {...events}>
        <div role="row" className={styles.gridRow}>
          <span role="columnheader" className={styles.gridTime}><VisuallyHidden component="span">{t("Time")}</VisuallyHidden></span>
          {DAYS.map((day, d) => <span key={day} role="columnheader" aria-label={weekday(d)} className={styles.gridDay}>{weekday(d, "short")}</span>)}
        </div>
        {rows.map((s) => (
          <div key={s} role="row" className={styles.gridRow}>
            <span role="rowheader" className={styles.gridTime} data-quiet={(s * step) % 60 ? true : undefined}>{time(s * step)}</span>
            {DAYS.map((day, d) => (
              <div key={day} role="gridcell" data-cell={`${d}-${s}`} className={styles.cell} aria-selected={cells[d][s]}
                aria-label={t("{day} {time}", { day: weekday(d), time: time(s * step) })} tabIndex={d === d0 && s === s0 ? 0 : -1} />
            ))}
          </div>
        ))}
      </div>
      <Said>{said}</Said>
      {rows.length < 1440 / step && <div><Button size="compact-sm" variant="default" onClick={showAll}>{t("Show all 24 hours")}</Button></div>}
      <Exact week={week} onChange={onChange} wrong={wrong} />
    </>
  );
}
