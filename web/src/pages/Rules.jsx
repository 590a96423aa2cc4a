// Rules.jsx: the rule file: its source, its history, and what it does to a call
// that is tried, to the calls of the last days, and in the next two weeks.
import { Tabs } from "@mantine/core";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useNotice } from "../parts/notice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { usePhoneLibrary } from "../parts/phone_number.jsx";
import { Problem } from "../parts/states.jsx";
import { useResource } from "../resource.js";
import { t } from "../text/text.js";
import { Coverage } from "./rules/Coverage.jsx";
import { History } from "./rules/History.jsx";
import { Replay } from "./rules/Replay.jsx";
import { Source } from "./rules/Source.jsx";
import { Try } from "./rules/Try.jsx";
import { useCheck, useDraft, useRules, useSave, useUnsaved } from "./rules/use_rules.js";

const tabs = () => ({ source: t("Source"), history: t("History"), try: t("Try a call"), replay: t("Replay|noun"), coverage: t("Coverage") });

// The tab and the line stand in the address: /rules/replay, /rules?line=12.
function useTab() {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const name = path.replace(/^\//, "");
  return {
    tab: Object.hasOwn(tabs(), name) ? name : "source",
    line: Number(new URLSearchParams(search).get("line")) || undefined,
    open: (tab) => navigate(tab === "source" ? "/" : `/${tab}`),
    openLine: (line) => navigate(`/?line=${line}`),
  };
}

function useFile() {
  const notify = useNotice();
  const rules = useRules();
  const draft = useDraft(rules.data);
  const [conflict, setConflict] = useState(null);
  const save = useSave({
    onSaved(saved, asked) {
      // What was typed while it was being saved stays a draft.
      if (asked.version !== undefined || asked.source === draft.text) draft.drop();
      else draft.begin(saved.source, saved.hash, draft.text);
      setConflict(null);
      notify(asked.version === undefined ? t("Saved. The next call follows it.")
        : t("Version {version} is restored. The next call follows it.", { version: asked.version }));
    },
    onConflict: setConflict,
  });
  useUnsaved(draft.dirty);
  return { rules, draft, save, conflict, setConflict, check: useCheck(draft.text, draft.dirty) };
}

export function Rules() {
  usePhoneLibrary(false);
  const { tab, line, open, openLine } = useTab();
  const { rules, ...file } = useFile();
  const numbers = useResource("/api/twilio/my-numbers");
  const list = numbers.data?.phone_numbers ?? [];
  return (
    <Page title={t("Rules")} intro={t("lua/forwarding.lua decides first; where no rule matches, the settings under Forwarding do.")}>
      <Panel>
        {rules.error && !rules.data ? (
          <Problem error={rules.error} retry={rules.refetch} title={t("The rule file could not be read")} />
        ) : (
          <Tabs value={tab} onChange={open} keepMounted={false}>
            <Tabs.List aria-label={t("Views of the rules")}>
              {Object.entries(tabs()).map(([value, name]) => (
                <Tabs.Tab key={value} value={value}>
                  {value === "source" && file.draft.dirty ? t("{tab} (unsaved)", { tab: name }) : name}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="source" pt="md"><Source rules={rules.data} line={line} {...file} /></Tabs.Panel>
            <Tabs.Panel value="history" pt="md"><History save={file.save} editable={rules.data?.editable} /></Tabs.Panel>
            <Tabs.Panel value="try" pt="md"><Try draft={file.draft} numbers={list} onLine={openLine} /></Tabs.Panel>
            <Tabs.Panel value="replay" pt="md"><Replay draft={file.draft} numbers={list} onLine={openLine} /></Tabs.Panel>
            <Tabs.Panel value="coverage" pt="md"><Coverage numbers={list} onLine={openLine} /></Tabs.Panel>
          </Tabs>
        )}
      </Panel>
    </Page>
  );
}
