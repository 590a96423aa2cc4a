/* cache.c: zones by name, read once, and again when their file changes; a file
 * is looked at once a second at most. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/nearest.h"
#include "lib/files/places.h"
#include "lib/tz/tz.h"

#define NAME_SIZE 64
#define BUCKETS 64
#define FILE_LIMIT ((size_t)256 * 1024) /* the largest real one has 4 KiB */

/* A zone that was asked for and exists. Entries are never removed, and a
 * replaced zone stays behind the new one, since another thread may be using it.
 * */
struct entry {
    struct entry *next;
    char name[NAME_SIZE];
    _Atomic int64_t looked; /* when its file was last looked at, monotonic ms */
    _Atomic int looking;    /* a thread does: it may be for long */
    struct version {
        struct version *older;
        struct hs_zone *zone;
        struct stat file;
    } * _Atomic newest;
};

static struct {
    struct entry *_Atomic buckets[BUCKETS];
    pthread_mutex_t writing;
    const char *folder;
    int64_t look_ms; /* a file is looked at once in this time */
} cache = {.writing = PTHREAD_MUTEX_INITIALIZER,
           .folder = "/usr/share/zoneinfo",
           .look_ms = 1000};

void hs_zone_set_folder(const char *path, int look_ms)
{
    cache.folder = path;
    cache.look_ms = look_ms;
}

const char *hs_zone_folder(void)
{
    return cache.folder;
}

/* The name becomes part of a path: no dots, no leading slash, nothing odd. */
static int name_is_plain(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len >= NAME_SIZE || name[0] == '/' || name[len - 1] == '/')
        return 0;
    for (const char *c = name; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("/_+-", *c))
            return 0;
        if (c[0] == '/' && c[1] == '/')
            return 0;
    }
    return 1;
}

static int same_file(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_size == b->st_size && a->st_ino == b->st_ino &&
           a->st_dev == b->st_dev;
}

static size_t bucket_of(const char *name)
{
    size_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash % BUCKETS;
}

static struct entry *find(const char *name)
{
    struct entry *entry = atomic_load(&cache.buckets[bucket_of(name)]);

    while (entry && strcmp(entry->name, name) != 0)
        entry = entry->next;
    return entry;
}

/* Read a whole zone file. NULL if it isn't one. */
static struct hs_zone *read_zone(const char *path, struct stat *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct hs_zone *zone = NULL;
    char *bytes = NULL;
    ssize_t len;

    if (fd < 0)
        return NULL;
    if (fstat(fd, file) != 0 || !S_ISREG(file->st_mode) ||
        file->st_size > (off_t)FILE_LIMIT)
        goto done;
    bytes = malloc((size_t)file->st_size + 1);
    if (!bytes)
        goto done;
    len = hs_read_full(fd, bytes, (size_t)file->st_size);
    if (len >= 0)
        zone = hs_zone_parse(bytes, (size_t)len, NULL);

done:
    free(bytes);
    close(fd);
    return zone;
}

/* Put a zone in front of the previous one of that name. 0, or -1 when memory
 * ran out. */
static int publish(const char *name, struct hs_zone *zone,
                   const struct stat *file)
{
    struct entry *entry = find(name);
    struct version *version = calloc(1, sizeof *version);

    if (!version)
        return -1;
    version->zone = zone;
    version->file = *file;
    if (entry) {
        version->older = atomic_load(&entry->newest);
        atomic_store(&entry->newest, version);
        return 0;
    }
    entry = calloc(1, sizeof *entry);
    if (!entry) {
        free(version);
        return -1;
    }
    (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    atomic_init(&entry->newest, version);
    entry->next = atomic_load(&cache.buckets[bucket_of(name)]);
    atomic_store(&cache.buckets[bucket_of(name)], entry);
    return 0;
}

/* The cached zone, if its file was looked at just now or another thread does;
 * else NULL, and this thread is to look. */
static const struct hs_zone *recent(const char *name)
{
    struct entry *entry = find(name);

    if (!entry ||
        (hs_monotonic_ms() - atomic_load(&entry->looked) >= cache.look_ms &&
         !atomic_exchange(&entry->looking, 1)))
        return NULL;
    return atomic_load(&entry->newest)->zone;
}

/* The file was looked at before `now`. */
static void note_look(const char *name, int64_t now)
{
    struct entry *entry = find(name);

    if (!entry)
        return;
    atomic_store(&entry->looked, now);
    atomic_store(&entry->looking, 0);
}

/* The cached zone if it matches the file, else NULL. */
static const struct hs_zone *fresh(const char *name, const struct stat *file)
{
    struct entry *entry = find(name);
    struct version *version = entry ? atomic_load(&entry->newest) : NULL;

    return version && same_file(&version->file, file) ? version->zone : NULL;
}

/* Read the file and remember it. If it can't be read just now (tzdata is being
 * replaced), the previous one stays. NULL if there is none. */
static const struct hs_zone *reread(const char *name, const char *path)
{
    const struct hs_zone *zone;
    struct hs_zone *read;
    struct entry *entry;
    struct stat file;

    pthread_mutex_lock(&cache.writing);
    read = read_zone(path, &file);
    zone = read ? fresh(name, &file) : NULL; /* another thread was first */
    if (zone || (read && publish(name, read, &file) != 0)) {
        hs_zone_free(read);
        read = NULL;
    }
    if (!zone)
        zone = read;
    entry = find(name);
    if (!zone && entry)
        zone = atomic_load(&entry->newest)->zone;
    pthread_mutex_unlock(&cache.writing);
    return zone;
}

struct nearest {
    const char *wanted;
    char name[NAME_SIZE];
    size_t distance;
};

static void consider(struct nearest *nearest, const char *name)
{
    const char *city = strrchr(name, '/');
    size_t found = hs_edit_distance(nearest->wanted, name);

    /* People write "Denver"; that is nearer than it looks. */
    if (city && !strchr(nearest->wanted, '/')) {
        size_t by_city = hs_edit_distance(nearest->wanted, city + 1);

        if (by_city < found)
            found = by_city;
    }
    if (found < nearest->distance) {
        nearest->distance = found;
        (void)snprintf(nearest->name, sizeof nearest->name, "%s", name);
    }
}

/* Look at all zones below folder/under. Names begin with a capital letter;
 * "posix", "right" and the tables do not. */
static void look_below(struct nearest *nearest, const char *under, int depth)
{
    char path[512], name[NAME_SIZE];
    DIR *dir;

    if (snprintf(path, sizeof path, "%s/%s", cache.folder, under) >=
        (int)sizeof path)
        return;
    dir = opendir(path);
    if (!dir)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] < 'A' || e->d_name[0] > 'Z')
            continue;
        if (snprintf(name, sizeof name, "%s%s%s", under, *under ? "/" : "",
                     e->d_name) >= (int)sizeof name)
            continue;
        if (e->d_type != DT_DIR)
            consider(nearest, name);
        else if (depth < 3)
            look_below(nearest, name, depth + 1);
    }
    closedir(dir);
}

static void say_unknown(const char *name, struct hs_error *err)
{
    struct nearest nearest = {.wanted = name, .distance = 6};
    size_t len = strlen(name);

    if (!err)
        return;
    if (len < NAME_SIZE) {
        /* "CST" is spelt almost like "CET", and means another time. */
        if (!strchr(name, '/'))
            nearest.distance = 1; /* but for case */
        else if (nearest.distance > len / 2)
            nearest.distance = len / 2 + 1; /* else it isn't similar */
        look_below(&nearest, "", 0);
    }
    if (nearest.name[0])
        hs_error_set(err, "unknown_zone",
                     "there is no time zone \"%s\"; did you mean \"%s\"?", name,
                     nearest.name);
    else
        hs_error_set(err, "unknown_zone",
                     "there is no time zone \"%.64s\"; use a name such as "
                     "\"America/Denver\"",
                     name);
}

const struct hs_zone *hs_zone_get(const char *name, struct hs_error *err)
{
    char path[512];
    const struct hs_zone *zone = recent(name);
    struct stat file;

    if (zone)
        return zone;
    if (!find(name) &&
        hs_place_silent_ms(HS_PLACE_ZONES) >= HS_PLACE_SILENT_MS) {
        hs_error_set(err, "unknown_zone", "the time zones in %s don't answer",
                     cache.folder);
        return NULL;
    }
    if (name_is_plain(name) &&
        snprintf(path, sizeof path, "%s/%s", cache.folder, name) <
            (int)sizeof path) {
        int64_t now = hs_monotonic_ms();

        /* One stat, no lock, when nothing changed. */
        if (stat(path, &file) == 0)
            zone = fresh(name, &file);
        if (!zone)
            zone = reread(name, path);
        note_look(name, now);
    }
    if (!zone)
        say_unknown(name, err);
    return zone;
}
