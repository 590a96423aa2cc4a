// page.jsx: the frame of a page: its heading, its actions, and panels.
import { Title } from "@mantine/core";
import { useEffect, useId, useRef } from "react";
import styles from "./page.module.css";

let opened = false; // another page was open before

// Sets the document's title and, coming from another page, focuses the heading, so
// that screen readers say where the user is.
// `heading`: the heading's content if it is more than the title.
export function Page({ title, heading: shown = title, intro, actions, children }) {
  const heading = useRef(null);
  useEffect(() => {
    document.title = `${title} · Hookswitch`;
  }, [title]);
  useEffect(() => {
    if (opened) heading.current.focus();
    opened = true;
  }, []);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div>
          <Title order={1} tabIndex={-1} ref={heading}>{shown}</Title>
          {intro && <div className={styles.intro}>{intro}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

// A titled panel. `flush`: its content, such as a table, reaches the edges.
export function Panel({ title, count, actions, flush = false, children, ...rest }) {
  const id = useId();
  return (
    <section className={styles.panel} aria-labelledby={title ? id : undefined} {...rest}>
      {title && (
        <div className={styles.panelHead}>
          <Title order={2} id={id}>{title}{count !== undefined && <span className={styles.count}>{count}</span>}</Title>
          {actions && <div className={styles.actions}>{actions}</div>}
        </div>
      )}
      <div className={flush ? undefined : styles.inside}>{children}</div>
    </section>
  );
}
