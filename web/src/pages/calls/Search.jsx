// Search.jsx: with whom: a part of a number, or of a name; those who may be meant
// are offered while one types.
import { Autocomplete, Button } from "@mantine/core";
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
  const wanted = useSettled(text).trim();
  const found = useResource("/api/twilio/callers", { query: { q: wanted, limit: 8 }, enabled: wanted !== "" && wanted !== given,
    placeholderData: (old) => old });
  const candidates = wanted === "" ? [] : found.data?.callers ?? [];
  const labelOf = ({ number, name }) => (name ? `${name}, ${spoken(number, lib)}` : spoken(number, lib));
  const send = (event) => {
    event.preventDefault();
    search({ q: text.trim() });
  };
  const choose = (label) => {
    const one = candidates.find((candidate) => labelOf(candidate) === label);
    search(one ? { number: one.number } : { q: label.trim() });
  };
  return (
    <form role="search" onSubmit={send} className={styles.search}>
      <Autocomplete name="who" label={t("With whom")} placeholder={t("Part of a number or name")} value={text} onChange={setText}
        data={[...new Set(candidates.map(labelOf))]} filter={({ options }) => options} onOptionSubmit={choose}
        type="search" autoComplete="off" maxLength={100} maxDropdownHeight={360} comboboxProps={{ width: "max-content", position: "bottom-start" }} />
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
