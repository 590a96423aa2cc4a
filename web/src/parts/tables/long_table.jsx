// long_table.jsx: a table of thousands of rows.
import { Fragment, useEffect } from "react";
import { Table } from "./table.jsx";
import styles from "./table.module.css";
import { useWindowed } from "./windowed.jsx";

const ROW = 57; // a row's height in pixels, roughly

// Draws only the rows near the screen.
//   <LongTable label="Calls" head={HEAD} items={calls} keyOf={…} more={list}>
//     {(call, row) => <tr {...row}>…</tr>}
//   </LongTable>
// `onEnd` is called when the last rows are near.
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
