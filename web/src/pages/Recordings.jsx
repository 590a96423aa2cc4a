// Recordings.jsx: listen to, save and delete recorded calls and voicemail.
import { Anchor, Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { CallButton } from "../parts/numbers/dial.jsx";
import { useNotice } from "../parts/notice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { DeleteRecording, kinds, RecordingRow } from "../parts/recordings/recording_row.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Rows } from "../parts/tables/table.jsx";
import { useNumbers } from "../parts/numbers/who.jsx";
import { useList } from "../list.js";
import { useMay } from "../session.jsx";
import { t } from "../text/text.js";
import styles from "./recordings.module.css";

const PAGE = 30;

function Recording({ recording, remove, playing }) {
  const link = (label) => (
    <Anchor component={Link} href={`/calls/${recording.call_sid}`} size="sm" aria-label={label}>{t("The call")}</Anchor>
  );
  return (
    <RecordingRow recording={recording} callLink={link} autoPlay={playing} onDelete={remove}>
      <CallButton number={recording.direction === "inbound" ? recording.from : recording.to} />
    </RecordingRow>
  );
}

function Filters({ params, setParams, numbers }) {
  const select = (name, label, data) => (
    <NativeSelect label={label} data={data} value={params.get(name) ?? ""} onChange={(event) => setParams((old) => {
      const next = new URLSearchParams(old);
      if (event.target.value) next.set(name, event.target.value);
      else next.delete(name);
      return next;
    })} />
  );
  return (
    <div className={styles.filters}>
      {select("kind", t("What"), kinds())}
      {numbers.length > 1 && select("phone_number_id", t("Number"), [{ value: "", label: t("All our numbers") },
        ...numbers.map((number) => ({ value: String(number.id), label: number.friendly_name }))])}
    </div>
  );
}

export function Recordings() {
  const [params, setParams] = useSearchParams();
  const [doomed, setDoomed] = useState(null);
  const may = useMay();
  const notify = useNotice();
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const recordings = useList("/api/twilio/recordings", "recordings", { query: {
    kind: params.get("kind"), phone_number_id: params.get("phone_number_id"), limit: PAGE } });
  return (
    <Page title={t("Recordings")} intro={t("Voicemail messages, and conversations of numbers that record.")}>
      <Filters params={params} setParams={setParams} numbers={numbers} />
      <Panel flush>
        <Ready query={recordings} what={t("the recordings")}>
          {() => (recordings.items.length === 0 ? (
            <Empty icon="voicemail" title={t("Nothing recorded")}>
              {t("Callers’ messages appear here. Conversations are recorded once a number’s settings say so.")}
            </Empty>
          ) : (
            <>
              <Rows>
                {recordings.items.map((recording) => (
                  <Recording key={recording.recording_sid} recording={recording} remove={may("admin") ? setDoomed : undefined}
                    playing={params.get("play") === recording.recording_sid} />
                ))}
              </Rows>
              {recordings.hasNextPage && (
                <div className={styles.more}>
                  <Button variant="default" loading={recordings.isFetchingNextPage}
                    onClick={() => recordings.fetchNextPage()}>
                    {t("Show earlier recordings")}
                  </Button>
                </div>
              )}
            </>
          ))}
        </Ready>
      </Panel>
      <DeleteRecording recording={doomed} onClose={() => setDoomed(null)} onDone={notify} />
    </Page>
  );
}
