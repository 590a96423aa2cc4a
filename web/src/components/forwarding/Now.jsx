// Now.jsx: what would happen to a call to this number right now.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../session.jsx";
import { Foreign } from "../../text/language.jsx";
import { t } from "../../text/text.js";
import { Problem } from "../support/parts.jsx";
import { decides } from "../support/words.js";
import { way } from "./plan.js";
import styles from "../support/panels.module.css";

const AGAIN_MS = 60_000; // opening hours begin and end

/** Simulates a call to the number right now, from an unknown caller. */
export function usePreview(number) {
  const api = useApi();
  return useQuery({
    queryKey: ["simulate", "now", number.id],
    queryFn: ({ signal }) => api.post("/api/twilio/simulate", { phone_number_id: number.id }, { signal }),
    refetchInterval: AGAIN_MS,
  });
}

export function Now({ preview, rulesHref }) {
  if (preview.isPending) return <Text size="sm" c="dimmed">{t("Trying a call…")}</Text>;
  if (preview.error && !preview.data) {
    return <Problem error={preview.error} title={t("Could not try a call")} onRetry={preview.refetch} />;
  }
  const { decision, plan } = preview.data;
  return (
    <div className={styles.now}>
      <p className={styles.nowTitle}>{t("If someone calls now")}</p>
      <ol className={styles.way}>
        {way(plan).map((words, position) => <li key={position}>{words}</li>)}
      </ol>
      <Text size="sm" c="dimmed">
        {decides(decision)}
        {decision.line && <> (<Where line={decision.line} file={decision.file ?? undefined} href={rulesHref} />)</>}
        {decision.error && <>: <Foreign>{decision.error}</Foreign></>}.
      </Text>
    </div>
  );
}

/** A line of the rule file, as a link if the application has a page for it. */
export function Where({ line, file = "forwarding.lua", href }) {
  const words = t("{file}, line {line}", { file, line });
  return href ? <a className={styles.link} href={href(line)}>{words}</a> : <>{words}</>;
}
