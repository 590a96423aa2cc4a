// ReleaseDialog.jsx: releasing a number can't be undone, so the user types its last
// four digits first.
import { Button, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { ifMatch } from "../../api.js";
import { Changed } from "../../parts/forms/changed.jsx";
import { Dialog, DialogActions } from "../../parts/forms/dialog.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { plural, t } from "../../text/text.js";
import { Note, Problem } from "../support/parts.jsx";
import { fieldError, phone } from "../support/words.js";
import { facts } from "./EditDialog.jsx";
import { useSettingChange } from "./use_numbers.js";
import styles from "../support/panels.module.css";

function Form({ number, onClose, onReleased }) {
  const [typed, setTyped] = useState("");
  const digits = number.phone_number.slice(-4);
  const release = useSettingChange((api, row) => api.delete(`/api/twilio/my-numbers/${row.id}`, ifMatch(row)), { onSuccess: onReleased });
  const current = release.error?.current;
  const { error, form } = useForm(null, () => {
    if (typed.trim() !== digits) return { digits: t("Those aren’t its last four digits.") };
    if (!release.isPending) release.mutate(current ?? number);
    return undefined;
  });
  return (
    <form {...form}>
      <p className={styles.bigNumber}>{phone(number.phone_number)}</p>
      <Note tone="bad" title={t("This can’t be undone")}>
        {t("Callers can no longer reach you on it, its forwarding settings are switched off, and someone else may buy it. Its call log and recordings stay.")}
      </Note>
      {number.statistics?.calls > 0 && (
        <Text mt="sm">{plural(number.statistics.calls, "It had {n} call in the last 30 days.", "It had {n} calls in the last 30 days.")}</Text>
      )}
      <TextInput mt="md" name="digits" label={t("Type the last four digits of the number")} inputMode="numeric" autoComplete="off"
        value={typed} data-autofocus onChange={(event) => setTyped(event.currentTarget.value)} error={fieldError(error, "digits")} />
      {release.error && (
        <div className={styles.gap}>
          {current ? <Changed was={number} now={current} facts={facts} />
            : <Problem error={release.error} title={t("It was not released")} />}
        </div>
      )}
      <DialogActions>
        <Button variant="default" onClick={onClose}>{t("Keep it")}</Button>
        <Button type="submit" color="red" loading={release.isPending}>{t("Release for good")}</Button>
      </DialogActions>
    </form>
  );
}

export function ReleaseDialog({ number, onClose, onReleased }) {
  return (
    <Dialog title={t("Release this number?")} open={number !== null} onClose={onClose} kept={`release ${number?.id}`}>
      {(close) => <Form number={number} onClose={close} onReleased={(released) => {
        close();
        onReleased(released);
      }} />}
    </Dialog>
  );
}
