// Recordings.jsx: voicemail messages and recorded conversations: listen, save,
// delete.
//
//   <Recordings baseUrl="https://phone.example.com" token={() => jwt} kind="voicemail" />
import { Button, NativeSelect } from "@mantine/core";
import { useRef, useState } from "react";
import { Confirm } from "../parts/dialog.jsx";
import { Icon } from "../parts/icon.jsx";
import { spoken, usePhoneLibrary } from "../parts/phone_number.jsx";
import { Player, SaveRecording } from "../parts/player.jsx";
import { Empty } from "../parts/states.jsx";
import { Pill } from "../parts/status.jsx";
import { Row, Rows } from "../parts/table.jsx";
import { clockSpan, moment, Time } from "../parts/time.jsx";
import { useNames, Who } from "../parts/who.jsx";
import { useList } from "../list.js";
import { useChange } from "../resource.js";
import { t } from "../text/text.js";
import { standalone } from "./HookswitchProvider.jsx";
import { Listing } from "./support/listing.jsx";
import styles from "./support/panels.module.css";

const kinds = () => [{ value: "", label: t("Messages and conversations") }, { value: "voicemail", label: t("Voicemail messages") },
  { value: "call", label: t("Conversations") }];
const notThere = () => ({ "in-progress": t("Being recorded"), processing: t("Being prepared"), absent: t("Nothing was said"),
  failed: t("Could not be recorded") });

function Recording({ recording, href, onDelete }) {
  const names = useNames();
  const message = recording.kind === "voicemail";
  const other = recording.direction === "inbound" ? recording.from : recording.to;
  const named = { who: names(other) ?? spoken(other), when: moment(recording.started_at, { within: true }) };
  const name = message ? t("message of {who}, {when}", named) : t("conversation with {who}, {when}", named);
  return (
    <Row icon={<Icon name={message ? "voicemail" : "recordings"} />} title={<Who address={other} />} detail={<>
      <Pill tone={message ? "warn" : "plain"}>{message ? t("Message") : t("Conversation")}</Pill>
      <Time at={recording.started_at} />
      {recording.duration !== null && <span className="number">{clockSpan(recording.duration)}</span>}
      {href && <a className={styles.link} href={href} aria-label={t("The call: {name}", { name })}>{t("The call")}</a>}
      {recording.transcript && <q>{recording.transcript}</q>}
    </>}>
      {recording.status === "completed" ? (
        <>
          <Player sid={recording.recording_sid} isMessage={message} name={name} />
          <SaveRecording sid={recording.recording_sid} name={name} />
        </>
      ) : <span className={styles.dimmed}>{notThere()[recording.status] ?? recording.status}</span>}
      <Button size="compact-sm" variant="subtle" color="red" aria-label={t("Delete: {name}", { name })}
        onClick={() => onDelete({ ...recording, name })}>
        {t("Delete")}
      </Button>
    </Row>
  );
}

function Panel({ kind, pageSize = 25, callHref }) {
  usePhoneLibrary();
  const [chosen, setChosen] = useState("");
  const [doomed, setDoomed] = useState(null);
  const [done, setDone] = useState("");
  const heading = useRef(null);
  const recordings = useList("/api/twilio/recordings", "recordings", { query: { kind: kind ?? chosen, limit: pageSize } });
  const remove = useChange((api, { recording_sid: sid }) => api.delete(`/api/twilio/recordings/${sid}`),
    ["recordings", "call-logs", "missed-calls"]);
  return (
    <Listing title={t("Recordings")} heading={heading} list={recordings} what={t("the recordings")} more={t("Show earlier recordings")} done={done}
      empty={<Empty icon="voicemail" title={t("Nothing recorded")}>{t("Messages from callers are listed here.")}</Empty>}
      filter={!kind && <NativeSelect aria-label={t("Kind")} data={kinds()} value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)} />}
      draw={(items) => (
        <Rows>
          {items.map((recording) => <Recording key={recording.recording_sid} recording={recording}
            href={callHref?.(recording)} onDelete={setDoomed} />)}
        </Rows>
      )}>
      <Confirm open={doomed !== null} onClose={() => setDoomed(null)} title={t("Delete this recording?")} verb={t("Delete it")}
        change={remove} value={doomed} onDone={() => {
          setDone(t("The recording is deleted."));
          heading.current?.focus();
        }}>
        <p>{t("The {name} is deleted here and at Twilio. It can’t be brought back.", { name: doomed?.name })}</p>
      </Confirm>
    </Listing>
  );
}

Panel.displayName = "Recordings";

/** @type {import("./support/types.js").Standalone<import("./support/types.js").RecordingsProps>} */
export const Recordings = standalone(Panel);
export default Recordings;
