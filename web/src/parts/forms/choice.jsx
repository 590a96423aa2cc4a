// choice.jsx: choose one of a few short texts, side by side; they wrap if there is no room.
import { useId } from "react";
import styles from "./choice.module.css";

/** `data`: [value, label] pairs. */
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
