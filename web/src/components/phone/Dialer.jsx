// Dialer.jsx: whom to call, and from which number.
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { fieldError } from "../support/words.js";
import { useForm } from "../../parts/forms/form.jsx";
import { Icon } from "../../parts/icon.jsx";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { t } from "../../text/text.js";
import { GREEN } from "./words.js";
import styles from "./phone.module.css";

const labelOf = ({ phone_number: number, friendly_name: name }) => {
  const text = spoken(number);
  return name && name !== number && name !== text ? `${name} (${text})` : text;
};

function Recording({ shown, record, onRecord }) {
  if (shown.recording === "on") return <p className={styles.small}>{t("Calls from this number are recorded.")}</p>;
  if (shown.recording !== "ask") return null;
  return (
    <Checkbox size="sm" label={t("Record this call")} description={t("Ask the other side first.")} checked={record}
      onChange={(event) => onRecord(event.currentTarget.checked)} />
  );
}

export function Dialer({ typed, onType, numbers, shown, onShow, record, onRecord, onDial, disabled }) {
  const { error, form } = useForm(null, () => (onDial() ? undefined
    : { number: t("This isn’t a phone number. Enter it with the country code, such as +1 510 555 0100.") }));
  if (numbers?.length === 0) {
    return <p className={styles.hint}>{t("To make a call you need a number of your own. Buy one first.")}</p>;
  }
  return (
    <form className={styles.dialer} aria-label={t("Make a call")} {...form}>
      <TextInput name="number" label={t("Number to call")} type="tel" autoComplete="off" placeholder="+1 510 555 0100"
        value={typed} onChange={(event) => onType(event.currentTarget.value)} error={fieldError(error, "number")} />
      {numbers && numbers.length > 1 && (
        <NativeSelect label={t("Show this number")} value={shown.phone_number}
          onChange={(event) => onShow(event.currentTarget.value)}
          data={numbers.map((one) => ({ value: one.phone_number, label: labelOf(one) }))} />
      )}
      {shown && <Recording shown={shown} record={record} onRecord={onRecord} />}
      <Button type="submit" color={GREEN} leftSection={<Icon name="calls" size={18} />}
        disabled={disabled || typed.trim() === ""}>
        {t("Call|verb")}
      </Button>
    </form>
  );
}
