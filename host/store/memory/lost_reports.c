/* lost_reports.c: a small set of texts under one lock. */
#include "store/memory/lost_reports.h"

#include <pthread.h>
#include <string.h>

#define MOST 4096

static struct {
    pthread_mutex_t lock;
    size_t count, missed;
    char list[MOST][HS_LOST_REPORT_MAX + 1];
} reports = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int is_known(const char *call_sid, size_t len)
{
    for (size_t i = 0; i < reports.count; i++)
        if (strlen(reports.list[i]) == len &&
            memcmp(reports.list[i], call_sid, len) == 0)
            return 1;
    return 0;
}

void hs_lost_reports_add(const char *call_sid, size_t len)
{
    int fits =
        len > 0 && len <= HS_LOST_REPORT_MAX && !memchr(call_sid, 0, len);

    pthread_mutex_lock(&reports.lock);
    if (!fits || (reports.count == MOST && !is_known(call_sid, len))) {
        reports.missed++;
    } else if (!is_known(call_sid, len)) {
        memcpy(reports.list[reports.count], call_sid, len);
        reports.list[reports.count++][len] = 0;
    }
    pthread_mutex_unlock(&reports.lock);
}

size_t hs_lost_reports_take(char out[HS_LOST_REPORT_MAX + 1])
{
    size_t len = 0;

    out[0] = 0;
    pthread_mutex_lock(&reports.lock);
    if (reports.count > 0) {
        len = strlen(reports.list[--reports.count]);
        memcpy(out, reports.list[reports.count], len + 1);
    }
    pthread_mutex_unlock(&reports.lock);
    return len;
}

size_t hs_lost_reports_missed(void)
{
    size_t missed;

    pthread_mutex_lock(&reports.lock);
    missed = reports.missed;
    reports.missed = 0;
    pthread_mutex_unlock(&reports.lock);
    return missed;
}
