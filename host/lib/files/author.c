/* author.c: the owner of a file, or the last line of a repository's log of
 * HEAD.
 *
 * git writes that log, <old> <new> <name> <<mail>> <seconds> <zone>\t<what>,
 * with every commit, pull and checkout, after the files. So if a file is older
 * than the log, the log's last line is about it. */
#include "lib/files/author.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "lib/files/folder.h"

#define PATH_SIZE 4096
#define GIT_SIZE (PATH_SIZE + 8)
#define TAIL_SIZE 4096 /* of the log: a line holds a commit's title */
#define LINK "gitdir: "

static int64_t written_at(const struct stat *about)
{
    return (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec;
}

static int is_teams(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 4 && strcmp(name, "app.lua") != 0 &&
           strcmp(name, HS_FOLDER_DRAFT) != 0 &&
           (strcmp(name + len - 4, ".lua") == 0 ||
            strcmp(name + len - 4, ".txt") == 0 ||
            strcmp(name + len - 4, ".csv") == 0);
}

/* The newest of the team's files. 0, or -1 if there are none. */
static int newest_file(const char *folder, struct stat *newest)
{
    DIR *list = opendir(folder);
    struct dirent *entry;
    struct stat about;
    int found = -1;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    while (list && (entry = readdir(list)) != NULL) {
        if (!is_teams(entry->d_name) ||
            fstatat(dirfd(list), entry->d_name, &about, 0) != 0 ||
            !S_ISREG(about.st_mode) ||
            (found == 0 && written_at(&about) <= written_at(newest)))
            continue;
        *newest = about;
        found = 0;
    }
    if (list)
        (void)closedir(list);
    return found;
}

/* ---- git ---- */

/* Open a regular file; a pipe or device in a hostile repository is not waited
 * for. -1 if it is none. */
static int open_file(const char *path, struct stat *about)
{
    int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);

    if (fd >= 0 && (fstat(fd, about) != 0 || !S_ISREG(about->st_mode))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* The repository's folder: `.git` in the folder `around`, or the one it names
 * if it is a file, as in a worktree or submodule. 0, or -1. */
static int git_folder(const char *around, char out[GIT_SIZE])
{
    char text[PATH_SIZE + sizeof LINK] = {0};
    const char *named = text + sizeof LINK - 1;
    struct stat about;
    ssize_t len;
    int fd, size;

    snprintf(out, GIT_SIZE, "%s/.git", around);
    if (stat(out, &about) != 0)
        return -1;
    if (S_ISDIR(about.st_mode))
        return 0;
    fd = open_file(out, &about);
    if (fd < 0)
        return -1;
    len = read(fd, text, sizeof text - 1);
    (void)close(fd);
    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (strncmp(text, LINK, sizeof LINK - 1) != 0 || !*named)
        return -1;
    size = *named == '/' ? snprintf(out, GIT_SIZE, "%s", named)
                         : snprintf(out, GIT_SIZE, "%s/%s", around, named);
    return size > 0 && size < (int)GIT_SIZE ? 0 : -1;
}

/* Whose word counts: the folder's owner's, ours and root's. Anyone could put a
 * repository around a folder in /tmp. */
static int is_trusted(const char *folder, const struct stat *log)
{
    struct stat about;

    return log->st_uid == 0 || log->st_uid == geteuid() ||
           (stat(folder, &about) == 0 && log->st_uid == about.st_uid);
}

/* Open the log of HEAD of the repository around the folder. -1 if there is
 * none. */
static int open_log(const char *folder, struct stat *about)
{
    char *real = realpath(folder, NULL), git[GIT_SIZE], log[GIT_SIZE + 16];
    int fd = -1;

    while (real && real[0]) {
        char *end = strrchr(real, '/');

        if (git_folder(real, git) == 0) {
            snprintf(log, sizeof log, "%s/logs/HEAD", git);
            fd = open_file(log, about);
            break;
        }
        *end = '\0'; /* an absolute path has one */
    }
    free(real);
    if (fd >= 0 && !is_trusted(folder, about)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Copy a text that is shown in terminals and pages. */
static void copy(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size)
        len = hs_utf8_cut(text, size - 1);
    if (!hs_utf8_valid(text, len))
        len = 0;
    memcpy(out, text, len);
    out[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 127)
            out[i] = '?';
}

/* Take name and title from the last line of the log. */
static void read_log(int fd, off_t size, struct hs_author *out)
{
    char tail[TAIL_SIZE + 1];
    off_t from = size > TAIL_SIZE ? size - TAIL_SIZE : 0;
    ssize_t len = pread(fd, tail, TAIL_SIZE, from);
    const char *line, *name, *mail, *what;

    while (len > 0 && tail[len - 1] == '\n')
        len--;
    tail[len > 0 ? len : 0] = '\0';
    line = strrchr(tail, '\n');
    if (!line && from > 0)
        return; /* the line begins before the tail */
    line = line ? line + 1 : tail;
    name = strchr(line, ' ');
    name = name ? strchr(name + 1, ' ') : NULL;
    mail = name ? strstr(name, " <") : NULL;
    if (!mail || mail <= name)
        return;
    copy(out->name, sizeof out->name, name + 1, (size_t)(mail - name - 1));
    snprintf(out->kind, sizeof out->kind, "git");
    what = strchr(mail, '\t');
    if (!what || strncmp(what + 1, "commit", 6) != 0)
        return;
    what = strstr(what, ": ");
    if (what)
        copy(out->note, sizeof out->note, what + 2, strlen(what + 2));
}

void hs_author_user(uid_t uid, struct hs_author *out)
{
    struct passwd entry, *found = NULL;
    char text[1024];

    *out = (struct hs_author){.kind = "os"};
    if (getpwuid_r(uid, &entry, text, sizeof text, &found) == 0 && found)
        copy(out->name, sizeof out->name, found->pw_name,
             strlen(found->pw_name));
    else
        snprintf(out->name, sizeof out->name, "uid %u", (unsigned)uid);
}

void hs_author_find(const char *folder, struct hs_author *out)
{
    struct stat newest = {0}, about;
    int fd;

    *out = (struct hs_author){0};
    if (newest_file(folder, &newest) != 0)
        return;
    fd = open_log(folder, &about);
    if (fd >= 0) {
        if (written_at(&about) >= written_at(&newest))
            read_log(fd, about.st_size, out);
        (void)close(fd);
    }
    if (!out->name[0])
        hs_author_user(newest.st_uid, out);
}

int64_t hs_author_moved(const char *folder)
{
    struct stat about;
    int fd = open_log(folder, &about);

    if (fd < 0)
        return 0;
    (void)close(fd);
    return written_at(&about);
}
