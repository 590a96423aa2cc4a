// Forwarding.jsx: the forwarding settings.
import { useLocation } from "wouter";
import { CallForwardingComponent } from "../components/CallForwardingComponent.jsx";
import { Page } from "../parts/page.jsx";
import { t } from "../text/text.js";

const ruleLine = (line) => `/rules?line=${line}`;

export function Forwarding() {
  const [, navigate] = useLocation();
  // The component has no router, and a plain link would reload the page and end a call.
  const follow = (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate(link.getAttribute("href"));
  };
  return (
    <Page title={t("Forwarding")} intro={t("Who rings when someone calls. A change applies from the next call.")}>
      <div onClick={follow}>
        <CallForwardingComponent rulesHref={ruleLine} />
      </div>
    </Page>
  );
}
