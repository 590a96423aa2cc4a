// History.jsx: the versions of the rule file that were saved: what each changed,
// and bringing one back.
import { Button } from "@mantine/core";
import { useId, useState } from "react";
import { Problem } from "../../components/support/parts.jsx";
import { Confirm } from "../../parts/dialog.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { Time } from "../../parts/time.jsx";
import { useList } from "../../list.js";
import { useResource } from "../../resource.js";
import { plural, t } from "../../text/text.js";
import { unified } from "./diff.js";
import { Diff } from "./Diff.jsx";
import styles from "./rules.module.css";

const VERSIONS = "/api/twilio/rules/versions";

function Changes({ id }) {
  const diff = useResource(`${VERSIONS}/${id}/diff`, { staleTime: Infinity });
  return (
    <Ready query={diff} what={t("what changed")}>
      {(data) => <Diff lines={unified(data.diff)} label={t("What version {version} changed", { version: id })} />}
    </Ready>
  );
}

function Version({ version, onRestore, editable }) {
  const [open, setOpen] = useState(false);
  const region = useId();
  const refused = version.result !== "live" && version.result !== "ok" && !version.live;
  return (
    <li className={styles.version}>
      <div className={styles.versionHead}>
        <div>
          <strong>{t("Version {version}", { version: version.id })}</strong>{" "}
          {version.live && <Pill tone="good">{t("Live")}</Pill>}
          {refused && version.result && <Pill>{version.result}</Pill>}
          <div className={styles.soft}>
            <Time at={version.live_at} /> · {version.changed?.join(", ")}{" "}
            {version.added !== undefined && <>· {plural(version.added, "{n} line added", "{n} lines added")}, {plural(version.removed, "{n} removed", "{n} removed")}</>}
          </div>
        </div>
        <div className={styles.buttons}>
          <Button size="compact-sm" variant="default" aria-expanded={open} aria-controls={region}
            aria-label={open ? t("Hide changes of version {version}", { version: version.id }) : t("Changes of version {version}", { version: version.id })}
            onClick={() => setOpen(!open)}>{open ? t("Hide changes") : t("Changes")}</Button>
          {!version.live && editable && (
            <Button size="compact-sm" variant="default" onClick={() => onRestore(version)}
              aria-label={t("Restore version {version}", { version: version.id })}>{t("Restore")}</Button>
          )}
        </div>
      </div>
      <div id={region}>{open && <Changes id={version.id} />}</div>
    </li>
  );
}

/** `save` restores, too; its mistakes are shown in the dialog. */
export function History({ save, editable }) {
  const list = useList(VERSIONS, "versions", { query: { limit: 20 } });
  const [restoring, setRestoring] = useState(null);
  return (
    <>
      <Ready query={list} what={t("the versions")}>
        {() => (list.items.length === 0 ? (
          <Empty icon="rules" title={t("No version yet")}>{t("Each accepted save becomes one.")}</Empty>
        ) : (
          <ol className={styles.versions} aria-label={t("Versions of the rule file, newest first")}>
            {list.items.map((version) => (
              <Version key={`${version.id} ${version.live_at}`} version={version} onRestore={setRestoring} editable={editable} />
            ))}
          </ol>
        ))}
      </Ready>
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>{t("Older versions")}</Button>
      )}
      <Confirm open={restoring !== null} onClose={() => { setRestoring(null); save.reset(); }}
        title={t("Restore this version?")} verb={t("Restore")} stay="Cancel" change={save} value={{ version: restoring?.id }}>
        <p>{t("Version {version} is checked like any saved file, and the next call follows it. The current text stays in this list.", { version: restoring?.id })}</p>
        {save.error?.details?.line && <Problem error={save.error} title={t("It is refused now")} />}
      </Confirm>
    </>
  );
}
