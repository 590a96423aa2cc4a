// choice.jsx: one of a few short texts, side by side; they wrap where it is narrow.
import { useId } from "react";
import styles from "./choice.module.css";

/** `data`: [value, label] of each. */
export function Choice({ label, data, value, onChange, hideLabel = false }) {
  const name = useId();
  return (
    <fieldset className={styles.choice} aria-label={hideLabel ? label : undefined}>
      {!hideLabel && <legend>{label}</legend>}
      <div className={styles.options}>
        {data.map(([key, text]) => (
          <label key={key} className={styles.option}>
            <input type="radio" name={name} value={key} checked={value === key} onChange={() => onChange(key)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
