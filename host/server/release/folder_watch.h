/* folder_watch.h: waits for changes to files below a folder. */
#ifndef HS_FOLDER_WATCH_H
#define HS_FOLDER_WATCH_H

#include <stdint.h>

#define HS_FOLDER_STUCK_MS 10000 /* then a folder doesn't answer any more */

struct hs_folder_watch; /* one thread waits, others can wake it */

enum hs_folder_news {
    HS_FOLDER_QUIET,   /* time is up and nothing has changed */
    HS_FOLDER_CHANGED, /* files may still be being written */
    HS_FOLDER_WOKEN    /* by hs_folder_watch_wake() */
};

/* A watch of `folder` and everything below it; it needn't exist, and isn't
 * looked at yet: it may be on a mount that doesn't answer. The first wait
 * ends with news. NULL when memory or descriptors ran out. `folder`
 * must outlive the watch. */
struct hs_folder_watch *hs_folder_watch_new(const char *folder);
void hs_folder_watch_free(struct hs_folder_watch *watch); /* NULL accepted */
/* Wait for a change. inotify reports at once; what it misses is seen when the
 * time is up. */
enum hs_folder_news hs_folder_watch_wait(struct hs_folder_watch *watch,
                                         int timeout_ms);
/* For how long the folder hasn't answered, 0 if it does. Any thread. */
int64_t hs_folder_watch_stuck_ms(void);
/* Around whatever else is read or written there: 1, then 0. Any thread; one
 * that is still held up counts, whoever looks after it. */
void hs_folder_watch_looks(int looks);
/* End the other thread's wait, or its next one. Any thread. */
void hs_folder_watch_wake(struct hs_folder_watch *watch);

#endif
