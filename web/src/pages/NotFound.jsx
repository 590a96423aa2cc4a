// NotFound.jsx: no such page, or none the user's role may open.
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { Page, Panel } from "../parts/page.jsx";
import { Empty } from "../parts/states.jsx";
import { t } from "../text/text.js";

export function NotFound() {
  return (
    <Page title={t("No such page")}>
      <Panel>
        <Empty icon="search" title={t("No page at this address")}
          action={<Anchor component={Link} href="/">{t("Go to Today")}</Anchor>}>
          {t("The link may be old or mistyped.")}
        </Empty>
      </Panel>
    </Page>
  );
}

export function NotAllowed({ least }) {
  return (
    <Page title={t("Not for your role")}>
      <Panel>
        <Empty icon="person" title={least === "admin" ? t("Only an admin can open this page") : t("Only an editor or an admin can open this page")}
          action={<Anchor component={Link} href="/">{t("Go to Today")}</Anchor>}>
          {t("Ask an admin to change your role.")}
        </Empty>
      </Panel>
    </Page>
  );
}
