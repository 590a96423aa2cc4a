// Rules.jsx
import { Page } from "../parts/page.jsx";

export function Rules() {
  return <Page title="Rules" />;
}
