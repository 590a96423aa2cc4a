// SaveCalls.jsx: the calls that match, as a CSV file, with progress.
import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import { fetchFile, save, sizeText } from "../../parts/download.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { useApi } from "../../session.jsx";
import styles from "./calls.module.css";

export function SaveCalls({ query }) {
  const api = useApi();
  const notify = useNotice();
  const [progress, setProgress] = useState(null);
  const abort = useRef(null);
  const start = async () => {
    abort.current = new AbortController();
    setProgress("Asking for the calls…");
    try {
      const blob = await fetchFile(api, "/api/twilio/call-logs", {
        query: { ...query, format: "csv", zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, signal: abort.current.signal,
        onProgress: (bytes) => setProgress(`${sizeText(bytes)} so far`),
      });
      save(blob, `calls-${new Date().toISOString().slice(0, 10)}.csv`);
      notify(`The calls are saved (${sizeText(blob.size)}).`);
    } catch (problem) {
      if (!abort.current.signal.aborted) notify.problem(problem);
    }
    setProgress(null);
  };
  return (
    <>
      {progress === null
        ? <Button variant="default" leftSection={<Icon name="download" size={18} />} onClick={start}>Save as CSV</Button>
        : <Button variant="default" onClick={() => abort.current.abort()}>Cancel</Button>}
      <span role="status" className={styles.progress}>{progress}</span>
    </>
  );
}
