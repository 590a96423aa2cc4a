// Call.jsx
import { Page } from "../parts/page.jsx";

export function Call() {
  return <Page title="Call" />;
}
