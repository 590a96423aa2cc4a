/* libpq.c: loading PostgreSQL's client library. */
#include "store/postgres/connection/libpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define LIBRARY "libpq.so.5"

struct hs_libpq hs_pq;

static struct hs_error failure;

static void load(void)
{
    static const char *const names[] = {
#define X(name, declaration) "PQ" #name,
#include "store/postgres/connection/libpq.def"
#undef X
    };
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void *functions[sizeof names / sizeof names[0]];

    _Static_assert(sizeof functions == sizeof hs_pq, "only functions");
    if (!library) {
        hs_error_set(&failure, "open",
                     "a PostgreSQL database needs " LIBRARY
                     ": install the package libpq5");
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        functions[i] = dlsym(library, names[i]);
        if (!functions[i]) {
            hs_error_set(&failure, "open",
                         LIBRARY " is too old: it lacks %s, which came with "
                                 "PostgreSQL 14",
                         names[i]);
            return;
        }
    }
    memcpy(&hs_pq, functions, sizeof functions);
}

int hs_libpq_load(struct hs_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    if (!failure.code[0])
        return 0;
    *err = failure;
    return -1;
}
