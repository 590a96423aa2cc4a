/* seen_timeline.h: the highest timeline that was seen on a URL's servers, in a
 * file that outlives the process. Locked by whoever holds it. */
#ifndef HS_POSTGRES_SEEN_TIMELINE_H
#define HS_POSTGRES_SEEN_TIMELINE_H

#include <stdint.h>

struct hs_seen {
    uint64_t system;   /* the cluster; 0: none was seen */
    unsigned timeline; /* of that */
    char *file;        /* NULL: it is not kept */
    int write;
};

/* Keep the highest timeline that was seen on this URL's servers in `file`;
 * `write` 0: only read it. Before the URL is opened. Any thread. */
void hs_seen_keep(const char *url, const char *file, int write);
/* Fill `out` from the file that is kept for this URL, if one is. */
void hs_seen_read(const char *url, struct hs_seen *out);
/* Write it, on the disk when this returns. 0, or -1 with errno. By one thread
 * at a time. */
int hs_seen_write(const struct hs_seen *seen);
void hs_seen_free(struct hs_seen *seen);

#endif
