/* accounts.h: which users have a local account, and its role: kept in memory
 * until the database has changed, so that a request costs no query for it. */
#ifndef HS_ACCOUNTS_H
#define HS_ACCOUNTS_H

#include "base/err.h"
#include "server/access/role.h"

struct hs_store;
struct hs_accounts; /* any thread */

struct hs_account {
    enum hs_role role;
    int is_active; /* 0: disabled */
};

/* NULL when memory ran out. `store` outlives it. */
struct hs_accounts *hs_accounts_new(struct hs_store *store);
void hs_accounts_free(struct hs_accounts *accounts); /* NULL accepted */
/* The account with this id, as it is now; changes of other processes are seen
 * within 100 ms. 1 with `out`, 0 when there is none, -1 and `err` ("store" or
 * "memory") when it can't be looked up. */
int hs_accounts_find(struct hs_accounts *accounts, const char *id,
                     struct hs_account *out, struct hs_error *err);

#endif
