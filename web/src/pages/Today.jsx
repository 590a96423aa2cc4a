// Today.jsx
import { Page } from "../parts/page.jsx";

export function Today() {
  return <Page title="Today" />;
}
