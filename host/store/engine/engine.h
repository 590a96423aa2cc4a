/* engine.h: what the store needs of a database engine: a driver, a table of
 * functions. sqlite/ and postgres/ are two.
 *
 * A connection is used by one thread at a time. It lets nothing through that
 * could leave the database or the transaction, and knows what each statement
 * changes. Failures are told in the words of store.h. */
#ifndef HS_ENGINE_H
#define HS_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/engine/rows.h"

/* A connection; a driver's own begins with this. */
struct hs_conn {
    const struct hs_driver *driver;
    int64_t until; /* who waits for the batch that is run now waits until this
                      moment of hs_running_ms(); 0: not known */
    const int64_t *deadline; /* of a reader: its queries end with "time" when
                                this moment of hs_running_ms() is past; 0 or
                                NULL: never */
};
struct hs_prepared; /* a statement of a connection */
struct hs_schema_file;
struct hs_bus;
struct hs_host_settings;
struct hs_host_rules;

/* Settings that tests change. */
struct hs_tuning {
    const char *pragmas;  /* run last on the writing connections; must outlive
                             the store; NULL for none */
    int checkpoint_pages; /* of the log, before it is moved into the file */
};

/* Whose query it is. */
enum hs_asker { HS_ASKER_OTHER, HS_ASKER_CALL, HS_ASKER_LOOKUP };

/* Nothing is copied. */
struct hs_conn_setup {
    const char *const *hot;         /* tables of no kind, or NULL */
    const struct hs_tuning *tuning; /* of a writer */
    const enum hs_asker *asker;     /* of a reader's next query */
};

/* Statements of the store's own. */
enum l_own {
    HS_OWN_BEGIN,
    HS_OWN_COMMIT,
    HS_OWN_ROLLBACK,
    HS_OWN_SAVEPOINT,
    HS_OWN_RELEASE,
    HS_OWN_ROLLBACK_TO,
    HS_OWN_COUNT
};

/* All of these take a connection that the same driver has opened. */
#define HS_TOGETHER 64

/* A batch of a group. */
struct hs_work {
    struct hs_statement *batch;
    int count;
    struct hs_rows **rows; /* NULL: nobody wants them */
};

struct hs_driver {
    /* Open the one connection that writes, or one that reads. NULL and `err`
     * ("open", "pragma", "readonly", "memory"). */
    struct hs_conn *(*writer)(const char *path,
                              const struct hs_conn_setup *setup,
                              struct hs_error *err);
    struct hs_conn *(*reader)(const char *path,
                              const struct hs_conn_setup *setup,
                              struct hs_error *err);
    /* Every statement must be back. Not NULL: hs_conn_free(). */
    void (*free)(struct hs_conn *conn);

    /* Run one of our statements to its end. 0, or -1 with `err` (may be NULL).
     */
    int (*own)(struct hs_conn *conn, enum l_own which, struct hs_error *err);
    int (*in_transaction)(const struct hs_conn *conn);
    /* Kinds of tables (1 << enum hs_kind) that our own transactions have
     * changed since the last call; and, in `moved`, that others have: 0, or -1
     * and `err`: a transaction can't go on. */
    unsigned (*changed)(struct hs_conn *conn);
    int (*changed_elsewhere)(struct hs_conn *conn, unsigned *moved,
                             struct hs_error *err);
    /* In a transaction: a write without effect. 0, or -1 and `err`. */
    int (*probe)(struct hs_conn *conn, struct hs_error *err);
    /* The writer is between two groups: time for housekeeping.
     * `failed`: the last group could not be committed. */
    void (*rest)(struct hs_conn *conn, int failed);

    /* Find or prepare a statement and take it. NULL and `err` when it is not
     * one valid, allowed statement. Give it back with put(). */
    struct hs_prepared *(*take)(struct hs_conn *conn, const char *sql,
                                size_t len, struct hs_error *err);
    void (*put)(struct hs_conn *conn, struct hs_prepared *prepared);
    /* Does it write? A reader knows only that, and can't run it. */
    int (*writes)(const struct hs_prepared *prepared);
    /* Bind the values in place. 0, or -1 with `err` ("sql"). */
    int (*bind)(struct hs_conn *conn, struct hs_prepared *prepared,
                const struct hs_statement *statement, struct hs_error *err);
    /* 1 row; 0 end, -1 failed: then it holds nothing any more. */
    int (*step)(struct hs_conn *conn, struct hs_prepared *prepared,
                struct hs_error *err);
    int (*columns)(const struct hs_prepared *prepared);
    /* NULL when memory ran out. */
    const char *(*name)(const struct hs_prepared *prepared, int column);
    /* A value of the current row, valid until the next step. 0, or -1 when
     * memory ran out. */
    int (*value)(const struct hs_prepared *prepared, int column,
                 struct hs_value *out);
    /* Its readers are worth keeping (spare_readers.h). */
    int spares;
    /* Run all in one savepoint, but for what their `unless_new` leaves out;
     * rows are stored in *rows unless it is NULL. Fills the statements' changes
     * and last_id. 0, or -1 with `err` and nothing changed. */
    int (*run_batch)(struct hs_conn *conn, struct hs_statement *batch,
                     int count, struct hs_rows **rows, struct hs_error *err);
    /* The same for up to HS_TOGETHER batches, on one way to the server and
     * back. -1 if any of them failed: then none has changed anything, and each
     * can be run alone. NULL for an engine that isn't far away. */
    int (*run_together)(struct hs_conn *conn, struct hs_work *list, int count);

    /* The functions of bus.h, or NULL: this database has one host. */
    int (*bus_start)(struct hs_store *store, const char *name,
                     const struct hs_host_settings *settings,
                     struct hs_bus **bus, struct hs_error *err);
    void (*bus_stop)(struct hs_bus *bus);
    int64_t (*bus_take)(struct hs_bus *bus, const char *name, int per_minute,
                        const char *subject, size_t len);
    int (*bus_hosts)(const struct hs_bus *bus);
    void (*bus_say_rules)(struct hs_bus *bus,
                          const struct hs_host_rules *rules);
    void (*bus_moved)(struct hs_bus *bus, unsigned kinds); /* as changed() */

    /* hs_keep_timeline() of store.h with the file's name, or NULL. */
    void (*keep)(const char *path, const char *file, int write);

    /* The functions of store.h and schema.h with these names, each of the
     * database at `path`. */
    int (*scrub)(const char *path, const struct hs_value *needles, int count,
                 struct hs_error *err);
    int (*migrate)(const char *path, const struct hs_schema_file *files,
                   unsigned count, int dry_run, int *applied,
                   struct hs_error *err);
    int (*check)(const char *path, struct hs_buf *notes, struct hs_error *err);
    int (*backup)(const char *from, const char *to,
                  void (*progress)(void *ctx, int done, int total), void *ctx,
                  struct hs_error *err);
    int (*restore)(const char *from, const char *to, struct hs_error *err);
};

/* Zeroed memory for a statement whose text begins behind `head` bytes, ends
 * with a NUL and is copied; free() it. NULL and `err` ("sql", "memory"). */
void *hs_statement_new(size_t head, const char *sql, size_t len,
                       struct hs_error *err);
/* Is the statement left out by its `unless_new`? Then it changed nothing. */
int hs_is_left_out(struct hs_statement *batch, int i);
/* Of a table; HS_KINDS for a hot one. */
enum hs_kind hs_kind_of(const char *table, const char *const *hot);

extern const struct hs_driver hs_sqlite;
extern const struct hs_driver hs_postgres;
/* The driver of what `database` names. */
const struct hs_driver *hs_driver_of(const char *database);
/* NULL is accepted. */
void hs_conn_free(struct hs_conn *conn);

#endif
