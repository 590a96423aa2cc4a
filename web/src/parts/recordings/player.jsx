// player.jsx: plays and saves a recording.
//
// With the console's own login, the browser plays it from its address and can seek
// before it is fully loaded. A token can't be sent that way, so the sound is then
// fetched first.
//
// One recording plays at a time; starting another pauses it. A message that was
// played counts as heard.
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "../../session.jsx";
import { ErrorText } from "../../text/language.jsx";
import { percent, t } from "../../text/text.js";
import { fetchFile, save, sizeText } from "../download.js";
import { focusUnlessTyping } from "../focus.js";
import { Icon } from "../icon.jsx";
import { useNotice } from "../notice.jsx";
import styles from "./player.module.css";

const pathOf = (sid) => `/api/twilio/recordings/${sid}/media`;
const FORMAT = { format: "mp3" };

let playing; // the audio element that is playing

function playAlone(audio) {
  if (playing !== audio) playing?.pause();
  playing = audio;
}

const HEARD = ["missed-calls", "recordings", "callers"]; // resources that show whether a message was heard

// Reports a message as heard once it plays.
function useHeard(sid, isMessage, onHeard) {
  const api = useApi();
  const queries = useQueryClient();
  const told = useRef(null);
  return () => {
    if (!isMessage) return;
    onHeard?.();
    told.current ??= api.post(`/api/twilio/recordings/${sid}/heard`)
      .then(() => HEARD.forEach((name) => queries.invalidateQueries({ queryKey: [name] })))
      .catch(() => { told.current = null; }); // try again the next time it plays
  };
}

// Runs work(report) and tracks its progress; { run, progress, busy, error }.
function useFetching() {
  const [state, setState] = useState({ busy: false, text: "", error: null });
  const newest = useRef(null); // AbortController of the run that is shown
  useEffect(() => () => newest.current?.abort(), []);
  const run = async (work) => {
    newest.current?.abort();
    const { signal } = newest.current = new AbortController();
    setState({ busy: true, text: "", error: null });
    const onProgress = (bytes, total) => setState({ busy: true, error: null,
      text: total ? percent(bytes / total) : sizeText(bytes) });
    try {
      await work({ signal, onProgress });
      setState({ busy: false, text: "", error: null });
    } catch (error) {
      if (!signal.aborted) setState({ busy: false, text: "", error });
    }
  };
  return { ...state, run };
}

// `isMessage`: a voicemail message, which counts as heard once played (`onHeard`). `label`: the button's.
export function Player({ sid, name, isMessage = false, label, autoPlay = false, onHeard }) {
  const api = useApi();
  const heard = useHeard(sid, isMessage, onHeard);
  const [source, setSource] = useState(null);
  const fetching = useFetching();
  const audio = useRef(null);

  const fetchIt = async (options) => {
    setSource(URL.createObjectURL(await fetchFile(api, pathOf(sid), { query: FORMAT, ...options })));
  };
  const listen = () => fetching.run(async (options) => {
    if (await api.token()) await fetchIt(options);
    else setSource(api.url(pathOf(sid), FORMAT));
  });
  useEffect(() => {
    if (source) focusUnlessTyping(audio.current);
    return () => {
      if (source?.startsWith("blob:")) URL.revokeObjectURL(source);
    };
  }, [source]);
  const asked = useRef(false);
  useEffect(() => {
    if (autoPlay && !asked.current) listen();
    asked.current = true;
  });

  if (source) {
    const begun = (event) => {
      playAlone(event.currentTarget);
      heard();
    };
    const again = () => {
      if (!source.startsWith("blob:")) fetching.run(fetchIt); // gets the error's words, or the sound after all
    };
    return (
      <audio ref={audio} className={styles.audio} src={source} controls autoPlay aria-label={t("Recording: {name}", { name })}
        onError={again} onPlay={begun} />
    );
  }
  return (
    <span className={styles.player}>
      <Button size="compact-sm" variant="light" leftSection={<Icon name="play" size={16} />} loading={fetching.busy}
        aria-label={label ? t("{what}: {who}", { what: label, who: name }) : t("Listen: {name}", { name })} onClick={listen}>
        {label ?? t("Listen")}
      </Button>
      <span role="status" className={styles.text}>{fetching.text}</span>
      {fetching.error && <span role="alert" className={styles.error}><ErrorText error={fetching.error} /></span>}
    </span>
  );
}

export function SaveRecording({ sid, name }) {
  const api = useApi();
  const notify = useNotice();
  const fetching = useFetching();
  const download = () => fetching.run(async (options) => {
    save(await fetchFile(api, pathOf(sid), { query: { ...FORMAT, download: true }, ...options }), `${sid}.mp3`);
    notify(t("The recording is saved."));
  });
  return (
    <span className={styles.player}>
      <Button size="compact-sm" variant="default" leftSection={<Icon name="download" size={16} />} loading={fetching.busy}
        aria-label={t("Download: {name}", { name })} onClick={download}>
        {t("Download")}
      </Button>
      {fetching.error && <span role="alert" className={styles.error}><ErrorText error={fetching.error} /></span>}
    </span>
  );
}
