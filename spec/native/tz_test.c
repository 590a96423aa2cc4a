/* tz_test.c: our zones against the C library's, and hostile files. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/tz/tz.h"
#include "test.h"

#define ZONEINFO "/usr/share/zoneinfo"
#define LONG_NAME                                                              \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"   \
    "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define YEAR_2101 INT64_C(4133980800)

static const char *const ZONES[] = {
    "America/New_York",  "America/Denver",      "Europe/London",
    "Europe/Dublin",     "Australia/Lord_Howe", "Pacific/Apia",
    "Africa/Casablanca", "Asia/Kolkata",        "America/Sao_Paulo",
    "Asia/Gaza",         "America/Nuuk",        "Asia/Tehran",
    "Pacific/Chatham",   "Antarctica/Troll",    "America/St_Johns",
    "Africa/El_Aaiun",   "Etc/GMT+12",          "UTC",
    "America/Santiago",  "Asia/Kathmandu",      "Pacific/Kiritimati",
};
#define ZONE_COUNT (sizeof ZONES / sizeof *ZONES)

static const struct hs_zone *zone(const char *name)
{
    struct hs_error err = {0};
    const struct hs_zone *found = hs_zone_get(name, &err);

    if (!found)
        fail_msg("%s: %s", name, err.message);
    return found;
}

static void *ask_for_all(void *unused)
{
    (void)unused;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < ZONE_COUNT; i++) {
            struct hs_local_time out;

            hs_zone_local(zone(ZONES[i]), 1795316400, &out);
        }
    }
    return NULL;
}

TEST_CASE(threads_share_the_cache)
{
    pthread_t threads[8];

    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_all, NULL),
                         0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Compare one instant; 0 when all fields agree. */
static int differs(const struct hs_zone *ours, int64_t t)
{
    struct hs_local_time got;
    struct tm wanted;
    time_t when = (time_t)t;

    if (!localtime_r(&when, &wanted))
        return 1;
    hs_zone_local(ours, t, &got);
    return got.year != wanted.tm_year + 1900 ||
           got.month != wanted.tm_mon + 1 || got.day != wanted.tm_mday ||
           got.hour != wanted.tm_hour || got.minute != wanted.tm_min ||
           got.second != wanted.tm_sec || got.weekday % 7 != wanted.tm_wday ||
           got.offset_seconds != wanted.tm_gmtoff ||
           got.is_dst != (wanted.tm_isdst > 0) ||
           strcmp(got.abbreviation, wanted.tm_zone) != 0;
}

/* In a child with one thread, because TZ belongs to the whole process. */
static void compare_zone(const char *name)
{
    const struct hs_zone *ours = zone(name);
    long wrong = 0;

    if (setenv("TZ", name, 1) != 0)
        _exit(2);
    tzset();
    for (int64_t t = 0; t < YEAR_2101; t += 7 * 3600 + 11)
        wrong += differs(ours, t);
    /* And at every change, a second before, at, and after it. */
    for (int64_t t = hs_zone_next_change(ours, 0); t < YEAR_2101;
         t = hs_zone_next_change(ours, t)) {
        wrong += differs(ours, t - 1) + differs(ours, t) + differs(ours, t + 1);
        if (localtime(&(time_t){(time_t)t})->tm_gmtoff ==
            localtime(&(time_t){(time_t)(t - 1)})->tm_gmtoff)
            wrong++;
    }
    if (wrong)
        (void)fprintf(stderr, "%s: %ld instants differ\n", name, wrong);
    _exit(wrong != 0);
}

TEST_CASE(every_instant_agrees_with_the_c_library)
{
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        int status = 0;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            compare_zone(ZONES[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("%s differs from the C library", ZONES[i]);
    }
}

static struct hs_local_time at(int year, int month, int day, int hour,
                               int minute)
{
    return (struct hs_local_time){.year = year,
                                  .month = month,
                                  .day = day,
                                  .hour = hour,
                                  .minute = minute};
}

TEST_CASE(a_wall_time_comes_back_as_it_went_in)
{
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        const struct hs_zone *z = zone(ZONES[i]);

        for (int64_t t = 0; t < YEAR_2101; t += 86400 * 3 + 3607) {
            struct hs_local_time local;
            int kind = -1;
            int64_t back;

            hs_zone_local(z, t, &local);
            back = hs_zone_instant(z, &local, &kind);
            /* A time that happens twice is read as its first. */
            if (back != t && (kind != 2 || back > t))
                fail_msg("%s: %lld became %lld, kind %d", ZONES[i],
                         (long long)t, (long long)back, kind);
        }
    }
}

TEST_CASE(gaps_and_overlaps)
{
    static const struct {
        const char *zone;
        int year, month, day, hour, minute;
        int kind;
        int64_t wanted;
    } cases[] = {
        /* 02:30 is not there: 03:30 MDT, 09:30 UTC */
        {"America/Denver", 2026, 3, 8, 2, 30, 1, 1772962200},
        {"America/Denver", 2026, 3, 8, 1, 59, 0, 1772960340},
        {"America/Denver", 2026, 3, 8, 3, 0, 0, 1772960400},
        /* 01:30 happens twice: the first, MDT, 07:30 UTC */
        {"America/Denver", 2026, 11, 1, 1, 30, 2, 1793518200},
        {"America/Denver", 2026, 11, 1, 2, 0, 0, 1793523600},
        /* beyond the file's table */
        {"America/Denver", 2080, 3, 10, 2, 30, 1, 3477288600},
        /* half an hour only */
        {"Australia/Lord_Howe", 2026, 10, 4, 2, 15, 1, 1791042300},
        {"Australia/Lord_Howe", 2026, 4, 5, 1, 45, 2, 1775313900},
        /* a whole day that was left out */
        {"Pacific/Apia", 2011, 12, 30, 10, 0, 1, 1325275200},
        {"Pacific/Apia", 2011, 12, 31, 0, 0, 0, 1325239200},
        {"UTC", 2026, 11, 22, 3, 0, 0, 1795316400},
        {"Asia/Kolkata", 1970, 1, 1, 5, 30, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_local_time local =
            at(cases[i].year, cases[i].month, cases[i].day, cases[i].hour,
               cases[i].minute);
        int kind = -1;
        int64_t got = hs_zone_instant(zone(cases[i].zone), &local, &kind);

        if (got != cases[i].wanted || kind != cases[i].kind)
            fail_msg("%s %d-%02d-%02d %02d:%02d: %lld, kind %d", cases[i].zone,
                     local.year, local.month, local.day, local.hour,
                     local.minute, (long long)got, kind);
        assert_int_equal(hs_zone_instant(zone(cases[i].zone), &local, NULL),
                         got);
    }
}

TEST_CASE(dates_carry_over)
{
    const struct hs_zone *utc = zone("UTC");
    struct hs_local_time a = at(2026, 14, 1, 0, 0), b = at(2027, 2, 1, 0, 0);

    assert_int_equal(hs_zone_instant(utc, &a, NULL),
                     hs_zone_instant(utc, &b, NULL));
    a = at(2026, 2, 30, 24, 0);
    b = at(2026, 3, 3, 0, 0);
    assert_int_equal(hs_zone_instant(utc, &a, NULL),
                     hs_zone_instant(utc, &b, NULL));
    a = at(2026, 0, 0, 0, -1);
    b = at(2025, 11, 29, 23, 59);
    assert_int_equal(hs_zone_instant(utc, &a, NULL),
                     hs_zone_instant(utc, &b, NULL));
}

TEST_CASE(the_far_ends_of_time)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1,
                                   INT64_MAX};
    struct hs_local_time far =
        at(INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX);
    struct hs_local_time past =
        at(INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN);

    for (size_t i = 0; i < ZONE_COUNT; i++) {
        const struct hs_zone *z = zone(ZONES[i]);

        for (size_t k = 0; k < 4; k++) {
            struct hs_local_time out;

            hs_zone_local(z, ends[k], &out);
            assert_in_range(out.month, 1, 12);
            assert_in_range(out.day, 1, 31);
            assert_in_range(out.weekday, 1, 7);
            hs_zone_next_change(z, ends[k]);
        }
        hs_zone_instant(z, &far, NULL);
        hs_zone_instant(z, &past, NULL);
    }
}

TEST_CASE(the_next_change)
{
    assert_int_equal(hs_zone_next_change(zone("America/Denver"), 1772960399),
                     1772960400);
    assert_int_equal(hs_zone_next_change(zone("America/Denver"), 1772960400),
                     1793520000);
    assert_int_equal(hs_zone_next_change(zone("Etc/UTC"), 0), INT64_MAX);
    assert_int_equal(hs_zone_next_change(zone("Asia/Kolkata"), 0), INT64_MAX);
    /* 2100-03-14 09:00 UTC, from the footer alone */
    assert_int_equal(hs_zone_next_change(zone("America/Denver"), 4102444800),
                     4108698000);
}

TEST_CASE(names_are_checked)
{
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "/UTC",
        "../zoneinfo/UTC",
        "America/../UTC",
        "America",
        "America/",
        "America//Denver",
        "tzdata.zi",
        "zone1970.tab",
        "leapseconds",
        "UTC ",
        "UTC\n",
        "\xc3\xbcTC",
        "right/UTC",
        "EST5EDT,M3.2.0,M11.1.0",
        LONG_NAME,
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hs_error err = {0};

        if (hs_zone_get(bad[i], &err))
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_string_equal(err.code, "unknown_zone");
        assert_null(hs_zone_get(bad[i], NULL));
    }
}

TEST_CASE(the_error_names_the_nearest_zone)
{
    static const char *const cases[][2] = {
        {"America/Denvr", "\"America/Denver\""},
        {"america/new_york", "\"America/New_York\""},
        {"Denver", "\"America/Denver\""},
        {"Europe/Berln", "\"Europe/Berlin\""},
        {"Utc", "\"UTC\""},
    };
    struct hs_error err = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(hs_zone_get(cases[i][0], &err));
        if (!strstr(err.message, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.message);
    }
    assert_null(hs_zone_get("Qqqqqqqqqqqqqqq", &err));
    assert_null(strstr(err.message, "did you mean"));
}

static char *read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(65536);

    assert_non_null(file);
    assert_non_null(bytes);
    *len = fread(bytes, 1, 65536, file);
    (void)fclose(file);
    return bytes;
}

TEST_CASE(every_cut_and_flipped_file_is_survived)
{
    size_t len;
    char *bytes = read_all(ZONEINFO "/America/Denver", &len);
    struct hs_zone *whole = hs_zone_parse(bytes, len, NULL);

    assert_non_null(whole);
    hs_zone_free(whole);
    for (size_t cut = 0; cut < len; cut++) {
        char *copy = malloc(cut ? cut : 1); /* exactly as long: ASan watches */
        struct hs_error err = {0};

        memcpy(copy, bytes, cut);
        assert_null(hs_zone_parse(copy, cut, &err));
        assert_string_equal(err.code, "malformed");
        free(copy);
    }
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct hs_zone *z;
            struct hs_local_time out;

            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            z = hs_zone_parse(bytes, len, NULL);
            if (z) {
                hs_zone_local(z, 1795316400, &out);
                hs_zone_local(z, 4102444800, &out);
                hs_zone_next_change(z, 4102444800);
                hs_zone_instant(z, &out, NULL);
            }
            hs_zone_free(z);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
        }
    }
    free(bytes);
}

/* A file with no instants and this footer. */
static struct hs_zone *zone_of_rule(const char *rule)
{
    char bytes[256] = {0};
    size_t len = 0;

    for (int block = 0; block < 2; block++) {
        memcpy(bytes + len, "TZif2", 5);
        bytes[len + 39] = 1; /* one type */
        bytes[len + 43] = 4; /* "UTC" */
        memcpy(bytes + len + 50, "UTC", 4);
        len += 44 + 6 + 4;
    }
    len += (size_t)snprintf(bytes + len, sizeof bytes - len, "\n%s\n", rule);
    return hs_zone_parse(bytes, len, NULL);
}

TEST_CASE(footers_that_are_refused)
{
    static const char *const bad[] = {
        "E5",
        "EST",
        "EST25",
        "EST5EDT",
        "EST5EDT,",
        "EST5EDT,M3.2",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,M3.2.0",
        "EST5EDT,M3.2.0,M11.1.0x",
        "EST5EDT,J0,J365",
        "EST5EDT,J1,J366",
        "EST5EDT,0,366",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "<+05-5",
        "<>5",
        "EST5:60",
        "EST99999999999",
        "EST5EDT,M3.2.0/2:0:99,M11.1.0",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (zone_of_rule(bad[i]))
            fail_msg("\"%s\" was accepted", bad[i]);
    }
}

TEST_CASE(footers_of_every_form)
{
    static const struct {
        const char *rule;
        int64_t t;
        int offset, is_dst;
    } cases[] = {
        {"", 0, 0, 0},
        {"<+0545>-5:45", 0, 20700, 0},
        {"EST5EDT,M3.2.0,M11.1.0", 1772953199, -18000, 0},
        {"EST5EDT,M3.2.0,M11.1.0", 1772953200, -14400, 1},
        /* Greenland: Saturday 22:00, written as Sunday -2 */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000 - 1, -7200, 0},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -3600, 1},
        /* DST all year: ends and begins at the same instant */
        {"XXX3EDT4,0/0,J365/23", 1767236400, -14400, 1},
        {"XXX3EDT4,0/0,J365/23", 1767236399, -14400, 1},
        {"XXX3EDT4,0/0,J365/23", 1780000000, -14400, 1},
        /* J60 is March 1 in a leap year too; 60 is not */
        {"AAA0BBB,J60/0,J61/0", 1709251200, 3600, 1}, /* 2024-03-01 */
        {"AAA0BBB,J60/0,J61/0", 1709251199, 0, 0},
        {"AAA0BBB,60/0,61/0", 1709251200, 3600, 1},
        {"AAA0BBB,59/0,60/0", 1709164800, 3600, 1}, /* 2024-02-29 */
        /* the southern summer crosses the year */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, 39600, 1},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1783000000, 36000, 0},
        /* Ireland's winter time is the exception */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, 0, 1},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1783000000, 3600, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_zone *z = zone_of_rule(cases[i].rule);
        struct hs_local_time out;

        if (!z)
            fail_msg("\"%s\" was refused", cases[i].rule);
        hs_zone_local(z, cases[i].t, &out);
        if (out.offset_seconds != cases[i].offset ||
            out.is_dst != cases[i].is_dst)
            fail_msg("\"%s\" at %lld: offset %d, dst %d", cases[i].rule,
                     (long long)cases[i].t, out.offset_seconds, out.is_dst);
        if (strncmp(cases[i].rule, "XXX", 3) == 0)
            assert_int_equal(hs_zone_next_change(z, cases[i].t), INT64_MAX);
        hs_zone_free(z);
    }
}

static void copy_file(const char *from, const char *to)
{
    size_t len;
    char *bytes = read_all(from, &len);
    char temporary[300];
    FILE *file;

    (void)snprintf(temporary, sizeof temporary, "%s.new", to);
    file = fopen(temporary, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(temporary, to), 0);
    free(bytes);
}

static int offset_of(const struct hs_zone *z)
{
    struct hs_local_time out;

    hs_zone_local(z, 1795316400, &out);
    return out.offset_seconds;
}

TEST_CASE(a_changed_file_is_read_again)
{
    char folder[] = "/tmp/hs-tz-XXXXXX";
    char path[256];
    const struct hs_zone *before, *after;
    FILE *file;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/Home", folder);
    copy_file(ZONEINFO "/America/Denver", path);
    hs_zone_set_folder(folder, 60000);
    before = zone("Home");
    copy_file(ZONEINFO "/Asia/Kolkata", path);
    assert_ptr_equal(zone("Home"), before); /* looked at just now */
    hs_zone_set_folder(folder, 0);
    after = zone("Home");
    assert_ptr_not_equal(after, before);
    assert_int_equal(offset_of(after), 19800);
    assert_int_equal(offset_of(before), -25200); /* still usable */
    /* Half written, then gone: the last good one goes on. */
    file = fopen(path, "wb");
    assert_non_null(file);
    (void)fputs("TZif2", file);
    (void)fclose(file);
    assert_ptr_equal(zone("Home"), after);
    assert_int_equal(unlink(path), 0);
    assert_ptr_equal(zone("Home"), after);
    copy_file(ZONEINFO "/America/Denver", path);
    assert_int_equal(offset_of(zone("Home")), -25200);
    hs_zone_set_folder(ZONEINFO, 1000);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static sem_t is_held, may_go;
static const char *held_path;

int stat(const char *restrict path, struct stat *restrict at)
{
    __typeof__(&stat) real =
        (__typeof__(&stat))(intptr_t)dlsym(RTLD_NEXT, "stat");

    if (held_path && strcmp(path, held_path) == 0) {
        sem_post(&is_held);
        sem_wait(&may_go);
    }
    return real(path, at);
}

static void *ask_for_one(void *name)
{
    return (void *)(uintptr_t)zone(name);
}

/* The folder is on a mount that doesn't answer. */
TEST_CASE(a_look_that_takes_long_holds_up_one_thread)
{
    static char name[] = "Asia/Tehran";
    const struct hs_zone *known = zone(name);
    pthread_t thread;
    void *found;

    sem_init(&is_held, 0, 0);
    sem_init(&may_go, 0, 0);
    hs_zone_set_folder(ZONEINFO, 0);
    held_path = ZONEINFO "/Asia/Tehran";
    assert_int_equal(pthread_create(&thread, NULL, ask_for_one, name), 0);
    sem_wait(&is_held);
    assert_ptr_equal(zone(name), known);
    held_path = NULL;
    sem_post(&may_go);
    assert_int_equal(pthread_join(thread, &found), 0);
    assert_ptr_equal(found, known);
    assert_ptr_equal(zone(name), known);
    hs_zone_set_folder(ZONEINFO, 1000);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
