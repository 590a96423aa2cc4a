// SearchNumbers.jsx: find a number to buy.
import { Button, NativeSelect, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "../../parts/forms/form.jsx";
import { Empty, Waiting } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { useApi } from "../../session.jsx";
import { countryName, plural, t } from "../../text/text.js";
import { Problem, Said } from "../support/parts.jsx";
import { fieldError, NUMBER_TYPES, phone } from "../support/words.js";
import styles from "../support/panels.module.css";

const COUNTRIES = ["US", "CA", "GB", "DE", "FR", "AU", "AT", "BE", "CH", "DK", "ES", "FI", "IE", "IT", "MX", "NL", "NO", "NZ",
  "PL", "PT", "SE"];
const countries = () => COUNTRIES.map((value) => ({ value, label: countryName(value) }));
const types = () => Object.entries(NUMBER_TYPES).map(([value, label]) => ({ value, label }));
const capabilities = () => [["voice", t("Voice")], ["sms", "SMS"], ["mms", "MMS"]];
const FIELDS = ["area_code", "areaCode", "contains", "locality"];
const NOTHING = { country: "US", type: "local", areaCode: "", contains: "", locality: "" };

const american = (country) => country === "US" || country === "CA";

function Filters({ wanted, onChange, onSearch, searching, refusal }) {
  const { error, form } = useForm(refusal, onSearch);
  const set = (name) => (event) => onChange({ ...wanted, [name]: event.currentTarget.value });
  return (
    <form className={styles.filters} aria-label={t("Search for a number")} {...form}>
      <NativeSelect label={t("Country")} data={countries()} value={wanted.country} onChange={set("country")} />
      <NativeSelect label={t("Type")} data={types()} value={wanted.type} onChange={set("type")} />
      <TextInput label={t("Area code")} placeholder="510" inputMode="numeric" value={wanted.areaCode}
        disabled={!american(wanted.country)} onChange={set("areaCode")}
        error={fieldError(error, "area_code", "areaCode")} />
      <TextInput label={t("Contains")} placeholder={t("*0142 or HAUL")} value={wanted.contains}
        onChange={set("contains")} error={fieldError(error, "contains")} />
      <TextInput label={t("City")} placeholder="Oakland" value={wanted.locality} onChange={set("locality")}
        error={fieldError(error, "locality")} />
      <Button type="submit" loading={searching}>{t("Search")}</Button>
    </form>
  );
}

function Needs({ offer }) {
  const can = capabilities().filter(([key]) => offer.capabilities[key]);
  return (
    <div className={styles.pills}>
      {can.map(([key, name]) => <Pill key={key}>{name}</Pill>)}
      {offer.needs_address && <Pill tone="warn">{t("Needs an address")}</Pill>}
      {offer.beta && <Pill>{t("New at Twilio")}</Pill>}
    </div>
  );
}

function Offers({ offers, onBuy }) {
  return (
    <>
      <Table className={styles.stackTable} verticalSpacing="xs">
        <VisuallyHidden component="caption">{t("Numbers that can be bought")}</VisuallyHidden>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("Number")}</Table.Th><Table.Th scope="col">{t("Place")}</Table.Th>
            <Table.Th scope="col">{t("Can and needs")}</Table.Th><Table.Th scope="col">{t("A month")}</Table.Th>
            <Table.Th scope="col"><VisuallyHidden component="span">{t("Buy")}</VisuallyHidden></Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {offers.map((offer) => (
            <Table.Tr key={offer.phone_number}>
              <Table.Th scope="row" className={styles.number}>{phone(offer.phone_number)}</Table.Th>
              <Table.Td data-label={t("Place")}>{[offer.locality, offer.region].filter(Boolean).join(", ") || t("Anywhere")}</Table.Td>
              <Table.Td data-label={t("Can and needs")}><Needs offer={offer} /></Table.Td>
              <Table.Td data-label={t("A month")}>{offer.monthly_price ?? t("See Twilio’s prices")}</Table.Td>
              <Table.Td className={styles.cellActions}>
                <Button size="compact-sm" variant="default" onClick={() => onBuy(offer)}
                  aria-label={t("Buy {number}", { number: phone(offer.phone_number) })}>{t("Buy")}</Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

function Found({ search, onBuy }) {
  if (search.isFetching) return <Waiting queries={[search]} what={t("Twilio’s numbers")} />;
  if (search.error) return <Problem error={search.error} title={t("The search failed")} known={FIELDS} onRetry={search.refetch} />;
  const offers = search.data?.available_numbers;
  if (!offers) return null;
  return (
    <>
      <Said>{plural(offers.length, "{n} number found", "{n} numbers found")}</Said>
      {offers.length > 0 ? <Offers offers={offers} onBuy={onBuy} /> : (
        <Empty icon="search" title={t("No number fits")}>{t("Try a neighbouring area code, another type, or fewer filters.")}</Empty>
      )}
    </>
  );
}

/** @param {{ onBuy: (offer: object, wanted: object) => void }} props */
export function SearchNumbers({ onBuy }) {
  const api = useApi();
  const [wanted, setWanted] = useState(NOTHING);
  const [asked, setAsked] = useState(null);
  const search = useQuery({
    queryKey: ["available-numbers", asked],
    enabled: asked !== null,
    retry: false,
    queryFn: ({ signal }) => api.get("/api/twilio/available-numbers", { query: asked.query, signal }),
  });
  const begin = () => {
    const { areaCode, ...rest } = wanted;
    const query = { ...rest, areaCode: american(wanted.country) ? areaCode : "" };
    for (const name of Object.keys(query)) query[name] = query[name].trim() || undefined;
    setAsked({ query, n: (asked?.n ?? 0) + 1 });
  };
  return (
    <div>
      <Filters wanted={wanted} onChange={setWanted} onSearch={begin} searching={search.isFetching}
        refusal={search.error} />
      <Text size="xs" c="dimmed" mt={6}>{t("“Contains” takes digits, letters and * for any digit.")}</Text>
      <div className={styles.results}><Found search={search} onBuy={(offer) => onBuy(offer, asked.query)} /></div>
    </div>
  );
}
