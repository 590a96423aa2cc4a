// database.mjs: looking into a server's database, and filling it, with the
// sqlite3 command: what an administrator would do.
import { execFile, execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { isUrl, rowsOf, rowsOfMeanwhile } from "./postgres.mjs";

const quoted = (value) => (value === null || value === undefined ? "NULL"
  : typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`);

const asked = (database, sql) => ["-cmd", ".timeout 60000", "-json", database, sql];
const parsed = (out) => (out.trim() ? JSON.parse(out) : []);

// Rows as objects.
export function rows(database, sql) {
  if (isUrl(database)) return rowsOf(database, sql);
  return parsed(execFileSync("sqlite3", asked(database, sql), { encoding: "utf8" }));
}

// What several queries find, in turn, by one run of the command.
const NEXT = "---- the next query ----";
export function rowsOfEach(database, queries) {
  if (isUrl(database)) return queries.map((sql) => rowsOf(database, sql));
  const input = queries.map((sql) => `${sql};\n.print ${NEXT}\n`).join("");
  const out = execFileSync("sqlite3", ["-bail", "-cmd", ".timeout 60000", "-json", database], { encoding: "utf8", input });
  return out.split(`${NEXT}\n`).slice(0, -1).map(parsed);
}

// Rows while requests are under way: nothing waits for it. A client that
// stands still between connecting and sending is let go while others wait.
export async function rowsMeanwhile(database, sql) {
  if (isUrl(database)) return rowsOfMeanwhile(database, sql);
  return parsed((await promisify(execFile)("sqlite3", asked(database, sql), { encoding: "utf8" })).stdout);
}

export function insert(database, table, values) {
  const names = Object.keys(values).map((n) => `"${n}"`).join(", ");
  const sql = `INSERT INTO ${table} (${names}) VALUES (${Object.values(values).map(quoted).join(", ")}) RETURNING id`;
  return rows(database, sql)[0]?.id;
}

// A number of `user`, with console settings: { always: "+1…", busy: …, no_answer: … }.
export function givenNumber(database, { phone = "+15105550100", user = "42", settings = {}, ...more } = {}) {
  const id = insert(database, "user_phone_numbers", { user_id: user, phone_number: phone, twilio_sid: `PN${phone}`, ...more });
  for (const [type, target] of Object.entries(settings))
    insert(database, "call_forwarding", { user_id: user, phone_number_id: id, forward_to_number: target,
      forwarding_type: type, ring_timeout: 20 });
  return id;
}

// Registered for an hour, so that no slow test outlives it.
export function givenOnline(database, user = "42") {
  rows(database, `INSERT INTO presence (user_id, device, seen_at) VALUES (${quoted(user)}, 'tab', ${Date.now() + 3_600_000})
    ON CONFLICT (user_id, device) DO UPDATE SET seen_at = excluded.seen_at`);
}

// What undoes each schema file, so that it can run again; two have nothing to undo.
const UNDO = {
  "0026": "DROP TABLE away", "0027": "", "0028": "",
  "0029": "DELETE FROM call_levels WHERE span = 1800000; DELETE FROM call_totals WHERE span = 1800000",
  "0030": "ALTER TABLE hosts DROP COLUMN settings",
  "0031": "ALTER TABLE presence DROP COLUMN sequence; ALTER TABLE presence DROP COLUMN left_at",
  "0032": "DELETE FROM call_costs; ALTER TABLE call_totals ADD COLUMN millionths INTEGER NOT NULL DEFAULT 0; "
    + "ALTER TABLE call_totals ADD COLUMN price_unit TEXT",
  "0033": "DROP INDEX contacts_number; DROP INDEX missed_calls_all_open; DROP INDEX missed_calls_all_closed; "
    + "DROP INDEX recordings_all_unheard",
};

// The database as it was before the schema file `first`, a number of four digits.
export function takeBack(database, first) {
  const files = readdirSync("schema").map((name) => name.slice(0, 4)).filter((number) => number >= first);
  for (const number of files.sort().reverse()) {
    if (UNDO[number] === undefined) throw new Error(`database.mjs: say in UNDO what undoes the schema file ${number}`);
    for (const sql of UNDO[number].split("; ").filter(Boolean)) rows(database, sql);
  }
  rows(database, `DELETE FROM schema_migrations WHERE name >= '${first}'`);
}
