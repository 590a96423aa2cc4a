// Groups.jsx: who rings together, or one after the other.
import { list, t } from "../../text/text.js";
import { Entries, Names } from "./Entries.jsx";

export function Groups({ team }) {
  const everybody = team.entries.people.map(({ id }) => id);
  return (
    <Entries kind="groups" team={team} label={t("Groups")} empty={t("No groups yet")} addLabel={t("Name of a new group")} addVerb={t("Add a group")}
      summary={({ people }) => list(people.map(team.nameOf))} make={(id) => ({ id, people: everybody.slice(0, 1) })}>
      {(group, change, wrong) => (
        <Names label={t("Members, in order")} names={group.people} choices={everybody} nameOf={team.nameOf}
          onChange={(people) => change({ people })} wrong={wrong("people")} />
      )}
    </Entries>
  );
}
