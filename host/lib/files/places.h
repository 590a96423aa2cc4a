/* places.h: whether places on disk answer. One on a mount whose server has gone
 * holds up whoever asks for it, until it is back, and no deadline ends that. */
#ifndef HS_PLACES_H
#define HS_PLACES_H

#include <stdint.h>

#define HS_PLACE_SILENT_MS 3000 /* a disk that is only slow answers sooner */
/* Names. */
#define HS_PLACE_DATABASE "database"
#define HS_PLACE_ZONES "time_zones"
#define HS_DATABASE_SILENT                                                     \
    "The database's folder doesn't answer. Check the mount it is on."

/* Look at the path once a second from now on, in a thread of its own. A few
 * places, for as long as the process lives; not from several threads at once.
 * `name` isn't copied. */
void hs_place_watch(const char *name, const char *path);
/* For how long that place hasn't answered, in ms; 0 if it does, or isn't
 * watched. Any thread. */
int64_t hs_place_silent_ms(const char *name);
/* The name of a place that hasn't answered for HS_PLACE_SILENT_MS, or NULL. Any
 * thread. */
const char *hs_place_silent(void);

#endif
