// CallForwardingComponent.jsx: where calls go: each number's forwarding settings,
// what would happen to a call right now, and what decides it.
//
//   <CallForwardingComponent baseUrl="https://phone.example.com" token={() => jwt} />
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { ifMatch } from "../api.js";
import { Confirm } from "../parts/forms/dialog.jsx";
import { useOpening } from "../parts/forms/opening.js";
import { usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Empty, Waiting } from "../parts/states.jsx";
import { useResource } from "../resource.js";
import { t } from "../text/text.js";
import { Now, usePreview } from "./forwarding/Now.jsx";
import { Precedence } from "./forwarding/Precedence.jsx";
import { factsOf, SettingDialog } from "./forwarding/SettingDialog.jsx";
import { Settings } from "./forwarding/Settings.jsx";
import { standalone } from "./HookswitchProvider.jsx";
import { useNumbers, useSettingChange } from "./numbers/use_numbers.js";
import { Done, Problem } from "./support/parts.jsx";
import { FORWARDING_TYPES, nameOf, phone } from "./support/words.js";
import styles from "./support/panels.module.css";

function DeleteDialog({ setting, numbers, onClose, onDeleted }) {
  const remove = useSettingChange((api, row) => api.delete(`/api/call-forwarding/${row.id}`, ifMatch(row)).catch((problem) => {
    if (problem.status !== 404) throw problem; // already deleted
  }));
  return (
    <Confirm open={setting !== null} onClose={onClose} title={t("Delete this setting?")} verb={t("Delete")} change={remove}
      value={setting} onDone={onDeleted}
      facts={factsOf(numbers)}>
      {setting && <p>{t("{type}: {number}", { type: FORWARDING_TYPES[setting.forwarding_type].name, number: phone(setting.forward_to_number) })}</p>}
      <p>{t("It stops applying from the next call. To keep it for later, switch it off instead.")}</p>
    </Confirm>
  );
}

// The settings that apply to a number: its own, and those for all numbers it has no own one for.
const applies = (setting) => setting.is_active && setting.unused !== "ended";
const followed = (own, forAll) => [...own, ...forAll.filter((setting) =>
  !own.some((one) => applies(one) && one.forwarding_type === setting.forwarding_type))];

function AllNumbers({ settings, ...actions }) {
  const heading = "hs-forwarding-all";
  return (
    <article className={styles.card} aria-labelledby={heading}>
      <h3 id={heading} className={styles.cardTitle}>{t("All our numbers")}</h3>
      <Settings settings={settings} {...actions} />
    </article>
  );
}

function NumberForwarding({ number, settings, forAll, rulesHref, onAdd, ...actions }) {
  const preview = usePreview(number);
  const heading = `hs-forwarding-${number.id}`;
  const shown = phone(number.phone_number);
  const name = nameOf(number);
  return (
    <article className={styles.card} aria-labelledby={heading}>
      <div className={styles.panelHead}>
        <div>
          <h3 id={heading} className={styles.cardTitle}><bdi>{name || shown}</bdi></h3>
          {name && <Text className={styles.number}><bdi>{shown}</bdi></Text>}
        </div>
        <Button variant="default" size="compact-sm" onClick={() => onAdd({ phone_number_id: number.id })}
          aria-label={t("Add forwarding for {number}", { number: shown })}>{t("Add")}</Button>
      </div>
      <div className={styles.halves}>
        <Settings settings={settings} inherited={forAll} {...actions} />
        <Now preview={preview} rulesHref={rulesHref} />
      </div>
      <Precedence number={number} settings={followed(settings, forAll)} decision={preview.data?.decision}
        rulesHref={rulesHref} />
    </article>
  );
}

function List({ numbers, settings, ...more }) {
  const failed = [numbers, settings].find((query) => query.error && !query.data);
  if (failed) return <Problem error={failed.error} title={t("The settings could not be read")} onRetry={failed.refetch} />;
  if (!numbers.data || !settings.data) return <Waiting queries={[numbers, settings]} what={t("the settings")} />;
  const list = numbers.data.phone_numbers;
  if (list.length === 0) {
    return (
      <Empty icon="forwarding" title={t("No number to forward yet")}>
        {t("Buy one first; then its calls can be forwarded here.")}
      </Empty>
    );
  }
  const forAll = settings.data.call_forwarding.filter((setting) => setting.phone_number_id === null);
  const { onEdit, onDelete, onToggled } = more;
  return (
    <div className={styles.rows}>
      {forAll.length > 0
        && <AllNumbers settings={forAll} onEdit={onEdit} onDelete={onDelete} onToggled={onToggled} />}
      {list.map((number) => (
        <NumberForwarding key={number.id} number={number} forAll={forAll} {...more}
          settings={settings.data.call_forwarding.filter((setting) => setting.phone_number_id === number.id)} />
      ))}
    </div>
  );
}

function Panel({ rulesHref }) {
  usePhoneLibrary(false);
  const numbers = useNumbers();
  const settings = useResource("/api/call-forwarding");
  const [editing, edit, closeEditing] = useOpening();
  const [deleting, remove, closeDeleting] = useOpening();
  const [done, setDone] = useState(null);
  const saved = (words, setting) => setDone({ words, warnings: setting.warnings });
  return (
    <section className={styles.panel} aria-label={t("Call forwarding")}>
      <div className={styles.panelHead}>
        <h2>{t("Call forwarding")}</h2>
        <Button onClick={() => edit({})} disabled={!numbers.data?.phone_numbers.length}>{t("Forward calls")}</Button>
      </div>
      <Done done={done} />
      <List numbers={numbers} settings={settings} rulesHref={rulesHref} onAdd={edit} onEdit={edit}
        onDelete={remove} onToggled={(setting) => saved(
          setting.is_active ? t("{type}: switched on.", { type: FORWARDING_TYPES[setting.forwarding_type].name })
            : t("{type}: switched off.", { type: FORWARDING_TYPES[setting.forwarding_type].name }), setting)} />
      <SettingDialog setting={editing} numbers={numbers.data?.phone_numbers ?? []}
        settings={settings.data?.call_forwarding ?? []} onClose={closeEditing}
        onSaved={(setting) => saved(t("Saved. The next call follows it."), setting)} />
      <DeleteDialog setting={deleting} numbers={numbers.data?.phone_numbers ?? []} onClose={closeDeleting}
        onDeleted={() => setDone({ words: t("Deleted.") })} />
    </section>
  );
}

/** @type {import("./support/types.js").Standalone<import("./support/types.js").ForwardingProps>} */
export const CallForwardingComponent = standalone(Panel);
export default CallForwardingComponent;
