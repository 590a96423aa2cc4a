/* credentials.c: keys that can be replaced while the server runs. */
#include "base/config/credentials.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config/table.h"
#include "base/file.h"

#define TOKEN_FILE_MAX 4096

/* Keys read after the configuration was. */
struct hs_renewed {
    struct hs_credentials now; /* owns its texts */
    struct hs_renewed *older;
};

/* The texts of `keys`, for loops. */
enum { TEXTS = 7 };

static void texts_of(struct hs_credentials *keys, const char **texts[TEXTS])
{
    texts[0] = &keys->auth_token;
    texts[1] = &keys->auth_token_secondary;
    texts[2] = &keys->api_key;
    texts[3] = &keys->api_secret;
    texts[4] = &keys->jwt_secret;
    texts[5] = &keys->jwt_secret_secondary;
    texts[6] = &keys->jwt_public_keys;
}

struct hs_credentials hs_credentials_now(const struct hs_config *config)
{
    const struct hs_renewed *renewed = atomic_load(&config->renewed);

    if (renewed)
        return renewed->now;
    return (struct hs_credentials){
        .auth_token = config->twilio_auth_token,
        .auth_token_secondary = config->twilio_auth_token_secondary,
        .api_key = config->twilio_api_key,
        .api_secret = config->twilio_api_secret,
        .jwt_secret = config->jwt_secret,
        .jwt_secret_secondary = config->jwt_secret_secondary,
        .jwt_public_keys =
            config->jwt_public_keys ? config->jwt_public_keys : ""};
}

static void free_renewed(struct hs_renewed *renewed)
{
    const char **texts[TEXTS];

    texts_of(&renewed->now, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        char *text = (char *)(uintptr_t)*texts[i];

        if (text)
            explicit_bzero(text, strlen(text));
        free(text);
    }
    free(renewed);
}

void hs_credentials_free(struct hs_config *config)
{
    struct hs_renewed *renewed = atomic_load(&config->renewed);

    while (renewed) {
        struct hs_renewed *older = renewed->older;

        free_renewed(renewed);
        renewed = older;
    }
}

/* Make a copy of `fresh` current. 1 if they differ, 0 if not, or -1. */
static int publish(struct hs_config *config, struct hs_credentials *fresh,
                   struct hs_error *err)
{
    struct hs_credentials before = hs_credentials_now(config);
    const char **given[TEXTS], **old[TEXTS], **own[TEXTS];
    struct hs_renewed *new;
    int differ = 0, failed = 0;

    texts_of(fresh, given);
    texts_of(&before, old);
    for (size_t i = 0; i < TEXTS; i++)
        differ |= strcmp(*given[i], *old[i]) != 0;
    if (!differ)
        return 0;
    new = calloc(1, sizeof *new);
    if (new) {
        texts_of(&new->now, own);
        for (size_t i = 0; i < TEXTS; i++)
            failed |= !(*own[i] = strdup(*given[i]));
    }
    if (!new || failed) {
        if (new)
            free_renewed(new);
        return hs_no_memory(err);
    }
    new->now.number = before.number + 1;
    new->older = atomic_load(&config->renewed);
    atomic_store(&config->renewed, new);
    return 1;
}

/* ---- the files ---- */

/* Cut the word out of the line at *text, without blanks around it, and move
 * *text to the next line. Returns the word, "" for an empty line. */
static char *take_word(char **text)
{
    char *word = *text + strspn(*text, " \t");
    size_t len = strcspn(word, "\r\n");

    *text = word + len;
    if (**text == '\r')
        *(*text)++ = 0;
    if (**text == '\n')
        *(*text)++ = 0;
    while (len > 0 && (word[len - 1] == ' ' || word[len - 1] == '\t'))
        word[--len] = 0;
    return word;
}

static int is_token(char *word)
{
    struct hs_error why;

    return *word && hs_check_token(&word, &why) == 0;
}

int hs_read_token_file(const char *path, char **token, char **secondary,
                       struct hs_error *err)
{
    struct hs_error why = {0};
    size_t len;
    char *text = hs_file_read(path, TOKEN_FILE_MAX, &len, &why);
    char *rest = text, *first, *second;
    int code = -1;

    *token = *secondary = NULL;
    if (!text)
        return hs_error_set(err, "config", "twilio_auth_token_file: %s",
                            why.message);
    first = take_word(&rest);
    second = take_word(&rest);
    if (strlen(text) > len || !is_token(first) ||
        (*second && !is_token(second)) || rest[strspn(rest, " \t\r\n")] ||
        rest + strlen(rest) != text + len) {
        hs_error_set(err, "config",
                     "twilio_auth_token_file: %.160s must hold one auth token, "
                     "or two, each on a line of its own",
                     path);
    } else {
        *token = strdup(first);
        *secondary = strdup(second);
        code = *token && *secondary ? 0 : -1;
        if (code != 0)
            hs_no_memory(err);
    }
    explicit_bzero(text, len);
    free(text);
    return code;
}

/* lib/jwt parses the key file at start; obvious mistakes are reported here,
 * where `hookswitch config` sees them. */
char *hs_read_key_file(const char *path, struct hs_error *err)
{
    struct hs_error why = {0};
    size_t len;
    char *pem = hs_file_read(path, 65536, &len, &why);
    int code = 0;

    if (!pem) {
        hs_error_set(err, "config", "jwt_public_key_file: %s", why.message);
        return NULL;
    }
    if (strstr(pem, "PRIVATE KEY-----")) {
        hs_error_set(err, "config",
                     "jwt_public_key_file: %.160s holds a private key: only "
                     "the public one belongs here",
                     path);
        code = -1;
    } else if (!strstr(pem, "-----BEGIN")) {
        hs_error_set(err, "config",
                     "jwt_public_key_file: %.160s is not a PEM file", path);
        code = -1;
    }
    if (code == 0)
        return pem;
    explicit_bzero(pem, len);
    free(pem);
    return NULL;
}

static int take_token_file(struct hs_config *config, struct hs_error *err)
{
    struct hs_credentials fresh = hs_credentials_now(config);
    char *token, *secondary;
    int code = hs_read_token_file(config->twilio_auth_token_file, &token,
                                  &secondary, err);

    if (code == 0) {
        fresh.auth_token = token;
        fresh.auth_token_secondary = secondary;
        code = publish(config, &fresh, err);
    }
    free(token);
    free(secondary);
    return code;
}

static int take_key_file(struct hs_config *config, struct hs_error *err)
{
    struct hs_credentials fresh = hs_credentials_now(config);
    char *keys = hs_read_key_file(config->jwt_public_key_file, err);
    int code = -1;

    if (keys) {
        fresh.jwt_public_keys = keys;
        code = publish(config, &fresh, err);
    }
    free(keys);
    return code;
}

/* Has a file changed since it was read, and settled since (it isn't half
 * written)? */
static int has_news(const char *path, struct hs_file_state *seen)
{
    struct hs_file_state state = {0};
    struct stat info;
    int same;

    if (stat(path, &info) == 0) {
        state.node = (int64_t)info.st_ino;
        state.size = (int64_t)info.st_size;
        state.changed_s = (int64_t)info.st_mtim.tv_sec;
        state.changed_ns = (int64_t)info.st_mtim.tv_nsec;
    }
    same = state.node == seen->node && state.size == seen->size &&
           state.changed_s == seen->changed_s &&
           state.changed_ns == seen->changed_ns;
    if (same)
        return !seen->was_read;
    *seen = state;
    return 0;
}

/* What can't be taken is tried at each look, since it may not be the file's
 * fault, and reported once. */
static int look(struct hs_config *config, const char *path,
                struct hs_file_state *seen,
                int (*take)(struct hs_config *config, struct hs_error *err),
                struct hs_error *err)
{
    int changed, told = seen->was_told;

    if (!has_news(path, seen))
        return 0;
    changed = take(config, err);
    seen->was_read = changed >= 0;
    seen->was_told = changed < 0;
    return changed < 0 && told ? 0 : changed;
}

int hs_credentials_look(struct hs_config *config, struct hs_error *err)
{
    int changed = 0;

    if (config->token_from_file)
        changed = look(config, config->twilio_auth_token_file,
                       &config->token_file, take_token_file, err);
    if (changed == 0 && *config->jwt_public_key_file)
        changed = look(config, config->jwt_public_key_file, &config->key_file,
                       take_key_file, err);
    return changed;
}

/* ---- everything ---- */

int hs_credentials_take(struct hs_config *config, const struct hs_config *fresh,
                        struct hs_error *err)
{
    struct hs_credentials credentials = hs_credentials_now(fresh);
    const char *fixed = NULL;

    if (strcmp(fresh->twilio_account_sid, config->twilio_account_sid) != 0)
        fixed = "twilio_account_sid";
    else if (strcmp(fresh->jwt_algorithm, config->jwt_algorithm) != 0)
        fixed = "jwt_algorithm";
    if (!fixed)
        return publish(config, &credentials, err);
    return hs_error_set(err, "config", "%s has changed: restart the server",
                        fixed);
}
