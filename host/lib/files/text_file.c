/* text_file.c: a temporary file beside each old one, then the renames. */
#include "lib/files/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_MODE 0644

static int fail(struct hs_error *err, const char *action, const char *path)
{
    const char *code = "io";

    if (errno == EACCES || errno == EROFS || errno == EPERM)
        code = "read_only";
    else if (errno == ENOSPC || errno == EDQUOT)
        code = "full";
    else if (errno == ENOENT)
        code = "missing";
    return hs_error_set(err, code, "cannot %s %s: %s", action, path,
                        strerrordesc_np(errno));
}

/* What was renamed or removed stays so, but perhaps not after a power cut. */
static int fail_after(struct hs_error *err, const char *action,
                      const char *path)
{
    (void)fail(err, action, path);
    (void)snprintf(err->code, sizeof err->code, "unknown");
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

/* The file's real path: `path` itself if it doesn't exist yet. 0 or -1. */
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

/* A rename is on disk once its folder is. Some network file systems sync no
 * folders: there nothing more can be done. `path` is cut. 0, or -1 with errno.
 */
static int sync_folder(char *path)
{
    int fd, failed, saved;

    cut_name(path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    failed =
        fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != EOPNOTSUPP);
    saved = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = saved;
    return failed ? -1 : 0;
}

/* ".forwarding.lua.XXXXXX" beside the file: hidden, so it is never loaded. */
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

/* A file that waits beside the one it replaces. */
struct staged {
    char target[PATH_MAX], temporary[PATH_MAX];
};

/* Write a text beside its file. 0, or -1 with errno and nothing left behind. */
static int stage(const char *folder, const struct hs_text_file *file,
                 struct staged *staged)
{
    char path[PATH_MAX];
    struct stat at;
    int fd, saved, found;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file->name);
    if (resolve(path, staged->target) != 0 ||
        name_temporary(staged->target, staged->temporary) != 0) {
        staged->temporary[0] = '\0';
        return -1;
    }
    found = stat(staged->target, &at) == 0;
    if (found && S_ISDIR(at.st_mode)) { /* before the others are in place */
        staged->temporary[0] = '\0';
        errno = EISDIR;
        return -1;
    }
    fd = mkostemp(staged->temporary, O_CLOEXEC);
    if (fd < 0) {
        staged->temporary[0] = '\0';
        return -1;
    }
    if (fchmod(fd, found ? at.st_mode & 07777 : NEW_MODE) == 0 &&
        write_all(fd, file->text, file->len) == 0 && fsync(fd) == 0)
        return close(fd);
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

int hs_text_files_replace(const char *folder, const struct hs_text_file *files,
                          size_t count, hs_text_files_check *check, void *ctx,
                          struct hs_error *err)
{
    struct staged *staged = calloc(count + 1, sizeof *staged);
    size_t i = 0;
    int rc = 0;

    if (!staged)
        return hs_no_memory(err);
    for (; rc == 0 && i < count; i++)
        rc = stage(folder, &files[i], &staged[i]) == 0
                 ? 0
                 : fail(err, "write", files[i].name);
    if (rc == 0 && check)
        rc = check(ctx, err);
    for (i = 0; rc == 0 && i < count; i++) {
        if (rename(staged[i].temporary, staged[i].target) != 0)
            rc = i > 0 ? fail_after(err, "write", files[i].name)
                       : fail(err, "write", files[i].name);
        else
            staged[i].temporary[0] = '\0';
    }
    for (i = 0; rc == 0 && i < count; i++)
        rc = sync_folder(staged[i].target) == 0
                 ? 0
                 : fail_after(err, "write", files[i].name);
    for (i = 0; i < count; i++) {
        if (staged[i].temporary[0])
            (void)unlink(staged[i].temporary);
    }
    free(staged);
    return rc;
}

int hs_text_file_remove(const char *path, struct hs_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char folder[PATH_MAX];

    if (strlen(path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return fail(err, "remove", name);
    }
    if (unlink(path) != 0)
        return errno == ENOENT ? 0 : fail(err, "remove", name);
    memcpy(folder, path, strlen(path) + 1);
    return sync_folder(folder) == 0 ? 0 : fail_after(err, "remove", name);
}

/* As link() does, where the file system has no links: one process at a time
 * looks and renames. 0, or -1 with errno. */
static int link_by_turns(const char *fresh, const char *path,
                         const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || flock(fd, LOCK_EX) != 0 ||
                 (access(path, F_OK) != 0 && rename(fresh, path) != 0);
    int saved = errno;

    if (fd >= 0)
        (void)close(fd); /* the lock goes with it */
    errno = saved;
    return failed ? -1 : 0;
}

/* Unless there is one of that name. 0, or -1 with errno. */
static int give_name(const char *fresh, const char *path)
{
    char folder[PATH_MAX];
    int failed;

    if (strlen(path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, strlen(path) + 1);
    failed = link(fresh, path) != 0 && errno != EEXIST;
    if (failed && (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS)) {
        cut_name(folder);
        failed = link_by_turns(fresh, path, folder) != 0;
        memcpy(folder, path, strlen(path) + 1);
    }
    return failed ? -1 : sync_folder(folder);
}

int hs_text_file_make(const char *path, const char *text, size_t len)
{
    char *fresh = NULL;
    int fd = -1, code = -1, saved;

    if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
        return -1;
    fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        goto done;
    if (write_all(fd, text, len) == 0 && fsync(fd) == 0)
        code = give_name(fresh, path);
    saved = errno;
    (void)unlink(fresh); /* gone if it was renamed */
    (void)close(fd);
    errno = saved;

done:
    free(fresh);
    return code;
}

int hs_text_file_is_writable(const char *path)
{
    char target[PATH_MAX];

    if (resolve(path, target) != 0)
        return 0;
    cut_name(target);
    return access(target, W_OK | X_OK) == 0;
}
