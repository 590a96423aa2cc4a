// Doctor.jsx: the results of `hookswitch doctor`: what is wrong, and what to do about it.
import { Button } from "@mantine/core";
import { Panel } from "../../parts/page.jsx";
import { Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { useResource } from "../../resource.js";
import { list, plural, t } from "../../text/text.js";
import styles from "./settings.module.css";

const ORDER = ["problem", "warning", "ok", "skipped"];
const states = () => ({ problem: [t("Problem"), "bad"], warning: [t("Warning"), "warn"], ok: [t("In order"), "good"],
  skipped: [t("Skipped"), "plain"] });
const needsSomeone = ({ state }) => state === "problem" || state === "warning";

function summary(findings) {
  const count = (state) => findings.filter((finding) => finding.state === state).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems === 0 && warnings === 0) return t("Everything that could be checked is in order.");
  const words = [problems && plural(problems, "{n} problem", "{n} problems"),
    warnings && plural(warnings, "{n} warning", "{n} warnings")];
  return t("{findings} to look at.", { findings: list(words.filter(Boolean)) });
}

function List({ findings, label }) {
  return (
    <ul className={styles.findings} aria-label={label}>
      {findings.map((finding) => {
        const [word, tone] = states()[finding.state] ?? [finding.state, "plain"];
        return (
          <li key={finding.name} className={styles.finding}>
            <span><Pill tone={tone}>{word}</Pill></span>
            <div>
              <p lang="en"><span className={styles.name}>{finding.name}</span> {finding.message}</p>
              {finding.fix && <p className={styles.fix} lang="en">{finding.fix}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

// Problems are shown; passed checks are folded away.
function Findings({ findings }) {
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const [urgent, rest] = [sorted.filter(needsSomeone), sorted.filter((finding) => !needsSomeone(finding))];
  return (
    <>
      {urgent.length > 0 && <List findings={urgent} label={t("To look at")} />}
      <details className={styles.rest}>
        <summary>{urgent.length > 0
          ? plural(rest.length, "{n} other check", "{n} other checks") : plural(rest.length, "The only check", "All {n} checks")}</summary>
        <List findings={rest} label={t("Other checks")} />
      </details>
    </>
  );
}

export function Doctor() {
  const doctor = useResource("/api/twilio/doctor", { staleTime: 60_000 });
  return (
    <Panel title={t("Is everything in order?")} flush actions={(
      <>
        <span role="status">{doctor.data && !doctor.isFetching && summary(doctor.data.findings)}</span>
        <Button variant="default" size="compact-md" loading={doctor.isFetching} onClick={() => doctor.refetch()}>
          {t("Check again")}
        </Button>
      </>
    )}>
      <Ready query={doctor} what={t("the findings")}>{({ findings }) => <Findings findings={findings} />}</Ready>
    </Panel>
  );
}
