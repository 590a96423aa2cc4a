// Forwarding.jsx: the page of the forwarding settings.
import { CallForwardingComponent } from "../components/CallForwardingComponent.jsx";
import { Page } from "../parts/page.jsx";

const ruleLine = (line) => `/rules?line=${line}`;

export function Forwarding() {
  return (
    <Page title="Forwarding" intro="Who rings when somebody calls. The next call follows a change.">
      <CallForwardingComponent rulesHref={ruleLine} />
    </Page>
  );
}
