/* whole.h: of the driver (store/engine/engine.h): what is done to a database as
 * a whole. */
#ifndef HS_POSTGRES_WHOLE_H
#define HS_POSTGRES_WHOLE_H

#include "store/engine/engine.h"

/* Numbers that the database gives go on behind those that are in its tables:
 * rows that were copied or moved to another table brought theirs. */
extern const char hs_pg_renumber_sql[];

/* What makes a change of a table move its generation. Between the two come
 * conditions on the tables, pg_class AS c. */
#define HS_WATCH_BEGIN                                                         \
    "DO $$ DECLARE t text; BEGIN FOR t IN SELECT c.relname FROM"               \
    " pg_class AS c WHERE c.relkind = 'r'"                                     \
    " AND c.relnamespace = current_schema()::regnamespace"
#define HS_WATCH_END                                                           \
    " AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE"                     \
    " g.tgrelid = c.oid AND g.tgname = 'hs_generation_moves')"                 \
    " LOOP EXECUTE format('CREATE TRIGGER hs_generation_moves"                 \
    " AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE"             \
    " FUNCTION hs_generation_move()', t);"                                     \
    " EXECUTE format('CREATE TRIGGER hs_generation_empties"                    \
    " AFTER TRUNCATE ON %I EXECUTE"                                            \
    " FUNCTION hs_generation_move()', t); END LOOP; END $$"

int hs_pg_scrub(const char *url, const struct hs_value *needles, int count,
                struct hs_error *err);
int hs_pg_migrate(const char *url, const struct hs_schema_file *files,
                  unsigned count, int dry_run, int *applied,
                  struct hs_error *err);
int hs_pg_check(const char *url, struct hs_buf *notes, struct hs_error *err);
int hs_pg_backup(const char *from, const char *to,
                 void (*progress)(void *ctx, int done, int total), void *ctx,
                 struct hs_error *err);
int hs_pg_restore(const char *from, const char *to, struct hs_error *err);

#endif
