// states.jsx: loading, empty and failed. Each says what to do next.
import { Button, Loader } from "@mantine/core";
import { ErrorText, FieldText } from "../text/language.jsx";
import { t } from "../text/text.js";
import { Icon } from "./icon.jsx";
import styles from "./states.module.css";

export function Loading({ what }) {
  return (
    <div className={styles.state} role="status">
      <Loader size="sm" aria-hidden />
      <p>{t("Loading {what}…", { what })}</p>
    </div>
  );
}

// Nothing here yet. `children` says how to add something, `action` does it.
export function Empty({ icon = "inbox", title, children, action }) {
  return (
    <div className={styles.state}>
      <Icon name={icon} size={28} />
      <p className={styles.title}>{title}</p>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

// What to do about an error, besides trying again.
function advice(error) {
  if (error.status === 503 && error.code === "twilio_not_configured") return t("See Settings for what is missing.");
  if (error.status === 404 && error.code === "not_found") return t("This version of Hookswitch doesn’t have that feature.");
  return null;
}

// Waiting for an answer (api.js, `retrying`). `page`: it stands in for a whole page,
// so its text is the heading.
export function Unreachable({ page = false }) {
  const Title = page ? "h1" : "p";
  return (
    <div className={styles.state} role="alert">
      <Icon name="warning" size={28} />
      <Title className={styles.title}>{t("Hookswitch can’t be reached")}</Title>
      <p>{t("Check your connection. This appears by itself as soon as Hookswitch answers.")}</p>
    </div>
  );
}

// `known`: fields that show their own errors.
export function Problem({ error, retry, title = t("That did not work"), known = [] }) {
  return (
    <div className={styles.state} role="alert">
      <Icon name="warning" size={28} />
      <p className={styles.title}>{title}</p>
      <p><ErrorText error={error} /> {advice(error)}</p>
      {Object.keys(error.fields ?? {}).filter((name) => !known.includes(name))
        .map((name) => <p key={name}><FieldText error={error} name={name} named /></p>)}
      {retry && <Button size="compact-md" variant="light" onClick={() => retry()}>{t("Try again")}</Button>}
      {error.requestId && <p className={styles.small}>{t("Request {id}", { id: error.requestId })}</p>}
    </div>
  );
}

/** Before there is data: loading, or the server isn't answering. */
export function Waiting({ queries, what }) {
  return queries.some(({ failureReason }) => failureReason?.isUnreachable) ? <Unreachable /> : <Loading what={what} />;
}

// A query's data once it has loaded; before that, loading or the error.
//   <Ready query={numbers} what="your numbers">{(data) => …}</Ready>
export function Ready({ query, what, known, children }) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Problem error={query.error} retry={query.refetch} known={known}
    title={t("Could not load {what}", { what })} />;
  return <Waiting queries={[query]} what={what} />;
}

// A line above a form's buttons, for an error that isn't about one field.
export function FormProblem({ error, known = [] }) {
  if (!error) return null;
  const fields = Object.keys(error.fields ?? {});
  const rest = fields.filter((field) => !known.includes(field));
  if (fields.length > 0 && rest.length === 0) return null;
  return (
    <p className={styles.form} role="alert">
      <Icon name="warning" size={16} /> {rest.length === 0 && <ErrorText error={error} />}
      {rest.map((field, at) => <span key={field}>{at > 0 && "; "}<FieldText error={error} name={field} named /></span>)}
    </p>
  );
}
