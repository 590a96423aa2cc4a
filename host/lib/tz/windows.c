/* windows.c: the time zones of Windows by name. */
#include "lib/tz/windows.h"

#include <stdlib.h>
#include <strings.h>

static int compare(const void *name, const void *zone)
{
    return strcasecmp(name, ((const struct hs_windows_zone *)zone)->name);
}

const char *hs_windows_zone_iana(const char *name)
{
    const struct hs_windows_zone *zone = bsearch(
        name, hs_windows_zones, hs_windows_zone_count, sizeof *zone, compare);

    return zone ? zone->iana : NULL;
}
