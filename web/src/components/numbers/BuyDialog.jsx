// BuyDialog.jsx: explains a purchase, then makes it exactly once.
import { Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog, FormActions } from "../../parts/forms/dialog.jsx";
import { useForm } from "../../parts/forms/form.jsx";
import { rich } from "../../text/rich.jsx";
import { t } from "../../text/text.js";
import { Note, Problem } from "../support/parts.jsx";
import { fieldError, NUMBER_TYPES, phone } from "../support/words.js";
import { useSettingChange } from "./use_numbers.js";
import styles from "../support/panels.module.css";

// Each purchase has one key, so a double click, or a retry after a lost answer,
// can't buy a second number.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FIELDS = ["friendly_name", "address_sid", "bundle_sid"];

function buy(api, { offer, wanted, name, address, bundle, key }) {
  return api.post("/api/twilio/buy-number", {
    phoneNumber: offer.phone_number, country: wanted.country, type: wanted.type,
    friendlyName: name.trim() || undefined, addressSid: address.trim() || undefined,
    bundleSid: bundle.trim() || undefined,
  }, { headers: { "Idempotency-Key": key } });
}

function Cost({ offer }) {
  return offer.monthly_price ? (
    <Text>{rich("It costs {price} a month until you release it.", { price: <strong>{offer.monthly_price}</strong> })}</Text>
  ) : (
    <Text>{t("Twilio charges its monthly price for a number of this kind to your account until you release it. Hookswitch does not know that price; Twilio’s console and price list do.")}</Text>
  );
}

function Form({ offer, wanted, onClose, onBought }) {
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const [bundle, setBundle] = useState("");
  const [key] = useState(newKey);
  const purchase = useSettingChange(buy, { onSuccess: onBought });
  const { error, form } = useForm(purchase.error, () => {
    if (!purchase.isPending) purchase.mutate({ offer, wanted, name, address, bundle, key });
  });
  const code = error?.code;
  const abroad = wanted.country !== "US" && wanted.country !== "CA";
  const asksAddress = offer.needs_address || code === "address_required";
  const asksBundle = abroad || code === "bundle_required";
  const text = (set) => (event) => set(event.currentTarget.value);
  return (
    <form {...form}>
      <p className={styles.bigNumber}>{phone(offer.phone_number)}</p>
      <Text size="sm" c="dimmed" mb="sm">
        {[NUMBER_TYPES[wanted.type], offer.locality, offer.region].filter(Boolean).join(" · ")}
      </Text>
      <Cost offer={offer} />
      {asksAddress && (
        <Note tone="warn" title={t("An address is needed")}>
          {t("Twilio sells this number to accounts with an address on file ({kind}).", { kind: offer.address_requirements })}
        </Note>
      )}
      <TextInput mt="md" name="friendly_name" label={t("Name")} description={t("What your team calls it. You can change it later.")} placeholder={t("Front desk")}
        value={name} onChange={text(setName)} error={fieldError(error, "friendly_name", "friendlyName")} data-autofocus />
      {asksAddress && <TextInput mt="sm" name="address_sid" label={t("Address SID")} placeholder="AD…" value={address} onChange={text(setAddress)}
        description={t("From Twilio’s console, under Phone Numbers, Addresses")}
        error={fieldError(error, "address_sid", "addressSid")} />}
      {asksBundle && <TextInput mt="sm" name="bundle_sid" label={t("Regulatory bundle SID")} placeholder="BU…" value={bundle}
        onChange={text(setBundle)} description={t("If this kind of number needs one: Phone Numbers, Regulatory Compliance")}
        error={fieldError(error, "bundle_sid", "bundleSid")} />}
      {error && <div className={styles.gap}><Problem error={error} title={t("It was not bought")} known={FIELDS} /></div>}
      <FormActions onCancel={onClose} busy={purchase.isPending}>{t("Buy this number")}</FormActions>
    </form>
  );
}

export function BuyDialog({ choice, onClose, onBought }) {
  return (
    <Dialog title={t("Buy this number?")} open={choice !== null} onClose={onClose}
      kept={`buy ${choice?.offer.phone_number}`}>
      {(close) => <Form {...choice} onClose={close} onBought={(number) => {
        close();
        onBought(number);
      }} />}
    </Dialog>
  );
}
