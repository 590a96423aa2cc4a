// TeamCoverage.jsx: who is reached over two weeks, beside the forms, with the edit's changes marked.
import { NativeSelect, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { PlanNames, usePlanWords } from "../../components/support/plan_names.jsx";
import { ownZone } from "../../components/numbers/use_numbers.js";
import { labelOf } from "../../components/support/words.js";
import { Panel } from "../../parts/page.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { useApi } from "../../session.jsx";
import { list, plural, t } from "../../text/text.js";
import { callers, OfNumber } from "../rules/Coverage.jsx";
import { clock, dayName, midnight } from "../../parts/days.js";
import { firstDay, wallText } from "./edit.js";
import styles from "./team.module.css";

const COVERAGE = "/api/twilio/coverage", DRAFT = "/api/twilio/team/coverage";
const DAYS = 14, MOST_NUMBERS = 20, DAY_MS = 86_400_000;
const SHOWN = 3; // times listed per change

/** Coverage from a day on, by the live rules or with the edit; an edit that can't be saved isn't shown. */
function useTeamCoverage({ body, dirty, check, from, zone }) {
  const api = useApi();
  const tried = dirty && check.state !== "bad" && check.state !== "failed";
  const asked = { days: DAYS, limit: MOST_NUMBERS, zone, at: from && midnight(...from.split("-").map(Number), zone) };
  const text = JSON.stringify(tried ? { ...body, ...asked } : asked);
  const query = useQuery({
    queryKey: ["coverage", tried ? DRAFT : COVERAGE, text], enabled: !tried || check.state === "good",
    staleTime: 60_000, retry: false, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => (tried ? api.post(DRAFT, JSON.parse(text), { signal })
      : api.get(COVERAGE, { query: asked, signal })),
  });
  return { ...query, tried, isOld: query.isPlaceholderData || (tried && check.state !== "good") };
}

const isChanged = ({ spans }) => spans.some(({ before }) => before);

// When calls change where they go, grouped by from and to.
function moves(spans) {
  const found = new Map();
  for (const { before, words, ...time } of spans) {
    if (!before) continue;
    const key = `${before.words}\n${words}`;
    if (!found.has(key)) found.set(key, { key, before: before.words, after: words, times: [] });
    found.get(key).times.push(time);
  }
  return [...found.values()];
}

function timeText({ from, to }, zone) {
  const [first, last] = [dayName(from, zone), dayName(to - 1, zone)];
  return t("{from} to {to}", { from: `${first} ${clock(from, zone)}`, to: first === last ? clock(to, zone, true) : `${last} ${clock(to, zone, true)}` });
}

function Move({ move, zone }) {
  const planWords = usePlanWords();
  const { times, before, after } = move;
  const shown = times.slice(0, SHOWN).map((time) => timeText(time, zone));
  const more = times.length - shown.length;
  return (
    <li>
      <p className={styles.when}>{list(more > 0 ? [...shown, plural(more, "{n} more time", "{n} more times")] : shown)}</p>
      <dl className={styles.sides}>
        <dt>{t("Before")}</dt><dd>{planWords(before)}</dd>
        <dt>{t("After")}</dt><dd>{before === after ? t("rings the same phones, but asks or says something else") : planWords(after)}</dd>
      </dl>
    </li>
  );
}

function Moves({ number, spans }) {
  const found = moves(spans);
  const count = found.reduce((sum, { times }) => sum + times.length, 0);
  if (count === 0) return <p className={styles.soft}>{t("No call in these two weeks goes elsewhere.")}</p>;
  return (
    <div>
      <p className={styles.when}>{plural(count, "{n} time when calls go elsewhere", "{n} times when calls go elsewhere")}</p>
      <ul className={styles.moves} aria-label={t("Times that change")}>
        {found.map((move) => <Move key={move.key} move={move} zone={number.zone} />)}
      </ul>
    </div>
  );
}

function Shown({ data, tried, caller, setCaller, id, setId }) {
  const changed = data.numbers.filter(({ classes }) => classes.some(isChanged));
  const number = data.numbers.find((one) => String(one.phone_number_id) === id) ?? changed[0] ?? data.numbers[0];
  const kind = caller || (number?.classes.find(isChanged) ?? number?.classes[0])?.class;
  if (!number) return <Empty icon="numbers" title={t("No numbers yet")} />;
  const numbers = data.numbers.map((one) => ({ value: String(one.phone_number_id), label: labelOf(one) }));
  const { spans } = number.classes.find((one) => one.class === kind);
  const others = changed.filter((one) => one !== number);
  return (
    <div className={styles.stack}>
      <div className={styles.inline}>
        {numbers.length > 1 && (
          <NativeSelect label={t("Calls to")} data={numbers} value={String(number.phone_number_id)} onChange={(event) => setId(event.currentTarget.value)} />
        )}
        <NativeSelect label={t("From")} value={kind} onChange={(event) => setCaller(event.currentTarget.value)}
          data={Object.entries(callers()).map(([value, label]) => ({ value, label }))} />
      </div>
      {tried && <Moves number={number} spans={spans} />}
      {tried && others.length > 0 && <p className={styles.soft}>{t("Calls to {numbers} change, too.", { numbers: list(others.map(labelOf)) })}</p>}
      {data.next && <p className={styles.soft}>{t("The first {n} numbers.", { n: MOST_NUMBERS })}</p>}
      <OfNumber key={`${number.phone_number_id} ${kind}`} data={data} number={number} caller={kind} changes={tried} />
    </div>
  );
}

/** `state`: from useTeamEdit; `check`: the edit's; `names`: who each phone belongs to now. */
export function TeamCoverage({ state, check, names }) {
  const { edit, entries, body, dirty } = state;
  const [day, setDay] = useState("");
  const [caller, setCaller] = useState("");
  const [id, setId] = useState("");
  // In the team's zone, so that times match the forms; a number's own zone comes first.
  const { hours = [], oncall = [] } = state.team.data ?? {};
  const zone = [...hours, ...oncall][0]?.zone ?? ownZone();
  const today = wallText(Date.now(), zone).slice(0, 10);
  // If the edit first matters on a later day, start there.
  const first = useMemo(() => (dirty ? firstDay(edit.base, entries, today) : undefined), [dirty, edit, entries, today]);
  const isLater = first && Date.parse(first) >= Date.parse(today) + DAYS * DAY_MS;
  const shown = day || (isLater ? first : today);
  const query = useTeamCoverage({ body, dirty, check, zone, from: shown === today ? undefined : shown });
  return (
    <Panel title={t("Who’s reached, day by day")}>
      <div className={styles.stack}>
        <div className={styles.inline}>
          <TextInput type="date" label={t("First day")} value={shown} min={today}
            onChange={(event) => setDay(event.currentTarget.value)} />
        </div>
        {dirty && !query.tried && <p className={styles.soft}>{t("Shows the saved team: your changes can’t be saved yet.")}</p>}
        <div aria-busy={query.isOld}>
          <Ready query={query} what={t("the next two weeks")}>
            {(data) => (
              <PlanNames value={{ ...names, ...data.names }}>
                <Shown data={data} tried={query.tried && !query.isOld} caller={caller} setCaller={setCaller}
                  id={id} setId={setId} />
              </PlanNames>
            )}
          </Ready>
        </div>
      </div>
    </Panel>
  );
}
