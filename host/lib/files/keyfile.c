/* keyfile.c: a random key in a file: 64 hexadecimal digits. */
#include "lib/files/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "lib/crypt.h"
#include "lib/files/text_file.h"

#define DIGITS 64 /* two per byte of a key */
#define ABSENT (-2)

static int failed(struct hs_error *err, const char *path, const char *what)
{
    return hs_error_set(err, "key_file", "%.180s: %s", path, what);
}

static int decode(const char *text, unsigned char *out)
{
    for (size_t i = 0; i < HS_KEYFILE_BYTES; i++) {
        int high = hs_hex_digit(text[2 * i]);
        int low = high < 0 ? -1 : hs_hex_digit(text[2 * i + 1]);

        if (low < 0)
            return -1;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return 0;
}

/* ABSENT, -1, or whether others may read it. */
static int read_key(const char *path, unsigned char *out, struct hs_error *err)
{
    char text[DIGITS + 1];
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;
    int code;

    if (fd < 0)
        return errno == ENOENT ? ABSENT
                               : failed(err, path, strerrordesc_np(errno));
    got = hs_read_full(fd, text, sizeof text);
    code = fstat(fd, &about);
    (void)close(fd);
    if (code != 0 || got < DIGITS || decode(text, out) != 0)
        code = failed(err, path,
                      "there is no key in it; delete it, and a new one is "
                      "made (which ends every login)");
    else
        code = (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    explicit_bzero(text, sizeof text);
    return code;
}

/* 0, or -1 with errno. */
static int write_key(const char *path, const unsigned char *key)
{
    char text[DIGITS + 2];
    int code;

    hs_hex(key, HS_KEYFILE_BYTES, text);
    text[DIGITS] = '\n';
    code = hs_text_file_make(path, text, DIGITS + 1);
    explicit_bzero(text, sizeof text);
    return code;
}

int hs_keyfile(const char *path, int keep, unsigned char out[HS_KEYFILE_BYTES],
               struct hs_error *err)
{
    int code = read_key(path, out, err);

    if (code != ABSENT)
        return code;
    if (hs_random(out, HS_KEYFILE_BYTES) != 0)
        return failed(err, path, "there is no randomness for a key");
    if (!keep)
        return 0;
    if (write_key(path, out) != 0)
        return failed(err, path, strerrordesc_np(errno));
    code = read_key(path, out, err); /* another process may have been first */
    return code == ABSENT ? failed(err, path, "it was removed") : code;
}
