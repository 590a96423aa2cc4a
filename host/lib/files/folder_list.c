/* folder_list.c: the files of a Lua folder, and their stat. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "lib/files/folder_internal.h"

#define DEPTH_MAX 8
#define FILES_MAX 1000
#define FOLDERS_MAX 1000
#define ENTRIES_MAX 20000 /* of one folder, other files included */

/* ---- reports ---- */

int hs_folder_fail(const struct hs_folder_report *report, const char *source,
                   const char *code, const char *message)
{
    size_t len;

    snprintf(report->source, HS_FOLDER_NAME_MAX + 1, "%s", source);
    len = strlen(report->source);
    for (size_t i = 0, step; i < len; i += step) {
        step = hs_utf8_next(report->source + i, len - i);
        if (step == 0 || (unsigned char)report->source[i] < 0x20) {
            report->source[i] = '?';
            step = 1;
        }
    }
    return hs_error_set(report->err, code, "%s", message);
}

int hs_folder_fail_errno(const struct hs_folder_report *report,
                         const char *source, const char *what)
{
    static const int lasting[] = {ENOENT, ENOTDIR, EISDIR,      EACCES,
                                  EPERM,  ELOOP,   ENAMETOOLONG};
    const char *code = errno == ENOMEM ? "memory" : "io";
    char reason[128];

    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        if (errno == lasting[i])
            code = "unreadable";
    }
    snprintf(reason, sizeof reason, "%s: %s", what, strerrordesc_np(errno));
    return hs_folder_fail(report, source, code, reason);
}

/* ---- getting on ---- */

static _Atomic unsigned steps;

unsigned hs_folder_steps(void)
{
    return atomic_load(&steps);
}

void hs_folder_step(void)
{
    atomic_fetch_add(&steps, 1);
}

/* ---- the list ---- */

static int has_ending(const char *name, const char *ending)
{
    size_t len = strlen(name), ending_len = strlen(ending);

    return len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

static int is_ours(const char *name)
{
    return (has_ending(name, ".lua") || has_ending(name, ".txt") ||
            has_ending(name, ".csv")) &&
           strcmp(name, HS_FOLDER_DRAFT) != 0;
}

/* A colon would make "file:line" ambiguous, and nobody types the others. */
static int is_good_name(const char *name)
{
    size_t left = strlen(name), step;

    for (const char *p = name; left > 0; p += step, left -= step) {
        step = hs_utf8_next(p, left);
        if (step == 0 || (unsigned char)*p < 0x20 || *p == 0x7f || *p == ':')
            return 0;
    }
    return 1;
}

int hs_folder_is_name(const char *name)
{
    return strlen(name) <= HS_FOLDER_NAME_MAX && is_good_name(name) &&
           is_ours(name);
}

struct hs_folder_file *hs_folder_add(struct hs_folder *folder, const char *name)
{
    struct hs_folder_file *file;

    if (folder->count == folder->cap) {
        size_t cap = folder->cap ? folder->cap * 2 : 64;
        struct hs_folder_file *grown =
            reallocarray(folder->files, cap, sizeof *grown);

        if (!grown)
            return NULL;
        folder->files = grown;
        folder->cap = cap;
    }
    file = &folder->files[folder->count];
    memset(file, 0, sizeof *file);
    file->name = strdup(name);
    if (!file->name)
        return NULL;
    folder->count++;
    return file;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct hs_folder_file *)a)->name,
                  ((const struct hs_folder_file *)b)->name);
}

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct hs_folder_file *)file)->name);
}

static void sort(struct hs_folder *folder)
{
    if (folder->count)
        qsort(folder->files, folder->count, sizeof *folder->files,
              compare_files);
}

struct hs_folder_file *hs_folder_find(const struct hs_folder *folder,
                                      const char *name)
{
    return folder->count ? bsearch(name, folder->files, folder->count,
                                   sizeof *folder->files, compare_name)
                         : NULL;
}

void hs_folder_clear(struct hs_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->files[i].name);
        free(folder->files[i].text);
    }
    free(folder->files);
    memset(folder, 0, sizeof *folder);
}

static int add_listed(struct hs_folder *folder, const char *name,
                      const struct stat *at,
                      const struct hs_folder_report *report)
{
    struct hs_folder_file *file;

    if (!is_good_name(name))
        return hs_folder_fail(report, name, "name",
                              "the file's name holds a colon, a control "
                              "character or bytes that aren't UTF-8");
    if (folder->count >= FILES_MAX)
        return hs_folder_fail(report, "", "too_many", "more than 1000 files");
    if (at->st_size > HS_FOLDER_FILE_BYTES)
        return hs_folder_fail(report, name, "too_large", HS_FOLDER_TOO_LARGE);
    file = hs_folder_add(folder, name);
    if (!file)
        return hs_folder_fail(report, name, "memory", "not enough memory");
    file->at = *at;
    return 0;
}

/* ---- the walk ---- */

static int list(struct hs_folder *folder, int fd, const char *prefix, int depth,
                const struct hs_folder_report *report);

static int enter(struct hs_folder *folder, int fd, const char *name,
                 const char *path, int depth,
                 const struct hs_folder_report *report)
{
    int below;

    if (depth >= DEPTH_MAX)
        return hs_folder_fail(report, path, "too_many",
                              "more than 8 folders deep");
    if (++folder->folders > FOLDERS_MAX)
        return hs_folder_fail(report, "", "too_many", "more than 1000 folders");
    below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (below < 0)
        return hs_folder_fail_errno(report, path, "cannot read the folder");
    return list(folder, below, path, depth + 1, report);
}

/* One directory entry: enter a folder, list a Lua or text file. */
static int list_entry(struct hs_folder *folder, int fd, const char *prefix,
                      const char *name, int depth,
                      const struct hs_folder_report *report)
{
    char path[HS_FOLDER_NAME_MAX + 1];
    struct stat at;

    if (fstatat(fd, name, &at, 0) != 0)
        return 0; /* a dangling link, or gone by now */
    if (!S_ISDIR(at.st_mode) && !(S_ISREG(at.st_mode) && is_ours(name)))
        return 0;
    if (snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "/" : "",
                 name) >= (int)sizeof path)
        return hs_folder_fail(report, prefix, "name",
                              "a path in the folder is longer than 120 bytes");
    if (S_ISREG(at.st_mode))
        return add_listed(folder, path, &at, report);
    return enter(folder, fd, name, path, depth, report);
}

/* Hidden files, editors' backups and annotations are skipped. */
static int is_ignored(const char *name, int depth)
{
    return name[0] == '.' || name[0] == '#' || has_ending(name, "~") ||
           (depth == 0 && strcmp(name, "types") == 0);
}

/* The entries that may matter, without stat. 0 or -1. */
static int read_names(struct hs_folder *names, DIR *dir, const char *prefix,
                      int depth, const struct hs_folder_report *report)
{
    const struct dirent *entry;

    /* Each DIR is this function's own: readdir is safe. */
    while ((entry = readdir(dir)) != NULL) { /* NOLINT */
        const char *name = entry->d_name;

        if (is_ignored(name, depth) ||
            (entry->d_type == DT_REG && !is_ours(name)))
            continue;
        if (names->count == ENTRIES_MAX)
            return hs_folder_fail(report, prefix, "too_many",
                                  "more than 20000 entries in the folder");
        if (!hs_folder_add(names, name))
            return hs_folder_fail(report, prefix, "memory",
                                  "not enough memory");
    }
    return 0;
}

/* Everything below the directory `fd`, which it closes. */
static int list(struct hs_folder *folder, int fd, const char *prefix, int depth,
                const struct hs_folder_report *report)
{
    struct hs_folder names = {0};
    DIR *dir = fdopendir(fd);
    int rc;

    if (!dir) {
        close(fd);
        return hs_folder_fail_errno(report, prefix, "cannot read the folder");
    }
    rc = read_names(&names, dir, prefix, depth, report);
    sort(&names);
    for (size_t i = 0; rc == 0 && i < names.count; i++) {
        hs_folder_step();
        rc = list_entry(folder, dirfd(dir), prefix, names.files[i].name, depth,
                        report);
    }
    hs_folder_clear(&names);
    closedir(dir);
    return rc;
}

int hs_folder_list(struct hs_folder *folder, const char *path,
                   const struct hs_folder_report *report)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        char what[96];

        snprintf(what, sizeof what, "cannot open the Lua folder %.60s", path);
        return hs_folder_fail_errno(report, "", what);
    }
    rc = list(folder, fd, "", 0, report);
    sort(folder);
    return rc;
}

int64_t hs_folder_age(const struct hs_folder_file *file,
                      const struct timespec *now)
{
    int64_t ns = (int64_t)(now->tv_sec - file->at.st_ctim.tv_sec) * 1000000000 +
                 (now->tv_nsec - file->at.st_ctim.tv_nsec);

    if (ns < -(int64_t)HS_FOLDER_REST_MS * 1000000)
        return INT64_MAX;
    return ns < 0 ? 0 : ns / 1000000;
}

/* ---- one number for all of it ---- */

static void mix(uint64_t *sum, const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t word;

    for (; len > 0; p += sizeof word) {
        size_t step = len < sizeof word ? len : sizeof word;

        word = 0;
        memcpy(&word, p, step);
        *sum = (*sum ^ word ^ step) * 0x9e3779b97f4a7c15u;
        *sum ^= *sum >> 29;
        len -= step;
    }
}

static void mix_time(uint64_t *sum, const struct timespec *at)
{
    mix(sum, &at->tv_sec, sizeof at->tv_sec);
    mix(sum, &at->tv_nsec, sizeof at->tv_nsec);
}

/* The file's text counts too: writes through a mapping, or hidden by a network
 * file system's attribute cache, change nothing else. */
static void mix_text(uint64_t *sum, const char *path, const char *name,
                     char *buffer)
{
    char full[4096];
    ssize_t len;
    int fd;

    snprintf(full, sizeof full, "%s/%s", path, name);
    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        len = hs_read_full(fd, buffer, HS_FOLDER_FILE_BYTES);
        if (len > 0)
            mix(sum, buffer, (size_t)len);
        close(fd);
    }
    mix(sum, &errno, fd < 0 ? sizeof errno : 0);
}

uint64_t hs_folder_stamp(const char *path)
{
    struct hs_folder folder = {0};
    struct hs_error err = {0};
    char source[HS_FOLDER_NAME_MAX + 1] = "";
    const struct hs_folder_report report = {source, &err};
    char *buffer = malloc(HS_FOLDER_FILE_BYTES);
    struct timespec now;
    uint64_t sum = 1;

    clock_gettime(CLOCK_REALTIME, &now);
    if (hs_folder_list(&folder, path, &report) != 0) {
        mix(&sum, source, strlen(source));
        mix(&sum, err.message, strlen(err.message));
    }
    for (size_t i = 0; i < folder.count; i++) {
        const struct hs_folder_file *file = &folder.files[i];

        mix(&sum, file->name, strlen(file->name));
        mix(&sum, &file->at.st_dev, sizeof file->at.st_dev);
        mix(&sum, &file->at.st_ino, sizeof file->at.st_ino);
        mix(&sum, &file->at.st_size, sizeof file->at.st_size);
        mix(&sum, &file->at.st_mode, sizeof file->at.st_mode);
        mix_time(&sum, &file->at.st_mtim);
        mix_time(&sum, &file->at.st_ctim);
        /* Of files below, too, times may say too little: in whole seconds, and
         * for a while after a change. */
        if (buffer &&
            (!strchr(file->name, '/') || file->at.st_ctim.tv_nsec == 0 ||
             hs_folder_age(file, &now) < HS_FOLDER_LATELY_MS))
            mix_text(&sum, path, file->name, buffer);
    }
    free(buffer);
    hs_folder_clear(&folder);
    return sum;
}
