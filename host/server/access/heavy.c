/* heavy.c: who has a turn, and how many are waiting. */
#include "server/access/heavy.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/answers/header_text.h"
#include "server/answers/reply.h"

#define TURNS_MAX 4 /* more would slow down calls on a small machine */
#define WORKERS_A_TURN 4
#define WAIT_MS 10000

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int running, waiting;
    char users[TURNS_MAX][HS_USER_SIZE]; /* who has a turn; "" = free */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

static int turns_of(const struct hs_request *request)
{
    int turns = (int)request->server->config->workers / WORKERS_A_TURN;

    return turns < 1 ? 1 : turns > TURNS_MAX ? TURNS_MAX : turns;
}

/* Take a turn; a user may have at most half of them. 1 or 0. With the lock
 * held. */
static int take(struct hs_request *request, int turns)
{
    int place = -1, same = 0;

    for (int i = 0; i < turns; i++) {
        if (!state.users[i][0])
            place = i;
        else
            same += strcmp(state.users[i], request->user) == 0;
    }
    if (place < 0 || same >= (turns + 1) / 2)
        return 0;
    memcpy(state.users[place], request->user, sizeof state.users[place]);
    request->turn = place;
    state.running++;
    return 1;
}

static void refuse(struct hs_request *request)
{
    static struct hs_log_gate gate;
    int64_t kept_back = 0;

    hs_count(HS_C_LIMITED, 1);
    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_WARN, "limited", HS_S("request_id", request->id),
               HS_S("name", "heavy"), HS_S("user", request->user),
               HS_S("remote", request->client),
               HS_I("dropped_count", kept_back));
    hs_reply_error(request, 503, "busy",
                   "Other rules are being tried at the moment; please try "
                   "again.",
                   "Retry-After: 2\r\n");
}

int hs_heavy_enter(struct hs_request *request)
{
    int turns = turns_of(request);
    int most = (int)request->server->config->workers / 2;
    int64_t until = hs_running_ms() + WAIT_MS;
    int taken;

    pthread_mutex_lock(&state.lock);
    while (!(taken = take(request, turns)) && hs_running_ms() < until &&
           state.running + state.waiting < most) {
        struct timespec at = hs_running_moment(until);

        state.waiting++;
        pthread_cond_clockwait(&state.changed, &state.lock, CLOCK_MONOTONIC,
                               &at);
        state.waiting--;
    }
    pthread_mutex_unlock(&state.lock);
    if (!taken)
        refuse(request);
    return taken;
}

void hs_heavy_leave(struct hs_request *request)
{
    pthread_mutex_lock(&state.lock);
    state.users[request->turn][0] = '\0';
    state.running--;
    pthread_cond_broadcast(&state.changed);
    pthread_mutex_unlock(&state.lock);
}
