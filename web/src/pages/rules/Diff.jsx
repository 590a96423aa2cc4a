// Diff.jsx: differing lines, marked in colours and in words for screen readers.
import { VisuallyHidden } from "@mantine/core";
import { plural, t } from "../../text/text.js";
import styles from "./rules.module.css";

const words = () => ({ added: t("added:"), removed: t("removed:") });
const SIGNS = { added: "+", removed: "−", same: " " };

export function Diff({ lines, label }) {
  if (!lines.some((line) => line.kind === "added" || line.kind === "removed")) return <p>{t("No line differs.")}</p>;
  return (
    <div className={styles.diff} role="region" aria-label={label} tabIndex={0}>
      {lines.map((line, at) => {
        if (line.kind === "gap") return <div key={at} className={styles.diffGap}>{plural(line.count, "… {n} line the same …", "… {n} lines the same …")}</div>;
        if (line.kind === "place") return <div key={at} className={styles.diffGap}>{line.text}</div>;
        return (
          <div key={at} className={styles.diffLine} data-kind={line.kind}>
            <span className={styles.diffSign} aria-hidden="true">{SIGNS[line.kind]}</span>
            {line.kind !== "same" && <VisuallyHidden component="span">{words()[line.kind]} </VisuallyHidden>}
            <code>{line.text || " "}</code>
          </div>
        );
      })}
    </div>
  );
}
