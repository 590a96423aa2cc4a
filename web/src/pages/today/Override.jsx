// Override.jsx: "all calls to X until 15:00", which ends by itself.
import { Button, NativeSelect, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { ifMatch } from "../../api.js";
import { Dialog, DialogActions } from "../../parts/dialog.jsx";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { PhoneNumber, toE164, usePhoneLibrary } from "../../parts/phone_number.jsx";
import { FormProblem, Ready } from "../../parts/states.jsx";
import { moment, Time } from "../../parts/time.jsx";
import { useNumbers } from "../../parts/who.jsx";
import { useChange, useResource } from "../../resource.js";
import styles from "./today.module.css";

const HOUR = 3_600_000;
const SPANS = [["0.5", "30 min"], ["1", "1 hour"], ["3", "3 hours"], ["day", "End of day"], ["own", "Other"]];

// The end that was chosen, in ms; NaN while a time of one's own is not whole.
function endOf(span, own) {
  if (span === "day") return new Date().setHours(23, 59, 0, 0);
  return span === "own" ? new Date(own).getTime() : Date.now() + Number(span) * HOUR;
}

// For <input type="datetime-local">: a moment in local time.
function localText(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Until({ span, setSpan, own, setOwn, error }) {
  return (
    <div>
      <Text size="sm" fw={500} component="p" id="for-how-long">For how long</Text>
      <SegmentedControl fullWidth value={span} onChange={setSpan} aria-labelledby="for-how-long"
        data={SPANS.map(([value, label]) => ({ value, label }))} />
      {span === "own" && (
        <TextInput mt="sm" type="datetime-local" label="Until" value={own} onChange={(e) => setOwn(e.target.value)}
          min={localText(Date.now())} required error={error} />
      )}
    </div>
  );
}

function OverrideForm({ onClose }) {
  const lib = usePhoneLibrary();
  const notify = useNotice();
  const numbers = useNumbers().data?.phone_numbers ?? [];
  const [span, setSpan] = useState("1");
  const [own, setOwn] = useState(() => localText(Date.now() + 2 * HOUR));
  const create = useChange((api, body) => api.post("/api/twilio/overrides", body), ["overrides", "coverage"], {
    onSuccess: (made) => {
      notify(made.warnings[0] ?? `Until ${moment(made.ends_at)}, calls go to ${made.forward_to_number}.`);
      onClose();
    },
  });
  const send = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const target = form.get("target");
    create.mutate({
      forward_to_number: toE164(target, lib, numbers[0]?.country) ?? target,
      ends_at: endOf(span, own), note: form.get("note"),
      ...(form.get("number") ? { phone_number_id: Number(form.get("number")) } : {}),
    });
  };
  const wrong = create.error?.fields ?? {};
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <TextInput name="target" type="tel" label="Send calls to" placeholder="+1 510 555 0100" required data-autofocus
          withAsterisk={false} error={wrong.forward_to_number} autoComplete="tel" />
        <Until span={span} setSpan={setSpan} own={own} setOwn={setOwn} error={wrong.ends_at} />
        {numbers.length > 1 && (
          <NativeSelect name="number" label="Calls to" data={[{ value: "", label: "All our numbers" },
            ...numbers.map((number) => ({ value: String(number.id), label: number.friendly_name }))]} />
        )}
        <TextInput name="note" label="Note" description="Why, for the others. May be left out." maxLength={200} />
        <FormProblem error={create.error} known={["forward_to_number", "ends_at"]} />
      </Stack>
      <DialogActions>
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button type="submit" loading={create.isPending}>Send calls there</Button>
      </DialogActions>
    </form>
  );
}

function Active({ row, numbers }) {
  const notify = useNotice();
  const end = useChange((api) => api.delete(`/api/twilio/overrides/${row.id}`, ifMatch(row)), ["overrides", "coverage"], {
    onSuccess: () => notify("Calls follow the rules again."), onError: notify.problem,
  });
  const only = numbers.find((number) => number.id === row.phone_number_id);
  return (
    <div>
      <p>
        {only ? `Calls to ${only.friendly_name}` : "All calls"} go to <strong><PhoneNumber value={row.forward_to_number} /></strong>
        {row.in_force ? " until " : <> from <Time at={row.starts_at} /> until </>}
        <strong><Time at={row.ends_at} /></strong>.
      </p>
      {row.note && <p>{row.note}</p>}
      <Button mt="xs" size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate()}
        aria-label={`End it now: calls to ${row.forward_to_number}`}>
        End it now
      </Button>
    </div>
  );
}

export function Override() {
  const [open, setOpen] = useState(false);
  const overrides = useResource("/api/twilio/overrides");
  const numbers = useNumbers().data?.phone_numbers ?? [];
  return (
    <Panel title="Where calls go">
      <Ready query={overrides} what="the overrides">
        {(data) => (
          <div className={styles.override}>
            {data.overrides.length === 0 && <p>Calls follow the rules and the forwarding settings.</p>}
            {data.overrides.map((row) => <Active key={row.id} row={row} numbers={numbers} />)}
            <div>
              <Button variant="light" leftSection={<Icon name="clock" size={18} />} onClick={() => setOpen(true)}>
                Send all calls to…
              </Button>
            </div>
          </div>
        )}
      </Ready>
      <Dialog open={open} onClose={() => setOpen(false)} title="Send all calls somewhere for a while">
        <OverrideForm onClose={() => setOpen(false)} />
      </Dialog>
    </Panel>
  );
}
