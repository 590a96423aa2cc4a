// Settings.jsx
import { Page } from "../parts/page.jsx";

export function Settings() {
  return <Page title="Settings" />;
}
