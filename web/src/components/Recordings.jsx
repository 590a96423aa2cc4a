// Recordings.jsx: listen to, save and delete voicemail and recorded calls.
//
//   <Recordings baseUrl="https://phone.example.com" token={() => jwt} kind="voicemail" />
import { NativeSelect } from "@mantine/core";
import { useRef, useState } from "react";
import { usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { DeleteRecording, kinds, RecordingRow } from "../parts/recordings/recording_row.jsx";
import { Empty } from "../parts/states.jsx";
import { Rows } from "../parts/tables/table.jsx";
import { useList } from "../list.js";
import { t } from "../text/text.js";
import { standalone } from "./HookswitchProvider.jsx";
import { Listing } from "./support/listing.jsx";
import styles from "./support/panels.module.css";

function Panel({ kind, pageSize = 25, callHref }) {
  usePhoneLibrary();
  const [chosen, setChosen] = useState("");
  const [doomed, setDoomed] = useState(null);
  const [done, setDone] = useState("");
  const heading = useRef(null);
  const recordings = useList("/api/twilio/recordings", "recordings", { query: { kind: kind ?? chosen, limit: pageSize } });
  const linkOf = (recording) => {
    const href = callHref?.(recording);
    return href && ((label) => <a className={styles.link} href={href} aria-label={label}>{t("The call")}</a>);
  };
  return (
    <Listing title={t("Recordings")} heading={heading} list={recordings} what={t("the recordings")}
      more={t("Show earlier recordings")} done={done}
      empty={<Empty icon="voicemail" title={t("Nothing recorded")}>{t("Messages from callers are listed here.")}</Empty>}
      filter={!kind && <NativeSelect aria-label={t("Kind")} data={kinds()} value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)} />}
      draw={(items) => (
        <Rows>
          {items.map((recording) => (
            <RecordingRow key={recording.recording_sid} recording={recording} callLink={linkOf(recording)}
              onDelete={setDoomed} />
          ))}
        </Rows>
      )}>
      <DeleteRecording recording={doomed} onClose={() => setDoomed(null)} onDone={(text) => {
        setDone(text);
        heading.current?.focus();
      }} />
    </Listing>
  );
}

Panel.displayName = "Recordings";

/** @type {import("./support/types.js").Standalone<import("./support/types.js").RecordingsProps>} */
export const Recordings = standalone(Panel);
export default Recordings;
