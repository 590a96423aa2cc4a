// SearchNumbers.jsx: finding a number to buy.
import { Button, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Empty, Loading } from "../../parts/states.jsx";
import { Pill } from "../../parts/status.jsx";
import { useApi } from "../../session.jsx";
import { Problem, Said } from "../support/parts.jsx";
import { count, fieldError, NUMBER_TYPES, phone } from "../support/words.js";
import styles from "../support/panels.module.css";

const COUNTRIES = [
  ["US", "United States"], ["CA", "Canada"], ["GB", "United Kingdom"], ["DE", "Germany"], ["FR", "France"],
  ["AU", "Australia"], ["AT", "Austria"], ["BE", "Belgium"], ["CH", "Switzerland"], ["DK", "Denmark"], ["ES", "Spain"],
  ["FI", "Finland"], ["IE", "Ireland"], ["IT", "Italy"], ["MX", "Mexico"], ["NL", "Netherlands"], ["NO", "Norway"],
  ["NZ", "New Zealand"], ["PL", "Poland"], ["PT", "Portugal"], ["SE", "Sweden"],
].map(([value, label]) => ({ value, label }));
const TYPES = Object.entries(NUMBER_TYPES).map(([value, label]) => ({ value, label }));
const CAPABILITIES = [["voice", "Voice"], ["sms", "SMS"], ["mms", "MMS"]];
const FIELDS = ["area_code", "areaCode", "contains", "locality"];
const NOTHING = { country: "US", type: "local", areaCode: "", contains: "", locality: "" };

const american = (country) => country === "US" || country === "CA";

function Filters({ wanted, onChange, onSearch, searching, error }) {
  const set = (name) => (event) => onChange({ ...wanted, [name]: event.currentTarget.value });
  return (
    <form className={styles.filters} aria-label="Search for a number"
      onSubmit={(event) => { event.preventDefault(); onSearch(); }}>
      <NativeSelect label="Country" data={COUNTRIES} value={wanted.country} onChange={set("country")} />
      <NativeSelect label="Type" data={TYPES} value={wanted.type} onChange={set("type")} />
      <TextInput label="Area code" placeholder="510" inputMode="numeric" maxLength={3} value={wanted.areaCode}
        disabled={!american(wanted.country)} onChange={set("areaCode")}
        error={fieldError(error, "area_code", "areaCode")} />
      <TextInput label="Contains" placeholder="*0142 or HAUL" maxLength={16} value={wanted.contains}
        onChange={set("contains")} error={fieldError(error, "contains")} />
      <TextInput label="City" placeholder="Oakland" value={wanted.locality} onChange={set("locality")}
        error={fieldError(error, "locality")} />
      <Button type="submit" loading={searching}>Search</Button>
    </form>
  );
}

function Needs({ offer }) {
  const can = CAPABILITIES.filter(([key]) => offer.capabilities[key]);
  return (
    <div className={styles.pills}>
      {can.map(([key, name]) => <Pill key={key}>{name}</Pill>)}
      {offer.needs_address && <Pill tone="warn">Needs an address</Pill>}
      {offer.beta && <Pill>New at Twilio</Pill>}
    </div>
  );
}

function Offers({ offers, onBuy }) {
  return (
    <>
      <Table className={styles.stackTable} verticalSpacing="xs">
        <caption className={styles.hidden}>Numbers that can be bought</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Number</Table.Th><Table.Th scope="col">Place</Table.Th>
            <Table.Th scope="col">Can and needs</Table.Th><Table.Th scope="col">A month</Table.Th>
            <Table.Th scope="col"><span className={styles.hidden}>Buy</span></Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {offers.map((offer) => (
            <Table.Tr key={offer.phone_number}>
              <Table.Th scope="row" className={styles.number}>{phone(offer.phone_number)}</Table.Th>
              <Table.Td data-label="Place">{[offer.locality, offer.region].filter(Boolean).join(", ") || "Anywhere"}</Table.Td>
              <Table.Td data-label="Can and needs"><Needs offer={offer} /></Table.Td>
              <Table.Td data-label="A month">{offer.monthly_price ?? "See Twilio’s prices"}</Table.Td>
              <Table.Td className={styles.cellActions}>
                <Button size="compact-sm" variant="default" onClick={() => onBuy(offer)}
                  aria-label={`Buy ${phone(offer.phone_number)}`}>Buy</Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

function Found({ search, onBuy }) {
  if (search.isFetching) return <Loading what="Twilio’s numbers" />;
  if (search.error) return <Problem error={search.error} title="The search failed" known={FIELDS} onRetry={search.refetch} />;
  const offers = search.data?.available_numbers;
  if (!offers) return null;
  return (
    <>
      <Said>{count(offers.length, "number")} found</Said>
      {offers.length > 0 ? <Offers offers={offers} onBuy={onBuy} /> : (
        <Empty icon="search" title="No number fits">Try a neighbouring area code, another type, or fewer filters.</Empty>
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
        error={search.error} />
      <Text size="xs" c="dimmed" mt={6}>“Contains” takes digits, letters and * for any digit.</Text>
      <div className={styles.results}><Found search={search} onBuy={(offer) => onBuy(offer, asked.query)} /></div>
    </div>
  );
}
