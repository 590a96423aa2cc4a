// Search.jsx: search by part of a number or name, with suggestions while typing.
import { Button, Combobox, TextInput, useCombobox } from "@mantine/core";
import { useState } from "react";
import { fieldError } from "../../components/support/words.js";
import { useForm } from "../../parts/forms/form.jsx";
import { Icon } from "../../parts/icon.jsx";
import { spoken, usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { useNames } from "../../parts/numbers/who.jsx";
import { useSettled } from "../../parts/settled.js";
import { useResource } from "../../resource.js";
import { t } from "../../text/text.js";
import styles from "./calls.module.css";

const PAUSE_MS = 150; // in typing, before it searches

// search({ q }) or search({ number }); `text`: the current search, `refusal`: of it.
function Box({ text: given, search, refusal }) {
  const lib = usePhoneLibrary();
  const [text, setText] = useState(given);
  const [open, setOpen] = useState(false);
  const wanted = useSettled(text, PAUSE_MS).trim();
  const found = useResource("/api/twilio/callers", {
    query: { q: wanted, limit: 8 }, enabled: /[^\s+]/.test(wanted) && wanted !== given, placeholderData: (old) => old,
  });
  const candidates = text.trim() && text !== given ? found.data?.callers ?? [] : [];
  const list = useCombobox({ opened: open && candidates.length > 0, onOpenedChange: setOpen,
    onDropdownClose: () => list.resetSelectedOption() });
  const { error, form } = useForm(refusal, () => {
    setOpen(false);
    search({ q: text.trim() });
  });
  const type = (event) => {
    setText(event.currentTarget.value);
    setOpen(true);
  };
  return (
    <form role="search" {...form} className={styles.search}>
      <Combobox store={list} onOptionSubmit={(number) => search({ number })}>
        <div className={styles.suggested}>
          <Combobox.EventsTarget>
            <TextInput name="who" label={t("With whom")} placeholder={t("Number or name")} type="search" autoComplete="off"
              error={fieldError(error, "q", "number")} value={text} onChange={type} onBlur={() => setOpen(false)} />
          </Combobox.EventsTarget>
          {list.dropdownOpened && (
            <Combobox.Options aria-label={t("Suggestions")} className={styles.suggestions}>
              {candidates.map(({ number, name }) => (
                <Combobox.Option key={number} value={number}>
                  {name ? <><bdi>{name}</bdi>, {spoken(number, lib)}</> : spoken(number, lib)}
                </Combobox.Option>
              ))}
            </Combobox.Options>
          )}
        </div>
      </Combobox>
      <Button type="submit" variant="default" leftSection={<Icon name="search" size={18} />}>{t("Find")}</Button>
    </form>
  );
}

export function Search({ q, number, ...more }) {
  const names = useNames();
  const lib = usePhoneLibrary();
  const text = q ?? (number ? names(number) ?? spoken(number, lib) : "");
  return <Box key={text} text={text} {...more} />;
}
