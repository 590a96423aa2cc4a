// Replay.jsx: which of the last days' calls would go elsewhere now.
import { Button, Checkbox, NativeSelect, Progress, Table } from "@mantine/core";
import { useState } from "react";
import { Note, Problem } from "../../components/support/parts.jsx";
import { count, planWords } from "../../components/support/words.js";
import { PhoneNumber } from "../../parts/phone_number.jsx";
import { Empty } from "../../parts/states.jsx";
import { Time } from "../../parts/time.jsx";
import { NumberSelect } from "./NumberSelect.jsx";
import styles from "./rules.module.css";
import { useReplay } from "./use_replay.js";

const SPANS = [["1d", "the last day"], ["7d", "the last 7 days"], ["30d", "the last 30 days"], ["90d", "the last 90 days"]]
  .map(([value, label]) => ({ value, label }));

function Way({ way, onLine }) {
  return (
    <>
      {planWords(way.words)}
      {way.rule && (
        <div className={styles.soft}>“<bdi>{way.rule}</bdi>”
          {way.line && onLine && <> (<button type="button" className={styles.lineLink} onClick={() => onLine(way.line)}>
            line {way.line}</button>)</>}
        </div>
      )}
      {!way.rule && way.source && <div className={styles.soft}>by the {way.source === "rules" ? "rules" : way.source}</div>}
    </>
  );
}

function odds(call) {
  const o = call.odds;
  return o && o.rung > 0 ? `answered ${o.answered} of ${o.rung} at that hour` : null;
}

function Changed({ calls, onLine }) {
  return (
    <div className={styles.tableFrame} role="region" aria-label="Calls that would go elsewhere" tabIndex={0}>
      <Table verticalSpacing="xs" className={styles.changed}>
        <caption className={styles.hidden}>Calls that would go elsewhere</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">When</Table.Th><Table.Th scope="col">From</Table.Th>
            <Table.Th scope="col">It went</Table.Th><Table.Th scope="col">It would go</Table.Th>
            <Table.Th scope="col">Would it be answered</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <Table.Tr key={call.call_sid}>
              <Table.Td><Time at={call.at} /></Table.Td>
              <Table.Td><PhoneNumber value={call.from} /></Table.Td>
              <Table.Td><Way way={call.before} /></Table.Td>
              <Table.Td><Way way={call.after} onLine={onLine} /></Table.Td>
              <Table.Td>{call.outcome === "unknown" ? "not known" : call.outcome}
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
  const done = `${count(sum.replayed, "call")} of ${sum.total} replayed`;
  const changed = sum.changed.length === 1 ? "1 would go elsewhere" : `${sum.changed.length} would go elsewhere`;
  const not = sum.not_replayable ? `, ${sum.not_replayable} cannot be replayed` : "";
  return `${done}: ${sum.same} the same, ${changed}${not}.`;
}

function Result({ sum, onLine }) {
  if (sum.state === "failed" && sum.replayed === 0) return null;
  if (sum.state === "done" && sum.total === 0) {
    return <Empty icon="calls" title="There was no call in that time">Choose a longer one.</Empty>;
  }
  if (sum.changed.length > 0) return <Changed calls={sum.changed} onLine={onLine} />;
  return sum.state === "done" ? <Empty icon="check" title="Every call would go where it went" /> : null;
}

function Progressing({ sum }) {
  if (sum.state === "idle") return null;
  const share = sum.total ? Math.round((100 * (sum.replayed + sum.not_replayable)) / sum.total) : sum.state === "done" ? 100 : 0;
  return (
    <div className={styles.progress}>
      <Progress.Root>
        <Progress.Section value={Math.min(100, share)} aria-label="Calls replayed" />
      </Progress.Root>
      <p role="status" aria-live="polite">{summary(sum)}{sum.state === "stopped" && " Stopped."}</p>
    </div>
  );
}

export function Replay({ draft, numbers, onLine }) {
  const { sum, start, stop } = useReplay();
  const [since, setSince] = useState("7d");
  const [number, setNumber] = useState("");
  const [unsaved, setUnsaved] = useState(true);
  const tryDraft = draft.dirty && unsaved;
  const running = sum.state === "running";
  const begin = (event) => {
    event.preventDefault();
    start({ since, phone_number_id: number ? Number(number) : undefined, source: tryDraft ? draft.text : undefined });
  };
  return (
    <div className={styles.stack}>
      <p className={styles.soft}>Real calls with what was known at the time; {draft.dirty
        ? "with your unsaved text you see what it would change before you save it."
        : "change the text under Source, and you see here what it would change before you save it."}</p>
      <form className={styles.inline} onSubmit={begin} aria-label="Replay past calls">
        <NativeSelect label="Calls of" data={SPANS} value={since} onChange={(event) => setSince(event.currentTarget.value)} />
        <NumberSelect label="To" numbers={numbers} value={number} onChange={setNumber} all="every number" />
        {draft.dirty && <Checkbox className={styles.tick} label="With my unsaved text" checked={unsaved}
          onChange={(event) => setUnsaved(event.currentTarget.checked)} />}
        {/* Keys: a button that became the other one under the click would submit the form. */}
        {running ? <Button key="stop" variant="default" onClick={stop}>Stop</Button>
          : <Button key="replay" type="submit">Replay</Button>}
      </form>
      <Progressing sum={sum} />
      {sum.error && <Problem error={sum.error} title="The replay did not get to its end" />}
      {sum.failed > 0 && (
        <Note tone="warn" title={`The rules failed for ${count(sum.failed, "call")}`}><p>{sum.first_error}</p></Note>
      )}
      <Result sum={sum} onLine={onLine} />
    </div>
  );
}
