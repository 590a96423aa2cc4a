/* marks.c: a small set of texts under one lock. */
#include "store/marks.h"

#include <pthread.h>
#include <string.h>

#define MARKS 4096

static struct {
    pthread_mutex_t lock;
    size_t count, missed;
    char list[MARKS][HS_MARK_MAX + 1];
} marks = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int is_known(const char *call_sid, size_t len)
{
    for (size_t i = 0; i < marks.count; i++)
        if (strlen(marks.list[i]) == len &&
            memcmp(marks.list[i], call_sid, len) == 0)
            return 1;
    return 0;
}

void hs_marks_add(const char *call_sid, size_t len)
{
    int fits = len > 0 && len <= HS_MARK_MAX && !memchr(call_sid, 0, len);

    pthread_mutex_lock(&marks.lock);
    if (!fits || (marks.count == MARKS && !is_known(call_sid, len))) {
        marks.missed++;
    } else if (!is_known(call_sid, len)) {
        memcpy(marks.list[marks.count], call_sid, len);
        marks.list[marks.count++][len] = 0;
    }
    pthread_mutex_unlock(&marks.lock);
}

size_t hs_marks_take(char out[HS_MARK_MAX + 1])
{
    size_t len = 0;

    out[0] = 0;
    pthread_mutex_lock(&marks.lock);
    if (marks.count > 0) {
        len = strlen(marks.list[--marks.count]);
        memcpy(out, marks.list[marks.count], len + 1);
    }
    pthread_mutex_unlock(&marks.lock);
    return len;
}

size_t hs_marks_missed(void)
{
    size_t missed;

    pthread_mutex_lock(&marks.lock);
    missed = marks.missed;
    marks.missed = 0;
    pthread_mutex_unlock(&marks.lock);
    return missed;
}
