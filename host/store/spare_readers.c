/* spare_readers.c: a few readers behind a lock. */
#include "store/spare_readers.h"

#include <stddef.h>

struct hs_conn *hs_spare_take(struct hs_store *store, unsigned epoch)
{
    struct hs_conn *reader = NULL, *outdated[HS_SPARES] = {NULL};

    pthread_mutex_lock(&store->spare_lock);
    for (int i = 0; !reader && i < HS_SPARES; i++) {
        struct hs_spare *spare = &store->spares[i];

        if (spare->epoch == epoch)
            reader = spare->reader;
        else
            outdated[i] = spare->reader;
        spare->reader = NULL;
    }
    pthread_mutex_unlock(&store->spare_lock);
    for (int i = 0; i < HS_SPARES; i++)
        hs_conn_free(outdated[i]);
    return reader;
}

void hs_spare_put(struct hs_store *store, struct hs_conn *reader,
                  unsigned epoch)
{
    if (!reader)
        return;
    reader->deadline = NULL; /* its session's */
    pthread_mutex_lock(&store->spare_lock);
    for (int i = 0; reader && store->driver->spares && i < HS_SPARES; i++) {
        struct hs_spare *spare = &store->spares[i];

        if (spare->reader)
            continue;
        *spare = (struct hs_spare){.reader = reader, .epoch = epoch};
        reader = NULL;
    }
    pthread_mutex_unlock(&store->spare_lock);
    hs_conn_free(reader);
}

void hs_spare_close(struct hs_store *store)
{
    for (int i = 0; i < HS_SPARES; i++) {
        hs_conn_free(store->spares[i].reader);
        store->spares[i].reader = NULL;
    }
}
