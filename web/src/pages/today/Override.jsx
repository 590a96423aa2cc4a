// Override.jsx: "all calls to X until 15:00"; it ends by itself.
import { Button } from "@mantine/core";
import { Suspense } from "react";
import { LoadingChunk, lazyPart } from "../../parts/boundary.jsx";
import { Icon } from "../../parts/icon.jsx";
import { useOpening } from "../../parts/forms/opening.js";
import { Panel } from "../../parts/page.jsx";
import { Ready } from "../../parts/states.jsx";
import { useNumbers } from "../../parts/numbers/who.jsx";
import { useResource } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { t } from "../../text/text.js";
import styles from "./today.module.css";

// Dialogs and overrides aren't part of the first load.
const OverrideDialog = lazyPart(() => import("./OverrideForm.jsx"), "OverrideDialog");
const ActiveOverride = lazyPart(() => import("./ActiveOverride.jsx"), "ActiveOverride");

export function Override() {
  const [isOpen, open, close] = useOpening();
  const overrides = useResource("/api/twilio/overrides");
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const may = useMay();
  return (
    <Panel title={t("Where calls go")}>
      <Ready query={overrides} what={t("the overrides")}>
        {(data) => (
          <div className={styles.override}>
            {data.overrides.length === 0 && <p>{t("Calls follow the rules and the forwarding settings.")}</p>}
            <Suspense fallback={null}>
              {data.overrides.map((row) => <ActiveOverride key={row.id} row={row} numbers={numbers} />)}
            </Suspense>
            {data.next && <p>{t("There are more: the first {count} are shown.", { count: data.overrides.length })}</p>}
            {may("editor") && <div>
              <Button variant="light" leftSection={<Icon name="clock" size={18} />} onClick={() => open()}>
                {t("Send all calls to…")}
              </Button>
            </div>}
          </div>
        )}
      </Ready>
      {isOpen && <Suspense fallback={<LoadingChunk what={t("the form")} />}><OverrideDialog onClose={close} /></Suspense>}
    </Panel>
  );
}
