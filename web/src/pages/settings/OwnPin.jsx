// OwnPin.jsx: the digits that the user types on their phones to answer a call: given, changed, removed.
import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldError } from "../../components/support/words.js";
import { AroundChange } from "../../parts/forms/opening.js";
import { useForm } from "../../parts/forms/form.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { FormProblem } from "../../parts/states.jsx";
import { useChange, useResource } from "../../resource.js";
import { list, t } from "../../text/text.js";
import { isPin, isWeakPin } from "../team/edit.js";
import styles from "./settings.module.css";

function Form({ own }) {
  const notify = useNotice();
  const [pin, setPin] = useState("");
  const change = useChange((api, wanted) => api.post("/api/twilio/pin", { pin: wanted }), ["pin", "team"], {
    onSuccess: ({ has_pin }, sent) => {
      setPin((now) => (now === sent ? "" : now));
      notify(has_pin ? t("Your PIN is saved. Your phones ask for it from the next call on.") : t("Your PIN is removed. Press 1 to answer."));
    },
  });
  const wrong = t("A PIN has 4 to 12 digits and nothing else.");
  const { error, form } = useForm(change.error, () => (isPin(pin) ? change.mutate(pin) : { pin: wrong }));
  const hint = isWeakPin(pin, own.phones.map((number) => ({ number }))) ? t("This PIN is easy to guess. Better choose other digits.")
    : t("4 to 12 digits, typed on the phone instead of pressing 1. Nobody can read it here once it is saved.");
  return (
    <form {...form} aria-label={t("PIN for answering calls")}>
      <Stack gap="sm">
        <TextInput name="pin" label={t("New PIN")} description={hint} inputMode="numeric" autoComplete="off" data-1p-ignore data-secret maxLength={20} value={pin}
          error={fieldError(error, "pin") ?? (pin.length >= 4 && !isPin(pin) && wrong)}
          onChange={(event) => setPin(event.currentTarget.value)} />
        <FormProblem error={error} known={["pin"]} />
        <div className={styles.verbs}>
          <Button type="submit" variant="light" loading={change.isPending && change.variables !== null}>{own.has_pin ? t("Change PIN") : t("Add a PIN")}</Button>
          {own.has_pin && (
            <Button variant="default" loading={change.isPending && change.variables === null} onClick={() => change.mutate(null)}>{t("Remove PIN")}</Button>
          )}
        </div>
      </Stack>
    </form>
  );
}

/** Nothing for users who are in no file of the team, or have no phone there. */
export function OwnPin() {
  const { data: own } = useResource("/api/twilio/pin");
  if (!own || own.phones.length === 0) return null;
  const phones = list(own.phones.map((number) => spoken(number)));
  const state = !own.asks ? t("Your phones don’t ask before they put a caller through. An editor can change that on the Team page.")
    : own.has_pin ? t("Before a caller is put through, your PIN is asked for on {phones}.", { phones })
      : t("Before a caller is put through, you press 1 on {phones}.", { phones });
  return (
    <section aria-labelledby="own-pin">
      <h3 id="own-pin" className={styles.section}>{t("PIN for answering calls")}</h3>
      <p>{state}</p>
      {own.asks && own.editable && <AroundChange value={{ title: t("PIN for answering calls") }}><Form own={own} /></AroundChange>}
    </section>
  );
}
