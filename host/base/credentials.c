/* credentials.c: Twilio's keys, which can be exchanged while the server runs.
 */
#include "base/credentials.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config_table.h"

#define TOKEN_FILE_MAX 4096

/* Keys that came later than the configuration. */
struct hs_renewed {
    struct hs_credentials now;
    char *texts[4]; /* that `now` points to */
    struct hs_renewed *older;
};

struct hs_credentials hs_credentials_now(const struct hs_config *config)
{
    const struct hs_renewed *renewed = atomic_load(&config->renewed);

    if (renewed)
        return renewed->now;
    return (struct hs_credentials){.auth_token = config->twilio_auth_token,
                                   .auth_token_secondary =
                                       config->twilio_auth_token_secondary,
                                   .api_key = config->twilio_api_key,
                                   .api_secret = config->twilio_api_secret};
}

static void free_renewed(struct hs_renewed *renewed)
{
    for (size_t i = 0; i < 4; i++) {
        if (renewed->texts[i])
            explicit_bzero(renewed->texts[i], strlen(renewed->texts[i]));
        free(renewed->texts[i]);
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

static int are_same(const struct hs_credentials *a,
                    const struct hs_credentials *b)
{
    return strcmp(a->auth_token, b->auth_token) == 0 &&
           strcmp(a->auth_token_secondary, b->auth_token_secondary) == 0 &&
           strcmp(a->api_key, b->api_key) == 0 &&
           strcmp(a->api_secret, b->api_secret) == 0;
}

/* Make copies of `fresh` those of now. 1 when they differ, 0, or -1. */
static int publish(struct hs_config *config, const struct hs_credentials *fresh,
                   struct hs_error *err)
{
    struct hs_credentials before = hs_credentials_now(config);
    struct hs_renewed *new;

    if (are_same(&before, fresh))
        return 0;
    new = calloc(1, sizeof *new);
    if (!new)
        goto failed;
    new->texts[0] = strdup(fresh->auth_token);
    new->texts[1] = strdup(fresh->auth_token_secondary);
    new->texts[2] = strdup(fresh->api_key);
    new->texts[3] = strdup(fresh->api_secret);
    for (size_t i = 0; i < 4; i++) {
        if (!new->texts[i])
            goto failed;
    }
    new->now = (struct hs_credentials){.auth_token = new->texts[0],
                                       .auth_token_secondary = new->texts[1],
                                       .api_key = new->texts[2],
                                       .api_secret = new->texts[3],
                                       .number = before.number + 1};
    new->older = atomic_load(&config->renewed);
    atomic_store(&config->renewed, new);
    return 1;

failed:
    if (new)
        free_renewed(new);
    hs_error_set(err, "memory", "out of memory");
    return -1;
}

/* ---- the token file ---- */

/* End the word at *text, which may have blanks around it, and move *text to the
 * next line. The word; "" when there is none. */
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
    char *text = hs_read_small_file(path, TOKEN_FILE_MAX, &len, &why);
    char *rest = text, *first, *second;
    int code = -1;

    *token = *secondary = NULL;
    if (!text) {
        hs_error_set(err, "config", "twilio_auth_token_file: %s", why.message);
        return -1;
    }
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
            hs_error_set(err, "memory", "out of memory");
    }
    explicit_bzero(text, len);
    free(text);
    return code;
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

int hs_credentials_look(struct hs_config *config, struct hs_error *err)
{
    struct hs_file_state *seen = &config->token_file;
    struct hs_file_state state = {0};
    struct stat info;
    int same;

    if (!config->token_from_file)
        return 0;
    if (stat(config->twilio_auth_token_file, &info) == 0) {
        state.node = (int64_t)info.st_ino;
        state.size = (int64_t)info.st_size;
        state.changed_s = (int64_t)info.st_mtim.tv_sec;
        state.changed_ns = (int64_t)info.st_mtim.tv_nsec;
    }
    same = state.node == seen->node && state.size == seen->size &&
           state.changed_s == seen->changed_s &&
           state.changed_ns == seen->changed_ns;
    if (same && seen->was_read)
        return 0;
    state.was_read = same; /* it has rested: not half written */
    *seen = state;
    return same ? take_token_file(config, err) : 0;
}

/* ---- everything ---- */

int hs_credentials_reread(struct hs_config *config, struct hs_error *err)
{
    struct hs_config *fresh = hs_config_load(config->path, err);
    struct hs_credentials credentials;
    int code = -1;

    if (!fresh)
        return -1;
    fresh->sandbox = config->sandbox;
    if (hs_config_apply_sandbox(fresh, err) != 0)
        goto done;
    if (strcmp(fresh->twilio_account_sid, config->twilio_account_sid) != 0) {
        hs_error_set(err, "config",
                     "twilio_account_sid has changed: restart the server");
        goto done;
    }
    credentials = hs_credentials_now(fresh);
    code = publish(config, &credentials, err);

done:
    hs_config_free(fresh);
    return code;
}
