// SaveCalls.jsx: export the matching calls as CSV, with progress: for people
// (names, headings, local times) or for programs (the API's fields).
import { ActionIcon, Button, Checkbox, Radio, Stack } from "@mantine/core";
import { useRef, useState } from "react";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { fetchFile, save, sizeText } from "../../parts/download.js";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { useApi } from "../../session.jsx";
import { getLanguage, t } from "../../text/text.js";
import styles from "./calls.module.css";

function useSaving(query) {
  const api = useApi();
  const notify = useNotice();
  const [progress, setProgress] = useState(null);
  const newest = useRef(null); // AbortController of the download that is shown
  const start = async (options) => {
    newest.current?.abort();
    const abort = newest.current = new AbortController();
    setProgress(t("Asking for the calls…"));
    try {
      const blob = await fetchFile(api, "/api/twilio/call-logs", {
        query: { ...query, ...options, format: "csv", lang: getLanguage().language, zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
        signal: abort.signal, onProgress: (bytes) => setProgress(t("{size} so far", { size: sizeText(bytes) })),
      });
      save(blob, `calls-${new Date().toISOString().slice(0, 10)}.csv`);
      notify(t("The calls are saved ({size}).", { size: sizeText(blob.size) }));
    } catch (problem) {
      if (!abort.signal.aborted) notify.problem(problem);
    }
    if (newest.current === abort) setProgress(null);
  };
  return { progress, start, cancel: () => newest.current.abort() };
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
        <Radio.Group label={t("Columns")} value={options.style} onChange={(style) => setOptions({ ...options, style })}>
          <Stack gap="xs" mt="xs">
            <Radio value="people" label={t("For people")} description={t("Names, headings, and times as your clock shows them")} />
            <Radio value="fields" label={t("For programs")} description={t("The fields of the API, times with their offset")} />
          </Stack>
        </Radio.Group>
        <Checkbox label={t("For Excel")} description={t("Begins with a byte order mark, so that Excel shows accents correctly")}
          checked={options.bom} onChange={(event) => setOptions({ ...options, bom: event.currentTarget.checked })} />
      </Stack>
      <FormActions onCancel={onClose}>{t("Save the file")}</FormActions>
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
        ? <Button variant="default" leftSection={<Icon name="download" size={18} />} onClick={() => start(options)}>{t("Save as CSV")}</Button>
        : <Button variant="default" onClick={cancel}>{t("Cancel")}</Button>}
      <ActionIcon variant="default" size="lg" aria-label={t("CSV options")} title={t("CSV options")} onClick={() => setOpen(true)}>
        <Icon name="settings" size={18} />
      </ActionIcon>
      <span role="status" className={styles.progress}>{progress}</span>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("Save the calls as CSV")}>
        <Options options={options} setOptions={setOptions} onClose={() => setOpen(false)} start={start} />
      </Dialog>
    </>
  );
}
