// Pin.jsx: the digits that someone types on the phone to answer a call: given, changed, taken away. They are seen
// while they are typed, and never again.
import { Button, TextInput } from "@mantine/core";
import { t } from "../../text/text.js";
import { isWeakPin, withoutDigits } from "./edit.js";
import styles from "./team.module.css";

function Typed({ person, change }) {
  const { pin, phones } = person;
  const error = pin !== "" && withoutDigits([person]).length > 0 && t("A PIN has 4 to 12 digits and nothing else.");
  const hint = isWeakPin(pin, phones) ? t("This PIN is easy to guess. Better choose other digits.")
    : t("4 to 12 digits, typed on the phone instead of pressing 1. Nobody can read it here once it is saved.");
  return (
    <TextInput label={t("New PIN")} description={hint} inputMode="numeric" autoComplete="off" data-1p-ignore data-secret maxLength={20} autoFocus
      value={pin} error={error} onChange={(event) => change({ pin: event.currentTarget.value })} />
  );
}

/** `had`: whether the person has one by what is saved. */
export function Pin({ person, had, change }) {
  const typing = person.pin !== undefined;
  const button = (label, fields) => <Button size="compact-sm" variant="default" onClick={() => change(fields)}>{label}</Button>;
  return (
    <div className={styles.stack}>
      {typing && <Typed person={person} change={change} />}
      <div className={styles.inline}>
        {!typing && button(person.has_pin ? t("Change PIN") : t("Add a PIN"), { has_pin: true, pin: "" })}
        {typing && had && button(t("Keep the old PIN"), { has_pin: true, pin: undefined })}
        {person.has_pin && button(t("Remove PIN"), { has_pin: false, pin: undefined })}
      </div>
    </div>
  );
}
