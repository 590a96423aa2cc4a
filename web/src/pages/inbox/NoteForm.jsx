// NoteForm.jsx: write a note about a caller. What is typed stays if the page is left, or a colleague is done with the
// caller meanwhile.
import { Button, Textarea } from "@mantine/core";
import { fieldError } from "../../components/support/words.js";
import { useForm } from "../../parts/forms/form.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { useKept } from "../../parts/forms/unsaved.js";
import { useChange } from "../../resource.js";
import { useSession } from "../../session.jsx";
import { t } from "../../text/text.js";
import { NOTES_STALE } from "./Notes.jsx";
import styles from "./inbox.module.css";

// about: { number } or { missed_call_id }.
export function NoteForm({ about, who, autoFocus = false, onClose }) {
  const { me } = useSession();
  const key = `hookswitch_typed ${me.data?.user.id} note ${about.number ?? about.missed_call_id}`;
  const [kept, keep] = useKept(key, (value) => typeof value === "string");
  const text = kept ?? "";
  const cancel = () => {
    keep(null);
    onClose();
  };
  const add = useChange((api, body) => api.post("/api/twilio/notes", body), NOTES_STALE, {
    onSuccess: (note, body) => keep((now) => {
      if (now?.trim() !== body.text) return now; // what was typed meanwhile stays
      onClose?.();
      return null;
    }),
  });
  const { error, form } = useForm(add.error, () => {
    if (text.trim() && !add.isPending) add.mutate({ ...about, text: text.trim() });
  });
  return (
    <form className={styles.note} {...form}>
      <Textarea label={t("Note")} aria-label={t("Note about {who}", { who })} value={text} rows={2}
        error={fieldError(error, "text")} autoFocus={autoFocus} onChange={(event) => keep(event.currentTarget.value || null)} />
      <FormProblem error={error} known={["text"]} />
      <div className={styles.buttons}>
        <Button type="submit" size="compact-md" loading={add.isPending} disabled={!text.trim()}>{t("Save note")}</Button>
        {onClose && <Button size="compact-md" variant="default" onClick={cancel}>{t("Cancel")}</Button>}
      </div>
    </form>
  );
}
