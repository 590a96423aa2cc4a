/* lines.c: users and calls by hash, the legs of a call in its own list. */
#include "store/memory/lines.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define USERS 256   /* buckets */
#define CALLS 32768 /* buckets */
#define KEPT 8192   /* calls; then ended ones are forgotten, oldest first */
#define LOOKED_AT 4 /* oldest ones to search for one that has ended */
#define LEGS_MAX 32 /* per call; ended ones give up their place */
#define REVIEW_MS 1000
#define UNTIL_MAX ((INT64_C(1) << 48) - 1)

/* Narrow: calls whose end never came can be hundreds of thousands. */
struct leg {
    uint64_t phone, child; /* child 0: no report yet */
    uint64_t until : 48;
    uint64_t step : 15;
    uint64_t live : 1;
};

struct user {
    struct user *next; /* in its bucket */
    struct call *calls;
    int64_t reviewed;
    int entered;
    int live;
    char id[];
};

struct call {
    struct call *next; /* in its bucket */
    struct call *of_user, **of_user_at;
    struct call *older, *newer;
    struct user *user;
    union {
        struct leg one;
        struct leg *several; /* once there are two */
    } legs;
    uint32_t hash;
    uint8_t count, live;
    uint8_t over;
    uint8_t foreign; /* entered, not reserved here */
    char sid[];
};

static struct {
    pthread_mutex_t lock;
    pthread_once_t once;
    uint64_t seed;
    struct user *users[USERS];
    struct call *calls[CALLS];
    struct call *oldest, *newest;
    size_t count;
    uint64_t misses;
    void (*tell)(void *ctx, const struct hs_lines_news *news);
    void *tell_ctx;
} lines = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

static void prepare(void)
{
    /* Phones and sids come from outside: a secret seed prevents collisions. */
    if (getrandom(&lines.seed, sizeof lines.seed, GRND_NONBLOCK) < 0)
        lines.seed = (uint64_t)(uintptr_t)&lines;
}

/* Never 0. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash;

    pthread_once(&lines.once, prepare);
    hash = lines.seed ^ 0xcbf29ce484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    hash ^= hash >> 29;
    return hash ? hash : 1;
}

/* ---- users and calls, with the lock ---- */

static struct leg *legs_of(struct call *call)
{
    return call->count > 1 ? call->legs.several : &call->legs.one;
}

static struct user *find_user(const char *id, int make)
{
    struct user **at = &lines.users[hash_of(id) % USERS];
    size_t size = strlen(id) + 1;
    struct user *user;

    while (*at && strcmp((*at)->id, id) != 0)
        at = &(*at)->next;
    if (*at || !make)
        return *at;
    user = calloc(1, sizeof *user + size);
    if (!user)
        return NULL;
    memcpy(user->id, id, size);
    return *at = user;
}

static struct call *find_call(const char *sid)
{
    uint32_t hash = (uint32_t)hash_of(sid);
    struct call *call = lines.calls[hash % CALLS];

    while (call && (call->hash != hash || strcmp(call->sid, sid) != 0))
        call = call->next;
    return call;
}

static void drop(struct call *call)
{
    struct call **at = &lines.calls[call->hash % CALLS];

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    *(call->older ? &call->older->newer : &lines.oldest) = call->newer;
    *(call->newer ? &call->newer->older : &lines.newest) = call->older;
    *call->of_user_at = call->of_user;
    if (call->of_user)
        call->of_user->of_user_at = call->of_user_at;
    call->user->live -= call->live;
    lines.count--;
    if (call->count > 1)
        free(call->legs.several);
    free(call);
}

static void make_room(void)
{
    struct call *call = lines.oldest;

    for (int i = 0; call && lines.count >= KEPT && i < LOOKED_AT; i++) {
        struct call *newer = call->newer;

        if (call->live == 0)
            drop(call);
        call = newer;
    }
}

static struct call *make_call(struct user *user, const char *sid)
{
    size_t len = strlen(sid);
    struct call *call =
        len <= HS_LINES_SID_MAX ? calloc(1, sizeof *call + len + 1) : NULL;
    struct call **bucket;

    if (!call)
        return NULL;
    make_room();
    memcpy(call->sid, sid, len + 1);
    call->hash = (uint32_t)hash_of(sid);
    call->user = user;
    bucket = &lines.calls[call->hash % CALLS];
    call->next = *bucket;
    *bucket = call;
    call->of_user = user->calls;
    call->of_user_at = &user->calls;
    if (user->calls)
        user->calls->of_user_at = &call->of_user;
    user->calls = call;
    call->older = lines.newest;
    *(lines.newest ? &lines.newest->newer : &lines.oldest) = call;
    lines.newest = call;
    lines.count++;
    return call;
}

/* ---- legs, with the lock ---- */

static void end_leg(struct call *call, struct leg *leg)
{
    if (!leg->live)
        return;
    leg->live = 0;
    call->live--;
    call->user->live--;
}

static void expire(struct user *user, int64_t now)
{
    for (struct call *call = user->calls; call; call = call->of_user) {
        struct leg *legs = legs_of(call);

        for (int i = 0; call->live > 0 && i < call->count; i++) {
            if ((int64_t)legs[i].until <= now)
                end_leg(call, &legs[i]);
        }
    }
}

/* Room for one more: at the end, or in place of the leg that ended first. */
static struct leg *place_for(struct call *call)
{
    struct leg *legs = legs_of(call);

    if (call->count == LEGS_MAX) {
        for (int i = 0; i < LEGS_MAX; i++) {
            if (!legs[i].live)
                return &legs[i];
        }
        return NULL;
    }
    if (call->count > 0) {
        struct leg *several = call->count > 1 ? legs : NULL;

        several = realloc(several, ((size_t)call->count + 1) * sizeof *legs);
        if (!several)
            return NULL;
        if (call->count == 1)
            several[0] = call->legs.one;
        call->legs.several = legs = several;
    }
    return &legs[call->count++];
}

static int add_leg(struct user *user, struct call *call,
                   const struct hs_line *line, uint64_t child)
{
    int64_t until = line->until < UNTIL_MAX ? line->until : UNTIL_MAX;
    struct leg *leg;

    if (!call && !(call = make_call(user, line->call)))
        return -1;
    leg = place_for(call);
    if (!leg)
        return -1;
    *leg = (struct leg){.phone = hash_of(line->phone),
                        .child = child,
                        .until = (uint64_t)until & UNTIL_MAX,
                        .step = (unsigned)line->step & HS_LINES_STEP_MAX,
                        .live = 1};
    call->live++;
    call->user->live++;
    return 0;
}

static struct leg *live_leg(struct call *call, uint64_t phone, int step)
{
    for (int i = 0; call && i < call->count; i++) {
        struct leg *leg = &legs_of(call)[i];

        if (leg->live && leg->phone == phone && (int)leg->step == step)
            return leg;
    }
    return NULL;
}

/* The leg of a child; else the first to that phone without a known child. */
static struct leg *reported_leg(struct call *call, uint64_t child,
                                uint64_t phone)
{
    struct leg *found = NULL;

    for (int i = 0; i < call->count; i++) {
        struct leg *leg = &legs_of(call)[i];

        if (leg->child == child)
            return leg;
        if (!found && !leg->child && leg->phone == phone)
            found = leg;
    }
    return found;
}

/* ---- other hosts ---- */

static void tell(const struct hs_lines_news *news)
{
    if (lines.tell)
        lines.tell(lines.tell_ctx, news);
}

static void tell_line(char what, const struct hs_line *line, const char *child)
{
    tell(&(struct hs_lines_news){.what = what,
                                 .user = line->user,
                                 .call = line->call,
                                 .phone = line->phone,
                                 .child = child,
                                 .step = line->step,
                                 .until = line->until});
}

void hs_lines_connect(void (*fn)(void *ctx, const struct hs_lines_news *news),
                      void *ctx)
{
    lines.tell = fn;
    lines.tell_ctx = ctx;
}

void hs_lines_miss(void)
{
    pthread_mutex_lock(&lines.lock);
    lines.misses++;
    for (int i = 0; i < USERS; i++) {
        for (struct user *user = lines.users[i]; user; user = user->next)
            user->entered = 0;
    }
    pthread_mutex_unlock(&lines.lock);
}

uint64_t hs_lines_misses(void)
{
    uint64_t misses;

    pthread_mutex_lock(&lines.lock);
    misses = lines.misses;
    pthread_mutex_unlock(&lines.lock);
    return misses;
}

/* ---- the interface ---- */

static enum hs_line_answer reserve(const struct hs_line *line, int most)
{
    enum hs_line_answer answer = HS_LINE_RESERVED;
    struct user *user;
    struct call *call;

    pthread_mutex_lock(&lines.lock);
    user = find_user(line->user, 0);
    call = user && user->entered ? find_call(line->call) : NULL;
    if (!user || !user->entered) {
        answer = HS_LINE_UNKNOWN;
    } else if (!live_leg(call, hash_of(line->phone), line->step)) {
        if (user->live >= most)
            expire(user, line->now);
        if (user->live >= most)
            answer = HS_LINE_FULL;
        else if (add_leg(user, call, line, 0) != 0)
            answer = HS_LINE_MEMORY;
        else if (call)
            call->over = call->foreign = 0;
    }
    pthread_mutex_unlock(&lines.lock);
    return answer;
}

enum hs_line_answer hs_lines_reserve(const struct hs_line *line, int most)
{
    enum hs_line_answer answer = reserve(line, most);

    if (answer == HS_LINE_RESERVED)
        tell_line('r', line, "");
    return answer;
}

/* `foreign`: nobody has reserved it. */
static int enter(const struct hs_line *line, const char *child, int foreign)
{
    uint64_t hash = *child ? hash_of(child) : 0;
    uint64_t phone = hash_of(line->phone);
    struct leg *leg = NULL;
    struct user *user;
    struct call *call;
    int rc = 0;

    pthread_mutex_lock(&lines.lock);
    user = find_user(line->user, 1);
    call = find_call(line->call);
    if (call)
        leg = hash ? reported_leg(call, hash, phone)
                   : live_leg(call, phone, line->step);
    if (leg && hash)
        leg->child = hash;
    else if (!user)
        rc = -1;
    else if (!leg && !(call && call->over))
        rc = add_leg(user, call, line, hash);
    if (!call && (call = find_call(line->call)))
        call->foreign = foreign != 0;
    pthread_mutex_unlock(&lines.lock);
    return rc;
}

int hs_lines_enter(const struct hs_line *line, const char *child)
{
    int rc = enter(line, child, 1);

    if (rc == 0)
        tell_line('e', line, child);
    return rc;
}

int hs_lines_entered(const char *user_id, uint64_t misses)
{
    struct user *user;

    pthread_mutex_lock(&lines.lock);
    user = find_user(user_id, 1);
    if (user && misses == lines.misses)
        user->entered = 1;
    pthread_mutex_unlock(&lines.lock);
    return user ? 0 : -1;
}

static void report(const char *sid, const char *child, const char *phone,
                   int final)
{
    struct call *call;
    struct leg *leg;

    pthread_mutex_lock(&lines.lock);
    call = find_call(sid);
    leg = call ? reported_leg(call, hash_of(child), hash_of(phone)) : NULL;
    if (leg) {
        leg->child = hash_of(child);
        if (final)
            end_leg(call, leg);
    }
    pthread_mutex_unlock(&lines.lock);
}

void hs_lines_report(const char *sid, const char *child, const char *phone,
                     int final)
{
    report(sid, child, phone, final);
    tell(&(struct hs_lines_news){.what = 't',
                                 .user = "",
                                 .call = sid,
                                 .phone = phone,
                                 .child = child,
                                 .final = final});
}

static void end(const char *sid, int step)
{
    struct call *call;

    pthread_mutex_lock(&lines.lock);
    call = find_call(sid);
    for (int i = 0; call && i < call->count; i++) {
        struct leg *leg = &legs_of(call)[i];

        if (step < 0 || (int)leg->step == step)
            end_leg(call, leg);
    }
    if (call && step < 0)
        call->over = 1;
    pthread_mutex_unlock(&lines.lock);
}

void hs_lines_end(const char *sid, int step)
{
    end(sid, step);
    tell(&(struct hs_lines_news){.what = 'd',
                                 .user = "",
                                 .call = sid,
                                 .phone = "",
                                 .child = "",
                                 .step = step});
}

void hs_lines_hear(const struct hs_lines_news *news, int64_t now)
{
    struct hs_line line = {.user = news->user,
                           .call = news->call,
                           .phone = news->phone,
                           .step = news->step,
                           .now = now,
                           .until = news->until};

    if (news->what == 'r' || news->what == 'e')
        (void)enter(&line, news->child, news->what == 'e');
    else if (news->what == 't')
        report(news->call, news->child, news->phone, news->final);
    else if (news->what == 'd')
        end(news->call, news->step);
}

int hs_lines_count(const char *user_id, int64_t now)
{
    struct user *user;
    int count = 0;

    pthread_mutex_lock(&lines.lock);
    user = find_user(user_id, 0);
    if (user) {
        expire(user, now);
        count = user->live;
    }
    pthread_mutex_unlock(&lines.lock);
    return count;
}

size_t hs_lines_review(const char *user_id, int64_t now,
                       struct hs_lines_call *out, size_t size)
{
    struct user *user;
    size_t count = 0;

    pthread_mutex_lock(&lines.lock);
    user = find_user(user_id, 0);
    if (user && (now - user->reviewed >= REVIEW_MS || now < user->reviewed)) {
        user->reviewed = now;
        for (struct call *call = user->calls; call && count < size;
             call = call->of_user) {
            if (call->live == 0)
                continue;
            out[count].foreign = call->foreign;
            memcpy(out[count++].sid, call->sid, strlen(call->sid) + 1);
        }
    }
    pthread_mutex_unlock(&lines.lock);
    return count;
}

size_t hs_lines_calls(void)
{
    size_t count;

    pthread_mutex_lock(&lines.lock);
    count = lines.count;
    pthread_mutex_unlock(&lines.lock);
    return count;
}

void hs_lines_clear(void)
{
    pthread_mutex_lock(&lines.lock);
    for (struct call *call = lines.oldest, *newer; call; call = newer) {
        newer = call->newer;
        drop(call);
    }
    for (int i = 0; i < USERS; i++) {
        while (lines.users[i]) {
            struct user *next = lines.users[i]->next;

            free(lines.users[i]);
            lines.users[i] = next;
        }
    }
    pthread_mutex_unlock(&lines.lock);
}
