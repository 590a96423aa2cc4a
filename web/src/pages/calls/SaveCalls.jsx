// SaveCalls.jsx: the calls that match, as a CSV file, with progress: for people
// (names, headings, local times), or for programs (the API's fields).
import { ActionIcon, Button, Checkbox, Radio, Stack } from "@mantine/core";
import { useRef, useState } from "react";
import { Dialog, DialogActions } from "../../parts/dialog.jsx";
import { fetchFile, save, sizeText } from "../../parts/download.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { useApi } from "../../session.jsx";
import styles from "./calls.module.css";

function useSaving(query) {
  const api = useApi();
  const notify = useNotice();
  const [progress, setProgress] = useState(null);
  const abort = useRef(null);
  const start = async (options) => {
    abort.current = new AbortController();
    setProgress("Asking for the calls…");
    try {
      const blob = await fetchFile(api, "/api/twilio/call-logs", {
        query: { ...query, ...options, format: "csv", zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
        signal: abort.current.signal, onProgress: (bytes) => setProgress(`${sizeText(bytes)} so far`),
      });
      save(blob, `calls-${new Date().toISOString().slice(0, 10)}.csv`);
      notify(`The calls are saved (${sizeText(blob.size)}).`);
    } catch (problem) {
      if (!abort.current.signal.aborted) notify.problem(problem);
    }
    setProgress(null);
  };
  return { progress, start, cancel: () => abort.current.abort() };
}

function Options({ options, setOptions, onClose, start }) {
  const send = (event) => {
    event.preventDefault();
    onClose();
    start(options);
  };
  return (
    <form onSubmit={send}>
      <Stack gap="md">
        <Radio.Group label="Columns" value={options.style} onChange={(style) => setOptions({ ...options, style })}>
          <Stack gap="xs" mt="xs">
            <Radio value="people" label="For people" description="Names, headings, and times as your clock shows them" />
            <Radio value="fields" label="For programs" description="The fields of the API, times with their offset" />
          </Stack>
        </Radio.Group>
        <Checkbox label="For Excel" description="Begins with a byte order mark, so that Excel shows accents as they are"
          checked={options.bom} onChange={(event) => setOptions({ ...options, bom: event.currentTarget.checked })} />
      </Stack>
      <DialogActions>
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button type="submit">Save the file</Button>
      </DialogActions>
    </form>
  );
}

export function SaveCalls({ query }) {
  const { progress, start, cancel } = useSaving(query);
  const [options, setOptions] = useState({ style: "people", bom: false });
  const [open, setOpen] = useState(false);
  return (
    <>
      {progress === null
        ? <Button variant="default" leftSection={<Icon name="download" size={18} />} onClick={() => start(options)}>Save as CSV</Button>
        : <Button variant="default" onClick={cancel}>Cancel</Button>}
      <ActionIcon variant="default" size="lg" aria-label="CSV options" title="CSV options" onClick={() => setOpen(true)}>
        <Icon name="settings" size={18} />
      </ActionIcon>
      <span role="status" className={styles.progress}>{progress}</span>
      <Dialog open={open} onClose={() => setOpen(false)} title="Save the calls as CSV">
        <Options options={options} setOptions={setOptions} onClose={() => setOpen(false)} start={start} />
      </Dialog>
    </>
  );
}
