// Forwarding.jsx: the page around CallForwardingComponent.
import CallForwardingComponent from "../components/CallForwardingComponent.jsx";
import { Page } from "../parts/page.jsx";

export function Forwarding() {
  return (
    <Page title="Forwarding">
      <CallForwardingComponent />
    </Page>
  );
}
