// Settings.jsx: one number's forwarding settings.
import { Button, Group, Switch } from "@mantine/core";
import { ifMatch } from "../../api.js";
import { t } from "../../text/text.js";
import { useSettingChange } from "../numbers/use_numbers.js";
import { moment } from "../../parts/time.jsx";
import { Problem } from "../support/parts.jsx";
import { FORWARDING_TYPES, phone, unusedWords } from "../support/words.js";
import styles from "../support/panels.module.css";

const ORDER = ["always", "busy", "no_answer"];

function Setting({ setting, always, onEdit, onDelete, onToggled }) {
  const type = FORWARDING_TYPES[setting.forwarding_type].name;
  const target = phone(setting.forward_to_number);
  const named = t("{type}: {number}", { type, number: target });
  // Switch only what the user sees: a colleague may just have changed where it goes.
  const toggle = useSettingChange((api, on) => api.patch(`/api/call-forwarding/${setting.id}/toggle`, { is_active: on },
    ifMatch(setting)), { onSuccess: onToggled });
  return (
    <li className={styles.setting}>
      <div className={styles.settingRow}>
        <Switch checked={toggle.isPending ? toggle.variables : setting.is_active} aria-label={t("{name}, switched on", { name: named })}
          onChange={(event) => !toggle.isPending && toggle.mutate(event.currentTarget.checked)} />
        <div className={styles.settingWords}>
          <span className={styles.settingType}>{type}</span>
          <span className={styles.number}>{target}</span>
          <span className={styles.dimmed}>
            {setting.is_active ? `${setting.ring_timeout} s` : t("{seconds} s, switched off", { seconds: setting.ring_timeout })}
            {setting.ends_at && setting.unused !== "ended"
              && `, ${t("until {end}", { end: moment(setting.ends_at, { until: true }) })}`}
          </span>
        </div>
        <Group gap={6} className={styles.settingActions}>
          <Button size="compact-sm" variant="default" onClick={() => onEdit(setting)} aria-label={t("Edit {name}", { name: named })}>{t("Edit")}</Button>
          <Button size="compact-sm" variant="subtle" color="red"  onClick={() => onDelete(setting)}
            aria-label={t("Delete {name}", { name: named })}>{t("Delete")}</Button>
        </Group>
      </div>
      {setting.unused && (
        <p className={styles.unused}>{unusedWords(setting, setting.unused, always)}</p>
      )}
      {toggle.error && <Problem error={toggle.error} title={t("It was not switched")} />}
    </li>
  );
}

/** `inherited`: the settings for all numbers, which apply besides the number's own. */
export function Settings({ settings, inherited = [], ...actions }) {
  const sorted = [...settings].sort((a, b) => Number(b.is_active) - Number(a.is_active)
    || ORDER.indexOf(a.forwarding_type) - ORDER.indexOf(b.forwarding_type) || a.id - b.id);
  const always = [...settings, ...inherited].find((one) => one.is_active && one.unused !== "ended" && one.forwarding_type === "always");
  if (sorted.length === 0) {
    return <p className={styles.dimmed}>{inherited.some((one) => one.is_active && one.unused !== "ended")
      ? t("It follows the settings for all numbers.")
      : t("No forwarding: the browser rings, then callers can leave a message.")}</p>;
  }
  return (
    <ul className={styles.settings} aria-label={t("Forwarding settings")}>
      {sorted.map((setting) => <Setting key={setting.id} setting={setting} always={always} {...actions} />)}
    </ul>
  );
}
