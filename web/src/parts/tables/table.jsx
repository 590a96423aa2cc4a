// table.jsx: a table that scrolls sideways if it is too wide, by keyboard too.
import { VisuallyHidden } from "@mantine/core";
import styles from "./table.module.css";

// head: texts, or { text, hidden: true } for a column of buttons, { text, end: true }
// for numbers, { text, wide: true } for a column a phone has no room for.
// `body`: a whole <tbody> instead of children; `rows`: how many rows it has.
export function Table({ label, head, children, body, rows }) {
  const columns = head.map((column) => (typeof column === "string" ? { text: column } : column));
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table} aria-rowcount={rows}>
        <thead>
          <tr>
            {columns.map(({ text, hidden, end, wide }) => (
              <th key={text} scope="col" data-end={end} data-wide={wide}>
                {hidden ? <VisuallyHidden>{text}</VisuallyHidden> : text}
              </th>
            ))}
          </tr>
        </thead>
        {body ?? <tbody>{children}</tbody>}
      </table>
    </div>
  );
}

// Rows outside a table: who, what, and buttons, side by side.
export function Rows({ children, ...rest }) {
  return <ul className={styles.rows} {...rest}>{children}</ul>;
}

export function Row({ icon, title, detail, children, ...rest }) {
  return (
    <li className={styles.row} {...rest}>
      {icon && <span className={styles.icon}>{icon}</span>}
      <div className={styles.what}>
        <div className={styles.title}>{title}</div>
        {detail && <div className={styles.detail}>{detail}</div>}
      </div>
      {children && <div className={styles.actions}>{children}</div>}
    </li>
  );
}
