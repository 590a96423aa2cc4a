// Doctor.jsx: what `hookswitch doctor` finds: what is wrong, and what to do about it.
import { Button } from "@mantine/core";
import { Panel } from "../../parts/page.jsx";
import { Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { useResource } from "../../resource.js";
import styles from "./settings.module.css";

const STATES = { problem: ["Problem", "bad"], warning: ["Warning", "warn"], ok: ["In order", "good"], skipped: ["Skipped", "plain"] };
const ORDER = Object.keys(STATES);
const needsSomebody = ({ state }) => state === "problem" || state === "warning";

function summary(findings) {
  const count = (state) => findings.filter((finding) => finding.state === state).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems === 0 && warnings === 0) return "Everything that could be checked is in order.";
  const words = [problems && `${problems} ${problems === 1 ? "problem" : "problems"}`,
    warnings && `${warnings} ${warnings === 1 ? "warning" : "warnings"}`];
  return `${words.filter(Boolean).join(" and ")} to look at.`;
}

function List({ findings, label }) {
  return (
    <ul className={styles.findings} aria-label={label}>
      {findings.map((finding) => {
        const [word, tone] = STATES[finding.state] ?? [finding.state, "plain"];
        return (
          <li key={finding.name} className={styles.finding}>
            <span><Pill tone={tone}>{word}</Pill></span>
            <div>
              <p><span className={styles.name}>{finding.name}</span> {finding.message}</p>
              {finding.fix && <p className={styles.fix}>{finding.fix}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

// What needs somebody is open, the rest folded away.
function Findings({ findings }) {
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const [urgent, rest] = [sorted.filter(needsSomebody), sorted.filter((finding) => !needsSomebody(finding))];
  return (
    <>
      {urgent.length > 0 && <List findings={urgent} label="To look at" />}
      <details className={styles.rest}>
        <summary>{urgent.length > 0 ? `${rest.length} other checks` : `All ${rest.length} checks`}</summary>
        <List findings={rest} label="Other checks" />
      </details>
    </>
  );
}

export function Doctor() {
  const doctor = useResource("/api/twilio/doctor", { staleTime: 60_000 });
  return (
    <Panel title="Is everything in order?" flush actions={(
      <>
        <span role="status">{doctor.data && !doctor.isFetching && summary(doctor.data.findings)}</span>
        <Button variant="default" size="compact-md" loading={doctor.isFetching} onClick={() => doctor.refetch()}>
          Check again
        </Button>
      </>
    )}>
      <Ready query={doctor} what="the findings">{({ findings }) => <Findings findings={findings} />}</Ready>
    </Panel>
  );
}
