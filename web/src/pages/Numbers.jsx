// Numbers.jsx: the company's phone numbers.
import { PhoneNumberManagement } from "../components/PhoneNumberManagement.jsx";
import { Page } from "../parts/page.jsx";
import { t } from "../text/text.js";

export function Numbers() {
  return (
    <Page title={t("Numbers")} intro={t("The numbers people call you on: find, buy, change and release them.")}>
      <PhoneNumberManagement />
    </Page>
  );
}
