/* compat.h: what SQLite has, our SQL uses, and PostgreSQL lacks, as functions
 * in the database's own schema. Made at each start: a later version of the
 * program may need more of it. */
#ifndef HS_POSTGRES_COMPAT_H
#define HS_POSTGRES_COMPAT_H

#define HS_COMPAT_STEPS 10

static const char *const hs_compat[HS_COMPAT_STEPS] = {
    "CREATE OR REPLACE FUNCTION max(bigint, bigint) RETURNS bigint"
    " LANGUAGE sql IMMUTABLE STRICT AS 'SELECT GREATEST($1, $2)'",
    "CREATE OR REPLACE FUNCTION min(bigint, bigint) RETURNS bigint"
    " LANGUAGE sql IMMUTABLE STRICT AS 'SELECT LEAST($1, $2)'",
    "CREATE OR REPLACE FUNCTION instr(text, text) RETURNS bigint"
    " LANGUAGE sql IMMUTABLE STRICT AS 'SELECT strpos($1, $2)::bigint'",
    "CREATE OR REPLACE FUNCTION instr(bytea, text) RETURNS bigint"
    " LANGUAGE sql IMMUTABLE STRICT AS"
    " 'SELECT position(convert_to($2, ''UTF8'') IN $1)::bigint'",
    /* Rows of an array or an object; none for other values. */
    "CREATE OR REPLACE FUNCTION json_each(text)"
    " RETURNS TABLE(key text, value text) LANGUAGE sql IMMUTABLE AS $$"
    " SELECT e.key, e.value FROM json_each_text("
    " CASE json_typeof($1::json) WHEN 'object' THEN $1::json ELSE '{}' END)"
    " AS e UNION ALL SELECT (a.n - 1)::text, a.v"
    " FROM json_array_elements_text("
    " CASE json_typeof($1::json) WHEN 'array' THEN $1::json ELSE '[]' END)"
    " WITH ORDINALITY AS a(v, n) $$",
    "CREATE OR REPLACE VIEW sqlite_schema AS SELECT relname::text AS name,"
    " CASE relkind WHEN 'r' THEN 'table' ELSE 'view' END AS type"
    " FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind IN ('r', 'v') AND relname <> 'sqlite_schema'",
    "CREATE OR REPLACE FUNCTION pragma_table_info(text)"
    " RETURNS TABLE(cid bigint, name text, type text) LANGUAGE sql STABLE AS $$"
    " SELECT ordinal_position::bigint - 1, column_name::text,"
    " CASE WHEN data_type IN ('text', 'bytea') THEN 'TEXT' ELSE data_type END"
    " FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name = $1 $$",
    "CREATE OR REPLACE FUNCTION unixepoch() RETURNS bigint"
    " LANGUAGE sql VOLATILE AS"
    " 'SELECT floor(EXTRACT(EPOCH FROM clock_timestamp()))::bigint'",
    /* A table's number moves once a transaction. */
    "CREATE OR REPLACE FUNCTION hs_generation_move() RETURNS trigger"
    " LANGUAGE plpgsql AS $$ DECLARE"
    " mark text := 'hookswitch.moved_' || TG_TABLE_NAME;"
    " now_in text := pg_current_xact_id()::text; BEGIN"
    " IF current_setting(mark, true) IS DISTINCT FROM now_in THEN"
    " INSERT INTO hs_generations AS g (name, n) VALUES (TG_TABLE_NAME, 1)"
    " ON CONFLICT (name) DO UPDATE SET n = g.n + 1;"
    " PERFORM set_config(mark, now_in, true);"
    " END IF; RETURN NULL; END $$",
    /* Totals change once a transaction: a row that changes n times in one costs
     * n * n, since each change reads over those before. What counted rows add
     * waits in a table that is empty between transactions; the first of them
     * makes the row of `due` whose trigger sums them up at the commit. A
     * migration that changes call_shares drops both tables. */
    "DO $$ BEGIN IF to_regclass('call_shares') IS NULL THEN RETURN; END IF;"
    " CREATE UNLOGGED TABLE IF NOT EXISTS hs_call_changes AS"
    " SELECT CAST(0 AS bigint) AS sign, s.* FROM call_shares AS s WITH NO DATA;"
    " CREATE OR REPLACE FUNCTION call_totals_recount() RETURNS trigger"
    " LANGUAGE plpgsql AS $f$ BEGIN"
    " INSERT INTO hs_call_changes SELECT NEW.sign, s.* FROM call_shares AS s"
    " WHERE s.id = NEW.id;"
    " INSERT INTO hs_call_changes_due VALUES (pg_current_xact_id())"
    " ON CONFLICT DO NOTHING; RETURN NEW; END $f$;"
    " CREATE OR REPLACE FUNCTION hs_call_changes_sum() RETURNS trigger"
    " LANGUAGE plpgsql AS $f$ BEGIN"
    " DELETE FROM hs_call_changes_due WHERE xact = NEW.xact;"
    " WITH gone AS (DELETE FROM hs_call_changes RETURNING *), spent AS ("
    " INSERT INTO call_costs AS t (user_id, span, start, price_unit,"
    " millionths) SELECT user_id, span, start, coalesce(price_unit, ''),"
    " sum(sign * millionths) FROM gone WHERE phone_number_id = 0"
    " AND millionths <> 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    " ON CONFLICT (user_id, span, start, price_unit) DO UPDATE SET"
    " millionths = t.millionths + excluded.millionths)"
    " INSERT INTO call_totals AS t (user_id, phone_number_id, span, start,"
    " calls, inbound, outbound, answered, voicemail, missed, talk_seconds,"
    " unpriced) SELECT user_id, phone_number_id, span,"
    " start, sum(sign * calls), sum(sign * inbound), sum(sign * outbound),"
    " sum(sign * answered), sum(sign * voicemail), sum(sign * missed),"
    " sum(sign * talk_seconds), sum(sign * unpriced)"
    " FROM gone GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    " ON CONFLICT (user_id, phone_number_id, span, start) DO UPDATE SET"
    " calls = t.calls + excluded.calls, inbound = t.inbound + excluded.inbound,"
    " outbound = t.outbound + excluded.outbound,"
    " answered = t.answered + excluded.answered,"
    " voicemail = t.voicemail + excluded.voicemail,"
    " missed = t.missed + excluded.missed,"
    " talk_seconds = t.talk_seconds + excluded.talk_seconds,"
    " unpriced = t.unpriced + excluded.unpriced;"
    " RETURN NULL; END $f$;"
    " IF to_regclass('hs_call_changes_due') IS NULL THEN"
    " CREATE UNLOGGED TABLE hs_call_changes_due (xact xid8 PRIMARY KEY);"
    " CREATE CONSTRAINT TRIGGER hs_call_changes_sum AFTER INSERT ON"
    " hs_call_changes_due DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    " EXECUTE FUNCTION hs_call_changes_sum(); END IF; END $$",
};

#endif
