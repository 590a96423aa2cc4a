// recording_row.jsx: a recording in a list, in the console and in the component for
// other applications, and the dialog that deletes it.
import { Button } from "@mantine/core";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";
import { Confirm } from "../forms/dialog.jsx";
import { Icon } from "../icon.jsx";
import { spoken } from "../numbers/phone_number.jsx";
import { Player, SaveRecording } from "./player.jsx";
import styles from "./recording_row.module.css";
import { Pill } from "../status.jsx";
import { Row } from "../tables/table.jsx";
import { clockSpan, moment, Time } from "../time.jsx";
import { useNames, Who } from "../numbers/who.jsx";

export const kinds = () => [{ value: "", label: t("All recordings") }, { value: "voicemail", label: t("Voicemail messages") },
  { value: "call", label: t("Conversations") }];
const notThere = () => ({ "in-progress": t("Being recorded"), processing: t("Being prepared"), absent: t("Nothing was said"),
  failed: t("Could not be recorded") });

/** `callLink`: makes the label a link to the call, if there is one; `onDelete` gets the recording with its `name`. */
export function RecordingRow({ recording, callLink, autoPlay, onDelete, children }) {
  const names = useNames();
  const message = recording.kind === "voicemail";
  const other = recording.direction === "inbound" ? recording.from : recording.to;
  const named = { who: names(other) ?? spoken(other), when: moment(recording.started_at, { within: true }) };
  const name = message ? t("message of {who}, {when}", named) : t("conversation with {who}, {when}", named);
  return (
    <Row icon={<Icon name={message ? "voicemail" : "recordings"} />} title={<Who address={other} />} detail={<>
      <Pill tone={message ? "warn" : "plain"}>{message ? t("Message") : t("Conversation")}</Pill>
      {message && recording.heard_at === null && <Pill tone="bad">{t("New")}</Pill>}
      <Time at={recording.started_at} />
      {recording.duration !== null && <span className="number">{clockSpan(recording.duration)}</span>}
      {callLink?.(t("The call: {name}", { name }))}
      {recording.transcript && <q className={styles.transcript} dir="auto">{recording.transcript}</q>}
    </>}>
      {recording.status === "completed" ? (
        <>
          <Player sid={recording.recording_sid} name={name} isMessage={message} autoPlay={autoPlay} />
          <SaveRecording sid={recording.recording_sid} name={name} />
        </>
      ) : <span className={styles.absent}>{notThere()[recording.status] ?? recording.status}</span>}
      {children}
      {onDelete && <Button size="compact-sm" variant="subtle" color="red" leftSection={<Icon name="trash" size={16} />}
        aria-label={t("Delete: {name}", { name })} onClick={() => onDelete({ ...recording, name })}>
        {t("Delete")}
      </Button>}
    </Row>
  );
}

/** `recording`: from onDelete, or null. */
export function DeleteRecording({ recording, onClose, onDone }) {
  const remove = useChange((api, { recording_sid: sid }) => api.delete(`/api/twilio/recordings/${sid}`),
    ["recordings", "call-logs", "missed-calls"]);
  return (
    <Confirm open={recording !== null} onClose={onClose} title={t("Delete this recording?")} verb={t("Delete it")} change={remove} value={recording}
      onDone={() => onDone(t("The recording is deleted."))}>
      <p>{t("The {name} is deleted here and at Twilio. It can’t be brought back.", { name: recording?.name })}</p>
    </Confirm>
  );
}
