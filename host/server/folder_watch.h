/* folder_watch.h: waits until somebody has changed files below a folder. */
#ifndef HS_FOLDER_WATCH_H
#define HS_FOLDER_WATCH_H

struct hs_folder_watch; /* one thread waits, others may wake it */

enum hs_folder_news {
    HS_FOLDER_QUIET,   /* the time is over */
    HS_FOLDER_CHANGED, /* and the writing seems to be done */
    HS_FOLDER_WOKEN    /* by hs_folder_watch_wake() */
};

/* Watch `folder` and what is below it; where inotify is not to be had, every
 * wait ends with HS_FOLDER_CHANGED, so that the caller looks for itself. NULL
 * when memory or descriptors ran out. `folder` must outlive the watch. */
struct hs_folder_watch *hs_folder_watch_new(const char *folder);
void hs_folder_watch_free(struct hs_folder_watch *watch); /* NULL accepted */
enum hs_folder_news hs_folder_watch_wait(struct hs_folder_watch *watch,
                                         int timeout_ms);
/* End the wait of the other thread, or its next one. Any thread. */
void hs_folder_watch_wake(struct hs_folder_watch *watch);

#endif
