/* author_watch.c: a question is a thread of its own, left behind when it isn't
 * answered. */
#include "server/release/author_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

#define PATIENCE_MS 1000
#define PATH_SIZE 4096

/* It outlives whoever asks. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int64_t since; /* hs_running_ms(), or 0: nothing is asked */
    char folder[PATH_SIZE];
    int wants_author;
    int64_t moved;
    struct hs_author author;
} question = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .answered = PTHREAD_COND_INITIALIZER};

static void *answer(void *unused)
{
    struct hs_author author = {0};
    int64_t moved = 0;

    if (question.wants_author)
        hs_author_find(question.folder, &author);
    else
        moved = hs_author_moved(question.folder);
    pthread_mutex_lock(&question.lock);
    question.author = author;
    question.moved = moved;
    question.since = 0;
    pthread_cond_signal(&question.answered);
    pthread_mutex_unlock(&question.lock);
    return unused;
}

/* With the lock held. */
static void begin(const char *folder, int wants_author)
{
    pthread_t thread;

    (void)snprintf(question.folder, sizeof question.folder, "%s", folder);
    question.wants_author = wants_author;
    question.moved = 0;
    question.author = (struct hs_author){0};
    question.since = hs_running_ms();
    if (pthread_create(&thread, NULL, answer, NULL) == 0)
        pthread_detach(thread);
    else
        question.since = 0;
}

/* Ask and wait. 0, or -1 without an answer. With the lock held. */
static int ask(const char *folder, int wants_author)
{
    int64_t until = hs_running_ms() + PATIENCE_MS;

    if (question.since)
        return -1;
    begin(folder, wants_author);
    while (question.since && hs_running_ms() < until) {
        struct timespec at = hs_running_moment(until);

        (void)pthread_cond_clockwait(&question.answered, &question.lock,
                                     CLOCK_MONOTONIC, &at);
    }
    return question.since ? -1 : 0;
}

int64_t hs_author_watch_moved(const char *folder)
{
    int64_t moved;

    pthread_mutex_lock(&question.lock);
    moved = ask(folder, 0) == 0 ? question.moved : 0;
    pthread_mutex_unlock(&question.lock);
    return moved;
}

void hs_author_watch_find(const char *folder, struct hs_author *out)
{
    *out = (struct hs_author){0};
    pthread_mutex_lock(&question.lock);
    if (ask(folder, 1) == 0)
        *out = question.author;
    pthread_mutex_unlock(&question.lock);
}

int64_t hs_author_watch_stuck_ms(void)
{
    int64_t ms;

    pthread_mutex_lock(&question.lock);
    ms = question.since ? hs_running_ms() - question.since : 0;
    pthread_mutex_unlock(&question.lock);
    return ms;
}
