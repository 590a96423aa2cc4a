// Inputs.jsx: what a decision was based on: the values the rules read, lookup
// results, and, folded away, all the rest.
import { Panel } from "../../parts/page.jsx";
import { fullMoment } from "../../parts/time.jsx";
import { t } from "../../text/text.js";
import styles from "./calls.module.css";

// A raw value; the call's time in words.
function shown(name, value) {
  if (name === "at" && Number.isInteger(value)) return `${value} (${fullMoment(value * 1000)})`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Values({ name, values }) {
  const rows = Object.entries(values ?? {});
  if (rows.length === 0) return null;
  return (
    <table className={styles.values} aria-label={name}>
      <tbody>
        {rows.map(([key, value]) => <tr key={key}><th scope="row">{key}</th><td>{shown(key, value)}</td></tr>)}
      </tbody>
    </table>
  );
}

export function Inputs({ trace }) {
  const lookups = Object.fromEntries((trace.lookups ?? []).map(({ name, value, error }) =>
    [`lookups.${name}`, error ? t("failed: {error}", { error }) : value ?? t("nothing")]));
  const hasValues = Object.keys({ ...trace.reads, ...lookups }).length > 0;
  return (
    <Panel title={t("What the rules knew")}>
      {hasValues ? (
        <>
          <Values name={t("Values that the rules read")} values={trace.reads} />
          <Values name={t("Lookups")} values={lookups} />
        </>
      ) : <p style={{ marginTop: 0 }}>{t("No rule read a value for this call.")}</p>}
      <details className={styles.raw}>
        <summary>{t("All inputs and the full plan")}</summary>
        <pre tabIndex={0}>{JSON.stringify({ inputs: trace.inputs, plan: trace.plan }, null, 2)}</pre>
      </details>
    </Panel>
  );
}
