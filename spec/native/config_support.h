/* config_support.h: every case works in a folder of its own, with an
 * environment of its own. */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config/config.h"
#include "base/config/table.h"
#include "base/file.h"
#include "base/utf8.h"
#include "test.h"

#define SID(prefix) prefix "0123456789abcdef0123456789abcdef"

static char start[1024]; /* the folder the tests were started in */
static char folder[64];

static inline int enter_folder(void **state)
{
    (void)state;
    (void)clearenv();
    (void)snprintf(folder, sizeof folder, "/tmp/hookswitch-config-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
    static const char *const files[] = {"app.conf",  "other.conf", ".env",
                                        "token",     "key.pem",    "sub/.env",
                                        "sub/a.conf"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        (void)unlink(files[i]);
    (void)rmdir("sub");
    (void)rmdir("lua");
    (void)rmdir(".env");
    return chdir(start) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static inline void write_bytes(const char *path, const char *data, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static inline struct hs_config *loads(const char *path)
{
    struct hs_error err = {0};
    struct hs_config *config = hs_config_load(path, &err);

    if (!config)
        fail_msg("refused: %s", err.message);
    return config;
}

/* Loading fails with exactly this message. */
static inline void refuses(const char *path, const char *message)
{
    struct hs_error err = {0};
    struct hs_config *config = hs_config_load(path, &err);

    assert_null(config);
    assert_string_equal(err.message, message);
    assert_string_equal(err.code, "config");
    assert_null(hs_config_load(path, NULL));
}

#endif
