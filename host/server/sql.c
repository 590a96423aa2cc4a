/* sql.c: the host's own SQL. */
#include "server/sql.h"

#define SQL(places, text)                                                      \
    {                                                                          \
        text, sizeof(text) - 1, places                                         \
    }

struct hs_statement hs_sql_with(const struct hs_sql *sql,
                                const struct hs_value *values)
{
    return (struct hs_statement){.sql = sql->text,
                                 .sql_len = sql->len,
                                 .values = values,
                                 .count = sql->places};
}

struct hs_value hs_text_value(const char *text, size_t len)
{
    return (struct hs_value){.type = HS_TEXT, .bytes = text, .len = len};
}

/* ---- lua/models/logins.lua, users.lua ---- */

/* id, user, now → role: before a request has a VM. */
const struct hs_sql hs_sql_login_stands =
    SQL(3, "SELECT u.role FROM logins AS l JOIN users AS u ON u.id = l.user_id "
           "WHERE l.id = ? AND l.user_id = ? AND l.expires_at > ? "
           "AND u.is_active = 1");

/* id, role, is_active of all of them. */
const struct hs_sql hs_sql_accounts =
    SQL(0, "SELECT id, role, is_active FROM users");

/* ---- lua/models/alerts.lua ---- */

/* kind, subject, detail, now, now. Changes nothing if that is known already. */
const struct hs_sql hs_sql_alert_raise =
    SQL(5, "INSERT INTO alerts AS a "
           "(user_id, kind, subject, detail, first_at, last_at) "
           "VALUES ('', ?, ?, ?, ?, ?) "
           "ON CONFLICT (user_id, kind, subject) DO UPDATE SET "
           "detail = excluded.detail, last_at = excluded.last_at, "
           "count = a.count + 1, closed_at = NULL "
           "WHERE a.closed_at IS NOT NULL OR a.detail <> excluded.detail");

/* now, kind, subject */
const struct hs_sql hs_sql_alert_close =
    SQL(3, "UPDATE alerts SET closed_at = ? WHERE user_id = '' "
           "AND kind = ? AND subject = ? AND closed_at IS NULL");

/* ---- lua/models/rule_versions.lua ---- */

/* hash, text */
const struct hs_sql hs_sql_text_keep =
    SQL(2, "INSERT INTO rule_texts (hash, text) VALUES (?, ?) "
           "ON CONFLICT (hash) DO NOTHING");

/* hash */
const struct hs_sql hs_sql_text_get =
    SQL(1, "SELECT text FROM rule_texts WHERE hash = ?");

/* hash: 1 if the text was in a version. One that was only offered to the other
 * hosts wasn't. */
const struct hs_sql hs_sql_text_was_live =
    SQL(1, "SELECT '1' FROM rule_versions "
           "WHERE files LIKE '%\"' || ? || '\"%' LIMIT 1");

/* hash of the program, hash */
const struct hs_sql hs_sql_version_again =
    SQL(2, "UPDATE rule_versions SET program = ? WHERE hash = ?");

/* hash, now, result, files as JSON, hash of the program, hash: on PostgreSQL a
 * row that is refused by a conflict takes a number anyway */
const struct hs_sql hs_sql_version_keep =
    SQL(6, "INSERT INTO rule_versions (hash, live_at, result, files, program) "
           "SELECT ?, CAST(? AS BIGINT), ?, ?, ? WHERE NOT EXISTS "
           "(SELECT 1 FROM rule_versions WHERE hash = ?) "
           "ON CONFLICT (hash) DO NOTHING");

/* hash */
const struct hs_sql hs_sql_version_find =
    SQL(1, "SELECT id FROM rule_versions WHERE hash = ?");

/* The last good one, or the last: files, hash of the program. */
const struct hs_sql hs_sql_version_last =
    SQL(0, "SELECT v.files, v.program FROM rule_activations AS a "
           "JOIN rule_versions AS v ON v.id = a.version "
           "WHERE v.files IS NOT NULL "
           "ORDER BY CASE a.result WHEN 'ok' THEN 0 ELSE 1 END, a.id DESC "
           "LIMIT 1");

/* now, result, author, kind, note, checks, gate, hash. What was said about the
 * files before stands; the author found from the files comes second.
 */
const struct hs_sql hs_sql_activation_add =
    SQL(8, "INSERT INTO rule_activations (version, live_at, result, author, "
           "author_kind, note, accepted_by, checks, gate) "
           "SELECT v.id, ?, ?, COALESCE(i.author, ?), "
           "COALESCE(i.author_kind, ?), COALESCE(i.note, ?), i.accepted_by, "
           "?, ? FROM rule_versions AS v LEFT JOIN rule_intents AS i "
           "ON i.hash = v.hash WHERE v.hash = ? AND v.id <> "
           "COALESCE((SELECT version FROM rule_activations "
           "ORDER BY id DESC LIMIT 1), 0)");

/* author, kind, note: of the newest, if only the file's owner is known. */
const struct hs_sql hs_sql_activation_author =
    SQL(3, "UPDATE rule_activations SET author = ?, author_kind = ?, "
           "note = COALESCE(note, ?) WHERE author_kind = 'os' AND "
           "id = (SELECT MAX(id) FROM rule_activations)");

/* seq, hash, files, by_host: what is live on all hosts. */
const struct hs_sql hs_sql_current_get =
    SQL(0, "SELECT seq, hash, files, by_host FROM rule_current WHERE one = 1");

/* seq, hash, files, by_host, now, the seq that it follows. Changes nothing if
 * another host was quicker. */
const struct hs_sql hs_sql_current_put =
    SQL(6, "INSERT INTO rule_current AS c (one, seq, hash, files, by_host, at) "
           "VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
           "seq = excluded.seq, hash = excluded.hash, files = excluded.files, "
           "by_host = excluded.by_host, at = excluded.at WHERE c.seq = ?");

/* ---- lua/models/rule_intents.lua ---- */

/* hash */
const struct hs_sql hs_sql_intent_end =
    SQL(1, "DELETE FROM rule_intents WHERE hash = ?");

/* hash */
const struct hs_sql hs_sql_intent_accepted =
    SQL(1, "SELECT 1 FROM rule_intents "
           "WHERE hash = ? AND accepted_by IS NOT NULL");

/* ---- lua/models/drafts.lua ---- */

/* id, state */
const struct hs_sql hs_sql_draft_newest =
    SQL(0, "SELECT id, state FROM rule_drafts ORDER BY id DESC LIMIT 1");
