// Search.jsx: with whom: a part of a number, or of a name; those who may be meant
// are offered while one types.
import { Button, Combobox, TextInput, useCombobox } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon } from "../../parts/icon.jsx";
import { spoken, usePhoneLibrary } from "../../parts/phone_number.jsx";
import { useNames } from "../../parts/who.jsx";
import { useResource } from "../../resource.js";
import { t } from "../../text/text.js";
import styles from "./calls.module.css";

const PAUSE_MS = 150; // in typing

function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

// search({ q }) or search({ number }); `text` is what is searched for now.
function Box({ text: given, search }) {
  const lib = usePhoneLibrary();
  const [text, setText] = useState(given);
  const list = useCombobox({ onDropdownClose: () => list.resetSelectedOption() });
  const wanted = useSettled(text).trim();
  const found = useResource("/api/twilio/callers", {
    query: { q: wanted, limit: 8 }, enabled: /[^\s+]/.test(wanted) && wanted !== given, placeholderData: (old) => old,
  });
  const candidates = text.trim() && text !== given ? found.data?.callers ?? [] : [];
  const send = (event) => {
    event.preventDefault();
    list.closeDropdown();
    search({ q: text.trim() });
  };
  const type = (event) => {
    setText(event.currentTarget.value);
    list.openDropdown();
  };
  return (
    <form role="search" onSubmit={send} className={styles.search}>
      <Combobox store={list} width="max-content" position="bottom-start" onOptionSubmit={(number) => search({ number })}>
        <Combobox.Target>
          <TextInput name="who" label={t("With whom")} placeholder={t("Part of a number or name")} type="search" autoComplete="off"
            maxLength={100} value={text} onChange={type} onBlur={() => list.closeDropdown()} />
        </Combobox.Target>
        <Combobox.Dropdown hidden={candidates.length === 0}>
          <Combobox.Options aria-label={t("Suggestions")}>
            {candidates.map(({ number, name }) => (
              <Combobox.Option key={number} value={number}>
                {name ? <><bdi>{name}</bdi>, {spoken(number, lib)}</> : spoken(number, lib)}
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      <Button type="submit" variant="default" leftSection={<Icon name="search" size={18} />}>{t("Find")}</Button>
    </form>
  );
}

export function Search({ q, number, search }) {
  const names = useNames();
  const lib = usePhoneLibrary();
  const text = q ?? (number ? names(number) ?? spoken(number, lib) : "");
  return <Box key={text} text={text} search={search} />;
}
