// Reachable.jsx: whose browser can ring right now, and the user's own absence.
import { Button } from "@mantine/core";
import { Suspense } from "react";
import { LoadingChunk, lazyPart } from "../../parts/boundary.jsx";
import { useOpening } from "../../parts/forms/opening.js";
import { Panel } from "../../parts/page.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { Row, Rows } from "../../parts/tables/table.jsx";
import { moment, Time } from "../../parts/time.jsx";
import { useResource } from "../../resource.js";
import { useSession } from "../../session.jsx";
import { rich } from "../../text/rich.jsx";
import { number, t } from "../../text/text.js";
import styles from "./today.module.css";

const stateOf = (person) => (person.online ? (person.busy ? "busy" : "online") : "offline");
const words = () => ({ online: t("Reachable in the browser"), busy: t("On the phone"), offline: t("Not in the browser") });

// Neither is part of the first load.
const AwayDialog = lazyPart(() => import("./Away.jsx"), "AwayDialog");
const BackButton = lazyPart(() => import("./Away.jsx"), "BackButton");

function Own({ person }) {
  const [isOpen, open, close] = useOpening();
  return (
    <>
      {person.away_until ? <Suspense fallback={null}><BackButton /></Suspense>
        : <Button size="compact-sm" variant="default" onClick={() => open()}>{t("I’m away…")}</Button>}
      {isOpen && <Suspense fallback={<LoadingChunk what={t("the form")} />}><AwayDialog onClose={close} /></Suspense>}
    </>
  );
}

function Person({ person }) {
  const { me } = useSession();
  const isMe = person.user_id === me.data.user.id;
  const state = stateOf(person);
  const name = person.name ?? person.user_id;
  return (
    <Row icon={<span className={styles.dot} data-state={state} />}
      title={isMe ? rich("{name} (you)", { name: <bdi>{name}</bdi> }) : <bdi>{name}</bdi>}
      detail={<>
        <span>{words()[state]}</span>
        {person.away_until && <span>{t("away until {time}", { time: moment(person.away_until, { until: true }) })}</span>}
        {state === "offline" && person.seen_at && <span>{rich("seen {when}", { when: <Time at={person.seen_at} relative /> })}</span>}
      </>}>
      {isMe && <Own person={person} />}
    </Row>
  );
}

export function Reachable() {
  const presence = useResource("/api/twilio/presence");
  return (
    <Panel title={t("Who is reachable")} flush>
      <Ready query={presence} what={t("who is reachable")}>
        {({ people, more }) => (people.length
          ? <>
            <Rows>{people.map((person) => <Person key={person.user_id} person={person} />)}</Rows>
            {more && <p className={styles.more}>{t("There are more: the first {count} are shown.", { count: number(people.length) })}</p>}
          </>
          : <Empty icon="person" title={t("Nobody yet")}>{t("Anyone who opens the phone here appears in this list.")}</Empty>)}
      </Ready>
    </Panel>
  );
}
