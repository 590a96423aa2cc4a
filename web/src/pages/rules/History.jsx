// History.jsx: the rule file's versions: who saved each and why, what changed in the text and for real calls, and
// restoring one.
import { Button } from "@mantine/core";
import { useId, useState } from "react";
import { Empty, Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { Time } from "../../parts/time.jsx";
import { useList } from "../../list.js";
import { useResource } from "../../resource.js";
import { rich } from "../../text/rich.jsx";
import { plural, t } from "../../text/text.js";
import { unified } from "./diff.js";
import { Diff } from "./Diff.jsx";
import { Gate, Since } from "./Gate.jsx";
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

function checkWords({ rules, examples, calls }) {
  return [plural(rules, "{n} rule", "{n} rules"), examples > 0 && plural(examples, "{n} example holds", "{n} examples hold"),
    plural(calls, "{n} call tried and none lost", "{n} calls tried and none lost")].filter(Boolean).join(", ");
}

// What changed for real calls, as predicted and since.
function Judged({ id }) {
  const version = useResource(`${VERSIONS}/${id}`, { staleTime: 60_000 });
  return (
    <Ready query={version} what={t("what real calls say")}>
      {({ checks, gate, since }) => (
        <dl className={styles.judged}>
          {checks && <div><dt>{t("Check")}</dt><dd>{checkWords(checks)}</dd></div>}
          <div><dt>{t("Before it went live")}</dt><dd>{gate ? <Gate gate={gate} /> : t("There were no real calls to try it on.")}</dd></div>
          {since && <div><dt>{t("Since it went live")}</dt><dd><Since since={since} /></dd></div>}
        </dl>
      )}
    </Ready>
  );
}

// Who saved it, and who confirmed it.
function Authors({ version: { author, author_kind: kind, accepted_by: agreed } }) {
  const who = <bdi>{author}</bdi>;
  return (
    <>
      {author && kind === "user" && rich("by {who}", { who })}
      {author && kind === "os" && rich("by {who}, on the server", { who })}
      {author && kind === "git" && rich("by {who}, in a commit", { who })}
      {agreed && agreed !== author && <> · {rich("made live by {who}", { who: <bdi>{agreed}</bdi> })}</>}
    </>
  );
}

function Version({ version, onAsk, editable }) {
  const [open, setOpen] = useState(false);
  const region = useId();
  const refused = version.result !== "live" && version.result !== "ok" && !version.live;
  return (
    <li className={styles.version}>
      <div className={styles.versionHead}>
        <div>
          <strong>{t("Version {version}", { version: version.id })}</strong>{" "}
          {version.live && <Pill tone="good">{t("Live")}</Pill>}
          {refused && version.result && <Pill>{version.result}</Pill>}{" "}
          <span className={styles.soft}><Authors version={version} /></span>
          {version.note && <p className={styles.note}><bdi>{version.note}</bdi></p>}
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
            <Button size="compact-sm" variant="default" onClick={() => onAsk({ way: "restore", version: version.id })}
              aria-label={t("Restore version {version}", { version: version.id })}>{t("Restore")}</Button>
          )}
        </div>
      </div>
      <div id={region}>{open && <><Judged id={version.id} /><Changes id={version.id} /></>}</div>
    </li>
  );
}

/** `onAsk`: the user wants to restore a version. */
export function History({ onAsk, editable }) {
  const list = useList(VERSIONS, "versions", { query: { limit: 20 } });
  const [live, before] = list.items ?? [];
  return (
    <>
      {live?.live && before && editable && (
        <Button variant="default" onClick={() => onAsk({ way: "restore", version: before.id })}>
          {t("One step back, to version {version}", { version: before.id })}</Button>
      )}
      <Ready query={list} what={t("the versions")}>
        {() => (list.items.length === 0 ? (
          <Empty icon="rules" title={t("No version yet")}>{t("Each accepted save becomes one.")}</Empty>
        ) : (
          <ol className={styles.versions} aria-label={t("Versions of the rule file, newest first")}>
            {list.items.map((version) => (
              <Version key={`${version.id} ${version.live_at}`} version={version} onAsk={onAsk} editable={editable} />
            ))}
          </ol>
        ))}
      </Ready>
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>{t("Older versions")}</Button>
      )}
    </>
  );
}
