// Notes.jsx: the notes about a caller; authors can delete theirs.
import { Button } from "@mantine/core";
import { useRef } from "react";
import { ifMatch } from "../../api.js";
import { focusUnlessTyping } from "../../parts/focus.js";
import { useNotice } from "../../parts/notice.jsx";
import { Time } from "../../parts/time.jsx";
import { useChange } from "../../resource.js";
import { useSession } from "../../session.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import styles from "./inbox.module.css";

export const NOTES_STALE = ["notes", "missed-calls", "callers"];
export function Author({ note }) {
  const { me } = useSession();
  const name = note.author === me.data.user.id ? t("You|author") : note.author_name ?? note.author;
  return rich("{what}, {when}", { what: name, when: <Time at={note.created_at} within /> });
}

export function NoteList({ notes }) {
  const notify = useNotice();
  const list = useRef(null);
  const restore = useChange((api, note) => api.post("/api/twilio/notes", { number: note.about, text: note.text }), NOTES_STALE,
    { onError: notify.problem });
  const remove = useChange((api, note) => api.delete(`/api/twilio/notes/${note.id}`, ifMatch(note)), NOTES_STALE, {
    onSuccess: (_, note) => {
      focusUnlessTyping(list.current);
      notify(t("The note is deleted."), { label: t("Undo"), run: () => restore.mutate(note) });
    },
    onError: notify.problem,
  });
  return (
    <ul ref={list} tabIndex={-1} className={styles.notes} aria-label={t("Notes")}>
      {notes.length === 0 && <li className={styles.none}>{t("Nothing is noted yet.")}</li>}
      {notes.toReversed().map((note) => (
        <li key={note.id}>
          <p dir="auto">{note.text}</p>
          <div className={styles.by}>
            <span><Author note={note} /></span>
            <Button size="compact-xs" variant="subtle" color="red" aria-label={t("Delete the note: {text}", { text: note.text.slice(0, 40) })}
              onClick={() => remove.mutate(note)}>
              {t("Delete")}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
