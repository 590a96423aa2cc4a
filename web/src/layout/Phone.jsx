// Phone.jsx: where the browser's phone stands: a column on wide screens, a sheet
// above the page on others. It stays mounted when it is shut, so that it goes on
// taking calls.
import { ActionIcon, Button } from "@mantine/core";
import { lazy, Suspense, useCallback, useState } from "react";
import { Boundary } from "../parts/boundary.jsx";
import { Icon } from "../parts/icon.jsx";
import { Loading } from "../parts/states.jsx";
import styles from "./phone.module.css";

// With the Voice SDK behind it: not part of the first load.
const BrowserCall = lazy(() => import("../components/BrowserCallComponent.jsx"));

export function Phone() {
  const [open, setOpen] = useState(() => window.matchMedia("(width >= 85rem)").matches);
  const show = useCallback(() => setOpen(true), []);
  return (
    <>
      {!open && (
        <Button className={styles.opener} size="md" radius="xl" leftSection={<Icon name="calls" />} onClick={show}>
          Phone
        </Button>
      )}
      <aside className={styles.phone} aria-label="Phone" data-phone={open ? "open" : "shut"}>
        <div className={styles.head}>
          <h2>Phone</h2>
          <ActionIcon variant="subtle" color="gray" aria-label="Hide the phone" onClick={() => setOpen(false)}>
            <Icon name="close" />
          </ActionIcon>
        </div>
        <Boundary>
          <Suspense fallback={<Loading what="the phone" />}>
            <BrowserCall onAttention={show} />
          </Suspense>
        </Boundary>
      </aside>
    </>
  );
}
