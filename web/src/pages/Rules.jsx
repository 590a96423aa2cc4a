// Rules.jsx: the rule file: source, draft and history; a call tried out, recent
// calls replayed, and the next two weeks' coverage.
import { Tabs } from "@mantine/core";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useNotice } from "../parts/notice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Problem } from "../parts/states.jsx";
import { useResource } from "../resource.js";
import { t } from "../text/text.js";
import { Coverage } from "./rules/Coverage.jsx";
import { Draft } from "./rules/Draft.jsx";
import { GoLive } from "./rules/GoLive.jsx";
import { History } from "./rules/History.jsx";
import { Replay } from "./rules/Replay.jsx";
import { Source } from "./rules/Source.jsx";
import { Try } from "./rules/Try.jsx";
import { useCheck, useDraft, useDraftChange, useGoLive, useRules, useTyped, useUnsaved } from "./rules/use_rules.js";

const tabs = () => ({ source: t("Source"), draft: t("Draft"), history: t("History"), try: t("Try a call"), replay: t("Replay|noun"), coverage: t("Coverage") });

// The address holds the tab and the line: /rules/replay, /rules?line=12.
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

// The notice once rules are live.
function liveWords({ way, version }) {
  switch (way) {
    case "restore": return t("Version {version} is restored. The next call follows it.", { version });
    case "promote": return t("The draft is live. The next call follows it.");
    case "accept": return t("The file is live. The next call follows it.");
    default: return t("Saved. The next call follows it.");
  }
}

function useFile() {
  const notify = useNotice();
  const rules = useRules();
  const typed = useTyped("forwarding.lua", rules.data);
  const [asking, setAsking] = useState(null);
  const [saved, setSaved] = useState(null);
  const change = useGoLive({
    onLive(live, asked, before) {
      if (asked.way === "save") typed.saved(asked.source, live);
      setSaved({ gate: live.gate, version: live.version, before: before === live.version ? undefined : before });
      notify(liveWords(asked));
    },
    onAsked: setAsking,
    onFailed: (asked) => asked.way === "save" && setAsking(null),
  });
  const check = useCheck(typed.text, typed.dirty || rules.data?.error?.held === true);
  return { rules, typed, change, asking, setAsking, saved, check };
}

function useDraftFile(shown) {
  const notify = useNotice();
  const query = useDraft(shown);
  const typed = useTyped("forwarding.next.lua", query.data);
  const change = useDraftChange((draft, asked) => {
    typed.saved(asked.source ?? asked.discarded, draft);
    notify(asked.source !== undefined ? t("The draft is saved. It decides the next calls beside the live rules.")
      : t("The draft is thrown away."));
  });
  return { query, typed, change, check: useCheck(typed.text, typed.dirty) };
}

export function Rules() {
  usePhoneLibrary(false);
  const { tab, line, open, openLine } = useTab();
  const { rules, asking, setAsking, ...file } = useFile();
  const draft = useDraftFile(tab === "draft");
  useUnsaved(file.typed.dirty || draft.typed.dirty);
  const numbers = useResource("/api/twilio/my-numbers");
  const list = numbers.data?.phone_numbers ?? [];
  const unsaved = { source: file.typed.dirty, draft: draft.typed.dirty };
  const toDraft = () => {
    draft.typed.setText(file.typed.text);
    file.typed.drop();
    open("draft");
  };
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
                  {unsaved[value] ? t("{tab} (unsaved)", { tab: name }) : name}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="source" pt="md">
              <Source query={rules} rules={rules.data} line={line} onAsk={setAsking}
                onDraft={draft.query.data && toDraft} {...file} />
            </Tabs.Panel>
            <Tabs.Panel value="draft" pt="md"><Draft rules={rules.data} onAsk={setAsking} {...draft} /></Tabs.Panel>
            <Tabs.Panel value="history" pt="md"><History onAsk={setAsking} editable={rules.data?.editable} /></Tabs.Panel>
            <Tabs.Panel value="try" pt="md"><Try typed={file.typed} numbers={list} onLine={openLine} /></Tabs.Panel>
            <Tabs.Panel value="replay" pt="md"><Replay typed={file.typed} numbers={list} onLine={openLine} /></Tabs.Panel>
            <Tabs.Panel value="coverage" pt="md"><Coverage numbers={list} onLine={openLine} /></Tabs.Panel>
          </Tabs>
        )}
      </Panel>
      <GoLive change={file.change} asking={asking} onClose={() => setAsking(null)}
        onDone={({ way }) => way === "promote" && open("source")} />
    </Page>
  );
}
