// Team.jsx: what changes from week to week: people and absences, groups, opening hours, who is on call.
import { Anchor, Tabs } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { PlanNames } from "../components/support/plan_names.jsx";
import { Note } from "../components/support/parts.jsx";
import { useNotice } from "../parts/notice.jsx";
import { Page, Panel } from "../parts/page.jsx";
import { usePhoneLibrary } from "../parts/numbers/phone_number.jsx";
import { Ready } from "../parts/states.jsx";
import { rich } from "../text/rich.jsx";
import { t } from "../text/text.js";
import { GoLive } from "./rules/GoLive.jsx";
import { useUnsaved } from "./rules/use_rules.js";
import { namesOf } from "./team/edit.js";
import { Groups } from "./team/Groups.jsx";
import { Hours } from "./team/Hours.jsx";
import { OnCall } from "./team/OnCall.jsx";
import { People } from "./team/People.jsx";
import { problemsOf } from "./team/problems.js";
import { kinds, Refused, Saving } from "./team/Saving.jsx";
import { TeamCoverage } from "./team/TeamCoverage.jsx";
import styles from "./team/team.module.css";
import { useTeamCheck, useTeamEdit, useTeamSave } from "./team/use_team.js";

const FORMS = { people: People, groups: Groups, hours: Hours, oncall: OnCall };

// The address holds the tab: /team/hours.
function useTab() {
  const [path, navigate] = useLocation();
  const name = path.replace(/^\//, "");
  return [Object.hasOwn(FORMS, name) ? name : "people", (tab) => navigate(tab === "people" ? "/" : `/${tab}`)];
}

function Forms({ data, team, kind }) {
  const Form = FORMS[kind];
  if (data.errors.length > 0) return <Refused bad={{ errors: data.errors }} title={t("A file has a mistake, so calls follow its last good version. Fix the file first.")} />;
  return (
    <div className={styles.stack}>
      {!data.editable && <Note>{t("The files on this server can’t be edited in the console.")}</Note>}
      <Form team={team} />
    </div>
  );
}

// What the forms read and change.
function formsOf(state, { check, save }) {
  const { entries } = state;
  const refused = check.error ?? (save.error?.code === "refused" ? save.error.details : undefined);
  return entries && {
    entries, editable: state.team.data?.editable, conflicts: state.conflicts, settle: state.settle,
    unfinished: state.unfinished,
    problems: problemsOf(refused, check.problem ?? save.error, entries), refused,
    change(fields, settled) {
      if (!save.isPending) save.reset();
      state.change(fields, settled);
    },
    hadPin: (id) => Boolean(state.team.data.people.find((person) => person.id === id)?.has_pin),
    nameOf: (id) => entries.people.find((person) => person.id === id)?.name || id,
    // People and groups share one set of names: rules ring either by name.
    taken: (kind) => (kind === "people" || kind === "groups" ? [...entries.people, ...entries.groups] : entries[kind]).map(({ id }) => id),
  };
}

export function Team() {
  usePhoneLibrary(false);
  const notify = useNotice();
  const [tab, open] = useTab();
  const [asking, setAsking] = useState(null);
  const state = useTeamEdit();
  const check = useTeamCheck(state);
  useUnsaved(state.dirty);
  const save = useTeamSave(state, {
    onSaved() {
      setAsking(null);
      notify(t("Saved. The next call follows it."));
    },
    onAsked: setAsking,
    onMerged: () => notify.warn(t("A colleague saved meanwhile. Your changes were added to theirs: check them, then save again.")),
  });
  const drop = () => {
    setAsking(null);
    save.reset();
    state.drop();
  };
  const { body, dirty, note, setNote } = state;
  const team = formsOf(state, { check, save });
  const names = useMemo(() => namesOf(state.team.data?.people ?? []), [state.team.data]);
  return (
    <Page title={t("Team")} intro={rich("Who can be rung, when you’re open and who’s on call. Rules go by this; <a>Coverage</a> shows who would be reached.",
      { a: (text) => <Anchor component={Link} href="~/rules/coverage">{text}</Anchor> })}>
      <div className={styles.frame}>
        <div className={styles.columns}>
          <Panel>
            <Ready query={state.team} what={t("the team")}>
              {(data) => (
                <Tabs value={tab} onChange={open} keepMounted={false}>
                  <Tabs.List aria-label={t("Parts of the team")}>
                    {Object.entries(kinds()).map(([kind, name]) => (
                      <Tabs.Tab key={kind} value={kind}>{body[kind] ? t("{tab} (unsaved)", { tab: name }) : name}</Tabs.Tab>
                    ))}
                  </Tabs.List>
                  {Object.keys(FORMS).map((kind) => (
                    <Tabs.Panel key={kind} value={kind} pt="md"><Forms data={data} team={team} kind={kind} /></Tabs.Panel>
                  ))}
                </Tabs>
              )}
            </Ready>
          </Panel>
          <div className={styles.side}>
            <PlanNames value={names}>
              {dirty && <Saving {...{ team, edit: state.edit, check, save, note, setNote, drop }} />}
              {state.team.data && <TeamCoverage state={state} check={check} names={names} />}
              <GoLive change={save} asking={asking} onClose={() => setAsking(null)} />
            </PlanNames>
          </div>
        </div>
      </div>
    </Page>
  );
}
