/* live_rules.c: one record behind a lock. */
#include "script/live_rules.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct hs_live_rules live;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

void hs_live_rules_set(const struct hs_live_rules *live)
{
    pthread_mutex_lock(&state.lock);
    state.live = *live;
    pthread_cond_broadcast(&state.changed);
    pthread_mutex_unlock(&state.lock);
}

void hs_live_rules_get(struct hs_live_rules *out)
{
    const size_t head = offsetof(struct hs_live_rules, refusal.problems);

    pthread_mutex_lock(&state.lock);
    memcpy(out, &state.live, head + strlen(state.live.refusal.problems) + 1);
    pthread_mutex_unlock(&state.lock);
}

static int is_live(const char *rules)
{
    return (strcmp(state.live.rules, rules) == 0 ||
            strcmp(state.live.hash, rules) == 0) &&
           !state.live.refusal.message[0];
}

static int same_refusal(const struct hs_refusal *a, const struct hs_refusal *b)
{
    return a->at == b->at && strcmp(a->message, b->message) == 0;
}

/* Has something else come than what is waited for? */
static int is_other(const struct hs_refusal *before, int64_t version)
{
    const struct hs_refusal *now = &state.live.refusal;

    if (!now->message[0])
        return state.live.version != version;
    return !now->overtaken && !same_refusal(before, now);
}

int hs_live_rules_await(const char *rules, int wait_ms,
                        struct hs_live_rules *out)
{
    struct hs_refusal before;
    int64_t version;
    int64_t until = hs_running_ms() + wait_ms;
    int found;

    pthread_mutex_lock(&state.lock);
    before = state.live.refusal;
    version = state.live.version;
    while (!(found = is_live(rules)) && !is_other(&before, version) &&
           hs_running_ms() < until) {
        struct timespec at = hs_running_moment(until);

        (void)pthread_cond_clockwait(&state.changed, &state.lock,
                                     CLOCK_MONOTONIC, &at);
    }
    *out = state.live;
    pthread_mutex_unlock(&state.lock);
    return found;
}

void hs_refusal_text(const struct hs_refusal *refusal, char *out, size_t size)
{
    hs_error_place(refusal->message[0] ? refusal->file : "", refusal->line,
                   refusal->message, out, size);
}

const char *hs_answering_text(enum hs_answering answering)
{
    switch (answering) {
    case HS_ANSWERS_UNPROVEN:
        return "These files answer calls anyway.";
    case HS_ANSWERS_NO_LOOKUPS:
        return "The other files answer calls, and no lookup runs.";
    case HS_ANSWERS_DEFAULTS:
        return "No rules are live: the console's settings decide calls.";
    default:
        return "The last good version answers calls.";
    }
}

void hs_live_rules_warning(const struct hs_live_rules *live, char *out,
                           size_t size)
{
    const char *instead = hs_answering_text(live->answering);
    const char *all = live->refusal.problems;
    char text[1024];
    size_t len;

    hs_refusal_text(&live->refusal, text, sizeof text);
    len = strlen(text);
    out[0] = '\0';
    if (strchr(all, '\n'))
        snprintf(out, size, "%s\n%s", all, instead);
    else if (len > 0)
        snprintf(out, size, "%s%s %s", text,
                 strchr(".!?", text[len - 1]) ? "" : ".", instead);
}

int hs_live_rules_json(const struct hs_live_rules *live, struct hs_buf *out)
{
    const char *defaults =
        live->answering == HS_ANSWERS_DEFAULTS ? "true" : "false";
    const char *instead = hs_answering_text(live->answering);
    char text[1024];

    hs_refusal_text(&live->refusal, text, sizeof text);
    if (hs_buf_printf(out,
                      "{\"version\":%lld,\"hash\":\"%s\",\"defaults\":%s,"
                      "\"error\":",
                      (long long)live->version, live->hash, defaults) != 0)
        return -1;
    if ((text[0] ? hs_buf_add_json(out, text, strlen(text))
                 : hs_buf_add_str(out, "null")) != 0)
        return -1;
    if (text[0] && (hs_buf_add_str(out, ",\"instead\":") != 0 ||
                    hs_buf_add_json(out, instead, strlen(instead)) != 0))
        return -1;
    return hs_buf_add_str(out, "}");
}
