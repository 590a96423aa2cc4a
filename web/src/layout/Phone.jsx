// Phone.jsx: where the browser's phone stands: a column on wide screens, a sheet
// above the page on others. It stays mounted when it is shut, so that it goes on
// taking calls.
import { ActionIcon, Button } from "@mantine/core";
import { useIsFetching } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Boundary, LoadingChunk, lazyPart } from "../parts/boundary.jsx";
import { Icon } from "../parts/icon.jsx";
import { Loading } from "../parts/states.jsx";
import { t } from "../text/text.js";
import styles from "./phone.module.css";

const SETTLED_MS = 50;
// With the Voice SDK behind it: not part of the first load.
const BrowserCall = lazyPart(() => import("../components/BrowserCallComponent.jsx"));

// Once everything that the page asked for at first is there.
function useFirstReadsDone() {
  const busy = useIsFetching() > 0;
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (busy || settled) return undefined;
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [busy, settled]);
  return settled;
}

export function Phone() {
  const settled = useFirstReadsDone();
  const [open, setOpen] = useState(() => window.matchMedia("(width >= 85rem)").matches);
  const show = useCallback(() => setOpen(true), []);
  const opener = useRef(null);
  const hider = useRef(null);
  // The button that was pressed goes; the other one has the focus then.
  const turn = (to, next) => {
    flushSync(() => setOpen(to));
    next.current.focus();
  };
  return (
    <>
      {!open && (
        <section className={styles.opener} data-opener aria-label={t("Phone")}>
          <Button ref={opener} size="md" radius="xl" leftSection={<Icon name="calls" />} onClick={() => turn(true, hider)}>{t("Phone")}</Button>
        </section>
      )}
      <aside className={styles.phone} aria-label={t("Phone")} data-phone={open ? "open" : "shut"}>
        <div className={styles.head}>
          <h2>{t("Phone")}</h2>
          <ActionIcon ref={hider} variant="subtle" color="gray" aria-label={t("Hide the phone")} onClick={() => turn(false, opener)}>
            <Icon name="close" />
          </ActionIcon>
        </div>
        <Boundary>
          <Suspense fallback={<LoadingChunk what={t("the phone")} />}>
            {settled ? <BrowserCall onAttention={show} shown={open} /> : <Loading what={t("the phone")} />}
          </Suspense>
        </Boundary>
      </aside>
    </>
  );
}
