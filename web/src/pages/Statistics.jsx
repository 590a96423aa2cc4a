// Statistics.jsx
import { Page } from "../parts/page.jsx";

export function Statistics() {
  return <Page title="Statistics" />;
}
