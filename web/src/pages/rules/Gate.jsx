// Gate.jsx: how rules change real calls: how many go elsewhere, from where to where.
import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { Time } from "../../parts/time.jsx";
import { rich, richPlural } from "../../text/rich.jsx";
import { number, plural, t } from "../../text/text.js";
import styles from "./rules.module.css";
import { Way } from "./Way.jsx";

const WEEK_MS = 7 * 86_400_000;
const SHOWN = 6;

/** "12 of last week’s 240 calls change". */
function gateWords(gate) {
  const calls = number(gate.calls);
  if (gate.calls === 0) return t("No real calls yet to judge it by.");
  if (gate.calls === 1) return gate.changed ? t("The last call goes elsewhere") : t("The last call goes where it went.");
  const week = gate.from >= gate.at - WEEK_MS;
  if (gate.changed === 0) return week ? t("None of last week’s {calls} calls change.", { calls }) : t("None of the last {calls} calls change.", { calls });
  return week ? plural(gate.changed, "{n} of last week’s {calls} calls changes", "{n} of last week’s {calls} calls change", { calls })
    : plural(gate.changed, "{n} of the last {calls} calls changes", "{n} of the last {calls} calls change", { calls });
}

function Move({ group, onLine }) {
  return (
    <li className={styles.move}>
      <strong className={styles.moveCount}>{plural(group.count, "{n} call", "{n} calls")}</strong>
      <dl className={styles.moveWays}>
        <div><dt>{t("Before")}</dt><dd><Way way={group.before} /></dd></div>
        <div><dt>{t("After")}</dt><dd><Way way={group.after} onLine={onLine} /></dd></div>
      </dl>
      <Link href={`~/calls/${group.call_sid}`} className={styles.moveCall}>
        {group.count === 1 ? rich("The call: {when}", { when: <Time at={group.at} /> }) : rich("The newest: {when}", { when: <Time at={group.at} /> })}
      </Link>
    </li>
  );
}

/** Calls grouped by where they went and where they would go, largest group first. */
function Moves({ groups, changed, onLine }) {
  const [all, setAll] = useState(false);
  const shown = all ? groups : groups.slice(0, SHOWN);
  const left = changed - shown.reduce((sum, { count }) => sum + count, 0);
  if (groups.length === 0) return null;
  return (
    <>
      <ul className={styles.moves} aria-label={t("Calls that go elsewhere")}>
        {shown.map((group) => <Move key={`${group.call_sid} ${group.at}`} group={group} onLine={onLine} />)}
      </ul>
      {left > 0 && <p className={styles.soft}>{plural(left, "{n} more goes elsewhere in other ways", "{n} more go elsewhere in other ways")}</p>}
      {shown.length < groups.length && <Button size="compact-sm" variant="default" onClick={() => setAll(true)}>{t("Show all")}</Button>}
    </>
  );
}

/** What a save would change about recent real calls; the API's `gate`. */
export function Gate({ gate, onLine }) {
  if (!gate) return null;
  return (
    <div className={styles.gate}>
      <p className={styles.gateHead}>{gateWords(gate)}</p>
      <Moves groups={gate.groups} changed={gate.changed} onLine={onLine} />
      {gate.failing > 0 && <p className={styles.soft}>{plural(gate.failing, "The rules fail for {n} of them, as they did then.",
        "The rules fail for {n} of them, as they did then.")}</p>}
    </div>
  );
}

/** What a version has changed since it went live. */
export function Since({ since }) {
  if (since.calls === 0) return <p>{t("No call yet since it went live.")}</p>;
  const calls = plural(since.calls, "{n} call since it went live", "{n} calls since it went live");
  return (
    <div className={styles.gate}>
      <p className={styles.gateHead}>{since.changed === 0 ? t("{calls}; all went where the version before would send them.", { calls })
        : plural(since.changed, "{calls}; {n} went elsewhere than with the version before",
          "{calls}; {n} went elsewhere than with the version before", { calls })}</p>
      <Moves groups={since.groups} changed={since.changed} />
    </div>
  );
}

/** Calls that the draft and the live rules treat differently. */
export function Compared({ draft, onLine }) {
  const since = <Time at={draft.since} within />;
  const head = () => {
    if (draft.calls === 0) return rich("No call yet since {since}. Each call from now on is decided by the draft, too.", { since });
    if (draft.changed === 0) {
      return richPlural(draft.calls, "The only call since {since} goes the same way with the draft.",
        "All {n} calls since {since} go the same way with the draft.", { since });
    }
    if (draft.calls === 1) return rich("The only call since {since} goes elsewhere with the draft", { since });
    return richPlural(draft.changed, "{n} of {calls} calls since {since} goes elsewhere with the draft",
      "{n} of {calls} calls since {since} go elsewhere with the draft", { calls: number(draft.calls), since });
  };
  return (
    <section aria-labelledby="rules-compared" className={styles.gate}>
      <h2 id="rules-compared" className={styles.part}>{t("Beside the live rules")}</h2>
      <p className={styles.gateHead} role="status">{head()}</p>
      <Moves groups={draft.groups} changed={draft.changed} onLine={onLine} />
    </section>
  );
}
