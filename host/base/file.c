/* file.c: reading to the end, whatever interrupts. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN 150 /* bytes of a path in messages */

ssize_t hs_read_full(int fd, void *out, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, (char *)out + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* The end of the path says more than its start. */
static const char *tail(const char *path)
{
    size_t len = strlen(path);

    return len > SHOWN ? path + len - SHOWN : path;
}

static const char *code_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return "missing";
    case EISDIR:
        return "folder";
    default:
        return number == ENOMEM ? "memory" : "io";
    }
}

char *hs_file_read(const char *path, size_t max, size_t *len,
                   struct hs_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd < 0 ? NULL : malloc(max + 1);
    ssize_t got = -1;

    if (text) {
        (void)fcntl(fd, F_SETFL, 0); /* opening a pipe must not block */
        got = hs_read_full(fd, text, max + 1);
    }
    if (got < 0)
        hs_error_set(err, code_of(errno), "%s: %s", tail(path),
                     strerrordesc_np(errno));
    else if ((size_t)got > max)
        hs_error_set(err, "too_large", "%s: larger than %zu bytes", tail(path),
                     max);
    if (fd >= 0)
        (void)close(fd);
    if (got < 0 || (size_t)got > max) {
        free(text);
        return NULL;
    }
    text[got] = 0;
    *len = (size_t)got;
    return text;
}

int hs_write_full(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        data += done;
        len -= (size_t)done;
    }
    return 0;
}
