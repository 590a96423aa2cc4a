// Calendar.jsx: a row per day, midnight to midnight from left to right. It is one
// tab stop; arrow keys move within it.
import { useRef, useState } from "react";
import { usePlanWords } from "../../components/support/plan_names.jsx";
import { dateText } from "../../parts/time.jsx";
import { t } from "../../text/text.js";
import { clock, dayName } from "../../parts/days.js";
import styles from "./rules.module.css";

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];

// Another day's piece at the same time of day.
function beside(day, share) {
  const at = day.from + share * (day.to - day.from);
  const found = day.pieces.findIndex((piece) => piece.from <= at && piece.to > at);
  return found < 0 ? 0 : found;
}

// Where a key moves to from a piece: [day, piece], or undefined.
function target(days, [d, p], key) {
  const { pieces, from, to } = days[d];
  const share = ((pieces[p].from + pieces[p].to) / 2 - from) / (to - from);
  switch (key) {
    case "ArrowRight": return p + 1 < pieces.length ? [d, p + 1] : d + 1 < days.length ? [d + 1, 0] : undefined;
    case "ArrowLeft": return p > 0 ? [d, p - 1] : d > 0 ? [d - 1, days[d - 1].pieces.length - 1] : undefined;
    case "ArrowDown": return d + 1 < days.length ? [d + 1, beside(days[d + 1], share)] : undefined;
    case "ArrowUp": return d > 0 ? [d - 1, beside(days[d - 1], share)] : undefined;
    case "Home": return [d, 0];
    case "End": return [d, pieces.length - 1];
    default: return undefined;
  }
}

function Piece({ piece, day, zone, tone, ...rest }) {
  const share = (at) => `${(100 * (at - day.from)) / (day.to - day.from)}%`;
  const planWords = usePlanWords();
  const words = planWords(piece.words);
  const named = { from: clock(piece.from, zone), to: clock(piece.to, zone, true), plan: words };
  const wide = piece.to - piece.from >= 3 * 3_600_000;
  return (
    <div role="gridcell" className={styles.piece} data-tone={tone} {...rest}
      data-changed={piece.before ? "" : undefined}
      aria-label={`${piece.gap ? t("{from} to {to}: {plan}, nobody is reached", named) : t("{from} to {to}: {plan}", named)}${piece.before ? ` (${t("changes")})` : ""}`}
      style={{ left: share(piece.from), width: `calc(${share(piece.to - piece.from + day.from)} - 1px)` }}>
      {wide && <span aria-hidden="true">{words}</span>}
    </div>
  );
}

function DayRow({ day, zone, children }) {
  return (
    <div role="row" className={styles.day}>
      <div role="rowheader" className={styles.dayName}>{dayName(day.from, zone)}
        {day.hours !== 24 && <span className={styles.dstMark}>{day.hours} h</span>}</div>
      <div role="presentation" className={styles.track}>
        {children}
        {day.changes.map((change) => (
          <div key={change.at} role="presentation" className={styles.dstLine}
            style={{ left: `${(100 * (change.at - day.from)) / (day.to - day.from)}%` }} />
        ))}
      </div>
    </div>
  );
}

/** `chosen` is a piece of `days`, or null. */
export function Calendar({ days, zone, tone, chosen, onChoose, label }) {
  const grid = useRef(null);
  const [at, setAt] = useState([0, 0]);
  const choose = (place, focus) => {
    setAt(place);
    onChoose(days[place[0]].pieces[place[1]]);
    if (focus) grid.current.querySelector(`[data-place="${place.join("-")}"]`)?.focus();
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const here = event.target.dataset?.place?.split("-").map(Number);
    const to = here && target(days, here, event.key);
    if (to) choose(to, true);
    if (to || event.key === " ") event.preventDefault();
    if (here && (event.key === "Enter" || event.key === " ")) choose(here, false);
  };
  return (
    <div className={styles.calendar}>
      <div className={styles.hours} aria-hidden="true">
        {HOURS.map((hour) => <span key={hour} style={{ left: `${(100 * hour) / 24}%` }}>{dateText(Date.UTC(2024, 0, 1, hour), { hour: "numeric", timeZone: "UTC" })}</span>)}
      </div>
      <div role="grid" aria-label={label} aria-readonly="true" ref={grid} onKeyDown={onKeyDown}>
        {days.map((day, d) => (
          <DayRow key={day.from} day={day} zone={zone}>
            {day.pieces.map((piece, p) => (
              <Piece key={piece.from} piece={piece} day={day} zone={zone} tone={tone(piece)} data-place={`${d}-${p}`}
                tabIndex={at[0] === d && at[1] === p ? 0 : -1} aria-selected={chosen?.span === piece.span}
                onClick={() => choose([d, p], false)} />
            ))}
          </DayRow>
        ))}
      </div>
    </div>
  );
}
