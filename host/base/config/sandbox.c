/* sandbox.c: what a sandbox needs and nobody configured: an account of
 * its own, made once, and the addresses of our own server.
 *
 * The credentials are kept beside the database, so that they outlive a restart
 * and other commands (token, run) know them too. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/config/config.h"
#include "base/config/table.h"

#define SUFFIX ".sandbox"
#define KEPT_MAX 4096
#define ORIGIN "sandbox"

/* What is made up, as a prefix and so many random bytes in hex. */
static const struct {
    const char *key;
    const char *prefix;
    int bytes;
} made_up[] = {
    {"twilio_account_sid", "AC", 16}, {"twilio_auth_token", "", 16},
    {"twilio_api_key", "SK", 16},     {"twilio_api_secret", "", 16},
    {"twilio_app_sid", "AP", 16},     {"jwt_secret", "", 32},
};
#define COUNT (sizeof made_up / sizeof made_up[0])

static int out_of_memory(struct hs_error *err)
{
    hs_error_set(err, "memory", "out of memory");
    return -1;
}

/* Set a text; `value` becomes the configuration's, or is freed. NULL is no
 * memory. */
static int put(struct hs_config *config, const char *key, char *value,
               struct hs_error *err)
{
    int which;
    int index = hs_setting_by_key(key, &which);
    char *origin = strdup(ORIGIN);
    char **text;

    if (index < 0 || !value || !origin) {
        free(value);
        free(origin);
        return out_of_memory(err);
    }
    text = hs_setting_text(&hs_settings[index], config);
    free(*text);
    free(config->origins[index]);
    *text = value;
    config->origins[index] = origin;
    return 0;
}

static const char *get(struct hs_config *config, const char *key)
{
    int which;
    int index = hs_setting_by_key(key, &which);

    return index < 0 ? "" : *hs_setting_text(&hs_settings[index], config);
}

/* Append "key = value" for every secret, freshly made. 0 or -1. */
static int make_up(char *out, size_t size)
{
    static const char note[] =
        "# Made by hookswitch --sandbox: a stand-in's credentials. They open\n"
        "# nothing at Twilio. Without this file, new ones are made.\n";
    size_t used = sizeof note - 1;

    memcpy(out, note, sizeof note);
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char random[32];
        int wrote = snprintf(out + used, size - used, "%s = %s", made_up[i].key,
                             made_up[i].prefix);

        if (wrote < 0 || (size_t)wrote + 2 * sizeof random + 2 > size - used ||
            getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return -1;
        used += (size_t)wrote;
        for (int byte = 0; byte < made_up[i].bytes; byte++)
            used += (size_t)snprintf(out + used, 3, "%02x", random[byte]);
        out[used++] = '\n';
        out[used] = 0;
    }
    return 0;
}

/* Write the file at `path` unless it is there. Whole or not at all: two
 * commands may start at the same time. 0, or -1 with errno. */
static int write_once(const char *path, const char *text)
{
    size_t len = strlen(text);
    char *fresh = NULL;
    int fd = -1, code = -1;

    if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
        return -1;
    fd = mkostemp(fresh, O_CLOEXEC); /* for its owner only */
    if (fd < 0)
        goto done;
    if (write(fd, text, len) == (ssize_t)len && fsync(fd) == 0)
        code = link(fresh, path) == 0 || errno == EEXIST ? 0 : -1;
    (void)unlink(fresh);
    (void)close(fd);

done:
    free(fresh);
    return code;
}

/* Read the kept credentials into `layer`, making them first if need be. */
static int read_kept(struct hs_layer *layer, const char *path,
                     struct hs_error *err)
{
    char text[KEPT_MAX], reason[96];

    if (access(path, F_OK) != 0 &&
        (make_up(text, sizeof text) != 0 || write_once(path, text) != 0)) {
        hs_error_set(err, "config",
                     "the sandbox's credentials cannot be kept in %.150s: %s",
                     path, strerror_r(errno, reason, sizeof reason));
        return -1;
    }
    explicit_bzero(text, sizeof text);
    return hs_read_conf(layer, path, 1, err);
}

static int fill_credentials(struct hs_config *config, struct hs_error *err)
{
    struct hs_layer layer = {0};
    char *path = NULL;
    int code = -1;

    if (asprintf(&path, "%s" SUFFIX, config->database) < 0)
        return out_of_memory(err);
    if (hs_layer_new(&layer, err) != 0 || read_kept(&layer, path, err) != 0)
        goto done;
    for (size_t i = 0; i < COUNT; i++) {
        int which;
        int index = hs_setting_by_key(made_up[i].key, &which);
        const struct hs_found *found = hs_layer_at(&layer, index, which);

        if (*get(config, made_up[i].key))
            continue;
        if (!found->value || !*found->value) {
            hs_error_set(err, "config",
                         "%.150s holds no %s: delete the file, it will be made "
                         "anew",
                         path, made_up[i].key);
            goto done;
        }
        if (put(config, made_up[i].key, strdup(found->value), err) != 0)
            goto done;
    }
    code = 0;

done:
    hs_layer_free(&layer);
    free(path);
    return code;
}

/* Our own addresses, once the port is known. */
static int fill_urls(struct hs_config *config, struct hs_error *err)
{
    const char *port = strrchr(config->listen, ':');
    char *url = NULL;

    if (!port || strcmp(port, ":0") == 0)
        return 0;
    if (!*config->server_url) {
        if (asprintf(&url, "http://127.0.0.1%s", port) < 0)
            url = NULL;
        if (put(config, "server_url", url, err) != 0)
            return -1;
    }
    /* A sandbox never buys a real number. */
    if (!hs_is_twilio_url(config->twilio_api_base_url))
        return 0;
    if (asprintf(&url, "http://127.0.0.1%s/sandbox/twilio", port) < 0)
        url = NULL;
    return put(config, "twilio_api_base_url", url, err);
}

int hs_config_apply_sandbox(struct hs_config *config, struct hs_error *err)
{
    if (!config->sandbox)
        return 0;
    if (fill_credentials(config, err) != 0)
        return -1;
    return fill_urls(config, err);
}

int hs_config_sandbox_port(struct hs_config *config, int port,
                           struct hs_error *err)
{
    const char *colon = strrchr(config->listen, ':');
    char *listen_at = NULL;

    if (!config->sandbox || !colon || strcmp(colon, ":0") != 0)
        return 0;
    if (asprintf(&listen_at, "%.*s:%d", (int)(colon - config->listen),
                 config->listen, port) < 0)
        listen_at = NULL;
    if (put(config, "listen", listen_at, err) != 0)
        return -1;
    return fill_urls(config, err);
}
