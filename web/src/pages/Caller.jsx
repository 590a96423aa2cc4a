// Caller.jsx: everything about one number: whose it is, its calls, messages and
// notes, and buttons to call, block or save it.
import { Button } from "@mantine/core";
import { useMemo, useRef } from "react";
import { ifMatch } from "../api.js";
import { useEvents } from "../live.jsx";
import { CONTACTS_STALE, ContactForm } from "../parts/forms/contact_form.jsx";
import { CallButton } from "../parts/numbers/dial.jsx";
import { Dialog } from "../parts/forms/dialog.jsx";
import { useOpening } from "../parts/forms/opening.js";
import { Icon } from "../parts/icon.jsx";
import { useNotice } from "../parts/notice.jsx";
import { isNumber } from "../parts/numbers/number_link.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { spoken, usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Empty, Ready } from "../parts/states.jsx";
import { Pill } from "../parts/status.jsx";
import { Time } from "../parts/time.jsx";
import { useNumbers } from "../parts/numbers/who.jsx";
import { useChange, useResource } from "../resource.js";
import { rich, richPlural } from "../text/rich.jsx";
import { t } from "../text/text.js";
import { Messages } from "./caller/Messages.jsx";
import { CallTable } from "./calls/CallTable.jsx";
import { useCalls } from "./calls/use_calls.js";
import { Assigned } from "./inbox/Entries.jsx";
import { NoteForm } from "./inbox/NoteForm.jsx";
import { NoteList } from "./inbox/Notes.jsx";
import { useInbox, usePeople } from "./inbox/use_inbox.js";
import styles from "./inbox/inbox.module.css";

const block = (api, number) => api.post("/api/twilio/blocklist", { number });
const unblock = (api, contact) => api.delete(`/api/twilio/blocklist/${contact.id}`, ifMatch(contact));

// Block or unblock, with an undo.
function useBlocking(number, who) {
  const notify = useNotice();
  const undo = useChange((api, back) => back(api), CONTACTS_STALE, { onError: notify.problem });
  const said = (text, back) => notify(text, { label: t("Undo"), run: () => undo.mutate(back) });
  const on = useChange((api) => block(api, number), CONTACTS_STALE, { onError: notify.problem,
    onSuccess: (made) => said(t("{who} is blocked.", { who }), (api) => unblock(api, made)) });
  const off = useChange(unblock, CONTACTS_STALE, { onError: notify.problem,
    onSuccess: () => said(t("{who} is put through again.", { who }), (api) => block(api, number)) });
  return { on, off };
}

function Waiting({ row }) {
  const { done, reopen, assign } = useInbox();
  const people = usePeople();
  const isOpen = !row.closed_at || row.unheard > 0;
  return (
    <Panel title={isOpen ? t("In the inbox") : t("Done")}>
      <div className={styles.waits}>
        <p>
          {richPlural(row.calls, "{n} call reached nobody, the last {when}.", "{n} calls reached nobody, the last {when}.",
            { when: <Time at={row.last_at} relative /> })}{" "}
          {row.closed_at && (row.closed_by === "talked" ? rich("Talked to since, {when}.", { when: <Time at={row.closed_at} within /> })
            : rich("Done, {when}.", { when: <Time at={row.closed_at} within /> }))}
        </p>
        <Assigned row={row} people={people} assign={assign} />
        {isOpen
          ? <Button size="compact-md" variant="default" loading={done.isPending} onClick={() => done.mutate(row)}>{t("Done")}</Button>
          : <Button size="compact-md" variant="default" loading={reopen.isPending} onClick={() => reopen.mutate(row)}>{t("Reopen")}</Button>}
      </div>
    </Panel>
  );
}

function Actions({ number, contact, who, edit, note }) {
  const blocking = useBlocking(number, who);
  return (
    <>
      <CallButton number={number} label={t("Call|verb")} size="sm" />
      <Button size="compact-md" variant="default" leftSection={<Icon name="edit" size={16} />} onClick={edit}>
        {contact?.name ? t("Edit contact") : t("Add name")}
      </Button>
      <Button size="compact-md" variant="default" onClick={note}>{t("Note")}</Button>
      {contact?.blocked
        ? <Button size="compact-md" variant="default" loading={blocking.off.isPending} onClick={() => blocking.off.mutate(contact)}>{t("Unblock")}</Button>
        : (
          <Button size="compact-md" variant="default" color="red" leftSection={<Icon name="block" size={16} />} loading={blocking.on.isPending}
            onClick={() => blocking.on.mutate()}>
            {t("Block")}
          </Button>
        )}
    </>
  );
}

function CallsWith({ number }) {
  const calls = useCalls(useMemo(() => ({ number }), [number]));
  return (
    <Panel title={t("Calls")} flush>
      <Ready query={calls} what={t("the calls")}>
        {() => (calls.items.length
          ? <CallTable calls={calls} label={t("Calls with this number")} />
          : <Empty icon="calls" title={t("No calls yet")}>{t("Calls with this number are listed here.")}</Empty>)}
      </Ready>
    </Panel>
  );
}

function Found({ number, caller, who, notes }) {
  return (
    <>
      <div className={styles.columns}>
        <div className={styles.column}>
          {caller.missed_call && <Waiting row={caller.missed_call} />}
          <Messages number={number} who={who} texts={caller.texts} />
        </div>
        <div className={styles.column} ref={notes}>
          <Panel title={t("Notes")}>
            <NoteForm about={{ number }} who={who} />
            <NoteList notes={caller.notes} />
          </Panel>
        </div>
      </div>
      <CallsWith number={number} />
    </>
  );
}

function Tags({ contact, ours }) {
  return (
    <span className={styles.tags}>
      {ours && <Pill>{t("Our number: {name}", { name: ours.friendly_name })}</Pill>}
      {contact?.blocked && <Pill tone="bad">{t("Blocked")}</Pill>}
      {contact?.tags.map((tag) => <Pill key={tag}>{tag}</Pill>)}
    </span>
  );
}

function KnownNumber({ number }) {
  const lib = usePhoneLibrary();
  const caller = useResource(`/api/twilio/callers/${encodeURIComponent(number)}`);
  const ours = useNumbers().data?.phone_numbers.find((one) => one.phone_number === number);
  const [editing, edit, closeEditing] = useOpening();
  const notes = useRef(null);
  useEvents((type, data) => {
    const about = type === "call" ? [data.from, data.to].includes(number) : ["missed", "recording"].includes(type);
    if (about) caller.refetch();
  });
  const contact = caller.data?.contact;
  const text = spoken(number, lib);
  const who = contact?.name || text;
  return (
    <Page title={who} heading={<bdi>{who}</bdi>} intro={<>{contact?.name && <span className="number">{text}</span>} <Tags contact={contact} ours={ours} /></>}
      actions={caller.data && <Actions number={number} contact={contact} who={who} edit={() => edit()}
        note={() => notes.current.querySelector("textarea").focus()} />}>
      {caller.data ? <Found number={number} caller={caller.data} who={who} notes={notes} />
        : <Panel><Ready query={caller} what={t("the caller")}>{() => null}</Ready></Panel>}
      <Dialog open={Boolean(editing)} onClose={closeEditing} title={contact?.name ? t("Edit contact") : t("Add name")}
        kept={`contact ${number}`}>
        {(close) => <ContactForm contact={contact ?? { number }} onClose={close} />}
      </Dialog>
    </Page>
  );
}

export function Caller({ number }) {
  if (isNumber(number)) return <KnownNumber number={number} />;
  return (
    <Page title={t("Caller")}>
      <Panel>
        <Empty icon="search" title={t("This isn’t a phone number")}>
          {rich("{number} can’t be looked up. A number begins with + and its country, such as +14155550123.", { number: <bdi>{number}</bdi> })}
        </Empty>
      </Panel>
    </Page>
  );
}
