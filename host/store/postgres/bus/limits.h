/* limits.h: rate limits that all hosts of a database have together: a number a
 * limit and subject, as in lib/limiter.c, by the database's clock. */
#ifndef HS_POSTGRES_LIMITS_H
#define HS_POSTGRES_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct hs_pg_limits;

/* NULL when memory ran out. */
struct hs_pg_limits *hs_pg_limits_new(const char *url);
void hs_pg_limits_free(struct hs_pg_limits *limits); /* NULL is accepted */
/* hs_bus_take() */
int64_t hs_pg_limits_take(struct hs_pg_limits *limits, const char *name,
                          int per_minute, const char *subject, size_t len);

#endif
