// Precedence.jsx: in which order a call's way is decided, and who has a say at
// the moment. What the rule file adds or overrides stands here, too.
import { Text } from "@mantine/core";
import { useState } from "react";
import { isolate } from "../../parts/isolate.js";
import { useResource } from "../../resource.js";
import { count, FORWARDING_TYPES, moment, phone } from "../support/words.js";
import { Where } from "./Now.jsx";
import styles from "../support/panels.module.css";

// Which place of the list has decided; settings have three.
function placeOf(decision, settings) {
  const places = { inactive: "inactive", blocked: "blocked", override: "override", rules: "rules" };
  if (!decision) return null;
  if (places[decision.source]) return places[decision.source];
  if (settings.some((setting) => setting.is_active && setting.forwarding_type === "always")) return "always";
  return settings.some((setting) => setting.is_active) ? "others" : "owner";
}

function overrideWords(overrides, number) {
  const here = (overrides ?? []).find((row) => row.in_force
    && (row.phone_number_id === null || row.phone_number_id === number.id));
  return here ? `${phone(here.forward_to_number)} until ${moment(here.ends_at)}` : "none in force";
}

function settingWords(settings, types) {
  const active = settings.filter((setting) => setting.is_active && types.includes(setting.forwarding_type));
  if (active.length === 0) return "none switched on";
  return active.map((setting) => (types.length > 1
    ? `${FORWARDING_TYPES[setting.forwarding_type].name.toLowerCase()}: ${phone(setting.forward_to_number)}`
    : phone(setting.forward_to_number))).join(", ");
}

function Place({ name, children, decides }) {
  return (
    <li className={styles.place} data-now={decides || undefined} aria-current={decides ? "step" : undefined}>
      <strong>{name}</strong>{" "}
      {decides && <><span className={styles.mark}>decides now</span>{" "}</>}
      <span>{children}</span>
    </li>
  );
}

// How much of the next two weeks each rule decides, for a caller nobody knows.
function shares(coverage) {
  const spans = coverage?.numbers?.[0]?.classes?.find((entry) => entry.class === "unknown")?.spans ?? [];
  const total = spans.reduce((sum, span) => sum + span.to - span.from, 0);
  const by = new Map();
  for (const span of spans) {
    const name = span.source === "rules" ? `“${isolate(span.rule)}”` : "the settings here";
    by.set(name, (by.get(name) ?? 0) + span.to - span.from);
  }
  return [...by].sort((a, b) => b[1] - a[1]).map(([name, part]) => `${name} ${Math.round((100 * part) / total)} %`);
}

function RuleFile({ number, href, open }) {
  const rules = useResource("/api/twilio/rules", { enabled: open });
  const list = rules.data?.rules ?? [];
  const coverage = useResource("/api/twilio/coverage", {
    query: { phone_number_id: number.id }, enabled: open && list.length > 0, retry: false, staleTime: 60_000,
  });
  if (rules.isPending) return "…";
  if (rules.error) return "could not be read";
  if (list.length === 0) return "no rules: it leaves everything to the settings here";
  const parts = shares(coverage.data);
  return (
    <>
      {count(list.length, "rule")}; where one matches, the settings here are not asked
      <ul className={styles.rules}>
        {list.map((rule) => (
          <li key={rule.index}>“<bdi>{rule.name}</bdi>” (<Where line={rule.line} href={href} />)</li>
        ))}
      </ul>
      {parts.length > 0 && <Text size="sm" c="dimmed">Who decides in the next 14 days, for a caller nobody knows:
        {" "}{parts.join(", ")}</Text>}
    </>
  );
}

export function Precedence({ number, settings, decision, rulesHref }) {
  const [open, setOpen] = useState(false);
  const overrides = useResource("/api/twilio/overrides", { enabled: open });
  const place = placeOf(decision, settings);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Who decides, in which order</summary>
      <ol className={styles.places}>
        <Place name="Switched off" decides={place === "inactive"}>
          {number.is_active ? "no, the number takes calls" : "yes: callers hear that it is closed"}</Place>
        <Place name="Blocked callers" decides={place === "blocked"}>are refused</Place>
        <Place name="Temporary override" decides={place === "override"}>
          {overrides.isPending ? "…" : overrideWords(overrides.data?.overrides, number)}</Place>
        <Place name="The rule file" decides={place === "rules"}>
          <RuleFile number={number} href={rulesHref} open={open} /></Place>
        <Place name="Forward always" decides={place === "always"}>{settingWords(settings, ["always"])}</Place>
        <Place name="Browser first, then" decides={place === "others"}>{settingWords(settings, ["busy", "no_answer"])}</Place>
        <Place name="Browser, then voicemail" decides={place === "owner"}>when nothing above applies</Place>
      </ol>
    </details>
  );
}
