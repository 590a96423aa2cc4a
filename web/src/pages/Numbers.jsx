// Numbers.jsx: the page of the company's phone numbers.
import { PhoneNumberManagement } from "../components/PhoneNumberManagement.jsx";
import { Page } from "../parts/page.jsx";

export function Numbers() {
  return (
    <Page title="Numbers" intro="The numbers people call you on: find, buy, change and release them.">
      <PhoneNumberManagement />
    </Page>
  );
}
