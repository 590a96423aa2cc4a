/* accounts.c: the local accounts, sorted by id. */
#include "server/access/accounts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/answers/header_text.h"
#include "server/sql.h"
#include "store/store.h"

#define WAIT_MS 1000

struct entry {
    char *id;
    struct hs_account account;
};

struct list {
    struct entry *entries;
    size_t count;
    size_t room;
};

struct hs_accounts {
    struct hs_store *store;
    pthread_rwlock_t lock;      /* all below */
    struct hs_session *session; /* used by whoever holds the lock to write */
    uint64_t generation; /* of the store when the list was read; 0: none */
    struct list list;
};

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].id);
    free(list->entries);
    *list = (struct list){0};
}

/* The row that the cursor is at. 0, or -1 when memory ran out. */
static int add(struct list *list, struct hs_cursor *cursor)
{
    struct hs_value id, role, is_active;
    struct entry *entry;

    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        struct entry *grown =
            realloc(list->entries, room * sizeof list->entries[0]);

        if (!grown)
            return -1;
        list->entries = grown;
        list->room = room;
    }
    hs_cursor_value(cursor, 0, &id);
    hs_cursor_value(cursor, 1, &role);
    hs_cursor_value(cursor, 2, &is_active);
    entry = &list->entries[list->count];
    entry->id = strndup(id.bytes, id.len);
    entry->account.role = hs_role_of(role.bytes, role.len);
    entry->account.is_active = is_active.integer != 0;
    if (!entry->id)
        return -1;
    list->count++;
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

/* 0, or -1 and `err`. */
static int read_all(struct hs_session *session, struct list *list,
                    struct hs_error *err)
{
    struct hs_statement select = hs_sql_with(&hs_sql_accounts, NULL);
    struct hs_cursor *cursor = hs_session_query(session, &select, WAIT_MS, err);
    int more = cursor ? 1 : -1;

    while (more > 0) {
        more = hs_cursor_step(cursor, err);
        if (more > 0 && add(list, cursor) != 0)
            more = hs_no_memory(err);
    }
    hs_cursor_close(cursor);
    if (more == 0 && list->count > 0)
        qsort(list->entries, list->count, sizeof list->entries[0], compare);
    return more;
}

/* Read them again if the database has changed. Under the lock, to write. */
static int refresh(struct hs_accounts *accounts, struct hs_error *err)
{
    uint64_t generation = hs_store_generation(accounts->store, HS_SETTINGS);
    static struct hs_log_gate gate;
    struct list list = {0};

    if (generation == accounts->generation)
        return 0;
    if (!accounts->session)
        accounts->session = hs_session_new(accounts->store, err);
    if (!accounts->session || read_all(accounts->session, &list, err) != 0) {
        free_list(&list);
        if (hs_log_gate_open(&gate, NULL))
            hs_log(HS_LOG_ERROR, "accounts_not_read", HS_S("code", err->code),
                   HS_S("message", err->message));
        return -1;
    }
    free_list(&accounts->list);
    accounts->list = list;
    accounts->generation = generation;
    return 0;
}

static int find(const struct list *list, const char *id, struct hs_account *out)
{
    const struct entry key = {.id = (char *)(uintptr_t)id};
    const struct entry *entry = list->count > 0
                                    ? bsearch(&key, list->entries, list->count,
                                              sizeof list->entries[0], compare)
                                    : NULL;

    if (entry)
        *out = entry->account;
    return entry != NULL;
}

struct hs_accounts *hs_accounts_new(struct hs_store *store)
{
    struct hs_accounts *accounts = calloc(1, sizeof *accounts);

    if (!accounts)
        return NULL;
    accounts->store = store;
    pthread_rwlock_init(&accounts->lock, NULL);
    return accounts;
}

void hs_accounts_free(struct hs_accounts *accounts)
{
    if (!accounts)
        return;
    hs_session_free(accounts->session);
    free_list(&accounts->list);
    pthread_rwlock_destroy(&accounts->lock);
    free(accounts);
}

int hs_accounts_find(struct hs_accounts *accounts, const char *id,
                     struct hs_account *out, struct hs_error *err)
{
    int found = -1;

    pthread_rwlock_rdlock(&accounts->lock);
    if (accounts->generation ==
        hs_store_generation(accounts->store, HS_SETTINGS))
        found = find(&accounts->list, id, out);
    pthread_rwlock_unlock(&accounts->lock);
    if (found >= 0)
        return found;
    pthread_rwlock_wrlock(&accounts->lock);
    if (refresh(accounts, err) == 0)
        found = find(&accounts->list, id, out);
    pthread_rwlock_unlock(&accounts->lock);
    return found;
}
