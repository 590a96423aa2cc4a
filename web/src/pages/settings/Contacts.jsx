// Contacts.jsx: callers' names, tags for the rules, and blocked callers.
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { ifMatch } from "../../api.js";
import { contactLabels, CONTACTS_STALE, ContactForm } from "../../parts/forms/contact_form.jsx";
import { Confirm, Dialog } from "../../parts/forms/dialog.jsx";
import { useOpening } from "../../parts/forms/opening.js";
import { inWords } from "../../parts/forms/edit.jsx";
import { Icon } from "../../parts/icon.jsx";
import { useNotice } from "../../parts/notice.jsx";
import { Panel } from "../../parts/page.jsx";
import { PhoneNumber, spoken } from "../../parts/numbers/phone_number.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { Table } from "../../parts/tables/table.jsx";
import { useContacts } from "../../parts/numbers/who.jsx";
import { useChange } from "../../resource.js";
import { finder } from "../../text/fold.js";
import { t } from "../../text/text.js";
import styles from "./settings.module.css";

const SEARCHED = 8; // show the search from this many contacts on
const head = () => [t("Name"), { text: t("Number"), wide: true }, { text: t("Tags"), wide: true }, { text: t("What to do"), hidden: true }];

const facts = (contact) => Object.entries(contactLabels()).map(([name, label]) => [label, inWords(contact[name])]);

function Line({ contact, edit, remove }) {
  const who = contact.name || spoken(contact.number);
  return (
    <tr>
      <td><bdi>{contact.name || "–"}</bdi> {contact.blocked && <Pill tone="bad">{t("Blocked")}</Pill>}
        <span className={styles.below}><PhoneNumber value={contact.number} /></span></td>
      <td data-wide><PhoneNumber value={contact.number} /></td>
      <td data-wide><span className={styles.tags}>{contact.tags.map((tag) => <Pill key={tag}>{tag}</Pill>)}</span></td>
      <td>
        <span className={styles.buttons}>
          <Button size="compact-sm" variant="default" aria-label={t("Edit {who}", { who })} onClick={() => edit(contact)}>{t("Edit")}</Button>
          <Button size="compact-sm" variant="subtle" color="red" aria-label={t("Delete {who}", { who })} onClick={() => remove(contact)}>
            {t("Delete")}
          </Button>
        </span>
      </td>
    </tr>
  );
}

function List({ contacts, edit, remove, add }) {
  const [text, setText] = useState("");
  const finds = finder(text);
  const digits = /^[\d\s()+./-]+$/.test(text) && text.replace(/[^\d+]/g, "");
  const shown = contacts.filter((contact) => (digits && contact.number.includes(digits))
    || [contact.name, ...contact.tags].some((value) => finds(value)));
  if (contacts.length === 0) {
    return (
      <Empty icon="person" title={t("No contacts yet")} action={<Button variant="light" onClick={add}>{t("Add a contact")}</Button>}>
        {t("Contacts’ names appear beside their calls, rules can use their tags, and blocked numbers can’t get through.")}
      </Empty>
    );
  }
  return (
    <>
      {contacts.length >= SEARCHED && (
        <TextInput className={styles.search} type="search" label={t("Search")} value={text} onChange={(e) => setText(e.target.value)} />
      )}
      {shown.length === 0 ? <Empty icon="search" title={t("No contact matches")} /> : (
        <Table label={t("Contacts")} head={head()}>
          {shown.map((contact) => <Line key={contact.id} contact={contact} edit={edit} remove={remove} />)}
        </Table>
      )}
    </>
  );
}

export function Contacts() {
  const contacts = useContacts();
  const notify = useNotice();
  const [edited, edit, closeEdited] = useOpening();
  const [doomed, doom, closeDoomed] = useOpening();
  const remove = useChange((api, row) => api.delete(`/api/twilio/contacts/${row.id}`, ifMatch(row)), CONTACTS_STALE);
  const add = () => edit({});
  return (
    <Panel title={t("Contacts and blocked numbers")} count={contacts.data?.contacts.length} flush actions={(
      <Button size="compact-md" variant="light" leftSection={<Icon name="plus" size={16} />} onClick={add}>{t("Add")}</Button>
    )}>
      <Ready query={contacts} what={t("the contacts")}>
        {(data) => <List contacts={data.contacts} edit={edit} remove={doom} add={add} />}
      </Ready>
      <Dialog open={Boolean(edited)} onClose={closeEdited} title={edited?.number ? t("Edit contact") : t("Add a contact")}
        kept={`contact ${edited?.number}`}>
        {(close) => <ContactForm contact={edited} onClose={close} />}
      </Dialog>
      <Confirm open={Boolean(doomed)} onClose={closeDoomed} title={t("Delete this contact?")} verb={t("Delete")} change={remove}
        value={doomed} facts={facts} onDone={() => notify(t("The contact is deleted."))}>
        <p>
          {doomed?.blocked ? t("{who} is no longer shown by name, and is put through again.", { who: doomed.name || spoken(doomed.number) })
            : t("{who} is no longer shown by name.", { who: doomed?.name || spoken(doomed?.number) })}
        </p>
      </Confirm>
    </Panel>
  );
}
