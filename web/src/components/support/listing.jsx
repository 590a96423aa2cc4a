// listing.jsx: a panel with a list that loads page by page.
import { Button } from "@mantine/core";
import { Waiting } from "../../parts/states.jsx";
import { t } from "../../text/text.js";
import { Problem, Said } from "./parts.jsx";
import styles from "./panels.module.css";

function List({ list, draw, what, more, empty }) {
  if (list.error && !list.items) return <Problem error={list.error} title={t("Could not load {what}", { what })} onRetry={list.refetch} />;
  if (!list.items) return <Waiting queries={[list]} what={what} />;
  if (list.items.length === 0) return empty;
  return (
    <div className={styles.listing}>
      {draw(list.items)}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>{more}</Button>
      )}
    </div>
  );
}

/**
 * @param {object} props
 * @param {object} props.list from useList (list.js)
 * @param {(items: object[]) => import("react").ReactNode} props.draw
 * @param {import("react").ReactNode} [props.children] its dialogs
 */
export function Listing({ title, heading, list, draw, what, more, empty, filter, done, children }) {
  return (
    <section className={styles.panel} aria-label={title}>
      <div className={styles.panelHead}>
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
        {filter}
      </div>
      <Said visible>{done && <p className={styles.done}>{done}</p>}</Said>
      <List {...{ list, draw, what, more, empty }} />
      {children}
    </section>
  );
}
