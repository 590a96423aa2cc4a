// NotFound.jsx: an address that is none of ours.
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { Page, Panel } from "../parts/page.jsx";
import { Empty } from "../parts/states.jsx";

export function NotFound() {
  return (
    <Page title="No such page">
      <Panel>
        <Empty icon="search" title="There is no page at this address"
          action={<Anchor component={Link} href="/">Go to Today</Anchor>}>
          The link may be old, or a letter of it was lost on the way.
        </Empty>
      </Panel>
    </Page>
  );
}
