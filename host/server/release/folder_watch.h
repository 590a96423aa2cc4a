/* folder_watch.h: waits until somebody has changed files below a folder. */
#ifndef HS_FOLDER_WATCH_H
#define HS_FOLDER_WATCH_H

struct hs_folder_watch; /* one thread waits, others may wake it */

enum hs_folder_news {
    HS_FOLDER_QUIET,   /* the time is over, and nothing has changed */
    HS_FOLDER_CHANGED, /* somebody may still be writing */
    HS_FOLDER_WOKEN    /* by hs_folder_watch_wake() */
};

/* Watch `folder` and what is below it, whether it is there or not. NULL when
 * memory or descriptors ran out. `folder` must outlive the watch. */
struct hs_folder_watch *hs_folder_watch_new(const char *folder);
void hs_folder_watch_free(struct hs_folder_watch *watch); /* NULL accepted */
/* Wait for a change, of which inotify tells at once; others are seen when the
 * time is over. */
enum hs_folder_news hs_folder_watch_wait(struct hs_folder_watch *watch,
                                         int timeout_ms);
/* End the wait of the other thread, or its next one. Any thread. */
void hs_folder_watch_wake(struct hs_folder_watch *watch);

#endif
