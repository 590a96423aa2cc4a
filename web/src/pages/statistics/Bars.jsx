// Bars.jsx: a stacked bar chart in plain SVG. The table beside it says the same
// to screen readers.
import { number, t } from "../../text/text.js";
import styles from "./statistics.module.css";

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 36;
const BOTTOM = 24;
const TOP = 8;
const GAP = 0.28; // of a bar's width
const TICKS_SHOWN = 10;

// From the bottom up. "Other": refused, or still going on.
const KINDS = ["answered", "voicemail", "missed", "other"];
const names = () => ({ answered: t("Answered|count"), voicemail: t("Voicemail"), missed: t("Missed|count"), other: t("Other") });

const partsOf = (row) => ({ ...row, other: row.calls - row.answered - row.voicemail - row.missed });

// A round step that makes about four grid lines.
function stepFor(most) {
  const rough = Math.max(1, most / 4);
  const size = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * size).find((step) => step >= rough);
}

function Bar({ row, x, width, scale, name }) {
  const parts = partsOf(row);
  let top = HEIGHT - BOTTOM;
  return (
    <g>
      <title>
        {t("{name}: {calls} calls, {answered} answered, {voicemail} voicemail, {missed} missed", { name, ...row })}
      </title>
      {KINDS.map((kind) => {
        const height = parts[kind] * scale;
        top -= height;
        return height > 0 && <rect key={kind} className={styles[kind]} x={x} y={top} width={width} height={height} rx="1.5" />;
      })}
    </g>
  );
}

export function Bars({ label, rows, nameOf, tickOf }) {
  const most = Math.max(1, ...rows.map((row) => row.calls));
  const step = stepFor(most);
  const top = Math.ceil(most / step) * step;
  const scale = (HEIGHT - BOTTOM - TOP) / top;
  const slot = (WIDTH - LEFT) / rows.length;
  const every = Math.ceil(rows.length / TICKS_SHOWN);
  const lines = Array.from({ length: top / step + 1 }, (_, n) => n * step);
  const yOf = (value) => HEIGHT - BOTTOM - value * scale;
  return (
    <svg className={styles.bars} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("{label}; see the table for the numbers", { label })}>
      {lines.map((value) => (
        <g key={value}>
          <line className={styles.line} x1={LEFT} x2={WIDTH} y1={yOf(value)} y2={yOf(value)} />
          <text className={styles.tick} x={LEFT - 8} y={yOf(value) + 4} textAnchor="end">{number(value)}</text>
        </g>
      ))}
      {rows.map((row, n) => {
        const tick = rows.length === 24 || n % every === 0 ? tickOf(row) : null;
        return (
          <g key={nameOf(row)}>
            <Bar row={row} x={LEFT + slot * (n + GAP / 2)} width={slot * (1 - GAP)} scale={scale} name={nameOf(row)} />
            {tick && (
              <text className={styles.tick} x={LEFT + slot * (n + 0.5)} y={HEIGHT - 6} textAnchor="middle"
                data-between={Math.floor(n / every) % 3 !== 0 || undefined}>{tick}</text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

export function Legend() {
  return (
    <ul className={styles.legend} aria-label={t("Colours")}>
      {KINDS.map((kind) => <li key={kind}><span className={styles.swatch} data-kind={kind} /> {names()[kind]}</li>)}
    </ul>
  );
}
