/* check.c: checks of single values and between settings, and the table whose
 * rows name these checks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config/database_url.h"
#include "base/config/table.h"

#define TEXT_MAX 1024
#define PLACE_MAX 32
#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int bad(struct hs_error *err, const char *why)
{
    return hs_error_set(err, "config", "%s", why);
}

/* Read a decimal number from 0 to `max` at *at and move *at past it; -1 if
 * *at isn't at a number. */
static int take_number(const char **at, int max)
{
    int value = 0;
    size_t digits = 0;

    for (; **at >= '0' && **at <= '9'; ++*at, digits++) {
        value = value * 10 + (**at - '0');
        if (value > max)
            return -1;
    }
    return digits ? value : -1;
}

/* 1 when `text` up to `end` is an IPv4 address. */
static int is_ipv4(const char *text, const char *end)
{
    for (int part = 0; part < 4; part++) {
        if (part > 0 && *text++ != '.')
            return 0;
        if (take_number(&text, 255) < 0)
            return 0;
    }
    return text == end;
}

/* Replace *value by 127.0.0.1:PORT. */
static int on_loopback(char **value, const char *port, struct hs_error *err)
{
    char *full = NULL;

    if (asprintf(&full, "127.0.0.1:%s", port) < 0)
        return bad(err, "cannot be kept: out of memory");
    free(*value);
    *value = full;
    return 0;
}

static int check_listen(char **value, struct hs_error *err)
{
    const char *colon = strrchr(*value, ':');
    const char *port = colon ? colon + 1 : *value;
    const char *at = port;

    if (**value == '[' || (colon && strchr(*value, ':') != colon))
        return bad(err, "is IPv6: listen on IPv4 and let a proxy in front "
                        "take IPv6");
    if (take_number(&at, 65535) < 0)
        return bad(err, "is not HOST:PORT, or a port from 0 to 65535");
    if (strcmp(at, "s") == 0)
        return bad(err, "asks for TLS, which belongs to a proxy in front "
                        "(nginx, caddy): leave out the s");
    if (*at)
        return bad(err, "is not HOST:PORT, or a port from 0 to 65535");
    if (!colon || strncmp(*value, "localhost:", 10) == 0)
        return on_loopback(value, port, err);
    if (!is_ipv4(*value, colon))
        return bad(err, "needs an IPv4 address before the port: 127.0.0.1, or "
                        "0.0.0.0 for all");
    return 0;
}

/* The host and port at `text`: their length, 0 when they are not valid. */
static size_t authority_length(const char *text)
{
    size_t len;
    const char *at;

    if (*text == '[') {
        len = strspn(text + 1, DIGITS "abcdefABCDEF:.") + 1;
        if (len == 1 || text[len] != ']')
            return 0;
        len++;
    } else {
        len = strspn(text, DIGITS LOWER UPPER ".-");
        if (len == 0 || *text == '.' || *text == '-')
            return 0;
    }
    if (text[len] != ':')
        return len;
    at = text + len + 1;
    return take_number(&at, 65535) > 0 ? (size_t)(at - text) : 0;
}

/* Lower the scheme's letters and find what follows host and port. NULL and
 * `err` if it doesn't begin like a web address. */
static char *after_authority(char *url, struct hs_error *err)
{
    size_t scheme = strcspn(url, ":");
    size_t len;

    for (size_t i = 0; i < scheme; i++) {
        if (url[i] >= 'A' && url[i] <= 'Z')
            url[i] = (char)(url[i] + ('a' - 'A'));
    }
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        (void)bad(err, "does not begin with http:// or https://");
        return NULL;
    }
    url += scheme + 3;
    if (strchr(url, '@')) {
        (void)bad(err, "holds a user or password (@)");
        return NULL;
    }
    len = authority_length(url);
    if (len == 0 || (url[len] && !strchr("/?#", url[len]))) {
        (void)bad(err, "has no valid host and port after the scheme");
        return NULL;
    }
    return url + len;
}

static int check_origin(char **value, struct hs_error *err)
{
    char *rest = after_authority(*value, err);

    if (!rest)
        return -1;
    if (strcmp(rest, "/") == 0)
        *rest = 0;
    if (*rest)
        return bad(err, "has a path, query or fragment: only scheme, host and "
                        "port belong here");
    return 0;
}

/* Bytes allowed in a URL. */
static int is_url_text(const char *text)
{
    return text[strspn(text, DIGITS LOWER UPPER "-._~:/?#[]@!$&'()*+,;=%")] ==
           0;
}

static int check_any_url(char **value, struct hs_error *err)
{
    char *rest = after_authority(*value, err);

    if (!rest)
        return -1;
    if (strchr(rest, '#') || !is_url_text(rest))
        return bad(err, "has a fragment (#), a space or another byte that no "
                        "address may hold");
    return 0;
}

static int check_base_url(char **value, struct hs_error *err)
{
    char *rest = after_authority(*value, err);
    size_t len;

    if (!rest)
        return -1;
    if (strpbrk(rest, "?#") || !is_url_text(rest))
        return bad(err, "has a query, a fragment, a space or another byte "
                        "that no base address may hold");
    len = strlen(rest);
    if (len > 0 && rest[len - 1] == '/')
        rest[len - 1] = 0;
    return 0;
}

static int check_database(char **value, struct hs_error *err)
{
    return hs_database_check(*value, err);
}

/* Go through the words of a list separated by spaces. `take` may change the
 * word in place, but not make it longer; the list is closed up. */
static int each_word(char *list, int (*take)(char *, struct hs_error *),
                     struct hs_error *err)
{
    size_t used = 0;
    char *word = list;

    while (*word) {
        size_t len = strcspn(word, " \t");
        char *next = word + len + (word[len] != 0);

        word[len] = 0;
        if (len > 0 && take(word, err) != 0)
            return -1;
        if (len > 0 && used > 0)
            list[used++] = ' ';
        len = strlen(word); /* after `take` */
        memmove(list + used, word, len);
        used += len;
        word = next;
    }
    list[used] = 0;
    return 0;
}

/* An origin of other sites' pages. */
static int check_site(char *word, struct hs_error *err)
{
    struct hs_error unused;

    if (strcmp(word, "*") == 0)
        return bad(err, "allows every site (*): name the ones that may call");
    return check_origin(&word, &unused);
}

static int check_address(char *word, struct hs_error *err)
{
    (void)err;
    return is_ipv4(word, word + strlen(word)) ? 0 : -1;
}

static int check_host(char *word, struct hs_error *err)
{
    (void)err;
    return authority_length(word) == strlen(word) ? 0 : -1;
}

static int check_country(char *word, struct hs_error *err)
{
    (void)err;
    for (size_t i = 0; word[i]; i++) {
        if (word[i] >= 'a' && word[i] <= 'z')
            word[i] = (char)(word[i] - ('a' - 'A'));
    }
    return strlen(word) == 2 && strspn(word, UPPER) == 2 ? 0 : -1;
}

static int check_home_country(char **value, struct hs_error *err)
{
    if (check_country(*value, err) != 0)
        return bad(err, "is not a two-letter country code, such as US");
    return 0;
}

int hs_check_token(char **value, struct hs_error *err)
{
    for (const char *at = *value; *at; at++) {
        if (*at <= ' ' || *at > '~')
            return bad(err, "holds a space or a byte that is not ASCII");
    }
    return 0;
}

static int check_jwt_secret(char **value, struct hs_error *err)
{
    if (strstr(*value, "-----BEGIN"))
        return bad(err, "is a PEM key: name its file in jwt_public_key_file "
                        "and set jwt_algorithm");
    return 0;
}

/* Only the form is checked: base doesn't read tzdata. No dots and no leading
 * slash, so the name can't leave its folder. */
static int check_zone_name(char **value, struct hs_error *err)
{
    if (**value == '/' || (*value)[strspn(*value, DIGITS LOWER UPPER "/_+-")])
        return bad(err, "is not a time zone such as America/Denver");
    return 0;
}

static int is_word(const char *text)
{
    return *text && !text[strspn(text, DIGITS LOWER UPPER "-")];
}

/* With a voice that Twilio doesn't have, callers may hear nothing. */
static int check_voice(char **value, struct hs_error *err)
{
    const char *dot = strchr(*value, '.');

    if (!strcmp(*value, "man") || !strcmp(*value, "woman") ||
        !strcmp(*value, "alice"))
        return 0;
    if (dot && is_word(dot + 1) &&
        (!strncmp(*value, "Polly.", 6) || !strncmp(*value, "Google.", 7)))
        return 0;
    return bad(err, "isn't a voice of Twilio's: man, woman, or one with its "
                    "provider, such as Polly.Joanna");
}

/* "en", "en-US", "cmn-CN". */
static int check_language(char **value, struct hs_error *err)
{
    size_t len = strspn(*value, LOWER UPPER);

    if ((len == 2 || len == 3) &&
        (!(*value)[len] || ((*value)[len] == '-' && is_word(*value + len + 1))))
        return 0;
    return bad(err, "isn't the code of a language, such as en-US");
}

/* An edge or a region. */
static int check_place(char **value, struct hs_error *err)
{
    size_t len = strlen(*value);

    if (len <= PLACE_MAX && (*value)[0] != '-' && (*value)[len - 1] != '-' &&
        strspn(*value, LOWER DIGITS "-") == len)
        return 0;
    return bad(err, "isn't a name such as ie1 or dublin: lower-case letters, "
                    "digits and dashes");
}

#define TEXT(member, ...) ROW(member, HS_SET_TEXT, __VA_ARGS__)
#define INTEGER(member, ...) ROW(member, HS_SET_INTEGER, __VA_ARGS__)
#define SWITCH(member, ...) ROW(member, HS_SET_SWITCH, __VA_ARGS__)
#define ROW(member, of_type, ...)                                              \
    {.name = #member,                                                          \
     .type = of_type,                                                          \
     .offset = offsetof(struct hs_config, member),                             \
     __VA_ARGS__},

const struct hs_setting hs_settings[] = {
#include "base/config/settings.def"
};
const size_t hs_setting_count = sizeof hs_settings / sizeof hs_settings[0];

static int is_sid(const char *text, const char *prefix)
{
    return strlen(text) == 34 && strncmp(text, prefix, 2) == 0 &&
           strspn(text, DIGITS LOWER UPPER) == 34;
}

static int check_words(const struct hs_setting *setting, char *list,
                       struct hs_error *err)
{
    struct hs_error why = {0};

    if (each_word(list, setting->check_word, &why) == 0)
        return 0;
    if (why.code[0])
        *err = why;
    else
        hs_error_set(err, "config", "is not a list of %s, separated by spaces",
                     setting->words);
    return -1;
}

int hs_check_text(const struct hs_setting *setting, char **value,
                  struct hs_error *err)
{
    size_t max = setting->max ? (size_t)setting->max : TEXT_MAX;
    char choices[128];

    if (!**value)
        return setting->fallback ? bad(err, "needs a value") : 0;
    if (strlen(*value) > max)
        return hs_error_set(err, "config", "is longer than %zu bytes", max);
    if (setting->choices && !hs_setting_allows(setting->choices, *value)) {
        hs_setting_choices(setting->choices, choices, sizeof choices);
        return hs_error_set(err, "config", "is not %s", choices);
    }
    if (setting->prefix && !is_sid(*value, setting->prefix))
        return hs_error_set(err, "config", "is not %s and 32 letters or digits",
                            setting->prefix);
    if (setting->check_word)
        return check_words(setting, *value, err);
    return setting->check ? setting->check(value, err) : 0;
}

static int is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0;
}

int hs_check_together(const struct hs_config *config, struct hs_error *err)
{
    int is_hs256 = strcmp(config->jwt_algorithm, "HS256") == 0;
    int has_key_file = *config->jwt_public_key_file != 0;

    if (config->insecure_webhooks && !is_loopback(config->listen))
        return hs_error_set(
            err, "config",
            "insecure_webhooks is only allowed while listen is a "
            "loopback address, and it is %s",
            config->listen);
    if (is_hs256 && has_key_file)
        return hs_error_set(err, "config",
                            "jwt_public_key_file is for RS256 and ES256, but "
                            "jwt_algorithm is HS256: set it to the key's");
    if (!is_hs256 && !has_key_file)
        return hs_error_set(err, "config",
                            "jwt_algorithm %s needs jwt_public_key_file",
                            config->jwt_algorithm);
    return 0;
}
