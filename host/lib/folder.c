/* folder.c: list, read, list again; what changed in between is read anew. */
#include "lib/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX 8
#define FILES_MAX 1000
#define FILE_BYTES (1u << 20)
#define ALL_BYTES (16u << 20)
#define ATTEMPTS 25
#define PAUSE_NS 20000000
#define SETTLE_NS 10000000 /* a file written since then may not be complete */

struct file {
    char *name;
    struct stat at; /* when it was listed */
    char *text;     /* NULL until read */
    size_t len;
};

struct hs_folder {
    struct file *files;
    size_t count, cap;
    size_t bytes;
};

/* What one read of the folder reports on failure. */
struct report {
    char *source;
    struct hs_error *err;
};

static int fail(const struct report *report, const char *source,
                const char *code, const char *message)
{
    snprintf(report->source, HS_FOLDER_NAME_MAX + 1, "%s", source);
    hs_error_set(report->err, code, "%s", message);
    return -1;
}

static int fail_errno(const struct report *report, const char *source,
                      const char *what)
{
    char reason[128];

    snprintf(reason, sizeof reason, "%s: %s", what, strerrordesc_np(errno));
    return fail(report, source, "io", reason);
}

static void clear(struct hs_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->files[i].name);
        free(folder->files[i].text);
    }
    free(folder->files);
    memset(folder, 0, sizeof *folder);
}

static int has_ending(const char *name, const char *ending)
{
    size_t len = strlen(name), ending_len = strlen(ending);

    return len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

static int is_ours(const char *name)
{
    return has_ending(name, ".lua") || has_ending(name, ".txt");
}

/* A colon would blur "file:line", and nobody types the rest. */
static int is_good_name(const char *name)
{
    for (const char *p = name; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == ':')
            return 0;
    }
    return 1;
}

static struct file *add(struct hs_folder *folder, const char *name)
{
    struct file *file;

    if (folder->count == folder->cap) {
        size_t cap = folder->cap ? folder->cap * 2 : 64;
        struct file *grown = reallocarray(folder->files, cap, sizeof *grown);

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

static int add_listed(struct hs_folder *folder, const char *name,
                      const struct stat *at, const struct report *report)
{
    struct file *file;

    if (!is_good_name(name))
        return fail(report, name, "name",
                    "the file's name holds a colon or a control character");
    if (folder->count >= FILES_MAX)
        return fail(report, name, "too_many", "more than 1000 files");
    if (at->st_size > FILE_BYTES)
        return fail(report, name, "too_large", "the file is larger than 1 MiB");
    file = add(folder, name);
    if (!file)
        return fail(report, name, "memory", "not enough memory");
    file->at = *at;
    return 0;
}

static int list(struct hs_folder *folder, int fd, const char *prefix, int depth,
                const struct report *report);

/* One entry of a directory: a folder is entered, a file of ours listed. */
static int list_entry(struct hs_folder *folder, int fd, const char *prefix,
                      const char *name, int depth, const struct report *report)
{
    char path[HS_FOLDER_NAME_MAX + 1];
    struct stat at;
    int below;

    if (name[0] == '.' || name[0] == '#' || has_ending(name, "~") ||
        (depth == 0 && strcmp(name, "types") == 0))
        return 0;
    if (fstatat(fd, name, &at, 0) != 0)
        return 0; /* a dangling link, or gone by now */
    if (!S_ISDIR(at.st_mode) && !(S_ISREG(at.st_mode) && is_ours(name)))
        return 0;
    if (snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "/" : "",
                 name) >= (int)sizeof path)
        return fail(report, prefix, "name",
                    "a path in the folder is longer than 120 bytes");
    if (S_ISREG(at.st_mode))
        return add_listed(folder, path, &at, report);
    if (depth >= DEPTH_MAX)
        return fail(report, path, "too_many", "more than 8 folders deep");
    below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (below < 0)
        return fail_errno(report, path, "cannot read the folder");
    return list(folder, below, path, depth + 1, report);
}

/* Everything below the directory `fd`, which is closed. */
static int list(struct hs_folder *folder, int fd, const char *prefix, int depth,
                const struct report *report)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int rc = 0;

    if (!dir) {
        close(fd);
        return fail_errno(report, prefix, "cannot read the folder");
    }
    /* Each DIR is this function's own: readdir is safe. */
    while (rc == 0 && (entry = readdir(dir)) != NULL) /* NOLINT */
        rc = list_entry(folder, dirfd(dir), prefix, entry->d_name, depth,
                        report);
    closedir(dir);
    return rc;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name,
                  ((const struct file *)b)->name);
}

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct file *)file)->name);
}

static int list_all(struct hs_folder *folder, const char *path,
                    const struct report *report)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        char what[96];

        snprintf(what, sizeof what, "cannot open the Lua folder %.60s", path);
        return fail_errno(report, "", what);
    }
    rc = list(folder, fd, "", 0, report);
    if (rc == 0 && folder->count)
        qsort(folder->files, folder->count, sizeof *folder->files,
              compare_files);
    return rc;
}

/* Read the whole file, at most one byte more than was listed. */
static ssize_t read_text(int fd, char *text, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

/* 0 read, 1 it is not what was listed, -1 failed. */
static int read_file(struct hs_folder *folder, const char *path,
                     struct file *file, const struct report *report)
{
    char full[4096];
    size_t size = (size_t)file->at.st_size;
    ssize_t len;
    int fd;

    snprintf(full, sizeof full, "%s/%s", path, file->name);
    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 1;
    if (fd < 0)
        return fail_errno(report, file->name, "cannot open the file");
    file->text = malloc(size + 1);
    len = file->text ? read_text(fd, file->text, size + 1) : 0;
    close(fd);
    if (!file->text)
        return fail(report, file->name, "memory", "not enough memory");
    if (len < 0)
        return fail_errno(report, file->name, "cannot read the file");
    if ((size_t)len != size)
        return 1;
    file->text[size] = '\0';
    file->len = size;
    folder->bytes += size;
    if (folder->bytes > ALL_BYTES)
        return fail(report, file->name, "too_large",
                    "the files are larger than 16 MiB together");
    return 0;
}

static int same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Written a moment ago: the kernel's file times are coarse, and an editor may
 * be between truncating and writing. */
static int is_fresh(const struct stat *at, const struct timespec *now)
{
    int64_t age = (int64_t)(now->tv_sec - at->st_mtim.tv_sec) * 1000000000 +
                  (now->tv_nsec - at->st_mtim.tv_nsec);

    return age > -SETTLE_NS && age < SETTLE_NS;
}

/* 0 nothing changed since it was listed, 1 something did, -1 failed. */
static int look_again(const struct hs_folder *folder, const char *path,
                      const struct report *report)
{
    struct hs_folder now = {0};
    struct timespec clock;
    int rc;

    clock_gettime(CLOCK_REALTIME, &clock);
    rc = list_all(&now, path, report);
    if (rc == 0 && now.count != folder->count)
        rc = 1;
    for (size_t i = 0; rc == 0 && i < now.count; i++) {
        const struct file *was = &folder->files[i], *is = &now.files[i];

        if (strcmp(was->name, is->name) != 0 || !same(&was->at, &is->at) ||
            is_fresh(&is->at, &clock))
            rc = 1;
    }
    clear(&now);
    return rc;
}

/* An editor may begin a file with a byte order mark, Lua may not. */
static void strip_mark(struct file *file)
{
    if (file->len >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0) {
        file->len -= 3;
        memmove(file->text, file->text + 3, file->len + 1);
    }
}

/* 0 read, 1 it changed meanwhile, -1 failed. */
static int try_read(struct hs_folder *folder, const char *path,
                    const struct report *report)
{
    int rc = list_all(folder, path, report);

    for (size_t i = 0; rc == 0 && i < folder->count; i++)
        rc = read_file(folder, path, &folder->files[i], report);
    if (rc == 0)
        rc = look_again(folder, path, report);
    for (size_t i = 0; rc == 0 && i < folder->count; i++)
        strip_mark(&folder->files[i]);
    return rc;
}

struct hs_folder *hs_folder_new(void)
{
    return calloc(1, sizeof(struct hs_folder));
}

struct hs_folder *hs_folder_read(const char *path, char *source,
                                 struct hs_error *err)
{
    struct report report;
    struct hs_folder *folder = hs_folder_new();
    int rc;

    report.source = source;
    report.err = err;
    if (!folder) {
        fail(&report, "", "memory", "not enough memory");
        return NULL;
    }
    for (int i = 0; (rc = try_read(folder, path, &report)) == 1; i++) {
        struct timespec pause = {.tv_nsec = PAUSE_NS};

        clear(folder);
        if (i == ATTEMPTS) {
            fail(&report, "", "changed",
                 "the Lua folder keeps changing while it is read");
            break;
        }
        nanosleep(&pause, NULL);
    }
    if (rc == 0)
        return folder;
    hs_folder_free(folder);
    return NULL;
}

void hs_folder_free(struct hs_folder *folder)
{
    if (!folder)
        return;
    clear(folder);
    free(folder);
}

int hs_folder_replace(struct hs_folder *folder, const char *name,
                      const char *text, size_t len, struct hs_error *err)
{
    struct file *file = NULL;
    char *copy;

    if (len > FILE_BYTES || strlen(name) > HS_FOLDER_NAME_MAX ||
        !is_good_name(name) || !is_ours(name)) {
        hs_error_set(err, "too_large",
                     "the file is larger than 1 MiB, or its "
                     "name is not one of a Lua file");
        return -1;
    }
    copy = malloc(len + 1);
    if (copy && folder->count)
        file = bsearch(name, folder->files, folder->count, sizeof *file,
                       compare_name);
    if (copy && !file)
        file = add(folder, name);
    if (!copy || !file) {
        free(copy);
        hs_error_set(err, "memory", "not enough memory");
        return -1;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    free(file->text);
    file->text = copy;
    file->len = len;
    strip_mark(file);
    qsort(folder->files, folder->count, sizeof *file, compare_files);
    return 0;
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
