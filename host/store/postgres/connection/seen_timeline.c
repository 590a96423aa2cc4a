/* seen_timeline.c: the file with the highest timeline that was seen. */
#include "store/postgres/connection/seen_timeline.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* The one URL whose timelines are kept. */
static struct {
    pthread_mutex_t lock;
    char *url, *file;
    int write;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

void hs_seen_keep(const char *url, const char *file, int write)
{
    pthread_mutex_lock(&kept.lock);
    free(kept.url);
    free(kept.file);
    kept.url = strdup(url);
    kept.file = strdup(file);
    kept.write = write;
    pthread_mutex_unlock(&kept.lock);
}

static void read_file(struct hs_seen *out)
{
    struct hs_error err;
    size_t len;
    char *text = hs_file_read(out->file, 64, &len, &err), *end = NULL;

    if (text) {
        out->system = strtoull(text, &end, 10);
        out->timeline = (unsigned)strtoul(end, NULL, 10);
        free(text);
    }
    if (text ? out->system && out->timeline : strcmp(err.code, "missing") == 0)
        return;
    out->system = out->timeline = 0; /* half of it would refuse any server */
    hs_log(HS_LOG_ERROR, "timeline_not_read", HS_S("file", out->file));
}

void hs_seen_read(const char *url, struct hs_seen *out)
{
    *out = (struct hs_seen){0};
    pthread_mutex_lock(&kept.lock);
    if (kept.url && kept.file && strcmp(kept.url, url) == 0) {
        out->file = strdup(kept.file);
        out->write = kept.write;
    }
    pthread_mutex_unlock(&kept.lock);
    if (out->file)
        read_file(out);
}

static int sync_folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    int len = slash ? (int)(slash - file) + 1 : 1;
    char *folder = NULL;
    int fd, failed;

    if (asprintf(&folder, "%.*s", len, slash ? file : ".") < 0)
        return -1;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        (void)close(fd);
    free(folder);
    return failed ? -1 : 0;
}

/* It replaces the one before, whole. */
static int replace(const char *file, const char *text)
{
    size_t len = strlen(text);
    char *other = NULL;
    int fd, failed;

    if (asprintf(&other, "%s.new", file) < 0)
        return -1;
    fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    failed = fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) != 0;
    if (fd >= 0)
        failed |= close(fd) != 0;
    failed = failed || rename(other, file) != 0 || sync_folder_of(file) != 0;
    free(other);
    return failed ? -1 : 0;
}

int hs_seen_write(const struct hs_seen *seen)
{
    char text[64];

    if (!seen->file || !seen->write)
        return 0;
    (void)snprintf(text, sizeof text, "%" PRIu64 " %u\n", seen->system,
                   seen->timeline);
    return replace(seen->file, text);
}

void hs_seen_free(struct hs_seen *seen)
{
    free(seen->file);
}
