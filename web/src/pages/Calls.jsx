// Calls.jsx
import { Page } from "../parts/page.jsx";

export function Calls() {
  return <Page title="Calls" />;
}
