/* windows.h: the time zones of Windows, as Outlook and Exchange name them. */
#ifndef HS_TZ_WINDOWS_H
#define HS_TZ_WINDOWS_H

#include <stddef.h>

struct hs_windows_zone {
    const char *name; /* "W. Europe Standard Time" */
    const char *iana; /* "Europe/Berlin" */
};

/* The generated build/windows_zones.c, sorted by name without case. */
extern const struct hs_windows_zone hs_windows_zones[];
extern const size_t hs_windows_zone_count;

/* The IANA zone of a Windows zone, in any case; NULL when there is none. */
const char *hs_windows_zone_iana(const char *name);

#endif
