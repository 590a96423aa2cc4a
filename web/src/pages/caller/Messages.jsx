// Messages.jsx: a caller's voicemail messages, and the texts sent to them.
import { Anchor, Button } from "@mantine/core";
import { Link } from "wouter";
import { Icon } from "../../parts/icon.jsx";
import { Panel } from "../../parts/page.jsx";
import { Player } from "../../parts/recordings/player.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { Row, Rows } from "../../parts/tables/table.jsx";
import { clockSpan, moment, Time } from "../../parts/time.jsx";
import { useList } from "../../list.js";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import styles from "../inbox/inbox.module.css";

const SHOWN = 20;
const outcomes = () => ({ sent: t("Sent"), delivered: t("Delivered"), due: t("Waiting to be sent"), not_confirmed: t("Not confirmed by Twilio"),
  undelivered: t("Not delivered"), refused: t("Refused by the phone"), failed: t("Failed"), skipped: t("Not sent") });

function Message({ recording, who }) {
  return (
    <Row icon={<Icon name="voicemail" />} title={<Time at={recording.started_at} />}
      detail={<>
        {recording.heard_at === null && <Pill tone="bad">{t("New message")}</Pill>}
        {recording.duration !== null && <span className="number">{clockSpan(recording.duration)}</span>}
        <Anchor component={Link} href={`/calls/${recording.call_sid}`} size="sm">{t("The call")}</Anchor>
        {recording.transcript && <q className={styles.words} dir="auto">{recording.transcript}</q>}
      </>}>
      {recording.status === "completed"
        ? <Player sid={recording.recording_sid} isMessage name={t("message of {who}, {when}", { who, when: moment(recording.started_at, { within: true }) })} />
        : <span className={styles.none}>{t("No sound")}</span>}
    </Row>
  );
}

function Text({ text }) {
  return (
    <Row icon={<Icon name="outgoing" />} title={rich("Text, {when}", { when: <Time at={text.at} within /> })}
      detail={<>
        <span>{outcomes()[text.outcome] ?? text.outcome}</span>
        {text.text && <q className={styles.words} dir="auto">{text.text}</q>}
      </>} />
  );
}

export function Messages({ number, who, texts }) {
  const list = useList("/api/twilio/recordings", "recordings", { query: { number, kind: "voicemail", limit: SHOWN } });
  return (
    <Panel title={t("Messages")} flush>
      <Ready query={list} what={t("the messages")}>
        {() => (list.items.length + texts.length === 0
          ? <Empty icon="voicemail" title={t("No messages")}>{t("Voicemail of this caller, and texts to them, are listed here.")}</Empty>
          : (
            <Rows>
              {list.items.map((recording) => <Message key={recording.recording_sid} recording={recording} who={who} />)}
              {texts.map((text) => <Text key={text.call_sid} text={text} />)}
            </Rows>
          ))}
      </Ready>
      {list.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>{t("Show earlier messages")}</Button>
        </div>
      )}
    </Panel>
  );
}
