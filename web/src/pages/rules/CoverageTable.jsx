// CoverageTable.jsx: the coverage calendar as a table.
import { Table, VisuallyHidden } from "@mantine/core";
import { usePlanWords } from "../../components/support/plan_names.jsx";
import { t } from "../../text/text.js";
import { Why } from "./Coverage.jsx";
import { clock, dayName } from "../../parts/days.js";
import styles from "./rules.module.css";

/** `changes`: also show where calls go now, where an edit changes it. */
export function CoverageTable({ days, zone, onLine, changes = false }) {
  const planWords = usePlanWords();
  return (
    <details className={styles.documents}>
      <summary>{t("As a table")}</summary>
      <div className={styles.tableFrame} role="region" aria-label={t("Coverage as a table")} tabIndex={0}>
        <Table verticalSpacing={4}>
          <VisuallyHidden component="caption">{t("Who’s reached, day by day")}</VisuallyHidden>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("Day")}</Table.Th><Table.Th scope="col">{t("From")}</Table.Th><Table.Th scope="col">{t("To")}</Table.Th>
              <Table.Th scope="col">{t("The call")}</Table.Th><Table.Th scope="col">{t("Why")}</Table.Th>
              {changes && <Table.Th scope="col">{t("Until now")}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {days.map((day) => day.pieces.map((piece, n) => (
              <Table.Tr key={piece.from}>
                <Table.Th scope="row">{n === 0 ? dayName(day.from, zone)
                  : <VisuallyHidden component="span">{dayName(day.from, zone)}</VisuallyHidden>}</Table.Th>
                <Table.Td>{clock(piece.from, zone)}</Table.Td>
                <Table.Td>{clock(piece.to, zone, true)}</Table.Td>
                <Table.Td>{piece.gap ? t("{plan} (nobody is reached)", { plan: planWords(piece.words) }) : planWords(piece.words)}</Table.Td>
                <Table.Td><Why span={piece.span} onLine={onLine} /></Table.Td>
                {changes && <Table.Td>{piece.before && planWords(piece.before.words)}</Table.Td>}
              </Table.Tr>
            )))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  );
}
