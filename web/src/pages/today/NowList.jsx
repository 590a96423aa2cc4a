// NowList.jsx: a sentence per number: what would happen to a call right now.
import { phone, planWords, unusedWords } from "../../components/support/words.js";
import { isolate } from "../../parts/numbers/isolate.js";
import { usePhoneLibrary } from "../../parts/numbers/phone_number.jsx";
import { Row, Rows } from "../../parts/tables/table.jsx";
import { moment } from "../../parts/time.jsx";
import { Who } from "../../parts/numbers/who.jsx";
import { number, t } from "../../text/text.js";
import styles from "./today.module.css";

function byAuthor({ author, ends_at }, what) {
  const values = { what, author: author && isolate(author), end: ends_at && moment(ends_at, { until: true }) };
  if (ends_at) {
    return author ? t("Forwarded by {author} until {end}: {what}.", values)
      : t("Forwarded until {end}: {what}.", values);
  }
  return author ? t("Forwarded by {author}: {what}.", values) : t("Forwarded: {what}.", values);
}

function overrideWords({ author, ends_at, note }, what) {
  const values = { what, author: author && isolate(author), end: moment(ends_at, { until: true }) };
  const words = author ? t("Override by {author} until {end}: {what}. The rules aren’t asked.", values)
    : t("Override until {end}: {what}. The rules aren’t asked.", values);
  return note ? `${words} ${t("“{text}”", { text: isolate(note) })}` : words;
}

function sentence(now, what) {
  switch (now.source) {
    case "rules": return t("The rule “{rule}” decides: {what}.", { rule: isolate(now.rule), what });
    case "override": return overrideWords(now.override, what);
    case "inactive": return t("The number is switched off: {what}.", { what });
    case "fallback": return t("The rules failed, so the settings decide: {what}.", { what });
    default: return now.setting ? byAuthor(now.setting, what) : t("The forwarding settings decide: {what}.", { what });
  }
}

function notRung({ target, name, state, ends_at }) {
  const who = name ? isolate(name) : target.replace(/^user:/, "");
  if (state === "offline") return t("{who} isn’t signed in, so that browser doesn’t ring.", { who });
  if (state === "away") return t("{who} is away until {time}.", { who, time: moment(ends_at, { until: true }) });
  return state === "refused" ? t("{number} can’t be called.", { number: phone(target) }) : undefined;
}

function OneNumber({ now }) {
  const names = Object.fromEntries(now.rings.filter(({ name }) => name).map(({ target, name }) => [target, name]));
  const unused = now.unused.map((one) => unusedWords(one, one.reason,
    { forward_to_number: one.always_to, ends_at: one.always_ends_at }));
  const notes = [...new Set([...now.rings.map(notRung), ...unused])].filter(Boolean);
  return (
    <Row title={<Who address={now.phone_number} name={now.friendly_name} />}
      detail={<>
        <span>{sentence(now, planWords(now.words, names))}</span>
        {notes.map((text) => <span key={text} className={styles.note}>{text}</span>)}
      </>} />
  );
}

export function NowList({ data }) {
  usePhoneLibrary(false);
  return (
    <>
      <Rows>{data.numbers.map((now) => <OneNumber key={now.phone_number_id} now={now} />)}</Rows>
      {data.next && <p className={styles.more}>{t("There are more: the first {count} are shown.", { count: number(data.numbers.length) })}</p>}
    </>
  );
}
