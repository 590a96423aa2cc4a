// Entries.jsx: inbox entries: who called, what they left, who is handling it, and
// notes.
import { Anchor, Button } from "@mantine/core";
import { Suspense, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { LoadingChunk, lazyPart } from "../../parts/boundary.jsx";
import { focusUnlessTyping } from "../../parts/focus.js";
import { CallButton } from "../../parts/numbers/dial.jsx";
import { Icon } from "../../parts/icon.jsx";
import { moment, Time } from "../../parts/time.jsx";
import { Pill } from "../../parts/status.jsx";
import { Row, Rows } from "../../parts/tables/table.jsx";
import { Who } from "../../parts/numbers/who.jsx";
import { rich } from "../../text/rich.jsx";
import { plural, t } from "../../text/text.js";
import { Author } from "./Notes.jsx";
import { useInbox, usePeople, whoIs } from "./use_inbox.js";
import styles from "./inbox.module.css";

// Today shows entries too, so these stay out of the first load.
const Player = lazyPart(() => import("../../parts/recordings/player.jsx"), "Player");
const NoteForm = lazyPart(() => import("./NoteForm.jsx"), "NoteForm");

const closed = () => ({ talked: t("Talked to since"), dismissed: t("Done") });

export function Assigned({ row, people, assign }) {
  const known = people.some(({ id }) => id === row.assigned_to);
  const options = [{ id: "", name: t("Nobody assigned") }, ...people,
    ...(row.assigned_to && !known ? [{ id: row.assigned_to, name: row.assigned_to }] : [])];
  return (
    <select className={styles.assign} aria-label={t("Who calls back {who}", { who: whoIs(row) })} value={row.assigned_to ?? ""}
      onChange={(event) => assign.mutate({ row, to: event.target.value || null })}>
      {options.map(({ id, name, disabled }) => <option key={id} value={id} disabled={disabled}>{name}</option>)}
    </select>
  );
}

function Said({ row }) {
  const [message] = row.messages;
  return (
    <>
      {row.heard && <Pill>{t("Heard")}</Pill>}
      {row.unheard > 0 && <Pill tone="bad">{plural(row.unheard, "{n} new message", "{n} new messages")}</Pill>}
      {row.closed_by && <span>{rich("{what}, {when}", { what: closed()[row.closed_by], when: <Time at={row.closed_at} within /> })}</span>}
      {message?.transcript && <q className={styles.words} dir="auto">{message.transcript}</q>}
      {row.note && <span className={styles.words} dir="auto">{row.note.text} <small>(<Author note={row.note} />)</small></span>}
    </>
  );
}

function Entry({ row, people, changes, leave, onHeard }) {
  const [noting, setNoting] = useState(false);
  const noteButton = useRef(null);
  const closeNote = () => {
    setNoting(false);
    focusUnlessTyping(noteButton.current);
  };
  const who = whoIs(row);
  const change = (mutation) => {
    leave();
    mutation.mutate(row);
  };
  const [message] = row.messages;
  const isOpen = !row.closed_at || row.unheard > 0;
  const calls = plural(row.calls, "{n} call", "{n} calls");
  return (
    <Row icon={<Icon name={message ? "voicemail" : "incoming"} />}
      title={<Who address={row.number ?? row.from ?? "anonymous"} name={row.name} />}
      detail={<>
        <Anchor component={Link} href={`/calls/${row.last_call_sid}`} size="sm" aria-label={t("{calls}: the last of {who}", { calls, who })}>
          {calls}
        </Anchor>
        <Time at={row.last_at} relative />
        <Said row={row} />
      </>}>
      {message && (
        <Suspense fallback={null}>
          <Player sid={message.recording_sid} isMessage onHeard={onHeard} label={t("Left a message")}
            name={t("message of {who}, {when}", { who, when: moment(message.started_at, { within: true }) })} />
        </Suspense>
      )}
      <CallButton number={row.number} />
      <Assigned row={row} people={people} assign={changes.assign} />
      <Button ref={noteButton} size="compact-sm" variant="default" aria-label={t("Note about {who}", { who })} aria-expanded={noting}
        onClick={() => setNoting(!noting)}>
        {t("Note")}
      </Button>
      {isOpen ? (
        <Button size="compact-sm" variant="default" data-next aria-label={t("Done with {who}", { who })} onClick={() => change(changes.done)}>
          {t("Done")}
        </Button>
      ) : (
        <Button size="compact-sm" variant="default" data-next aria-label={t("Reopen {who}", { who })} onClick={() => change(changes.reopen)}>
          {t("Reopen")}
        </Button>
      )}
      {noting && (
        <Suspense fallback={<LoadingChunk what={t("the form")} />}>
          <NoteForm about={row.number ? { number: row.number } : { missed_call_id: row.id }} who={who} autoFocus
            onClose={closeNote} />
        </Suspense>
      )}
    </Row>
  );
}

// When an entry goes, focus moves to the one in its place.
function useNextFocus(rows) {
  const list = useRef(null);
  const leaving = useRef(null);
  useEffect(() => {
    if (!leaving.current || rows.some(({ id }) => id === leaving.current.id)) return;
    const left = list.current?.querySelectorAll("ul > li") ?? [];
    const next = left[Math.min(leaving.current.at, left.length - 1)];
    leaving.current = null;
    focusUnlessTyping(next?.querySelector("button[data-next]") ?? list.current);
  }, [rows]);
  return { list, leave: (row, at) => { leaving.current = { id: row.id, at }; } };
}

// An entry stays on screen after its message was played here, even if the server's
// list has dropped it: the user may still be listening.
function useHeardHere(rows) {
  const [heard, setHeard] = useState([]);
  const isIn = (list, row) => list.some(({ id }) => id === row.id);
  const drop = (row) => setHeard((old) => old.filter(({ id }) => id !== row.id));
  const add = (row) => {
    drop(row);
    setHeard((old) => [...old, { ...row, unheard: 0, heard: true }]);
  };
  const here = rows.map((row) => (row.unheard === 0 && isIn(heard, row) ? { ...row, heard: true } : row));
  const gone = heard.filter((row) => !isIn(rows, row));
  return { shown: [...here, ...gone].sort((a, b) => b.last_at - a.last_at || b.id - a.id), add, drop };
}

export function Entries({ rows, empty }) {
  const changes = useInbox();
  const people = usePeople();
  const { shown, add, drop } = useHeardHere(rows);
  const { list, leave } = useNextFocus(shown);
  return (
    <div ref={list} tabIndex={-1}>
      {shown.length === 0 ? empty : (
        <Rows>
          {shown.map((row, at) => (
            <Entry key={row.id} row={row} people={people} changes={changes} onHeard={() => add(row)} leave={() => {
              leave(row, at);
              drop(row);
            }} />
          ))}
        </Rows>
      )}
    </div>
  );
}
