// Call.jsx: one call: what happened, step by step, and why.
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { CallButton } from "../parts/numbers/dial.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { PhoneNumber, spoken } from "../parts/numbers/phone_number.jsx";
import { Player, SaveRecording } from "../parts/recordings/player.jsx";
import { Ready } from "../parts/states.jsx";
import { CallStatus, isLive } from "../parts/status.jsx";
import { clockSpan, fullMoment, Running } from "../parts/time.jsx";
import { Who } from "../parts/numbers/who.jsx";
import { useResource } from "../resource.js";
import { rich } from "../text/rich.jsx";
import { t } from "../text/text.js";
import { Inputs } from "./calls/Inputs.jsx";
import { Timeline } from "./calls/Timeline.jsx";
import styles from "./calls/calls.module.css";

function Facts({ call }) {
  return (
    <dl className={styles.facts}>
      <dt>{t("Status")}</dt><dd><CallStatus call={call} /></dd>
      <dt>{t("From")}</dt><dd><Who address={call.from} /></dd>
      <dt>{t("To")}</dt><dd><Who address={call.to} /></dd>
      <dt>{t("Began")}</dt><dd>{fullMoment(call.started_at)}</dd>
      {isLive(call) && <><dt>{t("So far")}</dt><dd><Running since={call.answered_at ?? call.started_at} /></dd></>}
      {call.duration !== null && <><dt>{t("Length")}</dt><dd>{clockSpan(call.duration)}</dd></>}
      {call.price !== null && <><dt>{t("Price")}</dt><dd>{call.price} {call.price_unit}</dd></>}
      {call.error_code && (
        <>
          <dt>{t("Twilio’s error")}</dt>
          <dd>
            <Anchor href={`https://www.twilio.com/docs/api/errors/${call.error_code}`} target="_blank" rel="noreferrer">
              {call.error_code}
            </Anchor>
          </dd>
        </>
      )}
      <dt>{t("Call SID")}</dt><dd><code>{call.call_sid}</code></dd>
    </dl>
  );
}

const SILENT = ["absent", "failed"]; // recordings with nothing to play

function Recorded({ recordings, call }) {
  if (recordings.length === 0) return null;
  return (
    <Panel title={recordings.length === 1 ? t("Recording") : t("Recordings")}>
      {recordings.map((recording) => {
        const message = recording.kind === "voicemail";
        const name = message ? t("Voicemail message") : t("Conversation");
        const whose = message ? t("Voicemail message of {who}", { who: spoken(call.from) }) : t("Conversation with {who}", { who: spoken(call.from) });
        return (
          <div key={recording.recording_sid} className={styles.recording}>
            <p>{name}{recording.duration ? `, ${clockSpan(recording.duration)}` : ""}</p>
            {SILENT.includes(recording.status) ? <p>{t("Nothing was recorded.")}</p> : (
              <>
                <Player sid={recording.recording_sid} name={whose} isMessage={message} />{" "}
                <SaveRecording sid={recording.recording_sid} name={whose} />
              </>
            )}
            {recording.transcript && <p className={styles.transcript}>“{recording.transcript}”</p>}
          </div>
        );
      })}
    </Panel>
  );
}

function Found({ call }) {
  return (
    <div className={styles.columns}>
      <div className={styles.column}>
        <Panel title={t("What happened")}><Timeline call={call} /></Panel>
        {call.trace && <Inputs trace={call.trace} />}
      </div>
      <div className={styles.column}>
        <Panel title={t("The call")}><Facts call={call} /></Panel>
        <Recorded recordings={call.recordings} call={call} />
      </div>
    </div>
  );
}

export function Call({ sid }) {
  const call = useResource(`/api/twilio/call-logs/${encodeURIComponent(sid)}`);
  const other = call.data && (call.data.direction === "inbound" ? call.data.from : call.data.to);
  const number = <PhoneNumber value={other} />;
  const heading = call.data && (call.data.direction === "inbound" ? rich("Call from {number}", { number })
    : rich("Call to {number}", { number }));
  return (
    <Page title={t("Call|noun")} heading={heading} intro={<Anchor component={Link} href="/calls">{t("All calls")}</Anchor>}
      actions={<CallButton number={other} label={t("Call|verb")} size="sm" />}>
      {call.data ? <Found call={call.data} /> : <Panel><Ready query={call} what={t("the call")}>{() => null}</Ready></Panel>}
    </Page>
  );
}
