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
import { useChange, useList } from "../resource.js";
import { standalone } from "./HookswitchProvider.jsx";
import { Listing } from "./support/listing.jsx";
import styles from "./support/panels.module.css";

const KINDS = [{ value: "", label: "Messages and conversations" }, { value: "voicemail", label: "Voicemail messages" },
  { value: "call", label: "Conversations" }];
const NOT_THERE = { "in-progress": "Being recorded", processing: "Being prepared", absent: "Nothing was said",
  failed: "Could not be recorded" };

function Recording({ recording, href, onDelete }) {
  const names = useNames();
  const message = recording.kind === "voicemail";
  const other = recording.direction === "inbound" ? recording.from : recording.to;
  const name = `${message ? "message of" : "conversation with"} ${names(other) ?? spoken(other)}, ${moment(recording.started_at)}`;
  return (
    <Row icon={<Icon name={message ? "voicemail" : "recordings"} />} title={<Who address={other} />} detail={<>
      <Pill tone={message ? "warn" : "plain"}>{message ? "Message" : "Conversation"}</Pill>
      <Time at={recording.started_at} />
      {recording.duration !== null && <span className="number">{clockSpan(recording.duration)}</span>}
      {href && <a className={styles.link} href={href} aria-label={`The call: ${name}`}>The call</a>}
      {recording.transcript && <q>{recording.transcript}</q>}
    </>}>
      {recording.status === "completed" ? (
        <>
          <Player sid={recording.recording_sid} isMessage={message} name={name} />
          <SaveRecording sid={recording.recording_sid} name={name} />
        </>
      ) : <span className={styles.dimmed}>{NOT_THERE[recording.status] ?? recording.status}</span>}
      <Button size="compact-sm" variant="subtle" color="red" aria-label={`Delete: ${name}`}
        onClick={() => onDelete({ ...recording, name })}>
        Delete
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
    <Listing title="Recordings" heading={heading} list={recordings} what="the recordings" more="Show earlier recordings" done={done}
      empty={<Empty icon="voicemail" title="Nothing recorded">Messages from callers are listed here.</Empty>}
      filter={!kind && <NativeSelect aria-label="Kind" data={KINDS} value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)} />}
      draw={(items) => (
        <Rows>
          {items.map((recording) => <Recording key={recording.recording_sid} recording={recording}
            href={callHref?.(recording)} onDelete={setDoomed} />)}
        </Rows>
      )}>
      <Confirm open={doomed !== null} onClose={() => setDoomed(null)} title="Delete this recording?" verb="Delete it"
        change={remove} value={doomed} onDone={() => {
          setDone("The recording is deleted.");
          heading.current?.focus();
        }}>
        <p>The {doomed?.name} is deleted here and at Twilio. It can’t be brought back.</p>
      </Confirm>
    </Listing>
  );
}

Panel.displayName = "Recordings";

/** @type {import("./support/types.js").Standalone<import("./support/types.js").RecordingsProps>} */
export const Recordings = standalone(Panel);
export default Recordings;
