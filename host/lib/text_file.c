/* text_file.c: a temporary file beside the old one, then a rename. */
#include "lib/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_MODE 0644

static int fail(struct hs_error *err, const char *what, const char *path)
{
    const char *code = "io";

    if (errno == EACCES || errno == EROFS || errno == EPERM)
        code = "read_only";
    else if (errno == ENOSPC || errno == EDQUOT)
        code = "full";
    else if (errno == ENOENT)
        code = "missing";
    hs_error_set(err, code, "%s %s: %s", what, path, strerrordesc_np(errno));
    return -1;
}

/* Read until the end or until `max` bytes and one more are there. */
static ssize_t read_all(int fd, char *text, size_t max)
{
    size_t len = 0;

    while (len <= max) {
        ssize_t n = read(fd, text + len, max + 1 - len);

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

int hs_text_file_read(const char *path, size_t max, char **text, size_t *len,
                      struct hs_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *all = malloc(max + 2);
    ssize_t n = -1;

    if (fd < 0 || !all) {
        if (fd < 0)
            (void)fail(err, "cannot read", path);
        else
            hs_error_set(err, "memory", "out of memory");
        goto failed;
    }
    n = read_all(fd, all, max);
    if (n < 0) {
        (void)fail(err, "cannot read", path);
        goto failed;
    }
    if ((size_t)n > max) {
        hs_error_set(err, "too_large", "%s is larger than %zu bytes", path,
                     max);
        goto failed;
    }
    (void)close(fd);
    all[n] = '\0';
    *text = all;
    *len = (size_t)n;
    return 0;

failed:
    free(all);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Where the file really is: `path` itself when it is not there yet. 0 or -1. */
static int resolve(const char *path, char out[PATH_MAX])
{
    if (realpath(path, out))
        return 0;
    if (errno != ENOENT || strlen(path) >= PATH_MAX)
        return -1;
    memcpy(out, path, strlen(path) + 1);
    return 0;
}

/* The folder of the path, in place: the path up to its last slash. */
static void cut_name(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash && slash != path)
        *slash = '\0';
    else
        snprintf(path, PATH_MAX, "%s", slash ? "/" : ".");
}

/* A rename is on disk when its folder is. */
static int sync_folder(char *path)
{
    int fd, failed;

    cut_name(path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        (void)close(fd);
    return failed ? -1 : 0;
}

/* ".forwarding.lua.XXXXXX" beside the file: hidden, so nobody loads it. */
static int name_temporary(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int len = snprintf(out, PATH_MAX, "%.*s.%s.XXXXXX", (int)(name - path),
                       path, name);

    if (len > 0 && len < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

int hs_text_file_replace(const char *path, const char *text, size_t len,
                         struct hs_error *err)
{
    char target[PATH_MAX], temporary[PATH_MAX] = "";
    struct stat at;
    int fd = -1;

    if (resolve(path, target) != 0 || name_temporary(target, temporary) != 0) {
        temporary[0] = '\0';
        goto failed;
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        temporary[0] = '\0';
        goto failed;
    }
    if (fchmod(fd, stat(target, &at) == 0 ? at.st_mode & 07777 : NEW_MODE) !=
            0 ||
        write_all(fd, text, len) != 0 || fsync(fd) != 0)
        goto failed;
    if (rename(temporary, target) != 0)
        goto failed;
    (void)close(fd);
    return sync_folder(target) == 0 ? 0 : fail(err, "cannot write", path);

failed:
    (void)fail(err, "cannot write", path);
    if (temporary[0])
        (void)unlink(temporary);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

int hs_text_file_is_writable(const char *path)
{
    char target[PATH_MAX];

    if (resolve(path, target) != 0)
        return 0;
    cut_name(target);
    return access(target, W_OK | X_OK) == 0;
}
