// table.jsx: a table that scrolls by itself where it is too wide, by keyboard too.
import { VisuallyHidden } from "@mantine/core";
import { Fragment, useEffect } from "react";
import styles from "./table.module.css";
import { useWindowed } from "./windowed.jsx";

// head: texts, or { text, hidden: true } for a column of buttons, { text, end: true }
// for numbers, { text, wide: true } for a column that a phone has no room for.
// `body`: in place of the children, the whole <tbody>; `rows`: how many there are.
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

const ROW = 57; // pixels, about

// A table of any length: only the rows near the screen are drawn.
//   <LongTable label="Calls" head={HEAD} items={calls} keyOf={…} more={list}>
//     {(call, row) => <tr {...row}>…</tr>}
//   </LongTable>
// `onEnd` is called when the last rows come near.
export function LongTable({ label, head, items, keyOf, total, onEnd, children }) {
  const view = useWindowed({ items, keyOf, estimate: ROW });
  const near = view.last >= items.length - 10;
  useEffect(() => {
    if (near) onEnd?.();
  }, [near, items.length, onEnd]);
  return (
    <Table label={label} head={head} rows={total ?? items.length + 1} body={(
      <tbody ref={view.ref} {...view.handlers}>
        {view.parts.map(({ gap, key, index }) => (gap !== undefined
          ? <tr key={key} aria-hidden="true" className={styles.gap}><td colSpan={head.length} style={{ height: gap }} /></tr>
          : (
            <Fragment key={keyOf(items[index])}>
              {children(items[index], { "data-row": index, "aria-rowindex": index + 2 })}
            </Fragment>
          )))}
      </tbody>
    )} />
  );
}

// Rows that are no table: who, what, and what can be done, side by side.
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
