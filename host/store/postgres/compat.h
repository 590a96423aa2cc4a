/* compat.h: what SQLite has, our SQL uses, and PostgreSQL lacks, as functions
 * in the database's own schema. Made at each start: a later version of the
 * program may need more of it. */
#ifndef HS_POSTGRES_COMPAT_H
#define HS_POSTGRES_COMPAT_H

#define HS_COMPAT_STEPS 9

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
};

#endif
