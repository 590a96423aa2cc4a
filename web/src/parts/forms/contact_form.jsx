// contact_form.jsx: a number's name and tags, and whether it is blocked.
import { Button, Checkbox, Stack, TextInput } from "@mantine/core";
import { ifMatch } from "../../api.js";
import { fieldError } from "../../components/support/words.js";
import { useChange } from "../../resource.js";
import { t } from "../../text/text.js";
import { DialogActions, FormActions } from "./dialog.jsx";
import { Clash, inWords, useEdit } from "./edit.jsx";
import styles from "./edit.module.css";
import { useForm } from "./form.jsx";
import { useNotice } from "../notice.jsx";
import { spoken, toE164, usePhoneLibrary } from "../numbers/phone_number.jsx";
import { FormProblem } from "../states.jsx";
import { useNumbers } from "../numbers/who.jsx";

export const CONTACTS_STALE = ["contacts", "blocklist", "missed-calls", "call-logs", "callers"];

const given = (contact) => ({ number: contact.number ? spoken(contact.number) : "", name: contact.name ?? "",
  tags: contact.tags?.join(", ") ?? "", blocked: contact.blocked ?? false });

const bodyWith = (lib, country) => (form) => ({ ...form, name: form.name.trim(),
  number: toE164(form.number, lib, country) ?? form.number,
  tags: form.tags.split(",").map((tag) => tag.trim()).filter(Boolean) });

const send = (api, { id }, body, options) => (id ? api.put(`/api/twilio/contacts/${id}`, body, options)
  : api.post("/api/twilio/contacts", body));

export const contactLabels = () => ({ name: t("Name"), tags: t("Tags"), blocked: t("Do not put through") });

// The number is already a contact: shows the saved values beside the typed ones.
function Existing({ contact, typed, change, onClose }) {
  const rows = Object.keys(contactLabels()).map((name) => [name, inWords(contact[name]), inWords(typed[name])]);
  const isGiven = (value) => value === true || value.length > 0;
  const differing = rows.filter(([name, now, then]) => now !== then && isGiven(typed[name]));
  const body = Object.fromEntries(differing.map(([name]) => [name, typed[name]]));
  const use = () => change.mutate({ row: contact, body });
  return (
    <div role="alert">
      <p><strong>{t("{who} is in your contacts already.", { who: contact.name || spoken(contact.number) })}</strong>{" "}
        {t("Nothing was changed.")}</p>
      <table className={styles.table}>
        <thead><tr><th scope="col">{t("What")}</th><th scope="col">{t("In your contacts")}</th><th scope="col">{t("You typed")}</th></tr></thead>
        <tbody>
          {rows.map(([name, now, then]) => (
            <tr key={name}><th scope="row">{contactLabels()[name]}</th><td>{now}</td><td>{then}</td></tr>
          ))}
        </tbody>
      </table>
      <FormProblem error={change.error} />
      <DialogActions>
        <Button variant="default" onClick={onClose} data-autofocus>{t("Leave it as it is")}</Button>
        {differing.length > 0 && <Button loading={change.isPending} onClick={use}>{t("Use what I typed")}</Button>}
      </DialogActions>
    </div>
  );
}

export function ContactForm({ contact, onClose }) {
  const lib = usePhoneLibrary();
  const country = useNumbers().data?.phone_numbers[0]?.country;
  const notify = useNotice();
  const onSaved = (made) => {
    notify(t("{who} is saved.", { who: made.name || spoken(made.number) }));
    onClose();
  };
  const bodyOf = bodyWith(lib, country);
  const change = useChange((api, { row, body }) => api.put(`/api/twilio/contacts/${row.id}`, body, ifMatch(row)), CONTACTS_STALE,
    { onSuccess: onSaved });
  const edit = useEdit({ row: contact, given, bodyOf, send, stale: CONTACTS_STALE, onClose, onSaved });
  const { form, set } = edit;
  const { error, form: props } = useForm(edit.error, edit.submit);
  const text = (name) => ({
    name, value: form[name], onChange: (event) => set(name, event.currentTarget.value),
    error: fieldError(error, name),
  });
  const existing = edit.error?.code === "contact_exists" && (change.error?.current ?? edit.error.details.current);
  if (existing) return <Existing contact={existing} typed={bodyOf(form)} change={change} onClose={onClose} />;
  if (edit.clash) return <Clash edit={edit} labels={contactLabels()} />;
  return (
    <form {...props}>
      <Stack gap="sm">
        <TextInput type="tel" label={t("Number")} required withAsterisk={false} placeholder="+1 415 555 0123" {...text("number")}
          disabled={Boolean(contact.number)} data-autofocus={!contact.number || undefined} />
        <TextInput label={t("Name")} {...text("name")} data-autofocus={contact.number ? true : undefined} />
        <TextInput label={t("Tags")} description={t("Rules can ask for them, such as: vip, supplier")} {...text("tags")} />
        <Checkbox label={t("Do not put through")} checked={form.blocked} onChange={(event) => set("blocked", event.currentTarget.checked)} />
        <FormProblem error={error} known={["number", "name", "tags"]} />
      </Stack>
      <FormActions onCancel={onClose} busy={edit.saving}>{t("Save")}</FormActions>
    </form>
  );
}
