/* tz.c: any bytes as a TZif file; what is read has to answer every question. */
#include "lib/tz/tz.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t instants[] = {
    INT64_MIN,    -62135596800,     -1,         0,
    1772960400,   1795316400,       2147483647, 4102444800,
    253402300799, INT64_C(1) << 52, INT64_MAX,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_zone *zone = hs_zone_parse(data, size, NULL);

    if (!zone)
        return 0;
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        struct hs_local_time local;
        int64_t next = hs_zone_next_change(zone, instants[i]);
        int kind = -1;

        hs_zone_local(zone, instants[i], &local);
        if (local.month < 1 || local.month > 12 || local.day < 1 ||
            local.day > 31 || local.hour < 0 || local.hour > 23 ||
            local.weekday < 1 || local.weekday > 7)
            abort();
        if (next <= instants[i] && instants[i] < (INT64_C(1) << 53))
            abort();
        (void)hs_zone_instant(zone, &local, &kind);
        /* A clock shows no time that it skips. */
        if (i > 1 && i < 10 && kind == 1)
            abort();
    }
    hs_zone_free(zone);
    return 0;
}
