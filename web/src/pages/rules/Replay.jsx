// Replay.jsx: which recent calls would go elsewhere now.
import { Button, Checkbox, NativeSelect, Progress, Table, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { Note, Problem } from "../../components/support/parts.jsx";
import { PhoneNumber } from "../../parts/numbers/phone_number.jsx";
import { Empty } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { Foreign } from "../../text/language.jsx";
import { number as numberText, plural, t } from "../../text/text.js";
import { NumberSelect } from "./NumberSelect.jsx";
import styles from "./rules.module.css";
import { useReplay } from "./use_replay.js";
import { Way } from "./Way.jsx";

const spans = () => [["1d", t("the last day")], ["7d", t("the last 7 days")], ["30d", t("the last 30 days")], ["90d", t("the last 90 days")]]
  .map(([value, label]) => ({ value, label }));

function odds(call) {
  const o = call.odds;
  return o && o.rung > 0 ? t("answered {answered} of {rung} at that hour", { answered: o.answered, rung: o.rung }) : null;
}

function Changed({ calls, onLine }) {
  return (
    <div className={styles.tableFrame} role="region" aria-label={t("Calls that would go elsewhere")} tabIndex={0}>
      <Table verticalSpacing="xs" className={styles.changed}>
        <VisuallyHidden component="caption">{t("Calls that would go elsewhere")}</VisuallyHidden>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("When")}</Table.Th><Table.Th scope="col">{t("From")}</Table.Th>
            <Table.Th scope="col">{t("It went")}</Table.Th><Table.Th scope="col">{t("It would go")}</Table.Th>
            <Table.Th scope="col">{t("Would it be answered")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <Table.Tr key={call.call_sid}>
              <Table.Td><Time at={call.at} /></Table.Td>
              <Table.Td><PhoneNumber value={call.from} /></Table.Td>
              <Table.Td><Way way={call.before} /></Table.Td>
              <Table.Td><Way way={call.after} onLine={onLine} /></Table.Td>
              <Table.Td>{call.outcome === "unknown" ? t("not known") : <Foreign>{call.outcome}</Foreign>}
                {odds(call) && <div className={styles.soft}>{odds(call)}</div>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function summary(sum) {
  if (sum.state === "idle") return "";
  const done = plural(sum.replayed, "{n} call of {total} replayed", "{n} calls of {total} replayed", { total: numberText(sum.total) });
  const outcome = [plural(sum.same, "{n} the same", "{n} the same"),
    plural(sum.changed.length, "{n} would go elsewhere", "{n} would go elsewhere"),
    sum.not_replayable && plural(sum.not_replayable, "{n} can’t be replayed", "{n} can’t be replayed")].filter(Boolean).join(", ");
  return t("{done}: {outcome}.", { done, outcome });
}

function Result({ sum, onLine }) {
  if (sum.state === "failed" && sum.replayed === 0) return null;
  if (sum.state === "done" && sum.total === 0) {
    return <Empty icon="calls" title={t("There were no calls in that period")}>{t("Choose a longer one.")}</Empty>;
  }
  if (sum.changed.length > 0) return <Changed calls={sum.changed} onLine={onLine} />;
  return sum.state === "done" ? <Empty icon="check" title={t("Every call would go where it went")} /> : null;
}

function Progressing({ sum }) {
  if (sum.state === "idle") return null;
  const share = sum.total ? Math.round((100 * (sum.replayed + sum.not_replayable)) / sum.total) : sum.state === "done" ? 100 : 0;
  return (
    <div className={styles.progress}>
      <Progress.Root>
        <Progress.Section value={Math.min(100, share)} aria-label={t("Calls replayed")} />
      </Progress.Root>
      <p role="status" aria-live="polite">{summary(sum)} {sum.state === "stopped" && t("Stopped.")}</p>
    </div>
  );
}

export function Replay({ typed, numbers, onLine }) {
  const { sum, start, stop } = useReplay();
  const [since, setSince] = useState("7d");
  const [number, setNumber] = useState("");
  const [unsaved, setUnsaved] = useState(true);
  const tryTyped = typed.dirty && unsaved;
  const running = sum.state === "running";
  const begin = (event) => {
    event.preventDefault();
    start({ since, phone_number_id: number ? Number(number) : undefined, source: tryTyped ? typed.text : undefined });
  };
  return (
    <div className={styles.stack}>
      <p className={styles.soft}>{typed.dirty
        ? t("Real calls with what was known at the time; with your unsaved text you see what it would change before you save it.")
        : t("Real calls with what was known at the time; change the text under Source, and you see here what it would change before you save it.")}</p>
      <form className={styles.inline} onSubmit={begin} aria-label={t("Replay past calls")}>
        <NativeSelect label={t("Calls of")} data={spans()} value={since} onChange={(event) => setSince(event.currentTarget.value)} />
        <NumberSelect label={t("To")} numbers={numbers} value={number} onChange={setNumber} all={t("every number")} />
        {typed.dirty && <Checkbox className={styles.tick} label={t("With my unsaved text")} checked={unsaved}
          onChange={(event) => setUnsaved(event.currentTarget.checked)} />}
        {/* With keys, React makes a new button: one reused under the click would submit the form. */}
        {running ? <Button key="stop" variant="default" onClick={stop}>{t("Stop")}</Button>
          : <Button key="replay" type="submit">{t("Replay|verb")}</Button>}
      </form>
      <Progressing sum={sum} />
      {sum.error && <Problem error={sum.error} title={t("Replay did not finish")} />}
      {sum.failed > 0 && (
        <Note tone="warn" title={plural(sum.failed, "The rules failed for {n} call", "The rules failed for {n} calls")}>
          <p><Foreign>{sum.first_error}</Foreign></p>
        </Note>
      )}
      <Result sum={sum} onLine={onLine} />
    </div>
  );
}
