// Diff.jsx: differing lines, with words for those who do not see the colours.
import styles from "./rules.module.css";

const WORDS = { added: "added: ", removed: "removed: " };
const SIGNS = { added: "+", removed: "−", same: " " };

export function Diff({ lines, label }) {
  if (!lines.some((line) => line.kind === "added" || line.kind === "removed")) return <p>No line differs.</p>;
  return (
    <div className={styles.diff} role="region" aria-label={label} tabIndex={0}>
      {lines.map((line, at) => {
        if (line.kind === "gap") return <div key={at} className={styles.diffGap}>… {line.count} lines the same …</div>;
        if (line.kind === "place") return <div key={at} className={styles.diffGap}>{line.text}</div>;
        return (
          <div key={at} className={styles.diffLine} data-kind={line.kind}>
            <span className={styles.diffSign} aria-hidden="true">{SIGNS[line.kind]}</span>
            {WORDS[line.kind] && <span className={styles.hidden}>{WORDS[line.kind]}</span>}
            <code>{line.text || " "}</code>
          </div>
        );
      })}
    </div>
  );
}
