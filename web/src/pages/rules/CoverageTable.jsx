// CoverageTable.jsx: the coverage calendar as a table.
import { Table } from "@mantine/core";
import { planWords } from "../../components/support/words.js";
import { Why } from "./Coverage.jsx";
import { clock, dayName } from "./days.js";
import styles from "./rules.module.css";

export function CoverageTable({ days, zone, onLine }) {
  return (
    <details className={styles.documents}>
      <summary>As a table</summary>
      <div className={styles.tableFrame} role="region" aria-label="Coverage as a table" tabIndex={0}>
        <Table verticalSpacing={4}>
          <caption className={styles.hidden}>Who is reached, day by day</caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Day</Table.Th><Table.Th scope="col">From</Table.Th><Table.Th scope="col">To</Table.Th>
              <Table.Th scope="col">The call</Table.Th><Table.Th scope="col">Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {days.map((day) => day.pieces.map((piece, n) => (
              <Table.Tr key={piece.from}>
                <Table.Th scope="row">{n === 0 ? dayName(day.from, zone)
                  : <span className={styles.hidden}>{dayName(day.from, zone)}</span>}</Table.Th>
                <Table.Td>{clock(piece.from, zone)}</Table.Td>
                <Table.Td>{clock(piece.to, zone, true)}</Table.Td>
                <Table.Td>{planWords(piece.words)}{piece.gap && " (nobody is reached)"}</Table.Td>
                <Table.Td><Why span={piece.span} onLine={onLine} /></Table.Td>
              </Table.Tr>
            )))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  );
}
