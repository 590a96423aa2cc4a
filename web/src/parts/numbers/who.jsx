// who.jsx: a number's name: a contact's, or that of one of the company's own.
import { useMemo } from "react";
import { FIRST } from "../../first_reads.js";
import { useResource } from "../../resource.js";
import { isolate } from "./isolate.js";
import { NumberLink } from "./number_link.jsx";
import { PhoneNumber } from "./phone_number.jsx";

const [CONTACTS, EVERY_CONTACT] = FIRST.contacts;

export function useContacts() {
  return useResource(CONTACTS, { query: EVERY_CONTACT, staleTime: 5 * 60_000 });
}

export function useNumbers() {
  return useResource("/api/twilio/my-numbers", { staleTime: 60_000 });
}

// name(number): the name, or undefined.
export function useNames() {
  const { data: contacts } = useContacts();
  const { data: numbers } = useNumbers();
  return useMemo(() => {
    const names = new Map();
    for (const contact of contacts?.contacts ?? []) names.set(contact.number, isolate(contact.name));
    for (const number of numbers?.phone_numbers ?? []) names.set(number.phone_number, isolate(number.friendly_name));
    return (number) => names.get(number) || undefined;
  }, [contacts, numbers]);
}

// A party of a call, with its name if there is one; numbers link to their page.
// `brief`: only the name, if there is one.
export function Who({ address, name, brief = false }) {
  const names = useNames();
  const called = name ?? names(address);
  if (brief && called) return <NumberLink number={address}><bdi>{called}</bdi></NumberLink>;
  return <PhoneNumber value={address} name={called} />;
}
