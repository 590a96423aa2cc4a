// Recordings.jsx
import { Page } from "../parts/page.jsx";

export function Recordings() {
  return <Page title="Recordings" />;
}
