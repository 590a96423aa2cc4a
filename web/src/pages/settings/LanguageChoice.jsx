// LanguageChoice.jsx: the console's language, remembered by the browser.
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { chooseLanguage, chosenLanguage } from "../../text/language.jsx";
import { LANGUAGES, t } from "../../text/text.js";

export function LanguageChoice() {
  const [choice, setChoice] = useState(chosenLanguage);
  const data = [{ value: "", label: t("The browser’s language") },
    ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))];
  return (
    <NativeSelect label={t("Language")} data={data} value={choice} onChange={(event) => {
      setChoice(event.currentTarget.value);
      chooseLanguage(event.currentTarget.value);
    }} />
  );
}
