// SideBySide.jsx: two texts side by side; stacked on a phone.
import { VisuallyHidden } from "@mantine/core";
import { plural, t } from "../../text/text.js";
import { hunks } from "./diff.js";
import styles from "./rules.module.css";

function Side({ title, lines, own }) {
  return (
    <div className={styles.sideText} role="region" aria-label={title} tabIndex={0}>
      <p className={styles.sideTitle}>{title}</p>
      {hunks(lines).map((line, at) => {
        if (line.kind === "gap") return <div key={at} className={styles.diffGap}>{plural(line.count, "… {n} line the same …", "… {n} lines the same …")}</div>;
        if (line.kind !== "same" && line.kind !== own) return null;
        return (
          <div key={at} className={styles.diffLine} data-kind={line.kind}>
            {line.kind === own && <VisuallyHidden component="span">{t("only here:")} </VisuallyHidden>}
            <code>{line.text || " "}</code>
          </div>
        );
      })}
    </div>
  );
}

/** `lines`: from diffLines(left text, right text). */
export function SideBySide({ lines, left, right }) {
  return (
    <div className={styles.sides}>
      <Side title={left} lines={lines} own="removed" />
      <Side title={right} lines={lines} own="added" />
    </div>
  );
}
