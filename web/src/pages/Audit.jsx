// Audit.jsx: who changed what, newest first.
import { Button } from "@mantine/core";
import { useList } from "../list.js";
import { Page, Panel } from "../parts/page.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Table } from "../parts/tables/table.jsx";
import { Time } from "../parts/time.jsx";
import { t } from "../text/text.js";

const kinds = () => ({ override: t("Override"), forwarding: t("Forwarding"), contact: t("Contact"), number: t("Number"), user: t("User"),
  recording: t("Recording"), caller: t("Caller"), away: t("Absence"), alert: t("Alert"),
  missed: t("Inbox"), note: t("Note") });
const actions = () => ({ add: t("added"), change: t("changed"), delete: t("deleted"), end: t("ended"), buy: t("bought"), adopt: t("taken over"),
  release: t("released"), remove: t("removed"), password: t("new password"), forget: t("erased"),
  close: t("closed|alert"), assign: t("assigned"), reopen: t("reopened") });

const words = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const detailOf = (detail) => Object.entries(detail).map(([name, value]) => `${name}: ${words(value)}`).join(", ");

export function Audit() {
  const list = useList("/api/audit", "entries", { query: { limit: 50 } });
  return (
    <Page title={t("Who changed what")} intro={t("Rules have a history of their own, on the Rules page.")}>
      <Panel flush>
        <Ready query={list} what={t("the changes")}>
          {() => (list.items.length === 0 ? <Empty icon="check" title={t("Nothing has been changed yet")} /> : (
            <Table label={t("Changes")} head={[t("When"), t("Who"), t("What"), { text: t("Details"), wide: true }]}>
              {list.items.map((entry) => (
                <tr key={entry.id}>
                  <td><Time at={entry.at} /></td>
                  <td><bdi>{entry.author_name ?? entry.author}</bdi></td>
                  <td>
                    {kinds()[entry.kind] ?? entry.kind} <bdi>{entry.about}</bdi>
                    {": "}{actions()[entry.action] ?? entry.action}
                  </td>
                  <td data-wide><bdi lang="en">{detailOf(entry.detail)}</bdi></td>
                </tr>
              ))}
            </Table>
          ))}
        </Ready>
        {list.hasNextPage && (
          <Button variant="subtle" fullWidth loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>{t("Show more")}</Button>
        )}
      </Panel>
    </Page>
  );
}
