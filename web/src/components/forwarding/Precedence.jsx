// Precedence.jsx: what is asked first, second and third about a call, which of them
// decides right now, and what the rule file adds.
import { Text } from "@mantine/core";
import { useState } from "react";
import { isolate } from "../../parts/numbers/isolate.js";
import { moment } from "../../parts/time.jsx";
import { useResource } from "../../resource.js";
import { percent, plural, t } from "../../text/text.js";
import { FORWARDING_TYPES, phone } from "../support/words.js";
import { Where } from "./Now.jsx";
import styles from "../support/panels.module.css";

const applies = (setting) => setting.is_active && setting.unused !== "ended";

// Which entry of the list decided; settings have three.
function placeOf(decision, settings) {
  const places = { inactive: "inactive", blocked: "blocked", override: "override", rules: "rules" };
  if (!decision) return null;
  if (places[decision.source]) return places[decision.source];
  if (settings.some((setting) => applies(setting) && setting.forwarding_type === "always")) return "always";
  return settings.some(applies) ? "others" : "owner";
}

function overrideWords(overrides, number) {
  const here = (overrides ?? []).find((row) => row.in_force
    && (row.phone_number_id === null || row.phone_number_id === number.id));
  return here ? t("{number} until {end}", { number: phone(here.forward_to_number), end: moment(here.ends_at, { until: true }) })
    : t("none in force");
}

function settingWords(settings, types) {
  const active = settings.filter((setting) => applies(setting) && types.includes(setting.forwarding_type));
  if (active.length === 0) return t("none switched on");
  return active.map((setting) => (types.length > 1
    ? t("{type}: {number}", { type: FORWARDING_TYPES[setting.forwarding_type].name, number: phone(setting.forward_to_number) })
    : phone(setting.forward_to_number))).join(", ");
}

function Place({ name, children, decides }) {
  return (
    <li className={styles.place} data-now={decides || undefined} aria-current={decides ? "step" : undefined}>
      <strong>{name}</strong>{" "}
      {decides && <><span className={styles.mark}>{t("decides now")}</span>{" "}</>}
      <span>{children}</span>
    </li>
  );
}

// How much of the next two weeks each rule decides for an unknown caller.
function shares(coverage) {
  const spans = coverage?.numbers?.[0]?.classes?.find((entry) => entry.class === "unknown")?.spans ?? [];
  const total = spans.reduce((sum, span) => sum + span.to - span.from, 0);
  const by = new Map();
  for (const span of spans) {
    const name = span.source === "rules" ? t("“{text}”", { text: isolate(span.rule) }) : t("the settings here");
    by.set(name, (by.get(name) ?? 0) + span.to - span.from);
  }
  return [...by].sort((a, b) => b[1] - a[1]).map(([name, part]) => `${name} ${percent(part / total)}`);
}

function RuleFile({ number, href, open }) {
  const rules = useResource("/api/twilio/rules", { enabled: open });
  const list = rules.data?.rules ?? [];
  const coverage = useResource("/api/twilio/coverage", {
    query: { phone_number_id: number.id }, enabled: open && list.length > 0, retry: false, staleTime: 60_000,
  });
  if (rules.isPending) return "…";
  if (rules.error) return t("could not be read");
  if (list.length === 0) return t("no rules: it leaves everything to the settings here");
  const parts = shares(coverage.data);
  return (
    <>
      {plural(list.length, "{n} rule; where one matches, the settings here are not asked", "{n} rules; where one matches, the settings here are not asked")}
      <ul className={styles.rules}>
        {list.map((rule) => (
          <li key={rule.index}>“<bdi>{rule.name}</bdi>” (<Where line={rule.line} href={href} />)</li>
        ))}
      </ul>
      {parts.length > 0 && <Text size="sm" c="dimmed">
        {t("Who decides in the next 14 days, for a caller nobody knows: {shares}", { shares: parts.join(", ") })}</Text>}
    </>
  );
}

export function Precedence({ number, settings, decision, rulesHref }) {
  const [open, setOpen] = useState(false);
  const overrides = useResource("/api/twilio/overrides", { enabled: open });
  const place = placeOf(decision, settings);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Who decides, in which order")}</summary>
      <ol className={styles.places}>
        <Place name={t("Switched off")} decides={place === "inactive"}>
          {number.is_active ? t("no, the number takes calls") : t("yes: callers hear that it is closed")}</Place>
        <Place name={t("Blocked callers")} decides={place === "blocked"}>{t("are rejected")}</Place>
        <Place name={t("Temporary override")} decides={place === "override"}>
          {overrides.isPending ? "…" : overrideWords(overrides.data?.overrides, number)}</Place>
        <Place name={t("The rule file")} decides={place === "rules"}>
          <RuleFile number={number} href={rulesHref} open={open} /></Place>
        <Place name={t("Forward always")} decides={place === "always"}>{settingWords(settings, ["always"])}</Place>
        <Place name={t("Browser first, then")} decides={place === "others"}>{settingWords(settings, ["busy", "no_answer"])}</Place>
        <Place name={t("Browser, then voicemail")} decides={place === "owner"}>{t("when nothing above applies")}</Place>
      </ol>
    </details>
  );
}
