// GoLive.jsx: the dialog that confirms rules before they go live: a save that changes real calls (rules_confirm), a
// restored version, a promoted draft, or a file saved on disk that waits for approval.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldError } from "../../components/support/words.js";
import { Confirm } from "../../parts/forms/dialog.jsx";
import { t } from "../../text/text.js";
import { Complaint } from "./Complaint.jsx";
import { Gate } from "./Gate.jsx";

export function NoteField({ value, onChange, error }) {
  return <TextInput label={t("Note (optional)")} description={t("What changes and why, shown in the history")} value={value}
    error={fieldError(error, "note")} onChange={(event) => onChange(event.currentTarget.value)} />;
}

function words(asking) {
  switch (asking?.way) {
    case "restore": return { title: t("Restore this version?"), verb: t("Restore"), stay: t("Cancel"),
      says: t("Version {version} is checked like any saved file, and the next call follows it. The current text stays in this list.", asking) };
    case "promote": return { title: t("Make the draft live?"), verb: t("Make it live"), stay: t("Cancel"),
      says: t("It is checked like any saved file, and the next call follows it. The rules it replaces stay in the history, one step away.") };
    case "accept": return { title: t("Make the saved file live?"), verb: t("Make it live"), stay: t("Cancel"),
      says: t("The next call follows it. The rules it replaces stay in the history, one step away.") };
    default: return { title: t("Make this live?"), verb: t("Make it live"), stay: t("Keep editing"), says: t("Real calls would go elsewhere:") };
  }
}

/**
 * @param {object} props
 * @param {object} props.change of useGoLive
 * @param {object|null} props.asking what to confirm; with a `gate` if real calls change
 * @param {(asked: object) => void} [props.onDone] it's live, and the dialog was still open
 */
export function GoLive({ change, asking, onClose, onDone, onLine }) {
  const [note, setNote] = useState("");
  const { title, verb, stay, says } = words(asking);
  const forget = () => setNote("");
  const close = () => {
    if (!change.isPending) forget();
    onClose();
  };
  const refused = change.error?.code === "refused" && (change.error.details ?? change.error);
  const shown = change.error?.code === "unconfirmed" || refused ? null : change.error;
  const noted = asking?.way === "save" ? asking.note : note;
  return (
    <Confirm open={asking !== null} onClose={close} onDone={() => onDone?.(asking)} title={title} stay={stay} verb={asking?.gate ? t("Make it live") : verb}
      change={{ ...change, error: shown }}
      value={{ ...asking, note: noted, accept: asking?.gate ? true : undefined, forget }}
      known={asking?.way === "save" ? [] : ["note"]}>
      {asking?.again && !refused && <p role="alert">{t("The files have changed since you looked. Look at this again before you agree.")}</p>}
      {refused ? <Complaint title={t("It is refused now")} bad={refused} /> : <p>{says}</p>}
      <Gate gate={asking?.gate} onLine={onLine} />
      {asking && asking.way !== "save" && <NoteField value={note} onChange={setNote} error={shown} />}
    </Confirm>
  );
}
