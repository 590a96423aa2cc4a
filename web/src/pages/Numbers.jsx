// Numbers.jsx: the page around PhoneNumberManagement.
import PhoneNumberManagement from "../components/PhoneNumberManagement.jsx";
import { Page } from "../parts/page.jsx";

export function Numbers() {
  return (
    <Page title="Numbers">
      <PhoneNumberManagement />
    </Page>
  );
}
