// Recordings.jsx: conversations and voicemail messages: listen, save, delete.
import { Anchor, Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { CallButton } from "../parts/dial.jsx";
import { Confirm } from "../parts/dialog.jsx";
import { Icon } from "../parts/icon.jsx";
import { useNotice } from "../parts/notice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { spoken } from "../parts/phone_number.jsx";
import { Player, SaveRecording } from "../parts/player.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Pill } from "../parts/status.jsx";
import { Row, Rows } from "../parts/table.jsx";
import { clockSpan, moment, Time } from "../parts/time.jsx";
import { useNames, useNumbers, Who } from "../parts/who.jsx";
import { useList } from "../list.js";
import { useChange } from "../resource.js";
import { t } from "../text/text.js";
import styles from "./recordings.module.css";

const PAGE = 30;
const kinds = () => [
  { value: "", label: t("Messages and conversations") }, { value: "voicemail", label: t("Voicemail messages") },
  { value: "call", label: t("Conversations") },
];
const notThere = () => ({ "in-progress": t("Being recorded"), processing: t("Being prepared"), absent: t("Nothing was said"),
  failed: t("Could not be recorded") });

function Recording({ recording, remove, playing }) {
  const names = useNames();
  const other = recording.direction === "inbound" ? recording.from : recording.to;
  const who = names(other) ?? spoken(other);
  const named = { who, when: moment(recording.started_at, { within: true }) };
  const name = recording.kind === "voicemail" ? t("message of {who}, {when}", named) : t("conversation with {who}, {when}", named);
  return (
    <Row icon={<Icon name={recording.kind === "voicemail" ? "voicemail" : "recordings"} />}
      title={<Who address={other} />}
      detail={<>
        <Pill tone={recording.kind === "voicemail" ? "warn" : "plain"}>
          {recording.kind === "voicemail" ? t("Message") : t("Conversation")}
        </Pill>
        {recording.kind === "voicemail" && recording.heard_at === null && <Pill tone="bad">{t("New")}</Pill>}
        <Time at={recording.started_at} />
        {recording.duration !== null && <span className="number">{clockSpan(recording.duration)}</span>}
        <Anchor component={Link} href={`/calls/${recording.call_sid}`} size="sm" aria-label={t("The call: {name}", { name })}>
          {t("The call")}
        </Anchor>
        {recording.transcript && <q className={styles.transcript}>{recording.transcript}</q>}
      </>}>
      {recording.status === "completed" ? (
        <>
          <Player sid={recording.recording_sid} name={name} isMessage={recording.kind === "voicemail"} autoPlay={playing} />
          <SaveRecording sid={recording.recording_sid} name={name} />
        </>
      ) : <span className={styles.absent}>{notThere()[recording.status] ?? recording.status}</span>}
      <CallButton number={other} />
      <Button size="compact-sm" variant="subtle" color="red" leftSection={<Icon name="trash" size={16} />}
        aria-label={t("Delete: {name}", { name })} onClick={() => remove({ ...recording, name })}>
        {t("Delete")}
      </Button>
    </Row>
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
  const notify = useNotice();
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const recordings = useList("/api/twilio/recordings", "recordings", { query: {
    kind: params.get("kind"), phone_number_id: params.get("phone_number_id"), limit: PAGE } });
  const remove = useChange((api, sid) => api.delete(`/api/twilio/recordings/${sid}`),
    ["recordings", "call-logs", "missed-calls"]);
  const forget = () => {
    setDoomed(null);
    remove.reset();
  };
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
                  <Recording key={recording.recording_sid} recording={recording} remove={setDoomed}
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
      <Confirm open={Boolean(doomed)} onClose={forget} title={t("Delete this recording?")} verb={t("Delete it")} change={remove}
        value={doomed?.recording_sid} onDone={() => notify(t("The recording is deleted."))}>
        <p>{t("The {name} is deleted here and at Twilio. It can’t be brought back.", { name: doomed?.name })}</p>
      </Confirm>
    </Page>
  );
}
