// PhoneNumberManagement.jsx: a user's or team's numbers: search, buy, edit, release,
// and their use.
//
//   <PhoneNumberManagement baseUrl="https://phone.example.com" token={() => jwt} onChange={(number) => …} />
import { Button } from "@mantine/core";
import { useState } from "react";
import { usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Empty, Waiting } from "../parts/states.jsx";
import { useOpening } from "../parts/forms/opening.js";
import { t } from "../text/text.js";
import { standalone } from "./HookswitchProvider.jsx";
import { BuyDialog } from "./numbers/BuyDialog.jsx";
import { EditDialog } from "./numbers/EditDialog.jsx";
import { NumberCard } from "./numbers/NumberCard.jsx";
import { ReleaseDialog } from "./numbers/ReleaseDialog.jsx";
import { SearchNumbers } from "./numbers/SearchNumbers.jsx";
import { ownZone, useNumbers } from "./numbers/use_numbers.js";
import { Done, Problem } from "./support/parts.jsx";
import { phone } from "./support/words.js";
import styles from "./support/panels.module.css";

function List({ numbers, onSearch, ...more }) {
  if (numbers.isPending) return <Waiting queries={[numbers]} what={t("your numbers")} />;
  if (numbers.error && !numbers.data) {
    return <Problem error={numbers.error} title={t("Your numbers could not be read")} onRetry={numbers.refetch} />;
  }
  const list = numbers.data.phone_numbers;
  if (list.length === 0) {
    return (
      <Empty icon="numbers" title={t("You have no number yet")} action={<Button onClick={onSearch}>{t("Find a number")}</Button>}>
        {t("Search for one by area code or city, and buy it. It takes calls at once.")}
      </Empty>
    );
  }
  return (
    <div className={styles.cards}>
      {list.map((number) => <NumberCard key={number.id} number={number} {...more} />)}
    </div>
  );
}

function Panel({ onChange }) {
  usePhoneLibrary(false);
  const numbers = useNumbers();
  const usualZone = numbers.data?.default_timezone ?? ownZone();
  const [searching, setSearching] = useState(false);
  const [buying, buy, closeBuying] = useOpening();
  const [editing, edit, closeEditing] = useOpening();
  const [releasing, release, closeReleasing] = useOpening();
  const [done, setDone] = useState(null);
  const finished = (said) => (number) => {
    setDone({ words: said(phone(number.phone_number)), warnings: number.warnings });
    onChange?.(number);
  };
  return (
    <section className={styles.panel} aria-label={t("Phone numbers")}>
      <div className={styles.panelHead}>
        <h2>{t("Your numbers")}</h2>
        <Button variant={searching ? "default" : "filled"} aria-expanded={searching}
          onClick={() => setSearching(!searching)}>{searching ? t("Close the search") : t("Get a number")}</Button>
      </div>
      <Done done={done} />
      {searching && (
        <div className={styles.well}>
          <h3 className={styles.cardTitle}>{t("Find a number")}</h3>
          <SearchNumbers onBuy={(offer, wanted) => buy({ offer, wanted })} />
        </div>
      )}
      <List numbers={numbers} usualZone={usualZone} onEdit={edit} onRelease={release}
        onSearch={() => setSearching(true)} />
      <BuyDialog choice={buying} onClose={closeBuying} onBought={(number) => {
        setSearching(false);
        finished((bought) => t("{number} is yours and takes calls.", { number: bought }))(number);
      }} />
      <EditDialog number={editing} usualZone={usualZone} onClose={closeEditing}
        onSaved={finished((number) => t("{number} was saved.", { number }))} />
      <ReleaseDialog number={releasing} onClose={closeReleasing}
        onReleased={finished((number) => t("{number} was released.", { number }))} />
    </section>
  );
}

/** @type {import("./support/types.js").Standalone<import("./support/types.js").NumbersProps>} */
export const PhoneNumberManagement = standalone(Panel);
export default PhoneNumberManagement;
