/* folder.c: list, read, list again; read again what changed in between. */
#include "lib/files/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "lib/encoding.h"
#include "lib/files/folder_internal.h"

#define ALL_BYTES (16u << 20)
#define WAIT_MS 500
#define PATIENT_MS 5000
#define PAUSE_NS 20000000
#define MS_NS 1000000
#define NFS 0x6969      /* statfs(2): NFS_SUPER_MAGIC */
#define TOGETHER_MS 300 /* so may one of several */
#define SURE_MS 10000   /* hs_folder_stamp() has read it since it changed */

/* ---- is all writing finished? ---- */

static void ignore_sigio(void)
{
    struct sigaction action;

    if (sigaction(SIGIO, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        (void)signal(SIGIO, SIG_IGN);
}

/* Is it open for writing? If so, a read lease is refused. Even a brief lease
 * may be broken, by a signal that would end us. 1 yes, 0 no, -1 we aren't told:
 * another user's file, or a file system without leases; NFS refuses one
 * whenever its server hasn't delegated the file. */
static int is_held(const char *path, const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char full[4096];
    struct statfs disk;
    int held = 0, fd;

    pthread_once(&once, ignore_sigio);
    snprintf(full, sizeof full, "%s/%s", path, name);
    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
        (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    else
        held = errno == EAGAIN && fstatfs(fd, &disk) == 0 && disk.f_type != NFS
                   ? 1
                   : -1;
    close(fd);
    return held;
}

static int same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* What we are waiting for, and since when. */
struct wait {
    const char *path;
    enum hs_folder_patience patience;
    const struct hs_folder *before;
};

/* Has it changed since the folder was last read? */
static int is_new(const struct hs_folder_file *file,
                  const struct hs_folder *before)
{
    const struct hs_folder_file *was = hs_folder_find(before, file->name);

    return !was || !same(&was->at, &file->at);
}

/* May it have changed just now, or be open for writing, without a way to tell?
 * Some file systems keep whole seconds, and that of another machine has another
 * clock. */
static int is_doubtful(const struct hs_folder_file *file,
                       const struct wait *wait, const struct timespec *now)
{
    const struct hs_folder_file *was;
    int coarse = file->at.st_ctim.tv_nsec == 0;
    int old = hs_folder_age(file, now) >= HS_FOLDER_LATELY_MS;

    was = wait->before ? hs_folder_find(wait->before, file->name) : NULL;
    if (was && same(&was->at, &file->at))
        return coarse && !old;
    if (!wait->before || (was && was->at.st_nlink == 0))
        return !old && (coarse || is_held(wait->path, file->name) < 0);
    return coarse || old || is_held(wait->path, file->name) < 0;
}

/* Many tools delete a file, or move it aside, before they write it anew. */
static int has_lost(const struct hs_folder *folder,
                    const struct hs_folder *before)
{
    for (size_t i = 0; before && i < before->count; i++) {
        if (before->files[i].at.st_nlink > 0 &&
            !hs_folder_find(folder, before->files[i].name))
            return 1;
    }
    return 0;
}

static int has_doubtful(const struct hs_folder *folder, const struct wait *wait)
{
    struct timespec now;
    int found = has_lost(folder, wait->before);

    if (wait->patience == HS_FOLDER_HURRY)
        return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; !found && folder->files && i < folder->count; i++)
        found = is_doubtful(&folder->files[i], wait, &now);
    return found;
}

/* The file that is not complete yet, or NULL. */
static const struct hs_folder_file *
find_restless(const struct hs_folder *folder, const struct wait *wait)
{
    const struct hs_folder_file *latest = NULL;
    struct timespec now;
    int64_t youngest = INT64_MAX;
    int together = 0;

    clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; folder->files && i < folder->count; i++) {
        const struct hs_folder_file *file = &folder->files[i];
        int64_t ms = hs_folder_age(file, &now);

        if (ms < HS_FOLDER_REST_MS && wait->patience != HS_FOLDER_AHEAD)
            return file;
        if (ms >= HS_FOLDER_LATELY_MS ||
            (wait->before && !is_new(file, wait->before)))
            continue;
        if (wait->patience != HS_FOLDER_HURRY &&
            is_held(wait->path, file->name) > 0)
            return file;
        together += wait->before != NULL;
        if (ms < youngest) {
            youngest = ms;
            latest = file;
        }
    }
    return together > 1 && youngest < TOGETHER_MS &&
                   (wait->patience == HS_FOLDER_SOON ||
                    wait->patience == HS_FOLDER_PATIENT)
               ? latest
               : NULL;
}

/* ---- reading ---- */

static int count_bytes(struct hs_folder *folder,
                       const struct hs_folder_file *file,
                       const struct hs_folder_report *report)
{
    folder->bytes += file->len;
    return folder->bytes > ALL_BYTES
               ? hs_folder_fail(report, file->name, "too_large",
                                "the files are larger than 16 MiB together")
               : 0;
}

/* Does its stat say too little of its text? Whole seconds do, as some file
 * systems keep them; and its time moves before its text, so what is read for a
 * while after may be older than that time. */
static int is_unsure(const struct hs_folder_file *file)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return file->at.st_ctim.tv_nsec == 0 || hs_folder_age(file, &now) < SURE_MS;
}

/* Take over the text of an unchanged file of a folder below. Files at the top
 * are always read; what changes in those without a trace counts (see
 * hs_folder_stamp). 1 if it was taken over, 0 not, -1 failed. */
static int reuse(struct hs_folder *folder, const struct hs_folder *before,
                 struct hs_folder_file *file,
                 const struct hs_folder_report *report)
{
    const struct hs_folder_file *was = before && strchr(file->name, '/')
                                           ? hs_folder_find(before, file->name)
                                           : NULL;

    if (!was || !was->text || !same(&was->at, &file->at) || is_unsure(file))
        return 0;
    file->text = malloc(was->len + 1);
    if (!file->text)
        return hs_folder_fail(report, file->name, "memory",
                              "not enough memory");
    memcpy(file->text, was->text, was->len + 1);
    file->len = was->len;
    return count_bytes(folder, file, report) == 0 ? 1 : -1;
}

/* 0 read, 1 not what was listed, -1 failed. */
static int read_file(struct hs_folder *folder, const char *path,
                     struct hs_folder_file *file,
                     const struct hs_folder_report *report)
{
    char full[4096];
    size_t size = (size_t)file->at.st_size;
    ssize_t len;
    int fd;

    hs_folder_step();
    snprintf(full, sizeof full, "%s/%s", path, file->name);
    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 1;
    if (fd < 0)
        return hs_folder_fail_errno(report, file->name, "cannot open the file");
    file->text = malloc(size + 1);
    len = file->text ? hs_read_full(fd, file->text, size + 1) : 0;
    close(fd);
    if (!file->text)
        return hs_folder_fail(report, file->name, "memory",
                              "not enough memory");
    if (len < 0)
        return hs_folder_fail_errno(report, file->name, "cannot read the file");
    if ((size_t)len != size)
        return 1;
    file->text[size] = '\0';
    file->len = size;
    return count_bytes(folder, file, report);
}

/* 0 unchanged since it was listed, 1 changed, -1 failed. */
static int look_again(const struct hs_folder *folder, const char *path,
                      const struct hs_folder_report *report)
{
    struct hs_folder now = {0};
    int rc = hs_folder_list(&now, path, report);

    if (rc == 0 && now.count != folder->count)
        rc = 1;
    for (size_t i = 0; rc == 0 && i < now.count; i++) {
        const struct hs_folder_file *was = &folder->files[i];
        const struct hs_folder_file *is = &now.files[i];

        rc = strcmp(was->name, is->name) != 0 || !same(&was->at, &is->at);
    }
    hs_folder_clear(&now);
    return rc;
}

/* Editors may put a byte order mark at the start; Lua refuses it. */
static void strip_mark(struct hs_folder_file *file)
{
    if (file->len >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0) {
        file->len -= 3;
        memmove(file->text, file->text + 3, file->len + 1);
    }
}

/* What was read, as UTF-8 without a mark. 0, or -1 if memory ran out. */
static int settle_text(struct hs_folder_file *file)
{
    strip_mark(file);
    return hs_encoding_to_utf8(file->name, &file->text, &file->len);
}

/* ---- is it still what was read? ---- */

/* Is the listed file the one that was read? Between a reading and a write right
 * after it the clock may have stood still, so a new file is read again. */
static int is_as_read(const struct hs_folder_file *is,
                      const struct hs_folder_file *was, const struct wait *wait)
{
    char source[HS_FOLDER_NAME_MAX + 1];
    struct hs_error err;
    const struct hs_folder_report none = {source, &err};
    struct hs_folder now = {0};
    struct hs_folder_file file = *is;
    int equal;

    if (!was || !same(&was->at, &is->at))
        return 0;
    if (wait->before && !is_new(is, wait->before) && !is_unsure(is))
        return 1;
    if (read_file(&now, wait->path, &file, &none) != 0 ||
        settle_text(&file) != 0) {
        free(file.text);
        return 0;
    }
    equal = file.len == was->len && memcmp(file.text, was->text, was->len) == 0;
    free(file.text);
    return equal;
}

/* 1 the same, 0 not, -1 it may still be being written: where times don't tell,
 * it has to stay the same for a while. */
static int compare(const struct hs_folder *folder, const struct wait *wait)
{
    char source[HS_FOLDER_NAME_MAX + 1];
    struct hs_error err;
    const struct hs_folder_report none = {source, &err};
    struct hs_folder now = {0};
    size_t were = 0;
    int is_same = hs_folder_list(&now, wait->path, &none) == 0;
    int early = hs_monotonic_ms() < folder->read_ms + TOGETHER_MS;

    if (is_same &&
        (find_restless(&now, wait) || (early && has_doubtful(&now, wait)))) {
        hs_folder_clear(&now);
        return -1;
    }
    for (size_t i = 0; i < folder->count; i++)
        were += folder->files[i].at.st_nlink > 0; /* it was listed */
    is_same = is_same && now.count == were;
    for (size_t i = 0; is_same && now.files && i < now.count; i++)
        is_same = is_as_read(&now.files[i],
                             hs_folder_find(folder, now.files[i].name), wait);
    hs_folder_clear(&now);
    return is_same;
}

/* Compare until all writing has finished. */
static int is_still(const struct hs_folder *folder, const struct wait *wait)
{
    int64_t until = hs_monotonic_ms() + WAIT_MS;
    int rc = compare(folder, wait);

    while (rc < 0 && hs_monotonic_ms() < until) {
        struct timespec pause = {.tv_nsec = PAUSE_NS};

        nanosleep(&pause, NULL);
        rc = compare(folder, wait);
    }
    return rc > 0;
}

int hs_folder_is_still(const struct hs_folder *folder, const char *path,
                       const struct hs_folder *before)
{
    const struct wait wait = {path, HS_FOLDER_SOON, before};

    return is_still(folder, &wait);
}

/* ---- reading it as a whole ---- */

/* 0 read; 1 a file is being written, with a report; -1 failed. */
static int try_read(struct hs_folder *folder, const struct wait *wait,
                    const struct hs_folder_report *report)
{
    const struct hs_folder_file *restless;

    if (hs_folder_list(folder, wait->path, report) != 0)
        return -1;
    restless = find_restless(folder, wait);
    if (restless) {
        hs_folder_fail(report, restless->name, "changed",
                       "the file is still being written");
        return 1;
    }
    for (size_t i = 0; folder->files && i < folder->count; i++) {
        struct hs_folder_file *file = &folder->files[i];
        int reused = reuse(folder, wait->before, file, report);
        int rc = reused ? reused : read_file(folder, wait->path, file, report);

        if (reused > 0)
            continue;
        if (rc > 0)
            hs_folder_fail(report, file->name, "changed",
                           "the file changes while it is read");
        if (rc != 0)
            return rc;
        if (settle_text(file) != 0)
            return hs_folder_fail(report, file->name, "memory",
                                  "not enough memory");
    }
    if (wait->patience == HS_FOLDER_AHEAD)
        return 0;
    return has_doubtful(folder, wait) ? !is_still(folder, wait)
                                      : look_again(folder, wait->path, report);
}

struct hs_folder *hs_folder_read(const char *path,
                                 enum hs_folder_patience patience,
                                 const struct hs_folder *before, char *source,
                                 struct hs_error *err)
{
    const struct wait wait = {path, patience, before};
    const struct hs_folder_report report = {source, err};
    struct hs_folder *folder = hs_folder_new(err);
    int64_t until =
        hs_monotonic_ms() + (patience == HS_FOLDER_AHEAD     ? 0
                             : patience == HS_FOLDER_PATIENT ? PATIENT_MS
                                                             : WAIT_MS);
    int rc = -1;

    while (folder) {
        struct timespec pause = {.tv_nsec = PAUSE_NS};

        hs_folder_clear(folder);
        folder->read_ms = hs_monotonic_ms();
        hs_folder_fail(&report, "", "changed",
                       "the Lua folder keeps changing while it is read");
        rc = try_read(folder, &wait, &report);
        if (rc != 1 || hs_monotonic_ms() >= until)
            break;
        nanosleep(&pause, NULL);
    }
    if (rc == 0) {
        source[0] = '\0';
        return folder;
    }
    hs_folder_free(folder);
    return NULL;
}

/* ---- the whole folder ---- */

struct hs_folder *hs_folder_new(struct hs_error *err)
{
    struct hs_folder *folder = calloc(1, sizeof *folder);

    if (!folder)
        hs_no_memory(err);
    return folder;
}

void hs_folder_free(struct hs_folder *folder)
{
    if (!folder)
        return;
    hs_folder_clear(folder);
    free(folder);
}

/* Move the last file to its place among the sorted ones. */
static void settle_last(struct hs_folder *folder)
{
    struct hs_folder_file *at = &folder->files[folder->count - 1];
    const struct hs_folder_file last = *at;

    for (; at > folder->files && strcmp(at[-1].name, last.name) > 0; at--)
        *at = at[-1];
    *at = last;
}

int hs_folder_replace(struct hs_folder *folder, const char *name,
                      const char *text, size_t len, struct hs_error *err)
{
    struct hs_folder_file *file;
    int added = 0;
    char *copy;

    if (len > HS_FOLDER_FILE_BYTES)
        return hs_error_set(err, "too_large", HS_FOLDER_TOO_LARGE);
    if (!hs_folder_is_name(name))
        return hs_error_set(err, "name",
                            "the name isn't one of a Lua or text file");
    copy = malloc(len + 1);
    file = hs_folder_find(folder, name);
    if (copy && !file) {
        file = hs_folder_add(folder, name);
        added = 1;
    }
    if (!copy || !file) {
        free(copy);
        return hs_no_memory(err);
    }
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    free(file->text);
    file->text = copy;
    file->len = len;
    file->at = (struct stat){0}; /* it isn't the file's text any more */
    strip_mark(file);
    if (added)
        settle_last(folder);
    return 0;
}

struct hs_folder *hs_folder_copy(const struct hs_folder *folder,
                                 int (*wanted)(const char *name),
                                 struct hs_error *err)
{
    struct hs_folder *copy = hs_folder_new(err);

    /* Sorted as they are, each finds its place at the end. */
    for (size_t i = 0; copy && i < folder->count; i++) {
        const struct hs_folder_file *file = &folder->files[i];

        if (!wanted(file->name) ||
            hs_folder_replace(copy, file->name, file->text, file->len, err) ==
                0)
            continue;
        hs_folder_free(copy);
        copy = NULL;
    }
    return copy;
}

void hs_folder_filter(struct hs_folder *folder, int (*wanted)(const char *name))
{
    size_t kept = 0;

    for (size_t i = 0; i < folder->count; i++) {
        struct hs_folder_file *file = &folder->files[i];

        if (wanted(file->name)) {
            folder->files[kept++] = *file;
        } else {
            free(file->name);
            free(file->text);
        }
    }
    folder->count = kept;
}

size_t hs_folder_count(const struct hs_folder *folder)
{
    return folder->count;
}

const char *hs_folder_file(const struct hs_folder *folder, size_t index,
                           const char **text, size_t *len)
{
    *text = folder->files[index].text;
    *len = folder->files[index].len;
    return folder->files[index].name;
}
